"""Package tags and the links on retail units.

Sources: METRC tags are 24 characters 0-9 A-F without a check digit; Retail ID links hold twelve bytes of the tag and an
unsigned LEB128 item number, in base 36 behind ``HTTPS://1A4.COM/`` or in URL-safe base 64 behind ``https://1a4.com/``.
Nothing is ever corrected (no O for 0), and no link is ever opened.
"""

import base64
import binascii
import re

from kiosk.model.documents import PackageTag, UnitCode

_TAG = re.compile(r"[0-9A-F]{24}")
_LINK = re.compile(r"https://(?:d\.)?1a4\.com/([0-9A-Za-z_-]{17,40})", re.IGNORECASE)
_DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"


def package_tag(value: str) -> PackageTag | None:
    upper = value.upper()
    return PackageTag(uid=upper) if _TAG.fullmatch(upper) else None


def unit_code(value: str) -> UnitCode | None:
    """None for anything that is not exactly such a link, another host included."""
    match = _LINK.fullmatch(value)
    if match is None:
        return None
    # The case of the scheme tells the two spellings apart.
    payload = _base36(match[1]) if value.startswith("HTTPS") else _base64(match[1])
    if payload is None or not 13 <= len(payload) <= 17:
        return None
    item = _varint(payload[12:])
    return UnitCode(uid=payload[:12].hex().upper(), item=item) if item else None


def _base36(word: str) -> bytes | None:
    number = 0
    for char in word:
        if char not in _DIGITS:
            return None
        number = number * 36 + _DIGITS.index(char)
    return number.to_bytes(max(13, (number.bit_length() + 7) // 8), "big")


def _base64(word: str) -> bytes | None:
    try:
        return base64.urlsafe_b64decode(word + "=" * (-len(word) % 4))
    except (binascii.Error, ValueError):
        return None


def _varint(data: bytes) -> int | None:
    """One unsigned LEB128 number that fills ``data`` exactly."""
    number = 0
    for n, byte in enumerate(data):
        number |= (byte & 0x7F) << (7 * n)
        if not byte & 0x80:
            return number if n == len(data) - 1 else None
    return None
