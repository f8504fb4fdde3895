"""A licence on a phone as a terminal uses it: reached, proven, given to the step, or refused by name. No window."""

import asyncio
import re
from datetime import UTC, date, datetime

import pytest
from cryptography.hazmat.primitives import serialization

from kiosk.demo.wallet import Authority, Wallet
from kiosk.documents.mdoc import engagement
from kiosk.documents.mdoc.trust import Trust
from kiosk.hw.mdoc.loopback import Loopback, LoopbackChannel
from kiosk.hw.mdoc.port import PhoneLost, PhonesState
from kiosk.model.documents import PhoneCode, PhotoId, Unread
from kiosk.model.errors import Ours
from kiosk.model.people import Person
from kiosk.phones import Phones, Talk, issuers

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
AUTHORITY = Authority(at=NOW)
ROBIN = Person(family="EXAMPLE", given="ROBIN", born=date(1992, 2, 29))


def wallet(**more) -> Wallet:
    return Wallet(ROBIN, AUTHORITY, issued=date(2021, 3, 2), expires=date(2029, 2, 28), **more)


def code(phone: Wallet) -> PhoneCode:
    return engagement.of_code(phone.code)


def phones(phone: Wallet, *, patience: float = 60.0, hear=None, **faults) -> tuple[Phones, list[LoopbackChannel]]:
    opened: list[LoopbackChannel] = []

    def channel() -> LoopbackChannel:
        opened.append(LoopbackChannel(hear or phone.hear, **faults))
        return opened[-1]

    return Phones([Loopback(channel)], lambda: Trust((AUTHORITY.root,)), lambda: NOW, patience=patience), opened


@pytest.mark.requirement("PAT-03")
async def test_the_photo_id_says_who_proved_it():
    phone = wallet()
    found = await phones(phone)[0].licence(code(phone))
    assert isinstance(found, PhotoId)
    assert (found.standard, found.proven_by) == ("ISO-18013-5", "Invented IACA")


@pytest.mark.parametrize(
    ("patience", "more", "reason"),
    [
        (60.0, {"lose_at": 2}, "mobile_gone"),
        (0.1, {"hear": lambda _: None}, "mobile_silent"),
        (60.0, {"hear": lambda _: b"\xff"}, "mobile_damaged"),
    ],
    ids=["walks away", "silent", "nonsense"],
)
async def test_what_goes_wrong_on_the_way_has_a_name_and_the_channel_is_closed(patience, more, reason):
    phone = wallet()
    asked, opened = phones(phone, patience=patience, **more)
    found = await asked.licence(code(phone))
    assert isinstance(found, Unread)
    assert (found.reason_key, found.could_be) == (reason, ("phone",))
    assert all(channel.closed for channel in opened)


async def test_a_phone_that_no_transport_reaches_and_one_without_a_key():
    nowhere = Phones([], lambda: Trust(()), lambda: NOW)
    assert (await nowhere.licence(code(wallet()))).reason_key == "mobile_unreachable"
    assert (await nowhere.licence(PhoneCode(engagement=b"\xa0"))).reason_key == "mobile_damaged"


class Way:
    """A transport that opens when it is told to, or never."""

    def __init__(self, name: str, *, fails: bool = False) -> None:
        self.name, self.go, self.fails = name, asyncio.Event(), fails
        self.given_up = False
        self.channel = LoopbackChannel(lambda _: None)

    def reaches(self, _phone: PhoneCode) -> bool:
        return True

    async def open(self, _phone: PhoneCode) -> LoopbackChannel:
        try:
            await self.go.wait()
        except asyncio.CancelledError:
            self.given_up = True
            raise
        if self.fails:
            raise PhoneLost("mobile_unreachable")
        return self.channel

    async def run(self, tapped, changed) -> None:
        changed(PhonesState.ABSENT)
        await asyncio.Event().wait()


async def test_the_first_way_that_opens_is_taken_and_the_others_are_given_up():
    phone = wallet()
    slow, broken, quick = Way("slow"), Way("broken", fails=True), Way("quick")
    quick.channel = LoopbackChannel(phone.hear)
    broken.go.set()
    asked = Phones([slow, broken, quick], lambda: Trust((AUTHORITY.root,)), lambda: NOW)
    found = asyncio.create_task(asked.licence(code(phone)))
    await asyncio.sleep(0)
    quick.go.set()
    assert isinstance(await found, PhotoId)
    assert slow.given_up
    only = Phones([broken], lambda: Trust(()), lambda: NOW)
    assert (await only.licence(code(phone))).reason_key == "mobile_unreachable"


async def test_a_talk_goes_on_while_the_steps_name_the_phone_and_is_ended_when_they_do_not():
    phone = wallet()
    arrived: list[object] = []
    waiting, opened = phones(phone, hear=lambda message: None if b"data" in message else phone.hear(message))
    talk = Talk(waiting, arrived.append)
    talk.about(code(phone))
    talk.about(code(phone))
    while not opened or not opened[0].heard:
        await asyncio.sleep(0)
    talk.about(None)
    await talk.close()
    assert [channel.closed for channel in opened] == [True], "one conversation, and it was ended"
    assert phone.ended, "the phone was told"
    assert arrived == []


async def test_without_a_reader_for_phones_and_with_a_fault_of_ours_a_sentence_comes_all_the_same(caplog):
    arrived: list[Unread] = []
    talk = Talk(None, arrived.append)
    talk.about(code(wallet()))
    await asyncio.sleep(0)
    assert [each.reason_key for each in arrived] == ["licence_mobile"]

    def broken() -> Trust:
        raise RuntimeError(ROBIN.family)

    talk = Talk(Phones([], broken, lambda: NOW), arrived.append)
    talk.about(code(wallet()))
    while len(arrived) < 2:
        await asyncio.sleep(0)
    assert arrived[1].reason_key == "mobile_unsupported"
    assert "RuntimeError" in caplog.text
    assert ROBIN.family not in caplog.text


async def test_states_and_taps_come_from_every_transport():
    phone = wallet()
    loop, dead = Loopback(lambda: LoopbackChannel(phone.hear)), Way("dead")
    seen: list[object] = []
    watching = asyncio.create_task(
        Phones([loop, dead], lambda: Trust(()), lambda: NOW).run(seen.append, lambda *state: seen.append(state))
    )
    loop.tap(code(phone))
    while len(seen) < 3:
        await asyncio.sleep(0)
    watching.cancel()
    assert ("dead", PhonesState.ABSENT) in seen
    assert code(phone) in seen


# --- the store's issuers


def pem(*parts) -> bytes:
    return b"".join(each.public_bytes(serialization.Encoding.PEM) for each in parts)


def test_issuers_are_a_file_or_a_folder(tmp_path):
    other = Authority(at=NOW)
    (tmp_path / "fl.pem").write_bytes(pem(AUTHORITY.root))
    (tmp_path / "other.crt").write_bytes(pem(other.root))
    (tmp_path / "other.crl").write_bytes(pem(other.revocation_list()))
    (tmp_path / "notes.txt").write_text("nothing")
    assert issuers(tmp_path / "fl.pem").roots == (AUTHORITY.root,)
    trust = issuers(tmp_path)
    assert trust.roots == (AUTHORITY.root, other.root)
    assert len(trust.lists) == 1


@pytest.mark.parametrize("content", [None, b"", b"nonsense", pem(AUTHORITY.signer), pem(AUTHORITY.revocation_list())])
def test_issuers_that_cannot_be_used_are_one_line(tmp_path, content):
    path = tmp_path / "issuers.pem"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(Ours) as wrong:
        issuers(path)
    said = str(wrong.value.reason)
    assert re.fullmatch(r"The issuers of licences on phones in \S+issuers\.pem cannot be used: [a-z ,]+\.", said, re.I)
