"""Certificates as PDF. Layouts are those of real laboratories, names and figures invented."""

import sys
import time
import zlib

import pytest

from kiosk.documents.certificates import pdf_text, reading, tables
from kiosk.model.certificates import Printed
from tests.certificates.given import DAY, analyte, judged, panel, paper, refused
from tests.certificates.pages import pdf, placed

pytestmark = pytest.mark.requirement("INT-05")

FRONT = [
    "Lindenhof Testing Laboratory",
    "Laboratory License # C8-0000072-LIC",
    "Certificate of Analysis",
    "Matrix: Flower",
    "Batch#: B-17",
    "METRC Batch: 1A4FF0100000022000000142; METRC Sample: 1A4FF0100000022000000999",
    "Date Collected: 01/10/2026",
    "Date Received: 01/11/2026",
    "Completed: 01/14/2026 Expires: 01/14/2027",
    "OVERALL BATCH RESULT: PASS",
]


def rows(*lines: str) -> list[Printed]:
    return [row for each in tables.panels([lines]) for row in each.rows]


MASS = "µg/g µg/g µg/g µg/g"


@pytest.mark.parametrize(
    ("lines", "row"),
    [
        (  # bounds, limit, result, word; the units on a line of their own
            ["Analyte LOD LOQ Limit Result Status", MASS, "Lead 0.01 0.05 0.5 0.31 Pass"],
            {
                "result": "0.31",
                "units": "µg/g",
                "printed_limit": "0.5",
                "lod": "0.01",
                "loq": "0.05",
                "lab_status": "Pass",
            },
        ),
        (  # both bounds in one column
            ["Analyte LOD/LOQ (µg/g) Findings (µg/g) Limit (µg/g) Status", "Lead 0.02/0.06 ND 0.1 Pass"],
            {
                "result": "ND",
                "units": "µg/g",
                "printed_limit": "0.1",
                "lod": "0.02",
                "loq": "0.06",
                "lab_status": "Pass",
            },
        ),
        (  # a heading over several lines, the result last, the unit in the row
            ["Metal LOD Units Action", "Level", "Pass/Fail Result", "Lead 0.01 ppm 0.1 PASS ND"],
            {"result": "ND", "units": "ppm", "printed_limit": "0.1", "lod": "0.01", "lab_status": "PASS"},
        ),
        (  # "result" twice: the amount, then the word
            ["Analyte LOD LOQ", "Action", "Level Value Result", MASS, "Lead 0.007 0.050 1.500 0.071 Pass"],
            {
                "result": "0.071",
                "units": "µg/g",
                "printed_limit": "1.500",
                "lod": "0.007",
                "loq": "0.050",
                "lab_status": "Pass",
            },
        ),
        # a sample number before the name, no heading: the only word is the result
        (["S22-100-HM Lead ND 5.0 15.0 100 Pass"], {"result": "ND", "lab_status": "Pass"}),
        (["Lead * <LOQ Pass"], {"result": "<LOQ", "lab_status": "Pass"}),
        (  # a total has no bounds: two results, each in its unit
            ["Analyte LOD LOQ Result Result", "mg/g mg/g % mg/g", "Total THC 20.1 201"],
            {"name": "Total THC", "result": "20.1", "units": "%"},
        ),
        (["Total THC", "19.446%"], {"name": "Total THC", "result": "19.446", "units": "%"}),
        (["Moisture: 10.7%"], {"name": "Moisture", "result": "10.7", "units": "%"}),
        (
            ["Moisture 06/20/2026 0.51 % - Pass"],
            {"name": "Moisture", "result": "0.51", "units": "%", "lab_status": "Pass"},
        ),
        (["Salmonella Not Detected in 1g ND PASS"], {"name": "Salmonella", "result": "ND", "lab_status": "PASS"}),
        (
            ["Salmonella A-1 Kit PRO Negative/1g Pass"],
            {"name": "Salmonella", "result": "Negative/1g", "lab_status": "Pass"},
        ),
    ],
)
def test_rows_as_laboratories_print_them(lines: list[str], row: dict[str, str]) -> None:
    assert rows(*lines) == [Printed(**{"name": "Lead", **row})]  # type: ignore[arg-type]


def test_an_amount_between_two_names_is_nobodys() -> None:
    assert rows("22.1%", "Total THC", "0.05%", "Total CBD") == []
    assert rows("Moisture Content", "0.41 aw", "Water Activity") == []


def test_a_name_may_begin_with_a_figure() -> None:
    assert [row.name for row in rows("2-Propanol ND", "1,2-Dichloroethane ND Pass")] == [
        "2-Propanol",
        "1,2-Dichloroethane",
    ]


@pytest.mark.parametrize(
    "lines",
    [
        ["Lead 0.01 0.05 0.5 0.31 Pass"],  # no heading: which figure is it?
        ["Analyte LOQ Limit Mass Status", "Lead 0.5 0.31 Pass"],  # a cell is not there
        ["Analyte LOD LOQ Limit Result Status", "Lead 0.01 0.05 0.5 see note Pass"],
        ["Lead 3.00 2.91 97 %"],
        ["Salmonella Not Detected in 1g 10 Pass"],  # the limit in words, the result in figures
        ["Salmonella Not Detected in 1g Detected Pass"],
        ["Hair > 1 PASS"],
        ["Mold 25 % Pass"],  # the limit, and the word
    ],
)
def test_a_figure_of_an_uncertain_column_is_not_taken_for_the_result(lines: list[str]) -> None:
    assert [row.result[:1] for row in rows(*lines)] == ["?"]


@pytest.mark.parametrize(
    "line",
    [
        "Lead was not detected in any of the samples that we looked at.",
        "Aflatoxins B1, B2, G1, <20 ug/Kg., Ochratoxins <20 µg/Kg.",
        "as detected",
        "BATTLE GROUND, WA 98604",
        "Total THC = THCA * 0.877 + d9-THC; a formula of the laboratory",
    ],
)
def test_sentences_are_no_rows(line: str) -> None:
    assert rows(line) == []


def test_tables_side_by_side_are_two_rows() -> None:
    found = rows("Analyte LOD LOQ Limit Result Status", "Acephate 0.02 0.06 0.1 ND Pass Naled 0.02 0.06 0.1 0.07 Pass")
    assert [(each.name, each.result) for each in found] == [("Acephate", "ND"), ("Naled", "0.07")]


def test_the_laboratorys_own_control_samples_are_not_the_goods() -> None:
    assert rows("Quality Control", "Lead ND", "Cadmium ND") == []


def test_a_panels_word_is_read() -> None:
    found = list(tables.panels([["Pesticides Lab Results Fail", "Heavy Metals PASSED", "Mycotoxins 01/14/2026 Pass"]]))
    assert [(each.name, each.lab_status) for each in found if each.name] == [
        ("pesticides", "Fail"), ("heavy_metals", "PASSED"), ("Mycotoxins", "Pass"),
    ]  # fmt: skip


def sheet(change: str = "", to: str = "") -> bytes:
    """A clean certificate, printed the way one laboratory does."""
    pages = [FRONT]
    for where, content in paper()["panels"].items():
        lines = [f"{where.replace('_', ' ').title()} Lab Results Pass", "Analyte LOD Units Result Status"]
        for each in content["analytes"]:
            units = {"in 1 g": "CFU/g", "per 3 g": ""}.get(each["units"], each["units"])
            result = {"Not detected in 1 g": "ND"}.get(each["result"], each["result"])
            lines.append(f"{each['name'].replace('Δ', 'D')} {each.get('lod', '-')} {units} {result} Pass")
        pages.append(lines)
    return pdf(*([line.replace(change, to) if change else line for line in lines] for lines in pages))


@pytest.mark.requirement("INT-06")
def test_a_pdf_is_judged() -> None:
    judgement = judged(sheet())
    assert judgement.verdict == "pass", [str(each) for each in judgement.reasons]
    assert judged(sheet("abamectin 0.025 ug/g ND", "abamectin 0.025 ug/g 0.3")).verdict == "fail"
    over = analyte(judged(sheet("lead 0.125 ug/g ND", "lead 0.125 ug/g 0.51")), "lead")
    assert (over.verdict, over.contradiction is not None) == ("fail", True)
    gone = judged(sheet("lead 0.125 ug/g ND", "plumbum 0.125 ug/g ND"))
    assert panel(gone, "heavy_metals").verdict == "missing"


def test_what_stands_around_the_tables_is_read() -> None:
    found = reading.read(sheet())
    assert found.lab == "Lindenhof Testing Laboratory"
    assert found.lab_licence == "C8-0000072-LIC"
    assert found.batch == "B-17"
    assert found.tags == ("1A4FF0100000022000000142", "1A4FF0100000022000000999")
    assert found.lab_status == "PASS"
    dates = found.dates
    assert [str(each) for each in (dates.collected, dates.received, dates.tested, dates.expires)] == [
        "2026-01-10", "2026-01-11", "2026-01-14", "2027-01-14",
    ]  # fmt: skip
    assert dates.tested is not None
    assert dates.tested < DAY


def test_names_and_dates_may_stand_in_the_next_cell() -> None:
    lines = [
        ("Matrix:", "Plant, Flower", "Batch Size: 27 lbs"),
        ("Sample Name:", "Quiet Meadow", "Batch: PASS"),
        ("Lot #", "B-17; Batch Size: g", ""),
        ("Sampling Date:", "2026-01-10", "Completion Date: 1/14/26 10:52"),
        ("Received:", "Expires: 01/14/2027", ""),
        ("License Number: CCL20-0000227", "", "C8-0000072-LIC"),
        ("Lead ND", "", ""),
    ]
    data = placed(
        [
            (x, 760.0 - 15 * n, said)
            for n, cells in enumerate(lines)
            for x, said in zip((40.0, 150.0, 300.0), cells, strict=True)
        ]
    )
    found = reading.read(data)
    assert (found.matrix, found.product, found.batch) == ("Plant, Flower", "Quiet Meadow", "B-17")
    dates = found.dates
    assert [str(each) for each in (dates.collected, dates.received, dates.tested, dates.expires)] == [
        "2026-01-10", "None", "2026-01-14", "2027-01-14",
    ]  # fmt: skip
    assert found.numbers == ("CCL20-0000227", "C8-0000072-LIC")
    checks = {each.check: str(each.reason) for each in judged(data).checks}
    assert "C8-0000072-LIC" in checks["laboratory"]
    assert "state" not in checks


@pytest.mark.requirement("INT-06")
@pytest.mark.parametrize(
    ("line", "verdict"),
    [
        ("Test Type: R&D", "fail"),
        ("Sample Type: Flower (R&D)", "fail"),
        ("For informational use only", "fail"),
        ("Not for compliance", "fail"),
        ("Test Type: Compliance", "pass"),
        ("This certificate has been superseded by B-18", "fail"),
        ("This report is void if altered", "pass"),
        ("Values reported below quantitation limits are for informational purposes.", "pass"),
        ("QA SAMPLE - INFORMATIONAL ONLY", "fail"),
        ("informational purposes.", "pass"),
    ],
)
def test_a_pdf_that_is_no_compliance_test_or_no_longer_stands(line: str, verdict: str) -> None:
    found = judged(sheet("Certificate of Analysis", line))
    assert found.verdict == verdict, [str(each) for each in found.reasons]


def test_a_fail_that_no_row_took_in_is_not_lost() -> None:
    assert judged(sheet("Certificate of Analysis", "Certificate of Analysis FAILED")).verdict == "unreadable"
    assert judged(sheet("Quiet", "").replace(b"(Certificate of Analysis)", b"(Pass /) Tj T* (Fail)")).verdict == "pass"
    assert judged(sheet("OVERALL BATCH RESULT: PASS", "OVERALL BATCH RESULT: FAIL")).verdict == "fail"


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"%PDF-1.7 nothing", "damaged"),
        (pdf([]), "no text"),
        (pdf(["Dear customer", "we are sorry"]), "No row"),
        (pdf(*[["Lead ND"]] * 61), "pages"),
        (pdf(["Lead ND"])[:-200], "damaged"),
    ],
)
def test_a_pdf_that_is_none_is_refused(data: bytes, said: str) -> None:
    with refused(said):
        reading.read(data)


def test_a_pdf_is_read_within_two_seconds() -> None:
    data = sheet()
    begun = time.perf_counter()
    reading.read(data)
    assert time.perf_counter() - begun < 2


def test_a_pdf_made_to_hang_ends_in_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    """Forty megabytes of text in ninety kilobytes of file. What takes too long, or too much memory, is ended."""
    monkeypatch.setattr(pdf_text, "SECONDS", 1)
    shown = zlib.compress(b"BT /F1 9 Tf 40 800 Td 12 TL " + b"(Lead ND) Tj T* " * 2_500_000 + b"ET", 9)
    whole = pdf(["Lead ND"])
    start = whole.index(b"4 0 obj")
    head = b"4 0 obj\n<< /Length %d /Filter /FlateDecode >>\nstream\n" % len(shown)
    with refused("no certificate"):
        reading.read(whole[:start] + head + shown + b"\nendstream\n" + whole[whole.index(b"endobj", start) :])


def test_without_the_library_it_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pypdfium2", None)
    assert pdf_text._extracted(pdf(["Lead ND"])) == "library"
    assert "extra 'coa'" in str(pdf_text._trouble("library").reason)
