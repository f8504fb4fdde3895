"""One picture for every kind of step in every interesting condition. All people and products are invented."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import msgspec

from kiosk.flows.steps import (
    AnyStep,
    AwaitPick,
    BadgeWanted,
    Basket,
    Choice,
    Documents,
    FaceCheck,
    HandedOver,
    LabelProof,
    Live,
    Notes,
    Notice,
    PickList,
    Picture,
    PinWanted,
    PrintDoubt,
    Printing,
    Queue,
    Referred,
    ShelfWanted,
    Stop,
    TakeToCounter,
    Ticketed,
    UnitWanted,
)
from kiosk.model.allotments import BasketLine
from kiosk.model.errors import Refusal
from kiosk.model.orders import (
    LineState,
    QueueEntry,
    Receipt,
    ReceiptState,
    VisitState,
)
from kiosk.model.packages import Lab
from kiosk.model.text import Text, text
from kiosk.screens.sample_facts import (
    BANNER,
    CANCEL,
    CANNOT,
    CAREGIVER,
    CONCERNS,
    CONFIRM,
    CONNECTIONS,
    DAMAGED,
    LEAVE,
    LONG_BANNER,
    LONG_NAME,
    MANY_OFFERS,
    MANY_POOLS,
    NEAREST,
    NOTHING,
    NOW,
    OFFERS,
    OTHER_TAG,
    PATIENT,
    PERSON,
    POOLS,
    PRODUCTS,
    RECOMMENDATION,
    SIGN_OUT,
    SPENT,
    STAFF,
    STRICT_RECOMMENDATION,
    TAG,
    TICKET,
    TICKETS,
    WELL,
    Role,
    order_lines,
    pick_line,
)


def stop(differs: str, reason: Text, way_on: Text, wanted: str = "", found: str = "") -> Stop:
    refusal = Refusal(
        rule=f"store.{differs}",
        reason=reason,
        way_on=way_on,
        citation="Store policy: the package is the one that was ordered",
        differs=differs,
        wanted=wanted,
        found=found,
    )
    return Stop(sop="PCK-1.3", title=text("Stop"), refusal=refusal, choices=(CANNOT,))


@dataclass(frozen=True)
class Sample:
    name: str
    picture: Picture

    @property
    def kind(self) -> str:
        return self.picture.step.kind


class _Maker:
    """Counts generations, so that each sample is a new picture."""

    def __init__(self, start: int) -> None:
        self._n = start

    def __call__(self, name: str, step: AnyStep, role: Role, **around: Any) -> Sample:
        self._n += 1
        staff = "" if role == "checkin" or step.kind in ("badge", "pin") else STAFF
        picture = Picture(
            generation=self._n,
            role=role,
            terminal={"checkin": "Entrance", "counter": "Counter 1", "vault": "Vault 1"}[role],
            step=step,
            connection=around.pop("connection", WELL),
            staff=around.pop("staff", staff),
            **around,
        )
        return Sample(name, picture)


def samples(start: int = 0) -> tuple[Sample, ...]:
    """All samples, in the order of a visit; generations count on from ``start``."""
    make = _Maker(start)
    return (
        *_kiosk(make),
        *_sign_in(make),
        *_counter(make),
        *_basket(make),
        *_labels(make),
        *_vault(make),
        *_around(make),
    )


def _kiosk(make: _Maker) -> Iterator[Sample]:
    first = Documents(
        sop="PAT-1.1", title=text("Scan your card and your photo ID"), hint=text("Either one first."), choices=(PERSON,)
    )
    replace = msgspec.structs.replace
    yield make("documents-none", first, "checkin")
    yield make("documents-card", replace(first, title=text("Now your photo ID"), card=True), "checkin")
    yield make("documents-id", replace(first, title=text("Now your medical card"), photo_id=True), "checkin")
    yield make(
        "documents-unreadable",
        replace(first, hint=text("Hold the code flat in front of the light.")),
        "checkin",
        remark=text("This code could not be read. Scan it again."),
    )
    yield make("documents-both-busy", replace(first, card=True, photo_id=True), "checkin", busy=text("One moment …"))
    closed = msgspec.structs.replace(
        CONNECTIONS[2], allowed=text("Check-in is closed for the moment. Go to the counter.")
    )
    yield make("documents-hub-away", first, "checkin", connection=closed)
    for ticket in TICKETS[:6]:
        yield make(
            f"ticketed-{ticket.shape}",
            Ticketed(
                sop="PAT-1.3",
                title=text("Take your ticket"),
                hint=text("We call this sign."),
                ticket=ticket,
                admitted=True,
            ),
            "checkin",
        )
    yield make(
        "ticketed-person",
        Ticketed(
            sop="PAT-1.3",
            title=text("Go to the counter"),
            hint=text("A member of staff will help you."),
            ticket=TICKETS[1],
            admitted=False,
        ),
        "checkin",
    )
    yield make(
        "ticketed-no-ticket",
        Ticketed(
            sop="PAT-1.3",
            title=text("Go to the counter"),
            hint=text("A member of staff will help you."),
            ticket=None,
            admitted=False,
        ),
        "checkin",
    )


def _sign_in(make: _Maker) -> Iterator[Sample]:
    badge = BadgeWanted(sop="SGN-1.1", title=text("Scan your badge"), hint=text("Then type your PIN."))
    yield make("badge", badge, "counter")
    yield make("badge-vault", badge, "vault", remark=text("This is a ticket. Scan a badge."))
    yield make("pin", PinWanted(sop="SGN-1.2", title=text("Type your PIN")), "counter")
    yield make(
        "pin-wrong",
        PinWanted(sop="SGN-1.2", title=text("Type your PIN"), wrong=text("Badge and PIN do not belong together.")),
        "vault",
    )


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


def _counter(make: _Maker) -> Iterator[Sample]:
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
    handed = HandedOver(
        sop="DSP-1.9",
        title=text("Hand it over"),
        ticket=TICKET,
        visit_id="v1",
        lines=order_lines(LineState.DISPENSED),
        choices=(Choice(key="next", label=text("Next patient"), look="go"),),
    )
    yield make("handed-over-recorded", handed, "counter", banner=BANNER, connection=CONNECTIONS[2])
    for state in ReceiptState:
        receipt = Receipt(visit_id="v1", external_number="X-1", state=state, since=NOW)
        yield make(f"handed-over-{state.value}", handed, "counter", banner=BANNER, live=Live(receipts=(receipt,)))


def _basket(make: _Maker) -> Iterator[Sample]:
    step = Basket(
        sop="DSP-1.5",
        title=text("Take the order"),
        pools=POOLS,
        offers=OFFERS,
        choices=(LEAVE,),
        can_go_back=True,
    )
    ordered = (BasketLine(product_id="p1", units=2), BasketLine(product_id="p2", units=1))
    replace = msgspec.structs.replace
    yield make("basket-empty", step, "counter", banner=BANNER)
    yield make("basket", replace(step, basket=ordered, choices=(CONFIRM, LEAVE)), "counter", banner=BANNER)
    many = tuple(BasketLine(product_id=f"p{n}", units=n) for n in range(1, 11))
    yield make(
        "basket-many",
        replace(step, pools=MANY_POOLS, offers=MANY_OFFERS, basket=many, choices=(CONFIRM, LEAVE)),
        "counter",
        banner=LONG_BANNER,
        connection=CONNECTIONS[1],
    )
    yield make(
        "basket-refused",
        replace(step, basket=ordered, refusal=SPENT, nearest=ordered, choices=(NEAREST, LEAVE)),
        "counter",
        banner=BANNER,
    )


def _labels(make: _Maker) -> Iterator[Sample]:
    number = "D260302000147"
    yield make(
        "printing",
        Printing(sop="DSP-1.7", title=text("Printing the label"), number=number, print_no=1),
        "counter",
        banner=BANNER,
    )
    doubt = PrintDoubt(
        sop="DSP-1.7",
        title=text("Did the label come out?"),
        hint=text("Look at the printer. If it came out, scan it."),
        number=number,
        print_no=2,
        choices=(NOTHING, DAMAGED),
    )
    yield make(
        "print-doubt", doubt, "counter", banner=BANNER, printer=text("The label printer has no paper. Put in a roll.")
    )
    proof = LabelProof(
        sop="DSP-1.7",
        title=text("Scan label, package and ticket"),
        hint=text("Stick the label on the package first."),
        product=PRODUCTS[2].name,
        tag=TAG,
        number=number,
        print_no=1,
        n=2,
        of=3,
        choices=(DAMAGED, CANCEL),
    )
    yield make("label-proof", proof, "counter", banner=BANNER)
    yield make("label-proof-two", msgspec.structs.replace(proof, label=True, package=True), "counter", banner=BANNER)
    yield make(
        "stop-mix-up",
        msgspec.structs.replace(
            stop(
                "package",
                text("This is not the package that was picked."),
                text("Put it aside. Scan the right one."),
                TAG,
                OTHER_TAG,
            ),
            sop="DSP-1.7",
            choices=(DAMAGED, CANCEL),
        ),
        "counter",
        banner=BANNER,
    )
    yield make(
        "stop-patient",
        msgspec.structs.replace(
            stop(
                "patient",
                text("This ticket belongs to another visit."),
                text("Scan the ticket of the patient in front of you."),
            ),
            choices=(DAMAGED, CANCEL),
        ),
        "counter",
        banner=BANNER,
    )


def _vault(make: _Maker) -> Iterator[Sample]:
    pick_list = PickList(
        sop="PCK-1.1", title=text("To be picked"), hint=text("Touch a line, or scan its shelf."), choices=(SIGN_OUT,)
    )
    claimed = pick_line(3, state=LineState.CLAIMED, claimed_by="Robin Ashgrove")
    yield make("pick-list", pick_list, "vault", live=Live(lines=(pick_line(0), pick_line(1), claimed)))
    yield make("pick-list-empty", pick_list, "vault")
    yield make("pick-list-many", pick_list, "vault", live=Live(lines=tuple(pick_line(n) for n in range(17))))
    line = pick_line(2, units=3)
    yield make(
        "shelf",
        ShelfWanted(
            sop="PCK-1.2", title=text("Go to {place}", place=line.place), line=line, choices=(CANNOT,), can_go_back=True
        ),
        "vault",
    )
    unit = UnitWanted(sop="PCK-1.3", title=text("Scan the package"), line=line, n=2, choices=(CANNOT,))
    yield make("unit", unit, "vault", remark=text("This is a shelf code. Scan a package tag."))
    unknown = pick_line(0, lab=Lab(passed=True, thc=None, cbd=None))
    yield make("unit-unknown", msgspec.structs.replace(unit, line=unknown, n=1), "vault")
    yield make(
        "take",
        TakeToCounter(
            sop="PCK-1.4",
            title=text("Take it to {counter}", counter=line.counter),
            line=line,
            choices=(Choice(key="done", label=text("Next line"), look="go"),),
        ),
        "vault",
    )
    for differs, reason, way_on, wanted, found in _stops():
        yield make(f"stop-{differs}", stop(differs, reason, way_on, wanted, found), "vault")


def _stops() -> Sequence[tuple[str, Text, Text, str, str]]:
    right = text("Put it back. Scan the right package.")
    return (
        ("thc", text("The package has another strength."), right, "THC 10 mg", "THC 5 mg"),
        ("batch", text("The package is of another batch."), right, "HL240117B", "HL240711B"),
        (
            "product",
            text("This is another product."),
            right,
            "Harbor Light tincture, 300 mg",
            "Harbor Night tincture, 300 mg",
        ),
        ("hold", text("This package is held: {holds}.", holds="recall"), right, "", "recall"),
        ("expired", text("This package expired on {day}.", day="01-Feb-2026"), right, "", "01-Feb-2026"),
        (
            "unknown",
            text("This package is not in the store's stock."),
            text("Put it aside and tell the manager. Scan {tag}.", tag="0015"),
            TAG,
            OTHER_TAG,
        ),
        (
            "shelf",
            text("This is another shelf."),
            text("Go to {place} and scan its code.", place="V-A3-2"),
            "V-A3-2",
            "V-B3-2",
        ),
    )


def _around(make: _Maker) -> Iterator[Sample]:
    again = Choice(key="again", label=text("Try again"), look="go")
    leave = Choice(key="leave", label=text("Leave this"))
    notice = Notice(
        sop="DSP-1.8",
        title=text("No answer"),
        body=text("The hub does not answer."),
        tone="trouble",
        hint=text("Nothing is lost. This is tried again by itself."),
        choices=(again, leave),
    )
    for connection in CONNECTIONS:
        yield make(f"notice-{connection.condition.value}", notice, "counter", banner=BANNER, connection=connection)
    yield make(
        "notice-refusal",
        Notice(
            sop="DSP-1.8",
            title=text("This is not possible"),
            body=SPENT.reason,
            tone="warning",
            refusal=SPENT,
            choices=(again, leave),
        ),
        "counter",
        banner=BANNER,
        remark=text("This is a package tag. Scan the ticket."),
        printer=text("The label printer has no paper. Put in a roll."),
    )
    yield make("notice-info", msgspec.structs.replace(notice, tone="info", can_go_back=True), "vault")
    yield make("covered", notice, "counter", banner=BANNER, covered=True)
    yield make(
        "covered-remark",
        notice,
        "counter",
        banner=BANNER,
        covered=True,
        remark=text("Covered. The person who works here scans the badge."),
    )
    yield make("busy", notice, "counter", banner=BANNER, busy=text("Waiting for the hub …"))
