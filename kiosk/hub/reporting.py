"""What the state has to be told, told once and read back.

A receipt is looked for before it is sent, because an answer may have been lost; after it is sent it is read back and
compared field by field. Statuses: waiting, sent, confirmed, differs, refused. The queue is a table: it survives.
"""

import asyncio
import contextlib
import logging
import random
from collections.abc import Callable, Iterable
from datetime import datetime
from enum import StrEnum

from sqlalchemy import Connection, func, select

from kiosk.hub.changes import News
from kiosk.hub.database import Database
from kiosk.hub.facts import reported
from kiosk.hub.schema import receipts
from kiosk.hub.stock import handed_over
from kiosk.model.base import from_json
from kiosk.model.changes import StateLink
from kiosk.model.clock import Clock
from kiosk.model.errors import KioskError, Refused
from kiosk.model.orders import Receipt, ReceiptState
from kiosk.model.text import Text, text
from kiosk.tracking.port import NO_ACCESS, Sale, Tracking, differences

log = logging.getLogger(__name__)

OPEN = (ReceiptState.WAITING.value, ReceiptState.SENT.value)
RETRY_LEAST, RETRY_MOST = 0.5, 60.0

Tell = Callable[[Iterable[tuple[News, str]]], None]


class StateCall(StrEnum):
    """What the hub asks the state for. Each can fail while the others answer."""

    STOCK = "stock"
    REGISTRY = "registry"
    REPORTS = "reports"


class StateWatch:
    """Whether the state's systems answer; every call to them ends here. One that fails is not hidden by the others."""

    def __init__(self, clock: Clock, tell: Tell) -> None:
        self._clock, self._tell = clock, tell
        self._silent: set[StateCall] = set()
        self.link = StateLink(up=True, since=clock.now())

    def answered(self, call: StateCall) -> None:
        self._silent.discard(call)
        self._look(self.link.waiting)

    def failed(self, call: StateCall) -> None:
        self._silent.add(call)
        self._look(self.link.waiting)

    def waits(self, reports: int) -> None:
        self._look(reports)

    def _look(self, waiting: int) -> None:
        up = not self._silent
        link = StateLink(
            up=up,
            since=self.link.since if up == self.link.up else self._clock.now(),
            waiting=waiting,
        )
        if link != self.link:
            if link.up != self.link.up:
                log.warning("the state's systems %s", "answer again" if up else "do not answer")
            self.link = link
            self._tell([(link, "")])


class Reporting:
    """The one worker that talks to the tracking system about sales."""

    def __init__(self, database: Database, tracking: Tracking, clock: Clock, watch: StateWatch, tell: Tell) -> None:
        self._database, self._tracking, self._clock, self._watch, self._tell = database, tracking, clock, watch, tell
        self._wake = asyncio.Event()

    def wake(self) -> None:
        self._wake.set()

    async def run(self) -> None:
        """Until cancelled."""
        tries = 0
        while True:
            self._wake.clear()
            waiting = await self._database.write(_waiting)
            done = await self._send(waiting)
            self._watch.waits(len(waiting) - done)
            if done == len(waiting):
                tries = 0
                await self._wake.wait()
                continue
            tries += 1
            pause = random.random() * min(RETRY_MOST, RETRY_LEAST * 2 ** min(tries, 16))
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(pause):
                    await self._wake.wait()

    async def _send(self, waiting: list[tuple[str, str, Sale]]) -> int:
        """Sends in order; stops at the first that gets no answer. Returns how many were settled."""
        for n, (visit_id, state, sale) in enumerate(waiting):
            try:
                await self._settle(visit_id, state, sale)
            except Refused as refused:
                if refused.refusal.rule == NO_ACCESS:
                    log.error("the state does not let this store in: %s", refused.reason)
                    self._watch.failed(StateCall.REPORTS)
                    return n
                await self._end(visit_id, ReceiptState.REFUSED, refused.reason)
            except KioskError as error:
                log.info("a report waits: %s", error.reason)
                self._watch.failed(StateCall.REPORTS)
                return n
            self._watch.answered(StateCall.REPORTS)
        return len(waiting)

    async def _settle(self, visit_id: str, state: str, sale: Sale) -> None:
        there = await self._tracking.find(sale.external_number)
        if there is None:
            if state == ReceiptState.WAITING.value:
                await self._database.write(_mark_sent, visit_id, self._clock.now())
            await self._tracking.report(sale)
            there = await self._tracking.find(sale.external_number)
        if there is None:
            await self._end(visit_id, ReceiptState.DIFFERS, text("The state says yes, and has no such receipt."))
            return
        differing = differences(sale, there)
        if differing:
            words = text("The state's receipt differs in: {fields}.", fields=", ".join(differing))
            await self._end(visit_id, ReceiptState.DIFFERS, words)
        else:
            await self._end(visit_id, ReceiptState.CONFIRMED, None)

    async def _end(self, visit_id: str, state: ReceiptState, detail: Text | None) -> None:
        receipt, terminal = await self._database.write(_settled, visit_id, state, detail, self._clock.now())
        log.info("receipt %s: %s", receipt.external_number, state.value)
        self._tell([(receipt, terminal)])


def _waiting(connection: Connection) -> list[tuple[str, str, Sale]]:
    rows = connection.execute(select(receipts).where(receipts.c.state.in_(OPEN)).order_by(receipts.c.since)).all()
    return [(row.visit_id, row.state, from_json(row.sale, Sale)) for row in rows]


def _mark_sent(connection: Connection, visit_id: str, at: datetime) -> None:
    mine = receipts.c.visit_id == visit_id
    connection.execute(receipts.update().where(mine).values(state=ReceiptState.SENT.value, since=at.isoformat()))


def _settled(
    connection: Connection, visit_id: str, state: ReceiptState, detail: Text | None, at: datetime
) -> tuple[Receipt, str]:
    mine = receipts.c.visit_id == visit_id
    values = {"state": state.value, "since": at.isoformat(), "detail": str(detail or "")}
    if state is ReceiptState.CONFIRMED:
        values["sale"] = ""
        handed_over(connection, reported(connection, visit_id))
    connection.execute(receipts.update().where(mine).values(**values))
    row = connection.execute(select(receipts).where(mine)).one()
    return Receipt(visit_id=visit_id, external_number=row.external_number, state=state, since=at, detail=detail), str(
        row.terminal
    )


def receipts_of(connection: Connection, terminal: str, since: datetime) -> tuple[Receipt, ...]:
    """This counter's receipts since the instant, newest last."""
    mine = (receipts.c.terminal == terminal) & (receipts.c.since >= since.isoformat())
    rows = connection.execute(select(receipts).where(mine).order_by(receipts.c.since)).all()
    return tuple(
        Receipt(
            visit_id=row.visit_id,
            external_number=row.external_number,
            state=ReceiptState(row.state),
            since=datetime.fromisoformat(row.since),
            detail=text("{words}", words=row.detail) if row.detail else None,
        )
        for row in rows
    )


def open_reports(connection: Connection) -> int:
    return int(
        connection.execute(select(func.count()).select_from(receipts).where(receipts.c.state.in_(OPEN))).scalar_one()
    )
