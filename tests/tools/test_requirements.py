"""The table of requirements cannot claim what no test shows."""

from tools.requirements import check, marked_tests, written

PAGE = "| PAT-02 | two documents | {state} | {tests}|"
TEST = "tests/test_x.py::test_two_scans"


def test_a_row_and_its_marks_agree():
    assert check(PAGE.format(state="shown", tests=f"`{TEST}` "), {"PAT-02": {TEST}}) == []


def test_a_claim_without_a_marked_test_is_found():
    (sentence,) = check(PAGE.format(state="shown", tests=f"`{TEST}` "), {})
    assert "does not exist" in sentence


def test_a_marked_test_the_page_does_not_name_is_found():
    assert any("does not name" in line for line in check(PAGE.format(state="open", tests=""), {"PAT-02": {TEST}}))


def test_a_code_nobody_knows_is_found():
    assert any("no requirement" in line for line in check("", {"PAT-99": {TEST}}))


def test_shown_without_a_test_is_found():
    assert check(PAGE.format(state="shown", tests=""), {})


def test_writing_makes_both_sides_agree_but_never_judges():
    page = written(PAGE.format(state="open", tests=""), {"PAT-02": {TEST}})
    assert TEST in page
    assert "| open |" in page


def test_marks_are_read_from_functions_classes_and_modules(tmp_path):
    folder = tmp_path / "tests"
    folder.mkdir()
    (folder / "test_a.py").write_text(
        "import pytest\npytestmark = pytest.mark.requirement('AAA-01')\n"
        "@pytest.mark.requirement('BBB-01', 'BBB-02')\ndef test_f(): ...\n"
        "@pytest.mark.requirement('CCC-01')\nclass TestC:\n    async def test_m(self): ...\n    def helper(self): ...\n"
    )
    marks = marked_tests(folder)
    assert marks["AAA-01"] == {"tests/test_a.py::test_f", "tests/test_a.py::TestC::test_m"}
    assert marks["BBB-02"] == {"tests/test_a.py::test_f"}
    assert marks["CCC-01"] == {"tests/test_a.py::TestC::test_m"}
