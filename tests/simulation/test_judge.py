"""The judge sees each kind of wrong: planted here one by one, on a store where nothing else happened."""

import random
from collections.abc import Callable
from datetime import timedelta

import pytest
from msgspec.structs import replace

from kiosk.model.labels import Label, LabelField
from kiosk.model.records import Dispensed, DispensedUnit, Record
from kiosk.simulation.judge import Judge, Violation
from kiosk.simulation.machines import Clock
from kiosk.simulation.shop import Customer, Shop, make_shop
from kiosk.simulation.state import State
from kiosk.tracking.port import Sale, SaleLine


@pytest.fixture
def shop() -> Shop:
    return make_shop(random.Random(5), counters=1, customers=3, days=1)


def label(customer: Customer, tag: str, number: str) -> Label:
    name = LabelField(key="patient.name", heading="Patient", value=f"{customer.person.given} {customer.person.family}")
    return Label(number=number, print_no=1, tag=tag, fields=(name,))


def of(shop: Shop, product_id: str) -> str:
    return next(tag for tag, package in shop.packages.items() if package.product_id == product_id)


def judged(shop: Shop) -> tuple[Judge, list[Record], State]:
    """One unit, well handed over, on record and reported."""
    judge, customer, tag = Judge(shop), shop.customers[0], of(shop, "flower")
    judge.hands_over(shop.opens, customer, tag, label(customer, tag, "N1"))
    fact = Dispensed(
        visit_id="v", order_id="o", permit_id="p", external_number="X1",
        units=(DispensedUnit(line_id="l", number="N1", print_no=1, tag=tag),),
    )  # fmt: skip
    record = Record(
        key="f:1", terminal="counter-1", role="counter", epoch=1, seq=1, at=shop.opens, sop="DSP-1 v2", step="DSP-1.8",
        fact=fact,
    )  # fmt: skip
    judge.keeps(record)
    state = State(Clock(shop.opens), random.Random(1), shop.packages, shop.products, shop.registry)
    line = SaleLine(tag=tag, units=shop.products[0].price * 0 + 1, unit="Each", total=shop.products[0].price)
    state.sales["X1"] = Sale(
        external_number="X1", sold_at=shop.opens, zone=shop.facts.zone, customer="patient",
        patient_number=customer.number, lines=(line,),
    )  # fmt: skip
    return judge, [record], state


def test_what_is_right_is_right(shop: Shop):
    judge, ledger, state = judged(shop)
    judge.closes(ledger, state)


def another_number(ledger: list[Record], _: State) -> None:
    ledger.append(replace(ledger[0], key="f:2"))


def lost(ledger: list[Record], _: State) -> None:
    ledger.clear()


def doubled(ledger: list[Record], _: State) -> None:
    ledger.append(ledger[0])


def altered(ledger: list[Record], _: State) -> None:
    ledger[0] = replace(ledger[0], step="DSP-1.9")


def untold(_: list[Record], state: State) -> None:
    state.sales.clear()


def told_twice(_: list[Record], state: State) -> None:
    state.twice.append("X1")


def told_more(_: list[Record], state: State) -> None:
    sale = state.sales["X1"]
    state.sales["X1"] = replace(sale, lines=(replace(sale.lines[0], units=sale.lines[0].units + 1),))


def told_another(_: list[Record], state: State) -> None:
    state.sales["X1"] = replace(state.sales["X1"], patient_number="P0000000")


@pytest.mark.parametrize("plant", [another_number, lost, doubled, altered, untold, told_twice, told_more, told_another])
def test_books_that_differ_are_seen(shop: Shop, plant: Callable[[list[Record], State], None]):
    judge, ledger, state = judged(shop)
    plant(ledger, state)
    with pytest.raises(Violation):
        judge.closes(ledger, state)


def test_a_ghost_and_a_missing_unit_are_seen(shop: Shop):
    judge, ledger, state = judged(shop)
    judge.handed.clear()
    with pytest.raises(Violation, match="nobody was given"):
        judge.closes(ledger, state)
    judge, ledger, state = judged(shop)
    customer, tag = shop.customers[1], of(shop, "tincture")
    judge.hands_over(shop.opens, customer, tag, label(customer, tag, "N2"))
    with pytest.raises(Violation, match="not on record"):
        judge.closes(ledger, state)


def test_wrong_labels_are_seen(shop: Shop):
    me, other = shop.customers[:2]
    tag, wrong = of(shop, "flower"), of(shop, "tincture")
    for stuck in (None, label(me, wrong, "N1"), label(other, tag, "N1")):
        if stuck is not None and other.person == me.person:
            continue
        with pytest.raises(Violation):
            Judge(shop).hands_over(shop.opens, me, tag, stuck)


def test_a_number_twice_is_seen(shop: Shop):
    judge, customer, tag = Judge(shop), shop.customers[0], of(shop, "gummies")
    judge.hands_over(shop.opens, customer, tag, label(customer, tag, "N1"))
    with pytest.raises(Violation, match="twice"):
        judge.hands_over(shop.opens, customer, tag, label(customer, tag, "N1"))


def test_more_than_a_package_held_is_seen(shop: Shop):
    judge, customer, tag = Judge(shop), shop.customers[0], of(shop, "gummies")
    held = shop.packages[tag].quantity
    for n in range(held):
        judge.hands_over(shop.opens + timedelta(days=100 * n), customer, tag, label(customer, tag, f"N{n}"))
    with pytest.raises(Violation, match="ever held"):
        judge.hands_over(shop.opens + timedelta(days=100 * held), customer, tag, label(customer, tag, "N-more"))


@pytest.mark.parametrize(("product", "most", "days"), [("flower", 10, 35), ("capsules", 7, 70)])
def test_one_unit_too_many_is_seen_and_time_gives_it_back(shop: Shop, product: str, most: int, days: int):
    judge, customer, tag = Judge(shop), shop.customers[0], of(shop, product)
    for n in range(most):
        judge.hands_over(shop.opens, customer, tag, label(customer, tag, f"N{n}"))
    with pytest.raises(Violation, match="a patient has"):
        judge.hands_over(shop.opens + timedelta(days=days - 1), customer, tag, label(customer, tag, "N-over"))
    judge.handed.pop()
    judge.hands_over(shop.opens + timedelta(days=days), customer, tag, label(customer, tag, "N-later"))
