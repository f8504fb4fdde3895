"""A phone without a phone: both ends of a channel in this program, with the framing of Bluetooth between them."""

import asyncio
from collections.abc import Callable

from kiosk.hw.mdoc.framing import Joiner, parts
from kiosk.hw.mdoc.port import Changed, PhoneLost, PhonesState, Tapped
from kiosk.model.documents import PhoneCode

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
            raise PhoneLost("mobile_gone")
        self._parts += 1


class Loopback:
    """A transport to one phone in this program, which ``channel`` is a way to; ``tap`` holds it to the reader."""

    name = "loop-back"

    def __init__(self, channel: Callable[[], LoopbackChannel]) -> None:
        self._channel = channel
        self._taps: asyncio.Queue[PhoneCode] = asyncio.Queue()

    def tap(self, phone: PhoneCode) -> None:
        self._taps.put_nowait(phone)

    def reaches(self, _phone: PhoneCode) -> bool:
        return True

    async def open(self, _phone: PhoneCode) -> LoopbackChannel:
        return self._channel()

    async def run(self, tapped: Tapped, changed: Changed) -> None:
        changed(PhonesState.READY)
        while True:
            tapped(await self._taps.get())
