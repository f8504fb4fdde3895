"""Draws the symbols of the screens into ``pictures/*.png``: white on clear, tinted where they are shown.

Run ``python -m kiosk.screens.drawn`` after changing a symbol and commit the pictures; the product only loads them, so
that no drawing library is needed on a terminal. Drawn four times too large and averaged down, because the window has
no multisampling (it costs fill rate on small boards) and edges must still be smooth.

Coordinates run from 0 to 100, y downwards.
"""

import math
from collections.abc import Callable, Sequence
from pathlib import Path

from PIL import Image, ImageDraw

from kiosk.screens.sizes import LARGE, SMALL

FOLDER = Path(__file__).parent / "pictures"
OVER = 4
Point = tuple[float, float]


class Pen:
    """Fills and cuts on one mask."""

    def __init__(self, side: int) -> None:
        self.side = side
        self._k = side * OVER / 100
        self._mask = Image.new("L", (side * OVER, side * OVER), 0)
        self._draw = ImageDraw.Draw(self._mask)

    def _at(self, points: Sequence[Point]) -> list[Point]:
        return [(x * self._k, y * self._k) for x, y in points]

    def polygon(self, points: Sequence[Point], *, soft: float = 0, on: bool = True) -> "Pen":
        """``soft`` rounds the corners by that much."""
        value = 255 if on else 0
        self._draw.polygon(self._at(points), fill=value)
        if soft:
            self.line([*points, points[0], points[1]], soft * 2, on=on)
        return self

    def line(self, points: Sequence[Point], width: float, *, on: bool = True) -> "Pen":
        """A stroke with round ends and joints."""
        value = 255 if on else 0
        wide = max(1, round(width * self._k))
        spots = self._at(points)
        self._draw.line(spots, fill=value, width=wide, joint="curve")
        r = wide / 2
        for x, y in spots:
            self._draw.ellipse((x - r, y - r, x + r, y + r), fill=value)
        return self

    def disc(self, x: float, y: float, r: float, *, on: bool = True) -> "Pen":
        (x, y), r = self._at([(x, y)])[0], r * self._k
        self._draw.ellipse((x - r, y - r, x + r, y + r), fill=255 if on else 0)
        return self

    def box(self, x0: float, y0: float, x1: float, y1: float, r: float = 0, *, on: bool = True) -> "Pen":
        (x0, y0), (x1, y1) = self._at([(x0, y0), (x1, y1)])
        self._draw.rounded_rectangle((x0, y0, x1, y1), r * self._k, fill=255 if on else 0)
        return self

    def arc(self, x: float, y: float, r: float, start: float, end: float, width: float, *, on: bool = True) -> "Pen":
        steps = max(8, round(abs(end - start) / 4))
        turn = [math.radians(start + (end - start) * i / steps) for i in range(steps + 1)]
        return self.line([(x + r * math.cos(a), y + r * math.sin(a)) for a in turn], width, on=on)

    def picture(self) -> Image.Image:
        mask = self._mask.resize((self.side, self.side), Image.Resampling.BOX)
        white = Image.new("L", mask.size, 255)
        return Image.merge("LA", (white, mask))


def ring(corners: int, radius: float, turn: float, centre: Point = (50, 50)) -> list[Point]:
    angles = [math.radians(turn + 360 * i / corners) for i in range(corners)]
    return [(centre[0] + radius * math.cos(a), centre[1] + radius * math.sin(a)) for a in angles]


def star(radius: float, inner: float, centre: Point = (50, 50)) -> list[Point]:
    outside, inside = ring(5, radius, -90, centre), ring(5, inner, -54, centre)
    return [corner for pair in zip(outside, inside, strict=True) for corner in pair]


TICK: list[Point] = [(29, 52), (44, 67), (72, 35)]
TRIANGLE: list[Point] = [(50, 14), (90, 84), (10, 84)]


def _bang(pen: Pen, x: float, top: float, bottom: float, *, on: bool = False) -> None:
    pen.line([(x, top), (x, bottom - 15)], 9, on=on).disc(x, bottom - 2, 5.5, on=on)


def warning(pen: Pen) -> None:
    pen.polygon(TRIANGLE, soft=6)
    _bang(pen, 50, 40, 74)


def trouble(pen: Pen) -> None:
    pen.polygon(ring(4, 42, 0), soft=5)
    _bang(pen, 50, 30, 70)


def info(pen: Pen) -> None:
    pen.disc(50, 50, 44).disc(50, 28, 6.5, on=False).line([(50, 47), (50, 73)], 10, on=False)


def stop(pen: Pen) -> None:
    pen.polygon(ring(8, 46, 22.5), soft=2).box(24, 42, 76, 58, 3, on=False)


def go(pen: Pen) -> None:
    pen.disc(50, 50, 46).line(TICK, 10, on=False)


def blocked(pen: Pen) -> None:
    pen.disc(50, 50, 44).disc(50, 50, 34, on=False).line([(25, 25), (75, 75)], 10)


def card(pen: Pen) -> None:
    pen.box(6, 20, 94, 80, 8).box(12, 26, 88, 74, 4, on=False)
    leaf = [(30, 64), (30, 36)]
    pen.line(leaf, 5).line([(30, 52), (19, 42)], 5).line([(30, 52), (41, 42)], 5)
    pen.line([(54, 40), (80, 40)], 6).line([(54, 52), (80, 52)], 6).line([(54, 64), (70, 64)], 6)


def photo_id(pen: Pen) -> None:
    pen.box(6, 20, 94, 80, 8).box(12, 26, 88, 74, 4, on=False)
    pen.disc(31, 42, 9).polygon([(16, 68), (18, 58), (26, 53), (36, 53), (44, 58), (46, 68)], soft=1)
    pen.line([(56, 40), (80, 40)], 6).line([(56, 52), (80, 52)], 6).line([(56, 64), (70, 64)], 6)


def person(pen: Pen) -> None:
    pen.disc(50, 30, 20)
    pen.polygon([(18, 88), (21, 72), (34, 61), (66, 61), (79, 72), (82, 88)], soft=4)


def face(pen: Pen) -> None:
    pen.disc(50, 50, 44).disc(50, 50, 36, on=False).disc(36, 43, 5.5).disc(64, 43, 5.5)
    pen.arc(50, 50, 20, 25, 155, 6)


def badge(pen: Pen) -> None:
    pen.box(20, 22, 80, 94, 8).box(40, 6, 60, 26, 4).box(42, 16, 58, 22, 3, on=False)
    pen.disc(50, 48, 11, on=False).polygon(
        [(30, 80), (32, 70), (41, 64), (59, 64), (68, 70), (70, 80)], soft=1, on=False
    )


def label(pen: Pen) -> None:
    pen.box(14, 8, 86, 92, 6).box(20, 14, 80, 86, 2, on=False)
    pen.line([(29, 25), (71, 25)], 6).line([(29, 37), (58, 37)], 5)
    for x, w in ((28, 4), (36, 2), (42, 6), (52, 2), (58, 4), (66, 6)):
        pen.box(x, 52, x + w, 78)


def package(pen: Pen) -> None:
    pen.box(28, 6, 72, 20, 4).box(22, 24, 78, 94, 9).box(30, 42, 70, 78, 3, on=False)
    pen.line([(38, 54), (62, 54)], 5).line([(38, 66), (54, 66)], 5)


def ticket(pen: Pen) -> None:
    pen.box(6, 26, 94, 74, 6).disc(6, 50, 9, on=False).disc(94, 50, 9, on=False)
    for y in (33, 44, 56, 67):
        pen.disc(64, y, 2.6, on=False)
    pen.polygon(star(15, 6.5, (39, 51)), on=False)


def shelf(pen: Pen) -> None:
    for x in (10, 90):
        pen.line([(x, 10), (x, 92)], 7)
    for y in (40, 78):
        pen.line([(10, y), (90, y)], 7)
    pen.box(20, 18, 40, 36, 2).box(46, 24, 60, 36, 2).box(24, 56, 46, 74, 2).box(54, 50, 78, 74, 2)


def counter(pen: Pen) -> None:
    pen.box(6, 42, 94, 54, 3).box(14, 54, 86, 92, 2).box(24, 62, 76, 84, 2, on=False).box(38, 10, 62, 36, 4)
    pen.line([(50, 34), (50, 42)], 7)


def printer(pen: Pen) -> None:
    pen.box(24, 6, 76, 34, 3).box(8, 34, 92, 72, 7).box(24, 56, 76, 94, 3).box(31, 62, 69, 88, 1, on=False)
    pen.disc(79, 45, 4, on=False).line([(38, 70), (62, 70)], 4).line([(38, 79), (54, 79)], 4)


def hub(pen: Pen) -> None:
    pen.box(12, 14, 88, 42, 5).box(12, 54, 88, 82, 5)
    for y in (28, 68):
        pen.disc(26, y, 4.5, on=False).line([(44, y), (76, y)], 5, on=False)


def state(pen: Pen) -> None:
    pen.polygon([(50, 8), (90, 30), (10, 30)], soft=3)
    for x in (20, 41, 62):
        pen.box(x - 1, 40, x + 15, 74, 2)
    pen.box(9, 80, 91, 92, 3)


def terminal(pen: Pen) -> None:
    pen.box(22, 6, 78, 94, 9).box(29, 15, 71, 77, 3, on=False).disc(50, 85, 4, on=False)


def scan(pen: Pen) -> None:
    for x, y, dx, dy in ((8, 14, 1, 1), (92, 14, -1, 1), (8, 86, 1, -1), (92, 86, -1, -1)):
        pen.line([(x + 18 * dx, y), (x, y), (x, y + 16 * dy)], 7)
    for x, w in ((24, 7), (36, 4), (45, 9), (59, 4), (68, 8)):
        pen.box(x, 28, x + w, 72)


def lock(pen: Pen) -> None:
    pen.arc(50, 36, 21, 180, 360, 11).line([(29, 36), (29, 52)], 11).line([(71, 36), (71, 52)], 11)
    pen.box(16, 44, 84, 94, 8).disc(50, 65, 8, on=False).line([(50, 65), (50, 80)], 7, on=False)


def clock(pen: Pen) -> None:
    pen.disc(50, 50, 44).disc(50, 50, 35, on=False).line([(50, 27), (50, 52), (66, 62)], 8)


def note(pen: Pen) -> None:
    pen.box(16, 6, 84, 94, 6)
    for y, x in ((28, 70), (44, 70), (60, 70), (76, 52)):
        pen.line([(30, y), (x, y)], 6, on=False)


def question(pen: Pen) -> None:
    pen.disc(50, 50, 44).arc(50, 39, 13, 190, 400, 8, on=False).line([(59, 48), (50, 55), (50, 61)], 8, on=False)
    pen.disc(50, 75, 5, on=False)


def erase(pen: Pen) -> None:
    pen.polygon([(6, 50), (32, 22), (94, 22), (94, 78), (32, 78)], soft=4)
    pen.line([(48, 38), (72, 62)], 7, on=False).line([(72, 38), (48, 62)], 7, on=False)


def bag(pen: Pen) -> None:
    pen.arc(50, 34, 17, 180, 360, 7).box(16, 32, 84, 94, 8).line([(33, 44), (33, 50)], 7, on=False)
    pen.line([(67, 44), (67, 50)], 7, on=False)


def letters(pen: Pen) -> None:
    """A small and a large A."""
    pen.line([(6, 78), (19, 44), (32, 78)], 7).line([(11, 67), (27, 67)], 6)
    pen.line([(40, 78), (66, 14), (92, 78)], 10).line([(50, 57), (82, 57)], 9)


def contrast(pen: Pen) -> None:
    pen.disc(50, 50, 44).disc(50, 50, 35, on=False)
    half = [math.radians(angle) for angle in range(-90, 91, 6)]
    pen.polygon([(50 + 36 * math.cos(a), 50 + 36 * math.sin(a)) for a in half])


def language(pen: Pen) -> None:
    pen.disc(50, 50, 44).disc(50, 50, 37, on=False).line([(8, 50), (92, 50)], 6).line([(50, 8), (50, 92)], 6)
    pen.arc(10, 50, 56, -46, 46, 6).arc(90, 50, 56, 134, 226, 6)


def hub_away(pen: Pen) -> None:
    pen.polygon(ring(4, 44, 0), soft=4).line([(36, 36), (64, 64)], 8, on=False).line([(64, 36), (36, 64)], 8, on=False)


def both_away(pen: Pen) -> None:
    pen.box(8, 8, 92, 92, 8).line([(28, 38), (72, 38)], 9, on=False).line([(28, 62), (72, 62)], 9, on=False)


def stroke(*lines: Sequence[Point], width: float = 12) -> Callable[[Pen], None]:
    def draw(pen: Pen) -> None:
        for points in lines:
            pen.line(points, width)

    return draw


SYMBOLS: dict[str, Callable[[Pen], object]] = {
    "warning": warning,
    "trouble": trouble,
    "info": info,
    "go": go,
    "blocked": blocked,
    "card": card,
    "photo_id": photo_id,
    "person": person,
    "face": face,
    "badge": badge,
    "label": label,
    "package": package,
    "ticket": ticket,
    "shelf": shelf,
    "counter": counter,
    "printer": printer,
    "hub": hub,
    "state": state,
    "terminal": terminal,
    "scan": scan,
    "lock": lock,
    "clock": clock,
    "note": note,
    "question": question,
    "erase": erase,
    "bag": bag,
    "letters": letters,
    "contrast": contrast,
    "language": language,
    "state_away": warning,
    "hub_away": hub_away,
    "both_away": both_away,
    "all_well": go,
    "tick": stroke([(14, 54), (39, 79), (86, 24)], width=15),
    "back": stroke([(44, 16), (12, 50), (44, 84)], [(14, 50), (88, 50)]),
    "forward": stroke([(56, 16), (88, 50), (56, 84)], [(12, 50), (86, 50)]),
    "up": stroke([(14, 66), (50, 30), (86, 66)], width=14),
    "down": stroke([(14, 34), (50, 70), (86, 34)], width=14),
    "plus": stroke([(50, 14), (50, 86)], [(14, 50), (86, 50)], width=15),
    "minus": stroke([(14, 50), (86, 50)], width=15),
}
"""Shown as small as a letter and as large as a thumb."""

OUTLINES: dict[str, tuple[list[Point], float]] = {
    "square": ([(9, 9), (91, 9), (91, 91), (9, 91)], 3),
    "triangle": ([(50, 13), (91, 84), (9, 84)], 4),
    "star": (star(44, 18.5, (50, 53)), 3),
    "hexagon": (ring(6, 45, 0), 2),
    "diamond": (ring(4, 44, 0), 3),
}
"""The ticket's shapes but for the circle: corners, and how far they are rounded."""

RIM = 5.0
"""Width of the rim that is cut off a shape's inside."""


def shape(name: str) -> Callable[[Pen], object]:
    """A ticket's shape, or its inside where the name ends in ``-in``: drawn over it, it leaves an even rim."""
    inside = name.endswith("-in")
    if name.startswith("circle"):
        return lambda pen: pen.disc(50, 50, 47 - (RIM if inside else 0))
    points, soft = OUTLINES[name.removesuffix("-in")]

    def draw(pen: Pen) -> None:
        if not inside:
            pen.polygon(points, soft=soft)
            return
        pen.polygon(points)
        pen.line([*points, points[0], points[1]], 2 * (RIM - soft), on=False)

    return draw


SHAPES: dict[str, Callable[[Pen], object]] = {
    **{name + end: shape(name + end) for name in ("circle", *OUTLINES) for end in ("", "-in")},
    "stop": stop,
}
"""Shown as small as a letter and as large as a hand."""


def draw_all(folder: Path = FOLDER) -> None:
    """Writes every picture in its sizes; ``round`` is the nine-patch of all boxes: a quarter of its side is corner."""
    folder.mkdir(parents=True, exist_ok=True)
    for names, sides in ((SYMBOLS, SMALL), (SHAPES, LARGE)):
        for name, draw in names.items():
            for side in sides:
                pen = Pen(side)
                draw(pen)
                pen.picture().save(folder / f"{name}-{side}.png", optimize=True)
    Pen(64).box(0, 0, 100, 100, 25).picture().save(folder / "round-64.png", optimize=True)


if __name__ == "__main__":
    draw_all()
