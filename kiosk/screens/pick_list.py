"""Vault: the open lines. Place first, because that is where one walks; no patient anywhere (PRV-03)."""

from typing import Any

from kivy.properties import StringProperty

from kiosk.flows.steps import PickList, Picture
from kiosk.model.orders import DecisionState, LineState, PickLine
from kiosk.model.text import text
from kiosk.screens.step import StepScreen, filled
from kiosk.screens.targets import Target

UNDECIDED = {
    DecisionState.WAITING: text("A pharmacist decides first"),
    DecisionState.REFUSED: text("Refused by the pharmacist"),
}


class PickRow(Target):
    spot: Any = StringProperty("")
    product: Any = StringProperty("")
    claimed: Any = StringProperty("")
    shape: Any = StringProperty("")
    colour: Any = StringProperty("ink")
    number: Any = StringProperty("")


class PickListScreen(StepScreen):
    wide = True
    nothing: Any = StringProperty("")

    def fill(self, picture: Picture, step: PickList) -> None:
        open_lines = [line for line in picture.live.lines if line.state in (LineState.CONFIRMED, LineState.CLAIMED)]
        filled(self.ids.rows, [self._row(line) for line in open_lines])
        self.nothing = "" if open_lines else self.say(text("Nothing is to be picked."))

    def _row(self, line: PickLine) -> PickRow:
        claimed = ""
        if line.state is LineState.CLAIMED:
            who = text("Being picked by {name}", name=line.claimed_by) if line.claimed_by else text("Being picked")
            claimed = self.say(who)
        elif line.decision in UNDECIDED:
            claimed = self.say(UNDECIDED[line.decision])
        return PickRow(
            key=f"line:{line.line_id}",
            enabled=line.state is LineState.CONFIRMED,
            spot=line.place,
            product=f"{line.units} × {line.product.name}",
            claimed=claimed,
            shape=line.ticket.shape,
            colour=f"ticket.{line.ticket.colour}",
            number=str(line.ticket.number),
        )


SCREEN = PickListScreen
