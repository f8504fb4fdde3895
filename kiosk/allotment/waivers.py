"""What the state grants a patient more, as far as the question says that it did: asked for is not granted."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from typing import Any
from zoneinfo import ZoneInfo

from kiosk.allotment.amounts import all_known, flags, leaves, meant
from kiosk.allotment.dates import is_date, meaning_of
from kiosk.allotment.places import Place
from kiosk.allotment.standing import bare, granted
from kiosk.allotment.words import ends, holds, key_word, split, words
from kiosk.model.people import Waiver
from kiosk.rules.kinds import plain_word
from kiosk.rules.law import Law
from kiosk.rules.windows import later


@dataclass
class _Grant:
    """``granted`` and ``asked``: whether it says so; None: nothing of that. ``rest``: what may be its amounts."""

    start: date = date.min
    end: date = date.max
    granted: bool | None = None
    asked: bool = False
    on_authority: bool = False
    days: int | None = None
    rest: dict[str, Any] = field(default_factory=dict)
    unclear: list[str] = field(default_factory=list)


def read_waivers(law: Law, zone: ZoneInfo, key: str, place: Place) -> tuple[list[Waiver], list[str]]:
    """The waivers that are granted, and the places that were not understood: of a waiver with one, nothing holds."""
    waivers: list[Waiver] = []
    unclear: list[str] = []
    for each in place.each() if isinstance(place.value, list) else [place]:
        named, unnamed = _apart(each)
        for name, inner in named:
            more, places = read_waivers(law, zone, f"{key}_{name}", inner)
            waivers += more
            unclear += places
        if unnamed.value != {}:
            waivers += _granted(law, zone, key, unnamed, unclear)
    return waivers, unclear


def _apart(waiver: Place) -> tuple[list[tuple[str, Place]], Place]:
    """The waivers that an object names (``{"smoking": {"oz": 4}}``), and what is left of it."""
    if not isinstance(waiver.value, dict):
        return [], waiver
    named = [(key_word(name), each) for name, each in waiver.members() if isinstance(each.value, dict)]
    named = [(name, each) for name, each in named if words().certification.get(name) != "period"]
    paths = {each.path for _, each in named}
    return named, Place(waiver.path, {name: each.value for name, each in waiver.members() if each.path not in paths})


def _granted(law: Law, zone: ZoneInfo, key: str, place: Place, unclear: list[str]) -> Iterator[Waiver]:
    said = split(key)
    grant = _Grant(asked=bool(set(said) & words().waiver["asked"]))
    if isinstance(place.value, dict):
        for name, inner in _members(place):
            _read(grant, zone, name, inner)
        place = Place(place.path, grant.rest)
    if set(said) & words().waiver["own"] and not grant.on_authority:
        grant.unclear.append(place.path)
    _until(grant, place)
    unclear += grant.unclear
    if grant.granted is False or (grant.asked and grant.granted is None) or grant.unclear:
        return
    yield from _amounts(law, tuple(each for each in said if each not in words().waiver["asked"]), place, grant, unclear)


def _members(grant: Place) -> Iterator[tuple[str, Place]]:
    for name, each in grant.members():
        if words().certification.get(key_word(name)) == "period" and isinstance(each.value, dict):
            yield from ((key_word(inner), place) for inner, place in each.members())
        else:
            yield key_word(name), each


def _read(grant: _Grant, zone: ZoneInfo, name: str, place: Place) -> None:
    value = place.value
    if value is None:
        if ends(bare(name), (*words().needed, "granted")) or set(split(name)) & {"decision", "approved", "granted"}:
            grant.granted = False
    elif is_date(value):
        _dated(grant, zone, name, place)
    elif words().certification.get(name) == "days":
        grant.days = place.whole()
    elif set(split(name)) & words().waiver["staff"]:
        grant.unclear.append(place.path)
    elif isinstance(value, bool):
        _flagged(grant, name, place)
    elif name in ("status", "state", "standing", "decision"):
        _decided(grant, name, place)
    elif name in words().waiver["text"]:
        _told(grant, name, place)
    elif isinstance(value, str) and granted(name, place) is not None:
        _decided(grant, name, place)
    else:
        grant.rest[name] = value


def _dated(grant: _Grant, zone: ZoneInfo, name: str, place: Place) -> None:
    day = place.day(zone)
    match meaning_of(name):
        case "start":
            grant.start = max(grant.start, day)
            grant.granted = True if grant.granted is None and set(split(name)) & GRANTING else grant.granted
        case "end":
            grant.end = min(grant.end, day)
        case "stopped":
            grant.end = min(grant.end, later(day, -1))
        case "asked":
            grant.asked = True
        case "aside":
            pass
        case _:
            grant.unclear.append(place.path)


GRANTING = {"granted", "approved", "approval", "effective", "issued", "from", "start"}
"""Words of a date from which on a waiver holds, so that it was granted."""


def _flagged(grant: _Grant, name: str, place: Place) -> None:
    if place.value and set(split(name)) & words().waiver["asked"]:
        grant.asked = True
    else:
        _decided(grant, name, place)


def _decided(grant: _Grant, name: str, place: Place) -> None:
    yes = granted(name, place)
    if yes is None:
        grant.unclear.append(place.path)
    grant.granted = bool(yes) and grant.granted is not False


def _told(grant: _Grant, name: str, place: Place) -> None:
    """Free words: they may only take away."""
    said = set(plain_word(str(place.value)).split("_"))
    if said & words().waiver["staff"]:
        grant.unclear.append(place.path)
    elif holds(plain_word(str(place.value)), words().stops) or said & words().waiver["asked"]:
        grant.granted = False
    elif name in words().waiver["authority"]:
        grant.on_authority = True


def _until(grant: _Grant, place: Place) -> None:
    if grant.days is None:
        return
    if grant.start == date.min:
        grant.unclear.append(f"{place.path}.days")
    else:
        grant.end = min(grant.end, later(grant.start, max(grant.days, 1) - 1))


def _amounts(law: Law, key: tuple[str, ...], place: Place, grant: _Grant, unclear: list[str]) -> Iterator[Waiver]:
    unclear += [each.path for each in flags(place)]
    for names, leaf in leaves(place, key):
        if not all_known(law, names) or holds("_".join(names), words().stops):
            unclear.append(leaf.path)
            continue
        for pool, amount in meant(law, names, leaf.number()).items():
            yield Waiver(
                pool=pool,
                amount=amount,
                valid_from=grant.start,
                valid_to=grant.end,
                authority="as the question says",
            )
