"""What a product takes of a pool, exactly.

Within one pool all amounts are whole numbers of one small part of its unit (a thousand-millionth of the measure, times
what makes the members' rates whole), so that five years of purchases are added up in no time and nothing is rounded.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from fractions import Fraction
from functools import cached_property, lru_cache
from math import lcm
from operator import attrgetter

from kiosk.model.allotments import Purchase
from kiosk.model.text import Text, text
from kiosk.rules.kinds import kind_of
from kiosk.rules.limits import Measure, Member, Pool, What
from kiosk.rules.windows import Number

ML_IN_FL_OZ = Decimal("29.5735295625").as_integer_ratio()
"""A US fluid ounce in millilitres, exactly: 231 cubic inches of 2.54 cm make 128 of them."""

PARTS = 10**9
"""Figures of products are exact to so many parts; a finer one is taken as the next larger part."""


class NoAmountError(Exception):
    """A purchase or product has no value for the measure by which the pool counts it."""

    def __init__(self, product_id: str, measure: str) -> None:
        super().__init__(f"{product_id} has no {measure}")
        self.product_id = product_id
        self.measure = measure


def measure_words(measure: str) -> Text:
    match measure:
        case "thc_mg":
            return text("THC amount")
        case "net_weight_g":
            return text("net weight")
        case "flower_equivalent_g":
            return text("flower equivalent")
        case "equivalent_oz":
            return text("equivalent in flower")
        case "volume_fl_oz" | "volume_ml":
            return text("volume")
        case "supply_days":
            return text("days' supply")
        case "thc_pct":
            return text("THC share")
        case "product_id":
            return text("product number")
        case _:
            return text("number of units")


def fits(what: What, *, kind: str, route: str, form: str) -> bool:
    """Whether a product is of these kinds, routes and forms; its THC share is not looked at."""
    return (
        (not what.kinds or kind in what.kinds)
        and (not what.routes or route in what.routes)
        and (not what.forms or form in what.forms)
    )


def member_of(pool: Pool, *, form: str, route: str, category: str = "") -> Member | None:
    """How the pool counts such a product, exempt or not and whatever its THC share; None: it does not count it."""
    kind = kind_of(category, form)
    return next((member for member in pool.members if fits(member, kind=kind, route=route, form=form)), None)


@dataclass(frozen=True)
class Meter:
    """A pool's members with their rates as whole numbers: ``unit`` parts are one unit of the pool."""

    pool: Pool
    unit: int
    rates: tuple[int, ...]

    def amounts(self, purchases: Iterable[Purchase]) -> list[tuple[date, Number]]:
        """What each purchase takes, with its date; where the pool rounds, what each product of each sale takes
        together. Those it does not count are left out. Raises :class:`NoAmountError`."""
        if self.pool.round_up_to is None and not self._counts_sales:
            return self._plain_amounts(purchases)
        taken: dict[tuple[date, object, object], Number] = {}
        for n, each in enumerate(purchases):
            amount = self._amount(each)
            if amount is None:
                continue
            key = (each.on, each.order or n, "" if self._counts_sales else each.product_id or n)
            taken[key] = amount if self._counts_sales else taken.get(key, 0) + amount
        if self.pool.round_up_to is None:
            return [(key[0], amount) for key, amount in taken.items()]
        step = Fraction(self.pool.round_up_to) * self.unit
        return [(key[0], -(-Fraction(amount) // step) * step) for key, amount in taken.items()]

    def need(self, purchases: Iterable[Purchase]) -> Number | None:
        """What these take together; None where the pool counts none of them. Raises :class:`NoAmountError`."""
        taken = [amount for _, amount in self.amounts(purchases)]
        return sum(taken) if taken else None

    def parts(self, amount: Decimal | Fraction | int) -> Number:
        """An amount in the pool's unit, in parts."""
        exact = Fraction(amount) * self.unit
        return exact.numerator if exact.denominator == 1 else exact

    def units(self, parts: Number) -> Fraction:
        """Parts, in the pool's unit."""
        return Fraction(parts) / self.unit

    def member(self, each: Purchase) -> int | None:
        """Which member counts it. Raises :class:`NoAmountError` where its THC share decides and is not known."""
        kind = kind_of(each.category, each.form)
        for n, member in enumerate(self.pool.members):
            if not fits(member, kind=kind, route=each.route, form=each.form):
                continue
            if member.if_known and not _figures_known(member, each):
                continue
            if _share_fits(member, each):
                return n
        return None

    @property
    def _counts_sales(self) -> bool:
        return self.pool.members[0].measure == "sales"

    @cached_property
    def _told(self) -> Callable[[Purchase], tuple[object, ...]]:
        """All that decides what a purchase takes."""
        members = self.pool.members
        facts = {"category"} if self.pool.exempt else set()
        if any(member.kinds for member in members):
            facts |= {"category", "form"}
        if any(member.forms for member in members):
            facts |= {"form"}
        if any(member.routes for member in members):
            facts |= {"route"}
        if any(member.thc_pct_over is not None or member.thc_pct_up_to is not None for member in members):
            facts |= {"thc_pct", "thc_mg", "net_weight_g"}
        measures = {member.measure for member in members}
        if "supply_days" in measures:
            facts |= {"thc_mg", "daily_dose_mg"}
        if "volume_ml" in measures:
            facts |= {"volume_fl_oz"}
        facts |= measures - {"sales", "units", "volume_ml"}
        return attrgetter("units", *sorted(facts))

    def _plain_amounts(self, purchases: Iterable[Purchase]) -> list[tuple[date, Number]]:
        """Histories are long and products few: what a product has once taken it takes again."""
        known: dict[tuple[object, ...], Number | None] = {}
        taken: list[tuple[date, Number]] = []
        told = self._told
        for each in purchases:
            key = told(each)
            try:
                amount = known[key]
            except KeyError:
                amount = known[key] = self._amount(each)
            except TypeError:  # a figure that is no number has no hash
                amount = self._amount(each)
            if amount is not None:
                taken.append((each.on, amount))
        return taken

    def _amount(self, each: Purchase) -> Number | None:
        if each.category and each.category in self.pool.exempt:
            return None
        n = self.member(each)
        if n is None:
            return None
        member, rate = self.pool.members[n], self.rates[n]
        if each.units < 0:
            raise NoAmountError(each.product_id, "units")
        if member.measure in ("units", "sales"):
            return rate * PARTS * (1 if member.measure == "sales" else each.units)
        if member.measure == "supply_days" and each.supply_days is None:
            days = _days_of_dose(each)
            if days is None:
                raise NoAmountError(each.product_id, "supply_days")
            return days * rate * PARTS * each.units
        value: Decimal | None = getattr(each, _field(member.measure))
        # nothing is counted by weight and weighs nothing: such a record is not filled in
        if value is None or not value.is_finite() or value < 0 or (not value and member.measure == "net_weight_g"):
            raise NoAmountError(each.product_id, member.measure)
        above, below = value.as_integer_ratio()
        if member.measure == "volume_ml":
            above, below = above * ML_IN_FL_OZ[0], below * ML_IN_FL_OZ[1]
        return -(-above * PARTS // below) * rate * each.units


def _field(measure: Measure) -> str:
    """The fact of a product that a measure is found from."""
    return "volume_fl_oz" if measure == "volume_ml" else measure


def _figures_known(member: Member, each: Purchase) -> bool:
    """Whether the product has the figures by which the member counts it, and chooses it."""
    if (member.thc_pct_over is not None or member.thc_pct_up_to is not None) and share_of(each) is None:
        return False
    if member.measure == "supply_days" and each.supply_days is None:
        return _days_of_dose(each) is not None
    return member.measure in ("units", "sales") or getattr(each, _field(member.measure)) is not None


@lru_cache(maxsize=1024)
def meter_of(pool: Pool) -> Meter:
    """The meter of a pool."""
    per_unit = [Fraction(member.per_unit) for member in pool.members]
    whole = lcm(*(each.numerator for each in per_unit))
    return Meter(pool, whole * PARTS, tuple(int(whole / each) for each in per_unit))


def share_of(each: Purchase) -> Fraction | None:
    """THC in per cent of the net weight: told, or found from both; the larger of the two. None: not known."""
    told = None if each.thc_pct is None else Fraction(each.thc_pct)
    if each.thc_mg is None or not each.net_weight_g:
        return told
    found = Fraction(each.thc_mg) / Fraction(each.net_weight_g) / 10
    return found if told is None else max(told, found)


def has_figures(what: What, each: Purchase) -> bool:
    """Whether the THC share and the daily dose are as ``what`` says. One that is not known is not, where one is asked
    for."""
    if what.daily_dose_mg_over is not None and not _dose_of(each) > what.daily_dose_mg_over:
        return False
    if what.thc_pct_over is None and what.thc_pct_up_to is None:
        return True
    share = share_of(each)
    return share is not None and _between(what, share)


def _dose_of(each: Purchase) -> Fraction:
    """THC in mg of a day, the larger of what is told and what is found from the days of supply; 0: not known."""
    told = Fraction(each.daily_dose_mg or 0)
    if each.thc_mg is None or not each.supply_days:
        return told
    return max(told, Fraction(each.thc_mg) / Fraction(each.supply_days))


def _share_fits(what: What, each: Purchase) -> bool:
    if what.thc_pct_over is None and what.thc_pct_up_to is None:
        return True
    share = share_of(each)
    if share is None:
        raise NoAmountError(each.product_id, "thc_pct")
    return _between(what, share)


def _between(what: What, share: Fraction) -> bool:
    return (what.thc_pct_over is None or share > what.thc_pct_over) and (
        what.thc_pct_up_to is None or share <= what.thc_pct_up_to
    )


def _days_of_dose(each: Purchase) -> Fraction | None:
    if each.thc_mg is None or each.daily_dose_mg is None or not each.daily_dose_mg > 0:
        return None
    return Fraction(each.thc_mg) / Fraction(each.daily_dose_mg) if each.thc_mg >= 0 else None
