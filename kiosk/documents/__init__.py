"""What scanned bytes mean: a document, or a named reason why not. Pure: no device, no clock, no network."""

import re

from kiosk.documents import aamva, codes, mrz, tags
from kiosk.model.base import Noun
from kiosk.model.documents import AnyDocument, BankCard, PatientCard, Reading, Unread
from kiosk.model.text import Text, text

_AIM = re.compile(rb"\](?:[A-Za-z][0-9A-Fa-f])")
_ENDS = b"\x00\x02\x03\x7f\r\n\t "
_MILITARY = re.compile(rb"IDUS|[A-Z0-9]{88,99}")


class CardFormats(Noun, frozen=True, kw_only=True):
    """Shapes of the state's patient card numbers: regular expressions for the whole number, upper case."""

    state: str
    patterns: tuple[str, ...]


def decode(reading: Reading, formats: CardFormats) -> AnyDocument:
    """One reading's meaning. What could be two things is said so (``Unread.could_be``), never guessed."""
    data, symbology = reading.data, reading.symbology
    if not reading.complete:
        return _no("cut_off", text("The scan was cut off. Scan it again."))
    aim = _AIM.match(data)
    if aim and not symbology:
        symbology, data = aim[0].decode(), data[aim.end() :]
    if not data.strip(_ENDS):
        return _no("empty", text("Nothing was read. Scan it again."))
    document = _document(data, formats)
    if isinstance(document, Unread):
        return Unread(
            reason_key=document.reason_key,
            reason=document.reason,
            length=len(data),
            symbology=symbology,
            could_be=document.could_be,
        )
    return document


def _document(data: bytes, formats: CardFormats) -> AnyDocument:
    """By unambiguous marks first, then by shape."""
    if data.startswith(b"%"):
        return _stripe(data)
    if data[:5].lower() == b"mdoc:":
        return _no("mobile_licence", text("Licences on a phone are not taken here. Scan the card itself."))
    if data.startswith(b"\xa0\x00\x00\x02\x48\x01\x00"):
        return _no("licence_compact", text("This kind of licence cannot be read here. A person will look at it."))
    if aamva.looks_like(data):
        return aamva.read(data)
    lines = mrz.lines_of(data)
    if lines is not None:
        return mrz.read(lines)
    stripped = data.strip(_ENDS)
    if _MILITARY.fullmatch(stripped):
        return _no("military", text("This ID is not read by machine. A person will look at it."))
    if any(byte < 0x20 or byte >= 0x7F for byte in stripped):
        return _no("unreadable", text("The code cannot be read here. Scan it again."))
    return _word(stripped.decode("ascii"), formats)


def _word(value: str, formats: CardFormats) -> AnyDocument:
    if codes.looks_ours(value):
        return codes.read(value)
    card = value.upper()
    fits = any(re.fullmatch(pattern, card) for pattern in formats.patterns)
    found: list[AnyDocument] = [PatientCard(number=card, state=formats.state)] if fits else []
    for document in (tags.package_tag(value), tags.unit_code(value)):
        if document is not None:
            found.append(document)
    if len(found) == 1:
        return found[0]
    if found:
        kinds = tuple(document.kind for document in found)
        return Unread(
            reason_key="ambiguous", reason=text("This code could be two things. Scan another code."), could_be=kinds
        )
    if value.isdigit() and len(value) in (8, 12, 13, 14):
        return _no("product_code", text("This is a product code. Scan the package tag."))
    if value.lower().startswith(("http:", "https:")):
        return _no("link", text("This is a link. It is not opened here."))
    return _no("unknown", text("This code is not known here."))


def _stripe(data: bytes) -> AnyDocument:
    """A magnetic stripe: payment cards are recognised so that nothing of them is kept."""
    number = re.match(rb"%B(\d{12,19})\^", data)
    if number and _luhn(number[1].decode()):
        return BankCard()
    return _no("stripe", text("Stripes are not read here. Scan the code on the card."))


def _luhn(digits: str) -> bool:
    total = 0
    for n, char in enumerate(reversed(digits)):
        value = int(char) * (1 + n % 2)
        total += value - 9 if value > 9 else value
    return total % 10 == 0


def _no(key: str, reason: Text) -> Unread:
    return Unread(reason_key=key, reason=reason)


__all__ = ["CardFormats", "decode"]
