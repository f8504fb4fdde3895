"""Words spoken through the headphone jack, for people who do not see the screen.

Only sentences of the program are spoken, never a name or a number of the patient: whoever calls sees to that.
"""

import asyncio
import contextlib
import logging
import shutil
from collections.abc import Sequence
from typing import Protocol

log = logging.getLogger(__name__)

WORDS_A_MINUTE = 150
_LONGEST = 30.0  # seconds; a speaker that hangs is ended


class Speech(Protocol):
    def say(self, words: str, language: str) -> None:
        """Begins to speak and returns at once; what is still being said ends. Never raises for a missing voice."""

    async def close(self) -> None:
        """Falls silent."""


class Mute:
    """Where there is no voice."""

    def say(self, words: str, language: str) -> None:
        pass

    async def close(self) -> None:
        pass


class VirtualSpeech:
    """Remembers what was said."""

    def __init__(self) -> None:
        self.said: list[tuple[str, str]] = []

    def say(self, words: str, language: str) -> None:
        self.said.append((words, language))

    async def close(self) -> None:
        pass


class EspeakSpeech:
    """Through ``espeak-ng``. The words go in by its standard input: a command line is read by everybody."""

    def __init__(self, command: Sequence[str]) -> None:
        self._command = tuple(command)
        self._speaking: asyncio.Task[None] | None = None

    def say(self, words: str, language: str) -> None:
        if self._speaking is not None:
            self._speaking.cancel()
        self._speaking = asyncio.get_running_loop().create_task(self._say(words, language))

    async def close(self) -> None:
        if self._speaking is not None:
            self._speaking.cancel()
            await asyncio.gather(self._speaking, return_exceptions=True)

    async def _say(self, words: str, language: str) -> None:
        try:
            process = await asyncio.create_subprocess_exec(
                *(*self._command, "-v", language, "-s", str(WORDS_A_MINUTE), "--stdin"),
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.DEVNULL,
                stderr=asyncio.subprocess.DEVNULL,
            )
        except OSError as error:
            log.warning("nobody speaks: %s", error)
            return
        try:
            async with asyncio.timeout(_LONGEST):
                await process.communicate(words.encode())
        except TimeoutError:
            pass
        finally:
            with contextlib.suppress(ProcessLookupError):
                if process.returncode is None:
                    process.kill()
            await process.wait()


def find_speech(device: str = "") -> Speech:
    """The voice of this machine, on the sound device of the headphone jack where one is named; else nothing."""
    path = shutil.which("espeak-ng")
    if path is None:
        return Mute()
    return EspeakSpeech((path, *(("-d", device) if device else ())))
