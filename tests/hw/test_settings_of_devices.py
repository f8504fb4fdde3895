"""What the settings say of a device is how it is read."""

import asyncio
from pathlib import Path
from typing import Any

import pytest

from kiosk.assembly import _drawer, _printer, _scanners
from kiosk.cli import main
from kiosk.hw.hotplug import Hotplug
from kiosk.hw.printer.port import Paper
from kiosk.hw.printer.sim import VirtualPrinter
from kiosk.hw.scanner.sim import VirtualScanner
from kiosk.model.clock import SystemClock
from kiosk.model.documents import Reading
from kiosk.settings import PrinterPart, ScannerPart, TerminalSettings, read, to_toml

from .samples import TAG, until
from .test_doctor import settings_for


def written(folder: Path, settings: TerminalSettings) -> TerminalSettings:
    file = folder / "terminal.toml"
    file.write_text(to_toml(settings))
    return read(file, TerminalSettings)


async def test_a_serial_scanner_is_read_as_the_settings_say(tmp_path: Path) -> None:
    port = VirtualScanner(tmp_path / "usb-Old_Reader")
    part = ScannerPart(
        kind="serial", path=str(port.path), baud=9600, character="7E1", prefix="~A", suffix="\t", aim=True
    )
    hotplug = Hotplug()
    (scanner,) = _scanners(written(tmp_path, settings_for(part, keyboards="leave")), SystemClock(), hotplug)
    readings: list[Reading] = []
    states: list[Any] = []
    running = asyncio.create_task(scanner.run(readings.append, states.append))
    await until(lambda: states)
    await port.scan(b"~A]C0" + TAG, terminator=b"\t")
    await until(lambda: readings)
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    hotplug.close()
    port.close()
    assert [(reading.data, reading.symbology, reading.device) for reading in readings] == [
        (TAG, "]C0", "usb-Old_Reader")
    ]


@pytest.mark.parametrize(("setting", "names"), [("leave", []), ("watch", ["keyboards"]), ("guard", ["keyboards"])])
async def test_other_keyboards_are_watched_unless_the_settings_let_them_be(
    tmp_path: Path, setting: str, names: list[str]
) -> None:
    settings = written(tmp_path, settings_for(keyboards=setting))
    assert [scanner.name for scanner in _scanners(settings, SystemClock(), Hotplug())] == names


DOCS = Path(__file__).parents[2] / "docs"


def test_the_examples_of_the_manual_are_right(tmp_path: Path) -> None:
    """The settings are read, and the label is drawn, as they stand there."""
    toml = (DOCS / "settings.md").read_text().split("```toml\n")[1].split("```")[0]
    (tmp_path / "terminal.toml").write_text(toml)
    settings = read(tmp_path / "terminal.toml", TerminalSettings)
    assert settings.scale is not None
    assert settings.printer is not None
    label = (DOCS / "hardware.md").read_text().split("```json\n")[1].split("```")[0]
    (tmp_path / "label.json").write_text(label)
    assert main(["print", str(tmp_path / "label.json"), "--preview", str(tmp_path / "out.png")]) == 0


@pytest.mark.parametrize(
    ("setting", "outcomes"),
    [("none", None), ("high", ("opened", "shut")), ("low", ("shut", "opened")), ("no_switch", ("sent", "sent"))],
)
async def test_a_drawer_is_there_where_the_settings_name_one(
    tmp_path: Path, printer: VirtualPrinter, setting: str, outcomes: tuple[str, str] | None
) -> None:
    part = PrinterPart(url=f"tcp://127.0.0.1:{printer.port}", drawer=setting)  # type: ignore[arg-type]
    settings = written(tmp_path, settings_for(printer=part))
    drawer = _drawer(settings, _printer(settings, Paper()))
    assert (drawer is None) == (outcomes is None)
    if drawer is not None and outcomes is not None:
        assert await drawer.open() == outcomes[0]
        printer.drawer_open, printer.drawer_stuck = False, True
        assert await drawer.open() == outcomes[1]
