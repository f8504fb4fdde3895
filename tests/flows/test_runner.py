"""The runner's promise: cut anywhere, resumed, the end is that of an undisturbed run, with nothing doubled."""

import msgspec
import pytest

from kiosk.flows.requests import Changed, Commit, Print, Show, Tell, TimedOut
from kiosk.flows.runner import Runner
from kiosk.flows.serve import SERVE
from kiosk.flows.sop import Sop
from kiosk.flows.steps import Notice
from kiosk.model import questions as q
from kiosk.model.errors import Ours
from kiosk.model.records import SignedOut
from kiosk.model.text import text
from tests.flows.world import (
    AUTHOR,
    SESSION,
    TAG,
    TICKET,
    Hub,
    LabelCode,
    MemoryKeeper,
    PackageTag,
    PowerCut,
    TicketCode,
    TrialWorld,
    scan,
    script,
    touch,
)


def technician(world: TrialWorld):
    """Looks at the step and does what it asks for: works whatever was shown before."""

    def respond(request: Show):
        step = request.step
        match step.kind:
            case "queue":
                return scan(TicketCode(ticket_id=TICKET.ticket_id))
            case "face":
                return touch("matches")
            case "notes":
                return touch("read")
            case "basket":
                return touch("confirm" if step.basket else "add:tin-1")
            case "await-pick":
                world.hub.pick_all()
                return Changed()
            case "print-doubt":
                return scan(LabelCode(number=step.number, print_no=step.print_no)) if world.paper else touch("nothing")
            case "label-proof" if not step.label:
                return scan(LabelCode(number=step.number, print_no=step.print_no))
            case "label-proof" if not step.package:
                return scan(PackageTag(uid=TAG))
            case "label-proof":
                return scan(TicketCode(ticket_id=TICKET.ticket_id))
            case "handed-over" if any(choice.key == "cash" for choice in step.choices):
                return touch("cash")
            case "handed-over":
                return Changed() if request.until else touch("next")
        raise AssertionError(step.kind)

    return respond


def new_world() -> TrialWorld:
    world = TrialWorld(lambda _: TimedOut(), Hub())
    world.person = technician(world)
    return world


class Scissors:
    """Cuts the power at one moment of one request."""

    def __init__(self, moment: str = "", n: int = -1) -> None:
        self.at = (moment, n)
        self.seen: list[tuple[str, int]] = []

    def __call__(self, moment, n, request) -> None:
        self.seen.append((moment, n))
        if (moment, n) == self.at:
            raise PowerCut


async def run_with(world, keeper, scissors, *, drawer=False):
    try:
        runner = await Runner.start(SERVE, (SESSION, drawer), AUTHOR, keeper, world, scissors)
        return await runner.run()
    except PowerCut:
        (flow_id,) = keeper.flows
        _, args = keeper.flows[flow_id]
        return await Runner.resume(SERVE, flow_id, args, keeper, world).run()


@pytest.mark.requirement("LBL-05", "OPN-15")
async def test_cut_at_every_moment_of_a_visit_ends_with_one_label_and_one_record():
    whole = Scissors()
    undisturbed = MemoryKeeper()
    await run_with(new_world(), undisturbed, whole)
    assert len(whole.seen) > 50
    for moment, n in whole.seen:
        world, keeper = new_world(), MemoryKeeper()
        assert await run_with(world, keeper, Scissors(moment, n)) == "served", (moment, n)
        assert len(world.paper) == 1, (moment, n, world.paper)
        assert world.hub.orders_made == 1, (moment, n)
        assert keeper.story.count("dispensed") == 1, (moment, n)
        dead = keeper.story.count("label-voided")
        assert keeper.story.count("label-issued") - dead == 1, (moment, n)
        assert len({record.key for record in keeper.records}) == len(keeper.records)
        if dead == 0:
            assert keeper.story == undisturbed.story, (moment, n)


async def test_cut_at_every_moment_of_a_visit_with_cash_opens_the_drawer_at_most_once():
    """Cut after the pulse and before it was kept, nobody knows: it is not told again, and the record says so."""
    whole = Scissors()
    await run_with(new_world(), MemoryKeeper(), whole, drawer=True)
    ends = set()
    for moment, n in whole.seen:
        world, keeper = new_world(), MemoryKeeper()
        assert await run_with(world, keeper, Scissors(moment, n), drawer=True) == "served", (moment, n)
        (opened,) = [fact for fact in keeper.facts if fact.__struct_config__.tag == "drawer-opened"]
        assert len(world.pulses) == 1 or (world.pulses == [] and opened.outcome == "unknown"), (moment, n)
        ends.add(opened.outcome)
    assert ends == {"opened", "unknown"}


async def test_a_print_cut_before_the_first_byte_is_asked_about_and_not_repeated_by_itself():
    world, keeper = new_world(), MemoryKeeper()
    prints: list[str] = []

    class AtPrint(Scissors):
        def __call__(self, moment, n, request) -> None:
            if isinstance(request, Print) and not prints:
                prints.append(moment)

    original = world.print

    async def cut_before(request, job):
        if not world.shown or world.shown[-1].step.kind != "print-doubt":
            raise PowerCut
        return await original(request, job)

    world.print = cut_before
    await run_with(world, keeper, AtPrint())
    assert [request.step.kind for request in world.shown].count("print-doubt") == 1
    assert keeper.story.count("label-voided") == 1
    assert len(world.paper) == 1


async def test_another_version_of_a_flow_is_noticed_and_not_run_on_old_answers():
    def old():
        yield Show(step=Notice(sop="X-1", title=text("Old"), body=text("words")))
        yield Tell(sop="X-1")

    def new():
        yield Show(step=Notice(sop="X-1", title=text("New"), body=text("words")))
        yield Tell(sop="X-1")

    keeper, world = MemoryKeeper(), TrialWorld(lambda _: TimedOut())
    runner = await Runner.start(Sop("X-1", 1, "", old), (), AUTHOR, keeper, world, Scissors("asked", 1))
    with pytest.raises(PowerCut):
        await runner.run()
    (flow_id,) = keeper.flows
    _, args = keeper.flows[flow_id]
    with pytest.raises(Ours):
        await Runner.resume(Sop("X-1", 1, "", new), flow_id, args, keeper, world).run()


async def test_what_is_kept_survives_the_end_of_the_process_and_is_gone_at_the_end_of_the_flow():
    keeper, world = MemoryKeeper(), new_world()
    runner = await Runner.start(SERVE, (SESSION, False), AUTHOR, keeper, world, Scissors("asked", 6))
    with pytest.raises(PowerCut):
        await runner.run()
    (flow_id,) = keeper.flows
    kept = await keeper.kept(flow_id)
    assert [step.n for step in kept] == list(range(6))
    assert all(step.answer for step in kept)
    await Runner.resume(SERVE, flow_id, keeper.flows[flow_id][1], keeper, world).run()
    assert not keeper.flows
    assert not keeper.steps


async def test_digests_of_two_runs_of_the_same_visit_share_nothing():
    """A digest of a name could be guessed at; keyed by the flow's own salt it cannot."""
    seen = []
    for _ in range(2):
        keeper = MemoryKeeper()
        with pytest.raises(PowerCut):
            await (await Runner.start(SERVE, (SESSION, False), AUTHOR, keeper, new_world(), Scissors("asked", 5))).run()
        seen.append({step.digest for steps in keeper.steps.values() for step in steps.values()})
    assert not seen[0] & seen[1]


async def test_back_is_offered_exactly_where_it_works():
    world = new_world()
    world.person = script(
        scan(TicketCode(ticket_id=TICKET.ticket_id)), touch("matches"), touch("read"), touch("add:tin-1"), "back",
        touch("leave"),
    )  # fmt: skip
    keeper = MemoryKeeper()
    await (await Runner.start(SERVE, (SESSION, False), AUTHOR, keeper, world)).run()
    offered = [(request.step.kind, request.step.can_go_back) for request in world.shown]
    assert offered == [
        ("queue", False), ("face", False), ("notes", False), ("basket", False), ("basket", True), ("basket", False),
    ]  # fmt: skip


async def test_a_question_without_an_answer_is_asked_again_under_its_first_key():
    keys = []

    def flow():
        for _ in range(3):
            answer = yield from_hub()
        return answer

    def from_hub():
        from kiosk.flows.requests import Ask  # noqa: PLC0415

        return Ask(question=q.CancelOrder(key="", session_id="s", order_id="o", reason="r"), sop="X-1", claims=True)

    class Deaf(TrialWorld):
        async def ask(self, request):
            keys.append(request.question.key.split(":")[1])
            return await super().ask(request)

    world = Deaf(lambda _: TimedOut(), Hub(away_for=1, overrides={q.CancelOrder: lambda _: q.Cancelled(order_id="o")}))
    await (await Runner.start(Sop("X-1", 1, "", flow), (), AUTHOR, MemoryKeeper(), world)).run()
    assert keys == ["0", "0", "2"], "unanswered: the same key; answered: a new wish has a new one"


async def test_a_commit_is_one_record_with_the_flows_key():
    def flow():
        yield Commit(fact=SignedOut(session_id="s", reason="r"), sop="X-1.1")

    keeper = MemoryKeeper()
    runner = await Runner.start(Sop("X-1", 2, "", flow), (), AUTHOR, keeper, TrialWorld(lambda _: TimedOut()))
    await runner.run()
    (record,) = keeper.records
    assert record.key == f"{runner.flow_id}:0"
    assert (record.sop, record.step) == ("X-1 v2", "X-1.1")
    assert msgspec.json.decode(msgspec.json.encode(record))
