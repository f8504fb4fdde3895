"""An order that a pharmacist decides about: by which rule, and what was ordered. No patient on it: it is shown at the
handheld too (PRV-03)."""

from typing import Any

from kivy.properties import StringProperty

from kiosk.flows.steps import Decision, Picture
from kiosk.model.orders import DecisionWanted, OrderLine
from kiosk.screens.layout import Row
from kiosk.screens.nouns import FORMS, ROUTES, ticket_words, word_for
from kiosk.screens.step import StepScreen, filled


class RuleRow(Row):
    says: Any = StringProperty("")
    source: Any = StringProperty("")


class DecidedRow(Row):
    name: Any = StringProperty("")
    about: Any = StringProperty("")
    units: Any = StringProperty("")


class DecisionScreen(StepScreen):
    wide = True
    spoken: Any = StringProperty("")

    def fill(self, picture: Picture, step: Decision) -> None:
        if step.ticket is not None:
            self.ids.sign.tell(step.ticket)
            self.spoken = self.say(ticket_words(step.ticket.colour, step.ticket.shape))
        self.ids.place.shown = step.ticket is not None
        rules = [self._rule(wanted) for wanted in step.wanted]
        ordered = [self._line(line) for line in step.lines]
        # who decides looks at the order, who waits at the reason
        filled(self.ids.rows, [*ordered, *rules] if step.pharmacist else [*rules, *ordered])

    def _rule(self, wanted: DecisionWanted) -> RuleRow:
        source = " · ".join(part for part in (wanted.citation, wanted.rule) if part)
        return RuleRow(says=self.say(wanted.says), source=source)

    def _line(self, line: OrderLine) -> DecidedRow:
        about = (self.say(word_for(FORMS, line.product.form)), self.say(word_for(ROUTES, line.route)))
        return DecidedRow(name=line.product.name, about=" · ".join(about), units=str(line.units))


SCREEN = DecisionScreen
