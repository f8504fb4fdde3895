"""A script's hand on a terminal, over a real socket."""

import asyncio
from datetime import UTC, datetime

import pytest

from kiosk.demo.hand import Hand
from kiosk.flows.steps import Choice, Notice, Picture
from kiosk.model.connection import Condition, Connection
from kiosk.model.text import text
from kiosk.remote import Remote

WELL = Connection(condition=Condition.ALL_WELL, since=datetime(2026, 3, 2, tzinfo=UTC), allowed=text("All work."))


def picture(generation: int = 1) -> Picture:
    step = Notice(
        sop="X-1.1", title=text("Look"), body=text("{n} ñ", n=1), choices=(Choice(key="go", label=text("Go")),)
    )
    return Picture(generation=generation, role="counter", terminal="c1", step=step, connection=WELL)


@pytest.fixture
async def ends(tmp_path):
    acts, screens = [], []

    async def screen(verb, value):
        screens.append((verb, value))

    remote = Remote(acts.append, screen)
    await remote.start(tmp_path / "s")
    hand = Hand(tmp_path / "s")
    following = asyncio.create_task(hand.follow())
    remote.drawn(picture())
    async with asyncio.timeout(5):
        while hand.picture is None:
            await asyncio.sleep(0)
    yield remote, hand, acts, screens
    following.cancel()
    await remote.close()


async def test_a_picture_arrives_whole(ends):
    _, hand, _, _ = ends
    assert hand.picture == picture()


async def test_touches_go_through_the_window_and_types_to_the_terminal(ends):
    _, hand, acts, screens = ends
    assert await hand.do("touch", "go")
    assert await hand.do("type", "2468")
    assert await hand.do("back", True)
    assert screens == [("touch", "go")]
    assert [(act.typed, act.back) for act in acts] == [("2468", False), ("", True)]


async def test_nonsense_is_refused_and_the_line_stays_open(ends):
    _, hand, _, _ = ends
    assert not await hand.do("dance", 1)
    assert await hand.do("touch", "go")


async def test_a_terminal_that_dies_is_noticed_and_followed_again(ends, tmp_path):
    remote, hand, acts, _ = ends
    await remote.close()
    async with asyncio.timeout(5):
        while hand.picture is not None:
            await asyncio.sleep(0)
    assert not await hand.do("touch", "go")
    again = Remote(acts.append)
    await again.start(tmp_path / "s")
    again.drawn(picture(7))
    async with asyncio.timeout(5):
        await hand.changed(None, 5)
    assert hand.now == (2, picture(7))
    await again.close()
