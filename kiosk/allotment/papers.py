"""The patient's papers: certifications, recommendations, orders, cards. Their dates, and what they say beside them."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from kiosk.allotment.dates import is_date, meaning_of, should_be_a_date
from kiosk.allotment.places import Place
from kiosk.allotment.standing import Record, read_flag, read_word
from kiosk.allotment.words import key_word, words
from kiosk.rules.limits import PerRecommendation
from kiosk.rules.windows import later

Span = tuple[date | None, date | None]
ORDERS = ("order", "orders")


@dataclass(kw_only=True)
class Papers(Record):
    """``start`` is what periods are counted from; of two papers the one that ends first ends both.

    ``routes`` and ``forms`` are those that alone are recommended; None: all.
    """

    start: date | None = None
    end: date | None = None
    days: int | None = None
    routes: tuple[str, ...] | None = None
    forms: tuple[str, ...] | None = None
    _rank: int = field(default=0)


Reader = Callable[[str, Place], None]
"""Reads what is no date: takes the key and the place."""


def read_papers(found: Papers, key: str, place: Place, amounts: Reader, other: Reader) -> None:
    """A paper, or a list of several. ``amounts`` reads what may be amounts, ``other`` what a patient's own key says."""
    value = place.value
    if value in ({}, []):
        nothing_there(found, key)
    elif isinstance(value, list):
        _several(found, key, place, amounts, other)
    elif isinstance(value, dict):
        _one(found, key, place, amounts, other)
    elif isinstance(value, str) and (span := _interval(found, place)) is not None:
        found_span(found, key, span)
    elif isinstance(value, str) and not any(letter.isdigit() for letter in value):
        read_word(found, key, place)
    elif not _is_identifier(key, value):
        amounts(key, place)


def nothing_there(found: Papers, key: str) -> None:
    """A paper that is said to be none."""
    meaning = words().patient.get(key, "")
    if meaning == "card":
        found.facts.setdefault("state_card", False)
        found.facts.setdefault("in_database", False)
    elif meaning == "certifying" and key not in ORDERS:
        found.stopped = f"no {key}"


def read_date(found: Papers, key: str, place: Place) -> None:
    """A date of a paper, whose meaning the words of its key say."""
    match meaning_of(key):
        case "start":
            found_span(found, key, (place.day(found.zone), None))
        case "end":
            found_span(found, key, (None, place.day(found.zone)))
        case "stopped":
            found.stopped = key if place.day(found.zone) <= found.on else found.stopped
        case "aside" | "asked":
            place.day(found.zone)
        case _:
            place.day(found.zone)
            found.unclear.append(place.path)


def found_span(found: Papers, key: str, span: Span) -> None:
    """Of several starts that of the certification holds, in a law that counts orders that of the order; one that is to
    come holds whatever else there is."""
    start, end = span
    rank = _rank(found, key)
    if start is not None and (rank >= found._rank or start > found.on) and not _to_come(found):
        found.start, found._rank = start, rank
    if end is not None:
        found.end = end if found.end is None else min(found.end, end)


def certified(found: Papers) -> Span:
    """Where the certification begins and ends, by its length where that is all that is said."""
    if found.end is None and found.start is not None and found.days is not None:
        return found.start, later(found.start, max(found.days, 1) - 1)
    return found.start, found.end


def _to_come(found: Papers) -> bool:
    return found.start is not None and found.start > found.on


def _rank(found: Papers, key: str) -> int:
    parts = key.split("_")
    if set(parts) & set(ORDERS):
        return 3 if _counts_orders(found) else 1
    return 2 if any(part.startswith(("certif", "cert", "recommend")) for part in parts) else 1


def _counts_orders(found: Papers) -> bool:
    return any(isinstance(pool.window, PerRecommendation) for pool in found.law.pools)


def _is_identifier(key: str, value: Any) -> bool:
    """Whether what stands for a paper is only its number."""
    if words().patient.get(key) == "card":
        return not isinstance(value, bool)
    return isinstance(value, str) and re.fullmatch(r"\s*[A-Za-z]+[\w-]*\d[\w-]*\s*", value) is not None


def _interval(found: Papers, place: Place) -> Span | None:
    """``2025-01-01/2025-12-31``, or one date, which is the first."""
    first, *last = place.word().split("/")
    if not is_date(first) or len(last) > 1 or not all(is_date(each) for each in last):
        return None
    start, *end = (Place(place.path, said).day(found.zone) for said in (first, *last))
    return start, end[0] if end else None


def _several(found: Papers, key: str, place: Place, amounts: Reader, other: Reader) -> None:
    """Each that is in force counts, the last where none is. The purchases of orders count from the first one on."""
    papers = place.each()
    if len(papers) == 2 and all(is_date(each.value) for each in papers):
        found_span(found, key, (papers[0].day(found.zone), papers[1].day(found.zone)))
        return
    held = [each for each in papers if _in_force(found, each)] or papers[-1:]
    before, told = (found.start, found._rank), found.routes
    starts: list[date] = []
    routes: list[tuple[str, ...] | None] = []
    for each in held:
        found.start, found._rank, found.routes = None, 0, None
        read_papers(found, key, each, amounts, other)
        start: date | None = found.start
        starts += [] if start is None else [start]
        routes.append(found.routes)
    found.start, found._rank = before
    found.routes = told if None in routes else tuple(route for each in routes for route in each or ())
    if starts:
        found_span(found, key, (min(starts) if _counts_orders(found) else starts[-1], None))


def _in_force(found: Papers, paper: Place) -> bool:
    if not isinstance(paper.value, dict):
        return True
    for name, each in _dated(paper):
        meaning = meaning_of(name)
        if meaning in ("start", "end") and is_date(each.value):
            day = each.day(found.zone)
            if day > found.on if meaning == "start" else day < found.on:
                return False
    return True


def _dated(paper: Place) -> Iterator[tuple[str, Place]]:
    """Its members, those of its period among them."""
    for name, each in paper.members():
        if words().certification.get(key_word(name)) == "period" and isinstance(each.value, dict):
            yield from ((key_word(inner), place) for inner, place in each.members())
        else:
            yield key_word(name), each


def _one(found: Papers, key: str, place: Place, amounts: Reader, other: Reader) -> None:
    rest = {}
    for name, each in _dated(place):
        if each.known() and not _said(found, key, name, each, other):
            rest[name] = each.value
    if rest:
        amounts(key, Place(place.path, rest))


def _said(found: Papers, key: str, name: str, place: Place, other: Reader) -> bool:
    """Reads what a paper says that is no amount; False: it may be one."""
    what = words().certification.get(name, "")
    meaning = words().patient.get(name, "")
    if what == "days":
        found.days = place.whole()
    elif what == "period" and isinstance(place.value, list | str) and not isinstance(place.value, bool):
        read_papers(found, key, place, other, other)
    elif (is_date(place.value) or should_be_a_date(name, place.value)) and "silent" not in (meaning, what):
        read_date(found, f"{key}_{name}" if meaning_of(name) in ("start", "end") else name, place)
    elif meaning in ("routes", "forms", "excluded", "waiver", "store"):
        other(name, place)
        return name != "route"  # it names the amount beside it as well
    elif isinstance(place.value, bool):
        read_flag(found, name, place.value, place)
    elif meaning == "homes" and isinstance(place.value, str):
        _of_state(found, key, name, place)
    elif isinstance(place.value, str | list) and meaning in ("saying", "diagnoses"):
        for each in place.each() if isinstance(place.value, list) else [place]:
            read_word(found, name, each)
    else:
        return what == "silent" or (meaning == "silent" and isinstance(place.value, str | int))
    return True


def _of_state(found: Papers, key: str, name: str, place: Place) -> None:
    """Whose paper it is: a card of this state is one, whoever holds it."""
    if words().patient.get(key) == "card" and place.word().upper() == found.state:
        found.facts["state_card"] = True
    else:
        read_word(found, name, place)
