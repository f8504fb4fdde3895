"""The four kinds of trouble. Each has words for the person and details for the log; patient data in neither."""

from kiosk.model.base import Noun
from kiosk.model.text import Text


class Refusal(Noun, frozen=True, kw_only=True):
    """A "no" that explains itself (INS-06).

    ``rule`` names the rule (``"FL.smoking"``, ``"store.hold"``), ``citation`` the law or policy it comes from,
    ``arithmetic`` shows the sum in words, ``way_on`` the nearest legal thing to do. ``differs`` names the field that
    does not fit, for example ``"batch"``, with what was ordered and what was found.
    """

    rule: str
    reason: Text
    way_on: Text
    citation: str = ""
    arithmetic: Text | None = None
    differs: str = ""
    wanted: str = ""
    found: str = ""


class Away(Noun, frozen=True, kw_only=True):
    """Nobody answered: the hub or the state cannot be reached, or answers nonsense. Never a "yes" and never a "no"."""

    who: str
    """``"hub"``, ``"state"`` or ``"registry"``."""
    reason: Text


class KioskError(Exception):
    """Base of the four. ``reason`` is for the person, ``detail`` for the log."""

    def __init__(self, reason: Text, detail: str = "") -> None:
        super().__init__(f"{reason.sentence} {detail}".strip())
        self.reason = reason
        self.detail = detail


class Ours(KioskError):
    """We broke our own rules: a bug."""


class Theirs(KioskError):
    """A device or a system talks nonsense."""


class Unavailable(KioskError):
    """A device or a system does not answer."""


class Refused(KioskError):
    """A wish was checked and denied."""

    def __init__(self, refusal: Refusal) -> None:
        super().__init__(refusal.reason, refusal.rule)
        self.refusal = refusal
