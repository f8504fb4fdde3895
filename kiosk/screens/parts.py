"""The small things screens are made of: words, symbols, bars. None of them is touched; see ``targets.py``."""

import re
from functools import lru_cache
from typing import Any

from kivy.core.text import Label as Letters
from kivy.graphics import Color, InstructionGroup, Rectangle
from kivy.properties import BooleanProperty, NumericProperty, StringProperty

from kiosk.screens.icons import picture
from kiosk.screens.layout import Box, Padded
from kiosk.screens.theme import Skin
from kiosk.screens.words import keep_units

RIMMED = ("circle", "square", "triangle", "star", "hexagon", "diamond")
"""The ticket's shapes: they have a rim, so that light colours stand out from light grounds."""

MONO = "RobotoMono-Regular"
LEADING = 1.08
"""On top of the font's own 1.17: lines of medicines stand 120 to 140 % apart."""


@lru_cache(maxsize=64)
def _face(font: str, bold: bool, size: int) -> Any:
    """A font at a size, to measure with. It keeps no text."""
    face = Letters(font_name=font, bold=bold, font_size=size)
    face.resolve_font_name()
    return face


@lru_cache(maxsize=64)
def _line_height(font: str, bold: bool, size: int) -> float:
    return float(_face(font, bold, size).get_extents("Ag")[1] * LEADING)


_HYPHEN = re.compile(r"(?<=[^\W\d_]{4}-)(?=[^\W\d_]{4})")
"""Between the halves of a double name, and never inside a code."""


def wrap(text: str, width: float, face: Any) -> tuple[list[str], bool]:
    """Breaks at spaces, and after the hyphen of a double name where it must; False: a word is wider than the line.

    A no-break space keeps a number and its unit together.
    """
    lines: list[str] = []
    fits = True
    for paragraph in text.split("\n"):
        line = ""
        for word in paragraph.split(" "):
            whole = f"{line} {word}" if line else word
            if face.get_extents(whole)[0] <= width:
                line = whole
                continue
            if line:
                lines.append(line)
            *heads, line = [word] if face.get_extents(word)[0] <= width else _HYPHEN.split(word)
            lines.extend(heads)
            fits = fits and all(face.get_extents(part)[0] <= width for part in (*heads, line))
        lines.append(line)
    return lines, fits


class Words(Box):
    """Text. ``kind`` is a size token, ``ink`` a colour token. Always wrapped, never shortened."""

    text: Any = StringProperty("")
    kind: Any = StringProperty("body")
    ink: Any = StringProperty("ink")
    bold: Any = BooleanProperty(False)
    across: Any = StringProperty("left")
    """``"left"`` or ``"center"``."""
    down: Any = StringProperty("middle")
    """``"top"`` or ``"middle"``."""
    even: Any = BooleanProperty(False)
    """Lines of about equal length: for titles."""
    mono: Any = BooleanProperty(False)

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._drawn: tuple[Any, ...] = ()
        self._lines: list[str] = []
        self._asked: tuple[Any, ...] = ()
        self._texture: Any = None
        self._layer: tuple[Any, Any] | None = None
        self.broken = False

    @property
    def _font(self) -> tuple[str, bool, int]:
        return MONO if self.mono else self.skin.font, bool(self.bold), self.skin.letters(self.kind)

    @property
    def line_height(self) -> float:
        return _line_height(*self._font)

    def need(self, width: float) -> float:
        if not self.text:
            return 0.0
        asked = (self.text, self.even, width, *self._font)
        if asked != self._asked:
            self._asked = asked
            self._break_lines(width)
        return max(len(self._lines) * self.line_height, float(self.skin.mm(self.mm_high)))

    def _break_lines(self, width: float) -> None:
        face = _face(*self._font)
        self._lines, fits = wrap(keep_units(self.text), width, face)
        self.broken = not fits
        if self.even and len(self._lines) > 1 and fits:
            self._lines = self._evened(width, face)

    def _evened(self, width: float, face: Any) -> list[str]:
        count, low, high = len(self._lines), width / 2, width
        best = self._lines
        for _ in range(6):
            middle = (low + high) / 2
            lines, fits = wrap(keep_units(self.text), middle, face)
            if fits and len(lines) == count:
                best, high = lines, middle
            else:
                low = middle
        return best

    def natural(self) -> float:
        face = _face(*self._font)
        widest = max(face.get_extents(line)[0] for line in self.text.split("\n"))
        return max(float(widest) + 1, self.skin.mm(self.mm_wide))

    def arrange(self, x: float, top: float, width: float, height: float) -> None:
        self.need(width)

    @property
    def ink_size(self) -> tuple[float, float]:
        """Width and height of what is drawn."""
        return (float(self._texture.width), float(self._texture.height)) if self._texture and self.text else (0.0, 0.0)

    def paint(self) -> None:
        super().paint()
        key = (tuple(self._lines), self.across, *self._font)
        if key != self._drawn:
            self._drawn = key
            self._texture = self._render() if self.text else None
        if self._layer is None:
            self._layer = (Color(), Rectangle())
            for instruction in self._layer:
                self.canvas.add(instruction)
        colour, rectangle = self._layer
        if self._texture is None:
            rectangle.size = (0, 0)
            return
        wide, high = self._texture.size
        x = self.x + (round((self.width - wide) / 2) if self.across == "center" else 0)
        y = self.top - high if self.down == "top" else self.y + round((self.height - high) / 2)
        colour.rgba = self.skin.colour(self.ink)
        rectangle.texture, rectangle.pos, rectangle.size = self._texture, (x, y), (wide, high)

    def _render(self) -> Any:
        letters = Letters(
            text="\n".join(self._lines),
            font_name=MONO if self.mono else self.skin.font,
            bold=bool(self.bold),
            font_size=self.skin.letters(self.kind),
            halign=self.across,
            line_height=LEADING,
        )
        letters.refresh()
        return letters.texture

    def forget(self) -> None:
        """Nothing of the text stays: neither string nor texture."""
        self.text, self._texture, self._drawn, self._lines, self._asked = "", None, (), [], ()
        if self._layer is not None:
            self._layer[1].texture, self._layer[1].size = None, (0, 0)


def forget_words(box: Any) -> None:
    """Nothing of what was written in ``box`` stays; it is not shown again."""
    for part in box.walk(restrict=True):
        if isinstance(part, Words):
            part.forget()


class Icon(Box):
    """A symbol of ``mm`` side, tinted with ``ink``."""

    name: Any = StringProperty("")
    mm: Any = NumericProperty(6)
    ink: Any = StringProperty("ink")
    outline: Any = StringProperty("")
    """Colour token of a rim around the symbol."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._layers: list[tuple[Any, Any]] = []

    @property
    def _side(self) -> float:
        """Follows the letters a little; a large picture gives way first where room is short."""
        scale = self.skin.scale
        least = 0.45 if self.mm > 15 else 0.85
        grown = min(1.25, scale) if scale >= 1 else 1 - (1 - scale) * (2.75 if self.mm > 15 else 0.75)
        return float(self.skin.mm(self.mm * max(least, grown)))

    def need(self, width: float) -> float:
        return min(self._side, width) if self.name else 0.0

    def natural(self) -> float:
        return self._side if self.name else 0.0

    def paint(self) -> None:
        super().paint()
        if not self._layers:
            self._layers = [(Color(), Rectangle()) for _ in range(2)]
            for layer in self._layers:
                for instruction in layer:
                    self.canvas.add(instruction)
        side = min(self._side, self.width, self.height) if self.name else 0
        rimmed = bool(self.outline) and self.name in RIMMED
        looks = [(self.name, self.outline), (f"{self.name}-in", self.ink)] if rimmed else [(self.name, self.ink)]
        for i, (colour, rectangle) in enumerate(self._layers):
            if side and i < len(looks):
                name, token = looks[i]
                colour.rgba = self.skin.colour(token)
                rectangle.texture = picture(name, side)
                rectangle.size = (side, side)
                rectangle.pos = (
                    round(self.x + (self.width - side) / 2),
                    round(self.y + (self.height - side) / 2),
                )
            else:
                rectangle.size = (0, 0)


class Bar(Box):
    """How much is left of a whole: ``part`` from 0 to 1."""

    part: Any = NumericProperty(1.0)
    tall: Any = NumericProperty(3.4)
    full: Any = StringProperty("go")

    def need(self, width: float) -> float:
        return self.skin.mm(self.tall)

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._group = InstructionGroup()
        self.canvas.add(self._group)

    def paint(self) -> None:
        super().paint()
        self._group.clear()
        high = min(self.height, self.skin.mm(self.tall))
        y = round(self.y + (self.height - high) / 2)
        line = max(1.0, self.skin.mm(0.3))
        for token, inset, wide in (("line", 0.0, self.width), ("sunken", line, self.width)):
            self._group.add(Color(*self.skin.colour(token)))
            self._group.add(Rectangle(pos=(self.x + inset, y + inset), size=(wide - 2 * inset, high - 2 * inset)))
        filled = round((self.width - 2 * line) * max(0.0, min(1.0, self.part)))
        self._group.add(Color(*self.skin.colour(self.full)))
        self._group.add(Rectangle(pos=(self.x + line, y + line), size=(filled, high - 2 * line)))


class Marked(Padded):
    """Words in a flow, some of them marked: what differs between wanted and found.

    ``parts`` is a list of ``(words, marked)``. Marked ones stand bold on their own ground, so that the difference is
    seen by brightness and weight and not by colour alone.
    """

    kind: Any = StringProperty("lead")
    ink: Any = StringProperty("ink")
    mono: Any = BooleanProperty(False)

    def dress(self, skin: Skin) -> None:
        for chip in self.children:
            chip.kind = self.kind
        super().dress(skin)

    def fill(self, parts: list[tuple[str, bool]]) -> None:
        self.clear_widgets()
        for words, marked in parts:
            chip = Chip(
                text=words,
                kind=self.kind,
                mono=self.mono,
                bold=marked,
                ink="on_mark" if marked else self.ink,
                ground="mark" if marked else "",
                corner=1.0,
            )
            self.add_widget(chip)

    def _rows(self, width: float) -> list[list[tuple[Box, float]]]:
        rows: list[list[tuple[Box, float]]] = [[]]
        used = 0.0
        for chip in self.boxes():
            wide = min(chip.natural(), width)
            if rows[-1] and used + wide > width:
                rows.append([])
                used = 0.0
            rows[-1].append((chip, wide))
            used += wide + self._gap
        return rows if rows[0] else []

    def need(self, width: float) -> float:
        rows = self._rows(width)
        return sum(max(chip.need(wide) for chip, wide in row) for row in rows) + self.skin.step("xs") * max(
            0, len(rows) - 1
        )

    def arrange(self, x: float, top: float, width: float, height: float) -> None:
        for row in self._rows(width):
            tall = max(chip.need(wide) for chip, wide in row)
            left = x
            for chip, wide in row:
                chip.place(left, top, wide, tall)
                left += wide + self._gap
            top -= tall + self.skin.step("xs")


class Chip(Words):
    """Words with a little room around them."""

    def natural(self) -> float:
        return super().natural() + 2 * self.skin.mm(0.9)

    def need(self, width: float) -> float:
        return super().need(width - 2 * self.skin.mm(0.9))

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("across", "center")
        super().__init__(**kwargs)

    def arrange(self, x: float, top: float, width: float, height: float) -> None:
        self.need(width)
