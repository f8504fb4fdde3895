"""What a printer may still hold, answers that belong to something else, ways to a printer that break."""

import asyncio
from pathlib import Path

import pytest

from kiosk.hw.printer.address import AddressWrong, connect_to
from kiosk.hw.printer.port import Condition, Job, Outcome, Patience, PrinterState
from kiosk.hw.printer.sim import SerialPrinter, VirtualPrinter
from kiosk.hw.printer.usb import usb, usb_printers
from kiosk.hw.wires import serial_port

from .printers import (
    ASKED_FIRST,
    TAG,
    conditions,
    driver,
    job,
    plugged,
)
from .samples import until


@pytest.mark.requirement("LBL-05")
async def test_a_label_that_was_given_up_does_not_come_out_with_its_reprint(printer: VirtualPrinter) -> None:
    """The roll ends after a few bytes, nobody changes it in time; the person says that nothing came out."""
    desk = driver(printer.port, Patience(status=0.3, ask_again=0.02, stopped=0.1))
    printer.out_of_paper(after=10)
    assert (await desk.print(job())).result == "unknown"
    again = asyncio.create_task(desk.print(Job(job_id="again", data=job(2).data, reprint=True)))
    assert (await again).reason == PrinterState(condition=Condition.NO_PAPER).words
    printer.load_paper()
    assert printer.pieces == [], "the memory is empty"
    assert (await desk.print(Job(job_id="again", data=job(2).data, reprint=True))).result == "printed"
    assert [piece.codes for piece in printer.pieces] == [["KL-00000002", TAG]]


@pytest.mark.requirement("LBL-05")
@pytest.mark.parametrize("restarted", [False, True])
async def test_a_printer_that_cannot_forget_is_to_be_switched_off_before_a_reprint(
    printer: VirtualPrinter, restarted: bool
) -> None:
    printer.knows_clear = False
    quick = Patience(status=0.3, clear=0.05, ask_again=0.02, stopped=0.1)
    desk = driver(printer.port, quick)
    printer.out_of_paper(after=ASKED_FIRST + 10)
    assert (await desk.print(job())).result == "unknown"
    desk = driver(printer.port, quick) if restarted else desk
    reprint = Job(job_id="again", data=job(2).data, reprint=True)
    outcome = await desk.print(reprint)
    assert (outcome.result, str(outcome.reason)) == (
        "failed",
        "The label printer may still hold an earlier label. Switch it off and on.",
    )
    heard: list[PrinterState] = []
    desk._patience = Patience(status=0.3, clear=0.05, ask_again=0.02)
    printing = asyncio.create_task(desk.print(reprint, heard.append))
    await until(lambda: Condition.HOLDS in conditions(heard))
    printer.power_off()
    seen = printer.refused
    await until(lambda: printer.refused > seen + 1)  # the first of them has been understood
    printer.load_paper()
    printer.power_on()
    assert (await printing).result == "printed"
    assert [piece.codes for piece in printer.pieces] == [["KL-00000002", TAG]]


@pytest.mark.requirement("LBL-05")
async def test_a_printer_that_answers_in_turn_has_nothing_left_and_need_not_be_switched_off(
    printer: VirtualPrinter,
) -> None:
    printer.knows_clear = False
    printer.drop_connection(ASKED_FIRST + 100, prints=False)
    desk = driver(printer.port)
    assert (await desk.print(job())).result == "unknown"
    assert (await desk.print(Job(job_id="again", data=job(2).data, reprint=True))).result == "printed"


async def test_nobody_switches_a_printer_off_for_a_ticket(printer: VirtualPrinter) -> None:
    printer.knows_clear, printer.answers = False, "no_barrier"
    desk = driver(printer.port)
    tickets = [Job(job_id=f"ticket-{n}", data=job(n).data, losable=True) for n in range(2)]
    assert [(await desk.print(ticket)).result for ticket in tickets] == ["unknown", "unknown"]
    assert len(printer.pieces) == 2
    printer.answers = "all"
    assert (await desk.print(job(7))).result == "printed"


@pytest.mark.requirement("LBL-05")
async def test_a_ticket_does_not_make_a_doubtful_printer_a_sound_one(printer: VirtualPrinter) -> None:
    """A label was given up; a ticket in between changes nothing: the label's reprint still waits for the switch."""
    printer.knows_clear = False
    quick = Patience(status=0.3, clear=0.05, answer=0.1, ask_again=0.02, stopped=0.1)
    desk = driver(printer.port, quick)
    printer.out_of_paper(after=ASKED_FIRST + 10)
    assert (await desk.print(job())).result == "unknown"
    assert (await desk.print(Job(job_id="ticket", data=job(5).data, losable=True))).result == "failed"
    outcome = await desk.print(Job(job_id="again", data=job(2).data, reprint=True))
    assert "Switch it off and on" in str(outcome.reason)


@pytest.mark.requirement("LBL-05")
async def test_an_answer_that_comes_late_is_waited_for_and_a_status_that_comes_late_is_silence(
    printer: VirtualPrinter,
) -> None:
    printer.delay = 0.1
    assert (await driver(printer.port).print(job())).result == "printed"
    printer.delay = 0.5
    assert (await driver(printer.port).state()).condition is Condition.SILENT


@pytest.mark.requirement("LBL-05")
async def test_only_the_jobs_own_mark_says_that_it_is_printed(printer: VirtualPrinter) -> None:
    marked = driver(printer.port, proof="process_id")
    assert await marked.print(job(1)) == Outcome(result="printed")
    printer.answers = "other_job"
    assert (await marked.print(job(2))).result == "unknown"


async def test_answers_to_an_earlier_job_on_a_serial_port_are_not_taken_for_this_jobs(tmp_path: Path) -> None:
    printer = SerialPrinter(tmp_path / "printer")
    connect = serial_port(printer.path)
    printer.out_of_paper(after=10)
    assert (await driver(connect, Patience(ask_again=0.02, stopped=0.1)).print(job())).result == "unknown"
    printer.load_paper()  # the rest comes out, and its answer waits in the port
    desk = driver(connect)
    printer.knows_clear = False
    printer.out_of_paper(after=len(job(2).data) - 40)
    heard: list[PrinterState] = []
    printing = asyncio.create_task(desk.print(job(2), heard.append))
    await until(lambda: Condition.NO_PAPER in conditions(heard))
    assert not printing.done()
    printer.load_paper()
    assert await printing == Outcome(result="printed", check=True)
    printer.close()


async def test_a_serial_printer_whose_adapter_is_pulled_is_unknown_and_absent(tmp_path: Path) -> None:
    printer = SerialPrinter(tmp_path / "printer")
    desk = driver(serial_port(printer.path))
    printer.out_of_paper(after=60)
    heard: list[PrinterState] = []
    printing = asyncio.create_task(desk.print(job(), heard.append))
    await until(lambda: Condition.NO_PAPER in conditions(heard))
    printer.unplug()
    assert (await printing).result == "unknown"
    assert (await desk.state()).condition is Condition.ABSENT
    printer.plug()
    assert (await desk.state()).condition is Condition.NO_PAPER
    printer.close()


async def test_what_a_stopped_serial_printer_has_not_taken_does_not_leave_later(tmp_path: Path) -> None:
    """The kernel holds bytes of its own; they are thrown away with the connection."""
    printer = SerialPrinter(tmp_path / "printer")
    printer.stall(after=2000)
    quick = Patience(status=0.2, clear=0.1, chunk=0.2, answer=0.2)
    outcome = await driver(serial_port(printer.path), quick).print(Job(job_id="j", data=b"x" * 1_000_000))
    assert str(outcome.reason) == "The label printer took only a part of the label. Look whether it came out."
    printer.go_on()
    assert (await driver(serial_port(printer.path)).state()).prints
    assert sum(len(token.raw) for token in printer._on_paper) < 8192, "what the other end of the cable had already"
    printer.close()


async def test_two_usb_printers_alike_are_told_apart_by_their_serial_numbers(tmp_path: Path) -> None:
    sys, dev = tmp_path / "sys", tmp_path / "dev"
    (dev / "usb").mkdir(parents=True)
    first, second = SerialPrinter(dev / "usb" / "lp0"), SerialPrinter(dev / "usb" / "lp1")
    for node, serial in (("lp0", "A1"), ("lp1", "B2")):
        plugged(sys, node, vendor="0fe6", product="811e", serial=serial)
    assert [each.url for each in usb_printers(sys, dev)] == ["usb://0fe6:811e/A1", "usb://0fe6:811e/B2"]
    assert usb_printers(sys, dev)[0].title == "TM-T20II"
    assert (await driver(usb(0x0FE6, 0x811E, sys=sys, dev=dev)).state()).condition is Condition.ABSENT
    assert (await driver(usb(0x0FE6, 0x811E, "B2", sys=sys, dev=dev)).print(job())).result == "printed"
    assert (len(first.pieces), len(second.pieces)) == (0, 1)
    first.close()
    second.close()


async def test_a_printer_says_who_it_is(printer: VirtualPrinter) -> None:
    assert await driver(printer.port).identity() == "VIRTUAL PAPER-80"
    printer.answers = "none"
    assert await driver(printer.port).identity() == ""


@pytest.mark.parametrize(
    "url",
    [
        "tcp://10.0.0.9",
        "tcp://10.0.0.9:9100",
        "tcp://[fe80::1]:9101",
        "serial:///dev/serial/by-id/usb-EPSON?baud=19200&flow=rtscts",
        "usb://04b8:0E15",
        "usb://04b8:0e15/J4XF%20001",
    ],
)
def test_addresses_of_printers(url: str) -> None:
    assert callable(connect_to(url))


@pytest.mark.parametrize(
    "url",
    [
        *(
            "",
            "10.0.0.9",
            "tcp://",
            "tcp://h:port",
            "tcp://h:99999",
            "tcp://u@h",
            "tcp://h/x",
            "http://h",
            "usb://04b8",
        ),
        *(
            "usb://04b8:zzzz",
            "serial://",
            "serial:///",
            "serial://dev/tty",
            "serial:///dev/x?baud=7",
            "tcp://h?baud=9600",
        ),
        *("serial:///dev/x?speed=9600", "serial:///dev/x?flow=dtr", "serial:///dev/x?baud", "usb://04b8:0e15/"),
    ],
)
def test_what_is_no_address_is_said_in_one_line(url: str) -> None:
    with pytest.raises(AddressWrong) as wrong:
        connect_to(url)
    assert "\n" not in str(wrong.value.reason)
    assert "tcp://HOST:9100" in str(wrong.value.reason)
