"""Runs the sandbox on a real socket."""

import asyncio
import contextlib
import logging
import signal
import socket
from collections.abc import AsyncIterator, Generator
from pathlib import Path

import uvicorn

from kiosk.model.clock import Clock, SystemClock, local_date
from kiosk.model.errors import KioskError, Unavailable
from kiosk.model.text import text
from kiosk.tracking.http import clean
from kiosk.tracking.sandbox.app import Sandbox
from kiosk.tracking.sandbox.seed import load

log = logging.getLogger(__name__)


class SeedWrong(KioskError):
    """The seed file, or the file of what is kept, cannot be used; one line says why."""


class _Server(uvicorn.Server):
    @contextlib.contextmanager
    def capture_signals(self) -> Generator[None, None, None]:
        """Signals belong to the program that runs the sandbox."""
        yield


@contextlib.asynccontextmanager
async def serving(sandbox: Sandbox, host: str = "127.0.0.1", port: int = 0) -> AsyncIterator[str]:
    """The sandbox's address while the block runs. Requests under way are ended with it. Raises ``Unavailable`` where
    the port cannot be had."""
    try:
        listener = socket.create_server((host, port), family=socket.AF_INET6 if ":" in host else socket.AF_INET)
    except (OSError, OverflowError) as trouble:
        why = clean(getattr(trouble, "strerror", None) or "no such port")
        raise Unavailable(text("Port {port} cannot be used: {why}.", port=port, why=why)) from None
    config = uvicorn.Config(
        sandbox,
        lifespan="off",
        ws="none",
        log_config=None,
        log_level=logging.CRITICAL,
        access_log=False,
        timeout_graceful_shutdown=2,
        server_header=False,
    )
    server = _Server(config)
    running = asyncio.create_task(server.serve(sockets=[listener]))
    try:
        where = f"[{host}]" if ":" in host else host
        yield f"http://{where}:{listener.getsockname()[1]}"
    finally:
        sandbox.closing.set()
        server.should_exit = True
        await running
        listener.close()


async def serve(seed_file: Path, host: str = "127.0.0.1", port: int = 0, keep: Path | None = None) -> None:
    """Serves a seed file until it is cancelled. Raises :class:`SeedWrong` and ``Unavailable``."""
    async with serving(make(seed_file, SystemClock(), keep), host, port) as url:
        log.info("the state's sandbox answers at %s", url)
        await asyncio.Event().wait()


async def serve_until_stopped(seed_file: Path, port: int, keep: Path | None) -> None:
    """The command ``kiosk sandbox``: until SIGTERM or SIGINT."""
    running = asyncio.ensure_future(serve(seed_file, port=port, keep=keep))
    loop = asyncio.get_running_loop()
    signals = (signal.SIGTERM, signal.SIGINT)
    for each in signals:
        loop.add_signal_handler(each, running.cancel)
    try:
        await asyncio.wait({running})
        if not running.cancelled():
            running.result()
    finally:
        for each in signals:
            loop.remove_signal_handler(each)


def make(seed_file: Path, clock: Clock, keep: Path | None = None) -> Sandbox:
    """A sandbox of the seed file, its moving dates counted from the store's today. Raises :class:`SeedWrong`."""
    try:
        zone = load(seed_file, clock.now().date()).store.zone
        return Sandbox(load(seed_file, local_date(clock.now(), zone)), clock, keep)
    except (OSError, ValueError) as trouble:
        why = clean(str(trouble)).rstrip(".")
        raise SeedWrong(text("{file}: {why}.", file=seed_file, why=why)) from None
