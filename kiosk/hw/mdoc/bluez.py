"""Bluetooth through BlueZ, by ``bleak``."""

import asyncio
import errno
from collections.abc import Callable
from typing import Any

from kiosk.hw.mdoc.ble import FROM_PHONE, STATE, TO_PHONE

_CONNECT = 15.0
_OFF = "Bluetooth does not run, or the adapter is switched off"
_GONE = "the phone has gone"


class BluezRadio:
    """A :class:`~kiosk.hw.mdoc.ble.Radio`. ``adapter`` is its name, such as ``hci0``."""

    def __init__(self, adapter: str) -> None:
        self.name = f"bluetooth {adapter}"
        self._adapter = adapter

    async def ready(self) -> None:
        """Begins to look and ends it: nothing else proves that an adapter is there, on, and may be used."""
        from bleak import BleakScanner  # noqa: PLC0415  only terminals with a radio need it

        try:
            async with BleakScanner(bluez={"adapter": self._adapter}):
                pass
        except _troubles() as trouble:
            raise OSError(errno.ENETDOWN, _OFF) from trouble

    async def connect(self, service: str, gone: Callable[[], None]) -> "_Connected":
        from bleak import BleakClient, BleakScanner  # noqa: PLC0415

        bluez: Any = {"adapter": self._adapter}
        try:
            device = None
            while device is None:  # whoever is tired of waiting cancels
                device = await BleakScanner.find_device_by_filter(
                    lambda _, seen: service in seen.service_uuids,
                    timeout=_CONNECT,
                    service_uuids=[service],
                    bluez=bluez,
                )
            client = BleakClient(device, lambda _: gone(), services=[service], timeout=_CONNECT, bluez=bluez)
            await client.connect()
        except _troubles() as trouble:
            raise OSError(errno.ENETDOWN, _OFF) from trouble
        found = client.services.get_service(service)
        if found is None or any(found.get_characteristic(one) is None for one in (STATE, TO_PHONE, FROM_PHONE)):
            await client.disconnect()
            raise OSError(errno.EPROTO, "it is no phone with a licence")
        return _Connected(client, found)


class _Connected:
    """A :class:`~kiosk.hw.mdoc.ble.Connection`."""

    def __init__(self, client: Any, service: Any) -> None:
        self._client, self._service = client, service

    @property
    def mtu(self) -> int:
        return int(self._service.get_characteristic(TO_PHONE).max_write_without_response_size) + 3

    async def listen(self, characteristic: str, heard: Callable[[bytes], None]) -> None:
        await self._do(
            self._client.start_notify(
                self._service.get_characteristic(characteristic), lambda _, value: heard(bytes(value))
            )
        )

    async def write(self, characteristic: str, value: bytes) -> None:
        await self._do(
            self._client.write_gatt_char(self._service.get_characteristic(characteristic), value, response=False)
        )

    async def close(self) -> None:
        await self._do(self._client.disconnect())

    async def _do(self, what: Any) -> None:
        try:
            await what
        except _troubles() as trouble:
            raise OSError(errno.ENOTCONN, _GONE) from trouble


def _troubles() -> tuple[type[Exception], ...]:
    from bleak.exc import BleakError  # noqa: PLC0415

    return (BleakError, OSError, EOFError, asyncio.TimeoutError)
