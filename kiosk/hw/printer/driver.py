"""Printers on the network (TCP port 9100).

What can go wrong is not that nothing is printed but that nobody knows. So one document is one job on a connection of
its own; the printer's state is asked before; after the first byte every trouble means *unknown*; and the answer to the
barrier at the end of the job is waited for. Nothing is ever sent twice.
"""

import asyncio
import contextlib
from collections.abc import Callable
from typing import Self

from kiosk.hw.printer.port import Changed, Condition, Job, Outcome, Paper, PrinterState
from kiosk.hw.printer.status import QUESTIONS, kind_of, question, state_of
from kiosk.model.base import Noun
from kiosk.model.text import Text, text

_CHUNK = 4096
_SLOWEST = 20_000
"""Bytes a second that the slowest printer puts on paper."""


class Patience(Noun, frozen=True, kw_only=True):
    """How long each thing may take, in seconds."""

    connect: float = 3.0
    status: float = 1.0
    """One status answer. Many printers say nothing at all with the cover open: silence is *not ready*."""
    chunk: float = 5.0
    """Until 4 KiB are taken."""
    answer: float = 10.0
    """From the last byte to the barrier's answer, above the time of printing."""
    ask_again: float = 1.0
    """Between two looks at a job that is not yet answered for."""
    stopped: float = 300.0
    """For a person to change the roll or close the cover in the middle of a job."""
    watch: float = 2.0
    """Between two looks at an idle printer."""


class NetworkPrinter:
    """A :class:`~kiosk.hw.printer.port.Printer`. One owner, one connection at a time: most printers take no second."""

    def __init__(
        self, name: str, host: str, port: int = 9100, *, paper: Paper, patience: Patience | None = None
    ) -> None:
        self.name = name
        self.paper = paper
        self._address = (host, port)
        self._patience = patience or Patience()
        self._turn = asyncio.Lock()

    async def state(self) -> PrinterState:
        async with self._turn:
            try:
                line = await self._connected()
            except OSError:
                return _ABSENT
            async with line:
                return await line.state()

    async def run(self, changed: Changed) -> None:
        tell = _each_once(changed)
        while True:
            tell(await self.state())
            await asyncio.sleep(self._patience.watch)

    async def print(self, job: Job, changed: Changed | None = None) -> Outcome:
        tell = _each_once(changed)
        async with self._turn:
            try:
                line = await self._connected()
            except OSError:
                tell(_ABSENT)
                return Outcome(result="failed", reason=_ABSENT.words)
            async with line:
                return await self._print(line, job, tell)

    async def _connected(self) -> "_Line":
        """Raises ``OSError`` (``TimeoutError`` is one) while there is no connection."""
        async with asyncio.timeout(self._patience.connect):
            reader, writer = await asyncio.open_connection(*self._address)
        return _Line(reader, writer, self._patience)

    async def _print(self, line: "_Line", job: Job, tell: Changed) -> Outcome:
        state = await line.state()
        tell(state)
        if not state.prints:
            return Outcome(result="failed", reason=state.words)
        if not await line.send(job.data):
            return _unknown(_LOST if line.lost else _STALLED)
        return await self._answer(line, job, tell)

    async def _answer(self, line: "_Line", job: Job, tell: Changed) -> Outcome:
        """Waits until the printer has answered for the whole job, through a change of roll if need be."""
        now = asyncio.get_running_loop().time
        patience = self._patience.answer + len(job.data) / _SLOWEST
        deadline = now() + patience
        stopped = False
        while not await line.answered(self._patience.ask_again):
            if line.lost:
                return _unknown(_LOST)
            if line.nonsense:
                return _unknown(_NONSENSE)
            state = await line.state()
            tell(state)
            if state.condition in _STOPS:
                if not stopped:
                    deadline = now() + self._patience.stopped
                stopped = True
            elif stopped and state.prints:
                # Going on: the rest of the job gets the time that a job gets.
                deadline = min(deadline, now() + patience)
            if now() >= deadline:
                return _unknown(state.words or _SILENT)
        after = await line.state()
        tell(after)
        return Outcome(result="printed", check=stopped or after.condition in _STOPS)


class _Line:
    """One open connection: what has been said on it, sorted as it comes."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, patience: Patience) -> None:
        self._reader = reader
        self._writer = writer
        self._patience = patience
        self._news = asyncio.Event()
        self._statuses: list[int] = []
        self._barriers = 0
        self.lost = False
        self.nonsense = False
        self._listening = asyncio.create_task(self._listen())
        writer.transport.set_write_buffer_limits(high=0)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        self._listening.cancel()
        await asyncio.gather(self._listening, return_exceptions=True)
        # Aborted, not closed: what has not left yet must not leave after the outcome was said.
        self._writer.transport.abort()
        with contextlib.suppress(OSError):
            await self._writer.wait_closed()

    async def _listen(self) -> None:
        """Sorts answers until the connection ends."""
        try:
            while data := await self._reader.read(256):
                for byte in data:
                    match kind_of(byte):
                        case "status":
                            self._statuses.append(byte)
                        case "barrier":
                            self._barriers += 1
                        case "nonsense":
                            self.nonsense = True
                self._news.set()
        except OSError:
            pass
        finally:
            self.lost = True
            self._news.set()

    async def answered(self, seconds: float) -> bool:
        """Waits for the barrier's answer, at most so long; ends early when the line is lost or talks nonsense."""
        await self._until(lambda: self._barriers > 0 or self.lost or self.nonsense, seconds)
        return self._barriers > 0 and not self.nonsense

    async def state(self) -> PrinterState:
        answers = []
        for n in QUESTIONS:
            self._statuses.clear()
            if not await self._put(question(n)):
                return _ABSENT
            if not await self._until(lambda: self._statuses or self.lost, self._patience.status):
                return PrinterState(condition=Condition.NONSENSE if self.nonsense else Condition.SILENT)
            if not self._statuses:
                return _ABSENT
            answers.append(self._statuses[0])
        return state_of(*answers)

    async def send(self, data: bytes) -> bool:
        """Whether all of it was taken."""
        for start in range(0, len(data), _CHUNK):
            # The barrier is the job's last command: what was answered before its last bytes left is not the answer.
            self._barriers, self.nonsense = 0, False
            if not await self._put(data[start : start + _CHUNK]):
                return False
        return True

    async def _put(self, data: bytes) -> bool:
        try:
            self._writer.write(data)
            async with asyncio.timeout(self._patience.chunk):
                await self._writer.drain()
        except TimeoutError:
            return False
        except OSError:
            self.lost = True
            return False
        return not self.lost

    async def _until(self, condition: Callable[[], object], seconds: float) -> bool:
        try:
            async with asyncio.timeout(seconds):
                while not condition():
                    self._news.clear()
                    await self._news.wait()
        except TimeoutError:
            return False
        return True


_ABSENT = PrinterState(condition=Condition.ABSENT)
_STOPS = frozenset({Condition.NO_PAPER, Condition.COVER_OPEN, Condition.OFFLINE, Condition.FAULT})
_LOST = text("The connection to the label printer broke off. Look whether the label came out.")
_STALLED = text("The label printer took only a part of the label. Look whether it came out.")
_SILENT = text("The label printer does not say whether it printed. Look whether the label came out.")
_NONSENSE = text("The label printer answered nonsense. Look whether the label came out.")


def _unknown(reason: Text) -> Outcome:
    return Outcome(result="unknown", reason=reason)


def _each_once(changed: Changed | None) -> Changed:
    """Passes on a state that is not the one passed on last."""
    known: PrinterState | None = None

    def tell(state: PrinterState) -> None:
        nonlocal known
        if changed is not None and state != known:
            known = state
            changed(state)

    return tell
