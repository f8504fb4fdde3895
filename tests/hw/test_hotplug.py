"""Plugged in, and there: a scanner is not looked for by the clock alone."""

import asyncio
import socket
from pathlib import Path

import pytest

from kiosk.hw.hotplug import Hotplug, UdevMonitor
from kiosk.hw.scanner.device import DeviceScanner
from kiosk.hw.scanner.port import ScannerState
from kiosk.hw.scanner.serial import serial_scanner
from kiosk.hw.scanner.sim import VirtualScanner
from kiosk.model.clock import SystemClock
from kiosk.model.documents import Reading

from .samples import TAG, until


class Bell:
    """In the place of udev: rings when told."""

    def __init__(self) -> None:
        self._far, self._near = socket.socketpair()
        self._near.setblocking(False)
        self.closed = False

    def ring(self, word: bytes = b"input") -> None:
        self._far.send(word)

    def fileno(self) -> int:
        return self._near.fileno()

    def drain(self) -> bool:
        return b"input" in self._near.recv(4096)

    def close(self) -> None:
        self._far.close()
        self._near.close()
        self.closed = True


async def test_a_scanner_is_back_as_soon_as_it_is_plugged_in(tmp_path: Path) -> None:
    bell = Bell()
    hotplug = Hotplug(lambda: bell)
    port = VirtualScanner(tmp_path / "scanner")
    scanner = serial_scanner("vault", port.path, SystemClock(), look_every=3600, pause=hotplug.pause)
    states: list[ScannerState] = []
    scans: list[Reading] = []
    running = asyncio.create_task(scanner.run(scans.append, states.append))
    await until(lambda: states == [ScannerState.READY])
    port.unplug()
    await until(lambda: states[1:] == [ScannerState.LOST])
    bell.ring(b"block")
    port.plug()
    bell.ring()
    await until(lambda: states[2:] == [ScannerState.READY])
    await port.scan(TAG)
    await until(lambda: [reading.data for reading in scans] == [TAG])
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    hotplug.close()
    port.close()
    assert bell.closed


async def test_everybody_who_waits_is_woken_once() -> None:
    bell = Bell()
    hotplug = Hotplug(lambda: bell)
    waits = [asyncio.create_task(hotplug.pause(3600)) for _ in range(3)]
    await asyncio.sleep(0)
    bell.ring()
    await asyncio.gather(*waits)
    again = asyncio.create_task(hotplug.pause(3600))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    assert not again.done()
    again.cancel()
    hotplug.close()


async def test_without_the_kernels_word_the_clock_wakes() -> None:
    def none() -> Bell:
        raise OSError(1, "not permitted")

    hotplug = Hotplug(none)
    await hotplug.pause(0.01)
    await hotplug.pause(0.01)
    hotplug.close()


async def test_a_device_whose_rights_come_later_is_tried_again_when_they_come() -> None:
    bell = Bell()
    hotplug = Hotplug(lambda: bell)
    tries = 0

    def denied() -> None:
        nonlocal tries
        tries += 1
        raise PermissionError(13, "not yet")

    scanner = DeviceScanner("x", denied, None, SystemClock(), look_every=3600, pause=hotplug.pause)  # type: ignore[arg-type]
    running = asyncio.create_task(scanner.run(print, print))
    for wanted in (1, 2, 3):
        await until(lambda wanted=wanted: tries == wanted)
        bell.ring()
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    hotplug.close()


async def test_the_real_monitor_opens_and_is_silent() -> None:
    try:
        monitor = UdevMonitor()
    except OSError as error:
        pytest.skip(f"this machine lets nobody listen to its kernel: {error}")
    assert monitor.drain() is False
    monitor.close()
