"""How the rules write numbers and dates for people: short, exact in the safe direction, the same on every screen."""

from datetime import date
from decimal import Decimal
from fractions import Fraction

_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_STEP = 100
"""Two decimals for the eye; the engines count exactly."""


def rounded(value: Fraction, *, up: bool = False) -> Decimal:
    """``value`` with at most two decimals: down for what is left, ``up`` for what is used or asked."""
    steps = value * _STEP
    whole = -(-steps.numerator // steps.denominator) if up else steps.numerator // steps.denominator
    return Decimal(whole) / _STEP


def plain(value: Decimal) -> str:
    """A decimal without trailing zeros and with its leading zero: ``"3.5"``, ``"0.25"``, ``"100"``."""
    digits = f"{value:f}"
    return (digits.rstrip("0").rstrip(".") if "." in digits else digits) or "0"


def grouped(value: Decimal) -> str:
    """As :func:`plain`, with commas between thousands: ``"24,500"``."""
    whole, dot, rest = plain(value).partition(".")
    return f"{int(whole):,}{dot}{rest}"


def amount(value: Fraction, unit: str, *, up: bool = False) -> str:
    """Number and unit: ``"1.5 oz"``, ``"17,500 mg"``. Rounded as :func:`rounded`."""
    return f"{grouped(rounded(value, up=up))} {unit}"


def day(value: date) -> str:
    """A date nobody can read two ways: ``"14-Aug-2026"``."""
    return f"{value.day:02d}-{_MONTHS[value.month - 1]}-{value.year}"
