"""PAT-1 as stories."""

import pytest

from kiosk.flows.check_in import CHECK_IN
from kiosk.model.documents import Unread
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
