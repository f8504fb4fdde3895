"""What a change of the law touches in a store's own database."""

from importlib.resources import files

import pytest

from kiosk.hub.law_change import touched
from kiosk.model import questions as q
from kiosk.rules.pack import parse
from tests.hub.world import FLOWER_TAG, TAG, trial


@pytest.mark.requirement("ALT-03")
async def test_a_change_of_the_law_names_the_orders_and_packages_it_touches_and_nobody(tmp_path):
    source = (files("kiosk.rules") / "packs" / "fl.toml").read_text(encoding="utf-8")
    old = parse(source)[-1]
    smaller = parse(source.replace("limit = 2.5\nwaivable = true\nexempt", "limit = 1\nwaivable = true\nexempt"))[-1]
    nowhere = source.replace('routes = ["sublingual"]', 'routes = ["topical"]').replace(', "sublingual"', "")
    forbidden = parse(nowhere)[-1]
    async with trial(tmp_path) as shop:
        visit = await shop.attended()
        assert isinstance(await shop.ordered(visit, q.BasketLine(product_id="2", units=20)), q.Order)
        on = shop.hub.desk.today()
        (database,) = tmp_path.rglob("hub.db")
        assert await touched(database, old, old, on) == []
        (order,) = await touched(database, old, smaller, on)
        assert order.startswith("order ")
        assert order.endswith(": allowed → refused by FL.smoking")
        assert visit.profile.person.family not in order
        (package,) = await touched(database, old, forbidden, on)
        assert package.startswith(f"package {TAG} ")
        assert package.endswith(" → refused by FL.uncounted")
        gone = await touched(database, old, None, on)
        assert len(gone) == 3
        assert any(FLOWER_TAG in line for line in gone)
