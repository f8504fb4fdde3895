"""The hub is away, or the registry is: nothing is picked, and nothing rests on old data that nobody was told of."""

import contextlib
from datetime import UTC, datetime, timedelta

import msgspec
import pytest

from kiosk.flows.check_in import CHECK_IN
from kiosk.flows.pick import PICK
from kiosk.flows.requests import Commit
from kiosk.flows.runner import Runner
from kiosk.flows.serve import PERMIT_HOLDS, SERVE
from kiosk.flows.sign_in import SIGN_IN
from kiosk.model import questions as q
from kiosk.model.orders import Visit
from kiosk.model.people import Basis
from kiosk.model.records import Dispensed, UnitPicked
from kiosk.model.text import text
from tests.flows.test_pick import PACKAGE, SHELF
from tests.flows.test_serve import DONE, OPENED, ORDERED, PICKED, PROVEN, serve, world
from tests.flows.world import (
    AUTHOR,
    CARD,
    HUB_AWAY,
    PHOTO_ID,
    PROFILE,
    SESSION,
    TICKET,
    VISIT,
    Badge,
    Hub,
    MemoryKeeper,
    PowerCut,
    TrialWorld,
    Typed,
    scan,
    touch,
)

LAST_ANSWER = Basis(
    source="last_answer",
    as_of=datetime(2026, 3, 2, 11, 40, tzinfo=UTC),
    citation="Invented Outage Code 7",
    said=text("The registry does not answer. Its answer of {time} is used.", time="02-Mar-2026 06:40"),
)
FRESH = Basis(source="registry", as_of=datetime(2026, 3, 2, 15, 0, tzinfo=UTC))
TO_THE_PERMIT = [*ORDERED, *PICKED, *PROVEN]


def permit(basis: Basis | None) -> q.Permit:
    return q.Permit(permit_id="ok1", order_id="o1", external_number="X1", basis=basis)


def told_of(played) -> list:
    return [request.step for request in played.world.shown if request.step.kind == "notice"]


# --- the registry is away (PAT-07)


@pytest.mark.requirement("PAT-07")
async def test_whose_word_how_old_and_by_which_rule_is_told_before_anything_rests_on_it():
    visit = msgspec.structs.replace(VISIT, basis=LAST_ANSWER)
    shop = world(visit=visit, overrides={q.AskPermit: lambda _: permit(LAST_ANSWER)})
    played = await serve(OPENED[0], ("notice", touch("go")), *OPENED[1:], *TO_THE_PERMIT, *DONE, world=shop)
    (notice,) = told_of(played)
    assert notice.body == LAST_ANSWER.said
    assert "Invented Outage Code 7" in str(notice.hint)
    (fact,) = [fact for fact in played.keeper.facts if isinstance(fact, Dispensed)]
    assert fact.basis == LAST_ANSWER


@pytest.mark.requirement("PAT-07")
async def test_who_does_not_want_to_serve_on_it_refuses_and_the_refusal_is_kept():
    shop = world(visit=msgspec.structs.replace(VISIT, basis=LAST_ANSWER))
    played = await serve(OPENED[0], ("notice", touch("stop")), world=shop)
    assert played.story == ["visit-refused", "visit-closed"]
    assert played.keeper.facts[0].rules == ("registry.unknown",)


@pytest.mark.requirement("PAT-07")
async def test_a_registry_that_goes_away_before_the_hand_over_is_told_there():
    shop = world(
        visit=msgspec.structs.replace(VISIT, basis=FRESH), overrides={q.AskPermit: lambda _: permit(LAST_ANSWER)}
    )
    played = await serve(*OPENED, *TO_THE_PERMIT, ("notice", touch("stop")), ("basket", touch("leave")), world=shop)
    assert "dispensed" not in played.story
    assert any(isinstance(answer, q.Cancelled) for answer in shop.hub.claims.values())


async def test_a_registry_that_answers_is_not_spoken_of():
    shop = world(visit=msgspec.structs.replace(VISIT, basis=FRESH), overrides={q.AskPermit: lambda _: permit(FRESH)})
    played = await serve(*OPENED, *TO_THE_PERMIT, *DONE, world=shop)
    assert told_of(played) == []
    (fact,) = [fact for fact in played.keeper.facts if isinstance(fact, Dispensed)]
    assert fact.basis == FRESH


@pytest.mark.requirement("PAT-13")
async def test_the_record_of_the_hand_over_names_patient_and_caregiver_by_reference():
    for carer in ("", "c1"):
        profile = msgspec.structs.replace(PROFILE, caregiver_ref=carer)
        visit = Visit(visit_id="v1", ticket=TICKET, profile=profile)
        played = await serve(*OPENED, *TO_THE_PERMIT, *DONE, world=world(visit=visit))
        (fact,) = [fact for fact in played.keeper.facts if isinstance(fact, Dispensed)]
        assert (fact.patient_ref, fact.caregiver_ref) == ("p1", carer)


# --- a permit is new when it is used (ALT-05, PIK-04)


@pytest.mark.requirement("ALT-05", "PIK-04")
async def test_after_a_long_power_cut_the_hub_is_asked_again_before_anything_is_handed_over():
    """The plug is pulled when the permit is there, and the store opens again in the morning."""
    shop = world()
    asked = []
    shop.hub.overrides[q.AskPermit] = lambda wish: (asked.append(wish.key), permit(None))[1]
    keeper = MemoryKeeper()
    person = [*OPENED, *TO_THE_PERMIT, *DONE]
    shop.person = lambda _: person.pop(0)[1]

    def cut(moment, _, request) -> None:
        if moment == "kept" and getattr(getattr(request, "question", None), "order_id", "") and len(asked) == 1:
            asked.append("the plug is pulled")
            raise PowerCut

    runner = await Runner.start(SERVE, (SESSION, False), AUTHOR, keeper, shop, cut)
    with pytest.raises(PowerCut):
        await runner.run()
    (flow_id,) = keeper.flows
    assert "dispensed" not in keeper.story
    shop.at += timedelta(hours=12)
    await Runner.resume(SERVE, flow_id, keeper.flows[flow_id][1], keeper, shop).run()
    assert len({key for key in asked if key != "the plug is pulled"}) == 2
    assert keeper.story.count("dispensed") == 1


@pytest.mark.parametrize(("seconds", "times"), [(0, 1), (PERMIT_HOLDS, 1), (PERMIT_HOLDS + 1, 2), (-5, 2)])
async def test_a_permit_that_was_waited_for_too_long_is_asked_for_again(seconds, times):
    shop = world()
    asked = []

    def slowly(wish):
        asked.append(wish.key)
        if len(asked) == 1:
            shop.at += timedelta(seconds=seconds)
        return permit(None)

    shop.hub.overrides[q.AskPermit] = slowly
    await serve(*OPENED, *TO_THE_PERMIT, *DONE, world=shop)
    assert len(asked) == times


# --- the hub is away (PIK-04)


class Flaky(Hub):
    """Away from its ``answers``-th answer on."""

    answers = 0

    def answer(self, question):
        if self.answers == 0:
            return HUB_AWAY
        self.answers -= 1
        return super().answer(question)


SOPS = {
    "check-in": (CHECK_IN, (), [scan(CARD), scan(PHOTO_ID)]),
    "sign-in": (SIGN_IN, (), [scan(Badge(code="B-t1")), Typed(digits="246810")]),
    "counter": (SERVE, (SESSION, False), [answer for _, answer in (*OPENED, *TO_THE_PERMIT, *DONE)]),
    "vault": (PICK, (SESSION,), [touch("line:l0"), SHELF, PACKAGE, touch("done")]),
}


@pytest.mark.requirement("PIK-04")
@pytest.mark.parametrize("name", SOPS)
@pytest.mark.parametrize("answers", range(10))
async def test_without_the_hub_nothing_is_picked_or_handed_over_in_any_role(name, answers):
    """The hub goes away before each of its answers in turn. What leaves rests on an answer of the hub for that very
    unit, or order: where it has not come there is no pick and no hand-over."""
    sop, arguments, script = SOPS[name]
    given: list = []
    hub = Flaky()
    hub.answers = answers
    hub.overrides[q.AskOrder] = lambda _: (hub.pick_all(), hub.order)[1]
    answer = hub.answer
    hub.answer = lambda question: (given.append(answer(question)), given[-1])[1]
    waiting, patience = list(script), [40]

    def person(request):
        patience[0] -= 1
        if request.step.kind == "notice" or not waiting:
            keys = [choice.key for choice in request.step.choices]
            wanted = ("leave", "again", "back", "refuse", "cannot", "cancel", "sign_out", "next", "stop")
            return touch(next(key for key in wanted if key in keys)) if keys else scan(CARD)
        return waiting.pop(0)

    class Enough(Exception):
        """The person goes home."""

    keeper, shop = MemoryKeeper(), TrialWorld(person, hub)

    def watch(moment, _, request) -> None:
        if patience[0] < 0:
            raise Enough
        if moment == "asked" and isinstance(request, Commit):
            if isinstance(request.fact, UnitPicked):
                assert isinstance(given[-1], q.UnitFits)
            if isinstance(request.fact, Dispensed):
                assert any(isinstance(one, q.Permit) for one in given)

    runner = await Runner.start(sop, arguments, AUTHOR, keeper, shop, watch)
    with contextlib.suppress(Enough):
        await runner.run()
    left = [fact for fact in keeper.facts if isinstance(fact, UnitPicked | Dispensed)]
    if name in ("check-in", "sign-in") or answers < 2:
        assert left == []
    elif answers == 9:
        assert left, "with all answers something leaves, or this would show nothing"
