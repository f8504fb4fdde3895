"""Questions written from the reference before the answers were seen, one a line in ``cases.jsonl``: forty places, each
refusal held to its own word, that what it offers is lawful today and all of it on the day it names, and not before."""

import copy
import json
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from kiosk.allotment.places import Malformed
from kiosk.rules.pack import states
from tests.allotment.asking import raw

Said = dict[str, Any]


def lines(name: str) -> list[Said]:
    source = (Path(__file__).parent / name).read_text(encoding="utf-8")
    return [json.loads(line) for line in source.splitlines()]


CASES = lines("cases.jsonl")


def answer(question: Said, **changes: Any) -> Said:
    return raw(json.dumps({**question, **changes}).encode())


def check_refusal(question: Said, basket: Said) -> None:
    for block in basket["blocks"]:
        assert block["rule"].startswith((f"{question['state']}.", "recommendation."))
        assert block["citation"]
        assert block["arithmetic"]
    if basket["nearest"]["items"]:
        assert answer(question, basket={**question["basket"], **basket["nearest"]})["basket"]["allowed"] is True
    if basket["legal_on"] is not None:
        day = date.fromisoformat(basket["legal_on"])
        assert answer(question, query_at=day.isoformat())["basket"]["allowed"] is True
        before = f"{day - timedelta(days=1)}T23:59:59"
        assert answer(question, query_at=max(before, question["query_at"]))["basket"]["allowed"] is False


@pytest.mark.requirement("ALT-01", "ALT-02", "ALT-03", "OUT-10")
@pytest.mark.parametrize("state", states())
def test_worked_cases_of(state: str) -> None:
    mine = [case for case in CASES if case["question"]["state"] == state]
    assert mine
    for case in mine:
        question = copy.deepcopy(case["question"])
        said = answer(question)
        basket = said["basket"]
        assert basket["allowed"] is case["allowed"], case["case"]
        if "remaining" in case:
            assert case["remaining"] in [pool["remaining"] for pool in said["pools"]], case["case"]
        if "legal_on" in case:
            assert basket["legal_on"] == case["legal_on"], case["case"]
        if not basket["allowed"]:
            check_refusal(question, basket)


@pytest.mark.requirement("ORD-02", "OUT-10")
def test_a_patient_is_understood_in_any_spelling_or_nothing_is_sold() -> None:
    """``records.jsonl``: what is said of patients, by whether the same basket may be sold to them."""
    wrong = []
    for group in lines("records.jsonl"):
        for patient in group["patients"]:
            question = {key: group[key] for key in ("state", "query_at")} | {"patient": patient}
            try:
                sold = answer(question, history=[], basket={"items": group["items"]})["basket"]["allowed"]
            except Malformed:
                sold = None
            if sold is not group["sold"] and (sold or group["sold"]):
                wrong.append((group["state"], patient, sold))
    assert wrong == []
