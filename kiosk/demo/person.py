"""People of a rehearsal: they look at the step on the screen and do what it asks for, as a trained person would.

They know nothing of the flow: what they do follows from the picture and from what they hold in their hands. So they
carry on after a power cut as people do.
"""

from collections.abc import Callable
from dataclasses import dataclass, field

from kiosk.documents.codes import badge_code, label_code, shelf_code, ticket_code
from kiosk.flows import steps
from kiosk.flows.steps import AnyStep, Picture
from kiosk.model.orders import LineState, PickLine, ReceiptState, VisitState


@dataclass(frozen=True)
class Scan:
    """Hold this code before the scanner. ``what`` names it in the account."""

    data: bytes
    what: str


@dataclass(frozen=True)
class Touch:
    key: str


@dataclass(frozen=True)
class Type:
    digits: str


Deed = Scan | Touch | Type


@dataclass
class Patient:
    """Has two documents and shows them one after the other; keeps the ticket."""

    card: bytes
    photo_id: bytes
    ticket_id: str = ""
    finished: bool = False

    def respond(self, picture: Picture) -> Deed | None:
        match picture.step:
            case steps.Documents(card=False) if not self.ticket_id:
                return Scan(self.card, "the medical card")
            case steps.Documents(photo_id=False) if not self.ticket_id:
                return Scan(self.photo_id, "the photo ID")
            case steps.Documents():
                self.finished = True
            case steps.Ticketed(ticket=ticket) if ticket is not None:
                self.ticket_id = ticket.ticket_id
        return None


@dataclass
class Technician:
    """At the counter: serves the patient whose ticket lies there, with the products in ``wanted``.

    ``label_lies_there`` looks at the printer's paper for a label.
    """

    badge: str
    pin: str
    patient: Patient
    wanted: dict[str, int]
    label_lies_there: Callable[[str, int], bool]
    finished: bool = False
    confirmed: bool = False

    def respond(self, picture: Picture) -> Deed | None:
        step = picture.step
        if picture.covered:
            return Scan(badge_code(self.badge).encode(), "the badge")
        match step:
            case steps.BadgeWanted():
                return Scan(badge_code(self.badge).encode(), "the badge")
            case steps.PinWanted():
                return Type(self.pin)
            case steps.Queue():
                return self._call(picture)
            case steps.FaceCheck():
                return Touch("matches")
            case steps.Notes():
                return Touch("read")
            case steps.Basket():
                return self._fill(step)
            case steps.PrintDoubt():
                if self.label_lies_there(step.number, step.print_no):
                    return self._label(step.number, step.print_no)
                return Touch("nothing")
            case steps.LabelProof():
                return self._prove(step)
            case steps.HandedOver():
                return self._hand_over(step, picture)
            case steps.Notice():
                return _way_on(step)
        return None

    def _call(self, picture: Picture) -> Deed | None:
        if self.confirmed:
            self.finished = True
            return None
        ticket_id = self.patient.ticket_id
        there = any(
            entry.ticket.ticket_id == ticket_id and entry.state in (VisitState.WAITING, VisitState.OPEN)
            for entry in picture.live.queue
        )
        return Scan(ticket_code(ticket_id).encode(), "the ticket") if there else None

    def _fill(self, step: steps.Basket) -> Deed:
        have = {line.product_id: line.units for line in step.basket}
        for product_id, units in self.wanted.items():
            if have.get(product_id, 0) < units:
                return Touch(f"add:{product_id}")
        return Touch("confirm")

    def _prove(self, step: steps.LabelProof) -> Deed:
        if not step.label:
            return self._label(step.number, step.print_no)
        if not step.package:
            return Scan(step.tag.encode(), "the package")
        return Scan(ticket_code(self.patient.ticket_id).encode(), "the ticket")

    def _label(self, number: str, print_no: int) -> Scan:
        return Scan(label_code(number, print_no).encode(), "the label")

    def _hand_over(self, step: steps.HandedOver, picture: Picture) -> Deed | None:
        self.confirmed = any(
            receipt.visit_id == step.visit_id and receipt.state is ReceiptState.CONFIRMED
            for receipt in picture.live.receipts
        )
        return Touch("next") if self.confirmed else None


@dataclass
class Picker:
    """In the vault: takes the first open line, goes to its shelf, scans its package."""

    badge: str
    pin: str
    taken: list[str] = field(default_factory=list)

    def respond(self, picture: Picture) -> Deed | None:
        match picture.step:
            case steps.BadgeWanted():
                return Scan(badge_code(self.badge).encode(), "the badge")
            case steps.PinWanted():
                return Type(self.pin)
            case steps.PickList():
                line = self._first_open(picture.live.lines)
                return Touch(f"line:{line.line_id}") if line else None
            case steps.ShelfWanted(line=line):
                return Scan(shelf_code(line.place).encode(), "the shelf")
            case steps.UnitWanted(line=line):
                return Scan(line.tag.encode(), "the package")
            case steps.TakeToCounter(line=line):
                self.taken.append(line.line_id)
                return Touch("done")
            case steps.Notice() as step:
                return _way_on(step)
        return None

    def _first_open(self, lines: tuple[PickLine, ...]) -> PickLine | None:
        open_ones = [line for line in lines if line.state in (LineState.CONFIRMED, LineState.CLAIMED)]
        return next((line for line in open_ones if line.line_id not in self.taken), None)


def _way_on(step: AnyStep) -> Deed | None:
    """The choice that goes on, where there is one."""
    return next((Touch(choice.key) for choice in step.choices if choice.look == "go"), None)
