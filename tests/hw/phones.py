"""What the tests of phones share: an invented licence on a phone, and what a terminal makes of it."""

from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime

from kiosk.demo.wallet import CONTACTLESS, Authority, Wallet
from kiosk.documents.mdoc import engagement, handover, ndef
from kiosk.documents.mdoc.ndef import WELL_KNOWN, Record
from kiosk.documents.mdoc.trust import Trust
from kiosk.hw.mdoc.port import Transport
from kiosk.model.documents import PhoneCode, Way
from kiosk.model.people import Person
from kiosk.phones import Phones

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
AUTHORITY = Authority(at=NOW)
ROBIN = Person(family="EXAMPLE", given="ROBIN", born=date(1992, 2, 29))


def wallet(**more) -> Wallet:
    more = {"methods": [CONTACTLESS], **more}
    return Wallet(ROBIN, AUTHORITY, issued=date(2021, 3, 2), expires=date(2029, 2, 28), **more)


def code(phone: Wallet) -> PhoneCode:
    """Its QR code, as it is scanned."""
    return engagement.of_code(phone.code)


def phones(*transports: Transport, patience: float = 60.0) -> Phones:
    return Phones(transports, lambda: Trust((AUTHORITY.root,)), lambda: NOW, patience=patience)


def negotiating(phone: Wallet, ways: Sequence[Way]) -> Callable[[bytes | None], bytes]:
    """What a phone says that wants to be asked which ways the reader has; it takes a moment for each answer."""

    def said(message: bytes | None) -> bytes:
        match ndef.read(message)[0].kind if message else None:
            case None:
                parameter = b"\x10\x13urn:nfc:sn:handover\x00\x10\x0f\x07\xff"
                return ndef.write([Record(WELL_KNOWN, b"Tp", parameter)])
            case b"Ts":
                return ndef.write([Record(WELL_KNOWN, b"Te", b"\x00")])
            case b"Hr":
                phone.handover = [handover.select(phone.engagement, tuple(ways)), message]
                return phone.handover[0]
        raise AssertionError(message)

    return said
