"""One code that nobody can read, held before a whole terminal: its scanner, its flow, and the hub's question."""

import asyncio
import contextlib
from datetime import UTC, datetime
from itertools import pairwise

import pytest

from kiosk.flows.check_in import SECOND_DOCUMENT, UNREADABLE_MAX
from kiosk.flows.steps import Documents, Live, Ticketed
from kiosk.hw.scanner.duplicates import TRY_AGAIN
from kiosk.local_store.store import TerminalStore
from kiosk.model.clock import ManualClock
from kiosk.model.connection import Condition, Connection
from kiosk.model.documents import Reading, Unread
from kiosk.model.orders import Ticket
from kiosk.model.questions import CheckedIn
from kiosk.model.text import text
from kiosk.terminal import Terminal

READ_AGAIN = 0.4
"""Seconds after which a presentation scanner reads what still lies there."""

WELL = Connection(condition=Condition.ALL_WELL, since=datetime(2026, 3, 2, tzinfo=UTC), allowed=text("All work."))
TICKET = Ticket(ticket_id="K7", shape="star", colour="blue", number=7)


class Held:
    """A scanner with one code before it."""

    name = "door"

    def __init__(self):
        self.deliver = None

    async def run(self, deliver, _):
        self.deliver = deliver
        await asyncio.Event().wait()


class Hub:
    """The link to a hub that refers every patient to a person."""

    connection = WELL
    live = Live()

    def __init__(self):
        self.asked = []

    async def start(self):
        pass

    async def close(self):
        pass

    def wake(self):
        pass

    async def ask(self, question):
        self.asked.append(question)
        return CheckedIn(ticket=TICKET, admitted=False)


@contextlib.asynccontextmanager
async def working(folder, clock, held, hub, pictures, tried):
    def connect(_, on_connection):
        asyncio.get_running_loop().call_soon(on_connection, WELL)
        return hub

    def decode(reading):
        tried.append(reading.at)
        return Unread(reason_key="unreadable", reason=text("The code cannot be read."))

    async with await TerminalStore.open(folder, bytes(32)) as store:
        terminal = Terminal(
            name="checkin-1",
            role="checkin",
            clock=clock,
            store=store,
            connect=connect,
            decode=decode,
            draw=pictures.append,
            ear=Silent(),
            scanners=(held,),
            compose=lambda *_: b"",
        )
        running = asyncio.create_task(terminal.run())
        try:
            yield
        finally:
            running.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await running


class Silent:
    def play(self, sign):
        pass


async def until(true):
    async with asyncio.timeout(5):
        while not true():
            await asyncio.sleep(0.001)


@pytest.mark.requirement("PLT-04")
async def test_an_unreadable_code_held_there_calls_a_person_at_its_third_try_and_not_before(tmp_path):
    clock, held, hub, pictures, tried = ManualClock(), Held(), Hub(), [], []
    async with working(tmp_path, clock, held, hub, pictures, tried):
        await until(lambda: held.deliver and pictures and isinstance(pictures[-1].step, Documents))
        begin = clock.monotonic()
        while not hub.asked and clock.monotonic() - begin < SECOND_DOCUMENT:
            before, shown = len(tried), pictures[-1].generation
            held.deliver(Reading(data=b"%%%", device="door", at=clock.monotonic()))
            if len(tried) > before:
                await until(lambda seen=shown: hub.asked or pictures[-1].generation > seen)
            clock.advance(READ_AGAIN)
        await until(lambda: isinstance(pictures[-1].step, Ticketed))
    assert [question.trouble for question in hub.asked] == [("document.unreadable",)]
    assert len(tried) == UNREADABLE_MAX
    assert all(TRY_AGAIN <= after - one < TRY_AGAIN + READ_AGAIN for one, after in pairwise(tried))
