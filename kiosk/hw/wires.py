"""Ways to a device: network, serial port, device node. Each moves bytes and knows when it has ended, nothing else."""

import asyncio
import contextlib
import os
import socket
import termios
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Literal, Protocol

Flow = Literal["none", "rtscts", "xonxoff"]
"""How a serial device says *not now*."""

_PIECE = 4096
_BETWEEN_EMPTY = 0.02
"""Seconds: printers that answer *nothing* without end shall not keep the processor busy."""


class Wire(Protocol):
    """An open connection."""

    @property
    def tells_loss(self) -> bool:
        """Whether it ends when the device is switched off. A serial port does not: there a device only falls silent."""

    async def read(self) -> bytes:
        """Some bytes; none when the connection has ended. Raises ``OSError`` when it broke."""

    def write(self, data: bytes) -> None:
        """Takes the bytes to be sent, and returns at once."""

    async def drain(self) -> None:
        """Until everything written has been taken. Raises ``OSError`` when the connection broke."""

    async def abort(self) -> None:
        """Ends it. What has not left yet does not leave any more."""


Connect = Callable[[], Awaitable[Wire]]
"""Opens a wire, by a stable name that is resolved afresh each time. Raises ``OSError`` while there is none."""


class TcpWire:
    """A device on the network. Made by :func:`tcp`."""

    tells_loss = True

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader, self._writer = reader, writer
        writer.transport.set_write_buffer_limits(high=0)

    async def read(self) -> bytes:
        return await self._reader.read(256)

    def write(self, data: bytes) -> None:
        self._writer.write(data)

    async def drain(self) -> None:
        await self._writer.drain()

    async def abort(self) -> None:
        self._writer.transport.abort()
        with contextlib.suppress(OSError):
            await self._writer.wait_closed()


class DescriptorWire:
    """A device node. ``forget`` drops what the kernel still holds, ``close`` closes.

    ``empty_is_end``: a read of nothing means that the other end has hung up. USB printers give empty answers as well.
    """

    def __init__(
        self,
        fd: int,
        *,
        close: Callable[[], None],
        forget: Callable[[], None],
        empty_is_end: bool,
        tells_loss: bool,
    ) -> None:
        os.set_blocking(fd, False)
        self.tells_loss = tells_loss
        self._fd, self._close, self._forget, self._empty_is_end = fd, close, forget, empty_is_end
        self._loop = asyncio.get_running_loop()
        self._unsent = bytearray()

    async def read(self) -> bytes:
        while True:
            # Asked first, because a serial port reads as empty, too, while there is nothing to read.
            await self._ready(self._loop.add_reader, self._loop.remove_reader)
            with contextlib.suppress(BlockingIOError):
                data = os.read(self._fd, 256)
                if data or self._empty_is_end:
                    return data
                await asyncio.sleep(_BETWEEN_EMPTY)

    def write(self, data: bytes) -> None:
        self._unsent += data

    async def drain(self) -> None:
        while self._unsent:
            try:
                sent = os.write(self._fd, bytes(self._unsent[:_PIECE]))
                del self._unsent[:sent]
            except BlockingIOError:
                await self._ready(self._loop.add_writer, self._loop.remove_writer)

    async def abort(self) -> None:
        self._unsent.clear()
        with contextlib.suppress(OSError, termios.error):  # gone already; the second is no OSError
            self._forget()
        with contextlib.suppress(OSError):
            self._close()

    async def _ready(self, add: Callable[..., None], remove: Callable[[int], object]) -> None:
        ready = asyncio.Event()
        add(self._fd, ready.set)
        try:
            await ready.wait()
        finally:
            remove(self._fd)


def tcp(host: str, port: int = 9100) -> Connect:
    async def connect() -> Wire:
        loop = asyncio.get_running_loop()
        addresses = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        while True:
            family, kind, proto, _, address = addresses.pop(0)
            sock = socket.socket(family, kind, proto)
            try:
                sock.setblocking(False)
                await loop.sock_connect(sock, address)
                return TcpWire(*await asyncio.open_connection(sock=sock))
            except BaseException as trouble:
                sock.close()
                # One after the other, so that the trouble is that of one address: *refused* is another than *away*.
                if not isinstance(trouble, OSError) or not addresses:
                    raise

    return connect


def serial_port(path: Path, *, baud: int = 9600, flow: Flow = "none") -> Connect:
    """``path`` is a stable one, such as ``/dev/serial/by-id/…``. The port is locked: another program's bytes would
    stand in the middle of a label."""

    async def connect() -> Wire:
        import serial  # noqa: PLC0415  only terminals with such a printer need it

        try:
            port = serial.Serial(
                str(path), baudrate=baud, rtscts=flow == "rtscts", xonxoff=flow == "xonxoff", timeout=0, exclusive=True
            )
        except termios.error as none:
            raise OSError(*none.args) from None
        try:
            port.reset_input_buffer()
        except termios.error as gone:
            port.close()
            raise OSError(*gone.args) from None
        return DescriptorWire(
            port.fileno(), close=port.close, forget=port.reset_output_buffer, empty_is_end=True, tells_loss=False
        )

    return connect
