"""The window of a terminal: draws pictures, hands on what the person did. Belongs to the main thread.

``show``, ``touch``, ``screenshot`` and ``stop`` may be called from any thread; everything else happens in the window's
own loop, which sleeps until there is a picture, a wish or a touch. Only one window can be open in a process.
"""

import gc
import logging
import threading
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from typing import Any, TypeVar

import msgspec

from kiosk.flows.steps import Act, Notice, Picture
from kiosk.model.clock import Clock, SystemClock
from kiosk.model.text import text
from kiosk.screens.bootstrap import prepare
from kiosk.screens.panel import PanelSettings, panel_from
from kiosk.screens.words import Language

log = logging.getLogger(__name__)
R = TypeVar("R")

LIVELY = 1 / 60
"""Seconds between two looks at the touch panel while somebody is using it."""
CALM = 1 / 30
LIVELY_FOR = 5.0
"""Seconds after the last touch until the window looks less often: an idle terminal shall cost next to nothing."""
PATIENCE = 10.0
"""Seconds a caller of another thread waits for the window."""


class NotTouched(KeyError):
    """A touch met nothing that took it."""


class KioskWindow:
    """``panel`` gives size and resolution, ``on_act`` is called on the window's thread and must return at once.

    ``on_drawn(generation, monotonic)`` is told when a picture has been handed to the display, for measurements.
    ``zone`` is the store's time zone; None takes the machine's.
    """

    def __init__(
        self,
        panel: PanelSettings,
        language: str,
        on_act: Callable[[Act], None],
        *,
        clock: Clock | None = None,
        zone: str | None = None,
        on_drawn: Callable[[int, float], None] | None = None,
    ) -> None:
        self.panel = panel_from(panel)
        self.clock = clock or SystemClock()
        self._home_language, self._zone = language, zone
        self._on_act, self._on_drawn = on_act, on_drawn
        self._language_of = lru_cache(maxsize=4)(self._make_language)
        self._lock = threading.Lock()
        self._wake = threading.Event()
        self._next: Picture | None = None
        self._fresh: Picture | None = None
        self._wishes: deque[tuple[Callable[[], Any], Future[Any]]] = deque()
        self._stopping = False
        self._unready: list[str] | None = None
        """Kinds of screen that are still to be loaded; None: the role is not known yet."""
        self._thread: int | None = None
        self.frames = 0
        self.frame: Any = None
        self._window: Any = None
        self._loop: Any = None

    # --- from any thread

    def show(self, picture: Picture) -> None:
        """Draws this picture next; one that was not yet drawn is skipped."""
        with self._lock:
            self._next = picture
        self._wake.set()

    def stop(self) -> None:
        """Ends :meth:`run`."""
        self._stopping = True
        self._wake.set()

    def touch(self, key: str, within: float = 3.0) -> None:
        """Touches the middle of a target as a finger would, through Kivy's own input.

        Waits ``within`` seconds for the target to be there and to listen. Raises :class:`NotTouched` when no touch was
        taken, or when another target took it.
        """
        give_up = self.clock.monotonic() + within
        pause = threading.Event()
        while (wait := self._do(lambda: self._touch_now(key))) is not None:
            if self._here or self.clock.monotonic() + wait > give_up:
                raise NotTouched(f"{key} is not to be touched now")
            pause.wait(max(wait, 0.01))

    def screenshot(self, path: str | Path) -> None:
        """Writes what is on the screen as a PNG under exactly this name."""
        self._do(lambda: self._screenshot_now(Path(path)))

    def _do(self, wish: Callable[[], R]) -> R:
        """Runs ``wish`` on the window's thread and returns what it returns."""
        if self._here:
            return wish()
        done: Future[R] = Future()
        self._wishes.append((wish, done))
        self._wake.set()
        return done.result(PATIENCE)

    @property
    def _here(self) -> bool:
        return self._thread in (None, threading.get_ident())

    # --- the window's thread

    def run(self) -> None:
        """Opens the window and stays until :meth:`stop` or until the window is closed."""
        self.open()
        gc.freeze()  # what is there now stays for good: looking through it again would only make pictures late
        try:
            while not self._stopping and not self._loop.quit:
                self.step()
                busy = self.clock.monotonic() - self.frame.last_touch < LIVELY_FOR
                if not self._wake.wait(LIVELY if busy else CALM):
                    self._get_ready()
                self._wake.clear()
        finally:
            self.close()

    def open(self) -> None:
        prepare(self.panel, frames=0)  # this loop paces itself: a picture is drawn the moment it comes
        from kivy.base import EventLoop, runTouchApp  # noqa: PLC0415 - only after `prepare`
        from kivy.core.window import Window  # noqa: PLC0415

        from kiosk.screens.frame import Frame  # noqa: PLC0415

        self._thread = threading.get_ident()
        if self.panel.fullscreen:
            self.panel = replace(self.panel, width=Window.width, height=Window.height)
        self.frame = Frame(self.panel, self.clock, self._on_act, self._language_of)
        self.frame.size_hint = (None, None)
        Window.clearcolor = (0, 0, 0, 1)
        runTouchApp(self.frame, embedded=True)
        self._window, self._loop = Window, EventLoop

    def step(self) -> None:
        """One turn: wishes, the newest picture, touches, and a frame if anything changed."""
        self._take_picture()
        self._window.mainloop()
        drawn = self._window.canvas.needs_redraw
        self._loop.idle()
        self.frames += bool(drawn)
        if self._fresh is not None and not self._window.canvas.needs_redraw:
            generation, self._fresh = self._fresh.generation, None
            if self._on_drawn is not None:
                self._on_drawn(generation, self.clock.monotonic())
        self._grant_wishes()

    def _get_ready(self) -> None:
        """While nobody waits: loads one more kind of screen, so that the first picture of each kind is not late."""
        from kiosk.screens.frame import kinds_for  # noqa: PLC0415
        from kiosk.screens.step import load_kind  # noqa: PLC0415

        if self._unready is None and self.frame.picture is not None:
            self._unready = kinds_for(self.frame.picture.role)
        if self._unready:
            load_kind(self._unready.pop())

    def close(self) -> None:
        from kivy.base import stopTouchApp  # noqa: PLC0415

        self._stopping = True
        self._grant_wishes()
        stopTouchApp()
        self._loop.close()
        self.frame = None
        self._thread = None

    def use_panel(self, panel: PanelSettings) -> None:
        """Another panel in the same window: for the gallery and for tests."""
        self.panel = panel_from(panel)
        size = (self.panel.width, self.panel.height)
        if tuple(self._window.size) != size:
            self._window.size = size
            for _ in range(4):  # the display server takes a moment until it draws in the new size
                self._window.mainloop()
                self._window.canvas.ask_update()
                self._loop.idle()
        self.frame.panel, self.frame.theme = self.panel, self.panel.theme
        self.frame.clear()

    def _take_picture(self) -> None:
        with self._lock:
            picture, self._next = self._next, None
        if picture is None:
            return
        try:
            self.frame.show(picture)
        except Exception as fault:
            if isinstance(picture.step, Notice):
                raise
            # The person must not stand before a dead screen; what was to be shown may hold a name and is not logged.
            log.error("the step %s cannot be drawn: %s", picture.step.kind, type(fault).__name__)
            log.debug("the fault", exc_info=True)
            self.frame.show(_stand_in(picture))
        self._fresh = picture

    def _grant_wishes(self) -> None:
        while self._wishes:
            wish, done = self._wishes.popleft()
            if not done.set_running_or_notify_cancel():
                continue
            try:
                done.set_result(wish())
            except Exception as fault:
                done.set_exception(fault)

    def _touch_now(self, key: str) -> float | None:
        """None when it was touched; else the seconds after which it may be worth another try."""
        from kiosk.screens.finger import touch_at  # noqa: PLC0415

        self._take_picture()
        frame = self.frame
        if frame.target(key) is None and frame.screen is not None:
            frame.screen.reveal(key)
            frame.lay_out()
        target = frame.target(key)
        if target is None or not target.enabled:
            return 0.02
        quiet = frame.guard.quiet_for(target.key, target.again_ms / 1000, self.clock.monotonic())
        if quiet > 0:
            return float(quiet)
        frame.touched = ""
        touch_at(*target.center)
        if frame.touched != key:
            raise NotTouched(f"a touch on {key} was taken by {frame.touched or 'nothing'}")
        return None

    def _screenshot_now(self, path: Path) -> None:
        self._take_picture()
        taken: list[bytes] = []

        def read(*_: Any) -> None:
            from kivy.graphics.opengl import (  # noqa: PLC0415
                GL_PACK_ALIGNMENT,
                GL_RGB,
                GL_UNSIGNED_BYTE,
                glPixelStorei,
                glReadPixels,
            )

            glPixelStorei(GL_PACK_ALIGNMENT, 1)
            taken.append(glReadPixels(0, 0, *self._window.size, GL_RGB, GL_UNSIGNED_BYTE))

        # Before the buffers are swapped: afterwards the back buffer holds anything.
        self._window.bind(on_flip=read)
        try:
            self._window.canvas.ask_update()
            self._loop.idle()
        finally:
            self._window.unbind(on_flip=read)
        path.parent.mkdir(parents=True, exist_ok=True)
        self._window._win.save_bytes_in_png(str(path), taken[0], *self._window.size)

    def _make_language(self, code: str) -> Language:
        return Language(code or self._home_language, self._zone)


def _stand_in(picture: Picture) -> Picture:
    """A plain notice with the same ways on, where a screen could not be drawn."""
    step = Notice(
        sop=picture.step.sop,
        title=text("This step cannot be shown"),
        body=text("Nothing is lost. Tell the manager, or go on with another visit."),
        tone="trouble",
        choices=picture.step.choices,
        can_go_back=picture.step.can_go_back,
    )
    return msgspec.structs.replace(picture, step=step)
