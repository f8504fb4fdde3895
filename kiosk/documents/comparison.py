"""Is the person on the ID the person in the registry? Three outcomes, each with its reasons (PAT-05).

``match``: nothing differs that matters. ``person``: a technician looks at both and decides. ``refuse``: nobody here
may decide. Birth dates are equal or the answer is *refuse*. Names are compared by rules a person can follow one by one,
never by a score; sex, address and photo play no part.
"""

from collections.abc import Iterator
from typing import Literal, NamedTuple

from kiosk.documents.names import plain, same_suffix, short_of_each_other, spellings, without_suffix
from kiosk.model.base import Noun
from kiosk.model.people import Person

Outcome = Literal["match", "person", "refuse"]
_Finding = tuple[Outcome, str]

_SHORTEST_CUT = 5
"""A name that was cut off fills a field: no issuer's field is shorter than this."""
_SHORTEST_SLIP = 5
"""Below, one other letter is another name (LEE, LEA)."""


class Comparison(Noun, frozen=True, kw_only=True):
    """``reasons`` are the rule keys behind the outcome, such as ``"family.part_of_double_name"``; empty for a match."""

    outcome: Outcome
    reasons: tuple[str, ...] = ()


class _Side(NamedTuple):
    """One statement about a person, made comparable. ``given`` and ``middle`` are plain words."""

    person: Person
    family: str
    given: list[str]
    middle: list[str]
    suffix: str
    family_cut: bool
    given_cut: bool

    @property
    def all_given(self) -> list[str]:
        return self.given + self.middle


def compare(
    first: Person,
    second: Person,
    *,
    first_truncated: tuple[bool, bool] = (False, False),
    second_truncated: tuple[bool, bool] = (False, False),
) -> Comparison:
    """Compares two statements about a person; which is named first makes no difference.

    ``…_truncated``: family name and given names are marked as cut off in that statement.
    """
    a, b = _side(first, *first_truncated), _side(second, *second_truncated)
    found = [*_born(first, second), *_names(a, b), *_suffixes(a, b)]
    outcomes = {outcome for outcome, _ in found}
    outcome: Outcome = "refuse" if "refuse" in outcomes else "person" if "person" in outcomes else "match"
    return Comparison(outcome=outcome, reasons=tuple(reason for kind, reason in found if kind == outcome))


def _side(person: Person, family_cut: bool, given_cut: bool) -> _Side:
    """Suffixes are taken off whichever field they were typed into."""
    family, in_family = without_suffix(person.family)
    given, in_given = without_suffix(person.given)
    middle, in_middle = without_suffix(person.middle, may_be_all=True)
    return _Side(
        person=person,
        family=family,
        given=given.split(),
        middle=middle.split(),
        suffix=same_suffix(person.suffix) or in_family or in_middle or in_given,
        family_cut=family_cut,
        given_cut=given_cut,
    )


def _born(first: Person, second: Person) -> Iterator[_Finding]:
    a, b = first.born, second.born
    if a is None or b is None:
        yield "refuse", "born.unknown"
    elif a != b:
        swapped = (a.year, a.month, a.day) == (b.year, b.day, b.month)
        yield "refuse", "born.swapped" if swapped else "born.differs"


def _suffixes(a: _Side, b: _Side) -> Iterator[_Finding]:
    """Father and son share name and address: JR against SR is the classic mix-up."""
    if a.suffix != b.suffix:
        yield "person", "suffix.differs" if a.suffix and b.suffix else "suffix.missing"


def _names(a: _Side, b: _Side) -> Iterator[_Finding]:
    family = _family(a, b)
    if family is not None and family[0] == "refuse":
        if a.given and b.given and plain(a.person.family) == " ".join(b.given) and a.given == b.family.split():
            yield "person", "family.swapped_with_given"
            return
        if a.family in b.middle or b.family in a.middle:
            # Married since: the maiden name became the middle name, or the other way round.
            family = "person", "family.in_middle_name"
    if family is not None:
        yield family
    given = _given(a, b)
    if given is not None:
        yield given
    elif family is None or family[1] != "family.in_middle_name":
        yield from _middle(a, b)


def _family(a: _Side, b: _Side) -> _Finding | None:
    if a.person.family == b.person.family or (a.family == b.family and a.family):
        return None
    if not a.family or not b.family:
        return "person", "family.missing"
    if _same(a.family, b.family, a.person.family, b.person.family):
        return None
    if _cut(a.family, b.family, a.family_cut, b.family_cut):
        return "person", "family.truncated"
    short, long = sorted((a.family.split(), b.family.split()), key=len)
    if len(short) < len(long) and short in (long[: len(short)], long[-len(short) :]):
        return "person", "family.part_of_double_name"
    if sorted(short) == sorted(long):
        return "person", "family.order"
    if _one_slip(a.family, b.family):
        return "person", "family.one_letter"
    return "refuse", "family.differs"


def _given(a: _Side, b: _Side) -> _Finding | None:
    """None: the given names agree, and middle names are still to be compared."""
    x, y = " ".join(a.given), " ".join(b.given)
    if a.person.given == b.person.given or (x == y and x) or _same(x, y, a.person.given, b.person.given):
        return None
    if not x or not y:
        return "person", "given.missing"
    if a.all_given == b.all_given:
        return None  # where a given name ends and a middle name begins, issuers do not agree
    if _cut(x, y, a.given_cut, b.given_cut):
        return "person", "given.truncated"
    if set(a.all_given) == set(b.all_given):
        return "person", "given.order"
    if a.given[0] == b.given[0]:
        return "person", "given.more_names"
    if a.given[0][0] == b.given[0][0] and 1 in (len(a.given[0]), len(b.given[0])):
        return "person", "given.initial"
    if short_of_each_other(a.given[0], b.given[0]):
        return "person", "given.short_form"
    if set(a.given) <= set(b.all_given) or set(b.given) <= set(a.all_given):
        return "person", "given.middle_used"
    if _one_slip(x, y):
        return "person", "given.one_letter"
    return "refuse", "given.differs"


def _middle(a: _Side, b: _Side) -> Iterator[_Finding]:
    """Middle names are left out, shortened and cut; only two that contradict each other are looked at."""
    if a.all_given == b.all_given or not a.middle or not b.middle:
        return
    short, long = sorted((a.middle, b.middle), key=len)
    if all(any(_abbreviates(one, other) for other in long) for one in short):
        return
    x, y = " ".join(a.middle), " ".join(b.middle)
    if _same(x, y, a.person.middle, b.person.middle) or _cut(x, y, a.given_cut, b.given_cut):
        return
    yield "person", "middle.differs"


def _abbreviates(one: str, other: str) -> bool:
    return one == other or (1 in (len(one), len(other)) and one[0] == other[0])


def _same(a: str, b: str, raw_a: str, raw_b: str) -> bool:
    """Equal but for blanks and hyphens, or by the customary transliterations. ``a`` and ``b`` have no suffix."""
    if not a or not b:
        return False
    return a.replace(" ", "") == b.replace(" ", "") or bool(_ways(a, raw_a) & _ways(b, raw_b))


def _ways(without: str, raw: str) -> frozenset[str]:
    suffix = without_suffix(raw)[1]
    words = raw.split()
    return spellings(" ".join(words[:-1]) if suffix and len(words) > 1 else raw) | {without.replace(" ", "")}


def _cut(a: str, b: str, a_cut: bool, b_cut: bool) -> bool:
    """One was cut off and says so, and the other goes on from there. Blanks may be cut before letters are."""
    x, y = a.replace(" ", ""), b.replace(" ", "")
    return (a_cut and len(x) >= _SHORTEST_CUT and y.startswith(x)) or (
        b_cut and len(y) >= _SHORTEST_CUT and x.startswith(y)
    )


def _one_slip(a: str, b: str) -> bool:
    """One letter changed, added, left out, or two neighbours swapped (Damerau-Levenshtein distance 1)."""
    if min(len(a), len(b)) < _SHORTEST_SLIP:
        return False
    if len(a) == len(b):
        wrong = [n for n in range(len(a)) if a[n] != b[n]]
        if len(wrong) == 1:
            return True
        return len(wrong) == 2 and wrong[1] == wrong[0] + 1 and (a[wrong[0]], a[wrong[1]]) == (b[wrong[1]], b[wrong[0]])
    if abs(len(a) - len(b)) != 1:
        return False
    longer, shorter = (a, b) if len(a) > len(b) else (b, a)
    return any(longer[:n] + longer[n + 1 :] == shorter for n in range(len(longer)))
