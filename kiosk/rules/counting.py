"""What one pool holds: which purchases it counts, for how much, until when, and what is left. Exact."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Protocol

from kiosk.model.allotments import Purchase
from kiosk.model.people import Waiver
from kiosk.model.text import Text, text
from kiosk.rules.law import Law
from kiosk.rules.limits import Consumed, Cycle, PerRecommendation, Pool, Supply
from kiosk.rules.measuring import Meter, NoAmountError, measure_words, meter_of
from kiosk.rules.patients import Patient, concerns
from kiosk.rules.windows import (
    AnchorMissingError,
    Course,
    Number,
    back_on,
    course_of,
    cycle,
    earliest,
    in_first_cycle,
    later,
)

NO_LIMIT = Fraction(10**12)
"""The limit of those who have none."""


@dataclass(frozen=True, slots=True)
class Charge:
    """``amount`` in the pool's parts, free again from ``back_on`` on; None: not while the recommendation stands."""

    amount: Number
    back_on: date | None

    def holds(self, on: date) -> bool:
        return self.back_on is None or self.back_on > on


@dataclass(frozen=True)
class Limits:
    """What one patient may have of a pool on a day, in its unit. ``lawful``: by the law with its exceptions;
    ``stated``: by the physician; ``careful``: the least that could be the law's where something about the patient is
    not known."""

    lawful: Fraction | None
    stated: Fraction | None
    careful: Fraction | None

    @property
    def whole(self) -> Fraction:
        return min(each for each in (self.lawful, self.stated) if each is not None)


@dataclass(frozen=True)
class Count:
    """One pool of one patient, counted for the day ``on``; the same purchases tell about later days too.

    ``product`` is the one it is for where the pool counts each apart. ``state_left`` is the state's own figure with the
    sales it cannot know taken off, ``outage_left`` in the same way what may be sold on a last answer of the registry.
    ``unknown`` says why nothing can be said; then nothing is left.
    """

    pool: Pool
    meter: Meter
    on: date
    patient: Patient
    anchor: date | None
    charges: tuple[Charge, ...] = ()
    course: Course | None = None
    product: str | None = None
    state_left: Fraction | None = None
    outage_left: Fraction | None = None
    unknown: Text | None = None
    today: Limits | None = None

    def limits(self, on: date) -> Limits:
        if on == self.on and self.today is not None:
            return self.today
        return limits_of(self.pool, self.patient, on, self.anchor)

    def limit(self, on: date) -> Fraction:
        """What may be had in all, in the pool's unit."""
        whole = self.limits(on).whole
        if self.course is None:
            return whole
        return self.meter.units(self.course.allowance(on, self.meter.parts(whole)))

    def unlimited(self, on: date) -> bool:
        return self.unknown is None and self.limits(on).whole >= NO_LIMIT

    def used(self, on: date) -> Fraction:
        if self.course is not None:
            return self.meter.units(self.course.used(on, self.meter.parts(self.limits(on).whole)))
        return self.meter.units(sum(charge.amount for charge in self.charges if charge.holds(on)))

    def left(self, on: date) -> Fraction:
        """What is left at 00:00 of ``on`` if nothing is bought before; below zero where more is used than allowed."""
        if self.unknown is not None:
            return _NOTHING
        own = self.limit(on) - self.used(on)
        state = own if self.state_left is None else min(own, self._state_left(on, self.state_left))
        return state if self.outage_left is None else min(state, self.outage_left)

    def careful_left(self, on: date) -> Fraction:
        """As :meth:`left`, by the least limit that could hold where something about the patient is not known."""
        left, limits = self.left(on), self.limits(on) if self.unknown is None else None
        if limits is None or limits.careful is None or limits.careful >= limits.whole:
            return left
        return left - (limits.whole - limits.careful)

    def source(self) -> str:
        """Whose figure binds: ``"outage"``, ``"registry"``, ``"physician"`` or ``"store"``."""
        if self.unknown is not None:
            return "store"
        own = self.limit(self.on) - self.used(self.on)
        state = own if self.state_left is None else min(own, self.state_left)
        if self.outage_left is not None and self.outage_left < state:
            return "outage"
        if state < own:
            return "registry"
        limits = self.limits(self.on)
        return "physician" if limits.stated is not None and limits.stated == limits.whole != limits.lawful else "store"

    def returns(self) -> list[tuple[date, Fraction]]:
        """What comes back when, soonest first."""
        if self.course is not None:
            return self._course_returns(self.course)
        by_date: dict[date, Number] = defaultdict(int)
        for charge in self.charges:
            if charge.back_on is not None and charge.amount:
                by_date[charge.back_on] += charge.amount
        return [(back, self.meter.units(amount)) for back, amount in sorted(by_date.items())]

    def turns(self) -> list[date]:
        """The later dates on which more may be left than on the date before."""
        dates = {back for back, _ in self.returns()}
        if isinstance(self.pool.window, Cycle) and self.anchor is not None:
            dates.add(cycle(self.pool.window, max(self.on, self.anchor), self.anchor)[1])
        dates |= {waiver.valid_from for waiver in self.patient.waivers}
        return sorted(day for day in dates if day > self.on)

    def _course_returns(self, course: Course) -> list[tuple[date, Fraction]]:
        before, found = max(self.limit(self.on) - self.used(self.on), _NOTHING), []
        for day in course.turns(self.on):
            then = max(self.limit(day) - self.used(day), _NOTHING)
            if then > before:
                found.append((day, then - before))
            before = then
        return found

    def _state_left(self, on: date, now: Fraction) -> Fraction:
        return now + self.meter.units(sum(charge.amount for charge in self.charges if not charge.holds(on)))


_NOTHING = Fraction(0)


class Bought(Protocol):
    """The part of a patient's book that is counted."""

    @property
    def purchases(self) -> Sequence[Purchase]: ...
    @property
    def unreported(self) -> Sequence[Purchase]: ...
    @property
    def available(self) -> dict[str, Decimal] | None: ...
    @property
    def on_last_answer(self) -> bool: ...
    @property
    def store(self) -> str: ...


def counts(law: Law, book: Bought, patient: Patient, on: date, products: Iterable[str] = ()) -> tuple[Count, ...]:
    """Every pool that concerns the patient, in the pack's order. ``products`` are those that are about to be judged."""
    found = []
    recent: dict[date, list[Purchase]] = {}
    for pool in law.pools:
        if concerns(pool.who, patient) is False:
            continue
        oldest = max(earliest(pool.window, on), pool.counts_from or date.min)
        if oldest not in recent:
            # a look at the dates first, because histories are long
            every = oldest == date.min
            recent[oldest] = list(book.purchases) if every else [e for e in book.purchases if e.on >= oldest]
        if pool.per == "product":
            apart = _apart(recent[oldest], products)
            found += [_count(law, pool, book, patient, on, bought, product) for product, bought in apart.items()]
        else:
            found.append(_count(law, pool, book, patient, on, recent[oldest], None))
    return tuple(each for each in found if each is not None)


def _apart(purchases: Sequence[Purchase], products: Iterable[str]) -> dict[str, list[Purchase]]:
    """What was bought of each product. What does not say which product it is counts against every one."""
    bought: dict[str, list[Purchase]] = defaultdict(list)
    for each in purchases:
        bought[each.product_id].append(each)
    unnamed = bought.pop("", [])
    named = sorted({*bought, *products} - {""})
    return {product: [*bought[product], *unnamed] for product in named} or {"": unnamed}


def limits_of(pool: Pool, patient: Patient, on: date, anchor: date | None) -> Limits:
    """The limits of a pool for a patient on a day. Neither ``lawful`` nor ``stated``: there is none on record."""
    limit, least = _base(pool, patient)
    stated = patient.limits.get(pool.stated_as or pool.key)
    amount = None if stated is None else Fraction(stated)
    raised = pool.may_raise and concerns(pool.raised_for, patient) is True
    if raised and amount is not None and limit is not None:
        limit, least = max(limit, _raised(pool, amount)) if amount > limit else limit, None
    granted = [w.amount for w in patient.waivers if w.pool == pool.key and w.valid_from <= on <= _waived_to(pool, w)]
    if limit is not None and pool.waivable and granted:
        limit = max(limit, *(_raised(pool, Fraction(each)) for each in granted))
    if isinstance(pool.window, Cycle):
        limit = _of_cycle(pool.window, patient, on, anchor, limit)
    if pool.share is not None:
        share = Fraction(pool.share)
        limit, amount = (None if each is None else each * share for each in (limit, amount))
    return Limits(limit, amount, least)


def _waived_to(pool: Pool, waiver: Waiver) -> date:
    if pool.waived_days is None:
        return waiver.valid_to
    return min(waiver.valid_to, later(waiver.valid_from, pool.waived_days - 1))


def _raised(pool: Pool, amount: Fraction) -> Fraction:
    return amount if pool.raised_at_most is None else min(amount, Fraction(pool.raised_at_most))


def _base(pool: Pool, patient: Patient) -> tuple[Fraction | None, Fraction | None]:
    """The law's limit for this patient, and the least it could be where something is not known of them."""
    least: Fraction | None = None
    for each in pool.limits:
        concerned = concerns(each.who, patient)
        amount = NO_LIMIT if each.amount is None else Fraction(each.amount)
        if concerned:
            return amount, least
        if concerned is None:
            least = amount if least is None else min(least, amount)
    return None if pool.limit is None else Fraction(pool.limit), least


def _of_cycle(
    window: Cycle, patient: Patient, on: date, anchor: date | None, limit: Fraction | None
) -> Fraction | None:
    if window.first_limit is not None and in_first_cycle(window, on, anchor):
        return Fraction(window.first_limit)
    if limit is None or window.tail_a_date is None or anchor is None or patient.certified_to is None:
        return limit
    start, following = cycle(window, max(on, anchor), anchor)
    end = later(patient.certified_to, 1)
    return limit if following <= end else limit * max((end - start).days, 0) * Fraction(window.tail_a_date)


def _count(
    law: Law,
    pool: Pool,
    book: Bought,
    patient: Patient,
    on: date,
    recent: Sequence[Purchase],
    product: str | None,
) -> Count | None:
    meter = meter_of(pool)
    anchor = _anchor(pool, patient, on, book.purchases)
    limits = limits_of(pool, patient, on, anchor)
    if limits.lawful is None and limits.stated is None:
        if pool.where_stated:
            return None
        return Count(
            pool, meter, on, patient, anchor, unknown=text("The physician's amount is not on record."), product=product
        )
    mine = _belonging(pool, patient, book.store)
    try:
        if isinstance(pool.window, Cycle) and anchor is None:
            raise AnchorMissingError  # also with nothing bought yet: which period this is decides what may be had
        charges, course = _reckoned(meter, limits, on, anchor, recent if mine is None else filter(mine, recent))
        sold = [each for each in book.unreported if not product or each.product_id in ("", product)]
        unreported = [each for each in sold if pool.counts_from is None or each.on >= pool.counts_from]
        hidden = _hidden(meter, on, anchor, unreported if mine is None else filter(mine, unreported))
    except NoAmountError as missing:
        why = text(
            "An earlier purchase has no {measure}: product {product}.",
            measure=measure_words(missing.measure),
            product=missing.product_id,
        )
        return Count(pool, meter, on, patient, anchor, unknown=why, product=product)
    except AnchorMissingError:
        why = text("The period is counted from the recommendation, and there is none.")
        return Count(pool, meter, on, patient, anchor, unknown=why, product=product)
    available = (book.available or {}).get(pool.key)
    state = None if available is None else Fraction(available) - meter.units(hidden)
    # whatever the window, because an outage can be longer: all that was sold since the last answer
    ceiling = law.outage_limits.get(pool.key) if book.on_last_answer else None
    outage = None if ceiling is None else Fraction(ceiling) - meter.units(meter.need(sold) or 0)
    return Count(pool, meter, on, patient, anchor, charges, course, product, state, outage, today=limits)


def _reckoned(
    meter: Meter, limits: Limits, on: date, anchor: date | None, purchases: Iterable[Purchase]
) -> tuple[tuple[Charge, ...], Course | None]:
    window = meter.pool.window
    amounts = meter.amounts(purchases)
    if not isinstance(window, Supply | Consumed):
        charges = (Charge(amount, back_on(window, bought, anchor)) for bought, amount in amounts)
        return tuple(charge for charge in charges if charge.holds(on)), None
    return (), course_of(window, amounts, meter.parts(limits.whole), meter.unit, on)


def _hidden(meter: Meter, on: date, anchor: date | None, unreported: Iterable[Purchase]) -> Number:
    """What was sold here and the state's figure cannot hold yet, as far as it counts on ``on``."""
    amounts = meter.amounts(unreported)
    if isinstance(meter.pool.window, Supply | Consumed):
        return sum(amount for _, amount in amounts)
    return sum(
        amount for day, amount in amounts if (back := back_on(meter.pool.window, day, anchor)) is None or back > on
    )


def _belonging(pool: Pool, patient: Patient, store: str) -> Callable[[Purchase], bool] | None:
    """Which purchases this pool may have to count; None: all."""
    if isinstance(pool.window, PerRecommendation) and patient.recommendation_id is not None:
        # a purchase that does not say under which recommendation it was made counts under every one
        return lambda each: each.recommendation_id in ("", patient.recommendation_id)
    if pool.per == "store" and store:
        return lambda each: each.store in ("", store)
    return None


def _anchor(pool: Pool, patient: Patient, on: date, purchases: Sequence[Purchase]) -> date | None:
    if not isinstance(pool.window, Cycle):
        return None
    if pool.window.anchor != "first_purchase" and patient.certified_from is not None:
        return patient.certified_from
    if pool.window.anchor == "recommendation":
        return None
    return min((each.on for each in purchases), default=on)
