"""What came out of a scan: a document, or a named reason why not. Made by ``kiosk.documents``."""

from datetime import date
from decimal import Decimal
from typing import Literal

from kiosk.model.base import Noun, Sealed
from kiosk.model.text import Text

Kind = Literal[
    "patient_card", "photo_id", "package", "biotrack", "unit", "gs1", "shelf", "badge", "ticket", "label", "manifest",
    "command", "bank_card", "phone", "unknown",
]  # fmt: skip


class Reading(Sealed, frozen=True, kw_only=True):
    """One whole scan as a device delivered it. ``data`` may hold an ID: it is never logged and never stored.

    ``symbology`` is the AIM identifier (``"]L2"``) where the device gave one. ``at`` is ``Clock.monotonic()`` of the
    first byte, in seconds. ``complete`` is False for a scan that was cut off. ``typed``: it came by keys, which lose
    control characters.
    """

    data: bytes
    device: str
    at: float
    symbology: str = ""
    complete: bool = True
    typed: bool = False


class Document(Sealed, frozen=True, kw_only=True, tag_field="kind"):
    """Base of the documents."""

    @property
    def kind(self) -> Kind:
        return self.__struct_config__.tag  # type: ignore[return-value]


class PatientCard(Document, frozen=True, kw_only=True, tag="patient_card"):
    """The state's medical card. ``number`` is the registry's, an opaque key, upper case."""

    number: str
    state: str
    expires: date | None = None


class PhotoId(Document, frozen=True, kw_only=True, tag="photo_id"):
    """A government photo ID. ``born`` None means: not readable, hence no decision about age."""

    family: str
    given: str
    born: date | None
    expires: date | None
    number: str
    issuer: str
    """Two-letter jurisdiction for licences, three-letter state for passports."""
    issued: date | None = None
    middle: str = ""
    suffix: str = ""
    standard: str = ""
    """For example ``"AAMVA-09"``."""
    family_truncated: bool = False
    given_truncated: bool = False
    warnings: tuple[str, ...] = ()
    proven_by: str = ""
    """The authority whose signature on the data was verified; nothing of plastic is ever proven by a scan."""


class PackageTag(Document, frozen=True, kw_only=True, tag="package"):
    """A tracking system's package tag (METRC: 24 characters 0-9 A-F, upper case)."""

    uid: str


class UnitCode(Document, frozen=True, kw_only=True, tag="unit"):
    """One retail unit with a code of its own (METRC Retail ID): its package as labelled and its number in it."""

    uid: str
    item: int


class BioTrackId(Document, frozen=True, kw_only=True, tag="biotrack"):
    """A number of the BioTrack system, 16 digits. Which thing it numbers (a package, a sample) only BioTrack knows."""

    uid: str


class ProductCode(Document, frozen=True, kw_only=True, tag="gs1"):
    """What a GS1 code says: the product, and perhaps its lot. ``gtin`` has 14 digits; weights are grams, exact."""

    gtin: str = ""
    sscc: str = ""
    """The number of one shipping unit, 18 digits."""
    lot: str = ""
    serial: str = ""
    expires: date | None = None
    best_before: date | None = None
    produced: date | None = None
    net_weight_g: Decimal | None = None
    count: int | None = None
    standard: str = ""
    """``"GS1"``, ``"GS1-DL"`` for a Digital Link, ``"EAN-13"``, ``"UPC-E"`` and so on for a bare product number."""
    warnings: tuple[str, ...] = ()


class ShelfCode(Document, frozen=True, kw_only=True, tag="shelf"):
    place: str
    """For example ``"V-A3-2"``: room, shelf, bin."""


class Badge(Document, frozen=True, kw_only=True, tag="badge"):
    """A staff badge: a user name, no secret."""

    code: str


class TicketCode(Document, frozen=True, kw_only=True, tag="ticket"):
    """The code on a check-in ticket."""

    ticket_id: str


class LabelCode(Document, frozen=True, kw_only=True, tag="label"):
    """The code on a patient label: dispense number and print (1 is the first; a reprint counts on)."""

    number: str
    print_no: int


class ManifestCode(Document, frozen=True, kw_only=True, tag="manifest"):
    """The code on a delivery's papers: the manifest's number."""

    number: str


class CommandCode(Document, frozen=True, kw_only=True, tag="command"):
    """A printed code that does what a touch would do, for hands in gloves."""

    command: str


class BankCard(Document, frozen=True, kw_only=True, tag="bank_card"):
    """A payment card was shown. Nothing of it is kept."""


class PhoneServes(Noun, frozen=True, kw_only=True, tag_field="way", tag="phone_serves"):
    """Bluetooth: the phone offers the service and we look for it (mdoc peripheral server mode). UUID, lower case."""

    service: str


class PhoneLooks(Noun, frozen=True, kw_only=True, tag_field="way", tag="phone_looks"):
    """Bluetooth: the phone looks for the service and we offer it (mdoc central client mode). UUID, lower case."""

    service: str


class Contactless(Noun, frozen=True, kw_only=True, tag_field="way", tag="contactless"):
    """NFC: the most bytes of data the phone takes in one command and gives in one answer."""

    most_command: int = 255
    most_answer: int = 256


Way = PhoneServes | PhoneLooks | Contactless


class PhoneCode(Document, frozen=True, kw_only=True, tag="phone"):
    """A phone offers a licence and says how to reach it (a device engagement, ISO/IEC 18013-5, 8.2.1).

    ``engagement`` is CBOR as it came. ``select`` and ``request`` are the NDEF messages of the handover where the phone
    was held to a contactless reader; both are empty after a QR code. ``ident`` is what our Bluetooth service shows, so
    that the phone knows whom it found.
    """

    engagement: bytes
    ways: tuple[Way, ...] = ()
    ident: bytes = b""
    select: bytes = b""
    request: bytes = b""


class Unread(Document, frozen=True, kw_only=True, tag="unknown"):
    """Not a document: why, in words for the person and a ``reason_key`` for tests and logs.

    ``could_be`` lists the kinds it could have been: an ambiguous or damaged code is said so, never guessed.
    """

    reason_key: str
    reason: Text
    length: int = 0
    symbology: str = ""
    could_be: tuple[str, ...] = ()


AnyDocument = (
    PatientCard
    | PhotoId
    | PackageTag
    | BioTrackId
    | UnitCode
    | ProductCode
    | ShelfCode
    | Badge
    | TicketCode
    | LabelCode
    | ManifestCode
    | CommandCode
    | BankCard
    | PhoneCode
    | Unread
)
