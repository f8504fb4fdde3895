"""Boxes that lay themselves out in one pass: *dress* (colours and sizes), *need* (how tall at this width), *place*.

Kivy's own layouts settle over several frames and know nothing of "does it all fit"; here the frame asks first, takes
the largest letters at which everything fits, and draws once. Sizes are pixels, ``top`` counts from below as in Kivy.
"""

from collections.abc import Iterator
from typing import Any

from kivy.graphics import BorderImage, Color, InstructionGroup, Rectangle
from kivy.properties import BooleanProperty, NumericProperty, StringProperty
from kivy.uix.widget import Widget

from kiosk.screens.icons import CORNER, rounded
from kiosk.screens.theme import Skin


class Box(Widget):  # type: ignore[misc]
    """The base of everything drawn. ``ground`` and ``edge`` are colour tokens, ``corner`` and ``edge_mm`` in mm."""

    ground: Any = StringProperty("")
    edge: Any = StringProperty("")
    edge_mm: Any = NumericProperty(0.4)
    corner: Any = NumericProperty(2.0)
    shown: Any = BooleanProperty(True)
    stretch: Any = NumericProperty(0)
    """Share of the height left over in a column."""
    share: Any = NumericProperty(0)
    """Share of the width in a row; 0 takes what it needs."""
    mm_wide: Any = NumericProperty(0)
    """A fixed width in a row, in mm."""
    mm_high: Any = NumericProperty(0)
    """The least height, in mm."""
    skin: Skin
    overfull = False
    """What stands side by side in it wants more width than there is."""

    def __init__(self, **kwargs: Any) -> None:
        self._back: InstructionGroup | None = None
        super().__init__(**kwargs)

    def boxes(self) -> list["Box"]:
        """The shown children, in reading order."""
        return [child for child in reversed(self.children) if child.shown]

    def everything(self) -> Iterator["Box"]:
        """This box and all shown ones inside it."""
        yield self
        for child in self.boxes():
            yield from child.everything()

    def dress(self, skin: Skin) -> None:
        self.skin = skin
        self.overfull = False
        for child in self.children:
            child.dress(skin)

    def need(self, width: float) -> float:
        """The least height at this width."""
        return max([self.skin.mm(self.mm_high), *(child.need(width) for child in self.boxes())])

    def natural(self) -> float:
        """The width it takes when it may choose."""
        return self.skin.mm(self.mm_wide) or max([0.0, *(child.natural() for child in self.boxes())])

    def place(self, x: float, top: float, width: float, height: float) -> None:
        x, top, width, height = round(x), round(top), round(width), round(height)
        self.pos, self.size = (x, top - height), (width, height)
        self.opacity = 1
        self.arrange(x, top, width, height)
        for child in self.children:
            if not child.shown:
                child.hide()
        self.paint()

    def arrange(self, x: float, top: float, width: float, height: float) -> None:
        for child in self.boxes():
            child.place(x, top, width, height)

    def hide(self) -> None:
        self.opacity = 0
        self.size = (0, 0)

    def paint(self) -> None:
        """Draws the ground. Instructions are made once and changed afterwards."""
        wanted = bool(self.ground or self.edge)
        if not wanted and self._back is None:
            return
        if self._back is None:
            self._back = InstructionGroup()
            self.canvas.before.insert(0, self._back)
        self._back.clear()
        if wanted:
            _draw_ground(self._back, self, self.skin)


def _draw_ground(group: InstructionGroup, box: Box, skin: Skin) -> None:
    x, y, width, height = *box.pos, *box.size
    corner = min(skin.mm(box.corner), width / 2, height / 2)
    line = max(1.0, skin.mm(box.edge_mm)) if box.edge else 0.0
    layers = [(box.edge, 0.0, corner)] if box.edge else []
    if box.ground or box.edge:
        layers.append((box.ground or "paper", line, max(0.0, corner - line)))
    for token, inset, bend in layers:
        group.add(Color(*skin.colour(token)))
        spot, span = (x + inset, y + inset), (width - 2 * inset, height - 2 * inset)
        if bend < 1:
            group.add(Rectangle(pos=spot, size=span))
        else:
            group.add(
                BorderImage(texture=rounded(), pos=spot, size=span, border=(CORNER,) * 4, display_border=(bend,) * 4)
            )


class Padded(Box):
    """A box with a margin inside: ``pad`` is a step token, or two for across and down."""

    pad: Any = StringProperty("")
    gap: Any = StringProperty("")

    @property
    def _pads(self) -> tuple[float, float]:
        tokens = self.pad.split() or [""]
        return self.skin.step(tokens[0]), self.skin.step(tokens[-1])

    @property
    def _gap(self) -> float:
        return self.skin.step(self.gap)


class Column(Padded):
    """One below the other. What is left over goes to children with ``stretch``, else it is shared by ``hold``."""

    hold: Any = StringProperty("top")
    """``"top"`` or ``"middle"``."""

    def need(self, width: float) -> float:
        across, down = self._pads
        boxes = self.boxes()
        inner = sum(child.need(width - 2 * across) for child in boxes) + self._gap * max(0, len(boxes) - 1)
        return max(inner + 2 * down, self.skin.mm(self.mm_high))

    def natural(self) -> float:
        wide = max([0.0, *(child.natural() for child in self.boxes())])
        return self.skin.mm(self.mm_wide) or wide + 2 * self._pads[0]

    def arrange(self, x: float, top: float, width: float, height: float) -> None:
        across, down = self._pads
        boxes, gap = self.boxes(), self._gap
        inner = width - 2 * across
        needs = [child.need(inner) for child in boxes]
        spare = height - 2 * down - sum(needs) - gap * max(0, len(boxes) - 1)
        shares = sum(child.stretch for child in boxes)
        top -= down
        if not shares and self.hold == "middle":
            top -= max(0, spare / 2)
        for child, need in zip(boxes, needs, strict=True):
            tall = need + (max(0, spare) * child.stretch / shares if shares else 0)
            child.place(x + across, top, inner, tall)
            top -= tall + gap


class Row(Padded):
    """Side by side, all as tall as the row. ``hold`` ``"top"`` lets children keep their own height."""

    hold: Any = StringProperty("fill")

    def _widths(self, width: float) -> list[float]:
        boxes = self.boxes()
        room = width - 2 * self._pads[0] - self._gap * max(0, len(boxes) - 1)
        shares = sum(child.share for child in boxes)
        fixed = [0.0 if child.share else child.natural() for child in boxes]
        left = max(0.0, room - sum(fixed))
        self.overfull = sum(fixed) > room + 1
        return [left * child.share / shares if child.share else wide for child, wide in zip(boxes, fixed, strict=True)]

    def need(self, width: float) -> float:
        widths = self._widths(width)
        inner = max([0.0, *(child.need(wide) for child, wide in zip(self.boxes(), widths, strict=True))])
        return max(inner + 2 * self._pads[1], self.skin.mm(self.mm_high))

    def natural(self) -> float:
        boxes = self.boxes()
        wide = sum(child.natural() for child in boxes) + self._gap * max(0, len(boxes) - 1)
        return self.skin.mm(self.mm_wide) or wide + 2 * self._pads[0]

    def arrange(self, x: float, top: float, width: float, height: float) -> None:
        across, down = self._pads
        x += across
        for child, wide in zip(self.boxes(), self._widths(width), strict=True):
            tall = height - 2 * down
            if self.hold == "top":
                tall = min(tall, child.need(wide))
            child.place(x, top - down, wide, tall)
            x += wide + self._gap


class Tiles(Padded):
    """Equal cells: ``upright`` columns on a portrait panel, ``lying`` on a landscape one."""

    upright: Any = NumericProperty(1)
    lying: Any = NumericProperty(2)

    keep: Any = BooleanProperty(False)
    """Cells stay as wide as if all columns were filled."""

    def _columns(self) -> int:
        wanted = int(self.upright if self.skin.panel.portrait else self.lying)
        return max(1, wanted if self.keep else min(wanted, len(self.boxes())))

    def _rows(self, width: float) -> tuple[float, list[tuple[list[Box], float]]]:
        boxes, columns = self.boxes(), self._columns()
        wide = (width - 2 * self._pads[0] - self._gap * (columns - 1)) / columns
        rows = [boxes[i : i + columns] for i in range(0, len(boxes), columns)]
        return wide, [(row, max(child.need(wide) for child in row)) for row in rows]

    def need(self, width: float) -> float:
        _, rows = self._rows(width)
        inner = sum(tall for _, tall in rows) + self._gap * max(0, len(rows) - 1)
        return max(inner + 2 * self._pads[1], self.skin.mm(self.mm_high))

    def arrange(self, x: float, top: float, width: float, height: float) -> None:
        across, down = self._pads
        wide, rows = self._rows(width)
        spare = height - self.need(width)
        extra = max(0.0, spare) / len(rows) if rows and self.stretch else 0.0
        top -= down
        for row, need in rows:
            left = x + across
            for child in row:
                child.place(left, top, wide, need + extra)
                left += wide + self._gap
            top -= need + extra + self._gap


class Sides(Row):
    """A row on a landscape panel, a column on a portrait one."""

    def need(self, width: float) -> float:
        return Column.need(self, width) if self.skin.panel.portrait else super().need(width)

    def natural(self) -> float:
        return Column.natural(self) if self.skin.panel.portrait else super().natural()

    def arrange(self, x: float, top: float, width: float, height: float) -> None:
        if self.skin.panel.portrait:
            Column.arrange(self, x, top, width, height)
        else:
            super().arrange(x, top, width, height)
