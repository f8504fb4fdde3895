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

    ``forms_by_thc``: a form to the packages that have it by their THC. ``forms``: further words of forms.
    """

    kinds: dict[str, str]
    routes: dict[str, str]
    route_of_kind: dict[str, str]
    exact_of: dict[str, tuple[str, ...]]
    groups: dict[str, str]
    forms_by_thc: dict[str, ByThc]
    names: tuple[str, ...]
    forms: frozenset[str]


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
        forms=frozenset(raw["forms"]["words"]),
    )


def plain_word(word: str) -> str:
    """A word as the vocabulary spells it: lower case, one ``_`` for anything between letters and digits."""
    return re.sub(r"[^a-z0-9]+", "_", word.strip().lower()).strip("_")


@lru_cache(maxsize=4096)
def kind_of(category: str, form: str) -> str:
    """What a product is: by its category, or where that says less of it or nothing by its form. ``""``: not known."""
    known = vocabulary().kinds
    broad = known.get(plain_word(category), "")
    if not broad:
        return known.get(plain_word(form), "")
    exact = [kind for kind in _kinds_of(form) if kind in vocabulary().exact_of.get(broad, ())]
    return exact[-1] if exact else broad


def contradict(category: str, form: str) -> bool:
    """Whether both are known and no product is both."""
    groups, kind = vocabulary().groups, vocabulary().kinds.get(plain_word(category), "")
    said = _kinds_of(form)
    return bool(kind and said) and all(groups.get(each, "") != groups.get(kind, "") for each in said)


def known_form(form: str) -> bool:
    """Whether a run of words of a form is one of the vocabulary: ``live rosin cartridge``."""
    words = vocabulary()
    return any(run in words.kinds or run in words.routes or run in words.forms for run in _runs(form))


def _kinds_of(form: str) -> list[str]:
    """The kinds that a form names, by all of its words or by some of them, as they stand in it."""
    known, whole = vocabulary().kinds, plain_word(form)
    return [known[whole]] if whole in known else [known[run] for run in _runs(form) if run in known]


def _runs(form: str) -> list[str]:
    said = plain_word(form).split("_")
    return ["_".join(said[i:j]) for j in range(1, len(said) + 1) for i in range(j)]
