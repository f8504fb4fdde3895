"""Sign-in, second half: a number pad with large keys. The digits are shown as dots and forgotten with the touch."""

from typing import Any

from kivy.properties import StringProperty

from kiosk.flows.steps import Picture, PinWanted
from kiosk.model.entries import PIN
from kiosk.screens.layout import Tiles
from kiosk.screens.parts import Icon
from kiosk.screens.step import StepScreen, filled
from kiosk.screens.targets import Press

AGAIN_MS = 120
"""People type the same digit twice faster than 300 ms; a panel bounces within a tenth of a second."""


class PinScreen(StepScreen):
    wrong: Any = StringProperty("")

    def __init__(self) -> None:
        self._digits = ""
        self._generation = -1
        self._most = PIN.most
        super().__init__()

    def on_kv_post(self, base_widget: Any) -> None:
        pad: Tiles = self.ids.pad
        for digit in "123456789":
            pad.add_widget(_key(digit, words=digit))
        pad.add_widget(_key("erase", icon="erase"))
        pad.add_widget(_key("0", words="0"))
        self._done = Press(icon="tick", key="digit:done", local=True, look="go", enabled=False)
        pad.add_widget(self._done)

    def fill(self, picture: Picture, step: PinWanted) -> None:
        self.wrong = self.say(step.wrong)
        self._most = step.typing.most
        if picture.generation != self._generation:
            self._generation, self._digits = picture.generation, ""
        self._draw_dots()

    def turn(self, key: str) -> None:
        what = key.removeprefix("digit:")
        if what == "done":
            digits, self._digits = self._digits, ""
            self._draw_dots()
            if digits:
                self.send(digits)
            return
        self._digits = self._digits[:-1] if what == "erase" else (self._digits + what)[: self._most]
        self._draw_dots()

    def _draw_dots(self) -> None:
        count = len(self._digits)
        dots = [Icon(name="circle", mm=5, ink="ink") for _ in range(count)]
        rest = [Icon(name="minus", mm=5, ink="line") for _ in range(max(0, 4 - count))]
        filled(self.ids.dots, [*dots, *rest])
        self._done.enabled = count > 0

    def wipe(self) -> None:
        self._digits = ""
        super().wipe()


def _key(what: str, *, words: str = "", icon: str = "") -> Press:
    return Press(text=words, icon=icon, key=f"digit:{what}", local=True, kind="title", again_ms=AGAIN_MS)


SCREEN = PinScreen
