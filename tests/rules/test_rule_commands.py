"""``kiosk rules``: show, lint, diff, sign, verify, as a compliance owner types them."""

from pathlib import Path

import pytest

from kiosk.cli import main
from kiosk.rules.differences import differences
from kiosk.rules.manual import page
from kiosk.rules.pack import parse, states, versions
from kiosk.rules.schema import known, schema
from tests.rules.given import pool, source_of
from tests.rules.test_library import ONE_OUNCE, by_two_laws


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
        ('unit = "oz"', "unit = 5", "versions[2020-01-01].pools[flower].unit"),
        ("limit = 2.5", 'limit = "much"', "versions[2020-01-01].pools[flower].limit"),
        ("days = 14", "day = 14", "versions[2020-01-01].pools[flower].window"),
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


@pytest.fixture
def said(capsys: pytest.CaptureFixture[str]):
    """Types a command; gives its exit code, and what it said in one piece."""

    def typed(*words: object) -> tuple[int, str]:
        code = main(["rules", *map(str, words)])
        told = capsys.readouterr()
        return code, told.out + told.err

    return typed


def test_verify_shows_what_to_sign_and_then_that_it_is_signed(tmp_path: Path, said) -> None:
    policy = tmp_path / "policy.toml"
    policy.write_text("")
    command = ["verify", "FL", "--policy", policy, "--on", "2026-03-02"]
    code, told = said(*command)
    assert code == 1
    assert told.startswith("The store has not signed for FL 2022-08-29.\n")
    entry = told[told.index("[[accepted]]") :]
    day = entry.partition("\non = ")[2].partition("\n")[0]
    policy.write_text(entry.replace(day, "2026-03-01"))
    code, told = said(*command)
    assert (code, told.splitlines()[-1]) == (0, "fl.toml may be used live.")
    policy.write_text(entry.replace(day, "2026-03-01").replace('    "age",\n', ""))
    code, told = said(*command)
    assert code == 1
    assert "The store has not signed for the unsure number of FL 2022-08-29: age." in told
    assert "Who has read it signs for it again" in told
    for wrong, why in (("keys = 7", "keys: Expected `array`"), ("[oracle]", "oracle: of this the law alone speaks")):
        policy.write_text(wrong)
        code, told = said(*command)
        assert code == 1
        assert why in told


def test_verify_asks_what_a_live_hub_asks(tmp_path: Path, said) -> None:
    policy, pack, key = tmp_path / "policy.toml", tmp_path / "zz.toml", tmp_path / "key.pem"
    policy.write_text("")
    pack.write_text(by_two_laws())
    code, told = said("sign", pack, "--key", key, "--new-key")
    assert code == 0
    public = told.split()[-1]
    command = ("verify", "ZZ", "--packs", tmp_path, "--policy", policy, "--on", "2026-06-30")
    _, told = said(*command)
    entry = told[told.index("[[accepted]]") :]
    day = entry.partition("\non = ")[2].partition("\n")[0]
    policy.write_text(f'keys = ["{public}"]\n' + entry.replace(day, "2026-03-01"))
    code, told = said(*command)
    assert code == 0
    assert told.splitlines() == [
        f"zz.toml is signed with the key {public}",
        "The store has signed for ZZ 2020-01-01 and for 0 unsure numbers.",
        "zz.toml may be used live.",
        "From 2026-07-01 on: The store has not signed for ZZ 2026-07-01.",
    ]
    pack.write_text(pack.read_text().replace("One", "Two") + "\n# a word more\n")
    code, told = said(*command)
    assert code == 1
    assert "The file zz.toml is refused: it was changed after it was signed." in told
    code, told = said("verify", "OH", "--policy", policy)
    assert code == 1


def test_what_its_own_examples_contradict_is_not_signed(tmp_path: Path, said) -> None:
    pack, key = tmp_path / "zz.toml", tmp_path / "key.pem"
    pack.write_text(ONE_OUNCE.replace("{ flower = 1 }", "{ flower = 7 }"))
    code, told = said("sign", pack, "--key", key, "--new-key")
    assert code == 1
    assert "flower has 1 left, not 7" in told
    assert not key.exists()
    assert not pack.with_name("zz.toml.sig").exists()


def test_lint_names_the_file_that_is_not_there_and_the_name_that_is_not_the_states(tmp_path: Path, said) -> None:
    assert said("lint", tmp_path / "zz.toml") == (1, "zz.toml: no such file or directory\n1 packs, 1 faults\n")
    (tmp_path / "zy.toml").write_text(ONE_OUNCE)
    assert said("lint", tmp_path / "zy.toml") == (1, "zy.toml: these are the rules of ZZ\n1 packs, 1 faults\n")
    (tmp_path / "zz.toml").write_text("state = 1\n" + "".join(f"k{n} = 1\n" for n in range(5000)))
    code, told = said("lint", tmp_path / "zz.toml")
    assert code == 1
    assert len(told) < 5_000
