"""Values of a certificate's fields: clean text, dates, and nothing that could do harm on a screen."""

import re
import unicodedata
from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from kiosk.model.certificates import Dates

LONGEST = 200
_SPACES = re.compile(r"\s+")


def words(value: Any) -> str:
    """A JSON value as one line: no control or formatting characters, blanks made single, cut at 200 characters."""
    if isinstance(value, str):
        return clean(value)
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Decimal):
        return f"{value:f}" if value.is_finite() and abs(value.adjusted()) < 40 else "not a number"
    if isinstance(value, int):
        return str(value) if abs(value) < 10**40 else "not a number"
    return "not a number" if isinstance(value, float) else ""


def clean(line: str) -> str:
    """As :func:`words`, for text."""
    if not line.isascii() or not line.isprintable():
        line = "".join(" " if each in "\t\r\n\v\f\x85\u2028\u2029" else each for each in line[: 4 * LONGEST])
        line = "".join(each for each in line if not unicodedata.category(each).startswith("C"))
    elif "  " not in line:
        return line.strip()[:LONGEST]
    return _SPACES.sub(" ", line).strip()[:LONGEST]


def first(source: Mapping[str, Any], *keys: str) -> str:
    """The first of these fields that says anything; keys are compared without case, blanks and underscores."""
    for key in keys:
        if said := words(source.get(key)):
            return said
    return ""


_PURPOSE = (
    "type",
    "ordertype",
    "testingtype",
    "analysistype",
    "testtype",
    "sampletype",
    "purpose",
    "testpurpose",
    "reporttype",
    "certificatetype",
    "testcategory",
    "coatype",
)
_COMPLIANCE = ("compliance", "iscompliance", "compliancetest", "iscompliancetest", "compliant")
_WITHDRAWN = (
    "revoked",
    "revocation",
    "superseded",
    "withdrawn",
    "void",
    "voided",
    "retracted",
    "cancelled",
    "canceled",
    "replaced",
)
_NO = frozenset({"", "0", "no", "false", "none", "null", "n/a", "na", "n", "-", "not revoked", "not superseded"})


def purposes(source: Mapping[str, Any]) -> tuple[str, ...]:
    """What the fields for the kind of test or sample say, in their order."""
    said = [words(value) for key, value in source.items() if _key(key) in _PURPOSE]
    said += ["non-compliance" for key, value in source.items() if _key(key) in _COMPLIANCE and _denied(value)]
    return tuple(dict.fromkeys(each for each in said if each))


def _denied(value: Any) -> bool:
    return words(value).casefold() in ("false", "no", "0", "n")


def withdrawn(source: Mapping[str, Any]) -> str:
    """The first field that says the paper no longer stands (``{"date_revoked": "2026-02-01"}`` and the like), as
    ``revoked 2026-02-01``; ``""`` where none does."""
    for key, value in source.items():
        word = re.sub(r"^(is|date|on)|(by|date|on|at|datetime)$", "", _key(key))
        said = "true" if isinstance(value, dict | list) and value else words(value)
        if word in _WITHDRAWN and said.casefold() not in _NO and not said.startswith(("0001-01-01", "1/1/0001")):
            return f"{word} {said}".removesuffix(" true")
    return ""


def _key(printed: Any) -> str:
    return re.sub(r"[\s_-]+", "", str(printed)).casefold()


_FORMATS = (
    "%Y-%m-%d",
    "%m/%d/%Y",
    "%m/%d/%y",
    "%b %d, %Y",
    "%B %d, %Y",
    "%d-%b-%Y",
    "%d %b %Y",
    "%d %B %Y",
    "%m-%d-%Y",
    "%Y/%m/%d",
    "%b %d %Y",
    "%m.%d.%Y",
)


def day(printed: str) -> date | None:
    """The calendar date ``printed`` begins with; month before day, as these laboratories write. None: not a date."""
    plain = printed.strip().replace("Sept ", "Sep ")
    if found := re.match(r"(\d{4})-(\d{2})-(\d{2})(?=$|[T ])", plain, re.ASCII):
        try:
            return date(int(found[1]), int(found[2]), int(found[3]))
        except ValueError:
            return None
    plain = re.sub(r",? +(at )?\d{1,2}:\d{2}(:\d{2})?( ?[AaPp]\.?[Mm]\.?)?( [A-Z]{2,4})?$", "", plain)
    for form in _FORMATS:
        try:
            return datetime.strptime(plain, form).date()  # noqa: DTZ007
        except ValueError:
            continue
    return None


def dates(printed: Mapping[str, str]) -> Dates:
    """From what was printed, by our names of the dates. 0001-01-01 is how one system writes "none"."""
    known: dict[str, date] = {}
    unread = []
    for name, text in printed.items():
        if not text or text.startswith(("0001-01-01", "1/1/0001")):
            continue
        if (read := day(text)) is None or not 1990 <= read.year <= 2100:
            unread.append(name)
        else:
            known[name] = read
    return Dates(unread=tuple(unread), **known)
