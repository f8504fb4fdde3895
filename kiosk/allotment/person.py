"""What the question says about the patient. Many spellings are understood; what is not, and could be a limit, stops."""

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from functools import partial
from typing import Any
from zoneinfo import ZoneInfo

from kiosk.allotment.amounts import flags, is_amount, leaves, meant, raisable
from kiosk.allotment.choices import read_excluded, read_forms, read_routes
from kiosk.allotment.dates import is_date, should_be_a_date
from kiosk.allotment.papers import Papers, certified, nothing_there, read_date, read_papers
from kiosk.allotment.places import Moment, Place
from kiosk.allotment.standing import about_guidelines, bare, is_waiver, read_flag, read_guidelines, read_word
from kiosk.allotment.waivers import read_waivers
from kiosk.allotment.words import key_word, split, words
from kiosk.model.people import Waiver
from kiosk.rules.kinds import plain_word
from kiosk.rules.law import Law
from kiosk.rules.limits import PerRecommendation
from kiosk.rules.patients import Patient

OLDEST = 130


@dataclass
class Asker:
    """The patient, with what cannot be part of :class:`Patient`. ``unclear``: places that may limit and were not
    understood; ``routes``: None, all."""

    patient: Patient
    available: dict[str, Decimal] | None = None
    available_at: Moment | None = None
    daily_dose_mg: Decimal | None = None
    routes: tuple[str, ...] | None = None
    forms: tuple[str, ...] | None = None
    """Kinds that alone are recommended."""
    excluded: tuple[str, ...] = ()
    unclear: tuple[str, ...] = ()
    stopped_by: str = ""
    closed: tuple[str, ...] = ()
    """Routes that are said to be closed to them."""


@dataclass(kw_only=True)
class _Found(Papers):
    query: Moment
    age: int | None = None
    limits: dict[str, Decimal] = field(default_factory=dict)
    waivers: list[Waiver] = field(default_factory=list)
    available: dict[str, Decimal] = field(default_factory=dict)
    available_at: Moment | None = None
    dose: Decimal | None = None
    store: str = ""


def person_of(asked: Place, law: Law, zone: ZoneInfo, query: Moment, store: str = "") -> Asker:
    """Reads ``patient``; ``store`` is the one that sells. Raises :class:`~kiosk.allotment.places.Malformed`."""
    found = _Found(law=law, zone=zone, on=query.day, query=query)
    for key, place in _with_units(asked) if asked.known() else ():
        _read(found, key_word(key), place)
    if found.limits:
        found.facts.setdefault("guidelines", True)  # who states an amount has set one
    if found.store and store:
        found.facts["other_store"] = found.store != store
    start, end = certified(found)
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
        forms=found.forms,
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
    value = place.value
    meaning = words().patient.get(key, "")
    if about_guidelines(key):
        _guided(found, key, place)
    elif value is None:
        nothing_there(found, key)
    elif isinstance(value, bool):
        _flagged(found, key, value, place)
    elif meaning in READERS:
        READERS[meaning](found, key, place)
    elif words().certification.get(_of_paper(key)) == "days":
        found.days = place.whole()
    elif is_date(value) or should_be_a_date(key, value):
        read_date(found, key, place)
    elif is_waiver(key):
        _waivers(found, key, place)
    elif words().facts.get(bare(key)) and str(value) in ("0", "1"):
        read_flag(found, key, str(value) == "1", place)
    elif isinstance(value, str) and (not any(c.isdigit() for c in value) or _under_age(value)):
        read_word(found, key, place)
    elif isinstance(value, dict):
        _inside(found, key, place)
    elif not _is_identifier(value):
        _amounts(found, key, place)
    elif not set(split(key)) & words().paper:
        found.unclear.append(place.path)


def _flagged(found: _Found, key: str, value: bool, place: Place) -> None:
    if value is False and words().patient.get(key) in ("certifying", "card"):
        nothing_there(found, key)
    read_flag(found, key, value, place)


def _of_paper(key: str) -> str:
    """``certification_days`` without the paper's name."""
    for name, meaning in words().patient.items():
        if meaning in ("certifying", "card") and key.startswith(f"{name}_"):
            return key.removeprefix(f"{name}_")
    return key


def _is_identifier(value: Any) -> bool:
    return isinstance(value, str) and re.match(r"\s*[0-9.]+\s*([A-Za-z_ ]+)?\s*$", value) is None


def _inside(found: _Found, key: str, place: Place) -> None:
    """An object whose name says nothing: what it says of the patient is heard, and believed only against them."""
    known, unclear = dict(found.facts), len(found.unclear)
    rest = {}
    for name, each in place.members():
        inner = key_word(name)
        if inner in words().patient or isinstance(each.value, bool | dict) or is_date(each.value):
            _read(found, inner if inner in words().patient or not is_date(each.value) else f"{key}_{inner}", each)
        else:
            rest[name] = each.value
    if rest:
        _amounts(found, key, Place(place.path, rest))
    if key in words().profile:
        return
    for fact in words().loosening:
        if found.facts.get(fact, False) and not known.get(fact, False):
            found.facts[fact] = False
            found.unclear.insert(unclear, place.path)


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
    if words().patient[key] == "age":
        found.age = place.whole()
        if found.age > OLDEST:
            raise place.fault("nobody is so old")
    elif words().patient[key] == "birth_year":
        found.age = max(found.on.year - place.whole() - 1, 0)  # the birthday of this year may be to come
    else:
        found.age = _age(place.day(found.zone), found.query.day)
        if not 0 <= found.age <= OLDEST:
            raise place.fault("nobody is of that age")


def _stored(found: _Found, _: str, place: Place) -> None:
    if isinstance(place.value, dict):
        _stored(found, "", next((place[key] for key in ("store", "id", "name") if place[key].known()), place["store"]))
    else:
        found.store = str(place.value).strip()


def _nothing(found: _Found, _: str, place: Place) -> None:
    """What says nothing about limits, but where they live."""
    for name, each in place.members() if isinstance(place.value, dict) else ():
        if words().patient.get(plain_word(name)) == "homes" and isinstance(each.value, str):
            read_word(found, plain_word(name), each)


def _papers(found: _Found, key: str, place: Place) -> None:
    read_papers(found, key, place, partial(_amounts, found), partial(_read, found))


def _visiting(found: _Found, key: str, place: Place) -> None:
    """Where they are from, or what kind of visitor they are."""
    if str(place.value) in ("0", "1"):
        read_flag(found, key, str(place.value) == "1", place)
    elif isinstance(place.value, dict):
        found.visitor |= bool(place.value)
        _members_said(found, key, place)
    else:
        _said(found, key, place)


def _members_said(found: _Found, key: str, place: Place) -> None:
    """An object of words and of yes and no: ``{"class": "visitor", "state": "CA"}``, ``{"terminal": false}``."""
    for name, each in place.members():
        inner = key_word(name)
        if isinstance(each.value, bool):
            read_flag(found, inner, each.value, each)
        elif is_date(each.value):
            read_date(found, f"{key}_{inner}", each)
        elif words().patient.get(inner) in ("certifying", "card"):
            _papers(found, inner, each)
        elif isinstance(each.value, str | list) and words().patient.get(inner) != "silent":
            _said(found, inner if inner in words().patient else key, each)
        elif each.known() and words().patient.get(inner) != "silent":
            found.unclear.append(each.path)


def _waivers(found: _Found, key: str, place: Place) -> None:
    waivers, unclear = read_waivers(found.law, found.zone, key, place)
    found.waivers += waivers
    found.unclear += unclear


def _amounts(found: _Found, key: str, place: Place) -> None:
    """Amounts of the physician. The smaller of two for one pool holds."""
    start = split(key)
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
    if isinstance(place.value, str) and not any(letter.isdigit() for letter in place.value):
        found.unclear.append(place.path)  # that it does not answer, or in words what it has
        return
    rest = place
    if isinstance(place.value, dict):
        for name, each in place.members():
            if isinstance(each.value, bool):
                read_flag(found, key_word(name), each.value, each)
            elif name in ("as_of", "at") and each.known():
                found.available_at = each.moment(found.zone)
            elif isinstance(each.value, str) and words().patient.get(key_word(name)) == "saying":
                read_word(found, key_word(name), each)
        rest = Place(place.path, {name: each.value for name, each in place.members() if not _beside(name, each.value)})
    for said, leaf in leaves(rest, split(key)):
        pools = meant(found.law, said, leaf.number())
        if not pools:
            found.unclear.append(leaf.path)
        for pool, amount in pools.items():
            found.available[pool] = min(amount, found.available.get(pool, amount))


def _beside(name: str, value: Any) -> bool:
    """Whether a member of the registry's figures is none of them."""
    return words().patient.get(key_word(name)) in ("silent", "saying") and isinstance(value, str | int)


def _said(found: _Found, key: str, place: Place) -> None:
    if isinstance(place.value, dict):
        _members_said(found, key, place)
        return
    for each in place.each() if isinstance(place.value, list) else [place]:
        read_word(found, key, each)


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
    "birth_year": _aged,
    "routes": read_routes,
    "forms": read_forms,
    "excluded": read_excluded,
    "registry": _registry,
    "waiver": _waivers,
    "visiting": _visiting,
    "saying": _said,
    "homes": _said,
    "diagnoses": _said,
    "certifying": _papers,
    "card": _papers,
    "store": _stored,
    "silent": _nothing,
}
