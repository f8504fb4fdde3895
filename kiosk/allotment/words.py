"""The words of a question about a patient, from ``words.toml``."""

import re
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
    dates: dict[str, frozenset[str]]
    waiver: dict[str, frozenset[str]]
    loosening: frozenset[str]
    profile: frozenset[str]


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
        dates={name: frozenset(each) for name, each in raw["dates"].items()},
        waiver={name: frozenset(each) for name, each in raw["waiver"].items()},
        loosening=frozenset(raw["believed"]["loosening"]),
        profile=frozenset(raw["believed"]["profile"]),
    )


def key_word(key: str) -> str:
    """A key as the tables spell it: ``dateOfBirth`` and ``Date of birth`` are ``date_of_birth``."""
    return plain_word(re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", key))


def split(key: str) -> tuple[str, ...]:
    """The words of a key: ``smokingOz``, ``smoking_oz`` and ``smoking oz`` are the same."""
    return tuple(each for each in key_word(key).replace("fl_oz", "floz").split("_") if each)


def holds(key: str, among: Collection[str]) -> bool:
    """Whether a run of whole words of ``key`` is among these."""
    parts = key.split("_")
    return any("_".join(parts[i:j]) in among for i in range(len(parts)) for j in range(i + 1, len(parts) + 1))


def ends(key: str, among: Collection[str]) -> bool:
    """Whether ``key`` ends in one of these, as whole words."""
    return any(key == each or key.endswith(f"_{each}") for each in among)
