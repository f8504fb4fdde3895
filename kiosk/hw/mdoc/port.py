"""The channel between a terminal and a phone. Bluetooth and NFC differ below it; nothing above it knows which it is."""

from collections.abc import Callable
from enum import StrEnum
from typing import Generic, Literal, Protocol, TypeVar

from kiosk.model.documents import PhoneCode
from kiosk.model.errors import Unavailable
from kiosk.model.text import Text, text

T_co = TypeVar("T_co", covariant=True)

Loss = Literal["mobile_gone", "mobile_silent", "mobile_unreachable", "mobile_not_shared", "mobile_damaged"]


class PhoneLost(Unavailable):
    """Nothing more will come from this phone. ``reason_key`` is one of ``kiosk.documents.reasons``."""

    def __init__(self, reason_key: Loss) -> None:
        super().__init__(text("The phone cannot be reached."), reason_key)
        self.reason_key = reason_key


class Channel(Protocol):
    """An open way to one phone. Messages arrive whole and in order, or not at all."""

    async def send(self, message: bytes) -> None:
        """Raises ``PhoneLost``."""

    async def receive(self) -> bytes:
        """The next message. Raises ``PhoneLost``."""

    async def close(self) -> None: ...


class PhonesState(StrEnum):
    READY = "ready"
    ABSENT = "absent"


Tapped = Callable[[PhoneCode], None]
Changed = Callable[[PhonesState], None]


class Transport(Protocol):
    """One radio or reader of this terminal."""

    @property
    def name(self) -> str: ...

    def reaches(self, phone: PhoneCode) -> bool:
        """Whether the phone named a way that this transport can go."""

    async def open(self, phone: PhoneCode) -> Channel:
        """Waits until the phone is there. Whoever is tired of waiting cancels. Raises ``PhoneLost``."""

    async def run(self, tapped: Tapped, changed: Changed) -> None:
        """Watches until cancelled. ``tapped`` gets what a phone offers that came by itself, ``changed`` each new
        state once; both are called on the event loop and may not block."""


class Engaging(Protocol):
    """What is said with a phone that is held to a reader, before any licence is asked for."""

    def hear(self, message: bytes) -> bytes | PhoneCode:
        """An answer to the phone's NDEF message, or what it offers. Raises ``ValueError`` for what offers nothing."""


class Conversation(Protocol, Generic[T_co]):
    """What is said: an opening that asks, a judgement of the answer, an ending."""

    @property
    def first(self) -> bytes: ...

    @property
    def last(self) -> bytes: ...

    def judge(self, answer: bytes) -> T_co: ...


def words(state: PhonesState) -> Text | None:
    """What the screen says of a state; None where there is nothing to say."""
    return None if state is PhonesState.READY else text("The reader for phones is not connected. Plug it in.")
