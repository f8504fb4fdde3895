"""Trouble at vault, printer and hand-over in a whole store: a plain sentence, a way on, nothing lost."""

import pytest

from kiosk.demo.person import Deed, Patient, Scan, Technician
from kiosk.documents.codes import label_code, ticket_code
from kiosk.flows import steps
from kiosk.flows.steps import Picture
from kiosk.model.records import Dispensed, LabelPrinted, LabelVoided, ScanStopped
from tests.demo.store import Respond, Store, but

pytestmark = pytest.mark.process

PLANTED = {
    "101": [
        ("1A4FF0300000B2C00000FFFF", "unknown"),
        ("1A4FF0300000B2C000004720", "product"),
        ("1A4FF0300000B2C000004712", "batch"),
        ("1A4FF0300000B2C000004790", "hold"),
    ],
    "104": [("1A4FF0300000B2C000004791", "expired")],
    "105": [("1A4FF0300000B2C000004792", "untested")],
    "106": [("1A4FF0300000B2C000004793", "hold")],
}
"""Wrong packages for a line of each product, and what is named."""


def scan(code: str) -> Scan:
    return Scan(code.encode(), "")


@pytest.mark.requirement("PAT-09", "PIK-01", "PIK-04", "LBL-03")
async def test_wrong_packages_and_another_patients_ticket_are_stopped_by_name_until_the_right_one_comes(tmp_path):
    async with Store.opened(tmp_path / "store") as store:
        papers = store.papers("Close to the smoking limit")
        other = (await store.check_in(papers.card, papers.photo_id)).ticket
        assert other is not None
        await store.step("checkin", steps.Documents)
        patient = Patient(store.shop.patient.card, store.shop.patient.photo_id)
        technician = store.technician(patient, dict.fromkeys(PLANTED, 1))
        serve, pick = technician.respond, store.picker().respond
        async with store.working(
            checkin=patient.respond,
            counter=but(serve, steps.LabelProof, steps.Stop),
            vault=but(pick, steps.UnitWanted, steps.Stop),
        ):
            for _ in PLANTED:
                asked = await store.step("vault", steps.UnitWanted)
                for tag, differs in PLANTED[asked.line.product.product_id]:
                    stop = await store.after("vault", scan(tag), steps.Stop)
                    assert stop.refusal.differs == differs
                    assert stop.refusal.reason
                    assert stop.refusal.way_on
                right = await store.after("vault", scan(asked.line.tag), steps.TakeToCounter)
                assert right.line.line_id == asked.line.line_id
            proof = await store.step("counter", steps.LabelProof)
        elsewhere = next(tag for tag in ("1A4FF0300000B2C000004711", "1A4FF0300000B2C000004740") if tag != proof.tag)
        mixed = [
            (ticket_code(other.ticket_id), "patient"),
            (elsewhere, "package"),
            (label_code("AAAA", 1), "label"),
        ]
        for code, differs in mixed:
            stop = await store.after("counter", scan(code), steps.Stop)
            assert stop.refusal.differs == differs
        async with store.working(counter=_through_stops(technician, patient)):
            await store.picture("counter", lambda _: technician.finished)
        stopped = await store.facts(ScanStopped)
        planted = sorted(differs for wrong in PLANTED.values() for _, differs in wrong)
        assert sorted(each.differs for each in stopped) == sorted([*planted, *(differs for _, differs in mixed)])
        (sold,) = await store.facts(Dispensed)
        assert len(sold.units) == len(PLANTED)
        assert {unit.tag for unit in sold.units}.isdisjoint({tag for wrong in PLANTED.values() for tag, _ in wrong})
        result = await store.shop.result()
        assert (len(result.labels), len(result.receipts), result.dispensed) == (len(PLANTED), 1, 1)


def _through_stops(technician: Technician, patient: Patient) -> Respond:
    """A stop ends by the right scan: the ticket of the patient who stands there."""

    def respond(picture: Picture) -> Deed | None:
        if isinstance(picture.step, steps.Stop):
            return scan(ticket_code(patient.ticket_id))
        return technician.respond(picture)

    return respond


@pytest.mark.requirement("PAT-13")
async def test_a_caregiver_opens_the_visit_of_the_minor_who_stays_on_the_banner(tmp_path):
    async with Store.opened(tmp_path / "store") as store:
        caregiver = store.papers("Caregiver of the minor")
        patient = Patient(caregiver.card, caregiver.photo_id)
        technician = store.technician(patient)
        async with store.working(
            checkin=patient.respond, counter=but(technician.respond, steps.FaceCheck), vault=store.picker().respond
        ):
            picture = await store.picture("counter", lambda each: isinstance(each.step, steps.FaceCheck))
        face, banner = picture.step, picture.banner
        assert isinstance(face, steps.FaceCheck)
        assert banner is not None
        assert (face.person.given, face.person.family) == ("Terry", "Brook")
        assert face.on_behalf_of is not None
        assert face.on_behalf_of.given == banner.person.given == "Sage"
        assert banner.card_ending == "10RS"[-len(banner.card_ending) :]
        async with store.working(counter=technician.respond, vault=store.picker().respond):
            await store.picture("counter", lambda _: technician.finished)
        result = await store.shop.result()
        assert result.right
        (receipt,) = result.receipts
        assert (receipt["PatientLicenseNumber"], receipt["CaregiverLicenseNumber"]) == ("P5MN10RS", "C2PA44LD")
        assert "Patient: Sage Brook" in result.label_text[0]


@pytest.mark.requirement("LBL-04", "LBL-05")
async def test_printer_trouble_ends_with_exactly_one_good_label_for_each_unit(tmp_path):
    async with Store.opened(tmp_path / "store") as store:
        printer = store.shop.stations["counter"].printer
        for n, (hurt, mend, told) in enumerate(
            (
                (printer.power_off, printer.power_on, "power"),
                (printer.out_of_paper, printer.load_paper, "paper"),
            ),
            start=1,
        ):
            patient = Patient(store.shop.patient.card, store.shop.patient.photo_id)
            technician = store.technician(patient)
            hurt()
            said = await store.picture("counter", lambda each, told=told: told in str(each.printer).lower())  # type: ignore[misc]
            assert said.step.kind != "printing", "it is said before anybody prints"
            async with store.working(
                checkin=patient.respond,
                counter=but(technician.respond, steps.Notice),
                vault=store.picker().respond,
            ):
                notice = await store.step("counter", steps.Notice)
                assert told.lower() in str(notice.body).lower()
                assert [choice.key for choice in notice.choices] == ["again", "cancel"]
                assert len(printer.pieces) == n - 1
                mend()
                await store.touch("counter", "again")
                await store.picture("counter", lambda _, one=technician: one.finished)  # type: ignore[misc]
            assert [piece.whole for piece in printer.pieces] == [True] * n
        assert [each.outcome for each in await store.facts(LabelPrinted)] == ["failed", "printed"] * 2
        assert await store.facts(LabelVoided) == []


@pytest.mark.requirement("LBL-04", "LBL-05")
async def test_a_power_cut_of_the_printer_is_asked_about_and_the_torn_print_is_dead(tmp_path):
    async with Store.opened(tmp_path / "store") as store:
        counter = store.shop.stations["counter"]
        patient = Patient(store.shop.patient.card, store.shop.patient.photo_id)
        technician = store.technician(patient)
        counter.printer.power_off(after=200)
        async with store.working(
            checkin=patient.respond,
            counter=but(technician.respond, steps.PrintDoubt, steps.LabelProof, steps.Stop),
            vault=store.picker().respond,
        ):
            doubt = await store.step("counter", steps.PrintDoubt)
            assert doubt.print_no == 1
            assert [choice.key for choice in doubt.choices] == ["nothing", "damaged"]
            counter.printer.power_on()
            await store.touch("counter", "nothing")
            proof = await store.step("counter", steps.LabelProof)
            assert (proof.number, proof.print_no) == (doubt.number, 2)
            stop = await store.after("counter", scan(label_code(doubt.number, 1)), steps.Stop)
            assert (stop.refusal.differs, stop.refusal.wanted, stop.refusal.found) == ("print", "2", "1")
        async with store.working(counter=_through_stops(technician, patient)):
            await store.picture("counter", lambda _: technician.finished)
        (voided,) = await store.facts(LabelVoided)
        assert (voided.number, voided.print_no, voided.reason) == (doubt.number, 1, "nothing came out")
        assert (await store.shop.result()).right
        (whole,) = [piece for piece in counter.printer.pieces if piece.whole]
        assert label_code(doubt.number, 2) in whole.codes
        (sold,) = await store.facts(Dispensed)
        assert [unit.print_no for unit in sold.units] == [2]
