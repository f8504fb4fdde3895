"""Order lines: how each moves from counter to vault and back, step by step, with a name on each (ORD-03, ORD-04)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from msgspec.structs import replace
from sqlalchemy import Connection, RowMapping, func, select

from kiosk.hub.refusals import not_decided
from kiosk.hub.schema import lines, orders, steps, units
from kiosk.hub.stock import package_of, product_of, unclear
from kiosk.model.base import from_json, to_json
from kiosk.model.errors import Ours, Refusal
from kiosk.model.orders import FOUND_OUT, NEXT, DecisionState, DecisionWanted, LineState, LineStep, PickLine
from kiosk.model.packages import Package, Product
from kiosk.model.people import Session
from kiosk.model.questions import CheckUnit, ClaimLine, UnitFits
from kiosk.model.text import text
from kiosk.rules.shelf import why_not_for

ENDED = (LineState.DISPENSED, LineState.CANCELLED)


@dataclass(frozen=True)
class By:
    """Who moves a line, where and when."""

    staff_id: str
    name: str
    terminal: str
    at: datetime

    @classmethod
    def session(cls, session: Session, terminal: str, at: datetime) -> "By":
        return cls(session.staff_id, session.name, terminal, at)


def row_of(connection: Connection, line_id: str) -> RowMapping | None:
    return connection.execute(select(lines).where(lines.c.line_id == line_id)).mappings().first()


def begin(connection: Connection, line: PickLine, by: By, **columns: str | int) -> None:
    """A new line, confirmed."""
    connection.execute(
        lines.insert().values(
            line_id=line.line_id,
            terminal=by.terminal,
            staff_id="",
            state=line.state.value,
            tag=line.tag,
            place=line.place,
            units=line.units,
            body=to_json(line).decode(),
            **columns,
        )
    )
    _note(connection, line.line_id, line.state, by)


def move(
    connection: Connection, line: PickLine, state: LineState, by: By, *, found_out: bool = False, holder: str = ""
) -> PickLine:
    """The line in its new state, with the step written down. ``holder`` is who picks it from now on: a staff id.

    ``found_out``: the record of a hand-over says so, and what has happened is not refused. Raises ``Ours`` for a move
    that neither :data:`NEXT` nor, then, :data:`FOUND_OUT` names.
    """
    lawful = NEXT[line.state] | (FOUND_OUT.get(line.state, frozenset()) if found_out else frozenset())
    if state not in lawful:
        raise Ours(text("An order line cannot move like this."), f"{line.state} to {state}")
    _note(connection, line.line_id, state, by)
    return put(connection, replace(line, state=state), staff_id=holder)


def _note(connection: Connection, line_id: str, state: LineState, by: By) -> None:
    connection.execute(
        steps.insert().values(
            line_id=line_id,
            state=state.value,
            at=by.at.isoformat(),
            staff_id=by.staff_id,
            name=by.name,
            terminal=by.terminal,
        )
    )


def put(connection: Connection, line: PickLine, **columns: str) -> PickLine:
    """Keeps the line as it is now."""
    mine = lines.c.line_id == line.line_id
    body = to_json(line).decode()
    connection.execute(lines.update().where(mine).values(state=line.state.value, body=body, **columns))
    return line


def steps_of(connection: Connection, line_id: str) -> tuple[LineStep, ...]:
    """How the line came to its state, oldest first."""
    rows = connection.execute(select(steps).where(steps.c.line_id == line_id).order_by(steps.c.position))
    return tuple(
        LineStep(
            state=LineState(row.state),
            at=datetime.fromisoformat(row.at),
            staff_id=row.staff_id,
            name=row.name,
            terminal=row.terminal,
        )
        for row in rows
    )


def open_lines(connection: Connection) -> list[tuple[PickLine, str]]:
    """All lines that have not ended, with the counter each belongs to."""
    under_way = lines.c.state.not_in([state.value for state in ENDED])
    rows = connection.execute(select(lines.c.body, lines.c.terminal).where(under_way).order_by(lines.c.line_id)).all()
    return [(from_json(row.body, PickLine), row.terminal) for row in rows]


def lines_of(connection: Connection, order_id: str) -> list[PickLine]:
    bodies = connection.execute(select(lines.c.body).where(lines.c.order_id == order_id).order_by(lines.c.line_id))
    return [from_json(body, PickLine) for body in bodies.scalars().all()]


def claim(connection: Connection, wish: ClaimLine, session: Session, by: By) -> PickLine | Refusal:
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
    ready = [line for row in mine if (line := from_json(row["body"], PickLine)).decision in READY]
    if not ready:
        return _undecided(connection, mine[0])
    line = ready[0]
    if line.state is LineState.CLAIMED:
        return line
    line = replace(line, claimed_by=session.name)
    return move(connection, line, LineState.CLAIMED, by, holder=session.staff_id)


READY = (DecisionState.NOT_WANTED, DecisionState.APPROVED)
"""Nobody picks for an order before a pharmacist has approved it, where a rule wants that (ORD-06)."""


def _undecided(connection: Connection, row: RowMapping) -> Refusal:
    body = connection.execute(select(orders.c.wanted).where(orders.c.order_id == row["order_id"])).scalar_one()
    wanted = from_json(body, tuple[DecisionWanted, ...])[0]
    refused = from_json(row["body"], PickLine).decision is DecisionState.REFUSED
    return not_decided(wanted, refused=refused)


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


def release(connection: Connection, line_id: str, session: Session, by: By) -> PickLine | None:
    """Gives a claimed line back, with what was picked for it taken out again."""
    row = row_of(connection, line_id)
    if row is None or row["staff_id"] != session.staff_id or row["state"] != LineState.CLAIMED.value:
        return None
    connection.execute(units.delete().where(units.c.line_id == line_id))
    line = replace(from_json(row["body"], PickLine), claimed_by="", picked=0)
    return move(connection, line, LineState.CONFIRMED, by)


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
    if line.decision not in READY:
        return _undecided(connection, row)
    package = package_of(connection, wish.tag)
    product: Product | None = product_of(connection, package.product_id) if package else None
    refusal = unclear(connection) or why_not_for(line, package, product, on)
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


def picked(connection: Connection, line_id: str, n: int, tag: str, item: int, by: By) -> PickLine | None:
    """One more unit has left the shelf; with the last one the line is picked. None: it was not expected."""
    row = row_of(connection, line_id)
    if row is None or row["state"] != LineState.CLAIMED.value or not 1 <= n <= row["units"]:
        return None
    this = (units.c.line_id == line_id) & (units.c.n == n)
    if connection.execute(select(units.c.n).where(this)).first() is not None:
        return None
    connection.execute(units.insert().values(line_id=line_id, n=n, tag=tag, item=item))
    count = int(
        connection.execute(select(func.count()).select_from(units).where(units.c.line_id == line_id)).scalar_one()
    )
    line = replace(from_json(row["body"], PickLine), picked=count)
    if count < line.units:
        return put(connection, line)
    return move(connection, line, LineState.PICKED, by, holder=row["staff_id"])
