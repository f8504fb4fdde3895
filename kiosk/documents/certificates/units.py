"""Units of laboratory results, converted exactly.

A unit has a *dimension*; only figures of one dimension can be compared. Everything that is mass per mass (``ppm``,
``µg/kg``, ``%``, ``mg/g``) is one dimension, counted in µg/g: 1 ppm = 1 µg/g, 1 % = 10 mg/g = 10,000 µg/g.
"""

import re
import unicodedata
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache

MASS = "mass per mass"
COUNT = "colonies per gram"
COUNT_ML = "colonies per millilitre"
VOLUME = "mass per volume"
ACTIVITY = "water activity"
PRESENCE = "presence"
PIECES = "pieces"


@dataclass(frozen=True, slots=True)
class Unit:
    """``factor``: how many of the dimension's base unit one of it is."""

    dimension: str
    factor: Fraction
    name: str


def _mass(name: str, factor: Fraction | int) -> Unit:
    return Unit(MASS, Fraction(factor), name)


_SPELLINGS: tuple[tuple[Unit, str], ...] = (
    (_mass("µg/g", 1), "ppm ppmw ug/g mcg/g ug/gram mcg/gram microgram/g micrograms/gram mg/kg"),
    (_mass("µg/g", 1), "ug/g(ppm) ppm(ug/g) parts_per_million ug_per_g"),
    (_mass("µg/kg", Fraction(1, 1000)), "ppb ppbw ug/kg mcg/kg ng/g ng/gram"),
    (_mass("µg/kg", Fraction(1, 1000)), "ppb(ug/kg) ug/kg(ppb) parts_per_billion ug_per_kg"),
    (_mass("mg/g", 1000), "mg/g mg/gram mg_per_g milligrams/gram"),
    (_mass("%", 10_000), "% pct percent %w/w %(w/w) w/w% wt% %wt %wt/wt g/100g percent(w/w) %mass weight% %weight"),
    (Unit(COUNT, Fraction(1), "CFU/g"), "cfu/g cfu/gram cfu/1g cfu/gm cfu_per_g cfus/g"),
    (Unit(COUNT, Fraction(1), "CFU/g"), "colonyformingunits/gram colonyformingunits/g"),
    (Unit(COUNT_ML, Fraction(1), "CFU/mL"), "cfu/ml cfu/milliliter"),
    (Unit(VOLUME, Fraction(1), "µg/mL"), "ug/ml mcg/ml mg/l"),
    (Unit(VOLUME, Fraction(1000), "mg/mL"), "mg/ml"),
    (Unit(ACTIVITY, Fraction(1), "aw"), "aw wa a(w) a_w activity wateractivity wateractivity(aw)"),
    (Unit(PRESENCE, Fraction(1), "in 1 g"), "in1g /1g per1g in1gram per1gram 1g per1.0g in1.0g inonegram /g/1g"),
    (Unit(PRESENCE, Fraction(1), "in 1 g"), "/g /gram perg pergram detect/1gram detect/1g detected/1g present/absent"),
    (Unit(PRESENCE, Fraction(1), "in 1 g"), "presence/absence absence/presence p/a pass/fail p/f detected/notdetected"),
    (Unit(PRESENCE, Fraction(1), "in 1 g"), "detect/notdetect positive/negative pos/neg presence qualitative"),
    (Unit(PIECES, Fraction(1), "per 3 g"), "per3g /3g in3g per3grams per3.0g per3.0grams count/3g pieces/3g #/3g"),
    (Unit("mg per serving", Fraction(1), "mg/serving"), "mg/serving mg/srv mg_per_serving milligrams/serving"),
    (Unit("mg per package", Fraction(1), "mg/package"), "mg/package mg/pkg mg/container mg_per_package mg/pack"),
    (Unit("mg per unit", Fraction(1), "mg/unit"), "mg/unit mg_per_unit mg/each"),
)


def folded(text: str) -> str:
    """Lower case, no blanks, the two micro signs as ``u``, superscripts and full-width forms as plain signs."""
    plain = unicodedata.normalize("NFKC", text).casefold().replace("μ", "u").replace("µ", "u")
    return re.sub(r"\s+", "", plain)


_NONE = frozenset({"", "n/a", "na", "-", "--", "none", "null", "nt", "n.a."})


def no_unit(text: str) -> bool:
    """A column of units that says it has none here: ``N/A``."""
    return folded(text) in _NONE


_UNITS = {word: unit for unit, words in _SPELLINGS for word in words.split()}


@lru_cache(maxsize=1024)
def unit(text: str) -> Unit | None:
    """The unit ``text`` spells, or None where we know none of that spelling."""
    word = folded(text).strip("[]*†")
    if word.startswith("(") and word.endswith(")"):
        word = word[1:-1]
    return _UNITS.get(word) or _UNITS.get(word.rstrip("."))
