"""A pack is used as it was signed and signed for; what arrives broken, altered or older leaves the last good one."""

import os
import re
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

import msgspec
import pytest

from kiosk.model.errors import Ours
from kiosk.rules.allotments import Book, Item, judge
from kiosk.rules.law import Pack
from kiosk.rules.library import Library, NoLaw
from kiosk.rules.pack import parse, states, versions
from kiosk.rules.policy import Accepted, Policy, missing, unsure
from kiosk.rules.sealing import digest, new_key, sign, signature_file, signed_by
from tests.rules.given import DAY, MONTH, TODAY, TRANSACTION, florida, flower, pool, recommendation, source_of, tincture

EXAMPLES = """
[[versions.examples]]
name = "As it is"
checks = [
    { on = 2026-01-01, remaining = { flower = 1 } },
    { on = 2026-01-02, remaining = { flower = 1 } },
    { on = 2026-01-03, basket = [{ form = "flower", route = "smoking", net_weight_g = 28.36 }], refused_by = "flower" },
    { on = 2026-01-01, basket = [{ category = "device" }] },
    { on = 2026-01-02, basket = [{ category = "device" }] },
    { on = 2026-01-03, basket = [{ category = "device" }] },
]
"""
ONE_OUNCE = source_of(pool(limit="1")) + EXAMPLES
LATER = "2026-07-01"


def by_two_laws() -> str:
    """From the first of July on two ounces."""
    old, new = ONE_OUNCE, ONE_OUNCE.split("[[versions]]", 1)[1]
    old = old.replace("effective_from = 2000-01-01", "effective_from = 2000-01-01\neffective_to = 2026-06-30")
    new = new.replace("effective_from = 2000-01-01", f"effective_from = {LATER}").replace('"2020-01-01"', f'"{LATER}"')
    new = new.replace("limit = 1", "limit = 2").replace("{ flower = 1 }", "{ flower = 2 }").replace("28.36", "56.71")
    return f"{old}\n[[versions]]{new}"


@dataclass
class Store:
    """A live store of an invented state: its files, and the hub's library over them."""

    folder: Path
    live: bool = True
    keys: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        self.pack, self.policy = self.folder / "zz.toml", self.folder / "policy.toml"
        self.policy.write_text("")
        self.library = Library("ZZ", self.folder, self.policy, live=self.live)

    def write(self, source: str) -> None:
        self.pack.write_text(source)

    def sign_for(self, *sources: str, on: date = TODAY, numbers: tuple[str, ...] = ()) -> None:
        laws = [law for source in sources for law in parse(source)]
        self.policy.write_text(
            f"keys = {list(self.keys)}\n"
            + "".join(
                f'[[accepted]]\npack = "{law.name}"\neffective_from = {law.effective_from}\n'
                f'digest = "{digest(law)}"\nby = "Ada Example"\non = {on}\n'
                f"numbers = {list(numbers)}\n"
                for law in laws
            )
        )

    def limit(self, day: date = TODAY) -> object:
        return self.library.at(day).pools[0].limit

    def refused(self, day: date = TODAY) -> str:
        with pytest.raises(NoLaw) as caught:
            self.library.at(day)
        return str(caught.value.reason)


def test_a_live_store_opens_by_no_law_it_has_not_signed_for(tmp_path: Path) -> None:
    store = Store(tmp_path)
    store.write(ONE_OUNCE)
    assert store.refused() == "These rules cannot be used live: The store has not signed for ZZ 2020-01-01."
    store.sign_for(ONE_OUNCE.replace("limit = 1\n", "limit = 1.5\n"))
    assert store.refused() == (
        "These rules cannot be used live: ZZ 2020-01-01 was changed after the store signed for it."
    )
    store.sign_for(ONE_OUNCE, on=TODAY + timedelta(days=1))
    assert store.refused().endswith(
        "The store's signature for ZZ 2020-01-01 is of 2026-03-03, and that day is to come."
    )
    store.sign_for(ONE_OUNCE)
    assert store.limit() == 1
    assert Library("ZZ", tmp_path, None, live=False).at(TODAY).pools[0].limit == 1, "a demonstration needs no signature"
    with pytest.raises(NoLaw, match="live"):
        Library("ZZ", tmp_path, None, live=True).at(TODAY)


def test_each_number_that_is_not_sure_is_signed_for_by_itself(tmp_path: Path) -> None:
    store = Store(tmp_path)
    unsure_pool = ONE_OUNCE.replace('confidence = "high"', 'confidence = "low"', 1)
    store.write(unsure_pool)
    store.sign_for(unsure_pool)
    assert store.refused().endswith("The store has not signed for the unsure number of ZZ 2020-01-01: figure.")
    store.sign_for(unsure_pool, numbers=("figure",))
    assert store.limit() == 1


def test_a_store_signs_for_a_version_and_for_each_number_that_is_not_sure() -> None:
    pack = florida()
    assert list(missing(pack, Policy(), TODAY)) == [f"The store has not signed for {pack.name}."]
    signed = Accepted(
        pack=pack.name, effective_from=pack.effective_from, digest=digest(pack), by="Ada Example", on=TODAY
    )
    assert len(list(missing(pack, Policy(accepted=(signed,)), TODAY))) == len(unsure(pack)) > 0
    whole = msgspec.structs.replace(signed, numbers=unsure(pack))
    assert list(missing(pack, Policy(accepted=(whole,)), TODAY)) == []
    changed = msgspec.structs.replace(pack, pools=pack.pools[:-1])
    assert list(missing(changed, Policy(accepted=(whole,)), TODAY)) == [
        f"{pack.name} was changed after the store signed for it."
    ]


def test_a_digest_is_of_all_that_a_law_says_and_of_nothing_it_leaves_unsaid() -> None:
    (pack,) = parse(ONE_OUNCE)
    same = ONE_OUNCE.replace("limit = 1\n", "# one ounce\nlimit = 1\nwaivable = false\n")
    assert digest(parse(same)[0]) == digest(pack)
    changes = [
        changed
        for old, new in ((r"limit = 1\b", "limit = 2"), ("days = 14", "days = 15"), ('"high"', '"low"'), ("18", "19"))
        for n in range(len(re.findall(old, ONE_OUNCE)))
        if (changed := _nth(ONE_OUNCE, old, new, n)) != ONE_OUNCE
    ]
    assert len(changes) > 10
    assert len({digest(pack), *(digest(parse(each)[0]) for each in changes)}) == len(changes) + 1


def _nth(source: str, old: str, new: str, n: int) -> str:
    found = list(re.finditer(old, source))[n]
    return source[: found.start()] + new + source[found.end() :]


def test_every_rule_of_every_pack_has_a_name_of_its_own() -> None:
    for state in states():
        for version in versions(state):
            names = unsure(version)
            assert len(set(names)) == len(names)


@pytest.mark.parametrize(
    ("broken", "said"),
    [
        ("state = ", "The rule pack zz.toml has a fault: Invalid value (at end of document)."),
        (ONE_OUNCE.replace("limit = 1\n", "limit = -1\n"), "pool flower has a limit below zero"),
        (ONE_OUNCE.replace("{ flower = 1 }", "{ flower = 9 }"), "flower has 1 left, not 9"),
        (ONE_OUNCE.replace(EXAMPLES, ""), "version 2020-01-01: flower has 0 worked checks, not 3"),
        (ONE_OUNCE.replace('as_of = "2025"', 'as_of = "2026-04"', 1), "figure: its source is of 2026-04"),
        (
            ONE_OUNCE.replace("effective_from = 2000", "effective_from = 2030"),
            "There are no rules for ZZ on 2026-03-02",
        ),
        (ONE_OUNCE.replace('state = "ZZ"', 'state = "ZY"'), "these are the rules of ZY"),
        (ONE_OUNCE.replace("[versions.tickets]\nminutes = 60\n", "").replace("[versions.age]", "[versions.age]"), "zz"),
        ("\0" * 2_000_000, "it is longer than 1,000,000 bytes"),
        (
            ONE_OUNCE.replace("limit = 1\n", "limit = 2\n").replace("= 1 }", "= 2 }").replace("28.36", "56.8"),
            "changed after",
        ),
    ],
)
def test_a_pack_that_arrives_broken_leaves_the_last_good_one_in_use(
    broken: str, said: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    store = Store(tmp_path)
    store.write(ONE_OUNCE)
    store.sign_for(ONE_OUNCE)
    good = store.library.at(TODAY)
    store.write(broken)
    assert store.library.at(TODAY) == good
    assert said in store.library.fault
    assert len([record for record in caplog.records if said in record.getMessage()]) == 1
    assert store.library.at(TODAY) == good
    assert len(caplog.records) == 1, "said once, not with every question"
    with pytest.raises(NoLaw):
        Library("ZZ", tmp_path, store.policy, live=True).at(TODAY)
    store.write(ONE_OUNCE)
    assert store.library.at(TODAY) == good
    assert store.library.fault == ""


def test_a_pack_or_policy_that_is_gone_leaves_the_last_good_one(tmp_path: Path) -> None:
    store = Store(tmp_path)
    store.write(ONE_OUNCE)
    store.sign_for(ONE_OUNCE)
    good = store.library.at(TODAY)
    store.pack.unlink()
    assert store.library.at(TODAY) == good
    assert store.library.fault == "There is no rule pack for ZZ."
    store.policy.write_text("keys = 7")
    assert store.library.at(TODAY) == good
    store.write(ONE_OUNCE)
    assert store.library.at(TODAY) == good
    assert "policy.toml has a fault: keys: Expected `array`, got `int`" in store.library.fault


def test_a_stricter_policy_holds_at_once_also_while_the_pack_is_broken(tmp_path: Path) -> None:
    store = Store(tmp_path)
    store.write(ONE_OUNCE)
    store.sign_for(ONE_OUNCE)
    store.library.at(TODAY)
    store.write("nonsense")
    smaller = '[[smaller]]\npool = "flower"\nlimit = 0.5\ncitation = "P"\nas_of = "2026"\nconfidence = "high"\n'
    store.policy.write_text(store.policy.read_text() + smaller)
    assert [each.limit for each in store.library.at(TODAY).pools] == [1, msgspec.convert("0.5", type(store.limit()))]
    store.policy.write_text(store.policy.read_text().replace("0.5", "5"))
    assert len(store.library.at(TODAY).pools) == 2, "looser than the law: the last good one holds"
    assert "The rule pack zz.toml has a fault" in store.library.fault


def test_a_signature_taken_back_stops_the_store_whatever_was_good_before(tmp_path: Path) -> None:
    store = Store(tmp_path)
    store.write(ONE_OUNCE)
    store.sign_for(ONE_OUNCE)
    store.library.at(TODAY)
    store.policy.write_text("")
    assert "The store has not signed for ZZ 2020-01-01." in store.refused()


def test_a_law_that_begins_tomorrow_is_signed_for_before_or_nothing_is_sold(tmp_path: Path) -> None:
    """And yesterday stays under yesterday's law."""
    store = Store(tmp_path)
    both = by_two_laws()
    first, then = parse(both)
    store.write(both)
    store.sign_for(both)
    day = date.fromisoformat(LATER)
    assert (store.limit(day - timedelta(days=1)), store.limit(day), store.limit(day - timedelta(days=1))) == (1, 2, 1)
    store.policy.write_text(store.policy.read_text().split("[[accepted]]")[0] + "[[accepted]]" + _entry(store, first))
    assert store.limit(day - timedelta(days=1)) == 1
    assert f"The store has not signed for {then.name}." in store.refused(day)


def _entry(store: Store, law: object) -> str:
    (entry,) = [each for each in store.policy.read_text().split("[[accepted]]")[1:] if digest(law) in each]  # type: ignore[arg-type]
    return entry


def test_an_older_pack_that_was_signed_once_does_not_come_back(tmp_path: Path) -> None:
    store = Store(tmp_path, keys=(new_key(tmp_path / "key.pem"),))
    older, newer = ONE_OUNCE, by_two_laws()
    for source in (older, newer):
        store.write(source)
        sign(store.pack, tmp_path / "key.pem")
        (tmp_path / f"{len(source)}.sig").write_bytes(signature_file(store.pack).read_bytes())
    store.sign_for(older, newer)
    day = date.fromisoformat(LATER)
    assert store.limit(day) == 2
    store.write(older)
    signature_file(store.pack).write_bytes((tmp_path / f"{len(older)}.sig").read_bytes())
    assert store.limit(day) == 2
    assert store.library.fault.endswith(f"The store has signed for ZZ {LATER}, and the file does not have it any more.")
    with pytest.raises(NoLaw):
        Library("ZZ", tmp_path, store.policy, live=True).at(day)
    assert store.limit(day - timedelta(days=1)) == 1, "a law that is signed for and to come is not missed yet"


# --- signatures


def test_an_altered_pack_is_refused_whichever_byte_it_is(tmp_path: Path) -> None:
    pack, key = tmp_path / "zz.toml", tmp_path / "key.pem"
    pack.write_text(ONE_OUNCE)
    public = new_key(key)
    assert key.stat().st_mode & 0o077 == 0
    assert sign(pack, key) == public
    source, signature = pack.read_bytes(), signature_file(pack).read_bytes()
    assert signed_by("zz.toml", source, signature, [public.upper()]) == public
    for n in range(len(source)):
        altered = bytearray(source)
        altered[n] ^= 1 << n % 8
        with pytest.raises(Ours, match="fault") as caught:
            signed_by("zz.toml", bytes(altered), signature, [public])
        assert "it was changed after it was signed" in str(caught.value.reason)
    for changed in (source + b"\n", source[:-1], b"", source * 2):
        with pytest.raises(Ours):
            signed_by("zz.toml", changed, signature, [public])
    for n in range(len(signature)):
        for other in (signature[n] ^ 1, signature[n] ^ 0x20):
            with pytest.raises(Ours):
                signed_by("zz.toml", source, signature[:n] + bytes([other]) + signature[n + 1 :], [public])
    for nonsense in (b"", b"nonsense", signature + b"\n", signature.rstrip(), signature * 2, b" " + signature):
        with pytest.raises(Ours):
            signed_by("zz.toml", source, nonsense, [public])


def test_somebody_elses_key_is_no_signature(tmp_path: Path) -> None:
    pack = tmp_path / "zz.toml"
    pack.write_text(ONE_OUNCE)
    mine, other = new_key(tmp_path / "key.pem"), new_key(tmp_path / "other.pem")
    sign(pack, tmp_path / "other.pem")
    signature = signature_file(pack).read_bytes()
    with pytest.raises(Ours) as caught:
        signed_by("zz.toml", pack.read_bytes(), signature, [mine])
    assert "a key that this store does not trust" in str(caught.value.reason)
    forged = mine.encode() + signature[64:]
    with pytest.raises(Ours):
        signed_by("zz.toml", pack.read_bytes(), forged, [mine, other])
    zero = b"0" * 64 + b" " + b"0" * 128 + b"\n"
    with pytest.raises(Ours):
        signed_by("zz.toml", pack.read_bytes(), zero, [mine])
    with pytest.raises(Ours):
        new_key(tmp_path / "key.pem")
    for file in (tmp_path / "none.pem", pack):
        with pytest.raises(Ours):
            sign(pack, file)


def test_a_trusted_key_makes_the_signature_needed_and_its_arrival_is_noticed(tmp_path: Path) -> None:
    key = new_key(tmp_path / "key.pem")
    store = Store(tmp_path, keys=(key,))
    store.write(ONE_OUNCE)
    store.sign_for(ONE_OUNCE)
    assert store.refused() == "The file zz.toml is refused: it is not signed."
    sign(store.pack, tmp_path / "key.pem")
    assert store.limit() == 1
    both = by_two_laws()
    store.sign_for(ONE_OUNCE, both)
    store.write(both)
    assert store.library.at(TODAY).effective_to is None, "the new file came before its signature: the old law stays"
    assert "it was changed after it was signed" in store.library.fault
    sign(store.pack, tmp_path / "key.pem")
    assert store.library.at(TODAY).effective_to == date(2026, 6, 30)


def test_a_file_with_its_old_date_and_length_is_read_again(tmp_path: Path) -> None:
    store = Store(tmp_path, live=False)
    store.write(ONE_OUNCE)
    assert store.limit() == 1
    was = store.pack.stat()
    store.write(ONE_OUNCE.replace("limit = 1\n", "limit = 2\n"))
    os.utime(store.pack, ns=(was.st_atime_ns, was.st_mtime_ns))
    assert store.pack.stat().st_size == was.st_size
    assert store.limit() == 2


def test_what_is_verified_is_what_is_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file that is exchanged between the look at its signature and its use changes nothing."""
    key = new_key(tmp_path / "key.pem")
    store = Store(tmp_path, live=False, keys=(key,))
    store.write(ONE_OUNCE)
    sign(store.pack, tmp_path / "key.pem")
    store.sign_for(ONE_OUNCE)
    looser = ONE_OUNCE.replace("limit = 1\n", "limit = 9\n").encode()

    def exchanged(*arguments: object) -> str:
        store.pack.write_bytes(looser)
        return signed_by(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr("kiosk.rules.library.signed_by", exchanged)
    assert store.limit() == 1
    monkeypatch.undo()
    assert store.limit() == 1, "and is refused when it is seen"


# --- three invented states


@pytest.mark.requirement("OUT-11")
def test_three_invented_states_that_contradict_each_other_run_by_exchanging_one_signed_file(tmp_path: Path) -> None:
    public = new_key(tmp_path / "key.pem")
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
        sign(tmp_path / "zz.toml", tmp_path / "key.pem")
        pack: Pack = library.at(TODAY)
        said[name] = [
            judge(pack, Book(), recommendation(), TODAY, [Item(product=product, units=units)]).refusal is None
            for product, units in ((flower("28.35"), 1), (flower("28.36"), 1), (tincture("100"), 3), (flower("1"), 3))
        ]
    assert said == {
        "a": [True, False, False, True],
        "b": [False, False, True, False],
        "c": [True, True, False, False],
    }
