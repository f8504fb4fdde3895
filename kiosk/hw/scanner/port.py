"""What the terminal knows of a scanner."""

from collections.abc import Callable
from enum import StrEnum
from typing import Protocol

from kiosk.model.documents import Reading
from kiosk.model.text import Text, text


class ScannerState(StrEnum):
    ABSENT = "absent"
    """Never seen since start-up."""
    OPENING = "opening"
    """Its node is there, but its rights are not yet: udev sets them a moment after the node appears."""
    READY = "ready"
    LOST = "lost"
    """It was there and went."""
    IN_USE = "in_use"
    """Another program holds it. It is not read beside that program: each would get half of the scans."""
    FOREIGN = "foreign"
    """No scanner of ours: a keyboard that nobody knows typed as fast as a machine."""


Deliver = Callable[[Reading], None]
Changed = Callable[[ScannerState], None]


class Scanner(Protocol):
    @property
    def name(self) -> str:
        """The device as readings name it."""

    async def run(self, deliver: Deliver, changed: Changed) -> None:
        """Reads until cancelled, and comes back by itself after a loss.

        ``deliver`` gets whole scans in the order they began; a scan that the device itself cut off comes as an empty
        reading with ``complete`` False, so that the person can be asked to scan again. ``changed`` gets every new
        state once. Both are called on the event loop and may not block.
        """


_WORDS = {
    ScannerState.ABSENT: text("The scanner is not connected. Plug it in."),
    ScannerState.OPENING: text("The scanner is starting. Wait a moment."),
    ScannerState.READY: None,
    ScannerState.LOST: text("The scanner has gone. Check its cable."),
    ScannerState.IN_USE: text("Another program uses the scanner. Call a manager."),
    ScannerState.FOREIGN: text("A keyboard that nobody knows types by itself. Unplug it and call a manager."),
}


def words(state: ScannerState) -> Text | None:
    """What the screen says of a state; None where there is nothing to say."""
    return _WORDS[state]
