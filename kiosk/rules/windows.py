"""When what was bought comes back. Calendar dates only: no hours, no time zones, no daylight-saving time."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from fractions import Fraction
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


def course_of(window: Supply | Consumed, bought: Mapping[date, Number], limit: Number, unit: int, on: date) -> Course:
    """``bought``: local date to the amount of that date. What is dated after ``on`` counts as of ``on``."""
    days: dict[date, Number] = {}
    for bought_on in sorted(bought):
        day = min(bought_on, on)
        days[day] = days.get(day, 0) + bought[bought_on]
    if isinstance(window, Consumed):
        return _Consuming.of(days, unit)
    return _Supplies.of(window, days, limit)


@dataclass(frozen=True)
class _Consuming:
    """``outstanding`` at the end of ``since``; one ``unit`` less on every later date."""

    outstanding: Number
    since: date
    unit: int

    @classmethod
    def of(cls, days: Mapping[date, Number], unit: int) -> "_Consuming":
        outstanding: Number = 0
        since = date.min
        for day, amount in days.items():
            outstanding = max(0, outstanding - (day - since).days * unit) + amount
            since = day
        return cls(outstanding, since, unit)

    def used(self, on: date, limit: Number) -> Number:  # noqa: ARG002
        return max(0, self.outstanding - (on - self.since).days * self.unit)

    def allowance(self, on: date, limit: Number) -> Number:  # noqa: ARG002
        return limit

    def turns(self, on: date) -> list[date]:
        dates = -(-self.outstanding // self.unit)
        return [day for n in range(1, int(dates) + 1) if (day := later(self.since, n)) > on]


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
    def of(cls, window: Supply, days: Mapping[date, Number], limit: Number) -> "_Supplies":
        """Lives through the days of purchase in order: five years of them, so it counts in ordinals."""
        length, early = window.days, window.days - (window.early_days or 0)
        enough = None if window.early_left is None else limit - limit * Fraction(window.early_left)
        start = last = 0
        taken: Number = 0
        before: Number = 0
        ahead: Number = 0
        for day, amount in days.items():
            now = day.toordinal()
            if start and now >= start + length:
                runs_on = bool(window.beside and ahead) and now < start + 2 * length
                start, taken, ahead = (start + length, ahead, 0) if runs_on else (0, 0, 0)
            replaced = not window.beside and (now >= start + early or (enough is not None and taken >= enough))
            if not start or replaced:
                start, taken, ahead = now, 0, 0
            before, last = taken, now
            if window.beside and taken + amount > limit:
                here = max(limit - taken, 0)
                taken, ahead = taken + here, ahead + amount - here
            else:
                taken += amount
        if not start:
            return cls(window)
        return cls(window, date.fromordinal(start), taken, before, date.fromordinal(last), ahead)

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
