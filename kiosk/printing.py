"""One label from a file, on a printer or as a picture: for setting up a printer and for looking at a template."""

import asyncio
import uuid
from collections.abc import Callable
from pathlib import Path

from kiosk.documents.codes import label_code
from kiosk.hw.printer.address import connect_to
from kiosk.hw.printer.driver import EscPosPrinter
from kiosk.hw.printer.port import Job, Outcome, Paper, PrinterState
from kiosk.model.base import from_json
from kiosk.model.errors import KioskError, Unavailable
from kiosk.model.labels import Label
from kiosk.model.text import text

_LASTS = 0.5  # seconds


class LabelFileWrong(KioskError):
    """The file holds no label; the reason is one line that says where."""


def read_label(file: Path) -> Label:
    """The label in a JSON file, in the words of :class:`~kiosk.model.labels.Label`. Raises :class:`LabelFileWrong`."""
    try:
        return from_json(file.read_bytes(), Label)
    except OSError as error:
        raise LabelFileWrong(text("{file}: {why}.", file=file, why=error.strerror or "cannot be read")) from None
    except ValueError as error:
        raise LabelFileWrong(text("{file} is no label: {why}.", file=file, why=error)) from None


def preview(file: Path, width_dots: int, out: Path) -> None:
    """Draws the paper that the bytes of the label in a file give. Raises ``KioskError``."""
    draw(read_label(file), width_dots, out)


def draw(label: Label, width_dots: int, out: Path | None) -> None:
    """Lays the label out, and draws the paper its bytes give into ``out``, a pixel a dot. Raises ``KioskError``."""
    from kiosk.hw.printer.paper import pieces_of  # noqa: PLC0415  drawing brings a large library

    paper = Paper(width_dots=width_dots)
    data = _composed(label, paper)
    if out is None:
        return
    (piece,) = pieces_of(data, paper)
    dpi = paper.dots_per_mm * 25.4
    try:
        piece.image().save(out, format="PNG", dpi=(dpi, dpi))
    except OSError as error:
        raise Unavailable(text("{file}: {why}.", file=out, why=error.strerror or "cannot be written")) from None


def print_file(file: Path, url: str, width_dots: int, say: Callable[[str], None]) -> Outcome:
    """Prints the label once. ``say`` hears what the printer needs meanwhile. Raises ``KioskError``."""
    paper = Paper(width_dots=width_dots)
    printer = EscPosPrinter(url, connect_to(url), paper=paper)
    job = Job(job_id=str(uuid.uuid4()), data=_composed(read_label(file), paper))

    async def printed() -> Outcome:
        waiting: asyncio.TimerHandle | None = None

        def changed(state: PrinterState) -> None:
            nonlocal waiting
            if waiting is not None:
                waiting.cancel()
            if state.words is not None:
                # What ends the job at once is said by its outcome; what lasts is waited for by a person.
                waiting = asyncio.get_running_loop().call_later(_LASTS, say, str(state.words))

        return await printer.print(job, changed)

    return asyncio.run(printed())


def _composed(label: Label, paper: Paper) -> bytes:
    from kiosk.hw.printer.compose import compose_label  # noqa: PLC0415

    try:
        return compose_label(label, code=label_code(label.number, label.print_no), paper=paper)
    except (ValueError, StopIteration):
        raise LabelFileWrong(
            text("The label cannot be laid out: its number or tag makes no code, or its letters do not fit the paper.")
        ) from None
