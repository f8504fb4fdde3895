"""The hub's law: a live store opens by what it has signed for alone, and works on by the last good pack."""

from datetime import date, timedelta
from importlib.resources import files

import pytest

from kiosk.model import questions as q
from kiosk.model.errors import Refusal
from kiosk.rules.library import NoLaw
from kiosk.rules.pack import law_of
from kiosk.rules.policy import unsure
from kiosk.rules.sealing import digest
from tests.hub.world import FLOWER, TODAY, trial

FLORIDA = (files("kiosk.rules") / "packs" / "fl.toml").read_text(encoding="utf-8")
OUNCE = q.BasketLine(product_id=FLOWER.product_id, units=8)
"""28 g of flower."""


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "fl.toml").write_text(FLORIDA)
    (tmp_path / "policy.toml").write_text("")
    return tmp_path


def sign_for(folder, on=TODAY) -> None:
    law = law_of("FL", on, folder)
    numbers = list(unsure(law))
    (folder / "policy.toml").write_text(
        f'[[accepted]]\npack = "{law.name}"\neffective_from = {law.effective_from}\ndigest = "{digest(law)}"\n'
        f'by = "Ada Example"\non = 2026-01-01\nnumbers = {numbers}\n'
    )


def live(folder, **more):
    return trial(folder, packs=folder, policy=folder / "policy.toml", live=True, **more)


async def test_a_live_hub_does_not_open_by_a_law_the_store_has_not_signed_for(folder):
    with pytest.raises(NoLaw) as caught:
        async with live(folder):
            pass
    assert str(caught.value.reason) == ("These rules cannot be used live: The store has not signed for FL 2022-08-29.")
    sign_for(folder)
    async with live(folder) as shop:
        assert isinstance(await shop.ordered(await shop.attended()), q.Order)


async def test_without_a_signature_any_more_every_question_is_refused_in_one_sentence(folder):
    sign_for(folder)
    async with live(folder) as shop:
        visit = await shop.attended()
        (folder / "policy.toml").write_text("")
        for question in (
            q.CheckIn(key="k1", card=None, photo_id=None),
            q.AskStanding(visit_id=visit.visit_id),
        ):
            answer = await shop.ask("door" if isinstance(question, q.CheckIn) else "counter-1", question)
            assert isinstance(answer, Refusal)
            assert answer.rule == "store.no_law"
            assert "has not signed for FL 2022-08-29" in str(answer.reason)
        assert (await shop.ordered(visit)).rule == "store.no_law"


@pytest.mark.parametrize(
    "broken",
    [
        b"\xff" * 10_000_000,
        FLORIDA.replace("limit = 2.5", "limit = -2.5").encode(),
        FLORIDA.replace("limit = 2.5", "limit = 99").encode(),
        b"",
    ],
)
async def test_a_pack_that_arrives_broken_in_a_running_hub_changes_nothing(folder, broken):
    sign_for(folder)
    async with live(folder) as shop:
        visit = await shop.attended()
        (folder / "fl.toml").write_bytes(broken)
        refused = await shop.ordered(visit, q.BasketLine(product_id=FLOWER.product_id, units=21))
        assert refused.rule == "FL.smoking"
        order = await shop.ordered(visit, OUNCE)
        assert isinstance(order, q.Order)
        units = await shop.proven(visit, await shop.picked(order))
        permit = await shop.permitted(visit, order)
        assert isinstance(permit, q.Permit)
        assert (await shop.tell("counter-1", shop.handed_over(visit, order, permit, units))).flagged == {}
        assert shop.hub.desk.library.fault != ""


@pytest.mark.requirement("ALT-03")
async def test_a_hand_over_that_straddles_a_change_is_judged_by_the_law_of_its_own_day(folder):
    """Two ounces are ordered while 2.5 are allowed. From midnight on it is one: the order is not handed over, what was
    sold before stays lawful and counts, and the day before is still explained by its own law."""
    today = date(2026, 3, 2)
    version = FLORIDA.index('[[versions]]\nversion = "2022-08-29"')
    ends = FLORIDA[version:].replace(
        "effective_from = 2022-08-29", f"effective_from = 2022-08-29\neffective_to = {today}", 1
    )
    tomorrow = today + timedelta(days=1)
    new = (
        f'\n[[versions]]\nversion = "{tomorrow}"\nlike = "2022-08-29"\neffective_from = {tomorrow}\n'
        '[[versions.pools]]\nkey = "smoking"\nname = "Smoking"\nunit = "oz"\nlimit = 1\n'
        'window = { kind = "rolling", days = 35 }\n'
        'members = [{ measure = "net_weight_g", routes = ["smoking"], per_unit = 28.35 }]\n'
        'citation = "Invented Act 1"\nas_of = "2026-01"\nconfidence = "high"\n'
    )
    (folder / "fl.toml").write_text(FLORIDA[:version] + ends + new)
    async with trial(folder, packs=folder) as shop:
        sold = q.BasketLine(product_id=FLOWER.product_id, units=2)
        await shop.dispensed(sold)
        visit = await shop.attended("counter-2")
        order = await shop.ordered(visit, q.BasketLine(product_id=FLOWER.product_id, units=16), terminal="counter-2")
        units = await shop.proven(visit, await shop.picked(order, "counter-2"), "counter-2")
        assert len(units) == 16
        shop.clock.advance(timedelta(days=1).total_seconds())
        shop.sessions.clear()
        refused = await shop.permitted(visit, order, "counter-2")
        assert (refused.rule, refused.citation) == ("FL.smoking", "Invented Act 1")
        assert shop.hub.desk.library.at(today).pools[0].limit > shop.hub.desk.library.at(tomorrow).pools[0].limit
        assert shop.hub.desk.library.at(today).name == "FL 2022-08-29"
