"""A rehearsal's hand on a terminal: a Unix socket through which a script sees pictures and does what a person does.

Off unless the settings name a socket. One JSON object a line. The terminal sends ``{"picture": …}`` for each picture,
``{"displayed": [generation, at]}`` when it is on the display, and ``{"moment": [when, n, step]}`` for each request of a
flow. A script sends ``{"touch": key}``, ``{"type": digits}``, ``{"back": true}`` or ``{"screenshot": file}`` and is
answered ``{"done": …}`` or ``{"failed": why}`` in order.
"""

import asyncio
import contextlib
import os
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import msgspec

from kiosk.dying import name_of
from kiosk.flows.runner import Moment
from kiosk.flows.steps import Act, Picture
from kiosk.model.base import to_json

LINE_MAX = 4 * 1024 * 1024

Screen = Callable[[str, str], Awaitable[None]]
"""``await screen("touch", key)`` or ``("screenshot", file)``: done in the window, where there is one."""


class Remote:
    """The terminal's end. ``screen`` None: there is no window, touches go straight to the terminal."""

    def __init__(self, act: Callable[[Act], None], screen: Screen | None = None) -> None:
        self._act, self._screen = act, screen
        self._writers: set[asyncio.StreamWriter] = set()
        self._picture: Picture | None = None
        self._server: asyncio.Server | None = None

    async def start(self, socket: Path) -> None:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(socket)
        self._server = await asyncio.start_unix_server(self._serve, str(socket), limit=LINE_MAX)

    async def close(self) -> None:
        if self._server is not None:
            self._server.close()
            for writer in list(self._writers):
                writer.close()
            await self._server.wait_closed()

    def drawn(self, picture: Picture) -> None:
        self._picture = picture
        self._send({"picture": msgspec.Raw(to_json(picture))})

    def displayed(self, generation: int, at: float) -> None:
        """A picture is on the display since ``at`` (``Clock.monotonic()``)."""
        self._send({"displayed": [generation, at]})

    def observe(self, moment: Moment, n: int, request: Any) -> None:
        self._send({"moment": [moment, n, name_of(request)]})

    def _send(self, message: dict[str, Any]) -> None:
        line = msgspec.json.encode(message) + b"\n"
        for writer in self._writers:
            writer.write(line)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._writers.add(writer)
        try:
            if self._picture is not None:
                self.drawn(self._picture)
            while line := await reader.readline():
                answer = await self._obey(line)
                writer.write(msgspec.json.encode(answer) + b"\n")
                await writer.drain()
        except (ConnectionError, ValueError):
            pass
        finally:
            self._writers.discard(writer)
            with contextlib.suppress(ConnectionError):
                writer.close()

    async def _obey(self, line: bytes) -> dict[str, Any]:
        try:
            wish = msgspec.json.decode(line, type=dict[str, Any])
            (verb, value), *rest = wish.items()
            if rest:
                return {"failed": "one wish a line"}
            return await self._do(str(verb), value)
        except Exception as error:
            # Whatever a wish runs into, the line stays open and the script is told.
            return {"failed": f"{type(error).__name__}: {error}"}

    async def _do(self, verb: str, value: Any) -> dict[str, Any]:
        picture = self._picture
        if picture is None:
            return {"failed": "nothing is shown yet"}
        if verb in ("touch", "screenshot") and self._screen is not None:
            await self._screen(verb, str(value))
        elif verb == "touch":
            self._act(Act(generation=picture.generation, chosen=str(value)))
        elif verb == "type":
            self._act(Act(generation=picture.generation, typed=str(value)))
        elif verb == "back":
            self._act(Act(generation=picture.generation, back=True))
        else:
            return {"failed": f"cannot {verb} here"}
        return {"done": verb}
