"""Is the person on the ID the person in the registry? Three outcomes, each with its reasons (PAT-05).

``match``: nothing differs that matters. ``person``: a technician looks at both and decides. ``refuse``: nobody here
may decide. A birth date is equal or the answer is *refuse*; names are compared by rules a person can follow, never by a
score alone.
"""

import re
import unicodedata
from typing import Literal

from kiosk.model.base import Noun
from kiosk.model.people import Person

Outcome = Literal["match", "person", "refuse"]

SUFFIXES = frozenset(
    {"JR", "SR", "II", "III", "IV", "V", "VI", "VII", "VIII", "IX", "1ST", "2ND", "3RD", "4TH", "PHD", "MD", "ESQ"}
)
_SAME_SUFFIX = {"1ST": "I", "2ND": "II", "3RD": "III", "4TH": "IV"}
_LETTERS = {"ß": "SS", "Æ": "AE", "Ø": "O", "Œ": "OE", "Þ": "TH", "Ð": "D", "Ł": "L"}
_TRANSLITERATED = {"Ä": "AE", "Ö": "OE", "Ü": "UE", "Å": "AA", "Ñ": "NXX", "Ø": "OE"}
_SHORT_FORMS = (
    {"WILLIAM", "BILL", "WILL", "BILLY"}, {"ROBERT", "BOB", "ROB", "BOBBY"}, {"RICHARD", "DICK", "RICK", "RICH"},
    {"ELIZABETH", "LIZ", "BETH", "BETTY", "ELIZA"}, {"MARGARET", "MEG", "PEGGY", "MAGGIE"}, {"JAMES", "JIM", "JIMMY"},
    {"JOHN", "JACK", "JOHNNY"}, {"JOSEPH", "JOE", "JOEY"}, {"MICHAEL", "MIKE", "MICK"}, {"THOMAS", "TOM", "TOMMY"},
    {"EDWARD", "ED", "TED", "EDDIE"}, {"CHARLES", "CHUCK", "CHARLIE"}, {"KATHERINE", "KATE", "KATHY", "KATIE"},
    {"PATRICIA", "PAT", "PATTY", "TRISH"}, {"DANIEL", "DAN", "DANNY"}, {"ANTHONY", "TONY"}, {"STEVEN", "STEVE"},
    {"CHRISTOPHER", "CHRIS"}, {"JENNIFER", "JEN", "JENNY"}, {"FRANCISCO", "PACO"}, {"JOSE", "PEPE"},
)  # fmt: skip


class Comparison(Noun, frozen=True, kw_only=True):
    """``reasons`` are rule keys such as ``"family.part_of_double_name"``; empty for a match."""

    outcome: Outcome
    reasons: tuple[str, ...] = ()


def compare(
    first: Person,
    second: Person,
    *,
    first_truncated: tuple[bool, bool] = (False, False),
    second_truncated: tuple[bool, bool] = (False, False),
) -> Comparison:
    """Compares two statements about a person. ``…_truncated``: family and given name are marked as cut off there."""
    found: list[tuple[Outcome, str]] = []
    found += _born(first, second)
    a_family, a_suffix = _family(first)
    b_family, b_suffix = _family(second)
    cut = first_truncated[0] or second_truncated[0]
    found += _names("family", a_family, b_family, first.family, second.family, cut)
    found += _given(first, second, cut=first_truncated[1] or second_truncated[1])
    if a_suffix != b_suffix:
        found.append(("person", "suffix.differs" if a_suffix and b_suffix else "suffix.missing"))
    outcomes = {outcome for outcome, _ in found}
    outcome: Outcome = "refuse" if "refuse" in outcomes else "person" if "person" in outcomes else "match"
    return Comparison(outcome=outcome, reasons=tuple(reason for kind, reason in found if kind == outcome))


def _born(first: Person, second: Person) -> list[tuple[Outcome, str]]:
    if first.born is None or second.born is None:
        return [("refuse", "born.unknown")]
    if first.born == second.born:
        return []
    a, b = first.born, second.born
    if (a.year, a.month, a.day) == (b.year, b.day, b.month):
        return [("refuse", "born.swapped")]
    return [("refuse", "born.differs")]


def _plain(name: str, table: dict[str, str]) -> str:
    """Upper case, without marks, points and apostrophes; hyphens are blanks."""
    upper = unicodedata.normalize("NFC", name).upper()
    for letter, instead in {**_LETTERS, **table}.items():
        upper = upper.replace(letter, instead)
    bare = "".join(char for char in unicodedata.normalize("NFKD", upper) if not unicodedata.combining(char))
    bare = re.sub(r"[’'`.]", "", bare).replace("-", " ").replace(",", " ")
    return " ".join(bare.split())


def _spellings(name: str) -> set[str]:
    return {_plain(name, {}), _plain(name, _TRANSLITERATED), _plain(name, {**_TRANSLITERATED, "Ñ": "N"})}


def _family(person: Person) -> tuple[str, str]:
    """The family name without a suffix, and the suffix, wherever it stood."""
    words = _plain(person.family, {}).split()
    suffix = _plain(person.suffix, {})
    if len(words) > 1 and words[-1] in SUFFIXES:
        suffix = suffix or words.pop()
    return " ".join(words), _SAME_SUFFIX.get(suffix, suffix)


def _names(what: str, a: str, b: str, raw_a: str, raw_b: str, cut: bool) -> list[tuple[Outcome, str]]:
    if a == b or _spellings(raw_a) & _spellings(raw_b) or a.replace(" ", "") == b.replace(" ", ""):
        return []
    if cut and a and b and (a.startswith(b) or b.startswith(a)):
        return [("person", f"{what}.truncated")]
    a_words, b_words = a.split(), b.split()
    if a_words and b_words and (set(a_words) < set(b_words) or set(b_words) < set(a_words)):
        return [("person", f"{what}.part_of_double_name")]
    if sorted(a_words) == sorted(b_words):
        return [("person", f"{what}.order")]
    if min(len(a), len(b)) >= 5 and _one_slip(a, b):
        return [("person", f"{what}.one_letter")]
    return [("refuse", f"{what}.differs")]


def _given(first: Person, second: Person, *, cut: bool) -> list[tuple[Outcome, str]]:
    a, b = _plain(first.given, {}), _plain(second.given, {})
    if a == b or _spellings(first.given) & _spellings(second.given):
        return _middle(first, second)
    a_all = f"{a} {_plain(first.middle, {})}".split()
    b_all = f"{b} {_plain(second.middle, {})}".split()
    if set(a_all) == set(b_all):
        return [("person", "given.order")]
    if a_all and b_all and a_all[0] == b_all[0]:
        return [("person", "given.more_names")]
    if cut and (a.startswith(b) or b.startswith(a)):
        return [("person", "given.truncated")]
    if a and b and (len(a) == 1 or len(b) == 1) and a[0] == b[0]:
        return [("person", "given.initial")]
    if any(a in forms and b in forms for forms in _SHORT_FORMS):
        return [("person", "given.short_form")]
    if a in b_all[1:] or b in a_all[1:]:
        return [("person", "given.middle_used")]
    if min(len(a), len(b)) >= 5 and _one_slip(a, b):
        return [("person", "given.one_letter")]
    return [("refuse", "given.differs")]


def _middle(first: Person, second: Person) -> list[tuple[Outcome, str]]:
    """Middle names are often left out or shortened; only two different ones are looked at."""
    a, b = _plain(first.middle, {}), _plain(second.middle, {})
    if not a or not b or a == b or _spellings(first.middle) & _spellings(second.middle):
        return []
    if a[0] == b[0] and (len(a) == 1 or len(b) == 1):
        return []
    if set(a.split()) < set(b.split()) or set(b.split()) < set(a.split()):
        return []
    return [("person", "middle.differs")]


def _one_slip(a: str, b: str) -> bool:
    """One letter changed, added, left out, or two neighbours swapped (Damerau-Levenshtein distance 1)."""
    if len(a) == len(b):
        wrong = [n for n in range(len(a)) if a[n] != b[n]]
        if len(wrong) == 1:
            return True
        return len(wrong) == 2 and wrong[1] == wrong[0] + 1 and (a[wrong[0]], a[wrong[1]]) == (b[wrong[1]], b[wrong[0]])
    if abs(len(a) - len(b)) != 1:
        return False
    longer, shorter = (a, b) if len(a) > len(b) else (b, a)
    return any(longer[:n] + longer[n + 1 :] == shorter for n in range(len(longer)))
