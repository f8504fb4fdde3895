"""What follows from a record: stock, allotment, labels, receipts. A fact is never refused; one that does not fit is
kept all the same and told to the manager."""

from datetime import UTC
from decimal import Decimal

from msgspec.structs import replace
from sqlalchemy import Connection, select

from kiosk.hub import orders, staff, visits
from kiosk.hub.changes import News
from kiosk.hub.schema import labels, permits, purchases, receipts
from kiosk.hub.schema import visits as visits_table
from kiosk.hub.stock import product_of
from kiosk.hub.visits import Secret
from kiosk.model import records as r
from kiosk.model.base import from_json, to_json
from kiosk.model.orders import LineState, PickLine, QueueEntry, Receipt, ReceiptState, VisitState
from kiosk.tracking.port import Sale, SaleLine


class Consequences:
    """Applies records inside the ledger's transaction and collects what the terminals are to be told."""

    def __init__(self, zone: str) -> None:
        self._zone = zone
        self.news: list[tuple[News, str]] = []

    def apply(self, connection: Connection, record: r.Record) -> str:
        """Returns why a manager should look at this record, or ``""``."""
        match record.fact:
            case r.SignedOut(session_id=session_id):
                staff.signed_out(connection, session_id, record.at)
            case r.FaceCompared(visit_id=visit_id, matches=matches):
                return self._note(connection, record, visit_id, face_matches=int(matches))
            case r.NotesRead(visit_id=visit_id):
                return self._note(connection, record, visit_id, notes_read=1)
            case r.ConcernSettled() | r.VisitRefused() | r.ScanStopped() | r.CheckInAbandoned() | r.WorkEnded():
                pass
            case r.UnitPicked() as fact:
                return self._picked(connection, fact)
            case r.LabelIssued() as fact:
                return self._label_issued(connection, fact)
            case r.LabelPrinted():
                pass
            case r.LabelVoided(number=number, print_no=print_no):
                return self._label(connection, number, print_no, "voided", ("issued", "verified"))
            case r.LabelVerified(number=number, print_no=print_no):
                return self._label(connection, number, print_no, "verified", ("issued",))
            case r.Dispensed() as fact:
                return self._dispensed(connection, record, fact)
            case r.VisitClosed(visit_id=visit_id):
                return self._closed(connection, record, visit_id)
        return ""

    def _note(self, connection: Connection, record: r.Record, visit_id: str, **values: int) -> str:
        row = visits.row_of(connection, visit_id)
        if row is None or row["served_at"] != record.terminal or row["state"] != VisitState.OPEN.value:
            return "the visit was not open at this terminal"
        connection.execute(visits_table.update().where(visits_table.c.visit_id == visit_id).values(**values))
        return ""

    def _picked(self, connection: Connection, fact: r.UnitPicked) -> str:
        row = orders.row_of(connection, fact.line_id)
        line = orders.picked(connection, fact.line_id, fact.n, fact.tag, fact.item)
        if row is None or line is None:
            return "a unit was picked for a line that was not claimed"
        self.news.append((line, row["terminal"]))
        return "" if fact.tag == line.tag or line.batch else "another package than planned"

    def _label_issued(self, connection: Connection, fact: r.LabelIssued) -> str:
        known = (labels.c.number == fact.number) & (labels.c.print_no == fact.print_no)
        if connection.execute(select(labels.c.state).where(known)).first():
            return "this print was issued before"
        connection.execute(
            labels.insert().values(
                number=fact.number,
                print_no=fact.print_no,
                visit_id=fact.visit_id,
                line_id=fact.line_id,
                tag=fact.tag,
                state="issued",
            )
        )
        return ""

    def _label(self, connection: Connection, number: str, print_no: int, state: str, before: tuple[str, ...]) -> str:
        one = (labels.c.number == number) & (labels.c.print_no == print_no) & labels.c.state.in_(before)
        done = connection.execute(labels.update().where(one).values(state=state)).rowcount
        return "" if done else f"a label was {state} that was not {' or '.join(before)}"

    def _dispensed(self, connection: Connection, record: r.Record, fact: r.Dispensed) -> str:
        """One transaction: stock, allotment, record, and what the state is to be told (LBL-08)."""
        permit = connection.execute(select(permits).where(permits.c.permit_id == fact.permit_id)).first()
        row = visits.row_of(connection, fact.visit_id)
        reason = ""
        if permit is None or permit.order_id != fact.order_id or permit.external_number != fact.external_number:
            reason = "dispensed without a permit of this hub"
        for line in orders.move_order(connection, fact.order_id, LineState.DISPENSED):
            self.news.append((line, record.terminal))
        if row is None or not row["secret"]:
            return reason or "dispensed in a visit that was not open"
        if connection.execute(select(receipts.c.visit_id).where(receipts.c.visit_id == fact.visit_id)).first():
            return "a second dispensation in one visit"
        sale = self._sale(connection, record, fact, from_json(row["secret"], Secret))
        receipt = Receipt(
            visit_id=fact.visit_id, external_number=fact.external_number, state=ReceiptState.WAITING, since=record.at
        )
        connection.execute(
            receipts.insert().values(
                visit_id=fact.visit_id,
                external_number=fact.external_number,
                terminal=record.terminal,
                state=receipt.state.value,
                since=record.at.isoformat(),
                sale=to_json(sale).decode(),
                detail="",
                tries=0,
            )
        )
        self.news.append((receipt, record.terminal))
        return reason

    def _sale(self, connection: Connection, record: r.Record, fact: r.Dispensed, secret: Secret) -> Sale:
        """One line a package; money and amounts from the products."""
        lines: dict[str, SaleLine] = {}
        for unit in fact.units:
            row = orders.row_of(connection, unit.line_id)
            product_id = from_json(row["body"], PickLine).product.product_id if row else ""
            product = product_of(connection, product_id)
            price = product.price if product else Decimal(0)
            before = lines.get(unit.tag)
            if before is not None:
                lines[unit.tag] = replace(before, units=before.units + 1, total=before.total + price)
                continue
            lines[unit.tag] = SaleLine(
                tag=unit.tag,
                units=Decimal(1),
                unit="Each",
                total=price,
                thc_mg=product.thc_mg if product else None,
                weight_g=product.net_weight_g if product else None,
            )
        return Sale(
            external_number=fact.external_number,
            # Whole milliseconds: what the state stores.
            sold_at=record.at.astimezone(UTC).replace(microsecond=record.at.microsecond // 1000 * 1000),
            zone=self._zone,
            customer="caregiver" if secret.caregiver_number else "patient",
            patient_number=secret.card_number,
            caregiver_number=secret.caregiver_number,
            lines=tuple(lines.values()),
        )

    def _closed(self, connection: Connection, record: r.Record, visit_id: str) -> str:
        row = visits.row_of(connection, visit_id)
        if row is None:
            return "an unknown visit was closed"
        order_id = orders.open_order_of(connection, visit_id)
        if order_id is not None:
            for line in orders.move_order(connection, order_id, LineState.CANCELLED):
                self.news.append((line, record.terminal))
        entry = replace(from_json(row["entry"], QueueEntry), state=VisitState.CLOSED)
        visits.forget(connection, entry)
        self.news.append((entry, ""))
        return ""


def reported(connection: Connection, visit_id: str) -> list[tuple[str, int]]:
    """The state knows of this visit's sale now: its purchases are in the state's figure. Returns tags with units."""
    mine = (purchases.c.visit_id == visit_id) & (purchases.c.state == "dispensed")
    rows = connection.execute(select(purchases.c.tag, purchases.c.units).where(mine)).all()
    connection.execute(purchases.update().where(mine).values(state="reported"))
    return [(row.tag, row.units) for row in rows]


def proven_units(connection: Connection, order_id: str) -> bool:
    """Whether every unit of the order has a label that was scanned with package and ticket (LBL-03)."""
    order = orders.order_of(connection, order_id)
    if order is None:
        return False
    for line in order.lines:
        for number in line.dispense_numbers:
            one = (labels.c.number == number) & (labels.c.state == "verified")
            if connection.execute(select(labels.c.number).where(one)).first() is None:
                return False
    return True
