"""The answer: every pool with what is left and when it comes back, and the basket with all that stops it."""

import dataclasses
from collections.abc import Iterator, Sequence
from datetime import date
from fractions import Fraction
from typing import Any, BinaryIO
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import msgspec

from kiosk.allotment.items import Line, Sold, history_of, lines_of, purchases_of, strange_form
from kiosk.allotment.person import Asker, order_from, person_of
from kiosk.allotment.places import Malformed, Moment, Place, read
from kiosk.model.base import to_json
from kiosk.model.errors import KioskError, Refusal
from kiosk.model.text import Text, text
from kiosk.rules.counting import Count
from kiosk.rules.kinds import kind_of
from kiosk.rules.law import Law
from kiosk.rules.limits import Member
from kiosk.rules.measuring import NoAmountError, fits
from kiosk.rules.pack import law_of, versions
from kiosk.rules.patients import Patient
from kiosk.rules.refusals import over
from kiosk.rules.sales import Book, Item, Sale, merged
from kiosk.rules.words import plain, rounded

Answer = dict[str, Any]

ENCODER = msgspec.json.Encoder(decimal_format="number")
"""Decimals of the question come back as the numbers they were."""
TOP = ("state", "timezone", "patient", "history", "query_at", "basket", "store", "comment", "note", "id", "name")
BASKET = ("items", "by", "store", "id")


def serve(source: BinaryIO, sink: BinaryIO) -> None:
    """Answers one question. Raises :class:`~kiosk.allotment.places.Malformed` where it cannot be understood."""
    sink.write(ENCODER.encode(answer(read(source))) + b"\n")
    sink.flush()


def answer(asked: Place) -> Answer:
    """What the law leaves the patient, and whether the basket may be sold. Raises ``Malformed``."""
    for key, place in asked.members():
        if key not in TOP:
            raise place.fault("no such key of a question")
    law, zone, query = _law(asked)
    basket = asked["basket"]
    store = next((place["store"].word() for place in (basket, asked) if place.known() and place["store"].known()), "")
    asker = person_of(asked["patient"], law, zone, query, store)
    sold = history_of(asked["history"], law, zone, query, asker.daily_dose_mg)
    lines = _basket(basket, law, asker)
    purchases = purchases_of(sold, order_from(asker, law))
    late = asker.available_at
    book = Book(
        purchases=purchases,
        unreported=tuple(
            each
            for each, moment in zip(purchases, _moments(sold), strict=True)
            if late is not None and moment.after(late)
        ),
        available=asker.available or {},
        store=store,
    )
    patient = msgspec.structs.replace(asker.patient, in_person=not _caregiver(basket))
    sale = Sale(law, book, patient, query.day, [line.item() for line in lines])
    _mark_unclear(sale, [line for each in sold for line in each.lines])
    said: Answer = {
        "state": law.state,
        "law": law.name,
        "on": query.day.isoformat(),
        "owner": law.figure.owner,
        "pools": [_pool(sale, one) for one in sale.counts],
        "sellable": _sellable(sale),
    }
    if asker.unclear:
        said["not_understood"] = list(asker.unclear)
    if basket.known():
        said["basket"] = _judged(sale, asker, lines)
    return said


def _law(asked: Place) -> tuple[Law, ZoneInfo, Moment]:
    state = asked["state"]
    try:
        known = versions(state.word().upper())
        zone = _zone(asked["timezone"], known[0].zone)
        query = asked["query_at"].moment(zone)
        return law_of(known[0].state, query.day), zone, query
    except Malformed:
        raise
    except KioskError as trouble:
        raise state.fault(str(trouble.reason).rstrip(".")) from None


def _zone(place: Place, legal: str) -> ZoneInfo:
    if not place.known():
        return ZoneInfo(legal)
    try:
        return ZoneInfo(place.word())
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise place.fault("no time zone is called so") from None


def _basket(basket: Place, law: Law, asker: Asker) -> tuple[Line, ...]:
    if not basket.known():
        return ()
    for key, place in basket.members():
        if key not in BASKET:
            raise place.fault("no such key of a basket")
    found = []
    for n, line in enumerate(lines_of(basket["items"], law, asker.daily_dose_mg)):
        unclear = line.unclear or strange_form(line)
        if not line.product.product_id and any(pool.per == "product" for pool in law.pools):
            unclear = unclear or "it has no product_id, and the law counts each product apart"
        product = msgspec.structs.replace(line.product, product_id=line.product.product_id or f"line {n + 1}")
        found.append(msgspec.structs.replace(line, product=product, unclear=unclear))
    return tuple(found)


def _caregiver(basket: Place) -> bool:
    if not basket.known() or not basket["by"].known():
        return False
    buyer = basket["by"].word()
    if buyer != "patient" and not buyer.startswith("caregiver"):
        raise basket["by"].fault('a buyer is "patient" or "caregiver:…"')
    return buyer != "patient"


def _moments(sold: Sequence[Sold]) -> Iterator[Moment]:
    for each in sold:
        yield from (each.moment for _ in each.lines)


def _mark_unclear(sale: Sale, lines: Sequence[Line]) -> None:
    """What an earlier purchase takes and no rule can say makes every pool unknown: it could be any of them."""
    for line in lines:
        why = line.unclear
        if not why and sale.counted(line.product) and not any(_counts(one, line) for one in sale.counts):
            why = "no rule says how it counts"
        if why:
            unknown = text("An earlier purchase cannot be counted ({place}): {why}.", place=line.place, why=why)
            sale.counts = tuple(dataclasses.replace(one, unknown=one.unknown or unknown) for one in sale.counts)
            sale.left = {id(one): one.left(sale.on) for one in sale.counts}
            return


def _counts(one: Count, line: Line) -> bool:
    product = line.product
    if product.category in one.pool.exempt:
        return True
    kind = kind_of(product.category, product.form)
    return any(fits(member, kind=kind, route=product.route, form=product.form) for member in one.pool.members)


def _pool(sale: Sale, one: Count) -> Answer:
    left = max(sale.left[id(one)], Fraction(0))
    said: Answer = {
        "pool": one.pool.key,
        "name": one.pool.name,
        "unit": one.pool.unit,
        "limit": None,
        "used": "0",
        "remaining": exact(left),
        "remaining_shown": plain(rounded(left)),
        "frees": [],
        "window": _window(one),
        "source": one.source(),
        "citation": one.pool.citation,
        "as_of": one.pool.as_of,
        "confidence": one.pool.confidence,
    }
    if one.product:
        said["product_id"] = one.product
    if one.unknown is not None:
        return said | {"unknown": str(one.unknown)}
    said["used"] = exact(one.used(sale.on))
    said["frees"] = [{"on": back.isoformat(), "amount": exact(amount)} for back, amount in one.returns()]
    if one.unlimited(sale.on):
        return said | {"remaining": None, "remaining_shown": None, "unlimited": True}
    said["limit"] = exact(one.limit(sale.on))
    said["remaining_as"] = [_as(member, left) for member in one.pool.members if member.per_unit != 1]
    if one.careful_left(sale.on) < sale.left[id(one)]:
        said["if_age_unknown"] = exact(max(one.careful_left(sale.on), Fraction(0)))
    return said


def _as(member: Member, left: Fraction) -> Answer:
    return {**_what(member), "measure": KEYS[member.measure], "amount": exact(left * Fraction(member.per_unit))}


KEYS = {
    "net_weight_g": "net_g",
    "flower_equivalent_g": "premixed_g",
    "equivalent_oz": "equiv_oz",
    "volume_fl_oz": "fl_oz",
    "volume_ml": "ml",
    "supply_days": "days_supply",
    "units": "count",
    "thc_mg": "thc_mg",
    "sales": "sales",
}


def _what(member: Member) -> Answer:
    return {key: list(each) for key in ("kinds", "routes", "forms") if (each := getattr(member, key))}


def _sellable(sale: Sale) -> list[Answer]:
    """Of each kind the least that any of its pools leaves."""
    found: list[Answer] = []
    for one in sale.counts:
        for member in one.pool.members:
            said = {**_what(member), "measure": KEYS[member.measure]}
            if not any({**each, "amount": None} == {**said, "amount": None} for each in found):
                found.append(said | {"amount": _least(sale, member)})
    return found


def _least(sale: Sale, member: Member) -> str | None:
    amounts = []
    for one in sale.counts:
        for other in one.pool.members:
            if other.measure == member.measure and _covers(other, member):
                if not one.unlimited(sale.on):
                    amounts.append(max(sale.left[id(one)], Fraction(0)) * Fraction(other.per_unit))
                break
    return exact(min(amounts)) if amounts else None


def _covers(other: Member, member: Member) -> bool:
    """Whether all that ``member`` fits, ``other`` fits too."""
    parts = ((set(getattr(other, part)), set(getattr(member, part))) for part in ("kinds", "routes", "forms"))
    return all(not theirs or (mine and mine <= theirs) for theirs, mine in parts)


def _window(one: Count) -> Answer:
    window = one.pool.window
    said = {"kind": window.__struct_config__.tag, **msgspec.to_builtins(window)}
    return {key: value for key, value in said.items() if value not in (None, False)}


def _judged(sale: Sale, asker: Asker, lines: Sequence[Line]) -> Answer:
    items = merged(line.item() for line in lines)
    blocks = [*_facts(sale, asker, lines)]
    refusals = list(_unlike(sale.refusals(items)))
    too_much = []
    if not any(refusal.differs in UNJUDGED for refusal in refusals):
        too_much = [(one, asked) for one, asked in sale.over(items) if one.unknown is None]
    certain = not blocks and not refusals
    nearest = sale.nearest(items, too_much[0][0] if too_much else None) if not blocks else ()
    near = _offered(lines, nearest)
    dates = [sale.leaves_on(one, asked) for one, asked in too_much]
    whole = sale.lawful_on(items) if certain and too_much else None
    blocks += [_block(refusal, near, None) for refusal in refusals]
    for (one, asked), day in zip(too_much, dates, strict=True):
        refusal = over(sale.law, one, asked, _named(nearest))
        blocks.append(_block(refusal, near, day, one, asked))
    said: Answer = {"allowed": not blocks, "blocks": blocks}
    if blocks:
        return said | {"nearest": {"items": near}, "legal_on": None if whole is None else whole.isoformat()}
    return said | {"after": list(_after(sale, items))}


UNJUDGED = ("thc_mg", "net_weight_g", "flower_equivalent_g", "equivalent_oz", "volume_fl_oz", "supply_days", "thc_pct")
"""A line without one of these cannot be added up."""


def _facts(sale: Sale, asker: Asker, lines: Sequence[Line]) -> Iterator[Answer]:
    """What stops the basket and is not a matter of amounts: standing with the state, and what was not understood."""
    patient, state = sale.patient, sale.law.state
    if not lines:
        yield _fact(f"{state}.basket", text("There is nothing in the basket."))
    if asker.stopped_by:
        yield _fact(
            f"{state}.status", text("The patient's standing with the state: {status}.", status=asker.stopped_by)
        )
    for place in asker.unclear:
        yield _fact(f"{state}.patient", text("It is not understood whether this is a limit: {place}.", place=place))
    if patient.certified_from is not None and sale.on < patient.certified_from:
        yield _fact(f"{state}.certification", _dates_words(patient, sale.on), patient.certified_from)
    if patient.certified_to is not None and sale.on > patient.certified_to:
        yield _fact(f"{state}.certification", _dates_words(patient, sale.on))
    for line in lines:
        if line.unclear:
            yield _fact(f"{state}.product", text("{place}: {why}.", place=line.place, why=line.unclear))
        route = line.product.route
        unasked = asker.routes is not None and sale.counted(line.product) and route not in asker.routes
        if unasked or (route and route in asker.closed):
            said = text("The physician did not recommend this route: {route}.", route=route or "none")
            yield _fact("recommendation.route", said)
        kind = kind_of(line.product.category, line.product.form)
        if kind in asker.excluded:
            yield _fact("recommendation.form", text("The physician excludes {form}.", form=line.product.form))
        if asker.forms is not None and sale.counted(line.product) and kind not in asker.forms:
            said = text("The physician did not recommend this form: {form}.", form=line.product.form)
            yield _fact("recommendation.form", said)


def _dates_words(patient: Patient, on: date) -> Text:
    if patient.certified_from is not None and on < patient.certified_from:
        return text("The recommendation begins on {day}.", day=patient.certified_from.isoformat())
    assert patient.certified_to is not None
    return text("The recommendation ended on {day}.", day=patient.certified_to.isoformat())


def _fact(rule: str, said: Text, legal_on: date | None = None) -> Answer:
    return {
        "rule": rule,
        "citation": "The patient's and the product's record",
        "reason": str(said),
        "arithmetic": str(said),
        "nearest": {"items": []},
        "legal_on": None if legal_on is None else legal_on.isoformat(),
    }


def _block(
    refusal: Refusal, near: list[Answer], day: date | None, one: Count | None = None, asked: Fraction | None = None
) -> Answer:
    said: Answer = {
        "rule": refusal.rule,
        "citation": refusal.citation,
        "reason": str(refusal.reason),
        "arithmetic": str(refusal.arithmetic or refusal.reason),
        "way_on": str(refusal.way_on),
        "nearest": {"items": near},
        "legal_on": None if day is None else day.isoformat(),
    }
    if one is not None and asked is not None:
        left = max(min(one.left(one.on), one.careful_left(one.on)), Fraction(0))
        said |= {"pool": one.pool.key, "unit": one.pool.unit, "asked": exact(asked), "remaining": exact(left)}
    return said


def _unlike(refusals: Iterator[Refusal]) -> Iterator[Refusal]:
    seen: list[Refusal] = []
    for refusal in refusals:
        if refusal not in seen:
            seen.append(refusal)
            yield refusal


def _after(sale: Sale, items: Sequence[Item]) -> Iterator[Answer]:
    for one in sale.counts:
        try:
            asked = one.meter.units(sale.need(one, items) or 0)
        except NoAmountError:
            continue
        left = None if one.unlimited(sale.on) else exact(max(sale.left[id(one)] - asked, Fraction(0)))
        yield {"pool": one.pool.key, "unit": one.pool.unit, "asked": exact(asked), "remaining": left}


def _offered(lines: Sequence[Line], nearest: Sequence[Item]) -> list[Answer]:
    """The nearest basket in the words of the question, so that it can be asked in its turn."""
    room = {(to_json(each.product), each.route): each.units for each in nearest}
    found = []
    for line in lines:
        key = to_json(line.product), line.product.route
        if units := min(line.units, room.get(key, 0)):
            room[key] -= units
            found.append(line.of(units))
    return found


def _named(lines: Sequence[Item]) -> dict[str, int]:
    names: dict[str, int] = {}
    for line in lines:
        names[line.product.name] = names.get(line.product.name, 0) + line.units
    return names


def exact(value: Fraction) -> str:
    """A decimal where it comes out even, else a fraction: ``"35.525"``, ``"1/3"``."""
    rest, twos, fives = value.denominator, 0, 0
    while rest % 2 == 0:
        rest, twos = rest // 2, twos + 1
    while rest % 5 == 0:
        rest, fives = rest // 5, fives + 1
    if rest != 1:
        return f"{value.numerator}/{value.denominator}"
    places = max(twos, fives)
    digits = f"{abs(value.numerator) * 10**places // value.denominator:0{places + 1}d}"
    sign = "-" if value < 0 else ""
    return sign + (f"{digits[:-places]}.{digits[-places:]}".rstrip("0").rstrip(".") if places else digits)
