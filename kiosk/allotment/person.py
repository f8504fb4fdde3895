"""What the question says about the patient. Many spellings are understood; what is not, and could be a limit, stops."""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from zoneinfo import ZoneInfo

from kiosk.allotment.amounts import all_known, leaves, meant
from kiosk.allotment.places import Moment, Place
from kiosk.allotment.words import words
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


@dataclass
class _Found:
    law: Law
    zone: ZoneInfo
    query: Moment
    age: int | None = None
    facts: dict[str, bool] = field(default_factory=dict)
    visitor: bool = False
    start: date | None = None
    end: date | None = None
    days: int | None = None
    limits: dict[str, Decimal] = field(default_factory=dict)
    waivers: list[Waiver] = field(default_factory=list)
    available: dict[str, Decimal] = field(default_factory=dict)
    available_at: Moment | None = None
    dose: Decimal | None = None
    routes: tuple[str, ...] | None = None
    excluded: tuple[str, ...] = ()
    unclear: list[str] = field(default_factory=list)


def person_of(asked: Place, law: Law, zone: ZoneInfo, query: Moment) -> Asker:
    """Reads ``patient``. Raises :class:`~kiosk.allotment.places.Malformed`."""
    found = _Found(law, zone, query)
    for key, place in asked.members() if asked.known() else ():
        if place.known():
            _read(found, plain_word(key), place)
    start, end = found.start, found.end
    if end is None and start is not None and found.days is not None:
        end = later(start, max(found.days, 1) - 1)
    stopped = next((fact for fact in words().stops if found.facts.get(fact)), "")
    stopped = stopped or next((f"not {fact}" for fact in words().needed if found.facts.get(fact) is False), "")
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
        stopped_by=stopped,
    )


def _read(found: _Found, key: str, place: Place) -> None:
    meaning = words().patient.get(key, "")
    if isinstance(place.value, bool):
        _fact(found, key, place.value)
    elif meaning in READERS:
        READERS[meaning](found, key, place)
    elif (what := _dated(key)) and (what == "days" or isinstance(place.value, str)):
        _certified(found, what, place)
    elif isinstance(place.value, str) and not any(letter.isdigit() for letter in place.value):
        _fact(found, plain_word(f"{key} {place.value}"), True)
    else:
        _amounts(found, key, place)


def _aged(found: _Found, key: str, place: Place) -> None:
    found.age = place.whole() if words().patient[key] == "age" else _age(place.day(found.zone), found.query.day)


def _routed(found: _Found, _: str, place: Place) -> None:
    found.routes = tuple(_route(each) for each in place.each())


def _excluding(found: _Found, _: str, place: Place) -> None:
    found.excluded = tuple(vocabulary().kinds.get(plain_word(each.word()), each.word()) for each in place.each())


def _nothing(found: _Found, key: str, place: Place) -> None:
    """What says nothing about limits."""


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
        found.end = place.day(found.zone)


def _certifying(found: _Found, key: str, place: Place) -> None:
    """A certification, order or card: its dates, and what it says beside them. Of several the last."""
    if isinstance(place.value, list) and place.value:
        place = place.each()[-1]
    if isinstance(place.value, str) and re.match(r"\d{4}-\d\d-\d\d", place.value):
        found.start = place.day(found.zone)
    elif isinstance(place.value, str) and not any(letter.isdigit() for letter in place.value):
        _fact(found, plain_word(place.word()), True)
    elif not isinstance(place.value, dict):
        _amounts(found, key, place)
    else:
        rest = {
            inner: each.value for inner, each in place.members() if each.known() and not _inside(found, inner, each)
        }
        if rest:
            _amounts(found, key, Place(place.path, rest))


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
        _fact(found, name, place.value)
    elif isinstance(place.value, str | list) and meaning == "saying":
        _said(found, name, place)
    else:
        return what == "silent" or (meaning == "silent" and isinstance(place.value, str))
    return True


def _amounts(found: _Found, key: str, place: Place) -> None:
    """Amounts of the physician. The smaller of two for one pool holds."""
    start = tuple(plain_word(key).split("_"))
    lawful = {pool.key: pool.limit for pool in found.law.pools}
    for said, leaf in leaves(place, start):
        value = leaf.number()
        if words().daily & set(said) and "mg" in said and _counts_days(found.law):
            found.dose = value
            continue
        pools = meant(found.law, said, value)
        if not all_known(found.law, said):
            pools = {pool: amount for pool, amount in pools.items() if amount <= (lawful[pool] or 0)}
        if not pools:
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
            for name, each in grant.members():
                what = words().certification.get(plain_word(name))
                if each.known() and what in ("start", "end"):
                    start, end = (each.day(found.zone), end) if what == "start" else (start, each.day(found.zone))
            said = {name: v for name, v in grant.object().items() if plain_word(name) not in words().certification}
            rest = Place(grant.path, said)
        for names, leaf in leaves(rest, tuple(key.split("_"))):
            for pool, amount in meant(found.law, names, leaf.number()).items():
                found.waivers.append(
                    Waiver(pool=pool, amount=amount, valid_from=start, valid_to=end, authority="as the question says")
                )


def _said(found: _Found, key: str, place: Place) -> None:
    for each in place.each() if isinstance(place.value, list) else [place]:
        said = plain_word(each.word().partition(":")[0])
        if words().patient.get(key) == "visiting":
            found.visitor = said not in ("none", "no", "false", "resident")
        _fact(found, said, True)


def _fact(found: _Found, key: str, value: bool) -> None:
    if words().patient.get(key) == "visiting":
        found.visitor = value
    elif key in ("resident", "state_resident"):
        found.visitor = not value
    elif key in ("adult", "of_age"):
        found.facts["minor"] = not value
    found.facts[words().facts.get(key, key)] = value


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
    "certifying": _certifying,
    "silent": _nothing,
}
