"""Receipt and label printers that speak ESC/POS, over whatever wire.

What can go wrong is not that nothing is printed but that nobody knows. So one document is one job on a connection of
its own; the printer's state is asked before; after the first byte every trouble means *unknown*; and the answer to the
end of the job is waited for. Nothing is ever sent twice by itself, and before anything is sent after a doubt the
printer's memory is emptied: else the label that was given up comes out together with its reprint.
"""

import asyncio
from typing import Literal

from kiosk.hw.printer.line import Line
from kiosk.hw.printer.port import Changed, Condition, Job, Outcome, Paper, Patience, PrinterState
from kiosk.hw.printer.status import MAKER, MODEL, drawer_pin, mark_of, proof
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

    async def state(self) -> PrinterState:
        async with self._turn:
            return await self._look()

    async def identity(self) -> str:
        """Maker and model in the printer's own words; empty where it does not say."""
        async with self._turn:
            try:
                async with await self._connected() as line:
                    return " ".join(filter(None, [await line.name(MAKER), await line.name(MODEL)]))
            except OSError:
                return ""

    async def answers_in_turn(self) -> bool:
        """Whether it says that it has printed: without that, every label is a doubt. Prints nothing."""
        async with self._turn:
            try:
                async with await self._connected() as line:
                    return await line.idle()
            except OSError:
                return False

    async def run(self, changed: Changed) -> None:
        tell = each_once(changed)
        while True:
            tell(await self.state())
            await asyncio.sleep(self._patience.watch)

    async def print(self, job: Job, changed: Changed | None = None) -> Outcome:
        tell = each_once(changed)
        async with self._turn:
            if job.reprint and self._memory == "unknown":
                self._memory = "doubtful"
            blocked = None if job.losable else await self._emptied(tell)
            if blocked is not None:
                return Outcome(result="failed", reason=blocked.words)
            try:
                line = await self._connected()
            except OSError:
                tell(_ABSENT)
                return Outcome(result="failed", reason=_ABSENT.words)
            async with line:
                return await self._print(line, job, tell)

    async def kick(self, pin: Literal[0, 1] = 0) -> bool:
        """Opens the drawer at the printer's plug: whether the pulse was sent. Never sent twice by itself."""
        async with self._turn:
            try:
                line = await self._connected()
            except OSError:
                return False
            async with line:
                if not (await line.state()).prints:
                    return False
                # ESC p: 50 ms of pulse, 500 ms of rest.
                return await line.take(bytes([0x1B, 0x70, pin, 25, 250]))

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

    async def _connected(self) -> Line:
        """Raises ``OSError`` (``TimeoutError`` is one) while there is no connection."""
        async with asyncio.timeout(self._patience.connect):
            return Line(await self._connect(), self._patience)

    async def _look(self) -> PrinterState:
        try:
            async with await self._connected() as line:
                return await line.state()
        except OSError:
            return _ABSENT

    async def _emptied(self, tell: Changed) -> PrinterState | None:
        """Sees to it that nothing of an earlier job comes out any more; a state that stands in the way, or None.

        A printer that is ready prints what it holds at once, so one that is ready and answers in turn holds nothing.
        """
        if self._memory == "empty":
            return None
        try:
            line = await self._connected()
        except OSError:
            tell(_ABSENT)
            return _ABSENT
        async with line:
            # Asked first: one that becomes ready only now has just printed what it held.
            state = await line.state()
            if await line.clear():
                self._memory = "empty"
                return None
            if state.prints and await line.idle():
                self._memory = "empty"
                return None
        if state == _ABSENT or self._memory == "unknown":
            tell(state)
            return None if state.prints else state
        return await self._switched_off_and_on(tell, awake=state.condition not in _DEAF)

    async def _switched_off_and_on(self, tell: Changed, *, awake: bool) -> PrinterState | None:
        """Waits until the printer has been gone and has come back: then its memory is empty.

        ``awake``: it answers now. One that is deaf already must be gone altogether, or be seen to fall silent again.
        """
        now = asyncio.get_running_loop().time
        deadline = now() + self._patience.stopped
        gone = False
        tell(_HOLDS)
        while now() < deadline:
            state = await self._look()
            deaf = state.condition in _DEAF
            if deaf and (awake or state == _ABSENT):
                gone = True
            elif gone and not deaf:
                self._memory = "empty"
                return None
            awake = awake or not deaf
            await asyncio.sleep(self._patience.ask_again)
        return _HOLDS

    # --- the job ------------------------------------------------------------------------------------------------------

    async def _print(self, line: Line, job: Job, tell: Changed) -> Outcome:
        state = await line.state()
        tell(state)
        if not state.prints:
            return Outcome(result="failed", reason=state.words)
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
        stopped = False
        while not await line.answered(mark, self._patience.ask_again):
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
            if now() >= deadline and not await line.answered(mark, 0):
                return _unknown(state.words or _SILENT)
        after = await line.state()
        tell(after)
        return Outcome(result="printed", check=stopped or after.condition in _STOPS)


_ABSENT = PrinterState(condition=Condition.ABSENT)
_HOLDS = PrinterState(condition=Condition.HOLDS)
_DEAF = frozenset({Condition.ABSENT, Condition.SILENT, Condition.NONSENSE})
_STOPS = frozenset({Condition.NO_PAPER, Condition.COVER_OPEN, Condition.OFFLINE, Condition.FAULT})
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
