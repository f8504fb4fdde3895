"""The state's figures, ours, and what happens between reading one and acting on it (ALT-05)."""

from datetime import timedelta
from decimal import Decimal

import pytest
from sqlalchemy import select

from kiosk.hub.books import book_of
from kiosk.hub.reporting import waiting_reports
from kiosk.hub.schema import flags, purchases
from kiosk.hub.stock import left_in, package_of, refresh
from kiosk.model import questions as q
from kiosk.model import records as r
from kiosk.model.allotments import Purchase
from kiosk.model.base import from_json
from kiosk.model.errors import Refusal, Unavailable
from kiosk.model.people import RegistryStatus
from kiosk.model.text import text
from tests.hub.world import FLOWER, FLOWER_TAG, TAG, TINCTURE, TrialRegistry, TrialState, changed, entry, package, trial

AWAY = Unavailable(text("The registry does not answer."))


async def report(shop) -> None:
    await shop.hub.reporting.send(await shop.hub.database.write(waiting_reports))


async def closed(shop, *basket: q.BasketLine) -> None:
    fact = await shop.dispensed(*basket)
    await shop.tell("counter-1", r.VisitClosed(visit_id=fact.visit_id, reason="dispensed"))


async def test_a_purchase_is_kept_with_all_the_law_may_count_it_by(tmp_path):
    """Category and recommendation decide which pools count it, today and when it is counted again."""
    low = changed(TINCTURE, category="low_thc")
    async with trial(tmp_path, TrialState(products=[low, FLOWER])) as shop:
        await shop.ordered(await shop.attended())
        (body,) = await shop.hub.database.write(lambda c: c.execute(select(purchases.c.body)).scalars().all())
        purchase = from_json(body, Purchase)
        assert (purchase.category, purchase.recommendation_id) == ("low_thc", "R1")


@pytest.mark.requirement("ALT-05")
async def test_a_sale_confirmed_while_the_registry_answers_is_still_subtracted(tmp_path):
    """Ten jars are left by the state's figure, which does not know of our five yet; they are confirmed before the
    figure arrives. Five are left, not ten."""
    registry = TrialRegistry(entries={"P7QX21AB": entry(available={"smoking": Decimal("1.25")})})
    async with trial(tmp_path, registry=registry) as shop:
        await closed(shop, q.BasketLine(product_id="2", units=5))
        shop.clock.advance(60)
        visit = await shop.attended()
        answer = registry.look_up

        async def slowly(number):
            old = await answer(number)
            await report(shop)
            shop.clock.advance(1)
            return old

        registry.look_up = slowly
        assert isinstance(await shop.ordered(visit, q.BasketLine(product_id="2", units=6)), Refusal)
        registry.look_up = answer
        shop.clock.advance(1)
        registry.entries["P7QX21AB"] = entry(available={"smoking": Decimal("0.625")})
        assert isinstance(await shop.ordered(visit, q.BasketLine(product_id="2", units=6)), Refusal)
        assert isinstance(await shop.ordered(visit, q.BasketLine(product_id="2", units=5)), q.Order)


async def test_a_figure_is_read_once_a_visit_and_forgotten_with_it(tmp_path):
    async with trial(tmp_path) as shop:
        visit = await shop.attended()
        asked = shop.registry.asked
        for _ in range(3):
            await shop.ask("counter-1", q.AskStanding(visit_id=visit.visit_id))
        assert shop.registry.asked == asked + 1
        await shop.tell("counter-1", r.VisitClosed(visit_id=visit.visit_id, reason="left"))
        assert not shop.hub.desk._figures


@pytest.mark.requirement("ALT-05")
async def test_a_figure_that_is_not_ours_becomes_a_discrepancy_and_the_smaller_one_wins(tmp_path):
    registry = TrialRegistry(entries={"P7QX21AB": entry(available={"smoking": Decimal("2.0")})})
    async with trial(tmp_path, registry=registry) as shop:
        await shop.dispensed(q.BasketLine(product_id="2", units=2))
        reasons = await shop.hub.database.write(lambda c: c.execute(select(flags.c.reason)).scalars().all())
        assert reasons == ["smoking: the state has 2.0 oz left, this store's sales leave 2.5"]


async def test_figures_that_agree_are_no_discrepancy(tmp_path):
    registry = TrialRegistry(entries={"P7QX21AB": entry(available={"smoking": Decimal("2.5")})})
    async with trial(tmp_path, registry=registry) as shop:
        await shop.dispensed(q.BasketLine(product_id="2", units=2))
        assert await shop.hub.database.write(lambda c: c.execute(select(flags)).all()) == []


@pytest.mark.requirement("PAT-07")
@pytest.mark.parametrize(
    ("trouble", "now", "rule"),
    [
        (AWAY, entry(), "registry.unknown"),
        (None, entry(status=RegistryStatus.REVOKED), "registry.not_active"),
        (None, entry(status=RegistryStatus.UNKNOWN), "registry.not_active"),
    ],
    ids=["silent", "revoked", "unknown"],
)
async def test_nothing_is_decided_on_an_old_word_of_the_registry(tmp_path, trouble, now, rule):
    async with trial(tmp_path) as shop:
        visit = await shop.attended()
        order = await shop.picked(await shop.ordered(visit))
        await shop.proven(visit, order)
        other = await shop.attended("counter-2")
        shop.registry.trouble, shop.registry.entries["P7QX21AB"] = trouble, now
        assert (await shop.permitted(visit, order)).rule == rule
        assert (await shop.ordered(other, terminal="counter-2")).rule == rule


# --- the shelf


async def test_an_order_takes_as_many_packages_as_it_needs_one_batch_a_line(tmp_path):
    """PIK-05 orders them: the earliest expiry first."""
    late, early = package("B" * 24, TINCTURE, "B2", 5), package("A" * 24, TINCTURE, "B1", 2)
    early = changed(early, expires=late.expires - timedelta(days=30))
    async with trial(tmp_path, TrialState(packages=[late, early])) as shop:
        order = await shop.ordered(await shop.attended(), q.BasketLine(product_id="1", units=4))
        assert [(line.batch, line.units, len(line.dispense_numbers)) for line in order.lines] == [
            ("B1", 2, 2),
            ("B2", 2, 2),
        ]
        assert len({number for line in order.lines for number in line.dispense_numbers}) == 4


async def test_two_lines_of_one_product_cannot_take_the_same_units(tmp_path):
    async with trial(tmp_path, TrialState(packages=[package(TAG, TINCTURE, "B1", 3)])) as shop:
        both = (q.BasketLine(product_id="1", units=2), q.BasketLine(product_id="1", units=2, route="sublingual"))
        refused = await shop.ordered(await shop.attended(), *both)
        assert refused.rule == "store.stock"


async def test_a_stock_read_before_the_sale_was_confirmed_does_not_bring_units_back(tmp_path):
    """The reading began, then the sale was confirmed, then the reading arrived: the units are still gone."""
    async with trial(tmp_path) as shop:
        await closed(shop)
        began = shop.clock.now()
        shop.clock.advance(1)
        await report(shop)

        def read(as_of, quantity):
            packages = (package(TAG, TINCTURE, "B1", quantity),)
            return changed(old, packages=packages, as_of=as_of)

        old = await shop.state.stock()
        left = lambda c: left_in(c, package_of(c, TAG))  # noqa: E731
        await shop.hub.database.write(refresh, read(began, 500))
        assert await shop.hub.database.write(left) == 499
        shop.clock.advance(1)
        await shop.hub.database.write(refresh, read(shop.clock.now(), 499))
        assert await shop.hub.database.write(left) == 499


async def test_packages_that_are_not_listed_again_stay_on_the_shelf(tmp_path):
    """Tracking systems list what has changed; a package that lies untouched for a year is still there."""
    async with trial(tmp_path) as shop:
        await shop.hub.database.write(refresh, changed(await shop.state.stock(), packages=(), products=()))
        assert await shop.hub.database.write(lambda c: left_in(c, package_of(c, FLOWER_TAG))) == 500


async def test_the_book_of_one_patient_holds_nothing_of_another(tmp_path):
    async with trial(tmp_path) as shop:
        await shop.ordered(await shop.attended())
        book = await shop.hub.database.write(book_of, "somebody else", None, shop.clock.now())
        assert book.purchases == ()
