"""A package is one package, however its tag was read: typed, as bars, as squares, by radio among two hundred others."""

import asyncio
from pathlib import Path

import pytest

from kiosk.documents.cards import CardFormats
from kiosk.documents.decoding import decode
from kiosk.hw.scanner.duplicates import Duplicates
from kiosk.hw.scanner.evdev import key_scanner
from kiosk.hw.scanner.framing import FrameRules
from kiosk.hw.scanner.serial import serial_scanner
from kiosk.hw.scanner.sim import KeyScanner, VirtualScanner
from kiosk.model.clock import SystemClock
from kiosk.model.documents import PackageTag, Reading, UnitCode

from .samples import TAG, until

CLOCK = SystemClock()
FORMATS = CardFormats(state="FL", patterns=())
OTHERS = [b"1A4FF0300000B2C0%08d" % n for n in range(200)]
RETAIL_ID = b"HTTPS://1A4.COM/5M41IIT9UQYU0ZF5PGJP"
"""The same package, item 5."""


def packages(readings: list[Reading]) -> list[str]:
    found = [decode(reading, formats=FORMATS) for reading in readings]
    assert all(isinstance(document, PackageTag | UnitCode) for document in found), found
    return [document.uid for document in found if isinstance(document, PackageTag | UnitCode)]


@pytest.mark.requirement("OPN-18")
async def test_typed_as_bars_as_squares_and_by_radio_it_is_one_package(tmp_path: Path) -> None:
    typed, printed = KeyScanner(CLOCK), VirtualScanner(tmp_path / "counter")
    radio = VirtualScanner(tmp_path / "radio")
    seen = Duplicates()
    heard: list[Reading] = []
    taken: list[Reading] = []
    states: list[object] = []

    def deliver(reading: Reading) -> None:
        heard.append(reading)
        if not seen.repeats(reading):
            taken.append(reading)

    scanners = [
        key_scanner("hand", typed.source, CLOCK),
        serial_scanner("counter", printed.path, CLOCK, rules=FrameRules(aim=True)),
        serial_scanner("radio", radio.path, CLOCK),
    ]
    running = [asyncio.create_task(scanner.run(deliver, states.append)) for scanner in scanners]
    await until(lambda: len(states) == 3)
    for sweep in range(20):  # a radio reader says what it sees, again and again
        for epc in [*OTHERS[: 10 * sweep], TAG, *OTHERS[10 * sweep :]]:
            await radio.scan(epc.lower() if sweep % 2 else epc)
    await typed.scan(TAG)
    await printed.scan(b"]C0" + TAG)
    await printed.scan(b"]Q1" + RETAIL_ID)
    await until(lambda: len(heard) == 20 * 201 + 3)
    for task in running:
        task.cancel()
    await asyncio.gather(*running, return_exceptions=True)
    typed.close()
    printed.close()
    radio.close()
    by = {
        name: packages([reading for reading in heard if reading.device == name])
        for name in ("radio", "hand", "counter")
    }
    assert (len(by["radio"]), len(set(by["radio"]))) == (20 * 201, 201)
    assert by["hand"] + by["counter"] == [TAG.decode()] * 3
    assert set(packages(taken)) == set(by["radio"]), "no technology makes a second package of it"
