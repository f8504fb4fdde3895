"""One document being composed: what goes on the paper, from top to bottom, as bytes."""

import math
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from kiosk.hw.printer import picture
from kiosk.hw.printer.clean import printable
from kiosk.hw.printer.code128 import QUIET_MODULES, code128
from kiosk.hw.printer.library import new_document
from kiosk.hw.printer.port import Paper
from kiosk.hw.printer.realtime import realtime_positions
from kiosk.hw.printer.status import BARRIER
from kiosk.hw.printer.symbols import drawn
from kiosk.model.errors import Ours
from kiosk.model.labels import LabelSymbol
from kiosk.model.text import text

if TYPE_CHECKING:
    from PIL.Image import Image

_LARGEST = 8  # times its own letters; a printer has no larger ones
_FRAGMENT = 100  # rows: taller pictures come out garbled on some printers (python-escpos issue 631)
_QR_BYTES = (14, 26, 42, 62, 84, 106, 122, 152, 180, 213)  # ISO/IEC 18004: versions 1 to 10 at level M, byte mode
_QR_LEVEL_M = 1
_CANCEL_KANJI = b"\x1c."


class Sheet:
    """``min_letter_mm`` is the least height of a capital. Letters grow in whole steps: first higher, then wider too.

    Raises ``ValueError`` where no printer has letters as high as that.
    """

    def __init__(self, paper: Paper, *, min_letter_mm: float = 0.0) -> None:
        self._paper = paper
        self._document = new_document(paper)
        wanted = math.ceil(min_letter_mm * paper.dots_per_mm)
        self._scale = max(1, math.ceil(wanted / paper.letter_dots))
        if self._scale > _LARGEST:
            raise ValueError("letters of this height do not fit the paper")
        # what is twice as high reads as well in its own width, and a line of it holds as much
        self._wide = max(1, self._scale // 2)
        self._letter_dots = max(wanted, paper.letter_dots)
        self._document.hw("INIT")
        # Clones start in kanji mode and would take two accented letters for one ideograph.
        self._document._raw(_CANCEL_KANJI)

    def fact(self, heading: str, value: str, *, times: int = 1) -> None:
        """``value`` under or beside its ``heading``, whole, on as many lines as it takes, ``times`` as large. Both are
        cleaned here."""
        heading, value = printable(heading), printable(value)
        both = f"{heading}: {value}" if heading else value
        codec = self._codec(both)
        size = min(self._scale * times, _LARGEST)
        columns = self._paper.columns // self._width(size)
        if codec is None:
            self._drawn(both, heading, times)
        elif len(both) <= columns:
            self._write(codec, f"{heading}: " if heading else "", size)
            self._write(codec, f"{value}\n", size, bold=True)
        else:
            if heading:
                self.text(f"{heading}:", size=size)
            for line in wrapped(value, columns - 2):
                self._write(codec, f"  {line}\n", size, bold=True)

    def text(self, words: str, *, size: int = 1, centred: bool = False, reverse: bool = False) -> None:
        """A paragraph, wrapped. ``size`` multiplies the letters; ``reverse`` is white on black."""
        words = printable(words)
        size = max(size, self._scale)
        codec = self._codec(words)
        if codec is None:
            self._drawn(words, words[:20])
            return
        self._document.set(align="center" if centred else "left", invert=reverse)
        for line in wrapped(words, self._paper.columns // self._width(size) - (2 if reverse else 0)):
            self._write(codec, f" {line} \n" if reverse else f"{line}\n", size)
        self._document.set(align="left", invert=False)

    def rule(self) -> None:
        self._write(self._codec(""), "-" * self._paper.columns + "\n", 1)

    def space(self, lines: int = 1) -> None:
        self._write(self._codec(""), "\n" * lines, 1)

    def symbol(self, symbol: LabelSymbol) -> None:
        """At least as large as the law wants it. Raises ``Refused``."""
        self._raster(drawn(symbol, self._paper))

    def shape(self, name: str, size_mm: float) -> None:
        size = min(round(size_mm * self._paper.dots_per_mm), self._paper.width_dots)
        self._raster(picture.shape(name, size, self._paper.width_dots))

    def barcode(self, code: str) -> None:
        """``code`` as Code 128 with its quiet zones where it fits, else as QR, with its text below."""
        bars = code128(code)
        for dots in (3, 2):
            if (bars.modules + 2 * QUIET_MODULES) * dots <= self._paper.width_dots:
                self._document.set(align="center")
                height = round(12 * self._paper.dots_per_mm)
                # GS w, GS h, GS H 0: our own text stands below. Written raw: the library would print to the
                # terminal, and spells six digits in set C as six characters.
                self._document._raw(b"\x1dw" + bytes([dots]) + b"\x1dh" + bytes([height]) + b"\x1dH\x00")
                self._document._raw(b"\x1dk\x49" + bytes([len(bars.data)]) + bars.data)
                self._document.set(align="left")
                self.text(code, centred=True)
                return
        self.qr(code)

    def qr(self, code: str) -> None:
        """``code`` as a QR code, level M, as large as pleases up to 0.75 mm a module, with its text below."""
        needed = len(code.encode())
        version = next(n for n, most in enumerate(_QR_BYTES, 1) if needed <= most)
        modules = 17 + 4 * version + 8
        size = min(round(0.75 * self._paper.dots_per_mm), self._paper.width_dots // modules)
        self.space()
        self._document.set(align="center")
        self._document.qr(code, ec=_QR_LEVEL_M, size=size, native=True)
        self._document.set(align="left")
        self.space()
        self.text(code, centred=True)

    def finished(self) -> bytes:
        """The job: cut, and the barrier after it."""
        self._document.cut()
        self._document._raw(BARRIER)
        data: bytes = self._document.output
        if positions := realtime_positions(data):
            raise Ours(text("The document was not printed. Call a manager."), f"real-time bytes at {positions[:3]}")
        return data

    def _width(self, size: int) -> int:
        """How many times as wide letters ``size`` times as high are."""
        return max(1, size * self._wide // self._scale)

    def _codec(self, words: str) -> str | None:
        """The first code page that has every character; None where letters have to be drawn."""
        for codec, _ in self._paper.code_pages:
            try:
                words.encode(codec)
            except UnicodeEncodeError:
                continue
            return codec
        return None if self._paper.code_pages or not words.isascii() else ""

    def _write(self, codec: str | None, words: str, size: int, *, bold: bool = False) -> None:
        if codec:
            self._document.charcode(codec)
        self._document.set(custom_size=True, width=self._width(size), height=size, bold=bold)
        if codec:
            self._document.text(words)
        else:
            self._document._raw(words.encode("ascii"))

    def _drawn(self, words: str, heading: str, times: int = 1) -> None:
        letters = picture.Letters(self._letter_dots * times)
        letters.check(words, heading)
        lines = list(fitted(words, lambda line: letters.length(line) <= self._paper.width_dots - 8))
        self._raster(picture.paragraph(lines, letters, self._paper.width_dots))

    def _raster(self, drawn: "Image") -> None:
        self._document.image(picture.calm(drawn), fragment_height=_FRAGMENT)


def wrapped(words: str, columns: int) -> Iterator[str]:
    """Lines of at most ``columns`` characters. Broken between words, inside one only if it is longer than a line."""
    return fitted(words, lambda line: len(line) <= columns)


def fitted(words: str, fits: Callable[[str], bool]) -> Iterator[str]:
    """Lines that fit. Nothing is lost but the spaces at the breaks."""
    line = ""
    for word in words.split(" "):
        longer = f"{line} {word}" if line else word
        if fits(longer):
            line = longer
            continue
        if line:
            yield line
        line = word
        while not fits(line):
            size = next(n for n in range(len(line) - 1, 0, -1) if n == 1 or fits(line[:n]))
            yield line[:size]
            line = line[size:]
    yield line
