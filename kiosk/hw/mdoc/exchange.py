"""One exchange with a phone, from the opening message to the farewell, with an end to every wait."""

import asyncio
import contextlib
from typing import TypeVar

from kiosk.hw.mdoc.port import Channel, Conversation, gone
from kiosk.model.errors import Unavailable

T = TypeVar("T")

PATIENCE = 60.0
"""Seconds for the answer: the holder has to read what is asked, and to agree with finger or face."""
FAREWELL = 2.0
"""Seconds for telling the phone that it is over."""


async def exchange(channel: Channel, conversation: Conversation[T], *, patience: float = PATIENCE) -> T:
    """Asks, waits, ends the session whatever came, and returns the judgement of the answer.

    Raises ``Unavailable`` where no answer comes in time.
    """
    try:
        async with asyncio.timeout(patience):
            await channel.send(conversation.first)
            answer = await channel.receive()
        return conversation.judge(answer)
    except TimeoutError as late:
        raise gone() from late
    finally:
        with contextlib.suppress(TimeoutError, Unavailable):
            async with asyncio.timeout(FAREWELL):
                await channel.send(conversation.last)
        await channel.close()
