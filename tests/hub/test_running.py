"""The hub as a program: where it listens, what it announces, and that somebody else's announcement does not end it."""

import asyncio
import contextlib
import os
import signal

import pytest

from kiosk.hub import main
from kiosk.hub.discovery import Advertiser
from kiosk.local_store.finder import Found, pinned_client
from kiosk.model.errors import Refusal, Refused
from kiosk.model.text import text
from tests.hub.world import changed, settings

TAKEN = Refusal(rule="hub.name_taken", reason=text("Another machine is called so."), way_on=text("Switch it off."))


class TrialAdvertiser:
    """Says what the hub wanted to announce."""

    refused = False
    asked: asyncio.Future

    def __init__(self, identity, *, hub_id, port, interfaces):
        self.identity, self.port = identity, port
        self.closed = False

    async def start(self):
        self.asked.set_result(self)
        if self.refused:
            raise Refused(TAKEN)

    async def close(self):
        self.closed = True


@contextlib.asynccontextmanager
async def running(folder, monkeypatch, *, refused=False):
    """The whole program, on any free port; gives what it announced."""
    monkeypatch.setattr(main, "Advertiser", TrialAdvertiser)
    monkeypatch.setattr(TrialAdvertiser, "refused", refused)
    monkeypatch.setattr(TrialAdvertiser, "asked", asyncio.get_running_loop().create_future(), raising=False)
    chosen = changed(settings(folder), host="127.0.0.1", port=0, announce=True)
    program = asyncio.create_task(main.run(chosen))
    async with asyncio.timeout(20):
        announced = await TrialAdvertiser.asked
        yield announced
        os.kill(os.getpid(), signal.SIGTERM)
        await program
    assert announced.closed


async def health_at(announced) -> int:
    found = Found(address=f"127.0.0.1:{announced.port}", fingerprint=announced.identity.fingerprint)
    async with pinned_client(found, 5) as client:
        return (await client.get("/v1/health")).status_code


async def test_what_is_announced_is_the_port_it_listens_on(tmp_path, monkeypatch):
    async with running(tmp_path, monkeypatch) as announced:
        assert announced.port != 0
        assert await health_at(announced) == 200


async def test_a_refused_announcement_is_said_plainly_and_the_hub_goes_on(tmp_path, monkeypatch, caplog):
    async with running(tmp_path, monkeypatch, refused=True) as announced:
        assert await health_at(announced) == 200
    (said,) = [record.getMessage() for record in caplog.records if record.levelname == "ERROR"]
    assert "Another machine is called so. Switch it off." in said


async def test_a_name_that_was_taken_is_announced_when_it_is_free(monkeypatch):
    advertiser = Advertiser(_Identity(), hub_id="hub-a", port=8440, interfaces=("127.0.0.1",), look_again=0.01)
    tries = []
    free = asyncio.Event()

    async def announce() -> None:
        tries.append(free.is_set())
        if not free.is_set():
            raise Refused(TAKEN)
        advertiser._announced = ("127.0.0.1",)

    monkeypatch.setattr(advertiser, "_announce", announce)
    with pytest.raises(Refused):
        await advertiser.start()
    free.set()
    async with asyncio.timeout(5):
        while tries[-1] is not True:
            await asyncio.sleep(0)
    await advertiser.close()


class _Identity:
    fingerprint = "a" * 64
