"""Runs the hub as a program."""

import asyncio
import contextlib
import logging
import signal
import socket
from collections.abc import AsyncIterator, Iterator
from typing import Any

import uvicorn

from kiosk.hub.api import make_app
from kiosk.hub.discovery import Advertiser
from kiosk.hub.identity import Identity
from kiosk.hub.settings import HubSettings
from kiosk.hub.store import Hub, opened
from kiosk.model.clock import SystemClock
from kiosk.model.errors import Ours, Refused, Unavailable
from kiosk.model.text import text
from kiosk.tracking.metrc.client import Metrc, MetrcAccount
from kiosk.tracking.registry import HttpRegistry, RegistryAccount

log = logging.getLogger(__name__)


async def run(settings: HubSettings) -> None:
    """Until SIGTERM or SIGINT. Raises ``Unavailable`` where it cannot begin, ``Ours`` when a part of it died."""
    clock = SystemClock()
    access = settings.tracking
    account = MetrcAccount(
        url=access.url,
        vendor_key=access.vendor_key,
        user_key=access.user_key,
        licence=access.licence,
        look_back_days=access.look_back_days,
        per_second=access.per_second,
    )
    try:
        tracking = Metrc(account, clock)
        registry = HttpRegistry(
            RegistryAccount(url=settings.registry.url, key=settings.registry.key, seconds=settings.registry.seconds),
            clock,
        )
    except ValueError as fault:
        raise Unavailable(text("The settings of a state system cannot be used: {fault}.", fault=fault)) from None
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for name in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(name, stop.set)
    try:
        with _listening(settings.host, settings.port) as listening:
            async with opened(settings, tracking, registry, clock) as hub:
                await _serve(hub, listening, stop)
    finally:
        await tracking.close()
        await registry.close()


async def _serve(hub: Hub, listening: socket.socket, stop: asyncio.Event) -> None:
    server = Server(make_app(hub), hub.identity)
    serving = asyncio.create_task(server.serve(sockets=[listening]))
    try:
        port = listening.getsockname()[1]
        log.info("the hub of %s listens on port %d", hub.settings.store.name, port)
        async with _announced(hub.settings, hub.identity, port):
            await _first(stop, hub.broken)
    finally:
        server.should_exit = True
        await serving
    if not stop.is_set():
        raise Ours(text("A part of the hub stopped by itself. Start the hub again; its log says which."))


class Server(uvicorn.Server):
    """Serves over TLS and no other way."""

    def __init__(self, app: Any, identity: Identity) -> None:
        super().__init__(
            uvicorn.Config(
                app,
                ssl_context_factory=lambda _, __: identity.tls(),
                log_config=None,
                access_log=False,
                lifespan="off",
                ws="websockets-sansio",
                interface="asgi3",
                proxy_headers=False,
                timeout_graceful_shutdown=2,
            )
        )

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Signals are the program's, not the server's: everything is closed in order."""
        yield


@contextlib.contextmanager
def _listening(host: str, port: int) -> Iterator[socket.socket]:
    """The socket, before anything else is opened: a port in use is said in one line."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as listening:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listening.bind((host, port))
        except OSError as trouble:
            where = f"{host}:{port}"
            raise Unavailable(
                text("The hub cannot listen on {where}: {why}.", where=where, why=trouble.strerror or trouble)
            ) from None
        yield listening


async def _first(*events: asyncio.Event) -> None:
    waits = [asyncio.create_task(event.wait()) for event in events]
    await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
    for wait in waits:
        wait.cancel()


@contextlib.asynccontextmanager
async def _announced(settings: HubSettings, identity: Identity, port: int) -> AsyncIterator[None]:
    if not settings.announce:
        yield
        return
    interfaces = () if settings.host in ("0.0.0.0", "::") else (settings.host,)
    advertiser = Advertiser(identity, hub_id=identity.name, port=port, interfaces=interfaces)
    try:
        await advertiser.start()
    except Refused as refused:  # somebody else's hub must not end this one
        log.error(
            "not announced: %s %s Until then terminals find it by its address.", refused.reason, refused.refusal.way_on
        )
    try:
        yield
    finally:
        await advertiser.close()
