"""The words of a question about a patient, from ``words.toml``."""

import tomllib
from collections.abc import Collection
from functools import cache
from importlib.resources import files

from kiosk.model.base import Noun
from kiosk.rules.kinds import plain_word


class Words(Noun, frozen=True, kw_only=True):
    """``patient`` and ``certification``: key to what it means. ``facts``: spelling to fact. ``units``: word to unit."""

    patient: dict[str, str]
    certification: dict[str, str]
    facts: dict[str, str]
    units: dict[str, str]
    stops: tuple[str, ...]
    needed: tuple[str, ...]
    plain: frozenset[str]
    yes: frozenset[str]
    no: frozenset[str]
    visitor: frozenset[str]
    adult: frozenset[str]
    resident: frozenset[str]
    allowed: frozenset[str]
    guidelines: dict[str, frozenset[str]]
    amounting: frozenset[str]
    paper: frozenset[str]
    empty: frozenset[str]
    naming: frozenset[str]
    dated: frozenset[str]
    daily: frozenset[str]


@cache
def words() -> Words:
    raw = tomllib.loads((files("kiosk.allotment") / "words.toml").read_text(encoding="utf-8"))

    def turned(table: dict[str, list[str]]) -> dict[str, str]:
        return {word: meaning for meaning, said in table.items() for word in said}

    return Words(
        patient=turned(raw["patient"]),
        certification=turned(raw["certification"]),
        facts=turned(raw["facts"]),
        units=turned(raw["units"]),
        stops=tuple(raw["standing"]["stops"]),
        needed=tuple(raw["standing"]["needed"]),
        plain=frozenset(raw["standing"]["plain"]),
        guidelines={name: frozenset(each) for name, each in raw["guidelines"].items()},
        **{name: frozenset(each) for name, each in raw["said"].items()},
        amounting=frozenset(raw["empty"]["amounting"]),
        paper=frozenset(raw["empty"]["paper"]),
        empty=frozenset(raw["empty"]["words"]),
        naming=frozenset(raw["empty"]["naming"]),
        dated=frozenset(raw["empty"]["dated"]),
        daily=frozenset(raw["empty"]["daily"]),
    )


def split(key: str) -> tuple[str, ...]:
    """The words of a key: ``smokingOz`` is not taken apart, ``smoking_oz`` and ``smoking oz`` are."""
    return tuple(each for each in plain_word(key.replace("fl_oz", "floz")).split("_") if each)


def holds(key: str, among: Collection[str]) -> bool:
    """Whether a run of whole words of ``key`` is among these."""
    parts = key.split("_")
    return any("_".join(parts[i:j]) in among for i in range(len(parts)) for j in range(i + 1, len(parts) + 1))


def ends(key: str, among: Collection[str]) -> bool:
    """Whether ``key`` ends in one of these, as whole words."""
    return any(key == each or key.endswith(f"_{each}") for each in among)
