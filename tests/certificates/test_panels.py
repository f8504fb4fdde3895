"""Panels, totals and sums of a whole certificate."""

from datetime import date
from typing import Any

import pytest

from kiosk.documents.certificates.analytes import analyte as key_of
from kiosk.documents.certificates.analytes import table
from kiosk.model.certificates import Claim, Goods
from tests.certificates.given import TAG, analyte, goods, judged, panel, paper, row

pytestmark = pytest.mark.requirement("INT-06")


@pytest.mark.parametrize("name", ["pesticides", "heavy_metals", "microbials", "mycotoxins", "cannabinoids", "moisture"])
def test_a_required_panel_that_is_not_there_fails_the_batch(name: str) -> None:
    data = paper()
    del data["panels"][name]
    judgement = judged(data, goods=goods())
    assert panel(judgement, name).verdict == "missing"
    assert (judgement.verdict, judgement.accepted) == ("missing", False)


def test_which_panels_are_required_depends_on_the_goods() -> None:
    smoked = {each.panel for each in judged(paper(kind="flower"), kind="flower").panels if each.required}
    eaten = {each.panel for each in judged(paper(kind="edible"), kind="edible").panels if each.required}
    assert "moisture" in smoked - eaten
    assert "residual_solvents" in eaten - smoked


def test_limits_depend_on_how_the_goods_are_used() -> None:
    data = paper()
    row(data, "heavy_metals", "arsenic").update(result="1.0")
    assert analyte(judged(data), "arsenic").verdict == "fail"
    assert analyte(judged(data, kind="edible"), "arsenic").verdict == "fail"  # the paper is of flower
    eaten = paper(kind="edible")
    row(eaten, "heavy_metals", "arsenic").update(result="1.0")
    assert analyte(judged(eaten, kind="edible"), "arsenic").verdict == "pass"
    assert next(each for each in judged(data, kind="edible").checks if each.check == "kind").verdict == "fail"


def test_a_required_analyte_that_is_not_there_is_missing() -> None:
    data = paper()
    data["panels"]["pesticides"]["analytes"].remove(row(data, "pesticides", "abamectin"))
    assert analyte(judged(data), "abamectin").verdict == "missing"
    assert judged(data).verdict == "missing"


@pytest.mark.parametrize(
    ("word", "verdict"), [("FAIL", "fail"), ("NT", "missing"), ("oddly", "unreadable"), ("Tested", "pass")]
)
def test_the_laboratorys_word_for_a_panel_counts(word: str, verdict: str) -> None:
    data = paper()
    data["panels"]["pesticides"]["lab_status"] = word
    assert panel(judged(data), "pesticides").verdict == verdict


def test_a_laboratory_that_passes_a_failing_panel_is_reported() -> None:
    data = paper()
    row(data, "pesticides", "abamectin").update(result="3", lab_status="")
    found = panel(judged(data), "pesticides")
    assert found.verdict == "fail"
    assert found.contradiction is not None


def myco(**results: str) -> dict[str, Any]:
    data = paper()
    names = {
        "b1": "Aflatoxin B1",
        "b2": "Aflatoxin B2",
        "g1": "Aflatoxin G1",
        "g2": "Aflatoxin G2",
        "total": "Total Aflatoxins",
    }
    rows = [{"name": names[key], "result": result, "units": "ug/kg", "loq": "2"} for key, result in results.items()]
    data["panels"]["mycotoxins"]["analytes"] = [*rows, row(data, "mycotoxins", "ochratoxin a")]
    return data


@pytest.mark.parametrize(
    ("results", "verdict"),
    [
        ({"b1": "ND", "b2": "ND", "g1": "ND", "g2": "ND"}, "pass"),
        ({"b1": "9", "b2": "ND", "g1": "9", "g2": "2"}, "pass"),
        ({"b1": "9", "b2": "ND", "g1": "9", "g2": "2.1"}, "fail"),  # each below the limit, together above
        ({"b1": "21", "b2": "ND", "g1": "ND", "g2": "ND"}, "fail"),
        ({"b1": "ND", "b2": "ND", "g1": "ND"}, "missing"),
        ({"b1": "19", "b2": "<LOQ", "g1": "ND", "g2": "ND"}, "unreadable"),
        ({"b1": "ND", "b2": "NT", "g1": "ND", "g2": "ND"}, "unreadable"),
        ({"total": "ND"}, "pass"),
        ({"total": "21"}, "fail"),
    ],
)
def test_a_total_is_the_sum_of_its_parts_where_it_is_not_printed(results: dict[str, str], verdict: str) -> None:
    assert panel(judged(myco(**results)), "mycotoxins").verdict == verdict


def test_a_total_below_its_parts_cannot_be() -> None:
    judgement = judged(myco(total="4", b1="9", b2="ND", g1="ND", g2="ND"), goods=goods())
    assert judgement.verdict == "unreadable"
    assert any("less than its parts" in str(each) for each in judgement.reasons)


def test_a_total_speaks_for_its_parts() -> None:
    data = paper()
    rest = [each for each in data["panels"]["microbials"]["analytes"] if "aspergillus" not in each["name"]]
    data["panels"]["microbials"]["analytes"] = [{"name": "Aspergillus", "result": "Absent", "units": ""}, *rest]
    assert panel(judged(data), "microbials").verdict == "pass"
    data["panels"]["microbials"]["analytes"][0]["result"] = "Present"
    assert panel(judged(data), "microbials").verdict == "fail"


@pytest.mark.parametrize(("result", "verdict"), [("ND", "missing"), ("0", "missing"), ("Absent in 1 g", "pass")])
def test_a_plate_without_colonies_does_not_show_that_one_kind_is_absent(result: str, verdict: str) -> None:
    data = paper()
    row(data, "microbials", "stec").update(
        name="E. coli", result=result, units="CFU/g" if result != "Absent in 1 g" else ""
    )
    assert analyte(judged(data), "stec").verdict == verdict
    assert (panel(judged(data), "microbials").verdict == "pass") == (verdict == "pass")


@pytest.mark.parametrize(("result", "verdict"), [("ND", "unreadable"), ("0", "unreadable"), ("0.64", "pass")])
def test_there_is_always_some_water(result: str, verdict: str) -> None:
    data = paper()
    row(data, "water_activity", "water activity").update(result=result, units="aw", lod="")
    assert analyte(judged(data), "water_activity").verdict == verdict


def test_mold_is_what_its_panel_says() -> None:
    data = paper()
    row(data, "foreign_matter", "mold mildew area")["name"] = "Mold"
    assert panel(judged(data), "foreign_matter").verdict == "pass"
    row(data, "foreign_matter", "Mold").update(result="26")
    assert analyte(judged(data), "mold_mildew_area").verdict == "fail"


def test_a_state_may_be_written_out() -> None:
    assert all(each.check != "state" for each in judged(paper(state="California")).checks)


def test_a_part_alone_does_not_speak_for_the_total() -> None:
    data = paper()
    row(data, "pesticides", "spinosad")["name"] = "Spinosad A"
    assert analyte(judged(data), "spinosad").verdict == "missing"


@pytest.mark.parametrize(
    ("change", "verdict"),
    [
        ({}, "pass"),
        ({"Total THC": "20.1"}, "pass"),  # rounding
        ({"Total THC": "22.79"}, "unreadable"),  # the acid was not weighted
        ({"Total THC": "0.5"}, "unreadable"),
        ({"Total THC": "200.8 mg/g"}, "pass"),
        ({"Total THC": "20.08 mg/g"}, "unreadable"),  # the slip between % and mg/g
        ({"Total THC": "22.36"}, "pass"),  # on the dry basis: 20.08 / (1 - 0.102)
        ({"THCA": "220", "Total THC": "193.7"}, "unreadable"),
    ],
)
def test_total_thc_is_its_parts(change: dict[str, str], verdict: str) -> None:
    data = paper()
    for name, result in change.items():
        number, _, units = result.partition(" ")
        row(data, "cannabinoids", name).update(result=number, units=units or "%")
    checks = [each.verdict for each in judged(data).checks if each.check == "sums"]
    assert set(checks) == {verdict}


def test_all_of_it_is_not_more_than_the_whole() -> None:
    data = paper()
    data["panels"]["cannabinoids"]["analytes"] += [{"name": "CBDA", "result": "81", "units": "%"}]
    assert any("of the whole" in str(each) for each in judged(data).reasons)


def test_no_figure_is_too_large_to_be_judged() -> None:
    data = paper()
    data["panels"]["moisture"]["analytes"][0]["result"] = "9" * 40
    row(data, "heavy_metals", "lead").update(result="1e99")
    assert judged(data).verdict == "fail"


def test_findings_below_their_limits_can_be_too_many_together() -> None:
    data = paper("FL")
    for each in data["panels"]["pesticides"]["analytes"]:
        if each["name"] != "pesticide load":
            each.update(result=str(float(each["lod"]) * 4), lod="")
    judgement = judged(data, "FL")
    assert panel(judgement, "pesticides").verdict == "pass"
    assert [each.verdict for each in judgement.checks if each.check == "load"] == ["fail", "pass", "fail"]
    assert judgement.verdict == "fail"


def test_the_laboratorys_word_for_a_sum_that_we_make_ourselves_is_not_needed() -> None:
    data = paper("FL")
    row(data, "pesticides", "pesticide load").update(name="Total Contaminant Load", result="Passed")
    assert panel(judged(data, "FL"), "pesticides").verdict == "pass"


@pytest.mark.parametrize(
    ("fields", "check", "verdict"),
    [
        ({"metrc_tag": "1A4FF0100000022000000999"}, "identity", "fail"),
        ({"metrc_tag": ""}, "identity", "unchecked"),
        ({"lab": ""}, "laboratory", "missing"),
        ({"lab_license": "X-1"}, "laboratory", "fail"),
        ({"lab_license": "C8-0000072-LIC"}, "laboratory", "unchecked"),
        ({"state": "FL"}, "state", "fail"),
        ({"overall": "FAIL"}, "lab_status", "fail"),
        ({"overall": "Batch failed"}, "lab_status", "fail"),
        ({"dates": {"tested": "2025-03-01"}}, "age", "fail"),
        ({"dates": {"tested": "2025-03-02"}}, "age", "pass"),
        ({"dates": {"tested": "2026-01-01", "expires": "2026-02-01"}}, "age", "fail"),
        ({"dates": {"tested": "03/01/2026"}}, "age", "pass"),
        ({"dates": {"tested": "2026-01-01", "retest": "2026-02-01"}}, "age", "fail"),
        ({"dates": {}}, "age", "missing"),
        ({"dates": {"tested": "soon"}}, "dates", "unreadable"),
        ({"dates": {"tested": "2026-03-03"}}, "dates", "fail"),
        ({"dates": {"tested": "2026-01-03", "collected": "2026-01-04"}}, "dates", "unreadable"),
    ],
)
def test_the_paper_itself_is_checked(fields: dict[str, Any], check: str, verdict: str) -> None:
    judgement = judged(paper(**fields), goods=goods())
    assert verdict in [each.verdict for each in judgement.checks if each.check == check]
    assert not judgement.accepted


def test_a_batch_stands_for_a_tag_that_is_not_on_the_certificate() -> None:
    for batch, verdict in (("b 17", "pass"), ("B-18", "fail")):
        judgement = judged(paper(metrc_tag=""), goods=Goods(tag=TAG, batch=batch))
        assert judgement.checks[0].verdict == verdict


@pytest.mark.parametrize(("licence", "verdict"), [("C8-0000072-LIC", "pass"), ("C8-0000073-LIC", "fail"), ("", "fail")])
def test_an_unlicensed_laboratory_fails_the_batch(licence: str, verdict: str) -> None:
    listed = frozenset({"C8-0000072-LIC"})
    judgement = judged(paper(lab_license=licence), goods=goods(), licensed=listed)
    assert judgement.checks[1].verdict == verdict
    assert judgement.verdict == verdict


@pytest.mark.requirement("INT-07")
@pytest.mark.parametrize(
    ("claim", "verdict"),
    [
        (Claim(name="Total THC", value="20", units="%"), "pass"),
        (Claim(name="THC total", value="200.8", units="mg/g"), "pass"),
        (Claim(name="Total THC", value="18.25", units="%"), "fail"),
        (Claim(name="Total THC", value="18.25 %"), "fail"),
        (Claim(name="Total THC", value="18.26", units="%"), "pass"),
        (Claim(name="Total THC", value="22.3112", units="%"), "fail"),
        (Claim(name="Total THC", value="high", units="%"), "unreadable"),
        (Claim(name="Total THC", value="20", units=""), "unreadable"),
        (Claim(name="Total CBD", value="20", units="%"), "missing"),
        (Claim(name="Frobnicate", value="20", units="%"), "unreadable"),
    ],
)
def test_a_label_claim_is_held_against_the_tested_value(claim: Claim, verdict: str) -> None:
    judgement = judged(paper(), goods=goods(claims=(claim,)))
    check = next(each for each in judgement.checks if each.check == "label")
    assert check.verdict == verdict
    assert (judgement.verdict == "pass") == (verdict == "pass")


@pytest.mark.requirement("INT-07")
def test_all_in_order_is_accepted() -> None:
    claims = (Claim(name="Total THC", value="20", units="%"),)
    data = paper(lab_license="C8-0000072-LIC")
    judgement = judged(data, goods=goods(claims=claims), licensed=frozenset({"C8-0000072-LIC"}))
    assert (judgement.verdict, judgement.accepted, judgement.reasons) == ("pass", True, ())


def test_the_dose_of_an_edible_is_capped() -> None:
    data = paper(kind="edible")
    data["panels"]["cannabinoids"]["analytes"] += [
        {"name": "Total THC", "result": "10.4", "units": "mg/serving"},
        {"name": "Total THC", "result": "100", "units": "mg/package"},
    ]
    assert [each.verdict for each in judged(data, kind="edible").checks if each.check == "dose"] == ["fail", "pass"]


def test_a_state_that_names_no_panels_never_passes() -> None:
    judgement = judged(paper("AZ"), "AZ", goods=goods())
    assert judgement.verdict == "no_limit"


@pytest.mark.parametrize(
    ("names", "key"),
    [
        (["Δ9-THC", "∆9-THC", "delta 9 THC", "D9-THC", "d9 thc", "9-THC", "Delta-9-Tetrahydrocannabinol"], "thc"),
        (["b-Myrcene", "β-Myrcene", "beta-Myrcene", "Myrcene", "123-35-3"], "beta_myrcene"),
        (["Piperonyl Butoxide", "Piperonylbu- toxide", "PIPERONYL BUTOXIDE*", "51-03-6"], "piperonyl_butoxide"),
        (["Total Yeast & Mold", "Total Yeast and Mold (TYM)", "TYMC", "Yeast & Mold"], "total_yeast_mold"),
        (["Dichlorvos", "DDVP", "DDVP (Dichlorvos)", "Dichlorvos (DDVP)", "Dichlorvos 62-73-7"], "dichlorvos"),
        (["Arsenic", "Arsenic (As)", "As", "Heavy Metals - Arsenic"], "arsenic"),
        (["E. coli (STEC)", "Shiga toxin-producing E. coli", "STEC"], "stec"),
        (["Aflatoxin B1", "B1", "Aflatoxin (B1)"], "aflatoxin_b1"),
        (["Permethrin (cis)", "cis-Permethrin"], "cis_permethrin"),
        (["Permethrins", "Total Permethrin", "Permethrin*"], "permethrin"),
        (["Parathion", "Chlorpyrifos-methyl", "Spinosad (C)", "Lead (Pb) and cadmium", "Abamectin 51-03-6", ""], None),
    ],
)
@pytest.mark.requirement("INT-05")
def test_the_spellings_of_a_name(names: list[str], key: str | None) -> None:
    assert {name: key_of(name) for name in names} == dict.fromkeys(names, key)


def test_every_group_is_of_known_analytes() -> None:
    names = table()
    for group in names.groups.values():
        assert {group.key, *group.members} <= names.panels.keys()
        assert all(set(core) <= set(group.members) for core in group.cores)


def test_a_certificate_of_the_future_state_of_the_law_is_judged_by_the_law_of_the_day() -> None:
    assert judged(paper(), on=date(2027, 6, 1)).verdict == "fail"
