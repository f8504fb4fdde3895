"""One calm sentence and a way on; with a refusal, why not, in full."""

from typing import Any

from kivy.properties import BooleanProperty, StringProperty

from kiosk.flows.steps import Notice, Picture
from kiosk.screens.pieces import Why
from kiosk.screens.step import StepScreen

SIGNS = {"info": ("info", "banner"), "warning": ("warning", "ink"), "trouble": ("trouble", "ink")}


class NoticeScreen(StepScreen):
    body: Any = StringProperty("")
    sign: Any = StringProperty("info")
    sign_ink: Any = StringProperty("ink")
    ground_of_sign: Any = StringProperty("")
    explained: Any = BooleanProperty(False)

    def fill(self, picture: Picture, step: Notice) -> None:
        self.body = self.say(step.body)
        self.sign, self.sign_ink = SIGNS[step.tone]
        self.explained = step.refusal is not None
        if step.refusal is not None:
            why: Why = self.ids.why
            why.tell(self.language, step.refusal)
            if why.reason == self.body:
                self.body = ""


SCREEN = NoticeScreen
