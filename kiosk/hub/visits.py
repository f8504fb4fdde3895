"""Visits from the door to the counter: tickets, the queue, and who may open what (PAT-10)."""

import hashlib
import hmac
import secrets
from datetime import datetime, timedelta

from msgspec.structs import replace
from sqlalchemy import Connection, RowMapping, select

from kiosk.hub.schema import claims, settled, views, visits
from kiosk.model.base import Sealed, from_json, to_json
from kiosk.model.errors import Refusal
from kiosk.model.ids import new_id
from kiosk.model.orders import Concern, QueueEntry, Ticket, Visit, VisitState
from kiosk.model.people import Basis, Profile, Session
from kiosk.model.questions import OpenVisit
from kiosk.model.text import Text, text

SHAPES = ("circle", "square", "triangle", "star", "hexagon", "diamond")
COLOURS = ("blue", "orange", "sky", "yellow", "purple", "green")
NUMBERS = 99
LETTERS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
"""Crockford's base 32: no letter looks like a digit."""

WAITING = (VisitState.WAITING.value, VisitState.REFERRED.value)
UNDER_WAY = (*WAITING, VisitState.OPEN.value)


class Secret(Sealed, frozen=True, kw_only=True):
    """What an open visit needs to know of the people in it; dropped when the visit is closed.

    ``choices``: a caregiver of several patients has checked in, and nobody knows yet for whom; each is one of these.
    """

    profile: Profile | None
    concerns: tuple[Concern, ...]
    card_number: str = ""
    """The patient's registry number, for the state's receipt and for reading the figure again."""
    caregiver_number: str = ""
    basis: Basis | None = None
    choices: tuple["Secret", ...] = ()

    @property
    def referred(self) -> bool:
        """Whether a person has to look, whoever the patient is."""
        return all(each.concerns for each in self.choices) if self.choices else bool(self.concerns)


def code(length: int) -> str:
    """A random word of Crockford's letters."""
    return "".join(secrets.choice(LETTERS) for _ in range(length))


def reference(secret: bytes, number: str) -> str:
    """How this store names a registry number where the number itself is not wanted."""
    return hmac.new(secret, number.encode(), hashlib.sha256).hexdigest()[:32] if number else ""


def check_in(connection: Connection, secret: Secret, key: bytes, life: timedelta, at: datetime) -> QueueEntry:
    """A new visit with a ticket that no other visit under way has. ``key`` is the store's for references."""
    ticket = _new_ticket(connection)
    state = VisitState.REFERRED if secret.referred else VisitState.WAITING
    entry = QueueEntry(visit_id=new_id(), ticket=ticket, state=state, since=at)
    connection.execute(
        visits.insert().values(
            visit_id=entry.visit_id,
            ticket_id=ticket.ticket_id,
            patient_ref=reference(key, secret.card_number),
            caregiver_ref=reference(key, secret.caregiver_number),
            state=state.value,
            since=at.isoformat(),
            expires=(at + life).isoformat(),
            served_at="",
            entry=to_json(entry).decode(),
            secret=to_json(secret).decode(),
            face_matches=0,
            notes_read=0,
        )
    )
    return entry


def _new_ticket(connection: Connection) -> Ticket:
    """The next number that nobody in the shop holds; its shape and colour change with it, for those who read poorly."""
    held = set()
    last = 0
    for body in connection.execute(select(visits.c.entry).where(visits.c.state.in_(UNDER_WAY))).scalars():
        held.add(from_json(body, QueueEntry).ticket.number)
    newest = connection.execute(select(visits.c.entry).order_by(visits.c.visit_id.desc()).limit(1)).scalar_one_or_none()
    if newest is not None:
        last = from_json(newest, QueueEntry).ticket.number
    number = next(n for n in ((last + step) % NUMBERS + 1 for step in range(10_000)) if n not in held or len(held) > 98)
    return Ticket(
        ticket_id=code(10),
        shape=SHAPES[number % len(SHAPES)],
        colour=COLOURS[(number // len(SHAPES) + number) % len(COLOURS)],
        number=number,
    )


def find(connection: Connection, wish: OpenVisit, key: bytes) -> RowMapping | None:
    """The visit a ticket, a touch or a card names; of several the newest that is under way. The card may be the
    patient's, the caregiver's, or that of any patient the caregiver could be here for."""
    newest = select(visits).order_by(visits.c.visit_id.desc())
    if wish.ticket_id:
        return connection.execute(newest.where(visits.c.ticket_id == wish.ticket_id)).mappings().first()
    if wish.visit_id:
        return connection.execute(newest.where(visits.c.visit_id == wish.visit_id)).mappings().first()
    if wish.card is None:
        return None
    mine = reference(key, wish.card.number)
    for row in connection.execute(newest.where(visits.c.state.in_(UNDER_WAY))).mappings():
        if mine in (row["patient_ref"], row["caregiver_ref"]) or _choice(row, wish.card.number) is not None:
            return row
    return None


def _choice(row: RowMapping, number: str) -> Secret | None:
    secret = from_json(row["secret"], Secret)
    return next((each for each in secret.choices if each.card_number == number), None)


def opened(
    connection: Connection, wish: OpenVisit, session: Session, terminal: str, key: bytes, at: datetime
) -> tuple[Visit, QueueEntry] | Refusal:
    """Claims the visit for one counter, once, and notes who looked at it."""
    row = find(connection, wish, key)
    refusal = _cannot_open(row, terminal, at)
    if refusal is not None:
        return refusal
    assert row is not None
    secret = from_json(row["secret"], Secret)
    if secret.choices:
        chosen = _choice(row, wish.card.number) if wish.card is not None else None
        if chosen is None:
            return _no(
                "store.whose_visit",
                text("This caregiver may buy for several patients."),
                text("Scan the card of the patient this visit is for."),
            )
        secret = chosen
        connection.execute(
            visits.update()
            .where(visits.c.visit_id == row["visit_id"])
            .values(secret=to_json(secret).decode(), patient_ref=reference(key, secret.card_number))
        )
    entry = replace(from_json(row["entry"], QueueEntry), state=VisitState.OPEN, served_at=terminal)
    change(connection, entry)
    connection.execute(
        views.insert().values(
            at=at.isoformat(),
            session_id=session.session_id,
            staff_id=session.staff_id,
            visit_id=entry.visit_id,
        )
    )
    visit = Visit(
        visit_id=entry.visit_id,
        ticket=entry.ticket,
        profile=secret.profile,
        concerns=secret.concerns,
        basis=secret.basis,
    )
    return visit, entry


def _cannot_open(row: RowMapping | None, terminal: str, at: datetime) -> Refusal | None:
    if row is None:
        return _no("store.visit_unknown", text("No patient waits with this ticket or card."), text("Check in first."))
    if row["state"] == VisitState.CLOSED.value:
        return _no("store.visit_closed", text("This visit is over."), text("Check in again for another order."))
    if row["state"] == VisitState.EXPIRED.value or (
        row["state"] in WAITING and datetime.fromisoformat(row["expires"]) <= at
    ):
        return _no("store.visit_expired", text("This ticket is too old."), text("Check in again at the entrance."))
    if row["state"] == VisitState.OPEN.value and row["served_at"] != terminal:
        where = row["served_at"]
        return _no(
            "store.visit_elsewhere",
            text("This patient is served at {where}.", where=where),
            text("Take the next ticket."),
        )
    return None


def expire(connection: Connection, at: datetime) -> list[QueueEntry]:
    """Check-ins nobody came to serve."""
    old = visits.c.state.in_(WAITING) & (visits.c.expires <= at.isoformat())
    ended = []
    for body in connection.execute(select(visits.c.entry).where(old)).scalars().all():
        entry = replace(from_json(body, QueueEntry), state=VisitState.EXPIRED)
        forget(connection, entry)
        ended.append(entry)
    return ended


def change(connection: Connection, entry: QueueEntry) -> None:
    connection.execute(
        visits.update()
        .where(visits.c.visit_id == entry.visit_id)
        .values(state=entry.state.value, served_at=entry.served_at, entry=to_json(entry).decode())
    )


def forget(connection: Connection, entry: QueueEntry) -> None:
    """The visit has ended: what was known of the people in it is dropped, here and in kept answers (PAT-12)."""
    change(connection, entry)
    connection.execute(visits.update().where(visits.c.visit_id == entry.visit_id).values(secret=""))
    connection.execute(claims.update().where(claims.c.visit_id == entry.visit_id).values(answer=""))


def row_of(connection: Connection, visit_id: str) -> RowMapping | None:
    return connection.execute(select(visits).where(visits.c.visit_id == visit_id)).mappings().first()


def viewer(connection: Connection, visit_id: str) -> str:
    """Who opened the visit last: a staff id."""
    mine = select(views.c.staff_id).where(views.c.visit_id == visit_id).order_by(views.c.position.desc()).limit(1)
    return connection.execute(mine).scalar_one_or_none() or ""


def unsettled(connection: Connection, visit_id: str, secret: Secret) -> Concern | None:
    """The first concern that stands in the way: nobody may settle it, or nobody has (PAT-05)."""
    mine = (settled.c.visit_id == visit_id) & (settled.c.decision == "same_person")
    decided = set(connection.execute(select(settled.c.rule).where(mine)).scalars())
    return next((each for each in secret.concerns if each.settled_by != "person" or each.rule not in decided), None)


def open_here(connection: Connection, visit_id: str, terminal: str) -> tuple[RowMapping, Secret] | Refusal:
    """The visit and its people, if it is open at this counter."""
    row = row_of(connection, visit_id)
    if row is None or row["state"] != VisitState.OPEN.value or row["served_at"] != terminal or not row["secret"]:
        return _no("store.visit_not_open", text("This visit is not open here."), text("Open it by its ticket."))
    return row, from_json(row["secret"], Secret)


def queue(connection: Connection) -> tuple[QueueEntry, ...]:
    rows = connection.execute(
        select(visits.c.entry).where(visits.c.state.in_(UNDER_WAY)).order_by(visits.c.visit_id)
    ).scalars()
    return tuple(from_json(body, QueueEntry) for body in rows)


def _no(rule: str, reason: Text, way_on: Text) -> Refusal:
    return Refusal(rule=rule, reason=reason, way_on=way_on)
