"""Starts one terminal from its settings: with a window on the main thread, or without one."""

import asyncio
import contextlib
import logging
import signal
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kiosk.flows.steps import Act, Picture
from kiosk.model.errors import KioskError
from kiosk.remote import Remote
from kiosk.settings import TerminalSettings

if TYPE_CHECKING:
    from kiosk.flows.runner import Observer
    from kiosk.terminal import Terminal

log = logging.getLogger(__name__)

TURN = 0.001
"""Seconds after which one of the two threads lets the other go on. Python's own 5 ms are a third of a frame, and
drawing asks for its turn many times a frame."""


def run_terminal(settings: TerminalSettings, *, window: bool, die_at: str = "") -> int:
    """Runs until the process is told to stop; returns the exit code."""
    cut = _power_cut(die_at)
    Path(settings.data).mkdir(parents=True, exist_ok=True, mode=0o700)
    if window:
        return _with_window(settings, cut)
    asyncio.run(_without_window(settings, cut))
    return 0


def _power_cut(step: str) -> "tuple[Observer, ...]":
    if not step:
        return ()
    from kiosk.dying import PowerCut  # noqa: PLC0415

    return (PowerCut(step),)


async def _without_window(settings: TerminalSettings, cut: "tuple[Observer, ...]") -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for name in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(name, stop.set)
    from kiosk.assembly import run_until  # noqa: PLC0415

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

    def __init__(self, settings: TerminalSettings, window: Any, cut: "tuple[Observer, ...]") -> None:
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
        # Here and not above: the window opens meanwhile.
        from kiosk.assembly import run_until  # noqa: PLC0415

        remote = Remote(self._act_here, self._screen) if self._settings.rehearsal else None
        self._remote = remote
        observers = (*self._cut, remote.observe) if remote else self._cut

        def draw(picture: Picture) -> None:
            self._window.show(picture)
            if remote is not None:
                remote.drawn(picture)

        def ready(terminal: "Terminal") -> None:
            self._terminal = terminal

        await run_until(self._ending, self._settings, draw, ready, remote, observers, drawn=self._open.wait)

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


def _with_window(settings: TerminalSettings, cut: "tuple[Observer, ...]") -> int:
    from kiosk.screens.window import KioskWindow  # noqa: PLC0415

    sys.setswitchinterval(TURN)
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
