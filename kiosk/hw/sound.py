"""Sounds: three signs, told apart by rhythm before pitch, so that they carry through noise and to most ears.

One short note for *match*, two for *look*, three long low ones for *stop*. Nothing is said by sound alone.
"""

import asyncio
import contextlib
import functools
import io
import math
import shutil
import struct
import tempfile
import wave
from collections.abc import Sequence
from typing import NamedTuple, Protocol

RATE = 22_050
"""Samples a second, 16 bit, one channel."""


class Note(NamedTuple):
    hertz: float
    seconds: float
    pause: float = 0.0
    """Silence after it, in seconds."""


RHYTHMS: dict[str, tuple[Note, ...]] = {
    "match": (Note(1046.5, 0.12),),
    "look": (Note(784.0, 0.12, 0.10), Note(784.0, 0.12)),
    "stop": (Note(392.0, 0.30, 0.12), Note(392.0, 0.30, 0.12), Note(392.0, 0.45)),
}
_LOUDNESS = 0.6
_EDGE = 0.008  # seconds of rise and fall: without them each note begins and ends with a click
_LONGEST = 5.0  # seconds; a player that hangs is ended


@functools.cache
def wave_of(sign: str) -> bytes:
    """The sign as a WAV file. Two harmonics go with each note, so that small loudspeakers give it too."""
    samples: list[int] = []
    for note in RHYTHMS[sign]:
        count = round(note.seconds * RATE)
        for n in range(count):
            at = n / RATE
            edge = min(1.0, at / _EDGE, (count - n) / RATE / _EDGE)
            tone = sum(math.sin(2 * math.pi * note.hertz * k * at) / k for k in (1, 2, 3)) / 1.84
            samples.append(round(32_767 * _LOUDNESS * edge * tone))
        samples += [0] * round(note.pause * RATE)
    file = io.BytesIO()
    with wave.open(file, "wb") as out:
        out.setnchannels(1)
        out.setsampwidth(2)
        out.setframerate(RATE)
        out.writeframes(struct.pack(f"<{len(samples)}h", *samples))
    return file.getvalue()


class Sound(Protocol):
    def play(self, sign: str) -> None:
        """Begins one of :data:`RHYTHMS` and returns at once; it belongs to the event loop's thread.

        Never raises for trouble with the player: the screen says it all too.
        """

    async def close(self) -> None:
        """Ends what still sounds."""


class Silence:
    """For a terminal without a loudspeaker."""

    def play(self, sign: str) -> None:
        pass

    async def close(self) -> None:
        pass


class VirtualSound:
    """Remembers what was played."""

    def __init__(self) -> None:
        self.played: list[str] = []

    def play(self, sign: str) -> None:
        self.played.append(sign)

    async def close(self) -> None:
        pass


class PlayerSound:
    """Plays through a program that takes the name of a WAV file, such as ``aplay`` or ``pw-play``.

    A new sign ends the one that still sounds: a *stop* does not wait for a *match*.
    """

    def __init__(self, command: Sequence[str]) -> None:
        self._command = tuple(command)
        self._playing: asyncio.Task[None] | None = None

    def play(self, sign: str) -> None:
        if self._playing is not None:
            self._playing.cancel()
        self._playing = asyncio.get_running_loop().create_task(self._play(sign))

    async def close(self) -> None:
        if self._playing is not None:
            self._playing.cancel()
            await asyncio.gather(self._playing, return_exceptions=True)

    async def _play(self, sign: str) -> None:
        # In a thread: a small board takes longer to compute a first wave than a frame lasts.
        data = await asyncio.to_thread(wave_of, sign)
        # A nameless file, not a pipe: players go back and forth in a WAV file.
        with tempfile.TemporaryFile() as file:
            file.write(data)
            file.flush()
            try:
                process = await asyncio.create_subprocess_exec(
                    *(*self._command, "/dev/stdin"),
                    stdin=file,
                    stdout=asyncio.subprocess.DEVNULL,
                    stderr=asyncio.subprocess.DEVNULL,
                )
            except OSError:
                return
        try:
            async with asyncio.timeout(_LONGEST):
                await process.wait()
        except TimeoutError:
            pass
        finally:
            with contextlib.suppress(ProcessLookupError):
                if process.returncode is None:
                    process.kill()
            await process.wait()


def find_sound() -> Sound:
    """The first player this machine has, else silence."""
    for command in (("pw-play",), ("aplay", "-q"), ("paplay",)):
        if path := shutil.which(command[0]):
            return PlayerSound((path, *command[1:]))
    return Silence()


def make_ear(*, on: bool) -> Sound:
    """What a terminal plays through: the machine's player, or nothing where sound is off."""
    return find_sound() if on else Silence()
