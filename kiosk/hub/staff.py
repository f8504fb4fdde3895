"""Who may work here: badge and PIN, and what happens to those who guess (OPN-01)."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from argon2 import PasswordHasher
from argon2.exceptions import VerificationError
from sqlalchemy import Connection, select

from kiosk.hub.schema import attempts, sessions
from kiosk.hub.settings import StaffEntry
from kiosk.model.errors import Refusal
from kiosk.model.ids import new_id
from kiosk.model.people import Session, StaffRole
from kiosk.model.text import text

WRONG_MAX = 5
FIRST_LOCK = timedelta(seconds=30)
LONGEST_LOCK = timedelta(minutes=15)
SHIFT = timedelta(hours=16)
"""Nobody works longer: a session that was forgotten ends."""

WRONG = Refusal(
    rule="store.sign_in",
    reason=text("Badge and PIN do not belong together."),
    way_on=text("Type the PIN again, or ask a manager."),
)

NOBODY = "$argon2id$v=19$m=65536,t=3,p=4$c29tZXNhbHRzb21lc2FsdA$" + "A" * 43
"""Checked against for an unknown badge, so that its answer takes as long as that for a wrong PIN."""


class Staff:
    """The people of the settings file. PINs are compared by Argon2id, off the event loop."""

    def __init__(self, entries: Iterable[StaffEntry]) -> None:
        self._entries = {entry.badge: entry for entry in entries}
        self._hasher = PasswordHasher()

    def knows(self, badge: str) -> bool:
        return badge in self._entries

    def matches(self, badge: str, pin: str) -> StaffEntry | None:
        """Takes about a tenth of a second, whatever the answer."""
        entry = self._entries.get(badge)
        try:
            self._hasher.verify(entry.pin_hash if entry else NOBODY, pin)
        except VerificationError:
            return None
        return entry


def locked(connection: Connection, who: Iterable[str], at: datetime) -> Refusal | None:
    """Whether one of these (a person's badge, a terminal) has to wait. ``""`` is nobody."""
    for name in who:
        row = connection.execute(select(attempts).where(attempts.c.who == name)).first()
        if row is not None and row.locked_until and datetime.fromisoformat(row.locked_until) > at:
            seconds = int((datetime.fromisoformat(row.locked_until) - at).total_seconds()) + 1
            return Refusal(
                rule="store.sign_in_locked",
                reason=text("Too many wrong PINs."),
                way_on=text("Wait {seconds} s, or ask a manager.", seconds=seconds),
            )
    return None


def failed(connection: Connection, who: Iterable[str], at: datetime) -> None:
    """Counts a wrong PIN; from the fifth on each doubles the wait. Survives a restart."""
    for name in filter(None, who):
        row = connection.execute(select(attempts).where(attempts.c.who == name)).first()
        wrong = (row.wrong if row else 0) + 1
        until = ""
        if wrong >= WRONG_MAX:
            until = (at + min(FIRST_LOCK * 2 ** min(wrong - WRONG_MAX, 10), LONGEST_LOCK)).isoformat()
        values = {"wrong": wrong, "locked_until": until}
        if row is None:
            connection.execute(attempts.insert().values(who=name, **values))
        else:
            connection.execute(attempts.update().where(attempts.c.who == name).values(**values))


def signed_in(connection: Connection, entry: StaffEntry, terminal: str, who: Iterable[str], at: datetime) -> Session:
    for name in who:
        connection.execute(attempts.delete().where(attempts.c.who == name))
    session = Session(session_id=new_id(), staff_id=entry.id, name=entry.name, role=entry.role)
    connection.execute(
        sessions.insert().values(
            session_id=session.session_id,
            staff_id=entry.id,
            name=entry.name,
            role=entry.role.value,
            terminal=terminal,
            began=at.isoformat(),
            ended="",
        )
    )
    return session


def session_of(connection: Connection, session_id: str, terminal: str, at: datetime) -> Session | None:
    """The open session of this terminal; None: nobody is signed in by that id there, or since too long."""
    row = connection.execute(select(sessions).where(sessions.c.session_id == session_id)).first()
    if row is None or row.ended or row.terminal != terminal or at - datetime.fromisoformat(row.began) > SHIFT:
        return None
    return Session(session_id=row.session_id, staff_id=row.staff_id, name=row.name, role=StaffRole(row.role))


def worked_here(connection: Connection, session_id: str, staff_id: str, terminal: str) -> bool:
    """Whether this person was signed in at this terminal by that session; it may have ended since."""
    row = connection.execute(select(sessions).where(sessions.c.session_id == session_id)).first()
    return row is not None and bool(staff_id) and (row.staff_id, row.terminal) == (staff_id, terminal)


def name_of(connection: Connection, session_id: str) -> str:
    """Who signed in by that session, also after it has ended; ``""``: nobody."""
    mine = select(sessions.c.name).where(sessions.c.session_id == session_id)
    return connection.execute(mine).scalar_one_or_none() or ""


def signed_out(connection: Connection, session_id: str, at: datetime) -> None:
    mine = sessions.c.session_id == session_id
    connection.execute(sessions.update().where(mine & (sessions.c.ended == "")).values(ended=at.isoformat()))
