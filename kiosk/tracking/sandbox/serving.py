"""Runs the sandbox as a program, or beside a test."""

import asyncio
import contextlib
import logging
import signal
from collections.abc import AsyncIterator
from datetime import date
from pathlib import Path

import uvicorn

from kiosk.model.clock import Clock, SystemClock, local_date
from kiosk.model.errors import KioskError
from kiosk.model.text import text
from kiosk.tracking.sandbox.app import Sandbox
from kiosk.tracking.sandbox.seed import load
from kiosk.tracking.sandbox.state import World

log = logging.getLogger(__name__)


class SeedWrong(KioskError):
    """The seed file cannot be used; one line says why."""


def make(seed_file: Path, clock: Clock, keep: Path | None = None, today: date | None = None) -> Sandbox:
    """Raises :class:`SeedWrong`."""
    try:
        seed = load(seed_file, today or local_date(clock.now(), "UTC"))
    except (OSError, ValueError) as error:
        why = " ".join(str(error).split())
        raise SeedWrong(text("{file}: {why}.", file=seed_file, why=why)) from None
    return Sandbox(World(seed, clock, keep))


@contextlib.asynccontextmanager
async def serving(sandbox: Sandbox, host: str = "127.0.0.1", port: int = 0) -> AsyncIterator[str]:
    """The sandbox on a socket while the block lasts; gives its address, ``http://127.0.0.1:…``."""
    config = uvicorn.Config(
        sandbox, host=host, port=port, log_config=None, access_log=False, lifespan="off", timeout_graceful_shutdown=1
    )
    server = uvicorn.Server(config)
    server.install_signal_handlers = lambda: None  # type: ignore[attr-defined]
    task = asyncio.create_task(server.serve())
    while not server.started and not task.done():  # noqa: ASYNC110  (the server tells nobody)
        await asyncio.sleep(0.01)
    if task.done():
        await task
    try:
        yield f"http://{host}:{server.servers[0].sockets[0].getsockname()[1]}"
    finally:
        server.should_exit = True
        await task


async def serve_until_stopped(seed_file: Path, port: int, keep: Path | None) -> None:
    """The command ``kiosk sandbox``: until SIGTERM or SIGINT."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for name in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(name, stop.set)
    async with serving(make(seed_file, SystemClock(), keep), port=port) as address:
        log.info("the state's sandbox answers at %s", address)
        await stop.wait()
