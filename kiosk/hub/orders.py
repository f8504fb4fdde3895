"""Orders, and how their lines move from counter to vault and back (ORD-03, ORD-04, PIK-01…04)."""

from collections import Counter
from collections.abc import Sequence
from datetime import date

from msgspec.structs import replace
from sqlalchemy import Connection, RowMapping, func, select

from kiosk.hub.schema import lines, orders, permits, purchases, units
from kiosk.hub.stock import package_of, product_of, sellable
from kiosk.hub.visits import code
from kiosk.model.allotments import Purchase
from kiosk.model.base import from_json, to_json
from kiosk.model.errors import Refusal
from kiosk.model.ids import new_id
from kiosk.model.orders import LineState, Order, OrderLine, PickLine, Ticket
from kiosk.model.packages import Package, Product
from kiosk.model.people import Session
from kiosk.model.questions import CheckUnit, ClaimLine, Permit, UnitFits
from kiosk.model.records import Dispensed
from kiosk.model.text import text
from kiosk.rules.allotments import Item
from kiosk.rules.shelf import why_not_for

ENDED = (LineState.DISPENSED, LineState.CANCELLED)

Choice = tuple[Item, Package]


def choose_packages(connection: Connection, items: Sequence[Item], on: date) -> list[Choice] | Refusal:
    """Packages for the units of each item, earliest expiry first. One line is one batch: what one package has not
    enough of becomes several lines."""
    shelf = {product.product_id: there for product, there in sellable(connection, on)}
    taken: Counter[str] = Counter()
    chosen: list[Choice] = []
    for item in items:
        missing = item.units
        there = shelf.get(item.product.product_id, [])
        for package, left in there:
            units = min(missing, left - taken[package.tag])
            if units > 0:
                chosen.append((replace(item, units=units), package))
                taken[package.tag] += units
                missing -= units
        if missing:
            return Refusal(
                rule="store.stock",
                reason=text("There are not so many units of {name} on the shelf.", name=item.product.name),
                way_on=text("Take {most} at most.", most=item.units - missing),
            )
    return chosen


def make(
    connection: Connection,
    chosen: Sequence[Choice],
    visit: RowMapping,
    ticket: Ticket,
    session: Session,
    terminal: str,
    on: date,
    recommendation_id: str,
) -> tuple[Order, list[PickLine]]:
    """The order with its lines; from this transaction on its amounts count as used (ALT-04)."""
    order_id = new_id()
    connection.execute(
        orders.insert().values(order_id=order_id, visit_id=visit["visit_id"], state="open", staff_id=session.staff_id)
    )
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
                body=to_json(_purchase(item, order_id, on, recommendation_id)).decode(),
                confirmed="",
            )
        )
    order = order_of(connection, order_id)
    assert order is not None
    return order, made


def _purchase(item: Item, order_id: str, on: date, recommendation_id: str) -> Purchase:
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
        category=product.category,
        order=order_id,
        recommendation_id=recommendation_id,
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


def tags_of(connection: Connection, line_id: str) -> set[str]:
    """Packages of the units picked for a line."""
    return set(connection.execute(select(units.c.tag).where(units.c.line_id == line_id)).scalars())


def permit(connection: Connection, order_id: str, session: Session) -> Permit:
    """One order has one permit and one receipt number at the state, however often it is asked for."""
    known = connection.execute(select(permits).where(permits.c.order_id == order_id)).first()
    if known is not None:
        return Permit(permit_id=known.permit_id, order_id=order_id, external_number=known.external_number)
    made = Permit(permit_id=new_id(), order_id=order_id, external_number=f"K-{code(16)}")
    connection.execute(
        permits.insert().values(
            permit_id=made.permit_id,
            order_id=order_id,
            external_number=made.external_number,
            staff_id=session.staff_id,
        )
    )
    return made


def row_of(connection: Connection, line_id: str) -> RowMapping | None:
    return connection.execute(select(lines).where(lines.c.line_id == line_id)).mappings().first()


def put(connection: Connection, line: PickLine, **more: str) -> PickLine:
    where = lines.c.line_id == line.line_id
    connection.execute(lines.update().where(where).values(state=line.state.value, body=to_json(line).decode(), **more))
    return line


def cancel(connection: Connection, order_id: str) -> list[PickLine]:
    """Every line that has not ended is cancelled; allotment and stock are free again."""
    moved = [_end(connection, line, LineState.CANCELLED) for line in _open_lines_of(connection, order_id)]
    mine = (purchases.c.order_id == order_id) & (purchases.c.state == "reserved")
    connection.execute(purchases.update().where(mine).values(state="released"))
    connection.execute(orders.update().where(orders.c.order_id == order_id).values(state="cancelled"))
    return moved


def dispense(connection: Connection, fact: Dispensed, on: date) -> list[PickLine]:
    """The units of the fact have left on the local date ``on``: they count, whatever was planned."""
    moved = []
    for line in _open_lines_of(connection, fact.order_id):
        left = [unit for unit in fact.units if unit.line_id == line.line_id]
        connection.execute(units.delete().where(units.c.line_id == line.line_id))
        for n, unit in enumerate(left, start=1):
            connection.execute(units.insert().values(line_id=line.line_id, n=n, tag=unit.tag, item=unit.item))
        mine = purchases.c.line_id == line.line_id
        body = connection.execute(select(purchases.c.body).where(mine)).scalar_one()
        purchase = replace(from_json(body, Purchase), units=len(left), on=on)
        connection.execute(
            purchases.update()
            .where(mine)
            .values(state="dispensed" if left else "released", units=len(left), body=to_json(purchase).decode())
        )
        moved.append(_end(connection, line, LineState.DISPENSED if left else LineState.CANCELLED))
    connection.execute(orders.update().where(orders.c.order_id == fact.order_id).values(state="dispensed"))
    return moved


def _open_lines_of(connection: Connection, order_id: str) -> list[PickLine]:
    bodies = connection.execute(select(lines.c.body).where(lines.c.order_id == order_id)).scalars().all()
    return [line for line in (from_json(body, PickLine) for body in bodies) if line.state not in ENDED]


def _end(connection: Connection, line: PickLine, state: LineState) -> PickLine:
    return put(connection, replace(line, state=state))


def is_open(connection: Connection, order_id: str) -> bool:
    state = connection.execute(select(orders.c.state).where(orders.c.order_id == order_id)).scalar_one_or_none()
    return state == "open"


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
    if row is None or row["state"] != LineState.CLAIMED.value or not 1 <= n <= row["units"]:
        return None
    this = (units.c.line_id == line_id) & (units.c.n == n)
    if connection.execute(select(units.c.n).where(this)).first() is not None:
        return None
    connection.execute(units.insert().values(line_id=line_id, n=n, tag=tag, item=item))
    line = from_json(row["body"], PickLine)
    count = int(
        connection.execute(select(func.count()).select_from(units).where(units.c.line_id == line_id)).scalar_one()
    )
    state = LineState.PICKED if count >= line.units else LineState.CLAIMED
    return put(connection, replace(line, picked=count, state=state))
