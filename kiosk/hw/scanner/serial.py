"""Serial scanners: USB CDC-ACM and RS-232."""

from collections.abc import Iterable
from pathlib import Path

import serial

from kiosk.hw.scanner.device import DeviceScanner
from kiosk.hw.scanner.framing import FrameRules
from kiosk.model.clock import Clock


class SerialWire:
    """An open port, ours alone. Raises ``OSError`` (``serial.SerialException`` is one) when it cannot be had."""

    def __init__(self, path: Path, baud: int, clock: Clock) -> None:
        # Without the lock two readers share the bytes, and each gets half a scan.
        self._port = serial.Serial(str(path), baudrate=baud, timeout=0, write_timeout=1, exclusive=True)
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
    rules: FrameRules | None = None,
    look_every: float = 0.5,
) -> DeviceScanner:
    """``path`` is a stable one (``/dev/serial/by-id/…``, or by-path for two alike), resolved at each opening."""
    used = rules or FrameRules()
    return DeviceScanner(name, lambda: SerialWire(path, baud, clock), used, clock, look_every=look_every)
