"""The stop: takes the whole screen and ends by the right scan, not by a touch.

No patient's name, because it shall be seen from across the room. Wanted and found stand side by side with the
difference marked; what to do now is one sentence.
"""

from typing import Any

from kivy.properties import BooleanProperty, StringProperty

from kiosk.flows.steps import Picture, Stop
from kiosk.model.text import Text, text
from kiosk.screens.frame import choice_press
from kiosk.screens.layout import Column
from kiosk.screens.step import StepScreen, filled
from kiosk.screens.words import difference

HEADINGS: dict[str, Text] = {
    "unknown": text("STOP: unknown package"),
    "product": text("STOP: wrong product"),
    "batch": text("STOP: wrong batch"),
    "thc": text("STOP: other THC value"),
    "cbd": text("STOP: other CBD value"),
    "hold": text("STOP: package is held"),
    "expired": text("STOP: expired"),
    "untested": text("STOP: not tested"),
    "not_accepted": text("STOP: not taken in"),
    "finished": text("STOP: package is closed"),
    "empty": text("STOP: package is empty"),
    "patient": text("STOP: other patient"),
    "shelf": text("STOP: wrong shelf"),
    "unit": text("STOP: scanned twice"),
    "print": text("STOP: voided label"),
    "label": text("STOP: wrong label"),
    "package": text("STOP: wrong package"),
}
"""At most five words, by the field that differs."""


class Side(Column):
    """One of the two: what was wanted, or what was found."""

    name: Any = StringProperty("")
    sign: Any = StringProperty("")
    kind: Any = StringProperty("title")


class StopScreen(StepScreen):
    takes_over = True
    own_choices = True
    reason: Any = StringProperty("")
    way_on: Any = StringProperty("")
    source: Any = StringProperty("")
    compared: Any = BooleanProperty(False)

    def fill(self, picture: Picture, step: Stop) -> None:
        refusal = step.refusal
        self.title = self.say(HEADINGS.get(refusal.differs, step.title))
        self.way_on = self.say(refusal.way_on)
        self.source = " · ".join(part for part in (refusal.citation, refusal.rule) if part)
        self.compared = bool(refusal.wanted and refusal.found)
        says_both = {refusal.wanted, refusal.found} <= {str(each) for each in refusal.reason.args.values()}
        # Heading and the two values side by side are quicker than the same in a sentence.
        self.reason = "" if self.compared and says_both else self.say(refusal.reason)
        self.ids.wanted.name, self.ids.found.name = self.say(text("Ordered")), self.say(text("Scanned"))
        wanted, found = difference(refusal.wanted, refusal.found)
        self.ids.wanted.ids.value.fill(wanted)
        self.ids.found.ids.value.fill(found)
        presses = [choice_press(choice, self.language) for choice in step.choices]
        for press in presses:
            press.look = "on_stop"
        filled(self.ids.choices, presses)
        self.ids.choices.shown = bool(presses)


SCREEN = StopScreen
