"""Certificates as PDF: their text, the rows in it, and the names and dates around them.

``pypdfium2`` takes the text out (the extra ``coa``); why that and no reader of a laboratory's own layout is told in
``docs/adr/0004``. What cannot be taken apart for sure is kept as a row that cannot be read, or is not there: then the
law's panels are missing. Neither passes.
"""

import re
from collections.abc import Iterator, Sequence

from kiosk.documents.certificates import grid, tables
from kiosk.documents.certificates.fields import clean, dates
from kiosk.documents.certificates.layout import powered
from kiosk.documents.certificates.pdf_text import Page, Word, pages_of
from kiosk.documents.certificates.results import lab_word
from kiosk.model.certificates import Certificate, PrintedPanel
from kiosk.model.errors import Theirs
from kiosk.model.text import Text, text

_TAG = re.compile(r"(?<![0-9A-Z])1A[0-9A-F]{13}[0-9]{9}(?![0-9A-Z])")
_BATCH = re.compile(r"(?i)\b(?:batch|lot)\s*(?:#|number|no\.?|id)?\s*[:#]+\s*(?P<found>[A-Z0-9][\w./ -]{2,40})")
_LICENCE = re.compile(
    r"(?i)\b(?:lab(?:oratory)?|state)\s+licen[sc]e\s*(?:#|number|no\.?)?\s*:?\s*(?P<found>[A-Z0-9][A-Z0-9-]{4,24})"
)
_MATRIX = re.compile(r"(?i)\b(?:matrix|sample type|product type)\s*:\s*(?P<found>[A-Za-z][\w -]{2,30})")
_PURPOSE = re.compile(
    r"(?i)\b(?:test|report|order|coa) type\s*:\s*(?P<found>[A-Za-z][\w &/+-]{1,30})"
    r"|(?P<said>\b(?:r ?& ?d|research|non-compliance|informational) (?:test(?:ing)?|sample|report|only|use|purpose)s?\b"
    r"|\b(?:matrix|sample type|product type)\s*:[^\n]{0,40}\br ?& ?d\b"
    r"|\bnot for (?:regulatory |state )?compliance\b)"
)
_WITHDRAWN = re.compile(
    r"(?i)\b(?:certificate|report|coa) (?:is|was|has been) (?P<found>(?:revoked|superseded|void(?:ed)?|withdrawn)\b)"
    r"(?!\s+(?:if|unless|without|when|where|after)\b)"
)
_LAB = re.compile(r"(?i)\b(?:labs?|laborator(?:y|ies)|analytics|analytical|testing services)\b")
_LAB_IN_TEXT = re.compile(r"\b(?P<found>(?:[A-Z][\w&.'-]+ ){1,4}(?:Laborator(?:y|ies)|Labs?|Analytics|Analytical))\b")
_NO_LAB = re.compile(
    r"(?i)result|report|director|manager|sample|date|batch|licen|email|phone|accredit|test code|[.:;]$"
)
_OVERALL = re.compile(r"(?i)\b(?:overall|batch)\b[^\n]{0,20}\bresults?:?\s*(?P<found>pass(?:ed)?|fail(?:ed)?)\b")
_FAILED = re.compile(r"(?i)\bfail(?:ed|s)?$")
_DATE = (
    r"(?P<found>\d{1,2}/\d{1,2}/\d{2,4}|\d{4}-\d{2}-\d{2}"
    r"|[A-Z][a-z]{2,8}\.? \d{1,2},? \d{4}|\d{1,2}-[A-Z][a-z]{2}-\d{4})"
)
_DATES = {
    "collected": re.compile(rf"(?i:\b(?:date )?(?:collected|sampled))\b\s*(?i:on)?\s*:?\s*{_DATE}"),
    "received": re.compile(rf"(?i:\b(?:date )?received)\b\s*(?i:on)?\s*:?\s*{_DATE}"),
    "tested": re.compile(rf"(?i:\b(?:date )?(?:completed|tested))\b\s*(?i:on)?\s*:?\s*{_DATE}"),
    "issued": re.compile(rf"(?i:\b(?:date )?(?:issued|reported|published))\b\s*(?i:on)?\s*:?\s*{_DATE}"),
    "expires": re.compile(rf"(?i:\bexpires?)\b\s*(?i:on)?\s*:?\s*{_DATE}"),
}


def read(data: bytes) -> Certificate:
    """Raises :class:`~kiosk.model.errors.KioskError` for a PDF that is damaged, has no text or no row."""
    printed = [powered(page) for page in pages_of(data)]
    pages = [_lines(page) for page in printed]
    lines = [line for page in pages for line in page]
    if not any(line.strip() for line in lines):
        raise Theirs(text("The PDF has no text: it is a picture of a certificate."))
    set_out = [grid.read(page) for page in printed]
    found = tuple(
        tables.panels(
            [_lines(page, taken) for page, (_, taken) in zip(printed, set_out, strict=True)],
            [row for rows, _ in set_out for row in rows],
        )
    )
    if not any(panel.rows for panel in found):
        raise Theirs(text("No row of a laboratory's table can be read in the PDF."))
    whole = "\n".join(lines)
    overall = _OVERALL.search(whole)
    return Certificate(
        form="pdf",
        lab=_laboratory(pages[0]),
        lab_licence=_first(_LICENCE, whole),
        matrix=_first(_MATRIX, whole),
        batch=_first(_BATCH, whole),
        tags=tuple(dict.fromkeys(_TAG.findall(whole))),
        lab_status=overall["found"] if overall else "",
        purposes=tuple((each["found"] or each["said"]).strip() for each in _PURPOSE.finditer(whole)),
        withdrawn=_first(_WITHDRAWN, whole),
        dates=dates({name: _first(rule, whole) for name, rule in _DATES.items()}),
        panels=found,
        doubts=tuple(_doubts(lines, found)),
    )


def _lines(page: Page, taken: frozenset[Word] = frozenset()) -> list[str]:
    """The lines of a page in the file's order, without the words that are ``taken``."""
    lines: dict[int, list[str]] = {}
    for word in page:
        if word not in taken:
            lines.setdefault(word.line, []).append(word.text)
    return [" ".join(words) for words in lines.values()]


def _laboratory(lines: Sequence[str]) -> str:
    """The first short line of the first page that reads like a laboratory's name."""
    named = (line for line in map(clean, lines) if 5 < len(line) < 60 and _LAB.search(line))
    return next((line for line in named if not _NO_LAB.search(line)), "") or _first(_LAB_IN_TEXT, "\n".join(lines))


def _first(rule: re.Pattern[str], whole: str) -> str:
    found = rule.search(whole)
    return clean(found["found"]) if found else ""


def _doubts(lines: Sequence[str], panels: Sequence[PrintedPanel]) -> Iterator[Text]:
    """A "fail" that no row and no panel has taken in must not be lost."""
    taken = any(lab_word(row.lab_status) == "fail" for panel in panels for row in panel.rows)
    taken = taken or any(lab_word(panel.lab_status) == "fail" for panel in panels)
    split = {
        n + 1 for n, line in enumerate(lines) if line.rstrip().endswith("/")
    }  # "Pass /" on one line, "Fail" on the next
    said = (line.strip() for n, line in enumerate(lines) if n not in split and "/" not in line)
    if not taken and any(_FAILED.search(line) and len(line.split()) <= 12 for line in said):
        yield text("The certificate says somewhere that something fails.")
