"""Counter: the order is in the vault. Each line with how far it is."""

from typing import Any

from kivy.properties import StringProperty

from kiosk.flows.steps import AwaitPick, Picture
from kiosk.model.orders import LineState, OrderLine
from kiosk.model.text import Text, text
from kiosk.screens.layout import Row
from kiosk.screens.nouns import FORMS, word_for
from kiosk.screens.step import StepScreen, filled

STATES: dict[LineState, tuple[Text, str, str]] = {
    LineState.CONFIRMED: (text("In the list of the vault"), "clock", "ink"),
    LineState.CLAIMED: (text("Being picked"), "shelf", "banner"),
    LineState.PICKED: (text("Picked"), "go", "go"),
    LineState.DISPENSED: (text("Handed over"), "go", "go"),
    LineState.CANCELLED: (text("Cancelled"), "blocked", "ink"),
}


class LineRow(Row):
    name: Any = StringProperty("")
    form: Any = StringProperty("")
    units: Any = StringProperty("")
    state: Any = StringProperty("")
    sign: Any = StringProperty("")
    sign_ink: Any = StringProperty("ink")


class AwaitPickScreen(StepScreen):
    wide = True

    def fill(self, picture: Picture, step: AwaitPick) -> None:
        now = {line.line_id: line for line in picture.live.lines}
        filled(self.ids.rows, [self._row(line, now.get(line.line_id)) for line in step.lines])

    def _row(self, line: OrderLine, live: Any) -> LineRow:
        state = live.state if live is not None else line.state
        words, sign, ink = STATES[state]
        spoken = self.say(words)
        if state is LineState.CLAIMED and live is not None and line.units > 1:
            spoken = self.say(text("Being picked: {n} of {of}", n=live.picked, of=line.units))
        return LineRow(
            name=line.product.name,
            form=self.say(word_for(FORMS, line.product.form)),
            units=str(line.units),
            state=spoken,
            sign=sign,
            sign_ink=ink,
        )


SCREEN = AwaitPickScreen
