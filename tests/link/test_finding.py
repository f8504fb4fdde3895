"""A terminal finds its hub, and no other."""

import asyncio
import ssl
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from zeroconf import IPVersion, ServiceInfo
from zeroconf.asyncio import AsyncZeroconf

from kiosk.hub.discovery import Advertiser
from kiosk.local_store import finder
from kiosk.local_store.finder import Found, HubAddress, NotFound, find
from kiosk.local_store.tls import unpinned
from kiosk.model.connection import Condition
from kiosk.model.errors import Away
from kiosk.model.questions import AskOrder
from tests.link.conftest import TrialOutbox, pinned, until
from tests.link.fake_hub import Eavesdropper, FakeHub, Wire, new_identity

HERE = ("127.0.0.1",)


@asynccontextmanager
async def announced(hub: FakeHub, *, port: int = 0, name: str = "", fingerprint: str = "") -> AsyncIterator[None]:
    """As the real hub announces itself, or with another's name and fingerprint, as a false one would."""
    advertiser = Advertiser(hub.identity, hub_id=name or hub.identity.name, port=port or hub.port, interfaces=HERE)
    if fingerprint:
        advertiser._fingerprint = fingerprint
    await advertiser.start()
    try:
        yield
    finally:
        await advertiser.close()


def only(hub: FakeHub) -> HubAddress:
    return HubAddress(pins=(hub.identity.fingerprint,), interfaces=HERE)


@pytest.mark.requirement("PLT-01")
async def test_a_terminal_finds_the_hub_by_zeroconf(hub):
    async with announced(hub):
        began = time.monotonic()
        found = await find(only(hub))
    assert found == Found(address=hub.address, fingerprint=hub.identity.fingerprint)
    assert time.monotonic() - began < 3


async def test_the_last_address_is_tried_first(hub):
    began = time.monotonic()
    assert isinstance(await find(pinned(hub)), Found)
    assert time.monotonic() - began < 1  # without listening for announcements


@pytest.mark.requirement("PLT-01")
async def test_a_static_address_works_where_there_is_no_multicast(hub):
    settings = HubAddress(pins=(hub.identity.fingerprint,), static=hub.address, last="127.0.0.1:9", interfaces=HERE)
    found = await find(settings, look_for=0.2)
    assert isinstance(found, Found)
    assert found.address == hub.address


async def test_an_address_of_this_machine_that_is_gone_does_not_stop_the_search(hub):
    """The cable is out: the interface that should be listened on does not exist."""
    settings = HubAddress(pins=(hub.identity.fingerprint,), static=hub.address, interfaces=("203.0.113.9",))
    assert isinstance(await find(settings, look_for=0.2), Found)


@pytest.mark.requirement("PLT-01", "PRV-04")
async def test_a_false_hub_is_refused_and_hears_nothing(hub):
    """S1: the same name, the same announcement, another key."""
    async with Eavesdropper() as false_hub:
        async with announced(hub, port=false_hub.port):
            outcome = await find(only(hub))
        assert isinstance(outcome, NotFound)
        assert outcome.why == "other_key"
        assert [it.fingerprint for it in outcome.hubs] == [false_hub.identity.fingerprint]
        await until(lambda: false_hub.visits > 0 and not false_hub.here)
        assert false_hub.heard == b""


@pytest.mark.requirement("PLT-01", "PRV-04")
async def test_beside_a_false_hub_the_right_one_is_found(hub):
    async with (
        FakeHub(new_identity()) as false_hub,
        announced(false_hub, fingerprint=hub.identity.fingerprint),
        announced(hub),
    ):
        found = await find(only(hub))
    assert isinstance(found, Found)
    assert found.address == hub.address
    assert false_hub.seen == []


@pytest.mark.requirement("PRV-04")
async def test_a_false_hub_at_the_last_address_never_gets_a_question_or_a_record(hub, on_terminal):
    async with Eavesdropper() as false_hub:
        outbox = TrialOutbox()
        outbox.add(3)
        address = pinned(hub, last=false_hub.address, static=false_hub.address)
        terminal = await on_terminal(address, outbox=outbox)
        await until(lambda: false_hub.visits > 0)
        assert isinstance(await terminal.link.ask(AskOrder(order_id="o1")), Away)
        await terminal.link.close()
        await until(lambda: not false_hub.here)
        assert false_hub.heard == b""


@pytest.mark.requirement("PRV-04")
async def test_a_hub_that_is_swapped_after_it_was_found_hears_nothing(hub, on_terminal):
    """S2: the address was proven a moment ago; each connection proves it anew, for questions and for changes."""
    async with Eavesdropper() as false_hub:

        async def found_elsewhere(_):
            return Found(address=false_hub.address, fingerprint=hub.identity.fingerprint)

        terminal = await on_terminal(pinned(hub), find=found_elsewhere)
        await until(lambda: false_hub.visits > 4)
        assert isinstance(await terminal.link.ask(AskOrder(order_id="o1")), Away)
        await terminal.link.close()
        await until(lambda: not false_hub.here)
        assert false_hub.heard == b""


@pytest.mark.requirement("PRV-04")
async def test_a_relay_that_speaks_tls_with_the_hub_itself_is_no_hub(hub):
    """S2: it passes every byte on, and cannot sign the handshake with the hub's key."""
    async with Eavesdropper(relay_to=hub.port) as relay:
        outcome = await find(HubAddress(pins=(hub.identity.fingerprint,), static=relay.address), look_for=0.05)
    assert isinstance(outcome, NotFound)
    assert outcome.why == "other_key"


@pytest.mark.requirement("PRV-04")
async def test_neither_end_speaks_anything_older_than_tls_1_3(hub):
    old = unpinned()
    old.minimum_version = ssl.TLSVersion.TLSv1_2
    old.maximum_version = ssl.TLSVersion.TLSv1_2
    with pytest.raises((ssl.SSLError, ConnectionResetError)):
        await asyncio.open_connection("127.0.0.1", hub.port, ssl=old)
    async with Eavesdropper(most=ssl.TLSVersion.TLSv1_2) as old_hub:
        outcome = await find(HubAddress(static=old_hub.address), look_for=0.05)
    assert isinstance(outcome, NotFound)
    assert outcome.why == "nobody"


@pytest.mark.requirement("PLT-01")
async def test_with_two_hubs_and_no_pin_nobody_guesses(hub):
    async with FakeHub() as other, announced(hub), announced(other):
        outcome = await find(HubAddress(interfaces=HERE))
    assert isinstance(outcome, NotFound)
    assert outcome.why == "several"
    first, second = sorted((hub.identity.name, other.identity.name))
    assert str(outcome.reason) == f"Several hubs answer: {first}, {second}. Pair this terminal with the right one."
    assert {it.fingerprint for it in outcome.hubs} == {hub.identity.fingerprint, other.identity.fingerprint}


@pytest.mark.requirement("PLT-01")
async def test_one_hub_and_no_pin_is_not_taken_either(hub):
    async with announced(hub):
        outcome = await find(HubAddress(interfaces=HERE))
    assert isinstance(outcome, NotFound)
    assert outcome.why == "not_paired"


async def test_one_hub_with_two_addresses_is_one_hub(hub):
    async with announced(hub):
        outcome = await find(HubAddress(interfaces=HERE, static=hub.address.replace("127.0.0.1", "localhost")))
    assert isinstance(outcome, NotFound)
    assert outcome.why == "not_paired"


@pytest.mark.requirement("PLT-01")
async def test_a_key_that_was_announced_to_follow_is_the_hubs_too(hub):
    settings = HubAddress(pins=("1" * 64, hub.identity.fingerprint), static=hub.address)
    assert isinstance(await find(settings, look_for=0.05), Found)


NO_HUBS = {
    "a web page": b"HTTP/1.1 200 OK\r\ncontent-length: 6\r\n\r\n<html>",
    "too long": b" " * 100_000,
    "half a handshake": bytes.fromhex("160303007a02000076"),
    "an alert": bytes.fromhex("15030300020228"),
    "nothing": b"",
}


@pytest.mark.parametrize("kind", NO_HUBS)
async def test_what_cannot_prove_itself_is_nobody(kind):
    async def answer(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(NO_HUBS[kind])
        writer.close()

    async with await asyncio.start_server(answer, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        outcome = await find(HubAddress(static=f"127.0.0.1:{port}"), look_for=0.05)
    assert isinstance(outcome, NotFound)
    assert outcome.why == "nobody"


async def test_a_candidate_that_never_answers_costs_a_second(hub):
    async with Wire(hub.port) as wire:
        wire.frozen = True
        began = time.monotonic()
        outcome = await find(HubAddress(static=wire.address), look_for=0.05)
        assert isinstance(outcome, NotFound)
        assert time.monotonic() - began < 2


async def test_a_flood_of_announcements_costs_a_search_and_no_more(service, monkeypatch):
    """Fifty names, each with an address nobody is at: some are tried, once each, and the rest is not even read."""
    monkeypatch.setattr(finder, "MOST_HEARD", 30)
    greeted: list[str] = []

    async def nobody(address: str) -> None:
        greeted.append(address)

    flood = AsyncZeroconf(interfaces=list(HERE), ip_version=IPVersion.V4Only)
    for n in range(50):
        info = ServiceInfo(
            service, f"hub-{n}.{service}", parsed_addresses=["127.0.0.1"],
            port=20_000 + n, properties={"v": "1", "id": f"hub-{n}", "fp": "0" * 16}, server=f"h{n}.local.",
        )  # fmt: skip
        await flood.async_register_service(info, cooperating_responders=True)
    try:
        await find(HubAddress(interfaces=HERE), greet=nobody)
        assert 0 < len(set(greeted)) == len(greeted) <= finder.MOST_TRIED
        greeted.clear()
        await find(HubAddress(interfaces=HERE, pins=("1" * 64,)), greet=nobody)
        assert 0 < len(set(greeted)) == len(greeted) <= finder.MOST_TRIED
        greeted.clear()
        monkeypatch.setattr(finder, "MOST_HEARD", 5)
        await find(HubAddress(interfaces=HERE), greet=nobody)
        assert 0 < len(greeted) <= 5
    finally:
        await flood.async_close()


async def test_an_announcement_cannot_send_the_terminal_out_of_the_shop(service):
    greeted: list[str] = []

    async def nobody(address: str) -> None:
        greeted.append(address)

    network = AsyncZeroconf(interfaces=list(HERE), ip_version=IPVersion.V4Only)
    info = ServiceInfo(
        service, f"hub-x.{service}", parsed_addresses=["8.8.8.8", "127.0.0.1"],
        port=8440, properties={"v": "1", "id": "hub-x", "fp": "0" * 16}, server="x.local.",
    )  # fmt: skip
    await network.async_register_service(info, cooperating_responders=True)
    try:
        await find(HubAddress(interfaces=HERE), greet=nobody)
    finally:
        await network.async_close()
    assert greeted == ["127.0.0.1:8440"]


@pytest.mark.requirement("PLT-01")
async def test_a_hub_that_restarts_on_another_port_is_found_again(on_terminal):
    hub = FakeHub()
    await hub.start()
    terminal = await on_terminal(pinned(hub))
    await terminal.is_at(Condition.ALL_WELL)
    old = hub.address
    await hub.stop()
    await terminal.is_at(Condition.HUB_AWAY, within=3)
    async with hub, announced(hub):
        assert hub.address != old
        await terminal.is_at(Condition.ALL_WELL, within=10)
        assert terminal.found[-1].address == hub.address
        await terminal.link.close()


async def test_another_hub_at_the_hubs_old_address_is_told_and_hears_nothing(hub, on_terminal):
    terminal = await on_terminal(pinned(hub, static=hub.address))
    await terminal.is_at(Condition.ALL_WELL)
    port = hub.port
    await hub.stop()
    async with FakeHub(new_identity()) as other:
        await other.stop()
        await other.start(port)
        await until(lambda: "is not this store" in str(terminal.link._trouble), within=10)
        assert other.seen == []
        await terminal.link.close()


@pytest.mark.parametrize(
    "wrong", [{"pins": ("12",)}, {"pins": ("1" * 64, "Z" * 64)}, {"last": "a b"}, {"static": "hub:0"},
              {"static": "hub:99999"}, {"static": "http://hub"}, {"interfaces": ("eth0",)}],
)  # fmt: skip
def test_settings_that_cannot_be_are_refused(wrong):
    with pytest.raises(ValueError, match=r".+"):
        HubAddress(**wrong)
