"""Code 128 for ``GS k``: the data as the printer wants it, and how wide it will be.

A printer that cannot fit a code prints none, silently; so the width is computed here.
ISO/IEC 15417: every symbol is 11 modules, the stop 13; the printer adds start, check and stop.
"""

import re
from typing import NamedTuple

from kiosk.hw.printer.realtime import holds_realtime_command

QUIET_MODULES = 10
"""Blank modules that the standard wants on each side."""


class Code128(NamedTuple):
    data: bytes
    """For ``GS k 73``: with ``{B`` and ``{C``, a literal ``{`` doubled, and pairs of digits as bytes in set C."""
    modules: int
    """Bars without quiet zones."""


_DIGITS = re.compile(r"\d+")


def code128(text: str) -> Code128:
    """The shortest usual spelling: set C for runs of digits where it pays, set B for the rest.

    Raises ``ValueError`` for anything but visible ASCII, or for more than fits one command (255 bytes).
    """
    if not text or not all(" " <= char <= "~" for char in text):
        raise ValueError("not a text for Code 128")
    spelled = _spelled(text)
    if holds_realtime_command(spelled.data):
        # Two pairs of digits such as 16 04 are a real-time command to the printer, inside a barcode too.
        spelled = _joined([("B", text)])
    if len(spelled.data) > 255:
        raise ValueError("too long for a Code 128 command")
    return spelled


def _spelled(text: str) -> Code128:
    parts: list[tuple[str, str]] = []
    at = 0
    for run in _DIGITS.finditer(text):
        start, end = run.span()
        edges = (start == 0) + (end == len(text))
        worth = {0: 6, 1: 4, 2: 2}[edges]
        # An odd digit is left outside: at the front, except where the code starts in set C.
        length = end - start
        if length - length % 2 < worth:
            continue
        if length % 2 and start > 0:
            start += 1
        elif length % 2:
            end -= 1
        if at < start:
            parts.append(("B", text[at:start]))
        parts.append(("C", text[start:end]))
        at = end
    if at < len(text):
        parts.append(("B", text[at:]))
    return _joined(parts)


def _joined(parts: list[tuple[str, str]]) -> Code128:
    data, symbols = bytearray(), 0
    for code_set, chars in parts:
        data += b"{" + code_set.encode()
        if code_set == "C":
            pairs = bytes(int(chars[n : n + 2]) for n in range(0, len(chars), 2))
            data += pairs
            symbols += 1 + len(pairs)
        else:
            data += chars.replace("{", "{{").encode("ascii")
            symbols += 1 + len(chars)
    return Code128(bytes(data), 11 * (symbols + 1) + 13)


def read_out(data: bytes) -> str:
    """The text of :attr:`Code128.data`, as a scanner delivers it. Raises ``ValueError`` for what no printer prints."""
    return "".join(text for text, _ in _symbols(data))


def symbol_values(data: bytes) -> list[int]:
    """What stands between the quiet zones, without the stop: start, data and check symbols. Raises ``ValueError``."""
    values = [value for _, value in _symbols(data)]
    check = values[0] + sum(n * value for n, value in enumerate(values[1:], 1))
    return [*values, check % 103]


_STARTS = {"B": 104, "C": 105}
_SWITCHES = {"B": 100, "C": 99}


def _symbols(data: bytes) -> list[tuple[str, int]]:
    """Every symbol as the text it adds and its value, in sets B and C."""
    symbols: list[tuple[str, int]] = []
    code_set, at = "", 0
    while at < len(data):
        byte, mark = data[at], data[at + 1 : at + 2].decode("latin-1")
        if byte == ord("{") and mark in _STARTS:
            symbols.append(("", (_SWITCHES if code_set else _STARTS)[mark]))
            code_set = mark
            at += 2
        elif code_set == "B" and 0x20 <= byte <= 0x7E and (byte != ord("{") or mark == "{"):
            symbols.append((chr(byte), byte - 32))
            at += 2 if byte == ord("{") else 1
        elif code_set == "C" and byte < 100:
            symbols.append((f"{byte:02}", byte))
            at += 1
        else:
            raise ValueError("not the data of a Code 128")
    if not symbols:
        raise ValueError("no data")
    return symbols
