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
_WHITE = 255  # not 1: Pillow keeps what it is given, and inverts it to 254, which is white as well
_RIGHT_TO_LEFT = frozenset({"R", "AL"})


@functools.lru_cache(maxsize=16)
def font(size: int, name: str = _SANS) -> "FreeTypeFont":
    """A bundled font, ``size`` dots to the em."""
    from PIL import ImageFont  # noqa: PLC0415  drawing is loaded with the first picture

    with resources.as_file(resources.files("kiosk.hw.printer") / "fonts" / name) as path:
        return ImageFont.truetype(str(Path(path)), size)


def font_with_capitals(dots: int) -> "FreeTypeFont":
    """The smallest size, from 20 up, whose capital H is at least ``dots`` high."""
    for size in range(20, 400):
        candidate = font(size)
        _, top, _, bottom = candidate.getbbox("H")
        if bottom - top >= dots:
            return candidate
    raise ValueError(f"no font has capitals of {dots} dots")


def check_drawable(line: str, of: "FreeTypeFont", heading: str) -> None:
    """Raises ``Refused`` for a character that the font has not, or a script that it cannot set on this machine."""
    missing = bytes(of.getmask("\U0010fffd", mode="1"))
    for char in line:
        if not char.isspace() and bytes(of.getmask(char, mode="1")) == missing:
            raise Refused(_cannot_draw(heading, f"U+{ord(char):04X}"))
    if any(unicodedata.bidirectional(char) in _RIGHT_TO_LEFT for char in line):
        from PIL import features  # noqa: PLC0415

        # Without its layout engine Pillow sets Arabic letters unjoined and in the wrong order: another name.
        if not features.check("raqm"):
            raise Refused(_cannot_draw(heading, "right to left"))


def _cannot_draw(heading: str, what: str) -> Refusal:
    return Refusal(
        rule="print.character",
        reason=text("The printer cannot draw a character in {heading}.", heading=heading),
        way_on=text("Call a manager."),
        differs=heading,
        found=what,
    )


def paragraph(lines: list[str], of: "FreeTypeFont", width: int) -> "Image":
    """The lines one under another, each as high as its tallest accent needs, on ``width`` dots of white."""
    from PIL import Image, ImageDraw  # noqa: PLC0415

    ascent, descent = of.getmetrics()
    rows = []
    height = 0
    for line in lines:
        _, top, _, bottom = of.getbbox(line, anchor="ls")
        above, below = max(ascent, math.ceil(-top)), max(descent, math.ceil(bottom))
        rows.append((line, height + above))
        height += above + below
    picture = Image.new("1", (width, height), _WHITE)
    draw = ImageDraw.Draw(picture)
    draw.fontmode = "1"
    for line, base in rows:
        draw.text((0, base), line, font=of, fill=0, anchor="ls")
    return picture


def framed(word: str, of: "FreeTypeFont", least: tuple[int, int], width: int) -> "Image":
    """``word`` in a frame at least ``least`` dots wide and high, centred on ``width`` dots of white."""
    from PIL import Image, ImageDraw  # noqa: PLC0415

    left, top, right, bottom = of.getbbox(word, anchor="ls")
    wide = max(least[0], math.ceil(right - left) + 24)
    high = max(least[1], math.ceil(bottom - top) + 24)
    picture = Image.new("1", (width, high + 2), _WHITE)
    draw = ImageDraw.Draw(picture)
    draw.fontmode = "1"
    start = (width - wide) // 2
    draw.rectangle((start, 1, start + wide - 1, high), outline=0, width=3)
    middle = (start + wide / 2 - (left + right) / 2, 1 + high / 2 - (top + bottom) / 2)
    draw.text(middle, word, font=of, fill=0, anchor="ls")
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
