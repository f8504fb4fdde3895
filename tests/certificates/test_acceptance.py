"""A certificate on which nothing else is wrong, and the one thing for which the goods are not accepted on it."""

from decimal import Decimal
from typing import Any

import msgspec
import pytest

from kiosk.model.certificates import Claim, Judgement, Printed
from kiosk.rules.certificates.limits import load
from kiosk.rules.certificates.rows import judged as row_judged
from tests.certificates.given import DAY, goods, judged, panel, paper, row

pytestmark = pytest.mark.requirement("INT-06")

LICENCE = "C8-0000072-LIC"


def accepted(data: dict[str, Any], kind: str = "flower") -> Judgement:
    claims = (Claim(name="Total THC", value="20", units="%"),)
    return judged(data, kind=kind, goods=goods(claims=claims), licensed=frozenset({LICENCE}))


def clean(**fields: Any) -> dict[str, Any]:
    return paper(lab_license=LICENCE, **fields)


def said(judgement: Judgement) -> str:
    return " ".join(map(str, judgement.reasons))


@pytest.mark.parametrize(
    "fields", [{}, {"test_type": "Compliance"}, {"sample_type": "Flower"}, {"revoked": False}, {"product_type": "Buds"}]
)
def test_where_nothing_is_wrong_the_goods_are_accepted(fields: dict[str, Any]) -> None:
    judgement = accepted(clean(**fields))
    assert (judgement.verdict, judgement.accepted, judgement.reasons) == ("pass", True, ())


@pytest.mark.parametrize(
    ("matrix", "verdict"),
    [
        ("Vape cartridge", "fail"),
        ("vape", "fail"),
        ("Concentrate", "fail"),
        ("Gummies", "fail"),
        ("Infused pre-roll", "fail"),
        ("Thing", "unreadable"),
        ("Pre-Roll", "pass"),  # the law asks the same of it: the paper may be right, the goods are not accepted
        ("", "pass"),
    ],
)
def test_another_kind_of_goods(matrix: str, verdict: str) -> None:
    judgement = accepted(clean(matrix=matrix))
    assert (judgement.verdict, judgement.accepted) == (verdict, False)
    assert matrix in said(judgement)
    assert "kind" in [each.check for each in judgement.checks]


def test_the_stricter_of_both_kinds_says_what_is_wanted() -> None:
    found = panel(accepted(clean(matrix="vape")), "residual_solvents")
    assert (found.required, found.verdict) == (True, "missing")
    found = panel(accepted(clean(matrix="vape")), "moisture")
    assert found.required
    eaten = paper(kind="edible")
    row(eaten, "heavy_metals", "arsenic").update(result="1.0")
    assert panel(judged(eaten, kind="flower"), "heavy_metals").verdict == "fail"


@pytest.mark.parametrize(
    ("fields", "verdict"),
    [
        ({"test_type": "R&D"}, "fail"),
        ({"testType": "R & D"}, "fail"),
        ({"matrix": "Flower (R&D)"}, "fail"),
        ({"sample_type": "R&D"}, "fail"),
        ({"sample_type": "QA"}, "fail"),
        ({"sample_type": "Quality Assurance"}, "fail"),
        ({"purpose": "research"}, "fail"),
        ({"test_type": "Non-compliance"}, "fail"),
        ({"Test Type": "R and D"}, "fail"),
        ({"product": "Quiet Meadow (R&D)"}, "fail"),
        ({"Status": "revoked"}, "unreadable"),
        ({"revocation_date": "2026-02-01"}, "fail"),
        ({"test_type": "Moonlight"}, "pass"),
        ({"sample_type": "Vape"}, "pass"),
        ({"revoked": "2026-02-01"}, "fail"),
        ({"revoked_date": "2026-02-01"}, "fail"),
        ({"date_revoked": "2026-02-01"}, "fail"),
        ({"superseded": True}, "fail"),
        ({"superseded_by": "B-17-2"}, "fail"),
        ({"isRevoked": True}, "fail"),
        ({"dates": {"tested": "2026-01-14", "revoked": "2026-02-01"}}, "fail"),
        ({"status": "superseded"}, "unreadable"),
    ],
)
def test_no_compliance_test_or_no_longer_in_force(fields: dict[str, Any], verdict: str) -> None:
    judgement = accepted(clean(**fields))
    assert (judgement.verdict, judgement.accepted) == (verdict, False)
    value = next(iter(fields.values()))
    assert (value if isinstance(value, str) else "no longer stands") in said(judgement)


@pytest.mark.parametrize(
    ("rows", "verdict"),
    [
        ([("Total THC", "20", "%")], "missing"),
        ([("Δ9-THC", "20", "%")], "missing"),
        ([("Total THC", "20", "%"), ("Δ9-THC", "20", "%")], "missing"),
        ([("Total THC", "20", "%"), ("Δ9-THC", "20", "%"), ("THCA", "<LOQ", "%")], "unreadable"),
        ([("Total THC", "20", "%"), ("Δ9-THC", "20", "%"), ("THCA", "NT", "%")], "unreadable"),
        ([("Total THC", "20", "%"), ("Δ9-THC", "20", "%"), ("THCA", "0", "")], "unreadable"),
        ([("Total THC", "20", "%"), ("Δ9-THC", "20", "%"), ("THCA", "ND", "%")], "pass"),
        ([("Δ9-THC", "0.79", "%"), ("THCA", "22.0", "%")], "pass"),
    ],
)
def test_total_thc_can_be_computed_again(rows: list[tuple[str, str, str]], verdict: str) -> None:
    data = clean()
    data["panels"]["cannabinoids"]["analytes"] = [
        {"name": name, "result": result, "units": units} for name, result, units in rows
    ]
    judgement = accepted(data)
    assert panel(judgement, "cannabinoids").verdict == verdict
    assert judgement.accepted == (verdict == "pass")


def test_what_may_not_be_detected_needs_a_detection_limit() -> None:
    data = clean()
    row(data, "pesticides", "aldicarb")["lod"] = ""
    judgement = accepted(data)
    assert (judgement.verdict, judgement.accepted) == ("pass", False)
    assert "detection limit" in said(judgement)
    assert "aldicarb" in said(judgement)


@pytest.mark.parametrize(
    ("lod", "verdict"), [("", "unreadable"), ("0.02", "pass"), ("0.05", "unreadable"), ("0", "unreadable")]
)
def test_a_pack_may_name_the_detection_limit(lod: str, verdict: str) -> None:
    table = next(each for each in load("CA", DAY).tables("flower") if each.none_detected)
    limit = msgspec.structs.replace(table, lod=Decimal("0.02")).used("aldicarb")
    printed = Printed(name="Aldicarb", result="ND", units="ug/g", lod=lod)
    assert row_judged(printed, "aldicarb", limit).verdict == verdict


@pytest.mark.parametrize(
    ("fields", "verdict"),
    [
        ({"state": ""}, "pass"),
        ({"status": "INCONCLUSIVE"}, "unreadable"),
        ({"overall": "pending"}, "unreadable"),
        ({"lab_status": "PASS", "overall": "INCONCLUSIVE"}, "unreadable"),
        ({"lab_status": "PASS", "status": "Fail"}, "fail"),
        ({"product_type": "Vape cartridge"}, "unreadable"),  # and flower, in another field
        ({"compliance": False}, "fail"),
        ({"overall": "Retest"}, "unreadable"),
    ],
)
def test_what_the_paper_leaves_open(fields: dict[str, Any], verdict: str) -> None:
    judgement = accepted(clean(**fields))
    assert (judgement.verdict, judgement.accepted) == (verdict, False)
    assert judgement.reasons


@pytest.mark.parametrize(
    ("called", "product", "verdict"),
    [
        ("quiet  meadow", "Quiet Meadow", "pass"),
        ("Loud Meadow", "Quiet Meadow", "unchecked"),
        ("Quiet Meadow", "", "unchecked"),
        ("", "Quiet Meadow", ""),
    ],
)
def test_the_products_name_is_compared(called: str, product: str, verdict: str) -> None:
    judgement = judged(clean(product=product), goods=goods(product=called))
    assert "".join(each.verdict for each in judgement.checks if each.check == "product") == verdict
    assert not judgement.accepted


@pytest.mark.parametrize(("gone", "names"), [("batch", "batch"), ("metrc_tag", "tag"), ("product", "product")])
def test_a_state_may_want_the_goods_named(gone: str, names: str) -> None:
    judgement = judged(paper("FL", **{gone: ""}), "FL")
    found = next(each for each in judgement.checks if each.check == "names")
    assert (found.verdict, str(found.reason)[-len(names) - 2 :]) == ("unchecked", f" {names}.")
    assert [each for each in judged(paper("FL"), "FL").checks if each.check == "names"] == []
