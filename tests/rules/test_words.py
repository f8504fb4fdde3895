"""What is left is never shown larger than it is, and what is asked never smaller."""

from datetime import date
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kiosk.rules.words import amount, day, plain, rounded


@given(value=st.fractions(min_value=0, max_value=100_000))
def test_two_decimals_in_the_safe_direction(value: Fraction) -> None:
    down, up = Fraction(rounded(value)), Fraction(rounded(value, up=True))
    assert down <= value <= up
    assert value - down < Fraction(1, 100)
    assert up - value < Fraction(1, 100)


@pytest.mark.parametrize(
    ("value", "written"),
    [("3.50", "3.5"), ("0.250", "0.25"), ("1E+2", "100"), ("0.00", "0"), ("100", "100"), (".5", "0.5")],
)
def test_no_trailing_zero_and_a_leading_one(value: str, written: str) -> None:
    assert plain(Decimal(value)) == written


def test_amounts_and_dates_as_people_read_them() -> None:
    assert amount(Fraction(24500), "mg") == "24,500 mg"
    assert amount(Fraction(7, 2) / Fraction(2835, 100), "oz") == "0.12 oz"
    assert amount(Fraction(7, 2) / Fraction(2835, 100), "oz", up=True) == "0.13 oz"
    assert day(date(2026, 8, 14)) == "14-Aug-2026"
    assert day(date(2026, 3, 2)) == "02-Mar-2026"
