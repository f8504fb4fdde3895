"""DSP-1.7: one label a unit, on paper exactly once, and proof that label, package and patient belong together."""

import hashlib
from dataclasses import dataclass, replace
from typing import Literal

from kiosk.flows.parts import explain, hub, stopped
from kiosk.flows.requests import Chosen, Commit, Print, Printed, Scanned, Show
from kiosk.flows.sop import Flow
from kiosk.flows.steps import Banner, Choice, LabelProof, Notice, PrintDoubt, Printing, Stop
from kiosk.model.base import to_json
from kiosk.model.documents import AnyDocument, LabelCode, PackageTag, PatientCard, TicketCode, UnitCode
from kiosk.model.errors import Refusal
from kiosk.model.labels import Label
from kiosk.model.orders import Order, OrderLine, Visit
from kiosk.model.questions import MakeLabel, MatchCard, Matched
from kiosk.model.records import DispensedUnit, LabelIssued, LabelPrinted, LabelVerified, LabelVoided
from kiosk.model.text import text

SOP = "DSP-1.7"

CANCEL = Choice(key="cancel", label=text("Cancel the order"), look="quiet")
DAMAGED = Choice(key="damaged", label=text("Label is damaged"))
NOTHING = Choice(key="nothing", label=text("Nothing came out"))

Bound = Literal["ticket", "card"]


@dataclass(frozen=True)
class Unit:
    """One unit to be labelled: its line, package and dispense number, and how far the print has come."""

    line: OrderLine
    tag: str
    number: str
    n: int
    of: int
    print_no: int = 1


def label_units(visit: Visit, order: Order, banner: Banner) -> Flow[tuple[DispensedUnit, ...] | None]:
    """Labels and proves every unit of the order, one after the other. None: the order is to be cancelled."""
    wanted = [
        (line, tag, number)
        for line in order.lines
        for tag, number in zip(line.tags, line.dispense_numbers, strict=True)
    ]
    done: list[DispensedUnit] = []
    for n, (line, tag, number) in enumerate(wanted, start=1):
        unit = yield from label_unit(visit, Unit(line, tag, number, n, len(wanted)), banner)
        if unit is None:
            for earlier in done:
                yield from _void(earlier.number, earlier.print_no, "order cancelled")
            return None
        done.append(DispensedUnit(line_id=line.line_id, number=unit.number, print_no=unit.print_no, tag=unit.tag))
    return tuple(done)


def label_unit(visit: Visit, unit: Unit, banner: Banner) -> Flow[Unit | None]:
    """Prints until one print is proven; every print that is not used is voided, with its reason (LBL-04)."""
    while True:
        label = yield from _make(visit, unit, banner)
        if label is None:
            return None
        fact = LabelIssued(
            visit_id=visit.visit_id,
            line_id=unit.line.line_id,
            number=unit.number,
            print_no=unit.print_no,
            tag=unit.tag,
            copy_digest=hashlib.sha256(to_json(label)).hexdigest(),
            template=label.template,
            on=label.on,
        )
        yield Commit(fact=fact, sop=SOP)
        end = yield from put_on_paper(label, unit, banner)
        if end == "printed":
            end = yield from prove(visit, unit, banner)
        if end == "proven":
            return unit
        yield from _void(unit.number, unit.print_no, end)
        if end == "cancelled":
            return None
        unit = replace(unit, print_no=unit.print_no + 1)


def _make(visit: Visit, unit: Unit, banner: Banner) -> Flow[Label | None]:
    """The label, or None when it cannot be made and the person gave up. A missing fact is named (LBL-01)."""
    again = Choice(key="again", label=text("Try again"), look="go")
    while True:
        wish = MakeLabel(
            visit_id=visit.visit_id,
            line_id=unit.line.line_id,
            number=unit.number,
            print_no=unit.print_no,
            tag=unit.tag,
        )
        label = yield from hub(wish, SOP, banner=banner)
        if isinstance(label, Label):
            return label
        if label is None or (yield from explain(label, SOP, again, CANCEL, banner=banner)) == "cancel":
            return None


def put_on_paper(label: Label, unit: Unit, banner: Banner) -> Flow[str]:
    """``"printed"``; or why this print is dead: ``"nothing came out"``, ``"damaged"``, ``"cancelled"``."""
    printing = Printing(sop=SOP, title=text("Printing the label"), number=unit.number, print_no=unit.print_no)
    while True:
        printed: Printed = yield Print(document=label, sop=SOP, step=printing, banner=banner)
        outcome = "printed" if printed.outcome == "queued" else printed.outcome
        yield Commit(fact=LabelPrinted(number=unit.number, print_no=unit.print_no, outcome=outcome), sop=SOP)
        if outcome == "unknown" or printed.check:
            return (yield from resolve_doubt(unit, banner))
        if outcome == "printed":
            return "printed"
        answer = yield Show(
            step=Notice(
                sop=SOP,
                title=text("The label did not print"),
                body=printed.reason or text("The label printer does not answer. Switch it on."),
                hint=text("Nothing came out. The order is safe."),
                tone="trouble",
                choices=(Choice(key="again", label=text("Print again"), look="go"), CANCEL),
            ),
            banner=banner,
            sound="look",
        )
        if answer == Chosen(key="cancel"):
            return "cancelled"


def resolve_doubt(unit: Unit, banner: Banner) -> Flow[str]:
    """Nobody knows whether the label came out. Only the label itself, scanned, or a person says so (LBL-05)."""
    wrong: Refusal | None = None
    while True:
        doubt = PrintDoubt(
            sop=SOP,
            title=text("Look at the printer"),
            hint=text("If the label is there, scan it."),
            number=unit.number,
            print_no=unit.print_no,
            choices=(NOTHING, DAMAGED),
        )
        stop = Stop(sop=SOP, title=text("Stop"), refusal=wrong, choices=(NOTHING, DAMAGED)) if wrong else None
        answer = yield Show(step=stop or doubt, accepts=("label",), banner=banner, sound="stop" if wrong else "look")
        match answer:
            case Scanned(document=LabelCode() as code):
                wrong = _label_differs(code, unit)
                if wrong is None:
                    return "printed"
                yield from stopped(unit.line.line_id, wrong, SOP)
            case Chosen(key="nothing"):
                return "nothing came out"
            case Chosen(key="damaged"):
                return "damaged"


def prove(visit: Visit, unit: Unit, banner: Banner) -> Flow[str]:
    """Label, package and the patient's ticket in any order (LBL-03, PAT-09). ``"proven"``, or why the print is dead."""
    label = package = False
    bound: Bound | None = None
    wrong: Refusal | None = None
    while not (label and package and bound):
        proof = LabelProof(
            sop=SOP,
            title=text("Scan label, package and ticket"),
            hint=text("Stick the label on the package first."),
            product=unit.line.product.name,
            tag=unit.tag,
            number=unit.number,
            print_no=unit.print_no,
            n=unit.n,
            of=unit.of,
            label=label,
            package=package,
            ticket=bound is not None,
            choices=(DAMAGED, CANCEL),
        )
        stop = Stop(sop=SOP, title=text("Stop"), refusal=wrong, choices=(DAMAGED, CANCEL)) if wrong else None
        answer = yield Show(
            step=stop or proof,
            accepts=("label", "package", "unit", "ticket", "patient_card"),
            banner=banner,
            sound="stop" if wrong else "match",
        )
        if answer == Chosen(key="damaged"):
            return "damaged"
        if answer == Chosen(key="cancel"):
            return "cancelled"
        wrong = yield from _differs(answer.document, visit, unit, banner)
        if wrong is not None:
            yield from stopped(visit.visit_id, wrong, SOP)
            continue
        match answer.document:
            case LabelCode():
                label = True
            case PackageTag() | UnitCode():
                package = True
            case TicketCode():
                bound = "ticket"
            case PatientCard():
                bound = "card"
    fact = LabelVerified(
        visit_id=visit.visit_id, number=unit.number, print_no=unit.print_no, tag=unit.tag, bound_by=bound
    )
    yield Commit(fact=fact, sop=SOP)
    return "proven"


def _differs(document: AnyDocument, visit: Visit, unit: Unit, banner: Banner) -> Flow[Refusal | None]:
    match document:
        case LabelCode():
            return _label_differs(document, unit)
        case PackageTag(uid=uid) | UnitCode(uid=uid):
            return None if uid == unit.tag else _mixed_up("package", unit.tag, uid)
        case TicketCode(ticket_id=ticket_id):
            if ticket_id == visit.ticket.ticket_id:
                return None
            return Refusal(
                rule="store.patient",
                reason=text("This ticket belongs to another visit."),
                way_on=text("Scan the ticket of the patient in front of you."),
                differs="patient",
            )
        case PatientCard():
            answer = yield from hub(MatchCard(visit_id=visit.visit_id, card=document), SOP, banner=banner)
            if isinstance(answer, Matched | Refusal):
                return answer if isinstance(answer, Refusal) else None
            return Refusal(
                rule="store.patient",
                reason=text("The card could not be compared."),
                way_on=text("Scan the ticket, or the card again when the hub answers."),
                differs="patient",
            )
    raise AssertionError(type(document))


def _label_differs(code: LabelCode, unit: Unit) -> Refusal | None:
    if (code.number, code.print_no) == (unit.number, unit.print_no):
        return None
    if code.number == unit.number:
        return Refusal(
            rule="store.label_voided",
            reason=text("This label was voided."),
            way_on=text("Destroy it. Use print {print_no}.", print_no=unit.print_no),
            differs="print",
            wanted=str(unit.print_no),
            found=str(code.print_no),
        )
    return _mixed_up("label", unit.number, code.number)


def _mixed_up(what: Literal["label", "package"], wanted: str, found: str) -> Refusal:
    reasons = {
        "label": text("This label belongs to another package."),
        "package": text("This is not the package that was picked."),
    }
    return Refusal(
        rule="store.mix_up",
        reason=reasons[what],
        way_on=text("Put it aside. Scan the right one."),
        differs=what,
        wanted=wanted,
        found=found,
    )


def _void(number: str, print_no: int, reason: str) -> Flow[None]:
    yield Commit(fact=LabelVoided(number=number, print_no=print_no, reason=reason), sop=SOP)
