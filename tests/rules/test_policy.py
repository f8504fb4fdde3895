"""Packs are signed and signed for; store policy is stricter or nothing; a changed law says what it touches."""

from datetime import date
from pathlib import Path

import msgspec
import pytest

from kiosk.cli import main
from kiosk.model.errors import Ours
from kiosk.rules.allotments import Book, Item, judge, most
from kiosk.rules.differences import differences
from kiosk.rules.library import Library
from kiosk.rules.manual import page
from kiosk.rules.pack import law_of, parse, states, versions
from kiosk.rules.policy import Accepted, Policy, missing, read_policy, rules, unsure, with_policy
from kiosk.rules.schema import faults, known, schema
from kiosk.rules.sealing import digest, new_key, sign, signed_by
from tests.rules.given import (
    DAY,
    MONTH,
    TODAY,
    TRANSACTION,
    florida,
    flower,
    law,
    pool,
    recommendation,
    source_of,
    tincture,
)

POLICY = """
[[smaller]]
pool = "smoking"
limit = 1
citation = "Store policy 4"
as_of = "2026"
confidence = "high"

[[gates]]
key = "topical"
says = "Visitors may not buy here."
what = { routes = ["topical"] }
citation = "Store policy 5"
as_of = "2026"
confidence = "high"
"""


def policy_of(tmp_path: Path, source: str) -> Policy:
    file = tmp_path / "policy.toml"
    file.write_text(source, encoding="utf-8")
    return read_policy(file)


@pytest.mark.requirement("SOP-05")
def test_store_policy_refuses_more_and_is_named_as_the_stores(tmp_path: Path) -> None:
    strict = with_policy(florida(), policy_of(tmp_path, POLICY))
    book, doctor = Book(available={}), recommendation()
    fits = judge(strict, book, doctor, TODAY, [Item(product=flower("28.35"), units=1)])
    assert fits.refusal is None
    refusal = judge(strict, book, doctor, TODAY, [Item(product=flower("28.36"), units=1)]).refusal
    assert refusal is not None
    assert (refusal.rule, refusal.citation) == ("store.smoking", "Store policy 4")
    assert str(refusal.reason) == "Store policy: Smoking: 1.01 oz asked, 1 oz left."
    assert judge(florida(), book, doctor, TODAY, [Item(product=flower("28.36"), units=1)]).refusal is None
    gated = judge(strict, book, doctor, TODAY, [Item(product=tincture(route="topical"), units=1)]).refusal
    assert gated is not None
    assert gated.rule == "store.topical"


@pytest.mark.requirement("SOP-05")
def test_store_policy_is_never_looser(tmp_path: Path) -> None:
    looser = policy_of(tmp_path, POLICY.replace("limit = 1", "limit = 2.6"))
    with pytest.raises(Ours) as caught:
        with_policy(florida(), looser)
    assert "looser than the state's 2.5 oz" in str(caught.value.reason)
    for wrong in (POLICY.replace('"smoking"', '"wine"'), POLICY.replace("limit = 1", "limit = -1")):
        with pytest.raises(Ours):
            with_policy(florida(), policy_of(tmp_path, wrong))


@pytest.mark.requirement("SOP-05", "ALT-07")
def test_a_pool_of_the_store_makes_nothing_sellable_that_the_law_does_not_count() -> None:
    own = law(pool("everything", members='[{ measure = "units" }]'), pool()).pools[0]
    strict = with_policy(florida(), Policy(pools=(own,)))
    vaginal = tincture(route="vaginal")
    doctor = recommendation(routes=("vaginal",))
    refusal = judge(strict, Book(available={}), doctor, TODAY, [Item(product=vaginal, units=1)]).refusal
    assert refusal is not None
    assert refusal.rule == "FL.uncounted"
    assert most(strict, Book(available={}), recommendation(), TODAY, [], flower("1")) == 2
    with pytest.raises(ValueError, match="is said to be the store's own"):
        parse(source_of(pool(rest="of_store = true")))


def test_a_store_signs_for_a_version_and_for_each_number_that_is_not_sure() -> None:
    pack = florida()
    assert list(missing(pack, Policy())) == [f"The store has not signed for {pack.name}."]
    signed = Accepted(pack=pack.name, digest=digest(pack), by="Ada Example", on=TODAY)
    assert len(list(missing(pack, Policy(accepted=(signed,))))) == len(unsure(pack)) > 0
    whole = msgspec.structs.replace(signed, numbers=unsure(pack))
    assert list(missing(pack, Policy(accepted=(whole,)))) == []
    changed = msgspec.structs.replace(pack, pools=pack.pools[:-1])
    assert list(missing(changed, Policy(accepted=(whole,)))) == [
        f"{pack.name} was changed after the store signed for it."
    ]


def test_every_unsure_rule_of_every_pack_has_a_name_of_its_own() -> None:
    for state in states():
        for version in versions(state):
            names = [name for name, _ in rules(version)]
            assert len(set(names)) == len(names)
            assert set(unsure(version)) <= set(names)


def test_an_altered_pack_is_refused(tmp_path: Path) -> None:
    pack, key = tmp_path / "zz.toml", tmp_path / "key.pem"
    pack.write_text(source_of(pool()))
    public = new_key(key)
    assert key.stat().st_mode & 0o077 == 0
    assert sign(pack, key) == public
    assert signed_by(pack, [public]) == public
    other = new_key(tmp_path / "other.pem")
    with pytest.raises(Ours, match="fault"):
        signed_by(pack, [other])
    for n in range(0, len(source_of(pool())), 97):
        data = bytearray(source_of(pool()).encode())
        data[n] ^= 1
        pack.write_bytes(data)
        with pytest.raises(Ours) as caught:
            signed_by(pack, [public])
        assert "it was changed after it was signed" in str(caught.value.reason)
    (tmp_path / "zz.toml.sig").write_text("nonsense")
    with pytest.raises(Ours):
        signed_by(pack, [public])
    (tmp_path / "zz.toml.sig").unlink()
    with pytest.raises(Ours):
        signed_by(pack, [public])


@pytest.mark.requirement("OUT-11")
def test_three_invented_states_that_contradict_each_other_run_by_exchanging_one_signed_file(tmp_path: Path) -> None:
    key = tmp_path / "key.pem"
    public = new_key(key)
    policy = tmp_path / "policy.toml"
    policy.write_text(f'keys = ["{public}"]\n')
    invented = {
        "a": source_of(pool(window=MONTH, limit="1")),
        "b": source_of(pool(window=DAY, limit="3", members='[{ measure = "thc_mg", per_unit = 100 }]')),
        "c": source_of(pool(window=TRANSACTION, limit="2", members='[{ measure = "units", forms = ["flower"] }]')),
    }
    library = Library("ZZ", tmp_path, policy)
    said = {}
    for name, source in invented.items():
        (tmp_path / "zz.toml").write_text(source)
        sign(tmp_path / "zz.toml", key)
        pack = library.at(TODAY)
        said[name] = [
            judge(pack, Book(), recommendation(), TODAY, [Item(product=product, units=units)]).refusal is None
            for product, units in ((flower("28.35"), 1), (flower("28.36"), 1), (tincture("100"), 3), (flower("1"), 3))
        ]
    assert said == {
        "a": [True, False, False, True],
        "b": [False, False, True, False],
        "c": [True, True, False, False],
    }


def test_a_malformed_pack_leaves_the_last_good_one_in_use(tmp_path: Path) -> None:
    file = tmp_path / "zz.toml"
    file.write_text(source_of(pool(limit="1")))
    library = Library("ZZ", tmp_path)
    good = library.at(TODAY)
    file.write_text(source_of(pool(limit="-11")))
    assert library.at(TODAY) is good
    assert library.fault == "The rule pack zz.toml has a fault: version 2020-01-01: pool flower has a limit below zero."
    file.write_text(source_of(pool(limit="0.75")))
    assert library.at(TODAY).pools[0].limit != good.pools[0].limit
    assert library.fault == ""
    file.unlink()
    assert library.at(TODAY).pools[0].limit is not None
    with pytest.raises(Ours):
        Library("ZZ", tmp_path).at(TODAY)


def test_live_only_what_the_store_has_signed_for(tmp_path: Path) -> None:
    (tmp_path / "zz.toml").write_text(source_of(pool()))
    policy = tmp_path / "policy.toml"
    policy.write_text("")
    with pytest.raises(Ours, match="live"):
        Library("ZZ", tmp_path, policy, live=True).at(TODAY)
    pack = law_of("ZZ", TODAY, tmp_path)
    policy.write_text(f'[[accepted]]\npack = "{pack.name}"\ndigest = "{digest(pack)}"\nby = "Ada"\non = 2026-01-01\n')
    assert Library("ZZ", tmp_path, policy, live=True).at(TODAY).name == pack.name


def test_a_change_is_told_number_by_number() -> None:
    old = parse(source_of(pool(limit="2.5"), pool("gone")))
    new = parse(source_of(pool(limit="2"), pool("born")).replace("minimum = 18", "minimum = 19"))
    said = list(differences(old, new))
    assert "ZZ 2020-01-01 pools.flower.limit: 2.5 → 2" in said
    assert "ZZ 2020-01-01 age.minimum: 18 → 19" in said
    assert any(line.startswith("ZZ 2020-01-01 pools.gone.limit: 2.5 → nothing") for line in said)
    assert any(line.startswith("ZZ 2020-01-01 pools.born.limit: nothing → 2.5") for line in said)
    assert list(differences(old, old)) == []


def test_the_schema_is_the_one_of_the_structs_and_every_pack_is_valid() -> None:
    assert known() == schema(), "python -m kiosk.rules.schema > kiosk/rules/pack.schema.json"
    assert main(["rules", "lint"]) == 0


@pytest.mark.parametrize(
    ("right", "wrong", "place"),
    [
        ('unit = "oz"', "unit = 5", "versions[0].pools[0].unit"),
        ("limit = 2.5", 'limit = "much"', "versions[0].pools[0].limit"),
        ("days = 14", "day = 14", "versions[0].pools[0].window"),
        ('confidence = "high"', 'confidence = "sure"', "confidence"),
        ('state = "ZZ"', "states = 1", "the file"),
    ],
)
def test_lint_names_the_place(
    right: str, wrong: str, place: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "zz.toml"
    file.write_text(source_of(pool()).replace(right, wrong, 1))
    assert main(["rules", "lint", str(file)]) == 1
    assert place in capsys.readouterr().out


def test_the_manual_is_made_from_the_packs() -> None:
    folder = Path(__file__).parents[2] / "docs" / "rules"
    for state in states():
        written = (folder / f"{state.lower()}.md").read_text(encoding="utf-8")
        assert written == page(versions(state)), "write the pages anew: kiosk rules show --out docs/rules"


def test_verify_shows_what_to_sign(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    policy = tmp_path / "policy.toml"
    policy.write_text("")
    command = ["rules", "verify", "FL", "--policy", str(policy), "--on", "2026-03-02"]
    assert main(command) == 1
    said = capsys.readouterr().out
    policy.write_text(said[said.index("[[accepted]]") :])
    assert main(command) == 0
    assert "may be used live" in capsys.readouterr().out
    policy.write_text("keys = 7")
    assert main(command) == 1
    assert faults({"state": "ZZ"}) != []
    assert date(2026, 3, 2) == TODAY
