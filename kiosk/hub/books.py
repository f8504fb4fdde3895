"""A patient's book as the rules want it, from the store's own purchases and the registry's figure (ALT-01, ALT-05)."""

from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import date, datetime
from decimal import Decimal

from sqlalchemy import Connection, select

from kiosk.hub.schema import purchases
from kiosk.hub.stock import product_of, sellable
from kiosk.model.allotments import BasketLine, Purchase
from kiosk.model.base import from_json
from kiosk.model.errors import Refusal
from kiosk.model.packages import CannabinoidProfile, Package
from kiosk.model.people import Profile, Recommendation
from kiosk.model.questions import Counsel, Offer
from kiosk.model.text import text
from kiosk.rules.allotments import Book, Item, judge, standing
from kiosk.rules.identity import age
from kiosk.rules.law import Pack
from kiosk.rules.patients import Patient
from kiosk.rules.profiles import profile_of
from kiosk.rules.recommendations import conflict
from kiosk.rules.shelf import potency

NOTICED = Decimal("0.01")
"""Smallest difference between two figures for one pool: both are rounded."""
COUNTED = ("reserved", "dispensed", "reported")


def book_of(
    connection: Connection,
    patient_ref: str,
    available: dict[str, Decimal] | None,
    as_of: datetime,
    *,
    without_order: str = "",
) -> Book:
    """Everything that counts against the patient; ``without_order`` leaves out the order that is being judged.

    ``as_of`` is an instant before the state was asked for ``available``. Its answer is sure to hold only what was
    confirmed before that: a receipt that is confirmed while the registry answers is still ours to subtract.
    """
    mine = (purchases.c.patient_ref == patient_ref) & purchases.c.state.in_(COUNTED)
    rows = connection.execute(select(purchases).where(mine & (purchases.c.order_id != without_order))).all()
    counted = [(from_json(row.body, Purchase), row) for row in rows]
    return Book(
        purchases=tuple(purchase for purchase, _ in counted),
        unreported=tuple(
            purchase for purchase, row in counted if row.state != "reported" or row.confirmed >= as_of.isoformat()
        ),
        available=available,
        as_of=as_of,
    )


def person_of(profile: Profile | None, on: date) -> Patient:
    """What the law of purchases asks about the person, apart from the recommendation."""
    if profile is None:
        return Patient()
    return Patient(
        age=None if profile.person.born is None else age(profile.person.born, on),
        facts={**profile.facts, "minor": profile.minor or profile.facts.get("minor", False)},
        visitor=profile.visitor,
        in_person=profile.caregiver is None,
    )


def disagreements(pack: Pack, book: Book, recommendation: Recommendation | None, on: date) -> Iterator[str]:
    """Pools in which the state's figure is not what this store's own reported sales leave (ALT-05), in words for the
    manager. Purchases in other stores are the usual reason."""
    reported = tuple((Counter(book.purchases) - Counter(book.unreported)).elements())
    ours = standing(pack, Book(purchases=reported), recommendation, on)
    for pool in ours.pools:
        theirs = (book.available or {}).get(pool.pool)
        if theirs is not None and pool.unknown is None and abs(theirs - pool.remaining) >= NOTICED:
            yield f"{pool.pool}: the state has {theirs} {pool.unit} left, this store's sales leave {pool.remaining}"


def items_of(connection: Connection, basket: tuple[BasketLine, ...]) -> list[Item] | Refusal:
    """The basket with its products. Raises nothing: an unknown product or a count below one is a refusal."""
    items = []
    for line in basket:
        product = product_of(connection, line.product_id)
        if product is None or line.units < 1:
            return Refusal(
                rule="store.basket",
                reason=text("The basket holds something that is not on the shelf."),
                way_on=text("Take it out."),
            )
        items.append(Item(product=product, units=line.units, route=line.route, wanted=line.wanted))
    return items


def counsel(
    connection: Connection,
    pack: Pack,
    book: Book,
    recommendation: Recommendation | None,
    on: date,
    basket: tuple[BasketLine, ...],
) -> Counsel | Refusal:
    """What is left, what could be bought of today's shelf, and the judgement of the basket as it is."""
    items = items_of(connection, basket)
    if isinstance(items, Refusal):
        return items
    shelf = sellable(connection, on)
    offered = [Item(product=product, units=1) for product, _ in shelf]
    stands = standing(pack, book, recommendation, on, items, offers=offered)
    in_basket = {line.product_id: line.units for line in basket}
    offers = []
    for product, there in shelf:
        package, _ = there[0]
        one_more = max(left for _, left in there) - in_basket.get(product.product_id, 0)
        most = max(0, min(stands.most.get(product.product_id, 0), one_more))
        why = None
        if most == 0:
            why = conflict(recommendation, product, product.route, on)
            wanted = [*items, Item(product=product, units=1)]
            why = why or judge(pack, book, recommendation, on, wanted).refusal or _sold_out(product.name)
        offers.append(
            Offer(
                product_id=product.product_id,
                name=product.name,
                form=product.form,
                route=product.route,
                thc=potency(package.lab.thc, package.lab),
                cbd=potency(package.lab.cbd, package.lab),
                price=f"{product.price:.2f}",
                in_stock=sum(left for _, left in there),
                most=most,
                why_not=why,
                profiles=_profiles(package for package, _ in there),
            )
        )
    judgement = judge(pack, book, recommendation, on, items)
    return Counsel(standing=stands, offers=tuple(offers), judgement=judgement)


def _profiles(packages: Iterable[Package]) -> tuple[CannabinoidProfile, ...]:
    found = {profile_of(package.lab.thc, package.lab.cbd) for package in packages}
    return tuple(profile for profile in CannabinoidProfile if profile in found)


def _sold_out(name: str) -> Refusal:
    return Refusal(
        rule="store.stock",
        reason=text("No more units of {name} are on the shelf.", name=name),
        way_on=text("Take another product."),
    )
