"""Every form a certificate comes in, and every kind of bytes that is none."""

import time
from contextlib import suppress
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kiosk.documents.certificates import reading
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
