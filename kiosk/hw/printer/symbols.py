"""A state's symbol as dots: its own artwork, or a drawing after the rule's description. Never too small."""

import io
import math
from collections.abc import Iterator
from typing import TYPE_CHECKING

from kiosk.hw.printer import picture
from kiosk.hw.printer.port import Paper
from kiosk.model.errors import Refusal, Refused
from kiosk.model.labels import Disc, LabelSymbol, Leaf, Lettering, Outline
from kiosk.model.text import Text, text

if TYPE_CHECKING:
    from PIL.Image import Image
    from PIL.ImageDraw import ImageDraw

_FINE = 4
"""A drawing is made so many times larger and brought down: its slanting lines have no steps then."""
_TRIES = 8
_WIDEST = 1000
"""Dots: more than any paper has."""
_MOST_DOTS = 2000 * 2000
_DARK = 128


def drawn(symbol: LabelSymbol, paper: Paper) -> "Image":
    """Black and white on the whole width of the paper, centred.

    Raises ``Refused`` for a file that is no picture or shows nothing, and where the least size does not fit the paper.
    """
    from PIL import Image  # noqa: PLC0415  drawing is loaded with the first picture

    least = tuple(math.ceil(float(size) * paper.dots_per_mm) for size in (symbol.width_mm, symbol.height_mm))
    if symbol.drawing:
        image = _described(symbol, least)
    elif symbol.picture:
        image = _artwork(symbol, least)
    else:
        raise _refused(symbol, text("The drawing of a symbol is missing: {symbol}.", symbol=symbol.code))
    if image.width > paper.width_dots:
        raise _refused(symbol, text("A symbol is wider than the paper: {symbol}.", symbol=symbol.code))
    strip = Image.new("1", (paper.width_dots, image.height), 255)
    strip.paste(image, ((paper.width_dots - image.width) // 2, 0))
    return strip


def _artwork(symbol: LabelSymbol, least: tuple[int, ...]) -> "Image":
    """The state's picture in its own proportions, both sides at least as long as they have to be."""
    from PIL import Image, UnidentifiedImageError  # noqa: PLC0415

    unreadable = _refused(symbol, text("The picture of a symbol cannot be read: {symbol}.", symbol=symbol.code))
    try:
        with Image.open(io.BytesIO(symbol.picture), formats=["PNG"]) as read:
            if read.width * read.height > _MOST_DOTS:
                raise unreadable
            seen = Image.new("RGBA", read.size, "white")
            seen.alpha_composite(read.convert("RGBA"))
    except (UnidentifiedImageError, OSError, ValueError, SyntaxError):
        raise unreadable from None
    grey = seen.convert("L")
    ink = _ink(grey)
    if ink is None:
        raise _refused(symbol, text("The picture of a symbol shows nothing: {symbol}.", symbol=symbol.code))
    grey = grey.crop(ink)  # a white edge of the file is no part of the symbol that the law measures
    factor = max(least[0] / grey.width, least[1] / grey.height)
    size = (math.ceil(grey.width * factor), math.ceil(grey.height * factor))
    return _black_and_white(grey.resize(size, Image.Resampling.LANCZOS))


def _ink(image: "Image") -> tuple[int, int, int, int] | None:
    """The box around all that is dark; None: nothing is."""
    return image.convert("L").point([255] * _DARK + [0] * (256 - _DARK)).getbbox()


def _described(symbol: LabelSymbol, least: tuple[int, ...]) -> "Image":
    """Drawn so large that its ink is as large as it has to be: a pointed corner ends before its box does."""
    width, height = least[0], least[1]
    for _ in range(_TRIES):
        image = _drawing(symbol, width, height)
        ink = _ink(image)
        if ink is None:
            raise _refused(symbol, text("The picture of a symbol shows nothing: {symbol}.", symbol=symbol.code))
        short = max(least[0] / (ink[2] - ink[0]), least[1] / (ink[3] - ink[1]))
        if short <= 1:
            return image.crop(ink)
        width, height = math.ceil(width * short), math.ceil(height * short)
        if width > _WIDEST:
            break
    raise _refused(symbol, text("A symbol is wider than the paper: {symbol}.", symbol=symbol.code))


def _drawing(symbol: LabelSymbol, width: int, height: int) -> "Image":
    from PIL import Image, ImageDraw  # noqa: PLC0415

    wide, high = width * _FINE, height * _FINE
    sheet = Image.new("L", (wide, high), 255)
    draw = ImageDraw.Draw(sheet)
    for stroke in symbol.drawing:
        match stroke:
            case Outline():
                points = [_dots(point, wide, high) for point in stroke.points]
                if stroke.solid:
                    draw.polygon(points, fill=0)
                else:
                    _closed(draw, points, round(float(stroke.line) * high))
            case Disc():
                (x, y), radius = _dots(stroke.at, wide, high), float(stroke.radius) * high
                box = (x - radius, y - radius, x + radius, y + radius)
                draw.ellipse(box, fill=0 if stroke.solid else 255, outline=0, width=round(float(stroke.line) * high))
            case Leaf():
                x, y = _dots(stroke.at, wide, high)
                for finger in _fingers():
                    scale = float(stroke.height) * high
                    draw.polygon([(x + scale * u, y + scale * v) for u, v in finger], fill=255 if stroke.white else 0)
            case Lettering():
                _letter(draw, stroke, _dots(stroke.at, wide, high), float(stroke.height) * high)
    return _black_and_white(sheet.resize((width, height), Image.Resampling.BOX))


def _dots(point: tuple[object, object], wide: int, high: int) -> tuple[float, float]:
    return float(str(point[0])) * (wide - 1), float(str(point[1])) * (high - 1)


def _closed(draw: "ImageDraw", points: list[tuple[float, float]], line: int) -> None:
    """A hollow polygon whose line lies inside of it: what the law measures is its outside."""
    draw.polygon(points, fill=0)
    corners = zip(points, [points[-1], *points], [*points[1:], points[0]], strict=False)
    draw.polygon([_moved_in(corner, before, after, line) for corner, before, after in corners], fill=255)


def _moved_in(
    corner: tuple[float, float], before: tuple[float, float], after: tuple[float, float], line: int
) -> tuple[float, float]:
    """The corner of the same shape ``line`` further in, where both its sides are moved by that."""
    (ax, ay), (bx, by) = (_unit(corner, each) for each in (before, after))
    sine = abs(ax * by - ay * bx) or 1.0
    return corner[0] + (ax + bx) * line / sine, corner[1] + (ay + by) * line / sine


def _unit(start: tuple[float, float], end: tuple[float, float]) -> tuple[float, float]:
    length = math.hypot(end[0] - start[0], end[1] - start[1]) or 1.0
    return (end[0] - start[0]) / length, (end[1] - start[1]) / length


_FINGERS = ((0, 0.78), (34, 0.66), (-34, 0.66), (68, 0.46), (-68, 0.46), (104, 0.26), (-104, 0.26))
"""Degrees from upright and length, for a leaf one unit high."""
_TEETH = 4


def _fingers() -> Iterator[list[tuple[float, float]]]:
    """Outlines of the leaf's fingers and its stem around 0, 0: lenses with teeth, from the root below the middle."""
    root = 0.28
    for degrees, length in _FINGERS:
        turn = math.radians(degrees)
        across, along = (math.cos(turn), math.sin(turn)), (math.sin(turn), -math.cos(turn))
        right = list(_side(length))
        outline = [*right, *((-x, y) for x, y in reversed(right))]
        yield [(x * across[0] + y * along[0], root + x * across[1] + y * along[1]) for x, y in outline]
    yield [(-0.015, root), (0.015, root), (0.025, 0.5), (-0.005, 0.5)]


def _side(length: float) -> Iterator[tuple[float, float]]:
    """One side of a finger from root to tip: how far out, and how far up."""
    yield 0.0, 0.0
    for tooth in range(1, _TEETH + 1):
        part = tooth / (_TEETH + 1)
        out = 0.105 * length * math.sin(math.pi * part**0.8)
        yield out * 0.72, (part - 0.06) * length
        yield out, part * length
    yield 0.0, length


def _letter(draw: "ImageDraw", stroke: Lettering, at: tuple[float, float], height: float) -> None:
    bold = round(height / 16)
    sized = picture.font(max(4, round((height - 2 * bold) / _CAPITAL)))
    ink = 255 if stroke.white else 0
    draw.text(at, stroke.words, font=sized, fill=ink, anchor="mm", stroke_width=bold, stroke_fill=ink)


_CAPITAL = 0.729
"""Height of a capital of DejaVu Sans, as a part of the size."""


def _black_and_white(grey: "Image") -> "Image":
    return grey.point([0] * _DARK + [255] * (256 - _DARK)).convert("1")


def _refused(symbol: LabelSymbol, reason: Text) -> Refused:
    return Refused(
        Refusal(rule="print.symbol", reason=reason, way_on=text("Call a manager."), differs=f"symbol.{symbol.code}")
    )
