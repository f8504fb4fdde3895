"""Whose order and which package a change of the law touches, in a store's own database."""

from collections.abc import Iterator
from datetime import date
from pathlib import Path

from sqlalchemy import Connection, select

from kiosk.hub import orders
from kiosk.hub.books import COUNTED, person_of
from kiosk.hub.database import Database, load_or_make_key
from kiosk.hub.schema import orders as order_table
from kiosk.hub.schema import packages, purchases, visits
from kiosk.hub.settings import load
from kiosk.hub.stock import product_of
from kiosk.hub.visits import Secret
from kiosk.model.allotments import Purchase
from kiosk.model.base import from_json
from kiosk.model.orders import Order, QueueEntry
from kiosk.model.packages import Package, Product
from kiosk.rules.law import Law
from kiosk.rules.patients import Patient, patient_of
from kiosk.rules.refusals import rule_name
from kiosk.rules.sales import Book, Item, Sale, merged


async def touched(store: Path, old: Law | None, new: Law | None, on: date) -> list[str]:
    """One line for each open order and package that the two laws treat differently on ``on``; no names of people.

    ``store`` is the hub's settings file, or its ``hub.db`` with ``database.key`` beside it; nothing is changed. None:
    no law is in force on that day.
    """
    if store.suffix == ".toml":
        settings = load(store)
        file, key = settings.data_dir / "hub.db", settings.database_key or settings.data_dir / "database.key"
    else:
        file, key = store, store.with_name("database.key")
    database = Database(file, load_or_make_key(key, may_make=False))
    try:
        return await database.write(lambda connection: list(_touched(connection, old, new, on)))
    finally:
        await database.close()


def _touched(connection: Connection, old: Law | None, new: Law | None, on: date) -> Iterator[str]:
    for order_id in connection.execute(select(order_table.c.order_id).where(order_table.c.state == "open")).scalars():
        order = orders.order_of(connection, order_id)
        if order is not None:
            before, after = (_order(connection, order, law, on) for law in (old, new))
            if before != after:
                yield f"order {_ticket(connection, order)}: {before} → {after}"
    for body in connection.execute(select(packages.c.body)).scalars():
        package = from_json(body, Package)
        product = product_of(connection, package.product_id)
        if product is not None:
            before, after = (_package(product, law, on) for law in (old, new))
            if before != after:
                yield f"package {package.tag} ({product.name}): {before} → {after}"


def _order(connection: Connection, order: Order, law: Law | None, on: date) -> str:
    """What the law says of an open order: allowed, or which rules refuse it. The registry's figure is not asked."""
    if law is None:
        return "no law in force"
    row = connection.execute(select(visits).where(visits.c.visit_id == order.visit_id)).mappings().one()
    secret = from_json(row["secret"], Secret) if row["secret"] else None
    profile = None if secret is None else secret.profile
    mine = (purchases.c.patient_ref == row["patient_ref"]) & purchases.c.state.in_(COUNTED)
    others = select(purchases.c.body).where(mine & (purchases.c.order_id != order.order_id))
    book = Book(
        purchases=tuple(from_json(body, Purchase) for body in connection.execute(others).scalars()), available={}
    )
    items = [Item(product=line.product, units=line.units, route=line.route) for line in order.lines]
    patient = patient_of(None if profile is None else profile.recommendation, person_of(profile, on))
    return _said(Sale(law, book, patient, on, items), items)


def _package(product: Product, law: Law | None, on: date) -> str:
    """What one unit takes of each pool, or why it cannot be sold at all."""
    if law is None:
        return "no law in force"
    item = Item(product=product, units=1)
    sale = Sale(law, Book(available={}), Patient(), on, [item])
    refused = _said(sale, [item])
    if refused != "allowed":
        return refused
    (line,) = merged([item])
    taken = [(one, one.meter.units(need)) for one in sale.counts if (need := sale.need(one, [line]))]
    return ", ".join(f"{float(amount):g} {one.pool.unit} of {one.pool.key}" for one, amount in taken) or "not counted"


def _said(sale: Sale, items: list[Item]) -> str:
    lines = merged(items)
    rules = [refusal.rule for refusal in sale.refusals(lines)]
    if not rules:
        rules = [rule_name(sale.law, one.pool.key) for one, _ in sale.over(lines)]
    return "refused by " + ", ".join(dict.fromkeys(rules)) if rules else "allowed"


def _ticket(connection: Connection, order: Order) -> str:
    """The order by its visit's neutral token."""
    entry = connection.execute(select(visits.c.entry).where(visits.c.visit_id == order.visit_id)).scalar_one()
    ticket = from_json(entry, QueueEntry).ticket
    return f"{ticket.colour} {ticket.shape} {ticket.number}"
