"""A scan or touch reaches exactly the step it was meant for."""

import asyncio
from datetime import UTC, datetime

import pytest

from kiosk.flows.requests import Changed, Chosen, Scanned, Show, TimedOut, Typed, Until
from kiosk.flows.steps import Act, AwaitPick, Banner, Basket, Choice, Documents, Live, Notice, PinWanted, Queue
from kiosk.model.clock import ManualClock
from kiosk.model.connection import Condition, Connection
from kiosk.model.documents import Badge, PackageTag, PhoneCode, Reading, TicketCode, Unread
from kiosk.model.orders import LineState
from kiosk.model.text import text
from kiosk.stage import Stage
from tests.flows.world import LINE, PHOTO_ID, ROBIN, TICKET, _changed

GO = Choice(key="go", label=text("Go on"), look="go")
NOTICE = Notice(sop="X-1.1", title=text("Look"), body=text("words"), choices=(GO,))
BANNER = Banner(person=ROBIN, card_ending="1AB", ticket=TICKET)
WELL = Connection(condition=Condition.ALL_WELL, since=datetime(2026, 3, 2, tzinfo=UTC), allowed=text("All work."))
CODES = {
    b"ticket": TicketCode(ticket_id="K7"),
    b"tag": PackageTag(uid="1A4FF0300000B2C000004711"),
    b"badge": Badge(code="B100"),
    b"stranger": Badge(code="B666"),
    b"dirt": Unread(reason_key="unreadable", reason=text("The code cannot be read. Hold it flat.")),
}


class Trial:
    def __init__(self, role="counter", cover_after=60.0):
        self.clock = ManualClock()
        self.pictures = []
        self.signs = []
        self.stage = Stage(
            role=role,
            terminal="counter-1",
            clock=self.clock,
            decode=lambda reading: CODES[reading.data],
            draw=self.pictures.append,
            ear=self,
            connection=WELL,
            cover_after=cover_after,
            language="en",
        )

    def play(self, sign):
        self.signs.append(sign)

    def scan(self, data: bytes, at: float | None = None) -> bool:
        return self.stage.scanned(Reading(data=data, device="s", at=self.clock.monotonic() if at is None else at))

    def touch(self, key: str, generation: int | None = None):
        self.stage.act(Act(generation=generation or self.pictures[-1].generation, chosen=key))

    def show(self, step, **fields):
        return asyncio.create_task(self.stage.show(Show(step=step, **fields)))

    @property
    def remark(self) -> str:
        return str(self.pictures[-1].remark)


async def settle():
    for _ in range(5):
        await asyncio.sleep(0)


@pytest.fixture
def trial():
    return Trial()


async def test_an_accepted_scan_answers_the_step(trial):
    shown = trial.show(Queue(sop="X-1.1", title=text("Next")), accepts=("ticket",))
    await settle()
    trial.scan(b"ticket")
    assert await shown == Scanned(document=CODES[b"ticket"])


@pytest.mark.requirement("PLT-04")
async def test_another_kind_of_code_is_named_and_the_step_stays(trial):
    shown = trial.show(Queue(sop="X-1.1", title=text("Next")), accepts=("ticket",))
    await settle()
    trial.scan(b"tag")
    assert trial.remark == "This is a package tag. Scan a ticket."
    trial.scan(b"dirt")
    assert trial.remark == "The code cannot be read. Hold it flat."
    assert not shown.done()
    trial.scan(b"ticket")
    assert isinstance(await shown, Scanned)


@pytest.mark.requirement("PLT-04")
async def test_what_did_not_count_or_could_not_be_read_may_be_tried_again(trial):
    shown = trial.show(Queue(sop="X-1.1", title=text("Next")), accepts=("ticket", "unknown"))
    await settle()
    assert [trial.scan(code) for code in (b"tag", b"badge")] == [False, False]
    assert trial.scan(b"dirt") is False
    assert await shown == Scanned(document=CODES[b"dirt"])
    shown = trial.show(Queue(sop="X-1.1", title=text("Next")), accepts=("ticket",))
    await settle()
    assert trial.scan(b"dirt") is False
    assert trial.scan(b"ticket", at=trial.clock.monotonic() - 1) is True
    await shown


async def test_what_a_phone_holds_answers_the_step_like_a_scan_and_may_come_between_two_steps(trial):
    photo_id, code = PHOTO_ID, PhoneCode(engagement=b"e")
    shown = trial.show(Documents(sop="PAT-1.1", title=text("Scan")), accepts=("phone", "photo_id"))
    await settle()
    assert trial.stage.arrived(code)
    assert await shown == Scanned(document=code)
    assert trial.stage.arrived(photo_id)
    shown = trial.show(Documents(sop="PAT-1.1", title=text("Agree")), accepts=("photo_id",), phone=code)
    assert await shown == Scanned(document=photo_id)
    shown = trial.show(Queue(sop="X-1.1", title=text("Next")), accepts=("ticket",))
    await settle()
    assert not trial.stage.arrived(code)
    assert trial.remark == "This is a licence on a phone. Scan a ticket."
    shown.cancel()


@pytest.mark.requirement("PLT-04")
async def test_a_code_the_program_stumbles_over_is_one_that_was_not_read(trial, caplog):
    shown = trial.show(NOTICE, accepts=("ticket",))
    await settle()
    assert not trial.scan(b"SECRET")
    assert "cannot work on this code" in trial.remark
    assert "KeyError" in caplog.text
    assert "SECRET" not in caplog.text
    assert trial.scan(b"ticket")
    assert isinstance(await shown, Scanned)


async def test_a_scan_begun_before_the_step_was_shown_does_not_answer_it(trial):
    first = trial.show(NOTICE)
    await settle()
    began = trial.clock.monotonic()
    trial.touch("go")
    await first
    trial.clock.advance(1)
    shown = trial.show(Queue(sop="X-2.1", title=text("Next")), accepts=("ticket",))
    await settle()
    trial.scan(b"ticket", at=began)
    assert trial.remark == "That scan came too early. Scan again."
    assert not shown.done()
    shown.cancel()


@pytest.mark.requirement("PLT-04")
async def test_scans_between_two_steps_of_the_same_work_count_once_and_in_order(trial):
    step = Queue(sop="X-1.1", title=text("Scan three"))
    first = trial.show(step, accepts=("ticket", "package"))
    await settle()
    trial.scan(b"ticket")
    trial.scan(b"tag")
    assert (await first).document.kind == "ticket"
    second = trial.show(step, accepts=("ticket", "package"))
    assert (await second).document.kind == "package"
    third = trial.show(step, accepts=("ticket", "package"))
    await settle()
    assert not third.done()
    third.cancel()


async def test_a_touch_on_an_older_picture_does_nothing(trial):
    first = trial.show(NOTICE)
    await settle()
    old = trial.pictures[-1].generation
    trial.touch("go")
    await first
    second = trial.show(NOTICE)
    await settle()
    trial.touch("go", generation=old)
    assert not second.done()
    trial.touch("go")
    assert await second == Chosen(key="go")


async def test_only_what_the_picture_offers_can_be_touched(trial):
    shown = trial.show(Basket(sop="X-1.1", title=text("Order"), pools=(), offers=(), choices=(GO,)))
    await settle()
    for key in ("confirm", "visit:v1", "line:l1", "", "add"):
        trial.touch(key)
        assert not shown.done(), key
    trial.touch("add:tin-1")
    assert await shown == Chosen(key="add:tin-1")


async def test_digits_are_taken_by_the_number_pad_alone(trial):
    shown = trial.show(PinWanted(sop="X-1.1", title=text("PIN")))
    await settle()
    for typed in ("12 34", "abc", "１２３４"):
        trial.stage.act(Act(generation=trial.pictures[-1].generation, typed=typed))
        assert not shown.done()
    trial.stage.act(Act(generation=trial.pictures[-1].generation, typed="246810"))
    assert await shown == Typed(digits="246810")


async def test_a_step_is_left_by_time(trial):
    assert await trial.stage.show(Show(step=NOTICE, time_out=0.01)) == TimedOut()


@pytest.mark.requirement("PRV-03")
async def test_time_from_the_last_scan_has_already_begun(trial):
    first = trial.show(Documents(sop="X-1.1", title=text("Scan")), accepts=("ticket",))
    await settle()
    trial.scan(b"ticket")
    await first
    trial.clock.advance(2.5)
    answer = asyncio.wait_for(trial.stage.show(Show(step=NOTICE, time_out=2.0, from_last_scan=True)), 1)
    assert await answer == TimedOut()


async def test_a_step_ends_when_the_hub_tells_what_it_waits_for(trial):
    step = AwaitPick(sop="X-1.1", title=text("Wait"), lines=())
    shown = trial.show(step, until=Until(lines_picked=("l0",)))
    await settle()
    trial.stage.set_live(Live(lines=(LINE,)))
    assert not shown.done()
    trial.stage.set_live(Live(lines=(_changed(LINE, state=LineState.PICKED),)))
    assert await shown == Changed()


@pytest.mark.requirement("PRV-03")
async def test_patient_data_is_covered_when_nobody_is_there_and_the_same_badge_lifts_it():
    trial = Trial(cover_after=0.01)
    trial.stage.signed_in("Rowan Field", "B100")
    shown = trial.show(NOTICE, banner=BANNER)
    async with asyncio.timeout(2):
        while not trial.pictures or not trial.pictures[-1].covered:
            trial.clock.advance(1)
            await asyncio.sleep(0)
    trial.touch("go")
    trial.scan(b"stranger")
    assert trial.pictures[-1].covered
    assert not shown.done()
    trial.scan(b"badge")
    assert not trial.pictures[-1].covered
    trial.touch("go")
    assert await shown == Chosen(key="go")


async def test_a_step_without_patient_data_is_never_covered():
    trial = Trial(cover_after=0.0)
    shown = trial.show(Queue(sop="X-1.1", title=text("Next")))
    await settle()
    assert not trial.pictures[-1].covered
    shown.cancel()


@pytest.mark.requirement("PLT-06")
async def test_a_change_of_connection_is_drawn_at_once_and_keeps_the_step(trial):
    shown = trial.show(NOTICE)
    await settle()
    away = _changed(WELL, condition=Condition.HUB_AWAY)
    trial.stage.set_connection(away)
    assert trial.pictures[-1].connection == away
    assert not shown.done()
    shown.cancel()


async def test_the_kiosk_forgets_a_chosen_language_with_the_session():
    trial = Trial(role="checkin")
    step = Documents(sop="PAT-1.1", title=text("Scan"))
    shown = trial.show(step)
    await settle()
    trial.touch("language:es")
    assert trial.pictures[-1].language == "es"
    shown.cancel()
    await settle()
    again = trial.show(step)
    await settle()
    assert trial.pictures[-1].language == "en"
    again.cancel()
