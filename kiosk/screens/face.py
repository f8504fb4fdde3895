"""Counter: a person compares the face with the photo. Only here, only by touch (PAT-08)."""

from typing import Any

from kivy.properties import StringProperty

from kiosk.flows.steps import FaceCheck, Picture
from kiosk.model.text import text
from kiosk.screens.nouns import ID_KINDS, word_for
from kiosk.screens.step import StepScreen
from kiosk.screens.words import name_of


class FaceScreen(StepScreen):
    name: Any = StringProperty("")
    born: Any = StringProperty("")
    born_name: Any = StringProperty("")
    document: Any = StringProperty("")
    document_name: Any = StringProperty("")
    behalf: Any = StringProperty("")
    proven: Any = StringProperty("")
    """A licence on a phone: who proved its words. Nobody proved the picture that the phone shows."""

    def fill(self, picture: Picture, step: FaceCheck) -> None:
        self.name = name_of(step.person)
        self.born_name, self.born = self.say(text("Born")), self.language.day(step.person.born)
        kind = self.say(word_for(ID_KINDS, step.id_kind)) if step.id_kind else self.say(text("Photo ID"))
        self.document_name = self.say(text("Document"))
        self.document = f"{kind}, {step.id_issuer}" if step.id_issuer else kind
        authority = step.id_proven_by
        self.proven = (
            self.say(text("On a phone. Name and birth date are proven by {authority}, the picture is not.",
                          authority=authority))
            if authority
            else ""
        )  # fmt: skip
        patient = step.on_behalf_of
        self.behalf = self.say(text("Caregiver, buying for {name}", name=name_of(patient))) if patient else ""


SCREEN = FaceScreen
