"""A terminal asks the hub. Whatever comes back, it is an answer, a refusal, or away: never a crash."""

import asyncio
import logging

import pytest

from kiosk.local_store.link import Pace
from kiosk.model.base import to_json
from kiosk.model.connection import Condition
from kiosk.model.errors import Away, Ours, Refusal
from kiosk.model.orders import Order
from kiosk.model.questions import AskOrder, SignIn
from kiosk.model.text import text
from tests.link.conftest import Terminal, pinned, until
from tests.link.fake_hub import JSON, TOKEN, FakeHub, Wire

ORDER = Order(order_id="o1", visit_id="v1", lines=())
QUESTION = AskOrder(order_id="o1")
PATH = "/v1/ask/order"


async def test_an_answer_is_the_noun_the_question_promises(hub, on_terminal):
    hub.answers[PATH] = (200, JSON, to_json(ORDER))
    terminal = await on_terminal(pinned(hub))
    await terminal.is_at(Condition.ALL_WELL)
    assert await terminal.link.ask(QUESTION) == ORDER


async def test_a_no_of_the_hub_comes_with_its_reason(hub, on_terminal):
    no = Refusal(rule="store.hold", reason=text("Not now."), way_on=text("Take another."))
    hub.answers[PATH] = (422, JSON, to_json(no))
    terminal = await on_terminal(pinned(hub))
    await terminal.is_at(Condition.ALL_WELL)
    assert await terminal.link.ask(QUESTION) == no


NONSENSE = {
    "a page": (200, "text/html", b"<html>log in to the Wi-Fi</html>"),
    "the right JSON as a page": (200, "text/html", to_json(ORDER)),
    "half JSON": (200, JSON, to_json(ORDER)[:-7]),
    "another noun": (200, JSON, b'{"order_id":"o1"}'),
    "a field too many": (200, JSON, to_json(ORDER)[:-1] + b',"more":1}'),
    "bytes that are no text": (200, JSON, b'{"order_id":"\xff\xfe"}'),
    "brackets without end": (200, JSON, b"[" * 100_000),
    "ten megabytes": (200, JSON, b" " * 10_000_000),
    "nothing": (200, JSON, b""),
    "a refusal without a reason": (422, JSON, b"{}"),
    "a redirect": (307, JSON, b""),
    "a broken hub": (500, JSON, b"{}"),
    "a busy hub": (503, "text/plain", b"later"),
}


@pytest.mark.parametrize("kind", NONSENSE)
async def test_nonsense_is_away_and_the_next_question_works(hub, on_terminal, kind):
    hub.answers[PATH] = NONSENSE[kind]
    terminal = await on_terminal(pinned(hub))
    await terminal.is_at(Condition.ALL_WELL)
    answer = await terminal.link.ask(QUESTION)
    assert isinstance(answer, Away)
    assert answer.who == "hub"
    hub.answers[PATH] = (200, JSON, to_json(ORDER))
    assert await terminal.link.ask(QUESTION) == ORDER


@pytest.mark.parametrize("status", [401, 403])
async def test_a_hub_that_does_not_know_the_terminal_says_so_in_words(hub, on_terminal, status):
    hub.answers[PATH] = (status, JSON, b"{}")
    terminal = await on_terminal(pinned(hub))
    await terminal.is_at(Condition.ALL_WELL)
    answer = await terminal.link.ask(QUESTION)
    assert isinstance(answer, Away)
    assert "does not know this terminal" in str(answer.reason)


async def test_an_answer_that_breaks_off_in_the_middle_is_away(hub, on_terminal):
    hub.answers[PATH] = (200, JSON, to_json(ORDER))
    async with Wire(hub.port) as wire:
        terminal = await on_terminal(pinned(hub, last=wire.address))
        met = False
        while not met:  # a heartbeat may meet the cut first
            await terminal.is_at(Condition.ALL_WELL)
            wire.swallow_after = 90
            met = isinstance(await terminal.link.ask(QUESTION), Away)
        await terminal.is_at(Condition.ALL_WELL)
        assert await terminal.link.ask(QUESTION) == ORDER


async def test_a_hub_that_thinks_too_long_is_away_after_three_seconds(hub, on_terminal):
    never = asyncio.Event()

    async def think(body):
        await never.wait()

    hub.answers[PATH] = think
    terminal = await on_terminal(pinned(hub))
    await terminal.is_at(Condition.ALL_WELL)
    began = asyncio.get_running_loop().time()
    answer = await terminal.link.ask(QUESTION)
    assert isinstance(answer, Away)
    assert 2.9 < asyncio.get_running_loop().time() - began < 3.5
    never.set()


async def test_an_answer_that_drips_is_given_up_in_time(hub, on_terminal):
    """Each byte comes soon after the last; all of them would take a minute."""
    hub.answers[PATH] = (200, JSON, b" " * 5000)
    async with Wire(hub.port) as wire:
        terminal = await on_terminal(pinned(hub, last=wire.address), pace=Pace(question=0.4))
        await terminal.is_at(Condition.ALL_WELL)
        wire.drips = True
        async with asyncio.timeout(2):
            assert isinstance(await terminal.link.ask(QUESTION), Away)


async def test_without_a_hub_the_answer_is_away_at_once(on_terminal):
    async with FakeHub() as gone:
        address = pinned(gone)
    terminal = await on_terminal(address)
    async with asyncio.timeout(0.2):
        assert isinstance(await terminal.link.ask(QUESTION), Away)


async def test_what_is_not_a_question_is_our_own_fault(hub, on_terminal):
    terminal = await on_terminal(pinned(hub))
    with pytest.raises(Ours):
        await terminal.link.ask(ORDER)


@pytest.mark.requirement("PRV-04")
async def test_neither_token_nor_pin_nor_answer_gets_into_a_log(hub, on_terminal, caplog):
    caplog.set_level(logging.DEBUG)
    hub.answers["/v1/ask/sign-in"] = (200, JSON, b'{"name":"Robin Example","session_id":7}')
    terminal = await on_terminal(pinned(hub))
    await terminal.is_at(Condition.ALL_WELL)
    assert isinstance(await terminal.link.ask(SignIn(badge="KB-1", pin="4711-secret")), Away)
    hub.token = "another"
    hub.tell(b"Robin Example is not JSON")
    await until(lambda: "does not know" in str(terminal.link.connection.allowed))
    ours = "\n".join(line.getMessage() for line in caplog.records if not line.name.startswith("uvicorn"))
    assert "the hub is there" in ours
    for secret in (TOKEN, "4711-secret", "Robin", "Example"):
        assert secret not in ours
        assert secret not in repr(terminal.link) + repr(vars(terminal.link)["_hub"])


async def test_a_link_that_was_never_started_can_be_closed(hub):
    await Terminal(pinned(hub)).link.close()
