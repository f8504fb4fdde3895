"""The shelf as the hub knows it: the tracking system's packages, less what is promised or handed over since."""

from collections.abc import Iterable, Mapping
from datetime import date
from decimal import Decimal

from msgspec.structs import replace
from sqlalchemy import Connection, Table, func, select

from kiosk.hub.schema import packages, products, purchases
from kiosk.model.base import from_json, to_json
from kiosk.model.packages import Package, Product
from kiosk.rules.shelf import why_kept
from kiosk.tracking.port import Stock

TAKEN = ("reserved", "dispensed")
"""Purchases the tracking system's quantity does not show yet."""


def refresh(
    connection: Connection, stock: Stock, prices: Mapping[str, Decimal] | None = None, *, whole: bool = True
) -> None:
    """Takes over what the tracking system lists; ``prices`` are the store's, by product.

    ``whole`` False: only what changed is listed. Otherwise a package it lists no more has nothing left in it.
    """
    for product in stock.products:
        priced = replace(product, price=(prices or {}).get(product.product_id, product.price))
        _put(connection, products, {"product_id": product.product_id}, {"body": to_json(priced).decode()})
    listed = {package.tag for package in stock.packages}
    for package in stock.packages:
        _put_package(connection, package)
    if not whole:
        return
    for tag in connection.execute(select(packages.c.tag)).scalars().all():
        if tag not in listed:
            gone = package_of(connection, tag)
            if gone is not None and not gone.finished:
                _put_package(connection, replace(gone, quantity=0, finished=True))


def package_of(connection: Connection, tag: str) -> Package | None:
    body = connection.execute(select(packages.c.body).where(packages.c.tag == tag)).scalar_one_or_none()
    return from_json(body, Package) if body is not None else None


def product_of(connection: Connection, product_id: str) -> Product | None:
    body = connection.execute(select(products.c.body).where(products.c.product_id == product_id)).scalar_one_or_none()
    return from_json(body, Product) if body is not None else None


def left_in(connection: Connection, package: Package) -> int:
    """Units that nobody was promised."""
    taken = purchases.c.state.in_(TAKEN) & (purchases.c.tag == package.tag)
    promised = connection.execute(select(func.coalesce(func.sum(purchases.c.units), 0)).where(taken)).scalar_one()
    return max(0, package.quantity - int(promised))


def sellable(connection: Connection, on: date) -> list[tuple[Product, list[tuple[Package, int]]]]:
    """Products with the packages that may leave and how much is left in each; earliest expiry first (PIK-05)."""
    shelf: dict[str, list[tuple[Package, int]]] = {}
    for body in connection.execute(select(packages.c.body)).scalars():
        package = from_json(body, Package)
        left = left_in(connection, package) if why_kept(package, on) is None else 0
        if left:
            shelf.setdefault(package.product_id, []).append((package, left))
    found = []
    for product_id, there in shelf.items():
        product = product_of(connection, product_id)
        if product is not None:
            found.append((product, sorted(there, key=lambda pair: (pair[0].expires or date.max, pair[0].tag))))
    return sorted(found, key=lambda pair: pair[0].name)


def handed_over(connection: Connection, taken: Iterable[tuple[str, int]]) -> None:
    """The state has confirmed: its quantity is lower now, and ours with it until it is read again."""
    for tag, units in taken:
        package = package_of(connection, tag)
        if package is not None:
            _put_package(connection, replace(package, quantity=max(0, package.quantity - units)))


def _put_package(connection: Connection, package: Package) -> None:
    values = {"product_id": package.product_id, "body": to_json(package).decode()}
    _put(connection, packages, {"tag": package.tag}, values)


def _put(connection: Connection, table: Table, key: dict[str, str], values: dict[str, str]) -> None:
    ((name, value),) = key.items()
    if not connection.execute(table.update().where(table.c[name] == value).values(**values)).rowcount:
        connection.execute(table.insert().values(**key, **values))
