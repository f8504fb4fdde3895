"""Runs the hub as a program."""

import asyncio
import contextlib
import logging
import signal
from collections.abc import AsyncIterator

import uvicorn

from kiosk.hub.api import hub_id, make_app
from kiosk.hub.discovery import Advertiser, Identity
from kiosk.hub.settings import HubSettings
from kiosk.hub.store import opened
from kiosk.model.clock import SystemClock
from kiosk.tracking.metrc.client import Metrc, MetrcAccount
from kiosk.tracking.registry import HttpRegistry, RegistryAccount

log = logging.getLogger(__name__)


async def run(settings: HubSettings) -> None:
    """Until SIGTERM or SIGINT."""
    clock = SystemClock()
    settings.data_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
    identity = Identity.load_or_make(settings.identity_key or settings.data_dir / "identity.pem")
    access = settings.tracking
    account = MetrcAccount(
        url=access.url,
        vendor_key=access.vendor_key,
        user_key=access.user_key,
        licence=access.licence,
        look_back_days=access.look_back_days,
        per_second=access.per_second,
    )
    tracking = Metrc(account, clock)
    registry = HttpRegistry(RegistryAccount(url=settings.registry.url, key=settings.registry.key), clock)
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for name in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(name, stop.set)
    async with opened(settings, tracking, registry, clock) as hub:
        config = uvicorn.Config(
            make_app(hub, identity),
            host=settings.host,
            port=settings.port,
            log_config=None,
            access_log=False,
            lifespan="off",
            ws="websockets-sansio",
            timeout_graceful_shutdown=2,
        )
        server = uvicorn.Server(config)
        server.install_signal_handlers = lambda: None  # type: ignore[attr-defined]
        serving = asyncio.create_task(server.serve())
        try:
            while not server.started and not serving.done():  # noqa: ASYNC110  (the server tells nobody)
                await asyncio.sleep(0.01)
            log.info("the hub of %s listens on port %d", settings.store.name, settings.port)
            async with _announced(settings, identity):
                await stop.wait()
        finally:
            server.should_exit = True
            await serving
            with contextlib.suppress(Exception):
                await tracking.close()
                await registry.close()


@contextlib.asynccontextmanager
async def _announced(settings: HubSettings, identity: Identity) -> AsyncIterator[None]:
    if not settings.announce:
        yield
        return
    interfaces = () if settings.host in ("0.0.0.0", "::") else (settings.host,)
    advertiser = Advertiser(identity, hub_id=hub_id(identity), port=settings.port, interfaces=interfaces)
    await advertiser.start()
    try:
        yield
    finally:
        await advertiser.close()
