"""Vault: walk to this place and scan its code."""

from typing import Any

from kivy.properties import StringProperty

from kiosk.flows.steps import Picture, ShelfWanted
from kiosk.model.text import text
from kiosk.screens.nouns import FORMS, word_for
from kiosk.screens.step import StepScreen


class ShelfScreen(StepScreen):
    spot: Any = StringProperty("")
    action: Any = StringProperty("")
    product: Any = StringProperty("")
    form: Any = StringProperty("")
    units: Any = StringProperty("")

    def fill(self, picture: Picture, step: ShelfWanted) -> None:
        line = step.line
        self.spot = line.place
        self.action = self.say(text("Scan the code of the shelf."))
        self.product = line.product.name
        self.form = self.say(word_for(FORMS, line.product.form))
        self.units = str(line.units)


SCREEN = ShelfScreen
