"""Leave one safety out, and the simulation notices: what could not see these could not prove anything."""

import os
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any
from unittest import mock

import pytest

from kiosk.flows import label
from kiosk.hub import books, ledger
from kiosk.hub.desk import Desk
from kiosk.hub.reporting import Reporting
from kiosk.simulation.day import Plan, simulate
from kiosk.simulation.disk import MemoryDisk
from kiosk.simulation.faults import Kind
from kiosk.simulation.people import Habits

MOST_DAYS = 500


def replaced(target: Any, name: str, value: Any) -> Callable[[], AbstractContextManager[Any]]:
    return lambda: mock.patch.object(target, name, value)


@dataclass(frozen=True)
class Mutation:
    """What is left out, where it is looked for, and a seed that is known to show it (None: only a search does)."""

    leave_out: Callable[[], AbstractContextManager[Any]]
    kinds: tuple[Kind, ...]
    seed: int | None = None


MUTATIONS = {
    "records are flushed before they are called kept": Mutation(
        replaced(MemoryDisk, "sync", lambda self, _: self._call()), ("power", "power_in_write", "cable", "hub_dies"), 0
    ),
    "label and package are compared": Mutation(replaced(label, "_mixed_up", lambda *_: None), (), 3),
    "what is ordered counts before it is handed over": Mutation(
        replaced(books, "COUNTED", ("dispensed", "reported")), ("cable", "power", "weather")
    ),
    "a claim asked again gets its first answer": Mutation(
        replaced(Desk, "_answered", lambda *_: None), ("weather", "cable")
    ),
    "a record that came before is known": Mutation(replaced(ledger, "_known", lambda *_: None), ("weather", "cable")),
    "the state is given time to show a receipt before it is sent again": Mutation(
        replaced(Reporting, "_may_send", lambda *_: True), ("moods",)
    ),
}


def day(seed: int, kinds: tuple[Kind, ...]) -> str:
    """What is broken on a day of few people who come twice and muddle their labels; "" for nothing."""
    habits = Habits(wrong_label=0.1, twice=0.4)
    return simulate(Plan(seed=seed, visits=8, customers=3, kinds=kinds, habits=habits)).violation


@pytest.mark.parametrize("name", [name for name, mutation in MUTATIONS.items() if mutation.seed is not None])
def test_without_this_safety_a_known_day_goes_wrong(name: str) -> None:
    mutation = MUTATIONS[name]
    assert mutation.seed is not None
    with mutation.leave_out():
        assert day(mutation.seed, mutation.kinds)
    assert day(mutation.seed, mutation.kinds) == ""


@pytest.mark.skipif(not os.environ.get("KIOSK_TORTURE"), reason="a search of up to 500 days: make torture")
@pytest.mark.parametrize("name", MUTATIONS)
def test_without_this_safety_some_day_of_the_first_500_goes_wrong(name: str) -> None:
    mutation = MUTATIONS[name]
    with mutation.leave_out():
        found = next((seed for seed in range(MOST_DAYS) if day(seed, mutation.kinds)), None)
    assert found is not None
