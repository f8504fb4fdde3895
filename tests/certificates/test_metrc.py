"""The state's own rows: what counts of them, and what does not."""

from typing import Any

import msgspec
import pytest

from kiosk.documents.certificates import reading
from kiosk.documents.certificates.metrc import taken_apart
from kiosk.rules.certificates.limits import load
from tests.certificates.given import DAY, analyte, goods, judged, metrc_row, panel, refused, rows_that_pass

pytestmark = pytest.mark.requirement("INT-05")


@pytest.mark.parametrize(
    ("name", "apart"),
    [
        ("Arsenic (ppm) Raw Plant Material", ("Arsenic", "ppm", "Raw Plant Material")),
        ("delta-9 THC (mg/g) (Flower) [Phase 1]", ("delta-9 THC", "mg/g", "Flower Phase 1")),
        ("DDVP (Dichlorvos) (ppm) Retest", ("DDVP (Dichlorvos)", "ppm", "Retest")),
        ("Total Yeast and Mold (CFU/g) Infused Edible", ("Total Yeast and Mold", "CFU/g", "Infused Edible")),
        ("Salmonella Raw Plant Material", ("Salmonella", "", "Raw Plant Material")),
        ("Lead (furlongs) Flower", ("Lead", "furlongs", "Flower")),
        ("Frobnicate", ("Frobnicate", "", "")),
        ("Total THC (mg/g) R&D Testing (Infused)", ("Total THC", "mg/g", "R&D Testing Infused")),
        (
            "THCA (mg/g) Processed Product (Previously Tested)",
            ("THCA", "mg/g", "Processed Product Previously Tested"),
        ),
        ("Pathogenic E. Coli Infused Edible", ("Pathogenic E. Coli", "", "Infused Edible")),
        ("Aspergillus Terreus Solvent Based Concentrate", ("Aspergillus Terreus", "", "Solvent Based Concentrate")),
        ("Pesticides - Abamectin (ppm) Flower", ("Pesticides - Abamectin", "ppm", "Flower")),
        ("Microbiologicals", ("Microbiologicals", "", "")),
        ("Pesticides Raw Plant Material", ("Pesticides", "", "Raw Plant Material")),
        (
            "Hemp Derived Ingredient R&D Testing",
            ("Hemp Derived Ingredient R&D Testing", "", "Hemp Derived Ingredient R&D Testing"),
        ),
        ("Water Activity (Aw) Raw Plant Material", ("Water Activity", "Aw", "Raw Plant Material")),
    ],
)
def test_the_unit_is_taken_out_of_a_test_types_name(name: str, apart: tuple[str, str, str]) -> None:
    assert taken_apart(name) == apart


def metrc(tested: str = "Raw Plant Material", **changes: Any) -> list[dict[str, Any]]:
    rows = []
    for where, content in rows_that_pass(load("CA", DAY), "flower").items():
        for each in content["analytes"]:
            level = {"ND": 0, "Not detected in 1 g": 0}.get(each["result"], each["result"])
            units = "CFU/g" if each["units"] == "in 1 g" else each["units"]
            name = f"{each['name']} ({units}) {tested}"
            rows.append(metrc_row(name, float(level), **changes.get(f"{where}/{each['name']}", {})))
    return rows


def test_rows_of_the_state_are_judged() -> None:
    judgement = judged({"Data": metrc()}, goods=goods())
    left = [str(each) for each in judgement.reasons if "label" not in str(each)]
    assert len(left) == 1  # the state's rows have no place for a detection limit, and some may not be detected at all
    assert "detection limit" in left[0]
    assert judgement.verdict == "pass"
    assert next(each.verdict for each in judgement.checks if each.check == "laboratory") == "pass"


@pytest.mark.parametrize(
    ("change", "verdict"),
    [
        ({"TestPassed": False}, "fail"),
        ({"TestResultLevel": 0.51}, "fail"),
        ({"TestResultLevel": None}, "missing"),
        ({"TestComment": "NOT TESTED"}, "missing"),  # level 0 and passed, beside the words "not tested"
        ({"LabTestDetailRevokedDate": "2026-01-20"}, "missing"),
        ({"TestInformationalOnly": True}, "missing"),
        ({"TestTypeName": "Lead Raw Plant Material", "TestResultLevel": 0.2}, "unreadable"),
        ({"TestTypeName": "Lead (ppm) R&D Testing"}, "missing"),
        ({"TestComment": "TNTC"}, "fail"),
        ({"TestComment": "Not tested", "TestResultLevel": 0.1}, "missing"),
        ({"TestComment": "Not tested", "TestResultLevel": 0.9}, "fail"),
        ({"TestPassed": None, "TestResultLevel": "0.1"}, "pass"),
        ({"TestTypeName": "Lead (furlongs) Raw Plant Material", "TestResultLevel": 0.2}, "unreadable"),
    ],
)
def test_what_the_states_rows_say_counts(change: dict[str, Any], verdict: str) -> None:
    judgement = judged({"Data": metrc(**{"heavy_metals/lead": change})})
    assert panel(judgement, "heavy_metals").verdict == verdict
    assert judgement.verdict == verdict


def test_the_newest_result_that_stands_is_judged() -> None:
    old = [{**each, "LabTestResultId": 3, "TestPerformedDate": "2025-12-01", "TestPassed": False} for each in metrc()]
    newer = [
        {**each, "LabTestResultId": 9, "TestPerformedDate": "2026-02-01", "RevokedDate": "2026-02-02"} for each in old
    ]
    assert judged([*newer, *metrc(), *old], goods=goods()).verdict == "pass"
    unreleased = [{**each, "LabTestResultId": 9, "ResultReleased": False} for each in old]
    assert judged([*unreleased, *metrc()], goods=goods()).verdict == "pass"


def test_an_overall_no_counts_and_a_missing_page_is_noticed() -> None:
    assert judged([{**each, "OverallPassed": False} for each in metrc()]).verdict == "fail"
    judgement = judged({"Data": metrc(), "TotalRecords": 400})
    assert judgement.verdict == "unreadable"
    assert any("of 400 rows" in str(each) for each in judgement.reasons)


def test_a_panel_without_values_is_missing_whatever_the_laboratory_says_of_it() -> None:
    judgement = judged([metrc_row("Microbiologicals", 0.1)])
    assert panel(judgement, "microbials").verdict == "missing"


def test_results_of_two_packages_are_not_one_certificate() -> None:
    with refused("more than one package"):
        reading.read(msgspec.json.encode([metrc_row("Lead (ppm)", 0), metrc_row("Lead (ppm)", 0, PackageId=3)]))


@pytest.mark.parametrize(
    ("name", "level", "passed", "verdict"),
    [
        ("Salmonella Raw Plant Material", 0, True, "pass"),
        ("Salmonella Raw Plant Material", 0, False, "fail"),
        ("Salmonella Raw Plant Material", 1, False, "fail"),
        ("Salmonella Raw Plant Material", 1, True, "unreadable"),  # found, or yes?
        ("Salmonella Raw Plant Material", 0, None, "missing"),
        ("Salmonella Raw Plant Material", None, True, "missing"),
        ("Salmonella (Present/Absent) Raw Plant Material", 0, True, "pass"),
        ("Salmonella (CFU/g) Raw Plant Material", 0, True, "pass"),
        ("Salmonella (CFU/g) Raw Plant Material", 1, True, "fail"),
        ("Salmonella (ppm) Raw Plant Material", 0, True, "unreadable"),
    ],
)
def test_a_test_that_finds_or_does_not(name: str, level: Any, passed: Any, verdict: str) -> None:
    change = {"TestTypeName": name, "TestResultLevel": level, "TestPassed": passed}
    judgement = judged({"Data": metrc(**{"microbials/salmonella": change})})
    assert analyte(judgement, "salmonella").verdict == verdict


@pytest.mark.parametrize(
    ("product", "tested", "verdict"),
    [
        ("Buds", "Raw Plant Material", "pass"),
        ("Buds", "Retest (Plant Material)", "pass"),
        ("Buds", "Processed Product (Previously Tested)", "pass"),
        ("Buds", "[Phase 1]", "pass"),
        ("Cannabis", "Raw Plant Material", "pass"),
        ("Thing", "Raw Plant Material", "pass"),
        ("Thing", "Retest", "unreadable"),
        ("Buds", "Infused Edible", "fail"),
        ("Buds", "Solvent Based Concentrate", "fail"),
        ("Infused Edible (each)", "Raw Plant Material", "fail"),
        ("Buds", "R&D Testing", "fail"),
        ("Buds", "R&D Testing (Plant Material)", "fail"),
    ],
)
def test_what_the_tests_are_for(product: str, tested: str, verdict: str) -> None:
    rows = [{**each, "ProductCategoryName": product} for each in metrc(tested=tested)]
    assert judged(rows, goods=goods()).verdict == verdict


def test_tests_for_plants_are_for_pre_rolls_as_well() -> None:
    rows = [{**each, "ProductCategoryName": "Pre-Roll Flower"} for each in metrc()]
    assert judged(rows, kind="pre_roll", goods=goods()).verdict == "pass"
