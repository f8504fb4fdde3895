"""The one place that reads a clock. Everything else gets the time as an argument or asks a :class:`Clock`."""

import time
from datetime import UTC, date, datetime, timedelta
from typing import Protocol, runtime_checkable
from zoneinfo import ZoneInfo


@runtime_checkable  # the hub's web framework checks what it is given
class Clock(Protocol):
    def now(self) -> datetime:
        """The instant, aware, in UTC."""

    def monotonic(self) -> float:
        """Seconds that never jump; for distances only."""


class SystemClock:
    def now(self) -> datetime:
        return datetime.now(UTC)

    def monotonic(self) -> float:
        return time.monotonic()


class ManualClock:
    """A clock for tests and rehearsals: stands still until it is told to move."""

    def __init__(self, start: datetime = datetime(2026, 3, 2, 15, 0, tzinfo=UTC)) -> None:
        self._now = start
        self._monotonic = 1000.0

    def now(self) -> datetime:
        return self._now

    def monotonic(self) -> float:
        return self._monotonic

    def advance(self, seconds: float) -> None:
        self._now += timedelta(seconds=seconds)
        self._monotonic += seconds


def local_time(at: datetime, zone: str) -> datetime:
    """The instant ``at`` as the clocks of the IANA zone show it."""
    return at.astimezone(ZoneInfo(zone))


def local_date(at: datetime, zone: str) -> date:
    """The calendar date at ``at`` in the store's legal time zone: what the law counts in."""
    return local_time(at, zone).date()
