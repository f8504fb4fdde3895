"""What is said of a patient and not understood stops the basket; what is against them is heard in any spelling."""

from typing import Any

import pytest

from kiosk.allotment.places import Malformed
from tests.allotment.asking import ask, item, left, sale

Said = dict[str, Any]
AT = "2025-03-01T12:00:00"
FLOWER = item("flower", net_g=1)


def blocks(state: str, patient: Said, *items: Said) -> list[str]:
    """The rules that stop the basket."""
    said = ask(state, AT, patient=patient, basket=list(items) or [FLOWER])["basket"]
    assert said["allowed"] is not bool(said["blocks"])
    return [block["rule"] for block in said["blocks"]]


@pytest.mark.requirement("OUT-10")
@pytest.mark.parametrize(
    "patient",
    [
        {"mystery": True},
        {"mystery": False},
        {"mystery": "blue"},
        {"status": "purple"},
        {"flags": ["purple"]},
        {"mystery": {"deep": False}},
        {"card": {"mystery": True}},
        {"limits": {"flower_oz": 1, "final": False}},
        {"patient_group": "purple"},
    ],
)
def test_a_key_that_is_not_understood_stops_the_basket(patient: Said) -> None:
    assert blocks("MO", patient) == ["MO.patient"]


@pytest.mark.parametrize(
    "patient",
    [
        {"id": "P-1", "given_name": "Ada", "family_name": "Example", "dob": "1980-01-01", "sex": "f", "zip": "65101"},
        {"card_number": "77", "patient_number": 12345678, "registered_caregivers": 2, "phone": "555 0100"},
        {
            "email": "ada@example.org",
            "address": "1 Example St",
            "county": "Cole",
            "note": "early",
            "caregiver_ids": [7],
        },
        {"status": "active", "is_active": True, "card_status": "valid", "card_expired": False, "not_expired": True},
        {"conditions": ["chronic pain"], "residency": "MO", "is_adult": True, "minor": "no", "under18": False},
        {"address": {"state": "MO", "zip": 65101}, "patient_type": "adult", "smoking": True, "registered": True},
    ],
)
def test_what_says_nothing_of_limits_or_nothing_against_them_stops_nothing(patient: Said) -> None:
    assert blocks("MO", patient) == []


@pytest.mark.requirement("ORD-02")
@pytest.mark.parametrize("key", ["card", "certification", "registry_status", "registration_status", "patient_status"])
@pytest.mark.parametrize("word", ["Expired", "revoked", "suspended", "lapsed", "cancelled", "inactive", "pending"])
def test_a_standing_that_stops_is_heard_in_any_key(key: str, word: str) -> None:
    assert blocks("MO", {key: word}) == ["MO.status"]


@pytest.mark.requirement("ORD-02")
@pytest.mark.parametrize(
    "patient",
    [
        {"card_expired": True},
        {"certification_valid": False},
        {"is_active": False},
        {"registered": False},
        {"not_active": True},
        {"card": {"status": "denied"}},
        {"card": {"active": False}},
        {"standing": "card suspended"},
        {"registry": {"flower_oz": 1, "active": False}},
    ],
)
def test_a_yes_or_no_of_their_standing_stops(patient: Said) -> None:
    assert blocks("MO", patient) == ["MO.status"]


@pytest.mark.requirement("ORD-02")
@pytest.mark.parametrize(
    "patient",
    [
        {"patient_type": "minor"},
        {"age_group": "minor"},
        {"age_class": "under_18"},
        {"patient_class": "Minor patient"},
        {"is_adult": False},
        {"under18": True},
        {"pediatric": True},
        {"minor": "yes"},
        {"minor": 1},
    ],
)
def test_a_minor_is_heard_in_any_spelling(patient: Said) -> None:
    assert "FL.minor" in blocks("FL", patient, item("edible", thc_mg=10))


@pytest.mark.requirement("ORD-02")
@pytest.mark.parametrize(
    "patient",
    [
        {"is_visitor": True},
        {"patient_type": "visitor"},
        {"residency_class": "visitor:medical"},
        {"residency": "CA"},
        {"residence": "ca"},
        {"resident_of": "CA"},
        {"home_state": "CA"},
        {"address": {"state": "CA"}},
        {"visitor": True, "out_of_state": False},
        {"resident": False},
    ],
)
def test_a_visitor_is_heard_in_any_spelling(patient: Said) -> None:
    assert "FL.visitor" in blocks("FL", patient, item("edible", thc_mg=10))


@pytest.mark.parametrize("patient", [{"smoking": False}, {"no_smoking": True}, {"smoking_allowed": False}])
def test_a_route_is_closed(patient: Said) -> None:
    assert blocks("FL", patient) == ["recommendation.route"]
    assert blocks("FL", patient, item("edible", thc_mg=10)) == []


@pytest.mark.requirement("ORD-02")
@pytest.mark.parametrize(
    "patient",
    [
        {"guidelines": None},
        {"guidelines": {}},
        {"guidelines": []},
        {"guidelines": "pending"},
        {"guidelines": "missing"},
        {"guidelines": "none"},
        {"guidelines": ["none"]},
        {"guidelines": 0},
        {"guidelines": {"present": False}},
        {"guidelines": {"flower_g": 56, "present": False}},
        {"guidelines": {"status": "pending"}},
        {"guidelines": "2025-03-02"},
        {"guidelines": True, "no_guidelines": True},
        {"no_guidelines": True},
        {"guidelines_on_file": False},
        {"guidelines_missing": True},
        {"pharmacist_consult_done": False},
        {"pharmacist_consulted": False},
        {"consultation": False},
        {"guidelines": True, "consultation": False},
    ],
)
def test_only_a_clear_yes_is_a_guideline(patient: Said) -> None:
    assert "UT.guidelines" in blocks("UT", patient)


@pytest.mark.parametrize(
    "yes", [True, "yes", "2025-03-01", {"flower_g": 56}, {"present": True}, {"date": "2025-01-02"}, [{"flower_g": 56}]]
)
def test_a_clear_yes_is_one(yes: Any) -> None:
    assert blocks("UT", {"guidelines": yes, "consultation": True}) == []


def test_a_figure_of_the_registry_is_no_event() -> None:
    with pytest.raises(Malformed) as caught:
        ask("FL", AT, history=[{"type": "registry_balance", "at": "2025-02-01", "smoking_oz": 0}])
    assert str(caught.value.reason).startswith("history[0].type: registry_balance is none of dispense")


@pytest.mark.requirement("ORD-02")
@pytest.mark.parametrize(
    ("state", "patient", "things"),
    [
        ("MD", {"certified_limit": 60}, [FLOWER]),
        ("MD", {"certified_limit": 60}, [item("flower", net_g=121)]),
        ("FL", {"physician_limit": 99999}, [item("edible", thc_mg=4201)]),
        ("CT", {"certified_limit_oz": 20}, [item("flower", net_oz=6)]),
        ("CO", {"certified_limit_oz": 20}, [item("wax", net_g=41)]),
        ("CO", {"physician_limit": 20}, [item("flower", net_oz=3)]),
        ("NJ", {"certified_limit": "28.35", "certified_limit_unit": "g"}, [item("flower", net_oz="1.01")]),
        ("NJ", {"registered_caregivers": 9}, [item("flower", net_oz="3.01")]),
        ("NJ", {"patient_number": 9}, [item("flower", net_oz="3.01")]),
        ("NJ", {"certificate_code": 9}, [FLOWER]),
    ],
)
def test_a_figure_raises_only_what_it_names(state: str, patient: Said, things: list[Said]) -> None:
    assert blocks(state, patient, *things)


def test_the_unit_beside_a_figure_is_its_unit() -> None:
    said = ask("NJ", AT, patient={"certified_limit": "28.35", "certified_limit_unit": "g"})
    assert float(left(said)["monthly"] or 9) == pytest.approx(1, abs=0.01)


def test_a_unit_that_is_not_known_is_named() -> None:
    with pytest.raises(Malformed) as caught:
        ask("NJ", AT, patient={"certified_limit": 2, "certified_limit_unit": "stone"})
    assert str(caught.value.reason) == "patient.certified_limit.unit: no such unit is known."


def test_of_two_papers_the_one_that_ends_first_binds() -> None:
    patient = {"certification": {"end": "2025-02-28"}, "orders": [{"edible_mg": 1000, "end": "2025-12-31"}]}
    assert blocks("FL", patient, item("edible", thc_mg=1)) == ["FL.certification"]


@pytest.mark.parametrize(
    "flag",
    [
        {"pending": True},
        {"approved": False},
        {"granted": False},
        {"status": "denied"},
        {"status": "pending"},
        {"mystery": True},
        {"status": "purple"},
        {"approved": None},
    ],
)
def test_a_waiver_that_is_not_granted_raises_nothing(flag: Said) -> None:
    patient = {"waivers": [{"amount_oz": 9, **flag}]}
    assert "IL.supply" in blocks("IL", patient, item("flower", net_oz=3))
    assert "IL.status" not in blocks("IL", patient)


@pytest.mark.parametrize("key", ["pending", "waived"])
def test_an_amount_of_a_waiver_that_is_not_understood_raises_nothing(key: str) -> None:
    stopped = blocks("IL", {"waiver": {key: {"amount_oz": 9}}}, item("flower", net_oz=3))
    assert stopped == ["IL.patient", "IL.supply"]


@pytest.mark.parametrize("flag", [{}, {"approved": True}, {"granted": True}, {"status": "approved"}])
def test_a_waiver_that_is_granted_raises(flag: Said) -> None:
    assert blocks("IL", {"waivers": [{"amount_oz": 9, **flag}]}, item("flower", net_oz=3)) == []


def test_each_of_several_orders_counts() -> None:
    orders = [
        {"route": "edible", "amount": 1000, "unit": "mg", "start": "2025-01-01"},
        {"route": "oral", "amount": 2000, "unit": "mg", "start": "2025-02-01"},
    ]
    for given in (orders, orders[::-1]):
        said = left(ask("FL", AT, patient={"orders": given}))
        assert (said["edible"], said["oral"]) == ("1000", "2000")
    past = {"route": "edible", "amount": 5, "unit": "mg", "start": "2024-01-01", "end": "2024-12-31"}
    assert left(ask("FL", AT, patient={"orders": [past, *orders]}))["edible"] == "1000"
    assert blocks("FL", {"orders": [past]}, item("edible", thc_mg=1)) == ["FL.certification"]


def test_of_two_orders_the_purchases_since_the_first_count() -> None:
    orders = [
        {"total_smoking_oz": 5, "start": "2024-12-01"},
        {"route": "oral", "amount": 2000, "unit": "mg", "start": "2025-02-01"},
    ]
    history = [sale("2024-12-10", item("flower", net_oz=2))]
    assert left(ask("FL", AT, patient={"orders": orders}, history=history))["order_smoking"] == "3"


def test_of_two_weights_of_flower_the_larger_counts() -> None:
    for more in ({"premixed_g": 20}, {"equiv_oz": 1}):
        heavy = item("flower", net_g=1, count=9, **more)
        assert blocks("MO", {}, heavy)


def test_of_two_supplies_in_days_the_larger_counts() -> None:
    assert blocks("MN", {}, item("capsule", product_id="c", days_supply=1, thc_mg=3000, daily_dose_mg=10))


@pytest.mark.parametrize("form", [{}, {"form": "soda"}, {"form": "low_dose"}])
def test_a_liquid_of_little_thc_is_low_dose_by_its_thc(form: Said) -> None:
    drink = item("beverage", thc_mg=4, fl_oz=1, **form)
    assert blocks("WA", {}, drink | {"count": 50}) == []
    assert blocks("WA", {}, drink | {"count": 51}) == ["WA.low_dose_liquid"]
    if "form" not in form:
        assert blocks("WA", {}, item("beverage", thc_mg="4.01", fl_oz=1, count=51)) == []
