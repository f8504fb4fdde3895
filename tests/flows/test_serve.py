"""DSP-1 as stories: one visit at the counter."""

from datetime import date

import msgspec
import pytest

from kiosk.flows.requests import Printed
from kiosk.flows.serve import SERVE
from kiosk.model import questions as q
from kiosk.model.orders import Concern, Visit
from kiosk.model.text import text
from tests.flows.world import (
    CARD,
    NO,
    OTHER_TAG,
    OTHER_TICKET,
    PROFILE,
    SESSION,
    TAG,
    TICKET,
    VISIT,
    Changed,
    Hub,
    LabelCode,
    PackageTag,
    TicketCode,
    TimedOut,
    TrialWorld,
    play,
    scan,
    touch,
)

TICKET_SCAN = scan(TicketCode(ticket_id=TICKET.ticket_id))
LABEL = scan(LabelCode(number="D00", print_no=1))
PACKAGE = scan(PackageTag(uid=TAG))

OPENED = [("queue", TICKET_SCAN), ("face", touch("matches")), ("notes", touch("read"))]
ORDERED = [("basket", touch("add:tin-1")), ("basket", touch("confirm"))]
PICKED = [("await-pick", Changed())]
PROVEN = [("label-proof", LABEL), ("label-proof", PACKAGE), ("label-proof", TICKET_SCAN)]
DONE = [("handed-over", Changed()), ("handed-over", touch("next"))]


def world(**hub) -> TrialWorld:
    """A world whose vault picks as soon as it is asked to."""
    made = TrialWorld(lambda _: TimedOut(), Hub(**hub))
    made.hub.overrides.setdefault(q.AskOrder, lambda _: (made.hub.pick_all(), made.hub.order)[1])
    return made


async def serve(*answers, world=None):
    return await play(SERVE, (SESSION, False), *answers, world=world or globals()["world"]())


async def test_a_visit_from_ticket_to_hand_over():
    played = await serve(*OPENED, *ORDERED, *PICKED, *PROVEN, *DONE)
    assert played.result == "served"
    assert played.story == [
        "face-compared", "notes-read", "label-issued", "label-printed", "label-verified", "dispensed", "visit-closed",
    ]  # fmt: skip
    assert played.world.paper == [("D00", 1)]
    (dispensed,) = [fact for fact in played.keeper.facts if fact.__struct_config__.tag == "dispensed"]
    assert [(unit.number, unit.tag) for unit in dispensed.units] == [("D00", TAG)]


async def test_each_record_names_who_where_when_and_which_step():
    played = await serve(*OPENED, *ORDERED, *PICKED, *PROVEN, *DONE)
    for record in played.keeper.records:
        assert record.staff_id == "t1"
        assert record.terminal == "counter-1"
        assert record.sop == "DSP-1 v4"
        assert record.step.startswith("DSP-1.")
    assert [record.seq for record in played.keeper.records] == list(range(1, len(played.keeper.records) + 1))


@pytest.mark.requirement("PAT-08")
async def test_a_face_that_does_not_match_ends_the_visit_with_its_record():
    played = await serve(("queue", TICKET_SCAN), ("face", touch("differs")))
    assert played.story == ["face-compared", "visit-closed"]
    assert played.keeper.facts[0].matches is False


@pytest.mark.requirement("PAT-08")
async def test_of_a_licence_on_a_phone_the_counter_is_told_who_proved_it():
    profile = msgspec.structs.replace(VISIT.profile, id_proven_by="Invented IACA")
    shop = world(visit=msgspec.structs.replace(VISIT, profile=profile))
    played = await serve(("queue", TICKET_SCAN), ("face", touch("differs")), world=shop)
    (face,) = (request.step for request in played.world.shown if request.step.kind == "face")
    assert face.id_proven_by == "Invented IACA"


@pytest.mark.requirement("PAT-08")
async def test_no_order_and_no_label_before_the_face_was_compared():
    played = await serve(*OPENED, *ORDERED, *PICKED, *PROVEN, *DONE)
    assert played.story.index("face-compared") == 0
    assert played.kinds.index("face") < played.kinds.index("basket")


@pytest.mark.requirement("PAT-11")
async def test_a_visit_nobody_may_settle_offers_refusal_only():
    concern = Concern(rule="registry.revoked", reason=text("The card was revoked."), next_step=text("Refuse."))
    visit = Visit(visit_id="v1", ticket=TICKET, profile=None, concerns=(concern,))
    played = await serve(("queue", TICKET_SCAN), ("referred", touch("refuse")), world=world(visit=visit))
    assert played.story == ["visit-refused", "visit-closed"]
    assert played.keeper.facts[0].rules == ("registry.revoked",)
    assert [choice.key for choice in played.world.shown[-1].step.choices] == ["refuse"]


@pytest.mark.requirement("PAT-05")
async def test_what_a_person_may_decide_is_decided_by_name_and_recorded():
    concern = Concern(
        rule="identity.family.part_of_double_name", reason=text("The names differ."), next_step=text("Compare."),
        settled_by="person",
    )  # fmt: skip
    visit = Visit(visit_id="v1", ticket=TICKET, profile=PROFILE, concerns=(concern,))
    answers = [("queue", TICKET_SCAN), ("referred", touch("same")), *OPENED[1:], ("basket", touch("leave"))]
    played = await serve(*answers, world=world(visit=visit))
    assert played.story[0] == "concern-settled"
    assert played.keeper.records[0].staff_id == "t1"


@pytest.mark.requirement("ORD-01")
async def test_the_notes_are_shown_before_the_order_and_what_was_shown_is_kept():
    played = await serve(*OPENED, ("basket", touch("leave")))
    assert played.kinds.index("notes") < played.kinds.index("basket")
    notes = played.keeper.facts[1]
    assert notes.recommendation_id == "R1"
    assert len(notes.digest) == 64


async def test_a_patient_without_a_recommendation_gets_nothing():
    visit = msgspec.structs.replace(VISIT, profile=msgspec.structs.replace(PROFILE, recommendation=None))
    played = await serve(*OPENED[:2], world=world(visit=visit))
    assert played.story == ["face-compared", "visit-refused", "visit-closed"]


@pytest.mark.requirement("ALT-01", "ALT-07")
async def test_one_unit_too_many_is_explained_and_stays_out_of_the_basket():
    played = await serve(*OPENED, *[touch("add:tin-1")] * 3, touch("less:tin-1"), touch("leave"))
    baskets = [request.step for request in played.world.shown if request.step.kind == "basket"]
    assert [sum(line.units for line in step.basket) for step in baskets] == [0, 1, 2, 2, 1]
    assert baskets[3].refusal == NO
    assert "confirm" in [choice.key for choice in baskets[2].choices]
    assert baskets[4].refusal is None


async def test_back_takes_back_the_last_touch_in_the_basket():
    played = await serve(*OPENED, touch("add:tin-1"), ("basket", "back"), ("basket", touch("leave")))
    last = played.world.shown[-1].step
    assert last.basket == ()
    assert not last.can_go_back, "nothing lies between here and the record of the notes"


async def test_back_never_goes_behind_a_record():
    played = await serve(*OPENED, ("basket", "back"), ("basket", touch("leave")))
    assert played.story == ["face-compared", "notes-read", "visit-closed"]


async def test_a_cancelled_order_leads_back_to_the_basket():
    answers = [*OPENED, *ORDERED, ("await-pick", touch("cancel")), ("basket", touch("leave"))]
    played = await serve(*answers)
    assert all(line.state == "cancelled" for line in played.world.hub.order.lines)


@pytest.mark.requirement("LBL-03")
@pytest.mark.parametrize(
    ("wrong", "differs"),
    [
        (scan(LabelCode(number="D99", print_no=1)), "label"),
        (scan(PackageTag(uid=OTHER_TAG)), "package"),
        (scan(TicketCode(ticket_id=OTHER_TICKET.ticket_id)), "patient"),
    ],
)
async def test_a_mix_up_stops_until_the_right_thing_is_scanned(wrong, differs):
    answers = [*OPENED, *ORDERED, *PICKED, ("label-proof", wrong), ("stop", LABEL), *PROVEN[1:], *DONE]
    played = await serve(*answers)
    stop = next(request for request in played.world.shown if request.step.kind == "stop")
    assert stop.step.refusal.differs == differs
    assert stop.sound == "stop"
    assert "scan-stopped" in played.story
    assert played.story[-2:] == ["dispensed", "visit-closed"]


@pytest.mark.requirement("PAT-09")
async def test_the_patients_own_card_binds_like_the_ticket():
    played = await serve(*OPENED, *ORDERED, *PICKED, *PROVEN[:2], scan(CARD), *DONE)
    (verified,) = [fact for fact in played.keeper.facts if fact.__struct_config__.tag == "label-verified"]
    assert verified.bound_by == "card"


@pytest.mark.requirement("LBL-04")
async def test_a_damaged_label_is_voided_with_its_reason_and_its_code_is_dead():
    second = scan(LabelCode(number="D00", print_no=2))
    answers = [*OPENED, *ORDERED, *PICKED, touch("damaged"), LABEL, ("stop", second), *PROVEN[1:], *DONE]
    played = await serve(*answers)
    assert played.world.paper == [("D00", 1), ("D00", 2)]
    voided = next(fact for fact in played.keeper.facts if fact.__struct_config__.tag == "label-voided")
    assert (voided.print_no, voided.reason) == (1, "damaged")


@pytest.mark.requirement("LBL-07")
async def test_each_print_is_recorded_with_the_template_and_the_day_it_was_made_by():
    second = scan(LabelCode(number="D00", print_no=2))
    answers = [*OPENED, *ORDERED, *PICKED, touch("damaged"), LABEL, ("stop", second), *PROVEN[1:], *DONE]
    played = await serve(*answers)
    issued = [fact for fact in played.keeper.facts if fact.__struct_config__.tag == "label-issued"]
    assert [(fact.print_no, fact.template, fact.on) for fact in issued] == [
        (1, "FL label new", date(2026, 3, 2)),
        (2, "FL label old", date(2026, 3, 1)),
    ]


@pytest.mark.requirement("LBL-05")
async def test_a_printer_that_took_nothing_is_said_and_tried_again():
    troubled = world()
    troubled.printer = [Printed(outcome="failed", reason=text("The label printer has no paper. Put in a roll."))]
    played = await serve(*OPENED, *ORDERED, *PICKED, ("notice", touch("again")), *PROVEN, *DONE, world=troubled)
    assert played.world.paper == [("D00", 1)]


@pytest.mark.requirement("LBL-05")
async def test_a_doubtful_print_that_lies_there_is_used():
    doubtful = world()
    doubtful.printer = [Printed(outcome="unknown")]
    answers = [*OPENED, *ORDERED, *PICKED, ("print-doubt", LABEL), *PROVEN, *DONE]
    played = await serve(*answers, world=doubtful)
    assert played.world.paper == [("D00", 1)]
    assert "label-voided" not in played.story


@pytest.mark.requirement("LBL-05")
async def test_a_label_that_stopped_in_the_middle_is_looked_at_before_it_is_used():
    stopped = world()
    stopped.printer = [Printed(outcome="printed", check=True)]
    second = scan(LabelCode(number="D00", print_no=2))
    answers = [*OPENED, *ORDERED, *PICKED, ("print-doubt", touch("damaged")), second, *PROVEN[1:], *DONE]
    played = await serve(*answers, world=stopped)
    assert played.story.count("label-issued") == 2
    assert played.story.count("label-voided") == 1


@pytest.mark.requirement("LBL-05")
async def test_a_doubtful_print_that_is_not_there_is_voided_and_made_anew():
    doubtful = world()
    doubtful.printer = [Printed(outcome="unknown")]
    second = scan(LabelCode(number="D00", print_no=2))
    answers = [*OPENED, *ORDERED, *PICKED, touch("nothing"), second, *PROVEN[1:], *DONE]
    played = await serve(*answers, world=doubtful)
    assert played.story.count("label-issued") == 2
    (dispensed,) = [fact for fact in played.keeper.facts if fact.__struct_config__.tag == "dispensed"]
    assert dispensed.units[0].print_no == 2


async def test_a_permit_refused_at_the_end_leads_back_or_out():
    refusing = world()
    refusing.hub.overrides[q.AskPermit] = lambda _: NO
    answers = [*OPENED, *ORDERED, *PICKED, *PROVEN, ("notice", touch("cancel")), ("basket", touch("leave"))]
    played = await serve(*answers, world=refusing)
    assert "dispensed" not in played.story


async def test_an_answer_lost_on_the_way_does_not_make_a_second_order():
    lossy = world()
    answers = [*OPENED, touch("add:tin-1"), touch("confirm"), ("notice", TimedOut()), *PICKED, *PROVEN, *DONE]
    original = lossy.hub.overrides.copy()

    def lose_once(question):
        lossy.hub.lost_answers = 1
        del lossy.hub.overrides[q.ConfirmOrder]
        return lossy.hub._answer(question)

    lossy.hub.overrides = {**original, q.ConfirmOrder: lose_once}
    played = await serve(*answers, world=lossy)
    assert played.world.hub.orders_made == 1


async def test_sign_out_leaves_a_record():
    played = await serve(("queue", touch("sign_out")))
    assert played.result == "signed_out"
    assert played.story == ["signed-out"]


async def serve_with_drawer(*answers, outcomes=()):
    shop = world()
    shop.drawer = list(outcomes)
    return await play(SERVE, (SESSION, True), *OPENED, *ORDERED, *PICKED, *PROVEN, *answers, world=shop)


CASH = ("handed-over", touch("cash"))
NEXT = ("handed-over", touch("next"))


def drawer_hints(played):
    return [str(request.step.hint) for request in played.world.shown if request.step.kind == "handed-over"]


async def test_a_hand_over_with_cash_opens_the_drawer_once_and_it_is_recorded():
    played = await serve_with_drawer(CASH, ("handed-over", Changed()), NEXT)
    assert played.world.pulses == ["opened"]
    assert played.story[-3:] == ["dispensed", "drawer-opened", "visit-closed"]
    after = [request.step for request in played.world.shown if request.step.kind == "handed-over"][1:]
    assert all([choice.key for choice in step.choices] == ["next"] for step in after), "it is not offered again"
    assert drawer_hints(played)[1:] == ["The drawer is open."] * 2


@pytest.mark.parametrize("outcome", ["sent", "shut", "unknown"])
async def test_a_drawer_that_may_have_had_its_pulse_gets_no_second_one(outcome):
    played = await serve_with_drawer(CASH, NEXT, outcomes=[outcome])
    assert played.world.pulses == [outcome]
    (opened,) = [fact for fact in played.keeper.facts if fact.__struct_config__.tag == "drawer-opened"]
    assert (opened.visit_id, opened.outcome) == ("v1", outcome)


async def test_a_drawer_that_got_no_pulse_may_be_told_again():
    played = await serve_with_drawer(CASH, CASH, NEXT, outcomes=["failed", "opened"])
    assert played.world.pulses == ["failed", "opened"]
    assert played.story.count("drawer-opened") == 2


async def test_without_a_drawer_and_without_cash_nothing_opens():
    played = await serve(*OPENED, *ORDERED, *PICKED, *PROVEN, *DONE)
    assert not any(choice.key == "cash" for request in played.world.shown for choice in request.step.choices)
    played = await serve_with_drawer(NEXT)
    assert played.world.pulses == []
    assert "drawer-opened" not in played.story
