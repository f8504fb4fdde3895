"""Labels and tickets, laid out. What they say comes from elsewhere; here is only how it stands on the paper."""

from collections.abc import Callable

from kiosk.hw.printer.clean import printable
from kiosk.hw.printer.port import PAPER_80, Paper
from kiosk.hw.printer.sheet import Sheet
from kiosk.model.errors import Refusal, Refused
from kiosk.model.labels import Label, LabelField
from kiosk.model.orders import Ticket
from kiosk.model.text import Text, text

COLOUR_WORDS = {
    "blue": text("Blue"),
    "orange": text("Orange"),
    "sky": text("Sky"),
    "yellow": text("Yellow"),
    "purple": text("Purple"),
    "green": text("Green"),
}

Say = Callable[[Text], str]
"""Puts words into the language of the paper."""


def compose_label(label: Label, *, code: str, paper: Paper = PAPER_80, say: Say = str) -> bytes:
    """The whole job for one label. ``code`` is the label code of its number and print.

    Every field, statement and symbol is there in full, no letter is lower than ``label.min_letter_mm``, and all of it
    would come out the same again, byte for byte. Raises ``Refused`` for a field without a visible value and for a
    character that cannot be printed: a label with a hole in it is not printed.
    """
    for field in label.fields:
        if not printable(field.value):
            raise Refused(_empty(field))
    sheet = Sheet(paper, min_letter_mm=label.min_letter_mm)
    if label.print_no > 1:
        sheet.text(say(text("REPRINT {n}", n=label.print_no)), size=2, centred=True, reverse=True)
        sheet.space()
    for field in label.fields:
        sheet.fact(field.heading, field.value, times=2 if field.prominent else 1)
    if label.statements:
        sheet.rule()
    for statement in label.statements:
        sheet.text(statement)
    for symbol in label.symbols:
        sheet.space()
        sheet.symbol(symbol)
    sheet.space()
    sheet.barcode(code)
    sheet.qr(label.tag)
    return sheet.finished()


def compose_ticket(ticket: Ticket, *, code: str, paper: Paper = PAPER_80, say: Say = str) -> bytes:
    """The whole job for one ticket: shape, colour word and number, large, and the QR code of ``code``.

    It says nothing about anybody. Raises ``KeyError`` for a shape or colour that no ticket has.
    """
    sheet = Sheet(paper)
    sheet.space()
    sheet.shape(ticket.shape, 36)
    sheet.space()
    sheet.text(say(COLOUR_WORDS[ticket.colour]), size=3, centred=True)
    sheet.text(str(ticket.number), size=6, centred=True)
    sheet.qr(code)
    return sheet.finished()


def _empty(field: LabelField) -> Refusal:
    return Refusal(
        rule="label.empty",
        reason=text("The label has no value for {heading}. It was not printed.", heading=field.heading or field.key),
        way_on=text("Call a manager."),
        differs=field.key,
    )
