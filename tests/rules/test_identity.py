"""Card, ID and registry agree, or the visit says exactly what stands in the way and who may settle it."""

from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

import pytest
from msgspec.structs import replace

from kiosk.model.documents import PatientCard, PhotoId
from kiosk.model.orders import Concern
from kiosk.model.people import Person, RegistryEntry, RegistryStatus
from kiosk.rules.identity import age, concerns
from kiosk.rules.law import Pack
from tests.rules.given import TODAY, florida, recommendation

BORN = date(1991, 4, 23)
ROBIN = Person(given="Robin", family="Example", born=BORN)
SAM = Person(given="Sam", family="Helper", born=date(1980, 5, 1))
CARD = PatientCard(number="PABC1234", state="FL")
ID = PhotoId(
    family="EXAMPLE",
    given="ROBIN",
    born=BORN,
    issued=date(2022, 1, 1),
    expires=date(2030, 1, 1),
    number="E123456789012",
    issuer="GA",
    standard="AAMVA-10",
)
ENTRY = RegistryEntry(
    number="PABC1234",
    status=RegistryStatus.ACTIVE,
    person=ROBIN,
    expires=date(2026, 12, 31),
    recommendation=recommendation(),
)
CARER_CARD = PatientCard(number="CABC9999", state="FL")
CARER_ID = replace(ID, family="HELPER", given="SAM", born=SAM.born)
CARER_ENTRY = replace(
    ENTRY, number="CABC9999", person=SAM, role="caregiver", patients=("PABC1234", "PABC1235"), recommendation=None
)


@dataclass
class Visit:
    card: PatientCard | None = CARD
    photo_id: PhotoId | None = ID
    entry: RegistryEntry | None = ENTRY
    patient: RegistryEntry | None = None
    trouble: tuple[str, ...] = ()
    on: date = TODAY
    phones: bool = False
    pack: Pack = field(default_factory=florida)

    def concerns(self) -> tuple[Concern, ...]:
        return concerns(
            self.pack, self.card, self.photo_id, self.entry, self.patient, self.on, self.trouble, phones=self.phones
        )


def carer(**changes: Any) -> Visit:
    return Visit(**{"card": CARER_CARD, "photo_id": CARER_ID, "entry": CARER_ENTRY, "patient": ENTRY, **changes})


def rules(visit: Visit) -> list[str]:
    return [each.rule for each in visit.concerns()]


def test_a_patient_with_both_documents_in_order_is_admitted() -> None:
    assert Visit().concerns() == ()


DOCUMENTS = {
    "card.missing": Visit(card=None),
    "card.other_state": Visit(card=replace(CARD, state="ZZ")),
    "card.expired": Visit(card=replace(CARD, expires=TODAY - timedelta(days=1))),
    "id.missing": Visit(photo_id=None),
    "id.expired": Visit(photo_id=replace(ID, expires=TODAY - timedelta(days=1))),
    "id.not_yet_valid": Visit(photo_id=replace(ID, issued=TODAY + timedelta(days=1))),
    "id.no_birth_date": Visit(photo_id=replace(ID, born=None)),
    "id.not_accepted": Visit(photo_id=replace(ID, standard="ICAO-TD3", issuer="UTO")),
    "registry.not_yet_valid": Visit(entry=replace(ENTRY, valid_from=TODAY + timedelta(days=1))),
    "registry.expired": Visit(entry=replace(ENTRY, expires=TODAY - timedelta(days=1))),
    "registry.other_number": Visit(entry=replace(ENTRY, number="PABC1235")),
    "registry.no_person": Visit(entry=replace(ENTRY, person=None)),
    "registry.role": Visit(entry=replace(ENTRY, role="inspector")),
    "recommendation.none": Visit(entry=replace(ENTRY, recommendation=None)),
    "recommendation.ended": Visit(entry=replace(ENTRY, recommendation=recommendation(valid_to=date(2026, 3, 1)))),
    "age.minor": Visit(
        photo_id=replace(ID, born=date(2008, 3, 3)),
        entry=replace(ENTRY, person=replace(ROBIN, born=date(2008, 3, 3))),
    ),
}


@pytest.mark.requirement("PAT-04")
@pytest.mark.parametrize("rule", DOCUMENTS)
def test_each_flaw_has_a_reason_of_its_own_and_nobody_may_wave_it_through(rule: str) -> None:
    (found,) = DOCUMENTS[rule].concerns()
    assert found.rule == rule
    assert found.settled_by == ""
    assert found.citation
    assert str(found.next_step)


def test_a_document_is_good_through_its_last_day() -> None:
    last = Visit(
        card=replace(CARD, expires=TODAY),
        photo_id=replace(ID, expires=TODAY, issued=TODAY),
        entry=replace(ENTRY, expires=TODAY, valid_from=TODAY),
    )
    assert last.concerns() == ()


@pytest.mark.requirement("PAT-06")
def test_every_status_has_its_own_reason_and_next_step_and_only_one_proceeds() -> None:
    said: dict[RegistryStatus, tuple[str, str]] = {}
    for status in RegistryStatus:
        visit = Visit(entry=replace(ENTRY, status=status))
        if status is RegistryStatus.ACTIVE:
            assert visit.concerns() == ()
            continue
        (found,) = visit.concerns()
        assert found.rule == f"registry.{status}"
        assert found.settled_by == ""
        said[status] = (str(found.reason), str(found.next_step))
    assert len({reason for reason, _ in said.values()}) == len(RegistryStatus) - 1


@pytest.mark.requirement("PAT-07")
def test_a_registry_that_did_not_answer_is_never_a_pass() -> None:
    silent = Visit(entry=None).concerns()
    nonsense = Visit(entry=RegistryEntry(number="PABC1234", status=RegistryStatus.UNKNOWN)).concerns()
    assert silent == nonsense
    assert [each.settled_by for each in silent] == [""]


@pytest.mark.requirement("PAT-05")
@pytest.mark.parametrize(
    ("shown", "who"),
    [
        ({"family": "EXAMPLE-LINDQVIST"}, "person"),
        ({"given": "ROBERTA", "family": "STRANGER"}, ""),
        ({"family": "EXAMPEL"}, "person"),
        ({"given": "LEE ROBIN"}, "person"),
        ({"suffix": "JR"}, "person"),
        ({"born": date(1991, 4, 24)}, ""),
        ({"born": date(1991, 4, 23), "family": "Exámple"}, "nobody"),
    ],
)
def test_another_name_goes_to_a_person_and_another_person_to_nobody(shown: dict[str, Any], who: str) -> None:
    found = Visit(photo_id=replace(ID, **shown)).concerns()
    if who == "nobody":
        assert found == ()
        return
    assert found
    assert {each.settled_by for each in found} == {who}
    assert all("ID and registry differ" in str(each.reason) for each in found)


@pytest.mark.requirement("PAT-04")
def test_an_altered_check_value_is_told_to_staff_who_look_at_the_plastic() -> None:
    (found,) = Visit(photo_id=replace(ID, warnings=("mrz.check_value",))).concerns()
    assert (found.rule, found.settled_by) == ("mrz.check_value", "person")
    assert "mrz.check_value" in str(found.reason)
    assert "Look at the ID itself." in str(found.next_step)
    assert Visit(photo_id=replace(ID, warnings=("carriage_return_typed",))).concerns() == ()


@pytest.mark.requirement("PAT-13")
def test_a_caregiver_opens_only_the_patients_that_are_linked() -> None:
    assert carer().concerns() == ()
    assert rules(carer(patient=replace(ENTRY, number="PZZZ0001"))) == ["caregiver.not_linked"]
    assert rules(carer(patient=None)) == ["patient.unknown"]
    assert rules(carer(entry=replace(CARER_ENTRY, patients=()))) == ["caregiver.nobody"]
    assert rules(carer(patient=replace(CARER_ENTRY, number="PABC1234"))) == ["patient.role"]
    assert rules(carer(patient=replace(ENTRY, recommendation=None))) == ["recommendation.none"]


@pytest.mark.requirement("PAT-13")
def test_the_patient_behind_a_caregiver_has_to_be_in_good_standing_too() -> None:
    for status in RegistryStatus:
        if status is not RegistryStatus.ACTIVE:
            (found,) = carer(patient=replace(ENTRY, status=status)).concerns()
            assert (found.rule, found.settled_by) == (f"patient.{status}", "")


@pytest.mark.requirement("PAT-13")
def test_a_minor_is_served_through_a_caregiver_who_is_old_enough() -> None:
    child = replace(ENTRY, person=replace(ROBIN, born=date(2015, 6, 1)))
    assert carer(patient=child).concerns() == ()
    young = date(2006, 1, 1)
    too_young = carer(
        photo_id=replace(CARER_ID, born=young), entry=replace(CARER_ENTRY, person=replace(SAM, born=young))
    )
    assert rules(too_young) == ["age.caregiver"]


def test_what_the_terminal_saw_is_told_and_the_missing_document_is_named() -> None:
    (found,) = Visit(photo_id=None, trouble=("document.unreadable",)).concerns()
    assert (found.rule, found.settled_by) == ("id.unreadable", "person")
    assert rules(Visit(card=None, photo_id=None, entry=None, trouble=("document.unreadable",))) == [
        "card.unreadable",
        "id.unreadable",
    ]
    (asked,) = Visit(trouble=("person.asked_for",)).concerns()
    assert asked.settled_by == "person"
    (strange,) = Visit(trouble=("smell.of_burning",)).concerns()
    assert strange.settled_by == ""


@pytest.mark.parametrize(
    ("born", "on", "years"),
    [
        (date(2008, 3, 2), date(2026, 3, 2), 18),
        (date(2008, 3, 3), date(2026, 3, 2), 17),
        (date(2008, 2, 29), date(2026, 2, 28), 17),
        (date(2008, 2, 29), date(2026, 3, 1), 18),
        (date(2004, 2, 29), date(2028, 2, 29), 24),
    ],
)
def test_full_years_also_for_who_was_born_on_a_leap_day(born: date, on: date, years: int) -> None:
    assert age(born, on) == years


def test_no_concern_says_a_name_a_number_or_a_birth_date() -> None:
    visits = [
        *DOCUMENTS.values(),
        Visit(photo_id=replace(ID, born=date(1990, 1, 1), family="STRANGER")),
        Visit(entry=None),
    ]
    said = " ".join(f"{each.reason} {each.next_step} {each.rule}" for visit in visits for each in visit.concerns())
    for secret in ("Robin", "ROBIN", "Example", "STRANGER", "PABC", "E1234", "1991", "1990"):
        assert secret not in said


# --- a licence on a phone

PHONE_ID = replace(ID, standard="ISO-18013-5", proven_by="Invented IACA")


def pack_that_says(on_phone: str) -> Pack:
    pack = florida()
    return replace(pack, accepted_ids=tuple(replace(rule, on_phone=on_phone) for rule in pack.accepted_ids))


@pytest.mark.requirement("PAT-04")
@pytest.mark.parametrize(
    ("law", "store", "accepted"),
    [
        ("silent", False, False),
        ("silent", True, True),
        ("accepted", False, True),
        ("refused", True, False),
    ],
)
def test_the_law_says_whether_a_licence_on_a_phone_counts_and_where_it_is_silent_the_store(law, store, accepted):
    visit = Visit(photo_id=PHONE_ID, phones=store, pack=pack_that_says(law))
    assert rules(visit) == ([] if accepted else ["id.not_accepted"])
    assert not any(concern.settled_by for concern in visit.concerns()), "nobody may settle what the law refuses"


def test_a_licence_on_a_phone_that_nobody_proved_is_none_and_plastic_is_what_it_was():
    assert rules(Visit(photo_id=replace(PHONE_ID, proven_by=""), phones=True)) == ["id.not_accepted"]
    for law in ("silent", "accepted", "refused"):
        assert rules(Visit(pack=pack_that_says(law))) == []


@pytest.mark.requirement("PAT-04", "PAT-11")
def test_staff_are_told_what_was_wrong_with_the_phone_and_to_look_at_the_card_itself():
    visit = Visit(photo_id=None, trouble=("document.unreadable", "id.mobile_other_phone"))
    (found,) = visit.concerns()
    assert (found.rule, found.settled_by) == ("id.mobile_other_phone", "person")
    assert str(found.reason) == "The licence on the phone was made for another phone."
    assert str(found.next_step).startswith("Do not go by what the phone shows.")
    (other,) = Visit(photo_id=None, trouble=("id.mobile_silent",)).concerns()
    assert str(other.reason) == "The licence on the phone could not be read."
