"""An event loop whose time is counted, not waited for: when nothing is ready, it is the time of the next timer.

Work given to another thread is done here, in its turn, so that one seed gives one order of everything.
"""

import asyncio
import random
import selectors
from collections.abc import Callable, Mapping
from typing import Any


class Stuck(RuntimeError):
    """Nothing is ready and no timer runs: whoever is waited for will never come."""


class _Selector(selectors.BaseSelector):
    """Knows no files: waiting is moving the clock."""

    def __init__(self) -> None:
        self.now = 0.0
        self._keys: dict[Any, selectors.SelectorKey] = {}

    def register(self, fileobj: Any, events: int, data: Any = None) -> selectors.SelectorKey:
        key = selectors.SelectorKey(fileobj, 0, events, data)
        self._keys[fileobj] = key
        return key

    def unregister(self, fileobj: Any) -> selectors.SelectorKey:
        return self._keys.pop(fileobj)

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        if timeout is None:
            raise Stuck("nothing is ready and no timer runs")
        if timeout > 0:
            self.now += timeout
        return []

    def get_map(self) -> Mapping[Any, selectors.SelectorKey]:
        return self._keys


class CountedLoop(asyncio.SelectorEventLoop):
    """``latency`` gives the seconds that work of another thread takes; none where it is not set."""

    def __init__(self) -> None:
        self._counted = _Selector()
        super().__init__(self._counted)
        self._clock_resolution = 1e-6  # coarser than what a float can tell apart after a year of seconds
        self.latency: Callable[[], float] | None = None

    def time(self) -> float:
        """Seconds since the loop was made."""
        return self._counted.now

    def run_in_executor(self, executor: Any, func: Any, *args: Any) -> "asyncio.Future[Any]":  # type: ignore[override]
        done: asyncio.Future[Any] = self.create_future()

        def work() -> None:
            if getattr(executor, "_shutdown", False):
                return  # its machine has lost its power
            try:
                value = func(*args)
            except BaseException as error:
                if not done.done():
                    done.set_exception(error)
                elif not isinstance(error, Exception):
                    raise
            else:
                if not done.done():
                    done.set_result(value)

        if self.latency is None:
            work()
        else:
            self.call_later(self.latency(), work)
        return done


def latency(chance: random.Random, usual: float) -> Callable[[], float]:
    """Mostly about ``usual`` seconds, now and then ten times as long."""
    return lambda: usual * (0.5 + chance.random()) * (10 if chance.random() < 0.02 else 1)
