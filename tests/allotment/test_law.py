"""The reference's worked cases through the command, and what holds for every question."""

import json
import os
import subprocess
import sys
from datetime import datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kiosk.rules.pack import states
from tests.allotment.asking import ask, item, left, sale

Said = dict[str, Any]


def flower(**amounts: Any) -> Said:
    return item("flower", **amounts)


CASES: list[tuple[str, str, list[Said], Said, dict[str, str]]] = [
    (
        "FL",
        "2025-03-01T12:00:00",
        [
            sale("2025-01-06", item("edible", route="edible", thc_mg=1000)),
            sale("2025-01-20", item("vape", route="inhalation", thc_mg=4000)),
            sale("2025-02-10", item("oil", route="oral", thc_mg=2000)),
        ],
        {},
        {"edible": "3200", "inhalation": "20500", "oral": "12000", "aggregate": "17500"},
    ),
    ("FL", "2025-03-01", [], {"registry": {"smoking_oz": "0.5"}}, {"smoking": "0.5"}),
    ("FL", "2025-03-01", [], {"physician": {"smoking_oz": 1}}, {"smoking": "1"}),
    (
        "FL",
        "2025-03-01",
        [sale("2024-12-01", flower(net_oz=2)), sale("2025-02-20", flower(net_oz=1))],
        {"order": {"total_smoking_oz": 5, "start": "2024-11-25"}},
        {"smoking": "1.5", "order_smoking": "2"},
    ),
    (
        "OH",
        "2024-06-15T23:59:00",
        [
            sale(
                "2024-05-10T10:00:00",
                flower(net_g="2.83", form="tier I", product_id="bud", count=2),
                item("vape", thc_mg=650, product_id="vape"),
                item("gummies", thc_mg=110, product_id="gummies"),
            )
        ],
        {"recommendation_start": "2024-05-01"},
        {"days": "40"},
    ),
    (
        "IL",
        "2025-01-15",
        [sale("2025-01-02", flower(net_g="28.35"))],
        {"waiver": {"amount_oz": 4}},
        {"supply": "85.05"},
    ),
    ("PA", "2025-05-21", [sale("2025-03-03", item("concentrate", net_g=178))], {}, {"units": "192"}),
    ("PA", "2025-05-21", [sale("2025-03-03", item("concentrate", net_g=172))], {}, {"units": "20"}),
    (
        "MD",
        "2025-04-10",
        [sale("2025-04-02", flower(net_g=24)), sale("2025-04-10", item("tincture", thc_mg=9000))],
        {},
        {"supply": "0.55"},
    ),
    (
        "MN",
        "2025-02-01",
        [sale("2025-02-01", item("tincture", thc_mg=300, product_id="t", count=3))],
        {"daily_dose_mg": 15},
        {"supply": "30"},
    ),
    ("UT", "2025-09-01", [sale("2025-09-01", flower(net_g=28))], {"guidelines": {"flower_g": 56}}, {"flower": "28"}),
    ("WV", "2025-02-26", [sale("2025-02-03", flower(net_oz=3))], {}, {"supply": "5"}),
    ("CO", "2025-08-04", [sale("2025-08-04", item("wax", net_g=1))], {"age": 19}, {"concentrate": "1"}),
    ("WA", "2025-08-04", [], {"in_database": True}, {"useable": "85.05"}),
    ("WA", "2025-08-04", [], {}, {"useable": "28.35"}),
    (
        "NV",
        "2025-05-01",
        [sale("2025-05-01", flower(net_g="14.175"), item("edible", thc_mg=500))],
        {},
        {"supply": "51.7"},
    ),
    ("NJ", "2025-05-04", [], {"certified_oz": 2}, {"monthly": "2"}),
    ("AL", "2025-01-10", [sale("2025-01-10", item("capsule", thc_mg=100))], {"daily_dose_mg": 30}, {"doses": "200/3"}),
]


@pytest.mark.requirement("ALT-01", "ALT-03")
@pytest.mark.parametrize(("state", "at", "history", "patient", "wanted"), CASES)
def test_worked_cases(state: str, at: str, history: list[Said], patient: Said, wanted: dict[str, str]) -> None:
    said = left(ask(state, at, history=history, patient=patient))
    assert {pool: said[pool] for pool in wanted} == wanted


REFUSED: list[tuple[str, Said, Said]] = [
    ("FL", {"minor": True}, {"items": [item("edible", thc_mg=10)]}),
    ("FL", {"minor": True}, {"items": [flower(net_g=1)], "by": "caregiver:7"}),
    ("FL", {"certification": {"start": "2024-01-01", "end": "2025-02-28"}}, {"items": [flower(net_g=1)]}),
    ("FL", {"status": "suspended"}, {"items": [flower(net_g=1)]}),
    ("FL", {"routes": ["edible"]}, {"items": [flower(net_g=1)]}),
    ("FL", {"strange_figure": 7}, {"items": [item("edible", thc_mg=4200)]}),
    ("AZ", {"residency": "visitor:CA"}, {"items": [flower(net_g=1)]}),
    ("AZ", {}, {"items": [item("vape", net_g=1)]}),
    ("CO", {}, {"items": [item("wax", net_g=3)]}),
    ("MN", {}, {"items": [item("capsule", days_supply=1)]}),
    ("OH", {"certification_start": "2025-01-01"}, {"items": [flower(net_g=1)]}),
    ("OH", {}, {"items": [item("gummies", thc_mg=1)]}),
    ("CT", {}, {"items": [flower(net_oz=3)]}),
    ("NJ", {"certified": {"amount": 1, "unit": "oz"}}, {"items": [flower(net_oz="1.01")]}),
    ("UT", {"guidelines": False}, {"items": [flower(net_g=1)]}),
    ("MO", {"weight_kg": 80}, {"items": [flower(net_oz=7)]}),
    ("MO", {"shoe_size": 8}, {"items": [flower(net_oz=1)]}),
    ("MO", {"waivers": [{"amount_oz": 9, "to": "2025-02-28"}]}, {"items": [flower(net_oz=7)]}),
    ("IL", {"exceptions": [{"amount_oz": 9, "from": "2025-03-02"}]}, {"items": [flower(net_oz=3)]}),
]


@pytest.mark.requirement("ALT-07", "ORD-02", "OUT-10")
@pytest.mark.parametrize(("state", "patient", "basket"), REFUSED)
def test_refused_with_rule_citation_and_arithmetic(state: str, patient: Said, basket: Said) -> None:
    said = ask(state, "2025-03-01T12:00:00", patient=patient, basket=basket)["basket"]
    assert said["allowed"] is False
    for block in said["blocks"]:
        assert block["rule"]
        assert block["citation"]
        assert block["arithmetic"]


ROLES = ("manager", "pharmacist", "owner", "admin", "override", "force", "supervisor_pin", "vip")


@pytest.mark.requirement("ALT-07", "OUT-10")
@pytest.mark.parametrize("state", states())
def test_nothing_said_of_anybody_lifts_a_limit(state: str) -> None:
    """Each regulation is tried to be broken: ten kilograms of everything, by everybody."""
    for kind in ("flower", "concentrate", "edible", "tincture", "vape", "topical", "seed", "clone"):
        basket = [
            item(kind, net_g=10_000, thc_mg=10**8, premixed_g=10_000, equiv_oz=400, days_supply=5000, fl_oz=9000)
            | {"count": 99, "product_id": "much", "form": "tier 1" if kind == "flower" else kind}
        ]
        patient = {"age": 40, "certification": {"start": "2025-01-01"}, **dict.fromkeys(ROLES, True)}
        said = ask(state, "2025-03-01", patient=patient, basket=basket)["basket"]
        assert said["allowed"] is False
        assert {block["rule"] for block in said["blocks"]} - {f"{state}.patient"}


weights = st.decimals("0.001", "40", places=3)
moments = st.datetimes(datetime(2025, 1, 1), datetime(2025, 3, 1))  # noqa: DTZ001


@pytest.mark.requirement("ALT-08")
@settings(max_examples=60, deadline=None)
@given(sold=st.lists(st.tuples(moments, weights), min_size=1, max_size=6), which=st.data())
def test_a_void_undoes_exactly_and_order_is_irrelevant(sold: list[tuple[Any, Any]], which: st.DataObject) -> None:
    events = [sale(at.isoformat(), flower(net_g=str(weight)), id=f"S{n}") for n, (at, weight) in enumerate(sold)]
    gone = which.draw(st.integers(0, len(events) - 1))
    void = {"type": "void", "at": "2025-03-01T10:00:00", "of": f"S{gone}"}
    without = [event for n, event in enumerate(events) if n != gone]
    for state in ("FL", "IL", "WV", "MI"):
        wanted = ask(state, "2025-03-01T12:00:00", history=without)["pools"]
        voided = ask(state, "2025-03-01T12:00:00", history=which.draw(st.permutations([*events, void])))["pools"]
        assert voided == wanted


@pytest.mark.requirement("ALT-02")
@pytest.mark.process
def test_the_same_answer_in_every_time_zone_of_the_machine() -> None:
    question = {
        "state": "FL",
        "timezone": "America/New_York",
        "query_at": "2025-03-09T23:59:59",
        "patient": {},
        "history": [sale("2025-02-03T04:59:59Z", flower(net_oz=1)), sale("2025-02-03T05:00:00Z", flower(net_oz="0.5"))],
    }
    answers = set()
    for zone in ("UTC", "Pacific/Auckland", "America/Los_Angeles"):
        done = subprocess.run(
            [sys.executable, "-m", "kiosk", "allotment"],
            input=json.dumps(question).encode(),
            capture_output=True,
            check=True,
            timeout=60,
            env={**os.environ, "TZ": zone},
        )
        answers.add(done.stdout)
    assert len(answers) == 1
    (said,) = answers
    assert json.loads(said)["pools"][0]["remaining"] == "2"  # 04:59:59 UTC was still the second of February


def test_the_nearest_basket_and_the_day_on_which_all_of_it_is_lawful() -> None:
    history = [
        sale("2025-03-01", flower(net_oz=3)),
        sale("2025-03-10", flower(net_oz=1)),
        sale("2025-03-20", flower(net_oz=3)),
    ]
    said = ask("HI", "2025-03-25", history=history, basket=[flower(net_oz="0.5", count=3)])["basket"]
    assert said["allowed"] is False
    assert [line["count"] for line in said["nearest"]["items"]] == [2]
    assert {block["pool"]: block["legal_on"] for block in said["blocks"]} == {
        "fifteen_days": "2025-04-04",
        "thirty_days": "2025-03-31",
    }
    assert said["legal_on"] == "2025-04-04"
    after = ask("HI", "2025-04-04", history=history, basket=[flower(net_oz="0.5", count=3)])["basket"]
    assert after["allowed"] is True
    assert {pool["pool"]: pool["remaining"] for pool in after["after"]}["fifteen_days"] == "2.5"
