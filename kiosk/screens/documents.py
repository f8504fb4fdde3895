"""Check-in: two documents, either one first. Shows only which of them is there; nothing that is on them (PAT-01)."""

from typing import Any

from kivy.properties import BooleanProperty, StringProperty

from kiosk.flows.steps import Documents, Picture
from kiosk.model.connection import Condition
from kiosk.model.text import text
from kiosk.screens.layout import Row
from kiosk.screens.step import StepScreen

CLOSED = (Condition.HUB_AWAY, Condition.BOTH_AWAY)


class DocumentTile(Row):
    """One of the two: its picture, its name, and whether it was scanned."""

    sign: Any = StringProperty("card")
    name: Any = StringProperty("")
    state: Any = StringProperty("")
    there: Any = BooleanProperty(False)


class DocumentsScreen(StepScreen):
    takes_remarks = True
    sign: Any = StringProperty("")
    open_: Any = BooleanProperty(True)
    """Documents can be taken now. Else the way to the counter is said instead of asking for them in vain."""

    def fill(self, picture: Picture, step: Documents) -> None:
        said = picture.busy or picture.remark
        self.sign = ("clock" if picture.busy else "info") if said else ""
        self.open_ = picture.connection.condition not in CLOSED
        if not self.open_ and said is None:
            said, self.sign = picture.connection.allowed, "counter"
        if said is not None:
            self.title, self.hint = self.say(said), ""
        card, photo_id = self.ids.card, self.ids.photo_id
        card.name, photo_id.name = self.say(text("Medical card")), self.say(text("Photo ID"))
        done, not_yet = self.say(text("Done")), self.say(text("Not scanned yet"))
        waiting = self.say(text("Waiting for the phone")) if step.phone else not_yet
        for tile, there, otherwise in ((card, step.card, not_yet), (photo_id, step.photo_id, waiting)):
            tile.there, tile.state = there, done if there else otherwise


SCREEN = DocumentsScreen
