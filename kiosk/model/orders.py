"""Visits, tickets, orders and picks."""

from datetime import datetime
from enum import StrEnum

from kiosk.model.base import Noun, Sealed
from kiosk.model.packages import CannabinoidProfile, Lab, Product
from kiosk.model.people import Basis, Profile
from kiosk.model.text import Text


class Ticket(Noun, frozen=True, kw_only=True):
    """A visit's neutral token: what the patient carries and the room may see."""

    ticket_id: str
    shape: str
    """``"circle"``, ``"square"``, ``"triangle"``, ``"star"``, ``"hexagon"`` or ``"diamond"``."""
    colour: str
    """``"blue"``, ``"orange"``, ``"sky"``, ``"yellow"``, ``"purple"`` or ``"green"``."""
    number: int


class VisitState(StrEnum):
    WAITING = "waiting"
    REFERRED = "referred"
    """A person has to look: the counter gets the reason, the patient only the way to the counter."""
    OPEN = "open"
    CLOSED = "closed"
    EXPIRED = "expired"


class QueueEntry(Noun, frozen=True, kw_only=True):
    """A check-in as every counter sees it; carries nothing about the person (PAT-10, PRV-03)."""

    visit_id: str
    ticket: Ticket
    state: VisitState
    since: datetime
    served_at: str = ""
    """Terminal that opened it."""


class Concern(Noun, frozen=True, kw_only=True):
    """Why a visit was referred: rule and words for staff, and who may settle it.

    ``settled_by`` is ``"person"`` (a technician may decide and is recorded), or ``""`` (nobody: refuse).
    """

    rule: str
    reason: Text
    next_step: Text
    citation: str = ""
    settled_by: str = ""


class Visit(Sealed, frozen=True, kw_only=True):
    """An opened visit, as the counter holds it until it ends. ``profile`` None: the patient is not established."""

    visit_id: str
    ticket: Ticket
    profile: Profile | None
    concerns: tuple[Concern, ...] = ()
    basis: Basis | None = None
    """None: the registry gave no word that could be used."""


class LineState(StrEnum):
    CONFIRMED = "confirmed"
    CLAIMED = "claimed"
    PICKED = "picked"
    DISPENSED = "dispensed"
    CANCELLED = "cancelled"


NEXT: dict[LineState, frozenset[LineState]] = {
    LineState.CONFIRMED: frozenset({LineState.CLAIMED, LineState.CANCELLED}),
    LineState.CLAIMED: frozenset({LineState.CONFIRMED, LineState.PICKED, LineState.CANCELLED}),
    LineState.PICKED: frozenset({LineState.DISPENSED, LineState.CANCELLED}),
    LineState.DISPENSED: frozenset(),
    LineState.CANCELLED: frozenset(),
}
"""How a line may move (ORD-03)."""

FOUND_OUT: dict[LineState, frozenset[LineState]] = {
    LineState.CONFIRMED: frozenset({LineState.DISPENSED}),
    LineState.CLAIMED: frozenset({LineState.DISPENSED}),
    LineState.CANCELLED: frozenset({LineState.DISPENSED}),
}
"""What nobody may wish for and what the record of a hand-over can bring all the same: it has happened, the line follows
it, and the manager is told."""


class LineStep(Noun, frozen=True, kw_only=True):
    """One move of a line: into which state, when, and by whom."""

    state: LineState
    at: datetime
    staff_id: str
    name: str
    terminal: str


class OrderLine(Noun, frozen=True, kw_only=True):
    """One product of an order. ``tags`` are the packages picked for it, one entry a unit; ``batch`` "" is not fixed.

    ``wanted`` is the cannabinoid profile that was asked for, ``lab`` what the planned package has; ``steps`` are how
    the line came to its state, oldest first.
    """

    line_id: str
    product: Product
    units: int
    state: LineState
    route: str
    batch: str = ""
    tags: tuple[str, ...] = ()
    dispense_numbers: tuple[str, ...] = ()
    """One a unit: the number its label will carry."""
    wanted: CannabinoidProfile | None = None
    lab: Lab | None = None
    steps: tuple[LineStep, ...] = ()


class DecisionState(StrEnum):
    """Whether a pharmacist has decided about an order (ORD-06)."""

    NOT_WANTED = "not_wanted"
    WAITING = "waiting"
    APPROVED = "approved"
    REFUSED = "refused"


class DecisionWanted(Noun, frozen=True, kw_only=True):
    """A rule by which a pharmacist decides about the order, and where it comes from."""

    rule: str
    says: Text
    citation: str


class Order(Noun, frozen=True, kw_only=True):
    """``ticket`` is that of its visit. ``wanted`` are the rules by which a pharmacist decides about it, ``decision``
    says how far that is. ``digest`` is SHA-256 (hex) of what was ordered: what a decision is about."""

    order_id: str
    visit_id: str
    lines: tuple[OrderLine, ...]
    ticket: Ticket | None = None
    wanted: tuple[DecisionWanted, ...] = ()
    decision: DecisionState = DecisionState.NOT_WANTED
    digest: str = ""


class PickLine(Noun, frozen=True, kw_only=True):
    """A line as the vault sees it: no patient, no name, no condition (PRV-03).

    ``tag``, ``place``, ``batch`` and ``lab`` are those of the package to take (earliest expiry first); ``tolerance``
    is the largest relative difference of THC and CBD that still counts as the same (0.10 = 10 %).
    """

    line_id: str
    ticket: Ticket
    counter: str
    product: Product
    units: int
    tag: str
    place: str
    batch: str
    lab: Lab
    tolerance: str = "0.10"
    state: LineState = LineState.CONFIRMED
    claimed_by: str = ""
    picked: int = 0
    unit_codes: bool = False
    wanted: CannabinoidProfile | None = None
    """What has to be true of THC and CBD of the package, whatever its batch."""
    decision: DecisionState = DecisionState.NOT_WANTED
    """Until a pharmacist has approved the order, nobody picks for it."""


class ReceiptState(StrEnum):
    """How far a dispensation has come towards the state."""

    WAITING = "waiting"
    SENT = "sent"
    CONFIRMED = "confirmed"
    """Read back from the state's own record and equal."""
    DIFFERS = "differs"
    REFUSED = "refused"


class Receipt(Noun, frozen=True, kw_only=True):
    """The state's side of one visit's dispensation."""

    visit_id: str
    external_number: str
    state: ReceiptState
    since: datetime
    detail: Text | None = None
