"""What happened. A record is made once, on the terminal, and never changed; facts are never refused."""

from datetime import date, datetime
from typing import Literal

from kiosk.model.base import Noun
from kiosk.model.people import Basis


class Fact(Noun, frozen=True, kw_only=True, tag_field="fact"):
    """Base of the facts: past participles."""


class CheckInAbandoned(Fact, frozen=True, kw_only=True, tag="check-in-abandoned"):
    """One document came, the other did not. Which one, and nothing of it."""

    seen: Literal["patient_card", "photo_id", "nothing"]
    reason: str


class SignedOut(Fact, frozen=True, kw_only=True, tag="signed-out"):
    session_id: str
    reason: str


class ConcernSettled(Fact, frozen=True, kw_only=True, tag="concern-settled"):
    """A named person decided what a rule leaves to a person (PAT-05)."""

    visit_id: str
    rule: str
    decision: Literal["same_person", "refused"]


class VisitRefused(Fact, frozen=True, kw_only=True, tag="visit-refused"):
    """PAT-11. ``rules`` are the rules that stood in the way."""

    visit_id: str
    rules: tuple[str, ...]


class FaceCompared(Fact, frozen=True, kw_only=True, tag="face-compared"):
    """PAT-08: a named technician looked at person and photo, in this visit."""

    visit_id: str
    matches: bool


class NotesRead(Fact, frozen=True, kw_only=True, tag="notes-read"):
    """ORD-01. ``digest`` is SHA-256 (hex) of the notes as they were shown."""

    visit_id: str
    recommendation_id: str
    digest: str


class OrderDecided(Fact, frozen=True, kw_only=True, tag="order-decided"):
    """ORD-06: a pharmacist decided about an order, in a session of their own. ``rules`` asked for it; ``digest`` is
    that of the order as it was shown."""

    order_id: str
    session_id: str
    staff_id: str
    approved: bool
    rules: tuple[str, ...]
    digest: str


class UnitPicked(Fact, frozen=True, kw_only=True, tag="unit-picked"):
    """One scanned unit left the shelf for a line. ``n`` counts from 1, ``item`` is the unit's own number or 0."""

    line_id: str
    tag: str
    item: int
    n: int
    place: str


class ScanStopped(Fact, frozen=True, kw_only=True, tag="scan-stopped"):
    """A wrong thing was scanned and stopped: at which step, by which rule, which field differed."""

    about: str
    """``line_id`` or ``visit_id``."""
    rule: str
    differs: str


class LabelIssued(Fact, frozen=True, kw_only=True, tag="label-issued"):
    """Kept before the first byte goes to the printer. ``copy_digest`` is SHA-256 (hex) of the label's fields.

    ``template`` and ``on`` are those of the label: a reprint is made by the law of that day (LBL-07).
    """

    visit_id: str
    line_id: str
    number: str
    print_no: int
    tag: str
    copy_digest: str
    template: str = ""
    on: date | None = None


class LabelPrinted(Fact, frozen=True, kw_only=True, tag="label-printed"):
    number: str
    print_no: int
    outcome: Literal["printed", "failed", "unknown"]


DrawerOutcome = Literal["opened", "sent", "shut", "failed", "unknown"]
"""``opened``: its switch says so. ``sent``: a pulse went to a drawer without a switch. ``shut``: a pulse went, and its
switch says that it did not open. ``failed``: no pulse went. ``unknown``: one may have gone."""


class DrawerOpened(Fact, frozen=True, kw_only=True, tag="drawer-opened"):
    """The cash drawer was to be opened for the cash of this visit. Each pulse has its record, and no other opens it."""

    visit_id: str
    outcome: DrawerOutcome


class LabelVoided(Fact, frozen=True, kw_only=True, tag="label-voided"):
    """This print is dead (LBL-04): its code is refused for ever."""

    number: str
    print_no: int
    reason: str


class LabelVerified(Fact, frozen=True, kw_only=True, tag="label-verified"):
    """Label, package and patient's ticket were scanned and belong together (LBL-03)."""

    visit_id: str
    number: str
    print_no: int
    tag: str
    bound_by: Literal["ticket", "card"]


class DispensedUnit(Noun, frozen=True, kw_only=True):
    line_id: str
    number: str
    print_no: int
    tag: str
    item: int = 0


class Dispensed(Fact, frozen=True, kw_only=True, tag="dispensed"):
    """The hand-over: stock, allotment, record and the state's receipt follow from this one fact.

    ``basis`` is the word of the registry it rests on, as the permit names it; the patient, and the caregiver where one
    came, are named by the store's opaque references (PAT-07, PAT-13).
    """

    visit_id: str
    order_id: str
    permit_id: str
    external_number: str
    units: tuple[DispensedUnit, ...]
    basis: Basis | None = None
    patient_ref: str = ""
    caregiver_ref: str = ""


class WorkEnded(Fact, frozen=True, kw_only=True, tag="work-ended"):
    """A flow was ended by the terminal itself, because it could not be resumed: another version, or a fault of ours."""

    sop: str
    reason: str


class VisitClosed(Fact, frozen=True, kw_only=True, tag="visit-closed"):
    visit_id: str
    reason: Literal["dispensed", "refused", "left", "not_matched"]


AnyFact = (
    CheckInAbandoned
    | SignedOut
    | ConcernSettled
    | VisitRefused
    | FaceCompared
    | NotesRead
    | OrderDecided
    | UnitPicked
    | ScanStopped
    | LabelIssued
    | LabelPrinted
    | DrawerOpened
    | LabelVoided
    | LabelVerified
    | Dispensed
    | WorkEnded
    | VisitClosed
)


class Record(Noun, frozen=True, kw_only=True):
    """A fact with everything an auditor asks: who, where, when, at which step of which SOP.

    ``key`` is flow id and step number: the same key is the same record, however often it is sent. ``seq`` counts a
    terminal's records from 1 within its ``epoch``, without gaps.
    """

    key: str
    terminal: str
    role: str
    epoch: int
    seq: int
    at: datetime
    sop: str
    """For example ``"DSP-1 v1"``."""
    step: str
    staff_id: str = ""
    session_id: str = ""
    fact: AnyFact


class Batch(Noun, frozen=True, kw_only=True):
    """Body of ``POST /v1/records``: at most 64 records of one terminal, in order."""

    terminal: str
    epoch: int
    records: tuple[Record, ...]


class Accepted(Noun, frozen=True, kw_only=True):
    """All records up to ``watermark`` (inclusive) are durable in the hub's ledger."""

    watermark: int
    flagged: dict[str, str] = {}
    """Record key to why it went to the manager's list; a flagged record is kept all the same."""
