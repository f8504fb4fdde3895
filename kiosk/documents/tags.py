"""Package tags and unit codes of the METRC tracking system; the numbers of BioTrack, 16 digits without check digit.

A tag is 24 characters 0-9 A-F: 96 bits, no check digit. Therefore nothing in it is ever corrected; O is not 0.

A unit code (Retail ID) is a link that carries its meaning in itself: 12 bytes of tag and the unit's number as an
unsigned LEB128. All-capitals links hold it in base 36, the older ones in base64url. Links are decoded, never opened.
"""

import base64
import re

from kiosk.model.documents import BioTrackId, PackageTag, UnitCode

_HEX = re.compile(r"(?=[0-9]*[A-Fa-f])[0-9A-Fa-f]{24}")
"""With a letter at least: every tag begins ``1A4`` (``ABC`` in the training system), and 24 digits are a GS1 code."""
_NEARLY = re.compile(r"\*?[1IL]A4(?:[ *-]?[0-9A-Z]){12,28}\*?", re.IGNORECASE)
_GLUED = re.compile(r"(?:1A4[0-9A-F]{21}){2,}", re.IGNORECASE)
_LINK = re.compile(r"(https?)://([^/?#]*)(?:/(.*))?", re.IGNORECASE | re.DOTALL)
_HOSTS = frozenset({"1a4.com", "d.1a4.com"})  # the second is the tracking system's test host
_TRADE_NAMES = ("1a4", "14a")
_MOST_ITEMS = 1 << 32
_BIOTRACK = re.compile(r"[0-9]{16}")


def read_tag(text: str) -> PackageTag | None:
    """Upper and lower case are the same tag: some scanners are set to send lower case, some the stars of Code 39."""
    if len(text) == 26 and text[0] == text[-1] == "*":
        text = text[1:-1]
    return PackageTag(uid=text.upper()) if _HEX.fullmatch(text) else None


def read_biotrack(text: str) -> BioTrackId | None:
    """Text, never a number: leading zeros are part of it."""
    return BioTrackId(uid=text) if _BIOTRACK.fullmatch(text) else None


def nearly_tag(text: str) -> bool:
    """Begins like a production tag and is none: too short, too long, with a blank or a letter that no tag has."""
    return _NEARLY.fullmatch(text) is not None and _HEX.fullmatch(text) is None


def are_tags(text: str) -> bool:
    """Several tags without anything between them."""
    return _GLUED.fullmatch(text) is not None


def is_link(text: str) -> bool:
    return _LINK.fullmatch(text) is not None


def read_unit_link(text: str) -> UnitCode | str:
    """The unit, or the reason key why a link (see :func:`is_link`) is none."""
    found = _LINK.fullmatch(text)
    if found is None:
        return "link"
    host, path = found[2].lower(), found[3] or ""
    if host not in _HOSTS or found[1].lower() != "https":
        return "unit_link_host" if any(name in host for name in _TRADE_NAMES) else "link"
    payload = _base36(path) if found[1] == "HTTPS" else _base64url(path)
    if payload is None or len(payload) < 13:
        return "unit_link_damaged"
    item = _leb128(payload[12:])
    if item is None:
        return "unit_link_damaged"
    return UnitCode(uid=payload[:12].hex().upper(), item=item)


def _base36(path: str) -> bytes | None:
    """The number's bytes; a tag that began with zero bytes would be short of them and is refused by its length."""
    if re.fullmatch(r"[0-9A-Z]{1,40}", path) is None:
        return None
    number = int(path, 36)
    return number.to_bytes((number.bit_length() + 7) // 8, "big")


def _base64url(path: str) -> bytes | None:
    if re.fullmatch(r"[0-9A-Za-z_-]{1,40}", path) is None or len(path) % 4 == 1:
        return None
    return base64.urlsafe_b64decode(path + "=" * (-len(path) % 4))


def _leb128(data: bytes) -> int | None:
    """One unsigned number that fills ``data`` exactly; None for anything else, and for more than 32 bits."""
    number = 0
    for n, byte in enumerate(data):
        number |= (byte & 0x7F) << 7 * n
        if byte < 0x80:
            whole = n == len(data) - 1 and (n == 0 or byte != 0) and number < _MOST_ITEMS
            return number if whole else None
    return None
