"""``kiosk allotment``: the figures, the dates, the blocks, and what it makes of nonsense."""

import io
import json
import random
import subprocess
import sys
from typing import Any

import pytest

from kiosk.allotment.items import AMOUNTS
from kiosk.allotment.places import LONGEST, Malformed
from kiosk.rules.pack import states
from tests.allotment.asking import ask, item, left, raw, sale

FLOWER = item("flower", route="smoking", net_oz="0.75")


@pytest.mark.requirement("ALT-01", "ALT-02")
def test_each_part_comes_back_on_its_date_and_the_basket_is_judged_as_a_whole() -> None:
    history = [
        sale("2025-02-03T10:00:00", FLOWER),
        sale("2025-02-20T10:00:00", item("flower", route="smoking", net_oz=1), by="caregiver:9", store="two"),
    ]
    said = ask("FL", "2025-03-09T23:59:59", history=history, basket=[item("flower", net_oz="0.5", count=2)])
    smoking = next(pool for pool in said["pools"] if pool["pool"] == "smoking")
    assert (smoking["limit"], smoking["used"], smoking["remaining"], smoking["remaining_shown"]) == (
        "2.5",
        "1.75",
        "0.75",
        "0.75",
    )
    assert smoking["frees"] == [{"on": "2025-03-10", "amount": "0.75"}, {"on": "2025-03-27", "amount": "1"}]
    assert smoking["citation"]
    assert smoking["confidence"] == "high"
    (block,) = said["basket"]["blocks"]
    assert said["basket"]["allowed"] is False
    assert block["rule"] == "FL.smoking"
    assert block["arithmetic"] == "The limit is 2.5 oz in 35 days. 1.75 oz used, 0.75 oz left. Asked: 1 oz."
    assert block["legal_on"] == "2025-03-10"
    assert [(line["category"], line["count"]) for line in block["nearest"]["items"]] == [("flower", 1)]
    assert left(ask("FL", "2025-03-10T00:00:00", history=history))["smoking"] == "1.5"
    assert left(ask("FL", "2025-03-27", history=history))["smoking"] == "2.5"


@pytest.mark.requirement("ALT-08")
def test_a_void_undoes_exactly_and_once_and_a_return_gives_nothing_back() -> None:
    bought = sale("2025-02-20T10:00:00", FLOWER, item("edible", route="edible", thc_mg=100))
    void = sale("2025-02-21T10:00:00", FLOWER, kind="void")
    said = left(ask("FL", "2025-03-01", history=[bought, void]))
    assert (said["smoking"], said["edible"]) == ("2.5", "4100")
    back = sale("2025-02-21T10:00:00", FLOWER, kind="return")
    assert left(ask("FL", "2025-03-01", history=[bought, back]))["smoking"] == "1.75"
    with pytest.raises(Malformed) as caught:
        ask("FL", "2025-03-01", history=[bought, void, void])
    assert str(caught.value.reason).startswith("history[2]: there is no dispensation")


@pytest.mark.parametrize(
    ("broken", "said"),
    [
        ({"history": [sale("2025-02-03", item("flower", net_g=-1))]}, "history[0].items[0].net_g: an amount cannot be"),
        ({"history": [sale("2025-02-03", item("flower", net_lb=1))]}, "history[0].items[0].net_lb: no such key"),
        ({"history": [sale("2026-02-03", FLOWER)]}, "history[0].at: this is after query_at"),
        ({"history": [sale("2025-02-30", FLOWER)]}, "history[0].at: this is no date"),
        ({"history": [{"type": "gift", "at": "2025-02-03", "items": []}]}, "history[0].type: gift is none of"),
        ({"history": {}}, "history: a list is wanted here"),
        ({"state": "ZZ"}, "state: There is no rule pack for ZZ."),
        ({"state": 7}, "state: a word is wanted here."),
        ({"timezone": "Mars/Olympus"}, "timezone: no time zone is called so."),
        ({"patient": []}, "patient: an object is wanted here."),
        ({"patient": {"certified": "3 stone"}}, "patient.certified: no such unit is known."),
        ({"basket": {"items": [item("flower", net_g="much")]}}, "basket.items[0].net_g: this is no number."),
        ({"basket": {"items": [item("flower", net_g=1, count=0)]}}, "basket.items[0].count: at least one"),
        (
            {"basket": {"items": [item("flower", net_g=28, net_oz=2)]}},
            "basket.items[0].net_oz: net_g and net_oz are not",
        ),
        (
            {"basket": {"items": [item("flower", net_g=1, count=1, units=2)]}},
            "basket.items[0].units: it is there twice",
        ),
        ({"basket": {"items": [item("flower", net_g=1, route="nasal")]}}, "basket.items[0].route: no such route"),
        ({"basket": {"items": [item("vape", net_g=1, thc_pct=101)]}}, "basket.items[0].thc_pct: a share is at most"),
        (
            {"basket": {"items": [item("vape", net_g=1, thc_pct=80, thc_mg=10)]}},
            "basket.items[0].thc_pct: thc_mg, thc_pct and the weight contradict",
        ),
        ({"basket": {"items": [item("edible", premixed_g=1, flower_equivalent_g=2)]}}, "basket.items[0].flower_equ"),
        ({"basket": {"items": [item("flower", net_oz="NaN")]}}, "basket.items[0].net_oz: this is no number."),
        ({"basket": {"items": [item("flower", net_oz="1e400")]}}, "basket.items[0].net_oz: this is more than anybody"),
        ({"basket": {"items": [], "at": "2030-01-01"}}, "basket.at: no such key of a basket."),
        ({"history": [sale("2025-02-03", FLOWER, amount=3)]}, "history[0].amount: no such key of an event."),
        ({"patient": {"age": 999}}, "patient.age: nobody is so old."),
        ({"patient": {"dob": "2026-01-01"}}, "patient.dob: nobody is of that age."),
        ({"patient": {"dob": "31.12.1980"}}, "patient.dob: this is no date and time"),
        ({"patient": {"certification": {"start": 5}}}, "patient.certification.start: a word is wanted here."),
        ({"patient": [[[[[[[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]]]]]]]}, "standard input: objects are nested too deeply."),
        ({"query_at": None}, "query_at: is missing."),
        ({"surprise": 1}, "surprise: no such key of a question."),
    ],
)
def test_what_is_malformed_is_one_sentence_that_names_the_place(broken: dict[str, Any], said: str) -> None:
    question = {"state": "FL", "query_at": "2025-03-01T12:00:00", "patient": {}, "history": [], **broken}
    with pytest.raises(Malformed) as caught:
        raw(json.dumps(question).encode())
    line = str(caught.value.reason)
    assert line.startswith(said)
    assert "\n" not in line


@pytest.mark.parametrize(
    "nonsense",
    [
        b"",
        b"\xff\xfe",
        b"{",
        b"[]",
        b'{"a": NaN}',
        b"[" * 100_000,
        b'{"state": 1e999999999}',
        b'{"a":1,"a":2}',
        b"1" * 9999,
    ],
)
def test_nonsense_is_refused(nonsense: bytes) -> None:
    with pytest.raises(Malformed):
        raw(nonsense)


def test_ten_megabytes_are_not_read_to_the_end() -> None:
    class Endless(io.RawIOBase):
        taken = 0

        def read(self, size: int = -1) -> bytes:
            assert size == LONGEST + 1
            return b"x" * size

    from kiosk.allotment.places import read  # noqa: PLC0415

    with pytest.raises(Malformed, match="place"):
        read(Endless())  # type: ignore[arg-type]


@pytest.mark.process
def test_the_command_answers_and_fails_in_one_line() -> None:
    def run(question: bytes) -> subprocess.CompletedProcess[bytes]:
        command = [sys.executable, "-m", "kiosk", "allotment"]
        return subprocess.run(command, input=question, capture_output=True, check=False, timeout=60)

    good = run(b'{"state":"IL","query_at":"2025-01-15","history":[],"patient":{}}')
    assert good.returncode == 0
    assert json.loads(good.stdout)["pools"][0]["remaining"] == "70.875"
    bad = run(b"\x1b[2Jnonsense" * 800_000)
    assert bad.returncode != 0
    assert bad.stdout == b""
    assert bad.stderr.count(b"\n") == 1
    assert b"\x1b" not in bad.stderr


@pytest.mark.parametrize(
    "mystery",
    [
        item("mystery", net_g=1),
        item("edible", route="edible"),
        {"net_g": 1},
        item("flower", form="gummies", net_g=1),
        item("device", thc_mg=500),
    ],
)
def test_what_is_not_known_never_passes(mystery: dict[str, Any]) -> None:
    said = ask("FL", "2025-03-01", basket=[mystery])
    assert said["basket"]["allowed"] is False
    later = ask("FL", "2025-03-02", history=[sale("2025-03-01", mystery)], basket=[item("edible", thc_mg=1)])
    assert later["basket"]["allowed"] is False


def test_a_form_that_is_not_known_is_not_sold_and_was_sold_as_its_category() -> None:
    strange = item("flower", form="zorb", net_oz=1)
    assert ask("FL", "2025-03-01", basket=[strange])["basket"]["allowed"] is False
    assert left(ask("FL", "2025-03-02", history=[sale("2025-03-01", strange)]))["smoking"] == "1.5"
    for form in ("infused pre-roll", "Jar (3.5 g eighth)", "tier1"):
        assert ask("FL", "2025-03-01", basket=[item("flower", form=form, net_oz=1)])["basket"]["allowed"] is True
    cartridge = item("flower", form="live rosin cartridge", net_oz=1)
    assert ask("FL", "2025-03-01", basket=[cartridge])["basket"]["allowed"] is False


def test_a_form_says_exactly_what_a_category_says_broadly() -> None:
    cartridge = item("concentrate", form="live resin cartridge", net_g=6)
    for said, sold in ((cartridge, False), (item("concentrate", form="live resin", net_g=6), True)):
        assert ask("OR", "2025-03-01", basket=[said])["basket"]["allowed"] is sold, "a cartridge is counted as extract"


@pytest.mark.requirement("ALT-07")
def test_no_word_of_a_patient_is_in_a_refusal() -> None:
    secret = "Jane Roe 123-45-6789"
    said = ask("MO", "2025-03-01", patient={"ssn": "123-45-6789", "status": f"expired since {secret}"}, basket=[FLOWER])
    assert said["basket"]["allowed"] is False
    assert "Jane" not in json.dumps(said)
    assert "6789" not in json.dumps(said)
    with pytest.raises(Malformed) as caught:
        ask("MO", "2025-03-01", patient={"age": secret})
    assert "Jane" not in str(caught.value.reason)


WORDS: list[Any] = [None, True, 0, 1, -1, "2.5", "x", "", "2025-01-01", "9999-12-31", 10**30, "NaN", "2 oz", "2 stone"]
KEYS = ["age", "dob", "minor", "certified", "order", "registry", "waivers", "visitor", "routes", "status", "limits"]


def test_any_question_is_answered_or_refused_in_one_sentence_and_nothing_falls_below_zero() -> None:
    chance = random.Random(41)
    answered = 0
    for _ in range(600):
        things = [
            {"category": chance.choice(["flower", "wax", "edible", "tincture", "seed", "low_thc", "device", "mystery"])}
            | {key: chance.choice(["1", "3.5", "100"] * 40 + WORDS) for key in chance.sample(sorted(AMOUNTS), 3)}
            | {"net_g": "3.5", "product_id": chance.choice("ab")}
            for _ in range(3)
        ]
        question = {
            "state": chance.choice(states()),
            "query_at": "2025-06-01T12:00:00",
            "patient": {key: chance.choice(WORDS) for key in chance.sample(KEYS, chance.choice([0, 0, 1, 2]))},
            "history": [sale(chance.choice(["2024-02-29", "2025-05-30T23:59:59"]), things[0])],
            "basket": {"items": things[1:]},
        }
        refusals = []
        try:
            said = raw(json.dumps(question).encode())
        except Malformed as fault:
            refusals.append(str(fault.reason))
        assert not any("\n" in refusal for refusal in refusals)
        if refusals:
            continue
        answered += 1
        assert not any((pool["remaining"] or "0").startswith("-") for pool in said["pools"])
        assert said["basket"]["allowed"] is not bool(said["basket"]["blocks"])
    assert answered > 20
