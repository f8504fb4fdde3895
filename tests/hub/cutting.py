"""The plug of the hub's computer, pulled inside one commit (LBL-08).

:func:`cut_at_every_event` runs the real hub in processes of their own and ends each at another event: before every
statement, before and after the commit, and at every so many instructions of SQLite's machine. The module is
started with ``python -m tests.hub.cutting`` because a process that has threads cannot be copied.

:func:`torn_files` makes what a disk may hold when the power goes while the commit is written: of what was not flushed
yet any part, in any order, sector by sector.
"""

import asyncio
import contextlib
import json
import os
import random
import shutil
import sys
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, event, select

from kiosk.hub import ledger, orders
from kiosk.hub.database import Database
from kiosk.hub.facts import Consequences
from kiosk.hub.reporting import waiting_reports
from kiosk.hub.schema import flags, purchases
from kiosk.hub.schema import orders as orders_table
from kiosk.model import records as r
from kiosk.model.base import from_json

ZONE = "America/New_York"

SECTOR = 512
FRAME = 24 + 4096
"""A page in SQLite's write-ahead log with its header."""
WAL_HEADER = 32

NOTHING = [0, ["reserved"], ["open"], ["picked"], 0, None]
EVERYTHING = [1, ["dispensed"], ["dispensed"], ["dispensed"], 1, None]


def effects(connection: Connection, fact: r.Dispensed) -> list[Any]:
    """What of the hand-over there is: record, stock and allotment, order, line, report; and where the ledger broke."""
    facts = [record.fact for record in ledger.read(connection)]
    order = orders.order_of(connection, fact.order_id)
    assert order is not None
    assert [record for record in facts if record == fact] == [fact] * facts.count(fact)
    assert connection.execute(select(flags)).all() == []
    return [
        facts.count(fact),
        connection.execute(select(purchases.c.state)).scalars().all(),
        connection.execute(select(orders_table.c.state)).scalars().all(),
        [line.state.value for line in order.lines],
        len(waiting_reports(connection)),
        ledger.broken_at(connection),
    ]


def fact_of(batch: r.Batch) -> r.Dispensed:
    (record,) = batch.records
    assert isinstance(record.fact, r.Dispensed)
    return record.fact


@contextlib.asynccontextmanager
async def database_of(folder: Path) -> AsyncIterator[Database]:
    """The hub's database without the rest of the hub: the schema is there already, and the commit is one call."""
    database = Database(folder / "hub.db", (folder / "database.key").read_text().strip())
    try:
        yield database
    finally:
        await database.close()


async def bring(database: Database, batch: r.Batch) -> None:
    """What ``Hub.take`` does in the database when the terminal brings its record."""
    consequences = Consequences(ZONE)
    await database.write(ledger.take, batch, "counter", batch.records[0].at, consequences.apply)


async def looked_at(database: Database, batch: r.Batch, retries: int = 2) -> list[Any]:
    """The effects after a new start, and after each of the terminal's retries."""
    found = [await database.write(effects, fact_of(batch))]
    for _ in range(retries):
        await bring(database, batch)
        found.append(await database.write(effects, fact_of(batch)))
    return found


# --- processes that end at an event


class Plug:
    """Counts events and ends the process at the ``n``-th, without a word to anybody."""

    def __init__(self, n: int | None) -> None:
        self.n, self.seen = n, 0

    def __call__(self, *_: Any) -> int:
        if self.seen == self.n:
            os._exit(9)
        self.seen += 1
        return 0


async def take(folder: Path, batch: r.Batch, plug: Plug, instructions: int) -> str:
    """The hub takes the batch; ``instructions`` above 0 counts those of SQLite's machine as well."""
    async with database_of(folder) as database:
        if instructions:
            await database.write(lambda c: c.connection.dbapi_connection.set_progress_handler(plug, instructions))
        for name in ("before_cursor_execute", "commit"):
            event.listen(database._engine, name, plug)
        await bring(database, batch)
        plug()  # committed, and nobody was told
        return "came to its end"


async def look(folder: Path, batch: r.Batch) -> list[Any]:
    async with database_of(folder) as database:
        return await looked_at(database, batch)


def forked(work: Any) -> bytes:
    """Runs ``work`` in a copy of this process; returns what it gives."""
    read, write = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(read)
        try:
            os.write(write, json.dumps(asyncio.run(work())).encode())
        finally:
            os._exit(0)
    os.close(write)
    with os.fdopen(read, "rb") as pipe:
        said = pipe.read()
    os.waitpid(child, 0)
    return said


def cut_at_every_event(folder: Path, instructions: int, step: int) -> Iterator[dict[str, Any]]:
    batch = from_json((folder / "batch.json").read_text(), r.Batch)
    trial = folder.with_name(f"{folder.name}.cut")
    shutil.copytree(folder, trial)
    asyncio.run(look(trial, batch))  # what is loaded and compiled now need not be in each copy; its thread has ended
    shutil.rmtree(trial)
    n = 0
    while True:
        shutil.copytree(folder, trial)

        whole = bool(forked(lambda trial=trial, n=n: take(trial, batch, Plug(n), instructions)))
        found = json.loads(forked(lambda trial=trial: look(trial, batch)) or b"null")
        shutil.rmtree(trial)
        yield {"n": n, "cut": not whole, "found": found}
        if whole:
            return
        n += step


# --- files that were torn


def torn_files(before: bytes, after: bytes, *, every: bool) -> Iterator[tuple[str, bytes]]:
    """What the log may hold when the power goes between the first write of the commit and its flush. ``before`` is
    durable, ``after`` is what the commit makes of it. ``every`` leaves nothing out and takes longer."""
    sectors = [at for at in range(0, len(after), SECTOR) if after[at : at + SECTOR] != before[at : at + SECTOR]]
    frames = [at for at in range(WAL_HEADER, len(after) + 1, FRAME) if at >= sectors[0]]
    for at in frames:
        yield f"up to frame at {at}", after[:at] + before[at:]
    for at in sectors if every else sectors[:: max(1, len(sectors) // 7)]:
        yield f"torn at {at}", after[:at] + before[at:]
        yield f"all but the sector at {at}", _mixed(before, after, set(sectors) - {at})
        yield f"nothing but the sector at {at}", _mixed(before, after, {at})
    chance = random.Random(8)
    for n in range(200 if every else 9):
        share = chance.random()
        kept = {at for at in sectors if chance.random() < share}
        yield f"a part of it, {n}", _mixed(before, after, kept)
    yield "all of it", after


def _mixed(before: bytes, after: bytes, kept: set[int]) -> bytes:
    """``before`` with the sectors ``kept`` of ``after``; what the file grew by and was not written is zero."""
    mixed = bytearray(before.ljust(len(after), b"\0"))
    for at in kept:
        mixed[at : at + SECTOR] = after[at : at + SECTOR]
    return bytes(mixed)


def half_copied(before: bytes, after: bytes, *, every: bool) -> Iterator[bytes]:
    """The database while the log is copied into it: some sectors are there, others are not."""
    chance = random.Random(9)
    before = before.ljust(len(after), b"\0")
    sectors = [at for at in range(0, len(after), SECTOR) if after[at : at + SECTOR] != before[at : at + SECTOR]]
    for _ in range(100 if every else 5):
        yield _mixed(before, after, {at for at in sectors if chance.random() < 0.5})


if __name__ == "__main__":
    for one in cut_at_every_event(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])):
        sys.stdout.write(json.dumps(one) + "\n")
