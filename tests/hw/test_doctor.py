"""``kiosk doctor``: every device listed, tried, and in one sentence what is wrong and what to do."""

import asyncio
import errno
import json
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import serial
from cryptography.hazmat.primitives import serialization

from kiosk.cli import main
from kiosk.demo.wallet import Authority
from kiosk.doctor import Finding, Machine, examine, report
from kiosk.hw.found import found, stable_name
from kiosk.hw.mdoc.pcsc import PcscSlot
from kiosk.hw.mdoc.vpcd import VirtualSlot
from kiosk.hw.printer.sim import VirtualPrinter
from kiosk.hw.scale.sim import VirtualScale
from kiosk.hw.scanner.evdev import DeviceSource
from kiosk.hw.scanner.sim import VirtualScanner
from kiosk.model.clock import SystemClock
from kiosk.settings import (
    HubPart,
    PhonesPart,
    PrinterPart,
    ScalePart,
    ScannerPart,
    SpeechPart,
    TerminalSettings,
    to_toml,
)

from .printers import listening, plugged


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    """A machine with its devices in a folder: nothing plugged in yet."""
    for name in ("serial/by-id", "serial/by-path", "input/by-id"):
        (tmp_path / "dev" / name).mkdir(parents=True)
    (tmp_path / "sys").mkdir()
    return Machine(dev=tmp_path / "dev", sys=tmp_path / "sys")


@pytest.fixture
def scanner(machine: Machine) -> Iterator[VirtualScanner]:
    virtual = VirtualScanner(machine.dev / "serial" / "by-id" / "usb-Honeywell_1900-if00")
    yield virtual
    virtual.close()


def settings_for(*scanners: ScannerPart, printer: PrinterPart | None = None, **more: Any) -> TerminalSettings:
    given: dict[str, Any] = {"sound": False, **more}
    return TerminalSettings(
        name="counter-1",
        role="counter",
        state="FL",
        data="data",
        hub=HubPart(token="t" * 32),
        scanners=scanners,
        printer=printer,
        **given,
    )


def serial_part(scanner: VirtualScanner) -> ScannerPart:
    return ScannerPart(kind="serial", path=str(scanner.path))


def by_device(findings: list[Finding]) -> dict[str, tuple[bool, str]]:
    return {finding.device: (finding.well, str(finding.says)) for finding in findings}


async def test_a_sound_terminal_is_well(machine: Machine, scanner: VirtualScanner, printer: VirtualPrinter) -> None:
    url = f"tcp://127.0.0.1:{printer.port}"
    findings = await examine(settings_for(serial_part(scanner), printer=PrinterPart(url=url)), machine)
    assert [(each.used_as, each.device, each.well) for each in findings] == [
        ("serial scanner", str(scanner.path), True),
        ("label printer", f"{url} VIRTUAL PAPER-80", True),
    ]


async def test_a_scanner_that_is_not_there_held_or_forbidden(
    machine: Machine, scanner: VirtualScanner, monkeypatch: pytest.MonkeyPatch
) -> None:
    part = serial_part(scanner)
    with serial.Serial(str(scanner.path), exclusive=True):
        (held,) = await examine(settings_for(part), machine)
    assert (held.well, str(held.says)) == (
        False,
        "Another program uses it: stop that program, or the terminal that is running.",
    )
    scanner.unplug()
    (gone,) = await examine(settings_for(part), machine)
    assert (gone.well, str(gone.says)[:16]) == (False, "It is not there:")

    def forbidden(_: object, path: Path) -> None:
        raise PermissionError(errno.EACCES, "Permission denied")

    monkeypatch.setattr(DeviceSource, "__init__", forbidden)
    (closed,) = await examine(settings_for(ScannerPart(kind="keyboard", path="/dev/input/by-id/x")), machine)
    assert (closed.well, "group" in str(closed.says), "input" in str(closed.says)) == (False, True, True)


def test_a_name_that_changes_has_one_that_lasts(machine: Machine) -> None:
    node = machine.dev / "ttyACM0"
    node.touch()
    lonely = machine.dev / "ttyUSB1"
    lonely.touch()
    lasting = machine.dev / "serial" / "by-path" / "platform-usb-0:1.2:1.0"
    lasting.symlink_to(node)
    there = found(machine.dev, machine.sys)
    assert [each.name for each in there] == [str(lasting), str(lonely)]
    assert stable_name(node, there) == str(lasting)
    assert stable_name(lasting, there) is None
    assert stable_name(lonely, there) is None, "there is nothing better"


async def test_what_is_there_and_not_used_is_listed(machine: Machine, scanner: VirtualScanner) -> None:
    (machine.dev / "input" / "event3").touch()
    (machine.dev / "input" / "by-id" / "usb-Cherry_Keyboard-event-kbd").symlink_to(machine.dev / "input" / "event3")
    plugged(machine.sys, "lp0", vendor="04b8", product="0e15", serial="J4XF")
    keyboard = str(machine.dev / "input" / "by-id" / "usb-Cherry_Keyboard-event-kbd")
    for settings in (settings_for(), None):
        findings = await examine(settings, machine)
        assert by_device(findings) == {
            str(scanner.path): (
                True,
                f'No setting names it. It would be: [[scanners]] kind = "serial", path = "{scanner.path}"',
            ),
            keyboard: (True, f'No setting names it. It would be: [[scanners]] kind = "keyboard", path = "{keyboard}"'),
            "usb://04b8:0e15/J4XF": (True, 'No setting names it. It would be: [printer] url = "usb://04b8:0e15/J4XF"'),
        }


@pytest.mark.parametrize(
    ("hurt", "says"),
    [
        (VirtualPrinter.out_of_paper, "The label printer has no paper. Put in a roll."),
        (VirtualPrinter.open_cover, "The label printer's cover is open. Close it."),
        (
            lambda printer: setattr(printer, "answers", "none"),
            "It takes a connection and says nothing: shut its cover and put in paper; if that is done, it is no "
            "ESC/POS printer, or another terminal has it.",
        ),
        (
            lambda printer: setattr(printer, "answers", "garbage"),
            "What it answers is no printer's answer: correct the address or the baud rate, or use an ESC/POS printer.",
        ),
        (
            lambda printer: setattr(printer, "answers", "no_barrier"),
            "It does not say when it has printed: it is not fit for labels. Use another model.",
        ),
        (VirtualPrinter.power_off, "It hangs up at once: another terminal may have it; else switch it off and on."),
        (
            VirtualPrinter.jam_cutter,
            "The label printer's cutter is stuck. Open the cover, free the paper, close it; else switch it off and on.",
        ),
    ],
)
async def test_a_printer_with_a_fault(machine: Machine, printer: VirtualPrinter, hurt: Any, says: str) -> None:
    hurt(printer)
    part = PrinterPart(url=f"tcp://127.0.0.1:{printer.port}")
    (finding,) = await examine(settings_for(printer=part), machine)
    assert (finding.well, str(finding.says)) == (False, says)
    assert printer.pieces == []


@pytest.mark.parametrize(
    ("url", "says"),
    [
        ("tcp://127.0.0.1:1", "correct the port"),
        ("tcp://localhost:1", "correct the port"),
        ("tcp://no-such-machine.invalid", "No machine has this name"),
        ("serial:///dev/serial/by-id/none", "It is not there"),
        ("serial:///etc/hostname", "It is no device of this kind"),
        ("usb://04b8:0e15/none", "It is not there"),
    ],
)
async def test_a_printer_that_is_not_where_the_settings_say(machine: Machine, url: str, says: str) -> None:
    (finding,) = await examine(settings_for(printer=PrinterPart(url=url)), machine)
    assert (finding.well, says in str(finding.says)) == (False, True)


@pytest.mark.parametrize(
    "answer",
    [
        b"HTTP/1.1 400 Bad Request\r\nServer: x\r\n\r\n",
        b"\x00" * 300,
        b"\x12",
        b"7" + b"a" * 5000,
        b"\x1b]0;title\x07\x1b[2J",
        b"",
    ],
)
async def test_whatever_answers_at_an_address_the_doctor_ends_with_one_plain_sentence(
    machine: Machine, answer: bytes
) -> None:
    """A web server, one who says nothing, one who answers everything the same, one who wants to write on the screen."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while await reader.read(4096):
            writer.write(answer)
        writer.close()

    async with listening(serve) as port, asyncio.timeout(30):
        part = PrinterPart(url=f"tcp://127.0.0.1:{port}", drawer="high")
        findings = await examine(settings_for(printer=part), machine)
    assert findings[0].well is False
    for finding in findings:
        assert all(char.isprintable() for char in finding.device + str(finding.says))


async def test_a_device_that_is_named_twice_or_by_a_passing_name_is_told(machine: Machine) -> None:
    node = machine.dev / "ttyUSB0"
    node.symlink_to("/dev/null")
    part, scale = ScannerPart(kind="serial", path=str(node)), ScalePart(path=str(node), protocol="sics")
    said = by_device(await examine(settings_for(part, scale=scale), machine))
    assert "twice" in said[str(node.resolve())][1]


async def test_a_usb_printer_of_another_language_is_told(machine: Machine) -> None:
    plugged(machine.sys, "lp0", vendor="0a5f", product="0166", serial="Z1", language="ZPL")
    plugged(machine.sys, "lp1", vendor="04b8", product="0e15", serial="J4XF", language="ESC/POS")
    url = "usb://0a5f:0166"
    said = by_device(await examine(settings_for(printer=PrinterPart(url=url)), machine))
    wrong = "It speaks ZPL, and labels need a printer that speaks ESC/POS: set it to that, or use another."
    assert said[url] == (False, wrong)
    assert said["usb://04b8:0e15/J4XF"][0]
    assert by_device(await examine(None, machine))["usb://0a5f:0166/Z1"] == (True, wrong)


def test_without_settings_and_devices_it_says_so(machine: Machine) -> None:
    words, well = report(None, machine=machine)
    assert words.startswith("No scanner, scale or printer was found")
    assert well


async def test_scale_and_drawer_are_tried(machine: Machine, printer: VirtualPrinter) -> None:
    scale = VirtualScale(machine.dev / "scale", "sma")
    scale.grams = Decimal("3.50")
    part = ScalePart(path=str(scale.path), protocol="sma")
    url = f"tcp://127.0.0.1:{printer.port}"
    told = settings_for(printer=PrinterPart(url=url, drawer="high"), scale=part)
    said = by_device(await examine(told, machine))
    assert said[str(scale.path)] == (True, "It shows 3.50 g.")
    assert said[f"drawer at {url}"] == (True, "It is shut.")
    printer.drawer_open, scale.moving = True, False
    scale.close()
    said = by_device(await examine(told, machine))
    assert said[str(scale.path)] == (False, "It is not there: plug it in, or write another name into the settings.")
    assert "It is open" in said[f"drawer at {url}"][1]
    assert printer.drawer_pulses == 0, "the doctor looks, and opens nothing"


async def test_lamp_and_speech_are_tried(machine: Machine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    led = machine.sys / "class" / "leds" / "green"
    led.mkdir(parents=True)
    (led / "max_brightness").write_text("1")
    said = by_device(await examine(settings_for(lamp="green", speech=SpeechPart()), machine))
    assert said["green"] == (True, "It was switched on and off.")
    assert said["headphones"] == (False, "No program speaks: install the package espeak-ng.")
    said = by_device(await examine(settings_for(lamp="red"), machine))
    assert said["red"] == (False, "There is no such lamp: write one of green into the settings.")


async def test_missing_programs_and_fonts_are_named(
    machine: Machine, printer: VirtualPrinter, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr("kiosk.doctor.IDEOGRAPHS", tmp_path / "none.ttf")
    part = PrinterPart(url=f"tcp://127.0.0.1:{printer.port}")
    said = by_device(await examine(settings_for(printer=part, sound=True), machine))
    assert said["fonts"] == (False, "Chinese names cannot be drawn: install the package fonts-droid-fallback.")
    assert said["loudspeaker"] == (False, "No program plays sounds: install the package alsa-utils.")


async def test_the_command_says_it_in_words_and_as_json_and_by_its_code(
    scanner: VirtualScanner, tmp_path: Path, capsys: Any
) -> None:
    file = tmp_path / "terminal.toml"
    file.write_text(to_toml(settings_for(serial_part(scanner))))
    assert await asyncio.to_thread(main, ["doctor", "--settings", str(file)]) == 0
    words = capsys.readouterr().out
    assert str(scanner.path) in words
    assert words.endswith("All is well.\n")
    scanner.unplug()
    assert await asyncio.to_thread(main, ["doctor", "--settings", str(file), "--json"]) == 1
    told = json.loads(capsys.readouterr().out)
    assert told["well"] is False
    (device,) = [each for each in told["devices"] if each["device"] == str(scanner.path)]
    assert (device["used_as"], device["well"]) == ("serial scanner", False)
    assert await asyncio.to_thread(main, ["doctor", "--settings", str(tmp_path / "none.toml")]) == 1
    assert capsys.readouterr().err.count("\n") == 1


# --- phones


def issuers(folder: Path, *, days: int = 30) -> str:
    authority = Authority(at=SystemClock().now())
    pem = serialization.Encoding.PEM
    file = folder / "issuers.pem"
    file.write_bytes(authority.root.public_bytes(pem) + authority.revocation_list(days=days).public_bytes(pem))
    return str(file)


async def test_a_reader_for_phones_and_the_issuers_it_trusts(machine: Machine, tmp_path: Path) -> None:
    async def asked(*, days: int = 30, contactless: str = "vpcd://127.0.0.1:0") -> list[tuple[str, bool, str]]:
        part = PhonesPart(issuers=issuers(tmp_path, days=days), contactless=contactless)
        findings = await examine(settings_for(phones=part), machine)
        return [(each.used_as, each.well, str(each.says)) for each in findings]

    assert await asked() == [
        ("issuers of licences", True, "1 authorities are trusted, 1 revocation lists are in force."),
        ("reader for phones", True, "It is there. Hold a phone to it at the terminal to see it read."),
    ]
    (late, _) = await asked(days=-1)
    assert late[1] is False
    assert "A revocation list ended on" in late[2]
    held = VirtualSlot(port=0)
    await held.start()
    (_, busy) = await asked(contactless=f"vpcd://127.0.0.1:{held.port}")
    assert busy[1:] == (False, "Another program uses it: stop that program, or the terminal that is running.")
    await held.close()


@pytest.mark.parametrize(
    ("error", "says"),
    [
        (errno.ENXIO, "The service for card readers does not run: install pcscd and start it."),
        (errno.ENODEV, "No such reader is connected: plug it in, or write another name into the settings."),
    ],
)
async def test_a_reader_behind_a_service_that_is_not_there(
    machine: Machine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: int, says: str
) -> None:
    def nothing(_slot: PcscSlot) -> str:
        raise OSError(error, "")

    monkeypatch.setattr(PcscSlot, "_find", nothing)
    monkeypatch.setenv("DBUS_SYSTEM_BUS_ADDRESS", f"unix:path={tmp_path}/none")
    part = PhonesPart(issuers=str(tmp_path / "none"), bluetooth="hci0", contactless="pcsc:ACS")
    trust, radio, reader = await examine(settings_for(phones=part), machine)
    assert (radio.well, str(radio.says)[:28]) == (False, "Bluetooth does not run here:")
    assert (reader.device, reader.well, str(reader.says)) == ("pcsc:ACS", False, says)
    assert (trust.well, "cannot be used" in str(trust.says)) == (False, True)
