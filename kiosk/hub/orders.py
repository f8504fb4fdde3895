"""Orders, and how their lines move from counter to vault and back (ORD-03, ORD-04, PIK-01…04)."""

from collections.abc import Sequence
from datetime import date

from msgspec.structs import replace
from sqlalchemy import Connection, RowMapping, func, select

from kiosk.hub.schema import lines, orders, purchases, units
from kiosk.hub.stock import package_of, product_of, sellable
from kiosk.hub.visits import code
from kiosk.model.allotments import Purchase
from kiosk.model.base import from_json, to_json
from kiosk.model.errors import Refusal
from kiosk.model.ids import new_id
from kiosk.model.orders import LineState, Order, OrderLine, PickLine, Ticket
from kiosk.model.packages import Package, Product
from kiosk.model.people import Session
from kiosk.model.questions import CheckUnit, ClaimLine, UnitFits
from kiosk.model.text import text
from kiosk.rules.allotments import Item
from kiosk.rules.shelf import why_not_for

ENDED = (LineState.DISPENSED, LineState.CANCELLED)

Choice = tuple[Item, Package]


def choose_packages(connection: Connection, items: Sequence[Item], on: date) -> list[Choice] | Refusal:
    """One package for each line: the earliest expiry that has enough. One line is one batch."""
    shelf = {product.product_id: there for product, there in sellable(connection, on)}
    chosen: list[Choice] = []
    for item in items:
        there = shelf.get(item.product.product_id, [])
        package = next((package for package, left in there if left >= item.units), None)
        if package is None:
            most = max((left for _, left in there), default=0)
            return Refusal(
                rule="store.stock",
                reason=text("{name}: no package holds so many units.", name=item.product.name),
                way_on=text("Up to {most} units can be taken from one package.", most=most),
            )
        chosen.append((item, package))
    return chosen


def make(
    connection: Connection, chosen: Sequence[Choice], visit: RowMapping, ticket: Ticket, terminal: str, on: date
) -> tuple[Order, list[PickLine]]:
    """The order with its lines; from this transaction on its amounts count as used (ALT-04)."""
    order_id = new_id()
    connection.execute(orders.insert().values(order_id=order_id, visit_id=visit["visit_id"], state="open"))
    made: list[PickLine] = []
    for item, package in chosen:
        line = PickLine(
            line_id=new_id(),
            ticket=ticket,
            counter=terminal,
            product=item.product,
            units=item.units,
            tag=package.tag,
            place=package.place,
            batch=package.batch,
            lab=package.lab,
            unit_codes=package.unit_codes,
        )
        made.append(line)
        route = item.route or item.product.route
        connection.execute(
            lines.insert().values(
                line_id=line.line_id,
                order_id=order_id,
                visit_id=visit["visit_id"],
                terminal=terminal,
                staff_id="",
                state=line.state.value,
                tag=line.tag,
                place=line.place,
                units=line.units,
                route=route,
                numbers=" ".join(code(10) for _ in range(item.units)),
                body=to_json(line).decode(),
            )
        )
        connection.execute(
            purchases.insert().values(
                line_id=line.line_id,
                order_id=order_id,
                visit_id=visit["visit_id"],
                patient_ref=visit["patient_ref"],
                state="reserved",
                tag=package.tag,
                units=item.units,
                body=to_json(_purchase(item, order_id, on)).decode(),
            )
        )
    order = order_of(connection, order_id)
    assert order is not None
    return order, made


def _purchase(item: Item, order_id: str, on: date) -> Purchase:
    product = item.product
    return Purchase(
        on=on,
        product_id=product.product_id,
        form=product.form,
        route=item.route or product.route,
        units=item.units,
        thc_mg=product.thc_mg,
        net_weight_g=product.net_weight_g,
        flower_equivalent_g=product.flower_equivalent_g,
        order=order_id,
    )


def order_of(connection: Connection, order_id: str) -> Order | None:
    """The order as it stands now, with the packages picked for it."""
    rows = connection.execute(select(lines).where(lines.c.order_id == order_id).order_by(lines.c.line_id)).mappings()
    found = []
    visit_id = ""
    for row in rows.all():
        visit_id = row["visit_id"]
        line = from_json(row["body"], PickLine)
        taken = connection.execute(
            select(units.c.tag).where(units.c.line_id == line.line_id).order_by(units.c.n)
        ).scalars()
        found.append(
            OrderLine(
                line_id=line.line_id,
                product=line.product,
                units=line.units,
                state=line.state,
                route=row["route"],
                batch=line.batch,
                tags=tuple(taken),
                dispense_numbers=tuple(row["numbers"].split()),
            )
        )
    return Order(order_id=order_id, visit_id=visit_id, lines=tuple(found)) if found else None


def row_of(connection: Connection, line_id: str) -> RowMapping | None:
    return connection.execute(select(lines).where(lines.c.line_id == line_id)).mappings().first()


def put(connection: Connection, line: PickLine, **more: str) -> PickLine:
    where = lines.c.line_id == line.line_id
    connection.execute(lines.update().where(where).values(state=line.state.value, body=to_json(line).decode(), **more))
    return line


def move_order(connection: Connection, order_id: str, state: LineState) -> list[PickLine]:
    """Every line of the order that has not ended goes to ``state``; the purchases follow."""
    moved = []
    for row in connection.execute(select(lines).where(lines.c.order_id == order_id)).mappings().all():
        line = from_json(row["body"], PickLine)
        if line.state not in ENDED:
            moved.append(put(connection, replace(line, state=state)))
    becomes = "dispensed" if state is LineState.DISPENSED else "released"
    mine = (purchases.c.order_id == order_id) & (purchases.c.state == "reserved")
    connection.execute(purchases.update().where(mine).values(state=becomes))
    connection.execute(orders.update().where(orders.c.order_id == order_id).values(state=state.value))
    return moved


def open_order_of(connection: Connection, visit_id: str) -> str | None:
    mine = (orders.c.visit_id == visit_id) & (orders.c.state == "open")
    return connection.execute(select(orders.c.order_id).where(mine)).scalars().first()


def open_lines(connection: Connection) -> list[tuple[PickLine, str]]:
    """All lines that have not ended, with the counter each belongs to."""
    under_way = lines.c.state.not_in([state.value for state in ENDED])
    rows = connection.execute(select(lines.c.body, lines.c.terminal).where(under_way).order_by(lines.c.line_id)).all()
    return [(from_json(row.body, PickLine), row.terminal) for row in rows]


def claim(connection: Connection, wish: ClaimLine, session: Session) -> PickLine | Refusal:
    """The line belongs to one person from now on. The same person may claim it again, after a restart for instance."""
    free = [LineState.CONFIRMED.value, LineState.CLAIMED.value]
    query = select(lines).where(lines.c.state.in_(free))
    if wish.line_id:
        query = select(lines).where(lines.c.line_id == wish.line_id)
    elif wish.place:
        query = query.where(lines.c.place == wish.place)
    else:
        query = query.where(lines.c.tag == wish.tag)
    rows = connection.execute(query.order_by(lines.c.line_id)).mappings().all()
    mine = [row for row in rows if row["staff_id"] in ("", session.staff_id) and row["state"] in free]
    if not mine:
        return _no_line(rows)
    line = from_json(mine[0]["body"], PickLine)
    line = replace(line, state=LineState.CLAIMED, claimed_by=session.name)
    return put(connection, line, staff_id=session.staff_id)


def _no_line(rows: Sequence[RowMapping]) -> Refusal:
    if not rows:
        return Refusal(
            rule="store.line_unknown",
            reason=text("Nothing from here is to be picked."),
            way_on=text("Touch a line of the list."),
        )
    line = from_json(rows[0]["body"], PickLine)
    if line.state is LineState.CLAIMED:
        reason = text("{name} picks this line.", name=line.claimed_by)
    elif line.state is LineState.CANCELLED:
        reason = text("This order was cancelled.")
    else:
        reason = text("This line is picked already.")
    return Refusal(rule="store.line_taken", reason=reason, way_on=text("Take another line."))


def release(connection: Connection, line_id: str, session: Session) -> PickLine | None:
    """Gives a claimed line back, with what was picked for it taken out again."""
    row = row_of(connection, line_id)
    if row is None or row["staff_id"] != session.staff_id or row["state"] != LineState.CLAIMED.value:
        return None
    connection.execute(units.delete().where(units.c.line_id == line_id))
    line = replace(from_json(row["body"], PickLine), state=LineState.CONFIRMED, claimed_by="", picked=0)
    return put(connection, line, staff_id="")


def check_unit(connection: Connection, wish: CheckUnit, session: Session, on: date) -> UnitFits | Refusal:
    """May this unit leave for this line? The package's own facts are compared, never the catalogue's (PIK-02)."""
    row = row_of(connection, wish.line_id)
    if row is None or row["state"] != LineState.CLAIMED.value or row["staff_id"] != session.staff_id:
        return Refusal(
            rule="store.line_not_yours",
            reason=text("This line is no longer yours to pick."),
            way_on=text("Put the package back and take another line."),
        )
    line = from_json(row["body"], PickLine)
    package = package_of(connection, wish.tag)
    product: Product | None = product_of(connection, package.product_id) if package else None
    refusal = why_not_for(line, package, product, on)
    if refusal is not None:
        return refusal
    assert package is not None
    return _unit(connection, line, package, wish)


def _unit(connection: Connection, line: PickLine, package: Package, wish: CheckUnit) -> UnitFits | Refusal:
    if package.unit_codes and not wish.item:
        return Refusal(
            rule="store.unit_code",
            reason=text("Each unit of this package has a code of its own."),
            way_on=text("Scan the code on the unit."),
            differs="unit",
        )
    if wish.item:
        used = connection.execute(
            select(units.c.line_id).where((units.c.tag == wish.tag) & (units.c.item == wish.item))
        ).first()
        if used is not None:
            return Refusal(
                rule="store.unit_once",
                reason=text("This unit has left already."),
                way_on=text("Scan another unit. Tell the manager."),
                differs="unit",
            )
    return UnitFits(line_id=line.line_id, tag=package.tag, item=wish.item, n=line.picked + 1)


def picked(connection: Connection, line_id: str, n: int, tag: str, item: int) -> PickLine | None:
    """One more unit has left the shelf; with the last one the line is picked. None: it was not expected."""
    row = row_of(connection, line_id)
    if row is None or row["state"] != LineState.CLAIMED.value:
        return None
    connection.execute(units.insert().values(line_id=line_id, n=n, tag=tag, item=item))
    line = from_json(row["body"], PickLine)
    count = int(
        connection.execute(select(func.count()).select_from(units).where(units.c.line_id == line_id)).scalar_one()
    )
    state = LineState.PICKED if count >= line.units else LineState.CLAIMED
    return put(connection, replace(line, picked=count, state=state))
