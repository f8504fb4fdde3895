"""The packs: each reads, cites and says what it does not know; a fault in one is named."""

from datetime import date
from decimal import Decimal
from importlib.resources import files
from pathlib import Path

import pytest

from kiosk.rules.certificates.limits import NO_VERSION, law, load, parse, versions
from kiosk.rules.certificates.products import TYPES, product_type, says_nothing
from tests.certificates.given import refused

STATES = sorted(each.name[:2].upper() for each in (files("kiosk.rules") / "packs" / "coa").iterdir())  # type: ignore[attr-defined]
SOURCE = 'citation = "Invented Code 1"\nas_of = "2025"\nconfidence = "high"\n'
ONE = f"""
state = "ZZ"
[[versions]]
version = "1"
effective_from = 2020-01-01
[[versions.limits]]
panel = "heavy_metals"
{SOURCE}
[versions.limits.max]
lead = 0.5
"""


@pytest.mark.parametrize("state", STATES)
def test_every_pack_reads_and_says_what_it_lacks(state: str) -> None:
    for pack in versions(state):
        assert pack.state == state
        assert pack.unknown
        assert load(state, pack.effective_from) is pack


@pytest.mark.requirement("INT-06")
@pytest.mark.parametrize(
    ("state", "kind", "key", "amount", "unit"),
    [
        ("CA", "flower", "imidacloprid", "5", "ug/g"),
        ("CA", "edible", "imidacloprid", "3", "ug/g"),
        ("CA", "flower", "mercury", "0.1", "ug/g"),
        ("FL", "flower", "naled", "0.25", "ug/g"),
        ("FL", "edible", "acephate", "3", "ug/g"),
        ("MA", "flower", "lead", "500", "ug/kg"),
        ("MA", "edible", "lead", "1000", "ug/kg"),
        ("CO", "topical", "lead", "10", "ug/g"),
        ("OK", "flower", "imidacloprid", "0.4", "ug/g"),
        ("WA", "flower", "bifenthrin", "0.21", "ug/g"),
        ("NV", "flower", "moisture", "15", "%"),
        ("MI", "concentrate", "propane", "2100", "ug/g"),
        ("ME", "concentrate", "acetonitrile", "410", "ug/g"),
        ("OR", "vape", "cyclohexane", "3880", "ug/g"),
        ("AZ", "flower", "acephate", "0.4", "ug/g"),
        ("WA", "flower", "coliforms", "10000", "CFU/g"),
        ("WA", "concentrate", "coliforms", "1000", "CFU/g"),
        ("NV", "concentrate", "acetone", "500", "ug/g"),
        ("OK", "flower", "insect_hair_excreta", "1", "per 3 g"),
    ],
)
def test_figures_of_the_law(state: str, kind: str, key: str, amount: str, unit: str) -> None:
    table = next(each for each in load(state, date(2026, 3, 2)).tables(kind) if key in each.analytes())
    used = table.used(key)
    assert (used.amount, used.unit) == (Decimal(amount), unit)
    assert used.citation


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (("lead = 0.5", "lead = -1"), "below zero"),
        (("lead = 0.5", "unobtainium = 1"), "no analyte"),
        (("lead = 0.5", "salmonella = 1"), "no analyte"),
        (('panel = "heavy_metals"', 'panel = "stones"'), "no panel"),
        (('panel = "heavy_metals"', 'panel = "heavy_metals"\nunit = "furlongs"'), "no unit"),
        (('panel = "heavy_metals"', 'panel = "heavy_metals"\ncovers = { types = ["brick"] }'), "no kind of product"),
        (('panel = "heavy_metals"', 'panel = "heavy_metals"\ncovers = { routes = ["fax"] }'), "no route"),
        (('panel = "heavy_metals"', 'panel = "heavy_metals"\nabsent = ["lead"]'), "two limits"),
        (("effective_from = 2020-01-01", "effective_from = 2020-01-01\neffective_to = 2019-01-01"), "before"),
        (('as_of = "2025"', ""), "as_of"),
    ],
)
def test_a_fault_in_a_pack_is_named(change: tuple[str, str], said: str, tmp_path: Path) -> None:
    (tmp_path / "zz.toml").write_text(ONE.replace(*change), encoding="utf-8")
    with refused(said):
        versions("ZZ", tmp_path)


def test_versions_follow_each_other() -> None:
    later = ONE.replace('state = "ZZ"', "").replace("2020-01-01", "2022-01-01").replace('"1"', '"2"')
    with pytest.raises(ValueError, match="overlap"):
        parse(ONE + later)
    both = parse(
        ONE.replace("effective_from = 2020-01-01", "effective_from = 2020-01-01\neffective_to = 2021-12-31") + later
    )
    assert [pack.version for pack in both if pack.in_force(date(2022, 1, 1))] == ["2"]


@pytest.mark.parametrize("state", ["XX", "", "../FL", "F L", "ca.toml"])
def test_a_state_without_a_pack_is_named(state: str) -> None:
    with refused():
        versions(state)


def test_a_day_before_the_law_is_named() -> None:
    with refused("1999"):
        load("CA", date(1999, 1, 1))


@pytest.mark.parametrize(
    ("word", "kind"),
    [
        ("Flower", "flower"),
        ("pre-roll", "pre_roll"),
        ("vape cart", "vape"),
        ("edible_solid", "edible"),
        ("brick", None),
        ("Plant, Flower - Cured, Greenhouse", "flower"),
        ("Pre-Roll Flower", "pre_roll"),
        ("Plant, Enhanced Pre-Roll", "infused_pre_roll"),
        ("Concentrates & Extracts, Vape Cartridge", "vape"),
        ("Ingestible, Gummy, CO2", "edible"),
        ("Infused Edible (each)", "edible"),
        ("Infused Non-Edible", "topical"),
        ("Vape Cartridge (weight - each)", "vape"),
        ("Flower rosin", None),
        ("Flower and vape", None),
        ("Hemp flower", None),
        ("Plant / Flower", "flower"),
        ("Cannabis", None),
    ],
)
def test_kinds_of_products(word: str, kind: str | None) -> None:
    assert product_type(word) == kind
    assert kind is None or kind in TYPES


@pytest.mark.parametrize(
    ("word", "nothing"), [("Medical Marijuana", True), ("", True), ("Bud", False), ("Thing", False)]
)
def test_words_that_go_with_any_goods(word: str, nothing: bool) -> None:
    assert says_nothing(word) == nothing


def test_a_state_or_a_day_without_limits_is_a_law_that_knows_nothing() -> None:
    for state, day in (("qq", date(2026, 3, 2)), ("CA", date(1999, 1, 1))):
        pack = law(state, day)
        assert (pack.state, pack.version) == (state.upper(), NO_VERSION)
        assert (pack.limits, pack.required) == ((), ())
    assert law("CA", date(2026, 3, 2)) == load("CA", date(2026, 3, 2))
    for none in ("California", "", "../FL", "F", "C\n"):
        with refused():
            law(none, date(2026, 3, 2))
