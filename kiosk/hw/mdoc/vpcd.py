"""The virtual reader of vsmartcard: a card is a program that connects over TCP and speaks with lengths in front.

Two ends are here. :class:`VirtualCard` puts a card into any virtual reader: Debian's ``vsmartcard-vpcd`` behind PC/SC,
or a :class:`VirtualSlot`, the same reader without PC/SC. Source: vsmartcard's documentation, *Virtual Smart Card*.
"""

import asyncio
import contextlib
import socket
from collections.abc import Awaitable, Callable

OFF, ON, RESET, IDENTIFY = b"\x00", b"\x01", b"\x02", b"\x04"
ATR = bytes.fromhex("3B80800101")
"""What a contactless card says of itself that says nothing more (PC/SC, part 3)."""
PORT = 35963


async def put(writer: asyncio.StreamWriter, data: bytes) -> None:
    writer.write(len(data).to_bytes(2, "big") + data)
    await writer.drain()


async def take(reader: asyncio.StreamReader) -> bytes:
    """Raises ``OSError`` at the end."""
    try:
        return await reader.readexactly(int.from_bytes(await reader.readexactly(2), "big"))
    except asyncio.IncompleteReadError as end:
        raise ConnectionResetError("the other end has gone") from end


def _hurry(writer: asyncio.StreamWriter) -> None:
    """vpcd sends length and data one after the other, the data only when the length is acknowledged."""
    writer.get_extra_info("socket").setsockopt(socket.IPPROTO_TCP, socket.TCP_QUICKACK, 1)


class VirtualSlot:
    """A :class:`~kiosk.hw.mdoc.nfc.Slot` that cards connect to. Port 0: any free one."""

    def __init__(self, host: str = "127.0.0.1", port: int = PORT) -> None:
        self.name = f"vpcd://{host}:{port}"
        self._host, self.port = host, port
        self._server: asyncio.Server | None = None
        self._cards: asyncio.Queue[_Inserted] = asyncio.Queue(1)

    async def start(self) -> None:
        """Raises ``OSError``."""
        if self._server is None:
            self._server = await asyncio.start_server(self._inserted, self._host, self.port)
            self.port = self._server.sockets[0].getsockname()[1]

    async def find(self) -> str:
        await self.start()
        return self.name

    async def card(self) -> "_Inserted":
        await self.start()
        while True:
            card = await self._cards.get()
            with contextlib.suppress(OSError):
                await card.power()
                return card

    async def close(self) -> None:
        if self._server is not None:
            self._server.close()
            self._server = None
        while not self._cards.empty():
            await self._cards.get_nowait().close()

    def _inserted(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self._cards.full():
            writer.close()  # one card waits there already
        else:
            self._cards.put_nowait(_Inserted(reader, writer))


class _Inserted:
    """A :class:`~kiosk.hw.mdoc.nfc.Card`."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._writer = writer
        self._answers: asyncio.Queue[bytes | None] = asyncio.Queue()
        self._ended = asyncio.Event()
        self._listening = asyncio.create_task(self._listen(reader))

    async def _listen(self, reader: asyncio.StreamReader) -> None:
        try:
            while True:
                self._answers.put_nowait(await take(reader))
        except OSError:
            self._answers.put_nowait(None)
            self._ended.set()

    async def power(self) -> None:
        await put(self._writer, ON)
        await put(self._writer, IDENTIFY)
        await self._answer()

    async def transmit(self, command: bytes) -> bytes:
        await put(self._writer, command)
        return await self._answer()

    async def _answer(self) -> bytes:
        answer = await self._answers.get()
        if answer is None:
            self._answers.put_nowait(None)
            raise ConnectionResetError("the card has gone")
        return answer

    async def gone(self) -> None:
        await self._ended.wait()

    async def close(self) -> None:
        self._listening.cancel()
        self._ended.set()
        self._writer.close()


class VirtualCard:
    """A card for a virtual reader. ``answer`` gives its answer to a command, or None: it is taken away."""

    def __init__(self, answer: Callable[[bytes], Awaitable[bytes | None]]) -> None:
        self._answer = answer

    async def insert(self, host: str = "127.0.0.1", port: int = PORT) -> None:
        """Lies on the reader until it is taken away, the reader ends it, or this is cancelled."""
        reader, writer = await asyncio.open_connection(host, port)
        try:
            with contextlib.suppress(OSError):
                while True:
                    _hurry(writer)
                    command = await take(reader)
                    if command == IDENTIFY:
                        await put(writer, ATR)
                    elif command not in (OFF, ON, RESET):
                        answer = await self._answer(command)
                        if answer is None:
                            return
                        await put(writer, answer)
        finally:
            writer.close()
