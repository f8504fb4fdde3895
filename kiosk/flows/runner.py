"""Carries out a flow's requests and keeps each answer before it goes into the flow.

A flow is resumed by running it again on the kept answers: after a power cut, and after *back*, which is the same run
without the last answer of a person. What makes that sound:

* a flow depends on its arguments and answers alone; each request's digest is kept with its answer and compared;
* an effect outside carries a key made of flow id and step number, so that doing it again has no second effect;
* a print or a drawer's pulse that was begun and has no answer is answered *unknown*: never a second one by itself;
* a question that got no answer is asked again under the key it had before, so that a claim cannot double.
"""

import hashlib
import hmac
import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, Protocol

import msgspec

from kiosk.flows.requests import (
    Ask,
    Changed,
    Chosen,
    Commit,
    Kept,
    OpenDrawer,
    Opened,
    Print,
    Printed,
    Request,
    Scanned,
    Show,
    Tell,
    TimedOut,
    Told,
    Typed,
)
from kiosk.flows.sop import Sop
from kiosk.model.base import from_json, to_json
from kiosk.model.entries import Typing
from kiosk.model.errors import Away, Ours, Refusal
from kiosk.model.ids import new_id
from kiosk.model.questions import ANSWERS
from kiosk.model.records import Record
from kiosk.model.text import text

Back = Literal["back"]
ShowAnswer = Scanned | Chosen | Typed | TimedOut | Changed
Moment = Literal["asked", "done", "kept"]
Observer = Callable[[Moment, int, Request], None]
"""Told of every request: ``asked`` before it is carried out, ``done`` before its answer is durable, ``kept`` after."""


class KeptAnswer(Protocol):
    """One step of a kept flow. ``answer`` None: it was begun, and nobody knows how it ended."""

    @property
    def n(self) -> int: ...
    @property
    def digest(self) -> str: ...
    @property
    def answer(self) -> bytes | None: ...


class Keeper(Protocol):
    """What the runner needs of the terminal's store. Everything is durable when a call returns."""

    async def open_flow(self, flow_id: str, sop: str, args: bytes) -> None: ...
    async def kept(self, flow_id: str) -> Sequence[KeptAnswer]: ...
    async def begin(self, flow_id: str, n: int, digest: str) -> None: ...
    async def keep(self, flow_id: str, n: int, digest: str, answer: bytes, record: Record | None) -> Record | None: ...
    async def take_back(self, flow_id: str, n: int) -> None: ...
    async def end_flow(self, flow_id: str) -> None: ...


class World(Protocol):
    """Who carries requests out: the terminal, a test, a simulation."""

    async def show(self, request: Show) -> ShowAnswer | Back: ...
    async def ask(self, request: Ask) -> Any: ...
    async def print(self, request: Print, job: str) -> Printed: ...
    async def open_drawer(self) -> Opened: ...
    def now(self) -> datetime: ...


@dataclass(frozen=True)
class Author:
    """Who stands behind the records of a flow."""

    terminal: str
    role: str
    staff_id: str = ""
    session_id: str = ""


class FlowArgs(msgspec.Struct, frozen=True):
    """What is kept with a flow to run it again. ``salt`` keys the digests, so that none can be guessed at."""

    salt: str
    args: tuple[msgspec.Raw, ...] = ()
    author: tuple[str, str, str, str] = ("", "", "", "")


@dataclass
class Runner:
    """Runs one flow to its end. Make it with :meth:`start` or :meth:`resume`."""

    sop: Sop
    flow_id: str
    arguments: tuple[Any, ...]
    salt: str
    author: Author
    keeper: Keeper
    world: World
    observers: tuple[Observer, ...] = ()

    @classmethod
    async def start(
        cls, sop: Sop, arguments: tuple[Any, ...], author: Author, keeper: Keeper, world: World, *observers: Observer
    ) -> "Runner":
        flow_id, salt = new_id(), secrets.token_hex(16)
        kept = FlowArgs(
            salt=salt,
            args=tuple(msgspec.Raw(to_json(argument)) for argument in arguments),
            author=(author.terminal, author.role, author.staff_id, author.session_id),
        )
        await keeper.open_flow(flow_id, sop.name, msgspec.json.encode(kept))
        return cls(sop, flow_id, arguments, salt, author, keeper, world, observers)

    @classmethod
    def resume(
        cls, sop: Sop, flow_id: str, args: bytes, keeper: Keeper, world: World, *observers: Observer
    ) -> "Runner":
        """Takes up a kept flow from what :meth:`start` kept with it."""
        kept = msgspec.json.decode(args, type=FlowArgs)
        arguments: tuple[Any, ...] = tuple(
            from_json(bytes(raw), kind) for raw, kind in zip(kept.args, sop.arguments, strict=True)
        )
        return cls(sop, flow_id, arguments, kept.salt, Author(*kept.author), keeper, world, observers)

    async def run(self) -> Any:
        """Runs to the end, destroys what was kept, and returns the flow's result. Cancelled, it can be resumed."""
        while True:
            try:
                result = await self._once()
            except _TakenBack:
                continue
            await self.keeper.end_flow(self.flow_id)
            return result

    async def _once(self) -> Any:
        kept = {step.n: step for step in await self.keeper.kept(self.flow_id)}
        flow = self.sop.flow(*self.arguments)
        history: list[tuple[Request, Any]] = []
        unanswered: dict[str, int] = {}
        try:
            request = next(flow)
            while True:
                n = len(history)
                digest = self._digest(request)
                step = kept.get(n)
                if step is not None and step.digest != digest:
                    raise Ours(
                        text("This work was begun with another version of the program. Start it again."),
                        f"{self.sop.name} step {n}: the request kept is not the request made",
                    )
                if step is not None and step.answer is not None:
                    answer = _decode(request, step.answer)
                else:
                    answer = await self._carry_out(request, n, digest, history, unanswered, begun=step is not None)
                if isinstance(request, Ask):
                    _remember_unanswered(unanswered, digest, n, answer)
                history.append((request, answer))
                request = flow.send(answer)
        except StopIteration as end:
            return end.value
        finally:
            flow.close()

    async def _carry_out(
        self,
        request: Request,
        n: int,
        digest: str,
        history: list[tuple[Request, Any]],
        unanswered: dict[str, int],
        *,
        begun: bool,
    ) -> Any:
        self._tell("asked", n, request)
        record: Record | None = None
        match request:
            case Show():
                target = _back_target(history)
                step = msgspec.structs.replace(request.step, can_go_back=target is not None)
                answer: Any = await self.world.show(msgspec.structs.replace(request, step=step))
                if answer == "back":
                    if target is not None:
                        await self.keeper.take_back(self.flow_id, target)
                    raise _TakenBack
                _check_typed(request, answer)
            case Ask():
                key = f"{self.flow_id}:{unanswered.get(digest, n)}"
                answer = await self.world.ask(_with_key(request, key))
            case Commit():
                record = self._record(request, n)
                answer = Kept(key=record.key)
            case Print():
                if begun:
                    answer = Printed(outcome="unknown")
                else:
                    await self.keeper.begin(self.flow_id, n, digest)
                    answer = await self.world.print(request, f"{self.flow_id}:{n}")
            case OpenDrawer():
                if begun:
                    answer = Opened(outcome="unknown")
                else:
                    await self.keeper.begin(self.flow_id, n, digest)
                    answer = await self.world.open_drawer()
            case Tell():
                answer = Told(at=self.world.now())
        self._tell("done", n, request)
        await self.keeper.keep(self.flow_id, n, digest, to_json(answer), record)
        self._tell("kept", n, request)
        return answer

    def _record(self, request: Commit, n: int) -> Record:
        """Terminal epoch and sequence are filled in by the store, in the same transaction as the answer."""
        return Record(
            key=f"{self.flow_id}:{n}",
            terminal=self.author.terminal,
            role=self.author.role,
            epoch=0,
            seq=0,
            at=self.world.now(),
            sop=self.sop.name,
            step=request.sop,
            staff_id=self.author.staff_id,
            session_id=self.author.session_id,
            fact=request.fact,
        )

    def _digest(self, request: Request) -> str:
        return hmac.new(self.salt.encode(), to_json(request), hashlib.sha256).hexdigest()

    def _tell(self, moment: Moment, n: int, request: Request) -> None:
        for observer in self.observers:
            observer(moment, n, request)


def typing_of(step: Any) -> Typing | None:
    """What may be typed at this step; None where nothing may."""
    found: Typing | None = getattr(step, "typing", None)
    return found


def _check_typed(request: Show, answer: Any) -> None:
    """Whoever carries the flow out: no typed value reaches it that its step does not allow (INT-10)."""
    if isinstance(answer, Typed):
        typing = typing_of(request.step)
        if typing is None or typing.wrong(answer.digits) is not None:
            raise Ours(text("Something was typed that this step does not take."), request.step.kind)


class _TakenBack(Exception):
    """The last answer of a person was taken back: run again without it."""


def _remember_unanswered(unanswered: dict[str, int], digest: str, n: int, answer: Any) -> None:
    """A question without an answer keeps the number of its first asking; any answer settles it."""
    if isinstance(answer, Away):
        unanswered.setdefault(digest, n)
    else:
        unanswered.pop(digest, None)


def _back_target(history: list[tuple[Request, Any]]) -> int | None:
    """Number of the last step a person answered, if nothing since then has had an effect; else None."""
    for n in range(len(history) - 1, -1, -1):
        request, answer = history[n]
        if isinstance(request, Commit | Print | OpenDrawer) or (isinstance(request, Ask) and request.claims):
            return None
        if isinstance(request, Show) and isinstance(answer, Scanned | Chosen | Typed):
            return n
    return None


def _with_key(request: Ask, key: str) -> Ask:
    if "key" not in request.question.__struct_fields__:
        return request
    return msgspec.structs.replace(request, question=msgspec.structs.replace(request.question, key=key))


def _decode(request: Request, data: bytes) -> Any:
    match request:
        case Show():
            return msgspec.json.decode(data, type=ShowAnswer)
        case Ask():
            return decode_hub_answer(request.question, data)
        case Commit():
            return msgspec.json.decode(data, type=Kept)
        case Print():
            return msgspec.json.decode(data, type=Printed)
        case OpenDrawer():
            return msgspec.json.decode(data, type=Opened)
        case Tell():
            return msgspec.json.decode(data, type=Told)
    raise AssertionError(request)


def decode_hub_answer(question: Any, data: bytes) -> Any:
    """The answer's type follows from its fields: answers, refusals and *away* share no shape (all are strict)."""
    for kind in (ANSWERS[type(question)], Refusal, Away):
        try:
            return msgspec.json.decode(data, type=kind)
        except msgspec.ValidationError:
            continue
    raise Ours(text("A kept answer cannot be read. Start this work again."), type(question).__name__)
