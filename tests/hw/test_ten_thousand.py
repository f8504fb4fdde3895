"""Two scanners at full rate: no scan lost, doubled or mixed with another's, through a serial port and through keys."""

import asyncio
import os
import random

import pytest

from kiosk.hw.scanner.device import DeviceScanner
from kiosk.hw.scanner.evdev import key_scanner
from kiosk.hw.scanner.serial import serial_scanner
from kiosk.hw.scanner.sim import KeyScanner, VirtualScanner
from kiosk.model.clock import SystemClock
from kiosk.model.documents import Reading

from .samples import licence, until

CLOCK = SystemClock()
TORTURE = bool(os.environ.get("KIOSK_TORTURE"))
SERIAL = 10_000
KEYS = 10_000 if TORTURE else 1_000
"""A key is two events with a report each: ten times the bytes."""


def scan(device: str, n: int) -> bytes:
    """The n-th scan of a device, in its own words; every 97th is a licence, with its line ends inside."""
    return licence() if n % 97 == 96 else f"1A4{device}{n:017}".encode()


def end(chance: random.Random) -> bytes:
    return chance.choice((b"\r", b"\n", b"\r\n", b"\r\r"))


async def all_through(
    scanners: list[DeviceScanner], devices: list[VirtualScanner] | list[KeyScanner], count: int
) -> None:
    scans: dict[str, list[bytes]] = {scanner.name: [] for scanner in scanners}
    ready: list[object] = []

    def deliver(reading: Reading) -> None:
        assert reading.complete
        scans[reading.device].append(reading.data)

    running = [asyncio.create_task(scanner.run(deliver, ready.append)) for scanner in scanners]
    await until(lambda: len(ready) == len(scanners))

    async def type_all(device: VirtualScanner | KeyScanner, name: str) -> None:
        chance = random.Random(name)
        for n in range(count):
            if isinstance(device, VirtualScanner):
                await device.scan(scan(name, n), terminator=end(chance), chunks=[chance.randint(1, 30)])
            else:
                await device.scan(scan(name, n), terminator=b"\r")
                await asyncio.sleep(0)  # the kernel's buffer is as short as a socket's
            if n % 50 == 0:
                await asyncio.sleep(0)

    names = [scanner.name for scanner in scanners]
    await asyncio.gather(*(type_all(device, name) for device, name in zip(devices, names, strict=True)))
    await until(lambda: all(len(got) >= count for got in scans.values()))
    for task in running:
        task.cancel()
    await asyncio.gather(*running, return_exceptions=True)
    for name, got in scans.items():
        assert got == [scan(name, n) for n in range(count)]


@pytest.mark.requirement("PLT-04")
async def test_ten_thousand_scans_of_two_scanners_through_serial_ports(tmp_path) -> None:
    devices = [VirtualScanner(tmp_path / name) for name in ("AA", "BB")]
    scanners = [serial_scanner(device.path.name, device.path, CLOCK) for device in devices]
    await all_through(scanners, devices, SERIAL // 2)
    for device in devices:
        device.close()


@pytest.mark.requirement("PLT-04")
async def test_ten_thousand_scans_of_two_scanners_through_key_events() -> None:
    devices = [KeyScanner(CLOCK), KeyScanner(CLOCK)]
    scanners = [key_scanner(name, device.source, CLOCK) for name, device in zip(("AA", "BB"), devices, strict=True)]
    await all_through(scanners, devices, KEYS // 2)
    for device in devices:
        device.close()
