"""DSP-1: a technician serves a patient at the counter, from the ticket to the hand-over."""

import hashlib

from kiosk.flows.decision import await_decision
from kiosk.flows.label import label_units
from kiosk.flows.order import take_order
from kiosk.flows.parts import explain, hub
from kiosk.flows.pick import await_pick
from kiosk.flows.requests import Changed, Chosen, Commit, OpenDrawer, Opened, Scanned, Show, Tell, Told, Until
from kiosk.flows.sop import Flow, Sop
from kiosk.flows.steps import Banner, Choice, FaceCheck, HandedOver, Notes, Notice, Queue, Referred
from kiosk.model.base import to_json
from kiosk.model.documents import PatientCard, TicketCode
from kiosk.model.errors import Refusal
from kiosk.model.orders import Order, Visit
from kiosk.model.people import Basis, Profile, Session
from kiosk.model.questions import AskPermit, CancelOrder, OpenVisit, Permit
from kiosk.model.records import (
    ConcernSettled,
    Dispensed,
    DispensedUnit,
    DrawerOpened,
    DrawerOutcome,
    FaceCompared,
    NotesRead,
    SignedOut,
    VisitClosed,
    VisitRefused,
)
from kiosk.model.text import Text, text

LAST_PICTURE = 15.0
"""Seconds the confirmed hand-over stays on the screen."""

CASH_PICTURE = 120.0
"""The same while the drawer may still be wanted: somebody counts money."""


PERMIT_HOLDS = 60.0
"""Seconds from asking for a permit to the record of the hand-over. What the state and the shelf said is old then."""

NEXT = Choice(key="next", label=text("Next patient"), look="go")
CASH = Choice(key="cash", label=text("Cash: open the drawer"))
DRAWER: dict[DrawerOutcome, Text] = {
    "opened": text("The drawer is open."),
    "sent": text("The drawer was told to open."),
    "shut": text("The drawer did not open. Use its key."),
    "failed": text("The drawer was not told to open, because the printer is not ready."),
    "unknown": text("Nobody knows whether the drawer was told to open. Use its key if it is shut."),
}


def serve(session: Session, drawer: bool) -> Flow[str]:
    """One visit, at a terminal with or without a cash ``drawer``. Returns ``"served"`` or ``"signed_out"``."""
    visit = yield from call_next(session)
    if visit is None:
        yield Commit(fact=SignedOut(session_id=session.session_id, reason="asked"), sop="DSP-1.1")
        return "signed_out"
    if visit.concerns and not (yield from settle(visit)):
        return "served"
    if visit.basis is not None and visit.basis.source == "last_answer" and not (yield from tell_age(visit.basis)):
        yield Commit(fact=VisitRefused(visit_id=visit.visit_id, rules=("registry.unknown",)), sop="DSP-1.2")
        yield Commit(fact=VisitClosed(visit_id=visit.visit_id, reason="refused"), sop="DSP-1.2")
        return "served"
    if visit.profile is None:
        yield Commit(fact=VisitRefused(visit_id=visit.visit_id, rules=("patient.not_established",)), sop="DSP-1.2")
        yield Commit(fact=VisitClosed(visit_id=visit.visit_id, reason="refused"), sop="DSP-1.2")
        return "served"
    yield from attend(session, visit, visit.profile, drawer=drawer)
    return "served"


def attend(session: Session, visit: Visit, profile: Profile, *, drawer: bool) -> Flow[None]:
    banner = Banner(person=profile.person, card_ending=profile.card_ending, ticket=visit.ticket)
    if not (yield from compare_face(visit, profile, banner)):
        yield Commit(fact=VisitClosed(visit_id=visit.visit_id, reason="not_matched"), sop="DSP-1.3")
        return
    if not (yield from read_notes(visit, profile, banner)):
        yield Commit(fact=VisitRefused(visit_id=visit.visit_id, rules=("recommendation.missing",)), sop="DSP-1.4")
        yield Commit(fact=VisitClosed(visit_id=visit.visit_id, reason="refused"), sop="DSP-1.4")
        return
    while True:
        order = yield from take_order(session, visit, banner)
        if order is None:
            yield Commit(fact=VisitClosed(visit_id=visit.visit_id, reason="left"), sop="DSP-1.5")
            return
        if (yield from fulfil(session, visit, profile, order, banner, drawer=drawer)):
            return


def fulfil(
    session: Session, visit: Visit, profile: Profile, order: Order, banner: Banner, *, drawer: bool
) -> Flow[bool]:
    """Decided about where a rule wants that, picked, labelled and handed over. False: the order is cancelled."""
    decided = yield from await_decision(session, order, banner)
    if decided is not None:
        picked = yield from await_pick(session, decided, banner)
        if picked is None:
            return False
        units = yield from label_units(visit, picked, banner)
        if units is not None and (yield from hand_over(session, visit, profile, picked, units, banner)):
            yield from last_picture(visit, picked, banner, drawer=drawer)
            yield Commit(fact=VisitClosed(visit_id=visit.visit_id, reason="dispensed"), sop="DSP-1.9")
            return True
    cancel = CancelOrder(key="", session_id=session.session_id, order_id=order.order_id, reason="at the counter")
    yield from hub(cancel, "DSP-1.7", claims=True, banner=banner)
    return False


def call_next(session: Session) -> Flow[Visit | None]:
    """The queue, until one visit is opened by its ticket, by the patient's card, or by touch. None: signed out."""
    while True:
        answer = yield Show(
            step=Queue(
                sop="DSP-1.1",
                title=text("Next patient"),
                hint=text("Scan the ticket."),
                choices=(Choice(key="sign_out", label=text("Sign out"), look="quiet"),),
            ),
            accepts=("ticket", "patient_card"),
        )
        wish = OpenVisit(key="", session_id=session.session_id)
        match answer:
            case Scanned(document=TicketCode(ticket_id=ticket_id)):
                wish = OpenVisit(key="", session_id=session.session_id, ticket_id=ticket_id)
            case Scanned(document=PatientCard() as card):
                wish = OpenVisit(key="", session_id=session.session_id, card=card)
            case Chosen(key=key) if key.startswith("visit:"):
                wish = OpenVisit(key="", session_id=session.session_id, visit_id=key.removeprefix("visit:"))
            case _:
                return None
        visit = yield from hub(wish, "DSP-1.1", claims=True)
        if isinstance(visit, Refusal):
            yield from explain(visit, "DSP-1.1", Choice(key="back", label=text("Show the queue"), look="go"))
        elif isinstance(visit, Visit):
            return visit


def settle(visit: Visit) -> Flow[bool]:
    """Why a person has to look. True when a person may decide and did; else the visit ends, with its record."""
    rules = tuple(concern.rule for concern in visit.concerns)
    refuse = Choice(key="refuse", label=text("Refuse the visit"), look="stop")
    same = Choice(key="same", label=text("It is the same person"), look="go")
    decidable = visit.profile is not None and all(concern.settled_by == "person" for concern in visit.concerns)
    answer = yield Show(
        step=Referred(
            sop="DSP-1.2",
            title=text("A person has to decide") if decidable else text("This visit cannot go on"),
            ticket=visit.ticket,
            concerns=visit.concerns,
            choices=(same, refuse) if decidable else (refuse,),
        ),
        sound="look",
    )
    if decidable and answer == Chosen(key="same"):
        for rule in rules:
            fact = ConcernSettled(visit_id=visit.visit_id, rule=rule, decision="same_person")
            yield Commit(fact=fact, sop="DSP-1.2")
        return True
    yield Commit(fact=VisitRefused(visit_id=visit.visit_id, rules=rules), sop="DSP-1.2")
    yield Commit(fact=VisitClosed(visit_id=visit.visit_id, reason="refused"), sop="DSP-1.2")
    return False


def tell_age(basis: Basis, banner: Banner | None = None) -> Flow[bool]:
    """PAT-07: the registry is away and the state lets its last answer count. Whose word, how old, and by which rule is
    on the screen before anything rests on it. True when the technician goes on."""
    answer = yield Show(step=age_notice(basis), banner=banner, sound="look")
    return bool(answer == Chosen(key="go"))


def age_notice(basis: Basis) -> Notice:
    return Notice(
        sop="DSP-1.2",
        title=text("The registry is away"),
        body=basis.said or text("The registry does not answer."),
        hint=text("By the state's rule: {citation}", citation=basis.citation),
        tone="warning",
        choices=(
            Choice(key="go", label=text("Go on with it"), look="go"),
            Choice(key="stop", label=text("Do not serve"), look="stop"),
        ),
    )


def compare_face(visit: Visit, profile: Profile, banner: Banner) -> Flow[bool]:
    """PAT-08. Only here, only by touch, only by a named person."""
    answer = yield Show(
        step=FaceCheck(
            sop="DSP-1.3",
            title=text("Compare face and photo"),
            hint=text("Ask for the name and the birth date. Do not read them out."),
            person=profile.caregiver or profile.person,
            id_kind=profile.id_kind,
            id_issuer=profile.id_issuer,
            id_proven_by=profile.id_proven_by,
            on_behalf_of=profile.person if profile.caregiver else None,
            choices=(
                Choice(key="matches", label=text("The person matches the photo"), look="go"),
                Choice(key="differs", label=text("Does not match"), look="stop"),
            ),
        ),
        banner=banner,
    )
    matches: bool = answer == Chosen(key="matches")
    yield Commit(fact=FaceCompared(visit_id=visit.visit_id, matches=matches), sop="DSP-1.3")
    return matches


def read_notes(visit: Visit, profile: Profile, banner: Banner) -> Flow[bool]:
    """ORD-01: the current recommendation was on the screen; kept is a digest of what was shown."""
    recommendation = profile.recommendation
    if recommendation is None:
        return False
    yield Show(
        step=Notes(
            sop="DSP-1.4",
            title=text("Read the physician's notes"),
            recommendation=recommendation,
            choices=(Choice(key="read", label=text("I have read them"), look="go"),),
        ),
        banner=banner,
    )
    digest = hashlib.sha256(to_json(recommendation)).hexdigest()
    fact = NotesRead(visit_id=visit.visit_id, recommendation_id=recommendation.recommendation_id, digest=digest)
    yield Commit(fact=fact, sop="DSP-1.4")
    return True


def hand_over(
    session: Session, visit: Visit, profile: Profile, order: Order, units: tuple[DispensedUnit, ...], banner: Banner
) -> Flow[bool]:
    """The last look, then one record: stock, allotment and the state's receipt follow from it (ALT-05)."""
    permit = yield from last_look(session, visit, order, banner)
    if permit is None:
        return False
    fact = Dispensed(
        visit_id=visit.visit_id,
        order_id=order.order_id,
        permit_id=permit.permit_id,
        external_number=permit.external_number,
        units=units,
        basis=permit.basis,
        patient_ref=profile.patient_ref,
        caregiver_ref=profile.caregiver_ref,
    )
    yield Commit(fact=fact, sop="DSP-1.8")
    return True


def last_look(session: Session, visit: Visit, order: Order, banner: Banner) -> Flow[Permit | None]:
    """A permit that is new when it is used: after a power cut, or a long wait, the hub is asked again. None: the order
    is to be cancelled."""
    seen = visit.basis
    while True:
        asked: Told = yield Tell(sop="DSP-1.8")
        wish = AskPermit(key="", session_id=session.session_id, visit_id=visit.visit_id, order_id=order.order_id)
        answer = yield from hub(wish, "DSP-1.8", claims=True, banner=banner)
        if isinstance(answer, Permit):
            aged = answer.basis if answer.basis is not None and answer.basis.source == "last_answer" else None
            if aged is not None and (seen is None or seen.as_of != aged.as_of or seen.source != aged.source):
                if not (yield from tell_age(aged, banner)):
                    return None
                seen = aged
            told: Told = yield Tell(sop="DSP-1.8")
            if 0 <= (told.at - asked.at).total_seconds() <= PERMIT_HOLDS:
                return answer
        elif isinstance(answer, Refusal):
            again = Choice(key="again", label=text("Check again"), look="go")
            cancel = Choice(key="cancel", label=text("Cancel the order"), look="stop")
            if (yield from explain(answer, "DSP-1.8", again, cancel, banner=banner)) == "cancel":
                return None
        else:
            return None


def last_picture(visit: Visit, order: Order, banner: Banner, *, drawer: bool) -> Flow[None]:
    """Recorded, confirmed, reported. The technician need not wait: what is open is finished by the hub.

    Where the patient pays in cash and there is a drawer, a touch opens it: once, unless no pulse went.
    """
    until: Until | None = Until(receipt=visit.visit_id)
    cash, hint = drawer, None
    while True:
        done = HandedOver(
            sop="DSP-1.9",
            title=text("Hand it over"),
            hint=hint,
            ticket=visit.ticket,
            visit_id=visit.visit_id,
            lines=order.lines,
            choices=(NEXT, CASH) if cash else (NEXT,),
        )
        answer = yield Show(
            step=done,
            until=until,
            time_out=None if until else CASH_PICTURE if cash else LAST_PICTURE,
            banner=banner,
            sound="match" if until and hint is None else "",
        )
        match answer:
            case Chosen(key="cash"):
                opened: Opened = yield OpenDrawer(sop="DSP-1.9")
                yield Commit(fact=DrawerOpened(visit_id=visit.visit_id, outcome=opened.outcome), sop="DSP-1.9")
                cash, hint = opened.outcome == "failed", DRAWER[opened.outcome]
            case Changed():
                until = None
            case _:
                return


SERVE = Sop("DSP-1", 4, "Serving a patient", serve, (Session, bool))
