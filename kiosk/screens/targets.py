"""What can be touched. Touches are judged in one place, the frame; a target only knows its key and how it looks."""

from collections.abc import Callable
from typing import Any

from kivy.properties import BooleanProperty, NumericProperty, StringProperty

from kiosk.screens.layout import Box, Column, Padded, Row
from kiosk.screens.panel import GAP_MM, REACH_MM
from kiosk.screens.parts import Icon, Words

LOOKS: dict[str, tuple[str, str, str, str]] = {
    "go": ("go", "go", "on_go", "go_pressed"),
    "stop": ("surface", "stop", "ink", "pressed"),
    "plain": ("surface", "line", "ink", "pressed"),
    "quiet": ("paper", "line", "soft", "pressed"),
    "on_stop": ("stop_deep", "on_stop", "on_stop", "stop"),
    "on_banner": ("banner", "on_banner", "on_banner", "head"),
    "chosen": ("ink", "ink", "surface", "ink"),
    "faint": ("sunken", "hair", "passive", "pressed"),
    "bare": ("", "", "ink", "pressed"),
}
"""Ground, edge, ink, ground while pressed."""


class Target(Row):
    """A row that can be touched. ``local`` keys stay in the screen; others become an act.

    ``again_ms``: a second touch on the same target within it is a bounce, not a wish.
    """

    key: Any = StringProperty("")
    local: Any = BooleanProperty(False)
    returns: Any = BooleanProperty(False)
    """Takes back the last answer."""
    enabled: Any = BooleanProperty(True)
    look: Any = StringProperty("plain")
    again_ms: Any = NumericProperty(300)
    held: Any = BooleanProperty(False)
    main: Any = BooleanProperty(False)
    """The one primary action: taller."""

    def least(self) -> float:
        return self.skin.primary if self.main else self.skin.target

    def need(self, width: float) -> float:
        return max(super().need(width), self.least())

    def natural(self) -> float:
        return max(super().natural(), self.skin.target)

    def paint(self) -> None:
        ground, edge, ink, pressed = LOOKS[self.look]
        if not self.enabled:
            ground, edge, ink = "sunken", "hair", "passive"
        self.ground, self.edge = (pressed if self.held else ground), edge
        self.edge_mm = 0.5
        self.tint(ink)
        super().paint()

    def tint(self, ink: str) -> None:
        """Colours what is inside; rows with their own colours leave it."""

    def reached_by(self, x: float, y: float) -> bool:
        far = self.skin.mm(REACH_MM)
        return bool(self.x - far <= x <= self.right + far and self.y - far <= y <= self.top + far)

    def hold_down(self, held: bool) -> None:
        self.held = held
        self.paint()


class Press(Target):
    """A target with words and perhaps a symbol."""

    text: Any = StringProperty("")
    icon: Any = StringProperty("")
    kind: Any = StringProperty("lead")
    stacked: Any = BooleanProperty(False)
    """Symbol above the words."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.pad, self.gap = self.pad or "s xs", self.gap or "s"
        self._icon = Icon(mm=7, shown=False)
        self._words = Words(bold=True, share=1, across="center")
        if self.stacked:
            column = Column(hold="middle", gap="xs", share=1)
            column.add_widget(self._icon)
            column.add_widget(self._words)
            self.add_widget(column)
        else:
            self.add_widget(self._icon)
            self.add_widget(self._words)

    def dress(self, skin: Any) -> None:
        self._words.text, self._words.kind = self.text, self.kind
        self._words.shown = bool(self.text)
        self._icon.name, self._icon.shown = self.icon, bool(self.icon)
        self._icon.mm = 10 if skin.role == "checkin" else 7
        if not self.text:
            self._icon.share = 1
        elif not self.stacked:
            self._words.across = "left" if self.icon else "center"
        super().dress(skin)

    def tint(self, ink: str) -> None:
        self._words.ink = ink
        self._icon.ink = "stop" if self.look == "stop" and self.enabled else ink
        for part in (self._words, self._icon):
            if part.width > 0 and part.shown:
                part.paint()


class Pages(Padded):
    """Rows in pages with two large buttons instead of scrolling. Elastic: takes what height there is.

    At most ``most`` rows a page; ``least`` rows should be seen at once where letters could be made smaller for it.
    """

    most: Any = NumericProperty(8)
    least: Any = NumericProperty(3)
    upright: Any = NumericProperty(1)
    lying: Any = NumericProperty(1)
    name: Any = StringProperty("page")
    tight: Any = BooleanProperty(False)
    """Wants no more height than its rows; else it is stretched."""
    numbering: Any = StringProperty("{page} of {pages}")

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.gap = self.gap or "m"
        self.page = 0
        self.pages = 1
        self.rows: list[Box] = []
        self._split_now: list[list[tuple[list[Box], float]]] = []
        self._before = Press(icon="up", key=f"{self.name}:before", local=True)
        self._after = Press(icon="down", key=f"{self.name}:after", local=True)
        self._where = Words(kind="note", bold=True, across="center", ink="soft")
        for part in (self._before, self._where, self._after):
            super().add_widget(part)

    def add_widget(self, widget: Any, *args: Any, **kwargs: Any) -> None:
        super().add_widget(widget, *args, **kwargs)
        self.rows.append(widget)

    def empty(self) -> None:
        for row in self.rows:
            self.remove_widget(row)
        self.rows, self._split_now = [], []

    def turn(self, key: str) -> bool:
        """True if the key was one of ours."""
        if key not in (self._before.key, self._after.key):
            return False
        self.page = max(0, min(self.pages - 1, self.page + (1 if key == self._after.key else -1)))
        return True

    def turn_to(self, has: Callable[[Box], bool]) -> None:
        """Turns to the page with the first row for which ``has`` is true, if there is one."""
        wanted = next((row for row in self.rows if has(row)), None)
        for number, lines in enumerate(self._split_now):
            if any(row is wanted for line, _ in lines for row in line):
                self.page = number

    def dress(self, skin: Any) -> None:
        self._before.key, self._after.key = f"{self.name}:before", f"{self.name}:after"
        super().dress(skin)

    def _columns(self) -> int:
        return max(1, int(self.upright if self.skin.panel.portrait else self.lying))

    beside: Any = BooleanProperty(False)

    @property
    def _beside(self) -> bool:
        """The pager stands at the right on a lying panel: height is dear there, width is not."""
        return bool(self.beside or not self.skin.panel.portrait)

    def _lines(self, width: float) -> list[tuple[list[Box], float]]:
        columns = self._columns()
        wide = (width - self._gap * (columns - 1)) / columns
        lines = [self.rows[i : i + columns] for i in range(0, len(self.rows), columns)]
        return [(line, max(row.need(wide) for row in line)) for line in lines]

    def _pager(self) -> float:
        return float(self.skin.target + self.skin.mm(GAP_MM))

    def need(self, width: float) -> float:
        lines = self._lines(width)
        if not lines:
            return 0.0
        everything = sum(tall for _, tall in lines) + self._gap * (len(lines) - 1)
        if len(self.rows) <= self.most and self.tight:
            return everything
        tallest = sorted((tall for _, tall in lines), reverse=True)
        seen = min(len(lines), int(self.least) if self.skin.scale > 1 or self.tight else 1)
        few = sum(tallest[:seen]) + self._gap * (seen - 1)
        pager = self._pager() if not self._beside else 0.0
        controls = 2 * self._pager() + self.line if self._beside else few + pager
        return (
            min(everything, max(few + pager, controls)) if len(self.rows) <= self.most else max(few + pager, controls)
        )

    @property
    def line(self) -> float:
        return self._where.line_height

    def arrange(self, x: float, top: float, width: float, height: float) -> None:
        lines = self._lines(width)
        total = sum(tall for _, tall in lines) + self._gap * max(0, len(lines) - 1)
        paged = total > height + 1 or len(self.rows) > self.most
        inner, room = width, height
        if paged:
            if self._beside:
                inner = width - self._pager()
            else:
                room = height - self._pager()
            lines = self._lines(inner)
        pages = self._split_now = self._split(lines, room)
        self.pages = max(1, len(pages))
        self.page = min(self.page, self.pages - 1)
        shown = pages[self.page] if pages else []
        visible = {id(row) for line, _ in shown for row in line}
        for row in self.rows:
            row.shown = id(row) in visible
        self._place_rows(shown, x, top, inner)
        for part in (self._before, self._after, self._where):
            part.shown = paged
        if paged:
            self._before.enabled = self.page > 0
            self._after.enabled = self.page < self.pages - 1
            self._where.text = self.numbering.format(page=self.page + 1, pages=self.pages)
            self._place_pager(x, top, width, height)

    def _place_rows(self, lines: list[tuple[list[Box], float]], x: float, top: float, width: float) -> None:
        columns = self._columns()
        wide = (width - self._gap * (columns - 1)) / columns
        for line, tall in lines:
            left = x
            for row in line:
                row.place(left, top, wide, tall)
                left += wide + self._gap
            top -= tall + self._gap

    def _split(self, lines: list[tuple[list[Box], float]], room: float) -> list[list[tuple[list[Box], float]]]:
        pages: list[list[tuple[list[Box], float]]] = []
        used, count = 0.0, 0
        for line in lines:
            need, rows = line[1], len(line[0])
            if pages and used + self._gap + need <= room + 1 and count + rows <= self.most:
                pages[-1].append(line)
                used += self._gap + need
                count += rows
            else:
                pages.append([line])
                used, count = need, rows
        return pages

    def _place_pager(self, x: float, top: float, width: float, height: float) -> None:
        side = self.skin.target
        if self._beside:
            left = x + width - side
            self._before.place(left, top, side, side)
            self._after.place(left, top - height + side, side, side)
            self._where.place(left, top - side, side, height - 2 * side)
        else:
            bottom = top - height + side
            wide = (width - 2 * self._gap) / 3
            self._before.place(x, bottom, wide, side)
            self._where.place(x + wide + self._gap, bottom, wide, side)
            self._after.place(x + 2 * (wide + self._gap), bottom, wide, side)
