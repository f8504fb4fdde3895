"""The ledger: what happened, once, in order, for ever.

A record is known by its key and by (terminal, epoch, sequence). The same record again is harmless; another content
under the same number or key means that two machines share one identity: it is not taken, and nothing after it, but kept
apart for the manager.
"""

import hashlib
import logging
from collections.abc import Callable, Iterator
from datetime import datetime

import msgspec
from sqlalchemy import Connection, Row, func, or_, select
from sqlalchemy.exc import OperationalError, SQLAlchemyError

from kiosk.hub.schema import clones, flags, records
from kiosk.model.base import from_json, to_json
from kiosk.model.errors import KioskError, Refusal, Refused
from kiosk.model.records import Accepted, Batch, Record
from kiosk.model.text import text

log = logging.getLogger(__name__)

START = "0" * 64
MOST_RECORDS = 64

Apply = Callable[[Connection, Record], str]
"""Makes the consequences of one record; returns why a manager should look, or ``""``. Never refuses."""


def take(connection: Connection, batch: Batch, role: str, at: datetime, apply: Apply) -> Accepted | Refusal:
    """Takes a batch in order, never past a gap, and applies what is new.

    Raises ``Refused`` for a batch that is not this terminal's or too long. Returns a refusal for a clone: what came
    before it in the batch is taken, the clone is kept apart and flagged.
    """
    if len(batch.records) > MOST_RECORDS:
        raise Refused(_too_many(batch.terminal))
    if any((r.terminal, r.epoch, r.role) != (batch.terminal, batch.epoch, role) for r in batch.records):
        raise Refused(_not_its_own(batch.terminal))
    watermark = _watermark(connection, batch.terminal, batch.epoch)
    flagged: dict[str, str] = {}
    for record in batch.records:
        known = _known(connection, record)
        if known is not None:
            if known.body != to_json(record).decode():
                _keep_apart(connection, record, at)
                return _clone(batch.terminal)
            flagged |= dict(_flags_of(connection, record.key))
        elif record.seq == watermark + 1:
            _append(connection, record, at)
            reason = _apply(connection, record, apply)
            if reason:
                flagged[record.key] = reason
                flag(connection, record.key, reason, at)
            watermark = record.seq
        else:
            break
    return Accepted(watermark=watermark, flagged=flagged)


def _apply(connection: Connection, record: Record, apply: Apply) -> str:
    """A fact stays, whatever follows from it: consequences that fail leave nothing half done, and a flag. A disk that
    fails is another thing: then nothing was taken, the record neither, and the terminal brings it again (LBL-08)."""
    try:
        with connection.begin_nested():
            return apply(connection, record)
    except OperationalError:
        raise
    except (KioskError, SQLAlchemyError, ValueError, LookupError) as trouble:
        log.error("record %s has no consequences: %s", record.key, type(trouble).__name__)
        return "what should follow from this could not be done"


def _watermark(connection: Connection, terminal: str, epoch: int) -> int:
    mine = (records.c.terminal == terminal) & (records.c.epoch == epoch)
    return int(connection.execute(select(func.coalesce(func.max(records.c.seq), 0)).where(mine)).scalar_one())


def _known(connection: Connection, record: Record) -> Row[tuple[str]] | None:
    """What the ledger holds under this record's number, or under its key."""
    mine = (records.c.terminal == record.terminal) & (records.c.epoch == record.epoch) & (records.c.seq == record.seq)
    return connection.execute(select(records.c.body).where(or_(mine, records.c.key == record.key))).first()


def _flags_of(connection: Connection, key: str) -> Iterator[tuple[str, str]]:
    for row in connection.execute(select(flags.c.reason).where(flags.c.record_key == key)):
        yield key, row.reason


def flag(connection: Connection, key: str, reason: str, at: datetime) -> None:
    """Puts something on the manager's list; ``key`` is that of the record or question it is about."""
    connection.execute(flags.insert().values(record_key=key, reason=reason, at=at.isoformat()))


def _keep_apart(connection: Connection, record: Record, at: datetime) -> None:
    """Kept once, however often the clone comes with it."""
    body = to_json(record).decode()
    if connection.execute(select(clones.c.position).where(clones.c.body == body)).first() is None:
        connection.execute(
            clones.insert().values(terminal=record.terminal, record_key=record.key, at=at.isoformat(), body=body)
        )
        flag(connection, record.key, "another content came under this number: two machines share one name", at)


def _append(connection: Connection, record: Record, at: datetime) -> None:
    body = to_json(record).decode()
    last = connection.execute(
        select(records.c.position, records.c.chain).order_by(records.c.position.desc()).limit(1)
    ).first()
    position, before = (last.position, last.chain) if last is not None else (0, START)
    received = at.isoformat()
    connection.execute(
        records.insert().values(
            position=position + 1,
            chain=_link(before, position + 1, received, body),
            received=received,
            body=body,
            **_columns(record, body),
        )
    )


def _columns(record: Record, body: str) -> dict[str, str | int]:
    """What is looked for, taken from the record itself."""
    return {
        "key": record.key,
        "terminal": record.terminal,
        "epoch": record.epoch,
        "seq": record.seq,
        "digest": hashlib.sha256(body.encode()).hexdigest(),
        "fact": str(record.fact.__struct_config__.tag),
    }


def _link(before: str, position: int, received: str, body: str) -> str:
    """``before`` is 64 digits and ``received`` holds no ``|``, so no two rows are spelled alike."""
    return hashlib.sha256(f"{before}|{position}|{received}|{body}".encode()).hexdigest()


def read(connection: Connection) -> Iterator[Record]:
    """Every record, oldest first."""
    for row in connection.execute(select(records.c.body).order_by(records.c.position)):
        yield from_json(row.body, Record)


def broken_at(connection: Connection) -> int | None:
    """Position of the first row that was altered, removed before, inserted or moved; None: the ledger is whole.

    Rows cut off at the end are not seen here: the terminals know how far they were acknowledged.
    """
    chain, expected = START, 1
    for row in connection.execute(select(records).order_by(records.c.position)):
        chain = _link(chain, row.position, row.received, row.body)
        if row.position != expected or row.chain != chain or not _says_so(row):
            return int(row.position)
        expected += 1
    return None


def _says_so(row: Row[tuple[object, ...]]) -> bool:
    """Whether the columns beside the body say what the body says."""
    try:
        columns = _columns(from_json(row.body, Record), row.body)
    except msgspec.MsgspecError:
        return False
    return all(row._mapping[name] == value for name, value in columns.items())


def _clone(terminal: str) -> Refusal:
    return Refusal(
        rule="store.clone",
        reason=text("Two machines call themselves {terminal}. Its records are not taken.", terminal=terminal),
        way_on=text("Call the manager. Nothing that was recorded is lost."),
    )


def _not_its_own(terminal: str) -> Refusal:
    return Refusal(
        rule="store.not_its_own",
        reason=text("{terminal} brought records of another terminal.", terminal=terminal),
        way_on=text("Call the manager."),
    )


def _too_many(terminal: str) -> Refusal:
    return Refusal(
        rule="store.too_many",
        reason=text("{terminal} brought too many records at once.", terminal=terminal),
        way_on=text("Send at most 64 at a time."),
    )
