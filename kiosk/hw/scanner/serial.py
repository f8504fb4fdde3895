"""Serial scanners: USB CDC-ACM and RS-232."""

import asyncio
from collections.abc import Iterable
from pathlib import Path
from typing import Literal

import serial

from kiosk.hw.hotplug import Pause
from kiosk.hw.scanner.device import DeviceScanner
from kiosk.hw.scanner.framing import FrameRules
from kiosk.model.clock import Clock

Character = Literal["8N1", "8N2", "7E1", "7O1", "8E1"]
"""Data bits, parity, stop bits. USB scanners do not care; old ones on RS-232 do."""

SLOW = 9600
"""Baud up to which the bytes of one scan come so slowly that a longer silence has to end it."""


class SerialWire:
    """An open port, ours alone. Raises ``OSError`` (``serial.SerialException`` is one) when it cannot be had."""

    dated = False

    def __init__(self, path: Path, baud: int, clock: Clock, character: Character = "8N1") -> None:
        bits, parity, stops = character
        # Without the lock two readers share the bytes, and each gets half a scan.
        self._port = serial.Serial(
            str(path),
            baudrate=baud,
            bytesize=int(bits),
            parity=parity,
            stopbits=int(stops),
            timeout=0,
            write_timeout=1,
            exclusive=True,
        )
        self._clock = clock

    def fileno(self) -> int:
        return int(self._port.fileno())

    def read(self) -> Iterable[tuple[float, bytes | None]]:
        data = self._port.read(4096)
        return [(self._clock.monotonic(), data)] if data else []

    def scan_ended(self) -> None:
        pass

    def close(self) -> None:
        self._port.close()


def serial_scanner(
    name: str,
    path: Path,
    clock: Clock,
    *,
    baud: int = 9600,
    character: Character = "8N1",
    rules: FrameRules | None = None,
    look_every: float = 0.5,
    pause: Pause = asyncio.sleep,
) -> DeviceScanner:
    """``path`` is a stable one (``/dev/serial/by-id/…``, or by-path for two alike), resolved at each opening."""
    used = rules or FrameRules()

    def opened() -> SerialWire:
        return SerialWire(path, baud, clock, character)

    return DeviceScanner(name, opened, used, clock, look_every=look_every, pause=pause)
