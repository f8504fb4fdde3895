"""One row against one limit: what passes, and above all what does not."""

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kiosk.model.certificates import LimitUsed, Printed
from kiosk.rules.certificates.limits import load
from kiosk.rules.certificates.rows import judged as row_judged
from tests.certificates.given import DAY, alone, judged, metrc_row, panel, paper, rows_that_pass

pytestmark = pytest.mark.requirement("INT-05", "INT-06")


@pytest.mark.parametrize(
    ("result", "units", "verdict"),
    [
        ("0.1", "ug/g", "pass"),  # the limit itself: the rule says "exceeds"
        ("0.1001", "ug/g", "fail"),
        ("100", "ppb", "pass"),
        ("101", "ppb", "fail"),
        ("0.00001", "%", "pass"),
        ("0.0001", "mg/g", "pass"),
        ("0.0002", "mg/g", "fail"),
        ("0.09", "mg/kg", "pass"),
        ("0.09", "µg/g", "pass"),
        ("0.09", "μg/g", "pass"),
        ("0.09 ppm", "", "pass"),
        ("0.09 ppm", "ppb", "unreadable"),
        ("0.09", "", "unreadable"),
        ("0", "", "unreadable"),  # a nought without a unit is no figure
        ("0.09", "CFU/g", "unreadable"),
        ("0.09", "furlongs", "unreadable"),
        ("ND", "ug/g", "pass"),
        ("ND", "", "pass"),
        ("ND", "furlongs", "unreadable"),
        ("n.d.", "ppm", "pass"),
        ("None found", "ppm", "pass"),
        ("ND (<0.01 ppm)", "", "pass"),
        ("ND < 0.2", "ug/g", "unreadable"),
        ("ND (0.01 furlongs)", "ug/g", "unreadable"),
        (">LOD", "ug/g", "unreadable"),
        ("10^5", "ug/g", "fail"),
        ("10⁵", "ppb", "fail"),
        ("<10^2", "ppb", "pass"),
        ("None Detected", "ppm", "pass"),
        ("<LOQ", "ug/g", "unreadable"),  # below a bound that nobody states
        ("<0.1", "ug/g", "pass"),
        ("<0.2", "ug/g", "unreadable"),
        (">0.1", "ug/g", "fail"),
        (">0.05", "ug/g", "unreadable"),
        ("PASS", "ug/g", "unreadable"),
        ("Tested", "ug/g", "unreadable"),
        ("Detected", "ug/g", "unreadable"),
        ("FAIL", "ug/g", "fail"),
        ("NT", "ug/g", "missing"),
        ("", "ug/g", "missing"),
        (None, "ug/g", "missing"),
        ("O.05", "ug/g", "unreadable"),
        ("0,05", "ug/g", "unreadable"),
        ("-0.05", "ug/g", "unreadable"),
        ("1e-2", "ug/g", "pass"),
        ("1 x 10^-2", "ug/g", "pass"),
        ("5 x 1000", "ug/g", "unreadable"),
        ("nan", "ug/g", "unreadable"),
        ("inf", "ug/g", "unreadable"),
        ("1e999999999", "ug/g", "unreadable"),
        ("0.05 ± 0.01", "ug/g", "pass"),
        ("TNTC", "ug/g", "fail"),
    ],
)
def test_a_counted_pesticide(result: str | None, units: str, verdict: str) -> None:
    assert alone(result, units).verdict == verdict


@pytest.mark.parametrize(
    ("result", "more", "verdict"),
    [
        ("ND", {"lod": "0.2", "loq": "0.5"}, "unreadable"),  # the method cannot see as little as the limit
        ("ND", {"lod": "0.1"}, "pass"),
        ("ND", {"lod": "200", "loq": ""}, "unreadable"),
        ("ND", {"loq": "0.3"}, "unreadable"),
        ("<LOQ", {"loq": "0.1"}, "pass"),
        ("<LOQ", {"loq": "0.11"}, "unreadable"),
        ("<LOQ", {"loq": "100 ppb"}, "pass"),
        ("0.05", {"lab_status": "FAIL"}, "fail"),
        ("0.05", {"lab_status": "Fail"}, "fail"),
        ("0.05", {"lab_status": "NT"}, "missing"),
        ("0.05", {"lab_status": "see note 4"}, "unreadable"),
        ("0.05", {"printed_limit": "0.04"}, "fail"),
        ("0.05", {"printed_limit": "40 ppb"}, "fail"),
    ],
)
def test_what_stands_beside_the_value_counts(result: str, more: dict[str, Any], verdict: str) -> None:
    assert alone(result, **more).verdict == verdict


def test_a_laboratory_that_says_otherwise_is_reported_and_the_stricter_wins() -> None:
    over = alone("0.3", lab_status="PASS")
    assert over.verdict == "fail"
    assert str(over.contradiction) == "The laboratory says PASS; the rule says fail."
    under = alone("0.05", lab_status="FAIL")
    assert under.verdict == "fail"
    assert under.contradiction is not None


def test_another_printed_limit_is_reported() -> None:
    assert "0.5" in str(alone("0.05", printed_limit="0.5").note)
    assert alone("0.05", printed_limit="0.1").note is None


def test_a_verdict_names_its_limit_and_its_law() -> None:
    used = alone("0.3").limit
    assert used is not None
    assert (used.amount, used.unit, used.operator) == (Decimal("0.1"), "ug/g", "at_most")
    assert "15719" in used.citation
    assert used.as_of
    assert used.confidence == "high"


@pytest.mark.parametrize(
    ("result", "more", "verdict"),
    [
        ("ND", {}, "pass"),
        ("0", {}, "pass"),
        ("0.00001", {}, "fail"),
        ("<LOQ", {}, "fail"),  # above the detection limit is detected
        ("<0.1", {}, "unreadable"),
        ("<0.03", {"lod": "0.03"}, "pass"),
        ("0.01", {"lod": "0.03"}, "unreadable"),
        ("ND", {"lod": "0.1"}, "pass"),
        ("ND", {"lod": "0.11"}, "unreadable"),  # cannot see the least that the panel allows of anything
        ("ND", {"lod": "200 ppb"}, "unreadable"),
        ("0", {"lod": "0.2"}, "unreadable"),
        ("<LOD", {"loq": "0.5"}, "unreadable"),
        ("ND (<5)", {}, "unreadable"),
        ("<0.5", {"lod": "0.5"}, "unreadable"),
        ("0", {"units": ""}, "unreadable"),
        ("Detected", {}, "fail"),
        ("PASS", {}, "unreadable"),
        ("NT", {}, "missing"),
    ],
)
def test_what_may_not_be_detected_at_all(result: str, more: dict[str, Any], verdict: str) -> None:
    assert alone(result, **{"name": "Aldicarb", "units": "ug/g", **more}).verdict == verdict


@pytest.mark.parametrize("units", ["CFU/g", "mg/mL", "furlongs"])
def test_a_wrong_unit_is_no_pass_even_where_nothing_was_found(units: str) -> None:
    assert alone("ND", units, name="Aldicarb").verdict == "unreadable"


@pytest.mark.parametrize(
    ("result", "units", "verdict"),
    [
        ("Not Detected in 1g", "", "pass"),
        ("Absent", "in 1 g", "pass"),
        ("Absent in 25 g", "", "pass"),
        ("Absent in 0.1 g", "", "unreadable"),
        ("Present in 25 g", "", "fail"),
        ("Negative", "", "pass"),
        ("PASS", "", "pass"),  # the outcome of a yes-or-no test is its word
        ("ND", "CFU/g", "pass"),
        ("0", "CFU/g", "pass"),
        ("<1", "CFU/g", "pass"),
        ("<10", "CFU/g", "unreadable"),
        ("0", "", "unreadable"),
        ("<1", "", "unreadable"),
        ("1", "CFU/g", "fail"),
        ("Present", "", "fail"),
        ("Detected", "in 1 g", "fail"),
        ("FAIL", "", "fail"),
        ("TNTC", "CFU/g", "fail"),
        ("NT", "", "missing"),
        ("Tested", "", "unreadable"),
        ("0.1", "ug/g", "unreadable"),
        ("Not Detected in 1g", "ppm", "unreadable"),
        ("PASS", "furlongs", "unreadable"),
        ("Present", "furlongs", "fail"),
    ],
)
def test_what_must_be_absent(result: str, units: str, verdict: str) -> None:
    assert alone(result, units, name="Salmonella", where="microbials").verdict == verdict


COUNTED = LimitUsed(
    amount=Decimal(10_000), unit="CFU/g", operator="below", citation="x", as_of="2025", confidence="high"
)


@pytest.mark.parametrize(
    ("result", "verdict"),
    [
        ("9,999", "pass"),
        ("10,000", "fail"),
        ("1.2 × 10³", "pass"),
        ("1.2e4", "fail"),
        ("<10,000", "pass"),
        ("≤10000", "unreadable"),
        (">10000", "fail"),
        (">9000", "unreadable"),
        ("TNTC", "fail"),
        ("Absent in 1 g", "pass"),
        ("100 CFU/mL", "unreadable"),
        ("1000 (est.)", "unreadable"),
    ],
)
def test_counted_colonies(result: str, verdict: str) -> None:
    units = "" if "mL" in result or "Absent" in result else "CFU/g"
    assert row_judged(Printed(name="TYM", result=result, units=units), "total_yeast_mold", COUNTED).verdict == verdict


AMOUNTS = st.decimals(min_value=0, max_value=10**7, places=6, allow_nan=False)
PLACES = [
    ("Abamectin", "pesticides", "ug/g"),
    ("Aldicarb", "pesticides", "ug/g"),
    ("Lead", "heavy_metals", "ug/g"),
    ("Salmonella", "microbials", "CFU/g"),
    ("Total aflatoxins", "mycotoxins", "ug/kg"),
]
SHAPES = ["{}", "<{}", ">{}", "ND (<{})", "<LOQ ({})", "{} ± 0.1"]
EXTRAS: list[dict[str, str]] = [{}, {"lod": "0.03"}, {"loq": "0.1"}, {"printed_limit": "0.05"}, {"lab_status": "PASS"}]


def _verdict(name: str, where: str, result: str, units: str, more: dict[str, str]) -> str:
    tables = load("CA", DAY).tables("flower")
    key = {"Salmonella": "salmonella", "Total aflatoxins": "aflatoxins"}.get(name, name.lower())
    limit = next(table.used(key) for table in tables if key in table.analytes())
    return row_judged(Printed(name=name, result=result, units=units, **more), key, limit).verdict


@given(st.sampled_from(PLACES), st.sampled_from(SHAPES), st.sampled_from(EXTRAS), AMOUNTS, AMOUNTS)
@settings(max_examples=300, deadline=None)
def test_raising_a_result_never_turns_a_fail_into_anything_milder(
    where: tuple[str, str, str], shape: str, more: dict[str, str], one: Decimal, other: Decimal
) -> None:
    low, high = sorted((one, other))
    name, panel_name, units = where
    if _verdict(name, panel_name, shape.format(low), units, more) == "fail":
        assert _verdict(name, panel_name, shape.format(high), units, more) == "fail"


SCALES = {
    "ug/g": Decimal(1),
    "ppb": Decimal(1000),
    "mg/g": Decimal("0.001"),
    "%": Decimal("0.0001"),
    "mg/kg": Decimal(1),
}


@given(st.sampled_from(sorted(SCALES)), st.sampled_from(SHAPES[:3]), st.decimals(min_value=0, max_value=1, places=4))
@settings(max_examples=200, deadline=None)
def test_another_unit_does_not_change_a_verdict(units: str, shape: str, amount: Decimal) -> None:
    there = shape.format(f"{amount * SCALES[units]:f}")
    assert _verdict("Abamectin", "", there, units, {}) == _verdict(
        "Abamectin", "", shape.format(f"{amount:f}"), "ug/g", {}
    )


@given(st.text(max_size=40), st.text(max_size=12), st.text(max_size=12))
@settings(max_examples=300, deadline=None)
def test_any_text_gives_a_verdict(result: str, units: str, lab: str) -> None:
    _verdict("Abamectin", "", result, units, {"lab_status": lab})


def test_an_unknown_analyte_is_named_and_where_the_list_is_not_whole_it_keeps_the_batch_out() -> None:
    data = paper("CO")
    data["panels"]["pesticides"]["analytes"].append({"name": "Frobnicate", "result": "ND", "units": "ppm"})
    found = panel(judged(data, "CO"), "pesticides")
    stranger = next(each for each in found.analytes if each.name == "Frobnicate")
    assert (stranger.verdict, stranger.analyte, stranger.decides) == ("unreadable", "", True)
    assert found.verdict == "unreadable"


def test_an_analyte_without_a_figure_is_named_and_does_not_pass() -> None:
    data = paper("CO")
    data["panels"]["pesticides"]["analytes"].append({"name": "Captan", "result": "ND", "units": "ppm"})
    found = panel(judged(data, "CO"), "pesticides")
    assert next(each for each in found.analytes if each.name == "Captan").verdict == "no_limit"
    assert found.verdict == "no_limit"


def test_an_informational_row_never_stands_for_a_required_one() -> None:
    metals = rows_that_pass(load("CA", DAY), "flower")["heavy_metals"]["analytes"]
    rows = [metrc_row(f"{each['name']} (ug/g)", 0, TestInformationalOnly=each["name"] == "lead") for each in metals]
    found = panel(judged({"Data": rows}), "heavy_metals")
    assert found.verdict == "missing"
    assert [(each.analyte, each.decides) for each in found.analytes if each.analyte == "lead"] == [
        ("lead", False),
        ("lead", True),
    ]


@pytest.mark.parametrize(
    ("result", "more", "verdict"),
    [
        ("0", {"lod": "0.2"}, "unreadable"),  # "not detected" written as 0, by a method that cannot see the limit
        ("0", {"lod": "0.1"}, "pass"),
        ("0.05", {"loq": "0.2"}, "unreadable"),  # below what can be quantified
        ("0.05", {"loq": "0.1"}, "pass"),
        ("0.15", {"loq": "0.2"}, "fail"),
    ],
)
def test_a_figure_is_no_better_than_its_method(result: str, more: dict[str, str], verdict: str) -> None:
    assert alone(result, **more).verdict == verdict


@pytest.mark.parametrize("word", ["Batch Fail", "FAIL*", "failed (micro)", "Not Pass"])
def test_a_no_is_a_no_however_it_is_written(word: str) -> None:
    assert alone("ND", lab_status=word).verdict == "fail"
