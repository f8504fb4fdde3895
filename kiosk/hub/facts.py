"""What follows from a record: stock, allotment, labels, receipts. A fact is never refused; one that does not fit is
kept all the same and told to the manager."""

from datetime import UTC, datetime
from decimal import Decimal

from msgspec.structs import replace
from sqlalchemy import Connection, select

from kiosk.hub import decisions, lines, orders, staff, visits
from kiosk.hub.changes import News
from kiosk.hub.lines import By
from kiosk.hub.schema import labels, permits, purchases, receipts, settled
from kiosk.hub.schema import visits as visits_table
from kiosk.hub.stock import package_of, product_of, unsafe
from kiosk.hub.visits import Secret
from kiosk.model import records as r
from kiosk.model.base import from_json, to_json
from kiosk.model.clock import local_date
from kiosk.model.orders import LineState, PickLine, QueueEntry, Receipt, ReceiptState, VisitState
from kiosk.model.packages import Product
from kiosk.tracking.port import Sale, SaleLine


class Consequences:
    """Applies records inside the ledger's transaction and collects what the terminals are to be told."""

    def __init__(self, zone: str) -> None:
        self._zone = zone
        self._told: list[tuple[News, str]] = []
        self.news: list[tuple[News, str]] = []

    def apply(self, connection: Connection, record: r.Record) -> str:
        """Returns why a manager should look at this record, or ``""``."""
        self._told = []
        reason = self._follow(connection, record)
        self.news += self._told
        return reason

    def _follow(self, connection: Connection, record: r.Record) -> str:
        match record.fact:
            case r.SignedOut(session_id=session_id):
                staff.signed_out(connection, session_id, record.at)
            case r.ConcernSettled() as fact:
                return self._settled(connection, record, fact)
            case r.FaceCompared(visit_id=visit_id, matches=matches):
                return self._note(connection, record, visit_id, face_matches=int(matches))
            case r.NotesRead() as fact:
                return self._notes_read(connection, record, fact)
            case r.OrderDecided() as fact:
                order = orders.order_of(connection, fact.order_id)
                reason, moved = decisions.decided(connection, record, fact, order)
                self._told += moved
                return reason
            case r.UnitPicked() as fact:
                return self._picked(connection, record, fact)
            case r.LabelIssued() as fact:
                return self._label_issued(connection, fact)
            case r.LabelVoided(number=number, print_no=print_no):
                return self._label(connection, number, print_no, "voided", ("issued", "verified"))
            case r.LabelVerified(number=number, print_no=print_no):
                return self._label(connection, number, print_no, "verified", ("issued",))
            case r.Dispensed() as fact:
                return self._dispensed(connection, record, fact)
            case r.VisitClosed(visit_id=visit_id):
                return self._closed(connection, record, visit_id)
            case (
                r.VisitRefused()
                | r.ScanStopped()
                | r.CheckInAbandoned()
                | r.LabelPrinted()
                | r.DrawerOpened()
                | r.WorkEnded()
            ):
                pass
        return ""

    def _not_here(self, connection: Connection, record: r.Record, visit_id: str) -> str:
        """Why what a person did in a visit does not count: it was not open here, or nobody known did it."""
        row = visits.row_of(connection, visit_id)
        if row is None or row["served_at"] != record.terminal or row["state"] != VisitState.OPEN.value:
            return "the visit was not open at this terminal"
        if not staff.worked_here(connection, record.session_id, record.staff_id, record.terminal):
            return "nobody who was signed in at this terminal did this"
        return ""

    def _note(self, connection: Connection, record: r.Record, visit_id: str, **values: int) -> str:
        reason = self._not_here(connection, record, visit_id)
        if not reason:
            connection.execute(visits_table.update().where(visits_table.c.visit_id == visit_id).values(**values))
        return reason

    def _notes_read(self, connection: Connection, record: r.Record, fact: r.NotesRead) -> str:
        """ORD-01: only the notes of the recommendation this visit rests on count."""
        row = visits.row_of(connection, fact.visit_id)
        secret = from_json(row["secret"], Secret) if row is not None and row["secret"] else None
        current = secret.profile.recommendation if secret is not None and secret.profile is not None else None
        if current is not None and current.recommendation_id != fact.recommendation_id:
            return "the notes of another recommendation were read"
        return self._note(connection, record, fact.visit_id, notes_read=1)

    def _settled(self, connection: Connection, record: r.Record, fact: r.ConcernSettled) -> str:
        reason = self._not_here(connection, record, fact.visit_id)
        if not reason:
            mine = (settled.c.visit_id == fact.visit_id) & (settled.c.rule == fact.rule)
            connection.execute(settled.delete().where(mine))
            connection.execute(
                settled.insert().values(
                    visit_id=fact.visit_id, rule=fact.rule, decision=fact.decision, staff_id=record.staff_id
                )
            )
        return reason

    def _by(self, connection: Connection, record: r.Record) -> By:
        name = staff.name_of(connection, record.session_id)
        return By(staff_id=record.staff_id, name=name, terminal=record.terminal, at=record.at)

    def _picked(self, connection: Connection, record: r.Record, fact: r.UnitPicked) -> str:
        by = self._by(connection, record)
        row = lines.row_of(connection, fact.line_id)
        line = lines.picked(connection, fact.line_id, fact.n, fact.tag, fact.item, by)
        if row is None or line is None:
            return "a unit was picked that no claimed line was waiting for"
        self._told.append((line, row["terminal"]))
        package = package_of(connection, fact.tag)
        if package is None or (package.product_id, package.batch) != (line.product.product_id, line.batch):
            return "another package than ordered was picked"
        refusal = unsafe(connection, fact.tag, local_date(record.at, self._zone))
        return f"a package was picked that may not leave: {refusal.rule}" if refusal is not None else ""

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
                template=fact.template,
                day="" if fact.on is None else fact.on.isoformat(),
            )
        )
        return ""

    def _label(self, connection: Connection, number: str, print_no: int, state: str, before: tuple[str, ...]) -> str:
        one = (labels.c.number == number) & (labels.c.print_no == print_no) & labels.c.state.in_(before)
        done = connection.execute(labels.update().where(one).values(state=state)).rowcount
        return "" if done else f"a label was {state} that was not {' or '.join(before)}"

    def _dispensed(self, connection: Connection, record: r.Record, fact: r.Dispensed) -> str:
        """One transaction: stock, allotment, record, and what the state is to be told (LBL-08)."""
        row = visits.row_of(connection, fact.visit_id)
        if row is None or not row["secret"]:
            return "dispensed in a visit that was not open; the state was not told"
        known = (receipts.c.order_id == fact.order_id) | (receipts.c.external_number == fact.external_number)
        if connection.execute(select(receipts.c.order_id).where(known)).first():
            return "dispensed a second time; the state was not told"
        reason = self._doubt(connection, record, fact)
        by = self._by(connection, record)
        for line in orders.dispense(connection, fact, local_date(record.at, self._zone), by):
            self._told.append((line, record.terminal))
        sale = self._sale(connection, record, fact, from_json(row["secret"], Secret))
        receipt = Receipt(
            visit_id=fact.visit_id, external_number=fact.external_number, state=ReceiptState.WAITING, since=record.at
        )
        connection.execute(
            receipts.insert().values(
                external_number=fact.external_number,
                order_id=fact.order_id,
                visit_id=fact.visit_id,
                terminal=record.terminal,
                state=receipt.state.value,
                since=record.at.isoformat(),
                sale=to_json(sale).decode(),
                detail="",
                made=record.at.isoformat(),
                sent="",
                state_id="",
            )
        )
        self._told.append((receipt, record.terminal))
        return reason

    def _doubt(self, connection: Connection, record: r.Record, fact: r.Dispensed) -> str:
        """What of this hand-over was not as it should be. It happened all the same."""
        permit = connection.execute(select(permits).where(permits.c.permit_id == fact.permit_id)).first()
        if permit is None or permit.order_id != fact.order_id or permit.external_number != fact.external_number:
            return "dispensed without a permit of this hub"
        order = orders.order_of(connection, fact.order_id)
        row = visits.row_of(connection, fact.visit_id)
        if order is None or order.visit_id != fact.visit_id or row is None or row["served_at"] != record.terminal:
            return "dispensed an order of another visit or terminal"
        if any(line.state is not LineState.PICKED for line in order.lines):
            return "an order was dispensed that was not picked, or was cancelled"
        if order.decision not in lines.READY:
            return "dispensed without the decision of a pharmacist"
        if to_json(fact.basis) != (permit.basis.encode() or b"null"):
            return "dispensed on another word of the registry than the permit's"
        if (fact.patient_ref, fact.caregiver_ref) != (row["patient_ref"], row["caregiver_ref"]):
            return "dispensed for other people than those of the visit"
        refusal = orders.why_unsafe_now(connection, fact.order_id, local_date(record.at, self._zone))
        if refusal is not None:
            return f"a package was dispensed that may not leave: {refusal.rule}"
        ordered = [(line.line_id, number) for line in order.lines for number in line.dispense_numbers]
        if sorted(ordered) != sorted((unit.line_id, unit.number) for unit in fact.units):
            return "other units were dispensed than ordered"
        for unit in fact.units:
            one = (labels.c.number == unit.number) & (labels.c.print_no == unit.print_no) & (labels.c.tag == unit.tag)
            if connection.execute(select(labels.c.state).where(one)).scalar_one_or_none() != "verified":
                return "a unit was dispensed whose label was not verified"
        return ""

    def _sale(self, connection: Connection, record: r.Record, fact: r.Dispensed, secret: Secret) -> Sale:
        """One line a package; money and amounts as they were ordered."""
        sold: dict[str, SaleLine] = {}
        for unit in fact.units:
            product = self._product(connection, unit)
            price = product.price if product else Decimal(0)
            before = sold.get(unit.tag)
            if before is not None:
                sold[unit.tag] = replace(before, units=before.units + 1, total=before.total + price)
                continue
            sold[unit.tag] = SaleLine(
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
            lines=tuple(sold.values()),
        )

    def _product(self, connection: Connection, unit: r.DispensedUnit) -> Product | None:
        """As it was ordered, at the price of then; of a line nobody knows, what the package holds."""
        row = lines.row_of(connection, unit.line_id)
        if row is not None:
            return from_json(row["body"], PickLine).product
        package = package_of(connection, unit.tag)
        return product_of(connection, package.product_id) if package is not None else None

    def _closed(self, connection: Connection, record: r.Record, visit_id: str) -> str:
        row = visits.row_of(connection, visit_id)
        if row is None:
            return "an unknown visit was closed"
        if row["served_at"] != record.terminal:
            return "a visit was closed that was not open at this terminal"
        # Records come in order: this terminal has no dispensation of the visit any more to bring.
        order_id = orders.open_order_of(connection, visit_id)
        if order_id is not None:
            for line in orders.cancel(connection, order_id, self._by(connection, record)):
                self._told.append((line, record.terminal))
        entry = replace(from_json(row["entry"], QueueEntry), state=VisitState.CLOSED)
        visits.forget(connection, entry)
        self._told.append((entry, ""))
        return ""


def reported(connection: Connection, order_id: str, at: datetime) -> None:
    """The state's own record of this order was read: what is read of the state from now on holds it."""
    mine = (purchases.c.order_id == order_id) & (purchases.c.state == "dispensed")
    connection.execute(purchases.update().where(mine).values(state="reported", confirmed=at.isoformat()))


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
