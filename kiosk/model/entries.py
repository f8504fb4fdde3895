"""What a person may type, and what becomes of it: within a range, and marked as typed for ever (INT-10).

A step that takes typed input carries one of these; the stage offers no other way in, the runner lets nothing through
that does not fit. A quantity in a record is :class:`Entered`, so that nobody can take a typed figure for a weighed one.
"""

import re
from decimal import Decimal
from typing import Literal

from kiosk.model.base import Noun
from kiosk.model.text import Text, text

Source = Literal["scan", "scale", "typed"]


class Digits(Noun, frozen=True, kw_only=True, tag="digits", tag_field="typing"):
    """A secret number: so many digits. It is in no record."""

    fewest: int
    most: int

    def wrong(self, typed: str) -> Text | None:
        """What does not fit; None where it may be used."""
        if typed.isascii() and typed.isdigit() and self.fewest <= len(typed) <= self.most:
            return None
        return text("Type {fewest} to {most} digits.", fewest=self.fewest, most=self.most)


class Entered(Noun, frozen=True, kw_only=True):
    """A quantity and where it came from."""

    value: Decimal
    unit: str
    by: Source


class Number(Noun, frozen=True, kw_only=True, tag="number", tag_field="typing"):
    """A quantity from ``least`` to ``most``, both included, with at most ``places`` decimals."""

    least: Decimal
    most: Decimal
    places: int = 0
    unit: str = ""

    def wrong(self, typed: str) -> Text | None:
        """What does not fit; None where it may be used."""
        if re.fullmatch(r"[0-9]{1,9}(\.[0-9]{1,9})?", typed) is None:
            return text("Type a number.")
        if len(typed.partition(".")[2]) > self.places:
            return text("Type at most {places} decimals.", places=self.places)
        return self.outside(Decimal(typed))

    def outside(self, value: Decimal) -> Text | None:
        """The same for a value that a scale or a code gave."""
        if self.least <= value <= self.most:
            return None
        return text("It has to be from {least} to {most} {unit}.", least=self.least, most=self.most, unit=self.unit)

    def entered(self, typed: str) -> Entered:
        """For the record. Raises ``ValueError`` for what :meth:`wrong` objects to."""
        if (wrong := self.wrong(typed)) is not None:
            raise ValueError(str(wrong))
        return Entered(value=Decimal(typed), unit=self.unit, by="typed")


Typing = Digits | Number

PIN = Digits(fewest=6, most=12)
