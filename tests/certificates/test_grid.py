"""Tables of a PDF that are set in columns: a cell is what it stands under, or it cannot be read."""

from collections.abc import Sequence

import pytest

from kiosk.documents.certificates import grid, reading
from kiosk.documents.certificates.layout import lines_of, powered
from kiosk.documents.certificates.pdf_text import pages_of
from kiosk.documents.certificates.results import read_result
from kiosk.model.certificates import Printed
from tests.certificates.given import refused
from tests.certificates.pages import Placed, placed

pytestmark = pytest.mark.requirement("INT-05")

HEAD = ["Analyte", "LOD (µg/g)", "Limit (µg/g)", "Result (µg/g)", "Status"]
AT = [40, 150, 230, 310, 400]


def line(y: float, cells: Sequence[str], at: Sequence[float] = AT) -> list[Placed]:
    return [(x, y, said) for x, said in zip(at, cells, strict=False) if said]


def rows(*lines: Sequence[Placed]) -> list[Printed]:
    page = pages_of(placed([word for each in lines for word in each]))[0]
    return [row for panel in grid.read(lines_of(powered(page)))[0] for row in panel.rows]


def results(*lines: Sequence[Placed]) -> list[tuple[str, str]]:
    return [(row.name, row.result) for row in rows(*lines)]


def test_a_cell_is_what_it_stands_under() -> None:
    assert rows(line(700, HEAD), line(685, ["Lead", "0.01", "0.5", "0.31", "Pass"])) == [
        Printed(name="Lead", result="0.31", units="µg/g", printed_limit="0.5", lod="0.01", lab_status="Pass")
    ]


def test_a_cell_may_be_empty() -> None:
    found = rows(
        line(700, HEAD),
        line(685, ["Lead", "", "0.5", "0.31", "Pass"]),
        line(670, ["Cadmium", "0.01", "", "ND", "Pass"]),
    )
    assert [(row.lod, row.printed_limit, row.result) for row in found] == [("", "0.5", "0.31"), ("0.01", "", "ND")]


@pytest.mark.parametrize(
    ("cells", "at"),
    [
        (["Lead", "0.01", "0.5", "", "Pass"], AT),  # no result: the limit is none
        (["Lead", "0.01", "0.5", "0.31 0.9", "Pass"], AT),
        (["Lead", "0.01", "0.5", "0.31", "0.9", "Pass"], [*AT[:4], 355, 400]),  # between two headings
        (["Lead", "0.5", "0.31", "0.9"], [40, 205, 285, 500]),  # all of it pushed to the right
        (["Lead", "ND", "0.5", "0.31", "Pass"], AT),  # a word is no detection limit
    ],
)
def test_a_cell_of_an_uncertain_column_is_not_taken_for_the_result(cells: list[str], at: list[float]) -> None:
    found = rows(line(700, HEAD), line(685, cells, at))
    assert [(row.name, row.result[:1] in "?" or " " in row.result or row.result == "Pass") for row in found] == [
        ("Lead", True)
    ]


def test_the_order_of_the_columns_is_the_headings() -> None:
    head = ["Analyte", "Result (ppb)", "Action Level (ppb)", "LOQ (ppm)", "Pass/Fail"]
    assert rows(line(700, head), line(685, ["Lead", "310", "500", "0.05", "Pass"])) == [
        Printed(name="Lead", result="310", units="ppb", printed_limit="500", loq="0.05 ppm", lab_status="Pass")
    ]


def test_a_heading_may_be_stacked_and_tables_may_stand_side_by_side() -> None:
    left, right = [40, 100, 160, 220], [320, 380, 440, 500]
    head = [
        *line(712, ["", "Action"], left),
        *line(706, ["Analyte", "", "LOD", "Result"], left),
        *line(700, ["", "Level", "(ppm)", "(ppm)"], left),
        *line(703, ["Analyte", "Result", "Limit", "LOD"], right),
        *line(692, ["", "(ppb)", "(ppb)", "(ppb)"], right),
    ]
    found = rows(
        head,
        line(680, ["Lead", "0.5", "0.01", "0.31"], left),
        line(676, ["Aflatoxin B1", "7", "20", "2"], right),
        line(668, ["Mercury", "0.1", "0.01", "ND"], left),
        line(664, ["Aflatoxin B2", "ND", "20", "2"], right),
    )
    assert {(row.name, row.result, row.units, row.printed_limit, row.lod) for row in found} == {
        ("Lead", "0.31", "ppm", "0.5", "0.01"),
        ("Mercury", "ND", "ppm", "0.1", "0.01"),
        ("Aflatoxin B1", "7", "ppb", "20", "2"),
        ("Aflatoxin B2", "ND", "ppb", "20", "2"),
    }


def test_a_name_may_be_spread_over_the_lines_above_and_below() -> None:
    found = results(
        line(700, HEAD),
        line(685, ["Piperonyl bu-"]),
        line(680, ["", "0.01", "3", "ND", "Pass"]),
        line(675, ["toxide"]),
        line(655, ["Aflatoxin", "0.01", "3", "0.2", "Pass"]),  # the total of them, but for the next line
        line(645, ["B1"]),
    )
    assert found[:1] == [("Piperonyl bu- toxide", "ND")]
    assert "Aflatoxin" not in dict(found)


def test_a_small_raised_figure_is_a_power() -> None:
    head = ["Analyte", "Result (CFU/g)", "Limit (CFU/g)"]
    found = rows(
        line(700, head),
        [*line(685, ["Total Coliforms", "10", "10"]), (160.3, 689.0, "5", 6.0), (240.3, 689.0, "3", 6.0)],
    )
    assert [(row.result, row.printed_limit) for row in found] == [("10^5", "10^3")]


def test_letters_set_wide_are_one_word() -> None:
    head = line(700, HEAD)
    spaced = [(310.0 + 5.6 * n, 685.0, sign) for n, sign in enumerate("0.31")]
    assert results(head, [*line(685, ["Lead", "0.01", "0.5"]), *spaced]) == [("Lead", "0.31")]


@pytest.mark.parametrize(
    ("share", "amount", "read"),
    [
        ("20.1", "201", "20.1"),
        ("20.1", "201.4", "20.1"),  # rounded
        ("20.1", "20.1", ""),  # the slip between % and mg/g
        ("20.1", "195", ""),
        ("ND", "ND", "ND"),
        ("ND", "4.1", ""),
        ("20.1", "N/A", "20.1"),
    ],
)
def test_two_columns_of_results_have_to_agree(share: str, amount: str, read: str) -> None:
    head = ["Cannabinoid", "LOQ (%)", "Result (%)", "Result (mg/g)"]
    found = results(line(700, head), line(685, ["THCA", "0.1", share, amount]))
    assert [result for _, result in found] == [read or f"? 0.1 {share} {amount}"]


def test_rows_of_another_panel_do_not_stand_under_this_heading() -> None:
    head = ["Analyte", "Result (ppb)", "Limit (ppb)"]
    found = results(line(700, head), line(685, ["Aflatoxin B1", "3", "20"]), line(650, ["Lead", "0.9", "0.5"]))
    assert found == [("Aflatoxin B1", "3")]


def test_a_heading_in_unknown_words_ends_the_table() -> None:
    found = results(
        line(700, HEAD[:4]),
        line(685, ["Lead", "0.01", "0.5", "0.31"]),
        line(650, ["Stuff", "Smallest", "Observed", "Tolerated"]),
        line(635, ["Arsenic", "0.01", "0.9", "0.2"]),
    )
    assert found == [("Lead", "0.31")]


def test_the_laboratorys_own_control_samples_are_not_the_goods() -> None:
    head = ["Analyte", "Result", "Expected", "% Recovery"]
    assert results(line(700, head), line(685, ["Lead", "1.0", "1.0", "100"])) == []
    qc = [(40.0, 720.0, "Quality Control Data")]
    assert results(qc, line(700, HEAD), line(685, ["Lead", "0.01", "0.5", "0.31", "Pass"])) == []


def test_a_unit_does_not_head_what_words_above_it_may() -> None:
    found = rows(
        line(700, ["Analyte", "", "Tolerated", "Result"]),
        line(690, ["", "LOD (ppm)", "(ppm)", "(ppm)"]),
        line(675, ["Lead", "0.01", "0.5", "0.31"]),
    )
    assert [(row.result, row.lod, row.printed_limit) for row in found] == [("0.31", "0.01", "")]
    assert results(line(700, ["Analyte", "Tolerated"]), line(690, ["", "(ppm)"]), line(675, ["Lead", "0.5"])) == []


def test_a_unit_far_from_its_figures_is_no_heading() -> None:
    at = [40, 150, 230, 310, 480]
    found = rows(
        line(700, [*HEAD[:4], "Units"], at),
        line(690, ["Lead", "0.01", "0.5", "0.31", "ppm"], at),
        line(680, ["Arsenic", "0.01", "0.2", "ND", "ppm"], at),
    )
    assert [(row.name, row.result) for row in found] == [("Lead", "0.31"), ("Arsenic", "ND")]


def test_the_files_order_is_not_the_readers() -> None:
    """Drawn first: the limit. Seen: what was found, too."""
    drawn = [(40.0, 700.0, "Salmonella"), (120.0, 700.0, "Not Detected in 1g"), (300.0, 700.0, "Pass")]
    page = placed([*drawn, (40.0, 650.0, "Lead ND"), (220.0, 700.0, "Detected")])
    read = {row.name: row.result for each in reading.read(page).panels for row in each.rows}
    assert read["Salmonella"][:1] == "?"


@pytest.mark.parametrize(("one", "other", "read"), [("0.31", "0.31", "0.31"), ("0.31", "0.312", "")])
def test_two_columns_of_one_unit_have_to_be_equal(one: str, other: str, read: str) -> None:
    found = results(line(700, ["Analyte", "Result (ppm)", "Conc. (ppm)"]), line(685, ["Lead", one, other]))
    assert [result for _, result in found] == [read or f"? {one} {other}"]


def test_of_two_limits_none_is_the_printed_one() -> None:
    head = ["Analyte", "Result (ppb)", "Limit (ppb)", "Limit (ppb)", "Finding"]
    found = rows(line(700, head), line(685, ["Lead", "310", "500", "1000", "Pass"]))
    assert [(row.result, row.printed_limit, row.lab_status) for row in found] == [("310", "", "Pass")]


def test_the_laboratorys_word_may_stand_aside() -> None:
    found = rows(line(700, HEAD[:4]), line(685, ["Lead", "0.01", "0.5", "0.31", "FAIL"], [*AT[:4], 375]))
    assert [(row.result, row.lab_status) for row in found] == [("0.31", "FAIL")]
    found = rows(line(700, HEAD[:4]), line(685, ["Lead", "0.01", "FAIL", "0.31"]))
    assert [(row.result, row.printed_limit, row.lab_status) for row in found] == [("0.31", "", "FAIL")]


def test_analytes_may_stand_side_by_side() -> None:
    at = [40, 90, 150, 210, 270]
    found = rows(
        line(712, ["", "", "", "", "TOTAL THC"], at),
        line(700, ["", "D9-THC", "THCA", "CBD", "(DRY)"], at),
        line(690, ["%", "0.627", "21.459", "ND", "22.2"], at),
        line(680, ["mg/unit", "21.9", "751", "ND", "777"], at),
        line(670, ["LOD", "0.001", "0.001", "0.001", "0.001"], at),
    )
    assert found == []  # three names are a sentence
    at, more = [*at, 330], ["CBG", "0.098"]
    found = rows(
        line(712, ["", "", "", "", "TOTAL THC"], at),
        line(700, ["", "D9-THC", "THCA", "CBD", "(DRY)", more[0]], at),
        line(690, ["%", "0.627", "21.459", "ND", "22.2", more[1]], at),
        line(670, ["LOD", "0.001", "0.001", "0.001", "0.001", "0.001"], at),
    )
    assert [(row.name, row.result, row.units, row.lod) for row in found] == [
        ("D9-THC", "0.627", "%", "0.001"),
        ("THCA", "21.459", "%", "0.001"),
        ("CBD", "ND", "%", "0.001"),
        ("TOTAL THC (DRY)", "22.2", "%", "0.001"),
        ("CBG", "0.098", "%", "0.001"),
    ]


def test_what_stands_off_the_page_is_not_on_it() -> None:
    assert results(line(700, HEAD), line(-20, ["Lead", "0.01", "0.5", "0.31", "Pass"])) == []


def test_a_figure_cut_by_the_edge_is_none() -> None:
    """3.3 is what is left of 3.31 there."""
    at = [40, 150, 230, 310, 566]
    head = line(700, [*HEAD[:3], "Status", "Result"], at)
    kinds = [
        [read_result(said).kind for _, said in results(head, line(685, ["Lead", "0.01", "0.5", "Pass", "3.31"], place))]
        for place in ([*at[:4], 570], [*at[:4], 583])
    ]
    assert kinds == [["measured"], ["unreadable"]]


def test_letters_that_leave_nothing_to_see_are_not_read() -> None:
    """A picture with text made out in it: a program took a 6 for a 0."""
    page = placed([*line(700, HEAD), *line(685, ["Lead", "0.01", "0.5", "0.31", "Pass"])])
    with refused("no text"):
        reading.read(page.replace(b"BT /F1", b"BT 3 Tr F1"))


def test_a_page_may_be_turned() -> None:
    words = [*line(-300, HEAD), *line(-315, ["Lead", "0.01", "0.5", "0.31", "Pass"])]
    page = placed([(-y, x, said) for x, y, said in words], turn="0 1 -1 0")
    found = [row for panel in reading.read(page).panels for row in panel.rows]
    assert [(row.name, row.result) for row in found] == [("Lead", "0.31")]
