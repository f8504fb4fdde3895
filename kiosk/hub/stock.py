"""The shelf as the hub knows it: the tracking system's packages, less what is promised or handed over since."""

from collections import Counter
from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal

from msgspec.structs import replace
from sqlalchemy import Connection, Table, select

from kiosk.hub.schema import marks, packages, products, purchases, units
from kiosk.model.base import from_json, to_json
from kiosk.model.errors import Refusal
from kiosk.model.packages import Package, Product
from kiosk.model.text import text
from kiosk.rules.shelf import POLICY, why_kept, why_unsafe
from kiosk.tracking.port import Stock, Unread

SHELF = "shelf"
UNCLEAR = "unclear"
UNREADABLE = "unreadable"


def refresh(connection: Connection, stock: Stock, prices: Mapping[str, Decimal] | None = None) -> None:
    """Takes over what the tracking system lists; ``prices`` are the store's, by product.

    What is not listed has not changed, so all quantities are true as of the reading: tracking systems list what is
    finished, but nothing that has lain untouched for longer than they were asked about. A package whose row cannot be
    read has changed into nobody knows what: it is held until a row of it is read. Where a row does not even say which
    package it means, nothing leaves before the same time was read without such a row.
    """
    for product in stock.products:
        _put_product(connection, product, prices or {})
    for package in stock.packages:
        values = {"product_id": package.product_id, "body": to_json(package).decode()}
        _put(connection, packages, {"tag": package.tag}, values)
    for row in stock.unread:
        for package in _meant_by(connection, row):
            held = replace(package, holds=tuple(sorted({*package.holds, UNREADABLE})))
            _put(connection, packages, {"tag": package.tag}, {"body": to_json(held).decode()})
    if any(not row.state_id and not row.tag for row in stock.unread):
        _put(connection, marks, {"name": UNCLEAR}, {"at": stock.as_of.isoformat()})
        return  # the time of this reading is not taken over: the same rows are read again
    connection.execute(marks.delete().where(marks.c.name == UNCLEAR))
    _put(connection, marks, {"name": SHELF}, {"at": stock.as_of.isoformat()})


def _meant_by(connection: Connection, row: Unread) -> list[Package]:
    """The packages an unreadable row can mean. One of which the state's id was never kept can be the one."""
    ids = {row.state_id} - {""}
    if ids and not row.tag:
        ids.add("")
    every = [from_json(body, Package) for body in connection.execute(select(packages.c.body)).scalars().all()]
    return [package for package in every if package.tag == row.tag or package.state_id in ids]


def unclear(connection: Connection) -> Refusal | None:
    """Why nothing at all may leave now; None: packages are judged one by one."""
    if connection.execute(select(marks.c.at).where(marks.c.name == UNCLEAR)).first() is None:
        return None
    return Refusal(
        rule="store.shelf_unclear",
        reason=text("The state changed a package and nobody can read which one."),
        way_on=text("Nothing leaves the vault before that is known. Tell the manager."),
        citation=POLICY,
        differs="unclear",
    )


def unsafe(connection: Connection, tag: str, on: date) -> Refusal | None:
    """Why nothing of this package may reach a patient now; a package that is not known is never safe."""
    package = package_of(connection, tag)
    if package is None:
        return Refusal(
            rule="store.unknown_package",
            reason=text("This package is not in the store's stock."),
            way_on=text("Put it aside and tell the manager."),
            citation=POLICY,
            differs="unknown",
        )
    return unclear(connection) or why_unsafe(package, on)


def set_prices(connection: Connection, prices: Mapping[str, Decimal]) -> None:
    """The settings file may name other prices than when the products were read."""
    for body in connection.execute(select(products.c.body)).scalars().all():
        _put_product(connection, from_json(body, Product), prices)


def _put_product(connection: Connection, product: Product, prices: Mapping[str, Decimal]) -> None:
    priced = replace(product, price=prices.get(product.product_id, product.price))
    _put(connection, products, {"product_id": product.product_id}, {"body": to_json(priced).decode()})


def package_of(connection: Connection, tag: str) -> Package | None:
    body = connection.execute(select(packages.c.body).where(packages.c.tag == tag)).scalar_one_or_none()
    return from_json(body, Package) if body is not None else None


def product_of(connection: Connection, product_id: str) -> Product | None:
    body = connection.execute(select(products.c.body).where(products.c.product_id == product_id)).scalar_one_or_none()
    return from_json(body, Product) if body is not None else None


def taken(connection: Connection) -> Counter[str]:
    """Units by tag that the tracking system's quantity does not show: promised, or handed over since it was read."""
    as_of = shelf_as_of(connection)
    read_since = as_of.isoformat() if as_of is not None else ""
    state = purchases.c.state
    unseen = state.in_(("reserved", "dispensed")) | ((state == "reported") & (purchases.c.confirmed >= read_since))
    planned = {row.line_id: row for row in connection.execute(select(purchases).where(unseen))}
    picked = connection.execute(
        select(units.c.line_id, units.c.tag).join(purchases, purchases.c.line_id == units.c.line_id).where(unseen)
    ).all()
    found = Counter(row.tag for row in picked)
    picked_of = Counter(row.line_id for row in picked)
    for line_id, row in planned.items():
        found[row.tag] += max(row.units - picked_of[line_id], 0)
    return found


def left_in(connection: Connection, package: Package) -> int:
    """Units that nobody was promised."""
    return max(0, package.quantity - taken(connection)[package.tag])


def shelf_as_of(connection: Connection) -> datetime | None:
    """When the tracking system's quantities were true; None: they were never read."""
    at = connection.execute(select(marks.c.at).where(marks.c.name == SHELF)).scalar_one_or_none()
    return datetime.fromisoformat(at) if at is not None else None


def sellable(connection: Connection, on: date) -> list[tuple[Product, list[tuple[Package, int]]]]:
    """Products with the packages that may leave and how much is left in each; earliest expiry first (PIK-05)."""
    if unclear(connection) is not None:
        return []
    shelf: dict[str, list[tuple[Package, int]]] = {}
    gone = taken(connection)
    for body in connection.execute(select(packages.c.body)).scalars():
        package = from_json(body, Package)
        left = package.quantity - gone[package.tag]
        if left > 0 and why_kept(package, on) is None:
            shelf.setdefault(package.product_id, []).append((package, left))
    found = []
    for product_id, there in shelf.items():
        product = product_of(connection, product_id)
        if product is not None:
            found.append((product, sorted(there, key=lambda pair: (pair[0].expires or date.max, pair[0].tag))))
    return sorted(found, key=lambda pair: pair[0].name)


def _put(connection: Connection, table: Table, key: dict[str, str], values: dict[str, str]) -> None:
    ((name, value),) = key.items()
    if not connection.execute(table.update().where(table.c[name] == value).values(**values)).rowcount:
        connection.execute(table.insert().values(**key, **values))
