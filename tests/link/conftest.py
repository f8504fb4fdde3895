import asyncio
import secrets
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from typing import Any

import pytest

from kiosk.hub import discovery
from kiosk.local_store import finder
from kiosk.local_store.finder import HubAddress
from kiosk.local_store.link import HubLink, Pace
from kiosk.model.changes import HUB_SERVICE
from kiosk.model.clock import SystemClock
from kiosk.model.connection import Condition, Connection
from kiosk.model.ids import new_id
from kiosk.model.records import NotesRead, Record
from tests.link.fake_hub import NOON, TOKEN, FakeHub


class TrialOutbox:
    """The outbox's contract in memory."""

    def __init__(self) -> None:
        self.waiting: list[Record] = []
        self.confirmed: list[Record] = []
        self.epoch = 1
        self.watermarks: list[int] = []
        self._seq = 0

    @property
    def unsent_count(self) -> int:
        return len(self.waiting)

    async def unsent(self, limit: int = 64) -> list[Record]:
        return self.waiting[:limit]

    async def acknowledged(self, watermark: int) -> None:
        self.watermarks.append(watermark)
        self.confirmed += [record for record in self.waiting if record.seq <= watermark]
        self.waiting = [record for record in self.waiting if record.seq > watermark]

    @property
    def watermark(self) -> int:
        return self._seq - len(self.waiting)

    async def send_again(self, watermark: int, epoch: int) -> int:
        lacking = [record for record in self.confirmed if record.seq > watermark]
        if not lacking or lacking[0].seq != watermark + 1:
            return 0
        self.confirmed = [record for record in self.confirmed if record.seq <= watermark]
        self.waiting = lacking + self.waiting
        return len(lacking)

    def add(self, count: int = 1, epoch: int = 1) -> list[Record]:
        made = []
        for _ in range(count):
            self._seq += 1
            fact = NotesRead(visit_id="v1", recommendation_id="r1", digest="0" * 64)
            made.append(
                Record(
                    key=new_id(), terminal="counter-1", role="counter", epoch=epoch, seq=self._seq, at=NOON,
                    sop="DSP-1 v1", step="notes", fact=fact,
                )
            )  # fmt: skip
        self.waiting.extend(made)
        return made


class Terminal:
    """A link with everything it told, and ways to wait for it."""

    def __init__(self, hub: HubAddress, *, outbox: TrialOutbox | None = None, **more: Any) -> None:
        self.outbox = outbox or TrialOutbox()
        self.changes = 0
        self.told: list[Connection] = []
        self.found: list[Any] = []
        self.link = HubLink(
            **{
                "terminal": "counter-1",
                "role": "counter",
                "token": TOKEN,
                "hub": hub,
                "outbox": self.outbox,
                "clock": SystemClock(),
                "on_change": self._changed,
                "on_connection": self.told.append,
                "on_found": self._found,
                "pace": Pace(retry_least=0.05, find_most=0.2),
                **more,
            }
        )

    def _changed(self) -> None:
        self.changes += 1

    async def _found(self, found: Any) -> None:
        self.found.append(found)

    async def is_at(self, condition: Condition, within: float = 5.0) -> None:
        await until(lambda: self.link.connection.condition == condition, within)


async def until(so: Callable[[], bool], within: float = 5.0) -> None:
    async with asyncio.timeout(within):
        while not so():
            await asyncio.sleep(0.005)


def pinned(hub: FakeHub, **more: Any) -> HubAddress:
    more.setdefault("last", hub.address)
    return HubAddress(pins=(hub.identity.fingerprint,), interfaces=("127.0.0.1",), **more)


@pytest.fixture
def real_service() -> str:
    return HUB_SERVICE


@pytest.fixture(autouse=True)
def service(real_service: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """Every test announces and looks for a service of its own: all tests of a machine share one loopback network."""
    own = f"_hub-{secrets.token_hex(4)}._tcp.local."
    monkeypatch.setattr(finder, "HUB_SERVICE", own)
    monkeypatch.setattr(discovery, "HUB_SERVICE", own)
    return own


@pytest.fixture
async def hub() -> AsyncIterator[FakeHub]:
    async with FakeHub() as hub:
        yield hub


@pytest.fixture
async def on_terminal() -> AsyncIterator[Callable[..., Any]]:
    """Starts a link and closes it after the test."""
    async with AsyncExitStack() as stack:

        async def start(hub: HubAddress, **more: Any) -> Terminal:
            terminal = Terminal(hub, **more)
            await terminal.link.start()
            stack.push_async_callback(terminal.link.close)
            return terminal

        yield start
