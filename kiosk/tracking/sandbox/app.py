"""The sandbox as an ASGI application: METRC, the registry, and the desk from which a rehearsal is run.

The desk, under ``/sandbox``, needs no key and has no faults: run the sandbox where nobody else can reach it.

- ``GET|PUT|DELETE /sandbox/faults``: what goes wrong, see :mod:`kiosk.tracking.sandbox.faults`
- ``GET /sandbox/receipts``: every receipt as METRC shows it
- ``GET /sandbox/requests``: how often each path was asked, ids left out
- ``POST /sandbox/elsewhere``: a purchase in another store, ``{"card", "product", "units", "on"}``
- ``PUT /sandbox/packages/{tag}``: ``{"hold", "finished", "quantity", "state"}``
- ``PUT /sandbox/patients/{card}``: ``{"status"}``
"""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, MutableMapping
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote

import msgspec

from kiosk.model.clock import Clock
from kiosk.model.people import RegistryStatus
from kiosk.tracking.sandbox import metrc_rows
from kiosk.tracking.sandbox.faults import BEFORE, Fault, FaultList, Faults
from kiosk.tracking.sandbox.metrc_side import MetrcSide
from kiosk.tracking.sandbox.registry_side import RegistrySide
from kiosk.tracking.sandbox.reply import Reply, Request, answer, message
from kiosk.tracking.sandbox.seed import Seed
from kiosk.tracking.sandbox.state import Elsewhere, PackageChange, State

Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]


class _StatusChange(msgspec.Struct, forbid_unknown_fields=True):
    status: RegistryStatus


class Sandbox:
    """METRC and registry share one address; the registry is its ``/patientcards``."""

    def __init__(self, seed: Seed, clock: Clock, keep: Path | None = None) -> None:
        self.state = State(seed, clock, keep)
        self.faults = Faults()
        self.requests: Counter[str] = Counter()
        self.closing = asyncio.Event()
        self._metrc = MetrcSide(self.state)
        self._registry = RegistrySide(self.state)

    async def __call__(self, scope: MutableMapping[str, Any], receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        request = await _request(scope, receive)
        if request is None:
            return
        if request.path[0] == "sandbox":
            await _send(send, self._desk(request))
            return
        path = "/" + "/".join(request.path)
        self.requests[f"{request.method} {_without_ids(path)}"] += 1
        fault = self.faults.take(request.method, path)
        if fault is not None and fault.kind == "slow":
            await self._wait(receive, fault.seconds)
        elif fault is not None and fault.kind in BEFORE:
            await self._fail(fault, receive, send)
            return
        reply = self._work(request)
        if fault is not None and fault.kind.endswith("_after"):
            await self._fail(fault, receive, send)
        else:
            await _send(send, reply)

    def _work(self, request: Request) -> Reply:
        side = self._registry if request.path[0] == "patientcards" else self._metrc
        return side.handle(request)

    async def _fail(self, fault: Fault, receive: Receive, send: Send) -> None:
        match fault.kind:
            case "silent" | "silent_after":
                await self._wait(receive, None)
                await _cut(send)
            case "dropped" | "dropped_after" | "down":
                await _cut(send)
            case "unauthorized":
                await _send(send, Reply(401))
            case "not_found":
                await _send(send, Reply(404))
            case "too_many":
                await _send(send, Reply(429, retry_after=fault.retry_after))
            case "server_error":
                await _send(send, Reply(500, b"<html><body>Runtime Error</body></html>", "text/html"))
            case "server_fault":
                await _send(send, message("Could not load file or assembly 'System.Data.SqlClient, Version=4.6.1.3'"))
            case "nonsense" | "nonsense_after":
                await _send(send, Reply(200, b'{"Data": [{"Id": 1, "Quantity": NaN}, '))
            case "html":
                await _send(send, Reply(fault.status, b"<html><body>Down for maintenance</body></html>", "text/html"))
            case "empty":
                await _send(send, Reply(200))

    async def _wait(self, receive: Receive, seconds: float | None) -> None:
        """Until the time is over, the client has gone, or the sandbox closes."""
        gone = asyncio.create_task(_gone(receive))
        closing = asyncio.create_task(self.closing.wait())
        try:
            await asyncio.wait({gone, closing}, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in (gone, closing):
                task.cancel()
            await asyncio.gather(gone, closing, return_exceptions=True)

    def _desk(self, request: Request) -> Reply:
        try:
            return self._at_desk(request)
        except msgspec.DecodeError as trouble:
            return message(str(trouble))

    def _at_desk(self, request: Request) -> Reply:
        seed = self.state.seed
        match request.method, request.path[1:]:
            case "GET", ("faults",):
                return answer(FaultList(self.faults.switched_on))
            case "PUT", ("faults",):
                self.faults.switched_on = msgspec.json.decode(request.body, type=FaultList).faults
                return answer(FaultList(self.faults.switched_on))
            case "DELETE", ("faults",):
                self.faults.switched_on = []
                return answer(FaultList())
            case "GET", ("receipts",):
                return answer([metrc_rows.receipt(self.state, each) for each in self.state.kept.receipts])
            case "GET", ("requests",):
                return answer(dict(self.requests))
            case "POST", ("elsewhere",):
                bought = msgspec.json.decode(request.body, type=Elsewhere)
                if seed.patient(bought.card) is None or bought.product not in {each.id for each in seed.products}:
                    return message("No such card or product.", 404)
                self.state.kept.elsewhere.append(bought)
                self.state.save()
                return answer({})
            case "PUT", ("packages", tag) if self.state.package(tag) is not None:
                self.state.change(tag, msgspec.json.decode(request.body, type=PackageChange))
                return answer({})
            case "PUT", ("patients", card) if seed.patient(card) is not None:
                self.state.kept.statuses[card] = msgspec.json.decode(request.body, type=_StatusChange).status
                self.state.save()
                return answer({})
        return Reply(404)


async def _request(scope: MutableMapping[str, Any], receive: Receive) -> Request | None:
    body = bytearray()
    more = True
    while more:
        event = await receive()
        if event["type"] == "http.disconnect":
            return None
        body += event.get("body", b"")
        more = event.get("more_body", False)
    raw = scope.get("raw_path") or scope["path"].encode()
    parts = tuple(unquote(part) for part in raw.decode("latin-1").split("/") if part) or ("",)
    query = dict(parse_qsl(scope["query_string"].decode("latin-1"), keep_blank_values=True))
    headers = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in scope["headers"]}
    return Request(scope["method"], parts, query, headers, bytes(body))


async def _send(send: Send, reply: Reply) -> None:
    headers = [(b"content-length", str(len(reply.body)).encode()), (b"content-type", reply.kind.encode())]
    if reply.retry_after is not None:
        headers.append((b"retry-after", reply.retry_after.encode()))
    await send({"type": "http.response.start", "status": reply.status, "headers": headers})
    await send({"type": "http.response.body", "body": reply.body})


async def _cut(send: Send) -> None:
    """Promises more than is sent: the server then can only cut the line."""
    headers = [(b"content-length", b"2000"), (b"content-type", b"application/json")]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": b'{"Da', "more_body": True})


async def _gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


def _without_ids(path: str) -> str:
    """Numbers of patients and packages do not get into the tally."""
    return "/".join(part if part.isalpha() or part in ("", "v2") else "{id}" for part in path.split("/"))
