"""``words.toml``: METRC's words and ours."""

import functools
import tomllib
from decimal import Decimal
from importlib import resources

import msgspec


class Category(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a METRC category of items is in the house. ``route`` ``""``: no rule lets it be sold."""

    names: tuple[str, ...]
    form: str
    route: str
    category: str = ""


class LabWords(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    thc: tuple[str, ...]
    cbd: tuple[str, ...]
    mg: tuple[str, ...]
    percent: tuple[str, ...]
    permille: tuple[str, ...]


class States(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    passed: tuple[str, ...]
    failed: tuple[str, ...]


UNKNOWN = Category(names=(), form="unknown", route="")


class Vocabulary(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    lab: LabWords
    states: States
    grams: dict[str, Decimal]
    """Name of a unit in lower case to grams. Ounces are not here: how heavy one is, is for the law to say."""
    customers: dict[str, str]
    categories: tuple[Category, ...]

    def category(self, name: str | None) -> Category:
        wanted = (name or "").strip().lower()
        for category in self.categories:
            if wanted in (each.lower() for each in category.names):
                return category
        return UNKNOWN


@functools.cache
def vocabulary() -> Vocabulary:
    data = resources.files("kiosk.tracking.metrc").joinpath("words.toml").read_text(encoding="utf-8")
    return msgspec.convert(tomllib.loads(data), Vocabulary)
