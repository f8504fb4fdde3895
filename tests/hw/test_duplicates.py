"""One code held under a scanner is one scan; two units counted are two."""

from itertools import pairwise

import pytest

from kiosk.hw.scanner.duplicates import SAME_DEVICE, TRY_AGAIN, Duplicates
from kiosk.model.documents import Reading


def reading(at: float, data: bytes = b"1A4FF", device: str = "vault") -> Reading:
    return Reading(data=data, device=device, at=at)


@pytest.mark.requirement("PLT-04")
def test_a_code_that_lies_under_the_scanner_is_one_scan_however_long() -> None:
    seen = Duplicates()
    assert [seen.repeats(reading(10.0 + 0.8 * n)) for n in range(5)] == [False, True, True, True, True]


def test_the_same_code_after_a_pause_is_a_new_scan() -> None:
    seen = Duplicates()
    assert not seen.repeats(reading(10.0))
    assert not seen.repeats(reading(11.6))


def test_other_codes_and_other_devices_are_other_scans() -> None:
    seen = Duplicates()
    assert not seen.repeats(reading(10.0))
    assert not seen.repeats(reading(10.1, data=b"1A4FE"))
    assert not seen.repeats(reading(10.5, device="door"))


def test_two_scanners_that_see_one_code_at_once_are_one_scan_counting_or_not() -> None:
    for counting in (False, True):
        seen = Duplicates()
        assert not seen.repeats(reading(10.0), counting=counting)
        assert seen.repeats(reading(10.08, device="fixed"), counting=counting)


def test_while_counting_two_equal_codes_are_two_units() -> None:
    seen = Duplicates()
    assert not seen.repeats(reading(10.0), counting=True)
    assert not seen.repeats(reading(10.4), counting=True)


def test_what_was_scanned_is_not_kept() -> None:
    seen = Duplicates()
    seen.repeats(reading(10.0, data=b"SAMPLE MARISOL"))
    assert "MARISOL" not in repr(vars(seen))


def tries(times: list[float], *, refused: bool = True) -> list[float]:
    """When a code that is read at these times counts, where it is refused each time it counts."""
    seen, counted = Duplicates(), []
    for at in times:
        if not seen.repeats(reading(at)):
            counted.append(at)
            if refused:
                seen.refused(reading(at))
    return counted


@pytest.mark.requirement("PLT-04")
def test_a_refused_code_that_is_held_there_counts_again_after_a_moment_and_a_burst_never_does() -> None:
    held = [n * 0.4 for n in range(25)]
    counted = tries(held)
    assert counted[0] == 0
    assert len(counted) == 4
    assert all(after - before >= TRY_AGAIN for before, after in pairwise(counted))
    assert tries(held, refused=False) == [0]


def test_one_trigger_is_one_try_whatever_the_scanner_repeats() -> None:
    assert SAME_DEVICE < TRY_AGAIN
    assert tries([0.0, 0.05, 0.3, 1.0, 1.6, 2.9]) == [0.0]


def test_a_refused_code_that_was_away_for_a_moment_is_a_new_try_as_any_other() -> None:
    assert tries([0.0, 1.6, 3.2]) == [0.0, 1.6, 3.2]


def test_a_code_that_counted_after_it_was_refused_is_one_scan_again() -> None:
    seen = Duplicates()
    assert not seen.repeats(reading(0.0))
    seen.refused(reading(0.0))
    assert [seen.repeats(reading(at)) for at in (1.0, 2.0, 3.0)] == [True, True, False]
    assert [seen.repeats(reading(at)) for at in (4.0, 5.0, 6.0, 7.0)] == [True, True, True, True]
