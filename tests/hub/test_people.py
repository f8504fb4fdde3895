"""Who is served, for whom, and who decided it (PAT-05, PAT-12, PAT-13)."""

from datetime import date

import pytest
from sqlalchemy import select

from kiosk.hub import ledger
from kiosk.hub import visits as hub_visits
from kiosk.hub.reporting import waiting_reports
from kiosk.hub.schema import claims, visits
from kiosk.model import questions as q
from kiosk.model import records as r
from kiosk.model.documents import PatientCard
from kiosk.model.errors import Refusal
from kiosk.model.orders import Visit, VisitState
from kiosk.model.people import RegistryStatus
from tests.hub.world import (
    CARD,
    CARER,
    CARER_CARD,
    CARER_ID,
    CHILD,
    CHILD_CARD,
    PHOTO_ID,
    ROBIN,
    TAG,
    TINCTURE,
    TrialRegistry,
    TrialState,
    changed,
    entry,
    everything,
    family,
    named,
    package,
    trial,
)


@pytest.mark.requirement("PAT-13")
async def test_a_caregiver_of_two_is_served_for_the_one_whose_card_is_shown(tmp_path):
    async with trial(tmp_path, registry=family()) as shop:
        checked_in = await shop.checked_in(CARER_CARD, CARER_ID)
        assert checked_in.admitted
        by_ticket = await shop.opened(ticket_id=checked_in.ticket.ticket_id)
        assert by_ticket.rule == "store.whose_visit"
        assert (await shop.opened(card=CARER_CARD)).rule == "store.whose_visit"
        visit = await shop.opened(card=CHILD_CARD)
        assert (visit.profile.person, visit.profile.caregiver, visit.profile.minor) == (CHILD, CARER, True)
        assert visit.ticket == checked_in.ticket
        assert isinstance(await shop.ask("counter-1", q.MatchCard(visit_id=visit.visit_id, card=CHILD_CARD)), q.Matched)
        assert isinstance(await shop.ask("counter-1", q.MatchCard(visit_id=visit.visit_id, card=CARD)), Refusal)


@pytest.mark.requirement("PAT-13")
async def test_limits_count_on_the_patient_whoever_stands_at_the_counter(tmp_path):
    registry = family(CARD.number)
    async with trial(tmp_path, registry=registry) as shop:
        checked_in = await shop.checked_in(CARER_CARD, CARER_ID)
        visit = await shop.opened(ticket_id=checked_in.ticket.ticket_id)
        await shop.tell(
            "counter-1",
            r.FaceCompared(visit_id=visit.visit_id, matches=True),
            r.NotesRead(visit_id=visit.visit_id, recommendation_id="R1", digest="d"),
        )
        assert isinstance(await shop.ordered(visit, q.BasketLine(product_id="2", units=20)), q.Order)
        own = await shop.attended("counter-2")
        assert own.profile.person == ROBIN
        assert (await shop.ordered(own, q.BasketLine(product_id="2", units=1), terminal="counter-2")).citation


async def served(shop, checked_in, terminal: str = "counter-1", **by):
    """The visit, with face and notes done."""
    visit = await shop.opened(terminal, **(by or {"ticket_id": checked_in.ticket.ticket_id}))
    assert isinstance(visit, Visit)
    await shop.tell(
        terminal,
        r.FaceCompared(visit_id=visit.visit_id, matches=True),
        r.NotesRead(visit_id=visit.visit_id, recommendation_id="R1", digest="d"),
    )
    return visit


@pytest.mark.requirement("PAT-13")
async def test_both_persons_are_in_the_record_and_in_the_states_receipt(tmp_path):
    async with trial(tmp_path, registry=family(CHILD_CARD.number)) as shop:
        visit = await served(shop, await shop.checked_in(CARER_CARD, CARER_ID))
        order = await shop.picked(await shop.ordered(visit))
        units = await shop.proven(visit, order)
        permit = await shop.permitted(visit, order)
        fact = shop.handed_over(visit, order, permit, units)
        accepted = await shop.tell("counter-1", fact, r.VisitClosed(visit_id=visit.visit_id, reason="dispensed"))
        assert accepted.flagged == {}
        (report,) = await shop.hub.database.write(waiting_reports)
        assert (report.sale.customer, report.sale.patient_number, report.sale.caregiver_number) == (
            "caregiver", CHILD_CARD.number, CARER_CARD.number,
        )  # fmt: skip
        (kept,) = [
            record.fact
            for record in await shop.hub.database.write(lambda c: list(ledger.read(c)))
            if isinstance(record.fact, r.Dispensed)
        ]
        key = shop.hub.desk.secret
        assert kept.patient_ref == hub_visits.reference(key, CHILD_CARD.number)
        assert kept.caregiver_ref == hub_visits.reference(key, CARER_CARD.number)


@pytest.mark.requirement("PAT-13")
@pytest.mark.parametrize("others", [{"caregiver_ref": ""}, {"patient_ref": "somebody"}, {"caregiver_ref": "somebody"}])
async def test_a_record_that_names_other_people_is_kept_and_told_to_the_manager(tmp_path, others):
    async with trial(tmp_path, registry=family(CHILD_CARD.number)) as shop:
        visit = await served(shop, await shop.checked_in(CARER_CARD, CARER_ID))
        order = await shop.picked(await shop.ordered(visit))
        units = await shop.proven(visit, order)
        permit = await shop.permitted(visit, order)
        accepted = await shop.tell("counter-1", shop.handed_over(visit, order, permit, units, **others))
        assert list(accepted.flagged.values()) == ["dispensed for other people than those of the visit"]


@pytest.mark.requirement("PAT-13")
async def test_each_patient_of_a_caregiver_has_a_limit_of_their_own(tmp_path):
    shelf = TrialState(packages=[package(TAG, TINCTURE, "B1", 2000)], products=[TINCTURE])
    async with trial(tmp_path, shelf, registry=family()) as shop:
        full = q.BasketLine(product_id="1", units=800)
        checked_in = await shop.checked_in(CARER_CARD, CARER_ID)
        child = await served(shop, checked_in, card=CHILD_CARD)
        assert isinstance(await shop.ordered(child, full), q.Order)
        checked_in = await shop.checked_in(CARER_CARD, CARER_ID)
        other = await served(shop, checked_in, "counter-2", card=CARD)
        assert other.profile.person == ROBIN
        assert isinstance(await shop.ordered(other, full, terminal="counter-2"), q.Order)


@pytest.mark.requirement("PAT-13")
@pytest.mark.parametrize(
    ("number", "change", "rule"),
    [
        (CARER_CARD.number, {"patients": (CARD.number,)}, "caregiver.not_linked"),
        (CARER_CARD.number, {"role": "patient"}, "caregiver.not_linked"),
        (CARER_CARD.number, {"status": RegistryStatus.REVOKED}, "registry.not_active"),
        (CARER_CARD.number, {"expires": date(2026, 3, 1)}, "registry.not_active"),
        (CHILD_CARD.number, {"status": RegistryStatus.SUSPENDED}, "registry.not_active"),
    ],
    ids=["no more linked", "no caregiver", "revoked", "expired", "the patient suspended"],
)
async def test_the_link_is_looked_at_again_at_every_decision(tmp_path, number, change, rule):
    registry = family(CHILD_CARD.number)
    async with trial(tmp_path, registry=registry) as shop:
        visit = await served(shop, await shop.checked_in(CARER_CARD, CARER_ID))
        order = await shop.picked(await shop.ordered(visit))
        await shop.proven(visit, order)
        before = registry.entries[number]
        registry.entries[number] = changed(before, **change)
        assert (await shop.permitted(visit, order)).rule == rule
        registry.entries[number] = before
        assert isinstance(await shop.permitted(visit, order), q.Permit)


@pytest.mark.requirement("PAT-13")
@pytest.mark.parametrize("photo_id", [PHOTO_ID, None], ids=["the patient's ID", "no ID"])
async def test_the_caregivers_card_opens_nothing_without_the_caregivers_own_id(tmp_path, photo_id):
    async with trial(tmp_path, registry=family(CHILD_CARD.number)) as shop:
        checked_in = await shop.checked_in(CARER_CARD, photo_id)
        assert not checked_in.admitted
        visit = await shop.opened(ticket_id=checked_in.ticket.ticket_id)
        assert visit.profile is None


@pytest.mark.requirement("PAT-13")
async def test_a_card_of_nobody_the_caregiver_is_linked_to_opens_nothing(tmp_path):
    async with trial(tmp_path, registry=family()) as shop:
        await shop.checked_in(CARER_CARD, CARER_ID)
        stranger = PatientCard(number="P0000000", state="FL")
        assert (await shop.opened(card=stranger)).rule == "store.visit_unknown"


async def test_the_choice_shows_the_concerns_of_the_one_who_was_chosen(tmp_path):
    registry = family()
    registry.entries[CHILD_CARD.number] = entry(number=CHILD_CARD.number, person=CHILD, status=RegistryStatus.SUSPENDED)
    async with trial(tmp_path, registry=registry) as shop:
        assert (await shop.checked_in(CARER_CARD, CARER_ID)).admitted
        child = await shop.opened(card=CHILD_CARD)
        assert [concern.rule for concern in child.concerns] == ["patient.suspended"]
        assert child.profile is None


async def test_nobody_sees_a_profile_for_a_visit_that_must_be_refused(tmp_path):
    async with trial(tmp_path) as shop:
        expired = changed(PHOTO_ID, expires=date(2026, 3, 1))
        ticket = (await shop.checked_in(photo_id=expired)).ticket
        visit = await shop.opened(ticket_id=ticket.ticket_id)
        assert [concern.rule for concern in visit.concerns] == ["id.expired"]
        assert visit.profile is None


async def test_notes_of_another_recommendation_are_not_the_notes(tmp_path):
    async with trial(tmp_path) as shop:
        visit = await shop.opened()
        accepted = await shop.tell(
            "counter-1",
            r.FaceCompared(visit_id=visit.visit_id, matches=True),
            r.NotesRead(visit_id=visit.visit_id, recommendation_id="R0", digest="d"),
        )
        assert len(accepted.flagged) == 1
        assert (await shop.ordered(visit)).rule == "store.notes"


@pytest.mark.requirement("PAT-05")
async def test_what_a_person_may_decide_waits_for_that_persons_word(tmp_path):
    """Only a technician can settle a name that differs, and nothing is ordered before it is on record."""
    elder = changed(ROBIN, family="Example-Stone")
    registry = TrialRegistry(entries={CARD.number: entry(person=elder)})
    async with trial(tmp_path, registry=registry) as shop:
        visit = await shop.attended()
        (concern,) = visit.concerns
        assert concern.settled_by == "person"
        assert (await shop.ordered(visit)).rule == concern.rule
        await shop.tell("counter-1", r.ConcernSettled(visit_id=visit.visit_id, rule=concern.rule, decision="refused"))
        assert (await shop.ordered(visit)).rule == concern.rule
        await shop.tell(
            "counter-1", r.ConcernSettled(visit_id=visit.visit_id, rule=concern.rule, decision="same_person")
        )
        assert isinstance(await shop.ordered(visit), q.Order)


@pytest.mark.requirement("PAT-12")
async def test_when_the_visit_is_over_no_table_names_the_person(tmp_path):
    """Byte for byte over everything the database holds, and the answer of then is not given again."""
    async with trial(tmp_path) as shop:
        ticket = (await shop.checked_in()).ticket
        wish = q.OpenVisit(key="flow:open", session_id=await shop.session("counter-1"), ticket_id=ticket.ticket_id)
        visit = await shop.ask("counter-1", wish)
        assert isinstance(visit, Visit)
        assert await shop.ask("counter-1", wish) == visit
        assert named(await shop.hub.database.write(everything))
        await shop.tell("counter-1", r.VisitClosed(visit_id=visit.visit_id, reason="left"))
        assert not named(await shop.hub.database.write(everything))
        assert (await shop.ask("counter-1", wish)).rule == "store.visit_closed"


async def test_a_visit_that_nobody_came_to_serve_is_forgotten_too(tmp_path):
    async with trial(tmp_path) as shop:
        await shop.checked_in()
        shop.clock.advance(shop.hub.desk.pack().ticket_life.total_seconds())
        ended = await shop.hub.database.write(hub_visits.expire, shop.clock.now())
        assert [each.state for each in ended] == [VisitState.EXPIRED]
        assert not named(await shop.hub.database.write(everything))


async def test_kept_questions_cannot_be_guessed_from_their_digest(tmp_path):
    """A card number is short: a plain digest of the question would give it away."""
    async with trial(tmp_path) as shop, trial(tmp_path / "other") as other:
        digests = []
        for each in (shop, other):
            await each.ask("door", q.CheckIn(key="k", card=CARD, photo_id=PHOTO_ID))
            digests.append(await each.hub.database.write(lambda c: c.execute(select(claims.c.digest)).scalar_one()))
        assert digests[0] != digests[1]
        refs = [
            await each.hub.database.write(lambda c: c.execute(select(visits.c.patient_ref)).scalar_one())
            for each in (shop, other)
        ]
        assert refs[0] != refs[1]
