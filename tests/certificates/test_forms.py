"""Every form a certificate comes in, and every kind of bytes that is none."""

import time
from contextlib import suppress
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kiosk.documents.certificates import reading
from kiosk.documents.certificates.metrc import taken_apart
from kiosk.model.certificates import Certificate
from kiosk.model.errors import KioskError
from kiosk.rules.certificates.limits import load
from tests.certificates.given import DAY, analyte, goods, judged, metrc_row, panel, paper, refused, rows_that_pass

pytestmark = pytest.mark.requirement("INT-05")


def test_a_clean_certificate_passes() -> None:
    judgement = judged(paper(), goods=goods())
    assert judgement.verdict == "pass"
    assert not judgement.accepted  # nobody looked the laboratory up, nor was a label compared


def test_analytes_may_come_by_name() -> None:
    data = paper()
    for each in data["panels"].values():
        each["analytes"] = {row.pop("name"): row for row in each["analytes"]}
    assert judged(data, goods=goods()).verdict == "pass"


@pytest.mark.parametrize(
    ("name", "apart"),
    [
        ("Arsenic (ppm) Raw Plant Material", ("Arsenic", "ppm", "Raw Plant Material")),
        ("delta-9 THC (mg/g) (Flower) [Phase 1]", ("delta-9 THC", "mg/g", "Flower   Phase 1")),
        ("DDVP (Dichlorvos) (ppm) Retest", ("DDVP (Dichlorvos)", "ppm", "Retest")),
        ("Total Yeast and Mold (CFU/g) Infused Edible", ("Total Yeast and Mold", "CFU/g", "Infused Edible")),
        ("Salmonella Raw Plant Material", ("Salmonella", "", "Raw Plant Material")),
        ("Lead (furlongs) Flower", ("Lead", "furlongs", "Flower")),
        ("Frobnicate", ("Frobnicate", "", "")),
        ("Water Activity (Aw) Raw Plant Material", ("Water Activity", "Aw", "Raw Plant Material")),
    ],
)
def test_the_unit_is_taken_out_of_a_test_types_name(name: str, apart: tuple[str, str, str]) -> None:
    assert taken_apart(name) == apart


def metrc(**changes: Any) -> list[dict[str, Any]]:
    rows = []
    for where, content in rows_that_pass(load("CA", DAY), "flower").items():
        for each in content["analytes"]:
            level = {"ND": 0, "Not detected in 1 g": 0}.get(each["result"], each["result"])
            units = "CFU/g" if each["units"] == "in 1 g" else each["units"]
            name = f"{each['name']} ({units}) Raw Plant Material"
            rows.append(metrc_row(name, float(level), **changes.get(f"{where}/{each['name']}", {})))
    return rows


def test_rows_of_the_state_are_judged() -> None:
    judgement = judged({"Data": metrc()}, goods=goods())
    assert [str(each) for each in judgement.reasons if "label" not in str(each)] == []
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


def cannlytics(**fields: Any) -> dict[str, Any]:
    results = []
    for where, content in rows_that_pass(load("CA", DAY), "flower").items():
        for each in content["analytes"]:
            value = 1e-9 if each["result"] == "ND" else each["result"]
            bounds = {"limit": 0, "lod": each.get("lod"), "loq": 0}
            named = {"analysis": where, "name": each["name"], "units": each["units"], "status": "pass"}
            results.append({"value": value, **named, **bounds})
    return {
        "lab": "Lindenhof Testing",
        "lab_license_number": "C8-0000072-LIC",
        "product_type": "flower",
        "status": "pass",
        "batch_number": "B-17",
        "date_tested": "2026-01-14T00:00:00",
        "pesticides_status": "pass",
        "metrc_ids": '["1A4FF0100000022000000142"]',
        "results": msgspec.json.encode(results).decode(),
        "analyses": '["pesticides", "heavy_metals"]',
        **fields,
    }


def test_a_cannlytics_record_is_judged_with_its_codes_turned_back_into_words() -> None:
    judgement = judged(cannlytics(), goods=goods())
    assert judgement.verdict == "pass", judgement.reasons
    assert analyte(judgement, "aldicarb").printed.result == "ND"  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("value", "status", "verdict"),
    [
        (1e-9, "pass", "pass"),
        (1e-8, "pass", "pass"),
        (1e-7, "pass", "unreadable"),  # below a quantitation limit that is not stated
        (10001, "pass", "fail"),
        (0, "", "unreadable"),  # what its reader could not make out is 0 as well
        (0, "pass", "pass"),
        (None, "pass", "missing"),
        (0.2, "pass", "fail"),
        ("ND", "fail", "fail"),
    ],
)
def test_the_codes_of_that_data_set(value: Any, status: str, verdict: str) -> None:
    one = {"analysis": "pesticides", "name": "Abamectin", "value": value, "units": "ug/g", "status": status}
    data = cannlytics(results=[one])
    if value == 10001:
        one["name"] = "Aldicarb"
    judgement = judged(data)
    assert panel(judgement, "pesticides").analytes[0].verdict == verdict


def test_statuses_without_results_are_no_results() -> None:
    assert judged(cannlytics(results="[]")).verdict == "missing"


@pytest.mark.parametrize(
    "data",
    [
        *(b"", b"{}", b"[]", b"[1]", b"null", b"hello", b"\xff\xfe\x00", b"%PDF-1.7 nothing"),
        *(b'{"panels": 3}', b'[{"TestTypeName": 1}, 2]', b'{"Data": []}', b'{"results": 5}{'),
        *(b"[" * 10_000, b'{"a": ' * 5_000, b'[{"panels": {}}, {"panels": {}}]'),
    ],
)
def test_a_file_that_is_none_is_refused_with_a_sentence(data: bytes) -> None:
    with refused():
        reading.read(data)


@pytest.mark.parametrize(
    "data", [b"\x00\x01nonsense" * 900_000, b'["' + b"x" * 10_000_000, b"[" + b"1," * 5_000_000 + b"1]"]
)
def test_ten_megabytes_of_nonsense_end_in_a_sentence_soon(data: bytes) -> None:
    begun = time.perf_counter()
    with refused():
        reading.read(data)
    assert time.perf_counter() - begun < 5


@pytest.mark.parametrize("count", [5_001, 20_000])
def test_more_rows_than_any_certificate_has_are_refused(count: int) -> None:
    with refused("rows"):
        reading.read(msgspec.json.encode([metrc_row("Lead (ppm)", 0)] * count))


def test_results_of_two_packages_are_not_one_certificate() -> None:
    with refused("more than one package"):
        reading.read(msgspec.json.encode([metrc_row("Lead (ppm)", 0), metrc_row("Lead (ppm)", 0, PackageId=3)]))


@given(st.binary(max_size=300))
@settings(max_examples=300, deadline=None)
def test_any_bytes_give_a_certificate_or_a_named_refusal(data: bytes) -> None:
    with suppress(KioskError):
        assert isinstance(reading.read(data), Certificate)


FIELDS = [
    "panels",
    "analytes",
    "results",
    "name",
    "result",
    "value",
    "lab",
    "dates",
    "label",
    "Data",
    "TestTypeName",
    "TestResultLevel",
    "analysis",
    "analyses",
    "metrc_ids",
    "pesticides",
    "units",
    "lod",
    "tested",
    "lab_status",
]
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(FIELDS), inner, max_size=5),
    max_leaves=25,
)


@given(JSON)
@settings(max_examples=400, deadline=None)
def test_any_json_gives_a_verdict_or_a_named_refusal(data: Any) -> None:
    with suppress(KioskError):
        assert judged(data).verdict != "pass"


def test_control_characters_in_a_name_do_nothing() -> None:
    data = paper(lab="Lindenhof\x1b[2J\u202e Testing\r\n")
    read_in = reading.read(msgspec.json.encode(data))
    assert read_in.lab == "Lindenhof[2J Testing"
