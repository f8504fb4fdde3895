"""PCK-1: a line is picked in the vault; and how the counter waits for it. No patient's name comes here (PRV-03)."""

from kiosk.flows.decision import decide_at_a_handheld
from kiosk.flows.parts import explain, hub, stopped
from kiosk.flows.requests import Changed, Chosen, Commit, Scanned, Show, TimedOut, Until
from kiosk.flows.sop import Flow, Sop
from kiosk.flows.steps import AwaitPick, Banner, Choice, PickList, ShelfWanted, Stop, TakeToCounter, UnitWanted
from kiosk.model.documents import PackageTag, ShelfCode, UnitCode
from kiosk.model.errors import Refusal
from kiosk.model.orders import LineState, Order, PickLine
from kiosk.model.people import Session, StaffRole
from kiosk.model.questions import AskOrder, CancelOrder, CheckUnit, ClaimLine, ReleaseLine, UnitFits
from kiosk.model.records import SignedOut, UnitPicked
from kiosk.model.text import text

TAKEN_AFTER = 20.0
LOOK_AGAIN = 60.0
"""Seconds after which the counter looks at the order even when nothing was announced."""

CANNOT = Choice(key="cannot", label=text("It cannot be picked"), look="quiet")


def pick(session: Session) -> Flow[str]:
    """One line. Returns ``"picked"``, ``"given_back"`` or ``"signed_out"``."""
    line = yield from claim(session)
    if line is None:
        yield Commit(fact=SignedOut(session_id=session.session_id, reason="asked"), sop="PCK-1.1")
        return "signed_out"
    if not (yield from find_shelf(line)):
        return (yield from give_back(session, line))
    items: set[tuple[str, int]] = set()
    for n in range(line.picked + 1, line.units + 1):
        fits = yield from scan_unit(session, line, n, items)
        if fits is None:
            return (yield from give_back(session, line))
        items.add((fits.tag, fits.item))
        fact = UnitPicked(line_id=line.line_id, tag=fits.tag, item=fits.item, n=n, place=line.place)
        yield Commit(fact=fact, sop="PCK-1.3")
    yield Show(
        step=TakeToCounter(
            sop="PCK-1.4",
            title=text("Take it to {counter}", counter=line.counter),
            line=line,
            choices=(Choice(key="done", label=text("Next line"), look="go"),),
        ),
        time_out=TAKEN_AFTER,
        sound="match",
    )
    return "picked"


def claim(session: Session) -> Flow[PickLine | None]:
    """The list of open lines, until one is this person's alone (ORD-04). None: signed out."""
    while True:
        answer = yield Show(
            step=PickList(
                sop="PCK-1.1",
                title=text("To be picked"),
                hint=text("Touch a line, or scan its shelf."),
                choices=(Choice(key="sign_out", label=text("Sign out"), look="quiet"),),
            ),
            accepts=("shelf", "package"),
        )
        wish = ClaimLine(key="", session_id=session.session_id)
        match answer:
            case Chosen(key=key) if key.startswith("line:"):
                wish = ClaimLine(key="", session_id=session.session_id, line_id=key.removeprefix("line:"))
            case Scanned(document=ShelfCode(place=place)):
                wish = ClaimLine(key="", session_id=session.session_id, place=place)
            case Scanned(document=PackageTag(uid=uid)):
                wish = ClaimLine(key="", session_id=session.session_id, tag=uid)
            case _:
                return None
        line = yield from hub(wish, "PCK-1.1", claims=True)
        if isinstance(line, PickLine):
            return line
        if isinstance(line, Refusal) and line.differs == "pharmacist" and session.role is StaffRole.PHARMACIST:
            yield from decide_at_a_handheld(session, wish.line_id)
        elif isinstance(line, Refusal):
            yield from explain(line, "PCK-1.1", Choice(key="back", label=text("Show the list"), look="go"))


def find_shelf(line: PickLine) -> Flow[bool]:
    """The right shelf by its code; another one is named and stays wrong."""
    wrong: Refusal | None = None
    while True:
        ask = ShelfWanted(sop="PCK-1.2", title=text("Go to {place}", place=line.place), line=line, choices=(CANNOT,))
        answer = yield Show(
            step=ask if wrong is None else _stop(wrong, "PCK-1.2"),
            accepts=("shelf",),
            sound="stop" if wrong else "",
        )
        match answer:
            case Scanned(document=ShelfCode(place=place)):
                if place == line.place:
                    return True
                wrong = Refusal(
                    rule="store.shelf",
                    reason=text("This is another shelf."),
                    way_on=text("Go to {place} and scan its code.", place=line.place),
                    differs="shelf",
                    wanted=line.place,
                    found=place,
                )
                yield from stopped(line.line_id, wrong, "PCK-1.2")
            case Chosen(key="cannot"):
                return False


def scan_unit(session: Session, line: PickLine, n: int, items: set[tuple[str, int]]) -> Flow[UnitFits | None]:
    """Unit ``n`` by its own scan (PIK-03). A wrong one stops until the right one comes; None: it cannot be picked."""
    wrong: Refusal | None = None
    while True:
        ask = UnitWanted(sop="PCK-1.3", title=text("Scan the package"), line=line, n=n, choices=(CANNOT,))
        answer = yield Show(
            step=ask if wrong is None else _stop(wrong, "PCK-1.3"),
            accepts=("package", "unit"),
            sound="stop" if wrong else "match",
        )
        match answer:
            case Scanned(document=PackageTag(uid=tag)):
                item = 0
            case Scanned(document=UnitCode(uid=tag, item=item)):
                pass
            case _:
                return None
        if item and (tag, item) in items:
            verdict: UnitFits | Refusal | None = _twice(tag, item)
        else:
            check = CheckUnit(session_id=session.session_id, line_id=line.line_id, tag=tag, item=item)
            verdict = yield from hub(check, "PCK-1.3")
        if isinstance(verdict, UnitFits):
            return verdict
        if verdict is None:
            return None
        wrong = verdict
        yield from stopped(line.line_id, wrong, "PCK-1.3")


def _stop(wrong: Refusal, sop: str) -> Stop:
    return Stop(sop=sop, title=text("Stop"), refusal=wrong, choices=(CANNOT,))


def _twice(tag: str, item: int) -> Refusal:
    return Refusal(
        rule="store.unit_once",
        reason=text("This unit was scanned already."),
        way_on=text("Scan another unit of the same package."),
        differs="unit",
        found=f"{tag} / {item}",
    )


def give_back(session: Session, line: PickLine) -> Flow[str]:
    wish = ReleaseLine(key="", session_id=session.session_id, line_id=line.line_id, reason="cannot be picked")
    yield from hub(wish, "PCK-1.5", claims=True)
    return "given_back"


def await_pick(session: Session, order: Order, banner: Banner) -> Flow[Order | None]:
    """The counter waits, live. Returns the order with its packages, or None after a cancellation."""
    cancel = Choice(key="cancel", label=text("Cancel the order"), look="quiet")
    while True:
        answer = yield Show(
            step=AwaitPick(sop="DSP-1.6", title=text("The vault is picking"), lines=order.lines, choices=(cancel,)),
            until=Until(lines_picked=tuple(line.line_id for line in order.lines)),
            time_out=LOOK_AGAIN,
            banner=banner,
        )
        match answer:
            case Chosen(key="cancel"):
                wish = CancelOrder(
                    key="", session_id=session.session_id, order_id=order.order_id, reason="before the pick"
                )
                done = yield from hub(wish, "DSP-1.6", claims=True, banner=banner)
                if isinstance(done, Refusal):
                    yield from explain(done, "DSP-1.6", Choice(key="back", label=text("Go on"), look="go"))
                elif done is not None:
                    return None
            case Changed() | TimedOut():
                now = yield from hub(AskOrder(order_id=order.order_id), "DSP-1.6", banner=banner)
                if isinstance(now, Order):
                    if all(line.state is LineState.CANCELLED for line in now.lines):
                        return None
                    if all(line.state is LineState.PICKED for line in now.lines):
                        return now


PICK = Sop("PCK-1", 2, "Picking", pick, (Session,))
