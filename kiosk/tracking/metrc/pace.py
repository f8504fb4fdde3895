"""How fast METRC may be read. Its limits hold for the facility and for the maker's key over all stores, so one store
stays far below them: 50 reads a second and 10 at once are the published figures, ours are a tenth and four."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

from kiosk.model.clock import Clock
from kiosk.model.errors import Unavailable
from kiosk.model.text import Text

FIRST_REST = 1.0
LONGEST_REST = 60.0


class Pace:
    """A token bucket with ``in_flight`` tokens that fill at ``per_second``, and as many slots.

    After a 429 everybody rests. Who would have to wait longer than ``patience`` seconds for the end of a rest is told
    so at once with ``Unavailable`` instead of being kept.
    """

    def __init__(
        self,
        clock: Clock,
        busy: Text,
        *,
        per_second: float = 5,
        in_flight: int = 4,
        patience: float = 5,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        if per_second <= 0 or in_flight < 1:
            raise ValueError("A pace needs a rate above 0 and at least one slot")
        self._clock = clock
        self._busy = busy
        self._interval = 1 / per_second
        self._credit = self._interval * (in_flight - 1)
        self._patience = patience
        self._sleep = sleep
        self._slots = asyncio.Semaphore(in_flight)
        self._full_at = 0.0
        self._rest_until = 0.0
        self._refusals = 0

    @asynccontextmanager
    async def turn(self) -> AsyncIterator[None]:
        """One request's turn."""
        self._raise_if_resting()
        async with self._slots:
            now = self._clock.monotonic()
            self._full_at = max(self._full_at, now) + self._interval
            wait = self._full_at - self._interval - self._credit - now
            if wait > 0:
                await self._sleep(wait)
            await self._rest()
            yield

    def too_fast(self, retry_after: float | None) -> None:
        """A 429 came: rest as long as was asked for, or twice as long as the last time."""
        self._refusals += 1
        seconds = retry_after if retry_after is not None else FIRST_REST * 2 ** min(self._refusals - 1, 6)
        until = self._clock.monotonic() + min(max(seconds, 0.0), LONGEST_REST)
        self._rest_until = max(self._rest_until, until)

    def fine(self) -> None:
        self._refusals = 0

    @property
    def resting(self) -> float:
        """Seconds until the end of the rest."""
        return max(0.0, self._rest_until - self._clock.monotonic())

    async def _rest(self) -> None:
        while self.resting > 0:
            self._raise_if_resting()
            await self._sleep(self.resting)

    def _raise_if_resting(self) -> None:
        if self.resting > self._patience:
            raise Unavailable(self._busy, "resting after status 429")
