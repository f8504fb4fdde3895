"""Told by the kernel when something is plugged in or out, so that a device is back at once and not at the next look.

Without it everything works, a little later: whoever waits here is woken after its time as well.
"""

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable
from typing import Any, Protocol

log = logging.getLogger(__name__)

SUBSYSTEMS = ("input", "tty", "usbmisc")

Pause = Callable[[float], Awaitable[None]]
"""Waits at most so many seconds."""


class Monitor(Protocol):
    """Something that becomes readable when a device comes or goes."""

    def fileno(self) -> int: ...

    def drain(self) -> bool:
        """Takes what there is to read; whether a device of ours came or went."""

    def close(self) -> None: ...


class UdevMonitor:
    """udev's own messages: they come after its rules have set a node's rights. Raises ``OSError``, ``ImportError``."""

    def __init__(self) -> None:
        import pyudev  # noqa: PLC0415  loaded with the first device that is waited for

        self._monitor: Any = pyudev.Monitor.from_netlink(pyudev.Context())
        for subsystem in SUBSYSTEMS:
            self._monitor.filter_by(subsystem)
        self._monitor.start()

    def fileno(self) -> int:
        return int(self._monitor.fileno())

    def drain(self) -> bool:
        heard = False
        while self._monitor.poll(timeout=0) is not None:
            heard = True
        return heard

    def close(self) -> None:
        """Its socket closes with the object."""
        self._monitor = None


class Hotplug:
    """Belongs to one event loop. ``open_monitor`` is called with the first :meth:`pause`."""

    def __init__(self, open_monitor: Callable[[], Monitor] = UdevMonitor) -> None:
        self._open_monitor = open_monitor
        self._monitor: Monitor | None = None
        self._tried = False
        self._news = asyncio.Event()

    async def pause(self, seconds: float) -> None:
        """Returns after ``seconds``, or as soon as a device has come or gone."""
        self._start()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._news.wait()

    def close(self) -> None:
        if self._monitor is not None:
            asyncio.get_running_loop().remove_reader(self._monitor.fileno())
            self._monitor.close()
            self._monitor = None

    def _start(self) -> None:
        if self._tried:
            return
        self._tried = True
        try:
            self._monitor = self._open_monitor()
        except (OSError, ImportError) as error:
            log.info("devices are looked for by the clock: %s", error)
            return
        asyncio.get_running_loop().add_reader(self._monitor.fileno(), self._heard)

    def _heard(self) -> None:
        assert self._monitor is not None
        if self._monitor.drain():
            self._news.set()  # wakes everybody who waits now
            self._news = asyncio.Event()
