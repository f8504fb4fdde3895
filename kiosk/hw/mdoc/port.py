"""The channel between a terminal and a phone. Bluetooth and NFC differ below it; nothing above it knows which it is."""

from typing import Generic, Protocol, TypeVar

from kiosk.model.errors import Unavailable
from kiosk.model.text import text

T_co = TypeVar("T_co", covariant=True)


class Channel(Protocol):
    """An open way to one phone. Messages arrive whole and in order, or not at all."""

    async def send(self, message: bytes) -> None:
        """Raises ``Unavailable`` when the phone has gone."""

    async def receive(self) -> bytes:
        """The next message. Raises ``Unavailable`` when the phone has gone."""

    async def close(self) -> None: ...


class Conversation(Protocol, Generic[T_co]):
    """What is said: an opening that asks, a judgement of the answer, an ending."""

    @property
    def first(self) -> bytes: ...

    @property
    def last(self) -> bytes: ...

    def judge(self, answer: bytes) -> T_co: ...


def gone() -> Unavailable:
    return Unavailable(text("The phone cannot be reached. Hold it close and show the code once more."))
