"""How one name can be spelt: capitals without marks, the customary transliterations, suffixes and short forms."""

import re
import tomllib
import unicodedata
from functools import cache
from importlib.resources import files
from itertools import product

_ROMAN = ("I", "II", "III", "IV", "V", "VI", "VII", "VIII", "IX")
_SAME_SUFFIX = dict(zip(("1ST", "2ND", "3RD", "4TH", "5TH", "6TH", "7TH", "8TH", "9TH"), _ROMAN, strict=True))
SUFFIXES = frozenset({"JR", "SR", "PHD", "MD", "ESQ", *_ROMAN, *_SAME_SUFFIX})
_LETTERS = {
    "Ä": ("AE",), "Æ": ("AE",), "Å": ("AA",), "Ö": ("OE",), "Ø": ("O", "OE"), "Œ": ("OE",), "Ü": ("UE", "UXX"),
    "Ñ": ("NXX",), "ẞ": ("SS",), "Þ": ("TH",), "Ð": ("D",), "Đ": ("D",), "Ł": ("L",), "Ħ": ("H",), "İ": ("I",),
}  # fmt: skip
"""Spellings besides the letter without its mark (ICAO 9303 part 3, section 6, and what people use)."""
_MOST_SPELLINGS = 64


def plain(name: str) -> str:
    """Capitals and digits, single blanks; without marks, points, commas and apostrophes; hyphens are blanks."""
    return _letters_only(_without_marks(unicodedata.normalize("NFC", name).upper()))


def spellings(name: str) -> frozenset[str]:
    """Every way the same name may stand on a document, without blanks: ``{"MULLER", "MUELLER", "MUXXLLER"}``."""
    upper = unicodedata.normalize("NFC", name).upper()
    choices = [(_without_marks(letter), *_LETTERS.get(letter, ())) for letter in upper]
    count = 1
    for n, choice in enumerate(choices):
        count *= len(choice)
        if count > _MOST_SPELLINGS:  # nobody's name; keeps a hostile one from costing time
            choices[n:] = [(one[0],) for one in choices[n:]]
            break
    return frozenset(_letters_only("".join(chosen)).replace(" ", "") for chosen in product(*choices))


def without_suffix(name: str, *, may_be_all: bool = False) -> tuple[str, str]:
    """The plain name, and the suffix at its end (``""`` if none): ``("RIVERS", "JR")``.

    ``may_be_all``: the suffix may be all there is, as in a middle name. A single letter is an initial, no suffix.
    """
    words = plain(name).split()
    if len(words) > (not may_be_all) and words[-1] in SUFFIXES and len(words[-1]) > 1:
        return " ".join(words[:-1]), same_suffix(words[-1])
    return " ".join(words), ""


def same_suffix(suffix: str) -> str:
    """One spelling of each suffix: 2ND is II."""
    bare = plain(suffix).replace(" ", "")
    return _SAME_SUFFIX.get(bare, bare)


def short_of_each_other(first: str, second: str) -> bool:
    """Is one a customary form of the other (BILL, WILLIAM)? Both plain."""
    return any(first in forms and second in forms for forms in _short_forms())


@cache
def _short_forms() -> tuple[frozenset[str], ...]:
    data = tomllib.loads(files("kiosk.documents").joinpath("short_forms.toml").read_text("utf-8"))
    return tuple(frozenset(forms) for forms in data["forms"])


def _without_marks(upper: str) -> str:
    bare = "".join(c for c in unicodedata.normalize("NFKD", upper) if not unicodedata.combining(c))
    return "".join(_LETTERS[c][0] if c in _LETTERS else c for c in bare)


def _letters_only(upper: str) -> str:
    bare = re.sub(r"[’‘ʼ'`´.]", "", upper)
    return " ".join(re.sub(r"[^\w]|_", " ", bare).split())
