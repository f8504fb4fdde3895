"""A phone without a phone: both ends of a channel in this program, with the framing of Bluetooth between them."""

import asyncio
from collections.abc import Callable

from kiosk.hw.mdoc.framing import Joiner, parts
from kiosk.hw.mdoc.port import gone

Phone = Callable[[bytes], bytes | None]
"""Answers a message, or says nothing."""


class LoopbackChannel:
    """``phone`` answers each message. ``mtu`` is the connection's; ``lose_at`` drops the connection at that part."""

    def __init__(self, phone: Phone, *, mtu: int = 185, lose_at: int = -1) -> None:
        self._phone = phone
        self._mtu = mtu
        self._lose_at = lose_at
        self._parts = 0
        self._there, self._here = Joiner(), Joiner()
        self._answers: asyncio.Queue[bytes] = asyncio.Queue()
        self.heard: list[bytes] = []
        """Whole messages as the phone got them."""
        self.closed = False

    async def send(self, message: bytes) -> None:
        for part in parts(message, self._mtu):
            self._carry()
            whole = self._there.feed(part)
            if whole is not None:
                self.heard.append(whole)
                answer = self._phone(whole)
                if answer is not None:
                    self._answers.put_nowait(answer)

    async def receive(self) -> bytes:
        answer = await self._answers.get()
        for part in parts(answer, self._mtu):
            self._carry()
            whole = self._here.feed(part)
        return whole or b""

    async def close(self) -> None:
        self.closed = True

    def _carry(self) -> None:
        """One part over the air."""
        if self.closed or self._parts == self._lose_at:
            self.closed = True
            raise gone()
        self._parts += 1
