"""A visit as the hub sees it, question by question, over HTTP."""

from datetime import date
from decimal import Decimal

import pytest

from kiosk.hub import orders
from kiosk.hub.reporting import waiting_reports
from kiosk.hub.schema import visits as visits_table
from kiosk.hub.stock import left_in, package_of
from kiosk.hub.store import opened
from kiosk.model import questions as q
from kiosk.model import records as r
from kiosk.model.base import to_json
from kiosk.model.documents import PatientCard
from kiosk.model.errors import Refusal, Unavailable
from kiosk.model.orders import LineState, VisitState
from kiosk.model.people import RegistryStatus
from kiosk.model.text import text
from tests.hub.world import (
    CARD,
    FLOWER,
    PHOTO_ID,
    TAG,
    TINCTURE,
    TrialRegistry,
    TrialState,
    changed,
    entry,
    package,
    settings,
    trial,
)

AWAY = Unavailable(text("The registry does not answer."))


@pytest.fixture
async def shop(tmp_path):
    async with trial(tmp_path) as made:
        yield made


async def test_a_whole_visit_ends_in_one_receipt(shop):
    fact = await shop.dispensed()
    waiting = await shop.hub.database.write(waiting_reports)
    assert [report.external_number for report in waiting] == [fact.external_number]
    await shop.hub.reporting.send(waiting)
    (sale,) = shop.state.sales.values()
    assert (sale.external_number, sale.patient_number) == (fact.external_number, CARD.number)
    assert [(line.tag, line.units, line.total) for line in sale.lines] == [(TAG, Decimal(1), Decimal("45.00"))]


@pytest.mark.requirement("PAT-02", "PAT-11")
async def test_the_kiosk_is_told_the_same_whatever_is_wrong(tmp_path):
    answers = []
    for n, status in enumerate((RegistryStatus.REVOKED, RegistryStatus.EXPIRED, RegistryStatus.DECEASED)):
        registry = TrialRegistry(entries={CARD.number: entry(status=status)})
        async with trial(tmp_path / str(n), registry=registry) as shop:
            answers.append(await shop.checked_in())
    assert {answer.admitted for answer in answers} == {False}
    assert {set(answer.__struct_fields__) == {"ticket", "admitted"} for answer in answers} == {True}


@pytest.mark.requirement("PAT-06", "PAT-11")
@pytest.mark.parametrize("status", [status for status in RegistryStatus if status is not RegistryStatus.ACTIVE])
async def test_each_standing_reaches_the_counter_as_its_own_reason(tmp_path, status):
    registry = TrialRegistry(entries={CARD.number: entry(status=status)})
    async with trial(tmp_path, registry=registry) as shop:
        ticket = (await shop.checked_in()).ticket
        visit = await shop.opened(ticket_id=ticket.ticket_id)
        assert visit.concerns
        assert visit.profile is None
        assert all(concern.settled_by != "person" for concern in visit.concerns if "registry" in concern.rule)


@pytest.mark.requirement("PAT-07")
async def test_a_registry_without_an_answer_is_never_a_pass(tmp_path):
    async with trial(tmp_path, registry=TrialRegistry(trouble=AWAY)) as shop:
        checked_in = await shop.checked_in()
        assert not checked_in.admitted
        visit = await shop.opened(ticket_id=checked_in.ticket.ticket_id)
        assert visit.profile is None
        assert visit.concerns
        assert not shop.hub.watch.link.up


async def test_one_document_alone_is_referred(shop):
    assert not (await shop.checked_in(photo_id=None)).admitted
    assert not (await shop.checked_in(card=None)).admitted


@pytest.mark.requirement("PAT-05")
async def test_swapped_cards_are_not_admitted(shop):
    other = changed(PHOTO_ID, family="STRANGER", given="QUINN")
    assert not (await shop.checked_in(photo_id=other)).admitted


@pytest.mark.requirement("PAT-10")
async def test_tickets_under_way_are_all_different_and_a_visit_is_served_once(shop):
    tickets = [(await shop.checked_in()).ticket for _ in range(40)]
    assert len({ticket.number for ticket in tickets}) == 40
    assert len({ticket.ticket_id for ticket in tickets}) == 40
    first = await shop.opened("counter-1", ticket_id=tickets[0].ticket_id)
    second = await shop.opened("counter-2", ticket_id=tickets[0].ticket_id)
    assert first.ticket == tickets[0]
    assert second.rule == "store.visit_elsewhere"
    assert (await shop.opened("counter-1", ticket_id=tickets[0].ticket_id)).visit_id == first.visit_id


@pytest.mark.requirement("PAT-10")
async def test_a_ticket_nobody_serves_ends_after_its_time(shop):
    ticket = (await shop.checked_in()).ticket
    shop.clock.advance(shop.hub.desk.pack().ticket_life.total_seconds() - 1)
    (await shop.opened("counter-1", ticket_id=ticket.ticket_id)).visit_id  # noqa: B018  (an open visit has one)
    late = (await shop.checked_in()).ticket
    shop.clock.advance(shop.hub.desk.pack().ticket_life.total_seconds() + 1)
    assert (await shop.opened("counter-2", ticket_id=late.ticket_id)).rule == "store.visit_expired"


async def test_the_patients_own_card_opens_the_visit_where_the_ticket_is_lost(shop):
    ticket = (await shop.checked_in()).ticket
    visit = await shop.opened(card=CARD)
    assert visit.ticket == ticket
    assert (await shop.opened(card=PatientCard(number="P0000000", state="FL"))).rule == "store.visit_unknown"


@pytest.mark.requirement("PAT-09")
async def test_a_card_at_hand_over_is_the_patients_or_it_is_not(shop):
    visit = await shop.opened()
    assert isinstance(await shop.ask("counter-1", q.MatchCard(visit_id=visit.visit_id, card=CARD)), q.Matched)
    other = q.MatchCard(visit_id=visit.visit_id, card=PatientCard(number="P0000000", state="FL"))
    assert (await shop.ask("counter-1", other)).differs == "patient"


@pytest.mark.requirement("PAT-08", "ORD-01", "SOP-02")
async def test_no_order_before_face_and_notes_whatever_the_screen_says(shop):
    visit = await shop.opened()
    assert (await shop.ordered(visit)).rule == "store.face"
    await shop.tell("counter-1", r.FaceCompared(visit_id=visit.visit_id, matches=True))
    assert (await shop.ordered(visit)).rule == "store.notes"
    await shop.tell("counter-1", r.NotesRead(visit_id=visit.visit_id, recommendation_id="R1", digest="d"))
    assert isinstance(await shop.ordered(visit), q.Order)


async def test_a_face_that_does_not_match_opens_nothing(shop):
    visit = await shop.opened()
    await shop.tell(
        "counter-1",
        r.FaceCompared(visit_id=visit.visit_id, matches=False),
        r.NotesRead(visit_id=visit.visit_id, recommendation_id="R1", digest="d"),
    )
    assert (await shop.ordered(visit)).rule == "store.face"


@pytest.mark.requirement("OPN-01")
async def test_nobody_works_without_a_session_of_this_terminal(shop):
    session_id = await shop.session("counter-1")
    ticket = (await shop.checked_in()).ticket
    for terminal, session in (("counter-2", session_id), ("counter-1", "made-up")):
        answer = await shop.ask(terminal, q.OpenVisit(key=shop.key(), session_id=session, ticket_id=ticket.ticket_id))
        assert answer.rule == "store.not_signed_in"
    await shop.tell("counter-1", r.SignedOut(session_id=session_id, reason="asked"))
    answer = await shop.ask("counter-1", q.OpenVisit(key=shop.key(), session_id=session_id, ticket_id=ticket.ticket_id))
    assert answer.rule == "store.not_signed_in"


async def test_guessing_pins_is_slowed_down_for_the_person_and_the_terminal(shop):
    for _ in range(5):
        assert (await shop.ask("counter-1", q.SignIn(badge="B-t1", pin="000000"))).rule == "store.sign_in"
    assert (await shop.ask("counter-1", q.SignIn(badge="B-t1", pin="246810"))).rule == "store.sign_in_locked"
    assert (await shop.ask("counter-1", q.SignIn(badge="B-t2", pin="246810"))).rule == "store.sign_in_locked"
    assert (await shop.ask("counter-2", q.SignIn(badge="B-t1", pin="246810"))).rule == "store.sign_in_locked"
    shop.clock.advance(31)
    assert (await shop.ask("counter-1", q.SignIn(badge="B-t1", pin="246810"))).staff_id == "t1"


@pytest.mark.requirement("ALT-01")
async def test_what_is_left_is_told_before_the_order_with_source_and_age(shop):
    visit = await shop.attended()
    counsel = await shop.ask("counter-1", q.AskStanding(visit_id=visit.visit_id))
    pools = {pool.pool: pool for pool in counsel.standing.pools}
    assert pools["smoking"].limit == Decimal("70.87") or pools["smoking"].unit
    assert all(pool.source and pool.citation for pool in pools.values())
    offers = {offer.product_id: offer for offer in counsel.offers}
    assert offers["1"].most > 0
    assert offers["2"].most == 20, "2.5 oz hold twenty jars of 3.5 g"


@pytest.mark.requirement("ALT-02")
async def test_exactly_at_the_limit_passes_and_one_more_is_refused_with_its_sum(shop):
    visit = await shop.attended()
    refused = await shop.ordered(visit, q.BasketLine(product_id="2", units=21))
    assert refused.citation
    assert refused.arithmetic is not None
    assert refused.way_on is not None
    order = await shop.ordered(visit, q.BasketLine(product_id="2", units=20))
    assert order.lines[0].units == 20


@pytest.mark.requirement("ORD-02")
async def test_a_route_the_physician_did_not_name_is_refused_by_name(tmp_path):
    only = changed(entry().recommendation, routes=("sublingual",))
    registry = TrialRegistry(entries={CARD.number: entry(recommendation=only)})
    async with trial(tmp_path, registry=registry) as shop:
        visit = await shop.attended()
        refused = await shop.ordered(visit, q.BasketLine(product_id="2", units=1))
        assert isinstance(refused, Refusal)
        counsel = await shop.ask("counter-1", q.AskStanding(visit_id=visit.visit_id))
        (flower,) = [offer for offer in counsel.offers if offer.product_id == "2"]
        assert flower.most == 0
        assert flower.why_not is not None


async def test_the_same_question_again_gets_the_same_answer_byte_for_byte(shop):
    visit = await shop.attended()
    wish = q.ConfirmOrder(
        key="flow:same", session_id=await shop.session("counter-1"), visit_id=visit.visit_id,
        basket=(q.BasketLine(product_id="1", units=1),),
    )  # fmt: skip
    first = await shop.post("counter-1", "/v1/ask/confirm-order", wish)
    second = await shop.post("counter-1", "/v1/ask/confirm-order", wish)
    assert first.content == second.content
    other = changed(wish, basket=(q.BasketLine(product_id="1", units=2),))
    assert (await shop.ask("counter-1", other)).rule == "store.key_used"


@pytest.mark.requirement("ORD-04")
async def test_a_line_is_picked_by_one_person_and_reaches_nobody_elses_hands(shop):
    order = await shop.ordered(await shop.attended())
    line_id = order.lines[0].line_id
    session_id = await shop.session("vault-1", "p1")
    await shop.ask("vault-1", q.ClaimLine(key=shop.key(), session_id=session_id, line_id=line_id))
    again = await shop.ask("vault-1", q.ClaimLine(key=shop.key(), session_id=session_id, place="V-A3-2"))
    assert again.line_id == line_id, "the same person may take it up again"
    del shop.sessions["vault-1"]
    other = await shop.session("vault-1", "p2")
    taken = await shop.ask("vault-1", q.ClaimLine(key=shop.key(), session_id=other, line_id=line_id))
    assert taken.rule == "store.line_taken"


@pytest.mark.requirement("PIK-01", "PIK-02", "PIK-04")
async def test_wrong_packages_are_refused_by_what_differs(tmp_path):
    swapped = changed(package("S" * 24, TINCTURE, "B1"))
    swapped = changed(swapped, lab=changed(swapped.lab, thc=swapped.lab.cbd, cbd=swapped.lab.thc))
    wrong = {
        "product": package("P" * 24, FLOWER, "B1"),
        "batch": package("B" * 24, TINCTURE, "B2", expires=date(2027, 2, 2)),
        "thc": changed(swapped, expires=date(2027, 2, 2)),
        "hold": package("H" * 24, TINCTURE, "B1", holds=("recall",)),
        "expired": package("E" * 24, TINCTURE, "B1", expires=date(2026, 1, 1)),
        "not_accepted": package("A" * 24, TINCTURE, "B1", accepted=False),
        "finished": package("F" * 24, TINCTURE, "B1", finished=True),
        "empty": package("0" * 24, TINCTURE, "B1", quantity=0),
    }
    state = TrialState(packages=[package(TAG, TINCTURE, "B1"), *wrong.values()], products=[TINCTURE, FLOWER])
    async with trial(tmp_path, state) as shop:
        order = await shop.ordered(await shop.attended())
        session_id = await shop.session("vault-1", "p1")
        line_id = order.lines[0].line_id
        line = await shop.ask("vault-1", q.ClaimLine(key=shop.key(), session_id=session_id, line_id=line_id))
        assert line.tag == TAG
        for differs, one in wrong.items():
            answer = await shop.ask("vault-1", q.CheckUnit(session_id=session_id, line_id=line_id, tag=one.tag))
            assert isinstance(answer, Refusal), differs
            assert answer.differs == differs
        unknown = await shop.ask("vault-1", q.CheckUnit(session_id=session_id, line_id=line_id, tag="9" * 24))
        assert unknown.differs == "unknown"


@pytest.mark.requirement("PIK-03")
async def test_units_with_codes_of_their_own_leave_once(tmp_path):
    state = TrialState(packages=[package(TAG, TINCTURE, "B1", unit_codes=True)])
    async with trial(tmp_path, state) as shop:
        order = await shop.ordered(await shop.attended(), q.BasketLine(product_id="1", units=2))
        session_id = await shop.session("vault-1", "p1")
        line_id = order.lines[0].line_id
        await shop.ask("vault-1", q.ClaimLine(key=shop.key(), session_id=session_id, line_id=line_id))

        def check(item: int) -> q.CheckUnit:
            return q.CheckUnit(session_id=session_id, line_id=line_id, tag=TAG, item=item)

        assert (await shop.ask("vault-1", check(0))).rule == "store.unit_code"
        assert (await shop.ask("vault-1", check(7))).n == 1
        await shop.tell("vault-1", r.UnitPicked(line_id=line_id, tag=TAG, item=7, n=1, place="V-A3-2"))
        assert (await shop.ask("vault-1", check(7))).rule == "store.unit_once"
        assert (await shop.ask("vault-1", check(8))).n == 2


@pytest.mark.requirement("LBL-01", "LBL-02")
async def test_a_label_holds_the_facts_of_the_scanned_package(shop):
    visit = await shop.attended()
    order = await shop.picked(await shop.ordered(visit))
    line = order.lines[0]
    wish = q.MakeLabel(
        visit_id=visit.visit_id, line_id=line.line_id, number=line.dispense_numbers[0], print_no=1, tag=line.tags[0]
    )
    label = await shop.ask("counter-1", wish)
    values = {field.key: field.value for field in label.fields}
    assert values["patient.name"] == "Robin Example"
    assert "B1" in values["batch.number"]
    assert any("15 mg" in value for value in values.values())
    assert label.tag == TAG


@pytest.mark.requirement("LBL-01")
async def test_a_missing_fact_stops_the_label_and_is_named(tmp_path):
    blank = changed(package(TAG, TINCTURE, ""), batch="")
    async with trial(tmp_path, TrialState(packages=[blank])) as shop:
        visit = await shop.attended()
        order = await shop.picked(await shop.ordered(visit))
        line = order.lines[0]
        wish = q.MakeLabel(
            visit_id=visit.visit_id, line_id=line.line_id, number=line.dispense_numbers[0], print_no=1, tag=TAG
        )
        refused = await shop.ask("counter-1", wish)
        assert isinstance(refused, Refusal)
        assert "atch" in str(refused.reason)


@pytest.mark.requirement("LBL-03")
async def test_nothing_is_handed_over_before_every_label_is_proven(shop):
    visit = await shop.attended()
    order = await shop.picked(await shop.ordered(visit))
    assert (await shop.permitted(visit, order)).rule == "store.proof"
    await shop.proven(visit, order)
    assert isinstance(await shop.permitted(visit, order), q.Permit)


@pytest.mark.requirement("LBL-04")
async def test_a_voided_print_proves_nothing(shop):
    visit = await shop.attended()
    order = await shop.picked(await shop.ordered(visit))
    (unit,) = await shop.proven(visit, order)
    await shop.tell("counter-1", r.LabelVoided(number=unit.number, print_no=1, reason="damaged"))
    assert (await shop.permitted(visit, order)).rule == "store.proof"


@pytest.mark.requirement("ALT-05")
async def test_what_was_bought_elsewhere_meanwhile_stops_the_hand_over(shop):
    visit = await shop.attended()
    order = await shop.picked(await shop.ordered(visit, q.BasketLine(product_id="2", units=20)))
    await shop.proven(visit, order)
    shop.registry.entries[CARD.number] = entry(available={"smoking": Decimal("2.0")})
    refused = await shop.permitted(visit, order)
    assert isinstance(refused, Refusal)
    assert refused.citation


@pytest.mark.requirement("ALT-05")
async def test_the_smaller_figure_wins_at_the_order_too(tmp_path):
    registry = TrialRegistry(entries={CARD.number: entry(available={"smoking": Decimal("0.25")})})
    async with trial(tmp_path, registry=registry) as shop:
        visit = await shop.attended()
        assert isinstance(await shop.ordered(visit, q.BasketLine(product_id="2", units=3)), Refusal)
        assert isinstance(await shop.ordered(visit, q.BasketLine(product_id="2", units=2)), q.Order)


@pytest.mark.requirement("ORD-08")
async def test_a_cancelled_order_gives_back_allotment_and_stock(shop):
    visit = await shop.attended()
    order = await shop.ordered(visit, q.BasketLine(product_id="2", units=20))
    before = await shop.ask("counter-1", q.AskStanding(visit_id=visit.visit_id))
    wish = q.CancelOrder(
        key=shop.key(), session_id=await shop.session("counter-1"), order_id=order.order_id, reason="changed"
    )
    assert isinstance(await shop.ask("counter-1", wish), q.Cancelled)
    after = await shop.ask("counter-1", q.AskStanding(visit_id=visit.visit_id))
    assert [offer.most for offer in before.offers if offer.product_id == "2"] == [0]
    assert [offer.most for offer in after.offers if offer.product_id == "2"] == [20]


@pytest.mark.requirement("PAT-12", "PRV-06")
async def test_after_the_visit_nothing_of_the_person_is_left_in_its_row(shop):
    fact = await shop.dispensed()
    await shop.tell("counter-1", r.VisitClosed(visit_id=fact.visit_id, reason="dispensed"))
    rows = await shop.hub.database.write(lambda c: [dict(row) for row in c.execute(_visits()).mappings()])
    (row,) = [row for row in rows if row["visit_id"] == fact.visit_id]
    assert row["state"] == VisitState.CLOSED
    assert "Example" not in repr(row)
    assert CARD.number not in repr(row)


@pytest.mark.requirement("LBL-08")
async def test_a_dispensation_moves_stock_allotment_record_and_report_together(shop):
    before = await shop.hub.database.write(_left)
    fact = await shop.dispensed()
    assert await shop.hub.database.write(_left) == before - 1
    order = await shop.ask("counter-1", q.AskOrder(order_id=fact.order_id))
    assert [line.state for line in order.lines] == [LineState.DISPENSED]
    assert len(await shop.hub.database.write(waiting_reports)) == 1


async def test_a_dispensation_without_a_permit_is_kept_and_flagged(shop):
    visit = await shop.attended()
    order = await shop.picked(await shop.ordered(visit))
    units = await shop.proven(visit, order)
    fact = r.Dispensed(
        visit_id=visit.visit_id, order_id=order.order_id, permit_id="none", external_number="X-1", units=units
    )
    accepted = await shop.tell("counter-1", fact)
    assert "permit" in next(iter(accepted.flagged.values()))
    assert accepted.watermark == shop.seqs["counter-1"]


@pytest.mark.requirement("PRV-06")
async def test_the_hubs_files_and_logs_hold_no_patient(tmp_path, caplog):
    caplog.set_level("DEBUG")
    async with trial(tmp_path) as shop:
        await shop.dispensed()
    words = (b"Robin", b"Example", CARD.number.encode())
    for file in tmp_path.rglob("*"):
        if file.is_file():
            data = file.read_bytes()
            assert not any(word in data for word in words), file.name
    assert not any(word.decode() in caplog.text for word in words)


async def test_a_hub_that_starts_again_knows_everything(tmp_path):
    async with trial(tmp_path) as shop:
        visit = await shop.attended()
        order = await shop.ordered(visit)
    async with opened(settings(tmp_path), shop.state, shop.registry, shop.clock, work=False) as again:
        known = await again.database.write(lambda c: orders.order_of(c, order.order_id))
        assert to_json(known) == to_json(order)


def _visits():
    return visits_table.select()


def _left(connection):
    return left_in(connection, package_of(connection, TAG))


@pytest.mark.requirement("PAT-04", "PAT-08")
async def test_a_licence_on_a_phone_is_named_with_who_proved_it_where_the_store_takes_it(tmp_path):
    on_phone = changed(PHOTO_ID, standard="ISO-18013-5", proven_by="Invented IACA")
    for takes in (False, True):
        async with trial(tmp_path / str(takes), licences_on_phones=takes) as shop:
            ticket = (await shop.checked_in(photo_id=on_phone)).ticket
            visit = await shop.opened(ticket_id=ticket.ticket_id)
            if takes:
                assert visit.concerns == ()
                assert (visit.profile.id_proven_by, visit.profile.id_issuer) == ("Invented IACA", "FL")
                assert visit.profile.id_kind == "Driver licence or state ID card"
            else:
                assert [concern.rule for concern in visit.concerns] == ["id.not_accepted"]
                assert visit.profile is None
