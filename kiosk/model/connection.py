"""The four conditions every terminal always shows (PLT-06)."""

from datetime import datetime
from enum import StrEnum

from kiosk.model.base import Noun
from kiosk.model.text import Text


class Condition(StrEnum):
    ALL_WELL = "all_well"
    STATE_AWAY = "state_away"
    HUB_AWAY = "hub_away"
    BOTH_AWAY = "both_away"
    """The hub is away, and before it went the state already was."""


class Connection(Noun, frozen=True, kw_only=True):
    """``since`` is when the condition began; ``allowed`` says what may be done now."""

    condition: Condition
    since: datetime
    allowed: Text
    unsent: int = 0
    """Records kept here and not yet confirmed by the hub."""
