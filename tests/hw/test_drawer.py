"""The cash drawer: one pulse for one wish, and its switch; against our printer and one that we did not write."""

from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest

from kiosk.hw.drawer import PrinterDrawer
from kiosk.hw.printer.sim import VirtualPrinter

from .printers import UNHURRIED, driver, job


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
    assert await till.drawer.open() == "opened"
    assert await till.drawer.is_open() is True
    await till.shut()
    assert await till.drawer.is_open() is False


async def test_one_wish_is_one_pulse_and_no_paper(printer: VirtualPrinter) -> None:
    assert await PrinterDrawer(driver(printer.port)).open() == "opened"
    assert (printer.drawer_pulses, printer.pieces) == (1, [])


async def test_no_pulse_is_sent_to_a_printer_that_is_not_ready(printer: VirtualPrinter) -> None:
    """It would keep it, and open the drawer with the next roll of paper."""
    printer.out_of_paper()
    drawer = PrinterDrawer(driver(printer.port))
    assert await drawer.open() == "failed"
    printer.load_paper()
    assert printer.drawer_pulses == 0


async def test_what_nobody_knows_is_said(printer: VirtualPrinter) -> None:
    assert await PrinterDrawer(driver(printer.port), open_level=None).is_open() is None
    assert await PrinterDrawer(driver(printer.port), open_level="low").is_open() is True
    printer.answers = "none"
    assert await PrinterDrawer(driver(printer.port)).is_open() is None
    await printer.stop()
    assert await PrinterDrawer(driver(printer.port)).is_open() is None
    assert await PrinterDrawer(driver(printer.port)).open() == "failed"


async def test_what_became_of_the_pulse_is_said_by_the_switch_where_there_is_one(printer: VirtualPrinter) -> None:
    desk = driver(printer.port)
    assert await PrinterDrawer(desk, open_level=None).open() == "sent"
    printer.drawer_stuck, printer.drawer_open = True, False
    assert await PrinterDrawer(desk).open() == "shut"
    assert printer.drawer_pulses == 2


async def test_a_pulse_on_a_line_that_breaks_is_not_sent_again_and_not_called_sent(printer: VirtualPrinter) -> None:
    printer.drop_connection(1, prints=False)
    drawer = PrinterDrawer(driver(printer.port), open_level=None)
    outcome = await drawer.open()
    assert outcome in ("sent", "unknown"), "the network may have taken it before it broke"
    assert printer.drawer_pulses == 0
    assert (await driver(printer.port).print(job())).result == "printed", "the half command swallows nothing"
    assert printer.drawer_pulses == 0


def test_nothing_but_the_flow_of_a_hand_over_opens_a_drawer() -> None:
    """The pulse is written in one place, called from one place, and wished for in one place."""
    places: dict[str, list[str]] = {"kick(": [], "_drawer.open(": [], "OpenDrawer(sop": []}
    for path in sorted((Path(__file__).parents[2] / "kiosk").rglob("*.py")):
        for wish in places:
            places[wish] += [path.name] * path.read_text().replace(f"def {wish}", "").count(wish)
    assert places == {"kick(": ["drawer.py"], "_drawer.open(": ["terminal.py"], "OpenDrawer(sop": ["serve.py"]}
