"""Collects the facts of one unit's label: patient, package, certificate, store (LBL-01, LBL-02, LBL-07)."""

from collections.abc import Callable
from datetime import date

from sqlalchemy import Connection, select

from kiosk.hub import lines, orders, visits
from kiosk.hub.schema import labels
from kiosk.hub.settings import StoreFacts
from kiosk.hub.stock import package_of, product_of, unsafe
from kiosk.hub.visits import Secret
from kiosk.model.base import from_json
from kiosk.model.errors import Refusal
from kiosk.model.labels import Label
from kiosk.model.orders import PickLine
from kiosk.model.questions import MakeLabel
from kiosk.model.text import Text, text
from kiosk.rules.labels.facts import Facts, Value, of_unit
from kiosk.rules.labels.making import make
from kiosk.rules.law import Law

LawOn = Callable[[date], Law]


def label_of(
    connection: Connection, wish: MakeLabel, secret: Secret, store: Facts, law_on: LawOn, today: date
) -> Label | Refusal:
    """The label of a unit that was picked for this visit, or a refusal that says what is wrong or missing.

    A further print of a number is made by the law of the day of its first one, and says that day.
    """
    row = lines.row_of(connection, wish.line_id)
    if row is None or row["visit_id"] != wish.visit_id or wish.number not in row["numbers"].split():
        return _no(text("This unit belongs to no order of this visit."))
    if not orders.is_open(connection, row["order_id"]):
        return _no(text("This order was handed over or cancelled."))
    if wish.tag not in orders.tags_of(connection, wish.line_id):
        return _no(text("This package was not picked for this order."))
    if _voided(connection, wish):
        return _no(text("This print was voided and is not made again."))
    if (refusal := unsafe(connection, wish.tag, today)) is not None:
        return refusal
    package = package_of(connection, wish.tag)
    product = product_of(connection, package.product_id) if package is not None else None
    if package is None or product is None or secret.profile is None:
        return _no(text("The package of this unit is not known any more."))
    if product.product_id != from_json(row["body"], PickLine).product.product_id:
        return _no(text("This package holds another product than ordered."))
    on = _first_day(connection, wish.number) or today
    facts = of_unit(
        profile=secret.profile,
        product=product,
        package=package,
        route=row["route"],
        store={
            **store,
            "employee.id": visits.viewer(connection, wish.visit_id),
            "patient.registry_id": secret.card_number,
            "caregiver.registry_id": secret.caregiver_number,
        },
        number=wish.number,
        on=on,
    )
    return make(law_on(on), facts, number=wish.number, print_no=wish.print_no, tag=wish.tag)


def facts_of_store(store: StoreFacts) -> dict[str, Value]:
    return {
        "store.name": store.name,
        "store.license": store.licence,
        "store.address": store.address,
        "store.phone": store.phone,
    }


def _first_day(connection: Connection, number: str) -> date | None:
    """The day on the first print of this number; None: there was none, or its terminal did not tell."""
    mine = (labels.c.number == number) & (labels.c.day != "")
    day = connection.execute(select(labels.c.day).where(mine).order_by(labels.c.print_no).limit(1)).scalar_one_or_none()
    return None if day is None else date.fromisoformat(day)


def _voided(connection: Connection, wish: MakeLabel) -> bool:
    this = (labels.c.number == wish.number) & (labels.c.print_no == wish.print_no) & (labels.c.state == "voided")
    return wish.print_no < 1 or connection.execute(select(labels.c.number).where(this)).first() is not None


def _no(reason: Text) -> Refusal:
    return Refusal(rule="store.label", reason=reason, way_on=text("Cancel the order and pick again."))
