"""A phone that offers its licence as a Bluetooth service (mdoc peripheral server mode): we look for it and ask.

Source: ISO/IEC 18013-5, 8.3.3.1.1. What BlueZ does is behind :class:`Radio`.
"""

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable
from typing import Protocol

from kiosk.hw.mdoc.framing import Joiner, parts
from kiosk.hw.mdoc.port import Changed, PhoneLost, PhonesState, Tapped
from kiosk.model.documents import PhoneCode, PhoneServes

log = logging.getLogger(__name__)

STATE = "00000001-a123-48ce-896b-4c76973373e6"
TO_PHONE = "00000002-a123-48ce-896b-4c76973373e6"
FROM_PHONE = "00000003-a123-48ce-896b-4c76973373e6"
START, END = b"\x01", b"\x02"
LOOK_AGAIN = 5.0
"""Seconds between two looks at the radio."""


class Connection(Protocol):
    """A connected phone. Its methods raise ``OSError`` when it has gone."""

    @property
    def mtu(self) -> int:
        """Of the connection, in bytes."""

    async def listen(self, characteristic: str, heard: Callable[[bytes], None]) -> None: ...

    async def write(self, characteristic: str, value: bytes) -> None:
        """Without an answer."""

    async def close(self) -> None: ...


class Radio(Protocol):
    """One Bluetooth adapter. Its methods raise ``OSError`` while it is not there, or switched off."""

    @property
    def name(self) -> str: ...

    async def ready(self) -> None: ...

    async def connect(self, service: str, gone: Callable[[], None]) -> Connection:
        """Waits until a phone offers the service, and connects to it. ``gone`` is called when it leaves."""


class BluetoothClient:
    """A :class:`~kiosk.hw.mdoc.port.Transport`. ``pause`` waits for so many seconds or until a device has come."""

    def __init__(self, radio: Radio, *, pause: Callable[[float], Awaitable[None]] = asyncio.sleep) -> None:
        self._radio, self._pause = radio, pause

    @property
    def name(self) -> str:
        return self._radio.name

    def reaches(self, phone: PhoneCode) -> bool:
        return any(isinstance(way, PhoneServes) for way in phone.ways)

    async def open(self, phone: PhoneCode) -> "BluetoothChannel":
        (service, *_) = (way.service for way in phone.ways if isinstance(way, PhoneServes))
        channel = BluetoothChannel()
        try:
            channel.connection = await self._radio.connect(service, channel.left)
        except OSError as error:
            raise PhoneLost("mobile_unreachable") from error
        try:
            await channel.start()
        except BaseException:
            await channel.close()
            raise
        return channel

    async def run(self, _tapped: Tapped, changed: Changed) -> None:
        """A phone does not come by itself here: only the radio is looked at."""
        before: PhonesState | None = None
        while True:
            try:
                await self._radio.ready()
                state = PhonesState.READY
            except OSError as error:
                log.debug("%s: %s", self.name, error.strerror)
                state = PhonesState.ABSENT
            if state is not before:
                before = state
                changed(state)
            await self._pause(LOOK_AGAIN)


class BluetoothChannel:
    """A :class:`~kiosk.hw.mdoc.port.Channel`: messages in parts, each direction a characteristic of its own."""

    def __init__(self) -> None:
        self.connection: Connection | None = None
        self._joiner = Joiner()
        self._heard: asyncio.Queue[bytes | PhoneLost] = asyncio.Queue()
        self._lost: PhoneLost | None = None

    async def start(self) -> None:
        """Listens first, and only then says that it does."""
        await self._do(lambda to: to.listen(STATE, self._state))
        await self._do(lambda to: to.listen(FROM_PHONE, self._part))
        await self._do(lambda to: to.write(STATE, START))

    async def send(self, message: bytes) -> None:
        mtu = self.connection.mtu if self.connection is not None else 0
        for part in parts(message, mtu):
            await self._do(lambda to, part=part: to.write(TO_PHONE, part))  # type: ignore[misc]

    async def receive(self) -> bytes:
        heard = await self._heard.get()
        if isinstance(heard, PhoneLost):
            raise heard
        return heard

    async def close(self) -> None:
        connection, self.connection = self.connection, None
        if connection is not None:
            with contextlib.suppress(OSError):
                await connection.write(STATE, END)
            with contextlib.suppress(OSError):
                await connection.close()

    def left(self) -> None:
        self._lose(PhoneLost("mobile_gone"))

    async def _do(self, what: Callable[[Connection], Awaitable[None]]) -> None:
        if self._lost is not None:
            raise self._lost
        if self.connection is None:
            raise PhoneLost("mobile_gone")
        try:
            await what(self.connection)
        except OSError as error:
            self.left()
            raise PhoneLost("mobile_gone") from error

    def _state(self, value: bytes) -> None:
        """A phone that ends before it has answered shares nothing."""
        if value == END:
            self._lose(PhoneLost("mobile_not_shared"))

    def _part(self, value: bytes) -> None:
        try:
            whole = self._joiner.feed(value)
        except PhoneLost as damaged:
            self._lose(damaged)
            return
        if whole is not None:
            self._heard.put_nowait(whole)

    def _lose(self, lost: PhoneLost) -> None:
        if self._lost is None:
            self._lost = lost
            self._heard.put_nowait(lost)
