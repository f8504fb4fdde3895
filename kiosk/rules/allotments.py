"""What a patient may still buy (ALT-01, ALT-02, ALT-05): exact sums over the pools of a rule pack.

All dates are local calendar dates of the pack's zone. The book is what is known *now*: to explain a past sale, give the
book of that moment and the pack of that day. A purchase dated after ``on`` (a clock that was set back) counts already.
"""

from collections.abc import Iterable, Sequence
from datetime import date
from fractions import Fraction

from kiosk.model.allotments import BasketLine, Judgement, PoolStanding, Return, Standing
from kiosk.model.packages import Product
from kiosk.model.people import Recommendation
from kiosk.rules.counting import Count
from kiosk.rules.law import Law
from kiosk.rules.measuring import NoAmountError
from kiosk.rules.patients import patient_of
from kiosk.rules.recommendations import conflict
from kiosk.rules.refusals import over, pool_name
from kiosk.rules.sales import NO_LIMIT, Book, Item, Sale, merged
from kiosk.rules.words import rounded

__all__ = ["NO_LIMIT", "Book", "Item", "judge", "most", "standing"]


def standing(
    pack: Law,
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
    offered = list(offers)
    sale = _sale(pack, book, recommendation, on, [*basket, *offered])
    return _standing(sale, recommendation, basket, sale.most(basket, offered))


def judge(pack: Law, book: Book, recommendation: Recommendation | None, on: date, basket: Sequence[Item]) -> Judgement:
    """Whether the whole basket may be sold on ``on``, and if not: why, by which rule, and the nearest that may.

    ``nearest`` is legal, and not one unit of the basket could be added to it.
    """
    sale = _sale(pack, book, recommendation, on, basket)
    lines = merged(basket)
    refusal = sale.refusal(lines)
    too_much = None if refusal is not None else next(sale.over(lines), None)
    if refusal is None and too_much is None:
        return Judgement(standing=_standing(sale, recommendation, basket, {}))
    nearest = sale.nearest(lines, None if too_much is None else too_much[0])
    if too_much is not None:
        names = {line.product.name: 0 for line in nearest}
        for line in nearest:
            names[line.product.name] += line.units
        refusal = over(pack, *too_much, names)
    return Judgement(
        standing=_standing(sale, recommendation, basket, {}),
        refusal=refusal,
        nearest=tuple(
            BasketLine(product_id=line.product.product_id, units=line.units, route=line.route) for line in nearest
        ),
    )


def most(
    pack: Law,
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
    sale = _sale(pack, book, recommendation, on, [*basket, offer])
    return sale.most(basket, [offer])[product.product_id]


def _sale(pack: Law, book: Book, recommendation: Recommendation | None, on: date, items: Sequence[Item]) -> Sale:
    return Sale(
        pack,
        book,
        patient_of(recommendation, book.patient),
        on,
        items,
        also=lambda line: conflict(recommendation, line.product, line.route, on),
    )


def _standing(
    sale: Sale, recommendation: Recommendation | None, basket: Sequence[Item], most_of: dict[str, int]
) -> Standing:
    lines = merged(basket)
    shown = (_pool(sale, one, recommendation, lines) for one in sale.counts if not one.unlimited(sale.on))
    return Standing(pools=tuple(each for each in shown if each is not None), most=most_of, pack=sale.law.name)


def _pool(sale: Sale, one: Count, recommendation: Recommendation | None, lines: Sequence[Item]) -> PoolStanding | None:
    try:
        asked = one.meter.units(sale.need(one, lines) or 0)
    except NoAmountError:
        asked = Fraction(0)
    used = one.used(sale.on) if one.unknown is None else Fraction(0)
    if not asked and not used and not _concerns(one, recommendation):
        return None
    left = sale.left[id(one)] - asked
    source = one.source()
    limit = Fraction(0) if one.unknown is not None else one.limit(sale.on)
    used = used if one.unknown is not None else limit - left
    return PoolStanding(
        pool=one.pool.key,
        name=pool_name(one.pool),
        unit=one.pool.unit,
        limit=rounded(limit),
        used=rounded(max(used, Fraction(0)), up=True),
        remaining=rounded(max(left, Fraction(0))),
        source=source,
        citation=sale.law.outage.citation if source == "outage" and sale.law.outage else one.pool.citation,
        as_of=sale.book.as_of if source in ("registry", "outage") else None,
        returns=tuple(Return(on=back, amount=rounded(part)) for back, part in one.returns()),
        unknown=one.unknown,
    )


def _concerns(one: Count, recommendation: Recommendation | None) -> bool:
    """Whether the patient could buy anything that this pool counts."""
    if recommendation is None:
        return True
    return any(not m.routes or set(m.routes) & set(recommendation.routes) for m in one.pool.members)
