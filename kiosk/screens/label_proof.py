"""Counter: label, package and ticket, in any order; what is still missing is the largest thing to see (LBL-03)."""

from typing import Any

from kivy.properties import BooleanProperty, StringProperty

from kiosk.flows.steps import LabelProof, Picture
from kiosk.model.text import text
from kiosk.screens.layout import Column
from kiosk.screens.step import StepScreen
from kiosk.screens.words import groups


class Mark(Column):
    sign: Any = StringProperty("label")
    name: Any = StringProperty("")
    state: Any = StringProperty("")
    there: Any = BooleanProperty(False)


class LabelProofScreen(StepScreen):
    product: Any = StringProperty("")
    number: Any = StringProperty("")
    number_name: Any = StringProperty("")
    tag: Any = StringProperty("")
    tag_name: Any = StringProperty("")
    count: Any = StringProperty("")

    def fill(self, picture: Picture, step: LabelProof) -> None:
        self.product = step.product
        self.number_name, self.number = self.say(text("Dispense number")), groups(step.number)
        self.tag_name, self.tag = self.say(text("Package")), groups(step.tag)
        self.count = self.say(text("Unit {n} of {of}", n=step.n, of=step.of)) if step.of > 1 else ""
        done, missing = self.say(text("Done")), self.say(text("Scan it"))
        for mark, words, there in (
            (self.ids.label, text("Label"), step.label),
            (self.ids.package, text("Package"), step.package),
            (self.ids.ticket, text("Ticket"), step.ticket),
        ):
            mark.name, mark.there, mark.state = self.say(words), there, done if there else missing


SCREEN = LabelProofScreen
