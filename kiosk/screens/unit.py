"""Vault: scan unit n of a line. What must be on the package is shown in groups of four."""

from typing import Any

from kivy.properties import BooleanProperty, StringProperty

from kiosk.flows.steps import Picture, UnitWanted
from kiosk.model.packages import Lab
from kiosk.model.text import text
from kiosk.screens.nouns import FORMS, word_for
from kiosk.screens.step import StepScreen
from kiosk.screens.words import amount, groups


class UnitScreen(StepScreen):
    count: Any = StringProperty("")
    part: Any = StringProperty("0")
    several: Any = BooleanProperty(False)
    product: Any = StringProperty("")
    form: Any = StringProperty("")
    batch_name: Any = StringProperty("")
    batch: Any = StringProperty("")
    tag_name: Any = StringProperty("")
    tag: Any = StringProperty("")
    thc: Any = StringProperty("")
    cbd: Any = StringProperty("")

    def fill(self, picture: Picture, step: UnitWanted) -> None:
        line = step.line
        self.count = self.say(text("Unit {n} of {of}", n=step.n, of=line.units))
        self.several = line.units > 1
        self.part = str((step.n - 1) / max(1, line.units))
        self.product = line.product.name
        self.form = self.say(word_for(FORMS, line.product.form))
        self.batch_name, self.batch = self.say(text("Batch")), groups(line.batch)
        self.tag_name, self.tag = self.say(text("Package")), groups(line.tag)
        self.thc, self.cbd = self._value(line.lab, "thc"), self._value(line.lab, "cbd")

    def _value(self, lab: Lab, which: str) -> str:
        value = getattr(lab, which)
        return self.say(text("Not known")) if value is None else amount(value, lab.unit)


SCREEN = UnitScreen
