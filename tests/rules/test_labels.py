"""A label is complete or it is not made; what it says comes from the package that was scanned."""

import random
from datetime import date
from decimal import Decimal

import pytest

from kiosk.model.errors import Refusal
from kiosk.model.labels import Label
from kiosk.model.packages import Package, Product
from kiosk.model.people import Person, Profile, RegistryStatus
from kiosk.rules.labels import facts, make
from kiosk.rules.law import Pack
from kiosk.rules.pack import load
from tests.rules.given import TODAY, florida, flower, lab, package, recommendation, tincture

ROBIN = Person(given="Robin", middle="Lee", family="Example", suffix="II", born=date(1992, 2, 29))
STORE = {"store.name": "Harbour Dispensary 3", "store.license": "MMTC-2017-0042", "employee.id": "E-12"}


def profile(**changes: object) -> Profile:
    given: dict[str, object] = {
        "patient_ref": "P-1",
        "person": ROBIN,
        "card_ending": "123",
        "status": RegistryStatus.ACTIVE,
        "card_expires": None,
        "recommendation": recommendation(),
    }
    return Profile(**{**given, **changes})  # type: ignore[arg-type]


def known(
    profile: Profile | None = None, product: Product | None = None, package: Package | None = None, **more: str | None
) -> dict[str, str | None]:
    product = product or tincture()
    given = facts(
        profile=profile or globals()["profile"](),
        product=product,
        package=package or globals()["package"](),
        route=product.route,
        store=STORE,
        number="D-000917",
        on=TODAY,
    )
    return {**given, "patient.registry_id": "123-456789", **more}


def printed(pack: Pack, given: dict[str, str | None]) -> Label:
    label = make(pack, given, number="D-000917", print_no=1, tag="1A4FF0100000022000000123")
    assert isinstance(label, Label)
    return label


def said(label: Label) -> dict[str, str]:
    return {field.heading: field.value for field in label.fields}


@pytest.mark.requirement("LBL-01")
def test_the_label_of_a_tincture() -> None:
    label = printed(florida(), known())
    assert said(label) == {
        "Patient": "Robin Lee Example II",
        "Physician": "Dr. Ada Lindqvist",
        "Product": "Calm Tincture",
        "Form": "tincture",
        "Quantity": "1 unit, 30 g",
        "THC": "298.5 mg",
        "CBD": "601.2 mg",
        "Dose": "1 mL twice a day",
        "Route": "sublingual",
        "Batch": "B-117",
        "Harvest": "H-88",
        "Dispensed": "02-Mar-2026",
        "Use by": "14-Aug-2026",
        "Dispensed by": "Harbour Dispensary 3",
        "Licence": "MMTC-2017-0042",
        "Dispense number": "D-000917",
        "Package": "1A4FF0100000022000000123",
    }
    assert label.statements[0] == "This product has passed the tests that the law requires."
    assert label.symbols
    assert label.template == "FL 2022-08-29"


@pytest.mark.requirement("LBL-01", "INS-06")
@pytest.mark.parametrize("state", ["FL", "IL"])
@pytest.mark.parametrize("nothing", [None, "", "  ", "\x00\n\t", "absent"])
def test_a_missing_fact_stops_the_print_and_is_named(state: str, nothing: str | None) -> None:
    pack = load(state, TODAY)
    always = [rule for rule in pack.label.fields if rule.required == "always" and not rule.routes]
    assert len(always) > 10
    for rule in always:
        given = known()
        for key in {rule.key, rule.or_key} & set(given):
            if nothing == "absent":
                del given[key]
            else:
                given[key] = nothing
        refusal = make(pack, given, number="D-1", print_no=1, tag="T")
        assert isinstance(refusal, Refusal)
        assert refusal.rule == f"{state}.label.{rule.key}"
        assert rule.heading in str(refusal.reason)
        assert refusal.citation


def test_a_statement_that_would_not_be_true_is_not_printed() -> None:
    for result in (None, False):
        given = known(package=package(lab=lab(passed=result)))
        refusal = make(florida(), given, number="D-1", print_no=1, tag="T")
        assert isinstance(refusal, Refusal)
        assert refusal.rule == "FL.label.lab.passed"


@pytest.mark.requirement("LBL-02")
def test_content_batch_and_dates_are_the_packages_and_not_the_catalogues() -> None:
    catalogue = tincture("300", cbd_mg=Decimal(600))
    scanned = package(batch="B-900", harvest="H-9", lab=lab(thc=Decimal("0.80"), cbd=Decimal(100), unit="%"))
    fields = said(printed(florida(), known(product=catalogue, package=scanned)))
    assert (fields["THC"], fields["CBD"]) == ("0.8 %", "100 %")
    assert (fields["Batch"], fields["Harvest"]) == ("B-900", "H-9")
    assert "300" not in "".join(fields.values())


def test_a_package_without_a_value_for_thc_gets_no_label() -> None:
    refusal = make(florida(), known(package=package(lab=lab(thc=None))), number="D-1", print_no=1, tag="T")
    assert isinstance(refusal, Refusal)
    assert "THC" in str(refusal.reason)


@pytest.mark.requirement("PAT-13")
def test_a_caregivers_purchase_names_both_people() -> None:
    sam = Person(given="Sam", family="Helper", born=date(1980, 5, 1))
    fields = said(printed(florida(), known(profile=profile(caregiver=sam))))
    assert (fields["Patient"], fields["Caregiver"]) == ("Robin Lee Example II", "Sam Helper")


def test_what_is_smoked_and_what_is_eaten_carry_their_own_warnings() -> None:
    smoked = printed(florida(), known(product=flower(dose="0.5 g a day")))
    assert any("carcinogens" in words for words in smoked.statements)
    eaten = tincture(route="edible", form="edible")
    assert any("pets" in words for words in printed(florida(), known(product=eaten)).statements)
    undated = make(florida(), known(product=eaten, package=package(expires=None)), number="D-1", print_no=1, tag="T")
    assert isinstance(undated, Refusal)
    assert undated.rule == "FL.label.expiry.date"


NAMES = ("Robin", "Maximiliane-Josephine", "José María", "Ngọc Ánh", "D’Artagnan", "Þórunn", "אביגיל", "محمد", "N")


@pytest.mark.requirement("LBL-01")
@pytest.mark.parametrize("state", ["FL", "IL"])
def test_a_thousand_labels_are_complete_and_nothing_is_cut(state: str) -> None:
    chance, pack = random.Random(917), load(state, TODAY)
    for n in range(1000):
        person = Person(
            given=chance.choice(NAMES),
            middle=chance.choice(("", *NAMES)),
            family=" ".join(chance.choice(NAMES) for _ in range(chance.randint(1, 6))),
            born=date(1970, 1, 1),
        )
        thc, cbd = (Decimal(chance.randrange(0, 10**6)) / 10 ** chance.randint(0, 4) for _ in range(2))
        route = chance.choice(("smoking", "sublingual", "edible", "oral"))
        product = tincture(name=f"Product {n}{'x' * chance.randint(0, 40)}", route=route)
        scanned = package(batch=f"B-{n}", lab=lab(thc=thc, cbd=cbd, unit=chance.choice(("%", "mg"))))
        label = printed(pack, known(profile(person=person), product, scanned))
        fields = said(label)
        for rule in pack.label.fields:
            if rule.required == "always" and (not rule.routes or route in rule.routes):
                assert fields[rule.heading].strip()
        name = fields["Patient"]
        assert [part for part in name.split(" ") if part] == name.split(" ")
        assert all(part in name for part in (person.given, person.middle, person.family))
        assert fields["Product"] == product.name
        number, unit = fields["THC"].split(" ")
        assert Decimal(number) == thc
        assert unit == scanned.lab.unit
        assert not (number.endswith("0") and "." in number)
        assert not number.startswith(".")


def test_nothing_in_a_name_can_turn_or_break_the_label() -> None:
    person = Person(given="Ro\x1b\x00bin\u202e", family="Exam\u2028ple", born=None)
    assert said(printed(florida(), known(profile(person=person))))["Patient"] == "Ro bin Exam ple"
