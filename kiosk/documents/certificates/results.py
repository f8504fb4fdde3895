"""What a printed result means: a number, a bound, a word. What is not certain is *unreadable*, never a guess."""

import re
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from functools import lru_cache
from typing import Literal

from kiosk.documents.certificates.units import Unit, unit

Kind = Literal[
    "measured",
    "not_detected",
    "below_loq",
    "below",
    "above",
    "uncountable",
    "absent",
    "present",
    "said_pass",
    "said_fail",
    "untested",
    "unreadable",
]


@dataclass(frozen=True, slots=True)
class Read:
    """``number``: the figure of ``measured``, ``below`` (less than it; ``inclusive``: or equal) and ``above``; a bound
    printed beside a word (``ND (<0.01)``) as well. ``unit`` is the one printed behind the figure, if any."""

    kind: Kind
    number: Fraction | None = None
    unit: Unit | None = None
    inclusive: bool = False


UNREADABLE = Read("unreadable")

_WORDS: dict[Kind, str] = {
    "not_detected": "nd|n.d.|n/d|not detected|none detected|non-detect|nondetect|non detect|not-detected|non-detected|"
    "<lod|< lod|blod|bdl|below lod|below detection limit|below limit of detection|below detection limits|"
    "not detectable|non-detectable|undetected|none found|not found|no growth|none-detected|not-detect|"
    "not detect|nd<lod",
    "below_loq": "<loq|< loq|blq|bloq|bql|<mrl|< mrl|<rl|< rl|<lloq|< lloq|below loq|below limit of quantitation|trace|"
    "<mql|below quantitation limit|below limit of quantification|detected <loq|detected < loq|detected, <loq|"
    "d<loq|detected (<loq)",
    "absent": "absent|absence|negative|neg|neg.|not present|no detection",
    "present": "present|presence|positive|pos|pos.|detected|detect|>loq|> loq|>lod|> lod|detected >loq|"
    "detected > loq|detected (>loq)",
    "said_pass": "pass|passed|passes|complies|compliant|conforms",
    "said_fail": "fail|failed|fails|non-compliant|does not comply",
    "untested": "|nt|n.t.|ne|nr|n/r|n/a|na|n.a.|not tested|not evaluated|not reported|not applicable|not analyzed|"
    "not analysed|-|--|---|–|—|null|not requested|pending|tbd|not required|n/t",
    "uncountable": "tntc|too numerous to count|>uloq|> uloq|>ulq|overgrown",
}
_KINDS = {word: kind for kind, words in _WORDS.items() for word in words.split("|")}
_CLOSE = {word.replace(" ", ""): kind for word, kind in _KINDS.items()}
"""Words that ran together: ``NotDetectedin1g``."""
_SUPERSCRIPT = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁻⁺", "0123456789-+")
_NUMBER = r"(?:\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+\.\d*|\.\d+|\d+)"
_FIGURE = re.compile(
    rf"(?P<sign><=|>=|≤|≥|<|>)?\s*(?P<number>{_NUMBER})"
    r"(?:\s*(?:e\s*|[x×*]\s*10(?:\s*\^\s*|(?=[-+]?[1-9])))(?P<power>[-+]?\d{1,2}))?"
    r"(?:\s*(?:±|\+/-|\+-)\s*[\d.,]+(?:\s*%)?)?\s*(?P<unit>[^\d\s<>=].{0,24})?",
    re.ASCII,
)
_WORD_AND_BOUND = re.compile(
    r"(?P<word>nd|not detected|<\s?lod|<\s?loq|blq|bql|<\s?mrl|<\s?rl)\s*[\s:=(\[<]"
    rf"\s*<?\s*(?P<number>{_NUMBER})\s*(?P<unit>[a-z%µμ][a-z/%µμ]{{0,12}})?\s*[)\]]?",
    re.ASCII,
)
_PLAIN = re.compile(r"[0-9]{1,20}(?:\.[0-9]{1,30})?")
"""By far the most results: read at once."""
_POWER = re.compile(r"(?P<sign><=|>=|≤|≥|<|>)?\s*10\s*\^\s*(?P<power>[1-9])(?P<unit>\s+[a-z/]{1,12})?")
"""``10^5``, where the power has not been lost."""
_IN_A_GRAM = re.compile(r"\s*(?:in|/|per)\s*(?:[1-9]\d?(?:\.0)?|one)\s*g(?:rams?)?$")
"""Nothing found in 10 g is nothing found in one."""
_FOUND_OR_NOT = ("not_detected", "absent", "present")
_SIGNED: dict[str, Kind] = {"": "measured", "<": "below", ">": "above"}
_LONGEST = 60
"""No result is longer; anything that is, is prose."""


@lru_cache(maxsize=4096)
def read_result(printed: str) -> Read:
    """``"< 0.1 ppm"``, ``"ND"``, ``"1.2 × 10³"``, ``"Absent in 1 g"``, ``"TNTC"``. Any text gives an answer."""
    if _PLAIN.fullmatch(printed):
        return Read("measured", Fraction(Decimal(printed)))
    words = _tidy(printed)
    if len(words) > _LONGEST:
        return UNREADABLE
    close = words.replace(" ", "")
    if (kind := _CLOSE.get(close)) is not None:
        return Read(kind)
    if (inspected := _IN_A_GRAM.sub("", close)) != close and (kind := _CLOSE.get(inspected)):
        return Read("absent" if kind == "not_detected" else kind) if kind in _FOUND_OR_NOT else UNREADABLE
    if found := _WORD_AND_BOUND.fullmatch(words):
        kind = "below_loq" if re.search(r"loq|bql|blq|mrl|rl", found["word"]) else "not_detected"
        return _figure(kind, found["number"], "", found["unit"])
    words = words.removeprefix("=").lstrip()
    if found := _POWER.fullmatch(words):
        words = f"{found['sign'] or ''}1e{found['power']}{found['unit'] or ''}"
    for lead, sign in (("less than ", "<"), ("greater than ", ">"), ("more than ", ">")):
        if words.startswith(lead):
            words = sign + words.removeprefix(lead)
    if not (found := _FIGURE.fullmatch(words)):
        return UNREADABLE
    sign = (found["sign"] or "").replace("≤", "<=").replace("≥", ">=")
    return _figure(
        _SIGNED[sign[:1]], found["number"], found["power"] or "", found["unit"], inclusive=sign.endswith("=")
    )


def _figure(kind: Kind, number: str, power: str, behind: str | None, *, inclusive: bool = False) -> Read:
    """Unreadable where the unit behind the figure is none that we know."""
    known = unit(behind) if behind else None
    if behind and known is None:
        return UNREADABLE
    amount = Fraction(Decimal(number.replace(",", ""))) * Fraction(10) ** int(power or 0)
    return Read(kind, amount, known, inclusive=inclusive)


def read_bound(printed: str) -> Read | None:
    """A detection, quantitation or action limit: a figure, with or without sign and unit, or None."""
    found = read_result(printed)
    return found if found.number is not None and found.kind in ("measured", "below", "above") else None


LabWord = Literal["pass", "fail", "untested", "unknown", ""]

_LAB: dict[LabWord, str] = {
    "pass": "pass passed passes p ok compliant complies true approved retestpassed testpassed",
    "fail": "fail failed fails f noncompliant false rejected testfailed retestfailed notpass notpassed exceeds over",
    "untested": "nt n/t nottested ne na n/a n/e notevaluated notreported nr notrequired notapplicable pending "
    "inprogress",
    "": " tested complete completed informational info none null reported rd report n/l nd notdetected - -- --- – —",
}
_LAB_WORDS = {word: lab for lab, words in _LAB.items() for word in words.split(" ")}


@lru_cache(maxsize=256)
def lab_word(printed: str) -> LabWord:
    """What the laboratory itself says: ``""`` where it says nothing, ``unknown`` where we do not know its word."""
    folded = re.sub(r"[\s_.*†‡]+|(?<=\w)-(?=\w)", "", printed.casefold())
    if folded in _LAB_WORDS:
        return _LAB_WORDS[folded]
    return "fail" if "fail" in folded and "pass" not in folded else "unknown"


def _tidy(printed: str) -> str:
    powered = re.sub(r"(?<=10)([⁰¹²³⁴⁵⁶⁷⁸⁹⁻⁺]+)", lambda found: "^" + found[1].translate(_SUPERSCRIPT), printed)
    plain = (
        powered.casefold()
        .replace("\u2212", "-")
        .replace("＜", "<")
        .replace("＞", ">")
        .replace("not-detected", "not detected")
    )
    return re.sub(r"\s+", " ", plain).strip().rstrip("*†‡").strip()
