"""Reads rule packs: one TOML file a state in ``packs/``, one entry a version. Numbers are decimals, never floats."""

import re
import tomllib
from datetime import date
from decimal import Decimal
from importlib.resources import files
from itertools import pairwise
from pathlib import Path
from typing import Annotated, Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import msgspec

from kiosk.model.base import Noun
from kiosk.model.errors import Ours
from kiosk.model.text import text
from kiosk.rules.law import Cycle, Outage, Pack, Pool, Word

__all__ = ["Pack", "load", "parse", "versions"]


def load(state: str, on: date, folder: Path | None = None) -> Pack:
    """The version of ``state`` that is in force on the local date ``on``.

    ``folder`` holds ``<state in lower case>.toml`` files; None: the packs of this program. Raises
    :class:`~kiosk.model.errors.Ours` with one line when there is no such pack, no version for that day, or a fault.
    """
    for pack in versions(state, folder):
        if pack.in_force(on):
            return pack
    raise Ours(text("There are no rules for {state} on {day}.", state=state, day=on.isoformat()))


def versions(state: str, folder: Path | None = None) -> tuple[Pack, ...]:
    """Every version of one state's law, oldest first. Raises as :func:`load`."""
    name = f"{state.lower()}.toml"
    source = (files("kiosk.rules") / "packs" if folder is None else folder) / name
    if not state.isalnum() or not source.is_file():
        raise Ours(text("There is no rule pack for {state}.", state=state))
    try:
        return parse(source.read_text(encoding="utf-8"))
    except (ValueError, OSError) as fault:
        raise Ours(text("The rule pack {file} has a fault: {fault}.", file=name, fault=_one_line(fault))) from fault


class _File(Noun, frozen=True, kw_only=True):
    state: Word
    zone: Word
    versions: Annotated[tuple[dict[str, Any], ...], msgspec.Meta(min_length=1)]


def parse(source: str) -> tuple[Pack, ...]:
    """Reads a pack file's text. Raises ``ValueError`` with the place and kind of the first fault."""
    whole = msgspec.convert(tomllib.loads(source, parse_float=Decimal), _File)
    packs = sorted(
        (msgspec.convert({"state": whole.state, "zone": whole.zone, **version}, Pack) for version in whole.versions),
        key=lambda pack: pack.effective_from,
    )
    for pack in packs:
        if fault := _fault(pack):
            raise ValueError(f"version {pack.version}: {fault}")
    for older, newer in pairwise(packs):
        if older.effective_to is None or older.effective_to >= newer.effective_from:
            raise ValueError(f"versions {older.version} and {newer.version} overlap")
    return tuple(packs)


def _one_line(fault: Exception) -> str:
    return " ".join(str(fault).split()).rstrip(".")


def _fault(pack: Pack) -> str:
    """What the structs cannot see: the first thing in the pack that contradicts itself, or ``""``."""
    if pack.effective_to is not None and pack.effective_to < pack.effective_from:
        return "effective_to is before effective_from"
    try:
        ZoneInfo(pack.zone)
    except (ZoneInfoNotFoundError, ValueError):
        return f"no time zone is called {pack.zone}"
    for card in pack.card_rules:
        try:
            re.compile(card.pattern)
        except re.error as broken:
            return f"card pattern {card.pattern}: {broken}"
    keys = [pool.key for pool in pack.pools]
    if twice := {key for key in keys if keys.count(key) > 1}:
        return f"two pools are called {min(twice)}"
    for pool in pack.pools:
        if pool.limit is None and pool.waivable:
            return f"pool {pool.key} has no limit that could be waived"
        if any(
            amount is not None and not (amount.is_finite() and amount >= 0)
            for amount in (pool.limit, _first_limit(pool))
        ):
            return f"pool {pool.key} has a limit below zero"
        divisors = (*(member.per_unit for member in pool.members), pool.round_up_to)
        if any(amount is not None and not (amount.is_finite() and amount > 0) for amount in divisors):
            return f"pool {pool.key} divides by zero or less"
    if fault := _outage_fault(pack.outage, keys):
        return fault
    for example in pack.examples:
        named = {*example.limits, *(key for check in example.checks for key in (*check.remaining, check.refused_by))}
        if unknown := named - {*keys, ""}:
            return f"example {example.name} names no pool: {min(unknown)}"
    return ""


def _outage_fault(outage: Outage, keys: list[str]) -> str:
    if outage.rule == "no_pass":
        return "an outage that nobody passes has hours or limits" if outage.hours or outage.limits else ""
    if outage.hours is None:
        return "the outage rule does not say for how many hours the last answer may be used"
    if unknown := set(outage.limits) - set(keys):
        return f"the outage rule names no pool: {min(unknown)}"
    if any(not (limit.is_finite() and limit >= 0) for limit in outage.limits.values()):
        return "the outage rule has a limit below zero"
    return ""


def _first_limit(pool: Pool) -> Decimal | None:
    return pool.window.first_limit if isinstance(pool.window, Cycle) else None
