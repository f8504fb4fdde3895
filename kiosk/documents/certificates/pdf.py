"""Certificates as PDF: their text, the rows in it, and the names and dates around them.

``pypdfium2`` takes the text out (the extra ``coa``); why that and no reader of a laboratory's own layout is told in
``docs/adr/0004``. What cannot be taken apart for sure is kept as a row that cannot be read, or is not there: then the
law's panels are missing. Neither passes.
"""

import re
from collections.abc import Iterator, Sequence

from kiosk.documents.certificates import front, grid, tables
from kiosk.documents.certificates.layout import lines_of, powered
from kiosk.documents.certificates.pdf_text import Word, pages_of
from kiosk.documents.certificates.results import lab_word
from kiosk.model.certificates import Certificate, PrintedPanel
from kiosk.model.errors import Theirs
from kiosk.model.text import Text, text

_PURPOSE = re.compile(
    r"(?i)\b(?:test|report|order|coa) type\s*:\s*(?P<found>[A-Za-z][\w &/+-]{1,30})"
    r"|(?P<said>\b(?:r ?& ?d|research|non-compliance) (?:test(?:ing)?|sample|report|only|use|purpose)s?\b"
    r"|\b(?:matrix|sample type|product type)\s*:[^\n]{0,40}\br ?& ?d\b"
    r"|\bnot for (?:regulatory |state )?compliance\b)"
)
_INFORMATIONAL = re.compile(
    r"(?i)\b(?:qa sample|informational (?:use |purposes? |sample )?only|for informational (?:use|purposes?))\b"
)
"""In a heading; in a sentence it may speak of a part only ("values below the quantitation limit are for ...")."""
_WITHDRAWN = re.compile(
    r"(?i)\b(?:certificate|report|coa) (?:is|was|has been) (?P<found>(?:revoked|superseded|void(?:ed)?|withdrawn)\b)"
    r"(?!\s+(?:if|unless|without|when|where|after)\b)"
)
_OVERALL = re.compile(r"(?i)\b(?:overall|batch)\b[^\n]{0,20}\bresults?:?\s*(?P<found>pass(?:ed)?|fail(?:ed)?)\b")
_FAILED = re.compile(r"(?i)\bfail(?:ed|s)?$")


def read(data: bytes) -> Certificate:
    """Raises :class:`~kiosk.model.errors.KioskError` for a PDF that is damaged, has no text or no row."""
    printed = [powered(page) for page in pages_of(data)]
    pages = [_lines(page) for page in printed]
    lines = [line for page in pages for line in page]
    if not any(line.strip() for line in lines):
        raise Theirs(text("The PDF has no text: it is a picture of a certificate."))
    placed = [lines_of(page) for page in printed]
    set_out = [grid.read(page) for page in placed]
    found = tuple(
        tables.panels(
            [_across(page, taken) for page, (_, taken) in zip(printed, set_out, strict=True)],
            [panel for panels, _ in set_out for panel in panels],
        )
    )
    if not any(panel.rows for panel in found):
        raise Theirs(text("No row of a laboratory's table can be read in the PDF."))
    whole = "\n".join(lines)
    around = front.read(pages, [line for page in placed for line in page])
    return Certificate(
        form="pdf",
        lab=around.lab,
        lab_licence=around.lab_licence,
        numbers=around.numbers,
        product=around.product,
        matrix=around.matrix,
        batch=around.batch,
        tags=around.tags,
        lab_status=front.first(_OVERALL, whole),
        purposes=tuple(_purposes(whole, lines)),
        withdrawn=front.first(_WITHDRAWN, whole),
        dates=around.dates,
        panels=found,
        doubts=tuple(_doubts(lines, found)),
    )


def _lines(page: Sequence[Word]) -> list[str]:
    """The lines of a page in the file's order."""
    lines: dict[int, list[str]] = {}
    for word in page:
        lines.setdefault(word.line, []).append(word.text)
    return [" ".join(words) for words in lines.values()]


def _across(page: Sequence[Word], taken: frozenset[Word]) -> list[str]:
    """The lines as they are seen, whole from side to side, without the words that are ``taken``: the file's order may
    hold the limit of a row and not its result. Words that run another way come last."""
    rest = [word for word in page if word not in taken]
    seen = [" ".join(each.text for each in line) for line in lines_of(rest)]
    return [*seen, *_lines([word for word in rest if not word.size])]


def _purposes(whole: str, lines: Sequence[str]) -> Iterator[str]:
    yield from ((each["found"] or each["said"]).strip() for each in _PURPOSE.finditer(whole))
    for line in lines:
        if len(line.split()) < 8 and not line.rstrip().endswith(".") and (found := _INFORMATIONAL.search(line)):
            yield f"informational: {found[0]}"


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
