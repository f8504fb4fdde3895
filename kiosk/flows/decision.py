"""DSP-2: a pharmacist decides about an order, where the law or the store wants it (ORD-06). By another person than the
one who took it: at the counter by badge and PIN, or at a handheld where the pharmacist is signed in."""

from kiosk.flows.parts import explain, hub
from kiosk.flows.requests import Changed, Chosen, Commit, Scanned, Show, Tell, TimedOut, Told, Until
from kiosk.flows.sign_in import by_pin
from kiosk.flows.sop import Flow
from kiosk.flows.steps import Banner, Choice, Decision
from kiosk.model.decisions import may_not_decide
from kiosk.model.documents import Badge
from kiosk.model.errors import Refusal
from kiosk.model.orders import DecisionState, LineState, Order
from kiosk.model.people import Session
from kiosk.model.questions import AskDecision, AskOrder
from kiosk.model.records import OrderDecided, SignedOut
from kiosk.model.text import text

LOOK_AGAIN = 60.0
"""Seconds after which the counter looks at the order even when nothing was announced."""

STAYS = 120.0
"""Seconds from a pharmacist's PIN to the decision. Who has not decided by then is not there any more."""

APPROVE = Choice(key="approve", label=text("Approve the order"), look="go")
REFUSE = Choice(key="refuse", label=text("Refuse the order"), look="stop")
LATER = Choice(key="later", label=text("Decide later"), look="quiet")
CANCEL = Choice(key="cancel", label=text("Cancel the order"), look="quiet")
BACK = Choice(key="back", label=text("Go on"), look="go")


def await_decision(session: Session, order: Order, banner: Banner) -> Flow[Order | None]:
    """The counter waits. Returns the order once a pharmacist has approved it; None: it is to be cancelled."""
    while order.decision is DecisionState.WAITING:
        answer = yield Show(
            step=_waiting(order),
            accepts=("badge",),
            until=Until(lines_decided=tuple(line.line_id for line in order.lines)),
            time_out=LOOK_AGAIN,
            banner=banner,
        )
        match answer:
            case Chosen(key="cancel"):
                return None
            case Scanned(document=Badge(code=badge)):
                yield from decide_at_the_counter(session, badge, order, banner)
            case Changed() | TimedOut():
                pass
        now = yield from hub(AskOrder(order_id=order.order_id), "DSP-2.1", banner=banner)
        if isinstance(now, Order):
            order = now
            if all(line.state is LineState.CANCELLED for line in order.lines):
                return None
        elif isinstance(now, Refusal):
            yield from explain(now, "DSP-2.1", BACK, banner=banner)
            return None
    if order.decision is DecisionState.REFUSED:
        wanted = order.wanted[0]
        refusal = Refusal(
            rule=wanted.rule,
            reason=text("The pharmacist has refused this order."),
            way_on=text("The order is cancelled. Make another one, or end the visit."),
            citation=wanted.citation,
            differs="pharmacist",
        )
        yield from explain(refusal, "DSP-2.1", BACK, banner=banner)
        return None
    return order


def _waiting(order: Order) -> Decision:
    return Decision(
        sop="DSP-2.1",
        title=text("A pharmacist has to decide"),
        hint=text("At a handheld, or here: the pharmacist scans the badge."),
        ticket=None,
        lines=order.lines,
        wanted=order.wanted,
        choices=(CANCEL,),
    )


def decide_at_the_counter(session: Session, badge: str, order: Order, banner: Banner) -> Flow[None]:
    """A second person signs in for this one decision, and is signed out with it."""
    asked: Told = yield Tell(sop="DSP-2.2")
    pharmacist = yield from by_pin(badge)
    if pharmacist is None:
        return
    refusal = may_not_decide(pharmacist, session.staff_id)
    if refusal is not None:
        yield from explain(refusal, "DSP-2.2", BACK, banner=banner)
    else:
        yield from _decide(pharmacist, order, asked, banner)
    yield Commit(fact=SignedOut(session_id=pharmacist.session_id, reason="decided"), sop="DSP-2.2")


def decide_at_a_handheld(session: Session, line_id: str) -> Flow[None]:
    """The order of a line that waits, for the pharmacist who is signed in. No patient is named there (PRV-03)."""
    order = yield from hub(AskDecision(session_id=session.session_id, line_id=line_id), "DSP-2.2")
    if isinstance(order, Refusal):
        yield from explain(order, "DSP-2.2", Choice(key="back", label=text("Show the list"), look="go"))
    elif isinstance(order, Order):
        asked: Told = yield Tell(sop="DSP-2.2")
        yield from _decide(session, order, asked, None)


def _decide(pharmacist: Session, order: Order, asked: Told, banner: Banner | None) -> Flow[None]:
    """Counts only soon after the pharmacist was sure to be there: after a power cut it may be asked for anew."""
    answer = yield Show(
        step=Decision(
            sop="DSP-2.2",
            title=text("Decide about this order"),
            hint=text("{name} decides.", name=pharmacist.name),
            ticket=order.ticket if banner is None else None,
            lines=order.lines,
            wanted=order.wanted,
            pharmacist=pharmacist.name,
            choices=(APPROVE, REFUSE, LATER),
        ),
        time_out=STAYS,
        banner=banner,
        sound="look",
    )
    told: Told = yield Tell(sop="DSP-2.2")
    in_time = 0 <= (told.at - asked.at).total_seconds() <= STAYS
    if in_time and isinstance(answer, Chosen) and answer.key in ("approve", "refuse"):
        fact = OrderDecided(
            order_id=order.order_id,
            session_id=pharmacist.session_id,
            staff_id=pharmacist.staff_id,
            approved=answer.key == "approve",
            rules=tuple(each.rule for each in order.wanted),
            digest=order.digest,
        )
        yield Commit(fact=fact, sop="DSP-2.2")
