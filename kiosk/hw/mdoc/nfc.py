"""A contactless reader: who holds a phone to it is understood, and the licence is fetched while it stays there."""

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable
from typing import Protocol, TypeVar

from kiosk.hw.mdoc import apdu
from kiosk.hw.mdoc.apdu import Answer, Saying
from kiosk.hw.mdoc.port import Changed, Engaging, PhoneLost, PhonesState, Tapped
from kiosk.model.documents import Contactless, PhoneCode

log = logging.getLogger(__name__)

T = TypeVar("T")

LOOK_AGAIN = 1.0
"""Seconds until a reader that is not there is looked for again."""
THINKING = 0.02
"""Seconds until a phone that has no message yet is asked again for it."""
THOUGHTS = 50


class Card(Protocol):
    """What lies on the reader. Every method but ``close`` raises ``OSError`` when it has gone."""

    async def transmit(self, command: bytes) -> bytes:
        """The answer to a command; however long the phone takes."""

    async def gone(self) -> None:
        """Returns when it is taken away."""

    async def close(self) -> None: ...


class Slot(Protocol):
    """A reader for contactless cards."""

    @property
    def name(self) -> str: ...

    async def find(self) -> str:
        """The reader's own name. Raises ``OSError`` while there is no reader."""

    async def card(self) -> Card:
        """Waits for one to be held to the reader. Raises ``OSError`` while there is no reader."""

    async def close(self) -> None: ...


class ContactlessReader:
    """A :class:`~kiosk.hw.mdoc.port.Transport`. ``limits`` are what the reader can, ``engage`` begins a handover,
    ``pause`` waits for so many seconds or until a device has come."""

    def __init__(
        self,
        slot: Slot,
        engage: Callable[[], Engaging],
        *,
        limits: Contactless | None = None,
        pause: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._slot, self._engage, self._pause = slot, engage, pause
        self._limits = limits or Contactless()
        self._awaited = 0
        """So many wait for a phone whose offer they know."""
        self._present: Card | None = None
        self._news = asyncio.Condition()

    @property
    def name(self) -> str:
        return self._slot.name

    def reaches(self, phone: PhoneCode) -> bool:
        return any(isinstance(way, Contactless) for way in phone.ways)

    async def open(self, phone: PhoneCode) -> "ContactlessChannel":
        (way, *_) = (way for way in phone.ways if isinstance(way, Contactless))
        self._awaited += 1
        try:
            card = await self._turned_to_licences()
        finally:
            self._awaited -= 1
        return ContactlessChannel(
            card,
            Contactless(
                most_command=min(way.most_command, self._limits.most_command),
                most_answer=min(way.most_answer, self._limits.most_answer),
            ),
        )

    async def _turned_to_licences(self) -> Card:
        """The phone that lies there, or that comes. One that has just gone is not known to have gone yet."""
        card = await self._card(None)
        while True:
            try:
                if not await _carried(card, apdu.choose(apdu.LICENCES)):
                    raise PhoneLost("mobile_unreachable")
            except PhoneLost as lost:
                if lost.reason_key != "mobile_gone":
                    raise
                card = await self._card(card)
            else:
                return card

    async def _card(self, before: Card | None) -> Card:
        """What lies there or comes, other than ``before``."""
        async with self._news:
            await self._news.wait_for(lambda: self._present not in (None, before))
            assert self._present is not None
            return self._present

    async def run(self, tapped: Tapped, changed: Changed) -> None:
        state: PhonesState | None = None

        def now(new: PhonesState) -> None:
            nonlocal state
            if new is not state:
                state = new
                changed(new)

        try:
            while True:
                waiting = asyncio.ensure_future(self._slot.card())
                done, _ = await asyncio.wait({waiting}, timeout=LOOK_AGAIN if state is None else None)
                if not done:
                    now(PhonesState.READY)
                try:
                    card = await waiting
                except OSError as error:
                    log.debug("%s: %s", self.name, error.strerror)
                    now(PhonesState.ABSENT)
                    await self._pause(LOOK_AGAIN)
                    continue
                now(PhonesState.READY)
                await self._serve(card, tapped)
        finally:
            await self._slot.close()

    async def _serve(self, card: Card, tapped: Tapped) -> None:
        """One card, from its coming to its going."""
        try:
            if not self._awaited:
                offer = await self._offer(card)
                if offer is not None:
                    tapped(offer)
            async with self._news:
                self._present = card
                self._news.notify_all()
            await card.gone()
        except (OSError, PhoneLost):
            pass  # it went while it was asked
        finally:
            self._present = None
            await card.close()

    async def _offer(self, card: Card) -> PhoneCode | None:
        """What the phone offers; None for a card that is no phone, or a phone that offers nothing."""
        most = await _carried(card, apdu.read_tag())
        if most is None:
            return None
        engaging = self._engage()
        with contextlib.suppress(ValueError):
            message = await self._message(card, most)
            while not isinstance(said := engaging.hear(message), PhoneCode):
                await _carried(card, apdu.write_message(said, most))
                message = await self._message(card, most)
            return said
        return None

    async def _message(self, card: Card, most: int) -> bytes:
        for _ in range(THOUGHTS):
            message = await _carried(card, apdu.read_message(most))
            if message:
                return message
            await asyncio.sleep(THINKING)
        raise PhoneLost("mobile_silent")


class ContactlessChannel:
    """A :class:`~kiosk.hw.mdoc.port.Channel`: the phone answers each message with its own."""

    def __init__(self, card: Card, limits: Contactless) -> None:
        self._card, self._limits = card, limits
        self._answers: list[bytes] = []
        self._asked = False
        """An answer is still to come: a card takes one command after the other."""

    async def send(self, message: bytes) -> None:
        if self._asked:
            raise PhoneLost("mobile_silent")
        self._asked = True
        answer = await _carried(self._card, apdu.say(message, self._limits))
        self._asked = False
        if answer:
            self._answers.append(answer)

    async def receive(self) -> bytes:
        if not self._answers:
            raise PhoneLost("mobile_not_shared")
        return self._answers.pop(0)

    async def close(self) -> None:
        """The card stays where it is until it is taken away."""


async def _carried(card: Card, saying: Saying[T]) -> T:
    """Says it, command by command. Raises ``PhoneLost``."""
    try:
        command = next(saying)
        while True:
            command = saying.send(Answer.read(await card.transmit(command.encoded())))
    except StopIteration as end:
        return end.value  # type: ignore[no-any-return]
    except OSError as error:
        raise PhoneLost("mobile_gone") from error
