"""What may be done now, in words, for each role in each of the four conditions (PLT-06)."""

from kiosk.model.connection import Condition
from kiosk.model.text import Text, text

_ALL_WELL = {
    "checkin": text("Check-in is open."),
    "counter": text("Everything can be done."),
    "vault": text("Everything can be done."),
}

_HUB_AWAY = {
    "checkin": text("Check-in is closed for the moment. Go to the counter."),
    "counter": text("Finish hand-overs that are permitted. All else waits for the hub."),
    "vault": text("Picks wait until the hub is back. What was scanned is kept here."),
}
_STATE_AWAY = {
    "checkin": text("Check-in is open. The counter looks at each visit."),
    "counter": text("Work goes on by the outage rule. Sales are reported later."),
    "vault": text("Picking goes on as usual."),
}


def allowed(role: str, condition: Condition) -> Text:
    """``role`` as in the settings (``checkin``, ``counter``, ``vault``). Raises ``KeyError`` for another one."""
    match condition:
        case Condition.ALL_WELL:
            return _ALL_WELL[role]
        case Condition.STATE_AWAY:
            return _STATE_AWAY[role]
        case Condition.HUB_AWAY | Condition.BOTH_AWAY:
            return _HUB_AWAY[role]


def unknown_here() -> Text:
    """In place of the above when the hub turns this terminal away."""
    return text("The hub does not know this terminal. Nothing can be done here until the manager pairs it again.")
