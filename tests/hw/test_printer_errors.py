"""Errors that a hand can mend, a printer that another terminal has, one that was changed for another."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from kiosk.hw.printer.driver import EscPosPrinter
from kiosk.hw.printer.mechanism import Mechanism
from kiosk.hw.printer.port import PAPER_80, Condition, Job, Outcome, Patience, PrinterState
from kiosk.hw.printer.sim import VirtualPrinter
from kiosk.hw.printer.status import GIVE_UP, RESUME, Answer, Answers, state_of
from kiosk.hw.wires import Wire

from .near import NearWire, quickly
from .printers import ASKED_FIRST, HURRY, TAG, conditions, driver, job, listening
from .samples import until

QUICK = Patience(connect=1.0, busy=0.1, status=0.3, clear=0.05, answer=0.4, ask_again=0.02, stopped=0.3)


def heard_by(printer: Mechanism, monkeypatch: pytest.MonkeyPatch) -> list[bytes]:
    """The enquiries that reach the printer, in order."""
    heard: list[bytes] = []
    obey = printer._obey

    def noted(line: object, data: bytes) -> bytes:
        heard.extend(each for each in (RESUME, GIVE_UP) if each in data)
        return obey(line, data)  # type: ignore[arg-type]

    monkeypatch.setattr(printer, "_obey", noted)
    return heard


@pytest.mark.requirement("LBL-05")
@pytest.mark.parametrize("after", [4, 60, 200, len(job().data)])  # 3 bytes ask who it is
async def test_a_label_goes_on_after_a_stuck_cutter_is_freed_and_nothing_is_sent_again(
    printer: VirtualPrinter, monkeypatch: pytest.MonkeyPatch, after: int
) -> None:
    enquiries = heard_by(printer, monkeypatch)
    printer.jam_cutter(after=after)
    heard: list[PrinterState] = []
    printing = asyncio.create_task(driver(printer.port).print(job(), heard.append))
    await until(lambda: Condition.CUTTER in conditions(heard))
    assert "free the paper" in str(heard[-1].words)
    assert enquiries == [], "while no hand was at it, the cutter does not move"
    printer.open_cover()
    await until(lambda: conditions(heard)[-1] is Condition.COVER_OPEN)
    printer.free_cutter()
    printer.close_cover()
    assert await printing == Outcome(result="printed", check=True)
    assert [piece.codes for piece in printer.pieces] == [["KL-00000001", TAG]]
    assert enquiries == [RESUME]


@pytest.mark.requirement("LBL-05")
async def test_a_cutter_that_stays_stuck_is_tried_once_for_each_hand_and_ends_as_unknown(
    printer: VirtualPrinter, monkeypatch: pytest.MonkeyPatch
) -> None:
    enquiries = heard_by(printer, monkeypatch)
    printer.jam_cutter(after=60)
    heard: list[PrinterState] = []
    printing = asyncio.create_task(driver(printer.port, QUICK).print(job(), heard.append))
    await until(lambda: conditions(heard)[-1:] == [Condition.CUTTER])
    printer.open_cover()
    await until(lambda: conditions(heard)[-1] is Condition.COVER_OPEN)
    printer.close_cover()
    outcome = await printing
    assert (outcome.result, "cutter is stuck" in str(outcome.reason)) == ("unknown", True)
    assert enquiries == [RESUME]
    assert printer.pieces == []


@pytest.mark.requirement("LBL-05")
@pytest.mark.parametrize("knows_clear", [True, False])
async def test_a_label_that_was_given_up_in_a_stuck_cutter_is_forgotten_before_its_reprint(
    printer: VirtualPrinter, monkeypatch: pytest.MonkeyPatch, knows_clear: bool
) -> None:
    """The person frees the cutter after the doubt was answered: the dead label must not come out by going on."""
    enquiries = heard_by(printer, monkeypatch)
    printer.knows_clear = knows_clear
    printer.jam_cutter(after=80)
    desk = driver(printer.port, QUICK)
    assert (await desk.print(job())).result == "unknown"
    printer.tear_off()
    printer.free_cutter()
    reprint = Job(job_id="again", data=job(2).data, reprint=True)
    assert (await desk.print(reprint)).result == "printed"
    assert [piece.codes for piece in printer.pieces if piece.whole] == [["KL-00000002", TAG]]
    assert enquiries == [GIVE_UP]


@pytest.mark.requirement("LBL-05")
async def test_a_printer_that_cannot_be_told_to_go_on_is_switched_off_and_on(printer: VirtualPrinter) -> None:
    printer.knows_enquiry = printer.knows_clear = False
    printer.jam_cutter(after=80)
    desk = driver(printer.port, QUICK)
    assert (await desk.print(job())).result == "unknown"
    outcome = await desk.print(Job(job_id="again", data=job(2).data, reprint=True))
    assert (outcome.result, "Switch it off and on" in str(outcome.reason)) == ("failed", True)


@pytest.mark.requirement("LBL-05")
async def test_a_head_that_is_too_hot_is_waited_for(printer: VirtualPrinter) -> None:
    printer.overheat(after=60)
    heard: list[PrinterState] = []
    printing = asyncio.create_task(driver(printer.port).print(job(), heard.append))
    await until(lambda: Condition.HOT in conditions(heard))
    printer.cool_down()
    assert await printing == Outcome(result="printed", check=True)


@pytest.mark.requirement("LBL-05")
async def test_a_broken_printer_is_unknown_when_it_is_switched_off(printer: VirtualPrinter) -> None:
    printer.break_down(after=60)
    heard: list[PrinterState] = []
    printing = asyncio.create_task(driver(printer.port).print(job(), heard.append))
    await until(lambda: Condition.FAULT in conditions(heard))
    printer.power_off()
    assert (await printing).result == "unknown"


@pytest.mark.parametrize(
    ("statuses", "condition"),
    [
        ((0x1A, 0x52, 0x1A, 0x12), Condition.CUTTER),
        ((0x1A, 0x56, 0x1A, 0x12), Condition.COVER_OPEN),
        ((0x1A, 0x52, 0x52, 0x12), Condition.HOT),
        ((0x1A, 0x52, 0x32, 0x12), Condition.FAULT),
        ((0x1A, 0x56, 0x32, 0x12), Condition.FAULT),
        ((0x1A, 0x52, 0x12, 0x12), Condition.FAULT),
        ((0x1A, 0x72, 0x1A, 0x7E), Condition.NO_PAPER),
        ((0x1A, 0x12, 0x12, 0x12), Condition.OFFLINE),
        ((0x12, 0x12, 0x12, 0x1E), Condition.NEAR_END),
        ((0x12, 0x12, 0x12, 0x12), Condition.READY),
    ],
)
def test_what_is_to_be_done_first_is_the_state(statuses: tuple[int, int, int, int], condition: Condition) -> None:
    assert state_of(*statuses).condition is condition


@pytest.mark.parametrize("condition", Condition)
def test_every_state_but_ready_says_what_to_do(condition: Condition) -> None:
    assert (PrinterState(condition=condition).words is None) == (condition is Condition.READY)


# --- what a printer says by itself ------------------------------------------------------------------------------------


@pytest.mark.requirement("LBL-05")
def test_zeros_in_what_a_printer_says_by_itself_are_no_answer() -> None:
    said = Answers().feed(b"\x10\x00\x00\x00\x12\x18\x00\x0c\x00\x00")
    assert said == [
        Answer("by_itself", b"\x10\x00\x00\x00"),
        Answer("status", b"\x12"),
        Answer("by_itself", b"\x18\x00\x0c\x00"),
        Answer("barrier", b"\x00"),
    ]
    assert Answers().feed(b"\x10\x00\x12\x00")[0].kind == "nonsense"


@pytest.mark.requirement("LBL-05")
async def test_a_printer_that_tells_its_state_by_itself_has_not_said_that_it_printed(printer: VirtualPrinter) -> None:
    printer.by_itself = True
    printer.out_of_paper(after=60)
    heard: list[PrinterState] = []
    printing = asyncio.create_task(driver(printer.port).print(job(), heard.append))
    await until(lambda: Condition.NO_PAPER in conditions(heard))
    printer.open_cover()
    await until(lambda: Condition.COVER_OPEN in conditions(heard))
    assert not printing.done()
    printer.close_cover()
    printer.load_paper()
    assert await printing == Outcome(result="printed", check=True)


@pytest.mark.requirement("LBL-05")
@pytest.mark.parametrize("said", [b"\x12", b"\x00", b"\xff", b"\x10\x00\x00\x00", b"7", b"\x12\x00\x11\x137%\x00"])
def test_whatever_a_printer_never_stops_saying_each_wait_ends_and_nothing_is_proven(said: bytes) -> None:
    class Chatter:
        """A wire full of it; what is written goes nowhere."""

        tells_loss = True

        async def read(self) -> bytes:
            await asyncio.sleep(0.01)
            return said * 20

        def write(self, data: bytes) -> None: ...

        async def drain(self) -> None: ...

        async def abort(self) -> None: ...

    async def connect() -> Wire:
        return Chatter()

    async def story() -> None:
        desk = EscPosPrinter("x", connect, paper=PAPER_80)
        async with asyncio.timeout(600):
            await desk.state()
            await desk.identity()
            await desk.answers_in_turn()
            assert (await desk.print(job())).result in ("failed", "unknown")
            assert (await desk.print(Job(job_id="r", data=b"x", reprint=True))).result in ("failed", "unknown")

    quickly(story)


# --- several terminals ------------------------------------------------------------------------------------------------


@asynccontextmanager
async def one_at_a_time(printer: VirtualPrinter) -> AsyncIterator[int]:
    """A way to the printer that takes one connection and hangs up on every other, as many network printers do."""
    taken = False

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal taken
        if taken:
            writer.transport.abort()
            return
        taken = True
        far, out = await asyncio.open_connection("127.0.0.1", printer.port)

        async def back() -> None:
            while data := await far.read(256):
                writer.write(data)

        answers = asyncio.create_task(back())
        try:
            while data := await reader.read(4096):
                out.write(data)
        except OSError:
            pass
        finally:
            answers.cancel()
            out.close()
            writer.transport.abort()
            taken = False

    async with listening(serve) as port:
        yield port


@pytest.mark.requirement("LBL-05")
async def test_two_terminals_with_fifty_labels_each_at_a_printer_that_takes_one_connection(
    printer: VirtualPrinter,
) -> None:
    patient = Patience(connect=2.0, busy=60.0, status=2.0, clear=2.0, settle=0.0, answer=10.0, ask_again=0.005)
    async with one_at_a_time(printer) as port:
        desks = [driver(port, patient), driver(port, patient)]

        async def fifty(which: int) -> list[str]:
            return [(await desks[which].print(job(100 * which + n))).result for n in range(50)]

        results = await asyncio.gather(fifty(0), fifty(1))
    assert results == [["printed"] * 50] * 2
    assert all(piece.whole for piece in printer.pieces)
    wanted = {f"KL-{100 * which + n:08}" for which in (0, 1) for n in range(50)}
    assert sorted(piece.codes[0] for piece in printer.pieces) == sorted(wanted)


async def test_a_printer_that_another_terminal_has_is_waited_for_and_said_to_be_busy(printer: VirtualPrinter) -> None:
    port = printer.port
    await printer.stop()
    heard: list[PrinterState] = []
    patient = Patience(busy=30.0, clear=0.1, ask_again=0.01)
    printing = asyncio.create_task(driver(port, patient).print(job(), heard.append))
    await until(lambda: conditions(heard) == [Condition.BUSY])
    await printer.start()
    assert await printing == Outcome(result="printed")


async def test_the_watch_does_not_call_a_moments_work_of_another_terminal_a_fault() -> None:
    """Refused or silent once: another's label. Twice: said."""
    printer = Mechanism()
    looks = iter(["ready", "refused", "ready", "refused", "refused", "ready"])
    over = asyncio.Event()

    async def connect() -> Wire:
        look = next(looks, None)
        if look is None:
            over.set()
            await asyncio.Event().wait()
        if look == "refused":
            raise ConnectionRefusedError
        return NearWire(printer)

    heard: list[PrinterState] = []
    watching = asyncio.create_task(driver(connect, HURRY).run(heard.append))
    await over.wait()
    watching.cancel()
    await asyncio.gather(watching, return_exceptions=True)
    assert conditions(heard) == [Condition.READY, Condition.BUSY, Condition.READY]


# --- the printer is another one ---------------------------------------------------------------------------------------


class Place:
    """Where a printer stands; it can be changed for another."""

    def __init__(self) -> None:
        self.printer = Mechanism()

    async def connect(self) -> Wire:
        return NearWire(self.printer)


@pytest.mark.requirement("LBL-05")
def test_a_label_that_a_printer_holds_stays_with_it_when_another_takes_its_place_and_when_it_comes_back() -> None:
    async def story() -> None:
        place = Place()
        first, second = place.printer, Mechanism()
        second.serial = "V0002"
        first.knows_clear = second.knows_clear = False
        desk = EscPosPrinter("x", place.connect, paper=PAPER_80, patience=Patience(stopped=5.0))
        assert (await desk.print(job(1))).result == "printed"
        first.out_of_paper(after=60)
        assert (await desk.print(job(2))).result == "unknown"
        place.printer = second
        assert (await desk.print(Job(job_id="again", data=job(3).data, reprint=True))).result == "printed"
        assert (await desk.print(job(4))).result == "printed", "the second one owes nobody anything"
        place.printer = first
        assert (await desk.print(job(5))).result == "failed", "no paper; and it is known again when it has some"
        assert len(first.pieces) == 1
        assert [piece.codes[0] for piece in second.pieces] == ["KL-00000003", "KL-00000004"]

    quickly(story)


@pytest.mark.requirement("LBL-05")
def test_a_silent_cover_is_not_a_printer_that_was_switched_off() -> None:
    """Many printers say nothing while their cover is open: on the network only a lost connection is a switch."""

    async def story() -> None:
        place = Place()
        printer = place.printer
        printer.knows_clear = False
        desk = EscPosPrinter("x", place.connect, paper=PAPER_80, patience=Patience(stopped=20.0))
        printer.out_of_paper(after=ASKED_FIRST + 10)
        assert (await desk.print(job())).result == "unknown"
        heard: list[PrinterState] = []
        again = asyncio.create_task(desk.print(Job(job_id="again", data=job(2).data, reprint=True), heard.append))
        while Condition.HOLDS not in conditions(heard):
            await asyncio.sleep(1)
        printer.answers = "none"
        await asyncio.sleep(5)
        printer.answers = "all"
        outcome = await again
        assert (outcome.result, "Switch it off and on" in str(outcome.reason)) == ("failed", True)
        assert printer.pieces == []

    quickly(story)
