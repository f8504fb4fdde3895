"""Three languages of scales: bytes to be sent, and what the answers mean. No input or output.

Sources: Mettler Toledo, *Standard Interface Command Set*, level 0 and 1 (``sics``); Weigh-Tronix/NCI, *NCI protocol*
(``nci``); Scale Manufacturers Association, SCP-0499, levels 1 and 2 (``sma``).
"""

import re
from collections.abc import Callable
from decimal import Decimal
from typing import Literal, NamedTuple

from kiosk.hw.scale.port import Unit, Weight

Protocol = Literal["sics", "nci", "sma"]

Kind = Literal["steady", "moving", "over", "under", "refused", "done", "nonsense"]


class Answer(NamedTuple):
    """``weight`` comes with *steady* and *moving*. *refused*: the scale understood, and does not do it now."""

    kind: Kind
    weight: Weight | None = None


class Language(NamedTuple):
    ask: bytes
    """For the weight as it is now, at rest or not."""
    zero: bytes
    tare: bytes
    end: bytes
    """What ends an answer."""
    meaning: Callable[[bytes], Answer]
    """Of one answer, without its end."""


NONSENSE = Answer("nonsense")
_LONGEST = 64

_UNITS: dict[str, Unit] = {"mg": "mg", "g": "g", "kg": "kg", "oz": "oz", "lb": "lb"}
_NUMBER = r"(- *|)(\d{1,9}(?:\.\d{1,9})?|\.\d{1,9})"
_SICS = re.compile(rf"(S [SD]|T S) +{_NUMBER} +(mg|g|kg|oz|lb)")
_SICS_WORDS: dict[str, Kind] = {
    "S I": "moving", "S +": "over", "S -": "under",
    "Z A": "done", "Z I": "refused", "Z +": "refused", "Z -": "refused",
    "T I": "refused", "T +": "refused", "T -": "refused",
}  # fmt: skip
_NCI = re.compile(rf"\n *{_NUMBER} *(MG|G|KG|OZ|LB)\r\nS([0-?p-~@-O]{{2,3}})\r", re.IGNORECASE)
_NCI_STATUS = re.compile(r"\n(?:[^\r]*\r\n)?S([0-?p-~@-O]{2,3})\r")
_SMA = re.compile(rf"\n([ ZOUEIT])[1-9]([GNTgnt])([ M]).(?:(?= *[-.\d]) *{_NUMBER}|-{{10}})(mg_|g__|kg_|oz_|lb_)")


class Answers:
    """Takes what arrives in any pieces, and gives whole answers."""

    def __init__(self, language: Language) -> None:
        self._language = language
        self._begun = b""

    def feed(self, data: bytes) -> list[Answer]:
        *whole, rest = (self._begun + data).split(self._language.end)
        found = [self._language.meaning(answer) for answer in whole]
        if len(rest) > _LONGEST:
            found.append(NONSENSE)
            rest = b""
        self._begun = rest
        return found


def _weight(sign: str, digits: str, unit: str) -> Weight:
    return Weight(amount=Decimal(("-" if sign.strip() else "") + digits), unit=_UNITS[unit.lower().rstrip("_")])


def _sics(answer: bytes) -> Answer:
    words = answer.decode("ascii", "replace").strip()
    if found := _SICS.fullmatch(words):
        what, sign, digits, unit = found.groups()
        if what == "T S":
            return Answer("done")
        return Answer("steady" if what == "S S" else "moving", _weight(sign, digits, unit))
    return Answer(_SICS_WORDS.get(words, "nonsense"))


def _nci(answer: bytes) -> Answer:
    words = answer.decode("ascii", "replace")
    status = _NCI_STATUS.fullmatch(words)
    if words == "\n?\r":
        return Answer("refused")
    if status is None:
        return NONSENSE
    # Bits of the first two characters: motion, at zero, memory faults; under, over, faults.
    first, second = (ord(char) & 0x0F for char in status[1][:2])
    if second & 2:
        return Answer("over")
    if second & 1:
        return Answer("under")
    if first & 0x0C or second & 0x0C:
        return NONSENSE
    if found := _NCI.fullmatch(words):
        return Answer("moving" if first & 1 else "steady", _weight(*found.groups()[:3]))
    if words.count("\n") > 1:
        return NONSENSE
    return Answer("refused" if first & 1 else "done")


def _sma(answer: bytes) -> Answer:
    words = answer.decode("ascii", "replace")
    if words == "\n?":
        return Answer("refused")
    found = _SMA.fullmatch(words)
    if found is None:
        return NONSENSE
    status, _, motion, sign, digits, unit = found.groups()
    if status in "EIT":
        return Answer("refused")
    if status in "OU":
        return Answer("over" if status == "O" else "under")
    if digits is None:
        return NONSENSE
    return Answer("moving" if motion == "M" else "steady", _weight(sign, digits, unit))


LANGUAGES: dict[Protocol, Language] = {
    "sics": Language(b"SI\r\n", b"Z\r\n", b"T\r\n", b"\r\n", _sics),
    "nci": Language(b"W\r", b"Z\r", b"T\r", b"\x03", _nci),
    "sma": Language(b"\nW\r", b"\nZ\r", b"\nT\r", b"\r", _sma),
}
