"""The bytes a printer says about itself, taken apart and understood. No input or output.

Source: Epson ESC/POS command reference, DLE EOT, DLE ENQ, DLE DC4, GS a, GS r, GS I and GS ( H.
"""

import hashlib
from typing import Literal, NamedTuple

from kiosk.hw.printer.port import Condition, PrinterState

QUESTIONS = (1, 2, 3, 4)
"""The ``n`` of ``DLE EOT n``: printer, cause of off-line, cause of error, paper."""

BARRIER = b"\x1dr\x01"
"""Asks for the paper sensor, in turn: the answer means that everything before it has been printed."""

CLEAR = b"\x10\x14\x08\x01\x03\x14\x01\x06\x02\x08"
"""Empties receive and print buffer at once, in any state; the printer answers when it is done. Not all know it."""

RESUME, GIVE_UP = b"\x10\x05\x01", b"\x10\x05\x02"
"""Out of an error that a hand can mend, such as a stuck cutter: go on from the line that failed, or forget everything
and be ready. Printers ignore both while there is no such error. Neither is answered."""

MAKER, MODEL, SERIAL = 66, 67, 68
"""The ``n`` of ``GS I n``."""

_XON, _XOFF = 0x11, 0x13
_BLOCK, _WORD = 0x37, 0x5F
_LONGEST = 80
_ALONE = 4  # bytes of the state that a printer tells by itself

Kind = Literal["status", "barrier", "proof", "cleared", "word", "by_itself", "nonsense"]


class Answer(NamedTuple):
    """``data`` is the byte of a status or barrier, the job's mark of a proof, the letters of a word, or the four bytes
    that a printer says by itself when its state changes (``GS a``): a zero in those is no answer to anything."""

    kind: Kind
    data: bytes


def question(n: int) -> bytes:
    return bytes([0x10, 0x04, n])


def identity(n: int) -> bytes:
    """Asks for the maker or the model; answered as a word, in turn."""
    return bytes([0x1D, 0x49, n])


def mark_of(job_id: str) -> bytes:
    """Four visible characters that stand for this job in the printer's answer."""
    digest = hashlib.blake2b(job_id.encode(), digest_size=4).digest()
    return bytes(0x21 + byte % 94 for byte in digest)


def proof(mark: bytes) -> bytes:
    """``GS ( H`` function 48: the printer says ``mark`` when all before it is on paper."""
    return b"\x1d(H\x06\x0000" + mark


class Answers:
    """Takes answers in any pieces. Flow control, which some interfaces put in between, is left out."""

    def __init__(self) -> None:
        self._begun = bytearray()

    def feed(self, data: bytes) -> list[Answer]:
        found = []
        for byte in data:
            if byte in (_XON, _XOFF):
                continue
            if self._begun:
                found += self._longer(byte) if self._begun[0] in (_BLOCK, _WORD) else self._by_itself(byte)
            elif byte in (_BLOCK, _WORD) or byte & 0x93 == 0x10:
                self._begun.append(byte)
            else:
                found.append(Answer(kind_of(byte), bytes([byte])))
        return found

    def _by_itself(self, byte: int) -> list[Answer]:
        """The first byte is 0xx1xx00, the three others 0xx0xxxx: no answer to a question looks like the first."""
        self._begun.append(byte)
        if not byte & 0x90 and len(self._begun) < _ALONE:
            return []
        said = bytes(self._begun)
        self._begun.clear()
        return [Answer("nonsense" if byte & 0x90 else "by_itself", said)]

    def _longer(self, byte: int) -> list[Answer]:
        self._begun.append(byte)
        if byte >= 0x20 and len(self._begun) < _LONGEST:
            return []
        head, body = self._begun[0], bytes(self._begun[1:-1])
        self._begun.clear()
        if byte != 0:
            return [Answer("nonsense", body)]
        if head == _WORD:
            return [Answer("word", body)]
        if body[:1] == b"\x22":
            return [Answer("proof", body[1:])]
        return [Answer("cleared" if body == b"\x25" else "nonsense", body)]


def kind_of(byte: int) -> Kind:
    """What an answer of one byte is, by its fixed bits: a status is 0xx1xx10, that of ``GS r 1`` 0xx0 with paired bits.

    Anything else is said by no printer.
    """
    if byte & 0x93 == 0x12:
        return "status"
    if byte & 0xF0 == 0 and byte & 3 in (0, 3) and byte >> 2 in (0, 3):
        return "barrier"
    return "nonsense"


def state_of(printer: int, cause: int, error: int, paper: int) -> PrinterState:
    """The four answers of ``DLE EOT 1`` to ``4`` as one state: the thing to do first."""
    return PrinterState(condition=_condition(printer, cause, error, paper))


def drawer_pin(printer: int) -> bool:
    """From the answer of ``DLE EOT 1``: whether pin 3 of the drawer's plug is high."""
    return bool(printer & 0x04)


def _condition(printer: int, cause: int, error: int, paper: int) -> Condition:
    if error & 0x20:
        return Condition.FAULT
    if cause & 0x04:
        return Condition.COVER_OPEN
    if cause & 0x20 or paper & 0x60:
        return Condition.NO_PAPER
    if error & 0x08:
        return Condition.CUTTER
    if error & 0x40:
        return Condition.HOT
    if cause & 0x40:
        return Condition.FAULT
    if printer & 0x08:
        return Condition.OFFLINE
    if paper & 0x0C:
        return Condition.NEAR_END
    return Condition.READY
