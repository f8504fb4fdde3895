"""From a reading to a document: by symbology first, then by unambiguous magic, then by shape.

Never "the first that parses": every shape that fits is collected, and a code that could be two things is said to be so.
"""

import re

from kiosk.documents import aamva, codes, military, mrz, products, stripe, tags
from kiosk.documents.cards import CardFormats, read_card
from kiosk.documents.reasons import unread
from kiosk.model.documents import AnyDocument, BankCard, PhotoId, Reading

LONGEST = 3000
"""Bytes. No document is longer: a PDF417 holds at most 2,710 digits or 1,108 bytes."""

_AIM = re.compile(rb"\][A-Za-z][0-9A-Za-z]")
_ECI = re.compile(rb"\\0000[0-9]{2}")
_ENDS = b"\x00\x02\x03\x04\x7f \t\r\n"
_TAG_CLASSES = "CQdA"  # Code 128 on the tag itself; QR, Data Matrix or Code 39 where somebody printed it again
_OWN_CLASSES = "CQd"
_AZERTY_TAG = re.compile(rb"&[Qq]'[&\xc3\xa9\"'(\-\xe8_\xe7\xe9\xe0\xa0\xa8A-Za-z]{15,}")


def decode(reading: Reading, formats: CardFormats) -> AnyDocument:
    """What was scanned. Any bytes are answered with a document or an ``Unread`` that says why; nothing is raised."""
    if not reading.complete:
        return unread(reading, "cut_off")
    if len(reading.data) > LONGEST:
        return unread(reading, "too_long")
    symbology, data = _without_identifier(reading)
    if not data.strip(_ENDS):
        return unread(reading, "empty")
    return _by_magic(reading, symbology, data) or _by_shape(reading, symbology, data.strip(_ENDS), formats)


def _without_identifier(reading: Reading) -> tuple[str, bytes]:
    """The AIM identifier, from the device or from the front of the data, and the data without it.

    A code whose own text begins like an identifier keeps it where the device named another one.
    """
    data = reading.data.removeprefix(b"\xef\xbb\xbf").lstrip(b"\x00\x02")
    symbology = reading.symbology if _AIM.fullmatch(reading.symbology.encode("ascii", "replace")) else ""
    front = _AIM.match(data)
    if front is not None and symbology in ("", front[0].decode()):
        symbology, data = front[0].decode(), data[3:]
    eci = _ECI.match(data)
    return symbology, data[eci.end() :] if eci is not None else data


def _by_magic(reading: Reading, symbology: str, data: bytes) -> AnyDocument | None:
    """What nothing else can begin like."""
    if stripe.is_bank_card(data):
        return BankCard()
    if aamva.is_compact(data):
        return unread(reading, "licence_compact")
    if aamva.is_mistyped(data):
        return unread(reading, "keyboard_layout", "photo_id")
    if aamva.is_licence(data):
        if symbology and symbology[1] != "L":
            return unread(reading, "licence_picture")
        return _photo_id(reading, aamva.read(data))
    if data.lstrip(_ENDS)[:5].lower() == b"mdoc:":
        return unread(reading, "licence_mobile")
    if military.is_military(data, symbology):
        return unread(reading, "military")
    if mrz.is_mrz(data):
        return _photo_id(reading, mrz.read(data))
    if stripe.is_stripe(data):
        return _photo_id(reading, stripe.read(data))
    return None


def _photo_id(reading: Reading, result: PhotoId | str) -> AnyDocument:
    return unread(reading, result, "photo_id") if isinstance(result, str) else result


def _by_shape(reading: Reading, symbology: str, data: bytes, formats: CardFormats) -> AnyDocument:
    if any(byte < 0x20 and byte != 0x1D for byte in data):
        return unread(reading, "control_characters")
    if not data.isascii():
        return unread(reading, *_mistyped_tag(data))
    code = data.decode("ascii")
    claims = _claims(reading, code, symbology, formats)
    if len(claims) > 1:
        return unread(reading, "ambiguous", *(claim.kind for claim in claims))
    return claims[0] if claims else unread(reading, *_why_not(code, data))


def _claims(reading: Reading, code: str, symbology: str, formats: CardFormats) -> list[AnyDocument]:
    """Everything that ``code`` may be."""
    aim_class = symbology[1:2]
    claims: list[AnyDocument | None] = [read_card(code, formats)]
    if not aim_class or aim_class in _TAG_CLASSES:
        claims.append(tags.read_tag(code))
    if not aim_class or aim_class in _OWN_CLASSES:
        claims.append(codes.read_own(code.upper()))
    if products.is_product_code(code, symbology):
        claims.append(unread(reading, "product_code"))
    found = [claim for claim in claims if claim is not None]
    if not found and tags.is_link(code):
        result = tags.read_unit_link(code)
        found.append(unread(reading, result) if isinstance(result, str) else result)
    return found


def _why_not(code: str, data: bytes) -> tuple[str, ...]:
    """Reason key and what it could have been, for a code of no known shape."""
    if codes.looks_own(code.upper()):
        return "own_code_damaged", "ticket", "label", "shelf", "badge"
    if tags.nearly_tag(code):
        return "tag_damaged", "package"
    if re.fullmatch(r"\d{16}|WA[GRMLQ][0-9A-Z.]{6,30}", code):
        return ("tag_other_system",)
    return _mistyped_tag(data)


def _mistyped_tag(data: bytes) -> tuple[str, ...]:
    """A French keyboard types ``1A4`` as ``&Q'``."""
    return ("keyboard_layout", "package") if _AZERTY_TAG.match(data) else ("unknown",)
