"""One patient's pools on one day, against which baskets are held (ALT-01, ALT-02).

A sale has to fit every pool it touches, as a whole; the order of its lines is of no matter. What cannot be converted is
refused by name and never counted as nothing.
"""

from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import date, datetime
from decimal import Decimal
from fractions import Fraction

from kiosk.model.allotments import Purchase
from kiosk.model.base import Noun, Sealed, to_json
from kiosk.model.errors import Refusal
from kiosk.model.packages import CannabinoidProfile, Product
from kiosk.rules.counting import Count, counts
from kiosk.rules.kinds import kind_of
from kiosk.rules.law import Law
from kiosk.rules.limits import Gate
from kiosk.rules.measuring import NoAmountError, fits, has_figures, member_of
from kiosk.rules.patients import Patient, concerns
from kiosk.rules.refusals import gated, no_figure, no_pool, no_units, unknown_pool, unknown_product
from kiosk.rules.windows import Number

NO_LIMIT = 9999
"""So many units are said to fit of what uses no allotment."""


class Item(Noun, frozen=True, kw_only=True):
    """A line of a basket. ``product`` carries the amounts that are judged: those of the package where one is picked.

    ``route`` ``""`` means the product's own. ``wanted`` is for those who choose the package: it is not judged here.
    """

    product: Product
    units: int
    route: str = ""
    wanted: CannabinoidProfile | None = None


class Book(Sealed, frozen=True, kw_only=True):
    """All that counts against one patient.

    ``purchases``: everything known here, dispensed or reserved in open orders. ``unreported``: those of them the
    state's figure cannot hold yet. ``available``: the state's own remaining amount by pool key, as it was at
    ``as_of``; None: the state was not asked or keeps none. Where the pack says that the state owns the figure, None
    refuses every sale; a pool it does not name is judged by the store's own sum. ``on_last_answer``: the registry is
    away and ``available`` is what it said at ``as_of``, so the limits of the pack's outage rule hold as well.
    ``patient``: what is known of them apart from the recommendation. ``store``: the licence of the store that sells.
    """

    purchases: tuple[Purchase, ...] = ()
    unreported: tuple[Purchase, ...] = ()
    available: dict[str, Decimal] | None = None
    as_of: datetime | None = None
    on_last_answer: bool = False
    patient: Patient | None = None
    store: str = ""


class Sale:
    """``also`` refuses single lines for reasons that are not the law of purchases."""

    def __init__(
        self,
        law: Law,
        book: Book,
        patient: Patient,
        on: date,
        items: Iterable[Item] = (),
        also: Callable[[Item], Refusal | None] = lambda _: None,
    ) -> None:
        self.law = law
        self.book = book
        self.patient = patient
        self.on = on
        self._also = also
        self.counts = counts(law, book, patient, on, {item.product.product_id for item in items})
        self.left = {id(one): one.left(on) for one in self.counts}

    def refusal(self, lines: Sequence[Item]) -> Refusal | None:
        """Everything but the amounts: what refuses whatever is left."""
        return next(self.refusals(lines), None)

    def refusals(self, lines: Sequence[Item]) -> Iterator[Refusal]:
        for line in lines:
            if line.units < 1:
                yield no_units(line.product)
            elif self.counted(line.product) and (refusal := self._also(line)):
                yield refusal
        counted = [line for line in lines if self.counted(line.product) and line.units > 0]
        for gate in self.law.gates:
            if any(self._stops(gate, line) for line in counted):
                yield gated(self.law, gate)
        for line in counted:
            if not any(self._member(one, line) for one in self.counts if not one.pool.of_store):
                yield no_pool(self.law, line.product, line.route)
        if counted and self.book.available is None and self.law.figure.owner in ("registry", "tracking"):
            yield no_figure(self.law)
        for one in self.counts:
            yield from self._unknown(one, counted)

    def over(self, lines: Sequence[Item]) -> Iterator[tuple[Count, Fraction]]:
        """The pools that the lines together do not fit, and what they ask of each."""
        for one in self.counts:
            asked = self.need(one, lines)
            if asked and one.meter.units(asked) > min(self.left[id(one)], one.careful_left(self.on)):
                yield one, one.meter.units(asked)

    def need(self, one: Count, lines: Sequence[Item]) -> Number | None:
        """What the lines take of a pool, in its parts; None: it counts none of them."""
        purchases = [
            self.as_purchase(line)
            for line in lines
            if self.counted(line.product) and one.product in (None, "", line.product.product_id)
        ]
        return one.meter.need(purchases)

    def most(self, basket: Sequence[Item], offers: Iterable[Item]) -> dict[str, int]:
        """Product to how many units of it could be added to the basket; 0 where the basket itself does not fit."""
        lines = merged(basket)
        fit = self.refusal(lines) is None and next(self.over(lines), None) is None
        return {each.product.product_id: self._room_for(lines, each) if fit else 0 for each in offers}

    def nearest(self, lines: Sequence[Item], too_much: Count | None) -> tuple[Item, ...]:
        """As many units as fit, the small ones first, so that the most of the basket stays."""

        def size(line: Item) -> Number:
            return 0 if too_much is None else self.need(too_much, [line]) or 0

        kept: list[Item] = []
        for line in sorted(lines, key=lambda line: (Fraction(size(line)) / max(line.units, 1), *key_of(line))):
            units = min(max(line.units, 0), self.most(kept, [line])[line.product.product_id])
            if units:
                kept.append(Item(product=line.product, units=units, route=line.route))
        return tuple(sorted(kept, key=key_of))

    def leaves_on(self, one: Count, asked: Fraction) -> date | None:
        """The first later date on which this pool leaves so much, as far as the present certification reaches."""
        return next((day for day in self._turns([one]) if min(one.left(day), one.careful_left(day)) >= asked), None)

    def lawful_on(self, lines: Sequence[Item]) -> date | None:
        """The first later date on which the lines together fit every pool, if nothing is bought before."""
        asked = [(one, one.meter.units(self.need(one, lines) or 0)) for one in self.counts]
        for day in self._turns(self.counts):
            if all(not amount or min(one.left(day), one.careful_left(day)) >= amount for one, amount in asked):
                return day
        return None

    def _turns(self, pools: Iterable[Count]) -> list[date]:
        last = self.patient.certified_to or date.max
        return sorted({day for one in pools for day in one.turns() if day <= last})

    def counted(self, product: Product) -> bool:
        kind = kind_of(product.category, product.form)
        return not any(
            product.category in free.categories or (kind and kind in free.categories) for free in self.law.uncounted
        )

    def as_purchase(self, line: Item) -> Purchase:
        product = line.product
        return Purchase(
            on=self.on,
            product_id=product.product_id,
            form=product.form,
            route=line.route,
            units=line.units,
            thc_mg=product.thc_mg,
            net_weight_g=product.net_weight_g,
            flower_equivalent_g=product.flower_equivalent_g,
            category=product.category,
            order="this basket",
            equivalent_oz=product.equivalent_oz,
            volume_fl_oz=product.volume_fl_oz,
            supply_days=product.supply_days,
            daily_dose_mg=product.daily_dose_mg,
            thc_pct=product.thc_pct,
        )

    def _stops(self, gate: Gate, line: Item) -> bool:
        product = line.product
        kind = kind_of(product.category, product.form)
        return (
            (self.patient.in_person or not gate.in_person)
            and fits(gate.what, kind=kind, route=line.route, form=product.form)
            and has_figures(gate.what, self.as_purchase(line))
            and concerns(gate.who, self.patient) is True
        )

    def _member(self, one: Count, line: Item) -> bool:
        product = line.product
        if member_of(one.pool, form=product.form, route=line.route, category=product.category) is None:
            return False
        try:
            known = one.meter.member(self.as_purchase(line)) is not None
        except NoAmountError:
            return True
        # a member that leaves what it does not know to others has not counted it
        return known and (product.category in one.pool.exempt or self._takes(one, line))

    def _takes(self, one: Count, line: Item) -> bool:
        try:
            return one.meter.need([self.as_purchase(line)]) is not None
        except NoAmountError:
            return True

    def _unknown(self, one: Count, counted: Sequence[Item]) -> Iterator[Refusal]:
        told = False
        for line in counted:
            if one.product not in (None, "", line.product.product_id):
                continue
            try:
                takes = self.need(one, [line])
            except NoAmountError as missing:
                yield unknown_product(self.law, one.pool, line.product, missing.measure)
                continue
            if takes is not None and one.pool.per == "product" and not line.product.product_id:
                yield unknown_product(self.law, one.pool, line.product, "product_id")
            if takes is not None and one.unknown is not None and not told:
                told = True
                yield unknown_pool(self.law, one.pool, one.unknown)

    def _room_for(self, lines: Sequence[Item], offer: Item) -> int:
        (one_unit,) = merged([Item(product=offer.product, units=1, route=offer.route)])
        if self.refusal([one_unit]) is not None:
            return 0
        return min((self._room_in(one, lines, one_unit) for one in self.counts), default=NO_LIMIT)

    def _room_in(self, one: Count, lines: Sequence[Item], one_unit: Item) -> int:
        """How many more units this pool takes: by division, or, where it rounds, by halving."""
        each = self.need(one, [one_unit])
        if not each:
            return NO_LIMIT
        left = one.meter.parts(min(self.left[id(one)], one.careful_left(self.on)))
        if one.pool.round_up_to is None and one.pool.members[0].measure != "sales":
            room = left - (self.need(one, lines) or 0)
            return max(0, min(int(room // each), NO_LIMIT))

        def asked(units: int) -> Number:
            more = Item(product=one_unit.product, units=units, route=one_unit.route)
            return self.need(one, merged([*lines, more])) or 0

        return bisect_right(range(1, NO_LIMIT + 1), left, key=asked)


def key_of(line: Item) -> tuple[str, str]:
    return line.product.product_id, line.route


def merged(basket: Iterable[Item]) -> list[Item]:
    """One line a product with its amounts and route, in an order of their own. A line of no units stays, to be refused.

    Two packages of one product that hold different amounts stay two lines.
    """
    lines: dict[tuple[bytes, str], Item] = {}
    for item in basket:
        line = Item(product=item.product, units=item.units, route=item.route or item.product.route)
        key = (to_json(line.product), line.route)
        known = lines.get(key)
        if known is not None and line.units > 0 and known.units > 0:
            line = Item(product=line.product, units=line.units + known.units, route=line.route)
        elif known is not None:
            line = Item(product=line.product, units=min(line.units, known.units), route=line.route)
        lines[key] = line
    return [line for _, line in sorted(lines.items(), key=lambda each: (*key_of(each[1]), each[0]))]
