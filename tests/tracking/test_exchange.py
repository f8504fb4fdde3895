"""One exchange ends: with an answer, or in time, or before it fills the memory."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import httpx
import pytest

from kiosk.model.clock import ManualClock, SystemClock
from kiosk.model.errors import Theirs, Unavailable
from kiosk.tracking.http import MOST_BYTES
from kiosk.tracking.registry import HttpRegistry
from tests.tracking.given import ROWAN, registry_account

SOUND = b'{"cardNumber": "P7QX21AB", "status": "ACTIVE"}'
HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"


@asynccontextmanager
async def speaking(talk: Callable[[asyncio.StreamWriter], Awaitable[None]]) -> AsyncIterator[str]:
    """A server that reads a request's first line and then says what the test wants."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await reader.readline()
            await talk(writer)
        except ConnectionError:
            pass
        finally:
            writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"


async def test_an_answer_that_drips_is_given_up_in_time() -> None:
    """Every byte comes soon enough, the last one never."""
    gone = asyncio.Event()

    async def drip(writer: asyncio.StreamWriter) -> None:
        writer.write(HEAD + b"Content-Length: 100000\r\n\r\n")
        while not gone.is_set():
            writer.write(b" ")
            await writer.drain()
            await asyncio.sleep(0.01)

    async with speaking(drip) as url:
        registry = HttpRegistry(registry_account(url, seconds=0.3), SystemClock())
        began = time.monotonic()
        with pytest.raises(Unavailable):
            await registry.look_up(ROWAN)
        assert time.monotonic() - began < 2
        gone.set()
        await registry.close()


@pytest.mark.parametrize(
    "said",
    [
        b"garbage\r\n\r\n",
        HEAD + b"Content-Length: 50\r\n\r\n{}",
        HEAD + b"Transfer-Encoding: chunked\r\n\r\nzz\r\n",
        b"",
    ],
)
async def test_what_is_no_whole_http_is_no_answer(said: bytes) -> None:
    async def talk(writer: asyncio.StreamWriter) -> None:
        writer.write(said)
        await writer.drain()

    async with speaking(talk) as url:
        registry = HttpRegistry(registry_account(url), SystemClock())
        with pytest.raises(Unavailable):
            await registry.look_up(ROWAN)
        await registry.close()


@pytest.mark.parametrize(
    "answer",
    [
        httpx.Response(200, content=SOUND + b" " * MOST_BYTES),
        httpx.Response(200, headers={"Content-Encoding": "gzip"}, stream=httpx.ByteStream(b"no gzip")),
        httpx.Response(200, content=b"\xff\xfe"),
    ],
    ids=["too large", "not what it says", "no text"],
)
async def test_a_body_nobody_can_read(answer: httpx.Response) -> None:
    wire = httpx.MockTransport(lambda _: answer)
    registry = HttpRegistry(registry_account("https://registry.example"), ManualClock(), transport=wire)
    with pytest.raises(Theirs):
        await registry.look_up(ROWAN)
    await registry.close()
