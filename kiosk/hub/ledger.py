"""The ledger: what happened, once, in order, for ever.

A record is known by its key and by (terminal, epoch, sequence). The same record again is harmless; another content
under the same number means that two machines share one identity: it is refused, and nothing after it is taken.
"""

import hashlib
from collections.abc import Callable, Iterator
from datetime import datetime

from sqlalchemy import Connection, func, select

from kiosk.hub.schema import flags, records
from kiosk.model.base import from_json, to_json
from kiosk.model.errors import Refusal, Refused
from kiosk.model.records import Accepted, Batch, Record
from kiosk.model.text import text

START = "0" * 64

Apply = Callable[[Connection, Record], str]
"""Makes the consequences of one record; returns why a manager should look, or ``""``. Never refuses."""


def take(connection: Connection, batch: Batch, at: datetime, apply: Apply) -> Accepted:
    """Takes a batch in order, never past a gap, and applies what is new. Raises ``Refused`` for a clone."""
    watermark = _watermark(connection, batch.terminal, batch.epoch)
    flagged: dict[str, str] = {}
    for record in batch.records:
        if record.terminal != batch.terminal or record.epoch != batch.epoch:
            raise Refused(_not_its_own(batch.terminal))
        if record.seq <= watermark:
            _same_again(connection, record)
        elif record.seq == watermark + 1:
            _append(connection, record, at)
            reason = apply(connection, record)
            if reason:
                flagged[record.key] = reason
                connection.execute(flags.insert().values(record_key=record.key, reason=reason, at=at.isoformat()))
            watermark = record.seq
        else:
            break
    return Accepted(watermark=watermark, flagged=flagged)


def _watermark(connection: Connection, terminal: str, epoch: int) -> int:
    mine = (records.c.terminal == terminal) & (records.c.epoch == epoch)
    return int(connection.execute(select(func.coalesce(func.max(records.c.seq), 0)).where(mine)).scalar_one())


def _digest(record: Record) -> str:
    return hashlib.sha256(to_json(record)).hexdigest()


def _same_again(connection: Connection, record: Record) -> None:
    mine = (records.c.terminal == record.terminal) & (records.c.epoch == record.epoch) & (records.c.seq == record.seq)
    known = connection.execute(select(records.c.digest).where(mine)).scalar_one_or_none()
    if known != _digest(record):
        raise Refused(_clone(record.terminal))


def _append(connection: Connection, record: Record, at: datetime) -> None:
    if connection.execute(select(records.c.position).where(records.c.key == record.key)).first():
        raise Refused(_clone(record.terminal))
    body = to_json(record).decode()
    last = connection.execute(select(records.c.chain).order_by(records.c.position.desc()).limit(1)).scalar_one_or_none()
    connection.execute(
        records.insert().values(
            key=record.key,
            terminal=record.terminal,
            epoch=record.epoch,
            seq=record.seq,
            digest=_digest(record),
            chain=_link(last or START, body),
            received=at.isoformat(),
            fact=record.fact.__struct_config__.tag,
            body=body,
        )
    )


def _link(before: str, body: str) -> str:
    return hashlib.sha256(f"{before}{body}".encode()).hexdigest()


def read(connection: Connection) -> Iterator[Record]:
    """Every record, oldest first."""
    for row in connection.execute(select(records.c.body).order_by(records.c.position)):
        yield from_json(row.body, Record)


def broken_at(connection: Connection) -> int | None:
    """Position of the first row that was altered, removed before, inserted or moved; None: the ledger is whole."""
    chain, expected = START, 1
    for row in connection.execute(select(records).order_by(records.c.position)):
        chain = _link(chain, row.body)
        if row.position != expected or row.chain != chain:
            return int(row.position)
        expected += 1
    return None


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
