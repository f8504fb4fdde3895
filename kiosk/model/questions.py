"""What a terminal may ask the hub, and what it is told. Each question is one route ``POST /v1/ask/<tag>``.

An answer is the type named in ``ANSWERS``, a :class:`~kiosk.model.errors.Refusal`, or, made by the link itself,
:class:`~kiosk.model.errors.Away`. A question that changes something carries ``key``, made of flow and step: asked
again with the same key it has no second effect and gets the same answer.
"""

from typing import Any

from kiosk.model.allotments import BasketLine, Judgement, Standing
from kiosk.model.base import Noun, Sealed
from kiosk.model.documents import PatientCard, PhotoId
from kiosk.model.errors import Refusal
from kiosk.model.labels import Label
from kiosk.model.orders import Order, PickLine, Ticket, Visit
from kiosk.model.packages import CannabinoidProfile
from kiosk.model.people import Basis, Session

ANSWERED_WITHIN = 3.0
"""Seconds a terminal waits for an answer. Whatever the hub has to ask elsewhere first has to fit into them."""


class CheckIn(Sealed, frozen=True, kw_only=True, tag="check-in", tag_field="ask"):
    """Both documents of one person. The hub compares, asks the registry and makes a visit, good or referred.

    ``photo_id`` may be None where only the card could be read, and the other way round; then the visit is referred.
    ``trouble`` are reasons the terminal itself saw (``"id.unreadable"``).
    """

    key: str
    card: PatientCard | None
    photo_id: PhotoId | None
    trouble: tuple[str, ...] = ()


class CheckedIn(Noun, frozen=True, kw_only=True):
    """``admitted`` False: the patient is asked to see a person. Why is told to the counter only."""

    ticket: Ticket
    admitted: bool


class SignIn(Sealed, frozen=True, kw_only=True, tag="sign-in", tag_field="ask"):
    badge: str
    pin: str


class OpenVisit(Sealed, frozen=True, kw_only=True, tag="open-visit", tag_field="ask"):
    """By ticket, or by the patient's own card where the ticket is lost. Claims the visit for this terminal."""

    key: str
    session_id: str
    ticket_id: str = ""
    card: PatientCard | None = None
    visit_id: str = ""
    """Chosen from the queue by touch."""


class AskStanding(Noun, frozen=True, kw_only=True, tag="standing", tag_field="ask"):
    """What is left for the visit's patient, and the shelf's products with how many of each could be bought."""

    visit_id: str
    basket: tuple[BasketLine, ...] = ()


class Offer(Noun, frozen=True, kw_only=True):
    """One product on today's shelf. ``most`` 0 comes with the reason why not.

    ``thc`` and ``cbd`` are those of the package that comes first, ``profiles`` the cannabinoid profiles of all.
    """

    product_id: str
    name: str
    form: str
    route: str
    thc: str
    cbd: str
    price: str
    in_stock: int
    most: int
    why_not: Refusal | None = None
    profiles: tuple[CannabinoidProfile, ...] = ()


class Counsel(Noun, frozen=True, kw_only=True):
    """Answer to :class:`AskStanding`: pools, offers, and the judgement of the basket as it is."""

    standing: Standing
    offers: tuple[Offer, ...]
    judgement: Judgement


class ConfirmOrder(Noun, frozen=True, kw_only=True, tag="confirm-order", tag_field="ask"):
    """Makes the order; its amounts count as used from now on (ALT-04), until dispensed or cancelled."""

    key: str
    session_id: str
    visit_id: str
    basket: tuple[BasketLine, ...]


class CancelOrder(Noun, frozen=True, kw_only=True, tag="cancel-order", tag_field="ask"):
    key: str
    session_id: str
    order_id: str
    reason: str


class Cancelled(Noun, frozen=True, kw_only=True):
    order_id: str


class ClaimLine(Noun, frozen=True, kw_only=True, tag="claim-line", tag_field="ask"):
    """Only one person picks a line (ORD-04). Named by ``line_id``, or by the shelf or package scanned for it."""

    key: str
    session_id: str
    line_id: str = ""
    place: str = ""
    tag: str = ""


class ReleaseLine(Noun, frozen=True, kw_only=True, tag="release-line", tag_field="ask"):
    """Gives a claimed line back to the list, because it cannot be picked now."""

    key: str
    session_id: str
    line_id: str
    reason: str


class Released(Noun, frozen=True, kw_only=True):
    line_id: str


class CheckUnit(Noun, frozen=True, kw_only=True, tag="check-unit", tag_field="ask"):
    """May this scanned unit leave for this line? ``tag`` is the package, ``item`` the unit's own number or 0."""

    session_id: str
    line_id: str
    tag: str
    item: int = 0


class UnitFits(Noun, frozen=True, kw_only=True):
    """``n`` of the line's units this one is, counted from 1; ``tag`` the package it comes from."""

    line_id: str
    tag: str
    item: int
    n: int


class AskOrder(Noun, frozen=True, kw_only=True, tag="order", tag_field="ask"):
    """The order as it stands now."""

    order_id: str


class AskDecision(Noun, frozen=True, kw_only=True, tag="decision", tag_field="ask"):
    """The order of a line, for a pharmacist who is signed in at a handheld and is to decide about it (ORD-06)."""

    session_id: str
    line_id: str


class MakeLabel(Noun, frozen=True, kw_only=True, tag="make-label", tag_field="ask"):
    """The label of one unit: facts from the verified package and its certificate. Refused when a fact is missing."""

    visit_id: str
    line_id: str
    number: str
    print_no: int
    tag: str


class MatchCard(Sealed, frozen=True, kw_only=True, tag="match-card", tag_field="ask"):
    """Is this scanned card the card of this visit's patient or caregiver (PAT-09)?"""

    visit_id: str
    card: PatientCard


class Matched(Noun, frozen=True, kw_only=True):
    visit_id: str


class AskPermit(Noun, frozen=True, kw_only=True, tag="permit", tag_field="ask"):
    """Last look before hand-over: the state's figure is read again, the smaller answer wins (ALT-05)."""

    key: str
    session_id: str
    visit_id: str
    order_id: str


class Permit(Noun, frozen=True, kw_only=True):
    """The order may be dispensed. Amounts stay reserved until the ``Dispensed`` record arrives."""

    permit_id: str
    order_id: str
    external_number: str
    """The receipt's number at the state, made here so that a repeat can be recognised there."""
    basis: Basis | None = None


ANSWERS: dict[type[Any], type[Any]] = {
    CheckIn: CheckedIn,
    SignIn: Session,
    OpenVisit: Visit,
    AskStanding: Counsel,
    ConfirmOrder: Order,
    CancelOrder: Cancelled,
    ClaimLine: PickLine,
    ReleaseLine: Released,
    CheckUnit: UnitFits,
    AskOrder: Order,
    AskDecision: Order,
    MakeLabel: Label,
    MatchCard: Matched,
    AskPermit: Permit,
}

ROLES: dict[type[Any], frozenset[str]] = {
    CheckIn: frozenset({"checkin"}),
    SignIn: frozenset({"counter", "vault"}),
    OpenVisit: frozenset({"counter"}),
    AskStanding: frozenset({"counter"}),
    ConfirmOrder: frozenset({"counter"}),
    CancelOrder: frozenset({"counter"}),
    ClaimLine: frozenset({"vault"}),
    ReleaseLine: frozenset({"vault"}),
    CheckUnit: frozenset({"vault"}),
    AskOrder: frozenset({"counter"}),
    AskDecision: frozenset({"vault"}),
    MakeLabel: frozenset({"counter"}),
    MatchCard: frozenset({"counter"}),
    AskPermit: frozenset({"counter"}),
}
"""Which terminal roles may ask what. Deny by default: the hub checks, and the terminal offers nothing else."""


def tag_of(question: Any) -> str:
    """The last part of the question's route; takes a question or its type."""
    return str(question.__struct_config__.tag)
