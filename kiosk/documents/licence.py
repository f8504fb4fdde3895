"""The elements of an AAMVA licence as the facts of a photo ID.

What decides is only ever read exactly: a date that is impossible is unknown, a name that may have swallowed its
neighbour is refused. Sources: AAMVA DL/ID Card Design Standard 2000 to 2020, element tables.
"""

import re
from datetime import date

from kiosk.documents.issuers import countries, issuer
from kiosk.documents.names import SUFFIXES
from kiosk.model.documents import PhotoId

Elements = dict[str, str]
"""Element identifier to value, trimmed; social security numbers are never in it."""

_NOTHING = frozenset({"NONE", "UNAVL", "UNAVAIL", "N/A"})
_DATE = r"(?:\d{8}|NONE|none|UNAVL|unavl)"
_COLOUR = r"(?:BLK|BLU|BRO|DIC|GRY|GRN|HAZ|MAR|PNK|UNK|BAL|BLN|RED|SDY|WHI)"
_TEXT = ".*"
_FORMS = {
    **dict.fromkeys(("DBA", "DBB", "DBD", "DDB", "DDC", "DDH", "DDI", "DDJ"), _DATE),
    **dict.fromkeys(("DDE", "DDF", "DDG"), "[TNU]"),
    **dict.fromkeys(("DDD", "DDK", "DDL", "DDM", "DDN", "DDO", "DDP"), "[01YN]"),
    **dict.fromkeys(("DAY", "DAZ"), _COLOUR),
    **dict.fromkeys(("DAG", "DAH", "DAL", "DAQ", "DCF"), r".*\d.*"),
    **dict.fromkeys(("DAW", "DAX"), r"\d{2,3}.*"),
    **dict.fromkeys(("DCA", "DCB", "DCD", "DCI", "DCJ", "DCK", "DCL", "DAI", "DBN", "DBG", "DBS"), _TEXT),
    "DAU": r"\s*\d.*",
    "DAK": r"[0-9A-Z][0-9A-Z -]{4,10}",
    "DAJ": "[A-Z]{2}",
    "DBC": "[1290MFX]",
    "DCE": r"\d",
    "DCG": "USA|CAN|CDN",
    "DCU": r"(?:{})\.?".format("|".join(sorted(SUFFIXES))),
    "DDA": "[FNM]",
}
"""How the value of an element looks, where that tells it from the second half of somebody's name."""
_NAMES = {"DCS": 2, "DCT": 2, "DAC": 4, "DAD": 4}
"""Elements of any text, and the version from which a licence that lacks one is suspicious."""

_NAME = re.compile(r"[^\W_](?:[^\W_]|[ .,'`´’-])*")
_NUMBER = re.compile(r"[^\W_](?:[^\W_]|[ .*/-])*")
_YEARS = range(1900, 2200)
_EDITIONS = {"03": 2005, "04": 2009, "05": 2010, "06": 2011, "07": 2012, "08": 2013, "09": 2016, "10": 2020, "11": 2025}


def photo_id(elements: Elements, iin: str, version: str, warnings: list[str]) -> PhotoId | str:
    """The facts, or a reason key. ``warnings`` so far are kept and added to."""
    if any(_swallowed(value, elements, version) for value in elements.values()):
        return "licence_separators"
    by = issuer(iin)
    country = {"CDN": "CAN"}.get(elements.get("DCG", ""), elements.get("DCG", "")) or (by.country if by else "")
    day_last = version <= "01" or country == "CAN"
    names = (
        _names_of_first_edition(elements, by is not None and by.given_first) if version <= "01" else _names(elements)
    )
    number = _value(elements, "DAQ")
    if names is None or not names[0] or not number:
        return "licence_incomplete"
    if not all(map(_NAME.fullmatch, filter(None, names))) or _NUMBER.fullmatch(number) is None:
        return "licence_separators"
    family, given, middle, suffix = names
    born, issued, expires = (_date(elements.get(key, ""), day_last, warnings) for key in ("DBB", "DBD", "DBA"))
    jurisdiction = by.jurisdiction if by is not None else _value(elements, "DAJ")
    if by is None:
        warnings.append("issuer.unknown")
        if jurisdiction not in countries():
            return "licence_incomplete"
    elif _value(elements, "DAJ") not in ("", jurisdiction):
        warnings.append("issuer.other_address")
    if issued is not None and expires is not None and expires <= issued:
        warnings.append("dates.expires_before_issue")
    if issued is not None and issued.year < _EDITIONS.get(version, 0):
        warnings.append("dates.issued_before_edition")
    of_age = _date(elements.get("DDJ", ""), day_last, [])
    if born is not None and of_age is not None and (of_age.year - born.year, of_age.month) != (21, born.month):
        warnings.append("dates.under_21")
    return PhotoId(
        family=family,
        given=given,
        middle=middle,
        suffix=suffix,
        born=born,
        issued=issued,
        expires=expires,
        number=number,
        issuer=jurisdiction,
        standard=f"AAMVA-{version}",
        family_truncated=_truncated(elements, "DDE", family),
        given_truncated=_truncated(elements, "DDF", given) or _truncated(elements, "DDG", middle),
        warnings=tuple(dict.fromkeys(warnings)),
    )


def _swallowed(value: str, elements: Elements, version: str) -> bool:
    """Does this value hold a missing neighbour, because the separator between them became some other sign?

    A sign is anything but a letter, and the letter M, which is what a carriage return becomes on some keyboards.
    """
    for at in range(1, len(value) - 2):
        key, rest = value[at : at + 3], value[at + 3 :]
        if key in elements or (value[at - 1].isalpha() and value[at - 1] != "M"):
            continue
        if key in _NAMES and int(version) >= _NAMES[key] and not (key == "DCT" and "DAC" in elements):
            return True
        if key in _FORMS and re.fullmatch(_FORMS[key], rest):
            return True
    return False


def _value(elements: Elements, key: str) -> str:
    value = " ".join(elements.get(key, "").strip(" ,").split())
    return "" if value.upper() in _NOTHING else value


def _names(elements: Elements) -> tuple[str, str, str, str] | None:
    """Family, given, middle, suffix from 2003 on; ``DCT`` holds all given names together in the older two editions."""
    if "DAC" not in elements and "DCT" not in elements:
        return None
    given, middle = _value(elements, "DAC"), _value(elements, "DAD")
    if "DAC" not in elements:
        given, _, rest = _value(elements, "DCT").partition("," if "," in elements["DCT"] else " ")
        middle = middle or rest
    middle = " ".join(middle.replace(",", " ").split())
    return _value(elements, "DCS"), given.strip(), middle, _value(elements, "DCU")


def _names_of_first_edition(elements: Elements, given_first: bool) -> tuple[str, str, str, str] | None:
    """``DAA`` is ``LAST,FIRST,MIDDLE,SUFFIX`` with some parts empty; single elements win where they are there."""
    if _value(elements, "DAB"):
        return tuple(_value(elements, key) for key in ("DAB", "DAC", "DAD", "DAE"))  # type: ignore[return-value]
    whole = _value(elements, "DAA")
    if "," in whole:
        family, given, middle, suffix = ([part.strip() for part in whole.split(",", 3)] + ["", ""])[:4]
        if " " in given and not middle:  # Oregon and Louisiana put both into one part
            given, middle = given.split(" ", 1)
        return family, given, middle, suffix
    parts = whole.split()
    if not given_first or len(parts) < 2:
        return None  # which of the words is the family name is anybody's guess
    return parts[-1], parts[0], " ".join(parts[1:-1]), ""


def _truncated(elements: Elements, flag: str, value: str) -> bool:
    """T says so; a field that is full to its 40 characters and does not say N may well be."""
    stated = elements.get(flag, "")
    return stated == "T" or (len(value) >= 40 and stated != "N")


def _date(value: str, day_last: bool, warnings: list[str]) -> date | None:
    """MMDDCCYY, or CCYYMMDD where ``day_last``. Only one of the two can be a date between 1900 and 2199."""
    digits = re.sub(r"[-/]", "", value)
    if digits in ("", "00000000") or digits.upper() in _NOTHING:
        return None
    if re.fullmatch(r"[0-9]{8}", digits) is None:
        warnings.append("dates.impossible")
        return None
    ways = (digits[:4], digits[4:6], digits[6:]), (digits[4:], digits[:2], digits[2:4])
    for n, (year, month, day) in enumerate(ways if day_last else ways[::-1]):
        try:
            found = date(int(year), int(month), int(day))
        except ValueError:
            continue
        if found.year in _YEARS:
            warnings.extend(["dates.other_order"] * n)
            return found
    warnings.append("dates.impossible")
    return None
