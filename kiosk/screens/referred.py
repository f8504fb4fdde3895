"""Counter: why a visit needs a decision. Each reason with its next step and the rule it comes from (PAT-11)."""

from typing import Any

from kivy.properties import StringProperty

from kiosk.flows.steps import Picture, Referred
from kiosk.model.orders import Concern
from kiosk.screens.layout import Row
from kiosk.screens.nouns import ticket_words
from kiosk.screens.step import StepScreen, filled


class ConcernRow(Row):
    reason: Any = StringProperty("")
    next_step: Any = StringProperty("")
    source: Any = StringProperty("")
    sign: Any = StringProperty("warning")


class ReferredScreen(StepScreen):
    wide = True
    spoken: Any = StringProperty("")

    def fill(self, picture: Picture, step: Referred) -> None:
        self.ids.sign.tell(step.ticket)
        self.spoken = self.say(ticket_words(step.ticket.colour, step.ticket.shape))
        filled(self.ids.rows, [self._row(concern) for concern in step.concerns])

    def _row(self, concern: Concern) -> ConcernRow:
        return ConcernRow(
            reason=self.say(concern.reason),
            next_step=self.say(concern.next_step),
            source=" · ".join(part for part in (concern.citation, concern.rule) if part),
            sign="question" if concern.settled_by else "blocked",
        )


SCREEN = ReferredScreen
