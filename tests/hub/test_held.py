"""What is held, recalled, expired, untested or not to be read reaches nobody, however far it has come (PIK-04)."""

from datetime import date

import pytest
from sqlalchemy import select

from kiosk.hub.schema import packages
from kiosk.hub.stock import UNREADABLE, package_of, refresh, shelf_as_of
from kiosk.model import questions as q
from kiosk.model import records as r
from kiosk.model.base import from_json
from kiosk.model.errors import Refusal
from kiosk.model.packages import Package
from kiosk.tracking.port import Unread
from tests.hub.world import FLOWER, TAG, TINCTURE, TrialState, changed, package, trial

SOUND = package(TAG, TINCTURE, "B1", state_id="7")
UNSAFE = {
    "hold": {"holds": ("hold",)},
    "recall": {"holds": ("recall",)},
    "quarantine": {"holds": ("quarantine",)},
    "expired": {"expires": date(2026, 3, 1)},
    "untested": {"lab": changed(SOUND.lab, passed=None)},
    "failed": {"lab": changed(SOUND.lab, passed=False)},
    "not_accepted": {"accepted": False},
    "finished": {"finished": True},
}
RULES = {"recall": "store.hold", "quarantine": "store.hold", "failed": "store.untested"}


def rule_of(reason: str) -> str:
    return RULES.get(reason, f"store.{reason}")


async def becomes(shop, *those: Package, unread: tuple[Unread, ...] = ()) -> None:
    """The next, incremental reading of the tracking system."""
    stock = changed(await shop.state.stock(), packages=those, products=(), unread=unread, as_of=shop.clock.now())
    await shop.hub.database.write(refresh, stock)


async def claimed(shop):
    visit = await shop.attended()
    order = await shop.ordered(visit)
    session_id = await shop.session("vault-1", "p1")
    line = await shop.ask("vault-1", q.ClaimLine(key=shop.key(), session_id=session_id, line_id=order.lines[0].line_id))
    return visit, order, q.CheckUnit(session_id=session_id, line_id=line.line_id, tag=TAG)


@pytest.mark.requirement("PIK-04")
@pytest.mark.parametrize("reason", UNSAFE)
async def test_it_is_not_offered_not_ordered_and_not_picked(tmp_path, reason):
    async with trial(tmp_path, TrialState(packages=[SOUND])) as shop:
        _, _, check = await claimed(shop)
        assert isinstance(await shop.ask("vault-1", check), q.UnitFits)
        await becomes(shop, changed(SOUND, **UNSAFE[reason]))
        assert (await shop.ask("vault-1", check)).rule == rule_of(reason)
        other = await shop.attended("counter-2")
        counsel = await shop.ask("counter-2", q.AskStanding(visit_id=other.visit_id))
        assert counsel.offers == ()
        assert (await shop.ordered(other, terminal="counter-2")).rule == "store.stock"


@pytest.mark.requirement("PIK-04")
async def test_the_danger_is_named_before_what_differs_from_the_order(tmp_path):
    """Who hears "other batch" of a recalled package puts it back among the sound ones."""
    wrong = {
        reason: changed(package(f"{n:024}", FLOWER, "B9"), **fields)
        for n, (reason, fields) in enumerate(UNSAFE.items())
    }
    async with trial(tmp_path, TrialState(packages=[SOUND, *wrong.values()])) as shop:
        _, _, check = await claimed(shop)
        said = {reason: await shop.ask("vault-1", changed(check, tag=one.tag)) for reason, one in wrong.items()}
        assert {reason: refusal.rule for reason, refusal in said.items()} == {one: rule_of(one) for one in UNSAFE}


@pytest.mark.requirement("PIK-04")
async def test_what_is_held_after_it_was_picked_gets_no_label_and_no_permit(tmp_path):
    async with trial(tmp_path, TrialState(packages=[SOUND])) as shop:
        visit = await shop.attended()
        order = await shop.picked(await shop.ordered(visit))
        await shop.proven(visit, order)
        line = order.lines[0]
        label = q.MakeLabel(
            visit_id=visit.visit_id, line_id=line.line_id, number=line.dispense_numbers[0], print_no=1, tag=TAG
        )
        for reason, fields in UNSAFE.items():
            await becomes(shop, changed(SOUND, **fields))
            assert (await shop.ask("counter-1", label)).rule == rule_of(reason)
            assert (await shop.permitted(visit, order)).rule == rule_of(reason)
        await becomes(shop, SOUND)
        assert isinstance(await shop.permitted(visit, order), q.Permit)


@pytest.mark.requirement("PIK-04")
async def test_a_pick_that_waited_in_the_outbox_is_kept_flagged_and_dispenses_nothing(tmp_path):
    """The handheld was out of reach: its pick comes when the package is recalled already."""
    async with trial(tmp_path, TrialState(packages=[SOUND])) as shop:
        visit, order, check = await claimed(shop)
        fits = await shop.ask("vault-1", check)
        await becomes(shop, changed(SOUND, holds=("recall",)))
        late = r.UnitPicked(line_id=check.line_id, tag=TAG, item=0, n=fits.n, place="V-A3-2")
        accepted = await shop.tell("vault-1", late)
        assert list(accepted.flagged.values()) == ["a package was picked that may not leave: store.hold"]
        now = await shop.ask("counter-1", q.AskOrder(order_id=order.order_id))
        await shop.proven(visit, now)
        assert (await shop.permitted(visit, now)).rule == "store.hold"


@pytest.mark.requirement("PIK-04")
async def test_a_hand_over_that_comes_late_is_kept_and_told_to_the_manager(tmp_path):
    async with trial(tmp_path, TrialState(packages=[SOUND])) as shop:
        visit = await shop.attended()
        order = await shop.picked(await shop.ordered(visit))
        units = await shop.proven(visit, order)
        permit = await shop.permitted(visit, order)
        await becomes(shop, changed(SOUND, holds=("recall",)))
        accepted = await shop.tell("counter-1", shop.handed_over(visit, order, permit, units))
        assert list(accepted.flagged.values()) == ["a package was dispensed that may not leave: store.hold"]


async def test_no_permit_for_units_nobody_picked(tmp_path):
    """Two units, one picked: the second number on a second label of the same package proves nothing."""
    async with trial(tmp_path) as shop:
        visit = await shop.attended()
        order = await shop.ordered(visit, q.BasketLine(product_id="1", units=2))
        session_id = await shop.session("vault-1", "p1")
        line = order.lines[0]
        await shop.ask("vault-1", q.ClaimLine(key=shop.key(), session_id=session_id, line_id=line.line_id))
        await shop.tell("vault-1", r.UnitPicked(line_id=line.line_id, tag=TAG, item=0, n=1, place="V-A3-2"))
        await shop.proven(visit, changed(order, lines=(changed(line, tags=(TAG, TAG)),)))
        assert (await shop.permitted(visit, order)).rule == "store.not_picked"


# --- rows nobody can read


@pytest.mark.requirement("PIK-04")
@pytest.mark.parametrize(
    "row",
    [
        Unread(what="package", field="Quantity", tag=TAG),
        Unread(what="package", field="Label", state_id="7"),
        Unread(what="package", field="IsOnRecall", tag=TAG, state_id="7"),
        Unread(what="package", field="shape"),
    ],
    ids=["by its tag", "by its id", "by both", "by nothing"],
)
async def test_a_package_that_became_unreadable_is_held_until_it_is_read_again(tmp_path, row):
    async with trial(tmp_path, TrialState(packages=[SOUND])) as shop:
        _, _, check = await claimed(shop)
        shop.clock.advance(60)
        await becomes(shop, unread=(row,))
        refused = await shop.ask("vault-1", check)
        assert isinstance(refused, Refusal)
        assert UNREADABLE in refused.found or refused.rule == "store.shelf_unclear"
        other = await shop.attended("counter-2")
        assert isinstance(await shop.ordered(other, terminal="counter-2"), Refusal)
        await becomes(shop, SOUND)
        assert isinstance(await shop.ask("vault-1", check), q.UnitFits)


async def test_an_unreadable_row_holds_its_own_package_and_no_other(tmp_path):
    others = [package("A" * 24, TINCTURE, "B2", state_id="8"), package("B" * 24, TINCTURE, "B3", state_id="9")]
    async with trial(tmp_path, TrialState(packages=[SOUND, *others])) as shop:
        await becomes(shop, unread=(Unread(what="package", field="Label", state_id="8"),))
        holds = {
            tag: (await shop.hub.database.write(package_of, tag)).holds for tag in (TAG, *(one.tag for one in others))
        }
        assert holds == {TAG: (), others[0].tag: (UNREADABLE,), others[1].tag: ()}


async def test_a_package_whose_id_was_never_kept_may_be_the_one(tmp_path):
    """The database is from before ids were kept."""
    async with trial(tmp_path, TrialState(packages=[changed(SOUND, state_id="")])) as shop:
        body = await shop.hub.database.write(lambda c: c.execute(select(packages.c.body)).scalar_one())
        assert from_json(body, Package).state_id == ""
        await becomes(shop, unread=(Unread(what="package", field="Label", state_id="7"),))
        assert (await shop.hub.database.write(package_of, TAG)).holds == (UNREADABLE,)


async def test_while_a_row_means_nobody_knows_what_the_same_time_is_read_again(tmp_path):
    async with trial(tmp_path, TrialState(packages=[SOUND])) as shop:
        before = await shop.hub.database.write(shelf_as_of)
        shop.clock.advance(60)
        await becomes(shop, unread=(Unread(what="package", field="shape"),))
        assert await shop.hub.database.write(shelf_as_of) == before
        await becomes(shop)
        assert await shop.hub.database.write(shelf_as_of) == shop.clock.now()
        assert isinstance(await shop.ordered(await shop.attended()), q.Order)


async def test_an_unreadable_row_of_a_package_that_is_not_here_changes_nothing(tmp_path):
    async with trial(tmp_path, TrialState(packages=[SOUND])) as shop:
        await becomes(shop, unread=(Unread(what="package", field="Quantity", tag="9" * 24, state_id="99"),))
        assert isinstance(await shop.ordered(await shop.attended()), q.Order)
