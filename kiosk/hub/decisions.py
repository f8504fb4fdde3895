"""What a pharmacist decides about an order, on record and by another person than the one who took it (ORD-06)."""

import hashlib
from collections.abc import Sequence

import msgspec
from msgspec.structs import replace
from sqlalchemy import Connection, select

from kiosk.hub import lines, staff, visits
from kiosk.hub.lines import By
from kiosk.hub.refusals import NOTHING_TO_DECIDE, not_decided
from kiosk.hub.schema import decisions, orders
from kiosk.model import records as r
from kiosk.model.base import from_json, to_json
from kiosk.model.decisions import may_not_decide
from kiosk.model.errors import Refusal
from kiosk.model.orders import DecisionState, DecisionWanted, Order, OrderLine, PickLine
from kiosk.model.people import Session


def wanted_of(connection: Connection, order_id: str) -> tuple[DecisionWanted, ...]:
    """The rules that asked for a decision when the order was made."""
    body = connection.execute(select(orders.c.wanted).where(orders.c.order_id == order_id)).scalar_one_or_none()
    return from_json(body, tuple[DecisionWanted, ...]) if body else ()


def state_of(connection: Connection, order_id: str) -> DecisionState:
    """The last word counts."""
    if not wanted_of(connection, order_id):
        return DecisionState.NOT_WANTED
    mine = select(decisions.c.decision).where(decisions.c.order_id == order_id)
    last = connection.execute(mine.order_by(decisions.c.position.desc()).limit(1)).scalar_one_or_none()
    return DecisionState(last) if last is not None else DecisionState.WAITING


def digest_of(order_lines: Sequence[OrderLine]) -> str:
    """SHA-256 (hex) of what was ordered, whatever has become of it since."""
    asked = [(line.line_id, line.product, line.units, line.route, line.batch) for line in order_lines]
    return hashlib.sha256(to_json(asked)).hexdigest()


def why_undecided(connection: Connection, order_id: str, wanted_now: Sequence[DecisionWanted]) -> Refusal | None:
    """Why the order may not be handed over yet; None: no decision is wanted, or a pharmacist has approved it.

    ``wanted_now`` are the rules of this moment: a law that came into force since may ask for more than was decided.
    """
    asked = wanted_of(connection, order_id)
    state = state_of(connection, order_id)
    decided = {each.rule for each in asked} if state is DecisionState.APPROVED else set()
    missing = [each for each in (*asked, *wanted_now) if each.rule not in decided]
    if not missing:
        return None
    return not_decided(missing[0], refused=state is DecisionState.REFUSED)


def to_decide(connection: Connection, session: Session, order: Order | None) -> Order | Refusal:
    """The order for a pharmacist to look at, or why they may not decide about it."""
    if order is None or order.decision is not DecisionState.WAITING:
        return NOTHING_TO_DECIDE
    return _cannot(connection, order.order_id, session) or order


def _cannot(connection: Connection, order_id: str, session: Session) -> Refusal | None:
    taken_by = connection.execute(select(orders.c.staff_id).where(orders.c.order_id == order_id)).scalar_one()
    return may_not_decide(session, taken_by)


def decided(
    connection: Connection, record: r.Record, fact: r.OrderDecided, order: Order | None
) -> tuple[str, list[tuple[PickLine, str]]]:
    """Takes a decision over. Returns why it does not count, or ``""``, and the lines as they are now.

    It counts where a pharmacist who is signed in at that very terminal, and did not take the order, decided about the
    order as it is. A refusal counts also after an approval; an approval is the first word only.
    """
    session = staff.session_of(connection, fact.session_id, record.terminal, record.at)
    if order is None or not _is_open(connection, fact.order_id):
        return "a pharmacist decided about an order that was over", []
    if session is None or session.staff_id != fact.staff_id:
        return "a decision about an order came from nobody who was signed in there", []
    row = visits.row_of(connection, order.visit_id)
    if record.role != "vault" and (row is None or row["served_at"] != record.terminal):
        return "a decision about an order came from a counter that does not serve it", []
    if (refusal := _cannot(connection, order.order_id, session)) is not None:
        return f"a decision about an order does not count: {refusal.rule}", []
    if fact.digest != order.digest or sorted(fact.rules) != sorted(each.rule for each in order.wanted):
        return "a pharmacist decided about another order than this one", []
    if order.decision is DecisionState.REFUSED or (fact.approved and order.decision is not DecisionState.WAITING):
        return "an order was decided that was decided already", []
    state = DecisionState.APPROVED if fact.approved else DecisionState.REFUSED
    by = By.session(session, record.terminal, record.at)
    connection.execute(
        decisions.insert().values(
            order_id=fact.order_id,
            decision=state.value,
            rules=msgspec.json.encode(fact.rules).decode(),
            at=by.at.isoformat(),
            staff_id=by.staff_id,
            name=by.name,
            terminal=by.terminal,
        )
    )
    moved = [replace(line, decision=state) for line in lines.lines_of(connection, order.order_id)]
    for line in moved:
        lines.put(connection, line)
    counter = row["served_at"] if row is not None else ""
    return "", [(line, counter) for line in moved]


def _is_open(connection: Connection, order_id: str) -> bool:
    state = connection.execute(select(orders.c.state).where(orders.c.order_id == order_id)).scalar_one_or_none()
    return state == "open"
