"""An independent, slow reference: counts one day at a time, in fractions, straight from what the pack says.

It shares no code with the engine but the structs of the packs. It knows no shortcuts: windows are walked date by date.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any

from kiosk.rules.limits import Member, Pool

ONE_DAY = timedelta(days=1)
ENDLESS = Fraction(10**12)


@dataclass
class Thing:
    """So many packages of one product. ``amounts`` are of one package."""

    kind: str
    route: str
    form: str
    count: int
    product: str
    amounts: dict[str, Decimal] = field(default_factory=dict)


@dataclass
class Bought:
    on: date
    sale: str
    store: str
    things: list[Thing]


@dataclass
class Someone:
    age: int | None = None
    visitor: bool = False
    facts: frozenset[str] = frozenset()
    certified: tuple[date, date] | None = None
    stated: dict[str, Decimal] = field(default_factory=dict)
    waivers: list[tuple[str, Decimal, date, date]] = field(default_factory=list)


def dates(first: date, last: date) -> Iterator[date]:
    day = first
    while day <= last:
        yield day
        day += ONE_DAY


def meant(who: Any, someone: Someone) -> bool:
    if who.visitor is not None and who.visitor != someone.visitor:
        return False
    if not set(who.facts) <= someone.facts or set(who.lacks) & someone.facts or who.denied:
        return False
    assert someone.age is not None
    if who.age_from is not None and someone.age < who.age_from:
        return False
    if who.age_below is not None and someone.age >= who.age_below:
        return False
    assert someone.certified is not None
    days = len(list(dates(*someone.certified)))
    if who.certified_days_from is not None and days < who.certified_days_from:
        return False
    return who.certified_days_below is None or days < who.certified_days_below


def member_for(pool: Pool, thing: Thing) -> Member | None:
    for member in pool.members:
        right = [
            not member.kinds or thing.kind in member.kinds,
            not member.routes or thing.route in member.routes,
            not member.forms or thing.form in member.forms,
        ]
        if member.thc_pct_over is not None and not strength(thing) > member.thc_pct_over:
            right.append(False)
        if member.thc_pct_up_to is not None and not strength(thing) <= member.thc_pct_up_to:
            right.append(False)
        if member.if_known and figure(member, thing) is None:
            right.append(False)
        if all(right):
            return member
    return None


def strength(thing: Thing) -> Fraction:
    """Per cent THC: the larger of what the label says and what THC and weight make."""
    in_a_gram = Fraction(thing.amounts["thc_mg"]) / Fraction(thing.amounts["net_weight_g"])
    return max(Fraction(thing.amounts["thc_pct"]), in_a_gram / 1000 * 100)


def figure(member: Member, thing: Thing) -> Fraction | None:
    """What one package has of the member's measure; None: it is not told."""
    if member.measure == "units":
        return Fraction(1)
    if member.measure == "volume_ml":
        cubic_inches = Fraction(231, 128) * Fraction(thing.amounts["volume_fl_oz"])
        return cubic_inches * Fraction("2.54") ** 3
    amount = thing.amounts.get(member.measure)
    return None if amount is None else Fraction(amount)


def takes(pool: Pool, sale: Bought) -> Fraction:
    """What one sale takes of a pool."""
    by_product: dict[str, Fraction] = {}
    for thing in sale.things:
        member = member_for(pool, thing)
        if member is None or thing.kind in pool.exempt:
            continue
        if member.measure == "sales":
            return Fraction(1)
        one = figure(member, thing)
        assert one is not None
        amount = one * thing.count
        each = by_product.setdefault(thing.product, Fraction(0))
        by_product[thing.product] = each + amount / Fraction(member.per_unit)
    total = Fraction(0)
    for amount in by_product.values():
        if pool.round_up_to is None:
            total += amount
        else:
            step, steps = Fraction(pool.round_up_to), 0
            while steps * step < amount:
                steps += 1
            total += steps * step
    return total


def base(pool: Pool, someone: Someone) -> Fraction | None:
    for each in pool.limits:
        if meant(each.who, someone):
            return ENDLESS if each.amount is None else Fraction(each.amount)
    return None if pool.limit is None else Fraction(pool.limit)


def whole(pool: Pool, someone: Someone, on: date, anchor: date) -> Fraction | None:
    """The limit of that patient on that day; None: none is known."""
    limit, stated = base(pool, someone), someone.stated.get(pool.stated_as or pool.key)
    most = ENDLESS if pool.raised_at_most is None else Fraction(pool.raised_at_most)
    may_raise = pool.may_raise and meant(pool.raised_for, someone)
    if limit is not None and stated is not None and may_raise and stated > limit:
        limit = min(Fraction(stated), most) if min(Fraction(stated), most) > limit else limit
    if limit is not None and pool.waivable:
        for key, amount, first, last in someone.waivers:
            dates_held = list(dates(first, last))[: pool.waived_days]
            if key == pool.key and on in dates_held:
                limit = max(limit, min(Fraction(amount), most))
    if limit is not None and pool.window.__struct_config__.tag == "cycle":
        limit = of_cycle(pool, someone, on, anchor, limit)
    found = [each for each in (limit, None if stated is None else Fraction(stated)) if each is not None]
    if not found:
        return None
    return min(found) * (1 if pool.share is None else Fraction(pool.share))


def of_cycle(pool: Pool, someone: Someone, on: date, anchor: date, limit: Fraction) -> Fraction:
    window: Any = pool.window
    number, first, last = cycle_of(window, max(on, anchor), anchor)
    if window.first_limit is not None and number == 1:
        return Fraction(window.first_limit)
    assert someone.certified is not None
    if window.tail_a_date is None or someone.certified[1] >= last:
        return limit
    return (
        limit * len([day for day in dates(first, last) if day <= someone.certified[1]]) * Fraction(window.tail_a_date)
    )


def cycle_of(window: Any, on: date, anchor: date) -> tuple[int, date, date]:
    """Number, first and last date of the period that holds ``on``; period 0 is everything before the anchor."""
    if on < anchor:
        return 0, date.min, anchor - ONE_DAY
    number, first = 1, anchor
    while True:
        last = first
        for _ in range((window.first_days or window.days) - 1 if number == 1 else window.days - 1):
            last += ONE_DAY
        if on <= last:
            return number, first, last
        number, first = number + 1, last + ONE_DAY


def left(
    pool: Pool, someone: Someone, history: Sequence[Bought], on: date, store: str = "", product: str | None = None
) -> Fraction | None:
    """What is left on ``on``, never below zero; None: the pool says nothing of this patient."""
    tag = pool.window.__struct_config__.tag
    mine = [
        sale
        if product is None
        else Bought(sale.on, sale.sale, sale.store, [t for t in sale.things if t.product == product])
        for sale in history
        if (pool.counts_from is None or sale.on >= pool.counts_from)
        and (pool.per != "store" or not store or sale.store in ("", store))
    ]
    anchor = _anchor(pool, someone, history, on)
    limit = whole(pool, someone, on, anchor)
    if limit is None:
        return None
    if tag == "supply":
        return max(_supply(pool, mine, on, limit), Fraction(0))
    if tag == "consumed":
        return max(limit - _outstanding(pool, mine, on), Fraction(0))
    used = sum((takes(pool, sale) for sale in mine if _counts(pool, sale, on, anchor, someone)), Fraction(0))
    return max(limit - used, Fraction(0))


def _anchor(pool: Pool, someone: Someone, history: Sequence[Bought], on: date) -> date:
    kind = getattr(pool.window, "anchor", "")
    if kind in ("recommendation", "either") and someone.certified is not None:
        return someone.certified[0]
    return min((sale.on for sale in history), default=on)


def _counts(pool: Pool, sale: Bought, on: date, anchor: date, someone: Someone) -> bool:
    window: Any = pool.window
    tag = window.__struct_config__.tag
    if tag == "rolling":
        charged = []
        day = sale.on
        for _ in range(window.release_offset_days or window.days):
            charged.append(day)
            day += ONE_DAY
        return on in charged
    if tag == "calendar":
        parts = {"day": "%Y-%m-%d", "month": "%Y-%m", "year": "%Y"}[window.period]
        return sale.on.strftime(parts) == on.strftime(parts)
    if tag == "cycle":
        return cycle_of(window, sale.on, anchor)[0] == cycle_of(window, on, anchor)[0]
    if tag == "recommendation":
        assert someone.certified is not None
        return sale.on >= someone.certified[0]
    return False


def _outstanding(pool: Pool, history: Sequence[Bought], on: date) -> Fraction:
    """One day's worth is used up at each midnight."""
    held = Fraction(0)
    for day in dates(min((sale.on for sale in history), default=on), on):
        held = max(held - 1, Fraction(0))
        held += sum((takes(pool, sale) for sale in history if sale.on == day), Fraction(0))
    return held


def _supply(pool: Pool, history: Sequence[Bought], on: date, limit: Fraction) -> Fraction:
    """Lives through every date from the first purchase on and looks at what the patient may have on it."""
    window: Any = pool.window
    age = 0
    """Of the present supply in dates, its first being 1; 0: none is open."""
    taken = ahead = Fraction(0)
    may_have = limit
    for day in dates(min((sale.on for sale in history), default=on), on):
        if age:
            age += 1
        if age > window.days:
            age, taken, ahead = (1, ahead, Fraction(0)) if window.beside and ahead else (0, Fraction(0), Fraction(0))
        early = age > window.days - (window.early_days or 0) and age > 1
        replaced = False
        if not window.beside and age > 1:
            low = window.early_left is not None and limit - taken <= limit * Fraction(window.early_left)
            replaced = early or low
        bought = sum((takes(pool, sale) for sale in history if sale.on == day), Fraction(0))
        if bought and (not age or replaced):
            age, taken, ahead, replaced, early = 1, Fraction(0), Fraction(0), False, False
        if window.beside:
            fits = min(bought, max(limit - taken, Fraction(0)))
            taken, ahead = taken + fits, ahead + bought - fits
            may_have = limit - taken + (limit - ahead if early else 0)
        else:
            taken += bought
            may_have = limit if replaced else limit - taken
    return may_have
