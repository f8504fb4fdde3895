"""Runs a pack's worked examples: the law's own sums, checked against the engine (ALT-03)."""

from collections import Counter
from collections.abc import Iterator
from decimal import Decimal
from fractions import Fraction

from kiosk.model.allotments import Purchase
from kiosk.model.packages import Product
from kiosk.model.people import Recommendation
from kiosk.rules.allotments import Book, Item, judge
from kiosk.rules.faults import gates_of
from kiosk.rules.law import Law
from kiosk.rules.patients import Patient, patient_of
from kiosk.rules.pharmacist import decisions_wanted
from kiosk.rules.sales import Sale
from kiosk.rules.words import plain, rounded
from kiosk.rules.worked import Check, Example, ExampleProduct, ExamplePurchase


def failures(pack: Law) -> tuple[str, ...]:
    """One line for every check of every example that does not come out; empty: the pack is right about itself."""
    return tuple(line for example in pack.examples for check in example.checks for line in _check(pack, example, check))


def covered(pack: Law) -> Counter[str]:
    """How many checks speak of each pool, gate and pharmacist's rule, and of each rule of what is not counted."""
    free = {f"uncounted {', '.join(each.categories)}": set(each.categories) for each in pack.uncounted}
    rules = (*(pool.key for pool in pack.pools), *(gate.key for gate in gates_of(pack)), *free)
    spoken = Counter(dict.fromkeys(rules, 0))
    for check in (check for example in pack.examples for check in example.checks):
        spoken.update({*check.remaining, check.refused_by, *(check.decided_by or ())} & set(spoken))
        sold = {each.category for each in check.basket} if not check.refused_by else set()
        spoken.update(rule for rule, categories in free.items() if sold & categories)
    return spoken


def _check(pack: Law, example: Example, check: Check) -> Iterator[str]:
    where = f"{pack.name}: {example.name}, {check.on}:"
    recommendation = recommendation_of(pack, example)
    known = Patient(
        age=example.age,
        visitor=example.visitor,
        facts=dict.fromkeys(example.facts, True) | dict.fromkeys(example.denied, False),
        in_person=not example.by_caregiver,
    )
    book = Book(
        purchases=tuple(purchase_of(each) for each in example.purchases if each.on <= check.on),
        available={},
        patient=known,
        store=example.store,
    )
    sale = Sale(pack, book, patient_of(recommendation, known), check.on)
    left = {one.pool.key: max(sale.left[id(one)], Fraction(0)) for one in sale.counts if one.unknown is None}
    for key, wanted in check.remaining.items():
        if key not in left or _floor(left[key], wanted) != wanted:
            yield f"{where} {key} has {plain(rounded(left[key])) if key in left else None} left, not {wanted}"
    basket = [
        Item(product=product_of(each, n), units=each.units, route=each.route) for n, each in enumerate(check.basket)
    ]
    refusal = judge(pack, book, recommendation, check.on, basket).refusal
    said = "" if refusal is None else refusal.rule
    if said != (f"{pack.state}.{check.refused_by}" if check.refused_by else ""):
        yield f"{where} refused by {said or 'nothing'}, not by {check.refused_by or 'nothing'}"
    if check.decided_by is not None:
        deciding = [each.rule.removeprefix(f"{pack.state}.") for each in decisions_wanted(sale, basket)]
        if deciding != list(check.decided_by):
            yield f"{where} a pharmacist decides by {deciding}, not by {list(check.decided_by)}"


def _floor(left: Fraction, wanted: Decimal) -> Decimal:
    """What is left, with as many decimals as the example gives."""
    step: int = 10 ** max(-int(wanted.as_tuple().exponent), 0)
    return Decimal(left.numerator * step // left.denominator) / step


def recommendation_of(pack: Law, example: Example) -> Recommendation:
    named = {route for pool in pack.pools for member in pool.members for route in member.routes}
    used = {each.route for each in example.purchases} | {each.route for c in example.checks for each in c.basket}
    return Recommendation(
        recommendation_id="example",
        physician="Example",
        valid_from=example.recommended_from,
        valid_to=example.recommended_to,
        routes=example.routes or tuple(sorted(named | used)),
        limits=example.limits,
        waivers=example.waivers,
    )


def purchase_of(each: ExamplePurchase) -> Purchase:
    return Purchase(
        on=each.on,
        product_id=each.product_id or each.form or each.category or each.route,
        form=each.form,
        route=each.route,
        units=each.units,
        thc_mg=each.thc_mg,
        net_weight_g=each.net_weight_g,
        flower_equivalent_g=each.flower_equivalent_g,
        category=each.category,
        recommendation_id=each.recommendation_id,
        equivalent_oz=each.equivalent_oz,
        volume_fl_oz=each.volume_fl_oz,
        supply_days=each.supply_days,
        daily_dose_mg=each.daily_dose_mg,
        thc_pct=each.thc_pct,
        store=each.store,
    )


def product_of(each: ExampleProduct, n: int) -> Product:
    return Product(
        product_id=each.product_id or f"line {n}",
        name=each.product_id or f"line {n}",
        form=each.form,
        route=each.route,
        thc_mg=each.thc_mg,
        net_weight_g=each.net_weight_g,
        flower_equivalent_g=each.flower_equivalent_g,
        category=each.category,
        equivalent_oz=each.equivalent_oz,
        volume_fl_oz=each.volume_fl_oz,
        supply_days=each.supply_days,
        daily_dose_mg=each.daily_dose_mg,
        thc_pct=each.thc_pct,
    )
