"""``kiosk label``: facts in a file, the label or what stops it out. Each mistake is one sentence with its place."""

import json
import string
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from PIL import Image

from kiosk.cli import main
from kiosk.documents.codes import label_code
from kiosk.label import WIDTHS, labelled
from kiosk.label import example as example_of
from kiosk.model.errors import Theirs
from kiosk.rules.labels.reading import facts_of, read_facts
from kiosk.rules.labels.template import Template
from kiosk.rules.pack import states, versions
from tests.hw.peer import read_codes

WITH_LABELS = [state for state in states() if any(law.labels for law in versions(state))]
TODAY = date(2026, 3, 3)


def newest(state: str) -> Template:
    return max((each for law in versions(state) for each in law.labels), key=lambda each: each.effective_from)


def facts_for(state: str, name: str = "") -> dict[str, Any]:
    facts: dict[str, Any] = json.loads(example_of(state, name))
    return facts


def flat(facts: dict[str, Any]) -> set[str]:
    return {f"{group}.{name}" for group, each in facts.items() if isinstance(each, dict) for name in each}


def without(facts: dict[str, Any], key: str) -> dict[str, Any]:
    group, _, name = key.partition(".")
    if not name:
        return {other: each for other, each in facts.items() if other != key}
    return {**facts, group: {other: each for other, each in facts[group].items() if other != name}}


def with_fact(facts: dict[str, Any], key: str, value: Any) -> dict[str, Any]:
    return {**without(facts, key), key: value} if key in flat(facts) else {**facts, key: value}


def asked(tmp_path: Path, state: str, facts: Any, **more: Any) -> tuple[dict[str, Any], bool]:
    file = tmp_path / "facts.json"
    file.write_text(facts if isinstance(facts, str) else json.dumps(facts), encoding="utf-8")
    answer, may_print = labelled(str(file), state, today=TODAY, **more)
    said: dict[str, Any] = json.loads(answer)
    return said, may_print


def stopped_by(said: dict[str, Any]) -> set[str]:
    refused = said["refused"]
    return {each["fact"] for each in (*refused["missing"], *refused["wrong"])}


@pytest.mark.requirement("LBL-01", "INS-06")
@pytest.mark.parametrize("state", WITH_LABELS)
def test_whole_facts_give_a_label_whose_every_line_names_rule_and_citation(state: str, tmp_path: Path) -> None:
    said, may_print = asked(tmp_path, state, facts_for(state), png=tmp_path / "out.png", paper_mm=58)
    assert (may_print, said["refused"]) == (True, None)
    assert said["template"]["name"] == f"{state} label {newest(state).version}"
    assert said["template"]["effective_from"]
    for line in said["lines"]:
        assert line["rule"] == f"{state}.label.{line['rule'].split('.label.')[1]}"
        assert line["citation"]
        assert line["as_of"]
        assert line["text"].strip()
    with Image.open(tmp_path / "out.png") as image:
        assert image.width == WIDTHS[58]
        assert round(image.info["dpi"][0]) == 203
        assert read_codes(image) == [label_code("000917", 1), "1A4FF0100000022000000123"]


@pytest.mark.requirement("LBL-01", "INS-06")
@pytest.mark.parametrize("state", WITH_LABELS)
def test_each_required_fact_taken_away_stops_the_label_and_is_named(state: str, tmp_path: Path) -> None:
    """One after the other, in every worked example: the label stops for this fact alone."""
    tried = set()
    for each in newest(state).examples:
        if each.refused:
            continue
        facts = facts_for(state, each.name)
        for key in (*each.stops, "dispense.date", "dispense.serial", "package.uid"):
            said, may_print = asked(tmp_path, state, without(facts, key))
            assert not may_print
            (missing,) = said["refused"]["missing"] + said["refused"]["wrong"]
            assert key in (missing["fact"], missing.get("or"))
            assert missing["citation"]
            assert missing["way_on"]
            tried.add(key)
    assert len(tried) > 8


WRONG = {
    "a unit of something else": ("product.net_weight_g", "30 mL", "It is told in mL, and wanted in g."),
    "ounces for grams": ("product.net_weight_g", "1 oz", "It is told in oz, and wanted in g."),
    "mg for per cent": ("potency.thc_pct", "22 mg", "It is told in mg, and wanted in %."),
    "a unit that is none": ("product.net_weight_g", "3 furlongs", "It is told in furlongs, and wanted in g."),
    "nothing of it": ("product.net_weight_g", 0, "An amount over zero is wanted."),
    "less than nothing": ("product.net_weight_g", -3.5, "An amount over zero is wanted."),
    "no units": ("dispense.quantity", 0, "An amount over zero is wanted, and of units a whole number."),
    "less than no units": (
        "dispense.quantity",
        "-1 unit",
        "An amount over zero is wanted, and of units a whole number.",
    ),
    "half a bottle": (
        "dispense.quantity",
        "0.5 bottles",
        "An amount over zero is wanted, and of units a whole number.",
    ),
    "a quantity in nothing": (
        "dispense.quantity",
        "some",
        "A number of units is wanted, or an amount with its unit such as 3.5 g.",
    ),
    "a quantity in per cent": (
        "dispense.quantity",
        "5 %",
        "A number of units is wanted, or an amount with its unit such as 3.5 g.",
    ),
    "more than all": ("potency.thc_pct", 100.1, "A value from 0 on is wanted, and of per cent at most 100."),
    "less than none": ("potency.cbd_pct", -0.1, "A value from 0 on is wanted, and of per cent at most 100."),
    "a truth as an amount": ("product.net_weight_g", True, "A number in g is wanted."),
    "a list as a name": ("patient.name", ["Robin"], "A text is wanted."),
    "a number as a flag": ("lab.passed", 1, "Yes or no is wanted."),
    "a date the other way round": ("expiry.date", "08/14/2026", "A date is wanted, as YYYY-MM-DD."),
    "a day that is none": ("expiry.date", "2026-02-30", "A date is wanted, as YYYY-MM-DD."),
    "a year long ago": ("patient.dob", "0001-01-01", "A date is wanted, as YYYY-MM-DD."),
    "a misspelt fact": ("patient.nmae", "Robin", "No fact is called so. Is patient.name meant?"),
    "a fact of nobody": ("zodiac.sign", "Leo", "No fact is called so."),
    "ingredients as a number": ("product.ingredients", 7, "A list of words is wanted."),
    "a level of nothing": ("potency.cannabinoids", {"THC": "much"}, "THC: a number in %, mg, mg/g or mg/mL is wanted."),
    "a level without a name": ("potency.cannabinoids", {" ": "1 %"}, "A value has no name."),
    "levels as a text": ("terpenes", "Myrcene", 'Named values are wanted, such as {"THCA": "21.3 %"}.'),
    "a range upside down": (
        "potency.cannabinoids",
        {"THC": "5-3 %"},
        "A value from 0 on is wanted, and of per cent at most 100.",
    ),
    "shown what is none": ("producer_label.shows", ["lab.nmae"], "lab.nmae: No fact is called so. Is lab.name meant?"),
    "shown as a text": ("producer_label.shows", "lab.name", "A list of keys of facts is wanted."),
    "no picture": ("symbol.universal", "data:image/png;base64,???", "The picture is no PNG in base64."),
    "a picture that is not there": ("symbol.universal", "nowhere.png", "The picture's file cannot be read."),
    "a picture as a number": ("symbol.universal", 5, "The name of a PNG file is wanted."),
    "doses by halves": ("product.servings", 2.5, "A whole number from 1 on is wanted."),
    "a number without end": ("product.net_weight_g", 10**30, "A number in g is wanted."),
}


@pytest.mark.parametrize("fault", WRONG)
def test_what_cannot_be_read_is_one_sentence_with_its_place(fault: str, tmp_path: Path) -> None:
    key, value, why = WRONG[fault]
    with pytest.raises(Theirs) as caught:
        asked(tmp_path, "FL", with_fact(facts_for("FL"), key, value))
    assert str(caught.value.reason) == f"{key}: {why}"


BROKEN = {
    "no JSON": ('{"patient": ', "The facts are no JSON from line 1, column 13 on."),
    "nothing": ("", "The facts are no JSON from line 1, column 1 on."),
    "a list": ("[]", "The facts are no JSON object."),
    "a number": ("7", "The facts are no JSON object."),
    "no number": ('{"product.net_weight_g": NaN}', "The facts cannot be read: NaN is no number."),
    "no end": ('{"product.net_weight_g": Infinity}', "The facts cannot be read: Infinity is no number."),
    "a key twice": (
        '{"patient.name": "A", "patient.name": "B"}',
        "The facts cannot be read: patient.name is told twice.",
    ),
    "a fact twice": ('{"patient": {"name": "A"}, "patient.name": "B"}', "patient.name: It is told twice."),
    "nested without end": ("[" * 100_000, "The facts are no JSON in UTF-8."),
    "very large": (" " * 300_000, "The facts are larger than 256 KB."),
    "a number of many digits": ('{"product.net_weight_g": ' + "9" * 5000 + "}", "The facts are no JSON in UTF-8."),
}


@pytest.mark.parametrize("fault", BROKEN)
def test_a_file_that_holds_no_facts_is_one_sentence(fault: str, tmp_path: Path) -> None:
    source, why = BROKEN[fault]
    with pytest.raises(Theirs) as caught:
        asked(tmp_path, "FL", source)
    assert str(caught.value.reason) == why


def test_bytes_that_are_no_text_are_one_sentence() -> None:
    with pytest.raises(Theirs) as caught:
        read_facts(b"\xff\xfe\x00")
    assert str(caught.value.reason) == "The facts are no JSON in UTF-8."


@pytest.mark.parametrize("word", ["", "NT", "NRT", "n/a", "Not tested", "pending", None])
def test_a_value_that_nobody_has_found_is_missing(word: str | None, tmp_path: Path) -> None:
    said, may_print = asked(tmp_path, "FL", with_fact(facts_for("FL"), "potency.thc_pct", word))
    assert not may_print
    assert stopped_by(said) == {"potency.thc_pct"}


def test_what_a_laboratory_found_is_printed_as_it_found_it(tmp_path: Path) -> None:
    for word, printed in (("<LOQ", "<LOQ"), ("nd", "ND"), ("< lod", "<LOD"), (0, "0 %"), ("0.80 %", "0.8 %")):
        said, may_print = asked(tmp_path, "FL", with_fact(facts_for("FL"), "potency.cbd_pct", word))
        assert may_print
        assert f"CBD: {printed}" in [line["text"] for line in said["lines"]]


def test_expired_failed_and_future_goods_are_named(tmp_path: Path) -> None:
    facts = facts_for("FL")
    assert stopped_by(asked(tmp_path, "FL", with_fact(facts, "expiry.date", "2026-03-01"))[0]) == {"expiry.date"}
    assert stopped_by(asked(tmp_path, "FL", with_fact(facts, "lab.passed", "no"))[0]) == {"lab.passed"}
    for key in ("dispense.date", "lab.test_date"):
        with pytest.raises(Theirs) as caught:
            asked(tmp_path, "FL", with_fact(facts, key, "2026-03-05"))
        assert str(caught.value.reason) == f"{key}: 2026-03-05 lies in the future."


@pytest.mark.requirement("LBL-07")
def test_an_old_dispense_gives_the_old_version_also_as_a_reprint(tmp_path: Path) -> None:
    facts = facts_for("UT")
    facts["package"].pop("date", None)
    for day, version in (("2021-06-30", "2020-01-01"), ("2021-07-01", "2021-07-01")):
        old = with_fact(facts, "dispense.date", day)
        said, may_print = asked(tmp_path, "UT", old, print_no=2, png=tmp_path / "again.png")
        assert may_print, said["refused"]
        assert (said["template"]["version"], said["dispensed"], said["print_no"]) == (version, day, 2)
        with Image.open(tmp_path / "again.png") as image:
            assert read_codes(image)[0] == label_code("000917", 2)


def test_control_characters_and_turned_text_are_not_on_the_label(tmp_path: Path) -> None:
    name = "Ro\u0000bin\u001b[2J \u202eelpmaxE\u2066\n{{}}"
    said, may_print = asked(tmp_path, "FL", with_fact(facts_for("FL"), "patient.name", name), png=tmp_path / "o.png")
    assert may_print
    assert said["lines"][0]["value"] == "Ro bin [2J elpmaxE {{}}"
    for nothing in ("\u0000", "\u200b\u202e", " \t"):
        said, _ = asked(tmp_path, "FL", with_fact(facts_for("FL"), "patient.name", nothing))
        assert stopped_by(said) == {"patient.name"}


@pytest.mark.requirement("LBL-06")
def test_words_of_any_length_are_whole_or_refused(tmp_path: Path) -> None:
    facts = facts_for("OH")
    for length, paper in ((40, 58), (200, 80), (2000, 58)):
        said, may_print = asked(
            tmp_path, "OH", with_fact(facts, "product.name", "W" * length), png=tmp_path / "o.png", paper_mm=paper
        )
        assert may_print
        assert "W" * length in said["lines"][3]["value"]
    said, may_print = asked(tmp_path, "OH", with_fact(facts, "product.name", "W" * 2001))
    assert (may_print, stopped_by(said)) == (False, {"product.name"})


def test_a_letter_no_font_has_and_a_number_that_makes_no_code_stop_it(tmp_path: Path) -> None:
    facts = facts_for("FL")
    said, may_print = asked(tmp_path, "FL", with_fact(facts, "patient.name", "𐎀𐎁"))
    assert (may_print, stopped_by(said)) == (False, {"Patient"})
    for serial in ("x" * 40, "D 1", "ß"):
        said, may_print = asked(tmp_path, "FL", with_fact(facts, "dispense.serial", serial), png=tmp_path / "no.png")
        assert (may_print, stopped_by(said)) == (False, {"dispense.serial"})
    assert not (tmp_path / "no.png").exists()


def test_the_command_line(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    assert main(["label", "--state", "ca", "--example"]) == 1
    assert capsys.readouterr().err == "kiosk: The rule pack of CA has no label part.\n"
    assert main(["label", "--state", "OH", "--example", "no such"]) == 1
    assert "There are: Flower for a patient; " in capsys.readouterr().err
    assert main(["label", "--state", "oh", "--example", "edible"]) == 0
    file = tmp_path / "facts.json"
    file.write_text(capsys.readouterr().out, encoding="utf-8")
    assert main(["label", str(file), "--state", "OH", "--png", str(tmp_path / "o.png")]) == 0
    assert json.loads(capsys.readouterr().out)["refused"] is None
    assert (tmp_path / "o.png").exists()
    file.write_text("{}")
    assert main(["label", str(file), "--state", "OH"]) == 1
    assert json.loads(capsys.readouterr().out)["refused"]["missing"][0]["fact"] == "dispense.date"
    for line in (
        ["label", "--state", "OH"],
        ["label", str(file), "--state", "OH", "--print", "0"],
        ["label", str(tmp_path / "nowhere"), "--state", "OH"],
        ["label", str(tmp_path), "--state", "OH"],
        ["label", str(file), "--state", "QQ"],
    ):
        assert main(line) == 1
        said = capsys.readouterr()
        assert said.out == ""
        assert said.err.startswith("kiosk: ")
        assert said.err.count("\n") == 1


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=12), inner, max_size=3),
    max_leaves=6,
)
KEYS = st.sampled_from(sorted(flat(facts_for("OH")) | flat(facts_for("MN")) | {"terpenes", "patient", "dispense"}))


@settings(deadline=None, max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(changes=st.dictionaries(KEYS, ANYTHING, max_size=4), state=st.sampled_from(WITH_LABELS))
@example(changes={"potency": {"thc_pct": "1e400"}}, state="FL")
@example(changes={"patient.name": "\ud800"}, state="FL")
def test_anything_is_a_label_a_named_refusal_or_one_sentence(
    changes: dict[str, Any], state: str, tmp_path: Path
) -> None:
    """Whatever is told, no fault of the program: and what is printed was told."""
    facts = facts_for(state)
    for key, value in changes.items():
        facts = with_fact(facts, key, value)
    try:
        said, may_print = asked(tmp_path, state, facts)
    except Theirs as fault:
        line = str(fault.reason)
        assert "\n" not in line
        assert len(line) < 400
        return
    assert may_print is (said["refused"] is None)
    if not may_print:
        assert all(each["reason"] for each in (*said["refused"]["missing"], *said["refused"]["wrong"]))


@given(st.text(alphabet=string.printable, max_size=30))
def test_a_text_for_an_amount_is_read_exactly_or_not_at_all(word: str) -> None:
    try:
        read = facts_of({"product.net_weight_g": word})["product.net_weight_g"]
    except Theirs:
        return
    assert str(read).rstrip("0").rstrip(".") in word.replace(" ", "") or read is None
