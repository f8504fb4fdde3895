"""One open connection to a printer: what is said on it, sorted as it comes."""

import asyncio
import contextlib
from collections import deque
from collections.abc import Callable
from typing import Self

from kiosk.hw.printer.port import Condition, Patience, PrinterState
from kiosk.hw.printer.status import (
    BARRIER,
    CLEAR,
    GIVE_UP,
    QUESTIONS,
    RESUME,
    Answer,
    Answers,
    identity,
    question,
    state_of,
)
from kiosk.hw.wires import Wire

_ZEROS = (16, 256, 4096, 65_536)
"""So many may be missing: a command's parameters, a barcode, a line of drawn letters, a whole picture."""

_MOST = 64
"""Answers kept: more than any question has, and no more from a printer that never stops talking."""


class Line:
    """Entered, it listens; left, nothing that has not gone out goes out any more."""

    def __init__(self, wire: Wire, patience: Patience) -> None:
        self._wire = wire
        self._patience = patience
        self._news = asyncio.Event()
        self._heard: deque[Answer] = deque(maxlen=_MOST)
        self.lost = False
        self.nonsense = False
        self._listening: asyncio.Task[None] | None = None

    @property
    def tells_loss(self) -> bool:
        return self._wire.tells_loss

    async def __aenter__(self) -> Self:
        self._listening = asyncio.create_task(self._listen())
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._listening is not None:
            self._listening.cancel()
            await asyncio.gather(self._listening, return_exceptions=True)
        # Aborted, not closed: what has not left yet must not leave after the outcome was said.
        await self._wire.abort()

    async def _listen(self) -> None:
        """Sorts answers until the connection ends."""
        answers = Answers()
        try:
            while data := await self._wire.read():
                for answer in answers.feed(data):
                    self._heard.append(answer)
                    self.nonsense |= answer.kind == "nonsense"
                self._news.set()
        except OSError:
            pass
        finally:
            self.lost = True
            self._news.set()

    async def state(self) -> PrinterState:
        """Asks the four questions. Silence is a state, and so is nonsense."""
        answers = []
        for n in QUESTIONS:
            self._forget("status")
            if not await self._put(question(n)):
                return PrinterState(condition=Condition.ABSENT if self.lost else Condition.SILENT)
            heard = await self._first("status", self._patience.status)
            if heard is None:
                if self.lost:
                    return PrinterState(condition=Condition.ABSENT)
                return PrinterState(condition=Condition.NONSENSE if self.nonsense else Condition.SILENT)
            answers.append(heard.data[0])
        return state_of(*answers)

    async def printer_status(self) -> int | None:
        """The byte of ``DLE EOT 1``; None when there is no answer."""
        self._forget("status")
        heard = await self._first("status", self._patience.status) if await self._put(question(1)) else None
        return heard.data[0] if heard is not None else None

    async def name(self, n: int) -> str:
        """Maker or model in the printer's own words; empty when it does not say."""
        self._forget("word")
        heard = await self._first("word", self._patience.status) if await self._put(identity(n)) else None
        return heard.data.decode("ascii", "replace") if heard is not None else ""

    async def clear(self) -> bool:
        """Empties the printer's memory, in any state; False where the printer does not know how, or does not hear."""
        self._forget("cleared")
        if not await self._put(CLEAR):
            return False
        if await self._first("cleared", self._patience.clear) is None:
            return False
        self._heard.clear()
        self.nonsense = False
        return True

    async def resume(self) -> None:
        """Lets a printer whose cutter a hand has freed go on with the line that failed."""
        await self._put(RESUME)

    async def give_up(self) -> None:
        """Lets it forget what it holds and be ready. Only the state afterwards says whether it did."""
        await self._put(GIVE_UP)

    async def idle(self) -> bool:
        """Whether everything sent so far, on an earlier connection too, has been printed or thrown away.

        The printer answers in turn. The answer to something earlier may come first, and at once: both are let by. A
        command that an earlier connection left half said would swallow what follows, a patient's name even: zeros,
        which mean nothing by themselves, are its missing rest.
        """
        for zeros in _ZEROS:
            self._forget("barrier")
            if not await self._put(bytes(zeros) + BARRIER):
                return False
            if await self._first("barrier", self._patience.status) is not None:
                return await self._fell_silent()
        return False

    async def quiet(self) -> bool:
        """Whether nothing answers that was not asked in turn: such an answer would pass for one to the job."""
        return not any(answer.kind == "barrier" for answer in self._heard) or await self._fell_silent()

    async def _fell_silent(self) -> bool:
        """Lets by what still comes in turn; False where it does not end, or the line is lost."""
        now = asyncio.get_running_loop().time
        deadline = now() + self._patience.status
        while now() < deadline:
            self._forget("barrier")
            if await self._first("barrier", self._patience.settle) is None:
                return not self.lost
        return False

    async def take(self, piece: bytes) -> bool:
        """Whether this piece of a job was taken in time."""
        # The barrier is the job's last command: what was answered before its last bytes left is not the answer.
        self._heard.clear()
        self.nonsense = False
        return await self._put(piece)

    async def answered(self, mark: bytes | None, seconds: float) -> bool:
        """Waits for the answer that all is printed: the job's ``mark``, or the barrier's where there is none.

        At most so long; it ends early when the line is lost or talks nonsense.
        """

        def found() -> bool:
            wanted = Answer("proof", mark) if mark is not None else None
            return any(each == wanted if wanted else each.kind == "barrier" for each in self._heard)

        await self._until(lambda: found() or self.lost or self.nonsense, seconds)
        return found() and not self.nonsense

    async def _put(self, data: bytes) -> bool:
        try:
            self._wire.write(data)
            async with asyncio.timeout(self._patience.chunk):
                await self._wire.drain()
        except TimeoutError:
            return False
        except OSError:
            self.lost = True
            return False
        return not self.lost

    def _forget(self, kind: str) -> None:
        self._heard = deque((answer for answer in self._heard if answer.kind != kind), _MOST)

    async def _first(self, kind: str, seconds: float) -> Answer | None:
        """Waits for an answer of this kind; None when the line is lost or the time is up."""

        def found() -> Answer | None:
            return next((answer for answer in self._heard if answer.kind == kind), None)

        await self._until(lambda: found() or self.lost, seconds)
        return found()

    async def _until(self, condition: Callable[[], object], seconds: float) -> None:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                while not condition():
                    self._news.clear()
                    await self._news.wait()
