"""The hub as a whole: opens everything, keeps the shelf and the queue current, and answers its terminals."""

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from sqlalchemy import Connection

from kiosk.hub import ledger, lines, reporting, visits
from kiosk.hub.changes import Feed, Listener, seen_by
from kiosk.hub.database import Database, alone, load_or_make_key
from kiosk.hub.desk import Desk
from kiosk.hub.facts import Consequences
from kiosk.hub.identity import Identity
from kiosk.hub.registry import RegistryDesk, forget_old
from kiosk.hub.reporting import Reporting, StateCall, StateWatch
from kiosk.hub.settings import HubSettings
from kiosk.hub.staff import Staff
from kiosk.hub.stock import refresh, set_prices, shelf_as_of
from kiosk.model.changes import Snapshot
from kiosk.model.clock import Clock
from kiosk.model.errors import KioskError, Refusal
from kiosk.model.orders import QueueEntry, VisitState
from kiosk.model.records import Accepted, Batch
from kiosk.rules.library import Library
from kiosk.tracking.port import Registry, Tracking

log = logging.getLogger(__name__)

LOOK_FOR_OLD = 5.0
"""Seconds between two looks for tickets nobody came to serve; so long the log holds what a closed visit knew."""


@dataclass
class Hub:
    """Make it with :func:`opened`. Its methods belong to one event loop."""

    settings: HubSettings
    identity: Identity
    database: Database
    tracking: Tracking
    clock: Clock
    feed: Feed
    watch: StateWatch
    desk: Desk
    reporting: Reporting
    broken: asyncio.Event = field(default_factory=asyncio.Event)
    """One of the hub's own tasks has died."""
    look_every: float = LOOK_FOR_OLD
    _tasks: list[asyncio.Task[None]] = field(default_factory=list)

    async def take(self, batch: Batch, role: str) -> Accepted | Refusal:
        """Records of one terminal. Durable when it returns; then the others are told. Raises ``Refused``."""
        consequences = Consequences(self.settings.store.zone)
        accepted = await self.database.write(ledger.take, batch, role, self.clock.now(), consequences.apply)
        self.feed.tell(consequences.news)
        for news, _ in consequences.news:
            if isinstance(news, QueueEntry) and news.state is VisitState.CLOSED:
                self.desk.forget(news.visit_id)
        self.reporting.wake()
        if isinstance(accepted, Refusal):
            log.error("%s", accepted.reason)
            return accepted
        for key, reason in accepted.flagged.items():
            log.warning("record %s is flagged: %s", key, reason)
        return accepted

    async def join(self, listener: Listener) -> Snapshot:
        """From now on the listener hears every change; returns what it may see at this moment."""

        def whole(connection: Connection) -> tuple[Any, ...]:
            since = self.clock.now() - timedelta(hours=24)
            receipts = reporting.receipts_of(connection, listener.terminal, since)
            return visits.queue(connection), receipts, lines.open_lines(connection)

        # Listening begins first; what was told until the snapshot was read is in the snapshot.
        self.feed.join(listener)
        queue, receipts, open_lines = await self.database.write(whole)
        listener.begin()
        return seen_by(listener, self.watch.link, queue, receipts, open_lines)

    async def _keep_shelf(self) -> None:
        priced = False
        while True:
            try:
                if not priced:
                    await self.database.write(set_prices, self.settings.prices)
                    priced = True
                stock = await self.tracking.stock(await self.database.write(shelf_as_of))
                await self.database.write(refresh, stock, self.settings.prices)
                self.watch.answered(StateCall.STOCK)
                if stock.unread:
                    some = "; ".join(str(row) for row in stock.unread[:5])
                    log.error(
                        "%d rows of the state cannot be read, their packages are held: %s", len(stock.unread), some
                    )
            except KioskError as error:
                log.warning("the shelf is not refreshed: %s", error.reason)
                self.watch.failed(StateCall.STOCK)
            await asyncio.sleep(self.settings.stock_every)

    async def _keep_queue(self) -> None:
        while True:
            try:
                ended = await self.database.write(visits.expire, self.clock.now())
                self.feed.tell((entry, "") for entry in ended)
                await self.database.write(forget_old, self.desk.pack().outage.oldest, self.clock.now())
                await self.database.empty_log()
            except KioskError as error:
                log.error("old tickets are not looked for: %s", error.reason)
            await asyncio.sleep(self.look_every)

    def start(self) -> None:
        for name, work in (
            ("shelf", self._keep_shelf()),
            ("queue", self._keep_queue()),
            ("reports", self.reporting.run()),
        ):
            task = asyncio.create_task(work, name=f"hub {name}")
            task.add_done_callback(self._ended)
            self._tasks.append(task)

    def _ended(self, task: asyncio.Task[None]) -> None:
        """A hub without one of its tasks would look well and not be: it stops, and its service starts it anew. The
        type alone is logged: a message could quote what was worked on."""
        if not task.cancelled():
            log.critical("%s stopped: %s", task.get_name(), type(task.exception()).__name__)
            self.broken.set()

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
    folder = settings.data_dir
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    with alone(folder):
        async with _opened(settings, tracking, registry, clock) as hub:
            if work:
                hub.start()
            yield hub


@contextlib.asynccontextmanager
async def _opened(settings: HubSettings, tracking: Tracking, registry: Registry, clock: Clock) -> AsyncIterator[Hub]:
    file = settings.data_dir / "hub.db"
    new = not file.exists()
    identity = Identity.load_or_make(settings.identity_key or settings.data_dir / "identity.pem")
    secret = load_or_make_key(settings.data_dir / "patients.key", may_make=new)
    database = Database(
        file, load_or_make_key(settings.database_key or settings.data_dir / "database.key", may_make=new)
    )
    await database.open()
    feed = Feed()
    watch = StateWatch(clock, feed.tell)
    hub = Hub(
        settings=settings,
        identity=identity,
        database=database,
        tracking=tracking,
        clock=clock,
        feed=feed,
        watch=watch,
        desk=Desk(
            settings=settings,
            database=database,
            registry=RegistryDesk(registry, database, clock, watch, bytes.fromhex(secret), settings.registry.seconds),
            clock=clock,
            feed=feed,
            secret=bytes.fromhex(secret),
            staff=Staff(settings.staff),
            library=Library(settings.store.state, settings.packs, settings.policy, live=settings.live),
        ),
        reporting=Reporting(database, tracking, clock, watch, feed.tell),
    )
    try:
        hub.desk.pack()  # a hub without a law that may be used does not open
        yield hub
    finally:
        await hub.close()
