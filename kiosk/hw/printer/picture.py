"""Lines of text and shapes as black and white pictures, for what a printer's own letters cannot say."""

import functools
import math
import unicodedata
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING

from kiosk.hw.printer.realtime import calmed
from kiosk.model.errors import Refusal, Refused
from kiosk.model.text import text

if TYPE_CHECKING:
    from PIL.Image import Image
    from PIL.ImageFont import FreeTypeFont

_SANS = "DejaVuSans.ttf"
MONOSPACED = "DejaVuSansMono.ttf"
IDEOGRAPHS = Path("/usr/share/fonts/truetype/droid/DroidSansFallbackFull.ttf")
"""Chinese and Japanese, of Debian's ``fonts-droid-fallback``: too large to carry along."""
_LEAST_IDEOGRAPH = 24
"""Dots: what printers themselves give an ideograph; in fewer its strokes run together."""
_WHITE = 255  # not 1: Pillow keeps what it is given, and inverts it to 254, which is white as well
_RIGHT_TO_LEFT = frozenset({"R", "AL"})


@functools.lru_cache(maxsize=16)
def font(size: int, name: str = _SANS) -> "FreeTypeFont":
    """A bundled font, ``size`` dots to the em."""
    from PIL import ImageFont  # noqa: PLC0415  drawing is loaded with the first picture

    with resources.as_file(resources.files("kiosk.hw.printer") / "fonts" / name) as path:
        return ImageFont.truetype(str(Path(path)), size)


@functools.lru_cache(maxsize=16)
def _ideographs(size: int) -> "FreeTypeFont | None":
    from PIL import ImageFont  # noqa: PLC0415

    return ImageFont.truetype(str(IDEOGRAPHS), size) if IDEOGRAPHS.exists() else None


@functools.lru_cache(maxsize=4096)
def _has(of: "FreeTypeFont", char: str) -> bool:
    """A font draws the same box for everything that it has not."""
    return char.isspace() or bytes(of.getmask(char, mode="1")) != bytes(of.getmask("\U0010fffd", mode="1"))


@functools.lru_cache(maxsize=16)
class Letters:
    """Letters of all scripts that we have fonts for, none of whose capitals is lower than ``dots``.

    A line is drawn in runs: what the first font has not comes from the next one.
    """

    def __init__(self, dots: int) -> None:
        size = next(n for n in range(20, 400) if _height_of_capitals(font(n)) >= dots)
        ideographs = _ideographs(max(size, _LEAST_IDEOGRAPH))
        self._fonts = (font(size), *((ideographs,) if ideographs else ()))
        self.ascent, self.descent = self._fonts[0].getmetrics()

    def check(self, words: str, heading: str) -> None:
        """Raises ``Refused`` for a character that no font has, or a script that cannot be set on this machine."""
        for char in words:
            if not any(_has(of, char) for of in self._fonts):
                raise Refused(_cannot_draw(heading, f"U+{ord(char):04X}"))
        if any(unicodedata.bidirectional(char) in _RIGHT_TO_LEFT for char in words):
            from PIL import features  # noqa: PLC0415

            # Without its layout engine Pillow sets Arabic letters unjoined and in the wrong order: another name.
            # Between two fonts nobody orders the runs, with the same result.
            if not features.check("raqm") or len(self._runs(words)) > 1:
                raise Refused(_cannot_draw(heading, "right to left"))

    def length(self, line: str) -> float:
        """Dots from the first letter's beginning to the last one's end."""
        return sum(of.getlength(run) for run, of in self._runs(line))

    def box(self, line: str) -> tuple[int, int, int, int]:
        """Left, top, right, bottom of the ink, with the origin at the left of the base line."""
        x, boxes = 0.0, []
        for run, of in self._runs(line):
            left, top, right, bottom = of.getbbox(run, anchor="ls")
            boxes.append((x + left, top, x + right, bottom))
            x += of.getlength(run)
        lefts, tops, rights, bottoms = zip(*boxes, strict=True) if boxes else ((0.0,),) * 4
        return math.floor(min(lefts)), math.floor(min(tops)), math.ceil(max(rights)), math.ceil(max(bottoms))

    def draw(self, picture: "Image", at: tuple[float, float], line: str) -> None:
        """Black, with the left end of the base line ``at`` x and y."""
        from PIL import ImageDraw  # noqa: PLC0415

        draw = ImageDraw.Draw(picture)
        draw.fontmode = "1"
        x, y = at
        for run, of in self._runs(line):
            draw.text((x, y), run, font=of, fill=0, anchor="ls")
            x += of.getlength(run)

    def _runs(self, line: str) -> "list[tuple[str, FreeTypeFont]]":
        """Pieces of one font each. Spaces and marks go with the letter before them."""
        runs: list[tuple[str, FreeTypeFont]] = []
        for char in line:
            joins = runs and (char.isspace() or unicodedata.combining(char))
            of = runs[-1][1] if joins else next((each for each in self._fonts if _has(each, char)), self._fonts[0])
            if runs and runs[-1][1] is of:
                runs[-1] = (runs[-1][0] + char, of)
            else:
                runs.append((char, of))
        return runs


def _height_of_capitals(of: "FreeTypeFont") -> float:
    _, top, _, bottom = of.getbbox("H")
    return bottom - top


def _cannot_draw(heading: str, what: str) -> Refusal:
    return Refusal(
        rule="print.character",
        reason=text("The printer cannot draw a character in {heading}.", heading=heading),
        way_on=text("Call a manager."),
        differs=heading,
        found=what,
    )


def paragraph(lines: list[str], letters: Letters, width: int) -> "Image":
    """The lines one under another, each as high as its tallest accent needs, on ``width`` dots of white."""
    from PIL import Image  # noqa: PLC0415

    rows = []
    height = 0
    for line in lines:
        _, top, _, bottom = letters.box(line)
        above, below = max(letters.ascent, -top), max(letters.descent, bottom)
        rows.append((line, height + above))
        height += above + below
    picture = Image.new("1", (width, height), _WHITE)
    for line, base in rows:
        letters.draw(picture, (0, base), line)
    return picture


def _corners(n: int, turn: float, *, inner: float = 1.0) -> list[tuple[float, float]]:
    """``n`` points around the middle of a unit square, every other one at ``inner`` of the radius."""
    points = []
    for k in range(n):
        radius = 0.5 * (inner if k % 2 else 1.0)
        angle = math.radians(turn) + 2 * math.pi * k / n
        points.append((0.5 + radius * math.cos(angle), 0.5 + radius * math.sin(angle)))
    return points


_OUTLINES: dict[str, list[tuple[float, float]]] = {
    "square": [(0.07, 0.07), (0.93, 0.07), (0.93, 0.93), (0.07, 0.93)],
    "triangle": [(0.5, 0.06), (1.0, 0.93), (0.0, 0.93)],
    "diamond": [(0.5, 0.0), (0.93, 0.5), (0.5, 1.0), (0.07, 0.5)],
    "hexagon": _corners(6, 0),
    "star": _corners(10, -90, inner=0.42),
}
SHAPES = ("circle", *_OUTLINES)


def shape(name: str, size: int, width: int) -> "Image":
    """A solid shape, ``size`` dots wide and high, centred on ``width`` dots of white. Raises ``KeyError``: no such."""
    from PIL import Image, ImageDraw  # noqa: PLC0415

    picture = Image.new("1", (width, size), _WHITE)
    draw = ImageDraw.Draw(picture)
    left = (width - size) // 2
    if name == "circle":
        draw.ellipse((left, 0, left + size - 1, size - 1), fill=0)
    else:
        draw.polygon([(left + x * (size - 1), y * (size - 1)) for x, y in _OUTLINES[name]], fill=0)
    return picture


def calm(picture: "Image") -> "Image":
    """The same picture without the dots that a printer would take for a command. Its width is a multiple of 8."""
    from PIL import Image, ImageChops  # noqa: PLC0415

    ink = ImageChops.invert(picture)
    quiet = Image.frombytes("1", picture.size, calmed(ink.tobytes()))
    return ImageChops.invert(quiet)
