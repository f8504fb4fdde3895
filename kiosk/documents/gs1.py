"""GS1: product numbers (EAN, UPC, GTIN), element strings with and without FNC1, Digital Links.

Source: GS1 General Specifications (application identifiers, predefined lengths, check digit, six-digit dates) and GS1
Digital Link: URI Syntax. A code names the product, and perhaps its lot: never the package. Links are taken apart,
never opened.

Where a keyboard scanner lost the FNC1 (GS) behind a value of variable length, nobody can say where that value ends.
Then the code is refused, unless a scanner that sends bytes named a GS1 symbology and no date or weight may be in the
value: such a scanner sends GS, and if none came the value is the last one. Even so it is told.
"""

import calendar
import re
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from functools import cache
from typing import NamedTuple
from urllib.parse import unquote

from kiosk.model.documents import ProductCode

AIM = frozenset({"]C1", "]e0", "]e1", "]e2", "]Q3", "]d2", "]J1"})
"""Identifiers of symbologies that hold an element string."""

Element = tuple[str, str]
"""Application identifier and value."""

_GRAMS = {"310": Decimal(1000), "320": Decimal("453.59237")}
_SUBSTITUTES = re.compile(r"\{GS\}|<GS>|\^\]|[|~]")
_LINK = re.compile(r"https?://[^/?#\s]+(?P<path>/[^?#\s]*)?(?:\?(?P<query>[^#\s]*))?(?:#\S*)?", re.IGNORECASE)
_KEY = re.compile(r"01/\d{8,14}|00/\d{18}")
"""What the path of a Digital Link begins with here: a product, or a shipping unit."""
_ROUND = re.compile(r" *(\(\d{2,4}\)) *")
_BRACKETS = re.compile(r"(?:\(\d{2,4}\)[^()]+)+")
_TOGETHER = ("10", "11", "13", "15", "16", "17", "21", "30", "37", "310", "320")
"""Identifiers that stand beside a product number in this trade: where a lost separator may have been."""
_TELLING = ("11", "13", "15", "16", "17", "310", "320")
"""Those of them whose values are of one length and one shape: a lot that ends like one hardly is one."""
_KEPT = frozenset({"00", "01", "02", "10", "11", "15", "17", "21", "30", "37", "7003"})
"""What a :class:`ProductCode` has a place for, besides the net weight."""


class _Form(NamedTuple):
    least: int
    most: int
    digits: bool
    ends_itself: bool
    """Its length is predefined, so that no separator follows."""


def read_number(digits: str, symbology: str) -> list[ProductCode] | str:
    """What a bare product number may be: one, or two where a UPC-E reads as an EAN-8 as well; or a reason key.

    ``symbology`` is the AIM identifier or ``""``.
    """
    ways = []
    if symbology == "]E3" and len(digits) in (15, 18):  # an EAN-13 and the two or five digits beside it
        digits = digits[:13]
    if len(digits) == 8:
        if symbology in ("", "]E4") and check_digit_fits(digits):
            ways.append(ProductCode(gtin=digits.zfill(14), standard="EAN-8"))
        if symbology in ("", "]E0", "]X0") and digits[0] in "01" and check_digit_fits(_expanded(digits)):
            ways.append(ProductCode(gtin=_expanded(digits).zfill(14), standard="UPC-E"))
    elif len(digits) in (12, 13, 14) and check_digit_fits(digits):
        standard = {12: "UPC-A", 13: "EAN-13", 14: "GTIN-14"}[len(digits)]
        ways.append(ProductCode(gtin=digits.zfill(14), standard=standard))
    if any(map(_of_one_store, ways)):
        return "product_in_store"
    return ways or "product_code_damaged"


def looks_like(text: str) -> bool:
    """An element string by its content alone: it begins with a number whose check digit fits."""
    found = re.match(r"\x1d?(?:\(0[12]\) *|0[12])(\d{14})|\x1d?(?:\(00\) *|00)(\d{18})", text)
    return found is not None and check_digit_fits(found[1] or found[2])


def read_elements(text: str, symbology: str, *, typed: bool = False) -> ProductCode | str:
    """An element string's meaning, or a reason key. ``symbology`` is the AIM identifier or ``""``.

    ``typed``: it came by keys, from which a separator goes missing easily.
    """
    text = re.sub("\x1d+", "\x1d", _SUBSTITUTES.sub("\x1d", text)).strip("\x1d")
    if text.startswith("("):
        text = _ROUND.sub(r"\1", text.replace("\x1d(", "("))
    if _BRACKETS.fullmatch(text):
        elements: list[Element] | None = _listed(re.findall(r"\((\d{2,4})\)([^()]+)", text))
    else:
        elements = _split(text)
    if elements is None:
        return "product_code_damaged"
    whole = "\x1d" in text or "(" in text
    lost = not whole and _could_go_on(elements, _TOGETHER)
    if lost and (typed or symbology not in AIM or _could_go_on(elements, _TELLING)):
        return "product_code_separators"
    return _meaning(elements, "GS1", ("separators.perhaps_lost",) if lost else ())


def read_link(text: str) -> ProductCode | str | None:
    """A Digital Link's meaning, a reason key, or None where the link is no Digital Link."""
    found = _LINK.fullmatch(text)
    if found is None:
        return None
    parts = (found["path"] or "").strip("/").split("/")
    start = next((n for n in range(len(parts) - 1) if _KEY.fullmatch(f"{parts[n]}/{parts[n + 1]}")), -1)
    if start < 0:
        return None
    pairs = parts[start:]
    if len(pairs) % 2:
        return "product_code_damaged"
    asked = list(_of_query(found["query"] or ""))
    known = [pair for pair in asked if _form(pair[0]) is not None]
    named = [*zip(pairs[::2], pairs[1::2], strict=True), *known]
    elements = _listed((ai, unquote(value)) for ai, value in named)
    if elements is None:
        return "product_code_damaged"
    return _meaning(elements, "GS1-DL", ("elements.not_kept",) if len(known) < len(asked) else ())


def check_digit_fits(digits: str) -> bool:
    """Mod 10 with weights 3 and 1 from the right."""
    return sum(int(d) * (1, 3)[n % 2] for n, d in enumerate(reversed(digits))) % 10 == 0


def _of_one_store(code: ProductCode) -> bool:
    """Numbers that a shop gives itself (EAN 20-29 and 02, UPC 2 and 4): they name nothing outside it."""
    return code.standard in ("EAN-13", "UPC-A") and re.match(r"0(?:2|02|04)", code.gtin) is not None


def _of_query(query: str) -> Iterator[Element]:
    """Data attributes; other parameters of the link say nothing about the product."""
    for pair in re.split("[&;]", query):
        key, _, value = pair.partition("=")
        if key.isascii() and key.isdigit():
            yield key, value


def _listed(pairs: Iterator[Element] | list[Element]) -> list[Element] | None:
    elements: list[Element] = []
    for ai, raw in pairs:
        value = raw.zfill(14) if ai == "01" and raw.isdigit() else raw
        form = _form(ai)
        if form is None or not _fits(ai, value, form):
            return None
        elements.append((ai, value))
    return elements


def _split(text: str) -> list[Element] | None:
    """Element by element; what has no predefined length goes on to the next separator or to the end."""
    elements: list[Element] = []
    at = 0
    while at < len(text):
        ai = next((text[at : at + n] for n in (2, 3, 4) if _form(text[at : at + n]) is not None), "")
        form = _form(ai)
        if form is None or len(elements) > 40:
            return None
        start = at + len(ai)
        stop = text.find("\x1d", start)
        end = start + form.most if form.ends_itself else stop if stop >= 0 else len(text)
        value = text[start:end]
        if not _fits(ai, value, form):
            return None
        elements.append((ai, value))
        at = end + (text[end : end + 1] == "\x1d")
    return elements or None


def _could_go_on(elements: list[Element], first: tuple[str, ...]) -> bool:
    """Might the last, open-ended value hold further elements, one of ``first`` in front, whose separator was lost?"""
    ai, value = elements[-1]
    form = _form(ai)
    if form is None or form.ends_itself:
        return False
    whole = [False] * len(value) + [True]
    for at in range(len(value) - 1, 0, -1):
        whole[at] = any(
            whole[at + len(key) + n]
            for key, inner in _neighbours(value, at)
            for n in range(inner.least, inner.most + 1)
            if at + len(key) + n <= len(value) and _fits(key, value[at + len(key) : at + len(key) + n], inner)
        )
    return any(whole[at] and value.startswith(first, at) for at in range(form.least, len(value)))


def _neighbours(value: str, at: int) -> Iterator[tuple[str, _Form]]:
    for prefix in _TOGETHER:
        if value.startswith(prefix, at):
            key = value[at : at + len(prefix) + (len(prefix) == 3)]
            form = _form(key)
            if form is not None:
                yield key, form


def _fits(ai: str, value: str, form: _Form) -> bool:
    if not form.least <= len(value) <= form.most or len(value) not in _LENGTHS.get(ai, (len(value),)):
        return False
    if _CHARACTERS.fullmatch(value) is None or (form.digits and not value.isdigit()):
        return False
    if ai in ("00", "01", "02", "410", "411", "412", "413", "414", "415", "416", "417"):
        return check_digit_fits(value)
    return ai not in _DATES or _date(value) is not None


def _meaning(elements: list[Element], standard: str, warnings: tuple[str, ...]) -> ProductCode | str:
    """Two different values of one identifier, or two weights that are not the same, are two codes in one scan."""
    by_ai: dict[str, str] = {}
    for ai, value in elements:
        if by_ai.setdefault(ai, value) != value:
            return "two_scans"
    weights = [ai for ai in by_ai if ai[:3] in _GRAMS and len(ai) == 4]
    weight = weights[0] if weights else ""
    if any(not _same_weight(weight, ai, by_ai) for ai in weights[1:]):
        return "two_scans"
    if not _KEPT.issuperset(by_ai.keys() - set(weights)):
        warnings = tuple(dict.fromkeys((*warnings, "elements.not_kept")))
    count = by_ai.get("30", by_ai.get("37"))
    return ProductCode(
        gtin=by_ai.get("01", by_ai.get("02", "")),
        sscc=by_ai.get("00", ""),
        lot=by_ai.get("10", ""),
        serial=by_ai.get("21", ""),
        expires=_date(by_ai.get("17", "")) or _date(by_ai.get("7003", "")[:6]),
        best_before=_date(by_ai.get("15", "")),
        produced=_date(by_ai.get("11", "")),
        net_weight_g=_weight(weight, by_ai[weight]) if weight else None,
        count=int(count) if count else None,
        standard=standard,
        warnings=warnings,
    )


def _weight(ai: str, value: str) -> Decimal:
    """The identifier's last digit counts the decimal places of kilograms or pounds."""
    grams = Decimal(value).scaleb(-int(ai[3])) * _GRAMS[ai[:3]]
    return grams.quantize(Decimal(1)) if grams == grams.to_integral_value() else grams.normalize()


def _same_weight(one: str, other: str, values: dict[str, str]) -> bool:
    """In kilograms and pounds they agree as far as their last places tell."""
    a, b = _weight(one, values[one]), _weight(other, values[other])
    return 2 * abs(a - b) <= _weight(one, "1") + _weight(other, "1")


def _date(value: str) -> date | None:
    """YYMMDD; day 00 is the last of the month. Years 77-99 are of the last century, as they are until the year 2027."""
    if len(value) != 6 or not value.isdigit():
        return None
    year = int(value[:2])
    year += 1900 if year >= 77 else 2000
    month, day = int(value[2:4]), int(value[4:])
    if not 1 <= month <= 12:
        return None
    try:
        return date(year, month, day or calendar.monthrange(year, month)[1])
    except ValueError:
        return None


def _expanded(upc_e: str) -> str:
    """UPC-E (number system, six digits, check digit) as the UPC-A it stands for."""
    system, six, check = upc_e[0], upc_e[1:7], upc_e[7]
    last = six[5]
    if last in "012":
        body = six[:2] + last + "0000" + six[2:5]
    elif last == "3":
        body = six[:3] + "00000" + six[3:5]
    elif last == "4":
        body = six[:4] + "00000" + six[4]
    else:
        body = six[:5] + "0000" + last
    return system + body + check


_CHARACTERS = re.compile(r"""[A-Za-z0-9!"%&'()*+,\-./:;<=>?_]+""")
"""All that an element may hold (General Specifications, 7.11). Any other sign is what became of a separator."""
_LENGTHS = {
    **dict.fromkeys(("423", "425"), (3, 6, 9, 12, 15)),
    "7007": (6, 12),
    "7011": (6, 10),
    "8008": (8, 10, 12),
    "8043": (18, 20),
}
"""Of values made of several parts, all of which are whole."""
_DATES = frozenset({"11", "12", "13", "15", "16", "17"})
_N, _X = True, False
# identifier or range of them (``n``: a digit of decimal places behind it): digits only?, least and most characters
_FORMS = (
    ("00", _N, 18, 18), ("01-03", _N, 14, 14), ("10", _X, 1, 20), ("11-13", _N, 6, 6), ("15-17", _N, 6, 6),
    ("20", _N, 2, 2), ("21-22", _X, 1, 20), ("235", _X, 1, 28), ("240-241", _X, 1, 30), ("242", _N, 1, 6),
    ("243", _X, 1, 20), ("250-251", _X, 1, 30), ("253", _X, 13, 30), ("254", _X, 1, 20), ("255", _N, 13, 25),
    ("30", _N, 1, 8), ("310-316n", _N, 6, 6), ("320-337n", _N, 6, 6), ("340-357n", _N, 6, 6), ("360-369n", _N, 6, 6),
    ("37", _N, 1, 8), ("3900-3909", _N, 1, 15), ("3910-3919", _N, 4, 18), ("3920-3929", _N, 1, 15),
    ("3930-3939", _N, 4, 18), ("3940-3943", _N, 4, 4), ("3950-3955", _N, 6, 6), ("400-401", _X, 1, 30),
    ("402", _N, 17, 17), ("403", _X, 1, 30), ("410-417", _N, 13, 13), ("420", _X, 1, 20), ("421", _X, 4, 12),
    ("422", _N, 3, 3), ("423", _N, 3, 15), ("424", _N, 3, 3), ("425", _N, 3, 15), ("426", _N, 3, 3),
    ("427", _X, 1, 3), ("4300-4301", _X, 1, 35), ("4302-4306", _X, 1, 70), ("4307", _X, 2, 2), ("4308", _X, 1, 30),
    ("4309", _N, 20, 20), ("4310-4311", _X, 1, 35), ("4312-4316", _X, 1, 70), ("4317", _X, 2, 2), ("4318", _X, 1, 20),
    ("4319", _X, 1, 30), ("4320", _X, 1, 35), ("4321-4323", _N, 1, 1), ("4324-4325", _N, 10, 10), ("4326", _N, 6, 6),
    ("4330-4333", _X, 6, 7), ("7001", _N, 13, 13), ("7002", _X, 1, 30), ("7003", _N, 10, 10), ("7004", _N, 1, 4),
    ("7005", _X, 1, 12), ("7006", _N, 6, 6), ("7007", _N, 6, 12), ("7008", _X, 1, 3), ("7009", _X, 1, 10),
    ("7010", _X, 1, 2), ("7011", _N, 6, 10), ("7020-7022", _X, 1, 20), ("7023", _X, 1, 30), ("7030-7039", _X, 4, 30),
    ("7040", _X, 4, 4), ("7041", _X, 1, 4), ("710-717", _X, 1, 20), ("7230-7239", _X, 3, 30), ("7240", _X, 1, 20),
    ("7241", _N, 2, 2), ("7242", _X, 1, 25), ("7250", _N, 8, 8), ("7251", _N, 12, 12), ("7252", _N, 1, 1),
    ("7253-7254", _X, 1, 40), ("7255", _X, 1, 10), ("7256", _X, 1, 90), ("7257", _X, 1, 70), ("7258", _X, 3, 3),
    ("7259", _X, 1, 40), ("8001", _N, 14, 14), ("8002", _X, 1, 20), ("8003", _X, 14, 30), ("8004", _X, 1, 30),
    ("8005", _N, 6, 6), ("8006", _N, 18, 18), ("8007", _X, 1, 34), ("8008", _N, 8, 12), ("8009", _X, 1, 50),
    ("8010", _X, 1, 30), ("8011", _N, 1, 12), ("8012", _X, 1, 20), ("8013", _X, 1, 25), ("8014", _X, 1, 25),
    ("8017-8018", _N, 18, 18), ("8019", _N, 1, 10), ("8020", _X, 1, 25), ("8026", _N, 18, 18), ("8030", _X, 1, 90),
    ("8040-8041", _N, 15, 15), ("8042", _N, 32, 32), ("8043", _N, 18, 20), ("8110", _X, 1, 70), ("8111", _N, 4, 4),
    ("8112", _X, 1, 70), ("8200", _X, 1, 70), ("90", _X, 1, 30), ("91-99", _X, 1, 90),
)  # fmt: skip
_PREDEFINED = re.compile("0[0-4]|1[1-9]|20|3[1-6]|41")
"""How the identifiers begin whose values need no separator behind them."""


def _form(ai: str) -> _Form | None:
    return _forms().get(ai)


@cache
def _forms() -> dict[str, _Form]:
    forms = {}
    for names, digits, least, most in _FORMS:
        first, _, last = names.rstrip("n").partition("-")
        places = "012345" if names.endswith("n") else ("",)
        for n in range(int(first), int(last or first) + 1):
            for place in places:
                ai = f"{n:0{len(first)}}{place}"
                forms[ai] = _Form(least, most, digits, _PREDEFINED.match(ai) is not None)
    return forms
