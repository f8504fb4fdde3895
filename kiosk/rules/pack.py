"""Reads rule packs: one TOML file a state in ``packs/``, one entry a version. Numbers are decimals, never floats."""

import tomllib
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from functools import lru_cache
from importlib.resources import files
from pathlib import Path
from typing import Annotated, Any

import msgspec

from kiosk.model.base import Noun
from kiosk.model.errors import Ours
from kiosk.model.text import text
from kiosk.rules.faults import fault_of
from kiosk.rules.law import COUNTER, Law, Pack
from kiosk.rules.limits import Word
from kiosk.rules.versions import ordered

__all__ = ["Law", "Pack", "law_of", "load", "parse", "states", "versions"]


def load(state: str, on: date, folder: Path | None = None) -> Pack:
    """The version of ``state`` that is in force on the local date ``on``, with all that a counter needs.

    ``folder`` holds ``<state in lower case>.toml`` files; None: the packs of this program. Raises
    :class:`~kiosk.model.errors.Ours` with one line when there is no such pack, no version for that day, a fault, or
    when it says nothing of something that a counter has to know.
    """
    law = law_of(state, on, folder)
    if not isinstance(law, Pack):
        raise Ours(
            text(
                "The rules of {pack} do not say all a counter needs: {parts}.",
                pack=law.name,
                parts=", ".join(law.absent),
            )
        )
    return law


def law_of(state: str, on: date, folder: Path | None = None) -> Law:
    """The law of purchases of ``state`` that is in force on the local date ``on``. Raises as :func:`load`."""
    for law in versions(state, folder):
        if law.in_force(on):
            return law
    raise Ours(text("There are no rules for {state} on {day}.", state=state, day=on.isoformat()))


def versions(state: str, folder: Path | None = None) -> tuple[Law, ...]:
    """Every version of one state's law, oldest first. Raises as :func:`load`."""
    name = f"{state.lower()}.toml"
    source = pack_file(state, folder)
    if not (state.isascii() and state.isalnum()) or not source.is_file():
        raise Ours(text("There is no rule pack for {state}.", state=printable(state)))
    try:
        stamp = source.stat()
        return _read(source, stamp.st_mtime_ns, stamp.st_size)
    except (ValueError, OSError, RecursionError) as fault:
        raise Ours(text("The rule pack {file} has a fault: {fault}.", file=name, fault=one_line(fault))) from fault


@lru_cache(maxsize=128)
def _read(source: Path, _changed: int, _size: int) -> tuple[Law, ...]:
    """A file that has not changed says what it said."""
    return parse(source.read_text(encoding="utf-8"))


def pack_file(state: str, folder: Path | None = None) -> Path:
    """Where the pack of a state is, whether there is one or not."""
    return (Path(str(files("kiosk.rules"))) / "packs" if folder is None else folder) / f"{state.lower()}.toml"


def states(folder: Path | None = None) -> tuple[str, ...]:
    """The states there is a pack for."""
    source = pack_file("", folder).parent
    return tuple(sorted(path.name[:-5].upper() for path in source.iterdir() if path.name.endswith(".toml")))


class File(Noun, frozen=True, kw_only=True):
    """A pack file: ``versions`` as they are written, before one says that it is like another."""

    state: Word
    place: str = ""
    zone: Word
    ounce_g: Decimal = Decimal("28.35")
    versions: Annotated[tuple[dict[str, Any], ...], msgspec.Meta(min_length=1)]


def parse(source: str) -> tuple[Law, ...]:
    """Reads a pack file's text. Raises ``ValueError`` with the place and kind of the first fault."""
    whole = msgspec.convert(tomllib.loads(source, parse_float=Decimal), File)
    common = {"state": whole.state, "place": whole.place, "zone": whole.zone, "ounce_g": whole.ounce_g}
    return ordered([_law({**common, **version}) for version in _whole(whole.versions)], fault_of)


def _law(raw: dict[str, Any]) -> Law:
    complete = all(raw.get(part) for part in COUNTER)
    return msgspec.convert(raw, Pack if complete else Law)


def _whole(versions: tuple[dict[str, Any], ...]) -> Iterator[dict[str, Any]]:
    """Each version with what it takes over from the one it is like. Worked examples are each version's own."""
    known: dict[str, dict[str, Any]] = {}
    for version in versions:
        name = version.get("like", "")
        if name and name not in known:
            raise ValueError(f"version {version.get('version')} is like {name}, which does not stand before it")
        before = {
            k: v for k, v in known.get(name, {}).items() if k not in ("examples", "without", "since", "effective_to")
        }
        made = {**before, **version}
        for part in ("pools", "gates"):
            if name and (part in before or part in version):
                made[part] = _replaced(before.get(part, []), version.get(part, []), version.get("without", []))
        known[str(version.get("version"))] = made
        yield made


def _replaced(old: list[Any], new: list[Any], gone: list[Any]) -> list[Any]:
    mine = {each.get("key") if isinstance(each, dict) else None: each for each in new}
    taken = [mine.pop(each["key"], each) for each in old if each["key"] not in gone]
    return [*taken, *mine.values()]


def one_line(fault: BaseException) -> str:
    return printable(" ".join(str(fault).split())).rstrip(".")


def printable(said: str) -> str:
    """As people may see it: nothing that a terminal or a log would obey, and not endless."""
    shown = "".join(each if each.isprintable() else "?" for each in said)
    return shown if len(shown) <= LONGEST else f"{shown[:LONGEST]}…"


LONGEST = 300
OWN = ("examples", "without", "since", "effective_to")
"""What a version does not take over from the one it is like."""
