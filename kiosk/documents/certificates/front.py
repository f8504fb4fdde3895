"""What stands around the tables of a PDF: names, numbers and dates, by their labels.

``Batch #: B-17``, or the label in one cell and what it says in the next.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from kiosk.documents.certificates.analytes import compact
from kiosk.documents.certificates.fields import clean, dates
from kiosk.documents.certificates.layout import Cell
from kiosk.model.certificates import Dates

_LABELLED = re.compile(r"(?P<label>[A-Za-z][A-Za-z /()-]{1,30}?)\s*(?:#\s*:?|:)\s*(?P<value>.*)")
_NEXT = 25
"""Of the letters' height: how far the cell may be that a label speaks of."""
_LABELS = {
    "matrix": "matrix samplematrix sampletype producttype productclass productcategory category type",
    "batch": "batch batchnumber batchno batchid lot lotnumber lotno lotid harvestlotid sourcebatchid mebatchid "
    "metrcbatchid",
    "product": "samplename productname product itemname retailname clientsamplename",
    "collected": "datecollected collected datesampled sampled samplingdate collectiondate",
    "received": "datereceived received receiveddate samplereceived",
    "tested": "completed datecompleted completiondate tested datetested testdate analysisdate dateanalyzed "
    "datetimeanalyzed",
    "issued": "dateissued issued dateofissue reportdate datereported reported reportsubmitted published",
    "expires": "expires expiration expirationdate expiry",
}
_BY_LABEL = {label: field for field, labels in _LABELS.items() for label in labels.split()}
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
_TAG = re.compile(r"(?<![0-9A-Z])1A[0-9A-F]{13}[0-9]{9}(?![0-9A-Z])")
_BATCH = re.compile(r"(?i)\b(?:batch|lot)\s*(?:#|number|no\.?|id)?\s*[:#]+\s*(?P<found>[A-Z0-9][\w./ -]{2,40})")
_LICENCE = re.compile(
    r"(?i)\b(?:lab(?:oratory)?|state)\s+licen[sc]e\s*(?:#|number|no\.?)?\s*:?\s*(?P<found>[A-Z0-9][A-Z0-9-]{4,24})"
)
_NUMBER = re.compile(r"(?<![\w-])[A-Z]{1,5}\d{0,3}-\d{3,8}(?:-[A-Z]{2,4})?(?![\w-])")
_MATRIX = re.compile(r"(?i)\b(?:matrix|sample type|product type)\s*:\s*(?P<found>[A-Za-z][\w -]{2,30})")
_LAB = re.compile(r"(?i)\b(?:labs?|laborator(?:y|ies)|analytics|analytical|testing services)\b")
_LAB_IN_TEXT = re.compile(r"\b(?P<found>(?:[A-Z][\w&.'-]+ ){1,4}(?:Laborator(?:y|ies)|Labs?|Analytics|Analytical))\b")
_NO_LAB = re.compile(
    r"(?i)result|report|director|manager|sample|date|batch|licen|email|phone|accredit|test code|[.:;]$"
)


@dataclass(frozen=True, slots=True)
class Front:
    """Everything as it was printed; ``""`` where it was not found. ``numbers``: what looks like a licence."""

    lab: str
    lab_licence: str
    numbers: tuple[str, ...]
    product: str
    matrix: str
    batch: str
    tags: tuple[str, ...]
    dates: Dates


def read(pages: Sequence[Sequence[str]], lines: Sequence[Sequence[Cell]]) -> Front:
    """``pages``: lines in the file's order; ``lines``: cells by their places."""
    whole = "\n".join(line for page in pages for line in page)
    said: dict[str, str] = {}
    for field, value in _labelled(lines):
        if (field not in _DATES or re.search(_DATE, value)) and (field != "batch" or re.search(r"\d", value)):
            said.setdefault(field, value.partition(";")[0].strip())
    return Front(
        lab=_laboratory(pages[0]),
        lab_licence=first(_LICENCE, whole),
        numbers=tuple(dict.fromkeys(_NUMBER.findall(whole))),
        product=said.get("product", ""),
        matrix=said.get("matrix", "") or first(_MATRIX, whole),
        batch=said.get("batch", "") or first(_BATCH, whole),
        tags=tuple(dict.fromkeys(_TAG.findall(whole))),
        dates=dates({name: _date(said.get(name, "")) or first(rule, whole) for name, rule in _DATES.items()}),
    )


def first(rule: re.Pattern[str], whole: str) -> str:
    found = rule.search(whole)
    return clean(found["found"]) if found else ""


def _labelled(lines: Sequence[Sequence[Cell]]) -> Iterator[tuple[str, str]]:
    for line in lines:
        for n, each in enumerate(line):
            found = _LABELLED.fullmatch(each.text)
            if found is None or (field := _BY_LABEL.get(compact(found["label"]))) is None:
                continue
            value = found["value"]
            if not value and n + 1 < len(line) and line[n + 1].x0 - each.x1 < _NEXT * each.size:
                value = "" if _LABELLED.fullmatch(line[n + 1].text) else line[n + 1].text
            if value.strip():
                yield field, clean(value)


def _date(said: str) -> str:
    found = re.search(_DATE, said)
    return found["found"] if found else ""


def _laboratory(lines: Sequence[str]) -> str:
    """The first short line of the first page that reads like a laboratory's name."""
    named = (line for line in map(clean, lines) if 5 < len(line) < 60 and _LAB.search(line))
    return next((line for line in named if not _NO_LAB.search(line)), "") or first(_LAB_IN_TEXT, "\n".join(lines))
