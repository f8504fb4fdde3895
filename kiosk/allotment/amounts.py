"""What a stated amount means for the pools of a law: ``{"flower_oz": 1}`` is one ounce of the pool that counts flower.

An amount is named by the words of its keys: a pool, a kind of product or a route, and a unit. Without the first it
concerns every pool it can be an amount of.
"""

import re
from collections.abc import Iterator
from decimal import Decimal
from fractions import Fraction

from kiosk.allotment.places import Place
from kiosk.allotment.words import split, words
from kiosk.rules.kinds import plain_word, vocabulary
from kiosk.rules.law import Law
from kiosk.rules.limits import Cycle, Measure, Member, PerRecommendation, Pool, Rolling, Supply, Who


def leaves(place: Place, before: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Place]]:
    """Every number below ``place`` with the words of the keys that lead to it.

    ``{"amount": 2, "unit": "oz"}`` and ``"2 oz"`` are one number each.
    """
    if isinstance(place.value, dict):
        unit = split(place["unit"].word()) if place["unit"].known() else ()
        if unit and not set(unit) & set(words().units):
            raise place["unit"].fault("no such unit is known")
        rest = {key: each for key, each in place.members() if key not in words().dated}
        naming = {key for key, each in rest.items() if key in words().naming and isinstance(each.value, str)}
        named = tuple(word for key in sorted(naming) for word in split(rest[key].word()))
        for key, each in rest.items():
            if key not in naming:
                yield from leaves(each, (*before, *named, *split(key), *unit))
    elif isinstance(place.value, list):
        for each in place.each():
            yield from leaves(each, before)
    elif isinstance(place.value, str) and (said := re.fullmatch(r"\s*([0-9.]+)\s*([A-Za-z_ ]+?)\s*", place.value)):
        if not set(split(said[2])) & set(words().units):
            raise place.fault("no such unit is known")
        yield (*before, *split(said[2])), Place(place.path, said[1])
    elif place.value is not None and not isinstance(place.value, bool):
        yield before, place


def meant(law: Law, key: tuple[str, ...], value: Decimal) -> dict[str, Decimal]:
    """Pool key to the amount in that pool's unit; empty: no pool of this law has such an amount."""
    said = [plain_word(each) for each in key]
    said, per = (said[: said.index("per")], said[said.index("per") :]) if "per" in said[1:] else (said, [])
    unit = next((words().units[each] for each in reversed(said) if each in words().units), "")
    daily = (bool(words().daily & set(said)) and unit != "days") or per[1:] == ["day"]
    total = "total" in said
    counting_orders = any(_of_order(pool) for pool in law.pools)
    found: dict[str, Decimal] = {}
    for pool in _pools([pool for pool in law.pools if not counting_orders or _of_order(pool) is total], said):
        amount = _in_pool(law, pool, value, unit, "thc" in said, said)
        if amount is not None:
            found[pool.key] = amount * (_days(pool) if daily else 1)
    return found


def all_known(law: Law, key: tuple[str, ...]) -> bool:
    """Whether every word of a key is understood: what is not may lower a limit, and never raises one."""
    said = {plain_word(each) for each in key}
    own = {word for pool in law.pools for word in (*split(pool.key), *split(pool.name))}
    keys = {word for spelling in words().patient for word in split(spelling)}
    known = words().empty | set(words().units) | words().daily | own | keys
    return all(
        each in known or each.isdigit() or each in vocabulary().kinds or each in vocabulary().routes for each in said
    )


def is_amount(law: Law, key: tuple[str, ...]) -> bool:
    """Whether a key can be that of an amount at all, and not of a person or a paper."""
    said = {plain_word(each) for each in key}
    own = {word for pool in law.pools for word in (*split(pool.key), *split(pool.name))}
    named = words().amounting | set(words().units) | set(vocabulary().kinds) | set(vocabulary().routes) | own
    return bool(said & named) and not said & words().paper


def raisable(law: Law, key: tuple[str, ...]) -> set[str]:
    """Pools that a figure may raise: those it names, or without a name the only one in its unit. Those without a limit
    of their own have only what is stated."""
    if not all_known(law, key):
        return set()
    stated = {pool.key for pool in law.pools if pool.limit is None}
    said = [plain_word(each) for each in key]
    pools = list(law.pools)
    named = _pools(pools, said)
    if len(named) < len(pools):
        return stated | {pool.key for pool in named}
    unit = next((words().units[each] for each in reversed(said) if each in words().units), "")
    alike = pools if len(pools) == 1 else [pool for pool in pools if pool.unit.removesuffix(" THC") == unit]
    one = len(alike) == 1 or _for_one_each(alike)
    return stated | {pool.key for pool in alike if one}


def _for_one_each(pools: list[Pool]) -> bool:
    """Whether they count the same for different patients, so that for one patient only one of them is meant."""
    return len({pool.members for pool in pools}) == 1 and len({pool.who for pool in pools} - {Who()}) == len(pools)


def flags(place: Place) -> Iterator[Place]:
    """Every yes and no below ``place``."""
    if isinstance(place.value, bool):
        yield place
    elif isinstance(place.value, dict | list):
        inner = place.each() if isinstance(place.value, list) else [each for _, each in place.members()]
        for each in inner:
            yield from flags(each)


def _of_order(pool: Pool) -> bool:
    """Whether it counts all that is dispensed under one order, as far as that states an amount."""
    return isinstance(pool.window, PerRecommendation) and pool.limit is None


def _pools(pools: list[Pool], said: list[str]) -> list[Pool]:
    """The pools that are named; all where none is."""
    runs = {"_".join(said[i:j]) for i in range(len(said)) for j in range(i + 1, len(said) + 1)} - words().empty
    own = [pool for pool in pools if pool.key in runs or plain_word(pool.name) in runs]
    if own:
        return own
    kinds = {vocabulary().kinds[run] for run in runs if run in vocabulary().kinds}
    routes = {vocabulary().routes[run] for run in runs if run in vocabulary().routes}
    if not kinds and not routes:
        return pools
    return [pool for pool in pools if any(_named(member, kinds, routes) for member in pool.members)]


def _named(member: Member, kinds: set[str], routes: set[str]) -> bool:
    return bool(kinds & set(member.kinds) or routes & set(member.routes)) or not (member.kinds or member.routes)


def _in_pool(law: Law, pool: Pool, value: Decimal, unit: str, thc: bool, said: list[str]) -> Decimal | None:
    """The amount in the pool's own unit, or by the rate of a member that is measured in ``unit``."""
    own = pool.unit.removesuffix(" THC")
    measures = {member.measure for member in pool.members}
    of_thc = measures == {"thc_mg"}
    if not unit or unit == own:
        if own == "fraction" and value > 1 and not unit:
            return None  # an amount whose unit is not said
        if unit in ("mg", "g") and thc and not of_thc and own != "mg":
            return _by_member(pool, value * (1000 if unit == "g" else 1), "thc_mg", said)
        return value
    if {unit, own} == {"oz", "g"} and not thc:
        return value * law.ounce_g if unit == "oz" else _exact(Fraction(value) / Fraction(law.ounce_g))
    if of_thc and {unit, own} == {"mg", "g"}:
        return value * 1000 if unit == "g" else value / 1000
    if unit == "mg" or (unit == "g" and thc):
        return _by_member(pool, value * (1000 if unit == "g" else 1), "thc_mg", said)
    if unit in ("g", "oz"):
        return _by_member(pool, value * (law.ounce_g if unit == "oz" else 1), "net_weight_g", said)
    if unit == "days":
        return _by_member(pool, value, "supply_days", said)
    return None


def _by_member(pool: Pool, value: Decimal, measure: Measure, said: list[str]) -> Decimal | None:
    kinds = {vocabulary().kinds[each] for each in said if each in vocabulary().kinds}
    fitting = [member for member in pool.members if member.measure == measure]
    named = [member for member in fitting if kinds & set(member.kinds)] or fitting
    return None if not named else min(_exact(Fraction(value) / Fraction(member.per_unit)) for member in named)


def _exact(value: Fraction) -> Decimal:
    """As a decimal; what does not come out even is rounded down at the ninth place, against the buyer."""
    return Decimal(value.numerator * 10**9 // value.denominator).scaleb(-9)


def _days(pool: Pool) -> int:
    return pool.window.days if isinstance(pool.window, Rolling | Cycle | Supply) else 1
