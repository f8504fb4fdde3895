"""Kinds of products a certificate can be for, and by which route they are used: what limits depend on."""

import re
from functools import lru_cache

TYPES: dict[str, str] = {
    "flower": "inhalable",
    "pre_roll": "inhalable",
    "infused_pre_roll": "inhalable",
    "concentrate": "inhalable",
    "vape": "inhalable",
    "edible": "ingestible",
    "beverage": "ingestible",
    "tincture": "ingestible",
    "capsule": "ingestible",
    "suppository": "other",
    "topical": "topical",
    "transdermal": "topical",
}
ROUTES = frozenset(TYPES.values())

_PHRASES: dict[str, str] = {
    "flower": "flower|flowers|bud|buds|plant|plants|shake|trim|inflorescence|botanical|plant material"
    "|raw plant material|whole wet plant|flowering ingredient|usable marijuana|usable cannabis|usable",
    "pre_roll": "pre roll|pre rolls|preroll|prerolls|pre rolled|prerolled|joint|joints",
    "infused_pre_roll": "infused pre roll|infused pre rolls|infused preroll|infused prerolls|infused pre rolled"
    "|enhanced pre roll|enhanced preroll|pre roll infused|preroll infused|pre rolls infused|infused joint"
    "|plant inhalable infused",
    "concentrate": "concentrate|concentrates|extract|extracts|wax|shatter|rosin|resin|hash|kief|distillate|crude oil"
    "|badder|budder|diamonds|sauce|crumble",
    "vape": "vape|vapes|vaporizer|vaporizers|vape cartridge|vape cartridges|vape cart|vape carts|vape pen|vape pens"
    "|vape oil|cartridge|cartridges|vaporizer cartridge|vaporizer cartridges",
    "edible": "edible|edibles|gummy|gummies|ingestible|ingestibles|chocolate|chocolates|infused product"
    "|infused products|infused edible|infused edibles|solid edible|solid edibles|orally consumed|bar|bars"
    "|cookie|cookies|brownie|brownies|candy|candies|lozenge|lozenges|mint|mints|chew|chews|baked good|baked goods",
    "beverage": "beverage|beverages|drink|drinks|liquid edible|liquid edibles|infused beverage",
    "tincture": "tincture|tinctures|sublingual|oil|oral tincture|oral oil",
    "capsule": "capsule|capsules|pill|pills|tablet|tablets|softgel|softgels|soft gel|soft gels",
    "suppository": "suppository|suppositories",
    "topical": "topical|topicals|lotion|lotions|balm|balms|cream|creams|salve|salves|infused non edible"
    "|infused nonedible|non edible|infused topical|ointment|ointments",
    "transdermal": "transdermal|transdermals|patch|patches|transdermal patch|transdermal patches",
}
_NEUTRAL = frozenset(
    [
        "marijuana",
        "cannabis",
        "mmj",
        "medical",
        "adult",
        "use",
        "recreational",
        "product",
        "products",
        "goods",
        "material",
        "inhalable",
        "inhaled",
        "dispensary",
        "processor",
        "processed",
        "solvent",
        "based",
        "non",
        "not",
        "previously",
        "tested",
        "indoor",
        "outdoor",
        "greenhouse",
        "cured",
        "dried",
        "dry",
        "raw",
        "live",
        "small",
        "popcorn",
        "whole",
        "packaged",
        "bulk",
        "solid",
        "each",
        "weight",
        "volume",
        "count",
        "item",
        "the",
        "and",
        "of",
        "for",
        "other",
        "by",
        "strain",
        "co2",
        "butane",
        "ethanol",
        "hydrocarbon",
        "cbd",
        "thc",
        "hybrid",
        "indica",
        "sativa",
        "ingredient",
        "additional",
        "final",
        "form",
    ]
)
"""Words that go with any kind of goods and say nothing of which."""
_MORE: dict[frozenset[str], str] = {
    frozenset(pair.split()): pair.split()[0]
    for pair in (
        *("pre_roll flower", "infused_pre_roll flower", "infused_pre_roll pre_roll", "infused_pre_roll concentrate"),
        *("vape concentrate", "vape tincture", "concentrate tincture", "capsule edible", "beverage edible"),
        *("tincture edible", "transdermal topical"),
    )
}
"""Two kinds in one name: the first is what the other is made into, or a kind of it."""
_TESTED_WITH: dict[str, frozenset[str]] = {
    "flower": frozenset(("pre_roll", "infused_pre_roll")),
    "concentrate": frozenset(("vape", "infused_pre_roll")),
    "edible": frozenset(("beverage", "tincture", "capsule")),
    "topical": frozenset(("transdermal", "suppository")),
}
_WORDS = re.compile(r"[a-z0-9]+")
_BY_PHRASE = {
    tuple(phrase.split()): kind
    for kind, phrases in _PHRASES.items()
    for phrase in (kind.replace("_", " "), *phrases.split("|"))
}
_LONGEST = max(map(len, _BY_PHRASE))


def product_type(word: str) -> str | None:
    """The kind ``word`` means (``"Pre-Roll"``, ``"Plant, Flower - Cured"``, ``"edible_solid"``), or None where it
    means none we know for sure. Every word of it has to be known; several names (``"Plant / Flower"``) have to mean
    one kind."""
    kinds = {_kind(part) for part in word.split(" / ")}
    return kinds.pop() if len(kinds) == 1 else None


def tested_with(kind: str, wanted: str) -> bool:
    """A tracking system's tests are for a few wide kinds: those for plants are for pre-rolls as well."""
    return kind == wanted or wanted in _TESTED_WITH.get(kind, ())


def says_nothing(word: str) -> bool:
    """Nothing but words that go with any kind of goods: ``"Cannabis"``, or nothing at all."""
    return _kinds(word) == frozenset()


def _kind(word: str) -> str | None:
    kinds = _kinds(word)
    if kinds is None or not kinds:
        return None
    while len(kinds) > 1:
        pair = next((each for each in _MORE if each <= kinds), None)
        if pair is None:
            return None
        kinds = (kinds - pair) | {_MORE[pair]}
    return next(iter(kinds))


@lru_cache(maxsize=1024)
def _kinds(word: str) -> frozenset[str] | None:
    """Every kind that is named, the longest phrase first; None where a word is not known."""
    words = _WORDS.findall(word.casefold())
    kinds, n = set(), 0
    while n < len(words):
        for length in range(min(_LONGEST, len(words) - n), 0, -1):
            if kind := _BY_PHRASE.get(tuple(words[n : n + length])):
                kinds.add(kind)
                n += length
                break
        else:
            if words[n] not in _NEUTRAL:
                return None
            n += 1
    return frozenset(kinds)
