"""A signal lamp: the three signs by rhythm, for a room too loud to hear them and for people who do not.

One flash for *match*, two for *look*, three long ones for *stop*; never more than three flashes in a second, which
could hurt (WCAG 2.2, 2.3.1). The lamp is an LED that the kernel knows (``/sys/class/leds``).
"""

import asyncio
import contextlib
import logging
from pathlib import Path
from typing import Protocol

from kiosk.hw.sound import RHYTHMS, Sound

log = logging.getLogger(__name__)

SLOWER = 1.5
"""An eye needs longer than an ear."""

LEDS = Path("/sys/class/leds")


class Lamp(Protocol):
    def shine(self, on: bool) -> None:
        """Raises ``OSError`` where the lamp is not to be had."""


class KernelLamp:
    """``folder`` is the LED's: ``/sys/class/leds/NAME``."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def shine(self, on: bool) -> None:
        full = (self._folder / "max_brightness").read_text().strip() or "1"
        (self._folder / "brightness").write_text(full if on else "0")


class VirtualLamp:
    """Remembers when it shone: pairs of switching on and off, in seconds of the event loop."""

    def __init__(self) -> None:
        self.on = False
        self.broken = False
        self.flashes: list[tuple[float, float]] = []
        self._since = 0.0

    def shine(self, on: bool) -> None:
        if self.broken:
            raise OSError("the lamp is gone")
        now = asyncio.get_running_loop().time()
        if on and not self.on:
            self._since = now
        elif self.on and not on:
            self.flashes.append((self._since, now))
        self.on = on


class Light:
    """Plays the signs on a lamp, like a :class:`~kiosk.hw.sound.Sound`. A new sign ends the one that still flashes."""

    def __init__(self, lamp: Lamp) -> None:
        self._lamp = lamp
        self._playing: asyncio.Task[None] | None = None

    def play(self, sign: str) -> None:
        before, loop = self._playing, asyncio.get_running_loop()
        if before is not None:
            before.cancel()
        self._playing = loop.create_task(self._play(sign, before))

    async def close(self) -> None:
        if self._playing is not None:
            self._playing.cancel()
            await asyncio.gather(self._playing, return_exceptions=True)

    async def _play(self, sign: str, before: "asyncio.Task[None] | None") -> None:
        if before is not None:
            await asyncio.gather(before, return_exceptions=True)  # it switches the lamp off
        try:
            for note in RHYTHMS[sign]:
                self._lamp.shine(True)
                try:
                    await asyncio.sleep(note.seconds * SLOWER)
                finally:
                    self._lamp.shine(False)
                await asyncio.sleep(note.pause * SLOWER)
        except OSError as error:
            log.warning("the signal lamp cannot be switched: %s", error)


class Signs:
    """Several ways to give the same sign at once."""

    def __init__(self, *ways: Sound) -> None:
        self._ways = ways

    def play(self, sign: str) -> None:
        for way in self._ways:
            way.play(sign)

    async def close(self) -> None:
        with contextlib.suppress(asyncio.CancelledError):
            await asyncio.gather(*(way.close() for way in self._ways))
