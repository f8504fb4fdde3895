"""The terminal's side of the talk with the hub: questions, records on their way, and the live copy.

Nothing is sent to an address unless the hub there has proven its key and its connection still holds. When the
connection breaks, the address is forgotten and the hub has to be found, and to prove itself, again.
"""

import asyncio
import contextlib
import logging
import random
from collections.abc import Awaitable, Callable, Sequence
from typing import TYPE_CHECKING, Any, Protocol

import msgspec

from kiosk.local_store.allowed import allowed, unknown_here
from kiosk.local_store.finder import Found, HubAddress, NotFound, find, pinned_client, read_at_most, split_address, url
from kiosk.local_store.live import Gap, Live, copy_of
from kiosk.local_store.tls import pinned
from kiosk.model.base import Noun, from_json, to_json
from kiosk.model.changes import AnyMessage, Change, Snapshot
from kiosk.model.clock import Clock
from kiosk.model.connection import Condition, Connection
from kiosk.model.errors import Away, KioskError, Ours, Refusal
from kiosk.model.questions import ANSWERS, tag_of
from kiosk.model.records import Accepted, Batch, Record
from kiosk.model.text import Text, text

# A starting terminal draws its first picture before these are loaded.
if TYPE_CHECKING:
    import httpx
    from websockets.asyncio.client import ClientConnection, connect

log = logging.getLogger(__name__)

MOST_RECORDS = 64
MOST_BYTES = 4 * 1024 * 1024
"""Longest answer or message that is read; a shelf of two thousand products stays below a quarter of it."""

_messages: msgspec.json.Decoder[Snapshot | Change] = msgspec.json.Decoder(AnyMessage)


class Outbox(Protocol):
    """Where records wait. ``unsent`` gives the oldest first, in order of ``seq``, and again until acknowledged."""

    @property
    def epoch(self) -> int: ...

    @property
    def watermark(self) -> int: ...

    @property
    def unsent_count(self) -> int: ...

    async def unsent(self, limit: int = MOST_RECORDS) -> Sequence[Record]: ...

    async def acknowledged(self, watermark: int) -> None:
        """All records up to ``watermark`` (inclusive) are durable at the hub."""

    async def send_again(self, watermark: int, epoch: int) -> int:
        """The hub lacks confirmed records after ``watermark``. Returns how many wait again; 0: they are gone."""


class Pace(Noun, frozen=True, kw_only=True):
    """Times in seconds. A silent hub is noticed after at most ``heartbeat + silence + farewell``: below 3 s.

    ``retry_least`` and ``retry_most`` bound the full-jitter back-off of records, ``find_most`` that of finding the
    hub, which is kept short because the people in the shop stand and wait for it. A connection that held for
    ``steady`` seconds starts the back-off from the beginning.
    """

    question: float = 3.0
    heartbeat: float = 0.7
    silence: float = 1.2
    farewell: float = 0.3
    retry_least: float = 0.5
    retry_most: float = 30.0
    find_most: float = 5.0
    steady: float = 5.0


class HubLink:
    """Finds the hub, asks it, brings it the outbox's records, follows its changes, and knows whether it is there.

    ``on_change`` is called after each new :attr:`live`, ``on_connection`` with each new :attr:`connection`;
    both in the event loop, and both must return at once. ``on_found`` is told each time where the hub was found, to be
    remembered.
    """

    def __init__(
        self,
        *,
        terminal: str,
        role: str,
        token: str,
        hub: HubAddress,
        outbox: Outbox,
        clock: Clock,
        on_change: Callable[[], None],
        on_connection: Callable[[Connection], None],
        on_found: Callable[[Found], Awaitable[None]] | None = None,
        pace: Pace = Pace(),  # noqa: B008  (frozen)
        find: Callable[[HubAddress], Awaitable[Found | NotFound]] = find,
        chance: Callable[[], float] = random.random,
    ) -> None:
        self.live = Live()
        self._terminal = terminal
        self._role = role
        self._headers = {"Authorization": f"Bearer {token}"}
        self._hub = hub
        self._outbox = outbox
        self._clock = clock
        self._on_change = on_change
        self._on_connection = on_connection
        self._on_found = on_found
        self._pace = pace
        self._find = find
        self._chance = chance
        self._client: httpx.AsyncClient | None = None
        self._trouble: Text | None = None
        self._told: list[Text] = []
        """Reasons already logged since the hub was last there: each is logged once, however often it is met."""
        self._following = False
        self._work = asyncio.Event()
        self._hub_came = asyncio.Event()
        self._compared = False
        """What this hub has of our records was compared with what it confirmed."""
        self._running: asyncio.Task[None] | None = None
        # So that the hub's answers and the token cannot get into a log by way of the library's debugging output.
        self._wire_log = logging.getLogger(f"{__name__}.wire")
        self._wire_log.setLevel(logging.WARNING)
        self.connection = Connection(
            condition=Condition.HUB_AWAY,
            since=clock.now(),
            allowed=allowed(role, Condition.HUB_AWAY),
            unsent=outbox.unsent_count,
        )

    def __repr__(self) -> str:
        return f"<HubLink {self._terminal} {self.connection.condition}>"

    async def start(self) -> None:
        """Returns at once; the hub is looked for in the background."""
        self._running = asyncio.create_task(self._run(), name=f"hub link of {self._terminal}")
        self._running.add_done_callback(_report)

    async def close(self) -> None:
        """Nothing is under way afterwards. May be called twice."""
        if self._running is not None:
            self._running.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._running
            self._running = None

    def wake(self) -> None:
        """There is a new record in the outbox: send it now."""
        self._work.set()
        self._tell()

    async def ask(self, question: Any) -> Any:
        """The question's answer (:data:`~kiosk.model.questions.ANSWERS`), a ``Refusal``, or ``Away``.

        ``Away`` says nothing about whether the hub acted: ask again with the same key. Raises ``Ours`` for something
        that is not a question.
        """
        kind = ANSWERS.get(type(question))
        if kind is None:
            raise Ours(text("This program asked something the hub cannot know."), type(question).__name__)
        tag = tag_of(question)
        answer = await self._call(f"/v1/ask/{tag}", to_json(question), kind)
        if isinstance(answer, Away):
            log.info("asked %s: %s", tag, answer.reason)
        return answer

    async def _run(self) -> None:
        async with asyncio.TaskGroup() as group:
            group.create_task(self._follow())
            group.create_task(self._drain())

    # -- one call --------------------------------------------------------------------------------------------------

    async def _call(self, path: str, body: bytes, kind: type[Any]) -> Any:
        import httpx  # noqa: PLC0415

        client = self._client
        if client is None:
            return _away(self._trouble or text("The hub is not connected. Try again in a moment."))
        try:
            async with (
                asyncio.timeout(self._pace.question),
                client.stream("POST", path, content=body) as answer,
            ):
                data = await read_at_most(answer, MOST_BYTES)
        except (TimeoutError, httpx.TimeoutException):
            return _away(text("The hub did not answer in time. Try again."))
        except (OSError, httpx.HTTPError, httpx.StreamError):
            return _away(text("The connection to the hub broke. Try again in a moment."))
        return _understood(answer, data, kind)

    # -- records ---------------------------------------------------------------------------------------------------

    async def _drain(self) -> None:
        tries = 0
        while True:
            await self._work.wait()
            self._work.clear()
            if self._client is None:
                continue  # finding the hub sets the event again
            self._hub_came.clear()
            try:
                trouble = await self._send_all()
            except KioskError as broken:
                trouble = broken.reason
            self._tell()
            if trouble is None:
                tries = 0
                continue
            if not tries:
                log.warning("records wait here: %s", trouble)
            pause = back_off(tries, self._pace.retry_least, self._pace.retry_most, self._chance())
            tries += 1
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(pause):
                    await self._hub_came.wait()
                    tries = 0
            self._work.set()

    async def _send_all(self) -> Text | None:
        """Sends until nothing waits, and compares with a hub that has just come. Returns what stood in the way."""
        while (records := await self._outbox.unsent(MOST_RECORDS)) or not self._compared:
            epoch = records[0].epoch if records else self._outbox.epoch
            batch = [record for record in records[:MOST_RECORDS] if record.epoch == epoch]
            before = batch[0].seq - 1 if batch else self._outbox.watermark
            body = to_json(Batch(terminal=self._terminal, epoch=epoch, records=tuple(batch)))
            answer = await self._call("/v1/records", body, Accepted)
            if isinstance(answer, Away):
                return answer.reason
            if isinstance(answer, Refusal):
                return text("The hub refuses the records. They stay here; call the manager.")
            if answer.watermark < before:
                count = await self._outbox.send_again(answer.watermark, epoch)
                if not count:
                    return text("The hub lacks records that are not here any more. Call the manager.")
                log.warning("the hub has fewer records than it confirmed: %d are sent again", count)
                continue
            if batch and answer.watermark == before:
                return text("The hub did not take the records. They stay here; call the manager.")
            more = len(records) >= MOST_RECORDS and len(batch) == len(records)
            last = batch[-1].seq if batch else before
            if answer.watermark > last and not more:
                # Everything was sent, and still the hub has later ones: a cloned or restored terminal.
                return text("The hub has records in this terminal's name that were not made here. Call the manager.")
            if answer.flagged:
                log.warning("the hub flagged %d of %d records", len(answer.flagged), len(batch))
            # Never believe more than was sent: a wrong number must not make a record disappear.
            if batch:
                await self._outbox.acknowledged(min(answer.watermark, last))
            self._compared = True
            self._tell()
        return None

    # -- the hub's changes -----------------------------------------------------------------------------------------

    async def _follow(self) -> None:
        tries = 0
        while True:
            outcome = await self._find(self._hub)
            if isinstance(outcome, NotFound):
                self._lost(outcome.reason)
            else:
                await self._remember(outcome)
                began = self._clock.monotonic()
                self._lost(await self._stay_with(outcome))
                if self._clock.monotonic() - began >= self._pace.steady:
                    tries = 0
            await asyncio.sleep(back_off(tries, self._pace.retry_least, self._pace.find_most, self._chance()))
            tries += 1

    async def _remember(self, found: Found) -> None:
        self._hub = msgspec.structs.replace(self._hub, last=found.address)
        if self._on_found is not None:
            try:
                await self._on_found(found)
            except KioskError as trouble:  # it is found all the same; only the next start takes longer
                log.warning("where the hub is could not be remembered: %s", trouble.reason)

    async def _stay_with(self, found: Found) -> Text:
        """Talks to a hub that has just proven itself until the connection breaks; returns why."""
        async with self._client_for(found) as client:
            self._client = client
            self._compared = False
            self._hub_came.set()
            self._work.set()
            try:
                while True:
                    ended = await self._session(found)
                    if isinstance(ended, Text):
                        return ended
                    # A gap: a new snapshot is wanted. The hub is there, but one that cannot count gets no hot circle.
                    log.warning("a new snapshot is needed: %s", ended)
                    await asyncio.sleep(self._chance() * self._pace.heartbeat)
            finally:
                self._client = None

    def _client_for(self, found: Found) -> "httpx.AsyncClient":
        headers = {**self._headers, "Content-Type": "application/json", "Accept-Encoding": "identity"}
        return pinned_client(found, self._pace.question, headers=headers)

    async def _session(self, found: Found) -> Text | Gap:
        from websockets.exceptions import ConnectionClosed, InvalidStatus, WebSocketException  # noqa: PLC0415

        try:
            async with self._changes(found) as socket:
                return await self._listen(socket)
        except InvalidStatus as refused:
            if refused.response.status_code in {401, 403}:
                return unknown_here()
            return text("The hub cannot work at the moment.")
        except Gap as gap:
            return gap
        except TimeoutError:
            return text("The hub is silent.")
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
            return text("The hub's changes cannot be understood. Call the manager.")
        except (OSError, ConnectionClosed):
            return text("The hub is gone.")
        except (WebSocketException, ValueError):
            return text("The hub's changes cannot be understood. Call the manager.")

    def _changes(self, found: Found) -> "connect":
        from websockets.asyncio.client import connect  # noqa: PLC0415

        host, port = split_address(found.address)
        return connect(
            url(found.address, "/v1/changes", scheme="wss"),
            ssl=pinned([found.fingerprint]),
            host=host,  # named, so that no redirect leads elsewhere
            port=port,
            additional_headers=self._headers,
            user_agent_header=None,
            compression=None,
            proxy=None,
            open_timeout=self._pace.question,
            ping_interval=self._pace.heartbeat,
            ping_timeout=self._pace.silence,
            close_timeout=self._pace.farewell,
            max_size=MOST_BYTES,
            logger=self._wire_log,
        )

    async def _listen(self, socket: "ClientConnection") -> Text:
        async with asyncio.timeout(self._pace.question):
            first = _messages.decode(await socket.recv())
        if not isinstance(first, Snapshot):
            raise msgspec.ValidationError("a change came before the snapshot")
        self._show(copy_of(first))
        async for data in socket:
            message = _messages.decode(data)
            self._show(copy_of(message) if isinstance(message, Snapshot) else self.live.after(message))
        return text("The hub closed the connection.")

    def _show(self, live: Live) -> None:
        self.live = live
        if not self._following:
            log.info("the hub is there")
        self._following = True
        self._trouble = None
        self._told.clear()
        self._tell()
        self._on_change()

    # -- the four conditions ---------------------------------------------------------------------------------------

    def _lost(self, trouble: Text) -> None:
        if trouble not in self._told:
            self._told.append(trouble)
            log.warning("hub away: %s", trouble)
        self._following = False
        self._trouble = trouble
        self._tell()

    def _tell(self) -> None:
        old = self.connection
        state_up = self.live.state is None or self.live.state.up
        if self._following:
            condition = Condition.ALL_WELL if state_up else Condition.STATE_AWAY
        else:
            condition = Condition.HUB_AWAY if state_up else Condition.BOTH_AWAY
        since = old.since
        if condition != old.condition:
            since = self._clock.now()
            if condition == Condition.STATE_AWAY and self.live.state is not None:
                since = min(since, self.live.state.since)
        words = unknown_here() if self._trouble == unknown_here() else allowed(self._role, condition)
        self.connection = Connection(condition=condition, since=since, allowed=words, unsent=self._outbox.unsent_count)
        if self.connection != old:
            self._on_connection(self.connection)


def back_off(tries: int, least: float, most: float, chance: float) -> float:
    """Seconds to wait after ``tries`` failures: a random part (``chance``, 0 to 1) of a limit that doubles ("full
    jitter", Brooker, "Exponential Backoff And Jitter", 2015)."""
    return chance * min(most, least * 2.0 ** min(tries, 30))


def _understood(answer: "httpx.Response", data: bytes | None, kind: type[Any]) -> Any:
    status = answer.status_code
    if status in {401, 403}:
        return _away(unknown_here())
    if status not in {200, 201, 422}:
        log.warning("the hub answered with status %d", status)
        return _away(text("The hub cannot work at the moment. Try again, or call the manager."))
    nonsense = _away(text("The hub's answer cannot be understood. Call the manager."))
    if data is None or answer.headers.get("content-type", "").partition(";")[0].strip() != "application/json":
        return nonsense
    try:
        return from_json(data, Refusal if status == 422 else kind)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return nonsense


def _away(reason: Text) -> Away:
    return Away(who="hub", reason=reason)


def _report(running: asyncio.Task[None]) -> None:
    """A link that dies of a bug must not die in silence. The type alone: a message could quote what was sent."""
    if not running.cancelled() and (bug := running.exception()) is not None:
        causes = bug.exceptions if isinstance(bug, BaseExceptionGroup) else (bug,)
        log.critical("the hub link stopped: %s", ", ".join(type(cause).__name__ for cause in causes))
