"""Printing: one contract for the driver, against our simulator and against a printer we did not write."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import pytest

from kiosk.hw.printer.compose import compose_ticket
from kiosk.hw.printer.port import PAPER_80, Condition, Job, Outcome, Patience, PrinterState
from kiosk.hw.printer.sim import VirtualPrinter
from kiosk.hw.wires import Wire
from kiosk.model.orders import Ticket

from .printers import (
    TAG,
    UNHURRIED,
    Peer,
    conditions,
    driver,
    job,
    listening,
)
from .samples import until


async def test_contract_a_job_is_printed_once_and_said_so(peer: Peer) -> None:
    outcome = await driver(peer.connect, UNHURRIED).print(job(7))
    assert outcome == Outcome(result="printed")
    (paper,) = await peer.papers()
    assert "KL-00000007" in paper
    assert "Patient: Marisol Sample-Núñez" in paper


@pytest.mark.requirement("LBL-05")
@pytest.mark.parametrize(
    ("fault", "condition", "words"),
    [
        ("paper-out", Condition.NO_PAPER, "The label printer has no paper. Put in a roll."),
        ("cover-open", Condition.COVER_OPEN, "The label printer's cover is open. Close it."),
        ("offline", Condition.OFFLINE, "The label printer is off-line. Press its feed button."),
    ],
)
async def test_contract_a_printer_that_cannot_print_gets_no_byte_and_says_why(
    peer: Peer, fault: str, condition: Condition, words: str
) -> None:
    printer = driver(peer.connect, UNHURRIED)
    await peer.fault(fault, True)
    assert await printer.state() == PrinterState(condition=condition)
    outcome = await printer.print(job())
    assert (outcome.result, str(outcome.reason)) == ("failed", words)
    await peer.fault(fault, False)
    assert await peer.papers() == []
    assert (await printer.print(job())).result == "printed"
    assert len(await peer.papers()) == 1


async def test_contract_a_roll_that_is_nearly_empty_still_prints(peer: Peer) -> None:
    printer = driver(peer.connect, UNHURRIED)
    await peer.fault("paper-near-end", True)
    heard: list[PrinterState] = []
    assert (await printer.print(job(), heard.append)).result == "printed"
    assert Condition.NEAR_END in conditions(heard)
    assert "nearly empty" in str(heard[0].words)


@asynccontextmanager
async def relay(port: int, after: int, happen: Callable[[], Awaitable[None]]) -> AsyncIterator[int]:
    """A wire to ``port`` on which something happens once, when so many bytes of a job have passed."""
    passed, happened = 0, False

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal passed, happened
        far_reader, far_writer = await asyncio.open_connection("127.0.0.1", port)

        async def answers() -> None:
            while data := await far_reader.read(256):
                writer.write(data)

        back = asyncio.create_task(answers())
        while data := await reader.read(65536):
            if len(data) > 3 and not happened and passed + len(data) >= after:
                far_writer.write(data[: after - passed])
                await far_writer.drain()
                happened = True
                await happen()
                data = data[after - passed :]
            passed += len(data) if len(data) > 3 else 0
            far_writer.write(data)
        back.cancel()
        far_writer.close()
        writer.close()

    async with listening(serve) as here:
        yield here


@pytest.mark.requirement("LBL-05")
@pytest.mark.parametrize("peer", ["simulator", "emupos"], indirect=True)
async def test_contract_paper_that_ends_in_mid_job_is_waited_for(peer: Peer) -> None:
    """A part of the label is on paper when the roll ends; after the change the rest comes, and wants a look."""
    heard: list[PrinterState] = []
    async with relay(peer.port, 60, lambda: peer.fault("paper-out", True)) as port:
        printing = asyncio.create_task(driver(port, UNHURRIED).print(job(), heard.append))
        await until(lambda: Condition.NO_PAPER in conditions(heard))
        await peer.fault("paper-out", False)
        assert await printing == Outcome(result="printed", check=True)
    assert conditions(heard)[-1] is Condition.READY
    papers = "".join(await peer.papers())
    assert papers.count("Marisol Sample-Núñez") == 1
    assert papers.count("[barcode CODE128 KL-00000001]") == 1


# --- what only a simulator can do -------------------------------------------------------------------------------------


@pytest.mark.requirement("LBL-05")
async def test_the_roll_ends_in_the_middle_and_the_label_goes_on_after_the_change(printer: VirtualPrinter) -> None:
    printer.out_of_paper(after=60)
    heard: list[PrinterState] = []
    printing = asyncio.create_task(driver(printer.port).print(job(), heard.append))
    await until(lambda: Condition.NO_PAPER in conditions(heard))
    assert not printing.done()
    printer.load_paper()
    assert await printing == Outcome(result="printed", check=True)
    torn, rest = printer.pieces
    assert (torn.whole, rest.whole) == (False, True)
    assert (torn.codes, rest.codes) == ([], ["KL-00000001", TAG])


@pytest.mark.requirement("LBL-05")
async def test_a_change_of_roll_that_nobody_makes_ends_as_unknown(printer: VirtualPrinter) -> None:
    printer.out_of_paper(after=60)
    impatient = Patience(status=0.3, ask_again=0.02, stopped=0.2)
    outcome = await driver(printer.port, impatient).print(job())
    assert (outcome.result, str(outcome.reason)) == ("unknown", "The label printer has no paper. Put in a roll.")
    assert printer.pieces == []


@pytest.mark.requirement("LBL-05")
async def test_a_closed_cover_lets_the_job_go_on(printer: VirtualPrinter) -> None:
    printer.open_cover(after=200)
    heard: list[PrinterState] = []
    printing = asyncio.create_task(driver(printer.port).print(job(), heard.append))
    await until(lambda: Condition.COVER_OPEN in conditions(heard))
    printer.close_cover()
    assert (await printing).check
    (piece,) = printer.pieces
    assert piece.codes == ["KL-00000001", TAG]


@pytest.mark.requirement("LBL-05")
@pytest.mark.parametrize("after", [4, 40, 120, 200])  # 3 bytes ask who it is
async def test_power_cut_in_mid_job_is_unknown_and_nothing_is_printed_by_itself(
    printer: VirtualPrinter, after: int
) -> None:
    printer.power_off(after=after)
    outcome = await driver(printer.port).print(job())
    assert (outcome.result, str(outcome.reason)) == (
        "unknown",
        "The connection to the label printer broke off. Look whether the label came out.",
    )
    printer.power_on()
    assert (await driver(printer.port).state()).prints
    assert not [piece for piece in printer.pieces if piece.whole]


@pytest.mark.requirement("LBL-05")
@pytest.mark.parametrize("prints", [True, False])
@pytest.mark.parametrize("after", [4, 100, 10**6])
async def test_a_broken_connection_is_unknown_whether_it_came_out_or_not(
    printer: VirtualPrinter, prints: bool, after: int
) -> None:
    whole = len(job().data)  # and 3 bytes that ask who it is, without the 3 of the barrier
    printer.drop_connection(min(after, whole), prints=prints)
    outcome = await driver(printer.port).print(job())
    assert outcome.result == "unknown"
    assert len([piece for piece in printer.pieces if piece.whole]) == (prints and after >= whole)


@pytest.mark.requirement("LBL-05")
async def test_a_printer_that_never_says_it_printed_is_unknown(printer: VirtualPrinter) -> None:
    printer.answers = "no_barrier"
    outcome = await driver(printer.port).print(job())
    assert (outcome.result, str(outcome.reason)) == (
        "unknown",
        "The label printer does not say whether it printed. Look whether the label came out.",
    )
    assert len(printer.pieces) == 1


@pytest.mark.requirement("LBL-05")
async def test_a_silent_printer_is_not_ready_and_gets_no_byte(printer: VirtualPrinter) -> None:
    printer.answers = "none"
    assert (await driver(printer.port).state()).condition is Condition.SILENT
    outcome = await driver(printer.port).print(job())
    assert (outcome.result, str(outcome.reason)) == (
        "failed",
        "The label printer does not answer. Look at its lamps.",
    )
    assert printer.pieces == []


async def test_a_printer_that_talks_nonsense_is_not_ready(printer: VirtualPrinter) -> None:
    printer.answers = "garbage"
    assert (await driver(printer.port).state()).condition is Condition.NONSENSE
    assert (await driver(printer.port).print(job())).result == "failed"
    assert printer.pieces == []


@pytest.mark.requirement("LBL-05")
async def test_nonsense_in_the_place_of_the_answer_is_unknown(printer: VirtualPrinter) -> None:
    printer.out_of_paper(after=60)
    heard: list[PrinterState] = []
    printing = asyncio.create_task(driver(printer.port).print(job(), heard.append))
    await until(lambda: Condition.NO_PAPER in conditions(heard))
    printer.answers = "garbage"
    printer.load_paper()
    outcome = await printing
    assert (outcome.result, str(outcome.reason)) == (
        "unknown",
        "The label printer answered nonsense. Look whether the label came out.",
    )


async def test_no_printer_at_all_is_a_failure_with_words(printer: VirtualPrinter) -> None:
    lonely = driver(printer.port)
    await printer.stop()
    outcome = await lonely.print(job())
    assert (outcome.result, str(outcome.reason)) == (
        "failed",
        "The label printer takes no job now. Wait; if nobody else prints, switch it off and on.",
    )
    assert (await lonely.state()).condition is Condition.BUSY

    async def nowhere() -> Wire:
        raise OSError(113, "no route to host")

    outcome = await driver(nowhere).print(job())
    assert (outcome.result, str(outcome.reason)) == (
        "failed",
        "The label printer is not connected. Check its power and cable.",
    )
    assert (await driver(nowhere).state()).condition is Condition.ABSENT


@pytest.mark.requirement("LBL-05")
async def test_a_printer_that_stops_reading_is_unknown_in_time() -> None:
    async def stall(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while (data := await reader.read(4096)) and b"x" not in data:
            writer.write(b"\x12" * data.count(b"\x10\x04"))
        if data:
            await over.wait()
        writer.transport.abort()

    over = asyncio.Event()
    quick = Patience(status=0.2, clear=0.1, chunk=0.2, answer=0.2)
    async with listening(stall) as port:
        outcome = await driver(port, quick).print(Job(job_id="j", data=b"x" * 40_000_000))
        over.set()
    assert (outcome.result, str(outcome.reason)) == (
        "unknown",
        "The label printer took only a part of the label. Look whether it came out.",
    )


async def test_stale_answers_of_an_earlier_job_are_not_this_jobs_answer() -> None:
    """A printer that says "printed" before it was asked, and then nothing."""

    async def stale(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"\x00\x12\x00")
        while data := await reader.read(4096):
            writer.write(b"\x12" * data.count(b"\x10\x04"))

    async with listening(stale) as port:
        outcome = await driver(port).print(job())
    assert outcome.result == "unknown"


@pytest.mark.requirement("LBL-05")
async def test_a_cancelled_print_sends_nothing_more(printer: VirtualPrinter) -> None:
    printer.out_of_paper(after=60)
    heard: list[PrinterState] = []
    printing = asyncio.create_task(driver(printer.port).print(job(), heard.append))
    await until(lambda: Condition.NO_PAPER in conditions(heard))
    printing.cancel()
    with pytest.raises(asyncio.CancelledError):
        await printing
    printer.load_paper()
    assert len([piece for piece in printer.pieces if piece.whole]) == 1, "what the printer had taken comes out, once"


async def test_two_jobs_at_once_come_out_one_after_the_other(printer: VirtualPrinter) -> None:
    desks = [driver(printer.port, Patience()), driver(printer.port, Patience())]
    jobs = [job(n) for n in range(20)]
    outcomes = await asyncio.gather(*(desks[n % 2].print(each) for n, each in enumerate(jobs)))
    assert {outcome.result for outcome in outcomes} == {"printed"}
    assert sorted(piece.codes[0] for piece in printer.pieces) == [f"KL-{n:08}" for n in range(20)]
    assert all(piece.whole for piece in printer.pieces)


async def test_the_watch_tells_each_new_state_once(printer: VirtualPrinter) -> None:
    heard: list[PrinterState] = []
    watching = asyncio.create_task(driver(printer.port).run(heard.append))
    await until(lambda: conditions(heard) == [Condition.READY])
    printer.out_of_paper()
    await until(lambda: conditions(heard)[1:] == [Condition.NO_PAPER])
    printer.load_paper()
    await until(lambda: conditions(heard)[2:] == [Condition.READY])
    await printer.stop()
    await until(lambda: conditions(heard)[3:] == [Condition.BUSY])
    watching.cancel()
    await asyncio.gather(watching, return_exceptions=True)


async def test_the_simulator_tells_when_there_is_new_paper_and_draws_it(printer: VirtualPrinter) -> None:
    seen: list[int] = []
    printer.changed = lambda: seen.append(len(printer.pieces))
    ticket = compose_ticket(Ticket(ticket_id="t", shape="star", colour="sky", number=7), code="KT-7", paper=PAPER_80)
    await driver(printer.port).print(Job(job_id="t", data=ticket))
    assert seen == [1]
    assert printer.pieces[0].image().width == 576
    assert printer.drawer_pulses == 0
    assert printer.unknown == []


async def test_the_simulator_sees_a_drawer_pulse_and_unknown_bytes(printer: VirtualPrinter) -> None:
    await driver(printer.port).print(Job(job_id="x", data=b"\x1bp\x00\x19\xfa\x01A\x1dV\x00\x1dr\x01"))
    assert printer.drawer_pulses == 1
    assert printer.unknown == [b"\x01"]
