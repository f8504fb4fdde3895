"""One code held under a scanner is one scan; two units counted are two."""

import pytest

from kiosk.hw.scanner.duplicates import Duplicates
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
