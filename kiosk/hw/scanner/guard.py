"""Keyboards that no setting names: what they type is never a scan, and one that types like a machine is reported.

A USB stick can say that it is a keyboard and type commands (BadUSB). Scanners are read by their names in the settings
and by nothing else, so such keys reach no scan; here they are seen, and, where the terminal is set so, held back from
the window and the console too.
"""

import asyncio
import contextlib
import logging
from collections import deque
from collections.abc import Callable, Iterable, Mapping
from functools import partial
from pathlib import Path
from typing import Any

from kiosk.hw.hotplug import Pause
from kiosk.hw.scanner.evdev import DeviceSource, EventSource
from kiosk.hw.scanner.keys import DOWN, EV_KEY
from kiosk.hw.scanner.port import Changed, Deliver, ScannerState

log = logging.getLogger(__name__)

BURST_KEYS = 12
BURST_SECONDS = 0.4
"""Twelve keys in so short a time are 30 a second. A person types at most 15, and a held key is pressed once."""

Look = Callable[[], Mapping[str, Callable[[], EventSource]]]
"""The keyboards that are there now: a name for the log, and how to open each. Raises nothing."""


class KeyboardGuard:
    """A :class:`~kiosk.hw.scanner.port.Scanner` that never delivers anything."""

    def __init__(self, look: Look, *, look_every: float = 1.0, pause: Pause = asyncio.sleep) -> None:
        self.name = "keyboards"
        self._look = look
        self._look_every = look_every
        self._pause = pause
        self._watched: dict[str, tuple[EventSource, deque[float]]] = {}
        self._foreign: set[str] = set()

    async def run(self, deliver: Deliver, changed: Changed) -> None:  # noqa: ARG002  nothing of it is a scan
        said: ScannerState | None = None
        self._news = asyncio.Event()
        try:
            while True:
                # After a pause the first time, too: a terminal that starts shows its picture first.
                state = ScannerState.FOREIGN if self._foreign else ScannerState.READY
                if state is not said:
                    said = state
                    changed(state)
                await self._until_news()
                self._take_up()
        finally:
            for name in list(self._watched):
                self._drop(name)

    async def _until_news(self) -> None:
        """Until a keyboard typed too fast or went, or it is time to look again."""
        self._news.clear()
        waits = {asyncio.create_task(self._news.wait()), asyncio.ensure_future(self._pause(self._look_every))}
        try:
            await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for wait in waits:
                wait.cancel()
            await asyncio.gather(*waits, return_exceptions=True)

    def _take_up(self) -> None:
        there = self._look()
        for name in set(self._watched) - set(there):
            self._drop(name)
        for name in set(there) - set(self._watched):
            try:
                source = there[name]()
            except OSError:
                continue  # its rights come a moment after its node, or another program guards it
            log.warning("a keyboard that no setting names is there: %s", name)
            self._watched[name] = source, deque(maxlen=BURST_KEYS)
            asyncio.get_running_loop().add_reader(source.fileno(), self._typed, name)

    def _drop(self, name: str) -> None:
        source, _ = self._watched.pop(name)
        asyncio.get_running_loop().remove_reader(source.fileno())
        source.close()
        self._foreign.discard(name)
        self._news.set()

    def _typed(self, name: str) -> None:
        source, times = self._watched[name]
        try:
            events = source.read()
        except OSError:
            self._drop(name)
            return
        for event in events:
            if event.kind == EV_KEY and event.value == DOWN:
                times.append(event.at)
                if len(times) == BURST_KEYS and times[-1] - times[0] <= BURST_SECONDS and name not in self._foreign:
                    log.error("a keyboard that no setting names types by itself: %s", name)
                    self._foreign.add(name)
                    self._news.set()


def keyboards_beside(allowed: Iterable[Path], *, grab: bool, dev: Path = Path("/dev")) -> Look:
    """A look at this machine: all keyboards but those of ``allowed`` names and their other nodes."""
    allowed = tuple(allowed)
    known: dict[tuple[Path, int], tuple[str, bool]] = {}

    def look() -> dict[str, Callable[[], EventSource]]:
        import evdev  # noqa: PLC0415  a serial-only terminal does without it

        ours = {path.resolve() for path in allowed}
        seen = {}
        for node in sorted((dev / "input").glob("event*")):
            with contextlib.suppress(OSError):
                # A node that is set free, or is another device under the same number, has another time of change.
                key = node, node.stat().st_ctime_ns
                known[key] = seen[node] = known[key] if key in known else _seen(evdev, node)
        plugs = {plug for node, (plug, _) in seen.items() if node in ours} - {""}
        return {
            str(node): partial(DeviceSource, node, grab=grab)
            for node, (plug, types) in seen.items()
            if types and node not in ours and plug not in plugs
        }

    return look


def _seen(evdev: Any, node: Path) -> tuple[str, bool]:
    """The socket and device behind a node, without the number of its interface (``usb-0000:00:14.0-1``), and whether
    it types: lamps, knobs and power buttons have no letters and no Enter key."""
    keys = evdev.ecodes
    try:
        with contextlib.closing(evdev.InputDevice(str(node))) as device:
            has = set(device.capabilities().get(keys.EV_KEY, ()))
            return str(device.phys or "").rpartition("/")[0], {keys.KEY_A, keys.KEY_Z, keys.KEY_ENTER} <= has
    except OSError:
        return "", False
