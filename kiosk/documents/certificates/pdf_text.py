"""The words of a PDF with their places, taken out in a process of its own.

A file made to hang, to fill the memory or to crash the library ends that process and nothing else.

    python -m kiosk.documents.certificates.pdf_text < FILE > PAGES      pages as a JSON list of lists of words
"""

import ctypes
import math
import os
import resource
import statistics
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from typing import Any

import msgspec

from kiosk.model.errors import KioskError, Theirs, Unavailable
from kiosk.model.text import text

MOST_PAGES = 60
MOST_CHARACTERS = 250_000
SECONDS = 10
MEMORY = 1 << 30
_CAPITAL = 0.6
"""Of the height that most fonts give for a line: their capitals and figures."""
_SAMPLE = 300

Trouble = str
_DAMAGED, _LONG, _FULL, _LIBRARY, _LOCKED = "damaged", "pages", "text", "library", "locked"


class Word(msgspec.Struct, frozen=True, array_like=True):
    """Letters without a gap, on one baseline. ``line`` counts the lines as the file has them, one after the other.
    Lengths in points: ``x0`` to ``x1`` across, the baseline at ``y`` from below, ``size`` the height of the letters;
    0 for words that do not run as the page does."""

    line: int
    x0: float
    x1: float
    y: float
    size: float
    text: str


Page = list[Word]


def pages_of(data: bytes) -> list[Page]:
    """The words of each page. Raises :class:`~kiosk.model.errors.KioskError` with one sentence, within ``SECONDS``."""
    command = [sys.executable, "-m", __name__]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    try:
        done = subprocess.run(command, input=data, capture_output=True, timeout=SECONDS, check=False, env=environment)
    except subprocess.TimeoutExpired as fault:
        raise Theirs(text("The file is no certificate: reading the PDF takes too long.")) from fault
    except OSError as fault:
        raise Unavailable(text("The PDF cannot be read now."), str(fault)) from fault
    try:
        found = msgspec.json.decode(done.stdout, type=list[Page] | Trouble)
    except msgspec.DecodeError as fault:
        raise _trouble(_DAMAGED, f"exit {done.returncode}") from fault
    if isinstance(found, str):
        raise _trouble(found)
    return found


def _trouble(kind: Trouble, detail: str = "") -> KioskError:
    if kind == _LIBRARY:
        return Unavailable(text("PDFs cannot be read here: the program's extra 'coa' is not installed."))
    sentences = {
        _LONG: text("The PDF has more than {most} pages: no certificate has.", most=MOST_PAGES),
        _FULL: text("The PDF has more text than any certificate."),
        _LOCKED: text("The PDF is locked with a password."),
    }
    return Theirs(sentences.get(kind, text("The file is no certificate: the PDF is damaged.")), detail)


def _extracted(data: bytes) -> list[Page] | Trouble:
    try:
        import pypdfium2  # noqa: PLC0415  an extra: a store without PDFs does not need it
    except ImportError:
        return _LIBRARY
    pages: list[Page] = []
    left = MOST_CHARACTERS
    try:
        document: Any = pypdfium2.PdfDocument(data)
        if len(document) > MOST_PAGES:
            return _LONG
        for page in document:
            letters = page.get_textpage()
            if (left := left - letters.count_chars()) < 0:
                return _FULL
            pages.append(_words(list(_letters(letters, page.get_cropbox(), pypdfium2.raw))))
    except (pypdfium2.PdfiumError, ValueError) as fault:
        return _LOCKED if "password" in str(fault).casefold() else _DAMAGED
    return pages


_POWERS = "0123456789-−"

Letter = tuple[str, float, float, float, float, int]
"""Sign, left, right, baseline, height, and the quarter turns to the right of its line; blanks have no place."""


CUT = "\ufffd"
"""A letter off the page, or cut by its edge: a word that has one is no word."""
_UNSEEN = (3, 7)
"""Ways to draw letters that leave nothing to see: text that a program has made out in a picture, and may be wrong."""


def _letters(page: Any, within: tuple[float, float, float, float], library: Any) -> Iterator[Letter | None]:
    """The signs in the file's order; None ends a line."""
    box, x, y = library.FS_RECTF(), ctypes.c_double(), ctypes.c_double()
    shrink = _shrink(page, library)
    for n in range(page.count_chars()):
        sign = chr(library.FPDFText_GetUnicode(page, n) or 32)
        if sign in "\r\n":
            if sign == "\n":
                yield None
            continue
        if sign.isspace():
            yield (" ", 0, 0, 0, 0, 0)
            continue
        if library.FPDFTextObj_GetTextRenderMode(library.FPDFText_GetTextObject(page, n)) in _UNSEEN:
            continue
        if not library.FPDFText_GetLooseCharBox(page, n, box) or not library.FPDFText_GetCharOrigin(page, n, x, y):
            continue
        if not (within[0] <= x.value and box.right <= within[2] and within[1] <= y.value <= within[3]):
            sign = CUT
        angle = library.FPDFText_GetCharAngle(page, n) / (math.pi / 2)
        turns = round(angle) % 4 if abs(angle - round(angle)) < 0.05 else -1
        left, right, low, high, base = box.left, box.right, box.bottom, box.top, y.value
        if turns == 3:
            left, right, low, high, base = box.bottom, box.top, box.left, box.right, -x.value
        elif turns == 2:
            left, right, base = -box.right, -box.left, -y.value
        elif turns == 1:
            left, right, low, high, base = -box.top, -box.bottom, box.left, box.right, x.value
        yield (sign, left, right, base, (high - low) * shrink, turns)


def _shrink(page: Any, library: Any) -> float:
    """How much higher than its letters a font says that it is. Some say three times as much."""
    box, sides = library.FS_RECTF(), [ctypes.c_double() for _ in range(4)]
    ratios = []
    for n in range(page.count_chars()):
        sign = chr(library.FPDFText_GetUnicode(page, n) or 32)
        if not (sign.isascii() and (sign.isdigit() or sign.isupper())):
            continue
        if library.FPDFText_GetLooseCharBox(page, n, box) and library.FPDFText_GetCharBox(page, n, *sides):
            tall, wide = abs(box.top - box.bottom), abs(box.right - box.left)
            ink = max(sides[3].value - sides[2].value, 0) if tall >= wide else 0
            if ink:
                ratios.append(ink / tall)
        if len(ratios) == _SAMPLE:
            break
    return min(1.0, statistics.median(ratios) / _CAPITAL) if ratios else 1.0


def _words(letters: list[Letter | None]) -> Page:
    """Letters to words, at blanks, jumps and the ends of lines."""
    usual = Counter(each[5] for each in letters if each is not None and each[0] != " ").most_common(1)
    upright = usual[0][0] if usual else 0
    words: Page = []
    line, signs, x0, x1, base, height, turned, raised = 0, "", 0.0, 0.0, 0.0, 0.0, 0, False

    def close() -> None:
        nonlocal signs, raised
        raised = False
        if signs.strip(CUT):
            size = height if turned == upright and turned >= 0 else 0.0
            words.append(Word(line, round(x0, 2), round(x1, 2), round(base, 2), round(size, 2), signs))
        signs = ""

    for letter in letters:
        if letter is None or letter[0] == " ":
            close()
            line += letter is None
            continue
        sign, left, right, own, tall, turns = letter
        near = -0.5 <= (left - x1) / height <= 0.3 if signs else False
        if near and turns == turned and 0.2 <= (own - base) / height <= 0.8 and sign in _POWERS:
            signs, x1 = signs + ("" if raised else "^") + sign, right  # 10 with a small 5 above is no 105
            raised = True
            continue
        if raised:
            close()
        if signs and (turns != turned or abs(own - base) > 0.25 * height or not -0.5 <= (left - x1) / height <= 0.45):
            close()
        if not signs:
            x0, base, height, turned = left, own, max(tall, 0.1), turns
        signs, x1 = signs + sign, right
    close()
    return words


def main() -> None:
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
    sys.stdout.buffer.write(msgspec.json.encode(_extracted(sys.stdin.buffer.read())))


if __name__ == "__main__":
    main()
