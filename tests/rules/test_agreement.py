"""The engine and a slow reference agree on random histories, in every version of every state's law; and what must hold
whatever the law says."""

import os
import random
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction

import pytest

from kiosk.model.allotments import Purchase
from kiosk.model.packages import Product
from kiosk.model.people import Waiver
from kiosk.rules.law import Law
from kiosk.rules.limits import Member, PerRecommendation
from kiosk.rules.pack import states, versions
from kiosk.rules.patients import Patient
from kiosk.rules.sales import Book, Item, Sale, merged
from tests.rules import slow
from tests.rules.slow import Bought, Someone, Thing

TORTURE = os.environ.get("KIOSK_TORTURE") == "1"
TURNS = int(os.environ.get("KIOSK_TURNS", "100000")) if TORTURE else 100
"""Random histories for each state, the first of them number ``FIRST``."""
FIRST = int(os.environ.get("KIOSK_FIRST", "0"))
LOOKED_AHEAD = 0.05
"""Of so many the day on which all of the basket is lawful is looked for date by date."""
LAWS = {law.name: law for state in states() for law in versions(state)}
ODD_DAYS = (
    date(2024, 2, 29),
    date(2024, 3, 1),
    date(2025, 3, 9),
    date(2025, 11, 2),
    date(2024, 12, 31),
    date(2023, 2, 28),
)
STORES = ("", "here", "there")
FACTS = (
    "terminal",
    "hospice",
    "provisional",
    "in_database",
    "enhanced",
    "listed_condition",
    "other_store",
    "guidelines",
)


def somewhen(chance: random.Random, law: Law) -> date:
    """A day on which the law is in force; often an odd one."""
    first, last = (
        max(law.effective_from, date(2020, 1, 1)),
        min(law.effective_to or date(2026, 12, 31), date(2026, 12, 31)),
    )
    odd = [day for day in ODD_DAYS if first <= day <= last]
    if odd and chance.random() < 0.3:
        return chance.choice(odd)
    return first + timedelta(days=chance.randint(0, (last - first).days))


def thing_for(chance: random.Random, law: Law, n: int) -> Thing:
    """A product that some pool of the law counts, with every amount that any pool could ask for."""
    pool = chance.choice(law.pools)
    member: Member = chance.choice(pool.members)
    kind = chance.choice(member.kinds) if member.kinds else chance.choice(["edible", "vape", "topical", "flower"])
    share = Decimal(chance.choice(["10", "23", "23.1", "35"]))
    amounts = {
        "net_weight_g": Decimal(chance.randint(1, 60_000)) / 1000,
        "thc_mg": Decimal(chance.randint(0, 30_000)) / 10,
        "flower_equivalent_g": Decimal(chance.randint(0, 30_000)) / 1000,
        "equivalent_oz": Decimal(chance.randint(0, 2_000)) / 1000,
        "volume_fl_oz": Decimal(chance.randint(1, 400)) / 10,
        "supply_days": Decimal(chance.choice([1, 7, 10, 14, 30, 45])) / chance.choice([1, 1, 2]),
        "thc_pct": share,
    }
    if chance.random() < 0.3 and member.if_known and member.thc_pct_over is None:
        del amounts[member.measure]
    return Thing(
        kind=kind,
        route=chance.choice(member.routes) if member.routes else {"flower": "smoking"}.get(kind, "oral"),
        form=chance.choice(member.forms) if member.forms else kind,
        count=chance.choice([1, 1, 1, 2, 3]),
        product=f"product {n}",
        amounts=amounts,
    )


def history_for(chance: random.Random, law: Law, on: date) -> list[Bought]:
    far = chance.choice([3, 40, 120, 400])
    things = [thing_for(chance, law, n) for n in range(4)]
    sold = []
    for n in range(chance.randint(0, 9)):
        picked = chance.sample(things, chance.randint(1, 3))
        sold.append(Bought(on - timedelta(days=chance.randint(0, far)), f"sale {n}", chance.choice(STORES), picked))
    return sold


def someone_for(chance: random.Random, law: Law, on: date) -> Someone:
    start = on - timedelta(days=chance.randint(0, 200))
    someone = Someone(
        age=chance.choice([17, 18, 20, 21, 40]),
        visitor=chance.random() < 0.2,
        facts=frozenset(fact for fact in FACTS if chance.random() < 0.2),
        certified=(start, on + timedelta(days=chance.choice([0, 5, 30, 300]))),
    )
    for pool in law.pools:
        if chance.random() < 0.25:
            someone.stated[pool.key] = Decimal(chance.randint(1, 20)) * (pool.limit or Decimal(10)) / 10
        if chance.random() < 0.1:
            last = on + timedelta(days=chance.randint(-3, 3))
            first = on - timedelta(days=chance.choice([9, 9, 179, 180, 400]))
            someone.waivers.append((pool.key, (pool.limit or Decimal(1)) * 2, first, last))
    return someone


def product_of(thing: Thing) -> Product:
    return Product(
        product_id=thing.product,
        name=thing.product,
        form=thing.form,
        route=thing.route,
        category=thing.kind,
        **dict(thing.amounts),  # type: ignore[arg-type]
    )


def purchases_of(history: list[Bought], certified_from: date) -> tuple[Purchase, ...]:
    return tuple(
        Purchase(
            on=sale.on,
            product_id=thing.product,
            form=thing.form,
            route=thing.route,
            units=thing.count,
            category=thing.kind,
            order=sale.sale,
            store=sale.store,
            recommendation_id="now" if sale.on >= certified_from else "before",
            thc_mg=thing.amounts["thc_mg"],
            net_weight_g=thing.amounts.get("net_weight_g"),
            flower_equivalent_g=thing.amounts["flower_equivalent_g"],
            equivalent_oz=thing.amounts["equivalent_oz"],
            volume_fl_oz=thing.amounts["volume_fl_oz"],
            supply_days=thing.amounts.get("supply_days"),
            thc_pct=thing.amounts["thc_pct"],
        )
        for sale in history
        for thing in sale.things
    )


def patient_of(someone: Someone) -> Patient:
    assert someone.certified is not None
    return Patient(
        age=someone.age,
        visitor=someone.visitor,
        facts=dict.fromkeys(someone.facts, True),
        certified_from=someone.certified[0],
        certified_to=someone.certified[1],
        recommendation_id="now",
        limits=someone.stated,
        waivers=tuple(
            Waiver(pool=key, amount=amount, valid_from=first, valid_to=last, authority="invented")
            for key, amount, first, last in someone.waivers
        ),
        in_person=False,
    )


@dataclass
class Case:
    """One random patient; ``repr`` is the seed, with which it comes again."""

    seed: str
    chance: random.Random = field(repr=False)
    law: Law = field(repr=False)
    on: date
    someone: Someone = field(repr=False)
    history: list[Bought] = field(repr=False)
    store: str = field(repr=False)


def sale_of(case: Case, history: list[Bought], basket: list[Item]) -> Sale:
    assert case.someone.certified is not None
    book = Book(purchases=purchases_of(history, case.someone.certified[0]), available={}, store=case.store)
    return Sale(case.law, book, patient_of(case.someone), case.on, basket)


def cases(state: str, turns: int) -> Iterator[Case]:
    laws = [law for law in LAWS.values() if law.state == state]
    for n in range(FIRST, FIRST + turns):
        seed = f"{state} {n}"
        chance = random.Random(seed)
        law = laws[n % len(laws)]
        on = somewhen(chance, law)
        someone, history = someone_for(chance, law, on), history_for(chance, law, on)
        yield Case(seed, chance, law, on, someone, history, chance.choice(STORES))


def fits_slowly(law: Law, sale: Sale, case: Case, on: date, things: list[Thing]) -> bool:
    """Whether the things together fit every pool on that day, counted day by day."""
    products: dict[str, set[str | None]] = {pool.key: {None} for pool in law.pools}
    for one in sale.counts:
        if one.product is not None:
            products[one.pool.key] = products[one.pool.key] - {None} | {one.product}
    for pool in law.pools:
        for product in products[pool.key] if slow.meant(pool.who, case.someone) else ():
            mine = [thing for thing in things if product in (None, thing.product)]
            asked = slow.takes(pool, Bought(on, "this", case.store, mine))
            left = slow.left(pool, case.someone, case.history, on, case.store, product)
            if asked and (not pool.where_stated if left is None else asked > left):
                return False
    return True


@pytest.mark.requirement("ALT-02", "ALT-03")
@pytest.mark.timeout(0 if TORTURE else 300)
@pytest.mark.parametrize("state", states())
def test_the_engine_agrees_with_a_count_day_by_day(state: str) -> None:
    for case in cases(state, TURNS):
        chance, law, on = case.chance, case.law, case.on
        things = [thing_for(chance, law, chance.randint(0, 5) + 6 * n) for n in range(chance.choice([1, 1, 2, 3]))]
        basket = [Item(product=product_of(thing), units=thing.count) for thing in things]
        sale = sale_of(case, case.history, basket)
        told = {(one.pool.key, one.product): one for one in sale.counts}
        for pool in law.pools:
            if not slow.meant(pool.who, case.someone):
                assert not [key for key, _ in told if key == pool.key]
                continue
            for product in sorted({key[1] for key in told if key[0] == pool.key}, key=str) or [None]:
                wanted = slow.left(pool, case.someone, case.history, on, case.store, product)
                one = told.get((pool.key, product))
                if wanted is None:
                    assert one is None or one.unknown is not None
                    continue
                assert one is not None, (case, pool.key)
                if one.unlimited(on):
                    assert wanted >= slow.ENDLESS - 10**9
                    continue
                assert max(sale.left[id(one)], Fraction(0)) == wanted, (case, pool.key, product)
        lines = merged(basket)
        if sale.refusal(lines) is None:
            judged_alike(case, sale, things)


def judged_alike(case: Case, sale: Sale, things: list[Thing]) -> None:
    """The verdict, the nearest basket and the day of the whole basket are what the slow count makes them."""
    lines = merged(Item(product=product_of(thing), units=thing.count) for thing in things)
    over = next(sale.over(lines), None)
    assert (over is None) is fits_slowly(case.law, sale, case, case.on, things), case
    if over is None:
        return
    kept = {line.product.product_id: line.units for line in sale.nearest(lines, over[0])}

    def some(counts: dict[str, int]) -> list[Thing]:
        return [replace(thing, count=counts[thing.product]) for thing in things if counts.get(thing.product)]

    assert fits_slowly(case.law, sale, case, case.on, some(kept)), (case, kept)
    for thing in things:
        if kept.get(thing.product, 0) < thing.count:
            more = {**kept, thing.product: kept.get(thing.product, 0) + 1}
            assert not fits_slowly(case.law, sale, case, case.on, some(more)), (case, more)
    if case.chance.random() < LOOKED_AHEAD:
        assert case.someone.certified is not None
        days = (case.on + timedelta(days=n) for n in range(1, 46))
        within = [day for day in days if day <= case.someone.certified[1]]
        first = next((day for day in within if fits_slowly(case.law, sale, case, day, things)), None)
        said = sale.lawful_on(lines)
        assert first == (said if said is None or said in within else None), (case, first, said)


@pytest.mark.requirement("ALT-02")
@pytest.mark.parametrize("state", states())
def test_what_holds_whatever_the_law_says(state: str) -> None:
    """Never below zero; never more after a purchase than before; the order of events is irrelevant; splitting a basket
    gains nothing."""
    for case in cases(state, 40):
        chance, law, on = case.chance, case.law, case.on
        thing = thing_for(chance, law, 9)
        basket = [Item(product=product_of(thing), units=thing.count)]
        before = sale_of(case, case.history, basket)
        again = sale_of(case, chance.sample(case.history, len(case.history)), basket)
        bought = Bought(on, "now", case.store, [thing])
        after = sale_of(case, [*case.history, bought], basket)
        assert [(one.pool.key, one.product) for one in before.counts] == [(o.pool.key, o.product) for o in after.counts]
        for one, same, later in zip(before.counts, again.counts, after.counts, strict=True):
            assert before.left[id(one)] == again.left[id(same)]
            assert max(after.left[id(later)], Fraction(0)) <= max(before.left[id(one)], Fraction(0))
            for back, amount in one.returns():
                assert back > on
                assert amount > 0
        fits = before.refusal(merged(basket)) is None and next(before.over(merged(basket)), None) is None
        remembers = all(one.pool.window.__struct_config__.tag != "transaction" for one in before.counts)
        if thing.count > 1 and remembers and one_by_one(case, thing):
            assert fits, (case, law.name, on, thing)


def one_by_one(case: Case, thing: Thing) -> bool:
    """Whether the same packages would be sold in sales of one each."""
    sold = list(case.history)
    for n in range(thing.count):
        single = [Item(product=product_of(thing), units=1)]
        step = sale_of(case, sold, single)
        if step.refusal(merged(single)) is not None or next(step.over(merged(single)), None) is not None:
            return False
        sold.append(Bought(case.on, f"part {n}", case.store, [replace(thing, count=1)]))
    return True


def test_no_law_counts_orders_without_being_told_so() -> None:
    """What hangs on an order counts nothing before its amount is stated."""
    for law in LAWS.values():
        for pool in law.pools:
            if isinstance(pool.window, PerRecommendation):
                assert pool.limit is not None or pool.where_stated
