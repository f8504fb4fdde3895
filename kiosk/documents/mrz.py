"""Machine-readable zones of passports and cards (ICAO 9303: TD3, TD2, TD1), every check digit compared."""

import re
from datetime import date

from kiosk.model.documents import PhotoId, Unread
from kiosk.model.text import text

_LINE = re.compile(r"[A-Z0-9<]{30,44}")
DAMAGED = Unread(
    reason_key="mrz_damaged",
    reason=text("The passport lines could not be read. Scan them again."),
    could_be=("photo_id",),
)


def lines_of(data: bytes) -> list[str] | None:
    """The lines, if this can only be such a zone."""
    lines = [line.strip() for line in re.split(r"[\r\n]+", data.decode("latin-1").upper()) if line.strip()]
    sizes = [len(line) for line in lines]
    if sizes in ([44, 44], [36, 36], [30, 30, 30]) and all(_LINE.fullmatch(line) for line in lines):
        return lines
    return None


def read(lines: list[str]) -> PhotoId | Unread:
    """The holder, or :data:`DAMAGED`. Two-digit years: documents end in this century, and begin after a birth."""
    if len(lines) == 3:
        number, number_digit = lines[0][5:14], lines[0][14]
        second, names = lines[1], lines[2]
        born, expires = second[0:7], second[8:15]
        whole = lines[0][5:30] + second[0:7] + second[8:15] + second[18:29]
        whole_digit = second[29]
    else:
        second, names = lines[1], lines[0][5:]
        number, number_digit = second[0:9], second[9]
        born, expires = second[13:20], second[21:28]
        whole = second[0:10] + second[13:20] + second[21 : 43 if len(second) == 44 else 35]
        whole_digit = second[-1]
    parts = ((number, number_digit), (born[:6], born[6]), (expires[:6], expires[6]), (whole, whole_digit))
    if any(_digit(value) != digit for value, digit in parts):
        return DAMAGED
    family, _, given = names.strip("<").partition("<<")
    first, *more = [part for part in given.split("<") if part] or [""]
    if not family or not first:
        return DAMAGED
    ends = _date(expires[:6], 2099)
    return PhotoId(
        family=family.replace("<", " ").strip(),
        given=first,
        middle=" ".join(more),
        born=_date(born[:6], ends.year) if ends else None,
        expires=ends,
        number=number.strip("<"),
        issuer=lines[0][2:5].strip("<"),
        standard={1: "", 2: "ICAO-TD3" if len(lines[0]) == 44 else "ICAO-TD2", 3: "ICAO-TD1"}[len(lines)],
        family_truncated=not names.endswith("<"),
    )


def _digit(value: str) -> str:
    """Weights 7, 3, 1; digits as they are, A is 10, the filler is 0."""
    total = sum((0 if char == "<" else int(char, 36)) * (7, 3, 1)[n % 3] for n, char in enumerate(value))
    return str(total % 10)


def _date(value: str, latest: int) -> date | None:
    """The date whose year is the newest up to ``latest``."""
    if not value.isdigit():
        return None
    year = 2000 + int(value[:2])
    if year > latest:
        year -= 100
    try:
        return date(year, int(value[2:4]), int(value[4:]))
    except ValueError:
        return None
