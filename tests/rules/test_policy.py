"""The store's own policy beside the law: stricter or nothing, and shown as what it is."""

from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kiosk.model.documents import PatientCard, PhotoId
from kiosk.model.errors import Ours, Refusal
from kiosk.model.labels import Label
from kiosk.model.orders import Concern
from kiosk.model.people import Person, RegistryEntry, RegistryStatus
from kiosk.rules.allotments import Book, Item, judge, most
from kiosk.rules.identity import concerns
from kiosk.rules.labels.examples import facts_of_example
from kiosk.rules.labels.making import make
from kiosk.rules.law import Pack
from kiosk.rules.limits import Cited
from kiosk.rules.pack import parse
from kiosk.rules.policy import Policy, Smaller, read_policy, with_policy
from tests.rules.given import TODAY, bought, florida, flower, law, pool, recommendation, source_of, tincture

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

POOL = """
[[pools]]
key = "sweet"
name = "Sweets"
unit = "mg"
limit = 100
window = { kind = "transaction" }
members = [{ measure = "thc_mg", routes = ["edible"], per_unit = 1 }]
citation = "Store policy 10"
as_of = "2026"
confidence = "high"
"""
AGE = """
[age]
minimum = 21 # years
caregiver_minimum = 25
citation = "Store policy 6"
as_of = "2026"
confidence = "high"
"""
TICKETS = '[tickets]\nminutes = 30\ncitation = "Store policy 3"\nas_of = "2026"\nconfidence = "high"\n'
OUTAGE = '[outage]\nhours = 1\ncitation = "Store policy 7"\nas_of = "2026"\nconfidence = "high"\n'
IDS = '[[refused_ids]]\nkind = "Passport"\ncitation = "Store policy 8"\nas_of = "2026"\nconfidence = "high"\n'
LABEL = """
[label]
min_letter_mm = 2
fields = [{ key = "product.strain" }]
citation = "Store policy 9"
as_of = "2026"
confidence = "high"

[[label.statements]]
code = "returns"
words = "Bring empty jars back."
citation = "Store policy 9"
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
    assert (gated.rule, str(gated.reason)) == ("store.topical", "Store policy: Visitors may not buy here.")


KINDS = {
    "a limit above the law's": (
        POLICY.replace("limit = 1", "limit = 2.6"),
        "2.6 oz of smoking is looser than the state's 2.5 oz",
    ),
    "a limit of nothing": (POLICY.replace('"smoking"', '"wine"'), "the state has no limit called wine"),
    "a limit below zero": (POLICY.replace("limit = 1", "limit = -1"), "the limit of smoking is below zero"),
    "a limit twice": (POLICY.partition("[[gates]]")[0] * 2, "two of its rules are called smoking"),
    "a pharmacist's rule for no product": (
        POLICY.replace("[[gates]]", "[[pharmacist]]").replace('routes = ["topical"]', 'kinds = ["wine"]'),
        "gate topical: no kind of product is called wine",
    ),
    "a gate for nobody": (
        POLICY.replace('what = { routes = ["topical"] }', "who = { age_from = 5, age_below = 5 }"),
        "gate topical is for patients that cannot be",
    ),
    "a gate under the state's name": (
        POLICY.replace('key = "topical"', 'key = "FL.topical"'),
        "no rule is called FL.topical",
    ),
    "a pool that counts nothing": (
        POOL.replace("per_unit = 1 ", "per_unit = 0 "),
        "pool sweet divides by zero or less",
    ),
    "a pool in no unit": (POOL.replace('"mg"', '"spoons"'), "pool sweet: no unit is called spoons"),
    "younger patients": (AGE.replace("= 21 #", "= 17 #"), "age: minimum 17 is looser than the state's 18"),
    "younger caregivers": (AGE.replace("= 25", "= 20"), "age: caregiver_minimum 20 is looser than the state's 21"),
    "longer tickets": (TICKETS.replace("30", "121"), "tickets: 121 minutes are looser than the state's 120"),
    "an outage to be sold in": (OUTAGE, "outage: 1 hours are looser than the state's 0"),
    "an ID refused that nobody accepts": (
        IDS.replace("Passport", "Letter"),
        "the state accepts no photo ID called Letter",
    ),
    "no ID at all": (IDS + IDS.replace("Passport", "Driver licence or state ID card"), "no photo ID is left"),
    "smaller letters": (LABEL.replace("= 2", "= 1.5"), "letters of 1.5 mm are looser than the state's 1.6 mm"),
    "a label of what nobody knows": (LABEL.replace("product.strain", "product.lot_photo"), "no fact is called"),
    "the state's statement in other words": (
        LABEL.replace('"returns"', '"no_transfer"'),
        "label: two statements are called no_transfer",
    ),
}


@pytest.mark.requirement("SOP-05", "ALT-07")
@pytest.mark.parametrize("kind", KINDS)
def test_store_policy_is_never_looser(kind: str, tmp_path: Path) -> None:
    source, said = KINDS[kind]
    with pytest.raises(Ours) as caught:
        with_policy(florida(), policy_of(tmp_path, source))
    assert str(caught.value.reason).startswith("The store's policy cannot be used: ")
    assert said in str(caught.value.reason)


@pytest.mark.requirement("SOP-05", "ALT-07")
@pytest.mark.parametrize("part", sorted(set(Pack.__struct_fields__) - set(Policy.__struct_fields__) - {"store"}))
def test_of_what_the_law_alone_decides_the_policy_says_nothing(part: str, tmp_path: Path) -> None:
    """Whatever a pack can say and a policy cannot be stricter in: nothing of it is heard."""
    for written in (f"[{part}]\n", f"[[{part}]]\n", f"{part} = 1\n"):
        with pytest.raises(Ours) as caught:
            policy_of(tmp_path, written)
        assert f"{part}: of this the law alone speaks; a store can be stricter by: smaller, " in str(
            caught.value.reason
        )


@pytest.mark.requirement("SOP-05")
def test_what_a_policy_may_say_is_as_large_as_this_test_knows() -> None:
    """A new kind of rule in the policy needs its attempt to loosen above."""
    tried = {"smaller", "pools", "gates", "pharmacist", "age", "tickets", "outage", "refused_ids", "label"}
    assert set(Policy.__struct_fields__) == {"keys", "accepted", *tried}


@pytest.mark.requirement("SOP-05", "PAT-04")
def test_a_stricter_door_is_the_stores_and_the_laws_own_rule_is_still_the_laws(tmp_path: Path) -> None:
    strict = with_policy(florida(), policy_of(tmp_path, AGE + IDS + TICKETS))
    assert strict.ticket_life == timedelta(minutes=30)
    told = {}
    for years in (17, 19, 21):
        born = date(TODAY.year - years, 1, 1)
        (told[years],) = [
            (each.rule, each.citation, str(each.reason)) for each in _door(strict, born) if "age" in each.rule
        ] or [None]
    assert told == {
        17: ("age.minor", florida().age.citation, "The patient is under 18."),
        19: ("store.age.minor", "Store policy 6", "Store policy: The patient is under 21."),
        21: None,
    }
    passport = _door(strict, date(1990, 1, 1), standard="ICAO-9303", issuer="USA")
    assert [(each.rule, each.citation) for each in passport] == [("store.id.not_accepted", "Store policy 8")]
    assert str(passport[0].next_step) == "Ask for one of these: Driver licence or state ID card."
    other = _door(strict, date(1990, 1, 1), standard="OTHER")
    assert [each.rule for each in other] == ["id.not_accepted"]


def _door(pack: Pack, born: date, standard: str = "AAMVA-10", issuer: str = "FL") -> tuple[Concern, ...]:
    card = PatientCard(number="P7QX21AB", state="FL")
    shown = PhotoId(
        family="EXAMPLE",
        given="ROBIN",
        born=born,
        expires=date(2030, 1, 1),
        number="E1",
        issuer=issuer,
        standard=standard,
    )
    entry = RegistryEntry(
        number=card.number,
        status=RegistryStatus.ACTIVE,
        person=Person(family="Example", given="Robin", born=born),
        recommendation=recommendation(),
    )
    return concerns(pack, card, shown, entry, None, TODAY)


@pytest.mark.requirement("SOP-05", "PAT-07")
def test_while_the_registry_is_away_the_store_may_serve_for_less_time_or_nobody(tmp_path: Path) -> None:
    lenient = parse(source_of(pool()).replace('rule = "no_pass"', 'rule = "last_answer"\nhours = 4'))[0]
    shorter = with_policy(lenient, policy_of(tmp_path, OUTAGE))
    assert shorter.outage is not None
    assert shorter.outage.oldest == timedelta(hours=1)
    assert shorter.outage.citation == "Invented Code 1; Store policy 7"
    never = with_policy(lenient, policy_of(tmp_path, OUTAGE.replace("hours = 1", "")))
    assert never.outage is not None
    assert (never.outage.oldest, never.outage.citation) == (None, "Store policy 7")
    with pytest.raises(Ours, match="cannot be used"):
        with_policy(lenient, policy_of(tmp_path, OUTAGE.replace("hours = 1", "hours = 5")))


@pytest.mark.requirement("SOP-05", "LBL-01")
def test_a_field_the_store_wants_is_missing_by_the_stores_rule(tmp_path: Path) -> None:
    strict = with_policy(florida(), policy_of(tmp_path, LABEL))
    (example, *_) = florida().labels[0].examples
    facts = facts_of_example(florida().labels[0], example)
    refusal = make(strict, facts, number="N", print_no=1, tag="T")
    assert isinstance(refusal, Refusal)
    assert (refusal.rule, refusal.citation) == ("store.label.product.strain", "Store policy 9")
    label = make(strict, {**facts, "product.strain": "Blue"}, number="N", print_no=1, tag="T")
    assert isinstance(label, Label)
    assert label.statements[-1] == "Bring empty jars back."
    assert label.min_letter_mm == 2
    by_law = make(strict, {**facts, "batch.number": ""}, number="N", print_no=1, tag="T")
    assert isinstance(by_law, Refusal)
    assert by_law.rule == "FL.label.batch.number"
    assert str(by_law.reason).endswith("These facts are missing: Batch, Strain.")


@pytest.mark.requirement("ALT-07", "SOP-05")
@given(
    limit=st.decimals(0, 3, places=2),
    units=st.integers(1, 4),
    bought_before=st.integers(0, 4),
    own=st.booleans(),
)
def test_no_policy_lets_anything_be_sold_that_the_law_alone_refuses(
    limit: Decimal, units: int, bought_before: int, own: bool
) -> None:
    source = Cited(citation="Store policy 4", as_of="2026", confidence="high")
    cited = {name: getattr(source, name) for name in Cited.__struct_fields__}
    smaller = Smaller(pool="smoking", limit=min(limit, Decimal("2.5")), **cited)
    pools = law(pool("everything", members='[{ measure = "units" }]')).pools if own else ()
    strict = with_policy(florida(), Policy(smaller=(smaller,), pools=pools))
    before = (bought(TODAY, flower("14.175"), bought_before),) if bought_before else ()
    book = Book(purchases=before, available={})
    basket = [Item(product=flower("14.175"), units=units)]
    by_law, here = (judge(each, book, recommendation(), TODAY, basket) for each in (florida(), strict))
    assert here.refusal is not None or by_law.refusal is None
    left = {each.pool: each.remaining for each in here.standing.pools}
    assert all(left[each.pool] == each.remaining for each in by_law.standing.pools)


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
