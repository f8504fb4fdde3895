"""What the state has to be told, told once and read back.

A receipt is looked for before it is sent, because an answer may have been lost; after it is sent it is read back and
compared field by field. Statuses: waiting, sent, confirmed, differs, refused. The queue is a table: it survives.
"""

import asyncio
import contextlib
import logging
import random
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import Connection, Row, select

from kiosk.hub.changes import News
from kiosk.hub.database import Database
from kiosk.hub.facts import reported
from kiosk.hub.schema import receipts
from kiosk.model.base import from_json, to_json
from kiosk.model.changes import StateLink
from kiosk.model.clock import Clock
from kiosk.model.errors import KioskError, Refused, Theirs
from kiosk.model.orders import Receipt, ReceiptState
from kiosk.model.text import Text, text
from kiosk.tracking.port import NO_ACCESS, Sale, Tracking, differences

log = logging.getLogger(__name__)

SHOWN_AFTER = timedelta(seconds=10)
"""How long the state may take to show a receipt it has taken; before that, one that is not there is not sent again."""
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


@dataclass(frozen=True)
class Report:
    """One receipt that the state has not confirmed. ``sent``: when it was last sent; ``state_id``: it was taken."""

    external_number: str
    sale: Sale
    sent: datetime | None
    state_id: str


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
            if await self._sent_all():
                tries = 0
                await self._wake.wait()
                continue
            tries += 1
            pause = random.random() * min(RETRY_MOST, RETRY_LEAST * 2 ** min(tries, 16))
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(pause):
                    await self._wake.wait()

    async def _sent_all(self) -> bool:
        try:
            waiting = await self._database.write(waiting_reports)
            done = await self.send(waiting)
        except KioskError as error:  # the hub's own disk: the sale itself is looked for before it is sent again
            log.error("reports wait: %s", error.reason)
            return False
        self._watch.waits(len(waiting) - done)
        return done == len(waiting)

    async def send(self, waiting: list[Report]) -> int:
        """Sends in order; one that gets a senseless answer waits by itself, and where there is no answer at all the
        others wait too. Returns how many were settled."""
        settled = 0
        senseless = False
        for report in waiting:
            try:
                settled += await self._settle(report)
            except Refused as refused:
                if refused.refusal.rule == NO_ACCESS:
                    await self._database.write(_mark_not_taken, report)
                    log.error("the state does not let this store in: %s", refused.reason)
                    self._watch.failed(StateCall.REPORTS)
                    return settled
                await self._end(report, ReceiptState.REFUSED, refused.reason)
                settled += 1
            except Theirs as error:
                log.warning("a report waits: %s", error.reason)
                self._watch.failed(StateCall.REPORTS)
                senseless = True
            except KioskError as error:
                log.info("reports wait: %s", error.reason)
                self._watch.failed(StateCall.REPORTS)
                return settled
        if waiting and not senseless:
            self._watch.answered(StateCall.REPORTS)
        return settled

    async def _settle(self, report: Report) -> bool:
        """Whether the state's record of this sale was read. Looks first: an answer may have been lost. What was sent
        lately and is not there yet is waited for, because the state may be slow to show what it has taken."""
        there = await self._tracking.find(report.sale.external_number)
        if there is None and not report.state_id and self._may_send(report):
            await self._database.write(_mark_sent, report.external_number, self._clock.now())
            state_id = await self._tracking.report(report.sale)
            await self._database.write(_mark_taken, report.external_number, state_id)
            there = await self._tracking.find(report.sale.external_number)
        if there is None:
            return False
        differing = differences(report.sale, there)
        if differing:
            words = text("The state's receipt differs in: {fields}.", fields=", ".join(differing))
            await self._end(report, ReceiptState.DIFFERS, words)
        else:
            await self._end(report, ReceiptState.CONFIRMED, None)
        return True

    def _may_send(self, report: Report) -> bool:
        return report.sent is None or self._clock.now() - report.sent >= SHOWN_AFTER

    async def _end(self, report: Report, state: ReceiptState, detail: Text | None) -> None:
        receipt, terminal = await self._database.write(
            _settled, report.external_number, state, detail, self._clock.now()
        )
        log.info("receipt %s: %s", receipt.external_number, state.value)
        self._tell([(receipt, terminal)])


def waiting_reports(connection: Connection) -> list[Report]:
    """Oldest first."""
    rows = connection.execute(select(receipts).where(receipts.c.state.in_(OPEN)).order_by(receipts.c.made)).all()
    return [
        Report(
            external_number=row.external_number,
            sale=from_json(row.sale, Sale),
            sent=datetime.fromisoformat(row.sent) if row.sent else None,
            state_id=row.state_id,
        )
        for row in rows
    ]


def _mark_sent(connection: Connection, external_number: str, at: datetime) -> None:
    """Before the first byte leaves: from now on nobody knows whether the state has it."""
    mine = receipts.c.external_number == external_number
    state = ReceiptState.SENT.value
    connection.execute(receipts.update().where(mine).values(state=state, since=at.isoformat(), sent=at.isoformat()))


def _mark_not_taken(connection: Connection, report: Report) -> None:
    """The state did not even look at it: this sending does not count."""
    sent = report.sent.isoformat() if report.sent is not None else ""
    mine = receipts.c.external_number == report.external_number
    connection.execute(receipts.update().where(mine).values(sent=sent))


def _mark_taken(connection: Connection, external_number: str, state_id: str) -> None:
    connection.execute(receipts.update().where(receipts.c.external_number == external_number).values(state_id=state_id))


def _settled(
    connection: Connection, external_number: str, state: ReceiptState, detail: Text | None, at: datetime
) -> tuple[Receipt, str]:
    mine = receipts.c.external_number == external_number
    values = {"state": state.value, "since": at.isoformat(), "detail": to_json(detail).decode() if detail else ""}
    if state is ReceiptState.CONFIRMED:
        values["sale"] = ""
    connection.execute(receipts.update().where(mine).values(**values))
    row = connection.execute(select(receipts).where(mine)).one()
    if state is ReceiptState.CONFIRMED:
        reported(connection, row.order_id, at)
    return _receipt(row), str(row.terminal)


def _receipt(row: Row[Any]) -> Receipt:
    return Receipt(
        visit_id=row.visit_id,
        external_number=row.external_number,
        state=ReceiptState(row.state),
        since=datetime.fromisoformat(row.since),
        detail=from_json(row.detail, Text) if row.detail else None,
    )


def receipts_of(connection: Connection, terminal: str, since: datetime) -> tuple[Receipt, ...]:
    """This counter's receipts since the instant, newest last."""
    mine = (receipts.c.terminal == terminal) & (receipts.c.since >= since.isoformat())
    rows = connection.execute(select(receipts).where(mine).order_by(receipts.c.since)).all()
    return tuple(_receipt(row) for row in rows)
