"""Starts one terminal from its settings: with a window on the main thread, or without one."""

import asyncio
import contextlib
import logging
import signal
import threading
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from kiosk.documents import CardFormats, decode
from kiosk.dying import PowerCut
from kiosk.flows.runner import Observer
from kiosk.flows.steps import Act, Picture
from kiosk.hw.printer.driver import NetworkPrinter
from kiosk.hw.printer.port import Paper, Printer
from kiosk.hw.scanner.evdev import DeviceSource, key_scanner
from kiosk.hw.scanner.layouts import LAYOUTS
from kiosk.hw.scanner.port import Scanner
from kiosk.hw.scanner.serial import serial_scanner
from kiosk.hw.sound import make_ear
from kiosk.local_store.finder import Found, HubAddress
from kiosk.local_store.keys import load_or_make_key
from kiosk.local_store.link import HubLink
from kiosk.local_store.store import TerminalStore
from kiosk.model.clock import Clock, SystemClock
from kiosk.model.connection import Connection
from kiosk.model.errors import KioskError
from kiosk.model.labels import Label
from kiosk.model.orders import Ticket
from kiosk.remote import Remote
from kiosk.rules.pack import load
from kiosk.settings import ScannerPart, TerminalSettings
from kiosk.terminal import Terminal

log = logging.getLogger(__name__)

HUB_SEEN = "hub address"
"""Under this name the store keeps where the hub was seen last: it is tried first."""


async def run_until(
    stop: asyncio.Event,
    settings: TerminalSettings,
    draw: Callable[[Picture], None],
    ready: Callable[[Terminal], None],
    remote: Remote | None = None,
    observers: tuple[Observer, ...] = (),
) -> None:
    """Runs a terminal until ``stop`` is set, then closes all it has opened."""
    clock = SystemClock()
    folder = Path(settings.data)
    store = await TerminalStore.open(folder / "store", load_or_make_key(folder / "key"))
    try:
        last = (await store.recall(HUB_SEEN) or b"").decode()
        terminal = _assemble(settings, clock, store, last, draw, observers)
        ready(terminal)
        if remote is not None and settings.rehearsal is not None:
            await remote.start(Path(settings.rehearsal.socket))
        running = asyncio.create_task(terminal.run())
        stopping = asyncio.create_task(stop.wait())
        await asyncio.wait({running, stopping}, return_when=asyncio.FIRST_COMPLETED)
        stopping.cancel()
        running.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await running
    finally:
        if remote is not None:
            await remote.close()
        await store.close()


def _assemble(
    settings: TerminalSettings,
    clock: Clock,
    store: TerminalStore,
    last: str,
    draw: Callable[[Picture], None],
    observers: tuple[Observer, ...],
) -> Terminal:
    pack = load(settings.state, clock.now().date())
    formats = CardFormats(state=pack.state, patterns=tuple(rule.pattern for rule in pack.card_rules))
    address = HubAddress(
        pin=settings.hub.fingerprint, static=settings.hub.address, last=last, interfaces=settings.hub.interfaces
    )
    paper = Paper(width_dots=settings.printer.width_dots) if settings.printer else Paper()

    async def remember(found: Found) -> None:
        await store.remember(HUB_SEEN, found.address.encode())

    def connect(on_change: Callable[[], None], on_connection: Callable[[Connection], None]) -> HubLink:
        return HubLink(
            terminal=settings.name,
            role=settings.role,
            token=settings.hub.token,
            hub=address,
            outbox=store,
            clock=clock,
            on_change=on_change,
            on_connection=on_connection,
            on_found=remember,
        )

    return Terminal(
        name=settings.name,
        role=settings.role,
        clock=clock,
        store=store,
        connect=connect,
        decode=partial(decode, formats=formats),
        draw=draw,
        ear=make_ear(on=settings.sound),
        scanners=tuple(_scanner(part, clock) for part in settings.scanners),
        printer=_printer(settings, paper),
        compose=partial(_compose, paper),
        cover_after=settings.cover_after,
        language=settings.language,
        observers=observers,
    )


def _printer(settings: TerminalSettings, paper: Paper) -> Printer | None:
    part = settings.printer
    return NetworkPrinter(f"{part.host}:{part.port}", part.host, part.port, paper=paper) if part else None


def _scanner(part: ScannerPart, clock: Clock) -> Scanner:
    path = Path(part.path)
    if part.kind == "serial":
        return serial_scanner(path.name, path, clock, baud=part.baud)
    return key_scanner(path.name, lambda: DeviceSource(path), clock, layout=LAYOUTS[part.layout])


def _compose(paper: Paper, document: Label | Ticket, code: str) -> bytes:
    """The composer brings a large library along: it is loaded with the first print, not at the start."""
    from kiosk.hw.printer.compose import compose_label, compose_ticket  # noqa: PLC0415

    if isinstance(document, Label):
        return compose_label(document, code=code, paper=paper)
    return compose_ticket(document, code=code, paper=paper)


def run_terminal(settings: TerminalSettings, *, window: bool, die_at: str = "") -> int:
    """Runs until the process is told to stop; returns the exit code."""
    cut: tuple[Observer, ...] = (PowerCut(die_at),) if die_at else ()
    Path(settings.data).mkdir(parents=True, exist_ok=True, mode=0o700)
    if window:
        return _with_window(settings, cut)
    asyncio.run(_without_window(settings, cut))
    return 0


async def _without_window(settings: TerminalSettings, cut: tuple[Observer, ...]) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for name in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(name, stop.set)
    terminals: list[Terminal] = []

    def act(act: Act) -> None:
        terminals[0].act(act)

    remote = Remote(act) if settings.rehearsal else None
    observers = (*cut, remote.observe) if remote else cut
    draw = remote.drawn if remote else _nobody_looks
    await run_until(stop, settings, draw, terminals.append, remote, observers)


def _nobody_looks(_: Picture) -> None:
    """A terminal without a window and without a rehearsal still works; it just shows nothing."""


class _Engine(threading.Thread):
    """The terminal's event loop beside the window's main thread."""

    def __init__(self, settings: TerminalSettings, window: Any, cut: tuple[Observer, ...]) -> None:
        super().__init__(name="terminal")
        self._settings, self._window, self._cut = settings, window, cut
        self._ending = asyncio.Event()
        self._terminal: Terminal | None = None
        self._loop = asyncio.new_event_loop()
        self._open = asyncio.Event()
        """The window is there: something was drawn."""
        self._remote: Remote | None = None
        self.failure: BaseException | None = None

    def run(self) -> None:
        try:
            with asyncio.Runner(loop_factory=lambda: self._loop) as runner:
                runner.run(self._main())
        except BaseException as failure:
            self.failure = failure
        finally:
            self._window.stop()

    async def _main(self) -> None:
        remote = Remote(self._act_here, self._screen) if self._settings.rehearsal else None
        self._remote = remote
        observers = (*self._cut, remote.observe) if remote else self._cut

        def draw(picture: Picture) -> None:
            self._window.show(picture)
            if remote is not None:
                remote.drawn(picture)

        def ready(terminal: Terminal) -> None:
            self._terminal = terminal

        await run_until(self._ending, self._settings, draw, ready, remote, observers)

    async def _screen(self, verb: str, value: str) -> None:
        await self._open.wait()
        done = self._window.touch if verb == "touch" else self._window.screenshot
        await asyncio.to_thread(done, value)

    def _act_here(self, act: Act) -> None:
        if self._terminal is not None:
            self._terminal.act(act)

    def act(self, act: Act) -> None:
        """From the window's thread."""
        with contextlib.suppress(RuntimeError):
            self._loop.call_soon_threadsafe(self._act_here, act)

    def drawn(self, generation: int, at: float) -> None:
        """From the window's thread: this picture is on the display."""
        with contextlib.suppress(RuntimeError):
            self._loop.call_soon_threadsafe(self._displayed, generation, at)

    def _displayed(self, generation: int, at: float) -> None:
        self._open.set()
        if self._remote is not None:
            self._remote.displayed(generation, at)

    def stop(self) -> None:
        with contextlib.suppress(RuntimeError):
            self._loop.call_soon_threadsafe(self._ending.set)


def _with_window(settings: TerminalSettings, cut: tuple[Observer, ...]) -> int:
    from kiosk.screens.window import KioskWindow  # noqa: PLC0415

    engine: _Engine | None = None

    def act(act: Act) -> None:
        if engine is not None:
            engine.act(act)

    def drawn(generation: int, at: float) -> None:
        if engine is not None:
            engine.drawn(generation, at)

    window = KioskWindow(settings.panel, settings.language, act, on_drawn=drawn)
    engine = _Engine(settings, window, cut)
    for name in (signal.SIGTERM, signal.SIGINT):
        signal.signal(name, lambda *_: window.stop())
    engine.start()
    try:
        window.run()
    finally:
        engine.stop()
        engine.join()
    if isinstance(engine.failure, KioskError):
        raise engine.failure
    if engine.failure is not None:
        log.error("the terminal stopped: %s", type(engine.failure).__name__)
        return 1
    return 0
