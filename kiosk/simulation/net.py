"""The shop's network: it delays, loses, doubles and is cut. Bytes of the real API travel over it, to the real hub."""

import asyncio
import contextlib
import random
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from typing import Any

from kiosk.local_store.finder import Found, HubAddress, NotFound
from kiosk.local_store.link import HubLink
from kiosk.model.text import text

App = Callable[[dict[str, Any], Callable[[], Any], Callable[[dict[str, Any]], Any]], Any]

NOTICED = 1.9
"""Seconds after which both ends of a cut connection know: a heartbeat and the silence behind it."""


class Broken(OSError):
    """The connection is gone."""


@dataclass
class Weather:
    """What the network does to each message: chances, and seconds."""

    delay: float = 0.003
    lost: float = 0.0
    doubled: float = 0.0
    late: float = 0.0
    """Chance that a message takes a second or two."""


@dataclass
class Network:
    chance: random.Random
    weather: Weather = field(default_factory=Weather)
    app: App | None = None
    """The hub's application; None while the hub is dead."""
    cut: set[str] = field(default_factory=set)
    """Terminals whose cable is out."""
    _wires: "dict[Wire, str]" = field(default_factory=dict)
    _at_hub: "dict[asyncio.Task[Any], None]" = field(default_factory=dict)
    fingerprint: str = "0" * 64

    def _delay(self) -> float:
        slow = 0.5 + 1.5 * self.chance.random() if self.chance.random() < self.weather.late else 0.0
        return self.weather.delay * (0.2 + 1.6 * self.chance.random()) + slow

    def reaches(self, terminal: str) -> bool:
        return self.app is not None and terminal not in self.cut

    def pull(self, terminal: str) -> None:
        """The cable comes out: what is under way is lost, and both ends notice after a time."""
        self.cut.add(terminal)
        self._break(terminal)

    def plug(self, terminal: str) -> None:
        self.cut.discard(terminal)

    def hub_dies(self) -> None:
        self.app = None
        for task in list(self._at_hub):
            task.cancel()
        self._break(None)

    def _break(self, terminal: str | None) -> None:
        loop = asyncio.get_running_loop()
        for wire, whose in list(self._wires.items()):
            if terminal in (None, whose):
                loop.call_later(NOTICED * (0.5 + self.chance.random()), wire.snap)

    async def find(self, terminal: str) -> Found | NotFound:
        await asyncio.sleep(0.05 + 0.1 * self.chance.random())
        if not self.reaches(terminal):
            return NotFound(why="nobody", reason=text("The hub is not found."))
        return Found(address="hub.sim:8440", fingerprint=self.fingerprint)

    async def post(self, terminal: str, path: str, headers: dict[str, str], body: bytes) -> tuple[int, bytes]:
        """Status and body of the hub's answer. Raises :class:`Broken`; or never ends where a message was lost."""
        await asyncio.sleep(self._delay())
        if not self.reaches(terminal):
            raise Broken
        if self.chance.random() < self.weather.lost:
            await asyncio.Event().wait()
        if self.chance.random() < self.weather.doubled:
            self._at_hub_do(self._asked(path, headers, body))
        answer: tuple[int, bytes] = await asyncio.shield(self._at_hub_do(self._asked(path, headers, body)))
        await asyncio.sleep(self._delay())
        if terminal in self.cut:
            raise Broken
        if self.chance.random() < self.weather.lost:
            await asyncio.Event().wait()
        return answer

    def _at_hub_do(self, work: Any) -> "asyncio.Task[Any]":
        """Goes on at the hub whatever becomes of whoever asked; ends with the hub."""
        task: asyncio.Task[Any] = asyncio.ensure_future(work)
        self._at_hub[task] = None
        task.add_done_callback(self._done)
        return task

    def _done(self, task: "asyncio.Task[Any]") -> None:
        self._at_hub.pop(task, None)
        if not task.cancelled():
            task.exception()

    async def _asked(self, path: str, headers: dict[str, str], body: bytes) -> tuple[int, bytes]:
        app = self.app
        if app is None:
            raise Broken
        status, parts = 0, list[bytes]()

        async def receive() -> dict[str, Any]:
            return {"type": "http.request", "body": body, "more_body": False}

        async def send(message: dict[str, Any]) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            else:
                parts.append(message.get("body", b""))

        try:
            await app(_scope("http", path, headers), receive, send)
        except asyncio.CancelledError:
            raise Broken from None  # the hub died under it
        return status, b"".join(parts)

    @contextlib.asynccontextmanager
    async def changes(self, terminal: str, headers: dict[str, str]) -> AsyncIterator["Wire"]:
        await asyncio.sleep(self._delay())
        if not self.reaches(terminal):
            raise Broken
        assert self.app is not None
        wire = Wire(self)
        self._wires[wire] = terminal
        serving = self._at_hub_do(self.app(_scope("websocket", "/v1/changes", headers), wire.receive, wire.send))
        serving.add_done_callback(lambda _: wire.end())
        try:
            yield wire
        finally:
            self._wires.pop(wire, None)
            wire.hang_up()


class Wire:
    """One WebSocket: in order, until it snaps."""

    def __init__(self, network: Network) -> None:
        self._network = network
        self._to_hub: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        self._to_terminal: asyncio.Queue[bytes | None] = asyncio.Queue()
        self._to_hub.put_nowait({"type": "websocket.connect"})
        self._free_at = 0.0
        self._over = False
        self.refused = False

    async def receive(self) -> dict[str, Any]:
        return await self._to_hub.get()

    async def send(self, message: dict[str, Any]) -> None:
        if message["type"] == "websocket.send":
            loop = asyncio.get_running_loop()
            self._free_at = max(self._free_at, loop.time() + self._network._delay())
            loop.call_at(self._free_at, self._to_terminal.put_nowait, message["bytes"])
        elif message["type"] == "websocket.close":
            self.refused = True
            self._to_terminal.put_nowait(None)

    def end(self) -> None:
        """The hub ended it."""
        asyncio.get_running_loop().call_later(self._network._delay(), self._to_terminal.put_nowait, None)

    def snap(self) -> None:
        self._to_terminal.put_nowait(None)
        self.hang_up()

    def hang_up(self) -> None:
        if not self._over:
            self._over = True
            self._to_hub.put_nowait({"type": "websocket.disconnect", "code": 1006})

    async def recv(self) -> bytes:
        data = await self._to_terminal.get()
        if data is None:
            raise Broken
        return data

    def __aiter__(self) -> "Wire":
        return self

    async def __anext__(self) -> bytes:
        return await self.recv()


def _scope(kind: str, path: str, headers: dict[str, str]) -> dict[str, Any]:
    return {
        "type": kind,
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        **({"method": "POST"} if kind == "http" else {"subprotocols": []}),
        "scheme": "http" if kind == "http" else "ws",
        "path": path,
        "raw_path": path.encode(),
        "query_string": b"",
        "root_path": "",
        "headers": [(name.lower().encode(), value.encode()) for name, value in headers.items()],
        "client": ("10.0.0.2", 40000),
        "server": ("hub.sim", 8440),
        "state": {},
        "extensions": {},
    }


class SimulatedLink(HubLink):
    """The terminal's link with this network in place of sockets; what it decides is the real one's."""

    def __init__(self, network: Network, **given: Any) -> None:
        async def find(_: HubAddress) -> Found | NotFound:
            return await network.find(given["terminal"])

        super().__init__(**given, find=find, hub=HubAddress(pins=(network.fingerprint,), static="hub.sim:8440"))
        self._network = network

    def _client_for(self, found: Found) -> Any:  # noqa: ARG002
        return _Client(self._network, self._terminal, self._headers)

    def _changes(self, found: Found) -> Any:  # noqa: ARG002
        return self._network.changes(self._terminal, self._headers)


@dataclass(frozen=True)
class _Client:
    """What the link uses of an HTTP client."""

    network: Network
    terminal: str
    headers: dict[str, str]

    async def __aenter__(self) -> "_Client":
        return self

    async def __aexit__(self, *_: object) -> None: ...

    @contextlib.asynccontextmanager
    async def stream(self, _: str, path: str, *, content: bytes) -> AsyncIterator["_Answer"]:
        headers = {**self.headers, "Content-Type": "application/json", "Content-Length": str(len(content))}
        yield _Answer(*await self.network.post(self.terminal, path, headers, content))


@dataclass(frozen=True)
class _Answer:
    status_code: int
    body: bytes
    headers: dict[str, str] = field(default_factory=lambda: {"content-type": "application/json"})

    async def aiter_raw(self) -> AsyncIterator[bytes]:
        yield self.body
