"""What cannot be on a label whatever a state wants: expired goods, dates in the wrong order, amounts of nothing."""

from collections.abc import Iterator
from datetime import date
from decimal import Decimal

from kiosk.model.text import Text, text
from kiosk.rules.labels.facts import Facts, Level, Quantity, Value
from kiosk.rules.labels.template import Template
from kiosk.rules.labels.troubles import HOUSE, Trouble, missing, wrong
from kiosk.rules.labels.vocabulary import heading_of, vocabulary
from kiosk.rules.labels.wording import known
from kiosk.rules.law import Law
from kiosk.rules.limits import Cited
from kiosk.rules.shelf import POLICY
from kiosk.rules.words import day

SHELF = Cited(citation=POLICY, as_of="2026", confidence="high")
CODES = Cited(citation="Store policy: the label's codes name the unit and its package", as_of="2026", confidence="high")
LONGEST = 2000
"""Characters of one value. Labels have an end; lists of ingredients have been seen with some hundreds."""
_HUNDRED = Decimal(100)
_OUNCE_APART = Decimal("0.02")
"""Producers round ounces to hundredths: 3.5 g are told as 0.12 oz, 2.8 % less than they are, and 7 g as 0.25."""

_BEFORE = (
    ("patient.dob", "dispense.date"),
    ("caregiver.dob", "dispense.date"),
    ("harvest.date", "package.date"),
    ("harvest.date", "dispense.date"),
    ("manufacture.date", "dispense.date"),
    ("manufacture.date", "expiry.date"),
    ("package.date", "dispense.date"),
    ("package.date", "expiry.date"),
    ("lab.test_date", "dispense.date"),
)
"""The first is never later than the second."""


def troubles(law: Law, template: Template, facts: Facts) -> Iterator[Trouble]:
    """All that cannot be, and what the label's codes and its dates' limits need."""
    for key in ("dispense.serial", "package.uid"):
        if not known(facts.get(key)):
            yield missing(law.state, key, CODES)
    for key, value in facts.items():
        if not _can_be(value):
            yield wrong(law.state, key, text("This fact cannot be: {heading}.", heading=heading_of(key)))
    if facts.get("lab.passed") is False:
        yield wrong(law.state, "lab.passed", text("This package has failed its tests."), SHELF)
    yield from _dates(law, template, facts)
    yield from _shares(law, facts)
    yield from _weights(law, facts)


def _can_be(value: Value) -> bool:
    match value:
        case bool():
            return True
        case int():
            return value > 0
        case Decimal():
            return value.is_finite() and value > 0
        case Quantity():
            whole = value.amount == value.amount.to_integral_value() if value.amount.is_finite() else False
            return (
                value.amount.is_finite() and value.amount > 0 and (whole or not vocabulary().units[value.unit].counts)
            )
        case Level():
            return _level_can_be(value)
        case str():
            return len(value) <= LONGEST
        case tuple():
            return sum(len(each) for each in value if isinstance(each, str)) <= LONGEST and all(
                _level_can_be(each) for each in value if isinstance(each, Level)
            )
        case _:
            return True


def _level_can_be(each: Level) -> bool:
    values = [value for value in (each.value, each.up_to) if value is not None]
    return (
        all(value.is_finite() and value >= 0 for value in values)
        and values == sorted(values)
        and (each.unit != "%" or all(value <= _HUNDRED for value in values))
    )


def _dates(law: Law, template: Template, facts: Facts) -> Iterator[Trouble]:
    on = facts.get("dispense.date")
    for key in ("expiry.date", "use_by.date"):
        last = facts.get(key)
        if isinstance(last, date) and isinstance(on, date) and last < on:
            yield wrong(law.state, key, text("This package expired on {day}.", day=day(last)), SHELF)
    for earlier, later in _BEFORE:
        if _after(facts, earlier, later):
            yield wrong(law.state, earlier, _order(earlier, later))
    limits = {("expiry.date", "producer.expiry"): HOUSE, ("use_by.date", "producer.expiry"): HOUSE}
    limits.update({(each.key, each.at_latest): each for each in template.dates})
    for (key, at_latest), source in limits.items():
        if _after(facts, key, at_latest):
            yield wrong(law.state, key, _order(key, at_latest), source)
        elif source is not HOUSE and facts.get(key) is not None and facts.get(at_latest) is None:
            yield missing(law.state, at_latest, source)


def _after(facts: Facts, key: str, other: str) -> bool:
    one, two = facts.get(key), facts.get(other)
    return isinstance(one, date) and isinstance(two, date) and one > two


def _order(key: str, other: str) -> Text:
    return text(
        "{heading} is later than {other}: one of them is wrong.", heading=heading_of(key), other=heading_of(other)
    )


def _shares(law: Law, facts: Facts) -> Iterator[Trouble]:
    values = [facts.get(key) for key in ("potency.thc_pct", "potency.cbd_pct")]
    if sum(each.value or Decimal(0) for each in values if isinstance(each, Level)) > _HUNDRED:
        yield wrong(law.state, "potency.thc_pct", text("THC and CBD together are more than the whole product."))


def _weights(law: Law, facts: Facts) -> Iterator[Trouble]:
    grams, ounces = facts.get("product.net_weight_g"), facts.get("product.net_weight_oz")
    if not (isinstance(grams, Decimal) and isinstance(ounces, Decimal)):
        return
    if abs(ounces * law.ounce_g - grams) > max(_OUNCE_APART * grams, Decimal("0.005") * law.ounce_g):
        yield wrong(law.state, "product.net_weight_oz", text("The net weight in ounces is not the one in grams."))
