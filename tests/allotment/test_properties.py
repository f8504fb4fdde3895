"""What holds for every question, in every place: random patients, histories and baskets, on standard input."""

import json
import os
import random
from datetime import date, datetime, timedelta
from fractions import Fraction
from typing import Any

import pytest

from kiosk.allotment.places import Malformed
from kiosk.rules.law import Law
from kiosk.rules.pack import law_of, states
from tests.allotment.asking import Said, raw, sale

TORTURE = os.environ.get("KIOSK_TORTURE") == "1"
QUESTIONS = int(os.environ.get("KIOSK_TURNS", "5000")) if TORTURE else 12
"""Random questions for each place, the first of them number ``FIRST``."""
FIRST = int(os.environ.get("KIOSK_FIRST", "0"))
ANYTHING = (
    "flower",
    "wax",
    "vape",
    "gummies",
    "beverage",
    "capsule",
    "tincture",
    "topical",
    "seed",
    "device",
    "low_thc",
)
ROUTES = ["smoking", "inhalation", "edible", "oral", "sublingual", "topical"]


def item(chance: random.Random, law: Law) -> Said:
    """A product that the law counts, or now and then any, with every figure that a law counts by, or all but one."""
    kinds = sorted({kind for pool in law.pools for member in pool.members for kind in member.kinds})
    kind = chance.choice(ANYTHING if not kinds or chance.random() < 0.05 else kinds)
    said: Said = {
        "category": kind,
        "product_id": f"P{chance.randint(1, 6)}",
        "net_g": chance.choice(["0.5", "1", "3.5", "7", "14.175", "28.35"]),
        "thc_mg": chance.choice(["10", "100", "300", "850"]),
        "premixed_g": chance.choice(["0.5", "3.5"]),
        "equiv_oz": chance.choice(["0.01", "0.25", "0.5"]),
        "fl_oz": chance.choice(["0.5", "1", "12"]),
        "days_supply": chance.choice(["1", "10", "30", "44.5"]),
        "count": chance.choice([1, 1, 1, 2, 5]),
    }
    if kind == "flower":
        said |= {"net_g": chance.choice(["1", "3.5", "28.35", "56.7"]), "thc_mg": "100"}
    if chance.random() < 0.7:
        said["route"] = {"flower": "smoking", "vape": "inhalation"}.get(kind, chance.choice(ROUTES))
    for key in chance.sample(["premixed_g", "equiv_oz", "fl_oz", "days_supply"], chance.choice([0] * 9 + [1])):
        del said[key]
    return said


def patient(chance: random.Random, on: date) -> Said:
    start = on - timedelta(days=chance.randint(0, 90))
    said: Said = {
        "certification": {
            "start": start.isoformat(),
            "end": (on + timedelta(days=chance.choice([5, 60, 200]))).isoformat(),
        },
        "guidelines": True,
        "age": chance.choice([17, 19, 20, 21, 40, 40, 40]),
    }
    if chance.random() < 0.15:
        said["visitor"] = True
    if chance.random() < 0.15:
        said["waivers"] = [{"amount_oz": 9, "from": start.isoformat(), "to": (on + timedelta(days=9)).isoformat()}]
    for fact in ("terminal", "in_database", "provisional", "enhanced"):
        if chance.random() < 0.1:
            said[fact] = True
    return said


def question(state: str, n: int) -> Said:
    chance = random.Random(f"{state} {n}")
    on = date(2025, 1, 1) + timedelta(days=chance.randint(0, 500))
    law = law_of(state, on)
    events = []
    for k in range(chance.randint(0, 6)):
        day = on - timedelta(days=chance.choice([0, 1, 3, 10, 30, 60, 90]))
        at = datetime(day.year, day.month, day.day, chance.randint(0, 11), chance.randint(0, 59)).isoformat()  # noqa: DTZ001
        things = [item(chance, law) for _ in range(chance.choice([1, 1, 2]))]
        events.append(sale(at, *things, id=f"S{k}", by=chance.choice(["patient", "caregiver:1"])))
    return {
        "state": state,
        "query_at": f"{on}T12:00:00",
        "patient": patient(chance, on),
        "history": events,
        "basket": {
            "items": [item(chance, law) for _ in range(chance.choice([1, 1, 2, 3]))],
            "by": chance.choice(["patient", "patient", "caregiver:1"]),
        },
    }


def answer(asked: Said, **changes: Any) -> Said:
    return raw(json.dumps({**asked, **changes}).encode())


def figures(said: Said) -> Said:
    """Without the places of the question, which other orders of events change."""
    pools = [{key: each for key, each in pool.items() if key != "unknown"} for pool in said["pools"]]
    blocks = [{key: block.get(key) for key in ("rule", "legal_on", "nearest")} for block in said["basket"]["blocks"]]
    return {**said, "pools": pools, "basket": {**said["basket"], "blocks": blocks}}


def left(said: Said) -> dict[tuple[str, str], Fraction | None]:
    return {
        (each["pool"], each.get("product_id", "")): None if each["remaining"] is None else Fraction(each["remaining"])
        for each in said["pools"]
    }


@pytest.mark.requirement("ALT-02", "ALT-08", "OUT-10")
@pytest.mark.timeout(0 if TORTURE else 300)
@pytest.mark.parametrize("state", states())
def test_what_holds_for_every_question(state: str) -> None:
    for n in range(FIRST, FIRST + QUESTIONS):
        asked = question(state, n)
        said = answer(asked)
        assert all(each is None or each >= 0 for each in left(said).values())
        voids(asked, said, n)
        if said["basket"]["allowed"]:
            sold(asked, said)
        else:
            refused(asked, said)


def voids(asked: Said, said: Said, n: int) -> None:
    """Taken back, a sale is as if it had never been, wherever the record stands, once; the order is of no matter."""
    events = asked["history"]
    if not events:
        return
    chance = random.Random(n)
    gone = chance.choice(events)
    void = {"type": "void", "at": asked["query_at"], "of": gone["id"]}
    without = [event for event in events if event is not gone]
    voided = answer(asked, history=chance.sample([*events, void], len(events) + 1))
    assert figures(voided) == figures(answer(asked, history=without))
    with pytest.raises(Malformed):
        answer(asked, history=[*events, void, void])
    assert figures(answer(asked, history=events[::-1])) == figures(said)


def sold(asked: Said, said: Said) -> None:
    """A sale takes what was said, never gives, and no part of it would have been refused."""
    basket = asked["basket"]
    bought = {"type": "dispense", "at": asked["query_at"], **basket, "by": "patient"}
    after = left(answer(asked, history=[*asked["history"], bought]))
    before = left(said)
    for pool, amount in after.items():
        whole = before.get(pool, amount)
        assert amount is None or (whole is not None and amount <= whole)
    told = {each["pool"]: each["remaining"] for each in said["basket"]["after"]}
    remembering = {each["pool"] for each in said["pools"] if each["window"]["kind"] not in ("transaction", "supply")}
    for (pool, product), amount in after.items():
        if pool in remembering and not product and amount is not None:
            assert amount == Fraction(told[pool])
    for line in basket["items"]:
        assert answer(asked, basket={**basket, "items": [{**line, "count": 1}]})["basket"]["allowed"] is True


def refused(asked: Said, said: Said) -> None:
    """What is offered is lawful; all of it is on the day that is named, and on no day before."""
    basket = said["basket"]
    for block in basket["blocks"]:
        assert block["rule"]
        assert block["citation"]
        assert block["arithmetic"]
    if basket["nearest"]["items"]:
        assert answer(asked, basket={**asked["basket"], **basket["nearest"]})["basket"]["allowed"] is True
    day = date.fromisoformat(asked["query_at"][:10])
    named = None if basket["legal_on"] is None else date.fromisoformat(basket["legal_on"])
    assert named is None or named > day
    if named is not None:
        assert answer(asked, query_at=f"{named}T00:00:00")["basket"]["allowed"] is True
    if any("unknown" in pool for pool in said["pools"]):
        return  # what cannot be counted makes place one day, and on which day is not known either
    for later in (day + timedelta(days=each) for each in (1, 2, 5, 14, 29, 30, 44, 60)):
        if named is None or later < named:
            then = answer(asked, query_at=f"{later}T00:00:00")
            assert then["basket"]["allowed"] is False or then["law"] != said["law"]
