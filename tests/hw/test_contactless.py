"""A phone held to a contactless reader: the codec, and one contract on our virtual reader and a real PC/SC service."""

import asyncio
import contextlib
import fcntl
import os
import random
import shutil
import socket
import subprocess
import tempfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kiosk.documents.mdoc.handover import Engaging
from kiosk.hw.mdoc import apdu
from kiosk.hw.mdoc.apdu import Answer, Command
from kiosk.hw.mdoc.nfc import ContactlessReader
from kiosk.hw.mdoc.pcsc import PcscSlot
from kiosk.hw.mdoc.port import PhoneLost, PhonesState
from kiosk.hw.mdoc.sim import ContactlessPhone
from kiosk.hw.mdoc.vpcd import VirtualCard, VirtualSlot
from kiosk.model.documents import Contactless, PhoneCode, PhoneServes, PhotoId

from .phones import code, negotiating, phones, wallet

FULL = Contactless(most_command=0xFFFF, most_answer=0x10000)

# --- bytes


@pytest.mark.parametrize(
    ("command", "encoded"),
    [
        (Command(apdu.SELECT, apdu.BY_NAME, apdu.LICENCES, 256), "00A4040007A000000248040000"),
        (Command(apdu.SELECT, apdu.BY_FILE, b"\xe1\x04"), "00A4000C02E104"),
        (Command(apdu.READ, 0, b"", 15), "00B000000F"),
        (Command(apdu.ENVELOPE, 0, b"\x53\x01\x07", 0, chained=True), "10C3000003530107"),
        (Command(apdu.GET_RESPONSE, 0, b"", 0x10000), "00C00000000000"),
        (Command(apdu.ENVELOPE, 0, b"\x53\x01\x07", 0x1000), "00C30000000003530107" + "1000"),
        (Command(apdu.ENVELOPE, 0, bytes(256)), "00C30000" + "000100" + "00" * 256),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_command_is_written_as_the_standard_has_it(command, encoded):
    assert command.encoded() == bytes.fromhex(encoded)
    assert Command.read(bytes.fromhex(encoded)) == command


@given(
    st.builds(
        Command, st.integers(0, 255), st.integers(0, 0xFFFF), st.binary(max_size=600), st.integers(0, 0x10000),
        st.booleans(),
    )
)  # fmt: skip
def test_any_command_survives(command):
    assert Command.read(command.encoded()) == command


@given(st.binary(max_size=12))
def test_any_bytes_are_a_command_or_none(data):
    with contextlib.suppress(ValueError):
        assert Command.read(Command.read(data).encoded()) == Command.read(data)


@given(st.binary(max_size=70_000))
def test_a_message_survives_its_wrapping(message):
    assert apdu.unwrapped(apdu.wrapped(message)) == message


@given(st.binary(max_size=8))
def test_what_is_not_wrapped_is_damaged(data):
    with contextlib.suppress(PhoneLost):
        assert apdu.wrapped(apdu.unwrapped(data))[:1] == data[:1]


@given(st.binary(min_size=1, max_size=2000), st.integers(1, 300), st.integers(255, 400), st.integers(256, 400))
def test_a_message_and_its_answer_in_any_lengths(message, size, most_command, most_answer):
    reply = bytes(size)
    heard = []
    phone = ContactlessPhone(lambda said: heard.append(said) or reply)
    limits = Contactless(most_command=most_command, most_answer=most_answer)

    def told(saying):
        command = next(saying)
        while True:
            try:
                command = saying.send(phone._said(command))
            except StopIteration as end:
                return end.value

    assert told(apdu.choose(apdu.LICENCES)) is True
    assert told(apdu.say(message, limits)) == reply
    assert heard == [message]


def test_a_chain_without_an_end_is_given_up():
    saying = apdu.say(b"x", Contactless())
    next(saying)
    saying.send(Answer(b"", 0x6100))
    with pytest.raises(PhoneLost):
        saying.send(Answer(b"", 0x6100))


# --- one contract, two readers


class Peer:
    """A reader, and how a phone comes to it."""

    def __init__(self, slot, port: int, probe: PcscSlot | None = None) -> None:
        self.slot, self.port, self._probe = slot, port, probe
        self._lying: asyncio.Task[None] | None = None

    def hold(self, phone: ContactlessPhone) -> None:
        self._lying = asyncio.create_task(VirtualCard(phone.answer).insert(port=self.port))

    async def take_away(self) -> None:
        if self._lying is not None:
            self._lying.cancel()
            await asyncio.wait({self._lying})
        if self._probe is not None:
            await empty(self._probe)


async def empty(probe: PcscSlot) -> None:
    """Until the service has seen that no card is there: nobody swaps two phones faster than it looks."""
    async with asyncio.timeout(10):
        while True:
            with contextlib.suppress(OSError):
                reader = await probe._watch.do(probe._find)
                while not await probe.taken(reader):
                    pass
                return
            await asyncio.sleep(0.01)


def free_port() -> int:
    """Below those that the kernel gives to connections: the virtual reader cannot wait for one of these to end."""
    while True:
        port = random.randrange(20_000, 30_000)
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.bind(("", port))
            return port


@contextlib.asynccontextmanager
async def ours() -> AsyncIterator[Peer]:
    slot = VirtualSlot(port=0)
    await slot.start()
    yield Peer(slot, slot.port)
    await slot.close()


DRIVER = Path("/usr/lib/pcsc/drivers/serial/libifdvpcd.so")
SERVICE = Path("/run/pcscd/pcscd.comm")


@contextlib.contextmanager
def pcscd(folder: Path) -> Iterator[int]:
    """Debian's PC/SC service with its virtual reader, for this test alone: the port of the reader."""
    service = shutil.which("pcscd", path=os.defpath + ":/usr/sbin")
    if service is None or not DRIVER.exists():
        pytest.skip("pcscd or vsmartcard-vpcd is not installed")
    with (Path(tempfile.gettempdir()) / "kiosk-pcscd.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # there is one such service on a machine; other tests wait for this one
        if os.geteuid() != 0 or SERVICE.exists():
            pytest.skip("a pcscd of our own cannot be started: not root, or another one runs")
        port = free_port()
        (folder / "reader.conf").write_text(
            f'FRIENDLYNAME "Test"\nDEVICENAME /dev/null:{port:#06x}\nLIBPATH {DRIVER}\nCHANNELID {port:#06x}\n'
        )
        command = [service, "--foreground", "--critical", "--config", str(folder / "reader.conf")]
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
        try:
            yield port
        finally:
            process.terminate()
            process.wait(10)
            SERVICE.unlink(missing_ok=True)


@contextlib.asynccontextmanager
async def theirs(folder: Path) -> AsyncIterator[Peer]:
    with pcscd(folder) as port:
        slot, probe = PcscSlot("Test"), PcscSlot("Test")
        await empty(probe)
        yield Peer(slot, port, probe)
        await slot.close()
        await probe.close()


@pytest.fixture(params=["virtual", "pcscd"])
async def peer(request, tmp_path) -> AsyncIterator[Peer]:
    async with ours() if request.param == "virtual" else theirs(tmp_path) as here:
        yield here


class Kiosk:
    """The terminal's side: what it was offered, and the states it told."""

    def __init__(self, slot, limits: Contactless | None = None, patience: float = 60.0) -> None:
        self.offers: asyncio.Queue[PhoneCode] = asyncio.Queue()
        self.states: list[PhonesState] = []
        engage = Engaging(bluetooth=False, contactless=Contactless())
        self.reader = ContactlessReader(slot, lambda: engage, limits=limits)
        self.phones = phones(self.reader, patience=patience)

    async def __aenter__(self) -> "Kiosk":
        self._running = asyncio.create_task(self.reader.run(self.offers.put_nowait, self.states.append))
        return self

    async def __aexit__(self, *_: object) -> None:
        self._running.cancel()
        await asyncio.wait({self._running})

    async def offered(self) -> PhoneCode:
        async with asyncio.timeout(10):
            return await self.offers.get()


@pytest.mark.requirement("PAT-03")
async def test_a_phone_that_is_held_there_offers_its_licence_and_gives_it(peer):
    """First with the handover it shows, then with one it is asked for, then with its code scanned before."""
    async with Kiosk(peer.slot) as kiosk:
        static, asked, scanned = wallet(), wallet(by_mac=True), wallet()
        peer.hold(ContactlessPhone(static.hear, static.held))
        assert isinstance(await kiosk.phones.licence(await kiosk.offered()), PhotoId)
        assert static.ended
        await peer.take_away()

        peer.hold(ContactlessPhone(asked.hear, negotiating(asked, [Contactless()])))
        offer = await kiosk.offered()
        assert offer.request
        assert isinstance(await kiosk.phones.licence(offer), PhotoId)
        await peer.take_away()

        fetching = asyncio.create_task(kiosk.phones.licence(code(scanned)))
        await asyncio.sleep(0)
        phone = ContactlessPhone(scanned.hear, scanned.held)
        peer.hold(phone)
        assert isinstance(await fetching, PhotoId)
        assert phone.commands[0].data == apdu.LICENCES, "nobody asks what was scanned already"
        assert kiosk.offers.empty()
        await peer.take_away()
        assert kiosk.states == [PhonesState.READY]


async def test_a_phone_that_goes_in_the_middle_is_gone_and_the_next_one_is_read(peer):
    async with Kiosk(peer.slot) as kiosk:
        phone = wallet()
        peer.hold(ContactlessPhone(phone.hear, phone.held, fault="unplug", fault_at=11))
        found = await kiosk.phones.licence(await kiosk.offered())
        assert found.reason_key == "mobile_gone"
        await peer.take_away()
        sound = wallet()
        peer.hold(ContactlessPhone(sound.hear, sound.held))
        assert isinstance(await kiosk.phones.licence(await kiosk.offered()), PhotoId)
        await peer.take_away()


async def test_with_long_commands_one_of_each_does(peer):
    async with Kiosk(peer.slot, FULL) as kiosk:
        phone = wallet()
        held = ContactlessPhone(phone.hear, phone.held)
        peer.hold(held)
        assert isinstance(await kiosk.phones.licence(await kiosk.offered()), PhotoId)
        said = [command.instruction for command in held.commands]
        assert said.count(apdu.ENVELOPE) == 2, "the question and the farewell"
        assert apdu.GET_RESPONSE not in said
        await peer.take_away()


async def test_a_reader_that_is_not_there_is_said_so_and_found_when_it_comes(peer, monkeypatch):
    if not isinstance(peer.slot, PcscSlot):
        pytest.skip("the virtual reader is always there")
    turns = []

    async def pause(_seconds: float) -> None:
        turns.append(None)
        other._wanted = "Test" if len(turns) > 1 else "Nobody"
        await asyncio.sleep(0)

    other = PcscSlot("Nobody")
    states: asyncio.Queue[PhonesState] = asyncio.Queue()
    reader = ContactlessReader(other, lambda: Engaging(bluetooth=False), pause=pause)
    running = asyncio.create_task(reader.run(lambda _: None, states.put_nowait))
    assert await states.get() is PhonesState.ABSENT
    phone = wallet()
    peer.hold(ContactlessPhone(phone.hear, phone.held))
    async with asyncio.timeout(10):
        assert await states.get() is PhonesState.READY
    running.cancel()
    await asyncio.wait({running})
    await peer.take_away()


# --- faults at every command: the virtual reader alone, for their number


@contextlib.asynccontextmanager
async def virtual() -> AsyncIterator[tuple[Peer, Kiosk]]:
    async with ours() as peer, Kiosk(peer.slot, patience=0.1) as kiosk:
        yield peer, kiosk


COMMANDS = 20
"""As many as a whole visit of a phone takes with the shortest lengths, or a few more."""


@pytest.mark.parametrize("fault", ["unplug", "drop", "corrupt", "refuse"])
async def test_a_fault_at_any_command_is_a_named_outcome_or_nothing_and_the_next_phone_is_read(fault):
    outcomes = set()
    async with virtual() as (peer, kiosk):
        for at in range(COMMANDS):
            bad = wallet()
            peer.hold(ContactlessPhone(bad.hear, bad.held, fault=fault, fault_at=at))
            engaged = asyncio.create_task(kiosk.offers.get())
            lying = peer._lying
            await asyncio.wait({engaged, lying}, timeout=None if fault == "unplug" else 0.04,
                               return_when=asyncio.FIRST_COMPLETED)  # fmt: skip
            if engaged.done():
                found = await kiosk.phones.licence(engaged.result())
                outcomes.add(found.reason_key if not isinstance(found, PhotoId) else "read")
            else:
                outcomes.add("no offer")
            engaged.cancel()
            await peer.take_away()
        good = wallet()
        peer.hold(ContactlessPhone(good.hear, good.held))
        assert isinstance(await kiosk.phones.licence(await kiosk.offered()), PhotoId)
        await peer.take_away()
    expected = {
        "unplug": {"no offer", "mobile_gone", "mobile_unreachable", "read"},
        "drop": {"no offer", "mobile_silent", "mobile_unreachable", "read"},
        "corrupt": {"no offer", "mobile_damaged", "mobile_unreachable", "read"},
        "refuse": {"no offer", "mobile_damaged", "mobile_unreachable", "read"},
    }[fault]
    assert outcomes <= expected, outcomes
    assert len(outcomes) > 2


async def test_a_holder_who_thinks_is_waited_for_and_one_who_thinks_too_long_is_not():
    async with virtual() as (peer, kiosk):
        patient = phones(kiosk.reader)
        phone = wallet()
        held = ContactlessPhone(phone.hear, phone.held, fault="delay", fault_at=12)
        peer.hold(held)
        fetching = asyncio.create_task(patient.licence(await kiosk.offered()))
        while len(held.commands) < 13:
            await asyncio.sleep(0)
        assert held.commands[-1].instruction in (apdu.ENVELOPE, apdu.GET_RESPONSE)
        held.released()
        assert isinstance(await fetching, PhotoId)
        await peer.take_away()
        slow = wallet()
        held = ContactlessPhone(slow.hear, slow.held, fault="delay", fault_at=12)
        peer.hold(held)
        assert (await kiosk.phones.licence(await kiosk.offered())).reason_key == "mobile_silent"
        held.released()
        await peer.take_away()


async def test_a_card_that_is_no_phone_and_a_phone_without_a_licence_say_nothing():
    async with virtual() as (peer, kiosk):
        for tag in (None, lambda _: b"", lambda _: b"\xd1\x01\x01Ux", lambda _: bytes(300)):
            phone = ContactlessPhone(lambda _: None, tag)
            peer.hold(phone)
            while not phone.commands:
                await asyncio.sleep(0)
            await peer.take_away()
        assert kiosk.offers.empty()
        good = wallet()
        peer.hold(ContactlessPhone(good.hear, good.held))
        assert isinstance(await kiosk.offered(), PhoneCode)
        await peer.take_away()


async def test_of_two_phones_at_once_the_first_is_read():
    async with ours() as peer:
        first, second = wallet(), wallet()
        peer.hold(ContactlessPhone(first.hear, first.held))
        lying = peer._lying
        await asyncio.sleep(0.01)
        async with Kiosk(peer.slot) as kiosk:
            assert (await kiosk.offered()).engagement == first.engagement
            other = Peer(peer.slot, peer.port)
            other.hold(ContactlessPhone(second.hear, second.held))
            await asyncio.sleep(0.01)
            assert kiosk.offers.empty()
            lying.cancel()
            assert (await kiosk.offered()).engagement == second.engagement
            await other.take_away()


def test_the_ways_of_others_are_none_of_a_readers():
    reader = ContactlessReader(VirtualSlot(), lambda: Engaging(bluetooth=False))
    assert reader.reaches(PhoneCode(engagement=b"", ways=(Contactless(),)))
    assert not reader.reaches(PhoneCode(engagement=b"", ways=(PhoneServes(service="x"),)))
