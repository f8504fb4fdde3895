"""Counter: the physician's recommendation, whole. What is not said by the physician is said to be so (ORD-01)."""

from collections.abc import Iterator
from typing import Any

from kivy.properties import StringProperty

from kiosk.flows.steps import Notes, Picture
from kiosk.model.people import Recommendation
from kiosk.model.text import Text, text
from kiosk.screens.layout import Row
from kiosk.screens.nouns import FORMS, ROUTES, word_for
from kiosk.screens.step import StepScreen, filled
from kiosk.screens.words import amount


class NoteRow(Row):
    heading: Any = StringProperty("")
    body: Any = StringProperty("")
    sign: Any = StringProperty("note")


class NotesScreen(StepScreen):
    wide = True

    def fill(self, picture: Picture, step: Notes) -> None:
        rows = [
            NoteRow(heading=self.say(heading), body=body, sign=sign)
            for sign, heading, body in self._lines(step.recommendation)
        ]
        filled(self.ids.rows, rows)

    def _lines(self, given: Recommendation) -> Iterator[tuple[str, Text, str]]:
        for note in given.notes:
            yield "note", text("Note of the physician"), note
        routes = ", ".join(self.say(word_for(ROUTES, route)) for route in given.routes)
        yield "go", text("Allowed ways to use it"), routes or self.say(text("None. Nothing can be sold."))
        if given.forms_excluded:
            forms = ", ".join(self.say(word_for(FORMS, form)) for form in given.forms_excluded)
            yield "blocked", text("Not allowed"), forms
        if given.max_thc_mg_per_unit is not None:
            yield "warning", text("Most THC in one unit"), amount(given.max_thc_mg_per_unit, "mg")
        if given.min_cbd_to_thc is not None:
            yield "warning", text("Least CBD for each part of THC"), amount(given.min_cbd_to_thc)
        for pool, most in given.limits.items():
            yield "warning", text("Limit of the physician"), f"{pool.replace('_', ' ')}: {amount(most)}"
        valid = text(
            "{first} to {last}", first=self.language.day(given.valid_from), last=self.language.day(given.valid_to)
        )
        yield "clock", text("Valid"), self.say(valid)
        yield "person", text("Physician"), given.physician


SCREEN = NotesScreen
