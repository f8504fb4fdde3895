"""PAT-1 as stories."""

import pytest

from kiosk.documents.reasons import REASON_KEYS, phone_refused
from kiosk.flows.check_in import CHECK_IN
from kiosk.model.documents import PhoneCode, Unread
from kiosk.model.questions import CheckIn
from kiosk.model.text import text
from tests.flows.world import CARD, PHOTO_ID, TICKET, Hub, TimedOut, TrialWorld, play, scan, touch

UNREADABLE = Unread(reason_key="cut_off", reason=text("The scan was cut off."))


@pytest.mark.requirement("PAT-02")
@pytest.mark.parametrize("documents", [(CARD, PHOTO_ID), (PHOTO_ID, CARD)], ids=["card first", "photo ID first"])
async def test_two_scans_in_either_order_and_no_touch_give_a_ticket(documents):
    played = await play(
        CHECK_IN,
        (),
        ("documents", scan(documents[0])),
        ("documents", scan(documents[1])),
        ("ticketed", TimedOut()),
    )
    assert played.world.tickets == [TICKET]
    last = played.world.shown[-1]
    assert last.step.admitted
    assert (last.time_out, last.from_last_scan) == (2.0, True)


@pytest.mark.requirement("PAT-02")
async def test_one_document_alone_is_forgotten_and_gives_no_ticket():
    played = await play(CHECK_IN, (), scan(CARD), TimedOut())
    assert played.story == ["check-in-abandoned"]
    assert not played.world.tickets
    assert not played.world.hub.claims


async def test_the_same_document_twice_is_still_one_document():
    played = await play(CHECK_IN, (), scan(CARD), scan(CARD), scan(PHOTO_ID), TimedOut())
    assert len(played.world.tickets) == 1


@pytest.mark.requirement("PAT-11")
async def test_three_unreadable_codes_bring_a_person_and_say_nothing_to_the_patient():
    played = await play(CHECK_IN, (), *[scan(UNREADABLE)] * 3, ("ticketed", TimedOut()))
    assert not played.world.shown[-1].step.admitted
    (asked,) = played.world.hub.claims
    assert asked


@pytest.mark.requirement("PAT-11")
async def test_every_trouble_looks_the_same_to_the_patient():
    pictures = []
    for world in (
        TrialWorld(lambda _: TimedOut(), Hub(away_for=9)),
        TrialWorld(lambda _: TimedOut(), Hub(overrides={})),
    ):
        asked_for_help = world.hub.away_for == 0
        answers = (touch("person"),) if asked_for_help else (scan(CARD), scan(PHOTO_ID))
        played = await play(CHECK_IN, (), *answers, ("ticketed", TimedOut()), world=world)
        step = played.world.shown[-1].step
        pictures.append((step.title, step.hint, step.admitted))
    assert pictures[0] == pictures[1]


async def test_a_hub_that_is_away_leaves_a_record_and_no_ticket():
    world = TrialWorld(lambda _: TimedOut(), Hub(away_for=1))
    played = await play(CHECK_IN, (), scan(CARD), scan(PHOTO_ID), TimedOut(), world=world)
    assert played.story == ["check-in-abandoned"]
    assert played.world.shown[-1].step.ticket is None


# --- a licence on a phone

PHONE = PhoneCode(engagement=b"engagement")
OUTCOMES = sorted(key for key in REASON_KEYS if key.startswith("mobile_"))


def told(played) -> CheckIn:
    """What the hub was asked."""
    (asked,) = played.world.hub.asked
    return asked


@pytest.mark.requirement("PAT-02")
async def test_a_licence_on_a_phone_is_the_photo_id():
    played = await play(
        CHECK_IN,
        (),
        ("documents", scan(CARD)),
        ("documents", scan(PHONE)),
        ("documents", scan(PHOTO_ID)),
        ("ticketed", TimedOut()),
    )
    waiting = played.world.shown[2]
    assert (waiting.phone, waiting.step.phone, waiting.step.card) == (PHONE, True, True)
    assert [request.phone for request in played.world.shown[:2]] == [None, None]
    assert played.world.tickets == [TICKET]


async def test_the_card_may_be_scanned_while_the_phone_is_waited_for():
    played = await play(CHECK_IN, (), scan(PHONE), scan(CARD), scan(PHONE), scan(PHOTO_ID), TimedOut())
    assert [request.phone for request in played.world.shown] == [None, PHONE, PHONE, PHONE, None]
    assert played.world.tickets == [TICKET]


@pytest.mark.requirement("PAT-11")
@pytest.mark.parametrize("outcome", OUTCOMES)
async def test_a_licence_that_does_not_come_is_said_in_one_sentence_and_the_card_is_taken_instead(outcome):
    refused = phone_refused(outcome)
    played = await play(
        CHECK_IN, (), scan(CARD), scan(PHONE), scan(refused), ("documents", scan(PHOTO_ID)), ("ticketed", TimedOut())
    )
    after = played.world.shown[3]
    assert (after.phone, after.step.hint, after.sound) == (None, refused.reason, "look")
    assert "card itself" in str(after.step.hint)
    assert played.world.tickets == [TICKET]
    assert told(played).trouble == ()


@pytest.mark.requirement("PAT-04", "PAT-11")
async def test_three_times_no_licence_brings_a_person_who_is_told_why():
    refused = phone_refused("mobile_forged")
    played = await play(CHECK_IN, (), scan(CARD), *[scan(PHONE), scan(refused)] * 3, ("ticketed", TimedOut()))
    assert not played.world.shown[-1].step.admitted
    assert told(played).trouble == ("document.unreadable", "id.mobile_forged")


async def test_who_asks_for_a_person_after_the_phone_was_refused_is_told_why_as_well():
    played = await play(CHECK_IN, (), scan(PHONE), scan(phone_refused("mobile_revoked")), touch("person"), TimedOut())
    assert told(played).trouble == ("person.asked_for", "id.mobile_revoked")


async def test_who_shows_the_card_instead_or_waits_in_vain_is_not_asked_by_the_phone_any_more():
    instead = await play(CHECK_IN, (), scan(PHONE), scan(PHOTO_ID), scan(CARD), TimedOut())
    in_vain = await play(CHECK_IN, (), scan(PHONE), TimedOut(), scan(PHOTO_ID), scan(CARD), TimedOut())
    for played in (instead, in_vain):
        assert played.world.shown[1].time_out > 60
        assert [request.phone for request in played.world.shown[2:]] == [None] * len(played.world.shown[2:])
        assert played.world.tickets == [TICKET]


async def test_with_a_photo_id_there_no_phone_is_asked():
    played = await play(CHECK_IN, (), scan(PHOTO_ID), scan(CARD), TimedOut())
    assert "phone" in played.world.shown[0].accepts
    assert "phone" not in played.world.shown[1].accepts
