"""What a pack's structs cannot see: where it contradicts itself."""

import re
from collections.abc import Iterator, Sequence
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Protocol
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from kiosk.rules.kinds import vocabulary
from kiosk.rules.labels.template import Part, Template, source_of
from kiosk.rules.law import Law, Outage, Store
from kiosk.rules.limits import Cited, Cycle, Gate, PharmacistRule, Pool, Rolling, Supply, What, Who
from kiosk.rules.worked import Example, ExampleProduct

UNITS = ("oz", "g", "mg", "fl oz", "days", "units", "plants", "seeds", "purchases", "fraction")
"""In what a limit can be counted; ``fraction`` are shares of one whole."""


def fault_of(law: Law) -> str:
    """The first thing in the pack that contradicts itself, with its place, or ``""``."""
    return next(_faults(law), "")


def ahead_of(law: Law, today: date) -> str:
    """The first rule whose source is newer than ``today``, or ``""``: nobody can have read it."""
    for name, rule in rules(law):
        if tuple(map(int, rule.as_of.split("-"))) > (today.year, today.month)[: 1 + ("-" in rule.as_of)]:
            return f"version {law.version}: {name}: its source is of {rule.as_of}, and today is {today.isoformat()}"
    return ""


def rules(law: Law) -> Iterator[tuple[str, Cited]]:
    """Every rule of a law with its name: ``"pool smoking"``, ``"gate minor"``, ``"figure"``."""
    yield "figure", law.figure
    for name in ("outage", "age", "tickets"):
        if (rule := getattr(law, name)) is not None:
            yield name, rule
    for pool in law.pools:
        yield f"pool {pool.key}", pool
    for gate in law.gates:
        yield f"gate {gate.key}", gate
    for decided in law.pharmacist:
        yield f"pharmacist {decided.key}", decided
    for n, free in enumerate(law.uncounted):
        yield f"uncounted {n + 1}", free
    for n, card in enumerate(law.card_rules):
        yield f"card {n + 1}", card
    for n, document in enumerate(law.accepted_ids):
        yield f"photo ID {n + 1}", document
    for template in law.labels:
        yield from _label_rules(template)


def _label_rules(template: Template) -> Iterator[tuple[str, Cited]]:
    """The template, and every part of it that has a source or a confidence of its own."""
    where = f"label {template.version}"
    yield where, template
    parts: list[tuple[str, Part]] = [(f"field {each.key}", each) for each in template.fields]
    parts += [(f"statement {each.code}", each) for each in template.statements]
    parts += [(f"symbol {each.code}", each) for each in template.symbols]
    for name, part in parts:
        if part.citation or part.as_of or part.confidence:
            yield f"{where} {name}", source_of(template, part)
    if template.letters is not None:
        yield f"{where} letters", template.letters
    if template.covering is not None:
        yield f"{where} covering", template.covering
    for limit in template.dates:
        yield f"{where} date {limit.key}", limit
    for n, beside in enumerate(template.beside, 1):
        yield f"{where} beside {n}", beside


def _faults(law: Law) -> Iterator[str]:
    yield from _frame_faults(law)
    yield from _card_faults(law)
    keys = [pool.key for pool in law.pools]
    gates = [gate.key for gate in law.gates]
    if twice := _twice([*keys, *(gate.key for gate in gates_of(law))]):
        yield f"two rules are called {twice}"
    for pool in law.pools:
        yield from pool_faults(pool, keys)
        if pool.counts_from is not None and law.effective_to is not None and pool.counts_from > law.effective_to:
            yield f"pool {pool.key} counts nothing before this version has ended"
    for gate in gates_of(law):
        yield from gate_faults(gate)
    if law.outage is not None:
        yield from _outage_faults(law.outage, keys)
    yield from _example_faults(law, keys, gates)


def _frame_faults(law: Law) -> Iterator[str]:
    if law.effective_to is not None and law.effective_to < law.effective_from:
        yield "effective_to is before effective_from"
    try:
        ZoneInfo(law.zone)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        yield f"no time zone is called {law.zone}"
    if not law.ounce_g > 0:
        yield "an ounce weighs nothing"
    own = [f"pool {pool.key}" for pool in law.pools if pool.of_store or "." in pool.key]
    own += [f"gate {gate.key}" for gate in gates_of(law) if "." in gate.key]
    own += ["store"] if law.store != Store() else []
    if own:
        yield f"{own[0]} is said to be the store's own, and this is the state's law"


def _twice(names: Sequence[str]) -> str:
    """The first name that is there twice, or ``""``."""
    return next((name for n, name in enumerate(names) if name in names[:n]), "")


def _example_faults(law: Law, keys: list[str], gates: list[str]) -> Iterator[str]:
    for example in law.examples:
        named = {*example.limits, *(key for check in example.checks for key in check.remaining)}
        if unknown := named - set(keys):
            yield f"example {example.name} names no pool: {min(unknown)}"
        deciding = {key for check in example.checks for key in check.decided_by or ()}
        if unknown := deciding - {each.key for each in law.pharmacist}:
            yield f"example {example.name} names no rule about a pharmacist: {min(unknown)}"
        refusing = {check.refused_by for check in example.checks if "." not in check.refused_by}
        if unknown := refusing - {*keys, *gates, *BUILT_IN}:
            yield f"example {example.name} names no pool: {min(unknown)}"
        if any(_negative(each) for each in _products(example)):
            yield f"example {example.name} has an amount below zero"


def _products(example: Example) -> Iterator[ExampleProduct]:
    yield from example.purchases
    for check in example.checks:
        yield from check.basket


def _negative(product: ExampleProduct) -> bool:
    amounts = (getattr(product, name) for name in product.__struct_fields__)
    return any(isinstance(amount, int | Decimal) and amount < 0 for amount in amounts)


BUILT_IN = ("", "uncounted", "figure")
"""Rules that every pack has: what no pool counts is refused, and what is sold without the figure a state owns."""


def _card_faults(law: Law) -> Iterator[str]:
    for card in law.card_rules:
        try:
            re.compile(card.pattern)
        except (re.error, OverflowError, RecursionError) as broken:
            yield f"card pattern {card.pattern}: {broken}"
        else:
            if endless(card.pattern):
                yield f"card pattern {card.pattern}: a repetition within a repetition can take for ever"


def endless(pattern: str) -> bool:
    """Whether a regular expression repeats a group that repeats something: on the wrong card number that can take
    longer than anybody waits."""
    repeats = [False]
    plain = re.sub(r"\\.|\[\^?\]?(?:\\.|[^\]\\])*\]", "x", pattern)
    for n, letter in enumerate(plain):
        if letter == "(":
            repeats.append(False)
        elif letter == ")" and len(repeats) > 1:
            inside = repeats.pop()
            if inside and plain[n + 1 : n + 2] in ("*", "+", "{"):
                return True
            repeats[-1] |= inside
        elif letter in "*+{":
            repeats[-1] = True
    return False


def pool_faults(pool: Pool, keys: Sequence[str]) -> Iterator[str]:
    """What is wrong with one pool. ``keys`` are those of all."""
    where = f"pool {pool.key}"
    if pool.unit not in UNITS:
        yield f"{where}: no unit is called {pool.unit}"
    if pool.limit is None and pool.waivable:
        yield f"{where} has no limit that could be waived"
    limits = (pool.limit, _first_limit(pool), pool.raised_at_most, *(each.amount for each in pool.limits))
    if any(amount is not None and amount < 0 for amount in limits):
        yield f"{where} has a limit below zero"
    if pool.limit is not None and pool.raised_at_most is not None and pool.raised_at_most < pool.limit:
        yield f"{where} can be raised to less than its limit"
    divisors = (*(member.per_unit for member in pool.members), pool.round_up_to)
    if any(amount is not None and amount <= 0 for amount in divisors):
        yield f"{where} divides by zero or less"
    if pool.share is not None and Fraction(pool.share) > 1:
        yield f"{where} is more than the whole"
    if pool.stated_as and pool.stated_as not in keys:
        yield f"{where} goes by a statement of no pool: {pool.stated_as}"
    yield from _window_faults(pool)
    sales = [member.measure == "sales" for member in pool.members]
    if any(sales) and not all(sales):
        yield f"{where} counts sales and something else"
    for member in pool.members:
        yield from _what_faults(where, member)
    for n, each in enumerate(pool.limits):
        yield from _who_faults(where, each.who)
        if each.who in [before.who for before in pool.limits[:n]]:
            yield f"{where} has two limits for the same patients"
    yield from _who_faults(where, pool.who)


def _window_faults(pool: Pool) -> Iterator[str]:
    where = f"pool {pool.key}"
    match pool.window:
        case Rolling(days=days, release_offset_days=int(back)) if back < days:
            yield f"{where}: a purchase would be free on day {back}, and it counts for {days} days"
        case Cycle(days=days, first_days=int(first)) if first < days:
            yield f"{where}: the first period is shorter than the others"
        case Cycle(first_days=None, first_limit=Decimal()):
            yield f"{where} has a limit for a first period, and there is none"
        case Supply(days=days, early_days=early) if (early or 0) >= days:
            yield f"{where}: the next supply would be open before this one"
        case Supply(early_left=str(left)) if Fraction(left) >= 1:
            yield f"{where}: the next supply would be open before anything of this one is used"


class Gated(Protocol):
    """Has rules without an amount."""

    @property
    def gates(self) -> tuple[Gate, ...]: ...
    @property
    def pharmacist(self) -> tuple[PharmacistRule, ...]: ...


def gates_of(law: Gated) -> tuple[Gate | PharmacistRule, ...]:
    """The rules that have no amount."""
    return *law.gates, *law.pharmacist


def gate_faults(gate: Gate | PharmacistRule) -> Iterator[str]:
    """What is wrong with one gate, or one rule about a pharmacist."""
    where = f"gate {gate.key}"
    yield from _what_faults(where, gate.what)
    yield from _who_faults(where, gate.who)


def _what_faults(where: str, what: What) -> Iterator[str]:
    known = vocabulary()
    if unknown := set(what.kinds) - set(known.names):
        yield f"{where}: no kind of product is called {min(unknown)}"
    if unknown := set(what.routes) - {"", *known.routes.values()}:
        yield f"{where}: no route is called {min(unknown)}"
    over, up_to = what.thc_pct_over, what.thc_pct_up_to
    if any(share is not None and not 0 <= share <= 100 for share in (over, up_to)):
        yield f"{where}: no share of THC is below 0 or above 100 %"
    if over is not None and up_to is not None and over >= up_to:
        yield f"{where}: no product has over {over} and up to {up_to} % THC"


def _who_faults(where: str, who: Who) -> Iterator[str]:
    bounds = ((who.age_from, who.age_below), (who.certified_days_from, who.certified_days_below))
    if any(bound is not None and bound < 0 for pair in bounds for bound in pair):
        yield f"{where}: an age or a number of days is below zero"
    contradicts = any(least is not None and below is not None and least >= below for least, below in bounds)
    if contradicts or set(who.facts) & {*who.lacks, *who.denied}:
        yield f"{where} is for patients that cannot be"


def _outage_faults(outage: Outage, keys: list[str]) -> Iterator[str]:
    if outage.rule == "no_pass":
        if outage.hours or outage.limits:
            yield "an outage that nobody passes has hours or limits"
        return
    if outage.hours is None:
        yield "the outage rule does not say for how many hours the last answer may be used"
    if unknown := set(outage.limits) - set(keys):
        yield f"the outage rule names no pool: {min(unknown)}"
    if any(limit < 0 for limit in outage.limits.values()):
        yield "the outage rule has a limit below zero"


def _first_limit(pool: Pool) -> Decimal | None:
    return pool.window.first_limit if isinstance(pool.window, Cycle) else None
