"""Runs a pack's worked examples: the law's own sums, checked against the engine (ALT-03)."""

from collections import Counter
from collections.abc import Iterator
from decimal import Decimal

from kiosk.model.allotments import Purchase
from kiosk.model.packages import Product
from kiosk.model.people import Recommendation
from kiosk.rules.allotments import Book, Item, judge, standing
from kiosk.rules.law import Check, Example, ExampleProduct, ExamplePurchase, Pack


def failures(pack: Pack) -> tuple[str, ...]:
    """One line for every check of every example that does not come out; empty: the pack is right about itself."""
    return tuple(line for example in pack.examples for check in example.checks for line in _check(pack, example, check))


def covered(pack: Pack) -> Counter[str]:
    """How many checks speak of each pool."""
    spoken = Counter({pool.key: 0 for pool in pack.pools})
    for check in (check for example in pack.examples for check in example.checks):
        spoken.update({*check.remaining, check.refused_by} - {""})
    return spoken


def _check(pack: Pack, example: Example, check: Check) -> Iterator[str]:
    where = f"{pack.name}: {example.name}, {check.on}:"
    recommendation = _recommendation(pack, example)
    book = Book(purchases=tuple(_purchase(each) for each in example.purchases), available={})
    pools = {each.pool: each.remaining for each in standing(pack, book, recommendation, check.on).pools}
    for key, wanted in check.remaining.items():
        if pools.get(key) != _floor(wanted):
            yield f"{where} {key} has {pools.get(key)} left, not {wanted}"
    basket = [
        Item(product=_product(each, n), units=each.units, route=each.route) for n, each in enumerate(check.basket)
    ]
    refusal = judge(pack, book, recommendation, check.on, basket).refusal
    said = "" if refusal is None else refusal.rule
    if said != (f"{pack.state}.{check.refused_by}" if check.refused_by else ""):
        yield f"{where} refused by {said or 'nothing'}, not by {check.refused_by or 'nothing'}"


def _floor(value: Decimal) -> Decimal:
    return value.quantize(Decimal("0.01"), rounding="ROUND_FLOOR")


def _recommendation(pack: Pack, example: Example) -> Recommendation:
    named = {route for pool in pack.pools for member in pool.members for route in member.routes}
    used = {each.route for each in example.purchases} | {each.route for c in example.checks for each in c.basket}
    return Recommendation(
        recommendation_id="example",
        physician="Example",
        valid_from=example.recommended_from,
        valid_to=example.recommended_to,
        routes=example.routes or tuple(sorted(named | used)),
        limits=example.limits,
    )


def _purchase(each: ExamplePurchase) -> Purchase:
    return Purchase(
        on=each.on,
        product_id=each.product_id or each.route,
        form=each.form,
        route=each.route,
        units=each.units,
        thc_mg=each.thc_mg,
        net_weight_g=each.net_weight_g,
        flower_equivalent_g=each.flower_equivalent_g,
        category=each.category,
        recommendation_id=each.recommendation_id,
    )


def _product(each: ExampleProduct, n: int) -> Product:
    return Product(
        product_id=each.product_id or f"line {n}",
        name=each.product_id or f"line {n}",
        form=each.form,
        route=each.route,
        thc_mg=each.thc_mg,
        net_weight_g=each.net_weight_g,
        flower_equivalent_g=each.flower_equivalent_g,
        category=each.category,
    )
