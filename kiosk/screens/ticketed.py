"""Check-in: the neutral ticket, large enough to be known again across the room; or the way to a person."""

from typing import Any

from kivy.properties import StringProperty

from kiosk.flows.steps import Picture, Ticketed
from kiosk.screens.nouns import ticket_words
from kiosk.screens.step import StepScreen


class TicketedScreen(StepScreen):
    shape: Any = StringProperty("")
    colour: Any = StringProperty("ink")
    rim: Any = StringProperty("")
    number: Any = StringProperty("")
    spoken: Any = StringProperty("")

    def fill(self, picture: Picture, step: Ticketed) -> None:
        ticket = step.ticket
        if ticket is None:
            self.shape, self.colour, self.rim, self.number, self.spoken = "person", "ink", "", "", ""
            return
        self.shape, self.colour, self.rim = ticket.shape, f"ticket.{ticket.colour}", "ink"
        self.number = str(ticket.number)
        self.spoken = self.say(ticket_words(ticket.colour, ticket.shape))


SCREEN = TicketedScreen
