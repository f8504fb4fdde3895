"""The patient label as data: what it says, before anybody lays it out."""

from kiosk.model.base import Sealed


class LabelField(Sealed, frozen=True, kw_only=True):
    """One required or given fact: ``key`` from the vocabulary (``"patient.name"``), heading and value as printed."""

    key: str
    heading: str
    value: str


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
    symbols: tuple[str, ...] = ()
    min_letter_mm: float = 1.6
    template: str = ""
    """Rule pack and version the label was made by."""
