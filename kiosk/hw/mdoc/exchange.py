"""One exchange with a phone, from reaching it to the farewell, with an end to every wait."""

import asyncio
import contextlib
from collections.abc import Sequence
from typing import TypeVar

from kiosk.hw.mdoc.port import Channel, Conversation, PhoneLost, Transport
from kiosk.model.documents import PhoneCode
from kiosk.model.errors import Unavailable

T = TypeVar("T")

PATIENCE = 60.0
"""Seconds for all of it: the holder has to read what is asked, and to agree with finger or face."""
REACH = 25.0
"""Seconds of these until the phone has to be there at all."""
FAREWELL = 2.0
"""Seconds for telling the phone that it is over."""


async def converse(
    transports: Sequence[Transport],
    phone: PhoneCode,
    conversation: Conversation[T],
    *,
    patience: float = PATIENCE,
    reach: float = REACH,
) -> T:
    """Reaches the phone by whichever way is first, and returns the judgement of its answer. Raises ``PhoneLost``."""
    try:
        async with asyncio.timeout(patience):
            channel = await _reached([each for each in transports if each.reaches(phone)], phone, reach)
            return await exchange(channel, conversation)
    except TimeoutError as late:
        raise PhoneLost("mobile_silent") from late


async def exchange(channel: Channel, conversation: Conversation[T]) -> T:
    """Asks, waits, ends the session whatever came. Raises ``PhoneLost``; the end of the wait is the caller's."""
    try:
        await channel.send(conversation.first)
        return conversation.judge(await channel.receive())
    finally:
        await _part(channel, conversation.last)


async def _part(channel: Channel, last: bytes) -> None:
    """Also for one who is tired of waiting: the phone is told, and the channel closed."""
    with contextlib.suppress(TimeoutError, Unavailable):
        async with asyncio.timeout(FAREWELL):
            await channel.send(last)
    with contextlib.suppress(TimeoutError, Unavailable):
        async with asyncio.timeout(FAREWELL):
            await channel.close()


async def _reached(ways: Sequence[Transport], phone: PhoneCode, reach: float) -> Channel:
    """The first channel that opens; the others are given up."""
    attempts = [asyncio.create_task(way.open(phone), name=f"reach by {way.name}") for way in ways]
    opened: Channel | None = None
    try:
        async with asyncio.timeout(reach):
            for attempt in asyncio.as_completed(attempts):
                with contextlib.suppress(Unavailable):
                    opened = await attempt
                    return opened
    except TimeoutError as late:
        raise PhoneLost("mobile_unreachable") from late
    finally:
        for task in attempts:
            task.cancel()
        for task in attempts:
            with contextlib.suppress(asyncio.CancelledError, Unavailable):
                other = await task
                if other is not opened:
                    await other.close()
    raise PhoneLost("mobile_unreachable")
