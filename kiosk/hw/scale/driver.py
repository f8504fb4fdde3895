"""A scale that is asked over a serial port or the network."""

import asyncio
import contextlib
from collections.abc import AsyncIterator

from kiosk.hw.scale.codec import LANGUAGES, Answer, Answers, Kind, Protocol
from kiosk.hw.scale.port import ScaleState, Weighing
from kiosk.hw.wires import Connect, Wire
from kiosk.model.base import Noun


class Patience(Noun, frozen=True, kw_only=True):
    """How long each thing may take, in seconds."""

    connect: float = 3.0
    answer: float = 1.0
    rest: float = 6.0
    """Until a weight stands still."""
    again: float = 0.1
    """Between two questions."""


class AskedScale:
    """A :class:`~kiosk.hw.scale.port.Scale`. A weight counts when the scale calls it steady twice, and the same.

    None of these languages has a check sum: a bit that falls over on the cable makes another weight, but not twice.
    """

    def __init__(self, name: str, connect: Connect, protocol: Protocol, *, patience: Patience | None = None) -> None:
        self.name = name
        self._connect = connect
        self._language = LANGUAGES[protocol]
        self._patience = patience or Patience()
        self._turn = asyncio.Lock()

    async def weigh(self) -> Weighing:
        async with self._turn, self._asking() as ask:
            if ask is None:
                return Weighing(state=ScaleState.ABSENT)
            return await self._weigh(ask)

    async def zero(self) -> ScaleState:
        return await self._do(self._language.zero)

    async def tare(self) -> ScaleState:
        return await self._do(self._language.tare)

    async def _weigh(self, ask: "_Asking") -> Weighing:
        now = asyncio.get_running_loop().time
        deadline = now() + self._patience.rest
        before: Answer | None = _NOT_ASKED
        while True:
            answer = await ask(self._language.ask)
            if ask.lost:
                return Weighing(state=ScaleState.ABSENT)
            if answer == before and (answer is None or answer.kind in _AT_REST):
                return _SILENT if answer is None else Weighing(state=_AT_REST[answer.kind], weight=answer.weight)
            if now() >= deadline:
                return _SILENT if answer is None else Weighing(state=_STATES[answer.kind])
            before = answer
            await asyncio.sleep(self._patience.again)

    async def _do(self, wish: bytes) -> ScaleState:
        async with self._turn, self._asking() as ask:
            if ask is None:
                return ScaleState.ABSENT
            answer = await ask(wish)
            if answer is None:
                return ScaleState.ABSENT if ask.lost else ScaleState.SILENT
            # Some answer with the new weight instead of a word.
            return ScaleState.STEADY if answer.kind in ("done", "steady") else _REFUSALS[answer.kind]

    @contextlib.asynccontextmanager
    async def _asking(self) -> AsyncIterator["_Asking | None"]:
        try:
            async with asyncio.timeout(self._patience.connect):
                wire = await self._connect()
        except OSError:
            yield None
            return
        try:
            yield _Asking(wire, Answers(self._language), self._patience.answer)
        finally:
            await wire.abort()


class _Asking:
    """One open wire: a question, an answer."""

    def __init__(self, wire: Wire, answers: Answers, seconds: float) -> None:
        self._wire, self._answers, self._seconds = wire, answers, seconds
        self.lost = False

    async def __call__(self, question: bytes) -> Answer | None:
        """The answer; None when there is none in time, or no wire any more."""
        try:
            async with asyncio.timeout(self._seconds):
                self._wire.write(question)
                await self._wire.drain()
                while data := await self._wire.read():
                    if heard := self._answers.feed(data):
                        return heard[-1]
            self.lost = True
        except TimeoutError:
            return None
        except OSError:
            self.lost = True
        return None


_NOT_ASKED = Answer("nonsense")
_SILENT = Weighing(state=ScaleState.SILENT)
_AT_REST: dict[Kind, ScaleState] = {
    "steady": ScaleState.STEADY,
    "over": ScaleState.OVER,
    "under": ScaleState.UNDER,
}
_STATES: dict[Kind, ScaleState] = {
    "steady": ScaleState.MOVING,  # the two before it differed
    "moving": ScaleState.MOVING,
    "over": ScaleState.OVER,
    "under": ScaleState.UNDER,
    "refused": ScaleState.REFUSED,
    "done": ScaleState.NONSENSE,
    "nonsense": ScaleState.NONSENSE,
}
_REFUSALS = {**_STATES, "moving": ScaleState.REFUSED}
