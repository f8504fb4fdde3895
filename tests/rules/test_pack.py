"""The law is data: dated, cited, checked by its own examples, and nowhere in the program."""

import ast
import re
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

import kiosk
from kiosk.cli import main
from kiosk.model.clock import local_date
from kiosk.model.errors import Ours
from kiosk.rules.allotments import Book, Item, judge
from kiosk.rules.examples import covered, failures
from kiosk.rules.faults import endless, rules
from kiosk.rules.pack import law_of, load, parse, versions
from tests.rules.given import (
    DAY,
    MONTH,
    SOURCE,
    TODAY,
    TRANSACTION,
    bought,
    flower,
    pool,
    recommendation,
    source_of,
)

PACKS = Path(kiosk.__file__).parent / "rules" / "packs"
STATES = sorted(path.stem.upper() for path in PACKS.glob("*.toml"))


@pytest.mark.requirement("ALT-03")
@pytest.mark.parametrize("state", STATES)
def test_every_worked_example_of_every_version_comes_out(state: str) -> None:
    for pack in versions(state):
        assert failures(pack) == ()
        assert min(covered(pack).values()) >= 3


@pytest.mark.requirement("ALT-03", "INS-06")
@pytest.mark.parametrize("state", STATES)
def test_every_rule_is_cited_and_dated(state: str) -> None:
    for law in versions(state):
        assert all(rule.citation and rule.as_of and rule.confidence for _, rule in rules(law))


def test_forty_jurisdictions_have_a_pack_and_what_a_counter_needs_is_there_or_said_to_be_absent() -> None:
    assert len(STATES) == 40
    for state in STATES:
        law = law_of(state, TODAY)
        if law.absent:
            with pytest.raises(Ours) as caught:
                load(state, TODAY)
            assert ", ".join(law.absent) in str(caught.value.reason)
        else:
            assert load(state, TODAY) == law


def test_a_false_example_is_found() -> None:
    example = (
        '\n[[versions.examples]]\nname = "Too much"\nrecommended_from = 2025-01-01\nrecommended_to = 2026-01-01\n'
        "checks = [{ on = 2025-02-01, remaining = { flower = 2.51 }, "
        'basket = [{ route = "smoking", net_weight_g = 71 }] }]'
    )
    (pack,) = parse(source_of(pool()) + example)
    assert failures(pack) == (
        "ZZ 2020-01-01: Too much, 2025-02-01: flower has 2.5 left, not 2.51",
        "ZZ 2020-01-01: Too much, 2025-02-01: refused by ZZ.flower, not by nothing",
    )


@pytest.mark.requirement("ALT-03")
def test_a_past_sale_is_explained_by_the_version_of_its_day(tmp_path: Path) -> None:
    """The invented state halves its limit on the first of July: sales of June stay lawful."""
    old = source_of(pool(limit="2"))
    new = source_of(pool(limit="1")).split("[[versions]]", 1)[1]
    old = old.replace("effective_from = 2000-01-01", "effective_from = 2000-01-01\neffective_to = 2025-06-30")
    new = new.replace("effective_from = 2000-01-01", "effective_from = 2025-07-01").replace("2020-01-01", "2025-07-01")
    (tmp_path / "zz.toml").write_text(old + "\n[[versions]]" + new)
    basket = [Item(product=flower("56.7"), units=1)]
    judged = {
        day: judge(load("ZZ", day, tmp_path), Book(), recommendation(), day, basket)
        for day in (date(2025, 6, 30), date(2025, 7, 1))
    }
    assert {day.month: (each.refusal is None, each.standing.pack) for day, each in judged.items()} == {
        6: (True, "ZZ 2020-01-01"),
        7: (False, "ZZ 2025-07-01"),
    }


@pytest.mark.requirement("ALT-03")
def test_three_states_that_contradict_each_other_need_no_code() -> None:
    history = (bought(date(2026, 2, 28), flower("28.35")), bought(date(2026, 3, 2), flower("14.175")))
    book = Book(purchases=history)
    doctor = recommendation(valid_from=date(2026, 1, 20))
    cycle = '{ kind = "cycle", days = 45, anchor = "recommendation" }'
    left = {}
    for state, window in {"ZA": TRANSACTION, "ZB": DAY, "ZC": MONTH, "ZD": cycle}.items():
        (pack,) = parse(source_of(pool(window=window), state=state))
        grams = [
            weight
            for weight in ("28.35", "42.525", "56.7", "70.875", "70.876")
            if judge(pack, book, doctor, TODAY, [Item(product=flower(weight), units=1)]).refusal is None
        ]
        left[state] = Decimal(grams[-1]) / Decimal("28.35")
    assert left == {"ZA": Decimal("2.5"), "ZB": 2, "ZC": 2, "ZD": 1}


FAULTS = {
    "a number instead of a word": (
        'unit = "oz"',
        "unit = 5",
        "version 2020-01-01: pools[flower].unit: Expected `str`, got `int`",
    ),
    "an unknown window": (
        'kind = "rolling"',
        'kind = "sliding"',
        "version 2020-01-01: pools[flower].window.kind: Invalid value 'sliding'",
    ),
    "a misspelt field": ("days = 14", "day = 14", "version 2020-01-01: pools[flower].window: "),
    "no citation": (
        "limit = 2.5\n",
        'limit = 2.5\nciting = ""\n',
        "pools[flower]: Object contains unknown field `citing`",
    ),
    "a limit below zero": ("limit = 2.5", "limit = -1", "version 2020-01-01: pool flower has a limit below zero"),
    "no number at all": ("limit = 2.5", "limit = nan", "versions[2020-01-01].pools[flower].limit: NaN is no amount"),
    "a division by zero": (
        "per_unit = 28.35",
        "per_unit = 0",
        "version 2020-01-01: pool flower divides by zero or less",
    ),
    "an outage rule without an age": (
        'rule = "no_pass"',
        'rule = "last_answer"',
        "version 2020-01-01: the outage rule does not say for how many hours the last answer may be used",
    ),
    "an outage rule about nothing": (
        'rule = "no_pass"',
        'rule = "last_answer"\nhours = 4\nlimits = { wine = 1 }',
        "version 2020-01-01: the outage rule names no pool: wine",
    ),
    "an outage rule below zero": (
        'rule = "no_pass"',
        'rule = "last_answer"\nhours = 4\nlimits = { flower = -1 }',
        "version 2020-01-01: the outage rule has a limit below zero",
    ),
    "hours for an outage nobody passes": (
        'rule = "no_pass"',
        'rule = "no_pass"\nhours = 4',
        "version 2020-01-01: an outage that nobody passes has hours or limits",
    ),
    "no such zone": ("America/New_York", "America/Atlantis", "no time zone is called America/Atlantis"),
    "a broken pattern": ('"Z[0-9]+"', '"Z[0-9"', "card pattern Z[0-9"),
    "an end before the beginning": (
        "effective_from = 2000-01-01",
        "effective_from = 2000-01-01\neffective_to = 1999-01-01",
        "effective_to is before effective_from",
    ),
    "not TOML": ("[versions.figure]", "[versions.figure", "Expected ']'"),
    "an unknown unit": ('unit = "oz"', 'unit = "stone"', "pool flower: no unit is called stone"),
    "an amount without end": ("limit = 2.5", "limit = 1e999999999", "pools[flower].limit: no amount is so large"),
    "an amount too fine": (
        "limit = 2.5",
        "limit = 1e-999999999",
        "pools[flower].limit: no amount is so large or so fine",
    ),
    "days without end": ("days = 14", "days = 99999999", "pools[flower].window.days: Expected `int` <= 36525"),
    "a window that frees what it counts": (
        "days = 14",
        "days = 14, release_offset_days = 13",
        "pool flower: a purchase would be free on day 13, and it counts for 14 days",
    ),
    "a first period that is no longer one": (
        'kind = "rolling", days = 14',
        'kind = "cycle", anchor = "first_purchase", days = 14, first_days = 13',
        "pool flower: the first period is shorter than the others",
    ),
    "a limit of no period": (
        'kind = "rolling", days = 14',
        'kind = "cycle", anchor = "first_purchase", days = 14, first_limit = 5',
        "pool flower has a limit for a first period, and there is none",
    ),
    "a supply that is never used": (
        'kind = "rolling", days = 14',
        'kind = "supply", days = 14, early_left = "3/3"',
        "pool flower: the next supply would be open before anything of this one is used",
    ),
    "a raise that lowers": ("limit = 2.5", "limit = 2.5\nraised_at_most = 2", "pool flower can be raised to less"),
    "more than the whole": ("limit = 2.5", 'limit = 2.5\nshare = "3/2"', "pool flower is more than the whole"),
    "patients that cannot be": (
        "limit = 2.5",
        "limit = 2.5\nwho = { age_from = 21, age_below = 21 }",
        "pool flower is for patients that cannot be",
    ),
    "an age below zero": ("limit = 2.5", "limit = 2.5\nwho = { age_from = -1 }", "pool flower: an age"),
    "two limits for one patient": (
        "limit = 2.5",
        "limit = 2.5\nlimits = [{ who = { facts = ['a'] }, amount = 1 }, { who = { facts = ['a'] }, amount = 9 }]",
        "pool flower has two limits for the same patients",
    ),
    "a share of THC that cannot be": (
        'measure = "net_weight_g"',
        'thc_pct_over = 30, thc_pct_up_to = 20, measure = "net_weight_g"',
        "pool flower: no product has over 30 and up to 20 % THC",
    ),
    "a route nobody knows": (
        'measure = "net_weight_g"',
        'routes = ["smoke"], measure = "net_weight_g"',
        "pool flower: no route is called smoke",
    ),
    "a month that is none": ('as_of = "2025"', 'as_of = "2025-13"', "as_of: Expected `str` matching regex"),
    "a word that cannot be shown": (
        'name = "Flower"',
        'name = "Flow\\u001b[31mer"',
        "versions[2020-01-01].pools[flower].name: the words hold a character that cannot be shown",
    ),
    "a word that turns the line round": (
        'name = "Flower"',
        'name = "Flow\\u202Eer"',
        "the words hold a character that cannot be shown",
    ),
    "a pattern without end": ('"Z[0-9]+"', '"(Z+[0-9]*)+"', "a repetition within a repetition can take for ever"),
    "a pattern too large": ('"Z[0-9]+"', '"Z{99999999999}"', "card pattern Z{99999999999}"),
    "letters of no height": (
        "[[versions]]",
        "[labels.letters]\nmin_mm = 0\n" + SOURCE + "[[versions]]",
        "labels: version 1: letters are over 0 and at most 60 mm high",
    ),
    "the law as store policy": ("limit = 2.5", "limit = 2.5\nof_store = true", "is said to be the store's own"),
    "a key of the store's": ('key = "flower"', 'key = "store.flower"', "is said to be the store's own"),
    "store policy in the law": (
        "[versions.figure]",
        "[versions.store.age]\nminimum = 1\ncaregiver_minimum = 1\n" + SOURCE + "[versions.figure]",
        "store is said to be the store's own",
    ),
    "no version": ("[[versions]]", "[[version]]", "the file: Object"),
    "like nothing before it": (
        "effective_from = 2000-01-01",
        'effective_from = 2000-01-01\nlike = "1999"',
        "version 2020-01-01 is like 1999, which does not stand before it",
    ),
    "without what was not there": (
        "effective_from = 2000-01-01",
        'effective_from = 2000-01-01\nwithout = ["tea"]',
        "version 2020-01-01 goes without tea, which no version does not have",
    ),
    "a list where words are": ('name = "Flower"', "name = []", "pools[flower].name: Expected `str`, got `array`"),
    "a table where a list is": ("[[versions.uncounted]]", "[versions.uncounted]", "uncounted: Expected `array`"),
    "like a list": ("effective_from = 2000-01-01", "effective_from = 2000-01-01\nlike = []", "like: Expected `str`"),
}
BYTES = {
    "no text at all": (b"\xff\xfe\x00", "line 1 is no text in UTF-8"),
    "ten million of nonsense": (bytes(range(256)) * 40_000, "it is longer than 1,000,000 bytes"),
    "a line without end": (b'state = "' + b"Z" * 5_000 + b'"', "line 1 is longer than 4,000 characters"),
    "a name without end": (b"a" + b".a" * 400_000 + b" = 1", "line 1 is longer than 4,000 characters"),
    "boxes in boxes": (b"a = " + b"[\n" * 3_000 + b"]" * 3_000, "it is nested too deeply"),
    "tables in tables": ((b"[a" + b".a" * 1_900 + b"]\n") * 2, "Cannot declare"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_in_a_pack_is_one_clear_line(fault: str, tmp_path: Path) -> None:
    right, wrong, said = FAULTS[fault]
    assert right in source_of(pool())
    (tmp_path / "zz.toml").write_text(source_of(pool()).replace(right, wrong))
    with pytest.raises(Ours) as caught:
        load("ZZ", TODAY, tmp_path)
    line = str(caught.value.reason)
    assert line.startswith("The rule pack zz.toml has a fault: ")
    assert said in line
    assert "\n" not in line


@pytest.mark.parametrize("fault", BYTES)
def test_nonsense_is_one_clear_line_and_soon(fault: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    data, said = BYTES[fault]
    file = tmp_path / "zz.toml"
    file.write_bytes(data)
    with pytest.raises(Ours) as caught:
        load("ZZ", TODAY, tmp_path)
    assert said in str(caught.value.reason)
    assert main(["rules", "lint", str(file)]) == 1
    line, count = capsys.readouterr().out.splitlines()
    assert line.startswith("zz.toml: ")
    assert count == "1 packs, 1 faults"


def test_a_pack_of_another_state_under_this_states_name_is_refused(tmp_path: Path) -> None:
    (tmp_path / "zz.toml").write_text(source_of(pool(), state="ZY"))
    with pytest.raises(Ours) as caught:
        load("ZZ", TODAY, tmp_path)
    assert str(caught.value.reason) == "The rule pack zz.toml has a fault: these are the rules of ZY."


def test_two_rules_or_versions_of_one_name_are_refused_also_where_one_is_like_another() -> None:
    first = source_of(pool()).replace(
        "effective_from = 2000-01-01", "effective_from = 2000-01-01\neffective_to = 2001-01-01"
    )
    like = '\n[[versions]]\nversion = "2021"\nlike = "2020-01-01"\neffective_from = 2021-01-01\n'
    with pytest.raises(ValueError, match="version 2021: two rules are called oil"):
        parse(first + like + pool("oil") + pool("oil", limit="99"))
    with pytest.raises(ValueError, match="two versions are called 2020-01-01"):
        parse(first + like.replace('"2021"', '"2020-01-01"'))
    assert [law.version for law in parse(first + like)] == ["2020-01-01", "2021"]


def test_a_harmless_repetition_is_none_without_end() -> None:
    for pattern in ("[CP](?=[A-Z]*[0-9])[A-Z0-9]{7}", "(?:Z{2}[0-9])", "(A|B)+", r"(\+)+", "([+*])+", "[]+]"):
        assert not endless(pattern), pattern
    for pattern in ("(a+)+", "(a*)*", "(a{1,9}){1,9}", "((a+)b)*", "(?:[0-9]+-)+"):
        assert endless(pattern), pattern


def test_versions_may_not_overlap_and_an_example_names_a_pool_that_is_there(tmp_path: Path) -> None:
    second = source_of(pool()).split("[[versions]]", 1)[1]
    with pytest.raises(ValueError, match="versions 2020-01-01 and 2021 overlap"):
        parse(source_of(pool()) + "\n[[versions]]" + second.replace('"2020-01-01"', '"2021"'))
    with pytest.raises(ValueError, match="two rules are called flower"):
        parse(source_of(pool(), pool()))
    example = (
        '\n[[versions.examples]]\nname = "A"\nrecommended_from = 2025-01-01\nrecommended_to = 2026-01-01\n'
        "checks = [{ on = 2025-02-01, remaining = { leaf = 1 } }]"
    )
    with pytest.raises(ValueError, match="example A names no pool: leaf"):
        parse(source_of(pool()) + example)


@pytest.mark.parametrize(("state", "on"), [("QQ", TODAY), ("FL", date(2001, 1, 1)), ("../fl", TODAY), ("", TODAY)])
def test_no_law_no_pack(state: str, on: date) -> None:
    with pytest.raises(Ours):
        load(state, on)


@pytest.mark.requirement("ALT-02")
def test_the_day_of_a_sale_is_the_legal_zones_also_when_the_hour_is_repeated() -> None:
    """2025-11-02 has 25 hours in the zone of the law: 01:30 comes twice, and midnight is at 05:00 UTC after it."""
    zone = load("FL", TODAY).zone
    late = datetime(2025, 3, 10, 3, 59, 59, tzinfo=UTC)
    assert local_date(late, zone) == date(2025, 3, 9)
    assert local_date(late + timedelta(seconds=1), zone) == date(2025, 3, 10)
    winter = datetime(2025, 11, 3, 4, 59, 59, tzinfo=UTC)
    assert local_date(winter, zone) == date(2025, 11, 2)
    assert local_date(winter + timedelta(seconds=1), zone) == date(2025, 11, 3)


NAMES = """
alabama alaska arizona arkansas california colorado connecticut delaware florida hawaii idaho illinois indiana
iowa kansas kentucky louisiana maryland massachusetts michigan minnesota mississippi missouri montana nebraska
nevada ohio oklahoma oregon pennsylvania tennessee texas utah vermont virginia wisconsin wyoming
"""
CODES = "FL IL OH PA NJ MD AZ NY CT MN MI MO MA NM AR LA HI UT WV VA NV CO CA ND DE RI VT NH MT WA DC MS SD KY"
READS_DOCUMENTS = {"documents", "demo"}
"""Issuers of licences are what a document says, and invented people live somewhere."""

DRAWS = "screens"
"""Here two capital letters are also an image's mode, or the issuer of an invented person's licence."""


def test_the_program_names_no_state() -> None:
    root = Path(kiosk.__file__).parent
    found = []
    for path in sorted(root.rglob("*.py")):
        if READS_DOCUMENTS & set(path.relative_to(root).parts):
            continue
        for node in ast.walk(_without_docstrings(ast.parse(path.read_text(encoding="utf-8")))):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                words = re.findall(r"[a-z]+", node.value.lower())
                code = node.value in CODES.split() and DRAWS not in path.parts
                if set(words) & set(NAMES.split()) or code:
                    found.append(f"{path.relative_to(root)}:{node.lineno}: {node.value}")
    assert found == []


def _without_docstrings(tree: ast.AST) -> ast.AST:
    for node in ast.walk(tree):
        body = getattr(node, "body", None)
        if isinstance(body, list):
            node.body = [  # type: ignore[attr-defined]
                each for each in body if not (isinstance(each, ast.Expr) and isinstance(each.value, ast.Constant))
            ]
    return tree


def test_a_pack_says_where_it_comes_from_or_is_refused() -> None:
    bare = source_of(pool()).replace(SOURCE, "", 1)
    with pytest.raises(ValueError, match="missing required field `citation`"):
        parse(bare)


@pytest.mark.requirement("PAT-07")
@pytest.mark.parametrize("state", STATES)
def test_no_real_state_lets_an_old_answer_count_without_a_rule_that_was_read(state: str) -> None:
    """No source names such a rule for these: silence of the registry stops every sale."""
    for pack in versions(state):
        if pack.outage is None:
            assert "outage" in pack.absent  # no store opens with it
            continue
        assert pack.outage.rule == "no_pass"
        assert pack.outage.oldest is None
