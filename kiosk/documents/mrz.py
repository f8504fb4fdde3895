"""Machine readable zones of passports, cards and visas (ICAO 9303 parts 3 to 7: TD3, TD2, TD1, MRV-A, MRV-B).

Every check digit is compared, and a zone in which one does not fit is refused: never "close enough". A letter that a
reader took for a digit, or the other way round, is put right only where the place allows one of them alone and the
check digit then fits.
"""

import re
from datetime import date, timedelta
from functools import partial
from typing import NamedTuple

from kiosk.documents.identified import Identified, Particulars
from kiosk.model.documents import PhotoId

_SHAPES = {(44, 44): "ICAO-TD3", (36, 36): "ICAO-TD2", (30, 30, 30): "ICAO-TD1"}
_VISAS = {"ICAO-TD3": "MRV-A", "ICAO-TD2": "MRV-B"}
"""A visa names a person and is no proof of who it is: its standard does not begin like that of a passport."""
_TO_DIGITS = str.maketrans("OQIZSB", "001258")
_MOST_LINES = 6
"""Of two zones in one scan."""
_LINE = re.compile(r"[A-Z0-9<]{25,50}")
_WIDTHS = {88: 44, 72: 36, 90: 30}
"""Characters of a whole zone, and of each of its lines."""


class _Zone(NamedTuple):
    kind: str
    state: str
    names: str
    number: str
    number_digit: str
    born: str
    expires: str
    """Both dates with their check digits: YYMMDDC."""
    sex: str
    optional: str
    composite: str
    composite_digit: str


def is_mrz(data: bytes) -> bool:
    """Can only be such a zone, whole or not: lines of A-Z 0-9 ``<`` with the double filler behind a name."""
    lines = _lines(data)
    if not lines or not any("<<" in line for line in lines):
        return False
    return (len(lines) <= _MOST_LINES and all(map(_LINE.fullmatch, lines))) or _glued(lines)


def read(data: bytes, today: date | None = None) -> Identified | str:
    """The holder, or a reason key. Nobody was born after ``today``, which may decide the century of a birth."""
    lines = _lines(data)
    if len(lines) > 3 or _glued(lines):
        return "two_scans"
    standard = _SHAPES.get(tuple(map(len, lines)), "")
    if not standard or lines[0][0] not in ("PV" if standard == "ICAO-TD3" else "ACIV"):
        return "passport_damaged"
    zone = _td1(lines) if standard == "ICAO-TD1" else _two_lines(lines)
    if zone.kind[0] == "V":
        if standard not in _VISAS:
            return "passport_damaged"
        standard = _VISAS[standard]  # visas have neither a composite digit nor one behind the optional field
        number = zone.number.strip("<") if _digit(zone.number) == zone.number_digit else ""
    else:
        number = _number(zone) if _digit(zone.composite) == zone.composite_digit else ""
    if not number or any(_digit(one[:6]) != one[6] for one in (zone.born, zone.expires)):
        return "passport_damaged"
    if zone.sex not in "MFX<" or re.fullmatch("[A-Z<]{3}", zone.state) is None:
        return "passport_damaged"
    family, _, given = zone.names.rstrip("<").partition("<<")
    first, *more = [part for part in given.split("<") if part] or [""]
    if not family.strip("<") or not re.fullmatch(r"[A-Z<]+", zone.names):
        return "passport_damaged"
    full = not zone.names.endswith("<")
    if full and not first:
        return "passport_damaged"  # whether given names followed, nobody knows
    expires = _date(("19" if zone.expires[0] in "89" else "20") + zone.expires[:6])
    born, warnings = _born(zone.born[:6], expires, today)
    document = PhotoId(
        family=" ".join(family.split("<")).strip(),
        given=first,
        middle=" ".join(more),
        born=born,
        expires=expires,
        number=number,
        issuer=zone.state.strip("<"),
        standard=standard,
        given_truncated=full,
        warnings=warnings,
    )
    return Identified(document, partial(_particulars, zone))


def _particulars(zone: _Zone) -> Particulars:
    return {"sex": zone.sex.replace("<", "X"), "country": zone.state.strip("<")}


def _lines(data: bytes) -> list[str]:
    """Readers end lines with CR, LF, FS or GS, or send one long line: then its length tells the shape."""
    text = data.decode("latin-1").strip("\x00\x02\x03\x7f").upper()
    lines = [line.strip() for line in re.split(r"[\r\n\x1c\x1d]+", text) if line.strip()]
    whole = "".join(lines)
    half = len(whole) // 2
    if half in _WIDTHS and whole[:half] == whole[half:]:
        whole = whole[:half]  # one zone, read twice
    width = _WIDTHS.get(len(whole), 0)
    if not width or whole[0] not in "PVACI" or any(len(line) % width for line in lines):
        return lines
    return [whole[at : at + width] for at in range(0, len(whole), width)]


def _glued(lines: list[str]) -> bool:
    """Several zones, some of whose line ends were lost."""
    whole = "".join(lines)
    return len(whole) > 90 and whole[0] in "PVACI" and re.fullmatch("[A-Z0-9<]{122,180}", whole) is not None


def _two_lines(lines: list[str]) -> _Zone:
    """TD3 and TD2 differ in width, and TD3's optional field has a check digit of its own."""
    first, second = lines
    second = second[:9] + _digits(second[9:10]) + second[10:13] + _digits(second[13:20]) + second[20:]
    second = second[:21] + _digits(second[21:28]) + second[28:-1] + _digits(second[-1:])
    wide = len(second) == 44
    return _Zone(
        kind=first[:2],
        state=first[2:5],
        names=first[5:],
        number=second[:9],
        number_digit=second[9],
        born=second[13:20],
        expires=second[21:28],
        sex=second[20],
        optional=second[28:43] if wide else second[28:35],
        composite=second[:10] + second[13:20] + second[21:-1],
        composite_digit=second[-1],
    )


def _td1(lines: list[str]) -> _Zone:
    first, second, names = lines
    first = first[:14] + (first[14] if first[14] == "<" else _digits(first[14])) + first[15:]
    second = _digits(second[:7]) + second[7:8] + _digits(second[8:15]) + second[15:29] + _digits(second[29])
    return _Zone(
        kind=first[:2],
        state=first[2:5],
        names=names,
        number=first[5:14],
        number_digit=first[14],
        born=second[:7],
        expires=second[8:15],
        sex=second[7],
        optional=first[15:],
        composite=first[5:30] + second[:7] + second[8:15] + second[18:29],
        composite_digit=second[29],
    )


def _number(zone: _Zone) -> str:
    """Empty where a check digit does not fit. A number longer than nine goes on in the optional field."""
    if zone.number_digit == "<":
        rest = zone.optional.partition("<")[0]
        whole = zone.number + rest[:-1]
        # Belgium's older cards count the filler between both parts as a place of its own
        fits = len(rest) >= 2 and rest[-1] in (_digit(whole), _digit(f"{zone.number}<{rest[:-1]}"))
        return whole if fits else ""
    if _digit(zone.number) != zone.number_digit:
        return ""
    if zone.composite.endswith(zone.optional) and len(zone.optional) == 15 and not _personal_fits(zone.optional):
        return ""
    return zone.number.strip("<")


def _personal_fits(field: str) -> bool:
    """TD3's personal number: fourteen characters and their check digit, which may be a filler where there is none."""
    return _digit(field[:14]) == field[14] or field == "<" * 15


def _born(digits: str, expires: date | None, today: date | None) -> tuple[date | None, tuple[str, ...]]:
    """In which century: nobody was born after today, nor after their document ends.

    Documents are issued for ten years at most: a birth in this century more than ten years before the document ends is
    one. In these last ten years it may be a child or a person of about a hundred: unknown.
    """
    late, early = _date("20" + digits), _date("19" + digits)
    if expires is None:
        return None, ()
    if late is None:
        return (early, ()) if early is not None and 2000 + int(digits[:2]) > expires.year else (None, ())
    if late > expires or (today is not None and late > today + timedelta(days=1)):
        return early, ()
    if late.year < expires.year - 10:
        return late, ()
    return None, ("born.century",)


def _date(digits: str) -> date | None:
    """CCYYMMDD; unknown parts are fillers and make no date."""
    if re.fullmatch(r"[0-9]{8}", digits) is None:
        return None
    try:
        return date(int(digits[:4]), int(digits[4:6]), int(digits[6:]))
    except ValueError:
        return None


def _digits(text: str) -> str:
    return text.translate(_TO_DIGITS)


def _digit(value: str) -> str:
    """Weights 7, 3, 1; digits as they are, A is 10, the filler is 0."""
    total = sum((0 if char == "<" else int(char, 36)) * (7, 3, 1)[n % 3] for n, char in enumerate(value))
    return str(total % 10)
