"""The cash drawer: one pulse for one wish, and its switch; against our printer and one that we did not write."""

from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest

from kiosk.hw.drawer import PrinterDrawer
from kiosk.hw.printer.sim import VirtualPrinter

from .printers import UNHURRIED, driver


class Till:
    """A drawer at some printer, and the hand that shuts it."""

    def __init__(self, port: int, shut: Callable[[], Awaitable[None]]) -> None:
        self.drawer = PrinterDrawer(driver(port, UNHURRIED))
        self.shut = shut


@pytest.fixture(params=["simulator", "emupos"])
async def till(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Till]:
    if request.param == "emupos":
        async with request.getfixturevalue("emupos").running(tmp_path) as running:
            yield Till(running.port, running.shut_drawer)
        return
    virtual = VirtualPrinter()
    await virtual.start()

    async def shut() -> None:
        virtual.drawer_open = False

    yield Till(virtual.port, shut)
    await virtual.stop()


async def test_contract_it_opens_on_a_pulse_and_its_switch_is_seen(till: Till) -> None:
    assert await till.drawer.is_open() is False
    assert await till.drawer.open()
    assert await till.drawer.is_open() is True
    await till.shut()
    assert await till.drawer.is_open() is False


async def test_one_wish_is_one_pulse_and_no_paper(printer: VirtualPrinter) -> None:
    assert await PrinterDrawer(driver(printer.port)).open()
    assert (printer.drawer_pulses, printer.pieces) == (1, [])


async def test_no_pulse_is_sent_to_a_printer_that_is_not_ready(printer: VirtualPrinter) -> None:
    """It would keep it, and open the drawer with the next roll of paper."""
    printer.out_of_paper()
    drawer = PrinterDrawer(driver(printer.port))
    assert not await drawer.open()
    printer.load_paper()
    assert printer.drawer_pulses == 0


async def test_what_nobody_knows_is_said(printer: VirtualPrinter) -> None:
    assert await PrinterDrawer(driver(printer.port), open_level=None).is_open() is None
    assert await PrinterDrawer(driver(printer.port), open_level="low").is_open() is True
    printer.answers = "none"
    assert await PrinterDrawer(driver(printer.port)).is_open() is None
    await printer.stop()
    assert await PrinterDrawer(driver(printer.port)).is_open() is None
    assert not await PrinterDrawer(driver(printer.port)).open()
