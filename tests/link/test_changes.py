"""What the hub shows reaches every terminal by itself, whole and in order; and each terminal knows what it may do."""

import asyncio
from datetime import timedelta

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kiosk.local_store.allowed import allowed
from kiosk.local_store.link import Pace
from kiosk.local_store.live import Gap, Live, copy_of
from kiosk.model.base import to_json
from kiosk.model.changes import Change, Snapshot, StateLink
from kiosk.model.clock import ManualClock
from kiosk.model.connection import Condition
from kiosk.model.orders import QueueEntry, Receipt, ReceiptState, Ticket, VisitState
from tests.link.conftest import pinned, until
from tests.link.fake_hub import NOON, STATE_UP, Wire

STATE_DOWN = StateLink(up=False, since=NOON, waiting=2)


def visit(n: int, state: VisitState = VisitState.WAITING) -> QueueEntry:
    ticket = Ticket(ticket_id=f"K{n}", shape="star", colour="blue", number=n)
    return QueueEntry(visit_id=f"v{n}", ticket=ticket, state=state, since=NOON)


# -- the copy ----------------------------------------------------------------------------------------------------------


def test_a_closed_visit_leaves_the_copy_and_the_others_keep_their_place():
    live = copy_of(Snapshot(cursor=5, state=STATE_UP, queue=(visit(1), visit(2), visit(3))))
    live = live.after(Change(cursor=6, queue=visit(2, VisitState.OPEN)))
    assert [it.visit_id for it in live.queue] == ["v1", "v2", "v3"]
    live = live.after(Change(cursor=7, queue=visit(1, VisitState.CLOSED)))
    live = live.after(Change(cursor=8, queue=visit(9, VisitState.EXPIRED)))
    assert [it.visit_id for it in live.queue] == ["v2", "v3"]


def test_a_confirmed_receipt_stays_to_be_seen():
    receipt = Receipt(visit_id="v1", external_number="x1", state=ReceiptState.WAITING, since=NOON)
    live = Live().after(Change(cursor=1, receipt=receipt))
    done = msgspec.structs.replace(receipt, state=ReceiptState.CONFIRMED)
    assert live.after(Change(cursor=2, receipt=done)).receipts == (done,)


def test_a_change_that_says_nothing_or_too_much_is_not_believed():
    for change in (Change(cursor=1), Change(cursor=1, queue=visit(1), state=STATE_UP)):
        with pytest.raises(Gap):
            Live().after(change)


@given(st.lists(st.tuples(st.integers(1, 4), st.sampled_from(VisitState)), max_size=30), st.integers(0, 30))
def test_a_snapshot_at_any_moment_equals_the_changes_until_then(story, moment):
    """Whoever comes late sees what everybody sees."""
    live, latest = Live(state=STATE_UP), {}
    for n, (who, state) in enumerate(story, 1):
        entry = visit(who, state)
        latest.pop(entry.visit_id, None) if entry.visit_id not in {it.visit_id for it in live.queue} else None
        latest[entry.visit_id] = entry
        live = live.after(Change(cursor=n, queue=entry))
        if n == moment:
            live = copy_of(Snapshot(cursor=n, state=STATE_UP, queue=tuple(latest.values())))
    late = copy_of(Snapshot(cursor=live.cursor, state=STATE_UP, queue=tuple(latest.values())))
    assert set(late.queue) == set(live.queue)


# -- over the wire -----------------------------------------------------------------------------------------------------


async def test_a_change_reaches_another_terminal_within_a_second(hub, on_terminal):
    hub.snapshot = Snapshot(cursor=41, state=STATE_UP, queue=(visit(1),))
    first, second = await on_terminal(pinned(hub)), await on_terminal(pinned(hub))
    for terminal in (first, second):
        await terminal.is_at(Condition.ALL_WELL)
        assert terminal.link.live.queue == (visit(1),)
    hub.tell(Change(cursor=42, queue=visit(2)))
    for terminal in (first, second):
        await until(lambda terminal=terminal: terminal.link.live.queue == (visit(1), visit(2)), within=1)
        assert terminal.changes == 2


async def test_after_a_gap_the_terminal_asks_for_everything_again_and_is_not_away(hub, on_terminal):
    terminal = await on_terminal(pinned(hub))
    await terminal.is_at(Condition.ALL_WELL)
    hub.snapshot = Snapshot(cursor=7, state=STATE_UP, queue=(visit(1), visit(2)))
    hub.tell(Change(cursor=7, queue=visit(2)))  # 1 to 6 are missing
    await until(lambda: terminal.link.live.cursor == 7)
    assert terminal.link.live.queue == (visit(1), visit(2))
    assert terminal.changes == 2  # two snapshots; the change itself was never shown
    assert [it.condition for it in terminal.told] == [Condition.ALL_WELL]


async def test_a_hub_that_comes_back_is_copied_anew(hub, on_terminal):
    hub.snapshot = Snapshot(cursor=9, state=STATE_UP, queue=(visit(1),))
    terminal = await on_terminal(pinned(hub))
    await terminal.is_at(Condition.ALL_WELL)
    port = hub.port
    await hub.stop()
    await terminal.is_at(Condition.HUB_AWAY)
    assert terminal.link.live.queue == (visit(1),)  # the last that is known stays to be seen, as not confirmed
    hub.snapshot = Snapshot(cursor=2, state=STATE_UP, queue=(visit(2),))
    await hub.start(port)
    await terminal.is_at(Condition.ALL_WELL)
    assert terminal.link.live == copy_of(hub.snapshot)


NONSENSE = {
    "no JSON": b"hello",
    "half a change": to_json(Change(cursor=1, queue=visit(1)))[:-9],
    "no message we know": b'{"message":"news"}',
    "brackets": b"[" * 100_000,
    "ten megabytes": b" " * 10_000_000,
}


@pytest.mark.parametrize("kind", NONSENSE)
async def test_nonsense_among_the_changes_changes_nothing(hub, on_terminal, kind):
    hub.snapshot = Snapshot(cursor=0, state=STATE_UP, queue=(visit(1),))
    terminal = await on_terminal(pinned(hub))
    await terminal.is_at(Condition.ALL_WELL)
    hub.tell(NONSENSE[kind])
    await until(lambda: terminal.changes > 1, within=8)
    await terminal.is_at(Condition.ALL_WELL)
    assert terminal.link.live.queue == (visit(1),)


@pytest.mark.parametrize("greeting", [[b"{}"], [to_json(Change(cursor=1, queue=visit(1)))], []])
async def test_without_a_snapshot_nothing_is_shown(hub, on_terminal, greeting):
    hub.greeting = greeting
    terminal = await on_terminal(pinned(hub), pace=Pace(question=0.3, retry_least=0.05, find_most=0.1))
    await until(lambda: hub.seen.count("/v1/changes") > 2)
    assert terminal.changes == 0
    assert terminal.link.connection.condition == Condition.HUB_AWAY
    hub.greeting = None
    await terminal.is_at(Condition.ALL_WELL)


# -- the four conditions -----------------------------------------------------------------------------------------------


@pytest.mark.requirement("PLT-06")
async def test_a_killed_hub_is_noticed_within_three_seconds(hub, on_terminal):
    async with Wire(hub.port) as wire:
        terminal = await on_terminal(pinned(hub, last=wire.address))
        await terminal.is_at(Condition.ALL_WELL)
        wire.cut()
        await terminal.is_at(Condition.HUB_AWAY, within=3)


@pytest.mark.requirement("PLT-06")
async def test_a_hub_whose_cable_was_pulled_is_noticed_within_three_seconds(hub, on_terminal):
    """Nothing is said, nothing is closed: only silence."""
    async with Wire(hub.port) as wire:
        terminal = await on_terminal(pinned(hub, last=wire.address))
        await terminal.is_at(Condition.ALL_WELL)
        wire.frozen = True
        await terminal.is_at(Condition.HUB_AWAY, within=3)
        wire.frozen = False
        await terminal.is_at(Condition.ALL_WELL, within=8)


@pytest.mark.requirement("PLT-06")
async def test_all_four_conditions_are_told_once_each_with_their_beginning(hub, on_terminal, caplog):
    caplog.set_level("INFO", logger="kiosk.local_store.link")
    clock = ManualClock()
    began = clock.now()
    terminal = await on_terminal(pinned(hub), clock=clock, role="vault")
    await terminal.is_at(Condition.ALL_WELL)
    clock.advance(60)
    down = StateLink(up=False, since=began + timedelta(seconds=45))
    hub.tell(Change(cursor=1, state=down))
    await terminal.is_at(Condition.STATE_AWAY)
    clock.advance(60)
    port = hub.port
    await hub.stop()
    await terminal.is_at(Condition.BOTH_AWAY)
    clock.advance(60)
    hub.snapshot = Snapshot(cursor=1, state=STATE_UP)
    await hub.start(port)
    await terminal.is_at(Condition.ALL_WELL)
    await hub.stop()
    await terminal.is_at(Condition.HUB_AWAY)
    told = [(it.condition, (it.since - began).total_seconds()) for it in terminal.told]
    assert told == [
        (Condition.ALL_WELL, 0),
        (Condition.STATE_AWAY, 45),
        (Condition.BOTH_AWAY, 120),
        (Condition.ALL_WELL, 180),
        (Condition.HUB_AWAY, 180),
    ]
    assert all(it.allowed == allowed("vault", it.condition) for it in terminal.told)
    said = [line.getMessage() for line in caplog.records]
    assert said.count("the hub is there") == 2


@pytest.mark.requirement("PLT-06")
@pytest.mark.parametrize("role", ["checkin", "counter", "vault"])
def test_every_role_has_plain_words_for_every_condition(role):
    said = {condition: str(allowed(role, condition)) for condition in Condition}
    assert all(words.endswith(".") and len(words) < 140 for words in said.values())
    assert said[Condition.HUB_AWAY] != said[Condition.ALL_WELL]
    with pytest.raises(KeyError):
        allowed("kitchen", Condition.ALL_WELL)


async def test_a_terminal_the_hub_does_not_know_says_what_to_do(hub, on_terminal):
    hub.token = "another"
    terminal = await on_terminal(pinned(hub))
    await until(lambda: "pairs it again" in str(terminal.link.connection.allowed))
    assert terminal.link.connection.condition == Condition.HUB_AWAY


async def test_an_outage_is_logged_once_however_long_it_is(hub, on_terminal, caplog):
    terminal = await on_terminal(pinned(hub, static="127.0.0.1:9"), pace=Pace(retry_least=0.01, find_most=0.02))
    await terminal.is_at(Condition.ALL_WELL)
    searches = []
    look = terminal.link._find

    async def count(settings):
        searches.append(1)
        return await look(msgspec.structs.replace(settings, interfaces=("203.0.113.9",)))

    terminal.link._find = count
    await hub.stop()
    await until(lambda: len(searches) > 10, within=10)
    said = [line.getMessage() for line in caplog.records if line.name == "kiosk.local_store.link"]
    assert len([line for line in said if line.startswith("hub away")]) <= 2  # that it went, and that it is not found


async def test_closing_leaves_nothing_behind(hub, on_terminal):
    before = asyncio.all_tasks()
    terminal = await on_terminal(pinned(hub))
    await terminal.is_at(Condition.ALL_WELL)
    await terminal.link.close()
    await until(lambda: not hub.listeners)
    mine = {task.get_name() for task in asyncio.all_tasks() - before}
    assert not [name for name in mine if name.startswith("hub link")]
