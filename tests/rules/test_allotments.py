"""Exactly at the limit passes, one smallest unit more does not: in every window, on every odd day of the calendar."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given as drawn
from hypothesis import settings
from hypothesis import strategies as st

from kiosk.model.allotments import Purchase
from kiosk.model.people import Waiver
from kiosk.rules.allotments import NO_LIMIT, Book, Item, judge, most, standing
from kiosk.rules.limits import Who
from kiosk.rules.patients import Patient, concerns
from tests.rules.given import (
    CYCLE,
    DAY,
    EVERY_WINDOW,
    MONTH,
    ROLLING,
    TODAY,
    TRANSACTION,
    bought,
    florida,
    flower,
    law,
    pool,
    recommendation,
    tincture,
)
from tests.rules.oracle import used_micrograms

LIMIT = 70_875_000
"""2.5 oz of 28.35 g, in micrograms."""

odd_days = st.sampled_from(
    [
        date(2024, 2, 29),  # leap day
        date(2024, 3, 1),
        date(2023, 3, 1),
        date(2025, 3, 9),  # 23 hours
        date(2025, 3, 10),
        date(2025, 11, 2),  # 25 hours
        date(2024, 12, 31),
        date(2025, 1, 1),
        date(2025, 4, 30),
    ]
)
days = st.one_of(odd_days, st.dates(date(2023, 1, 1), date(2026, 12, 31)))
micrograms = st.integers(1, 9_000_000)


def grams(value: int) -> Decimal:
    return Decimal(value) / 1_000_000


@st.composite
def histories(draw: st.DrawFn, on: date) -> tuple[Purchase, ...]:
    ages = draw(st.lists(st.tuples(st.integers(0, 120), micrograms, st.integers(1, 3)), max_size=8))
    return tuple(bought(on - timedelta(days=age), flower(grams(weight)), units) for age, weight, units in ages)


@pytest.mark.requirement("ALT-02")
@pytest.mark.parametrize("window", EVERY_WINDOW)
@settings(max_examples=120, deadline=None)
@drawn(data=st.data(), on=days, start=st.integers(0, 400))
def test_exactly_at_the_limit_passes_and_one_microgram_more_does_not(
    window: str, data: st.DataObject, on: date, start: int
) -> None:
    pack = law(pool(window=window))
    doctor = recommendation(valid_from=on - timedelta(days=start))
    book = Book(purchases=data.draw(histories(on)))
    left = LIMIT - used_micrograms(pack.pools[0], book.purchases, on, doctor.valid_from)

    def fits(weight: int) -> bool:
        basket = [Item(product=flower(grams(weight)), units=1)]
        return judge(pack, book, doctor, on, basket).refusal is None

    assert fits(max(left + 1, 1)) is False
    assert fits(0) is False  # what is counted by weight and weighs nothing is a record that is not filled in
    if left > 0:
        assert fits(left)


@pytest.mark.requirement("ALT-02")
@settings(max_examples=200, deadline=None)
@drawn(data=st.data(), on=days)
def test_overlapping_limits_agree_with_a_count_day_by_day(data: st.DataObject, on: date) -> None:
    pack = law(
        pool("week", window='{ kind = "rolling", days = 7 }', limit="1"),
        pool("month", window=MONTH, limit="2"),
        pool("cycle", window=CYCLE, limit="2.5"),
        pool("sale", window=TRANSACTION, limit="0.75"),
    )
    doctor = recommendation(valid_from=on - timedelta(days=60))
    book = Book(purchases=data.draw(histories(on)))
    weights = data.draw(st.lists(st.tuples(st.integers(1, 9_000_000), st.integers(1, 3)), min_size=1, max_size=4))
    basket = [
        Item(product=flower(grams(weight), product_id=f"p{n}"), units=units)
        for n, (weight, units) in enumerate(weights)
    ]
    asked = sum(weight * units for weight, units in weights)
    wanted = all(
        used_micrograms(each, book.purchases, on, doctor.valid_from) + asked <= Fraction(each.limit or 0) * 28_350_000
        for each in pack.pools
    )
    assert (judge(pack, book, doctor, on, basket).refusal is None) is wanted


mixed = st.lists(
    st.tuples(st.sampled_from("abcde"), st.integers(1, 12), st.sampled_from(["1", "3.5", "7", "0.123", "14.175"])),
    min_size=1,
    max_size=6,
)
TWO_POOLS = (
    pool("all", window=ROLLING, limit="2.5"),
    pool(
        "heavy", window=DAY, limit="1", members='[{ measure = "net_weight_g", forms = ["a", "b"], per_unit = 28.35 }]'
    ),
)


def basket_of(lines: list[tuple[str, int, str]]) -> list[Item]:
    weight = {name: each for name, _, each in lines}
    return [Item(product=flower(weight[name], product_id=name, name=name, form=name), units=n) for name, n, _ in lines]


@settings(max_examples=150, deadline=None)
@drawn(lines=mixed, seed=st.randoms(use_true_random=False), on=days, data=st.data())
def test_the_order_of_the_lines_is_of_no_matter(
    lines: list[tuple[str, int, str]], seed: object, on: date, data: st.DataObject
) -> None:
    pack, book, basket = law(*TWO_POOLS), Book(purchases=data.draw(histories(on))), basket_of(lines)
    shuffled = data.draw(st.permutations(basket))
    split = [Item(product=each.product, units=1) for each in basket for _ in range(each.units)]
    first = judge(pack, book, recommendation(), on, basket)
    assert judge(pack, book, recommendation(), on, shuffled) == first
    assert judge(pack, book, recommendation(), on, split) == first


@settings(max_examples=150, deadline=None)
@drawn(lines=mixed, on=days, data=st.data())
def test_the_nearest_basket_is_legal_and_not_a_unit_can_be_added(
    lines: list[tuple[str, int, str]], on: date, data: st.DataObject
) -> None:
    pack, book, basket = law(*TWO_POOLS), Book(purchases=data.draw(histories(on))), basket_of(lines)
    judged = judge(pack, book, recommendation(), on, basket)
    if judged.refusal is None:
        assert judged.nearest == ()
        return
    product = {each.product.product_id: each.product for each in basket}
    asked = {name: sum(each.units for each in basket if each.product.product_id == name) for name in product}
    nearest = [Item(product=product[line.product_id], units=line.units) for line in judged.nearest]
    assert judge(pack, book, recommendation(), on, nearest).refusal is None
    kept = {line.product_id: line.units for line in judged.nearest}
    for name, units in asked.items():
        assert 0 <= kept.get(name, 0) <= units
        if kept.get(name, 0) < units:
            more = [*nearest, Item(product=product[name], units=1)]
            assert judge(pack, book, recommendation(), on, more).refusal is not None


@settings(max_examples=100, deadline=None)
@drawn(on=days, data=st.data(), weight=st.sampled_from(["0.001", "1", "3.5", "14.175", "70.875", "71"]))
def test_most_is_the_last_number_that_fits(on: date, data: st.DataObject, weight: str) -> None:
    pack, book = law(*TWO_POOLS), Book(purchases=data.draw(histories(on)))
    product = flower(weight, form="a")
    n = most(pack, book, recommendation(), on, [], product)
    assert 0 <= n <= NO_LIMIT

    def fits(units: int) -> bool:
        return judge(pack, book, recommendation(), on, [Item(product=product, units=units)]).refusal is None

    assert n == 0 or fits(n)
    assert n == NO_LIMIT or not fits(n + 1)


@settings(max_examples=150, deadline=None)
@drawn(on=days, data=st.data(), window=st.sampled_from(EVERY_WINDOW))
def test_what_is_promised_for_a_later_day_can_be_bought_on_it(on: date, data: st.DataObject, window: str) -> None:
    pack, doctor = law(pool(window=window)), recommendation(valid_from=on - timedelta(days=100))
    book = Book(purchases=data.draw(histories(on)))
    judged = judge(pack, book, doctor, on, [Item(product=flower("71"), units=1)])
    assert judged.refusal is not None
    (now,) = judged.standing.pools
    for back in now.returns:
        assert back.on > on
        before = standing(pack, book, doctor, back.on - timedelta(days=1)).pools[0]
        after = standing(pack, book, doctor, back.on).pools[0]
        assert after.remaining >= before.remaining
        assert abs(after.used - (before.used - back.amount)) <= Decimal("0.02")


@pytest.mark.requirement("ALT-01", "INS-06")
def test_a_refusal_names_rule_law_sum_and_the_way_on() -> None:
    on = date(2025, 3, 9)
    history = (bought(date(2025, 2, 3), flower("21.2625")), bought(date(2025, 2, 20), flower("28.35")))
    judged = judge(
        florida(on),
        Book(purchases=history, available={}),
        recommendation(),
        on,
        [Item(product=flower("7.0875"), units=4)],
    )
    refusal = judged.refusal
    assert refusal is not None
    assert refusal.rule == "FL.smoking"
    assert "381.986" in refusal.citation
    assert str(refusal.reason) == "Smoking: 1 oz asked, 0.75 oz left."
    assert str(refusal.arithmetic) == "The limit is 2.5 oz in 35 days. 1.75 oz used, 0.75 oz left. Asked: 1 oz."
    assert str(refusal.way_on) == "Take this today: 3 × Harbour Flower. From 10-Mar-2025 on: 1.5 oz."
    assert [(line.product_id, line.units) for line in judged.nearest] == [("flower", 3)]


@pytest.mark.requirement("ALT-01")
def test_the_counter_sees_what_is_left_in_the_laws_unit_whose_figure_it_is_and_how_many_that_makes() -> None:
    on = date(2025, 3, 9)
    book = Book(
        purchases=(bought(date(2025, 2, 3), flower("21.2625")), bought(date(2025, 2, 20), flower("28.35"))),
        available={"smoking": Decimal("0.5")},
        as_of=datetime(2025, 3, 9, 14, 30, tzinfo=UTC),
    )
    seen = standing(
        florida(on), book, recommendation(routes=("smoking",)), on, offers=[Item(product=flower(), units=1)]
    )
    (smoking,) = seen.pools
    assert (smoking.remaining, smoking.unit, smoking.limit) == (Decimal("0.5"), "oz", Decimal("2.5"))
    assert (smoking.source, smoking.as_of) == ("registry", book.as_of)
    assert [(each.on, each.amount) for each in smoking.returns] == [
        (date(2025, 3, 10), Decimal("0.75")),
        (date(2025, 3, 27), Decimal("1")),
    ]
    assert seen.most == {"flower": 4}
    assert seen.pack == "FL 2022-08-29"


@pytest.mark.requirement("ALT-05")
@settings(max_examples=150, deadline=None)
@drawn(
    here=st.lists(st.tuples(st.integers(0, 50), micrograms, st.booleans()), max_size=6),
    elsewhere=st.integers(0, LIMIT),
    on=days,
)
def test_of_the_states_figure_less_what_it_cannot_know_and_our_own_sum_the_smaller_wins(
    here: list[tuple[int, int, bool]], elsewhere: int, on: date
) -> None:
    pack = law(pool(limit="70.875", members='[{ measure = "net_weight_g" }]'), owner="registry")
    all_here = [(bought(on - timedelta(days=age), flower(grams(weight))), sent) for age, weight, sent in here]
    counted = [(each, sent) for each, sent in all_here if each.on > on - timedelta(days=14)]
    known = sum((each.net_weight_g or 0 for each, sent in counted if sent), Decimal(0))
    unknown = sum((each.net_weight_g or 0 for each, sent in counted if not sent), Decimal(0))
    available = grams(LIMIT) - grams(elsewhere) - known
    book = Book(
        purchases=tuple(each for each, _ in all_here),
        unreported=tuple(each for each, sent in all_here if not sent),
        available={"flower": available},
    )
    left = min(grams(LIMIT) - known - unknown, available - unknown)
    for weight, wanted in ((left, True), (left + grams(1), False)):
        if weight <= 0:
            continue
        judged = judge(pack, book, recommendation(), on, [Item(product=flower(weight), units=1)])
        assert (judged.refusal is None) is wanted


def test_without_the_states_figure_nothing_is_sold_where_the_state_owns_it() -> None:
    basket = [Item(product=tincture(), units=1)]
    refusal = judge(florida(), Book(), recommendation(), TODAY, basket).refusal
    assert refusal is not None
    assert refusal.rule == "FL.figure"
    assert judge(florida(), Book(available={}), recommendation(), TODAY, basket).refusal is None


def test_a_product_without_the_amount_that_counts_is_refused_by_name() -> None:
    basket = [Item(product=tincture(None), units=1), Item(product=flower(), units=1)]
    judged = judge(florida(), Book(available={}), recommendation(), TODAY, basket)
    assert judged.refusal is not None
    assert str(judged.refusal.reason) == "The THC amount of Calm Tincture is not known."
    assert [line.product_id for line in judged.nearest] == ["flower"]


def test_an_earlier_purchase_without_its_amount_makes_the_limit_unknown_and_nothing_is_left() -> None:
    book = Book(purchases=(bought(TODAY, tincture(None)),), available={})
    pools = {each.pool: each for each in standing(florida(), book, recommendation(), TODAY).pools}
    assert pools["sublingual"].unknown is not None
    assert pools["sublingual"].remaining == 0
    assert pools["smoking"].unknown is None
    judged = judge(florida(), book, recommendation(), TODAY, [Item(product=tincture(), units=1)])
    assert judged.refusal is not None
    assert judged.nearest == ()


def test_a_product_that_no_limit_counts_is_refused_and_a_device_uses_none() -> None:
    vaginal = tincture(route="vaginal")
    judged = judge(
        florida(), Book(available={}), recommendation(routes=("vaginal",)), TODAY, [Item(product=vaginal, units=1)]
    )
    assert judged.refusal is not None
    assert judged.refusal.rule == "FL.uncounted"
    device = flower(None, product_id="grinder", category="device", route="", form="device")
    assert judge(florida(), Book(), recommendation(), TODAY, [Item(product=device, units=3)]).refusal is None
    assert most(florida(), Book(), recommendation(), TODAY, [], device) == NO_LIMIT


def test_the_route_cannot_be_chosen_to_dodge_a_limit() -> None:
    basket = [Item(product=tincture(), units=1, route="oral")]
    refusal = judge(florida(), Book(available={}), recommendation(), TODAY, basket).refusal
    assert refusal is not None
    assert refusal.rule == "product.route"
    both = tincture(other_routes=("oral",))
    judged = judge(florida(), Book(available={}), recommendation(), TODAY, [Item(product=both, units=1, route="oral")])
    assert judged.refusal is None
    used = {each.pool: each.used for each in judged.standing.pools if each.used}
    assert used == {"oral": 300, "aggregate": 300}


@pytest.mark.parametrize("units", [0, -1])
def test_a_line_of_no_units_gives_nothing_back(units: int) -> None:
    basket = [Item(product=flower("71"), units=1), Item(product=flower("71", product_id="other"), units=units)]
    refusal = judge(law(pool()), Book(), recommendation(), TODAY, basket).refusal
    assert refusal is not None
    basket = [Item(product=flower("71"), units=1), Item(product=flower("71"), units=units)]
    assert judge(law(pool()), Book(), recommendation(), TODAY, basket).refusal is not None
    history = Book(purchases=(bought(TODAY, flower(), -5),))
    assert judge(law(pool()), history, recommendation(), TODAY, [Item(product=flower(), units=1)]).refusal is not None


def test_the_physicians_smaller_limit_binds_and_is_named() -> None:
    doctor = recommendation(limits={"flower": Decimal(1)})
    judged = judge(law(pool()), Book(), doctor, TODAY, [Item(product=flower("28.36"), units=1)])
    assert judged.refusal is not None
    assert judged.standing.pools[0].source == "physician"
    assert "physician" in str(judged.refusal.arithmetic)
    larger = recommendation(limits={"flower": Decimal(9)})
    assert standing(law(pool()), Book(), larger, TODAY).pools[0].limit == Decimal("2.5")


def test_the_state_may_waive_a_limit_for_a_time() -> None:
    waiver = Waiver(
        pool="flower", amount=Decimal(4), valid_from=TODAY, valid_to=TODAY + timedelta(days=9), authority="W-1"
    )
    doctor, pack = recommendation(waivers=(waiver,)), law(pool(rest="waivable = true"))
    limits = [standing(pack, Book(), doctor, TODAY + timedelta(days=n)).pools[0].limit for n in (-1, 0, 9, 10)]
    assert limits == [Decimal("2.5"), 4, 4, Decimal("2.5")]
    assert standing(law(pool()), Book(), doctor, TODAY).pools[0].limit == Decimal("2.5")


def test_a_limit_that_sank_below_what_is_used_leaves_nothing_and_recovers() -> None:
    doctor = recommendation(limits={"flower": Decimal(1)})
    book = Book(
        purchases=(bought(TODAY, flower("14.175"), 3), bought(TODAY - timedelta(days=13), flower("28.35"), 1)),
    )
    amounts = [
        standing(law(pool()), book, doctor, TODAY + timedelta(days=n)).pools[0].remaining for n in (0, 1, 13, 14)
    ]
    assert amounts == [0, 0, 0, 1]


def test_nothing_is_sold_without_a_recommendation_of_today() -> None:
    basket = [Item(product=flower(), units=1)]
    for doctor in (None, recommendation(valid_to=TODAY - timedelta(days=1)), recommendation(routes=())):
        assert judge(law(pool()), Book(), doctor, TODAY, basket).refusal is not None
        assert most(law(pool()), Book(), doctor, TODAY, [], flower()) == 0


def test_a_purchase_dated_tomorrow_by_a_wrong_clock_counts_today() -> None:
    book = Book(purchases=(bought(TODAY + timedelta(days=1), flower("70.875")),))
    assert (
        judge(law(pool()), book, recommendation(), TODAY, [Item(product=flower("0.001"), units=1)]).refusal is not None
    )


def test_rounding_up_is_for_each_product_of_a_sale() -> None:
    """Whole days of supply: 2 × 2.83 g of one product are 2.246 days, hence 3; the vape's 1.102 are 2; gummies 1."""
    pack = law(
        pool(
            "days",
            window='{ kind = "cycle", days = 45, anchor = "recommendation", first_days = 46, first_limit = 46 }',
            limit="45",
            rest="round_up_to = 1",
            members="""[
    { measure = "net_weight_g", forms = ["flower"], per_unit = 2.52 },
    { measure = "thc_mg", forms = ["vape"], per_unit = 590 },
    { measure = "thc_mg", forms = ["edible"], per_unit = 110 },
]""",
        )
    )
    doctor = recommendation(valid_from=date(2024, 5, 1))
    sale = tuple(
        bought(date(2024, 5, 10), product, units, order="S-1")
        for product, units in (
            (flower("2.83"), 1),
            (flower("2.83"), 1),
            (tincture("650", form="vape", product_id="vape"), 1),
            (tincture("110", form="edible", product_id="gummies"), 1),
        )
    )
    left = [
        standing(pack, Book(purchases=sale), doctor, day).pools[0].remaining
        for day in (date(2024, 5, 10), date(2024, 6, 15), date(2024, 6, 16))
    ]
    assert left == [40, 40, 45]


@pytest.mark.parametrize("nonsense", ["NaN", "sNaN", "Infinity", "-1"])
def test_a_figure_that_is_no_number_makes_the_limit_unknown(nonsense: str) -> None:
    book = Book(purchases=(bought(TODAY, flower(nonsense)),))
    (only,) = standing(law(pool()), book, recommendation(), TODAY).pools
    assert only.unknown is not None
    assert judge(law(pool()), Book(), recommendation(), TODAY, [Item(product=flower(nonsense), units=1)]).refusal


def test_ages_at_the_edge() -> None:
    who = Who(age_from=18, age_below=21)
    assert [concerns(who, Patient(age=age)) for age in (17, 18, 20, 21)] == [False, True, True, False]
    assert concerns(who, Patient()) is None
    assert concerns(who, Patient(facts={"minor": True})) is False
    assert concerns(Who(age_below=18), Patient()) is False
    assert concerns(Who(age_below=18), Patient(facts={"minor": True})) is True
