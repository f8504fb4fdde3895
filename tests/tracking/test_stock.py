"""The shelf as METRC lists it: nothing invented, nothing left out, whatever is doubtful is held."""

from datetime import timedelta
from decimal import Decimal

import pytest
from msgspec.structs import replace

from kiosk.demo import SHOP_FILE
from kiosk.model.clock import ManualClock, SystemClock, local_date
from kiosk.rules.shelf import why_kept
from kiosk.tracking.metrc.client import Metrc
from kiosk.tracking.sandbox import Sandbox, make, serving
from kiosk.tracking.sandbox.state import PackageChange
from tests.tracking.given import FLOWER, RECALLED, TINCTURE, ZONE, line, metrc_account, moves, sale


async def test_every_package_of_the_shop_is_listed_with_its_own_values(metrc: Metrc, sandbox: Sandbox) -> None:
    stock = await metrc.stock()
    assert {package.tag for package in stock.packages} == {package.tag for package in sandbox.state.seed.packages}
    assert stock.unread == ()
    tincture = next(package for package in stock.packages if package.tag == TINCTURE)
    assert (tincture.batch, tincture.harvest, tincture.place) == ("SW-2604", "H-2602", "V-A3-2")
    assert tincture.quantity == 400
    assert (tincture.lab.passed, tincture.lab.thc, tincture.lab.cbd, tincture.lab.unit) == (True, 30, 600, "mg")
    assert tincture.lab.tested_on is not None
    assert tincture.holds == ()
    flower = next(package for package in stock.packages if package.tag == FLOWER)
    assert (flower.lab.thc, flower.lab.unit) == (Decimal(19), "%")


async def test_products_have_form_route_and_amounts_a_unit(metrc: Metrc) -> None:
    products = {product.product_id: product for product in (await metrc.stock()).products}
    assert (products["102"].form, products["102"].route) == ("flower", "smoking")
    assert products["102"].net_weight_g == Decimal("3.5")
    assert (products["101"].thc_mg, products["101"].cbd_mg) == (30, 600)
    assert products["107"].category == "low_thc"
    assert all(product.route for product in products.values())


async def test_two_batches_of_one_product_with_thc_and_cbd_the_other_way_round(metrc: Metrc) -> None:
    both = [package for package in (await metrc.stock()).packages if package.product_id == "101" and not package.holds]
    assert {(package.batch, package.lab.thc, package.lab.cbd) for package in both} == {
        ("SW-2604", Decimal(30), Decimal(600)),
        ("SW-2605", Decimal(600), Decimal(30)),
    }


async def test_recalled_held_expired_and_untested_packages_say_so(metrc: Metrc) -> None:
    kept = {package.tag[-4:]: package for package in (await metrc.stock()).packages}
    assert kept["4790"].holds == ("recall",)
    assert kept["4793"].holds == ("investigation",)
    assert kept["4792"].lab.passed is None
    today = local_date(SystemClock().now(), ZONE)
    assert {tag for tag, package in kept.items() if why_kept(package, today)} == {"4790", "4791", "4792", "4793"}
    assert kept["4730"].unit_codes


@pytest.mark.parametrize("flag", ["hold", "recall", "investigation"])
async def test_a_package_held_while_the_shop_is_open_is_seen_by_what_changed(
    metrc: Metrc, sandbox: Sandbox, flag: str
) -> None:
    before = await metrc.stock()
    sandbox.state.change(TINCTURE, PackageChange(hold=flag))
    changed = await metrc.stock(before.as_of)
    assert next(package for package in changed.packages if package.tag == TINCTURE).holds == (flag,)


async def test_a_finished_package_is_finished(metrc: Metrc, sandbox: Sandbox) -> None:
    sandbox.state.change(TINCTURE, PackageChange(finished=True))
    stock = await metrc.stock()
    assert next(package for package in stock.packages if package.tag == TINCTURE).finished


async def test_a_sale_lowers_the_quantity(metrc: Metrc) -> None:
    await metrc.report(sale(lines=(line(units="3", total="156.00"),)))
    assert next(package for package in (await metrc.stock()).packages if package.tag == TINCTURE).quantity == 397


async def test_lists_longer_than_a_page_are_read_to_their_end() -> None:
    """METRC gives 20 rows at a time; the shop is copied until there are three pages."""
    sandbox = make(SHOP_FILE, SystemClock())
    one = sandbox.state.seed.packages[0]
    many = tuple(replace(one, tag=f"1A4FF030000{n:013d}") for n in range(41))
    sandbox.state.seed = replace(sandbox.state.seed, packages=many)
    async with serving(sandbox) as url:
        metrc = Metrc(metrc_account(url), SystemClock())
        assert len((await metrc.stock()).packages) == 41
        await metrc.close()


async def test_old_packages_are_found_by_walking_back_a_day_at_a_time() -> None:
    clock = ManualClock()
    sandbox = make(SHOP_FILE, clock)
    clock.advance(timedelta(days=5, hours=3).total_seconds())
    async with serving(sandbox) as url:
        near, far = (Metrc(metrc_account(url, look_back_days=days), clock, sleep=moves(clock)) for days in (1, 7))
        assert (await near.stock()).packages == ()
        assert len((await far.stock()).packages) == 14
        await near.close()
        await far.close()


async def test_laboratory_values_are_read_once_until_the_state_of_the_package_changes(
    metrc: Metrc, sandbox: Sandbox
) -> None:
    await metrc.stock()
    first = sandbox.requests["GET /labtests/v2/results"]
    await metrc.stock()
    assert sandbox.requests["GET /labtests/v2/results"] == first
    sandbox.state.change(TINCTURE, PackageChange(state="RetestFailed"))
    stock = await metrc.stock()
    assert sandbox.requests["GET /labtests/v2/results"] == first + 1
    assert next(package for package in stock.packages if package.tag == TINCTURE).lab.passed is False


async def test_a_recalled_package_is_among_the_held_ones_only(metrc: Metrc) -> None:
    assert [package.tag for package in (await metrc.stock()).packages].count(RECALLED) == 1
