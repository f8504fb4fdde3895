"""The link with the real hub's interface on one side and the real terminal store on the other."""

import asyncio
from datetime import UTC, datetime

import pytest
from sqlalchemy import Connection

from kiosk.hub import ledger
from kiosk.hub.discovery import Advertiser
from kiosk.local_store.finder import HubAddress
from kiosk.local_store.store import TerminalStore
from kiosk.model import questions as q
from kiosk.model.connection import Condition
from kiosk.model.errors import Away, Refusal
from kiosk.model.ids import new_id
from kiosk.model.records import Record, SignedOut
from tests.hub.test_api import served
from tests.hub.world import CARD, PHOTO_ID, trial
from tests.link.conftest import until


def token_of(terminal: str) -> str:
    return f"token-of-{terminal:>16}"


def at(shop, port: int) -> HubAddress:
    return HubAddress(pins=(shop.hub.identity.fingerprint,), static=f"127.0.0.1:{port}", interfaces=("127.0.0.1",))


@pytest.mark.requirement("PLT-01")
async def test_a_check_in_at_the_door_is_in_the_counters_queue_within_a_second(tmp_path, on_terminal):
    async with trial(tmp_path) as shop, served(shop.hub) as port:
        advertiser = Advertiser(shop.hub.identity, hub_id=shop.hub.identity.name, port=port, interfaces=("127.0.0.1",))
        await advertiser.start()
        try:
            address = HubAddress(pins=(shop.hub.identity.fingerprint,), interfaces=("127.0.0.1",))
            door = await on_terminal(address, terminal="door", role="checkin", token=token_of("door"))
            counter = await on_terminal(address, token=token_of("counter-1"))
            for terminal in (door, counter):
                await terminal.is_at(Condition.ALL_WELL)
            checked_in = await door.link.ask(q.CheckIn(key=new_id(), card=CARD, photo_id=PHOTO_ID))
            assert isinstance(checked_in, q.CheckedIn)
            await until(lambda: [it.ticket for it in counter.link.live.queue] == [checked_in.ticket], within=1)
            assert door.link.live.queue == ()
            for terminal in (door, counter):
                await terminal.link.close()
        finally:
            await advertiser.close()


async def test_a_no_of_the_real_hub_is_a_refusal_and_a_wrong_role_is_away(tmp_path, on_terminal):
    async with trial(tmp_path) as shop, served(shop.hub) as port:
        counter = await on_terminal(at(shop, port), token=token_of("counter-1"))
        await counter.is_at(Condition.ALL_WELL)
        refused = await counter.link.ask(q.SignIn(badge="KB-nobody", pin="135791"))
        assert isinstance(refused, Refusal)
        away = await counter.link.ask(q.CheckIn(key=new_id(), card=CARD, photo_id=PHOTO_ID))
        assert isinstance(away, Away)
        await counter.link.close()


async def test_a_terminal_the_real_hub_does_not_know_is_told_so(tmp_path, on_terminal):
    async with trial(tmp_path) as shop, served(shop.hub) as port:
        stranger = await on_terminal(at(shop, port), token="nobody-knows-this-token")
        await until(lambda: "pairs it again" in str(stranger.link.connection.allowed))
        await stranger.link.close()


async def test_kept_records_reach_the_real_ledger_and_leave_the_real_store(tmp_path, on_terminal):
    store = await TerminalStore.open(tmp_path / "terminal", bytes(32))
    try:
        await store.open_flow("f1", "DSP-1 v1", b"")
        async with trial(tmp_path / "hub") as shop, served(shop.hub) as port:
            counter = await on_terminal(at(shop, port), token=token_of("counter-1"), outbox=store)
            await counter.is_at(Condition.ALL_WELL)
            for n in range(70):
                await store.keep("f1", n, "0" * 64, b"{}", signed_out(f"f1/{n}"))
            assert store.last_seq == 70
            counter.link.wake()
            await until(lambda: store.unsent_count == 0)
            assert store.watermark == 70
            await until(lambda: counter.link.connection.unsent == 0)
            await counter.link.close()
    finally:
        await store.close()


@pytest.mark.requirement("LBL-08")
async def test_a_real_hub_that_lost_what_it_confirmed_is_given_it_again(tmp_path, on_terminal):
    """A backup may be as old as nothing at all. The terminal has no new record to bring, and brings all."""
    made = [f"f1/{n}" for n in range(70)]
    async with await TerminalStore.open(tmp_path / "terminal", bytes(32)) as store:
        await store.open_flow("f1", "DSP-1 v1", b"")
        for n, key in enumerate(made):
            await store.keep("f1", n, "0" * 64, b"{}", signed_out(key))
        for life in ("first", "put back"):
            async with trial(tmp_path / life) as shop, served(shop.hub) as port:
                counter = await on_terminal(at(shop, port), token=token_of("counter-1"), outbox=store)
                await counter.is_at(Condition.ALL_WELL)
                async with asyncio.timeout(10):
                    while await shop.hub.database.write(keys_in_ledger) != made:
                        await asyncio.sleep(0.01)
                await until(lambda: store.unsent_count == 0)
                assert store.watermark == len(made)
                await counter.link.close()


def keys_in_ledger(connection: Connection) -> list[str]:
    return [record.key for record in ledger.read(connection)]


def signed_out(key: str) -> Record:
    return Record(
        key=key, terminal="counter-1", role="counter", epoch=0, seq=0, at=datetime(2026, 3, 2, 15, tzinfo=UTC),
        sop="DSP-1 v1", step="leave", fact=SignedOut(session_id="s1", reason="left"),
    )  # fmt: skip
