"""What the terminal knows of a printer."""

from collections.abc import Callable
from enum import StrEnum
from typing import Literal, Protocol

from kiosk.model.base import Noun, Sealed
from kiosk.model.text import Text, text


class Paper(Noun, frozen=True, kw_only=True):
    """What is loaded, and what the printer's own letters are like.

    ``width_dots`` is the printable width (576 on 80 mm paper, 384 on 58 mm), a multiple of 8. ``letter_dots`` is the
    height of a capital of font A: 15 of the 24 dots of its cell, the least we know of any model. ``code_pages`` are
    pairs of codec and number for ``ESC t``; clones differ, and a printer without any gets its accents as pictures.
    """

    width_dots: int = 576
    dots_per_mm: float = 8.0
    letter_dots: int = 15
    code_pages: tuple[tuple[str, int], ...] = (
        ("CP437", 0),
        ("CP850", 2),
        ("CP1252", 16),
        ("CP852", 18),
        ("CP858", 19),
    )

    @property
    def columns(self) -> int:
        """Characters of font A (12 dots wide) in a line, with the last cell left free: no ink stands at the edge."""
        return self.width_dots // 12 - 1


PAPER_80 = Paper()
PAPER_58 = Paper(width_dots=384)


class Job(Sealed, frozen=True, kw_only=True):
    """One document, whole: bytes that end with the cut and the barrier whose answer says that they were printed.

    ``reprint``: an earlier print of the same document was given up, and may still wait in the printer's memory.
    ``losable``: a ticket; it may get lost or come out late without harm, and nobody switches a printer off for it.
    """

    job_id: str
    data: bytes
    reprint: bool = False
    losable: bool = False


class Patience(Noun, frozen=True, kw_only=True):
    """How long each thing may take, in seconds."""

    connect: float = 3.0
    busy: float = 10.0
    """Until a printer that takes no connection, or says nothing yet, has ended another terminal's label."""
    status: float = 1.0
    """One status answer. Many printers say nothing at all with the cover open: silence is *not ready*."""
    clear: float = 2.0
    """Until the printer says that its memory is empty. Those that do not know how never say it."""
    settle: float = 0.3
    """Of silence, after which no answer to an earlier job is still on its way."""
    chunk: float = 5.0
    """Until 4 KiB are taken."""
    answer: float = 10.0
    """From the last byte to the barrier's answer, above the time of printing."""
    ask_again: float = 1.0
    """Between two looks at a job that is not yet answered for."""
    stopped: float = 300.0
    """For a person to change the roll, close the cover, or switch the printer off and on."""
    watch: float = 2.0
    """Between two looks at an idle printer."""


class Outcome(Noun, frozen=True, kw_only=True):
    """What became of a job.

    ``failed`` is said only while the printer had not taken one byte of it, so that printing again makes no second
    label. ``unknown``: bytes left, and nothing says that they are on paper; only a person can tell. ``check`` with
    ``printed``: it stopped in the middle and went on, and the label may be in two pieces.
    """

    result: Literal["printed", "failed", "unknown"]
    reason: Text | None = None
    check: bool = False

    @property
    def sentence(self) -> Text:
        """What became of it, in words."""
        if self.result == "printed":
            return _LOOK if self.check else _PRINTED
        return self.reason or (_NOT_KNOWN if self.result == "unknown" else _NOT_PRINTED)


_PRINTED = text("Printed.")
_LOOK = text("Printed, but the printer stopped in the middle. Look whether the label is whole.")
_NOT_KNOWN = text("Look whether the label came out.")
_NOT_PRINTED = text("Nothing was printed.")


class Condition(StrEnum):
    READY = "ready"
    NEAR_END = "near_end"
    """Printing, but the roll will soon be empty."""
    NO_PAPER = "no_paper"
    COVER_OPEN = "cover_open"
    OFFLINE = "offline"
    CUTTER = "cutter"
    """An error that a hand can mend: mostly the cutter."""
    HOT = "hot"
    """It goes on by itself."""
    FAULT = "fault"
    BUSY = "busy"
    """It takes no connection now: another terminal has it, or it is just starting."""
    SILENT = "silent"
    """Connected, and says nothing. That is never *paper plentiful*."""
    ABSENT = "absent"
    """No connection."""
    NONSENSE = "nonsense"
    """What it answers is no status."""
    HOLDS = "holds"
    """It may hold an earlier label that is not to come out any more, and cannot be told to forget it."""


_WORDS = {
    Condition.READY: None,
    Condition.NEAR_END: text("The label printer's roll is nearly empty. Keep a new roll ready."),
    Condition.NO_PAPER: text("The label printer has no paper. Put in a roll."),
    Condition.COVER_OPEN: text("The label printer's cover is open. Close it."),
    Condition.OFFLINE: text("The label printer is off-line. Press its feed button."),
    Condition.CUTTER: text(
        "The label printer's cutter is stuck. Open the cover, free the paper, close it; else switch it off and on."
    ),
    Condition.HOT: text("The label printer is too hot. Wait: it goes on by itself."),
    Condition.BUSY: text("The label printer takes no job now. Wait; if nobody else prints, switch it off and on."),
    Condition.FAULT: text("The label printer has a fault. Switch it off and on."),
    Condition.SILENT: text("The label printer does not answer. Look at its lamps."),
    Condition.ABSENT: text("The label printer is not connected. Check its power and cable."),
    Condition.NONSENSE: text("The label printer answers nonsense. Switch it off and on."),
    Condition.HOLDS: text("The label printer may still hold an earlier label. Switch it off and on."),
}


class PrinterState(Noun, frozen=True, kw_only=True):
    condition: Condition

    @property
    def prints(self) -> bool:
        """Whether a job may be sent."""
        return self.condition in (Condition.READY, Condition.NEAR_END)

    @property
    def words(self) -> Text | None:
        """For the screen; None where there is nothing to do."""
        return _WORDS[self.condition]


Changed = Callable[[PrinterState], None]


class Printer(Protocol):
    @property
    def name(self) -> str: ...

    @property
    def paper(self) -> Paper: ...

    async def state(self) -> PrinterState:
        """Asks the printer now. Never raises: no answer is a state."""

    async def print(self, job: Job, changed: Changed | None = None) -> Outcome:
        """Sends the job once, and never again by itself. Never raises for trouble with the printer.

        ``changed`` hears what stops the job meanwhile ("no paper") and that it goes on. A cancelled print has the
        outcome *unknown*.
        """

    async def run(self, changed: Changed) -> None:
        """Watches the printer until cancelled; ``changed`` gets every new state once."""
