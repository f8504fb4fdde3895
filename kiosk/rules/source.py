"""Reads a TOML file of rules so that no file can do harm: bounded, plain text, exact numbers, and every fault one
sentence that names the place."""

import re
import tomllib
from collections.abc import Iterable, Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import msgspec

MOST_BYTES = 1_000_000
"""The largest pack of this program has a fortieth of it."""
LONGEST_LINE = 4_000
LARGEST = 9
FINEST = -9
"""Powers of ten: sums of larger or finer figures would be exact and endless."""
LONGEST = 300


def read_bytes(file: Path) -> bytes:
    """The file as it is, read once. Raises ``ValueError`` where it cannot be read or is too long to be one of rules."""
    try:
        with file.open("rb") as opened:
            data = opened.read(MOST_BYTES + 1)
    except OSError as trouble:
        raise ValueError((trouble.strerror or "it cannot be read").lower()) from None
    if len(data) > MOST_BYTES:
        raise ValueError(f"it is longer than {MOST_BYTES:,} bytes")
    return data


def table_of(data: bytes) -> dict[str, Any]:
    """What the file says, numbers as whole numbers or decimals. Raises ``ValueError`` with the place."""
    for n, line in enumerate(data.split(b"\n"), start=1):
        try:
            if len(line.decode()) > LONGEST_LINE:
                raise ValueError(f"line {n} is longer than {LONGEST_LINE:,} characters")
        except UnicodeDecodeError:
            raise ValueError(f"line {n} is no text in UTF-8") from None
    try:
        table = tomllib.loads(data.decode(), parse_float=Decimal)
        fault = next(_faults(table, ()), None)
    except RecursionError:
        raise ValueError("it is nested too deeply") from None
    if fault is not None:
        where, what = fault
        raise ValueError(f"{place_of(table, where)}: {what}")
    return table


def place_of(table: Any, path: Iterable[str | int]) -> str:
    """A place for people, entries of a list by their names: ``versions[2022-08-29].pools[oral].limit``."""
    said, part = "", table
    for step in path:
        try:
            part = part[step]
        except (LookupError, TypeError):
            part = None
        if isinstance(step, int):
            said += f"[{_name(step, part)}]"
        else:
            said += f".{step}" if said else step
    return printable(said or "the file")


def _name(n: int, entry: Any) -> str:
    """How an entry of a list is known again: by the first of :data:`NAMES` that it has, else by its number from 1."""
    names = (entry.get(key) for key in NAMES) if isinstance(entry, dict) else ()
    return next((name for name in names if isinstance(name, str) and name), str(n + 1))


NAMES = ("version", "key", "code", "name", "pattern", "pool", "pack")


_PLACE = re.compile(r"(.*) - at `\$(.*)`", re.DOTALL)
_STEP = re.compile(r"\.([^.\[]+)|\[(\d+)\]")


def made(raw: dict[str, Any], kind: type[Any]) -> Any:
    """As ``msgspec.convert``; a ``ValueError`` names the place by its name."""
    try:
        return msgspec.convert(raw, kind)
    except msgspec.ValidationError as fault:
        found = _PLACE.fullmatch(str(fault))
        what, path = found.groups() if found else (str(fault), "")
        steps = (int(n) if n else name for name, n in _STEP.findall(path))
        raise ValueError(f"{place_of(raw, steps)}: {what}") from None


def _faults(part: Any, path: tuple[str | int, ...]) -> Iterator[tuple[tuple[str | int, ...], str]]:
    """What no rule may hold, whatever it is about: where, and what is wrong."""
    match part:
        case dict():
            for key, each in part.items():
                if not key.isprintable():
                    yield path, "a name holds a character that cannot be shown"
                yield from _faults(each, (*path, key))
        case list():
            for n, each in enumerate(part):
                yield from _faults(each, (*path, n))
        case str() if not part.isprintable():
            yield path, "the words hold a character that cannot be shown"
        case Decimal() if not part.is_finite():
            yield path, f"{part} is no amount"
        case Decimal() if part.adjusted() > LARGEST or int(part.as_tuple().exponent) < FINEST:
            yield path, f"no amount is so large or so fine: {part}"
        case int() if abs(part) > 10**LARGEST:
            yield path, f"no amount is so large: {part}"


def one_line(fault: BaseException) -> str:
    """A fault in one line without its full stop."""
    return printable(" ".join(str(fault).split())).rstrip(".")


def printable(said: str) -> str:
    """As people may see it: nothing that a terminal or a log would obey, and not endless."""
    shown = "".join(each if each.isprintable() else "?" for each in said)
    return shown if len(shown) <= LONGEST else f"{shown[:LONGEST]}…"
