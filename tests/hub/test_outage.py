"""The registry is silent, slow, or senseless: by a pack that has no rule for it, and by one that has (PAT-07)."""

import asyncio
from datetime import date, timedelta
from decimal import Decimal
from importlib.resources import files

import pytest
from sqlalchemy import select

from kiosk.hub import ledger
from kiosk.hub.registry import forget_old
from kiosk.hub.schema import flags, last_answers
from kiosk.local_store.link import Pace
from kiosk.model import questions as q
from kiosk.model import records as r
from kiosk.model.errors import Refusal, Refused, Theirs, Unavailable
from kiosk.model.orders import Visit
from kiosk.model.people import RegistryStatus
from kiosk.model.text import text
from kiosk.tracking.port import NO_ACCESS
from tests.hub.world import (
    CARD,
    CARER_CARD,
    CARER_ID,
    CHILD_CARD,
    TrialRegistry,
    changed,
    entry,
    everything,
    family,
    named,
    settings,
    trial,
)

AWAY = Unavailable(text("The registry does not answer."))
HOURS = 24
JARS = q.BasketLine(product_id="2", units=8)
"""28 g: just below one ounce."""


@pytest.fixture
def lenient(tmp_path):
    """The law of an invented state: on an answer of up to a day at most one ounce for smoking is sold."""
    source = (files("kiosk.rules") / "packs" / "fl.toml").read_text(encoding="utf-8")
    begin, end = source.index("[versions.outage]"), source.index("[versions.age]")
    rule = (
        f'[versions.outage]\nrule = "last_answer"\nhours = {HOURS}\nlimits = {{ smoking = 1 }}\n'
        'citation = "Invented Outage Code 7"\nas_of = "2026"\nconfidence = "high"\n\n'
    )
    folder = tmp_path / "packs"
    folder.mkdir()
    (folder / "fl.toml").write_text(source[:begin] + rule + source[end:], encoding="utf-8")
    return folder


async def seen_once(shop) -> None:
    """The patient was here and the registry said yes; the visit is over."""
    visit = await shop.opened()
    await shop.tell("counter-1", r.VisitClosed(visit_id=visit.visit_id, reason="left"))


async def attended(shop, terminal: str = "counter-1") -> Visit:
    visit = await shop.attended(terminal)
    assert isinstance(visit, Visit)
    return visit


async def kept(shop) -> list:
    return await shop.hub.database.write(lambda c: c.execute(select(last_answers)).all())


# --- a state without a rule


@pytest.mark.requirement("PAT-07")
async def test_without_a_rule_an_answer_of_a_minute_ago_is_no_answer_and_none_is_kept(tmp_path):
    async with trial(tmp_path) as shop:
        await seen_once(shop)
        assert await kept(shop) == []
        shop.registry.trouble = AWAY
        shop.clock.advance(60)
        checked_in = await shop.checked_in()
        assert not checked_in.admitted
        visit = await shop.opened(ticket_id=checked_in.ticket.ticket_id)
        assert (visit.profile, visit.basis) == (None, None)
        assert [concern.rule for concern in visit.concerns] == ["registry.unknown"]
        assert visit.concerns[0].settled_by == ""


# --- a state with one


@pytest.mark.requirement("PAT-07")
async def test_the_states_rule_is_applied_and_the_age_of_the_data_is_on_the_counter_and_in_the_record(
    tmp_path, lenient
):
    async with trial(tmp_path, packs=lenient) as shop:
        await seen_once(shop)
        asked_at = shop.clock.now()
        shop.clock.advance(timedelta(hours=3, minutes=20).total_seconds())
        shop.registry.trouble = AWAY
        visit = await attended(shop)
        assert visit.concerns == ()
        assert (visit.basis.source, visit.basis.as_of, visit.basis.citation) == (
            "last_answer", asked_at, "Invented Outage Code 7",
        )  # fmt: skip
        assert visit.basis.said.args["age"] == "3:20"
        assert visit.basis.said.args["amounts"] == "Smoking 1 oz"
        counsel = await shop.ask("counter-1", q.AskStanding(visit_id=visit.visit_id))
        (smoking,) = [pool for pool in counsel.standing.pools if pool.pool == "smoking"]
        assert (smoking.source, smoking.as_of, smoking.remaining) == ("outage", asked_at, Decimal(1))
        assert smoking.citation == "Invented Outage Code 7"
        order = await shop.picked(await shop.ordered(visit, JARS))
        units = await shop.proven(visit, order)
        permit = await shop.permitted(visit, order)
        accepted = await shop.tell("counter-1", shop.handed_over(visit, order, permit, units))
        assert accepted.flagged == {}
        (record,) = [
            one
            for one in await shop.hub.database.write(lambda c: list(ledger.read(c)))
            if isinstance(one.fact, r.Dispensed)
        ]
        assert record.fact.basis.source == "last_answer"
        assert record.at - record.fact.basis.as_of == timedelta(hours=3, minutes=20)
        reasons = await shop.hub.database.write(lambda c: c.execute(select(flags.c.reason)).scalars().all())
        assert any("Invented Outage Code 7" in reason and asked_at.isoformat() in reason for reason in reasons)


@pytest.mark.requirement("PAT-07")
async def test_the_rules_limit_holds_over_all_that_is_sold_on_one_answer(tmp_path, lenient):
    async with trial(tmp_path, packs=lenient) as shop:
        await seen_once(shop)
        shop.registry.trouble = AWAY
        visit = await attended(shop)
        over = await shop.ordered(visit, changed(JARS, units=9))
        assert (over.rule, over.citation) == ("FL.outage", "Invented Outage Code 7")
        assert over.arithmetic is not None
        order = await shop.picked(await shop.ordered(visit, changed(JARS, units=5)))
        units = await shop.proven(visit, order)
        permit = await shop.permitted(visit, order)
        await shop.tell(
            "counter-1",
            shop.handed_over(visit, order, permit, units),
            r.VisitClosed(visit_id=visit.visit_id, reason="dispensed"),
        )
        shop.clock.advance(3600)
        again = await attended(shop)
        assert (await shop.ordered(again, changed(JARS, units=4))).rule == "FL.outage"
        assert isinstance(await shop.ordered(again, changed(JARS, units=3)), q.Order)


@pytest.mark.requirement("PAT-07")
@pytest.mark.parametrize("late", [0, 1], ids=["exactly a day old", "a second older"])
async def test_the_rules_age_holds_to_the_second_at_every_decision(tmp_path, lenient, late):
    async with trial(tmp_path, packs=lenient) as shop:
        visit = await attended(shop)
        order = await shop.picked(await shop.ordered(visit))
        await shop.proven(visit, order)
        other = await attended(shop, "counter-2")
        shop.registry.trouble = AWAY
        shop.clock.advance(HOURS * 3600 + late)
        shop.sessions.clear()
        permit = await shop.permitted(visit, order)
        second = await shop.ordered(other, terminal="counter-2")
        checked_in = await shop.checked_in()
        if not late:
            assert permit.basis.source == "last_answer"
            assert isinstance(second, q.Order)
            assert checked_in.admitted
        else:
            assert (permit.rule, second.rule) == ("registry.unknown", "registry.unknown")
            assert not checked_in.admitted


@pytest.mark.requirement("PAT-07")
@pytest.mark.parametrize(
    "no", [entry(status=status) for status in RegistryStatus if status is not RegistryStatus.ACTIVE]
)
async def test_any_other_answer_takes_the_yes_before_it_away(tmp_path, lenient, no):
    async with trial(tmp_path, packs=lenient) as shop:
        await seen_once(shop)
        shop.registry.entries[CARD.number] = no
        await shop.checked_in()
        shop.registry.trouble = AWAY
        assert not (await shop.checked_in()).admitted
        assert await kept(shop) == []


@pytest.mark.requirement("PAT-07")
@pytest.mark.parametrize(
    "trouble",
    [
        Theirs(text("Nonsense.")),
        Refused(Refusal(rule=NO_ACCESS, reason=text("No."), way_on=text("Ask."))),
    ],
    ids=["nonsense", "locked out"],
)
async def test_only_silence_is_an_outage(tmp_path, lenient, trouble):
    async with trial(tmp_path, packs=lenient) as shop:
        await seen_once(shop)
        shop.registry.trouble = trouble
        assert not (await shop.checked_in()).admitted


@pytest.mark.requirement("PAT-07")
async def test_a_registration_that_ended_since_the_last_answer_is_over(tmp_path, lenient):
    registry = TrialRegistry(entries={CARD.number: entry(expires=date(2026, 3, 2))})
    async with trial(tmp_path, packs=lenient, registry=registry) as shop:
        visit = await attended(shop)
        shop.registry.trouble = AWAY
        shop.clock.advance(14 * 3600)
        assert (await shop.ordered(visit)).rule == "registry.not_active"
        assert not (await shop.checked_in()).admitted


async def test_an_answer_from_the_future_is_of_a_wrong_clock_and_not_used(tmp_path, lenient):
    async with trial(tmp_path, packs=lenient) as shop:
        await seen_once(shop)
        shop.registry.trouble = AWAY
        shop.clock.advance(-3600)
        assert not (await shop.checked_in()).admitted


async def test_when_the_registry_is_back_its_new_word_counts(tmp_path, lenient):
    async with trial(tmp_path, packs=lenient) as shop:
        await seen_once(shop)
        shop.registry.trouble = AWAY
        visit = await attended(shop)
        assert (await shop.ordered(visit, changed(JARS, units=12))).rule == "FL.outage"
        shop.registry.trouble = None
        order = await shop.picked(await shop.ordered(visit, changed(JARS, units=12)))
        await shop.proven(visit, order)
        permit = await shop.permitted(visit, order)
        assert (permit.basis.source, permit.basis.as_of) == ("registry", shop.clock.now())


@pytest.mark.requirement("PAT-07", "PAT-12")
async def test_a_kept_answer_names_nobody_without_the_card_and_is_forgotten_in_time(tmp_path, lenient):
    async with trial(tmp_path, packs=lenient) as shop:
        await seen_once(shop)
        assert len(await kept(shop)) == 1
        assert not named(await shop.hub.database.write(everything))
        oldest = shop.hub.desk.pack().outage.oldest
        shop.clock.advance(oldest.total_seconds())
        await shop.hub.database.write(forget_old, oldest, shop.clock.now())
        assert len(await kept(shop)) == 1
        shop.clock.advance(1)
        await shop.hub.database.write(forget_old, oldest, shop.clock.now())
        assert await kept(shop) == []
        await shop.checked_in()
        await shop.hub.database.write(forget_old, None, shop.clock.now())
        assert await kept(shop) == [], "the state took its rule back"


async def test_a_kept_answer_of_another_card_or_a_damaged_one_is_nothing(tmp_path, lenient):
    async with trial(tmp_path, packs=lenient) as shop:
        await seen_once(shop)
        await shop.hub.database.write(lambda c: c.execute(last_answers.update().values(sealed="00" * 40)))
        shop.registry.trouble = AWAY
        assert not (await shop.checked_in()).admitted


@pytest.mark.requirement("PAT-07", "PAT-13")
async def test_a_caregivers_visit_rests_on_the_older_of_both_words(tmp_path, lenient):
    registry = family(CHILD_CARD.number)
    async with trial(tmp_path, packs=lenient, registry=registry) as shop:
        await shop.checked_in(CARER_CARD, CARER_ID)
        first = shop.clock.now()
        shop.clock.advance(3600)
        shop.registry.trouble = AWAY
        checked_in = await shop.checked_in(CARER_CARD, CARER_ID)
        assert checked_in.admitted
        visit = await shop.opened(ticket_id=checked_in.ticket.ticket_id)
        assert (visit.basis.source, visit.basis.as_of) == ("last_answer", first)


# --- a registry that is slow


class Slow(TrialRegistry):
    """Answers when it is allowed to."""

    async def look_up(self, number):
        if not self.free.is_set():
            await self.free.wait()
        return await super().look_up(number)

    def __post_init__(self):
        super().__post_init__()
        self.free = asyncio.Event()
        self.free.set()


@pytest.mark.requirement("PAT-07")
async def test_a_slow_registry_is_told_by_its_name_before_the_terminal_gives_up(tmp_path):
    registry = Slow()
    async with trial(tmp_path, registry=registry, seconds=0.05) as shop:
        visit = await attended(shop)
        order = await shop.picked(await shop.ordered(visit))
        await shop.proven(visit, order)
        registry.free.clear()
        async with asyncio.timeout(q.ANSWERED_WITHIN):
            assert (await shop.permitted(visit, order)).rule == "registry.unknown"
        async with asyncio.timeout(q.ANSWERED_WITHIN):
            checked_in = await shop.checked_in()
        assert not checked_in.admitted
        late = await shop.opened("counter-2", ticket_id=checked_in.ticket.ticket_id)
        assert [concern.rule for concern in late.concerns] == ["registry.unknown"]
        assert not shop.hub.watch.link.up
        registry.free.set()
        assert isinstance(await shop.permitted(visit, order), q.Permit)
        assert shop.hub.watch.link.up


@pytest.mark.requirement("PAT-07")
async def test_twenty_patients_of_one_caregiver_share_the_time_of_one_question(tmp_path):
    numbers = [f"P{n:07}" for n in range(20)]
    registry = Slow()
    registry.entries |= family(*numbers).entries
    look_up, limit = registry.look_up, 0.4

    async def only_the_caregiver(number):
        if number != CARER_CARD.number:
            registry.free.clear()
        return await look_up(number)

    registry.look_up = only_the_caregiver
    async with trial(tmp_path, registry=registry, seconds=limit) as shop:
        began = asyncio.get_running_loop().time()
        assert not (await shop.checked_in(CARER_CARD, CARER_ID)).admitted
        assert asyncio.get_running_loop().time() - began < 5 * limit


def test_the_hub_waits_for_the_registry_less_long_than_the_terminals_for_the_hub(tmp_path):
    assert Pace().question == q.ANSWERED_WITHIN
    assert settings(tmp_path).registry.seconds < q.ANSWERED_WITHIN


@pytest.mark.requirement("PAT-07")
@pytest.mark.parametrize("hides", ["the age", "the basis"])
async def test_a_record_that_hides_how_old_its_data_was_is_told_to_the_manager(tmp_path, lenient, hides):
    async with trial(tmp_path, packs=lenient) as shop:
        await seen_once(shop)
        shop.clock.advance(3600)
        shop.registry.trouble = AWAY
        visit = await attended(shop)
        order = await shop.picked(await shop.ordered(visit))
        units = await shop.proven(visit, order)
        permit = await shop.permitted(visit, order)
        other = None if hides == "the basis" else changed(permit.basis, as_of=shop.clock.now())
        accepted = await shop.tell("counter-1", shop.handed_over(visit, order, permit, units, basis=other))
        assert list(accepted.flagged.values()) == ["dispensed on another word of the registry than the permit's"]
