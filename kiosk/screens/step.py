"""What all screens have in common, and where a screen is found: one module and one kv file for each kind of step.

A screen takes a picture and fills its properties; its kv file says how they are laid out. It decides nothing.
"""

from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any

from kivy.lang import Builder
from kivy.properties import BooleanProperty, StringProperty

from kiosk.flows.steps import Choice, Picture
from kiosk.model.clock import Clock
from kiosk.model.text import Text, text
from kiosk.screens.layout import Box, Column
from kiosk.screens.parts import forget_words
from kiosk.screens.pieces import TicketSign as _TicketSign  # noqa: F401 - kv files place it by its name
from kiosk.screens.rail import Rail
from kiosk.screens.targets import Pages, Target
from kiosk.screens.theme import Skin
from kiosk.screens.words import Language

HERE = Path(__file__).parent


class StepScreen(Column):
    """``title`` and ``hint`` come with every step. ``takes_over`` hides everything around but the connection."""

    title: Any = StringProperty("")
    hint: Any = StringProperty("")
    upright: Any = BooleanProperty(False)
    takes_over = False
    own_choices = False
    """The screen places the step's choices itself."""
    takes_remarks = False
    """A remark or a wait is said in place of the title."""
    wide = False
    """Fills its room from the top; others stand in the middle of it."""

    def __init__(self, **kwargs: Any) -> None:
        self.language = Language()
        self.clock: Clock
        self.again: Callable[[], None]
        self.send: Callable[[str], None]
        super().__init__(**kwargs)
        if not self.wide:
            self.hold = "middle"

    def dress(self, skin: Skin) -> None:
        self.upright = skin.panel.portrait
        super().dress(skin)

    def say(self, words: Text | None) -> str:
        return self.language.say(words)

    def show(self, picture: Picture) -> None:
        """Fills the screen. Called again with the same generation when something around the step changes."""
        step = picture.step
        self.title, self.hint = self.say(step.title), self.say(step.hint)
        for part in self.walk(restrict=True):
            if isinstance(part, Pages):
                part.numbering = self.say(text("{page} of {pages}", page="{page}", pages="{pages}"))
        self.fill(picture, step)

    def fill(self, picture: Picture, step: Any) -> None:
        """For the kinds: the rest of the step."""

    def choices(self, picture: Picture) -> tuple[Choice, ...]:
        return picture.step.choices

    def rail(self, upright: bool) -> Rail | None:
        """Where the step's choices stand, if not at the frame's usual place."""
        return None

    def turn(self, key: str) -> None:
        """A touch that stays in the screen: a page, a tab, a digit."""
        for part in self.walk(restrict=True):
            if isinstance(part, Pages) and part.turn(key):
                return

    def reveal(self, key: str) -> None:
        """Turns to the page on which the target with this key is."""
        for pages in self.walk(restrict=True):
            if isinstance(pages, Pages):
                pages.turn_to(
                    lambda row: any(isinstance(part, Target) and part.key == key for part in row.walk(restrict=True))
                )

    def wipe(self) -> None:
        """Forgets what was shown when the screen is left: strings and textures. The screen is not used again."""
        forget_words(self)


def _is(part: Any, key: str) -> bool:
    return isinstance(part, Target) and part.key == key


def make_screen(kind: str) -> StepScreen:
    """The screen of a kind of step. Its module and kv are read now, unless they are there already."""
    screen: StepScreen = load_kind(kind).SCREEN()
    return screen


def load_kind(kind: str) -> Any:
    """The module of a kind of step, with its kv. Costs a few milliseconds once."""
    stem = kind.replace("-", "_")
    module = import_module(f"kiosk.screens.{stem}")
    load_kv(stem)
    return module


def load_kv(stem: str) -> None:
    """Loads ``<stem>.kv`` beside this file unless it is loaded already."""
    path = str(HERE / f"{stem}.kv")
    if path not in Builder.files:
        Builder.load_file(path)


def filled(box: Box, rows: list[Any]) -> None:
    """Replaces what is in a column or in pages."""
    old = box.rows if isinstance(box, Pages) else list(box.children)
    for row in old:
        forget_words(row)
    if isinstance(box, Pages):
        box.empty()
    else:
        box.clear_widgets()
    for row in rows:
        box.add_widget(row)
