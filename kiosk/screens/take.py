"""Vault: the line is complete; where it goes, by counter and ticket."""

from typing import Any

from kivy.properties import StringProperty

from kiosk.flows.steps import Picture, TakeToCounter
from kiosk.model.text import text
from kiosk.screens.nouns import ticket_words
from kiosk.screens.step import StepScreen


class TakeScreen(StepScreen):
    counter: Any = StringProperty("")
    spoken: Any = StringProperty("")
    product: Any = StringProperty("")
    picked: Any = StringProperty("")

    def fill(self, picture: Picture, step: TakeToCounter) -> None:
        line = step.line
        self.counter = line.counter
        self.ids.sign.tell(line.ticket)
        self.spoken = self.say(ticket_words(line.ticket.colour, line.ticket.shape))
        self.product = line.product.name
        self.picked = self.say(text("{n} picked", n=line.units))


SCREEN = TakeScreen
