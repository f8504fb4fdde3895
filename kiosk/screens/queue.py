"""Counter: the waiting tickets, by shape, colour and number; nothing about people (PAT-10, PRV-03)."""

from typing import Any

from kivy.properties import StringProperty

from kiosk.flows.steps import Picture, Queue
from kiosk.model.orders import QueueEntry, VisitState
from kiosk.model.text import Text, text
from kiosk.screens.nouns import ticket_words
from kiosk.screens.step import StepScreen, filled
from kiosk.screens.targets import Target


class QueueRow(Target):
    shape: Any = StringProperty("")
    colour: Any = StringProperty("ink")
    number: Any = StringProperty("")
    spoken: Any = StringProperty("")
    state: Any = StringProperty("")
    sign: Any = StringProperty("")


class QueueScreen(StepScreen):
    wide = True
    nobody: Any = StringProperty("")

    def fill(self, picture: Picture, step: Queue) -> None:
        waiting = [entry for entry in picture.live.queue if entry.state in (VisitState.WAITING, VisitState.REFERRED)]
        elsewhere = [entry for entry in picture.live.queue if entry.state is VisitState.OPEN]
        filled(self.ids.rows, [self._row(entry) for entry in [*waiting, *elsewhere]])
        self.nobody = "" if waiting or elsewhere else self.say(text("Nobody is waiting."))

    def _row(self, entry: QueueEntry) -> QueueRow:
        state, sign = self._state(entry)
        ticket = entry.ticket
        return QueueRow(
            key=f"visit:{entry.visit_id}",
            shape=ticket.shape,
            colour=f"ticket.{ticket.colour}",
            number=str(ticket.number),
            spoken=self.say(ticket_words(ticket.colour, ticket.shape)),
            state=self.say(state),
            sign=sign,
            enabled=entry.state is not VisitState.OPEN,
        )

    def _state(self, entry: QueueEntry) -> tuple[Text, str]:
        since = self.language.moment(entry.since, self.clock)
        if entry.state is VisitState.OPEN:
            return text("At {place}", place=entry.served_at), "person"
        if entry.state is VisitState.REFERRED:
            return text("Decide · {time}", time=since), "warning"
        return text("since {time}", time=since), "clock"


SCREEN = QueueScreen
