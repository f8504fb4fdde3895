"""The shared vocabulary of products: which kind a category or a form means, and by which route it is used."""

import re
import tomllib
from decimal import Decimal
from functools import cache, lru_cache
from importlib.resources import files

import msgspec

from kiosk.model.base import Noun


class ByThc(Noun, frozen=True, kw_only=True):
    """A package of these kinds with at most so many mg of THC."""

    kinds: tuple[str, ...]
    thc_mg_up_to: Decimal


class Vocabulary(Noun, frozen=True, kw_only=True):
    """``kinds`` and ``routes``: a word to what it means; ``route_of_kind``: where the kind alone decides it;
    ``exact_of``: a broad kind to the exact ones among it; ``groups``: a kind to the group it is of.

    ``forms_by_thc``: a form to the packages that have it by their THC.
    """

    kinds: dict[str, str]
    routes: dict[str, str]
    route_of_kind: dict[str, str]
    exact_of: dict[str, tuple[str, ...]]
    groups: dict[str, str]
    forms_by_thc: dict[str, ByThc]
    names: tuple[str, ...]


@cache
def vocabulary() -> Vocabulary:
    raw = tomllib.loads((files("kiosk.rules") / "kinds.toml").read_text(encoding="utf-8"))
    return Vocabulary(
        kinds={word: kind for kind, words in raw["kinds"].items() for word in words},
        routes={word: route for route, words in raw["routes"].items() for word in words},
        route_of_kind=raw["route_of_kind"],
        exact_of=msgspec.convert(raw["exact_of"], dict[str, tuple[str, ...]]),
        groups={kind: group for group, kinds in raw["groups"].items() for kind in kinds},
        forms_by_thc=msgspec.convert(raw["forms_by_thc"], dict[str, ByThc]),
        names=tuple(raw["kinds"]),
    )


def plain_word(word: str) -> str:
    """A word as the vocabulary spells it: lower case, one ``_`` for anything between letters and digits."""
    return re.sub(r"[^a-z0-9]+", "_", word.strip().lower()).strip("_")


@lru_cache(maxsize=4096)
def kind_of(category: str, form: str) -> str:
    """What a product is: by its category, or where that says less of it or nothing by its form. ``""``: not known."""
    known = vocabulary().kinds
    broad, exact = known.get(plain_word(category), ""), known.get(plain_word(form), "")
    return exact if not broad or exact in vocabulary().exact_of.get(broad, ()) else broad


def contradict(category: str, form: str) -> bool:
    """Whether both are known and no product is both."""
    known, groups = vocabulary().kinds, vocabulary().groups
    first, second = known.get(plain_word(category), ""), known.get(plain_word(form), "")
    return bool(first and second) and groups.get(first, "") != groups.get(second, "")
