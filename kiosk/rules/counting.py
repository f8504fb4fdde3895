"""What one pool holds: which purchases it counts, for how much, until when, and what is left. Exact fractions."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from fractions import Fraction

from kiosk.model.allotments import Purchase
from kiosk.model.people import Recommendation
from kiosk.model.text import Text, text
from kiosk.rules.law import Cycle, Measure, Member, Pack, PerRecommendation, Pool
from kiosk.rules.windows import AnchorMissingError, back_on, in_first_cycle

MEASURES: dict[Measure, str] = {
    "thc_mg": "THC amount",
    "net_weight_g": "net weight",
    "flower_equivalent_g": "flower equivalent",
    "units": "number of units",
}


class NoAmountError(Exception):
    """A purchase or product has no value for the measure by which the pool counts it."""

    def __init__(self, product_id: str, measure: Measure) -> None:
        super().__init__(f"{product_id} has no {measure}")
        self.product_id = product_id
        self.measure = measure


@dataclass(frozen=True)
class Charge:
    """``amount`` of the pool's unit, free again from ``back_on`` on; None: not while the recommendation stands."""

    amount: Fraction
    back_on: date | None

    def holds(self, on: date) -> bool:
        return self.back_on is None or self.back_on > on


@dataclass(frozen=True)
class Count:
    """One pool of one patient, counted for the day ``on``; the same purchases tell about later days too.

    ``state_left`` is the state's own figure with the sales it cannot know taken off, ``outage_left`` in the same way
    what may be sold on a last answer of the registry. ``unknown`` says why nothing can be said; then nothing is left.
    """

    pool: Pool
    on: date
    recommendation: Recommendation | None
    anchor: date | None
    charges: tuple[Charge, ...]
    state_left: Fraction | None
    outage_left: Fraction | None = None
    unknown: Text | None = None

    def limit(self, on: date) -> Fraction:
        lawful = _lawful(self.pool, self.recommendation, on, self.anchor)
        physician = _physician(self.pool, self.recommendation)
        return min(figure for figure in (lawful, physician) if figure is not None)

    def used(self, on: date) -> Fraction:
        return sum((charge.amount for charge in self.charges if charge.holds(on)), _NOTHING)

    def left(self, on: date) -> Fraction:
        """What is left at 00:00 of ``on`` if nothing is bought before; below zero where more is used than allowed."""
        if self.unknown is not None:
            return _NOTHING
        own = self.limit(on) - self.used(on)
        state = own if self.state_left is None else min(own, self._state_left(on, self.state_left))
        return state if self.outage_left is None else min(state, self.outage_left)

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
        lawful = _lawful(self.pool, self.recommendation, self.on, self.anchor)
        physician = _physician(self.pool, self.recommendation)
        return "physician" if physician is not None and (lawful is None or physician < lawful) else "store"

    def returns(self) -> list[tuple[date, Fraction]]:
        """What comes back when, soonest first."""
        by_date: dict[date, Fraction] = defaultdict(Fraction)
        for charge in self.charges:
            if charge.back_on is not None and charge.amount:
                by_date[charge.back_on] += charge.amount
        return sorted(by_date.items())

    def _state_left(self, on: date, now: Fraction) -> Fraction:
        return now + sum((charge.amount for charge in self.charges if not charge.holds(on)), _NOTHING)


_NOTHING = Fraction(0)


def counts(
    pack: Pack,
    recommendation: Recommendation | None,
    on: date,
    *,
    purchases: Sequence[Purchase],
    unreported: Sequence[Purchase],
    available: dict[str, Decimal] | None,
    on_last_answer: bool = False,
) -> tuple[Count, ...]:
    """Every pool that applies, in the pack's order."""
    found = (
        _count(
            pool,
            recommendation,
            on,
            purchases=purchases,
            unreported=unreported,
            available=(available or {}).get(pool.key),
            ceiling=pack.outage.limits.get(pool.key) if on_last_answer else None,
        )
        for pool in pack.pools
    )
    return tuple(each for each in found if each is not None)


def member_of(pool: Pool, *, form: str, route: str) -> Member | None:
    """How the pool counts such a product, exempt or not; None: it does not count it."""
    for member in pool.members:
        if (not member.routes or route in member.routes) and (not member.forms or form in member.forms):
            return member
    return None


def need(pool: Pool, purchases: Iterable[Purchase]) -> Fraction | None:
    """What these take of the pool, as one sale each ``order``; None where it counts none of them.

    Raises :class:`NoAmountError`.
    """
    taken = [charge for _, charge in _amounts(pool, purchases)]
    return sum(taken, _NOTHING) if taken else None


def _count(
    pool: Pool,
    recommendation: Recommendation | None,
    on: date,
    *,
    purchases: Sequence[Purchase],
    unreported: Sequence[Purchase],
    available: Decimal | None,
    ceiling: Decimal | None,
) -> Count | None:
    anchor = _anchor(pool, recommendation, on, purchases)
    if _lawful(pool, recommendation, on, anchor) is None and _physician(pool, recommendation) is None:
        if pool.where_stated:
            return None
        return _unknown(pool, on, recommendation, anchor, text("The physician's amount is not on record."))
    try:
        charges = _charges(pool, recommendation, on, anchor, purchases)
        hidden = _charges(pool, recommendation, on, anchor, unreported)
        sold = _amounts(pool, unreported)
    except NoAmountError as missing:
        why = text(
            "An earlier purchase has no {measure}: product {product}.",
            measure=MEASURES[missing.measure],
            product=missing.product_id,
        )
        return _unknown(pool, on, recommendation, anchor, why)
    except AnchorMissingError:
        why = text("The period is counted from the recommendation, and there is none.")
        return _unknown(pool, on, recommendation, anchor, why)
    state = None if available is None else Fraction(available) - sum((each.amount for each in hidden), _NOTHING)
    # whatever the window, because an outage can be longer: all that was sold since the last answer
    outage = None if ceiling is None else Fraction(ceiling) - sum((amount for _, amount in sold), _NOTHING)
    return Count(pool, on, recommendation, anchor, charges, state, outage)


def _unknown(pool: Pool, on: date, recommendation: Recommendation | None, anchor: date | None, why: Text) -> Count:
    return Count(pool, on, recommendation, anchor, (), None, unknown=why)


def _charges(
    pool: Pool, recommendation: Recommendation | None, on: date, anchor: date | None, purchases: Iterable[Purchase]
) -> tuple[Charge, ...]:
    counted = [each for each in purchases if _still_told(pool, recommendation, each)]
    charges = (Charge(amount, back_on(pool.window, bought, anchor)) for bought, amount in _amounts(pool, counted))
    return tuple(charge for charge in charges if charge.holds(on))


def _still_told(pool: Pool, recommendation: Recommendation | None, purchase: Purchase) -> bool:
    if pool.counts_from is not None and purchase.on < pool.counts_from:
        return False
    if isinstance(pool.window, PerRecommendation) and recommendation is not None:
        # a purchase that does not say under which recommendation it was made counts under every one
        return purchase.recommendation_id in ("", recommendation.recommendation_id)
    return True


def _amounts(pool: Pool, purchases: Iterable[Purchase]) -> list[tuple[date, Fraction]]:
    """What each purchase takes; where the pool rounds, what each product of each sale takes together."""
    taken: dict[tuple[object, ...], Fraction] = defaultdict(Fraction)
    for n, each in enumerate(purchases):
        member = member_of(pool, form=each.form, route=each.route)
        if member is None or each.category in pool.exempt:
            continue
        key = (each.on, each.order or n, each.product_id) if pool.round_up_to is not None else (each.on, n)
        taken[key] += _amount(member, each)
    step = None if pool.round_up_to is None else Fraction(pool.round_up_to)
    return [(_date(key), amount if step is None else -(-amount // step) * step) for key, amount in taken.items()]


def _date(key: tuple[object, ...]) -> date:
    bought = key[0]
    assert isinstance(bought, date)
    return bought


def _amount(member: Member, purchase: Purchase) -> Fraction:
    each = Decimal(1) if member.measure == "units" else getattr(purchase, member.measure)
    if each is None or not each.is_finite() or each < 0 or purchase.units < 0:
        raise NoAmountError(purchase.product_id, member.measure)
    return purchase.units * Fraction(each) / Fraction(member.per_unit)


def _anchor(pool: Pool, recommendation: Recommendation | None, on: date, purchases: Sequence[Purchase]) -> date | None:
    if not isinstance(pool.window, Cycle):
        return None
    if pool.window.anchor == "recommendation":
        return None if recommendation is None else recommendation.valid_from
    return min((each.on for each in purchases), default=on)


def _lawful(pool: Pool, recommendation: Recommendation | None, on: date, anchor: date | None) -> Fraction | None:
    limit = pool.limit
    if (
        isinstance(pool.window, Cycle)
        and pool.window.first_limit is not None
        and in_first_cycle(pool.window, on, anchor)
    ):
        limit = pool.window.first_limit
    if limit is None or recommendation is None or not pool.waivable:
        return None if limit is None else Fraction(limit)
    granted = [w.amount for w in recommendation.waivers if w.pool == pool.key and w.valid_from <= on <= w.valid_to]
    return Fraction(max((limit, *granted)))


def _physician(pool: Pool, recommendation: Recommendation | None) -> Fraction | None:
    stated = None if recommendation is None else recommendation.limits.get(pool.key)
    return None if stated is None else Fraction(stated)
