"""When what was bought comes back. Calendar dates only: no hours, no time zones, no daylight-saving time."""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from fractions import Fraction
from itertools import accumulate, repeat
from math import ceil
from operator import itemgetter, mul, sub
from typing import Protocol

from kiosk.rules.limits import AnyWindow, Calendar, Consumed, Cycle, PerRecommendation, Rolling, Supply, Transaction

Number = int | Fraction


class AnchorMissingError(Exception):
    """The window hangs on a recommendation, and there is none."""


def back_on(window: AnyWindow, bought: date, anchor: date | None) -> date | None:
    """The first date on which a purchase of ``bought`` no longer counts; None: it counts as long as it stands.

    ``anchor`` is where cycles begin; raises :class:`AnchorMissingError` where a cycle has none. A purchase from before
    the anchor belongs to an earlier cycle and is free from the anchor on.
    """
    match window:
        case Rolling():
            return later(bought, window.release_offset_days or window.days)
        case Calendar():
            return _next_period(window, bought)
        case Cycle():
            if anchor is None:
                raise AnchorMissingError
            return anchor if bought < anchor else cycle(window, bought, anchor)[1]
        case PerRecommendation():
            return None
        case _:
            return bought


def earliest(window: AnyWindow, on: date) -> date:
    """No purchase from before this date counts on ``on`` in a window of this kind, wherever it is anchored."""
    match window:
        case Rolling():
            return later(on, -(window.release_offset_days or window.days))
        case Calendar(period="day") | Transaction():
            return on
        case Calendar():
            return later(on, -366)
        case Cycle():
            return later(on, -max(window.days, window.first_days or 0))
        case _:
            return date.min


def in_first_cycle(window: AnyWindow, on: date, anchor: date | None) -> bool:
    return isinstance(window, Cycle) and anchor is not None and cycle(window, on, anchor)[0] <= anchor


def cycle(window: Cycle, on: date, anchor: date) -> tuple[date, date]:
    """The first date of the cycle that holds ``on``, and the first date of the next one."""
    second = later(anchor, window.first_days or window.days)
    if on < second:
        return anchor, second
    start = later(second, (on - second).days // window.days * window.days)
    return start, later(start, window.days)


def later(day: date, days: int) -> date:
    """``day`` and so many dates more or less; the calendar's own ends are its limits."""
    try:
        return day + timedelta(days=days)
    except OverflowError:
        return date.max if days > 0 else date.min


def _next_period(window: Calendar, on: date) -> date:
    if window.period == "day":
        return later(on, 1)
    if window.period == "year":
        return date(on.year + 1, 1, 1) if on.year < date.max.year else date.max
    year = on.year + on.month // 12
    return date(year, on.month % 12 + 1, 1) if year <= date.max.year else date.max


class Course(Protocol):
    """What purchases leave open in a window whose dates hang on the purchases themselves. Amounts are the pool's."""

    def used(self, on: date, limit: Number) -> Number:
        """What counts on ``on``, of :meth:`allowance`."""

    def allowance(self, on: date, limit: Number) -> Number:
        """What may be had in all on ``on``."""

    def turns(self, on: date) -> list[date]:
        """The dates after ``on`` on which more is left than on the date before, if nothing is bought."""


def course_of(
    window: Supply | Consumed, bought: Iterable[tuple[date, Number]], limit: Number, unit: int, on: date
) -> Course:
    """``bought``: local dates with their amounts. What is dated after ``on`` counts as of ``on``."""
    in_order = sorted(filter(itemgetter(1), bought), key=itemgetter(0))
    days = [day.toordinal() for day, _ in in_order]
    sums: list[Number] = [0, *accumulate(map(itemgetter(1), in_order))]
    today = on.toordinal()
    past = bisect_right(days, today)
    days[past:] = repeat(today, len(days) - past)
    if isinstance(window, Consumed):
        return _Consuming.of(days, sums, limit, unit)
    return _Supplies.of(window, days, sums, limit)


@dataclass(frozen=True)
class _Consuming:
    """``outstanding`` at the end of ``since``; one ``unit`` less on every later date. ``whole`` is all that may be."""

    outstanding: Number
    since: date
    whole: Number
    unit: int

    @classmethod
    def of(cls, days: Sequence[int], sums: Sequence[Number], limit: Number, unit: int) -> "_Consuming":
        """``days`` in order, as ordinals; ``sums[n]`` is all that was bought before ``days[n]``.

        Nothing is used up before it is there, so what is left is what came since the day on which least was.
        """
        if not days:
            return cls(0, date.min, limit, unit)
        empty = min(map(sub, sums, map(mul, days, repeat(unit))))
        return cls(sums[-1] - unit * days[-1] - empty, date.fromordinal(days[-1]), limit, unit)

    def used(self, on: date, limit: Number) -> Number:  # noqa: ARG002
        return max(0, self.outstanding - (on - self.since).days * self.unit)

    def allowance(self, on: date, limit: Number) -> Number:  # noqa: ARG002
        return limit

    def turns(self, on: date) -> list[date]:
        full = max((self.outstanding - self.whole) // self.unit, (on - self.since).days)
        return [later(self.since, n) for n in range(int(full) + 1, int(-(-self.outstanding // self.unit)) + 1)]


@dataclass(frozen=True)
class _Supplies:
    """The supply opened on ``start``: ``taken`` of it, of which ``before`` before the day of the last purchase.

    ``ahead`` was taken of the next one, which runs after it.
    """

    window: Supply
    start: date | None = None
    taken: Number = 0
    before: Number = 0
    last: date = date.min
    ahead: Number = 0

    @classmethod
    def of(cls, window: Supply, days: Sequence[int], sums: Sequence[Number], limit: Number) -> "_Supplies":
        """As :meth:`_Consuming.of`. Goes from one supply to the next: in five years to some thirty."""
        if not days:
            return cls(window)
        first, start = 0, days[0]
        carried: Number = 0
        enough: Number | None = None if window.early_left is None else limit - limit * Fraction(window.early_left)
        if enough is not None and type(sums[-1]) is int:
            enough = ceil(enough)  # among whole sums the same, and compared in no time
        while (following := _following(window, days, sums, enough, first, start)) < len(days):
            ahead = carried + sums[following] - sums[first] - max(limit, carried) if window.beside else 0
            runs_on = ahead > 0 and days[following] < start + 2 * window.days
            start, carried = (start + window.days, ahead) if runs_on else (days[following], 0)
            first = following
        last = bisect_left(days, days[-1])
        room = max(limit - carried, 0) if window.beside else sums[-1]
        taken, before = (carried + min(total - sums[first], room) for total in (sums[-1], sums[max(last, first)]))
        ahead = carried + sums[-1] - sums[first] - taken
        return cls(window, date.fromordinal(start), taken, before, date.fromordinal(days[-1]), ahead)

    def used(self, on: date, limit: Number) -> Number:
        now = self._at(on, limit)
        if now.window.beside:
            return now.taken + (now.ahead if now._early_date(on) else 0)
        return 0 if now._replaceable(on, limit) else now.taken

    def allowance(self, on: date, limit: Number) -> Number:
        now = self._at(on, limit)
        return limit * 2 if now.window.beside and now._early_date(on) else limit

    def turns(self, on: date) -> list[date]:
        if self.start is None:
            return []
        length, early = self.window.days, self.window.early_days or 0
        dates = [later(self.last, 1)]
        for n in (1, 2):
            dates += [later(self.start, n * length - early), later(self.start, n * length)]
        return sorted({day for day in dates if day > on})

    def _at(self, on: date, limit: Number) -> "_Supplies":  # noqa: ARG002
        """As it stands on ``on`` before anything is bought: a supply that has run out makes place."""
        if self.start is None or on < (end := later(self.start, self.window.days)):
            return self
        if self.window.beside and self.ahead and on < later(end, self.window.days):
            return _Supplies(self.window, end, self.ahead, self.ahead, self.last)
        return _Supplies(self.window)

    def _early_date(self, on: date) -> bool:
        early = self.window.early_days
        return self.start is not None and early is not None and on >= later(self.start, self.window.days - early)

    def _replaceable(self, on: date, limit: Number) -> bool:
        """Whether the next supply may take this one's place on ``on``. What was bought on that very date cannot have
        opened it: it can be had from the next visit on."""
        if self.window.beside or self.start is None:
            return False
        if self._early_date(on) and self.start < on:
            return True
        taken = self.before if on <= self.last else self.taken
        share = self.window.early_left
        return share is not None and self.start < on and limit - taken <= limit * Fraction(share)


def _following(
    window: Supply, days: Sequence[int], sums: Sequence[Number], enough: Number | None, first: int, start: int
) -> int:
    """Which purchase opens the supply after that of ``start``, whose first purchase is number ``first``.

    ``enough``: once so much was taken of it, the next may take its place on a later date.
    """
    dates = window.days if window.beside else window.days - (window.early_days or 0)
    opens = bisect_left(days, start + dates, first)
    if window.beside or enough is None:
        return opens
    low = bisect_left(sums, sums[first] + enough, first + 1, opens + 1)
    return min(opens, bisect_right(days, days[low - 1])) if low <= opens else opens
