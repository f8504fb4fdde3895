"""A phone that is held to a contactless reader: it speaks the commands of a card, with faults that can be switched on.

What it says over them is not its business: ``hear`` answers a session's messages, ``tag`` the NDEF messages that are
written to it (and None, which asks for its first). Written from ISO/IEC 7816-4 and NFC Forum Type 4 Tag.
"""

import asyncio
from collections.abc import Callable, Iterator
from typing import Literal

from kiosk.hw.mdoc import apdu
from kiosk.hw.mdoc.apdu import Answer, Command
from kiosk.hw.mdoc.framing import MOST
from kiosk.hw.mdoc.port import PhoneLost

Fault = Literal["", "unplug", "drop", "delay", "corrupt", "refuse"]
"""Taken away; no answer; an answer only when it is :meth:`released`; a bit of it wrong; a status that says no."""

_CAPABILITIES = bytes.fromhex("000F20 00FF 00FF 0406 E104 1000 00 00")
_WRONG, _UNKNOWN, _CANNOT = 0x6700, 0x6D00, 0x6985


class ContactlessPhone:
    """``answer`` is for :class:`~kiosk.hw.mdoc.vpcd.VirtualCard`. The fault comes at command ``fault_at``, from 0."""

    def __init__(
        self,
        hear: Callable[[bytes], bytes | None],
        tag: Callable[[bytes | None], bytes] | None = None,
        *,
        fault: Fault = "",
        fault_at: int = 0,
    ) -> None:
        self._hear, self._tag = hear, tag
        self._fault, self._fault_at = fault, fault_at
        self._application = b""
        self._file = b""
        self._ndef = b""
        self._chain = b""
        self._rest: Iterator[Answer] = iter(())
        self._thinks = asyncio.Event()
        self.commands: list[Command] = []
        """All it heard."""

    def released(self) -> None:
        """The answer that was delayed is given."""
        self._thinks.set()

    async def answer(self, encoded: bytes) -> bytes | None:
        fault = self._fault if len(self.commands) == self._fault_at else ""
        try:
            command = Command.read(encoded)
        except ValueError:
            return Answer(b"", _WRONG).encoded()
        self.commands.append(command)
        said = self._said(command).encoded()
        match fault:
            case "unplug":
                return None
            case "drop":
                await asyncio.Event().wait()
            case "delay":
                await self._thinks.wait()
            case "corrupt":
                return bytes([said[0] ^ 0x10]) + said[1:]
            case "refuse":
                return Answer(b"", _CANNOT).encoded()
        return said

    def _said(self, command: Command) -> Answer:
        match command.instruction:
            case apdu.SELECT:
                return self._select(command)
            case apdu.READ if self._file:
                at = command.parameters
                return Answer(self._file[at : at + command.most], apdu.DONE)
            case apdu.UPDATE if self._file:
                return self._written(command)
            case apdu.ENVELOPE if self._application == apdu.LICENCES:
                return self._envelope(command)
            case apdu.GET_RESPONSE:
                return next(self._rest, Answer(b"", _CANNOT))
        return Answer(b"", _UNKNOWN)

    def _select(self, command: Command) -> Answer:
        if command.parameters == apdu.BY_NAME:
            known = (apdu.LICENCES, apdu.TAG) if self._tag else (apdu.LICENCES,)
            if command.data not in known:
                return Answer(b"", apdu.NOT_FOUND)
            self._application, self._file = command.data, b""
            if self._tag is not None and command.data == apdu.TAG:
                self._show(self._tag(None))
            return Answer(b"", apdu.DONE)
        files = {b"\xe1\x03": _CAPABILITIES, b"\xe1\x04": self._ndef}
        if self._application != apdu.TAG or command.data not in files:
            return Answer(b"", apdu.NOT_FOUND)
        self._file = files[command.data]
        return Answer(b"", apdu.DONE)

    def _show(self, message: bytes) -> None:
        self._ndef = self._file = len(message).to_bytes(2, "big") + message

    def _written(self, command: Command) -> Answer:
        at = command.parameters
        self._file = self._file[:at].ljust(at, b"\0") + command.data + self._file[at + len(command.data) :]
        size = int.from_bytes(self._file[:2], "big")
        if at == 0 and size and self._tag is not None:
            self._show(self._tag(self._file[2 : 2 + size]))
        return Answer(b"", apdu.DONE)

    def _envelope(self, command: Command) -> Answer:
        self._chain += command.data
        if command.chained:
            return Answer(b"", apdu.DONE if len(self._chain) < MOST else _WRONG)
        whole, self._chain = self._chain, b""
        try:
            message = self._hear(apdu.unwrapped(whole))
        except PhoneLost:
            return Answer(b"", _WRONG)
        self._rest = apdu.in_parts(apdu.wrapped(message) if message is not None else b"", command.most)
        return next(self._rest)
