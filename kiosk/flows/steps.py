"""The kinds of step a person can be shown, as data. A screen draws one kind; a test, a replay or an auditor reads it.

Everything a picture needs is in the step and in the :class:`Picture` around it. A step that is ``live`` is drawn with
the terminal's present copy of the named topic, so that it follows the hub without an answer.
"""

from typing import Literal

import msgspec

from kiosk.model.allotments import BasketLine, PoolStanding
from kiosk.model.base import Noun, Sealed
from kiosk.model.connection import Connection
from kiosk.model.entries import PIN, Digits
from kiosk.model.errors import Refusal
from kiosk.model.orders import Concern, DecisionWanted, OrderLine, PickLine, QueueEntry, Receipt, Ticket
from kiosk.model.people import Person, Recommendation
from kiosk.model.questions import Offer
from kiosk.model.text import Text

Look = Literal["go", "stop", "plain", "quiet"]
"""``go`` is the way on, ``stop`` refuses or ends, ``plain`` is another way, ``quiet`` is small and out of the way."""


class Choice(Noun, frozen=True, kw_only=True):
    """Something to touch: ``key`` goes back to the flow, ``label`` is a verb."""

    key: str
    label: Text
    look: Look = "plain"


class Step(Sealed, frozen=True, kw_only=True, tag_field="step"):
    """``sop`` is the number of the step in its SOP (``"DSP-1.4"``), ``title`` what the person does, in few words.

    ``choices`` are the touches it offers besides what its kind brings along; ``can_go_back`` shows *back*.
    """

    sop: str
    title: Text
    hint: Text | None = None
    choices: tuple[Choice, ...] = ()
    can_go_back: bool = False

    @property
    def kind(self) -> str:
        return str(self.__struct_config__.tag)


class Documents(Step, frozen=True, kw_only=True, tag="documents"):
    """Check-in: which of the two documents are there already. ``phone``: the photo ID is asked for on a phone."""

    card: bool = False
    photo_id: bool = False
    phone: bool = False


class Ticketed(Step, frozen=True, kw_only=True, tag="ticketed"):
    """Check-in: the neutral ticket. ``admitted`` False or no ``ticket``: see a person; nothing else is said."""

    ticket: Ticket | None
    admitted: bool


class BadgeWanted(Step, frozen=True, kw_only=True, tag="badge"):
    """Sign-in, first half."""


class PinWanted(Step, frozen=True, kw_only=True, tag="pin"):
    """Sign-in, second half: a number pad; the answer is :class:`~kiosk.flows.requests.Typed`."""

    wrong: Text | None = None
    typing: Digits = PIN


class Queue(Step, frozen=True, kw_only=True, tag="queue"):
    """Counter: the waiting tickets, live. Touch is ``visit:<visit_id>``; a ticket scan is the normal way."""

    live: tuple[str, ...] = ("queue",)


class Referred(Step, frozen=True, kw_only=True, tag="referred"):
    """Counter: why this visit needs a person: reason, rule, next step."""

    ticket: Ticket
    concerns: tuple[Concern, ...]


class FaceCheck(Step, frozen=True, kw_only=True, tag="face"):
    person: Person
    id_kind: str
    id_issuer: str
    id_proven_by: str = ""
    """The authority that proved a licence on a phone."""
    on_behalf_of: Person | None = None
    """The patient, where a caregiver stands at the counter."""


class Notes(Step, frozen=True, kw_only=True, tag="notes"):
    recommendation: Recommendation


class Basket(Step, frozen=True, kw_only=True, tag="basket"):
    """The order: what is left per pool, what is on the shelf, what is in the basket, and why something is blocked.

    Touches: ``add:<product_id>``, ``less:<product_id>``, ``why:<product_id>``.
    """

    pools: tuple[PoolStanding, ...]
    offers: tuple[Offer, ...]
    basket: tuple[BasketLine, ...] = ()
    refusal: Refusal | None = None
    nearest: tuple[BasketLine, ...] = ()


class AwaitPick(Step, frozen=True, kw_only=True, tag="await-pick"):
    """Counter: the order is in the vault, live; left by itself when every line is picked."""

    lines: tuple[OrderLine, ...]
    live: tuple[str, ...] = ("lines",)


class Decision(Step, frozen=True, kw_only=True, tag="decision"):
    """An order that a pharmacist decides about, and the rules that want it. ``pharmacist`` is who decides now; ``""``:
    the counter waits for one. ``ticket`` where no banner names the visit."""

    ticket: Ticket | None
    lines: tuple[OrderLine, ...]
    wanted: tuple[DecisionWanted, ...]
    pharmacist: str = ""


class Printing(Step, frozen=True, kw_only=True, tag="printing"):
    """Shown while a print is under way; takes no answer."""

    number: str
    print_no: int


class PrintDoubt(Step, frozen=True, kw_only=True, tag="print-doubt"):
    """Nobody knows whether the label came out. Ends by scanning it, or by ``nothing`` or ``damaged``."""

    number: str
    print_no: int


class LabelProof(Step, frozen=True, kw_only=True, tag="label-proof"):
    """Label, package and ticket, scanned in any order; what is still missing is shown. Line ``n`` of ``of`` units."""

    product: str
    tag: str
    number: str
    print_no: int
    n: int
    of: int
    label: bool = False
    package: bool = False
    ticket: bool = False


class Stop(Step, frozen=True, kw_only=True, tag="stop"):
    """Takes the whole screen; ends by the right scan, or by a choice that does not pass the block."""

    refusal: Refusal


class HandedOver(Step, frozen=True, kw_only=True, tag="handed-over"):
    """The last picture of a visit, live: recorded here, confirmed by the hub, reported to the state and read back."""

    ticket: Ticket
    visit_id: str
    lines: tuple[OrderLine, ...]
    live: tuple[str, ...] = ("receipts",)


class PickList(Step, frozen=True, kw_only=True, tag="pick-list"):
    """Vault: open lines, live. Touch ``line:<line_id>``, or scan the shelf or package of one."""

    live: tuple[str, ...] = ("lines",)


class ShelfWanted(Step, frozen=True, kw_only=True, tag="shelf"):
    line: PickLine


class UnitWanted(Step, frozen=True, kw_only=True, tag="unit"):
    """Vault: scan unit ``n`` of the line."""

    line: PickLine
    n: int


class TakeToCounter(Step, frozen=True, kw_only=True, tag="take"):
    line: PickLine


class Notice(Step, frozen=True, kw_only=True, tag="notice"):
    """One calm sentence and a way on."""

    body: Text
    tone: Literal["info", "warning", "trouble"] = "info"
    refusal: Refusal | None = None


AnyStep = (
    Documents
    | Ticketed
    | BadgeWanted
    | PinWanted
    | Queue
    | Referred
    | FaceCheck
    | Notes
    | Basket
    | AwaitPick
    | Decision
    | Printing
    | PrintDoubt
    | LabelProof
    | Stop
    | HandedOver
    | PickList
    | ShelfWanted
    | UnitWanted
    | TakeToCounter
    | Notice
)


class Banner(Sealed, frozen=True, kw_only=True):
    """The patient banner: on top of every staff step of an open visit, never covered."""

    person: Person
    card_ending: str
    ticket: Ticket


class Live(Noun, frozen=True, kw_only=True):
    """The terminal's present copy of what the hub tells, as far as the step asks for it."""

    queue: tuple[QueueEntry, ...] = ()
    lines: tuple[PickLine, ...] = ()
    receipts: tuple[Receipt, ...] = ()


class Picture(Sealed, frozen=True, kw_only=True):
    """All that is drawn. ``generation`` grows with every new step: an action for an older one is dropped with notice.

    ``remark`` is a passing word ("This is a package tag. Scan the ticket."), gone with the next action.
    ``covered`` hides everything but the way to sign in again. ``busy`` names what is being waited for, after 1 s.
    """

    generation: int
    role: Literal["checkin", "counter", "vault"]
    terminal: str
    step: AnyStep
    connection: Connection
    live: Live = msgspec.field(default_factory=Live)
    staff: str = ""
    banner: Banner | None = None
    remark: Text | None = None
    busy: Text | None = None
    covered: bool = False
    language: str = "en"
    printer: Text | None = None
    """Words when a device of this terminal needs a hand (paper, cover, scanner lost), else None."""


class Act(Noun, frozen=True, kw_only=True):
    """What the person did: ``chosen`` a choice key, or ``typed`` digits, or ``back``."""

    generation: int
    chosen: str = ""
    typed: str = ""
    back: bool = False

    def __repr__(self) -> str:
        return f"<Act {self.chosen or ('typed' if self.typed else 'back')}>"
