"""A terminal finds its hub, and no other."""

import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from zeroconf import IPVersion, ServiceInfo
from zeroconf.asyncio import AsyncZeroconf

from kiosk.hub.discovery import Advertiser
from kiosk.local_store import finder
from kiosk.local_store.finder import Found, HubAddress, NotFound, find
from kiosk.model.base import from_json, to_json
from kiosk.model.changes import Hello, HelloAnswer
from kiosk.model.connection import Condition
from kiosk.model.errors import Away
from kiosk.model.questions import AskOrder
from tests.link.conftest import pinned, until
from tests.link.fake_hub import JSON, NOON, TOKEN, FakeHub, Wire, new_identity

HERE = ("127.0.0.1",)


@asynccontextmanager
async def announced(hub: FakeHub, *, port: int = 0, name: str = "", fingerprint: str = "") -> AsyncIterator[None]:
    """As the real hub announces itself, or with another's name and fingerprint, as a false one would."""
    advertiser = Advertiser(hub.identity, hub_id=name or hub.hub_id, port=port or hub.port, interfaces=HERE)
    if fingerprint:
        advertiser._fingerprint = fingerprint
    await advertiser.start()
    try:
        yield
    finally:
        await advertiser.close()


def only(hub: FakeHub) -> HubAddress:
    return HubAddress(pin=hub.identity.fingerprint, interfaces=HERE)


@pytest.mark.requirement("PLT-01")
async def test_a_terminal_finds_the_hub_by_zeroconf(hub):
    async with announced(hub):
        began = time.monotonic()
        found = await find(only(hub))
    assert found == Found(
        address=hub.address,
        hub_id="hub-a",
        store="Harbour Street",
        fingerprint=hub.identity.fingerprint,
        pinned=True,
    )
    assert time.monotonic() - began < 3


async def test_the_last_address_is_tried_first(hub):
    began = time.monotonic()
    assert isinstance(await find(pinned(hub)), Found)
    assert time.monotonic() - began < 1  # without listening for announcements


@pytest.mark.requirement("PLT-01")
async def test_a_static_address_works_where_there_is_no_multicast(hub):
    settings = HubAddress(pin=hub.identity.fingerprint, static=hub.address, last="127.0.0.1:9", interfaces=HERE)
    found = await find(settings, look_for=0.2)
    assert isinstance(found, Found)
    assert found.address == hub.address


async def test_an_address_of_this_machine_that_is_gone_does_not_stop_the_search(hub):
    """The cable is out: the interface that should be listened on does not exist."""
    settings = HubAddress(pin=hub.identity.fingerprint, static=hub.address, interfaces=("203.0.113.9",))
    assert isinstance(await find(settings, look_for=0.2), Found)


@pytest.mark.requirement("PLT-01", "PRV-04")
async def test_a_false_hub_is_refused_and_hears_nothing_but_hello(hub):
    """Same name, same announcement, another key."""
    async with FakeHub(new_identity()) as false_hub, Wire(false_hub.port) as wire:
        async with announced(false_hub, port=wire.port, fingerprint=hub.identity.fingerprint):
            outcome = await find(only(hub))
        assert isinstance(outcome, NotFound)
        assert outcome.why == "other_key"
        assert [it.fingerprint for it in outcome.hubs] == [false_hub.identity.fingerprint]
        assert_said_only_hello(wire.heard)


@pytest.mark.requirement("PLT-01", "PRV-04")
async def test_beside_a_false_hub_the_right_one_is_found(hub):
    async with (
        FakeHub(new_identity(), hub_id="hub-b") as false_hub,
        announced(false_hub, fingerprint=hub.identity.fingerprint),
        announced(hub),
    ):
        found = await find(only(hub))
    assert isinstance(found, Found)
    assert found.address == hub.address
    assert set(false_hub.seen) <= {"/v1/hello"}


@pytest.mark.requirement("PRV-04")
async def test_a_false_hub_at_the_last_address_never_gets_a_question_or_the_token(hub, on_terminal):
    async with FakeHub(new_identity()) as false_hub, Wire(false_hub.port) as wire:
        terminal = await on_terminal(pinned(hub, last=wire.address, static=wire.address))
        await until(lambda: len(terminal.told) > 0 or len(wire.heard) > 100)
        assert isinstance(await terminal.link.ask(AskOrder(order_id="o1")), Away)
        await terminal.link.close()
        assert_said_only_hello(wire.heard)
        assert TOKEN.encode() not in wire.heard


@pytest.mark.requirement("PRV-04")
async def test_a_signature_that_was_overheard_proves_nothing(hub):
    """A recorder in the network plays the right hub's earlier answer."""
    async with FakeHub(new_identity()) as recorder:
        recorder.answers["/v1/hello"] = await hub._answer("/v1/hello", False, to_json(Hello(nonce="00" * 32)))
        outcome = await find(HubAddress(pin=hub.identity.fingerprint, static=recorder.address), look_for=0.1)
    assert isinstance(outcome, NotFound)
    assert outcome.why == "nobody"


@pytest.mark.requirement("PLT-01")
async def test_with_two_hubs_and_no_pin_nobody_guesses(hub):
    async with FakeHub(hub_id="hub-b") as other, announced(hub), announced(other):
        outcome = await find(HubAddress(interfaces=HERE, trust_first=True))
    assert isinstance(outcome, NotFound)
    assert outcome.why == "several"
    assert str(outcome.reason) == "Several hubs answer: hub-a, hub-b. Pair this terminal with the right one."
    assert {it.fingerprint for it in outcome.hubs} == {hub.identity.fingerprint, other.identity.fingerprint}


async def test_one_hub_and_no_pin_is_taken_only_where_that_is_allowed(hub):
    async with announced(hub):
        refused = await find(HubAddress(interfaces=HERE))
        taken = await find(HubAddress(interfaces=HERE, trust_first=True))
    assert isinstance(refused, NotFound)
    assert refused.why == "not_trusted"
    assert isinstance(taken, Found)
    assert not taken.pinned
    assert taken.fingerprint == hub.identity.fingerprint


async def test_one_hub_with_two_addresses_is_one_hub(hub):
    async with announced(hub):
        settings = HubAddress(interfaces=HERE, static=hub.address.replace("127.0.0.1", "localhost"), trust_first=True)
        assert isinstance(await find(settings), Found)


NO_KEY = HelloAnswer(hub_id="h", store="s", public_key="zz", signature="", version="", time=NOON)
NO_HUBS = {
    "a web page": (200, "text/html", b"<html>"),
    "too long": (200, JSON, b" " * 100_000),
    "half": (200, JSON, b'{"hub_id":"hub-a"'),
    "no key": (200, JSON, to_json(NO_KEY)),
    "broken": (500, JSON, b"{}"),
}  # fmt: skip


@pytest.mark.parametrize("kind", NO_HUBS)
async def test_what_cannot_prove_itself_is_nobody(hub, kind):
    hub.answers["/v1/hello"] = NO_HUBS[kind]
    outcome = await find(HubAddress(static=hub.address, trust_first=True), look_for=0.05)
    assert isinstance(outcome, NotFound)
    assert outcome.why == "nobody"


async def test_a_candidate_that_never_answers_costs_a_second(hub):
    async with Wire(hub.port) as wire:
        wire.frozen = True
        began = time.monotonic()
        outcome = await find(HubAddress(static=wire.address, trust_first=True), look_for=0.05)
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
        await find(HubAddress(interfaces=HERE, pin="1" * 64), greet=nobody)
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


async def test_a_terminal_that_trusted_the_first_hub_trusts_no_other_afterwards(hub, on_terminal):
    terminal = await on_terminal(HubAddress(interfaces=HERE, static=hub.address, trust_first=True))
    await terminal.is_at(Condition.ALL_WELL)
    assert terminal.found[0].fingerprint == hub.identity.fingerprint
    port = hub.port
    await hub.stop()
    async with FakeHub(new_identity()) as other:
        await other.stop()
        await other.start(port)
        await until(lambda: "is not this store" in str(terminal.link._trouble), within=10)
        assert set(other.seen) == {"/v1/hello"}
        await terminal.link.close()


@pytest.mark.parametrize(
    "wrong", [{"pin": "12"}, {"pin": "Z" * 64}, {"last": "a b"}, {"static": "hub:0"}, {"static": "hub:99999"},
              {"static": "http://hub"}, {"interfaces": ("eth0",)}],
)  # fmt: skip
def test_settings_that_cannot_be_are_refused(wrong):
    with pytest.raises(ValueError, match=r".+"):
        HubAddress(**wrong)


def assert_said_only_hello(heard: bytes) -> None:
    """Each request is a ``POST /v1/hello`` whose body is a nonce."""
    requests = heard.split(b"POST ")[1:]
    assert requests
    for request in requests:
        assert request.startswith(b"/v1/hello ")
        head, _, body = request.partition(b"\r\n\r\n")
        assert b"authorization" not in head.lower()
        from_json(body, Hello)
