"""Receipt and label printers that speak ESC/POS, over whatever wire.

What can go wrong is not that nothing is printed but that nobody knows. So one document is one job on a connection of
its own; the printer's state is asked before; after the first byte every trouble means *unknown*; and the answer to the
end of the job is waited for. Nothing is ever sent twice by itself, and before anything is sent after a doubt the
printer's memory is emptied: else the label that was given up comes out together with its reprint.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from typing import Literal

from kiosk.hw.printer.line import Line
from kiosk.hw.printer.port import Changed, Condition, Job, Outcome, Paper, Patience, PrinterState
from kiosk.hw.printer.status import MAKER, MODEL, SERIAL, drawer_pin, mark_of, proof
from kiosk.hw.wires import Connect
from kiosk.model.text import Text, text

Proof = Literal["barrier", "process_id"]
"""What says that a job is on paper: the answer in turn to a question, which nearly every printer gives, or the job's
own mark (``GS ( H``), which cannot be taken for the answer to another job. Epson and Citizen have the second."""

_CHUNK = 4096
_SLOWEST = 20_000
"""Bytes a second that the slowest printer puts on paper."""


class EscPosPrinter:
    """A :class:`~kiosk.hw.printer.port.Printer`. One owner, one connection at a time: most printers take no second."""

    def __init__(
        self,
        name: str,
        connect: Connect,
        *,
        paper: Paper,
        proof: Proof = "barrier",
        patience: Patience | None = None,
    ) -> None:
        self.name = name
        self.paper = paper
        self._connect = connect
        self._proof = proof
        self._patience = patience or Patience()
        self._turn = asyncio.Lock()
        self._memory: Literal["empty", "unknown", "doubtful"] = "unknown"
        """What the printer holds of earlier jobs: nothing, who knows (the program has just started), or perhaps one."""
        self._serial: str | None = ""
        """The number of the printer that was there last; None where printers do not say it."""
        self._left: set[str] = set()
        """Printers that were taken away while they perhaps held a label: it is in them still when they come back."""

    async def state(self) -> PrinterState:
        async with self._turn:
            return await self._look()

    async def identity(self) -> str:
        """Maker and model in the printer's own words; empty where it does not say."""
        async with self._turn:
            self._asked_in_turn()
            try:
                async with await self._connected() as line:
                    return " ".join(filter(None, [await line.name(MAKER), await line.name(MODEL)]))
            except OSError:
                return ""

    async def answers_in_turn(self) -> bool:
        """Whether it says that it has printed: without that, every label is a doubt. Prints nothing."""
        async with self._turn:
            self._asked_in_turn()
            try:
                async with await self._connected() as line:
                    return await line.idle()
            except OSError:
                return False

    async def run(self, changed: Changed) -> None:
        tell = each_once(changed)
        before: PrinterState | None = None
        while True:
            state = await self.state()
            # Another terminal's label takes a moment: what looks like one is said when it lasts.
            if state.condition not in _PERHAPS_BUSY or state == before:
                tell(state)
            before = state
            await asyncio.sleep(self._patience.watch)

    async def print(self, job: Job, changed: Changed | None = None) -> Outcome:
        tell = each_once(changed)
        async with self._turn:
            if job.reprint and self._memory == "unknown":
                self._memory = "doubtful"
            blocked = None if job.losable else await self._emptied(tell)
            if blocked is not None:
                return Outcome(result="failed", reason=blocked.words)
            async with self._taken_up(tell) as (line, state):
                if line is None or not state.prints:
                    return Outcome(result="failed", reason=state.words)
                return await self._print(line, job, tell)

    async def kick(self, pin: Literal[0, 1] = 0) -> Literal["sent", "failed", "unknown"]:
        """One pulse to the drawer at the printer's plug; *failed* when none went. Never sent twice by itself."""
        async with self._turn, self._taken_up(each_once(None)) as (line, state):
            if line is None or not state.prints:
                return "failed"
            self._asked_in_turn()
            # ESC p: 50 ms of pulse, 500 ms of rest.
            return "sent" if await line.take(bytes([0x1B, 0x70, pin, 25, 250])) else "unknown"

    async def drawer_pin(self) -> bool | None:
        """Whether pin 3 of the drawer's plug is high; None where the printer does not answer."""
        async with self._turn:
            try:
                async with await self._connected() as line:
                    status = await line.printer_status()
            except OSError:
                return None
            return None if status is None else drawer_pin(status)

    # --- before -------------------------------------------------------------------------------------------------------

    def _asked_in_turn(self) -> None:
        """Something is going to be said that may stay in the printer half."""
        if self._memory == "empty":
            self._memory = "unknown"

    async def _connected(self) -> Line:
        """Raises ``OSError`` (``TimeoutError`` is one) while there is no connection."""
        async with asyncio.timeout(self._patience.connect):
            return Line(await self._connect(), self._patience)

    async def _look(self) -> PrinterState:
        try:
            async with await self._connected() as line:
                return await line.state()
        except ConnectionRefusedError:
            return _BUSY
        except OSError:
            return _ABSENT

    @contextlib.asynccontextmanager
    async def _taken_up(self, tell: Changed) -> AsyncIterator[tuple[Line | None, PrinterState]]:
        """An open line and the printer's state. No byte of a job has left: what is busy is tried again for a while."""
        now = asyncio.get_running_loop().time
        deadline = now() + self._patience.busy
        while True:
            try:
                line = await self._connected()
            except ConnectionRefusedError:
                state = _BUSY
            except OSError:
                tell(_ABSENT)
                yield None, _ABSENT
                return
            else:
                async with line:
                    state = await self._freed(line)
                    if state.prints and not await line.quiet():
                        state = _NO_PRINTER
                    if line.lost:
                        state = _BUSY if now() < deadline else _ABSENT
                    elif state.condition is not Condition.SILENT or now() >= deadline:
                        tell(state)
                        yield line, state
                        return
            tell(state)
            if now() >= deadline:
                yield None, state
                return
            await asyncio.sleep(self._patience.ask_again)

    async def _freed(self, line: Line) -> PrinterState:
        """The state; a stuck cutter that a person has freed is set going again first, and nothing printed with it."""
        state = await line.state()
        if state.condition is Condition.CUTTER:
            await line.give_up()
            for _ in range(4):
                await asyncio.sleep(self._patience.clear / 4)
                state = await line.state()
                if state.condition is not Condition.CUTTER:
                    break
        return state

    async def _emptied(self, tell: Changed) -> PrinterState | None:
        """Sees to it that nothing of an earlier job comes out any more; a state that stands in the way, or None.

        A printer that is ready prints what it holds at once, so one that is ready and answers in turn holds nothing.
        """
        if self._memory == "empty" and not self._left:  # else the printer may have been changed back
            return None
        # While a dead label may be in it nobody is asked to mend it: mended, it would bring that label out.
        told = tell if self._memory != "doubtful" else each_once(None)
        async with self._taken_up(told) as (line, state):
            if line is None:
                tell(state)
                return state
            # Asked first: one that becomes ready only now has just printed what it held.
            emptied = await line.clear() or (state.prints and await line.idle())
            if emptied and state.prints and self._serial is not None and not await self._recognise(line):
                emptied = await line.idle()  # it does not say; or the question was half said, and would swallow more
                self._serial = None if emptied else self._serial
            if emptied and not line.lost:
                self._memory = "empty"
                return None
            if line.lost:
                return _ABSENT
            if self._memory != "doubtful":
                return None if state.prints else state
            return await self._switched_off_and_on(line, tell, awake=state.condition not in _DEAF)

    async def _recognise(self, line: Line) -> bool:
        """Whether it says which printer it is. What another one may hold, in whose place it stands, stays with that."""
        serial = await line.name(SERIAL)
        if serial:
            if self._serial not in ("", serial) and self._memory == "doubtful":
                self._left.add(str(self._serial))
            self._left.discard(serial)
            self._serial = serial
        return bool(serial)

    async def _switched_off_and_on(self, line: Line, tell: Changed, *, awake: bool) -> PrinterState | None:
        """Waits until the printer has been gone and has come back: then its memory is empty.

        The line stays open meanwhile: it is this printer's, and what happens on it is not another terminal's doing.
        ``awake``: it answers now. On a line that does not end with the printer, one that answered and falls silent is
        gone; elsewhere silence may be an open cover.
        """
        now = asyncio.get_running_loop().time
        deadline = now() + self._patience.stopped
        tell(_HOLDS)
        silent = gone = False
        while not gone and now() < deadline:
            await asyncio.sleep(self._patience.ask_again)
            deaf = (await line.state()).condition in _DEAF
            if line.lost:
                # Some printers drop a line for another terminal's, and answer at once on the next.
                gone = silent or (await self._look()).condition in _DEAF | {Condition.BUSY}
                break
            gone = deaf and awake and not line.tells_loss
            awake, silent = awake or not deaf, deaf
        while gone and now() < deadline:
            if (await self._look()).condition not in _DEAF | {Condition.BUSY}:
                self._memory = "empty"
                return None
            await asyncio.sleep(self._patience.ask_again)
        return _HOLDS

    # --- the job ------------------------------------------------------------------------------------------------------

    async def _print(self, line: Line, job: Job, tell: Changed) -> Outcome:
        mark = mark_of(job.job_id) if self._proof == "process_id" else None
        data = job.data + (proof(mark) if mark is not None else b"")
        if not job.losable or self._memory == "empty":
            # Until the printer has said that all is on paper; a cancelled print leaves it so.
            self._memory = "unknown" if job.losable else "doubtful"
        for start in range(0, len(data), _CHUNK):
            if not await line.take(data[start : start + _CHUNK]):
                state = await line.state()
                tell(state)
                if state.condition in _DEAF:
                    return _unknown(_LOST if line.lost else _STALLED)
        outcome = await self._answer(line, mark, len(data), tell)
        if outcome.result == "printed":
            self._memory = "empty"
        return outcome

    async def _answer(self, line: Line, mark: bytes | None, size: int, tell: Changed) -> Outcome:
        """Waits until the printer has answered for the whole job, through a change of roll if need be."""
        now = asyncio.get_running_loop().time
        patience = self._patience.answer + size / _SLOWEST
        deadline = now() + patience
        stopped = opened = False
        while not await line.answered(mark, self._patience.ask_again):
            if line.lost:
                return _unknown(_LOST)
            if line.nonsense:
                return _unknown(_NONSENSE)
            state = await line.state()
            tell(state)
            if state.condition is Condition.CUTTER and opened:
                # A hand was at it. The label goes on where it stopped; nothing of it is sent again.
                await line.resume()
                opened = False
            opened = not state.prints and (opened or state.condition is Condition.COVER_OPEN)
            if state.condition in _STOPS:
                if not stopped:
                    deadline = now() + self._patience.stopped
                stopped = True
            elif stopped and state.prints:
                # Going on: the rest of the job gets the time that a job gets.
                deadline = min(deadline, now() + patience)
            if now() >= deadline and not await line.answered(mark, 0):
                return _unknown(state.words or _SILENT)
        after = await line.state()
        tell(after)
        return Outcome(result="printed", check=stopped or after.condition in _STOPS)


_ABSENT = PrinterState(condition=Condition.ABSENT)
_HOLDS = PrinterState(condition=Condition.HOLDS)
_BUSY = PrinterState(condition=Condition.BUSY)
_NO_PRINTER = PrinterState(condition=Condition.NONSENSE)
_PERHAPS_BUSY = frozenset({Condition.BUSY, Condition.SILENT})
_DEAF = frozenset({Condition.ABSENT, Condition.SILENT, Condition.NONSENSE})
_STOPS = frozenset(
    {
        Condition.NO_PAPER,
        Condition.COVER_OPEN,
        Condition.CUTTER,
        Condition.HOT,
        Condition.OFFLINE,
        Condition.FAULT,
    }
)
_LOST = text("The connection to the label printer broke off. Look whether the label came out.")
_STALLED = text("The label printer took only a part of the label. Look whether it came out.")
_SILENT = text("The label printer does not say whether it printed. Look whether the label came out.")
_NONSENSE = text("The label printer answered nonsense. Look whether the label came out.")


def _unknown(reason: Text) -> Outcome:
    return Outcome(result="unknown", reason=reason)


def each_once(changed: Changed | None) -> Changed:
    """Passes on a state that is not the one passed on last."""
    known: PrinterState | None = None

    def tell(state: PrinterState) -> None:
        nonlocal known
        if changed is not None and state != known:
            known = state
            changed(state)

    return tell
