"""A small hub on a real socket, and a wire that can be cut, frozen and listened to. Both can be told to misbehave."""

import asyncio
import socket
import ssl
import struct
import tempfile
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from kiosk.hub.identity import Identity
from kiosk.hub.main import Server
from kiosk.local_store.tls import unpinned
from kiosk.model.base import from_json, to_json
from kiosk.model.changes import Change, Snapshot, StateLink
from kiosk.model.records import Accepted, Batch, Record

Answer = tuple[int, str, bytes]
JSON = "application/json"
TOKEN = "token-of-counter-1-and-nobody-else"
NOON = datetime(2026, 3, 2, 17, 0, tzinfo=UTC)
STATE_UP = StateLink(up=True, since=NOON)


def new_identity() -> Identity:
    with tempfile.TemporaryDirectory() as folder:
        return Identity.load_or_make(Path(folder) / "key.pem")


class FakeHub:
    """``answers`` maps a path to what it answers; ``records`` is the ledger; ``seen`` every request's path."""

    def __init__(self, identity: Identity | None = None, *, token: str = TOKEN) -> None:
        self.identity = identity or new_identity()
        self.token = token
        self.answers: dict[str, Answer | Callable[[bytes], Awaitable[Answer]]] = {}
        self.snapshot = Snapshot(cursor=0, state=STATE_UP)
        self.greeting: list[bytes] | None = None
        """What is sent in place of the snapshot."""
        self.records: dict[str, Record] = {}
        self.received: list[Record] = []
        self.after_commit: list[Callable[[Answer], Awaitable[Answer]]] = []
        """Each is used once, on the answer to a batch that is already in the ledger."""
        self.seen: list[str] = []
        self.headers: list[dict[str, str]] = []
        self.listeners: set[asyncio.Queue[bytes | None]] = set()
        self.port = 0
        self._server: Server | None = None
        self._task: asyncio.Task[None] | None = None

    async def __aenter__(self) -> "FakeHub":
        await self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.stop()

    async def start(self, port: int = 0) -> None:
        listening = socket.create_server(("127.0.0.1", port))
        self.port = listening.getsockname()[1]
        self._server = Server(self._app, self.identity)
        self._task = asyncio.create_task(self._server.serve([listening]))
        while not self._server.started:
            await asyncio.sleep(0.005)

    async def stop(self) -> None:
        if self._server is None or self._task is None:
            return
        for listening in self._server.servers:
            listening.close()  # first, so that nobody comes back while the hub is going
        for queue in self.listeners:
            queue.put_nowait(None)
        self._server.should_exit = True
        self._server.force_exit = True
        await self._task
        self._server = self._task = None

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self.port}"

    @property
    def watermark(self) -> int:
        return max((record.seq for record in self.records.values()), default=0)

    def tell(self, change: Change | bytes) -> None:
        for queue in self.listeners:
            queue.put_nowait(change if isinstance(change, bytes) else to_json(change))

    async def _app(self, scope: Any, receive: Any, send: Any) -> None:
        self.seen.append(scope["path"])
        headers = {name.decode(): value.decode() for name, value in scope["headers"]}
        self.headers.append(headers)
        known = headers.get("authorization") == f"Bearer {self.token}"
        if scope["type"] == "websocket":
            await self._changes(known, receive, send)
            return
        body = b""
        while True:
            message = await receive()
            body += message.get("body", b"")
            if not message.get("more_body"):
                break
        status, kind, data = await self._answer(scope["path"], known, body)
        await send({"type": "http.response.start", "status": status, "headers": [(b"content-type", kind.encode())]})
        await send({"type": "http.response.body", "body": data})

    async def _answer(self, path: str, known: bool, body: bytes) -> Answer:
        if path in self.answers:
            answer = self.answers[path]
            return await answer(body) if callable(answer) else answer
        if not known:
            return 401, JSON, b"{}"
        if path == "/v1/records":
            return await self._take(from_json(body, Batch))
        return 404, JSON, b"{}"

    async def _take(self, batch: Batch) -> Answer:
        self.received.extend(batch.records)
        for record in batch.records:
            if record.key not in self.records and record.seq == self.watermark + 1:
                self.records[record.key] = record
        answer = (200, JSON, to_json(Accepted(watermark=self.watermark)))
        return await self.after_commit.pop(0)(answer) if self.after_commit else answer

    async def _changes(self, known: bool, receive: Any, send: Any) -> None:
        await receive()
        if not known:
            await send({"type": "websocket.close", "code": 1008})  # uvicorn answers 403 before the handshake
            return
        await send({"type": "websocket.accept"})
        queue: asyncio.Queue[bytes | None] = asyncio.Queue()
        for first in self.greeting if self.greeting is not None else [to_json(self.snapshot)]:
            await send({"type": "websocket.send", "text": first.decode()})
        self.listeners.add(queue)
        leaving = asyncio.create_task(receive())
        try:
            while True:
                telling = asyncio.create_task(queue.get())
                await asyncio.wait({telling, leaving}, return_when=asyncio.FIRST_COMPLETED)
                if leaving.done():
                    telling.cancel()
                    return
                data = telling.result()
                if data is None:
                    await send({"type": "websocket.close", "code": 1001})
                    return
                await send({"type": "websocket.send", "text": data.decode("latin-1")})
        finally:
            leaving.cancel()
            self.listeners.discard(queue)


class Wire:
    """A TCP relay on 127.0.0.1 in front of a hub, which counts what the terminal sends."""

    def __init__(self, target: int) -> None:
        self.target = target
        self.port = 0
        self.heard = b""
        self.frozen = False
        self.drips = False
        """Answers come a byte at a time."""
        self.swallow_after = -1
        """Bytes of an answer that still come through; then the connection is cut. -1: all."""
        self._server: asyncio.Server | None = None
        self._writers: set[asyncio.StreamWriter] = set()
        self._tasks: set[asyncio.Task[None]] = set()

    async def __aenter__(self) -> "Wire":
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", self.port)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_: object) -> None:
        self.cut()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self.port}"

    def cut(self) -> None:
        """As when the hub's process is killed: every connection is reset and nobody listens."""
        if self._server is not None:
            self._server.close()
            self._server = None
        self.reset()

    def reset(self) -> None:
        for writer in self._writers:
            raw = writer.get_extra_info("socket")
            if raw is not None and raw.fileno() >= 0:
                raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            writer.transport.abort()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        self._writers.add(writer)
        try:
            there, back = await asyncio.open_connection("127.0.0.1", self.target)
            self._writers.add(back)
            async with asyncio.TaskGroup() as group:
                group.create_task(self._pump(reader, back, up=True))
                group.create_task(self._pump(there, writer, up=False))
        except* (OSError, asyncio.CancelledError):
            pass
        finally:
            writer.transport.abort()
            self._tasks.discard(task)

    async def _pump(self, source: asyncio.StreamReader, sink: asyncio.StreamWriter, *, up: bool) -> None:
        while data := await source.read(65_536):
            if up:
                self.heard += data
            while self.frozen:
                await asyncio.sleep(0.005)
            if not up and self.swallow_after >= 0:
                data, self.swallow_after = data[: self.swallow_after], -1
                sink.write(data)
                self.reset()
                return
            for piece in [data[n : n + 1] for n in range(len(data))] if self.drips and not up else [data]:
                sink.write(piece)
                await sink.drain()
                await asyncio.sleep(0.01 if self.drips else 0)
        sink.close()


class Eavesdropper:
    """Somebody else's machine that speaks TLS with a key of its own and keeps every byte it is told; ``relay_to`` has
    it pass them on to the hub, ``most`` is the newest version of TLS it speaks."""

    def __init__(self, *, relay_to: int = 0, most: ssl.TLSVersion = ssl.TLSVersion.MAXIMUM_SUPPORTED) -> None:
        self.identity = new_identity()
        self.heard = b""
        self.visits = 0
        self.here = 0
        """Connections that are open now."""
        self.port = 0
        self._relay_to = relay_to
        self._context = self.identity.tls()
        self._context.minimum_version = ssl.TLSVersion.MINIMUM_SUPPORTED
        self._context.maximum_version = most
        self._server: asyncio.Server | None = None
        self._tasks: set[asyncio.Task[None]] = set()

    async def __aenter__(self) -> "Eavesdropper":
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._server is not None
        self._server.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self.port}"

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """The handshake by hand, so that one the terminal breaks off is seen too."""
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        self.here += 1
        there = None
        try:
            await writer.start_tls(self._context, ssl_handshake_timeout=2)
            if self._relay_to:
                _, there = await asyncio.open_connection("127.0.0.1", self._relay_to, ssl=unpinned())
            while data := await reader.read(65_536):
                self.heard += data
                if there is not None:
                    there.write(data)
        except OSError:
            pass
        finally:
            self.here -= 1
            self.visits += 1
            self._tasks.discard(task)
            for each in (writer, there):
                if each is not None:
                    each.transport.abort()
