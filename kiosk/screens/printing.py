"""A label is on its way to the paper. Takes no answer."""

from typing import Any

from kivy.properties import StringProperty

from kiosk.flows.steps import Picture, Printing
from kiosk.model.text import text
from kiosk.screens.step import StepScreen
from kiosk.screens.words import groups


class PrintingScreen(StepScreen):
    number: Any = StringProperty("")
    number_name: Any = StringProperty("")
    print_no: Any = StringProperty("")
    print_name: Any = StringProperty("")

    def fill(self, picture: Picture, step: Printing) -> None:
        self.number_name, self.number = self.say(text("Dispense number")), groups(step.number)
        self.print_name, self.print_no = self.say(text("Print")), str(step.print_no)


SCREEN = PrintingScreen
