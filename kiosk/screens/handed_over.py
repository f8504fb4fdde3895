"""The last picture of a visit: recorded here, confirmed by the hub, in the state's books and read back (LBL-05)."""

from typing import Any

from kivy.properties import StringProperty

from kiosk.flows.steps import HandedOver, Picture
from kiosk.model.orders import Receipt, ReceiptState
from kiosk.model.text import Text, text
from kiosk.screens.layout import Row
from kiosk.screens.nouns import ticket_words
from kiosk.screens.step import StepScreen

DONE, UNDER_WAY, TROUBLE = ("go", "go", "go_soft"), ("clock", "ink", "surface"), ("trouble", "on_warn", "warn")


class Stage(Row):
    """One of the three stations a dispensation passes."""

    sign: Any = StringProperty("")
    name: Any = StringProperty("")
    state: Any = StringProperty("")
    mark: Any = StringProperty("clock")
    mark_ink: Any = StringProperty("ink")
    back: Any = StringProperty("surface")
    ink: Any = StringProperty("ink")

    def tell(self, name: str, state: str, look: tuple[str, str, str]) -> None:
        self.name, self.state = name, state
        self.mark, self.mark_ink, self.back = look
        self.ink = "on_warn" if look is TROUBLE else "ink"


class HandedOverScreen(StepScreen):
    spoken: Any = StringProperty("")

    def fill(self, picture: Picture, step: HandedOver) -> None:
        self.ids.sign.tell(step.ticket)
        self.spoken = self.say(ticket_words(step.ticket.colour, step.ticket.shape))
        receipt = next((found for found in picture.live.receipts if found.visit_id == step.visit_id), None)
        say = self.say
        self.ids.here.tell(say(text("This terminal")), say(text("Recorded")), DONE)
        at_hub = (text("Confirmed"), DONE) if receipt else (text("On its way"), UNDER_WAY)
        self.ids.hub.tell(say(text("Store hub")), say(at_hub[0]), at_hub[1])
        words, look = _at_state(receipt)
        self.ids.state.tell(say(text("State system")), say(words), look)


def _at_state(receipt: Receipt | None) -> tuple[Text, tuple[str, str, str]]:
    if receipt is None:
        return text("Not yet"), UNDER_WAY
    if receipt.state is ReceiptState.CONFIRMED:
        return text("Reported and read back"), DONE
    if receipt.state is ReceiptState.DIFFERS:
        return receipt.detail or text("The state's record differs. Tell the manager."), TROUBLE
    if receipt.state is ReceiptState.REFUSED:
        return receipt.detail or text("The state refused the report. Tell the manager."), TROUBLE
    return text("Is reported by itself. You need not wait."), UNDER_WAY


SCREEN = HandedOverScreen
