"""Printers without hardware: the mechanism behind a socket, and behind a serial port on a pseudo terminal."""

import asyncio
import contextlib
import os
import pty
import tty
from pathlib import Path

from kiosk.hw.printer.mechanism import Mechanism
from kiosk.hw.printer.port import PAPER_80, Paper


class VirtualPrinter(Mechanism):
    """A network printer. Faults as of :class:`Mechanism`; switched off, it hangs up."""

    def __init__(self, paper: Paper = PAPER_80, *, host: str = "127.0.0.1", port: int = 0) -> None:
        super().__init__(paper)
        self.host = host
        self.port = port
        self.delay = 0.0
        """Seconds until an answer leaves."""
        self.refused = 0
        """Connections that came while it was switched off."""
        self._server: asyncio.Server | None = None
        self._turn = asyncio.Lock()

    async def start(self) -> None:
        """Listens; with ``port`` 0 a free one is chosen and kept over :meth:`power_off`."""
        self._server = await asyncio.start_server(self._serve, self.host, self.port)
        self.port = self._server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        if self._server is not None:
            self._server.close()
            for line in list(self._lines):
                line.hang_up()
            await self._server.wait_closed()
            self._server = None

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection at a time, like most printers: a second is accepted by the network and then waits."""
        line = _Socket(writer, self)
        self.connected(line)
        try:
            async with self._turn:
                self.refused += not self.on
                while data := await reader.read(4096):
                    if not self.on or not self.receive(line, data):
                        break
                    await writer.drain()
        except OSError:
            pass
        finally:
            self.disconnected(line)
            writer.transport.abort()
            with contextlib.suppress(OSError):
                await writer.wait_closed()


class _Socket:
    def __init__(self, writer: asyncio.StreamWriter, printer: VirtualPrinter) -> None:
        self._writer, self._printer = writer, printer

    def say(self, answer: bytes) -> None:
        if self._printer.delay:
            asyncio.get_running_loop().call_later(self._printer.delay, self._send, answer)
        else:
            self._send(answer)

    def _send(self, answer: bytes) -> None:
        if not self._writer.transport.is_closing():
            self._writer.write(answer)

    def hang_up(self) -> None:
        self._writer.transport.abort()


class SerialPrinter(Mechanism):
    """A printer on a serial port. ``path`` is the stable name to configure; its node changes with every :meth:`plug`.

    Switched off, it stays plugged in and hears nothing: that is how a serial port differs from a socket.
    """

    def __init__(self, path: Path, paper: Paper = PAPER_80) -> None:
        super().__init__(paper)
        self.path = path
        self._master = self._slave = -1
        self._stall: int | None = None
        self._line = _Terminal(self)
        self.plug()

    def plug(self) -> None:
        """Does nothing while plugged. Belongs to the event loop's thread."""
        if self._master >= 0:
            return
        self._master, self._slave = pty.openpty()
        tty.setraw(self._slave)
        os.set_blocking(self._master, False)
        self.path.unlink(missing_ok=True)
        self.path.symlink_to(os.ttyname(self._slave))
        self.connected(self._line)
        asyncio.get_running_loop().add_reader(self._master, self._arrived)

    def unplug(self) -> None:
        """The cable of the adapter is pulled: the port is gone. What the printer holds it keeps."""
        if self._master < 0:
            return
        asyncio.get_running_loop().remove_reader(self._master)
        self.path.unlink(missing_ok=True)
        os.close(self._master)
        os.close(self._slave)
        self._master = self._slave = -1
        self.disconnected(self._line)

    close = unplug

    def stall(self, after: int) -> None:
        """Takes nothing more after so many bytes, until :meth:`go_on`."""
        self._stall = after

    def go_on(self) -> None:
        self._stall = None
        asyncio.get_running_loop().add_reader(self._master, self._arrived)

    def say(self, answer: bytes) -> None:
        with contextlib.suppress(OSError):
            os.write(self._master, answer)

    def _arrived(self) -> None:
        with contextlib.suppress(OSError):
            data = os.read(self._master, 4096 if self._stall is None else min(4096, self._stall))
            if self._stall is not None:
                self._stall -= len(data)
                if not self._stall:
                    asyncio.get_running_loop().remove_reader(self._master)
            if self.on and not self.receive(self._line, data):
                self.unplug()


class _Terminal:
    def __init__(self, printer: SerialPrinter) -> None:
        self._printer = printer

    def say(self, answer: bytes) -> None:
        self._printer.say(answer)

    def hang_up(self) -> None:
        """A serial port does not hang up when the printer goes off."""
