"""What is seen while a step is covered: that it is, and how the same person returns. Nothing of the step."""

from typing import Any

from kivy.properties import StringProperty

from kiosk.flows.steps import Picture
from kiosk.model.text import text
from kiosk.screens.step import StepScreen


class CoverScreen(StepScreen):
    who: Any = StringProperty("")

    def show(self, picture: Picture) -> None:
        self.title = self.say(text("Covered"))
        self.hint = self.say(text("Scan your badge to go on."))
        self.who = picture.staff


SCREEN = CoverScreen
