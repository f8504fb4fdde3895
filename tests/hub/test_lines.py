"""An order line is a specific product on a defined way, with a name on each step of it (ORD-03)."""

from datetime import date
from decimal import Decimal
from itertools import product as pairs

import pytest
from sqlalchemy import select
from sqlalchemy.exc import DatabaseError

from kiosk.hub.lines import By, move, row_of, steps_of
from kiosk.hub.schema import lines, purchases, steps
from kiosk.model import questions as q
from kiosk.model import records as r
from kiosk.model.base import from_json
from kiosk.model.errors import Ours
from kiosk.model.orders import FOUND_OUT, NEXT, LineState, PickLine
from kiosk.model.packages import CannabinoidProfile
from tests.hub.world import TAG, TINCTURE, TrialState, changed, package, trial

HIGH_CBD = CannabinoidProfile.HIGH_CBD
WISH = q.BasketLine(product_id="1", units=1, wanted=HIGH_CBD)


async def line_of(shop, order_id: str):
    return (await shop.ask("counter-1", q.AskOrder(order_id=order_id))).lines[0]


@pytest.mark.requirement("ORD-03")
async def test_a_line_holds_product_form_amount_profile_and_batch_for_counter_and_vault(tmp_path):
    async with trial(tmp_path) as shop:
        order = await shop.ordered(await shop.attended(), changed(WISH, units=2))
        line = order.lines[0]
        assert (line.product.name, line.product.form, line.route) == (TINCTURE.name, "tincture", "sublingual")
        assert (line.units, line.product.thc_mg, line.product.net_weight_g) == (2, Decimal(15), Decimal(30))
        assert (line.wanted, line.lab.thc, line.lab.cbd) == (HIGH_CBD, Decimal(15), Decimal(300))
        assert line.batch == "B1"
        session_id = await shop.session("vault-1", "p1")
        seen = await shop.ask("vault-1", q.ClaimLine(key=shop.key(), session_id=session_id, line_id=line.line_id))
        assert (seen.wanted, seen.lab.thc, seen.lab.cbd) == (HIGH_CBD, Decimal(15), Decimal(300))
        assert (seen.product.form, seen.units, seen.batch, seen.place) == ("tincture", 2, "B1", "V-A3-2")


@pytest.mark.requirement("ORD-03")
@pytest.mark.parametrize("wanted", [CannabinoidProfile.BALANCED, CannabinoidProfile.HIGH_THC])
async def test_a_product_without_the_wanted_profile_is_refused_by_name(tmp_path, wanted):
    async with trial(tmp_path) as shop:
        refused = await shop.ordered(await shop.attended(), changed(WISH, wanted=wanted))
        assert (refused.rule, refused.differs, refused.wanted) == ("order.profile", "profile", wanted)
        assert TINCTURE.name in str(refused.reason)


@pytest.mark.requirement("ORD-03")
async def test_only_packages_with_the_wanted_profile_are_planned_and_none_other_is_picked(tmp_path):
    """The earlier package is of the same product and, by its own laboratory values, something else."""
    weak = package("A" * 24, TINCTURE, "B0", expires=date(2026, 6, 1))
    weak = changed(weak, lab=changed(weak.lab, thc=Decimal(150), cbd=Decimal(300)))
    unknown = package("B" * 24, TINCTURE, "B2")
    unknown = changed(unknown, lab=changed(unknown.lab, cbd=None))
    right = package(TAG, TINCTURE, "B1")
    async with trial(tmp_path, TrialState(packages=[weak, unknown, right])) as shop:
        visit = await shop.attended()
        counsel = await shop.ask("counter-1", q.AskStanding(visit_id=visit.visit_id))
        (offer,) = [each for each in counsel.offers if each.product_id == "1"]
        assert offer.profiles == (HIGH_CBD, CannabinoidProfile.BALANCED)
        order = await shop.ordered(visit, WISH)
        assert [line.batch for line in order.lines] == ["B1"]


@pytest.mark.requirement("ORD-03")
async def test_every_step_has_a_state_a_name_a_place_and_a_time(tmp_path):
    async with trial(tmp_path) as shop:
        visit = await shop.attended()
        order = await shop.ordered(visit)
        line_id = order.lines[0].line_id
        session_id = await shop.session("vault-1", "p1")

        async def claim():
            shop.clock.advance(10)
            await shop.ask("vault-1", q.ClaimLine(key=shop.key(), session_id=session_id, line_id=line_id))

        await claim()
        wish = q.ReleaseLine(key=shop.key(), session_id=session_id, line_id=line_id, reason="cannot be picked")
        await shop.ask("vault-1", wish)
        await claim()
        await shop.tell("vault-1", r.UnitPicked(line_id=line_id, tag=TAG, item=0, n=1, place="V-A3-2"))
        order = await shop.ask("counter-1", q.AskOrder(order_id=order.order_id))
        units = await shop.proven(visit, order)
        permit = await shop.permitted(visit, order)
        await shop.tell("counter-1", shop.handed_over(visit, order, permit, units))
        line = await line_of(shop, order.order_id)
        assert [(step.state.value, step.name, step.terminal) for step in line.steps] == [
            ("confirmed", "Person t1", "counter-1"),
            ("claimed", "Person p1", "vault-1"),
            ("confirmed", "Person p1", "vault-1"),
            ("claimed", "Person p1", "vault-1"),
            ("picked", "Person p1", "vault-1"),
            ("dispensed", "Person t1", "counter-1"),
        ]
        assert [step.at for step in line.steps] == sorted(step.at for step in line.steps)
        assert line.state is line.steps[-1].state


@pytest.mark.requirement("ORD-03")
async def test_a_cancelled_line_says_who_cancelled_it(tmp_path):
    async with trial(tmp_path) as shop:
        visit = await shop.attended()
        first = await shop.ordered(visit)
        session_id = await shop.session("counter-1")
        wish = q.CancelOrder(key=shop.key(), session_id=session_id, order_id=first.order_id, reason="changed")
        await shop.ask("counter-1", wish)
        second = await shop.ordered(visit)
        await shop.tell("counter-1", r.VisitClosed(visit_id=visit.visit_id, reason="left"))
        for order in (first, second):
            line = await line_of(shop, order.order_id)
            assert [(step.state.value, step.name) for step in line.steps] == [
                ("confirmed", "Person t1"),
                ("cancelled", "Person t1"),
            ]


def test_every_state_has_its_ways_and_only_ended_lines_have_none():
    assert set(NEXT) == set(LineState)
    assert {state for state, ways in NEXT.items() if not ways} == {LineState.DISPENSED, LineState.CANCELLED}
    assert all(state not in ways for state, ways in NEXT.items())
    assert not any(FOUND_OUT.get(state, frozenset()) & ways for state, ways in NEXT.items())


@pytest.mark.requirement("ORD-03")
async def test_over_all_states_no_move_is_made_that_is_not_named(tmp_path):
    """By the hub's one way to move a line, and by force in the database itself."""
    async with trial(tmp_path) as shop:
        ids = await brought_to_each(shop)
        by = By(staff_id="t1", name="Person t1", terminal="counter-1", at=shop.clock.now())
        for before, after in pairs(LineState, LineState):
            lawful = after in NEXT[before]
            found_out = lawful or after in FOUND_OUT.get(before, frozenset())
            write = shop.hub.database.write
            assert await write(tried, ids[before], before, after, by, False) is lawful, (before, after)
            assert await write(tried, ids[before], before, after, by, True) is found_out, (before, after)
            assert await write(forced, ids[before], after) is (found_out or before is after), (before, after)


def tried(connection, line_id, before, after, by, found_out) -> bool:
    """Whether the move is made; it is taken back in any case."""
    line = from_json(row_of(connection, line_id)["body"], PickLine)
    assert line.state is before
    steps_before = steps_of(connection, line_id)
    point = connection.begin_nested()
    try:
        assert move(connection, line, after, by, found_out=found_out).state is after
    except Ours:
        assert steps_of(connection, line_id) == steps_before
        return False
    else:
        assert row_of(connection, line_id)["state"] == after.value
        assert steps_of(connection, line_id)[-1].state is after
        return True
    finally:
        point.rollback()


def forced(connection, line_id, after) -> bool:
    point = connection.begin_nested()
    try:
        connection.execute(lines.update().where(lines.c.line_id == line_id).values(state=after.value))
    except DatabaseError:
        return False
    else:
        return True
    finally:
        point.rollback()


async def brought_to_each(shop) -> dict[LineState, str]:
    ids = {}
    session_id = await shop.session("vault-1", "p1")
    for state in LineState:
        visit = await shop.attended()
        order = await shop.ordered(visit)
        line_id = ids[state] = order.lines[0].line_id
        claim = q.ClaimLine(key=shop.key(), session_id=session_id, line_id=line_id)
        match state:
            case LineState.CLAIMED:
                await shop.ask("vault-1", claim)
            case LineState.PICKED:
                await shop.picked(order)
            case LineState.DISPENSED:
                picked = await shop.picked(order)
                units = await shop.proven(visit, picked)
                permit = await shop.permitted(visit, picked)
                await shop.tell("counter-1", shop.handed_over(visit, picked, permit, units))
            case LineState.CANCELLED:
                await shop.tell("counter-1", r.VisitClosed(visit_id=visit.visit_id, reason="left"))
    return ids


async def test_steps_are_never_changed_or_taken_away(tmp_path):
    async with trial(tmp_path) as shop:
        await shop.ordered(await shop.attended())
        for change in (steps.update().values(name="Somebody else"), steps.delete()):
            with pytest.raises(DatabaseError, match="only grows"):
                await shop.hub.database.write(lambda c, change=change: c.execute(change))


async def test_a_hand_over_of_a_cancelled_order_still_counts_and_is_told_to_the_manager(tmp_path):
    """It has happened: stock, allotment and report follow it, whatever was planned (LBL-08)."""
    async with trial(tmp_path) as shop:
        visit = await shop.attended()
        order = await shop.picked(await shop.ordered(visit))
        units = await shop.proven(visit, order)
        permit = await shop.permitted(visit, order)
        wish = q.CancelOrder(
            key=shop.key(), session_id=await shop.session("counter-1"), order_id=order.order_id, reason="changed"
        )
        await shop.ask("counter-1", wish)
        accepted = await shop.tell("counter-1", shop.handed_over(visit, order, permit, units))
        assert "cancelled" in next(iter(accepted.flagged.values()))
        states = await shop.hub.database.write(lambda c: c.execute(select(purchases.c.state)).scalars().all())
        assert states == ["dispensed"]
        assert (await line_of(shop, order.order_id)).state is LineState.DISPENSED
