"""A printer without hardware: it speaks the bytes of a real one on TCP, breaks on request, and keeps its paper.

The paper is the proof: :attr:`VirtualPrinter.pieces` is what would lie on the counter.
"""

import asyncio
import contextlib
from collections.abc import Callable
from typing import Literal

from kiosk.hw.printer.commands import Command, Token, Tokenizer
from kiosk.hw.printer.paper import Piece, Settings, inked
from kiosk.hw.printer.port import PAPER_80, Paper

Fault = Literal["no_paper", "cover_open", "offline"]
Answers = Literal["all", "none", "garbage", "no_barrier"]
"""``none``: a unit that is deaf to questions. ``no_barrier``: it tells its status, and never that it has printed."""

_GARBAGE = b"\xff\x80\xc1\x00"
_REAL_TIME = {b"\x10\x04": 3, b"\x10\x05": 3, b"\x10\x14": 3}


class VirtualPrinter:
    """Faults are attributes and methods, to be switched at any time, in the middle of a job too.

    Byte counts (``after``) count the bytes of jobs that were printed since the call, not the questions about status.
    """

    def __init__(self, paper: Paper = PAPER_80, *, host: str = "127.0.0.1", port: int = 0) -> None:
        self.paper = paper
        self.host = host
        self.port = port
        self.answers: Answers = "all"
        self.near_end = False
        self.pieces: list[Piece] = []
        self.drawer_pulses = 0
        self.unknown: list[bytes] = []
        self.changed: Callable[[], None] = lambda: None
        """Called after every new piece of paper."""
        self._faults: set[Fault] = set()
        self._due: tuple[int, Callable[[], None]] | None = None
        self._cut_line: tuple[int, bool] | None = None
        self._on = True
        self._server: asyncio.Server | None = None
        self._turn = asyncio.Lock()
        self._lines: set[asyncio.StreamWriter] = set()
        self._memory: list[tuple[asyncio.StreamWriter, bytes]] = []
        self._tokenizer = Tokenizer()
        self._settings = Settings()
        self._start = Settings()
        self._on_paper: list[Token] = []

    # --- the socket ---------------------------------------------------------------------------------------------------

    async def start(self) -> None:
        """Listens; with ``port`` 0 a free one is chosen and kept over :meth:`power_off`."""
        self._server = await asyncio.start_server(self._serve, self.host, self.port)
        self.port = self._server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        if self._server is not None:
            self._server.close()
            self._hang_up()
            await self._server.wait_closed()
            self._server = None

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection at a time, like most printers: a second is accepted by the network and then waits."""
        self._lines.add(writer)
        try:
            async with self._turn:
                while data := await reader.read(4096):
                    if not self._on or not self._receive(writer, data):
                        break
                    await writer.drain()
        except OSError:
            pass
        finally:
            self._lines.discard(writer)
            writer.transport.abort()
            with contextlib.suppress(OSError):
                await writer.wait_closed()

    def _hang_up(self) -> None:
        for writer in list(self._lines):
            writer.transport.abort()

    # --- faults -------------------------------------------------------------------------------------------------------

    def out_of_paper(self, after: int = 0) -> None:
        """The roll ends after so many bytes more; the rest waits in memory for :meth:`load_paper`."""
        self._arm(after, lambda: self._faults.add("no_paper"))

    def load_paper(self) -> None:
        """A new roll: what stood on the old one is a torn piece, what waited comes out now."""
        self._tear()
        self._mend("no_paper")

    def open_cover(self, after: int = 0) -> None:
        self._arm(after, lambda: self._faults.add("cover_open"))

    def close_cover(self) -> None:
        self._mend("cover_open")

    def go_offline(self, after: int = 0) -> None:
        self._arm(after, lambda: self._faults.add("offline"))

    def go_online(self) -> None:
        self._mend("offline")

    def power_off(self, after: int = 0) -> None:
        """Everything in memory is lost; what is on the paper stays on the paper."""
        self._arm(after, self._power_off)

    def power_on(self) -> None:
        self._on = True

    def drop_connection(self, after: int, *, prints: bool) -> None:
        """The next job's connection breaks after so many bytes; what had come is printed, or is not."""
        self._cut_line = (after, prints)

    def _arm(self, after: int, happen: Callable[[], None]) -> None:
        if after:
            self._due = (after, happen)
        else:
            happen()

    def _mend(self, fault: Fault) -> None:
        self._faults.discard(fault)
        self._work()

    def _power_off(self) -> None:
        self._on = False
        self._memory.clear()
        self._tokenizer = Tokenizer()
        self._tear()
        self._settings = self._start = Settings()
        self._hang_up()

    def _tear(self) -> None:
        if any(inked(token) for token in self._on_paper):
            self.pieces.append(Piece(tuple(self._on_paper), self._start, self.paper, whole=False))
            self._on_paper, self._start = [], self._settings
            self.changed()

    # --- the mechanism ------------------------------------------------------------------------------------------------

    def _receive(self, line: asyncio.StreamWriter, data: bytes) -> bool:
        """Takes bytes of a connection; False hangs up. Real-time commands are obeyed here, wherever they stand."""
        job = self._answer_questions(line, data)
        if self._cut_line is not None and job:
            left, prints = self._cut_line
            if len(job) >= left:
                self._cut_line = None
                self._memory += [(line, job[:left])] if prints else []
                self._work()
                self._tokenizer.forget()
                return False
            self._cut_line = (left - len(job), prints)
            if not prints:
                return True
        self._memory.append((line, job))
        self._work()
        return self._on

    def _answer_questions(self, line: asyncio.StreamWriter, data: bytes) -> bytes:
        """Returns ``data`` without real-time commands that stand alone; inside a picture they stay part of it too."""
        for at in range(len(data) - 2):
            if data[at : at + 2] == b"\x10\x04" and 1 <= data[at + 2] <= 4:
                self._say(line, bytes([self._status(data[at + 2])]))
        standing_alone = len(data) % 3 == 0 and all(data[n : n + 2] in _REAL_TIME for n in range(0, len(data), 3))
        return b"" if standing_alone else data

    def _work(self) -> None:
        """Prints from memory until it is empty or something stops it."""
        while self._memory and not self._faults and self._on:
            line, data = self._memory.pop(0)
            if self._due is not None:
                left, happen = self._due
                if len(data) >= left:
                    self._memory.insert(0, (line, data[left:]))
                    data, self._due = data[:left], None
                    self._print(line, data)
                    happen()
                    continue
                self._due = (left - len(data), happen)
            self._print(line, data)

    def _print(self, line: asyncio.StreamWriter, data: bytes) -> None:
        for token in self._tokenizer.feed(data):
            self._on_paper.append(token)
            self._settings = self._settings.after(token)
            if not isinstance(token, Command):
                self.unknown += [] if inked(token) else [token.raw]
            elif token.name == "GS V":
                self.pieces.append(Piece(tuple(self._on_paper), self._start, self.paper, whole=True))
                self._on_paper, self._start = [], self._settings
                self.changed()
            elif token.name == "ESC p":
                self.drawer_pulses += 1
            elif token.name == "GS r" and self.answers != "no_barrier":
                self._say(line, b"\x03" if self.near_end else b"\x00")

    def _say(self, line: asyncio.StreamWriter, answer: bytes) -> None:
        if self.answers == "none" or line.transport.is_closing():
            return
        line.write(_GARBAGE if self.answers == "garbage" else answer)

    def _status(self, n: int) -> int:
        """``DLE EOT n`` as measured on an independent emulator, and in the manuals."""
        status = 0x12
        if n == 1 and self._faults:
            status |= 0x08
        if n == 2 and "cover_open" in self._faults:
            status |= 0x04
        if n == 2 and "no_paper" in self._faults:
            status |= 0x20
        if n == 4 and (self.near_end or "no_paper" in self._faults):
            status |= 0x0C
        if n == 4 and "no_paper" in self._faults:
            status |= 0x60
        return status
