"""Pieces that several screens show the same way: a named fact, a refusal, a ticket's sign."""

from typing import Any

from kivy.properties import BooleanProperty, NumericProperty, StringProperty

from kiosk.model.errors import Refusal
from kiosk.model.orders import Ticket
from kiosk.screens.layout import Column, Row
from kiosk.screens.words import Language


class Fact(Column):
    """A name above its value; the value stands out (NHS patient banner, PAB-0011)."""

    name: Any = StringProperty("")
    value: Any = StringProperty("")
    kind: Any = StringProperty("lead")
    ink: Any = StringProperty("ink")
    soft: Any = StringProperty("soft")
    mono: Any = BooleanProperty(False)


class Why(Column):
    """A refusal that explains itself: reason, way on, the sum, and where the rule stands (INS-06)."""

    reason: Any = StringProperty("")
    way_on: Any = StringProperty("")
    arithmetic: Any = StringProperty("")
    source: Any = StringProperty("")
    kind: Any = StringProperty("lead")
    ink: Any = StringProperty("ink")
    soft: Any = StringProperty("soft")

    def tell(self, language: Language, refusal: Refusal) -> None:
        self.reason, self.way_on = language.say(refusal.reason), language.say(refusal.way_on)
        self.arithmetic = language.say(refusal.arithmetic)
        self.source = " · ".join(part for part in (refusal.citation, refusal.rule) if part)


class TicketSign(Row):
    """Shape, colour and number of a ticket."""

    shape: Any = StringProperty("")
    colour: Any = StringProperty("ink")
    number: Any = StringProperty("")
    rim: Any = StringProperty("ink")
    ink: Any = StringProperty("ink")
    kind: Any = StringProperty("title")
    mm: Any = NumericProperty(10)

    def tell(self, ticket: Ticket) -> None:
        self.shape, self.colour, self.number = ticket.shape, f"ticket.{ticket.colour}", str(ticket.number)


def ticket_sign(ticket: Ticket, **looks: Any) -> TicketSign:
    sign = TicketSign(**looks)
    sign.tell(ticket)
    return sign
