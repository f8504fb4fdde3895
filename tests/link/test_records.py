"""Records leave the terminal in order, each arrives once, and none is ever lost."""

import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kiosk.local_store.link import Pace, back_off
from kiosk.model.base import to_json
from kiosk.model.connection import Condition
from kiosk.model.errors import Refusal, Unavailable
from kiosk.model.records import Accepted
from kiosk.model.text import text
from tests.link.conftest import TrialOutbox, pinned, until
from tests.link.fake_hub import JSON, Wire

BROKEN = (500, JSON, b"{}")


async def test_records_that_wait_are_sent_when_the_hub_is_found_in_order_and_in_small_batches(hub, on_terminal):
    outbox = TrialOutbox()
    made = outbox.add(150)
    await on_terminal(pinned(hub), outbox=outbox)
    await until(lambda: not outbox.waiting)
    assert hub.received == made
    assert outbox.watermarks == [64, 128, 150]


async def test_a_new_record_leaves_at_once(hub, on_terminal):
    terminal = await on_terminal(pinned(hub))
    await terminal.is_at(Condition.ALL_WELL)
    made = terminal.outbox.add()
    terminal.link.wake()
    await until(lambda: hub.received == made, within=1)
    await until(lambda: terminal.link.connection.unsent == 0)
    assert [it.unsent for it in terminal.told][-2:] == [1, 0]


async def test_a_batch_whose_answer_was_lost_is_sent_again_and_arrives_once(hub, on_terminal):
    """The hub has committed; its answer comes as an error, as nonsense, and not at all."""

    async def as_error(answer):
        return BROKEN

    async def as_nonsense(answer):
        return 200, JSON, b'{"watermark":"all of them"}'

    async def never(answer):
        await asyncio.sleep(60)

    hub.after_commit = [as_error, as_nonsense, never]
    outbox = TrialOutbox()
    made = outbox.add(5)
    await on_terminal(pinned(hub), outbox=outbox, pace=Pace(question=0.3, retry_least=0.02))
    await until(lambda: not outbox.waiting)
    assert list(hub.records.values()) == made
    assert hub.received == made * 4
    assert outbox.watermarks == [5]


async def test_a_wire_cut_in_the_middle_of_the_answer_loses_nothing(hub, on_terminal):
    outbox = TrialOutbox()
    async with Wire(hub.port) as wire:
        terminal = await on_terminal(pinned(hub, last=wire.address), outbox=outbox)
        await terminal.is_at(Condition.ALL_WELL)
        for _ in range(4):
            made = outbox.add(3)
            wire.swallow_after = 40
            terminal.link.wake()
            await until(lambda: not outbox.waiting)
            assert made[-1].key in hub.records
    assert [record.seq for record in hub.records.values()] == list(range(1, 13))


async def test_a_hub_that_takes_only_some_gets_the_rest_again(hub, on_terminal):
    async def two(answer):
        return 200, JSON, to_json(Accepted(watermark=2))

    hub.after_commit = [two]
    outbox = TrialOutbox()
    made = outbox.add(4)
    await on_terminal(pinned(hub), outbox=outbox)
    await until(lambda: not outbox.waiting)
    assert hub.received == made + made[2:]


async def test_a_watermark_above_what_was_sent_removes_nothing_and_is_reported(hub, on_terminal, caplog):
    """A cloned terminal: the hub has records in this name that this one never made."""
    hub.answers["/v1/records"] = (200, JSON, to_json(Accepted(watermark=1_000_000)))
    outbox = TrialOutbox()
    outbox.add(3)
    await on_terminal(pinned(hub), outbox=outbox)
    await until(lambda: "not made here" in caplog.text)
    assert outbox.unsent_count == 3
    assert outbox.watermarks == []


async def test_a_full_batch_is_believed_only_as_far_as_it_went(hub, on_terminal):
    """After a power cut the terminal may begin again below what the hub already has."""
    outbox = TrialOutbox()
    hub.records = {record.key: record for record in outbox.add(100)}
    await on_terminal(pinned(hub), outbox=outbox)
    await until(lambda: not outbox.waiting)
    assert outbox.watermarks == [64, 100]


@pytest.mark.requirement("LBL-08")
async def test_a_hub_that_was_put_back_from_a_backup_gets_again_what_it_confirmed(hub, on_terminal):
    """One terminal has work at once, the other has none: both give it all back within one connection (Y9)."""
    for more in (1, 0):
        hub.records.clear()
        outbox = TrialOutbox()
        made = outbox.add(100)
        terminal = await on_terminal(pinned(hub), outbox=outbox)
        await until(lambda box=outbox: not box.waiting)
        hub.records = {record.key: record for record in made[:30]}
        made += outbox.add(more)
        port = hub.port
        await hub.stop()
        await hub.start(port)
        await until(lambda all_of=made: list(hub.records.values()) == all_of)
        await until(lambda box=outbox: not box.waiting)
        assert terminal.link.connection.unsent == 0
        await terminal.link.close()


async def test_a_hub_that_lacks_what_is_nowhere_any_more_is_reported_and_nothing_is_lost(hub, on_terminal, caplog):
    outbox = TrialOutbox()
    outbox.add(5)
    await outbox.acknowledged(5)
    outbox.confirmed.clear()
    waiting = outbox.add(2)
    await on_terminal(pinned(hub), outbox=outbox)
    await until(lambda: "not here any more" in caplog.text)
    assert outbox.waiting == waiting


NOT_TAKEN = {
    "not known": (401, JSON, b"{}"),
    "refused": (422, JSON, to_json(Refusal(rule="r", reason=text("Robin Example."), way_on=text("None.")))),
    "too large": (413, JSON, b"{}"),
    "ten megabytes": (200, JSON, b" " * 10_000_000),
    "a step back": (200, JSON, to_json(Accepted(watermark=0))),
}


@pytest.mark.parametrize("kind", NOT_TAKEN)
async def test_records_that_are_not_taken_stay_and_go_later(hub, on_terminal, kind, caplog):
    hub.answers["/v1/records"] = NOT_TAKEN[kind]
    outbox = TrialOutbox()
    made = outbox.add(2)
    await on_terminal(pinned(hub), outbox=outbox, pace=Pace(retry_least=0.01, retry_most=0.02))
    await until(lambda: hub.seen.count("/v1/records") > 3)
    assert outbox.waiting == made
    said = [line.getMessage() for line in caplog.records if line.name == "kiosk.local_store.link"]
    assert len([line for line in said if line.startswith("records wait here")]) == 1
    assert "Robin" not in caplog.text
    del hub.answers["/v1/records"]
    await until(lambda: not outbox.waiting)
    assert hub.received == made


async def test_a_store_that_cannot_write_the_watermark_stops_nothing(hub, on_terminal):
    class Full(TrialOutbox):
        full = True

        async def acknowledged(self, watermark):
            if self.full:
                raise Unavailable(text("The disk is full."))
            await super().acknowledged(watermark)

    outbox = Full()
    outbox.add()
    terminal = await on_terminal(pinned(hub), outbox=outbox)
    await until(lambda: len(hub.received) > 1)
    outbox.full = False
    await until(lambda: not outbox.waiting)
    assert len(hub.records) == 1
    assert terminal.link.connection.condition == Condition.ALL_WELL


async def test_records_of_an_old_epoch_go_first_and_by_themselves(hub, on_terminal):
    outbox = TrialOutbox()
    old, new = outbox.add(2, epoch=1), outbox.add(2, epoch=2)
    await on_terminal(pinned(hub), outbox=outbox)
    await until(lambda: not outbox.waiting)
    assert hub.received == old + new
    assert hub.seen.count("/v1/records") == 2


@given(tries=st.integers(0, 10_000), chance=st.floats(0, 1))
def test_a_pause_is_a_part_of_half_a_second_that_doubles_up_to_thirty(tries, chance):
    """Full jitter, so that all terminals of a shop do not come back in the same moment."""
    seconds = back_off(tries, least=0.5, most=30, chance=chance)
    assert 0 <= seconds <= min(30, 0.5 * 2 ** min(tries, 20))
    assert back_off(tries, least=0.5, most=30, chance=1.0) >= 0.5
