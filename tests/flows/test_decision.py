"""DSP-2 as stories: a pharmacist decides, at the counter and at a handheld (ORD-06)."""

from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import msgspec
import pytest

from kiosk.flows.decision import STAYS
from kiosk.flows.pick import PICK
from kiosk.flows.runner import Runner
from kiosk.flows.serve import SERVE
from kiosk.model import questions as q
from kiosk.model.errors import Refusal
from kiosk.model.orders import DecisionState, DecisionWanted
from kiosk.model.people import Session, StaffRole
from kiosk.model.records import OrderDecided
from kiosk.model.text import text
from tests.flows.test_runner import Scissors
from tests.flows.test_serve import DONE, OPENED, ORDERED, PICKED, PROVEN
from tests.flows.world import (
    AUTHOR,
    HUB_AWAY,
    NO,
    SESSION,
    Badge,
    Changed,
    Hub,
    LabelCode,
    MemoryKeeper,
    PowerCut,
    TimedOut,
    TrialWorld,
    Typed,
    play,
    scan,
    touch,
)

WANTED = DecisionWanted(rule="ZZ.first", says=text("A pharmacist reviews every order."), citation="Invented Code 7")
PIN = Typed(digits="246810")
PIC = Session(session_id="s2", staff_id="ph1", name="Ash Pharmacist", role=StaffRole.PHARMACIST)
PEOPLE = {
    "B-ph1": PIC,
    "B-t2": Session(session_id="s3", staff_id="t2", name="Kit Technician", role=StaffRole.TECHNICIAN),
    "B-m1": Session(session_id="s4", staff_id="m1", name="Lee Manager", role=StaffRole.MANAGER),
    "B-t1": Session(session_id="s5", staff_id="t1", name="Rowan Field", role=StaffRole.PHARMACIST),
}
BADGE = scan(Badge(code="B-ph1"))


@dataclass
class Deciding(Hub):
    """A hub that wants a pharmacist's word and hears it in the records, as the real one does."""

    keeper: MemoryKeeper = field(default_factory=MemoryKeeper)

    def _answer(self, question: Any) -> Any:
        match question:
            case q.SignIn(badge=badge, pin=pin):
                return PEOPLE[badge] if pin == PIN.digits else NO
            case q.ConfirmOrder():
                order = super()._answer(question)
                self.order = msgspec.structs.replace(
                    order, wanted=(WANTED,), decision=DecisionState.WAITING, digest="d" * 64
                )
                return self.order
            case q.AskOrder() | q.AskDecision():
                self._hear()
                if self.order.decision is DecisionState.APPROVED and isinstance(question, q.AskOrder):
                    self.pick_all()
                return self.order
            case q.ClaimLine():
                return Refusal(rule=WANTED.rule, reason=WANTED.says, way_on=text("Wait."), differs="pharmacist")
        return super()._answer(question)

    def _hear(self) -> None:
        for fact in self.keeper.facts:
            if isinstance(fact, OrderDecided) and fact.order_id == self.order.order_id:
                state = DecisionState.APPROVED if fact.approved else DecisionState.REFUSED
                self.order = msgspec.structs.replace(self.order, decision=state)


async def serve(*answers, sop=SERVE, session=SESSION, before=None):
    keeper = MemoryKeeper()
    world = TrialWorld(lambda _: TimedOut(), Deciding(keeper=keeper))
    if before is not None:
        before(world)
    arguments = (session, False) if sop is SERVE else (session,)
    return await play(sop, arguments, *answers, world=world, keeper=keeper)


ASKED = [*OPENED, *ORDERED]
SIGNED = [("decision", BADGE), ("pin", PIN)]
APPROVED = [*SIGNED, ("decision", touch("approve"))]
LEFT = [("decision", touch("cancel")), ("basket", touch("leave"))]


@pytest.mark.requirement("ORD-06")
async def test_a_pharmacist_decides_at_the_counter_before_anything_is_picked():
    played = await serve(*ASKED, *APPROVED, *PICKED, *PROVEN, *DONE)
    assert played.story[:4] == ["face-compared", "notes-read", "order-decided", "signed-out"]
    decided, out = played.keeper.facts[2:4]
    assert (decided.staff_id, decided.session_id, decided.approved) == ("ph1", "s2", True)
    assert (decided.rules, decided.digest) == (("ZZ.first",), "d" * 64)
    assert out.session_id == "s2", "signed in for this decision alone"
    assert played.keeper.records[2].staff_id == "t1", "in whose work it was, stands beside it"
    assert played.kinds.index("decision") < played.kinds.index("await-pick")
    assert played.story[-2:] == ["dispensed", "visit-closed"]


@pytest.mark.requirement("ORD-06")
@pytest.mark.parametrize("badge", ["B-t2", "B-m1", "B-t1"])
async def test_nobody_else_decides_and_not_who_took_the_order(badge):
    played = await serve(*ASKED, ("decision", scan(Badge(code=badge))), ("pin", PIN), ("notice", touch("back")), *LEFT)
    assert "order-decided" not in played.story
    assert played.story[2] == "signed-out"
    (notice,) = [request.step for request in played.world.shown if request.step.kind == "notice"]
    assert notice.refusal.rule == ("store.own_order" if badge == "B-t1" else "store.not_a_pharmacist")


@pytest.mark.requirement("ORD-06")
async def test_a_refusal_ends_the_order_and_says_by_which_rule():
    refused = [*SIGNED, ("decision", touch("refuse")), ("notice", touch("back")), ("basket", touch("leave"))]
    played = await serve(*ASKED, *refused)
    assert played.story[2:] == ["order-decided", "signed-out", "visit-closed"]
    (notice,) = [request.step for request in played.world.shown if request.step.kind == "notice"]
    assert (notice.refusal.rule, notice.refusal.citation) == ("ZZ.first", "Invented Code 7")
    assert all(line.state == "cancelled" for line in played.world.hub.order.lines)


@pytest.mark.requirement("ORD-06")
async def test_the_counter_offers_no_way_past_the_decision():
    played = await serve(*ASKED, *LEFT)
    waiting = [request for request in played.world.shown if request.step.kind == "decision"]
    assert [choice.key for request in waiting for choice in request.step.choices] == ["cancel"]
    assert waiting[0].accepts == ("badge",)
    assert [wanted.citation for wanted in waiting[0].step.wanted] == ["Invented Code 7"]


async def test_decided_at_a_handheld_the_counter_goes_on_by_itself():
    def approve_elsewhere(world):
        hear = world.hub._hear

        def heard():
            hear()
            world.hub.order = msgspec.structs.replace(world.hub.order, decision=DecisionState.APPROVED)

        world.hub._hear = heard

    played = await serve(*ASKED, ("decision", Changed()), *PICKED, *PROVEN, *DONE, before=approve_elsewhere)
    assert "order-decided" not in played.story
    (waiting,) = [request for request in played.world.shown if request.step.kind == "decision"]
    assert waiting.until.lines_decided == ("l0",)


async def test_a_pharmacist_who_decides_later_or_not_in_time_is_signed_out():
    for answer in (touch("later"), TimedOut()):
        played = await serve(*ASKED, *SIGNED, ("decision", answer), *LEFT)
        assert played.story[2:] == ["signed-out", "visit-closed"]


async def test_a_touch_long_after_the_pin_is_nobodys_decision():
    """Who has typed a PIN and gone has decided nothing: not when the terminal comes back after a power cut either."""

    def late(world):
        answer = world.show

        async def show(request):
            if request.step.kind == "decision" and request.step.pharmacist:
                world.at += timedelta(seconds=STAYS + 1)
            return await answer(request)

        world.show = show

    played = await serve(*ASKED, *APPROVED, *LEFT, before=late)
    assert played.story[2:] == ["signed-out", "visit-closed"]


async def test_without_the_hub_nobody_signs_in_and_nothing_is_decided():
    def away(world):
        world.hub.overrides[q.SignIn] = lambda _: HUB_AWAY

    played = await serve(*ASKED, *SIGNED, ("notice", touch("leave")), *LEFT, before=away)
    assert "order-decided" not in played.story


async def test_a_wrong_pin_is_asked_for_again():
    wrong = [("decision", BADGE), ("pin", Typed(digits="111111")), ("pin", PIN), ("decision", touch("later"))]
    played = await serve(*ASKED, *wrong, *LEFT)
    pins = [request.step for request in played.world.shown if request.step.kind == "pin"]
    assert [step.wrong is None for step in pins] == [True, False]


@pytest.mark.requirement("ORD-06", "OPN-15")
async def test_cut_at_every_moment_the_order_is_decided_once_and_by_the_pharmacist():
    script = [*ASKED, *APPROVED, *PICKED, *PROVEN, *DONE]
    kinds = [kind for kind, _ in script]

    def person():
        """Does what the script says of a step of this kind, however often it is shown."""

        def respond(request):
            step = request.step
            if step.kind == "decision":
                return touch("approve") if step.pharmacist else BADGE
            if step.kind == "label-proof":
                if not step.label:
                    return scan(LabelCode(number=step.number, print_no=step.print_no))
                return PROVEN[2 if step.package else 1][1]
            if step.kind == "handed-over":
                return touch("next")
            if step.kind == "basket" and step.basket:
                return touch("confirm")
            if step.kind == "print-doubt":
                return touch("nothing")
            return script[kinds.index(step.kind)][1]

        return respond

    async def run(scissors, keeper):
        world = TrialWorld(person(), Deciding(keeper=keeper))
        try:
            await (await Runner.start(SERVE, (SESSION, False), AUTHOR, keeper, world, scissors)).run()
        except PowerCut:
            ((flow_id, (_, args)),) = keeper.flows.items()
            await Runner.resume(SERVE, flow_id, args, keeper, world).run()
        return world

    whole = Scissors()
    await run(whole, MemoryKeeper())
    for moment, n in whole.seen:
        keeper = MemoryKeeper()
        world = await run(Scissors(moment, n), keeper)
        assert keeper.story.count("order-decided") == keeper.story.count("dispensed") == 1, (moment, n)
        assert world.hub.orders_made == 1
        assert keeper.story.index("order-decided") < keeper.story.index("dispensed")


# --- at a handheld


def _with_order(world):
    basket = (q.BasketLine(product_id="tin-1", units=1),)
    world.hub.answer(q.ConfirmOrder(key="c", session_id="s1", visit_id="v1", basket=basket))


@pytest.mark.requirement("ORD-06", "PRV-03")
async def test_at_a_handheld_the_pharmacist_who_is_signed_in_touches_the_line_and_decides():
    answers = [("pick-list", touch("line:l0")), ("decision", touch("approve")), ("pick-list", touch("sign_out"))]
    played = await serve(*answers, sop=PICK, session=PIC, before=_with_order)
    assert played.story == ["order-decided", "signed-out"]
    (shown,) = [request for request in played.world.shown if request.step.kind == "decision"]
    assert shown.banner is None
    assert "Robin" not in str(msgspec.json.encode(shown.step))


@pytest.mark.requirement("ORD-06")
async def test_at_a_handheld_a_technician_is_told_that_a_pharmacist_decides_first():
    answers = [("pick-list", touch("line:l0")), ("notice", touch("back")), ("pick-list", touch("sign_out"))]
    played = await serve(*answers, sop=PICK, before=_with_order)
    assert played.story == ["signed-out"]
