"""The machines of the store: each can lose its power at any moment, and finds on its medium what a medium keeps."""

import asyncio
import contextlib
import logging
import random
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from kiosk.documents.cards import CardFormats
from kiosk.documents.decoding import decode
from kiosk.flows.steps import Act, Picture
from kiosk.hub.api import make_app
from kiosk.hub.settings import HubSettings
from kiosk.hub.store import Hub, opened
from kiosk.hw.printer.port import PAPER_80, Changed, Condition, Job, Outcome, Paper, PrinterState
from kiosk.hw.scanner.port import ScannerState
from kiosk.local_store.room import Room
from kiosk.local_store.store import TerminalStore
from kiosk.local_store.writer import Reply, Work, tidy
from kiosk.model.connection import Connection
from kiosk.model.documents import AnyDocument, Reading
from kiosk.model.errors import KioskError
from kiosk.model.labels import Label
from kiosk.model.orders import Ticket
from kiosk.model.records import Record
from kiosk.rules.pack import load
from kiosk.simulation.disk import MemoryDisk, PowerCut
from kiosk.simulation.judge import Judge
from kiosk.simulation.net import Network, SimulatedLink
from kiosk.simulation.shop import token_of
from kiosk.simulation.state import State
from kiosk.terminal import Terminal

log = logging.getLogger(__name__)

KEY = b"k" * 32
BOOT = 12.0
"""Seconds from power to the program."""
IDLE = 0.05


class Clock:
    """Counts with the loop. ``wrong`` is how far the machine's wall clock is off."""

    def __init__(self, start: datetime) -> None:
        self._start = start
        self.wrong = timedelta()

    def now(self) -> datetime:
        return self._start + timedelta(seconds=self.monotonic()) + self.wrong

    def monotonic(self) -> float:
        return asyncio.get_running_loop().time()


class Writer:
    """The store's work on the loop: each job takes as long as a card takes, and the power may go in the middle."""

    def __init__(self, takes: Callable[[], float], dies: Callable[[], None]) -> None:
        self._takes, self._dies = takes, dies
        self._room: Room | None = None
        self._jobs: list[tuple[Work, Reply]] = []
        self._busy = self._dead = False
        self._rest: asyncio.TimerHandle | None = None

    def start(self, make: Callable[[], Room], opened: Reply) -> None:
        try:
            self._room = make()
        except PowerCut:
            self._die()
        except Exception as error:
            opened.failed(error)
        else:
            opened.result(self._room)

    def put(self, work: Work, reply: Reply) -> None:
        self._jobs.append((work, reply))
        if not self._busy and not self._dead:
            self._busy = True
            asyncio.get_running_loop().call_later(self._takes(), self._next)

    def stop(self) -> None:
        while self._jobs and not self._dead and self._room is not None:
            self._do(*self._jobs.pop(0))
        self._dead = True
        if self._rest is not None:
            self._rest.cancel()

    def _next(self) -> None:
        if self._dead:
            return
        if self._jobs:
            self._do(*self._jobs.pop(0))
        loop = asyncio.get_running_loop()
        if self._jobs:
            loop.call_later(self._takes(), self._next)
            return
        self._busy = False
        if self._rest is not None:
            self._rest.cancel()
        self._rest = loop.call_later(IDLE, self._tidy)

    def _do(self, work: Work, reply: Reply) -> None:
        assert self._room is not None
        try:
            reply.result(work(self._room))
        except PowerCut:
            self._die()
        except Exception as error:
            reply.failed(error)

    def _tidy(self) -> None:
        if self._dead or self._busy or self._room is None or not self._room.wants_rest:
            return
        try:
            tidy(self._room)
        except PowerCut:
            self._die()

    def _die(self) -> None:
        self._dead = True
        self._dies()


class Gun:
    """A scanner in a hand."""

    def __init__(self, name: str, clock: Clock) -> None:
        self.name = name
        self._clock = clock
        self._deliver: Callable[[Reading], None] | None = None

    async def run(self, deliver: Callable[[Reading], None], changed: Callable[[ScannerState], None]) -> None:
        changed(ScannerState.READY)
        self._deliver = deliver
        await asyncio.Event().wait()

    def scan(self, data: bytes) -> None:
        if self._deliver is not None:
            self._deliver(Reading(data=data, device=self.name, at=self._clock.monotonic()))


class LabelPrinter:
    """Paper comes out, or does not, or nobody knows. ``papers`` lie there whatever becomes of the terminal."""

    name = "printer"

    def __init__(self, chance: random.Random) -> None:
        self.chance = chance
        self.papers: list[Label] = []
        self.fails = 0.0
        self.on = True

    @property
    def paper(self) -> Paper:
        return PAPER_80

    async def state(self) -> PrinterState:
        return PrinterState(condition=Condition.READY)

    async def print(self, job: Job, changed: Changed | None = None) -> Outcome:  # noqa: ARG002
        luck = self.chance.random()
        if luck < self.fails / 3:
            await asyncio.sleep(1.0)
            return Outcome(result="failed")
        await asyncio.sleep(0.2)
        if self.on and not job.losable and luck > self.fails * 2 / 3:
            self.papers.append(_LABELS[job.data])
        await asyncio.sleep(0.8)
        return Outcome(result="unknown" if luck < self.fails else "printed")

    async def run(self, changed: Changed) -> None:
        changed(PrinterState(condition=Condition.READY))
        await asyncio.Event().wait()


_LABELS: dict[bytes, Label] = {}
"""What bytes for a printer stand for: nobody draws letters here."""


def _compose(document: Label | Ticket, code: str) -> bytes:
    data = code.encode()
    if isinstance(document, Label):
        _LABELS[data] = document
    return data


class _Silence:
    def play(self, sign: str) -> None: ...


class _Watched(TerminalStore):
    """Tells when it has said that a record is durable."""

    on_kept: Callable[[Record], None]

    async def keep(
        self, flow_id: str, n: int, digest: str, answer: bytes, record: Record | None = None
    ) -> Record | None:
        kept = await super().keep(flow_id, n, digest, answer, record)
        if kept is not None:
            self.on_kept(kept)
        return kept


class TerminalMachine:
    """One terminal: switched on with :meth:`switch_on`, dead after :meth:`power_cut`, the same store next time."""

    def __init__(
        self,
        name: str,
        role: Any,
        clock: Clock,
        chance: random.Random,
        network: Network,
        judge: Judge,
        state: str,
        today: Any,
    ) -> None:
        self.name, self.role, self.clock, self.chance = name, role, clock, chance
        self.network, self.judge = network, judge
        self.disk = MemoryDisk()
        self.printer = LabelPrinter(chance)
        self.gun = Gun(name, clock)
        self.picture: Picture | None = None
        self.changed = asyncio.Event()
        self.deaths = self.falls = 0
        pack = load(state, today)
        self._formats = CardFormats(state=pack.state, patterns=tuple(rule.pattern for rule in pack.card_rules))
        self._terminal: Terminal | None = None
        self._store: TerminalStore | None = None
        self._running: asyncio.Task[None] | None = None

    @property
    def on(self) -> bool:
        return self._running is not None

    def switch_on(self) -> None:
        if self._running is None:
            self.gun = Gun(self.name, self.clock)
            self.printer.on = True
            self._running = asyncio.create_task(self._run(), name=self.name)

    async def _run(self) -> None:
        """The program, and again whenever it has ended by itself, as its service starts it."""
        while True:
            await asyncio.sleep(BOOT * (0.5 + self.chance.random()))
            try:
                await self._program()
            except* KioskError as ended:
                self.falls += 1
                log.warning("%s ended by itself: %s", self.name, type(ended.exceptions[0]).__name__)

    async def _program(self) -> None:
        store = await _Watched.open(Path(self.name), KEY, disk=self.disk, writer=Writer(self._takes, self._dies))
        store.on_kept = self.judge.keeps
        self._store = store
        try:
            self._terminal = self._assembled(store)
            await self._terminal.run()
        finally:
            if self._store is store:  # not where the power went: then there is nothing to close
                self._terminal = self._store = self.picture = None
                self.changed.set()
                with contextlib.suppress(KioskError):
                    await store.close()

    def _assembled(self, store: TerminalStore) -> Terminal:
        def connect(on_change: Callable[[], None], on_connection: Callable[[Connection], None]) -> Any:
            return SimulatedLink(
                self.network,
                terminal=self.name,
                role=self.role,
                token=token_of(self.name),
                outbox=store,
                clock=self.clock,
                on_change=on_change,
                on_connection=on_connection,
            )

        return Terminal(
            name=self.name,
            role=self.role,
            clock=self.clock,
            store=store,
            connect=connect,
            decode=self._decode,
            draw=self._draw,
            ear=_Silence(),
            scanners=(self.gun,),
            printer=self.printer,
            compose=_compose,
        )

    def _takes(self) -> float:
        return 0.002 + 0.006 * self.chance.random() + (0.2 if self.chance.random() < 0.01 else 0.0)

    def _decode(self, reading: Reading) -> AnyDocument:
        return decode(reading, formats=self._formats)

    def _draw(self, picture: Picture) -> None:
        self.picture = picture
        self.changed.set()

    def act(self, act: Act) -> None:
        if self._terminal is not None and self._running is not None:
            self._terminal.act(act)

    def unsent(self) -> int | None:
        """Records that wait here; None while the program is not there to ask."""
        return self._store.unsent_count if self._store is not None else None

    def _dies(self) -> None:
        """The power went in the middle of a write."""
        self.power_cut()

    def power_cut(self) -> None:
        """Off, at once: nothing is finished, and the medium keeps what had reached it."""
        if self._running is None:
            return
        self.deaths += 1
        self.printer.on = False
        before, self.disk = self.disk, self.disk.after_power_cut(self.chance)
        before.cut_at = 0  # whatever the dying program still tries
        self._leave()

    def _leave(self) -> None:
        running, self._running, self._terminal, self._store = self._running, None, None, None
        self.picture = None
        self.changed.set()
        if running is not None:
            running.cancel()

    async def switch_off(self) -> None:
        """As a person does in the evening."""
        running = self._running
        if running is not None:
            running.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await running
            self._leave()


class HubMachine:
    """The hub on a disk of its own."""

    def __init__(self, folder: Path, settings: HubSettings, clock: Clock, network: Network, state: State) -> None:
        self.folder, self.settings, self.clock, self.network, self.state = folder, settings, clock, network, state
        self.hub: Hub | None = None
        self._running: asyncio.Task[None] | None = None
        self._ready = asyncio.Event()

    async def switch_on(self) -> None:
        if self._running is None:
            self._ready.clear()
            self._running = asyncio.create_task(self._run(), name="hub")
            await self._ready.wait()

    async def _run(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        async with opened(self.settings, self.state, self.state, self.clock, work=False) as hub:
            hub.look_every = 300.0
            hub.start()
            self.hub = hub
            self.network.app = make_app(hub)  # type: ignore[assignment]
            self._ready.set()
            await hub.broken.wait()
        raise RuntimeError("a part of the hub stopped by itself")

    async def power_cut(self) -> None:
        """Every answer under way is lost; the database holds what was committed."""
        if self._running is None:
            return
        self.network.hub_dies()
        self.hub = None
        running, self._running = self._running, None
        running.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await running
