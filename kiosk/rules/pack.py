"""Reads rule packs: one TOML file a state in ``packs/``, one entry a version. Numbers are decimals, never floats."""

from collections.abc import Iterator, Sequence
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
from kiosk.rules.labels.template import Template
from kiosk.rules.labels.versions import templates
from kiosk.rules.law import Law, Pack
from kiosk.rules.limits import Word
from kiosk.rules.source import made, one_line, printable, read_bytes, table_of
from kiosk.rules.versions import ordered

__all__ = ["Law", "Pack", "law_of", "load", "one_line", "parse", "printable", "states", "versions"]


def load(state: str, on: date, folder: Path | None = None) -> Pack:
    """The version of ``state`` that is in force on the local date ``on``, with all that a counter needs.

    ``folder`` holds ``<state in lower case>.toml`` files; None: the packs of this program. Raises
    :class:`~kiosk.model.errors.Ours` with one line when there is no such pack, no version for that day, a fault, or
    when it says nothing of something that a counter has to know.
    """
    law = law_of(state, on, folder)
    if not isinstance(law, Pack):
        raise incomplete(law)
    return law


def incomplete(law: Law) -> Ours:
    parts = ", ".join(law.absent)
    return Ours(text("The rules of {pack} do not say all a counter needs: {parts}.", pack=law.name, parts=parts))


def law_of(state: str, on: date, folder: Path | None = None) -> Law:
    """The law of purchases of ``state`` that is in force on the local date ``on``. Raises as :func:`load`."""
    for law in versions(state, folder):
        if law.in_force(on):
            return law
    raise no_law(state, on)


def no_law(state: str, on: date) -> Ours:
    return Ours(text("There are no rules for {state} on {day}.", state=state, day=on.isoformat()))


def versions(state: str, folder: Path | None = None) -> tuple[Law, ...]:
    """Every version of one state's law, oldest first. Raises as :func:`load`."""
    return laws_in(source_of(state, folder), state)


def source_of(state: str, folder: Path | None = None) -> bytes:
    """The pack file of one state as it is now. Raises as :func:`load`."""
    file = pack_file(state, folder)
    if not (state.isascii() and state.isalnum()) or not file.is_file():
        raise Ours(text("There is no rule pack for {state}.", state=printable(state)))
    try:
        return read_bytes(file)
    except ValueError as fault:
        raise _broken(state, fault) from None


def laws_in(source: bytes, state: str) -> tuple[Law, ...]:
    """What the file of ``state`` says. Raises as :func:`load`, also where it is another state's."""
    try:
        laws = parse(source)
    except ValueError as fault:
        raise _broken(state, fault) from None
    if laws[0].state != state.upper():
        raise _broken(state, ValueError(f"these are the rules of {laws[0].state}"))
    return laws


def _broken(state: str, fault: ValueError) -> Ours:
    return Ours(text("The rule pack {file} has a fault: {fault}.", file=f"{state.lower()}.toml", fault=one_line(fault)))


def pack_file(state: str, folder: Path | None = None) -> Path:
    """Where the pack of a state is, whether there is one or not."""
    return (Path(str(files("kiosk.rules"))) / "packs" if folder is None else folder) / f"{state.lower()}.toml"


def states(folder: Path | None = None) -> tuple[str, ...]:
    """The states there is a pack for."""
    source = pack_file("", folder).parent
    return tuple(sorted(path.name[:-5].upper() for path in source.iterdir() if path.name.endswith(".toml")))


class File(Noun, frozen=True, kw_only=True):
    """A pack file: ``versions`` and ``labels`` as they are written, before one says that it is like another."""

    state: Word
    place: str = ""
    zone: Word
    ounce_g: Decimal = Decimal("28.35")
    versions: Annotated[tuple[dict[str, Any], ...], msgspec.Meta(min_length=1)]
    labels: tuple[dict[str, Any], ...] = ()


@lru_cache(maxsize=128)
def parse(source: bytes | str) -> tuple[Law, ...]:
    """Reads a pack file. Raises ``ValueError`` with the place and kind of the first fault. The same bytes are read
    once: who has looked at them, by their signature or their digest, has looked at what is used."""
    table = table_of(source.encode() if isinstance(source, str) else source)
    whole: File = made(table, File)
    common = {"state": whole.state, "place": whole.place, "zone": whole.zone, "ounce_g": whole.ounce_g}
    labels = templates(whole.labels)
    return ordered([_law({**common, **version}, labels) for version in _whole(whole.versions)], fault_of)


def _law(raw: dict[str, Any], labels: tuple[Template, ...]) -> Law:
    if "labels" in raw:
        raise ValueError(f"version {raw.get('version')}: labels stand beside the versions, not in one of them")
    try:
        law: Law = made(raw, Law)
    except ValueError as fault:
        raise ValueError(f"version {raw.get('version')}: {fault}") from None
    law = msgspec.structs.replace(law, labels=tuple(each for each in labels if _meet(law, each)))
    return law if law.absent else Pack(**{field: getattr(law, field) for field in law.__struct_fields__})


def _meet(law: Law, template: Template) -> bool:
    """Whether there is a day on which both are in force."""
    starts = max(law.effective_from, template.effective_from)
    return all(each.effective_to is None or starts <= each.effective_to for each in (law, template))


class _Like(msgspec.Struct, frozen=True):
    """What has to be known of a version before it can take over anything."""

    like: str = ""
    without: tuple[str, ...] = ()
    pools: tuple[dict[str, Any], ...] = ()
    gates: tuple[dict[str, Any], ...] = ()


def _whole(versions: tuple[dict[str, Any], ...]) -> Iterator[dict[str, Any]]:
    """Each version with what it takes over from the one it is like. Worked examples are each version's own."""
    known: dict[str, dict[str, Any]] = {}
    for version in versions:
        called = str(version.get("version"))
        try:
            new: _Like = made(version, _Like)
        except ValueError as fault:
            raise ValueError(f"version {called}: {fault}") from None
        if new.like and new.like not in known:
            raise ValueError(f"version {called} is like {new.like}, which does not stand before it")
        before = {k: v for k, v in known.get(new.like, {}).items() if k not in OWN}
        whole = {**before, **version}
        for part in (new.pools, new.gates):
            keys = [each.get("key") for each in part]
            if twice := next((key for n, key in enumerate(keys) if key in keys[:n]), None):
                raise ValueError(f"version {called}: two rules are called {twice}")
        keyed = {each.get("key") for part in ("pools", "gates") for each in before.get(part, ())}
        if strange := [key for key in new.without if key not in keyed]:
            raise ValueError(
                f"version {called} goes without {strange[0]}, which {new.like or 'no version'} does not have"
            )
        if new.like:
            whole |= {
                part: _replaced(before.get(part, ()), mine, new.without)
                for part, mine in (("pools", new.pools), ("gates", new.gates))
            }
        known[called] = whole
        yield whole


def _replaced(old: Sequence[dict[str, Any]], new: Sequence[dict[str, Any]], gone: Sequence[str]) -> list[Any]:
    """The old entries where they stood, replaced by those of the same key, without those ``gone``; then the new."""
    mine = {str(each.get("key")): each for each in new}
    taken = [mine.pop(str(each.get("key")), each) for each in old if each.get("key") not in gone]
    return [*taken, *mine.values()]


OWN = ("examples", "without", "since", "effective_to")
"""What a version does not take over from the one it is like."""
