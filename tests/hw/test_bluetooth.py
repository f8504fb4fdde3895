"""A phone reached by Bluetooth: messages in parts, states, and every fault on the way. The radio is a stand-in."""

import asyncio
import contextlib
import sys
from types import SimpleNamespace

import cbor2
import pytest
from cryptography.exceptions import InvalidTag

from kiosk.hw.mdoc.ble import END, FROM_PHONE, START, STATE, TO_PHONE, BluetoothClient
from kiosk.hw.mdoc.framing import Joiner, parts
from kiosk.hw.mdoc.port import PhonesState
from kiosk.model.documents import Contactless, PhoneCode, PhoneServes, PhotoId

from .phones import code, phones, wallet

SERVICE = "0b6ca9f0-5b47-4f3a-9d5e-3c0d5c1f7a11"
METHOD = [2, 1, {0: True, 1: False, 10: bytes.fromhex(SERVICE.replace("-", ""))}]


class RadioPhone:
    """A phone with its service, a radio and the connection between them. The fault comes with part ``fault_at``."""

    name = "bluetooth test"

    def __init__(self, hear, *, mtu: int = 185, fault: str = "", fault_at: int = 0, off: bool = False) -> None:
        self.mtu, self.off = mtu, off
        self._hear, self._fault, self._fault_at = hear, fault, fault_at
        self._joiner, self._parts = Joiner(), 0
        self._listeners: dict[str, object] = {}
        self.said: list[tuple[str, bytes]] = []
        self.closed = False

    async def ready(self) -> None:
        if self.off:
            raise OSError("off")

    async def connect(self, service, gone):
        if self.off or service != SERVICE:
            raise OSError("not there")
        self._gone = gone
        return self

    async def listen(self, characteristic, heard) -> None:
        self._listeners[characteristic] = heard

    async def write(self, characteristic, value: bytes) -> None:
        self.said.append((characteristic, value))
        if characteristic == STATE:
            assert set(self._listeners) == {STATE, FROM_PHONE}, "started before it listens"
            return
        assert len(value) <= self.mtu - 3
        if self._faulty():
            if self._fault in ("unplug", "end"):
                self._lose()
                return
            if self._fault == "broken":
                raise OSError("gone")
            value = b"" if self._fault == "drop" else bytes([value[0] | 0x40]) + value[1:]
        whole = self._joiner.feed(value) if value[:1] in (b"\0", b"\1") else None
        answer = None
        if whole is not None:
            with contextlib.suppress(
                cbor2.CBORDecodeError, ValueError, TypeError, KeyError, InvalidTag
            ):  # a phone says nothing to nonsense
                answer = self._hear(whole)
        for sound in parts(answer, self.mtu) if answer is not None else ():
            part = sound
            if self._faulty():
                if self._fault in ("unplug", "end", "broken"):
                    self._lose()
                    return
                part = b"\x07" + part[1:] if self._fault == "corrupt" else b""
                if self._fault == "drop":
                    continue
            self._listeners[FROM_PHONE](part)

    def _lose(self) -> None:
        self._listeners[STATE](END) if self._fault == "end" else self._gone()

    def _faulty(self) -> bool:
        self._parts += 1
        return bool(self._fault) and self._parts - 1 == self._fault_at

    async def close(self) -> None:
        self.closed = True


@pytest.mark.requirement("PAT-03")
@pytest.mark.parametrize("mtu", [23, 185, 517])
async def test_a_licence_comes_over_the_air_in_parts(mtu):
    phone = wallet(methods=[METHOD])
    radio = RadioPhone(phone.hear, mtu=mtu)
    found = await phones(BluetoothClient(radio)).licence(code(phone))
    assert isinstance(found, PhotoId)
    assert phone.ended
    assert (radio.said[0], radio.said[-1]) == ((STATE, START), (STATE, END))
    assert radio.closed


@pytest.mark.parametrize("fault", ["unplug", "end", "broken", "drop", "corrupt"])
async def test_a_fault_at_any_part_is_a_named_outcome_and_the_connection_is_closed(fault):
    expected = {
        "unplug": {"mobile_gone"}, "broken": {"mobile_gone"}, "end": {"mobile_not_shared"},
        "drop": {"mobile_silent", "mobile_damaged"}, "corrupt": {"mobile_silent", "mobile_damaged"},
    }[fault]  # fmt: skip
    for at in range(12):
        phone = wallet(methods=[METHOD])
        radio = RadioPhone(phone.hear, fault=fault, fault_at=at)
        found = await phones(BluetoothClient(radio), patience=0.05).licence(code(phone))
        assert found.reason_key in expected, (at, found.reason_key)
        assert radio.closed


async def test_a_radio_that_is_off_or_a_phone_that_is_not_there():
    phone = wallet(methods=[METHOD])
    radio = RadioPhone(phone.hear, off=True)
    assert (await phones(BluetoothClient(radio)).licence(code(phone))).reason_key == "mobile_unreachable"
    states: list[PhonesState] = []
    looks = []

    async def pause(_seconds: float) -> None:
        looks.append(radio.off)
        radio.off = len(looks) < 2
        if len(looks) == 4:
            raise asyncio.CancelledError

    with pytest.raises(asyncio.CancelledError):
        await BluetoothClient(radio, pause=pause).run(lambda _: None, states.append)
    assert states == [PhonesState.ABSENT, PhonesState.READY]


def test_only_a_phone_that_serves_is_reached():
    client = BluetoothClient(RadioPhone(None))
    assert client.reaches(PhoneCode(engagement=b"", ways=(PhoneServes(service=SERVICE),)))
    assert not client.reaches(PhoneCode(engagement=b"", ways=(Contactless(),)))


async def test_bluez_that_is_not_there_is_an_adapter_that_is_off(monkeypatch):
    monkeypatch.setenv("DBUS_SYSTEM_BUS_ADDRESS", "unix:path=/nowhere")
    from kiosk.hw.mdoc.bluez import BluezRadio  # noqa: PLC0415

    radio = BluezRadio("hci9")
    with pytest.raises(OSError, match="Bluetooth does not run"):
        await radio.ready()
    with pytest.raises(OSError, match="Bluetooth does not run"):
        await radio.connect(SERVICE, lambda: None)


async def test_bleak_is_asked_for_the_service_and_its_parts(monkeypatch):
    """The driver on a stand-in of the library: what it looks for, listens to, writes and closes."""
    import bleak  # noqa: PLC0415

    from kiosk.hw.mdoc.bluez import BluezRadio  # noqa: PLC0415

    done = []
    characteristics = {
        one: SimpleNamespace(uuid=one, max_write_without_response_size=182) for one in (STATE, TO_PHONE, FROM_PHONE)
    }
    offered = SimpleNamespace(get_characteristic=characteristics.get)

    class Client:
        def __init__(self, device, left, *, services, timeout, bluez) -> None:
            done.append(("client", device, services, bluez))
            self.left = left
            self.services = SimpleNamespace(get_service=lambda service: offered if service == SERVICE else None)

        async def connect(self) -> None:
            done.append("connect")

        async def start_notify(self, characteristic, heard) -> None:
            heard(characteristic, bytearray(b"\x00hello"))

        async def write_gatt_char(self, characteristic, value, *, response) -> None:
            done.append((characteristic.uuid, value, response))
            if value == b"late":
                raise bleak.exc.BleakError("not connected")

        async def disconnect(self) -> None:
            done.append("disconnect")

    async def find(wanted, **more):
        seen = SimpleNamespace(service_uuids=[SERVICE])
        assert wanted(None, seen)
        assert not wanted(None, SimpleNamespace(service_uuids=[]))
        return "device"

    monkeypatch.setattr(bleak, "BleakClient", Client)
    monkeypatch.setattr(bleak.BleakScanner, "find_device_by_filter", find)
    connection = await BluezRadio("hci0").connect(SERVICE, lambda: done.append("gone"))
    heard = []
    await connection.listen(FROM_PHONE, heard.append)
    await connection.write(STATE, START)
    with pytest.raises(OSError, match="gone"):
        await connection.write(TO_PHONE, b"late")
    await connection.close()
    assert (connection.mtu, heard) == (185, [b"\x00hello"])
    assert done[:3] == [("client", "device", [SERVICE], {"adapter": "hci0"}), "connect", (STATE, START, False)]
    assert done[-1] == "disconnect"
    assert "bleak" in sys.modules
