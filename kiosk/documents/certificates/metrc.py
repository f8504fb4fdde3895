"""METRC lab-result rows, as ``GET /labtests/v2/results`` returns them: one row a test, the unit inside its name.

Facts that are easy to miss: several results of one package (retests) come mixed, and the newest released and unrevoked
one stands; a level of 0 beside the comment "not tested" is no result; rows of ``TestInformationalOnly`` never decide,
nor do those of a test for research (``Lead (ppm) R&D Testing``); the answer is paged by 20. There is no place in it for
a detection limit: where the law lets nothing be detected, these rows alone do not show it.
"""

import re
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any

from kiosk.documents.certificates import analytes, fields
from kiosk.documents.certificates.results import read_result
from kiosk.documents.certificates.units import PRESENCE, unit
from kiosk.model.certificates import Certificate, Printed, PrintedPanel
from kiosk.model.errors import Theirs
from kiosk.model.text import Text, text

_UNTESTED = re.compile(r"(?i)\b(not (been )?tested|not performed|NT|not analy[sz]ed|not required)\b")
_UNCOUNTABLE = re.compile(r"(?i)\b(TNTC|too numerous to count)\b")
_RESEARCH = re.compile(r"(?i)\b(?:r\s*&\s*d|research)\b")


def rows_of(data: Any) -> list[dict[str, Any]] | None:
    """The rows of a bare array or of the v2 envelope; None: this is neither."""
    if isinstance(data, dict):
        data = data["Data"] if "Data" in data else data.get("response_body", data)
        data = data.get("Data", [data]) if isinstance(data, dict) else data
    if isinstance(data, list) and data and all(isinstance(row, dict) and "TestTypeName" in row for row in data):
        return data
    return None


def read(rows: list[dict[str, Any]], envelope: Any) -> Certificate:
    """One package's certificate. Raises :class:`~kiosk.model.errors.Theirs` for rows of several packages or of none
    that stands."""
    if len({fields.words(row.get("PackageId")) for row in rows}) > 1:
        raise Theirs(text("These are the lab results of more than one package."))
    standing = [row for row in rows if _released(row) and not _revoked(row)]
    if not standing:
        raise Theirs(text("No released lab result in the file stands."))
    newest = max(standing, key=_age)
    mine = [row for row in standing if row.get("LabTestResultId") == newest.get("LabTestResultId")]
    kinds = {taken_apart(fields.words(row.get("TestTypeName")))[2] for row in mine} - {""}
    research = {kind for kind in kinds if _RESEARCH.search(kind)}
    panels, loose = _split(mine)
    return Certificate(
        form="metrc",
        lab=fields.first(newest, "LabFacilityName"),
        lab_licence=fields.first(newest, "LabFacilityLicenseNumber"),
        product=fields.first(newest, "ProductName"),
        matrix=fields.first(newest, "ProductCategoryName"),
        tested_as=tuple(sorted(kinds - research)),
        tags=tuple(tag for key in ("PackageLabel", "SourcePackageLabel") if (tag := fields.words(newest.get(key)))),
        lab_status="fail" if any(row.get("OverallPassed") is not True for row in mine) else "pass",
        purposes=tuple(sorted(research)) if research == kinds else (),
        dates=fields.dates(
            {
                "tested": fields.first(newest, "TestPerformedDate"),
                "issued": fields.first(newest, "ResultReleaseDateTime"),
                "expires": fields.first(newest, "ExpirationDateTime"),
            }
        ),
        panels=(*panels, PrintedPanel(name="", rows=tuple(loose))),
        doubts=tuple(_cut_short(envelope, len(rows))),
    )


def _released(row: Mapping[str, Any]) -> bool:
    return fields.words(row.get("ResultReleased", True)).casefold() in ("true", "1")


def _revoked(row: Mapping[str, Any]) -> bool:
    dated = (fields.words(row.get(key)) for key in ("RevokedDate", "LabTestDetailRevokedDate"))
    return any(each and not each.startswith("0001-01-01") for each in dated) or any(
        fields.words(row.get(key)).casefold() in ("true", "1") for key in ("IsRevoked", "LabTestDetailIsRevoked")
    )


def _age(row: Mapping[str, Any]) -> tuple[str, int]:
    number = row.get("LabTestResultId")
    return fields.words(row.get("TestPerformedDate"))[:10], number if isinstance(number, int) else 0


def _cut_short(envelope: Any, here: int) -> Iterator[Text]:
    """The answer is paged: a page may hold all of the passes and none of the fails."""
    envelope = envelope.get("response_body", envelope) if isinstance(envelope, dict) else None
    total = envelope.get("TotalRecords", envelope.get("Total")) if isinstance(envelope, dict) else None
    if isinstance(total, int) and total > here:
        yield text("The file holds {here} of {total} rows.", here=here, total=total)


def _split(rows: list[dict[str, Any]]) -> tuple[list[PrintedPanel], list[Printed]]:
    """Rows that name a whole panel carry the lab's word for it and no value; all others are analytes."""
    panels, loose = [], []
    for row in rows:
        name, units, kind = taken_apart(fields.words(row.get("TestTypeName")))
        passed = row.get("TestPassed")
        status = "pass" if passed is True else "fail" if passed is False else fields.words(passed)
        comment = fields.words(row.get("TestComment"))
        if _UNTESTED.search(comment):
            status = status if status == "fail" else "NT"
        if not units and analytes.analyte(name) is None and (key := analytes.panel(name)) is not None:
            panels.append(PrintedPanel(name=key, lab_status=status))
            continue
        loose.append(
            Printed(
                name=name,
                result="TNTC" if _UNCOUNTABLE.search(comment) else _result(row, status),
                units=units,
                lab_status=status,
                informational=row.get("TestInformationalOnly") is True or _RESEARCH.search(kind) is not None,
            )
        )
    return panels, loose


def _result(row: Mapping[str, Any], status: str) -> str:
    """The level; of a test that finds or does not find, where it is 0, the pass or fail beside it. Its 1 may be "found"
    as well as "yes"."""
    name, units, _ = taken_apart(fields.words(row.get("TestTypeName")))
    level, measured = fields.words(row.get("TestResultLevel")), unit(units)
    if status == "NT" and read_result(level).number in (None, 0):
        return "NT"
    found_or_not = measured is not None and measured.dimension == PRESENCE
    unsaid = not units and analytes.table().panels.get(analytes.analyte(name) or "") == "microbials"
    if level == "" or not (found_or_not or unsaid):
        return level
    return status if read_result(level).number == 0 or status == "fail" else f"{level} of a test that finds or does not"


@lru_cache(maxsize=4096)
def taken_apart(name: str) -> tuple[str, str, str]:
    """``"Arsenic (ppm) Raw Plant Material"`` → ``("Arsenic", "ppm", "Raw Plant Material")``: analyte, unit, kind.

    The unit is the last bracket that spells one; without it all of the name is the analyte, or as much of its
    beginning as names one.
    """
    brackets = list(re.finditer(r"[(\[]([^()\[\]]*)[)\]]", name))
    for found in reversed(brackets):
        if found.start() and unit(found[1]) is not None:
            return _cut(name, found)
    known = analytes.table().by_name
    for found in brackets:  # a unit that we do not know, behind a name that we do
        whole = known.get(analytes.compact(name[: found.end()])) or analytes.analyte(found[1])
        if whole is None and analytes.analyte(name[: found.start()]) is not None:
            return _cut(name, found)
    parts = name.split(" ")
    for length in range(len(parts), 0, -1):
        head = " ".join(parts[:length])
        if analytes.analyte(head) is not None or (length == len(parts) and analytes.panel(head) is not None):
            return head, "", " ".join(parts[length:])
    for length in range(len(parts) - 1, 0, -1):
        if analytes.panel(head := " ".join(parts[:length])) is not None:
            return head, "", " ".join(parts[length:])
    return name, "", name if _RESEARCH.search(name) else ""


def _cut(name: str, bracket: re.Match[str]) -> tuple[str, str, str]:
    rest = re.sub(r"[()\[\]]", " ", name[bracket.end() :])
    return name[: bracket.start()].strip(), bracket[1].strip(), re.sub(r"\s+", " ", rest).strip()
