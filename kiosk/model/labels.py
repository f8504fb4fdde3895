"""The patient label as data: what it says, before anybody lays it out."""

from datetime import date
from decimal import Decimal
from typing import Annotated

import msgspec

from kiosk.model.base import Noun, Sealed

Share = Decimal
"""A place or a size in a symbol, as a part of its box: 0 is left or top, 1 right or bottom."""
Point = tuple[Share, Share]


class Stroke(Noun, frozen=True, kw_only=True, tag_field="draw"):
    """One part of a symbol's drawing; later ones lie over earlier ones."""


class Outline(Stroke, frozen=True, kw_only=True, tag="outline"):
    """A convex shape with these corners: ``solid`` black, or white with a ``line`` inside its edge, a part of the box's
    height wide."""

    points: Annotated[tuple[Point, ...], msgspec.Meta(min_length=3)]
    line: Share = Decimal("0.05")
    solid: bool = False


class Disc(Stroke, frozen=True, kw_only=True, tag="disc"):
    """A circle around ``at``; ``radius`` and ``line`` are parts of the box's height."""

    at: Point
    radius: Share
    line: Share = Decimal("0.05")
    solid: bool = False


class Leaf(Stroke, frozen=True, kw_only=True, tag="leaf"):
    """A solid leaf of seven fingers, upright, ``height`` high (a part of the box's height) around ``at``."""

    at: Point
    height: Share
    white: bool = False


class Lettering(Stroke, frozen=True, kw_only=True, tag="words"):
    """``words`` centred on ``at``, with capitals ``height`` high (a part of the box's height)."""

    words: Annotated[str, msgspec.Meta(min_length=1, max_length=40)]
    at: Point
    height: Share
    white: bool = False


Drawing = tuple[Outline | Disc | Leaf | Lettering, ...]


class LabelSymbol(Noun, frozen=True, kw_only=True):
    """A symbol of the state, at least ``width_mm`` by ``height_mm``.

    ``picture`` is the state's own artwork as PNG, drawn in its own proportions; ``drawing`` is what the rule describes,
    drawn into a box of the proportions of the least size. One of the two is there.
    """

    code: str
    width_mm: Decimal = Decimal("12.7")
    height_mm: Decimal = Decimal("12.7")
    picture: bytes = b""
    drawing: Drawing = ()


class LabelField(Sealed, frozen=True, kw_only=True):
    """One required or given fact: ``key`` from the vocabulary (``"patient.name"``), heading and value as printed.

    ``prominent``: the law wants it to stand out; it is printed twice as large.
    """

    key: str
    heading: str
    value: str
    prominent: bool = False


class Label(Sealed, frozen=True, kw_only=True):
    """A complete label for one unit. Only rules make one, and only when no required fact is missing.

    ``number`` is the dispense number, ``print_no`` 1 for the first print; ``tag`` the package. Both become codes on
    the paper: Code 128 of the label code, QR of the package tag. ``min_letter_mm`` is the law's smallest letter.
    """

    number: str
    print_no: int
    tag: str
    fields: tuple[LabelField, ...]
    statements: tuple[str, ...] = ()
    symbols: tuple[LabelSymbol, ...] = ()
    min_letter_mm: float = 1.6
    template: str = ""
    """State and version of the label template it was made by, for example ``"ZZ label 2025"``."""
    on: date | None = None
    """The local date it says as the day of dispensing: a reprint is made by the law of that day (LBL-07)."""
