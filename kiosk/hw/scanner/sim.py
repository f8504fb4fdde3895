"""Scanners without hardware: a serial one behind a pseudo terminal, a key-type one behind a socket pair.

They speak to the real drivers, and do on request what real ones do: send slowly, twice, with double ends, or vanish.
"""

import asyncio
import contextlib
import errno
import os
import pty
import socket
import tty
from collections.abc import Iterable
from pathlib import Path

from kiosk.hw.scanner.evdev import Event, StreamSource, packed
from kiosk.hw.scanner.keys import (
    DOWN,
    ENTER,
    EV_KEY,
    EV_SYN,
    KEYPAD_DIGITS,
    LEFT_ALT,
    LEFT_CTRL,
    LEFT_SHIFT,
    RIGHT_ALT,
    SPACE,
    SYN_DROPPED,
    SYN_REPORT,
    TAB,
    UP,
)
from kiosk.hw.scanner.layouts import US, Layout
from kiosk.model.clock import Clock
from kiosk.model.errors import Unavailable
from kiosk.model.text import text

_KEYPAD_CODES = {digit: code for code, digit in KEYPAD_DIGITS.items()}


class VirtualScanner:
    """A serial scanner. ``path`` is the stable name to configure; its node changes with every :meth:`plug`."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._master = -1
        self._slave = -1
        self.plug()

    @property
    def plugged(self) -> bool:
        return self._master >= 0

    def plug(self) -> None:
        """Does nothing while plugged."""
        if self.plugged:
            return
        self._master, self._slave = pty.openpty()
        tty.setraw(self._slave)
        os.set_blocking(self._master, False)
        self.path.unlink(missing_ok=True)
        self.path.symlink_to(os.ttyname(self._slave))

    def unplug(self) -> None:
        """Whoever reads loses the port at once, in mid-scan too."""
        if not self.plugged:
            return
        self.path.unlink(missing_ok=True)
        os.close(self._master)
        os.close(self._slave)
        self._master = self._slave = -1

    async def scan(
        self, data: bytes, *, terminator: bytes = b"\r", chunks: Iterable[int] = (), gap: float = 0.0
    ) -> None:
        """Sends ``data`` and ``terminator`` in pieces of the sizes ``chunks``, then the rest, with ``gap`` s between.

        Raises ``Unavailable`` while unplugged, or when nobody reads for 5 s.
        """
        rest = data + terminator
        for size in (*chunks, len(rest)):
            piece, rest = rest[:size], rest[size:]
            await self._send(piece)
            if rest and gap:
                await asyncio.sleep(gap)

    async def _send(self, piece: bytes) -> None:
        tries = 0
        while piece:
            try:
                sent = os.write(self._master, piece)
            except OSError as trouble:
                tries += 1
                if trouble.errno != errno.EAGAIN or tries > 1000:
                    raise Unavailable(text("The virtual scanner is not connected. Plug it in.")) from trouble
                await asyncio.sleep(0.005)
                continue
            piece = piece[sent:]

    def close(self) -> None:
        self.unplug()


class KeyScanner:
    """A key-type scanner: turns bytes into the events of a keyboard of ``layout``.

    ``alt_codes`` is the "universal" setting of such scanners: every character as ALT with keypad digits.
    """

    def __init__(self, clock: Clock, *, layout: Layout = US, alt_codes: bool = False) -> None:
        self._clock = clock
        self._keys: dict[str, tuple[int, int]] = {}
        for level in range(3):
            for code, chars in layout.levels.items():
                self._keys.setdefault(chars[level], (code, level))
        self._dead = layout.dead
        self._alt_codes = alt_codes
        self._near: socket.socket | None = None
        self._far: socket.socket | None = None
        self.caps = False
        self.plug()

    def plug(self) -> None:
        """Does nothing while plugged."""
        if self._near is None:
            self._near, self._far = socket.socketpair()

    def unplug(self) -> None:
        if self._near is not None:
            self._near.close()
            self._near = None
        if self._far is not None:
            self._far.close()
            self._far = None

    close = unplug

    def source(self) -> StreamSource:
        """What the driver opens. Raises ``OSError`` (ENODEV) while unplugged, EBUSY while somebody has it."""
        if self._near is None:
            raise OSError(errno.ENODEV, "unplugged")
        if self._far is None:
            raise OSError(errno.EBUSY, "in use")
        far, self._far = self._far, None
        return StreamSource(far, caps=self.caps)

    async def scan(self, data: bytes, *, terminator: bytes = b"\r", gap: float = 0.0) -> None:
        """Types ``data`` and ``terminator``, ``gap`` s between characters. Raises ``Unavailable`` while unplugged."""
        for byte in data + terminator:
            self.send(self._stroke(byte))
            if gap:
                await asyncio.sleep(gap)

    def send(self, strokes: Iterable[tuple[int, int, int]]) -> None:
        """Writes events (type, code, value) as they are, for what no well-behaved keyboard does."""
        if self._near is None:
            raise Unavailable(text("The virtual scanner is not connected. Plug it in."))
        at = self._clock.monotonic()
        with contextlib.suppress(BrokenPipeError):  # the reader has gone: a keyboard does not notice
            self._near.sendall(b"".join(packed(Event(at, *stroke)) for stroke in strokes))

    def overrun(self) -> None:
        """The kernel's buffer ran over."""
        self.send([(EV_SYN, SYN_DROPPED, 0), (EV_SYN, SYN_REPORT, 0)])

    def _stroke(self, byte: int) -> list[tuple[int, int, int]]:
        if byte == 0x0D:
            return _press(ENTER)
        if byte == 0x09:
            return _press(TAB)
        if self._alt_codes:
            digits = [event for digit in f"0{byte:03}" for event in _press(_KEYPAD_CODES[digit])]
            return _press(LEFT_ALT, around=digits)
        char = bytes([byte]).decode("cp1252", "replace")
        if byte < 0x20:
            return _press(LEFT_CTRL, around=self._key(chr(byte | 0x40)))
        return self._key(char) + (_press(SPACE) if self._waits(char) else [])

    def _waits(self, char: str) -> bool:
        """Whether the keyboard holds this character back for a letter, so that a space has to set it free."""
        return char in self._dead and self._keys[char][1] < 2

    def _key(self, char: str) -> list[tuple[int, int, int]]:
        if char == " ":
            return _press(SPACE)
        if char not in self._keys:
            raise ValueError(f"this keyboard has no key for U+{ord(char):04X}")
        code, level = self._keys[char]
        stroke = _press(code)
        if level:
            stroke = _press(LEFT_SHIFT if level == 1 else RIGHT_ALT, around=stroke)
        return stroke


def _press(code: int, *, around: Iterable[tuple[int, int, int]] = ()) -> list[tuple[int, int, int]]:
    """Key down, what happens meanwhile, key up, each with its report."""
    report = (EV_SYN, SYN_REPORT, 0)
    return [(EV_KEY, code, DOWN), report, *around, (EV_KEY, code, UP), report]
