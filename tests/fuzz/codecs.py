"""The codecs that read what strangers made, each as a function of bytes, and what may come out of them.

Shared by the coverage-guided fuzzer (``python -m tests.fuzz``) and by the short run in the suite.
"""

from collections.abc import Callable
from datetime import UTC, datetime

from cryptography.hazmat.primitives.asymmetric import ec

from kiosk.documents import aamva, codes, gs1, mrz, payment, stripe, tags
from kiosk.documents.cards import CardFormats
from kiosk.documents.decoding import decode
from kiosk.documents.identified import Identified
from kiosk.documents.mdoc import engagement, response
from kiosk.documents.mdoc.handover import Engaging
from kiosk.documents.mdoc.refused import NotProven
from kiosk.documents.mdoc.request import PHOTO_ID
from kiosk.documents.mdoc.trust import Trust
from kiosk.documents.reasons import REASON_KEYS
from kiosk.model.documents import AnyDocument, PhotoId, ProductCode, Reading, Unread
from kiosk.scan_lines import answer

FORMATS = (
    CardFormats(state="FL", patterns=("[CP](?=[A-Z]*[0-9])[A-Z0-9]{7}",)),
    CardFormats(state="XX", patterns=(r"MMC\|(?P<number>[A-Z0-9]{6})\|(?P<expires>\d{8})",)),
)
SYMBOLOGIES = ("", "]L2", "]C0", "]C1", "]Q1", "]Q3", "]d2", "]E0", "]E4", "]A0", "]X0", "]I1")


class Broken(AssertionError):
    """Something came out that is neither a document nor a named refusal."""


def whole(data: bytes) -> None:
    """The way of a scan: any symbology, any bytes."""
    symbology = SYMBOLOGIES[data[0] % len(SYMBOLOGIES)] if data else ""
    checked(decode(Reading(data=data[1:], device="fuzz", at=0.0, symbology=symbology), FORMATS))


def licence(data: bytes) -> None:
    identity(aamva.read(data))


def passport(data: bytes) -> None:
    if mrz.is_mrz(data):
        identity(mrz.read(data))


def swipe(data: bytes) -> None:
    if not payment.is_bank_card(data) and stripe.is_stripe(data):
        identity(stripe.read(data))


def product(data: bytes) -> None:
    text = data[1:].decode("latin-1")
    symbology = SYMBOLOGIES[data[0] % len(SYMBOLOGIES)] if data else ""
    for found in (gs1.read_elements(text, symbology), gs1.read_link(text)):
        if isinstance(found, ProductCode):
            checked(found)
        elif found is not None:
            named(found)


def tag(data: bytes) -> None:
    text = data.decode("latin-1")
    for found in (tags.read_tag(text), tags.read_biotrack(text), codes.read_own(text) if text.isascii() else None):
        if found is not None:
            checked(found)
    if tags.is_link(text):
        unit = tags.read_unit_link(text)
        named(unit) if isinstance(unit, str) else checked(unit)


def line(data: bytes) -> None:
    """``kiosk decode``: JSON, key events, the keyboard's codec and the framing."""
    found = answer(data, FORMATS)
    if found["refused"] is None and not found["fields"] and found["kind"] == "unknown":
        raise Broken("neither fields nor a refusal")


def phone(data: bytes) -> None:
    """What a phone says: its QR code, and its answer with the standard's example as a start."""
    try:
        if data[:5] == b"mdoc:":
            engagement.of_code(data.decode("latin-1"))
        elif data[:1] in (b"\x91", b"\xd1"):
            Engaging(bluetooth=True).hear(data)
        else:
            response.verified(
                data,
                asked=PHOTO_ID,
                agreed=[None, None, None],
                reader_key=_KEY,
                trust=Trust(()),
                now=datetime(2020, 10, 5, tzinfo=UTC),
            )
            raise Broken("a licence without a trusted issuer")
    except NotProven as refused:
        named(refused.reason_key)


_KEY = ec.derive_private_key(1, ec.SECP256R1())
CODECS: tuple[Callable[[bytes], None], ...] = (whole, licence, passport, swipe, product, tag, line, phone)


def dispatch(data: bytes) -> None:
    """The first byte chooses the codec."""
    if data:
        CODECS[data[0] % len(CODECS)](data[1:])


def identity(result: Identified | str) -> None:
    if isinstance(result, str):
        named(result)
        return
    checked(result.photo_id)
    if not all(isinstance(value, str) and value.isprintable() for value in result.particulars().values()):
        raise Broken("a particular that cannot be printed")


def named(reason: str) -> None:
    if reason not in REASON_KEYS:
        raise Broken("a refusal without a name")


def checked(document: object) -> None:
    """A document is whole, and nothing in it can do anything to a printer or a terminal."""
    if not isinstance(document, AnyDocument):
        raise Broken(f"{type(document).__name__} is no document")
    if isinstance(document, Unread):
        named(document.reason_key)
        return
    for name in document.__struct_fields__:
        value = getattr(document, name)
        if isinstance(value, str) and not value.isprintable():
            raise Broken(f"{name} holds a control character")
    if isinstance(document, PhotoId) and not (document.family and document.number and document.issuer):
        raise Broken("half a person")
