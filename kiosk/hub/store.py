"""The hub as a whole: opens everything, keeps the shelf and the queue current, and answers its terminals."""

import asyncio
import contextlib
import logging
import os
import secrets
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

from sqlalchemy import Connection

from kiosk.hub import ledger, orders, reporting, visits
from kiosk.hub.changes import Feed, Listener, seen_by
from kiosk.hub.database import Database, load_or_make_key
from kiosk.hub.desk import Desk
from kiosk.hub.facts import Consequences
from kiosk.hub.reporting import Reporting, StateCall, StateWatch
from kiosk.hub.settings import HubSettings
from kiosk.hub.staff import Staff
from kiosk.hub.stock import refresh
from kiosk.model.changes import Snapshot
from kiosk.model.clock import Clock
from kiosk.model.errors import KioskError
from kiosk.model.orders import PickLine
from kiosk.model.records import Accepted, Batch
from kiosk.tracking.port import Registry, Tracking

log = logging.getLogger(__name__)

LOOK_FOR_OLD = 5.0
"""Seconds between two looks for tickets nobody came to serve."""


@dataclass
class Hub:
    """Make it with :func:`opened`. Its methods belong to one event loop."""

    settings: HubSettings
    database: Database
    tracking: Tracking
    clock: Clock
    feed: Feed
    watch: StateWatch
    desk: Desk
    reporting: Reporting
    _tasks: list[asyncio.Task[None]] = field(default_factory=list)

    async def take(self, batch: Batch) -> Accepted:
        """Records of one terminal. Durable when it returns; then the others are told."""
        consequences = Consequences(self.settings.store.zone)
        accepted = await self.database.write(ledger.take, batch, self.clock.now(), consequences.apply)
        self.feed.tell(consequences.news)
        for key, reason in accepted.flagged.items():
            log.warning("record %s is flagged: %s", key, reason)
        self.reporting.wake()
        return accepted

    async def join(self, listener: Listener) -> Snapshot:
        """From now on the listener hears every change; returns what it may see at this moment."""

        def whole(connection: Connection) -> tuple[Snapshot, list[tuple[PickLine, str]]]:
            since = self.clock.now() - timedelta(hours=24)
            snapshot = Snapshot(
                cursor=0,
                state=self.watch.link,
                queue=visits.queue(connection),
                receipts=reporting.receipts_of(connection, listener.terminal, since),
            )
            return snapshot, orders.open_lines(connection)

        # Listening begins first: what happens meanwhile is told twice rather than never.
        self.feed.join(listener)
        snapshot, lines = await self.database.write(whole)
        listener.cursor = 0
        while not listener.messages.empty():
            listener.messages.get_nowait()
        return seen_by(listener, snapshot, lines)

    async def _keep_shelf(self) -> None:
        since: datetime | None = None
        while True:
            try:
                stock = await self.tracking.stock(since)
                await self.database.write(refresh, stock, self.settings.prices, whole=since is None)
                since = stock.as_of
                self.watch.answered(StateCall.STOCK)
                if stock.unread:
                    log.warning("%d packages of the state cannot be read: %s", len(stock.unread), stock.unread[:5])
            except KioskError as error:
                log.warning("the shelf is not refreshed: %s", error.reason)
                self.watch.failed(StateCall.STOCK)
            await asyncio.sleep(self.settings.stock_every)

    async def _keep_queue(self) -> None:
        while True:
            ended = await self.database.write(visits.expire, self.clock.now())
            self.feed.tell((entry, "") for entry in ended)
            await asyncio.sleep(LOOK_FOR_OLD)

    def start(self) -> None:
        for name, work in (
            ("shelf", self._keep_shelf()),
            ("queue", self._keep_queue()),
            ("reports", self.reporting.run()),
        ):
            self._tasks.append(asyncio.create_task(work, name=f"hub {name}"))

    async def close(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self.database.close()


@contextlib.asynccontextmanager
async def opened(
    settings: HubSettings, tracking: Tracking, registry: Registry, clock: Clock, *, work: bool = True
) -> AsyncIterator[Hub]:
    """The hub with its database open; ``work`` False leaves its own tasks out (tests drive them)."""
    settings.data_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
    key = load_or_make_key(settings.database_key or settings.data_dir / "database.key")
    database = Database(settings.data_dir / "hub.db", key)
    await database.open()
    feed = Feed()
    watch = StateWatch(clock, feed.tell)
    hub = Hub(
        settings=settings,
        database=database,
        tracking=tracking,
        clock=clock,
        feed=feed,
        watch=watch,
        desk=Desk(
            settings=settings,
            database=database,
            registry=registry,
            clock=clock,
            feed=feed,
            watch=watch,
            secret=_store_secret(settings.data_dir / "patients.key"),
            staff=Staff(settings.staff),
            packs=settings.packs,
        ),
        reporting=Reporting(database, tracking, clock, watch, feed.tell),
    )
    try:
        if work:
            hub.start()
        yield hub
    finally:
        await hub.close()


def _store_secret(path: Path) -> bytes:
    """Keys the references that stand for registry numbers in this store."""
    if not path.exists():
        descriptor = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(secrets.token_bytes(32))
            file.flush()
            os.fsync(file.fileno())
    return path.read_bytes()
