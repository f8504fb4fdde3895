"""Key-type scanners (HID keyboards), read from the kernel and grabbed.

Grabbed, because otherwise the same scan also types into the focused field, presses its default button, and reaches
the text console, where a printed barcode could run commands.
"""

import asyncio
import socket
import struct
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import NamedTuple, Protocol

from kiosk.hw.hotplug import Pause
from kiosk.hw.scanner.device import DeviceScanner
from kiosk.hw.scanner.framing import FrameRules
from kiosk.hw.scanner.keys import KeyDecoder
from kiosk.hw.scanner.layouts import US, Layout
from kiosk.model.clock import Clock

KEY_RULES = FrameRules(quiet=0.12, least=3, typed=True)
"""Keys come slower than bytes, and one or two of them are a person."""

_EVENT = struct.Struct("@llHHi")
"""``struct input_event`` of this machine: seconds, microseconds, type, code, value (24 bytes on 64-bit)."""


class Event(NamedTuple):
    at: float
    """Seconds by the kernel's clock; only distances count."""
    kind: int
    code: int
    value: int


class EventSource(Protocol):
    """Where key events come from: a device, or a replay."""

    @property
    def caps(self) -> bool:
        """Whether the Caps Lock lamp is lit."""

    def fileno(self) -> int: ...

    def read(self) -> list[Event]:
        """All events that are there; none if there are none. Raises ``OSError`` when the device is gone."""

    def close(self) -> None: ...


class DeviceSource:
    """An input device, grabbed unless it is only to be watched. Raises ``OSError``: EBUSY where another program has
    grabbed it."""

    def __init__(self, path: Path, *, grab: bool = True) -> None:
        import evdev  # noqa: PLC0415  a serial-only terminal does without it

        self._device = evdev.InputDevice(str(path))
        try:
            if grab:
                self._device.grab()
            self.caps = evdev.ecodes.LED_CAPSL in self._device.leds()
        except OSError:
            self._device.close()
            raise

    def fileno(self) -> int:
        return int(self._device.fileno())

    def read(self) -> list[Event]:
        try:
            return [Event(event.timestamp(), event.type, event.code, event.value) for event in self._device.read()]
        except BlockingIOError:
            return []

    def close(self) -> None:
        self._device.close()  # the kernel ends the grab with it


class StreamSource:
    """Key events as the kernel writes them, from a socket: for replays and for the simulator."""

    def __init__(self, stream: socket.socket, *, caps: bool = False) -> None:
        stream.setblocking(False)
        self._stream = stream
        self._rest = b""
        self.caps = caps

    def fileno(self) -> int:
        return self._stream.fileno()

    def read(self) -> list[Event]:
        try:
            data = self._stream.recv(65536)
        except BlockingIOError:
            return []
        if not data:
            raise OSError("the other end has gone")
        data = self._rest + data
        whole = len(data) - len(data) % _EVENT.size
        self._rest = data[whole:]
        return [
            Event(seconds + micros / 1e6, kind, code, value)
            for seconds, micros, kind, code, value in _EVENT.iter_unpack(data[:whole])
        ]

    def close(self) -> None:
        self._stream.close()


def packed(event: Event) -> bytes:
    """One event as the kernel writes it."""
    seconds = int(event.at)
    return _EVENT.pack(seconds, int((event.at - seconds) * 1e6), event.kind, event.code, event.value)


class KeyWire:
    """A keyboard whose keys have become bytes."""

    dated = True

    def __init__(self, source: EventSource, layout: Layout, clock: Clock) -> None:
        self._source = source
        self._clock = clock
        self._keys = KeyDecoder(layout, caps=source.caps)

    def fileno(self) -> int:
        return self._source.fileno()

    def read(self) -> Iterable[tuple[float, bytes | None]]:
        """The times are the kernel's distances laid before now, so that a stalled loop does not glue two scans."""
        events = self._source.read()
        if not events:
            return
        now = self._clock.monotonic()
        last = events[-1].at
        for event in events:
            data = self._keys.feed(event.kind, event.code, event.value)
            if data != b"":
                yield now - max(0.0, last - event.at), data

    def scan_ended(self) -> None:
        self._keys.release_all()

    def close(self) -> None:
        self._source.close()


def key_scanner(
    name: str,
    open_source: Callable[[], EventSource],
    clock: Clock,
    *,
    layout: Layout = US,
    rules: FrameRules = KEY_RULES,
    look_every: float = 0.5,
    pause: Pause = asyncio.sleep,
) -> DeviceScanner:
    """``open_source`` is ``lambda: DeviceSource(path)`` with a stable ``/dev/input/by-id/…-event-kbd``, or a replay."""

    def opened() -> KeyWire:
        return KeyWire(open_source(), layout, clock)

    return DeviceScanner(name, opened, rules, clock, look_every=look_every, pause=pause)
