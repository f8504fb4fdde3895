"""One dispense, one label: every trouble at every byte of a label ends in *printed*, *not printed* or *ask*.

The paper decides. A person does what the screens say: looks, scans the label if it is there, gives it up if it is torn
or missing; mends the printer at once, or only when asked again. However it goes, one good label lies there in the end,
and no other whole print of it ever comes out.
"""

import asyncio
import functools
import itertools
import os
from collections.abc import Callable

import pytest

from kiosk.documents.codes import label_code
from kiosk.hw.printer.compose import compose_label
from kiosk.hw.printer.driver import EscPosPrinter, Proof
from kiosk.hw.printer.mechanism import Mechanism
from kiosk.hw.printer.paper import Piece
from kiosk.hw.printer.port import PAPER_80, Condition, Job, Outcome, Patience, PrinterState
from kiosk.hw.wires import Wire
from kiosk.model.labels import Label, LabelField

from .near import NearWire, quickly
from .printers import ASKED_FIRST

PATIENCE = Patience(answer=4.0, stopped=8.0, ask_again=2.0)
"""Somebody who waits five minutes for a roll is only asked the same more often."""
NUMBER = "00004711"
TAG = "1A4FF0300000B2C000004711"
TORTURE = bool(os.environ.get("KIOSK_TORTURE"))


@functools.cache
def job_data(print_no: int) -> bytes:
    fields = (LabelField(key="patient.name", heading="Patient", value="Marisol Sample-Núñez"),)
    label = Label(number=NUMBER, print_no=print_no, tag=TAG, fields=fields)
    return compose_label(label, code=label_code(NUMBER, print_no), paper=PAPER_80)


@functools.cache
def words_of(print_no: int) -> str:
    printer = Mechanism()
    printer.receive(NearLine(), job_data(print_no))
    return printer.pieces[0].text


class NearLine:
    def say(self, answer: bytes) -> None: ...

    def hang_up(self) -> None: ...


class Counter:
    """A technician at a printer, from the first print to a label that is proven."""

    def __init__(self, printer: Mechanism, *, proof: Proof, mends_at_once: bool) -> None:
        self.printer = printer
        self.mends_at_once = mends_at_once
        self.takes: int | None = None
        """Bytes of the next job that go through before the wire blocks."""
        self._proof: Proof = proof
        self.driver = self.started()
        self.ends: list[str] = []
        self.voided: list[int] = []
        self._mending: list[asyncio.TimerHandle] = []

    def started(self) -> EscPosPrinter:
        return EscPosPrinter("label", self._connect, paper=PAPER_80, proof=self._proof, patience=PATIENCE)

    async def _connect(self) -> Wire:
        return NearWire(self.printer, self.takes)

    def mend(self) -> None:
        if "broken" in self.printer.faults or ("cutter" in self.printer.faults and not self.printer.knows_enquiry):
            self.printer.power_off()
        self.printer.power_on()
        self.printer.answers = "all"
        self.printer.close_cover()
        self.printer.go_online()
        self.printer.free_cutter()
        self.printer.cool_down()
        self.printer.load_paper()
        self.takes = None

    def told(self, state: PrinterState) -> None:
        """What the screen says while the printer is waited for, and what a person then does."""
        if state.condition is Condition.HOLDS:
            self.printer.power_off()
            asyncio.get_running_loop().call_later(5, self.printer.power_on)
        elif not state.prints and self.mends_at_once:
            if state.condition is Condition.CUTTER:
                self.printer.open_cover()
                self._mending.append(asyncio.get_running_loop().call_later(5, self.mend))
                return
            self._mending.append(asyncio.get_running_loop().call_later(2, self.mend))

    async def label(self) -> None:
        print_no = 1
        while len(self.ends) < 20:
            outcome = await self._printed(print_no)
            self.takes = None
            for mending in self._mending:
                mending.cancel()  # the screen asks something else now
            self.ends.append(outcome.result if not outcome.check else "check")
            if outcome.result == "failed":
                self.mend()
                continue
            self.printer.tear_off()
            if self._good(print_no):
                return
            self.voided.append(print_no)
            print_no += 1
        raise AssertionError(f"no label after {self.ends}")

    async def _printed(self, print_no: int) -> Outcome:
        job = Job(job_id=f"flow-{print_no}", data=job_data(print_no), reprint=print_no > 1)
        return await self.driver.print(job, self.told)

    def _good(self, print_no: int) -> bool:
        """The last proof: a whole label on the counter whose code reads, and whose words are right."""
        return any(piece.text == words_of(print_no) for piece in labels(self.printer, print_no))


def labels(printer: Mechanism, print_no: int) -> list[Piece]:
    return [piece for piece in printer.pieces if piece.whole and label_code(NUMBER, print_no) in piece.codes]


class DyingCounter(Counter):
    """The terminal loses its power when so many bytes have left, and starts again: the flow asks, it does not print."""

    async def _printed(self, print_no: int) -> Outcome:
        if self.takes is None:
            return await super()._printed(print_no)
        printing = asyncio.create_task(super()._printed(print_no))
        await asyncio.sleep(1)
        printing.cancel()
        await asyncio.gather(printing, return_exceptions=True)
        self.driver, self.takes = self.started(), None
        return Outcome(result="unknown")


Trouble = Callable[[Counter, int], None]


def dies(counter: Counter, at: int) -> None:
    counter.takes = at


TROUBLES: dict[str, Trouble] = {
    "paper out": lambda counter, at: counter.printer.out_of_paper(after=at),
    "cover open": lambda counter, at: counter.printer.open_cover(after=at),
    "off-line": lambda counter, at: counter.printer.go_offline(after=at),
    "cutter stuck": lambda counter, at: counter.printer.jam_cutter(after=at),
    "cutter stuck, deaf to enquiries": lambda counter, at: (
        setattr(counter.printer, "knows_enquiry", False),  # type: ignore[func-returns-value]
        counter.printer.jam_cutter(after=at),  # type: ignore[func-returns-value]
    )[1],
    "too hot": lambda counter, at: counter.printer.overheat(after=at),
    "breaks down": lambda counter, at: counter.printer.break_down(after=at),
    "printer loses power": lambda counter, at: counter.printer.power_off(after=at),
    "line breaks, rest printed": lambda counter, at: counter.printer.drop_connection(at, prints=True),
    "line breaks, rest lost": lambda counter, at: counter.printer.drop_connection(at, prints=False),
    "noise": lambda counter, at: counter.printer.corrupt(after=at),
    "wire blocks": dies,
    "terminal loses power": dies,
    "paper out, then it goes deaf": lambda counter, at: counter.printer._arm(
        at,
        lambda: (counter.printer.out_of_paper(), setattr(counter.printer, "answers", "none")),  # type: ignore[arg-type]
    ),
    "paper out, then nonsense": lambda counter, at: counter.printer._arm(
        at,
        lambda: (counter.printer.out_of_paper(), setattr(counter.printer, "answers", "garbage")),  # type: ignore[arg-type]
    ),
}
KINDS = list(itertools.product((True, False), (True, False), ("barrier", "process_id")))
"""Knows how to empty its memory or not; mended at once or when asked again; which proof."""


@pytest.mark.requirement("LBL-05")
@pytest.mark.parametrize("trouble", TROUBLES)
def test_trouble_at_every_byte_ends_with_one_label(trouble: str) -> None:
    # The label, and what is asked in turn before it: who the printer is, and whether it holds anything.
    sizes = range(1, len(job_data(1)) + ASKED_FIRST + 1)
    seen: set[str] = set()

    async def all_of_them() -> None:
        for at in sizes:
            for kind in KINDS if TORTURE else [KINDS[at % len(KINDS)]]:
                await one(at, *kind)

    async def one(at: int, knows_clear: bool, mends_at_once: bool, proof: Proof) -> None:
        printer = Mechanism()
        printer.knows_clear = knows_clear
        made = DyingCounter if trouble == "terminal loses power" else Counter
        counter = made(printer, proof=proof, mends_at_once=mends_at_once)
        TROUBLES[trouble](counter, at)
        await counter.label()
        counter.mend()
        await asyncio.sleep(60)
        where = (trouble, at, knows_clear, mends_at_once, proof, counter.ends)
        last = counter.voided[-1] + 1 if counter.voided else 1
        assert len(labels(printer, last)) == 1, where
        others = [piece for n in range(1, last) for piece in labels(printer, n) if piece.text == words_of(n)]
        assert others == [], where
        seen.update(counter.ends)

    quickly(all_of_them)
    assert seen <= {"printed", "failed", "unknown", "check"}
    assert len(seen) > 1 or trouble == "noise", "the trouble came"
