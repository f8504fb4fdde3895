"""A printer without a socket, and a clock that does not wait: thousands of troubles in seconds."""

import asyncio
from collections.abc import Awaitable, Callable

from kiosk.hw.printer.mechanism import Mechanism
from kiosk.simulation.loop import CountedLoop


def quickly(work: Callable[[], Awaitable[None]]) -> None:
    async def main() -> None:
        await work()

    with asyncio.Runner(loop_factory=CountedLoop) as runner:
        runner.run(main())


class NearWire:
    """A wire straight into the mechanism. ``takes`` is how many bytes of jobs go through before it blocks for ever."""

    tells_loss = True

    def __init__(self, printer: Mechanism, takes: int | None = None) -> None:
        if not printer.on:
            raise ConnectionRefusedError
        self._printer, self._takes = printer, takes
        self._answers: asyncio.Queue[bytes] = asyncio.Queue()
        self._unsent = b""
        printer.connected(self)

    def say(self, answer: bytes) -> None:
        self._answers.put_nowait(answer)

    def hang_up(self) -> None:
        self._answers.put_nowait(b"")

    async def read(self) -> bytes:
        return await self._answers.get()

    def write(self, data: bytes) -> None:
        self._unsent += data

    async def drain(self) -> None:
        data, self._unsent = self._unsent, b""
        if self._takes is not None and len(data) > 10:
            data, whole = data[: self._takes], data
            self._printer.receive(self, data)
            if len(data) < len(whole):
                await asyncio.Event().wait()
        elif not self._printer.receive(self, data):
            self.hang_up()

    async def abort(self) -> None:
        self._printer.disconnected(self)
