"""The elements of an AAMVA licence as the facts of a photo ID.

What decides is only ever read exactly: a date that is impossible is unknown, a name that may have swallowed its
neighbour is refused. Sources: AAMVA DL/ID Card Design Standard 2000 to 2020, element tables.
"""

import re
from datetime import date
from functools import partial

from kiosk.documents.identified import Identified, Particulars
from kiosk.documents.issuers import Issuer, countries, issuer
from kiosk.documents.names import SUFFIXES
from kiosk.model.documents import PhotoId

Elements = dict[str, str]
"""Element identifier to value, trimmed; social security numbers are never in it."""

Names = tuple[str, str, str, str]
"""Family, first, middle, suffix; ``""`` where there is none."""

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

_SIGN = re.compile(r"D(?<=[^\nA-LN-Za-zªµºÀ-ÖØ-öø-ÿ]D)[A-D][A-Z]")
"""An element's identifier behind a sign: anything but a letter, or the letter M, which a typed carriage return is."""
_NAME = re.compile(r"[^\W_](?:[^\W_]|[ .,'`´’-])*+")
_NUMBER = re.compile(r"[^\W_](?:[^\W_]|[ .*/-])*+")
_NO_DATE = frozenset({"", "00000000"})
_FIRST_YEAR, _LAST_YEAR = 1900, 2199
_EDITIONS = {"03": 2005, "04": 2009, "05": 2010, "06": 2011, "07": 2012, "08": 2013, "09": 2016, "10": 2020, "11": 2025}
_SEXES = {"1": "M", "2": "F", "M": "M", "F": "F", "9": "X", "0": "X", "X": "X"}


def identified(elements: Elements, iin: str, version: str, warnings: list[str]) -> Identified | str:
    """Who it is, or a reason key. ``warnings`` so far are kept and added to."""
    by = issuer(iin)
    country = _country(elements, by)
    day_last = version <= "01" or country == "CAN"
    names = _names(elements, version, by)
    number = _value(elements, "DAQ")
    if names is None or not names[0] or not number:
        return "licence_incomplete"
    if _names_of_another(elements, names):
        return "licence_two_cards"
    family, given, middle, suffix = names
    if _NUMBER.fullmatch(number) is None or any(name and _NAME.fullmatch(name) is None for name in names):
        return "licence_separators"
    born = _date(elements.get("DBB", ""), day_last, warnings)
    issued = _date(elements.get("DBD", ""), day_last, warnings)
    expires = _date(elements.get("DBA", ""), day_last, warnings)
    jurisdiction = by.jurisdiction if by is not None else _value(elements, "DAJ")
    if by is None:
        warnings.append("issuer.unknown")
        if jurisdiction not in countries():
            return "licence_incomplete"
    elif elements.get("DAJ", "") != jurisdiction and _value(elements, "DAJ") not in ("", jurisdiction):
        warnings.append("issuer.other_address")
    if issued is not None:
        if expires is not None and expires <= issued:
            warnings.append("dates.expires_before_issue")
        if born is not None and issued < born:
            warnings.append("dates.issued_before_birth")
        if issued.year < _EDITIONS.get(version, 0):
            warnings.append("dates.issued_before_edition")
    if born is not None and (until := elements.get("DDJ")):
        of_age = _date(until, day_last, [])
        if of_age is not None and (of_age.year - born.year, of_age.month) != (21, born.month):
            warnings.append("dates.under_21")
    document = PhotoId(
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
        warnings=tuple(dict.fromkeys(warnings)) if warnings else (),
    )
    return Identified(document, partial(_particulars, elements, iin, country))


def fits(key: str, value: str) -> bool:
    """May this be the whole value of this element? Decides only where lost separators have to be found again."""
    value = value.strip(" ")
    if key in _NAMES or key in ("DAA", "DAB"):
        return _NAME.fullmatch(value) is not None or value.upper() in _NOTHING
    return key not in _FORMS or value == "" or re.fullmatch(_FORMS[key], value) is not None or value.upper() in _NOTHING


def swallows(lines: str, elements: Elements, version: str) -> bool:
    """Does a value hold a missing neighbour, because the separator between them became some other sign?"""
    for found in _SIGN.finditer(lines):
        at, key = found.start(), found[0]
        if key in elements or at == 3 or lines[at - 4] == "\n":
            continue
        if key in _NAMES and int(version) >= _NAMES[key] and not (key == "DCT" and "DAC" in elements):
            return True
        if key in _FORMS and re.fullmatch(_FORMS[key], lines[at + 3 :].partition("\n")[0].strip(" ")):
            return True
    return False


def stated_twice(elements: Elements, by: Issuer) -> bool:
    """Are the names on the card in both manners, alike, and number and dates of their one shape?

    No element may be missing and none be too many: who reads on from the middle of one value into another has lost the
    identifier between them.
    """
    first, middle = _value(elements, "DAC"), _value(elements, "DAD")
    return (
        set(by.elements) <= elements.keys() <= {*by.elements, "DAD"}
        and _value(elements, "DCS") == _value(elements, "DAB") != ""
        and f"{first} {middle}".strip() == " ".join(_value(elements, "DCT").replace(",", " ").split()) != ""
        and first != ""
        and re.fullmatch(by.number, _value(elements, "DAQ")) is not None
        and all(re.fullmatch("[0-9]{8}", elements.get(key, "")) for key in ("DBA", "DBB"))
    )


def _country(elements: Elements, by: Issuer | None) -> str:
    stated = elements.get("DCG", "").upper()
    return "CAN" if stated in ("CDN", "CA") else stated or (by.country if by is not None else "")


def _particulars(elements: Elements, iin: str, country: str) -> Particulars:
    """The address as printed; of the oldest cards the residence where there is no mailing address."""
    stated = {
        "street1": _value(elements, "DAG") or _value(elements, "DAL"),
        "street2": _value(elements, "DAH") or _value(elements, "DAM"),
        "city": _value(elements, "DAI") or _value(elements, "DAN"),
        "state": _value(elements, "DAJ") or _value(elements, "DAO"),
        "postal": _value(elements, "DAK") or _value(elements, "DAP"),
        "country": "" if country in _NOTHING else country,
        "sex": _SEXES.get(_value(elements, "DBC").upper()[:1], ""),
        "height": _value(elements, "DAU") or _value(elements, "DAV"),
        "iin": iin,
    }
    return {name: value for name, value in stated.items() if value}


def _value(elements: Elements, key: str) -> str:
    value = elements.get(key, "")
    if not value:
        return ""
    if value[-1] == "," or value[0] == "," or "  " in value:
        value = " ".join(value.strip(" ,").split())
    return "" if value.upper() in _NOTHING else value


def _names(elements: Elements, version: str, by: Issuer | None) -> Names | None:
    """Family, given, middle, suffix. ``DCT`` holds all given names together in the editions of 2003 and 2005.

    Issuers mix the editions' identifiers: what the edition names comes first, then what others do.
    """
    if version <= "01":
        return _names_of_first_edition(elements, by is not None and by.given_first)
    family = _value(elements, "DCS") or _value(elements, "DAB")
    if not family or ("DAC" not in elements and "DCT" not in elements):
        return _names_of_first_edition(elements, False) if "DAA" in elements else None
    given, middle = _value(elements, "DAC"), _value(elements, "DAD")
    if "DAC" not in elements:
        given, _, rest = _value(elements, "DCT").partition("," if "," in elements["DCT"] else " ")
        given, middle = given.strip(), middle or rest
    if "," in middle or "  " in middle:
        middle = " ".join(middle.replace(",", " ").split())
    if by is not None and by.initial_in_given and not middle and given[-2:-1] == " ":
        given, middle = given[:-2], given[-1]
    return family, given, middle.strip(), _value(elements, "DCU")


def _names_of_first_edition(elements: Elements, given_first: bool) -> Names | None:
    """``DAA`` is ``LAST,FIRST,MIDDLE,SUFFIX`` with some parts empty; single elements win where they are there."""
    if _value(elements, "DAB"):
        return _value(elements, "DAB"), _value(elements, "DAC"), _value(elements, "DAD"), _value(elements, "DAE")
    whole = _value(elements, "DAA")
    if "," in whole:
        family, given, middle, suffix = ([part.strip() for part in whole.split(",", 3)] + ["", ""])[:4]
        if " " in given and not middle:  # Oregon and Louisiana put both into one part
            given, middle = given.split(" ", 1)
        return family, given, middle, suffix
    parts = whole.split()
    suffix = parts.pop() if parts and len(parts[-1]) > 1 and parts[-1].rstrip(".") in SUFFIXES else ""
    if not given_first or len(parts) < 2 or len(parts[-1]) < 2:
        return None  # which of the words is the family name is anybody's guess
    return parts[-1], parts[0], " ".join(parts[1:-1]), suffix


def _names_of_another(elements: Elements, names: Names) -> bool:
    """Is family or first name also there as another edition has it, and different? Then it is another card's."""
    single = "DAB" in elements, "DAC" in elements, "DCS" in elements, "DCT" in elements
    if not ("DAA" in elements and any(single)) and not (single[0] and single[2]) and not (single[1] and single[3]):
        return False  # each name once
    family, given = names[0].split(), names[1].split()
    for key in ("DCS", "DAB", "DAC", "DCT"):
        stated = _value(elements, key).replace(",", " ").split()
        meant = family if key in ("DCS", "DAB") else given
        if stated and stated[: len(meant)] != meant[: len(stated)]:
            return True
    whole = [part.split() for part in _value(elements, "DAA").split(",")]
    return len(whole) > 1 and (whole[0] != family or whole[1][: len(given)] != given[: len(whole[1])])


def _truncated(elements: Elements, flag: str, value: str) -> bool:
    """T says so; a field that is full to its 40 characters and does not say N may well be."""
    stated = elements.get(flag, "")
    return stated == "T" or (len(value) >= 40 and stated != "N")


def _date(value: str, day_last: bool, warnings: list[str]) -> date | None:
    """MMDDCCYY, or CCYYMMDD where ``day_last``. Only one of the two can be a date between 1900 and 2199."""
    digits = value
    for at, last in ((2, False), (4, True)):  # parted by signs, as before the first edition: then the order is plain
        if len(value) == 10 and value[at] in "-/":
            digits, day_last = value.replace(value[at], ""), last
    if digits in _NO_DATE or digits.upper() in _NOTHING:
        return None
    if len(digits) == 8 and digits.isdecimal():
        turned = digits[4:] + digits[:4]
        for spelling in (digits, turned) if day_last else (turned, digits):
            try:
                found = date.fromisoformat(spelling)
            except ValueError:
                continue
            if _FIRST_YEAR <= found.year <= _LAST_YEAR:
                if (spelling is digits) != day_last:
                    warnings.append("dates.other_order")
                return found
    warnings.append("dates.impossible")
    return None
