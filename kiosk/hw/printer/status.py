"""The bytes a printer says about itself. Source: Epson ESC/POS command reference, DLE EOT and GS r."""

from typing import Literal

from kiosk.hw.printer.port import Condition, PrinterState

QUESTIONS = (1, 2, 3, 4)
"""The ``n`` of ``DLE EOT n``: printer, cause of off-line, cause of error, paper."""

_XON, _XOFF = 0x11, 0x13

Kind = Literal["status", "barrier", "flow", "nonsense"]


def question(n: int) -> bytes:
    return bytes([0x10, 0x04, n])


def kind_of(byte: int) -> Kind:
    """What an answer is, by its fixed bits: a status is 0xx1xx10, the answer of ``GS r 1`` 0xx0 with paired bits.

    Some interfaces put flow control in between. Anything else is said by no printer.
    """
    if byte & 0x93 == 0x12:
        return "status"
    if byte in (_XON, _XOFF):
        return "flow"
    if byte & 0xF0 == 0 and byte & 3 in (0, 3) and byte >> 2 in (0, 3):
        return "barrier"
    return "nonsense"


def state_of(printer: int, cause: int, error: int, paper: int) -> PrinterState:
    """The four answers of ``DLE EOT 1`` to ``4`` as one state: the thing to do first."""
    return PrinterState(condition=_condition(printer, cause, error, paper))


def _condition(printer: int, cause: int, error: int, paper: int) -> Condition:
    if cause & 0x04:
        return Condition.COVER_OPEN
    if cause & 0x20 or paper & 0x60:
        return Condition.NO_PAPER
    if error & 0x68 or cause & 0x40:
        return Condition.FAULT
    if printer & 0x08:
        return Condition.OFFLINE
    if paper & 0x0C:
        return Condition.NEAR_END
    return Condition.READY
