"""The script's hand on one terminal process: sees its pictures, touches, takes screenshots; outlives its death."""

import asyncio
import contextlib
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgspec

from kiosk.flows.steps import Picture
from kiosk.model.errors import Unavailable
from kiosk.model.text import text

PATIENCE = 30.0
"""Seconds until a terminal that does not answer is given up."""


class Line(msgspec.Struct, frozen=True):
    """One line from the terminal: exactly one of these is set."""

    picture: Picture | None = None
    moment: tuple[str, int, str] | None = None
    displayed: tuple[int, float] | None = None
    done: str = ""
    failed: str = ""


@dataclass
class Hand:
    """``picture`` is the newest one, ``displayed`` the generation on the display and since when.

    ``life`` counts the terminal's processes, so that pictures of two lives can be told apart.
    """

    socket: Path
    picture: Picture | None = None
    displayed: tuple[int, float] = (0, 0.0)
    life: int = 0
    moments: list[tuple[str, int, str]] = field(default_factory=list)
    on_picture: Callable[[Picture], None] | None = None
    _news: asyncio.Condition = field(default_factory=asyncio.Condition)
    _answers: asyncio.Queue[Line] = field(default_factory=asyncio.Queue)
    _writer: asyncio.StreamWriter | None = None

    async def follow(self) -> None:
        """Connects, reads until the terminal is gone, connects again; until cancelled."""
        while True:
            try:
                reader, self._writer = await asyncio.open_unix_connection(str(self.socket), limit=8 * 1024 * 1024)
            except OSError:
                await asyncio.sleep(0.02)
                continue
            self.life += 1
            with contextlib.suppress(ConnectionError):
                while data := await reader.readline():
                    await self._read(msgspec.json.decode(data, type=Line))
            await self._gone()

    async def _read(self, line: Line) -> None:
        if line.moment is not None:
            self.moments.append(line.moment)
        elif line.displayed is not None:
            self.displayed = line.displayed
        elif line.picture is not None:
            self.picture = line.picture
            if self.on_picture is not None:
                self.on_picture(line.picture)
        else:
            self._answers.put_nowait(line)
        async with self._news:
            self._news.notify_all()

    async def _gone(self) -> None:
        if self._writer is not None:
            self._writer.close()
        self._writer, self.picture = None, None
        self._answers.put_nowait(Line(failed="the terminal is gone"))
        async with self._news:
            self._news.notify_all()

    @property
    def shown(self) -> tuple[int, int] | None:
        """Identity of the step on the screen."""
        return (self.life, self.picture.generation) if self.picture is not None else None

    async def changed(self, since: tuple[int, Picture] | None, seconds: float) -> bool:
        """Waits until another picture than ``since`` is there; False when nothing changed in ``seconds``."""
        async with self._news:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._news.wait_for(lambda: self.now != since and self.picture), seconds)
                return True
        return False

    async def next_step(self, since: tuple[int, int], seconds: float) -> None:
        """Waits until another step than ``since`` (life and generation) is shown, or the time is up."""
        async with self._news:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._news.wait_for(lambda: self.shown not in (None, since)), seconds)

    @property
    def now(self) -> tuple[int, Picture] | None:
        return (self.life, self.picture) if self.picture is not None else None

    async def do(self, verb: str, value: Any) -> bool:
        """One wish; True when the terminal did it, False when it did not or died over it."""
        if self._writer is None:
            return False
        while not self._answers.empty():
            self._answers.get_nowait()
        try:
            self._writer.write(msgspec.json.encode({verb: value}) + b"\n")
            await self._writer.drain()
            answer = await asyncio.wait_for(self._answers.get(), PATIENCE)
        except ConnectionError:
            return False
        except TimeoutError:
            raise Unavailable(text("A terminal does not answer."), verb) from None
        return bool(answer.done)
