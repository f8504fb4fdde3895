"""SGN-1: a member of staff signs in by badge and PIN, before anything else (OPN-01)."""

import msgspec

from kiosk.flows.parts import hub
from kiosk.flows.requests import Chosen, Scanned, Show, TimedOut, Typed
from kiosk.flows.sop import Flow, Sop
from kiosk.flows.steps import BadgeWanted, PinWanted
from kiosk.model.documents import Badge
from kiosk.model.errors import Refusal
from kiosk.model.people import Session
from kiosk.model.questions import SignIn
from kiosk.model.text import text

PIN_TIME = 30.0


def sign_in() -> Flow[Session]:
    while True:
        badge = ""
        while not badge:
            answer = yield Show(
                step=BadgeWanted(sop="SGN-1.1", title=text("Scan your badge"), hint=text("Then type your PIN.")),
                accepts=("badge",),
            )
            match answer:
                case Scanned(document=Badge(code=badge)):
                    pass
        session = yield from by_pin(badge)
        if session is not None:
            return session


def by_pin(badge: str) -> Flow[Session | None]:
    """Asks for the PIN of this badge until it fits; None when the time is up or the person leaves."""
    wrong = None
    while True:
        answer = yield Show(
            step=PinWanted(sop="SGN-1.2", title=text("Type your PIN"), wrong=wrong),
            accepts=("badge",),
            time_out=PIN_TIME,
            sound="look" if wrong else "",
        )
        match answer:
            case Typed(digits=pin):
                session = yield from hub(SignIn(badge=badge, pin=pin), "SGN-1.3")
                if isinstance(session, Refusal):
                    wrong = session.reason
                elif isinstance(session, Session):
                    return msgspec.structs.replace(session, badge=badge)
                else:
                    return None
            case Scanned(document=Badge(code=badge)):
                wrong = None
            case TimedOut() | Chosen():
                return None


SIGN_IN = Sop("SGN-1", 2, "Sign-in", sign_in)
