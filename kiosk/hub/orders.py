"""Orders: made of the shelf, cancelled, handed over, and permitted (ORD-03, ALT-04, LBL-08)."""

from collections import Counter
from collections.abc import Sequence
from datetime import date

from msgspec.structs import replace
from sqlalchemy import Connection, RowMapping, select

from kiosk.hub import decisions
from kiosk.hub.lines import ENDED, By, begin, lines_of, move, steps_of
from kiosk.hub.schema import lines, orders, permits, purchases, units
from kiosk.hub.stock import sellable, unsafe
from kiosk.hub.visits import code
from kiosk.model.allotments import Purchase
from kiosk.model.base import from_json, to_json
from kiosk.model.errors import Refusal
from kiosk.model.ids import new_id
from kiosk.model.orders import DecisionState, DecisionWanted, LineState, Order, OrderLine, PickLine, Ticket
from kiosk.model.packages import Package
from kiosk.model.people import Basis
from kiosk.model.questions import Permit
from kiosk.model.records import Dispensed
from kiosk.model.text import text
from kiosk.rules.allotments import Item
from kiosk.rules.profiles import POLICY, profile_of

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
        fitting = [pair for pair in there if item.wanted in (None, profile_of(pair[0].lab.thc, pair[0].lab.cbd))]
        if there and not fitting:
            return _no_such_profile(item)
        for package, left in fitting:
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


def _no_such_profile(item: Item) -> Refusal:
    return Refusal(
        rule="order.profile",
        reason=text("{name} does not have the THC and CBD that were asked for.", name=item.product.name),
        way_on=text("Take another product, or ask for any profile."),
        citation=POLICY,
        differs="profile",
        wanted=item.wanted.value if item.wanted is not None else "",
    )


def make(
    connection: Connection,
    chosen: Sequence[Choice],
    visit: RowMapping,
    ticket: Ticket,
    by: By,
    on: date,
    recommendation_id: str,
    wanted: tuple[DecisionWanted, ...] = (),
) -> tuple[Order, list[PickLine]]:
    """The order with its lines; from this transaction on its amounts count as used (ALT-04). ``wanted`` are the rules
    by which a pharmacist decides about it."""
    order_id = new_id()
    connection.execute(
        orders.insert().values(
            order_id=order_id,
            visit_id=visit["visit_id"],
            state="open",
            staff_id=by.staff_id,
            wanted=to_json(wanted).decode() if wanted else "",
        )
    )
    made: list[PickLine] = []
    for item, package in chosen:
        line = PickLine(
            line_id=new_id(),
            ticket=ticket,
            counter=by.terminal,
            product=item.product,
            units=item.units,
            tag=package.tag,
            place=package.place,
            batch=package.batch,
            lab=package.lab,
            unit_codes=package.unit_codes,
            wanted=item.wanted,
            decision=DecisionState.WAITING if wanted else DecisionState.NOT_WANTED,
        )
        made.append(line)
        begin(
            connection,
            line,
            by,
            order_id=order_id,
            visit_id=visit["visit_id"],
            route=item.route or item.product.route,
            numbers=" ".join(code(10) for _ in range(item.units)),
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
        equivalent_oz=product.equivalent_oz,
        volume_fl_oz=product.volume_fl_oz,
        supply_days=product.supply_days,
        daily_dose_mg=product.daily_dose_mg,
        thc_pct=product.thc_pct,
    )


def order_of(connection: Connection, order_id: str) -> Order | None:
    """The order as it stands now, with the packages picked for it."""
    rows = connection.execute(select(lines).where(lines.c.order_id == order_id).order_by(lines.c.line_id)).mappings()
    found = []
    visit_id, ticket = "", None
    for row in rows.all():
        visit_id = row["visit_id"]
        line = from_json(row["body"], PickLine)
        ticket = line.ticket
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
                wanted=line.wanted,
                lab=line.lab,
                steps=steps_of(connection, line.line_id),
            )
        )
    if not found:
        return None
    return Order(
        order_id=order_id,
        visit_id=visit_id,
        lines=tuple(found),
        ticket=ticket,
        wanted=decisions.wanted_of(connection, order_id),
        decision=decisions.state_of(connection, order_id),
        digest=decisions.digest_of(found),
    )


def tags_of(connection: Connection, line_id: str) -> set[str]:
    """Packages of the units picked for a line."""
    return set(connection.execute(select(units.c.tag).where(units.c.line_id == line_id)).scalars())


def permit(connection: Connection, order_id: str, staff_id: str, basis: Basis | None) -> Permit:
    """One order has one permit and one receipt number at the state, however often it is asked for. It rests on the
    word of the registry it was given on last."""
    said = to_json(basis).decode() if basis is not None else ""
    known = connection.execute(select(permits).where(permits.c.order_id == order_id)).first()
    if known is not None:
        connection.execute(permits.update().where(permits.c.order_id == order_id).values(basis=said))
        return Permit(permit_id=known.permit_id, order_id=order_id, external_number=known.external_number, basis=basis)
    made = Permit(permit_id=new_id(), order_id=order_id, external_number=f"K-{code(16)}", basis=basis)
    connection.execute(
        permits.insert().values(
            permit_id=made.permit_id,
            order_id=order_id,
            external_number=made.external_number,
            staff_id=staff_id,
            basis=said,
        )
    )
    return made


def cancel(connection: Connection, order_id: str, by: By) -> list[PickLine]:
    """Every line that has not ended is cancelled; allotment and stock are free again."""
    open_ones = [line for line in lines_of(connection, order_id) if line.state not in ENDED]
    moved = [move(connection, line, LineState.CANCELLED, by) for line in open_ones]
    mine = (purchases.c.order_id == order_id) & (purchases.c.state == "reserved")
    connection.execute(purchases.update().where(mine).values(state="released"))
    connection.execute(orders.update().where(orders.c.order_id == order_id).values(state="cancelled"))
    return moved


def dispense(connection: Connection, fact: Dispensed, on: date, by: By) -> list[PickLine]:
    """The units of the fact have left on the local date ``on``: they count, whatever was planned, also where the order
    was cancelled meanwhile. Lines of which nothing left are cancelled."""
    moved = []
    for line in lines_of(connection, fact.order_id):
        left = [unit for unit in fact.units if unit.line_id == line.line_id]
        if line.state is LineState.DISPENSED or (line.state is LineState.CANCELLED and not left):
            continue
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
        end = LineState.DISPENSED if left else LineState.CANCELLED
        moved.append(move(connection, line, end, by, found_out=True))
    connection.execute(orders.update().where(orders.c.order_id == fact.order_id).values(state="dispensed"))
    return moved


def why_unsafe_now(connection: Connection, order_id: str, on: date) -> Refusal | None:
    """Why a package that was picked for the order may not be handed over any more: it can have been held, recalled or
    have expired since (PIK-04). None: all may."""
    tags = connection.execute(
        select(units.c.tag)
        .distinct()
        .join(lines, lines.c.line_id == units.c.line_id)
        .where(lines.c.order_id == order_id)
    ).scalars()
    for tag in sorted(tags):
        if (refusal := unsafe(connection, tag, on)) is not None:
            return refusal
    return None


def is_open(connection: Connection, order_id: str) -> bool:
    state = connection.execute(select(orders.c.state).where(orders.c.order_id == order_id)).scalar_one_or_none()
    return state == "open"


def open_order_of(connection: Connection, visit_id: str) -> str | None:
    mine = (orders.c.visit_id == visit_id) & (orders.c.state == "open")
    return connection.execute(select(orders.c.order_id).where(mine)).scalars().first()
