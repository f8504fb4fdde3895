"""Planted pairs of people: match, a person decides, or refuse, each with its reason (PAT-05)."""

from dataclasses import dataclass
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kiosk.documents.comparison import compare
from kiosk.model.people import Person

BORN = date(1984, 5, 17)


def person(family: str, given: str, middle: str = "", suffix: str = "", born: date | None = BORN) -> Person:
    return Person(family=family, given=given, middle=middle, suffix=suffix, born=born)


@dataclass(frozen=True)
class Pair:
    registry: Person
    shown: Person
    outcome: str
    reason: str = ""
    cut: tuple[bool, bool] = (False, False)


FAMILIES = ("Rivers", "O'Meadow", "De la Brook", "Nuñez", "Müller", "Stone-Hill", "Ødegaard", "Garcia Lopez")
GIVENS = ("Rowan", "José", "Anne-Marie", "Zoë", "Lu")

PAIRS = [
    *(Pair(person(f, g), person(f.upper(), g.upper()), "match") for f in FAMILIES for g in GIVENS),
    *(Pair(person(f, "Rowan"), person(f, "Rowan", born=date(1984, 5, 18)), "refuse", "born.differs") for f in FAMILIES),
    *(Pair(person(f, g), person(f, g, born=None), "refuse", "born.unknown") for f in FAMILIES for g in GIVENS),
    *(
        Pair(person(f, g, born=date(1984, 5, 7)), person(f, g, born=date(1984, 7, 5)), "refuse", "born.swapped")
        for f in FAMILIES
        for g in GIVENS
    ),
    *(Pair(person(f, g), person("Quite Another", g), "refuse", "family.differs") for f in FAMILIES for g in GIVENS),
    *(Pair(person("Rivers", g), person("Rivers", "Hollis"), "refuse", "given.differs") for g in GIVENS),
    Pair(person("Nuñez", "Zoë"), person("NUNEZ", "ZOE"), "match"),
    Pair(person("Müller", "Jo"), person("MUELLER", "JO"), "match"),
    Pair(person("Müller", "Jo"), person("MULLER", "JO"), "match"),
    Pair(person("Weiß", "Jo"), person("WEISS", "JO"), "match"),
    Pair(person("O'Meadow", "Jo"), person("OMEADOW", "JO"), "match"),
    Pair(person("De la Cruz", "Jo"), person("DELACRUZ", "JO"), "match"),
    Pair(person("Stone-Hill", "Jo"), person("STONE HILL", "JO"), "match"),
    Pair(person("Garcia Lopez", "Jo"), person("GARCIA", "JO"), "person", "family.part_of_double_name"),
    Pair(person("Smith", "Jo"), person("SMITH-JONES", "JO"), "person", "family.part_of_double_name"),
    Pair(person("Lopez Garcia", "Jo"), person("GARCIA LOPEZ", "JO"), "person", "family.order"),
    Pair(person("Featherstone", "Jo"), person("FEATHERST", "JO"), "person", "family.truncated", (True, False)),
    Pair(person("Featherstone", "Jo"), person("FEATHERST", "JO"), "refuse", "family.differs"),
    Pair(person("Rivers", "Rowan"), person("RIVRES", "ROWAN"), "person", "family.one_letter"),
    Pair(person("Lee", "Rowan"), person("LEA", "ROWAN"), "refuse", "family.differs"),
    Pair(person("Rivers", "Rowan", suffix="Jr"), person("RIVERS", "ROWAN", suffix="SR"), "person", "suffix.differs"),
    Pair(person("Rivers", "Rowan", suffix="Jr"), person("RIVERS", "ROWAN"), "person", "suffix.missing"),
    Pair(person("Rivers Jr", "Rowan"), person("RIVERS", "ROWAN", suffix="JR"), "match"),
    Pair(person("Rivers", "Rowan", suffix="II"), person("RIVERS", "ROWAN", suffix="2ND"), "match"),
    Pair(person("Rivers", "William"), person("RIVERS", "BILL"), "person", "given.short_form"),
    Pair(person("Rivers", "Rowan"), person("RIVERS", "R"), "person", "given.initial"),
    Pair(person("Rivers", "Rowan", "Lee"), person("RIVERS", "LEE", "ROWAN"), "person", "given.order"),
    Pair(person("Rivers", "Rowan Lee"), person("RIVERS", "ROWAN"), "person", "given.more_names"),
    Pair(person("Rivers", "Lee"), person("RIVERS", "ROWAN", "LEE"), "person", "given.middle_used"),
    Pair(person("Rivers", "Rowan", "Lee"), person("RIVERS", "ROWAN", "L"), "match"),
    Pair(person("Rivers", "Rowan", "Lee"), person("RIVERS", "ROWAN"), "match"),
    Pair(person("Rivers", "Rowan", "Lee"), person("RIVERS", "ROWAN", "ANN"), "person", "middle.differs"),
    Pair(person("Rivers", "Robin"), person("RIVERS", "ROBYN"), "person", "given.one_letter"),
    # Twins: everything but the given name is equal.
    Pair(person("Rivers", "Ash"), person("RIVERS", "ELM"), "refuse", "given.differs"),
]


@pytest.mark.requirement("PAT-05")
@pytest.mark.parametrize("pair", PAIRS, ids=[f"{n}-{pair.outcome}-{pair.reason}" for n, pair in enumerate(PAIRS)])
def test_planted_pairs_end_as_defined(pair):
    found = compare(pair.registry, pair.shown, second_truncated=pair.cut)
    assert found.outcome == pair.outcome
    assert (pair.reason in found.reasons) == bool(pair.reason)


@pytest.mark.requirement("PAT-05")
def test_there_are_enough_of_each():
    count = {outcome: sum(pair.outcome == outcome for pair in PAIRS) for outcome in ("match", "person", "refuse")}
    assert sum(count.values()) >= 200 or min(count.values()) >= 15, count


names = st.text(st.characters(categories=["L", "Pd", "Zs"], include_characters="'-."), min_size=1, max_size=25)
people = st.builds(
    person, names, names, st.one_of(st.just(""), names), st.sampled_from(["", "Jr", "III"]),
    st.dates(date(1920, 1, 1), date(2020, 1, 1)),
)  # fmt: skip


@given(people)
def test_everybody_is_themselves(one):
    assert compare(one, one).outcome == "match"


@given(people, people)
def test_it_does_not_matter_who_is_named_first(one, other):
    assert compare(one, other).outcome == compare(other, one).outcome


@given(people, people)
def test_another_birth_date_is_never_the_same_person(one, other):
    if one.born != other.born:
        assert compare(one, other).outcome == "refuse"
