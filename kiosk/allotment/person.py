"""What the question says about the patient. Many spellings are understood; what is not, and could be a limit, stops."""

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from kiosk.allotment.amounts import all_known, flags, is_amount, leaves, meant, raisable
from kiosk.allotment.places import Moment, Place
from kiosk.allotment.standing import Record, about_guidelines, bare, granted, read_flag, read_guidelines, read_word
from kiosk.allotment.words import ends, holds, words
from kiosk.model.people import Waiver
from kiosk.rules.kinds import plain_word, vocabulary
from kiosk.rules.law import Law
from kiosk.rules.limits import PerRecommendation
from kiosk.rules.patients import Patient
from kiosk.rules.windows import later


@dataclass
class Asker:
    """The patient, with what cannot be part of :class:`Patient`. ``unclear``: places that may limit and were not
    understood; ``routes``: None, all."""

    patient: Patient
    available: dict[str, Decimal] | None = None
    available_at: Moment | None = None
    daily_dose_mg: Decimal | None = None
    routes: tuple[str, ...] | None = None
    excluded: tuple[str, ...] = ()
    unclear: tuple[str, ...] = ()
    stopped_by: str = ""
    closed: tuple[str, ...] = ()
    """Routes that are said to be closed to them."""


@dataclass(kw_only=True)
class _Found(Record):
    law: Law
    zone: ZoneInfo
    query: Moment
    age: int | None = None
    start: date | None = None
    end: date | None = None
    days: int | None = None
    limits: dict[str, Decimal] = field(default_factory=dict)
    waivers: list[Waiver] = field(default_factory=list)
    available: dict[str, Decimal] = field(default_factory=dict)
    available_at: Moment | None = None
    dose: Decimal | None = None
    routes: tuple[str, ...] | None = None


def person_of(asked: Place, law: Law, zone: ZoneInfo, query: Moment) -> Asker:
    """Reads ``patient``. Raises :class:`~kiosk.allotment.places.Malformed`."""
    found = _Found(state=law.state, on=query.day, law=law, zone=zone, query=query)
    for key, place in _with_units(asked) if asked.known() else ():
        if place.known() or about_guidelines(plain_word(key)):
            _read(found, plain_word(key), place)
    start, end = found.start, found.end
    if end is None and start is not None and found.days is not None:
        end = later(start, max(found.days, 1) - 1)
    return Asker(
        patient=Patient(
            age=found.age,
            facts=found.facts,
            visitor=found.visitor,
            certified_from=start,
            certified_to=end,
            recommendation_id="the present one" if start is not None else None,
            limits=found.limits,
            waivers=tuple(found.waivers),
        ),
        available=found.available or None,
        available_at=found.available_at,
        daily_dose_mg=found.dose,
        routes=found.routes,
        excluded=found.excluded,
        unclear=tuple(found.unclear),
        stopped_by=found.stopped,
        closed=found.closed,
    )


def _with_units(asked: Place) -> Iterator[tuple[str, Place]]:
    """Every member; a figure whose unit is beside it (``limit``, ``limit_unit``) with that unit."""
    for key, place in asked.members():
        unit, owner = asked.object().get(f"{key}_unit"), key.removesuffix("_unit")
        if owner != key and _is_figure(asked.object().get(owner)) and isinstance(place.value, str):
            continue
        together = isinstance(unit, str) and _is_figure(place.value)
        yield key, Place(place.path, {"amount": place.value, "unit": unit}) if together else place


def _is_figure(value: Any) -> bool:
    return (isinstance(value, int | Decimal) and not isinstance(value, bool)) or (
        isinstance(value, str) and re.fullmatch(r"\s*[0-9.]+\s*", value) is not None
    )


def _read(found: _Found, key: str, place: Place) -> None:
    meaning = words().patient.get(key, "")
    fact = words().facts.get(bare(key), "")
    if about_guidelines(key):
        _guided(found, key, place)
    elif isinstance(place.value, bool):
        read_flag(found, key, place.value, place)
    elif meaning in READERS:
        READERS[meaning](found, key, place)
    elif (what := _dated(key)) and (what == "days" or isinstance(place.value, str)):
        _certified(found, what, place)
    elif fact and str(place.value) in ("0", "1"):
        read_flag(found, key, str(place.value) == "1", place)
    elif isinstance(place.value, str) and (not any(c.isdigit() for c in place.value) or _under_age(place.value)):
        read_word(found, key, place)
    else:
        _amounts(found, key, place)


def _under_age(word: str) -> bool:
    return words().facts.get(plain_word(word)) == "minor"


def _guided(found: _Found, key: str, place: Place) -> None:
    """Guidelines: whether there are any, and the amounts they state."""
    read_guidelines(found, key, place)
    if (amounts := _only_amounts(place.value)) is not None:
        _amounts(found, key, Place(place.path, amounts))


def _only_amounts(value: Any) -> Any:
    """Without yes and no, words and dates; None: nothing is left."""
    if isinstance(value, dict):
        rest = {key: found for key, each in value.items() if (found := _only_amounts(each)) is not None}
        named = {
            key: each for key, each in value.items() if key in (words().naming | {"unit"}) and isinstance(each, str)
        }
        return {**rest, **named} if rest else None
    if isinstance(value, list):
        return [found for each in value if (found := _only_amounts(each)) is not None] or None
    if isinstance(value, str):
        return value if re.match(r"\s*[0-9.]+\s*([A-Za-z_ ]+)?\s*$", value) else None
    return None if isinstance(value, bool) else value


def _aged(found: _Found, key: str, place: Place) -> None:
    found.age = place.whole() if words().patient[key] == "age" else _age(place.day(found.zone), found.query.day)


def _routed(found: _Found, _: str, place: Place) -> None:
    found.routes = tuple(_route(each) for each in place.each())


def _excluding(found: _Found, _: str, place: Place) -> None:
    found.excluded = tuple(vocabulary().kinds.get(plain_word(each.word()), each.word()) for each in place.each())


def _nothing(found: _Found, _: str, place: Place) -> None:
    """What says nothing about limits, but where they live."""
    for name, each in place.members() if isinstance(place.value, dict) else ():
        if words().patient.get(plain_word(name)) == "homes" and isinstance(each.value, str):
            read_word(found, plain_word(name), each)


def _dated(key: str) -> str:
    """``certification_start`` and the like: which date or length is meant, ``""``: none."""
    if (meaning := words().patient.get(key, "")) in ("valid_from", "valid_to"):
        return "start" if meaning == "valid_from" else "end"
    for name, meaning in words().patient.items():
        rest = key.removeprefix(f"{name}_")
        if meaning == "certifying" and rest != key and rest in words().certification:
            return words().certification[rest]
    return ""


def _certified(found: _Found, what: str, place: Place) -> None:
    if what == "days":
        found.days = place.whole()
    elif what == "start":
        found.start = place.day(found.zone)
    elif what == "end":
        day = place.day(found.zone)  # of two papers the one that ends first
        found.end = day if found.end is None else min(day, found.end)


def _certifying(found: _Found, key: str, place: Place) -> None:
    """A certification, order or card: its dates, and what it says beside them. Of several each that has not ended."""
    if isinstance(place.value, list) and place.value:
        _several(found, key, place.each())
    elif isinstance(place.value, str) and re.match(r"\d{4}-\d\d-\d\d", place.value):
        found.start = place.day(found.zone)
    elif isinstance(place.value, str) and not any(letter.isdigit() for letter in place.value):
        read_word(found, key, place)
    elif not isinstance(place.value, dict):
        _amounts(found, key, place)
    else:
        rest = {
            inner: each.value for inner, each in place.members() if each.known() and not _inside(found, inner, each)
        }
        if rest:
            _amounts(found, key, Place(place.path, rest))


def _several(found: _Found, key: str, orders: list[Place]) -> None:
    """Each that is in force counts, the last where none is. The purchases of orders count from the first one on."""
    held = [each for each in orders if _in_force(found, each)] or orders[-1:]
    before, told = found.start, found.routes
    starts: list[date] = []
    routes: list[tuple[str, ...] | None] = []
    for each in held:
        _forget(found)
        _certifying(found, key, each)
        starts += [found.start] if found.start is not None else []
        routes.append(found.routes)
    by_order = any(isinstance(pool.window, PerRecommendation) for pool in found.law.pools)
    found.start = before if not starts else min(starts) if by_order else starts[-1]
    found.routes = told if None in routes else tuple(route for each in routes for route in each or ())


def _forget(found: _Found) -> None:
    found.start = found.routes = None


def _in_force(found: _Found, order: Place) -> bool:
    if not isinstance(order.value, dict):
        return True
    for name, each in order.members():
        what = words().certification.get(plain_word(name))
        if each.known() and what in ("start", "end"):
            day = each.day(found.zone)
            if day > found.query.day if what == "start" else day < found.query.day:
                return False
    return True


def _inside(found: _Found, inner: str, place: Place) -> bool:
    """Reads what a certification says that is no amount; False: it may be one."""
    name = plain_word(inner)
    what = words().certification.get(name, "")
    meaning = words().patient.get(name, "")
    if what in ("start", "end", "days"):
        _certified(found, what, place)
    elif meaning in ("routes", "excluded", "waiver"):
        _read(found, name, place)
    elif isinstance(place.value, bool):
        read_flag(found, name, place.value, place)
    elif isinstance(place.value, str | list) and meaning in ("saying", "homes", "diagnoses"):
        _said(found, name, place)
    else:
        return what == "silent" or (meaning == "silent" and isinstance(place.value, str))
    return True


def _amounts(found: _Found, key: str, place: Place) -> None:
    """Amounts of the physician. The smaller of two for one pool holds."""
    start = tuple(plain_word(key).split("_"))
    found.unclear += [each.path for each in flags(place)]
    lawful = {pool.key: pool.limit for pool in found.law.pools}
    for said, leaf in leaves(place, start):
        value = leaf.number()
        if words().daily & set(said) and "mg" in said and _counts_days(found.law):
            found.dose = value
            continue
        pools = meant(found.law, said, value)
        free = raisable(found.law, said)
        pools = {
            pool: amount
            for pool, amount in pools.items()
            if pool in free or ((limit := lawful[pool]) is not None and amount <= limit)
        }
        if not pools or not is_amount(found.law, said):
            found.unclear.append(leaf.path)
        for pool, amount in pools.items():
            found.limits[pool] = min(amount, found.limits.get(pool, amount))
        if "order" in start and "total" not in said:
            _as_order(found, said, value, pools)


def _as_order(found: _Found, said: tuple[str, ...], value: Decimal, pools: dict[str, Decimal]) -> None:
    """An order of more than one window allows can only be the whole order's."""
    lawful = {pool.key: pool.limit for pool in found.law.pools}
    if any((limit := lawful[key]) is not None and amount > limit for key, amount in pools.items()):
        for pool, amount in meant(found.law, (*said, "total"), value).items():
            found.limits[pool] = min(amount, found.limits.get(pool, amount))


def _registry(found: _Found, key: str, place: Place) -> None:
    for name, each in place.members() if isinstance(place.value, dict) else ():
        if isinstance(each.value, bool):
            read_flag(found, plain_word(name), each.value, each)
    if isinstance(place.value, dict):
        for name in ("as_of", "at"):
            if place[name].known():
                found.available_at = place[name].moment(found.zone)
    for said, leaf in leaves(place, tuple(key.split("_"))):
        pools = meant(found.law, said, leaf.number())
        if not pools:
            found.unclear.append(leaf.path)
        for pool, amount in pools.items():
            found.available[pool] = min(amount, found.available.get(pool, amount))


def _waivers(found: _Found, key: str, place: Place) -> None:
    """What the state grants more, for the dates it says; without dates it holds."""
    for grant in place.each() if isinstance(place.value, list) else [place]:
        start, end, rest = date.min, date.max, grant
        if isinstance(grant.value, dict):
            said = [_granted(found, plain_word(name), each) for name, each in grant.members()]
            if False in said:
                continue
            told = zip(grant.members(), said, strict=True)
            rest = Place(grant.path, {name: each.value for (name, each), yes in told if yes is None})
            for name, each in list(rest.members()):
                what = words().certification.get(plain_word(name))
                if each.known() and what in ("start", "end"):
                    start, end = (each.day(found.zone), end) if what == "start" else (start, each.day(found.zone))
                if what:
                    del rest.value[name]
        found.unclear += [each.path for each in flags(rest)]
        for names, leaf in leaves(rest, tuple(key.split("_"))):
            if not all_known(found.law, names) or holds("_".join(names), words().stops):
                found.unclear.append(leaf.path)
                continue
            for pool, amount in meant(found.law, names, leaf.number()).items():
                found.waivers.append(
                    Waiver(pool=pool, amount=amount, valid_from=start, valid_to=end, authority="as the question says")
                )


def _granted(found: _Found, name: str, place: Place) -> bool | None:
    """Whether a member of a waiver says that it is granted; None: it says nothing of that."""
    if place.value is None:
        return False if ends(name, (*words().needed, "granted")) else None
    word = isinstance(place.value, str) and name in ("status", "state", "standing", "decision")
    flag = isinstance(place.value, bool) or (
        isinstance(place.value, str) and (granted(name, place) is not None) and name not in words().certification
    )
    if not word and not flag:
        return None
    yes = granted(name, place)
    if yes is None:
        found.unclear.append(place.path)
    return bool(yes)


def _said(found: _Found, key: str, place: Place) -> None:
    for each in place.each() if isinstance(place.value, list) else [place]:
        read_word(found, key, each)


def _route(place: Place) -> str:
    word = plain_word(place.word())
    return vocabulary().routes.get(word) or vocabulary().kinds.get(word, word)


def _counts_days(law: Law) -> bool:
    return any(member.measure == "supply_days" for pool in law.pools for member in pool.members)


def _age(born: date, on: date) -> int:
    return on.year - born.year - ((on.month, on.day) < (born.month, born.day))


def order_from(asker: Asker, law: Law) -> date | None:
    """Where purchases of an earlier order end, in a law that counts orders."""
    counted: Iterable[bool] = (isinstance(pool.window, PerRecommendation) for pool in law.pools)
    return asker.patient.certified_from if any(counted) else None


READERS: dict[str, Callable[[_Found, str, Place], None]] = {
    "age": _aged,
    "born": _aged,
    "routes": _routed,
    "excluded": _excluding,
    "registry": _registry,
    "waiver": _waivers,
    "visiting": _said,
    "saying": _said,
    "homes": _said,
    "diagnoses": _said,
    "certifying": _certifying,
    "silent": _nothing,
}
