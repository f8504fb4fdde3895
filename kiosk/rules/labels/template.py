"""What a label template can say: a state's rules for what stands on a dispensed container, dated and cited.

Three hands label a package (``layer``): the producer (``P``), the dispensary (``D``), and the dispensary for this
patient (``S``). What the producer's label shows, legible and not covered, need not be printed again; all else is
printed here, or there is no label.
"""

from datetime import date
from decimal import Decimal
from typing import Annotated, Any, Literal

import msgspec

from kiosk.model.base import Noun
from kiosk.model.labels import Drawing
from kiosk.rules.limits import Cited, Confidence, What, Word

Layer = Literal["P", "D", "S"]
ANY = What()


class Part(Noun, frozen=True, kw_only=True):
    """Anything that stands on the label, for the products of ``what`` but not those of ``but``.

    ``only_if`` and ``not_if`` are yes-or-no facts that lift the duty: the one when it is said to be no, the other when
    it is said to be yes. While nobody says so the duty stands. Citation, date and confidence are the template's where
    they are not the part's own.
    """

    what: What = ANY
    but: What | None = None
    layer: Layer = "S"
    only_if: str = ""
    not_if: str = ""
    citation: str = ""
    as_of: str = ""
    confidence: Confidence | None = None
    note: str = ""


class FieldRule(Part, frozen=True, kw_only=True):
    """One fact of the label, by its key; ``or_key`` is another fact that does as well (mg instead of per cent).

    ``if_present`` facts are left out where there is none to print; ``caregiver`` facts are needed when a caregiver buys
    or the patient is a minor. ``heading`` "" is the vocabulary's. ``units``: the amount in each of these.
    """

    key: Word
    heading: str = ""
    or_key: str = ""
    required: Literal["always", "if_present", "caregiver"] = "always"
    units: tuple[str, ...] = ()
    prominent: bool = False


class Statement(Part, frozen=True, kw_only=True):
    """A sentence the law wants on the label.

    ``prescribed``: its very words are the law's. Where they are not known here (``words`` ""), ``sense`` says what they
    are about and the words are a fact, ``warning.<code>``, that the store takes from the cited rule; nothing is printed
    in their place. ``requires`` is a yes-or-no fact that must be yes for the sentence to be true.
    """

    code: Word
    words: str = ""
    sense: str = ""
    prescribed: bool = False
    requires: str = ""


class SymbolRule(Part, frozen=True, kw_only=True):
    """A symbol. Without a ``drawing`` it is artwork that the state publishes: a fact, ``symbol.<code>``, that nobody
    invents. ``width_mm`` and ``height_mm`` None: no least size is known. ``paper`` is the colour it has to stand on."""

    code: Word
    says: Word
    width_mm: Decimal | None = None
    height_mm: Decimal | None = None
    drawing: Drawing = ()
    colours: str = ""
    paper: str = ""


class Letters(Cited, frozen=True, kw_only=True):
    """The least height of a capital letter."""

    min_mm: Decimal


class AtLatest(Cited, frozen=True, kw_only=True):
    """A date of the label that may not be later than another one."""

    key: Word
    at_latest: Word


class Covering(Cited, frozen=True, kw_only=True):
    """What a sticker over the producer's label means: ``repeat`` what it covers, or ``never`` cover anything."""

    rule: Literal["repeat", "never"]


class Beside(Cited, frozen=True, kw_only=True):
    """What goes with the package and is not on its label."""

    kind: Literal["insert", "receipt", "bag", "package"]
    says: Word


class LabelExample(Noun, frozen=True, kw_only=True):
    """A dispense and its label, line by line, with the symbols on it.

    Taking away one of the facts in ``stops`` stops it, by that name. ``refused`` are the facts that stop it as it is.
    ``like`` is an earlier example whose facts these are, but for the ones told here; ``"-"`` takes one away.
    """

    name: Word
    like: str = ""
    facts: dict[str, Any]
    lines: tuple[Word, ...] = ()
    symbols: tuple[Word, ...] = ()
    letters_mm: Decimal | None = None
    stops: tuple[Word, ...] = ()
    refused: tuple[Word, ...] = ()


class Template(Cited, frozen=True, kw_only=True):
    """One version of a state's label. In force from ``effective_from`` up to and with ``effective_to``, by the day of
    dispensing.

    ``like``: this version is the one of that name but for what it says itself; statements and symbols go by their
    codes, and ``without`` are those that are gone. ``covers`` are the products whose list is known; ``absent`` says
    in sentences what is not known of the rest.
    """

    version: Word
    effective_from: date
    effective_to: date | None = None
    like: str = ""
    without: tuple[str, ...] = ()
    since: str = ""
    covers: What = ANY
    absent: tuple[str, ...] = ()
    adult_at: Annotated[int, msgspec.Meta(ge=1, le=30)] = 18
    fields: Annotated[tuple[FieldRule, ...], msgspec.Meta(min_length=1)]
    statements: tuple[Statement, ...] = ()
    symbols: tuple[SymbolRule, ...] = ()
    letters: Letters | None = None
    dates: tuple[AtLatest, ...] = ()
    covering: Covering | None = None
    beside: tuple[Beside, ...] = ()
    examples: tuple[LabelExample, ...] = ()

    def in_force(self, on: date) -> bool:
        return self.effective_from <= on and (self.effective_to is None or on <= self.effective_to)


def source_of(whole: Cited, part: Part) -> Cited:
    """Where a part comes from: its own word, or that of the ``whole`` it is a part of."""
    return Cited(
        citation=part.citation or whole.citation,
        as_of=part.as_of or whole.as_of,
        confidence=part.confidence or whole.confidence,
        note=part.note,
    )


class StoreLabel(Cited, frozen=True, kw_only=True):
    """What the store wants on a label beside the law's own. No letter is smaller than either says."""

    fields: tuple[FieldRule, ...] = ()
    statements: tuple[Statement, ...] = ()
    symbols: tuple[SymbolRule, ...] = ()
    min_letter_mm: Decimal = Decimal(0)


HOUSE_LETTERS = Letters(
    min_mm=Decimal("1.6"),
    citation="Store policy: no capital is lower than 1/16 inch",
    as_of="2026",
    confidence="high",
)
HOUSE_COVERING = Covering(
    rule="repeat",
    citation="Store policy: what a sticker covers of the producer's label, it says again",
    as_of="2026",
    confidence="high",
)
HOUSE_SYMBOL_MM = Decimal("12.7")
"""Half an inch each way, where no least size of a symbol is known."""


def letters_of(template: Template) -> Letters:
    """Whose least height of a letter holds: the state's, or the store's where the state has none or a smaller one."""
    return max((HOUSE_LETTERS, template.letters or HOUSE_LETTERS), key=lambda each: each.min_mm)
