"""Where a step's choices stand: at the right of a lying panel, at the foot of an upright one; always the same order.

The main action is the last one, where the hand is; *back* is apart from it. Confirming never stands where the thing
to be confirmed was touched, because every new picture is deaf for a moment (see ``guard.py``).
"""

from typing import Any

from kivy.properties import BooleanProperty

from kiosk.screens.layout import Padded
from kiosk.screens.panel import GAP_MM
from kiosk.screens.targets import Press


class Rail(Padded):
    """Takes its targets with :meth:`fill`; the last one whose look is ``go`` is the main action."""

    packed: Any = BooleanProperty(False)
    """Two side by side, and *back* at the foot, on a lying panel too."""

    def __init__(self, **kwargs: Any) -> None:
        self._returning: Press | None = None
        self._presses: list[Press] = []
        super().__init__(**kwargs)

    @property
    def _as_upright(self) -> bool:
        return self.packed or bool(self.skin.panel.portrait)

    def fill(self, presses: list[Press], back: Press | None) -> None:
        self.clear_widgets()
        self._returning, self._presses = back, presses
        for press in ([back] if back is not None else []) + presses:
            self.add_widget(press)

    def _rows(self) -> list[list[Press]]:
        """From top to bottom. Upright: the main action has the foot to itself, but for *back*."""
        others = [press for press in self._presses if not press.main]
        main = [press for press in self._presses if press.main]
        if not self._as_upright:
            return [[press] for press in (others + main)]
        foot = ([self._returning] if self._returning is not None else []) + main
        if self._returning is not None and not main and others:
            foot, others = [self._returning, others[-1]], others[:-1]
        rows = [others[i : i + 2] for i in range(0, len(others), 2)]
        return [*rows, foot] if foot else rows

    def _widths(self, row: list[Press], width: float) -> list[float]:
        gap = self.skin.mm(GAP_MM)
        if len(row) == 1:
            return [width]
        if row[0] is self._returning:
            side = min((width - gap) / 2, max(self.skin.mm(24), row[0].natural()))
            return [side, width - gap - side]
        return [(width - gap) / 2] * 2

    def need(self, width: float) -> float:
        rows = self._rows()
        if not self._as_upright and self._returning is not None:
            rows = [[self._returning], *rows]
        gap = self.skin.mm(GAP_MM)
        tall = [
            max(press.need(wide) for press, wide in zip(row, self._widths(row, width), strict=True)) for row in rows
        ]
        return sum(tall) + gap * max(0, len(rows) - 1)

    def arrange(self, x: float, top: float, width: float, height: float) -> None:
        gap = self.skin.mm(GAP_MM)
        if not self._as_upright and self._returning is not None:
            self._returning.place(x, top, width, self._returning.need(width))
        bottom = top - height
        for row in reversed(self._rows()):
            widths = self._widths(row, width)
            tall = max(press.need(wide) for press, wide in zip(row, widths, strict=True))
            left = x
            for press, wide in zip(row, widths, strict=True):
                press.place(left, bottom + tall, wide, tall)
                left += wide + gap
            bottom += tall + gap
