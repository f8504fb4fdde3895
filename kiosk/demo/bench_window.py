"""The bench beside a demo terminal: a tray of things to scan, the printer's paper, and the role to try.

Draws and reports touches; what they mean is decided in ``bench.py``.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from io import BytesIO
from typing import Any

from kiosk.screens.bootstrap import prepare
from kiosk.screens.panel import Panel

prepare(Panel("bench", 620, 1000, 5.9, left=1290, top=0), styled=True)

from kivy.app import App  # noqa: E402  (only after Kivy is set up)
from kivy.clock import Clock  # noqa: E402
from kivy.core.image import Image as CoreImage  # noqa: E402
from kivy.graphics import Color, Rectangle  # noqa: E402
from kivy.uix.boxlayout import BoxLayout  # noqa: E402
from kivy.uix.button import Button  # noqa: E402
from kivy.uix.image import Image  # noqa: E402
from kivy.uix.label import Label  # noqa: E402
from kivy.uix.scrollview import ScrollView  # noqa: E402

INK, PAPER, DESK, BLUE, QUIET = (
    (0.1, 0.1, 0.1, 1),
    (1, 1, 1, 1),
    (0.90, 0.91, 0.93, 1),
    (0, 0.33, 0.54, 1),
    (1, 1, 1, 1),
)


@dataclass(frozen=True)
class Thing:
    """Something that lies on the tray: ``group`` is its heading, ``about`` what it is there for."""

    key: str
    group: str
    name: str
    about: str = ""


class Line(Label):  # type: ignore[misc]
    """Words that wrap and are as high as they need."""

    def __init__(self, words: str, size: int = 15, **more: Any) -> None:
        super().__init__(
            text=words, font_size=size, color=INK, halign="left", valign="middle", size_hint_y=None, **more
        )
        self.bind(width=self._wrap, texture_size=self._grow)

    def _wrap(self, _: Any, width: float) -> None:
        self.text_size = (width, None)

    def _grow(self, _: Any, size: tuple[float, float]) -> None:
        self.height = size[1] + 8


class Key(Button):  # type: ignore[misc]
    """One thing to touch."""

    def __init__(self, words: str, on_touch: Callable[[], None], *, strong: bool = False) -> None:
        super().__init__(
            text=words,
            font_size=15,
            size_hint_y=None,
            height=76 if words.count("\n") else 52,
            halign="left",
            valign="middle",
            padding=(12, 4),
            background_normal="",
            background_down="",
            background_color=BLUE if strong else QUIET,
            color=PAPER if strong else INK,
        )
        self.bind(size=self._wrap)
        self.bind(on_release=lambda _: on_touch())

    def _wrap(self, _: Any, size: tuple[float, float]) -> None:
        self.text_size = (size[0] - 8, size[1])


class BenchWindow:
    """``on_touch`` is told the key of a thing, ``role:<role>`` or ``fault:<name>``; on the main thread."""

    def __init__(self, roles: Sequence[str], on_touch: Callable[[str], None]) -> None:
        self._roles, self._on_touch = roles, on_touch
        self._app: App | None = None
        self._tray = _column()
        self._paper = _column()
        self._role = ""
        self._top = BoxLayout(size_hint_y=None, height=60, spacing=8)
        self._words = Line("")

    def run(self) -> None:
        """Until the window is closed; on the main thread."""
        bench = self

        class Bench(App):  # type: ignore[misc]
            title = "Bench"

            def build(self) -> Any:
                return bench._build()

        self._app = Bench()
        self._app.run()

    def stop(self) -> None:
        """From any thread."""
        Clock.schedule_once(lambda _: self._app.stop() if self._app else None)

    def show(self, things: Sequence[Thing], role: str, words: str) -> None:
        """From any thread: what lies on the tray, which role is on, and one line of words."""
        Clock.schedule_once(lambda _: self._show(list(things), role, words))

    def show_paper(self, pictures: Sequence[bytes]) -> None:
        """From any thread: the pieces of paper (PNG), newest first."""
        Clock.schedule_once(lambda _: self._show_paper(list(pictures)))

    def _build(self) -> Any:
        root = BoxLayout(orientation="vertical", padding=16, spacing=12)
        with root.canvas.before:
            Color(*DESK)
            ground = Rectangle()
        root.bind(pos=lambda _, pos: setattr(ground, "pos", pos), size=lambda _, size: setattr(ground, "size", size))
        root.add_widget(self._top)
        root.add_widget(self._words)
        halves = BoxLayout(spacing=16)
        halves.add_widget(_scrolled(self._tray))
        halves.add_widget(_scrolled(self._paper))
        root.add_widget(halves)
        return root

    def _show(self, things: list[Thing], role: str, words: str) -> None:
        self._role = role
        self._words.text = words
        self._top.clear_widgets()
        for name in self._roles:
            self._top.add_widget(Key(name, partial(self._on_touch, f"role:{name}"), strong=name == role))
        self._tray.clear_widgets()
        group = ""
        for thing in things:
            if thing.group != group:
                group = thing.group
                self._tray.add_widget(Line(group, 18, bold=True))
            words_here = f"{thing.name}\n{thing.about}" if thing.about else thing.name
            self._tray.add_widget(Key(words_here, partial(self._on_touch, thing.key)))

    def _show_paper(self, pictures: list[bytes]) -> None:
        self._paper.clear_widgets()
        self._paper.add_widget(Line("The printer's paper", 18, bold=True))
        for data in pictures:
            texture = CoreImage(BytesIO(data), ext="png").texture
            width = 270
            height = width * texture.height / texture.width
            self._paper.add_widget(
                Image(texture=texture, size_hint=(None, None), size=(width, height), fit_mode="contain")
            )


def _column() -> Any:
    column = BoxLayout(orientation="vertical", size_hint_y=None, spacing=8)
    column.bind(minimum_height=column.setter("height"))
    return column


def _scrolled(column: Any) -> Any:
    scroll = ScrollView(bar_width=10, do_scroll_x=False)
    scroll.add_widget(column)
    return scroll
