"""From a reading to a document: by symbology first, then by unambiguous magic, then by shape.

Never "the first that parses": every shape that fits is collected, and a code that could be two things is said to be so.
"""

import re
from collections.abc import Callable
from datetime import date
from typing import NamedTuple

from msgspec import structs

from kiosk.documents import aamva, codes, gs1, military, mrz, payment, stripe, tags
from kiosk.documents.cards import CardFormats, read_card
from kiosk.documents.identified import Identified, Particulars
from kiosk.documents.reasons import unread
from kiosk.model.documents import AnyDocument, BankCard, ProductCode, Reading, Unread

LONGEST = 3000
"""Bytes. No document is longer: a PDF417 holds at most 2,710 digits or 1,108 bytes."""

_AIM = re.compile(rb"\][A-Za-z][0-9A-Za-z]")
_ECI = re.compile(rb"\\0000[0-9]{2}")
_ENDS = b"\x00\x02\x03\x04\x7f \t\r\n"
_PDF417 = frozenset({"", "]L0", "]L1", "]L2"})
_TAG_CLASSES = "CQdA"  # Code 128 on the tag itself; QR, Data Matrix or Code 39 where somebody printed it again
_OWN_CLASSES = "CQd"
_PRODUCT_CLASSES = "QdI"  # besides the GS1 symbologies: where the first FNC1 was left out, and the ITF-14 of cartons
_SHORTEST_ELEMENTS = 16
"""Characters. Of a Code 128 without FNC1: so many may be anything, more in good order are an element string."""
_AZERTY_TAG = re.compile(rb"&[Qq]'[&\xc3\xa9\"'(\-\xe8_\xe7\xe9\xe0\xa0\xa8A-Za-z]{15,}")


Formats = CardFormats | tuple[CardFormats, ...]


class Examined(NamedTuple):
    document: AnyDocument
    particulars: Callable[[], Particulars] = dict
    """What a photo ID says besides; made only when asked for."""


def decode(reading: Reading, formats: Formats, today: date | None = None) -> AnyDocument:
    """What was scanned. Any bytes are answered with a document or an ``Unread`` that says why; nothing is raised.

    ``formats`` are the card codes of this store's state, or of several states. ``today``, where it is known, tells the
    century of some births that passports give with two digits.
    """
    return examine(reading, formats, today).document


def examine(reading: Reading, formats: Formats, today: date | None = None) -> Examined:
    """As :func:`decode`, with what no step of a visit needs."""
    if not reading.complete:
        return Examined(unread(reading, "cut_off"))
    if len(reading.data) > LONGEST:
        return Examined(unread(reading, "too_long"))
    if reading.symbology in _PDF417 and aamva.is_clean(reading.data):
        return _identity(reading, aamva.read(reading.data))
    symbology, data = _without_identifier(reading)
    if not data.strip(_ENDS):
        return Examined(unread(reading, "empty"))
    states = formats if isinstance(formats, tuple) else (formats,)
    found = _by_magic(reading, symbology, data, states, today)
    return found if found is not None else Examined(_by_shape(reading, symbology, data.strip(_ENDS), states))


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


def _by_magic(
    reading: Reading, symbology: str, data: bytes, states: tuple[CardFormats, ...], today: date | None
) -> Examined | None:
    """What nothing else can begin like."""
    if symbology[1:2] != "E" and payment.is_bank_card(data):
        return Examined(BankCard())
    reason = _not_for_us(symbology, data)
    if reason is not None:
        return Examined(unread(reading, *reason))
    if data.lstrip(_ENDS)[:5].lower() == b"mdoc:":
        return Examined(_phone(reading, data.strip(_ENDS)))
    if aamva.is_licence(data):
        if symbology and symbology[1] != "L":
            return Examined(unread(reading, "licence_picture"))
        return _identity(reading, aamva.read(data))
    if mrz.is_mrz(data):
        return _identity(reading, mrz.read(data, today))
    if stripe.is_stripe(data):
        card = _card_on_stripe(data, states)
        return _identity(reading, stripe.read(data)) if card is None else Examined(card)
    return None


def _not_for_us(symbology: str, data: bytes) -> tuple[str, ...] | None:
    """Reason key and what it could have been, for identities that are recognised and not read."""
    if aamva.is_compact(data):
        return ("licence_compact",)
    if aamva.is_mistyped(data):
        return "keyboard_layout", "photo_id"
    return ("military",) if military.is_military(data, symbology) else None


def _identity(reading: Reading, result: Identified | str) -> Examined:
    if isinstance(result, str):
        return Examined(unread(reading, result, "photo_id"))
    return Examined(result.photo_id, result.particulars)


def _phone(reading: Reading, data: bytes) -> AnyDocument:
    from kiosk.documents.mdoc import engagement  # noqa: PLC0415  brings cryptography along, for few scans
    from kiosk.documents.mdoc.refused import NotProven  # noqa: PLC0415

    try:
        return engagement.of_code(data.decode("latin-1"))
    except NotProven as fault:
        return unread(reading, fault.reason_key, "phone")


def _card_on_stripe(data: bytes, states: tuple[CardFormats, ...]) -> AnyDocument | None:
    """A state's medical card with a stripe: the tracks that hold a card number hold the same one."""
    tracks = stripe.tracks(data)
    cards = [card for track in tracks for formats in states if (card := read_card(track, formats)) is not None]
    return cards[0] if cards and all(card == cards[0] for card in cards) else None


def _by_shape(reading: Reading, symbology: str, data: bytes, states: tuple[CardFormats, ...]) -> AnyDocument:
    lines = dict.fromkeys(line for line in re.split(rb"[\r\n]+", data) if line)
    if len(lines) > 1 and all(_is_code(reading, symbology, line, states) for line in lines):
        return unread(reading, "two_scans")
    if len(lines) == 1:
        (data,) = lines  # one code, scanned twice
    if any(byte < 0x20 and byte != 0x1D for byte in data):
        return unread(reading, "control_characters")
    if not data.isascii():
        return unread(reading, *_mistyped_tag(data))
    code = data.decode("ascii")
    claims: list[AnyDocument] = [card for formats in states if (card := read_card(code, formats)) is not None]
    aim_class = symbology[1:2]
    if symbology not in gs1.AIM and (not aim_class or aim_class in _TAG_CLASSES):
        claims += filter(None, (tags.read_tag(code), tags.read_biotrack(code)))
    if not aim_class or aim_class in _OWN_CLASSES:
        claims += filter(None, (codes.read_own(code.upper()),))
    if symbology not in gs1.AIM and aim_class != "E" and payment.is_number(code):
        claims.append(BankCard())
    products = _product(code, symbology, typed=reading.typed)
    if isinstance(products, list):
        claims += products
    elif not claims:
        return unread(reading, products, "gs1")
    if not claims and tags.is_link(code):
        unit = tags.read_unit_link(code)
        return unread(reading, unit) if isinstance(unit, str) else unit
    if len(claims) > 1:
        return unread(reading, "ambiguous", *dict.fromkeys(claim.kind for claim in claims))
    if claims:
        return claims[0]
    return unread(reading, *_why_not(code, data))


def _is_code(reading: Reading, symbology: str, line: bytes, states: tuple[CardFormats, ...]) -> bool:
    found = _by_shape(reading, symbology, line.strip(_ENDS), states)
    return not isinstance(found, Unread) or found.reason_key not in ("unknown", "control_characters")


def _product(code: str, symbology: str, *, typed: bool) -> list[ProductCode] | str:
    """All that a GS1 code may mean, or a reason key where it certainly is one and cannot be read."""
    linked = gs1.read_link(code)
    if linked is not None:
        return linked if isinstance(linked, str) else [linked]
    open_class = not symbology or symbology[1] in _PRODUCT_CLASSES
    if symbology in gs1.AIM or (open_class and gs1.looks_like(code)):
        found = gs1.read_elements(code, symbology, typed=typed)
        return found if isinstance(found, str) else [found]
    if symbology == "]C0" and len(code) > _SHORTEST_ELEMENTS and gs1.looks_like(code):
        found = gs1.read_elements(code, symbology, typed=typed)
        if isinstance(found, str):
            return found
        return [structs.replace(found, warnings=("symbology.not_gs1", *found.warnings))]
    number = code.strip("\x1d")
    if number.isdigit() and (open_class or symbology[1] == "E"):
        numbers = gs1.read_number(number, symbology)
        return [] if numbers == "product_code_damaged" and symbology[1:2] != "E" else numbers
    return []


def _why_not(code: str, data: bytes) -> tuple[str, ...]:
    """Reason key and what it could have been, for a code of no known shape."""
    if codes.looks_own(code.upper()):
        return "own_code_damaged", "ticket", "label", "shelf", "badge", "manifest", "command"
    if tags.are_tags(code):
        return "two_scans", "package"
    if tags.nearly_tag(code):
        return "tag_damaged", "package"
    if re.fullmatch(r"WA[GRMLQ][0-9A-Z.]{6,30}", code):
        return ("tag_other_system",)
    return _mistyped_tag(data)


def _mistyped_tag(data: bytes) -> tuple[str, ...]:
    """A French keyboard types ``1A4`` as ``&Q'``."""
    return ("keyboard_layout", "package") if _AZERTY_TAG.match(data) else ("unknown",)
