"""What the terminal knows of a scale."""

from decimal import Decimal
from enum import StrEnum
from typing import Literal, Protocol

from kiosk.model.base import Noun
from kiosk.model.text import Text, text

Unit = Literal["mg", "g", "kg", "oz", "lb"]

GRAMS: dict[Unit, Decimal] = {
    "mg": Decimal("0.001"),
    "g": Decimal(1),
    "kg": Decimal(1000),
    "oz": Decimal("28.349523125"),
    "lb": Decimal("453.59237"),
}
"""Exactly. International yard and pound agreement, 1959; an avoirdupois ounce is a sixteenth of a pound."""


class Weight(Noun, frozen=True, kw_only=True):
    """As shown on the scale, with all its decimals: ``1.00`` is a finer weight than ``1.0``."""

    amount: Decimal
    unit: Unit

    @property
    def grams(self) -> Decimal:
        """Exact: at most 10 digits times at most 11."""
        return self.amount * GRAMS[self.unit]


class ScaleState(StrEnum):
    STEADY = "steady"
    MOVING = "moving"
    """The weight did not come to rest in time."""
    OVER = "over"
    UNDER = "under"
    """Below zero, or the pan is not on it."""
    REFUSED = "refused"
    """It does not zero or tare now."""
    SILENT = "silent"
    ABSENT = "absent"
    NONSENSE = "nonsense"


_WORDS = {
    ScaleState.STEADY: None,
    ScaleState.MOVING: text("The weight does not come to rest. Take your hand and the draught away."),
    ScaleState.OVER: text("That is too heavy for the scale. Take something off."),
    ScaleState.UNDER: text("The scale is below zero. Put its pan on and zero it."),
    ScaleState.REFUSED: text("The scale does not do that now. Empty it and wait until it is still."),
    ScaleState.SILENT: text("The scale does not answer. Switch it on, and set it to this protocol."),
    ScaleState.ABSENT: text("The scale is not connected. Check its cable."),
    ScaleState.NONSENSE: text("The scale answers nonsense. Check its baud rate and protocol."),
}


class Weighing(Noun, frozen=True, kw_only=True):
    """``weight`` is there when, and only when, the state is steady."""

    state: ScaleState
    weight: Weight | None = None

    @property
    def words(self) -> Text | None:
        return _WORDS[self.state]


class Scale(Protocol):
    @property
    def name(self) -> str: ...

    async def weigh(self) -> Weighing:
        """Waits until the weight stands still, for some seconds. Never raises: no answer is a state."""

    async def zero(self) -> ScaleState:
        """``STEADY`` when it is done."""

    async def tare(self) -> ScaleState:
        """Takes what lies on it as the container; ``STEADY`` when it is done."""
