"""The counter, from the queue to the hand-over."""

from collections.abc import Iterator
from datetime import timedelta

import msgspec

from kiosk.flows.decision import APPROVE, LATER, REFUSE
from kiosk.flows.order import WANTED
from kiosk.flows.serve import CASH, DRAWER, NEXT, age_notice
from kiosk.flows.steps import (
    AwaitPick,
    Basket,
    Choice,
    Decision,
    FaceCheck,
    HandedOver,
    Live,
    Notes,
    Queue,
    Referred,
)
from kiosk.model.allotments import BasketLine
from kiosk.model.orders import (
    LineState,
    QueueEntry,
    Receipt,
    ReceiptState,
    VisitState,
)
from kiosk.model.packages import CannabinoidProfile
from kiosk.model.people import Basis
from kiosk.model.text import text
from kiosk.screens.samples.facts import (
    BANNER,
    CANCEL,
    CAREGIVER,
    CONCERNS,
    CONFIRM,
    CONNECTIONS,
    DECISIONS,
    LEAVE,
    LONG_BANNER,
    LONG_NAME,
    MANY_OFFERS,
    MANY_POOLS,
    NEAREST,
    NOW,
    OFFERS,
    PATIENT,
    POOLS,
    RECOMMENDATION,
    SIGN_OUT,
    SPENT,
    STRICT_RECOMMENDATION,
    TICKET,
    TICKETS,
    order_lines,
    pick_line,
)
from kiosk.screens.samples.made import Maker, Sample

ALIKE = WANTED[CannabinoidProfile.BALANCED]


def _queue(count: int) -> Live:
    states = (VisitState.WAITING, VisitState.WAITING, VisitState.REFERRED, VisitState.OPEN)
    return Live(
        queue=tuple(
            QueueEntry(
                visit_id=f"v{i}",
                ticket=TICKETS[i % len(TICKETS)],
                state=states[i % 4],
                since=NOW - timedelta(minutes=3 * i + 1),
                served_at="Counter 2" if states[i % 4] is VisitState.OPEN else "",
            )
            for i in range(count)
        )
    )


def counter(make: Maker) -> Iterator[Sample]:
    queue = Queue(sop="DSP-1.1", title=text("Next patient"), hint=text("Scan the ticket."), choices=(SIGN_OUT,))
    yield make("queue", queue, "counter", live=_queue(4))
    yield make("queue-empty", queue, "counter")
    yield make("queue-many", queue, "counter", live=_queue(19), connection=CONNECTIONS[1])
    same = Choice(key="same", label=text("It is the same person"), look="go")
    refuse = Choice(key="refuse", label=text("Refuse the visit"), look="stop")
    yield make(
        "referred",
        Referred(
            sop="DSP-1.2",
            title=text("A person has to decide"),
            ticket=TICKET,
            concerns=CONCERNS[:1],
            choices=(same, refuse),
        ),
        "counter",
    )
    yield make(
        "referred-many",
        Referred(
            sop="DSP-1.2",
            title=text("This visit cannot go on"),
            ticket=TICKETS[1],
            concerns=CONCERNS * 3,
            choices=(refuse,),
        ),
        "counter",
    )
    face = FaceCheck(
        sop="DSP-1.3",
        title=text("Compare face and photo"),
        hint=text("Ask for the name and the birth date. Do not read them out."),
        person=PATIENT,
        id_kind="licence",
        id_issuer="FL",
        choices=(
            Choice(key="matches", label=text("The person matches the photo"), look="go"),
            Choice(key="differs", label=text("Does not match"), look="stop"),
        ),
        can_go_back=True,
    )
    yield make("face", face, "counter", banner=BANNER)
    yield make(
        "face-phone",
        msgspec.structs.replace(face, id_proven_by="Invented Department of Licences"),
        "counter",
        banner=BANNER,
    )
    yield make(
        "face-caregiver",
        msgspec.structs.replace(face, person=CAREGIVER, on_behalf_of=LONG_NAME, id_kind="passport", id_issuer="USA"),
        "counter",
        banner=LONG_BANNER,
    )
    notes = Notes(
        sop="DSP-1.4",
        title=text("Read the physician's notes"),
        recommendation=RECOMMENDATION,
        choices=(Choice(key="read", label=text("I have read them"), look="go"),),
        can_go_back=True,
    )
    yield make("notes", notes, "counter", banner=BANNER)
    yield make(
        "notes-strict", msgspec.structs.replace(notes, recommendation=STRICT_RECOMMENDATION), "counter", banner=BANNER
    )
    await_pick = AwaitPick(
        sop="DSP-1.6",
        title=text("The vault is picking"),
        lines=order_lines(LineState.CONFIRMED, LineState.CONFIRMED, LineState.PICKED),
        choices=(CANCEL,),
    )
    yield make(
        "await-pick",
        await_pick,
        "counter",
        banner=BANNER,
        live=Live(lines=(pick_line(1, state=LineState.CLAIMED, units=2, picked=1),)),
    )
    decision = Decision(
        sop="DSP-2.1",
        title=text("A pharmacist has to decide"),
        hint=text("At a handheld, or here: the pharmacist scans the badge."),
        ticket=None,
        lines=order_lines(LineState.CONFIRMED, LineState.CONFIRMED),
        wanted=DECISIONS[:1],
        choices=(CANCEL,),
    )
    yield make("decision", decision, "counter", banner=BANNER)
    yield make("decision-made", _deciding(decision), "counter", banner=LONG_BANNER)
    handed = HandedOver(
        sop="DSP-1.9",
        title=text("Hand it over"),
        ticket=TICKET,
        visit_id="v1",
        lines=order_lines(LineState.DISPENSED),
        choices=(NEXT,),
    )
    cash = msgspec.structs.replace(handed, choices=(NEXT, CASH))
    yield make("handed-over-cash", cash, "counter", banner=BANNER)
    opened = msgspec.structs.replace(handed, hint=DRAWER["unknown"])
    yield make("handed-over-drawer", opened, "counter", banner=BANNER)
    yield make("handed-over-recorded", handed, "counter", banner=BANNER, connection=CONNECTIONS[2])
    for state in ReceiptState:
        receipt = Receipt(visit_id="v1", external_number="X-1", state=state, since=NOW)
        yield make(f"handed-over-{state.value}", handed, "counter", banner=BANNER, live=Live(receipts=(receipt,)))


def _deciding(waiting: Decision) -> Decision:
    return msgspec.structs.replace(
        waiting,
        sop="DSP-2.2",
        title=text("Decide about this order"),
        hint=text("{name} decides.", name="Marguerite Oyelaran-Vance"),
        lines=order_lines(*[LineState.CONFIRMED] * 5),
        wanted=DECISIONS,
        pharmacist="Marguerite Oyelaran-Vance",
        choices=(APPROVE, REFUSE, LATER),
    )


def basket(make: Maker) -> Iterator[Sample]:
    step = Basket(
        sop="DSP-1.5",
        title=text("Take the order"),
        pools=POOLS,
        offers=OFFERS,
        choices=(ALIKE, LEAVE),
        can_go_back=True,
    )
    ordered = (BasketLine(product_id="p1", units=2), BasketLine(product_id="p2", units=1))
    replace = msgspec.structs.replace
    yield make("basket-empty", step, "counter", banner=BANNER)
    yield make("basket", replace(step, basket=ordered, choices=(CONFIRM, ALIKE, LEAVE)), "counter", banner=BANNER)
    many = tuple(BasketLine(product_id=f"p{n}", units=n) for n in range(1, 11))
    yield make(
        "basket-many",
        replace(step, pools=MANY_POOLS, offers=MANY_OFFERS, basket=many, choices=(CONFIRM, ALIKE, LEAVE)),
        "counter",
        banner=LONG_BANNER,
        connection=CONNECTIONS[1],
    )
    yield make(
        "basket-refused",
        replace(step, basket=ordered, refusal=SPENT, nearest=ordered, choices=(NEAREST, ALIKE, LEAVE)),
        "counter",
        banner=BANNER,
    )


def registry_away(make: Maker) -> Iterator[Sample]:
    """The registry's last answer is used, as the state's rule allows: how old it is, and by which rule."""
    said = text(
        "The registry does not answer. Its answer of {time} is used. It is {age} hours old; {limit} are allowed. "
        "Until it answers, at most: {amounts}.",
        time="02-Mar-2026 06:40",
        age="3:20",
        limit="24:00",
        amounts="Smoking 1 oz, Sublingual 500 mg",
    )
    rests_on = Basis(source="last_answer", as_of=NOW, citation="Invented Outage Code 7", said=said)
    yield make("registry-away", age_notice(rests_on), "counter", banner=BANNER)
