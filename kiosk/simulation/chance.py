"""Every throw of dice in the program comes from the seed while a simulation runs, and so does every reading of time."""

import contextlib
import os
import random
import time
from collections.abc import Callable, Iterator
from unittest import mock


@contextlib.contextmanager
def seeded(seed: str, now_ns: Callable[[], int]) -> Iterator[None]:
    """Keys, ids, salts and pauses repeat with the seed: only for a process that keeps nobody's secrets."""
    dice = random.Random(f"{seed} entropy")
    before = random.getstate()
    random.seed(f"{seed} pauses")
    try:
        with (
            mock.patch.object(os, "urandom", dice.randbytes),
            mock.patch.object(random, "_urandom", dice.randbytes),
            mock.patch.object(time, "time_ns", now_ns),
        ):
            yield
    finally:
        random.setstate(before)
