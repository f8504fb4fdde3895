"""Which analyte a printed name means. The names are data (``analytes.toml``); nothing is matched by likeness."""

import re
import tomllib
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib.resources import files
from typing import Any

_GREEK = {
    letter: name
    for name, letters in {"alpha": "αɑ", "beta": "βß", "gamma": "γ", "delta": "δ∆Δ△", "lambda": "λ", "p": "ρ"}.items()
    for letter in letters
}
_SPOKEN = {"alpha": "a", "beta": "b", "delta": "d", "gamma": "g", "lambda": "l", "trans": "t", "cis": "c"}
_TOTALLED = ("pesticides", "residual_solvents", "mycotoxins")
_CAS = re.compile(r"\b(\d{2,7}-\d{2}-\d)\b", re.ASCII)
_PART_MARK = re.compile(r"[a-ejlmopz1-3]|i{1,3}|iv|mp|pm|om|mo|mop|cis|trans|alpha|beta|gamma|n|iso|[bg][12][ab]?")
"""In brackets they make another substance of it: Permethrin (cis) is not permethrin."""
_PARENTHESES = re.compile(r"[(\[{]([^()\[\]{}]*)[)\]}]")


@dataclass(frozen=True, slots=True)
class Group:
    """``key`` is never less than any of ``members``. ``summed``: it is their sum, known where all of one core are."""

    key: str
    members: tuple[str, ...]
    cores: tuple[tuple[str, ...], ...]
    summed: bool


@dataclass(frozen=True, slots=True)
class Names:
    """``by_name``: compact spelling to key. ``panels``: key to panel. ``by_panel_name``: compact spelling to panel."""

    by_name: dict[str, str]
    panels: dict[str, str]
    by_panel_name: dict[str, str]
    groups: dict[str, Group]
    holders: dict[str, tuple[str, ...]]
    """Key to the groups it is a member of."""
    within: dict[str, dict[str, str]]
    """Of each panel the names that mean something else elsewhere."""


def compact(name: str) -> str:
    """Letters and digits alone, lower case, Greek letters by name: ``"Δ9-THC"`` → ``"delta9thc"``."""
    if not name.isascii():
        name = "".join(_GREEK.get(each, each) for each in name.casefold().replace("δ", "Δ"))
        name = unicodedata.normalize("NFKD", name)
    return re.sub(r"[^a-z0-9]", "", name.casefold())


@lru_cache(maxsize=4096)
def analyte(name: str, where: str | None = None) -> str | None:
    """Our key for ``name``, or None. A name is taken whole, then without what stands in brackets; a CAS number counts
    as a name. Where its parts name different analytes it names none. ``where``: the panel that it stands in."""
    names = table()
    if where and (key := names.within.get(where, {}).get(compact(name))) is not None:
        return key
    if (key := names.by_name.get(compact(name))) is not None:
        return key
    return _in_parts(name, names)


def panel(name: str) -> str | None:
    """Our key for a panel's printed name, or None."""
    return table().by_panel_name.get(compact(name))


def _in_parts(name: str, names: Names) -> str | None:
    found = {key for cas in _CAS.findall(name) if (key := names.by_name.get(compact(cas)))}
    bare = _CAS.sub(" ", re.sub(r"(?i)\bcas\b\s*(no\.?|number|#)?", " ", name))
    outside = _PARENTHESES.sub(" ", bare)
    whole = names.by_name.get(compact(bare)) or names.by_name.get(compact(outside))
    if whole is None and (parted := re.fullmatch(r"(.{3,40}?)\s*(?:-|:|–|—)\s+(.+)", outside)) and panel(parted[1]):
        whole = names.by_name.get(compact(parted[2]))
    if whole:
        bracketed = [compact(part) for part in _PARENTHESES.findall(bare)]
        inside = {key for part in bracketed if (key := names.by_name.get(part))}
        if any(map(_PART_MARK.fullmatch, bracketed)) or not all(_related(whole, other, names) for other in inside):
            return None
        parts = {other for other in inside if whole in names.holders.get(other, ())}
        found |= parts or {whole}  # "E. coli (STEC)" is the part that the bracket names
    return found.pop() if len(found) == 1 else None


def _related(key: str, other: str, names: Names) -> bool:
    return key == other or key in names.holders.get(other, ()) or other in names.holders.get(key, ())


@cache
def table() -> Names:
    source = tomllib.loads(files("kiosk.documents.certificates").joinpath("analytes.toml").read_text("utf-8"))
    aliases: dict[str, list[str]] = source.pop("panels")
    groups = {key: _group(key, each) for key, each in source.pop("groups").items()}
    within = {
        where: {compact(spelling): key for key, spellings in entries.items() for spelling in spellings}
        for where, entries in source.pop("within").items()
    }
    by_name: dict[str, str] = {}
    panels: dict[str, str] = {}
    derived: dict[str, str] = {}
    for panel_key, entries in source.items():
        for key, spellings in entries.items():
            panels[key] = panel_key
            for spelling in (key, *spellings):
                _add(by_name, compact(spelling), key)
                for other in _also(spelling, panel_key):
                    derived.setdefault(compact(other), key)
    by_panel_name = {compact(spelling): key for key, spellings in aliases.items() for spelling in (key, *spellings)}
    holders: dict[str, tuple[str, ...]] = {}
    for group in groups.values():
        for member in group.members:
            holders[member] = (*holders.get(member, ()), group.key)
    return Names(derived | by_name, panels, by_panel_name, groups, holders, within)


def _add(by_name: dict[str, str], spelling: str, key: str) -> None:
    if by_name.setdefault(spelling, key) != key:
        raise ValueError(f"{spelling} names both {by_name[spelling]} and {key}")


def _also(spelling: str, panel_key: str) -> Iterator[str]:
    """The regular variants of a spelling: Greek prefixes by letter, totals and plurals."""
    plain = spelling.replace("_", " ")
    parts = plain.split(" ")
    shortened = [" ".join([_SPOKEN.get(part, part) for part in parts])]
    variants = [plain, *(each for each in shortened if each != plain)]
    if parts[0] in ("alpha", "beta", "gamma", "delta", "cis", "trans") and len(parts) > 1:
        variants.append(" ".join([*parts[1:], parts[0]]))
    yield from variants
    if panel_key in _TOTALLED and not plain.startswith("total "):
        for each in variants:
            yield from (f"total {each}", f"{each} total", f"{each}s", f"total {each}s", f"{each} sum", f"sum of {each}")


def _group(key: str, source: dict[str, Any]) -> Group:
    members = tuple(source["members"])
    cores = tuple(tuple(core) for core in source.get("cores", [members]))
    return Group(key, members, cores, source.get("summed", False))
