"""The facts a label can say: their keys, names and kinds, and the units they are told in."""

import tomllib
from decimal import Decimal
from functools import cache
from importlib.resources import files
from typing import Literal

import msgspec

from kiosk.model.base import Noun

Kind = Literal["text", "words", "date", "flag", "count", "amount", "level", "levels", "quantity", "keys"]
WARNING, SYMBOL = "warning.", "symbol."
"""How the keys begin under which a store tells a prescribed statement's words, and where a state's artwork is."""


class Fact(Noun, frozen=True, kw_only=True):
    """``says`` is what people call it, and its heading where a template names no other. ``may_be_none``: an empty list
    says that there are none, and not that nobody knows."""

    says: str
    kind: Kind = "text"
    unit: str = ""
    may_be_none: bool = False


class Unit(Noun, frozen=True, kw_only=True):
    words: tuple[str, ...]
    grams: Decimal | None = None
    counts: bool = False


class Vocabulary(Noun, frozen=True, kw_only=True):
    facts: dict[str, Fact]
    units: dict[str, Unit]
    found: dict[str, tuple[str, ...]]
    untested: dict[str, tuple[str, ...]]

    def unit(self, word: str) -> str:
        """How a unit is printed; ``""``: there is no such unit."""
        said = " ".join(word.lower().replace(".", "").split())
        return next((name for name, unit in self.units.items() if said in unit.words), "")

    def finding(self, word: str) -> str | None:
        """A laboratory's word as it is printed; ``""`` where it means that nobody knows; None: no such word."""
        said = " ".join(word.lower().split())
        if said in self.untested["words"]:
            return ""
        return next((name for name, words in self.found.items() if said in words), None)


@cache
def vocabulary() -> Vocabulary:
    raw = tomllib.loads((files("kiosk.rules.labels") / "vocabulary.toml").read_text(encoding="utf-8"))
    return msgspec.convert(raw, Vocabulary, strict=False)


def heading_of(key: str) -> str:
    """What people call a fact. A statement or symbol is called by its template."""
    known = vocabulary().facts.get(key)
    return key if known is None else known.says


def kind_of_fact(key: str) -> Kind | None:
    """None: no fact is called so. The words of a statement and the file of a symbol are text."""
    known = vocabulary().facts.get(key)
    if known is not None:
        return known.kind
    head = next((each for each in (WARNING, SYMBOL) if key.startswith(each)), "")
    return "text" if head and key[len(head) :].isidentifier() else None
