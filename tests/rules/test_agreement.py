"""The engine and a slow reference agree on random histories, in every version of every state's law; and what must hold
whatever the law says."""

import os
import random
from collections.abc import Iterator
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
TURNS = int(os.environ.get("KIOSK_TURNS", "100000")) if TORTURE else 200
"""Random histories for each state."""
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


def sale_of(law: Law, history: list[Bought], someone: Someone, on: date, basket: list[Item], store: str) -> Sale:
    assert someone.certified is not None
    book = Book(purchases=purchases_of(history, someone.certified[0]), available={}, store=store)
    return Sale(law, book, patient_of(someone), on, basket)


def cases(state: str, turns: int) -> Iterator[tuple[random.Random, Law, Someone, list[Bought], date, str]]:
    laws = [law for law in LAWS.values() if law.state == state]
    for n in range(turns):
        chance = random.Random(f"{state} {n}")
        law = laws[n % len(laws)]
        on = somewhen(chance, law)
        yield chance, law, someone_for(chance, law, on), history_for(chance, law, on), on, chance.choice(STORES)


@pytest.mark.requirement("ALT-02", "ALT-03")
@pytest.mark.timeout(0 if TORTURE else 300)
@pytest.mark.parametrize("state", states())
def test_the_engine_agrees_with_a_count_day_by_day(state: str) -> None:
    for chance, law, someone, history, on, store in cases(state, TURNS):
        thing = thing_for(chance, law, chance.randint(0, 5))
        basket = [Item(product=product_of(thing), units=thing.count)]
        sale = sale_of(law, history, someone, on, basket, store)
        told = {(one.pool.key, one.product): one for one in sale.counts}
        fits = True
        for pool in law.pools:
            if not slow.meant(pool.who, someone):
                assert not [key for key, _ in told if key == pool.key]
                continue
            for product in sorted({key[1] for key in told if key[0] == pool.key}, key=str) or [None]:
                wanted = slow.left(pool, someone, history, on, store, product)
                one = told.get((pool.key, product))
                if wanted is None:
                    assert one is None or one.unknown is not None
                    continue
                assert one is not None, (state, on, pool.key)
                if one.unlimited(on):
                    assert wanted >= slow.ENDLESS - 10**9
                    continue
                assert max(sale.left[id(one)], Fraction(0)) == wanted, (law.name, on, pool.key, product)
                asked = slow.takes(pool, Bought(on, "this", store, [thing])) if product in (None, thing.product) else 0
                fits = fits and not (asked and asked > wanted)
        lines = merged(basket)
        if sale.refusal(lines) is None:
            assert (next(sale.over(lines), None) is None) is fits, (law.name, on, thing)


@pytest.mark.requirement("ALT-02")
@pytest.mark.parametrize("state", states())
def test_what_holds_whatever_the_law_says(state: str) -> None:
    """Never below zero; never more after a purchase than before; the order of events is irrelevant; splitting a basket
    gains nothing."""
    for chance, law, someone, history, on, store in cases(state, 40):
        thing = thing_for(chance, law, 9)
        basket = [Item(product=product_of(thing), units=thing.count)]
        before = sale_of(law, history, someone, on, basket, store)
        shuffled = chance.sample(history, len(history))
        again = sale_of(law, shuffled, someone, on, basket, store)
        bought = Bought(on, "now", store, [thing])
        after = sale_of(law, [*history, bought], someone, on, basket, store)
        assert [(one.pool.key, one.product) for one in before.counts] == [(o.pool.key, o.product) for o in after.counts]
        for one, same, later in zip(before.counts, again.counts, after.counts, strict=True):
            assert before.left[id(one)] == again.left[id(same)]
            assert max(after.left[id(later)], Fraction(0)) <= max(before.left[id(one)], Fraction(0))
            for back, amount in one.returns():
                assert back > on
                assert amount > 0
        fits = before.refusal(merged(basket)) is None and next(before.over(merged(basket)), None) is None
        if thing.count > 1:
            one_by_one, sold = True, list(history)
            for n in range(thing.count):
                single = [Item(product=basket[0].product, units=1)]
                step = sale_of(law, sold, someone, on, single, store)
                if step.refusal(merged(single)) is not None or next(step.over(merged(single)), None) is not None:
                    one_by_one = False
                    break
                part = Thing(thing.kind, thing.route, thing.form, 1, thing.product, thing.amounts)
                sold.append(Bought(on, f"part {n}", store, [part]))
            remembers = all(one.pool.window.__struct_config__.tag != "transaction" for one in before.counts)
            if one_by_one and remembers:
                assert fits, (law.name, on, thing)


def test_no_law_counts_orders_without_being_told_so() -> None:
    """What hangs on an order counts nothing before its amount is stated."""
    for law in LAWS.values():
        for pool in law.pools:
            if isinstance(pool.window, PerRecommendation):
                assert pool.limit is not None or pool.where_stated
