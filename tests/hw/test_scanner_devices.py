"""Scanners as devices: one contract, shown by a serial port on a pseudo terminal and by replayed key events."""

import asyncio
import fcntl
import os
import struct
import termios
import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import evdev
import pytest
import serial

from kiosk.hw.scanner.device import DeviceScanner
from kiosk.hw.scanner.evdev import KEY_RULES, DeviceSource, key_scanner
from kiosk.hw.scanner.framing import FrameRules
from kiosk.hw.scanner.keys import DOWN, EV_KEY, LEFT_SHIFT
from kiosk.hw.scanner.layouts import DE, US
from kiosk.hw.scanner.port import ScannerState, words
from kiosk.hw.scanner.serial import serial_scanner
from kiosk.hw.scanner.sim import KeyScanner, VirtualScanner
from kiosk.model.clock import ManualClock, SystemClock
from kiosk.model.documents import Reading
from kiosk.model.errors import Unavailable

from .peer import Emupos
from .samples import TAG, licence, until

CLOCK = SystemClock()
ABSENT, OPENING, READY, LOST, IN_USE, FOREIGN = ScannerState


class Desk:
    """A scanner that runs, with what it delivered and how it fared."""

    def __init__(self) -> None:
        self.readings: list[Reading] = []
        self.states: list[ScannerState] = []

    @property
    def scans(self) -> list[bytes]:
        return [reading.data for reading in self.readings if reading.complete]

    @asynccontextmanager
    async def with_(self, scanner: DeviceScanner) -> AsyncIterator["Desk"]:
        task = asyncio.create_task(scanner.run(self.readings.append, self.states.append))
        try:
            yield self
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)


@pytest.fixture
def port(tmp_path: Path) -> Iterator[VirtualScanner]:
    scanner = VirtualScanner(tmp_path / "scanner")
    yield scanner
    scanner.close()


@pytest.fixture
def keyboard() -> Iterator[KeyScanner]:
    scanner = KeyScanner(CLOCK)
    yield scanner
    scanner.close()


def driver(device: VirtualScanner | KeyScanner) -> DeviceScanner:
    if isinstance(device, VirtualScanner):
        return serial_scanner("vault", device.path, CLOCK, look_every=0.01)
    return key_scanner("vault", device.source, CLOCK, look_every=0.01)


@pytest.fixture(params=["serial", "keys"])
def device(request: pytest.FixtureRequest) -> VirtualScanner | KeyScanner:
    which: VirtualScanner | KeyScanner = request.getfixturevalue("port" if request.param == "serial" else "keyboard")
    return which


# --- the contract -----------------------------------------------------------------------------------------------------


@pytest.mark.requirement("PLT-04")
async def test_each_scan_arrives_once_and_whole(device: VirtualScanner | KeyScanner) -> None:
    async with Desk().with_(driver(device)) as desk:
        await until(lambda: desk.states == [READY])
        await device.scan(TAG)
        await until(lambda: desk.scans == [TAG])
        await device.scan(licence(), terminator=b"\r\n")
        await until(lambda: len(desk.scans) == 2)
        await device.scan(TAG, terminator=b"")
        await until(lambda: len(desk.scans) == 3)
    assert desk.scans == [TAG, licence(), TAG]
    assert {reading.device for reading in desk.readings} == {"vault"}


@pytest.mark.requirement("PLT-04")
async def test_slow_scanners_are_waited_for(device: VirtualScanner | KeyScanner) -> None:
    async with Desk().with_(driver(device)) as desk:
        await until(lambda: desk.states == [READY])
        if isinstance(device, VirtualScanner):
            await device.scan(TAG, chunks=[1] * 30, gap=0.004)
        else:
            await device.scan(TAG, gap=0.004)
        await until(lambda: desk.scans == [TAG])


@pytest.mark.requirement("PLT-04")
async def test_unplugged_in_mid_scan_nothing_is_delivered_and_the_next_scan_after_plugging_is_read(
    device: VirtualScanner | KeyScanner,
) -> None:
    async with Desk().with_(driver(device)) as desk:
        await until(lambda: desk.states == [READY])
        await device.scan(TAG[:12], terminator=b"")
        device.unplug()
        await until(lambda: desk.states == [READY, LOST])
        assert str(words(LOST)) == "The scanner has gone. Check its cable."
        device.plug()
        await until(lambda: desk.states == [READY, LOST, READY])
        await device.scan(TAG)
        await until(lambda: desk.readings)
    assert desk.scans == [TAG]


async def test_a_scanner_that_was_never_there_is_absent_and_comes_by_itself(
    device: VirtualScanner | KeyScanner,
) -> None:
    device.unplug()
    async with Desk().with_(driver(device)) as desk:
        await until(lambda: desk.states == [ABSENT])
        device.plug()
        await until(lambda: desk.states == [ABSENT, READY])


async def test_a_scanner_in_use_by_another_is_not_read_beside_it(device: VirtualScanner | KeyScanner) -> None:
    async with Desk().with_(driver(device)) as first:
        await until(lambda: first.states == [READY])
        async with Desk().with_(driver(device)) as second:
            await until(lambda: second.states == [IN_USE])
            await device.scan(TAG)
            await until(lambda: first.scans == [TAG])
            assert second.readings == []


async def test_stopping_is_quick_and_leaves_nothing_behind(device: VirtualScanner | KeyScanner) -> None:
    before, threads = set(os.listdir("/proc/self/fd")), threading.active_count()
    for _ in range(20):
        async with asyncio.timeout(1), Desk().with_(driver(device)) as desk:
            await until(lambda: desk.states == [READY])
        if isinstance(device, KeyScanner):
            device.unplug()
            device.plug()
    assert len(os.listdir("/proc/self/fd")) <= len(before)
    assert threading.active_count() == threads


async def test_an_error_in_what_receives_the_scans_ends_the_scanner_and_is_not_swallowed(
    device: VirtualScanner | KeyScanner,
) -> None:
    def broken(reading: Reading) -> None:
        raise ZeroDivisionError

    states: list[ScannerState] = []
    task = asyncio.create_task(driver(device).run(broken, states.append))
    await until(lambda: states == [READY])
    await device.scan(TAG)
    with pytest.raises(ZeroDivisionError):
        await task


# --- serial ports -----------------------------------------------------------------------------------------------------


async def test_after_plugging_the_port_has_another_node_and_is_found_by_its_stable_name(port: VirtualScanner) -> None:
    first = port.path.resolve()
    others = [os.openpty() for _ in range(3)]
    async with Desk().with_(driver(port)) as desk:
        await until(lambda: desk.states == [READY])
        port.unplug()
        taken = os.openpty()  # the old node now belongs to somebody else
        port.plug()
        await until(lambda: desk.states == [READY, LOST, READY])
        assert port.path.resolve() != first
        await port.scan(TAG)
        await until(lambda: desk.scans == [TAG])
    for ends in [*others, taken]:
        for end in ends:
            os.close(end)


@pytest.mark.requirement("PLT-04")
async def test_a_stalled_program_does_not_cut_a_scan_in_two(port: VirtualScanner) -> None:
    """Both halves lay in the kernel's buffer; only the program was late to read the second."""
    clock = ManualClock()
    scanner = serial_scanner("vault", port.path, clock, rules=FrameRules(quiet=0.5), look_every=0.01)
    async with Desk().with_(scanner) as desk:
        await until(lambda: desk.states == [READY])
        await port.scan(TAG[:12], terminator=b"")
        await until(lambda: not readable(port))
        clock.advance(3.0)
        await port.scan(TAG[12:])
        await until(lambda: desk.readings)
    assert desk.scans == [TAG]


def readable(port: VirtualScanner) -> bool:
    """Whether bytes wait in the port that nobody has read."""
    with open(port.path.resolve(), "rb", buffering=0) as reader:
        return bool(struct.unpack("i", fcntl.ioctl(reader, termios.FIONREAD, b"\0" * 4))[0])


async def test_the_port_is_locked_against_a_second_program(port: VirtualScanner) -> None:
    async with Desk().with_(driver(port)) as desk:
        await until(lambda: desk.states == [READY])
        with pytest.raises(serial.SerialException):
            serial.Serial(str(port.path), exclusive=True)


async def test_a_port_whose_rights_come_later_is_opening(tmp_path: Path) -> None:
    tries = []

    def not_yet() -> None:
        tries.append(1)
        raise PermissionError(13, "not yet")

    scanner = DeviceScanner("vault", not_yet, KEY_RULES, CLOCK, look_every=0.005)  # type: ignore[arg-type]
    async with Desk().with_(scanner) as desk:
        await until(lambda: len(tries) > 2)
    assert desk.states == [OPENING]


async def test_the_virtual_scanner_says_when_it_is_not_plugged(device: VirtualScanner | KeyScanner) -> None:
    device.unplug()
    with pytest.raises(Unavailable):
        await device.scan(TAG)


# --- keyboards --------------------------------------------------------------------------------------------------------


async def test_a_scan_of_which_events_were_lost_asks_for_another(keyboard: KeyScanner) -> None:
    async with Desk().with_(driver(keyboard)) as desk:
        await until(lambda: desk.states == [READY])
        await keyboard.scan(TAG[:10], terminator=b"")
        keyboard.overrun()
        await keyboard.scan(TAG[12:])
        await until(lambda: desk.readings)
        assert [(reading.data, reading.complete) for reading in desk.readings] == [(b"", False)]
        await keyboard.scan(TAG)
        await until(lambda: desk.scans == [TAG])


async def test_a_shift_that_was_never_let_go_does_not_reach_the_next_scan(keyboard: KeyScanner) -> None:
    async with Desk().with_(driver(keyboard)) as desk:
        await until(lambda: desk.states == [READY])
        await keyboard.scan(b"abc", terminator=b"")
        keyboard.send([(EV_KEY, LEFT_SHIFT, DOWN)])
        await until(lambda: desk.scans == [b"abc"])
        await keyboard.scan(b"abc")
        await until(lambda: len(desk.scans) == 2)
    assert desk.scans == [b"abc", b"abc"]


async def test_key_repeat_of_a_lost_report_adds_nothing(keyboard: KeyScanner) -> None:
    async with Desk().with_(driver(keyboard)) as desk:
        await until(lambda: desk.states == [READY])
        await keyboard.scan(b"AB", terminator=b"")
        keyboard.send([(EV_KEY, 48, 2), (EV_KEY, 48, 2)])
        await keyboard.scan(b"CD")
        await until(lambda: desk.scans == [b"ABCD"])


@pytest.mark.requirement("PLT-04")
@pytest.mark.parametrize("alt_codes", [False, True])
async def test_the_same_licence_by_serial_and_by_keys_is_the_same_bytes(port: VirtualScanner, alt_codes: bool) -> None:
    typing = KeyScanner(CLOCK, layout=DE, alt_codes=alt_codes)
    by_keys = key_scanner("door", typing.source, CLOCK, layout=DE)
    async with Desk().with_(driver(port)) as serially, Desk().with_(by_keys) as typed:
        await until(lambda: serially.states == typed.states == [READY])
        await port.scan(licence())
        await typing.scan(licence())
        await until(lambda: serially.scans and typed.scans)
    typing.close()
    assert serially.scans == typed.scans == [licence()]


@pytest.mark.skipif(not os.path.exists("/dev/uinput"), reason="needs the kernel's uinput device")
async def test_a_real_input_device_is_grabbed_and_read() -> None:
    keyboard = evdev.UInput(name="virtual scanner")

    scripted = KeyScanner(CLOCK, layout=US)
    scanner = key_scanner("vault", lambda: DeviceSource(Path(keyboard.device.path)), CLOCK)
    async with Desk().with_(scanner) as desk:
        await until(lambda: desk.states[-1:] == [READY])
        for stroke in [stroke for byte in TAG + b"\r" for stroke in scripted._stroke(byte)]:
            keyboard.write(*stroke)
        await until(lambda: desk.scans == [TAG])
    scripted.close()
    keyboard.close()


# --- a scanner that we did not write ----------------------------------------------------------------------------------


@pytest.mark.requirement("PLT-04")
async def test_scans_of_a_foreign_scanner_arrive(emupos: Emupos, tmp_path: Path) -> None:
    async with emupos.running(tmp_path) as running:
        scanner = serial_scanner("lane", running.scanner, CLOCK, look_every=0.01)
        async with Desk().with_(scanner) as desk:
            await until(lambda: desk.states[-1:] == [READY])
            for data in (TAG.decode(), "HTTPS://1A4.COM/5M41IIT9UQYU0ZF5PGJP"):
                await running.scan(data)
                await until(lambda data=data: data.encode() in desk.scans, 20)
    assert desk.scans == [TAG, b"HTTPS://1A4.COM/5M41IIT9UQYU0ZF5PGJP"]
