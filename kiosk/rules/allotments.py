"""What a patient may still buy (ALT-01, ALT-02, ALT-05): exact sums over the pools of a rule pack.

All dates are local calendar dates of the pack's zone. A sale has to fit every pool it touches, as a whole; the order
of its lines is of no matter. What cannot be converted is refused by name and never counted as nothing.

The book is what is known *now*: to explain a past sale, give the book of that moment and the pack of that day.
A purchase dated after ``on`` (a clock that was set back) counts already.
"""

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from decimal import Decimal
from fractions import Fraction

from kiosk.model.allotments import BasketLine, Judgement, PoolStanding, Purchase, Return, Standing
from kiosk.model.base import Noun, Sealed
from kiosk.model.errors import Refusal
from kiosk.model.packages import CannabinoidProfile, Product
from kiosk.model.people import Recommendation
from kiosk.model.text import text
from kiosk.rules.counting import Count, NoAmountError, counts, member_of, need
from kiosk.rules.law import Pack
from kiosk.rules.recommendations import conflict
from kiosk.rules.refusals import no_figure, no_pool, no_units, over, unknown_pool, unknown_product
from kiosk.rules.words import rounded

NO_LIMIT = 9999
"""The answer of :func:`most` for what uses no allotment."""


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
    """

    purchases: tuple[Purchase, ...] = ()
    unreported: tuple[Purchase, ...] = ()
    available: dict[str, Decimal] | None = None
    as_of: datetime | None = None
    on_last_answer: bool = False


def standing(
    pack: Pack,
    book: Book,
    recommendation: Recommendation | None,
    on: date,
    basket: Sequence[Item] = (),
    *,
    offers: Iterable[Item] = (),
) -> Standing:
    """Every pool that concerns the patient, with the basket counted as used. Says how much is left, never whether.

    ``Standing.most`` is filled for the products of ``offers`` (their ``units`` do not matter), on top of the basket.
    """
    sale = _Sale(pack, book, recommendation, on)
    return sale.standing(basket, sale.most(basket, offers))


def judge(pack: Pack, book: Book, recommendation: Recommendation | None, on: date, basket: Sequence[Item]) -> Judgement:
    """Whether the whole basket may be sold on ``on``, and if not: why, by which rule, and the nearest that may.

    ``nearest`` is legal, and not one unit of the basket could be added to it.
    """
    return _Sale(pack, book, recommendation, on).judgement(basket)


def most(
    pack: Pack,
    book: Book,
    recommendation: Recommendation | None,
    on: date,
    basket: Sequence[Item],
    product: Product,
    route: str = "",
) -> int:
    """How many units of ``product`` could be added to ``basket``; 0 where the basket itself does not fit.

    :data:`NO_LIMIT` for what uses no allotment.
    """
    offer = Item(product=product, units=1, route=route)
    return _Sale(pack, book, recommendation, on).most(basket, [offer])[product.product_id]


class _Sale:
    """One patient's pools on one day, against which baskets are held."""

    def __init__(self, pack: Pack, book: Book, recommendation: Recommendation | None, on: date) -> None:
        self._pack = pack
        self._book = book
        self._recommendation = recommendation
        self._on = on
        self._counts = counts(
            pack,
            recommendation,
            on,
            purchases=book.purchases,
            unreported=book.unreported,
            available=book.available,
            on_last_answer=book.on_last_answer,
        )
        self._left = {one.pool.key: one.left(on) for one in self._counts}

    def standing(self, basket: Sequence[Item], most_of: dict[str, int]) -> Standing:
        shown = (self._pool(one, basket) for one in self._counts)
        return Standing(pools=tuple(each for each in shown if each is not None), most=most_of, pack=self._pack.name)

    def judgement(self, basket: Sequence[Item]) -> Judgement:
        lines = _merged(basket)
        refusal = self._gate(lines)
        too_much = None if refusal is not None else self._over(lines)
        if refusal is None and too_much is None:
            return Judgement(standing=self.standing(basket, {}))
        nearest = self._nearest(lines, too_much)
        if too_much is not None:
            names = {line.product.name: 0 for line in nearest}
            for line in nearest:
                names[line.product.name] += line.units
            refusal = over(self._pack, *too_much, names)
        lines_left = tuple(
            BasketLine(product_id=line.product.product_id, units=line.units, route=line.route) for line in nearest
        )
        return Judgement(standing=self.standing(basket, {}), refusal=refusal, nearest=lines_left)

    def most(self, basket: Sequence[Item], offers: Iterable[Item]) -> dict[str, int]:
        """Product to how many units of it could be added to the basket."""
        lines = _merged(basket)
        fits = self._gate(lines) is None and self._over(lines) is None
        return {each.product.product_id: self._room_for(lines, each) if fits else 0 for each in offers}

    def _room_for(self, lines: Sequence[Item], offer: Item) -> int:
        (one_unit,) = _merged([Item(product=offer.product, units=1, route=offer.route)])
        if self._gate([one_unit]) is not None:
            return 0
        return min((self._room_in(one, lines, one_unit) for one in self._counts), default=NO_LIMIT)

    def _room_in(self, one: Count, lines: Sequence[Item], one_unit: Item) -> int:
        """How many more units this pool takes: by division, or, where it rounds, by halving."""
        left = self._left[one.pool.key]
        each = need(one.pool, self._as_purchases([one_unit]))
        if not each:
            return NO_LIMIT
        if one.pool.round_up_to is None:
            room = left - (need(one.pool, self._as_purchases(lines)) or 0)
            return max(0, min(int(room // each), NO_LIMIT))

        def asked(units: int) -> Fraction:
            more = Item(product=one_unit.product, units=units, route=one_unit.route)
            return need(one.pool, self._as_purchases(_merged([*lines, more]))) or Fraction(0)

        return bisect_right(range(1, NO_LIMIT + 1), left, key=asked)

    def _gate(self, lines: Sequence[Item]) -> Refusal | None:
        """Everything but the amounts: what refuses whatever is left."""
        for line in lines:
            if line.units < 1:
                return no_units(line.product)
            if self._counted(line.product) and (
                refusal := conflict(self._recommendation, line.product, line.route, self._on)
            ):
                return refusal
        counted = [line for line in lines if self._counted(line.product)]
        for line in counted:
            if not any(member_of(pool, form=line.product.form, route=line.route) for pool in self._pack.pools):
                return no_pool(self._pack, line.product, line.route)
        if counted and self._book.available is None and self._pack.figure.owner in ("registry", "tracking"):
            return no_figure(self._pack)
        for one in self._counts:
            for line in counted:
                try:
                    takes = need(one.pool, [self._as_purchase(line)])
                except NoAmountError as missing:
                    return unknown_product(self._pack, one.pool, line.product, missing.measure)
                if takes is not None and one.unknown is not None:
                    return unknown_pool(self._pack, one.pool, one.unknown)
        return None

    def _over(self, lines: Sequence[Item]) -> tuple[Count, Fraction] | None:
        """The first pool that the lines together do not fit, and what they ask of it."""
        purchases = self._as_purchases(lines)
        for one in self._counts:
            asked = need(one.pool, purchases)
            if asked and asked > self._left[one.pool.key]:
                return one, asked
        return None

    def _nearest(self, lines: Sequence[Item], too_much: tuple[Count, Fraction] | None) -> tuple[Item, ...]:
        """As many units as fit, the small ones first, so that the most of the basket stays."""

        def size(line: Item) -> Fraction:
            return Fraction(0) if too_much is None else need(too_much[0].pool, [self._as_purchase(line)]) or Fraction(0)

        kept: list[Item] = []
        for line in sorted(lines, key=lambda line: (size(line) / max(line.units, 1), *_key(line))):
            units = min(max(line.units, 0), self.most(kept, [line])[line.product.product_id])
            if units:
                kept.append(Item(product=line.product, units=units, route=line.route))
        return tuple(sorted(kept, key=_key))

    def _counted(self, product: Product) -> bool:
        return not any(product.category in free.categories for free in self._pack.uncounted)

    def _as_purchases(self, lines: Iterable[Item]) -> list[Purchase]:
        return [self._as_purchase(line) for line in lines if self._counted(line.product)]

    def _as_purchase(self, line: Item) -> Purchase:
        product = line.product
        return Purchase(
            on=self._on,
            product_id=product.product_id,
            form=product.form,
            route=line.route,
            units=line.units,
            thc_mg=product.thc_mg,
            net_weight_g=product.net_weight_g,
            flower_equivalent_g=product.flower_equivalent_g,
            category=product.category,
            order="this basket",
        )

    def _pool(self, one: Count, basket: Sequence[Item]) -> PoolStanding | None:
        try:
            asked = need(one.pool, self._as_purchases(_merged(basket)))
        except NoAmountError:
            asked = Fraction(0)
        if not asked and not one.used(self._on) and not self._concerns(one):
            return None
        left = self._left[one.pool.key] - (asked or 0)
        source = one.source()
        limit = Fraction(0) if one.unknown is not None else one.limit(self._on)
        used = one.used(self._on) if one.unknown is not None else limit - left
        return PoolStanding(
            pool=one.pool.key,
            name=text(one.pool.name),
            unit=one.pool.unit,
            limit=rounded(limit),
            used=rounded(max(used, Fraction(0)), up=True),
            remaining=rounded(max(left, Fraction(0))),
            source=source,
            citation=self._pack.outage.citation if source == "outage" else one.pool.citation,
            as_of=self._book.as_of if source in ("registry", "outage") else None,
            returns=tuple(Return(on=back, amount=rounded(part)) for back, part in one.returns()),
            unknown=one.unknown,
        )

    def _concerns(self, one: Count) -> bool:
        """Whether the patient could buy anything that this pool counts."""
        if self._recommendation is None:
            return True
        return any(not m.routes or set(m.routes) & set(self._recommendation.routes) for m in one.pool.members)


def _key(line: Item) -> tuple[str, str]:
    return line.product.product_id, line.route


def _merged(basket: Iterable[Item]) -> list[Item]:
    """One line a product and route, in an order of their own. A line of no units stays, to be refused."""
    lines: dict[tuple[str, str], Item] = {}
    for item in basket:
        line = Item(product=item.product, units=item.units, route=item.route or item.product.route)
        known = lines.get(_key(line))
        if known is not None and line.units > 0 and known.units > 0:
            line = Item(product=line.product, units=line.units + known.units, route=line.route)
        elif known is not None:
            line = Item(product=line.product, units=min(line.units, known.units), route=line.route)
        lines[_key(line)] = line
    return [lines[key] for key in sorted(lines)]
