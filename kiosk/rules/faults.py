"""What a pack's structs cannot see: where it contradicts itself."""

import re
from collections.abc import Iterator
from decimal import Decimal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from kiosk.rules.kinds import vocabulary
from kiosk.rules.law import Law, Outage
from kiosk.rules.limits import Cycle, Pool, Supply, What


def fault_of(law: Law) -> str:
    """The first thing in the pack that contradicts itself, with its place, or ``""``."""
    return next(_faults(law), "")


def _faults(law: Law) -> Iterator[str]:
    if law.effective_to is not None and law.effective_to < law.effective_from:
        yield "effective_to is before effective_from"
    try:
        ZoneInfo(law.zone)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        yield f"no time zone is called {law.zone}"
    if not (law.ounce_g.is_finite() and law.ounce_g > 0):
        yield "an ounce weighs nothing"
    yield from _card_faults(law)
    keys = [pool.key for pool in law.pools]
    if twice := {key for key in keys if keys.count(key) > 1}:
        yield f"two pools are called {min(twice)}"
    gates = [gate.key for gate in law.gates]
    if twice := {key for key in gates if gates.count(key) > 1 or key in keys}:
        yield f"two rules are called {min(twice)}"
    for pool in law.pools:
        yield from _pool_faults(pool, keys)
    for gate in law.gates:
        yield from _what_faults(f"gate {gate.key}", gate.what)
    if law.outage is not None:
        yield from _outage_faults(law.outage, keys)
    yield from _example_faults(law, keys, gates)


def _example_faults(law: Law, keys: list[str], gates: list[str]) -> Iterator[str]:
    for example in law.examples:
        named = {*example.limits, *(key for check in example.checks for key in check.remaining)}
        if unknown := named - set(keys):
            yield f"example {example.name} names no pool: {min(unknown)}"
        refusing = {check.refused_by for check in example.checks if "." not in check.refused_by}
        if unknown := refusing - {*keys, *gates, *BUILT_IN}:
            yield f"example {example.name} names no pool: {min(unknown)}"


BUILT_IN = ("", "uncounted", "figure")
"""Rules that every pack has: what no pool counts is refused, and what is sold without the figure a state owns."""


def _card_faults(law: Law) -> Iterator[str]:
    for card in law.card_rules:
        try:
            re.compile(card.pattern)
        except re.error as broken:
            yield f"card pattern {card.pattern}: {broken}"


def _pool_faults(pool: Pool, keys: list[str]) -> Iterator[str]:
    where = f"pool {pool.key}"
    if pool.of_store or "." in pool.key:
        yield f"{where} is said to be the store's own, and this is the state's law"
    if pool.limit is None and pool.waivable:
        yield f"{where} has no limit that could be waived"
    limits = (pool.limit, _first_limit(pool), pool.raised_at_most, *(each.amount for each in pool.limits))
    if any(amount is not None and not (amount.is_finite() and amount >= 0) for amount in limits):
        yield f"{where} has a limit below zero"
    divisors = (*(member.per_unit for member in pool.members), pool.round_up_to)
    if any(amount is not None and not (amount.is_finite() and amount > 0) for amount in divisors):
        yield f"{where} divides by zero or less"
    if pool.stated_as and pool.stated_as not in keys:
        yield f"{where} goes by a statement of no pool: {pool.stated_as}"
    if isinstance(pool.window, Supply) and (pool.window.early_days or 0) >= pool.window.days:
        yield f"{where}: the next supply would be open before this one"
    sales = [member.measure == "sales" for member in pool.members]
    if any(sales) and not all(sales):
        yield f"{where} counts sales and something else"
    for member in pool.members:
        yield from _what_faults(where, member)


def _what_faults(where: str, what: What) -> Iterator[str]:
    if unknown := set(what.kinds) - set(vocabulary().names):
        yield f"{where}: no kind of product is called {min(unknown)}"


def _outage_faults(outage: Outage, keys: list[str]) -> Iterator[str]:
    if outage.rule == "no_pass":
        if outage.hours or outage.limits:
            yield "an outage that nobody passes has hours or limits"
        return
    if outage.hours is None:
        yield "the outage rule does not say for how many hours the last answer may be used"
    if unknown := set(outage.limits) - set(keys):
        yield f"the outage rule names no pool: {min(unknown)}"
    if any(not (limit.is_finite() and limit >= 0) for limit in outage.limits.values()):
        yield "the outage rule has a limit below zero"


def _first_limit(pool: Pool) -> Decimal | None:
    return pool.window.first_limit if isinstance(pool.window, Cycle) else None
