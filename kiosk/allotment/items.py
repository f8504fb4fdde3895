"""Items and events of the question as purchases and products."""

from collections.abc import Iterator, Sequence
from datetime import date
from decimal import ROUND_UP, Decimal
from typing import Any
from zoneinfo import ZoneInfo

import msgspec

from kiosk.allotment.places import Moment, Place
from kiosk.model.allotments import Purchase
from kiosk.model.packages import Product
from kiosk.rules.kinds import contradict, kind_of, known_form, plain_word, vocabulary
from kiosk.rules.law import Law
from kiosk.rules.sales import Item

AMOUNTS = {
    "thc_mg": "thc_mg",
    "premixed_g": "flower_equivalent_g",
    "flower_equivalent_g": "flower_equivalent_g",
    "equiv_oz": "equivalent_oz",
    "oz_equivalent": "equivalent_oz",
    "fl_oz": "volume_fl_oz",
    "days_supply": "supply_days",
    "daily_dose_mg": "daily_dose_mg",
    "thc_pct": "thc_pct",
}
"""Keys of an item that are amounts of one package, and which fact of a product each is."""
WEIGHTS = ("net_g", "net_oz")
COUNTS = ("count", "units", "quantity", "qty")
WORDS = ("category", "route", "form", "product_id", "tier")
FLAGS = ("low_thc",)
TOLD = ("name", "product", "brand", "strain", "batch", "lot", "sku", "package", "tag", "price", "cbd_mg", "note", "id")
"""Keys that say nothing about amounts."""

WHOLE = Decimal(100)
DEVICE = "device"
HOLDING = ("thc_mg", "thc_pct", "flower_equivalent_g", "equivalent_oz")
"""Facts of a product that holds cannabis."""
THC_APART = Decimal("0.1")
"""Relative difference up to which THC and its share tell the same of one weight."""
OZ_APART = Decimal("0.05")
"""Relative difference up to which a weight in grams and one in ounces are the same weight, rounded."""

NAMES = ("id", "ref", "dispense", "sale", "order", "receipt")
"""Keys by which a dispensation is named; a void's own ``id`` is its own."""
OF_EVENTS = (
    *("type", "at", "by", "store", "items", "of", "voids", "reversed", *NAMES),
    *("note", "comment", "reason", "number", "license", "caregiver", "employee", "external", "patient"),
)
"""Keys of an event: those that mean something here, and those that say nothing of amounts."""
LOW_THC_ROUTES = {"tincture": "sublingual", "oil": "oral", "capsule": "oral"}
"""Where such a product is of low THC its route decides nothing but that it is not smoked."""
SOLD = ("dispense", "external_dispense")
EVENTS = (*SOLD, "void", "return")


class Line(msgspec.Struct, frozen=True, kw_only=True):
    """An item as it was understood. ``unclear`` says why it cannot be judged, ``""``: it can. ``said`` is the item."""

    place: str
    said: dict[str, Any] = {}
    product: Product
    units: int
    unclear: str = ""

    def item(self) -> Item:
        return Item(product=self.product, units=self.units)

    def of(self, units: int) -> dict[str, Any]:
        """The item as it was said, of so many packages."""
        return {**{key: value for key, value in self.said.items() if key not in COUNTS}, "count": units}


class Sold(msgspec.Struct, frozen=True, kw_only=True):
    """A dispensation that stands: what is left of its items after voids."""

    moment: Any
    store: str
    lines: tuple[Line, ...]
    number: int


def lines_of(items: Place, law: Law, dose: Decimal | None) -> tuple[Line, ...]:
    """``dose``: the patient's mg of THC a day, for items that do not say their own."""
    return tuple(_line(each, n, law, dose) for n, each in enumerate(items.each()))


def purchases_of(sold: Sequence[Sold], order_from: date | None) -> tuple[Purchase, ...]:
    """``order_from``: what was bought before is of another order than the present one."""
    return tuple(_purchase(sale, line, order_from) for sale in sold for line in sale.lines)


def history_of(events: Place, law: Law, zone: ZoneInfo, query: Moment, dose: Decimal | None) -> list[Sold]:
    """The dispensations that stand at ``query``. Voids take back what they name, once; returns give nothing back."""
    order = sorted(_events(events, zone, query), key=lambda event: (event[1].at.timestamp(), event[0]))
    sold: list[Sold] = []
    names: dict[int, set[str]] = {}
    for number, moment, event in order:
        kind = event["type"].word()
        if kind in SOLD:
            lines = lines_of(event["items"], law, dose)
            sold.append(Sold(moment=moment, store=_word(event, "store"), lines=lines, number=number))
            names[number] = {
                str(v) for k, v in event.object().items() if k in ("id", "ref", "sale", "order", "receipt")
            }
        elif kind == "void" or (kind == "return" and _flag(event, "reversed")):
            _void(event, sold, names, law, dose)
        elif event["items"].known():
            lines_of(event["items"], law, dose)  # a return gives nothing back, and is to be understood all the same
    return sold


def _events(events: Place, zone: ZoneInfo, query: Moment) -> Iterator[tuple[int, Moment, Place]]:
    for number, event in enumerate(events.each() if events.known() else []):
        if event["type"].word() not in EVENTS:
            raise event["type"].fault(f"{event['type'].word()} is none of {', '.join(EVENTS)}")
        for key, place in event.members():
            if key not in OF_EVENTS:
                raise place.fault("no such key of an event")
        moment = event["at"].moment(zone)
        if moment.after(query):
            raise event["at"].fault("this is after query_at: nothing is known of the future")
        buyer = event["by"]
        if buyer.known() and buyer.word() != "patient" and not buyer.word().startswith("caregiver"):
            raise buyer.fault('a buyer is "patient" or "caregiver:…"')
        yield number, moment, event


def _void(event: Place, sold: list[Sold], names: dict[int, set[str]], law: Law, dose: Decimal | None) -> None:
    """Takes from the latest dispensation that it names, or that holds all of its items, exactly these items."""
    wanted = {
        str(event.object()[k])
        for k in ("of", "voids", "ref", "dispense", "sale", "order", "receipt")
        if event[k].known()
    }
    lines = lines_of(event["items"], law, dose) if event["items"].known() else ()
    if not wanted and not lines:
        raise event.fault("a void names what it takes back: items, or the id of the dispensation")
    for n in range(len(sold) - 1, -1, -1):
        sale = sold[n]
        if wanted and not wanted & (names.get(sale.number, set()) | {str(sale.number)}):
            continue
        if not wanted and event["store"].known() and sale.store and sale.store != event["store"].word():
            continue
        rest = _without(sale.lines, lines) if lines else ()
        if rest is not None:
            sold[n] = msgspec.structs.replace(sale, lines=rest)
            if not rest:
                del sold[n]
            return
    raise event.fault("there is no dispensation before it that it takes back")


def _without(held: tuple[Line, ...], taken: tuple[Line, ...]) -> tuple[Line, ...] | None:
    """``held`` less ``taken``, unit by unit; None where it does not hold them all."""
    rest = list(held)
    for line in taken:
        wanted = line.units
        for n, each in enumerate(rest):
            if wanted and _same(each.product, line.product):
                units = min(wanted, each.units)
                wanted -= units
                rest[n] = msgspec.structs.replace(each, units=each.units - units)
        if wanted:
            return None
    return tuple(line for line in rest if line.units)


def _same(sold: Product, voided: Product) -> bool:
    """Whether all that a void says of a product is so."""
    return all(
        said in (None, "") or said == getattr(sold, field)
        for field in voided.__struct_fields__
        if field not in ("name", "price") and (said := getattr(voided, field)) is not None
    )


def _purchase(sale: Sold, line: Line, order_from: date | None) -> Purchase:
    product = line.product
    on: date = sale.moment.day
    return Purchase(
        on=on,
        product_id=product.product_id,
        form=product.form,
        route=product.route,
        units=line.units,
        thc_mg=product.thc_mg,
        net_weight_g=product.net_weight_g,
        flower_equivalent_g=product.flower_equivalent_g,
        category=product.category,
        order=f"sale {sale.number}",
        recommendation_id="an earlier one" if order_from is not None and on < order_from else "",
        equivalent_oz=product.equivalent_oz,
        volume_fl_oz=product.volume_fl_oz,
        supply_days=product.supply_days,
        daily_dose_mg=product.daily_dose_mg,
        thc_pct=product.thc_pct,
        store=sale.store,
    )


def _line(item: Place, n: int, law: Law, dose: Decimal | None) -> Line:
    for key, place in item.members():
        if key not in (*AMOUNTS, *WEIGHTS, *COUNTS, *WORDS, *FLAGS, *TOLD):
            raise place.fault("no such key of an item, or no such unit")
    amounts = _amounts(item)
    weight = _weight(item, law)
    _agree(item, amounts, weight)
    category, form, route = _words(item)
    form = _form_by_thc(law, category, amounts.get("thc_mg")) or form
    units = _units(item)
    low_thc = _flag(item, "low_thc") or plain_word(_word(item, "category")) == "low_thc"
    if low_thc and not route:
        route = LOW_THC_ROUTES.get(category or form, "")
    if dose is not None:
        amounts["daily_dose_mg"] = min(dose, amounts.get("daily_dose_mg", dose))
    days = _days(amounts)
    if days is not None:
        amounts["supply_days"] = max(days, amounts["supply_days"])
    if category == "flower" and weight is not None:
        weight = max(weight, amounts.get("flower_equivalent_g", 0), amounts.get("equivalent_oz", 0) * law.ounce_g)
    said = _word(item, "category") or _word(item, "form") or _word(item, "route")
    product_id = _word(item, "product_id")
    return Line(
        place=item.path,
        said=item.object(),
        units=units,
        unclear=_unclear(item, category, said, amounts),
        product=Product(
            product_id=product_id,
            name=product_id or said or f"line {n + 1}",
            form=form,
            route=route,
            net_weight_g=weight,
            category="low_thc" if low_thc else category,
            **amounts,
        ),
    )


def _amounts(item: Place) -> dict[str, Any]:
    """Facts of a product to what the item says of them. Two spellings of one have to say the same."""
    amounts: dict[str, Any] = {}
    for key, fact in AMOUNTS.items():
        if item[key].known():
            amount = item[key].number()
            if amounts.setdefault(fact, amount) != amount:
                raise item[key].fault("it is there twice and not the same")
    if amounts.get("thc_pct", 0) > WHOLE:
        raise item["thc_pct"].fault("a share is at most 100 per cent")
    return amounts


def _units(item: Place) -> int:
    told = {key: item[key].whole() for key in COUNTS if item[key].known()}
    for key, units in told.items():
        if units < 1:
            raise item[key].fault("at least one is wanted here")
    if len(set(told.values())) > 1:
        raise item[max(told)].fault("it is there twice and not the same")
    return next(iter(told.values()), 1)


def _agree(item: Place, amounts: dict[str, Any], weight: Decimal | None) -> None:
    """THC, its share and the weight are about each other where all are told."""
    thc, share = amounts.get("thc_mg"), amounts.get("thc_pct")
    if thc is None or share is None or not weight:
        return
    found = weight * share * 10
    if abs(found - thc) > THC_APART * max(found, thc):
        raise item["thc_pct"].fault("thc_mg, thc_pct and the weight contradict each other")


def _unclear(item: Place, category: str, said: str, amounts: dict[str, Any]) -> str:
    """Why an item cannot be judged, ``""``: it can."""
    if not said:
        return "it has no category"
    if not category:
        return f"nothing is known of this category: {said}"
    form = _word(item, "form")
    if form and contradict(category, form):
        return f"no product is both: {said}, {form}"
    if category == DEVICE and any(amounts.get(fact) for fact in HOLDING):
        return "a device holds no cannabis, and this one does"
    return ""


def strange_form(line: Line) -> str:
    """Why an item's form is not understood, ``""``: it is. What was sold counts by its category whatever its form."""
    form = str(line.said.get("form") or "")
    if not form or known_form(form) or _tier((plain_word(form),)):
        return ""
    return f"nothing is known of this form: {form}"


def _form_by_thc(law: Law, category: str, thc: Decimal | None) -> str:
    """The form that a package has by its THC in a law that counts it, ``""``: none."""
    counted = {form for pool in law.pools for member in pool.members for form in member.forms}
    for form, each in vocabulary().forms_by_thc.items():
        if form in counted and category in each.kinds and thc is not None and thc <= each.thc_mg_up_to:
            return form
    return ""


def _days(amounts: dict[str, Any]) -> Decimal | None:
    """Days of supply by the dose, rounded up, where the item also says them itself."""
    thc, dose = amounts.get("thc_mg"), amounts.get("daily_dose_mg")
    if "supply_days" not in amounts or thc is None or not dose:
        return None
    return Decimal(thc / dose).quantize(Decimal("0.000000001"), ROUND_UP)


def _words(item: Place) -> tuple[str, str, str]:
    """Category, form and route in the words of the vocabulary. Category ``""``: not known."""
    words = vocabulary()
    said = [plain_word(_word(item, key)) for key in ("category", "form")]
    tier = _tier((*said, plain_word(f"tier {_plain(item['tier'])}") if item["tier"].known() else ""))
    kind = kind_of(*said) if said[0] else kind_of("", said[1])
    if said[0] and said[0] not in words.kinds:
        kind = "flower" if tier and "tier" in said[0] else kind if said[0] == "low_thc" else ""
    route = plain_word(_word(item, "route"))
    if route and route not in words.routes and route not in words.kinds:
        raise item["route"].fault("no such route is known")
    route = words.routes.get(route) or words.kinds.get(route, "") or _own_route(kind, said[0])
    if not kind and not said[0]:
        kind = kind_of("", route) or {"smoking": "flower", "inhalation": "vape"}.get(route, "")
    return kind, tier or said[1] or kind, route


def _own_route(kind: str, category: str) -> str:
    """The route that a kind alone decides, or where it does not, its broader category."""
    words = vocabulary()
    return words.route_of_kind.get(kind) or words.route_of_kind.get(words.kinds.get(category, ""), "")


def _tier(said: Sequence[str]) -> str:
    for word in said:
        for tier, names in (("tier_1", ("1", "i", "one")), ("tier_2", ("2", "ii", "two"))):
            if any(f"tier{dash}{name}" in (word, *_ends(word)) for dash in ("", "_") for name in names):
                return tier
    return ""


def _ends(word: str) -> Iterator[str]:
    """The word and everything after one of its dashes: ``flower_tier_1`` ends in ``tier_1``."""
    for n, letter in enumerate(word):
        if letter == "_":
            yield word[n + 1 :]


def _weight(item: Place, law: Law) -> Decimal | None:
    grams = item["net_g"].number() if item["net_g"].known() else None
    if not item["net_oz"].known():
        return grams
    ounces = item["net_oz"].number() * law.ounce_g
    if grams is None:
        return ounces
    if abs(grams - ounces) > OZ_APART * max(grams, ounces):
        raise item["net_oz"].fault("net_g and net_oz are not the same weight")
    return max(grams, ounces)


def _word(place: Place, key: str) -> str:
    return place[key].word() if place[key].known() and place[key].value != "" else ""


def _plain(place: Place) -> str:
    return str(place.value)


def _flag(place: Place, key: str) -> bool:
    value = place[key].value
    if value is not None and not isinstance(value, bool):
        raise place[key].fault("true or false is wanted here")
    return value is True
