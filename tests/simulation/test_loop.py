"""The loop's time is counted: hours pass at once, in order, and nobody waits for what never comes."""

import asyncio
import os
import random
import secrets
import time
from collections.abc import Coroutine
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

import pytest

from kiosk.simulation.chance import seeded
from kiosk.simulation.loop import CountedLoop, Stuck, latency

T = TypeVar("T")


def run(work: Coroutine[Any, Any, T], loop: CountedLoop | None = None) -> T:
    made = loop or CountedLoop()
    with asyncio.Runner(loop_factory=lambda: made) as runner:
        return runner.run(work)


def test_a_year_passes_at_once_and_in_order():
    order: list[str] = []

    async def wait(seconds: float, name: str) -> None:
        await asyncio.sleep(seconds)
        order.append(name)

    async def all_of_them() -> float:
        await asyncio.gather(wait(31_536_000, "year"), wait(3600, "hour"), wait(0.5, "soon"))
        return asyncio.get_running_loop().time()

    assert run(all_of_them()) == pytest.approx(31_536_000)
    assert order == ["soon", "hour", "year"]


def test_a_limit_of_time_is_one():
    async def too_long() -> None:
        async with asyncio.timeout(2):
            await asyncio.Event().wait()

    with pytest.raises(TimeoutError):
        run(too_long())


def test_what_can_never_come_is_said():
    with pytest.raises(Stuck):
        run(asyncio.Event().wait())


def test_the_work_of_another_thread_is_done_here_after_its_time_and_not_by_a_machine_that_is_off():
    loop = CountedLoop()
    loop.latency = latency(random.Random(1), 0.01)
    done: list[str] = []

    async def work() -> float:
        with ThreadPoolExecutor(1) as dead, ThreadPoolExecutor(1) as living:
            lost = asyncio.get_running_loop().run_in_executor(dead, done.append, "dead")
            dead.shutdown()
            await asyncio.get_running_loop().run_in_executor(living, done.append, "living")
            await asyncio.sleep(10)
            assert not lost.done()
        return asyncio.get_running_loop().time()

    assert run(work(), loop) > 10
    assert done == ["living"]


def test_a_fault_of_that_work_reaches_who_waits():
    async def work() -> None:
        await asyncio.to_thread(int, "no number")

    with pytest.raises(ValueError, match="invalid literal"):
        run(work())


def test_keys_ids_and_pauses_come_from_the_seed_and_are_given_back():
    def throw() -> tuple[bytes, str, float, int]:
        return os.urandom(8), secrets.token_hex(4), random.random(), time.time_ns()

    with seeded("a", lambda: 7):
        first = throw()
    with seeded("a", lambda: 7):
        again = throw()
    with seeded("b", lambda: 7):
        other = throw()
    assert first == again != other
    assert os.urandom(8) != first[0]
