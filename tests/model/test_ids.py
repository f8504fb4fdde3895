"""Identifiers are UUIDv7: well made, all different, and in the order of the time they were made."""

import time
import uuid

import pytest

from kiosk.model.ids import new_id


def test_an_id_holds_its_millisecond_version_and_variant() -> None:
    before = time.time_ns() // 1_000_000
    made = uuid.UUID(new_id())
    after = time.time_ns() // 1_000_000

    assert before <= made.int >> 80 <= after
    assert (made.version, made.variant) == (7, uuid.RFC_4122)


def test_ten_thousand_are_all_different() -> None:
    assert len({new_id() for _ in range(10_000)}) == 10_000


def test_later_ones_sort_after_earlier_ones(monkeypatch: pytest.MonkeyPatch) -> None:
    seconds = iter([1_750_000_000, 1_750_000_001, 1_900_000_000])
    monkeypatch.setattr(time, "time_ns", lambda: next(seconds) * 1_000_000_000)

    made = [new_id() for _ in range(3)]

    assert made == sorted(made)
