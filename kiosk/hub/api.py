"""The hub's API over HTTP and WebSocket. Routes for questions are made from ``model.questions``: one a question."""

import asyncio
import contextlib
import hmac
import logging
import traceback
from collections.abc import Mapping
from typing import Any

import msgspec
from litestar import Litestar, Request, Response, WebSocket, get, post, websocket
from litestar.di import NamedDependency, Provide
from litestar.exceptions import HTTPException, NotAuthorizedException, PermissionDeniedException
from litestar.handlers import HTTPRouteHandler
from litestar.openapi.config import OpenAPIConfig
from litestar.openapi.datastructures import ResponseSpec
from litestar.openapi.plugins import JsonRenderPlugin
from litestar.params import JSONBody

from kiosk.hub.changes import Listener
from kiosk.hub.desk import Caller
from kiosk.hub.settings import HubSettings, TerminalEntry
from kiosk.hub.store import Hub
from kiosk.model.base import Noun, to_json
from kiosk.model.errors import Refusal, Refused
from kiosk.model.questions import ANSWERS, ROLES, tag_of
from kiosk.model.records import Accepted, Batch

log = logging.getLogger(__name__)

BODY_MAX = 256 * 1024
JSON = "application/json"


class Health(Noun, frozen=True, kw_only=True):
    """``state_up``: whether the state's systems answered last; ``waiting``: reports they have not confirmed."""

    state_up: bool
    waiting: int


def _caller_of(headers: Mapping[str, str], terminals: tuple[TerminalEntry, ...]) -> Caller:
    """The terminal whose token this is. Every token is compared, in constant time."""
    scheme, _, token = headers.get("authorization", "").partition(" ")
    found = None
    for entry in terminals:
        if hmac.compare_digest(entry.token.encode(), token.encode()):
            found = Caller(entry.name, entry.role)
    if scheme.lower() != "bearer" or found is None:
        raise NotAuthorizedException("this terminal is not known here")
    return found


def _refused(refusal: Refusal) -> Response[bytes]:
    return Response(to_json(refusal), status_code=422, media_type=JSON)


def _question_route(kind: type[Any], answer: type[Any]) -> HTTPRouteHandler:
    tag = tag_of(kind)

    async def ask(data: Any, caller: NamedDependency[Caller], hub: NamedDependency[Hub]) -> Response[Any]:
        if caller.role not in ROLES[kind]:
            raise PermissionDeniedException("this terminal's role does not ask this")
        given = await hub.desk.answer(caller, data)
        return _refused(given) if isinstance(given, Refusal) else Response(to_json(given), media_type=JSON)

    ask.__annotations__["data"] = JSONBody[kind]  # type: ignore[misc, valid-type]
    ask.__annotations__["return"] = Response[answer]  # type: ignore[valid-type]
    ask.__doc__ = kind.__doc__
    return post(
        f"/v1/ask/{tag}",
        status_code=200,
        name=tag,
        operation_id=tag,
        summary=tag,
        tags=["questions"],
        responses={422: ResponseSpec(Refusal, description="A no that explains itself.", generate_examples=False)},
        request_max_body_size=BODY_MAX,
    )(ask)


@post("/v1/records", status_code=200, tags=["records"], request_max_body_size=BODY_MAX)
async def take_records(
    data: JSONBody[Batch], caller: NamedDependency[Caller], hub: NamedDependency[Hub]
) -> Response[Accepted]:
    """Records of one terminal, in order. Sent again they are harmless; up to the watermark they are durable."""
    if data.terminal != caller.terminal:
        raise PermissionDeniedException("these records are of another terminal")
    try:
        taken = await hub.take(data, caller.role)
    except Refused as refused:
        taken = refused.refusal
    if isinstance(taken, Refusal):
        return _refused(taken)  # type: ignore[return-value]
    return Response(to_json(taken), media_type=JSON)  # type: ignore[arg-type]


@get("/v1/health", tags=["finding"])
async def health(hub: NamedDependency[Hub]) -> Health:
    return Health(state_up=hub.watch.link.up, waiting=hub.watch.link.waiting)


@websocket("/v1/changes")
async def changes(
    socket: WebSocket[Any, Any, Any], hub: NamedDependency[Hub], settings: NamedDependency[HubSettings]
) -> None:
    """A snapshot, then every change this terminal's role may see."""
    try:
        caller = _caller_of(socket.headers, settings.terminals)
    except NotAuthorizedException:
        # Closed before it is accepted: the terminal sees status 403, as for any other call.
        await socket.close()
        return
    listener = Listener(caller.terminal, caller.role)
    await socket.accept()
    try:
        snapshot = await hub.join(listener)
        await socket.send_bytes(to_json(snapshot))
        sending = asyncio.create_task(_send(socket, listener))
        hearing = asyncio.create_task(_hear(socket))
        await asyncio.wait({sending, hearing}, return_when=asyncio.FIRST_COMPLETED)
        for task in (sending, hearing):
            task.cancel()
        await asyncio.gather(sending, hearing, return_exceptions=True)
    finally:
        hub.feed.leave(listener)
        with contextlib.suppress(Exception):
            await socket.close()


async def _send(socket: WebSocket[Any, Any, Any], listener: Listener) -> None:
    while (change := await listener.messages.get()) is not None:
        await socket.send_bytes(to_json(change))


async def _hear(socket: WebSocket[Any, Any, Any]) -> None:
    """Terminals say nothing here; this only notices that they are gone."""
    while (await socket.receive())["type"] != "websocket.disconnect":
        pass


def _problem(request: Request[Any, Any, Any], error: Exception) -> Response[dict[str, Any]]:
    """What went wrong, without anything of the inside; the log gets the place, never the values."""
    status = error.status_code if isinstance(error, HTTPException) else 500
    if status == 500:
        places = [f"{frame.filename}:{frame.lineno}" for frame in traceback.extract_tb(error.__traceback__)[-3:]]
        log.error("%s ended with %s at %s", request.url.path, type(error).__name__, " < ".join(reversed(places)))
    words = {400: "not understood", 401: "not known", 403: "not allowed", 404: "nothing here", 413: "too long"}
    return Response({"status": status, "title": words.get(status, "cannot")}, status_code=status)


def make_app(hub: Hub) -> Litestar:
    """The ASGI application around an open hub."""
    settings = hub.settings

    def caller(request: Request[Any, Any, Any]) -> Caller:
        return _caller_of(request.headers, settings.terminals)

    def provided(value: Any) -> Provide:
        return Provide(lambda: value, sync_to_thread=False)

    return Litestar(
        route_handlers=_handlers(),
        dependencies={
            "caller": Provide(caller, sync_to_thread=False),
            "hub": provided(hub),
            "settings": provided(settings),
        },
        exception_handlers={Exception: _problem},
        openapi_config=_openapi(),
        signature_types=[Caller, Hub, HubSettings],
        logging_config=None,
    )


def _handlers() -> list[Any]:
    questions = [_question_route(kind, answer) for kind, answer in ANSWERS.items()]
    return [*questions, take_records, health, changes]


def _openapi() -> OpenAPIConfig:
    return OpenAPIConfig(
        title="Dispensary hub",
        version="1",
        description="The store's authority: questions, records, changes.",
        path="/v1",
        render_plugins=[JsonRenderPlugin(path="/openapi.json")],
    )


def openapi_document() -> str:
    """The API's description as JSON text."""
    app = Litestar(
        route_handlers=_handlers(),
        dependencies={name: Provide(lambda: None, sync_to_thread=False) for name in ("caller", "hub", "settings")},
        openapi_config=_openapi(),
        signature_types=[Caller, Hub, HubSettings],
    )
    return msgspec.json.format(msgspec.json.encode(app.openapi_schema.to_schema()), indent=2).decode()
