"""Rows of a certificate's tables from lines of text.

A line is a row when it begins with the name of an analyte. What follows are cells; which of them is the result is told
by the table's heading, where their numbers agree, or by there being one only that can be. In all other cases the row is
kept, and cannot be read: a figure of the wrong column is never taken for the result.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Literal

import msgspec

from kiosk.documents.certificates import analytes
from kiosk.documents.certificates.fields import clean
from kiosk.documents.certificates.results import lab_word, read_result
from kiosk.documents.certificates.units import Unit, unit
from kiosk.model.certificates import Printed, PrintedPanel

Role = Literal["lod", "loq", "both", "limit", "result", "other", "status", "units"]
Sort = Literal["number", "word", "pair", "filler", "date", "status", "units", "junk"]

_COLUMNS: dict[Role, str] = {
    "lod": "lod,mdl",
    "loq": "loq,lloq,mrl,rl",
    "both": "lod/loq",
    "limit": "limit,action limit,action level,limits,threshold,level",
    "result": "result,results,mass,finding,findings,value,amount,amt,conc,conc.,concentration,measured",
    "other": "mu,uncertainty,measurement uncertainty,±,dil.,dilution,dil,weight,rt",
    "status": "status,pass/fail,p/f,remark,pass / fail,assessment",
    "units": "units,unit",
}
_ROLES: dict[str, Role] = {word: role for role, words in _COLUMNS.items() for word in words.split(",")}
_HEADING_WORDS = {
    *(
        "analyte",
        "compound",
        "pesticide",
        "pesticides",
        "solvent",
        "solvents",
        "metal",
        "metals",
        "cannabinoid",
        "terpene",
    ),
    *("terpenes", "microbe", "target", "name", "action", "measurement", "test", "fail", "pass", "/", "pass/", "1:n"),
}
_IN_ONE_GRAM = r"(?: ?(?:in|/|per) ?1(?:\.0)? ?g(?:ram)?)?"
_WORD = re.compile(
    rf"(?:none |not[ -])detected{_IN_ONE_GRAM}|not present{_IN_ONE_GRAM}|no detection in 1 gram"
    rf"|(?:absent|absence|negative|positive|present|detected){_IN_ONE_GRAM}"
    r"|< ?(?:loq|lod|mrl|rl|lloq)\b|\bblq\b|\bbdl\b|\btntc\b|\bn\.?d\.?\b|not tested|\bnt\b"
    r"|[<>≤≥] ?\d[\d,.]*(?:e[-+]?\d+)?",
    re.IGNORECASE,
)
_PAIR = re.compile(r"(?P<lod>[\d.]+(?:e-?\d+)?) ?/ ?(?P<loq>[\d.]+(?:e-?\d+)?)(?=\s|$)", re.IGNORECASE)
_NUMBER = re.compile(r"(?:\d{1,3}(?:,\d{3})+|\d+)?(?:\.\d+)?(?:e[-+]?\d{1,2})?(?=[\s%]|$)", re.IGNORECASE)
_FILLER = re.compile(r"(?:n/?a|--?|[≥>]=? ?lod)(?=\s|$)", re.IGNORECASE)
_STATUS = re.compile(r"(?:passed|pass|failed|fail|tested|complete|ne)(?=\s|$)", re.IGNORECASE)
_PANEL_LINE = re.compile(
    r"(?P<panel>[A-Za-z][A-Za-z &/,]{3,40}?)(?: (?:lab |test )?results?)?(?: -+ ?[\d/]+)? "
    r"(?P<status>pass|passed|fail|failed|not tested)",
    re.IGNORECASE,
)
CONTROL = re.compile(
    r"(?i)(?:\S+ ){0,2}(?:quality control|qc (?:report|data|results)|method blank|laboratory control)(?: [\w:]+){0,2}"
    r"|.*(?:% recovery|expected conc).*"
)
_PLAIN = ("cannabinoids", "moisture", "water_activity")
"""Panels of which a line outside a table may state the value: "Moisture: 10.7 %"."""
_AMOUNT = re.compile(r"\d+(?:\.\d+)? ?(?:%|mg/g|aw)", re.IGNORECASE)
INSPECTED = "foreign_matter"
"""What is looked at by eye: the word for the panel is its result."""
_LONGEST_NAME = 8
"""Words of the longest analyte name we look for."""


@dataclass(frozen=True, slots=True)
class Cell:
    sort: Sort
    text: str


@dataclass(slots=True)
class Heading:
    """Columns in order, and the unit of each where one is printed."""

    roles: list[Role] = field(default_factory=list)
    units: list[str] = field(default_factory=list)
    panel: str = ""
    """Of the first row under it. A row of another panel stands in another table, whose heading we did not know."""


def panels(pages: Iterable[Sequence[str]], known: Sequence[PrintedPanel] = ()) -> Iterator[PrintedPanel]:
    """Every row that can be found, and panels that a line has a word for. ``pages``: the lines of each. ``known``:
    what was read by its place; what these lines tell of the same analytes and cannot be read is a summary."""
    rows = list[Printed]()
    for page in pages:
        heading, collecting = Heading(), False
        for line in _joined([clean(each) for each in page]):
            if CONTROL.fullmatch(line) and line.count(" ") < 12:
                break  # what follows are the laboratory's own control samples
            if (named := _PANEL_LINE.fullmatch(line)) and (key := analytes.panel(named["panel"])):
                if key == INSPECTED:
                    rows.append(Printed(name=named["panel"], result=named["status"], lab_status=named["status"]))
                yield PrintedPanel(name=key, lab_status=named["status"])
            elif found := list(_rows(line, heading)):
                rows += (row for row in found if not _of_panel(row))
                yield from (PrintedPanel(name=row.name, lab_status=row.lab_status) for row in found if _of_panel(row))
                collecting = False
            elif (more := _heading(line)) is not None and (collecting or more.roles or more.units):
                heading = Heading([*heading.roles, *more.roles], [*heading.units, *more.units]) if collecting else more
                collecting = True
            elif line:
                collecting = False
    placed = [(analytes.analyte(row.name, panel.name), row) for panel in known for row in panel.rows]
    read = {key for key, row in placed if read_result(row.result).kind != "unreadable"}
    rows = [row for row in rows if not _unread(row) or analytes.analyte(row.name) not in read]
    valued = {key for key, row in placed if row.result != row.lab_status}
    valued |= {analytes.analyte(row.name) for row in rows if row.result != row.lab_status}
    for panel in known:
        yield msgspec.structs.replace(panel, rows=tuple(_without_summaries(panel.rows, valued, panel.name)))
    yield PrintedPanel(name="", rows=tuple(_without_summaries(rows, valued)))


def _joined(lines: list[str]) -> Iterator[str]:
    """``Total THC`` on one line and ``19.4%`` on the next are one row: what a product is stands in large letters.

    Where an amount stands above the name as well, it cannot be told whose the one below is.
    """
    waiting = before = ""
    for line in lines:
        activity = line.casefold().endswith("aw") == (analytes.analyte(waiting) == "water_activity")
        joined = f"{waiting} {line}" if waiting and activity and _AMOUNT.fullmatch(line) else line
        key = analytes.analyte(line)
        plain = key is not None and analytes.table().panels[key] in _PLAIN
        waiting = line if plain and not _AMOUNT.fullmatch(before) else ""
        before = line
        yield joined


def _of_panel(row: Printed) -> bool:
    """ "Mycotoxins: pass" speaks of a panel, though it may name an analyte as well."""
    return row.result == row.lab_status and analytes.panel(row.name) not in (None, INSPECTED)


def _unread(row: Printed) -> bool:
    return row.result.startswith("?") and lab_word(row.lab_status) != "fail"


def _without_summaries(rows: Iterable[Printed], valued: set[str | None], where: str = "") -> Iterator[Printed]:
    """A line of the summary repeats the word for an analyte whose value stands in its table."""
    for row in rows:
        summary = row.result == row.lab_status and lab_word(row.lab_status) != "fail"
        if not summary or analytes.analyte(row.name, where) not in valued:
            yield row


def _heading(line: str) -> Heading | None:
    """The columns that ``line`` heads, or None where it is no part of a heading."""
    words = re.sub(r"\s*/\s*", "/", line).split(" ")
    found, n = Heading(), 0
    while n < len(words):
        word = words[n].casefold()
        two = " ".join(words[n : n + 2]).casefold()
        bare = word.strip("()[],:*")
        if two in _ROLES and two != word:
            found.roles.append(_ROLES[two])
            n += 1
        elif bare in _ROLES:
            found.roles.append(_ROLES[bare])
        elif unit(bare) is not None:
            found.units.append(words[n].strip("()[],:*"))
        elif bare not in _HEADING_WORDS:
            return None
        n += 1
    return found


def _rows(line: str, heading: Heading) -> Iterator[Printed]:
    """The rows of one line: tables stand side by side, so that a second name begins a second row."""
    if line.endswith(".") and not line[-2:-1].isdigit():
        return  # a sentence
    words = line.split(" ")
    numbered = re.fullmatch(r"[A-Z]{0,3}\d+-[\w-]+", words[0]) and not _name_at(words, 0)
    start = 1 if numbered else 0  # a sample number may stand first
    while start < len(words) and (length := _name_at(words, start)):
        end = start + length
        after = next((n for n in range(end + 1, len(words)) if _begins_row(words, n)), len(words))
        cells = [cell for cell in _cells(" ".join(words[end:after])) if cell.text.strip("*†‡")]  # footnotes
        formula = any(cell.text in ("+", "=", "0.877") for cell in cells)
        if formula or sum(map(_is_prose, cells)) > 2:
            return  # a sentence or a formula
        if any(cell.sort not in ("junk", "filler", "units") for cell in cells):
            name = " ".join(words[start:end]).rstrip(":")
            heading.panel = heading.panel or _panel_of(name)
            yield _row(name, cells, heading if heading.panel == _panel_of(name) else Heading())
        start = after


def _is_prose(cell: Cell) -> bool:
    return cell.sort == "junk" and cell.text[:1].islower()


def _begins_row(words: Sequence[str], n: int) -> bool:
    """A name in the middle of a line begins a row when it follows a cell, not a word of the name before it."""
    return words[n][:1].isalpha() and len(words[n]) > 2 and _name_at(words, n) > 0 and unit(words[n]) is None


def _name_at(words: Sequence[str], start: int) -> int:
    """How many words from ``start`` name an analyte; 0: none do. The longest name counts."""
    for length in range(min(_LONGEST_NAME, len(words) - start), 0, -1):
        name = " ".join(words[start : start + length]).rstrip(":")
        short = length == 1 and len(name) < 3
        last = name.rsplit(" ", 1)[-1]
        if not re.search(r"[^\W_]", last) or last.endswith((",", "-")) or name.count("(") != name.count(")"):
            continue
        if (short and not name.istitle()) or _NUMBER.fullmatch(name):
            continue
        if analytes.analyte(name) is not None:
            return length
    return 0


def _cells(rest: str) -> Iterator[Cell]:
    while rest := rest.strip():
        known = ((sort, found[0]) for sort, rule in _SORTS if (found := rule.match(rest)) and found[0])
        word = rest.split(" ", 1)[0]
        sort, cell = next(known, ("units" if unit(word.strip("()")) is not None else "junk", word))
        yield Cell(sort, cell)
        rest = rest[len(cell) :]


_SORTS: tuple[tuple[Sort, re.Pattern[str]], ...] = (
    ("date", re.compile(r"\d{1,2}/\d{1,2}/\d{2,4}(?=\s|$)|\d{4}-\d{2}-\d{2}(?=\s|$)")),
    ("filler", _FILLER),
    ("word", _WORD),
    ("pair", _PAIR),
    ("number", _NUMBER),
    ("status", _STATUS),
)


def _row(name: str, cells: list[Cell], heading: Heading) -> Printed:
    said = [cell.text for cell in cells if cell.sort == "status"]
    status = next((each for each in said if lab_word(each) == "fail"), said[-1] if said else "")
    values = [cell for cell in cells if cell.sort in ("number", "word", "pair", "filler")]
    units = [cell.text for cell in cells if cell.sort == "units"]
    own = units[0] if len({unit(each) for each in units}) == 1 else ""
    if not any(cell.sort == "junk" for cell in cells):
        for columns in _readings(heading, bool(said), plain=_panel_of(name) in _PLAIN):
            if mapped := _mapped(values, columns, heading, own):
                return msgspec.structs.replace(mapped, name=name, lab_status=status)
    numbers = [cell for cell in values if cell.sort in ("number", "pair")]
    if word := _only_word([cell.text for cell in values if cell.sort == "word"], bool(numbers)):
        return Printed(name=name, result=word, units=own, lab_status=status)
    plain = analytes.table().panels[analytes.analyte(name) or ""] in _PLAIN and not any(
        cell.sort == "junk" for cell in cells
    )
    if plain and own and len(numbers) == 1 and len(values) - sum(cell.sort == "filler" for cell in values) == 1:
        return Printed(name=name, result=numbers[0].text, units=own, lab_status=status)
    if not values and said:
        return Printed(name=name, result=status, lab_status=status)
    return Printed(name=name, result="? " + " ".join(cell.text for cell in cells), lab_status=status)


def _panel_of(name: str) -> str:
    return analytes.table().panels[analytes.analyte(name) or ""]


def _only_word(words: list[str], beside_numbers: bool) -> str:
    """The word that is the result: the only one, or one of several that all say "not found".

    A word may stand in the limit's column ("not detected in 1 g") and "> 1" nearly always does: beside figures they are
    not the result.
    """
    kinds = {read_result(word).kind for word in words}
    if not words or (len(words) > 1 and not kinds <= {"not_detected", "absent"}) or kinds & {"above", "unreadable"}:
        return ""
    return "" if beside_numbers and any(re.search(r"1 ?g", word) for word in words) else words[-1]


Columns = list[tuple[int, Role]]
"""What each cell of a row is, with the column's place among all of the heading."""


def _readings(heading: Heading, said: bool, *, plain: bool) -> Iterator[Columns]:
    """How a heading may be meant: as it stands; as two tables side by side; its last "result" as the pass or fail.

    ``plain`` rows, of no contaminant: a total has results alone; a heading of units alone is one of results.
    """
    valued = [*enumerate(role for role in heading.roles if role not in ("status", "units"))]
    roles = [role for _, role in valued]
    half = len(valued) // 2
    readings = [valued]
    if half and roles[:half] == roles[half:]:
        readings.append(valued[:half])
    if said and "status" not in heading.roles and roles[-1:] == ["result"]:
        readings.append(valued[:-1])
    if plain:
        readings.append([(n, role) for n, role in valued if role == "result"])
    if plain and not valued:
        readings.append([(n, "result") for n in range(len(heading.units))])
    for reading in readings:
        named = [role for _, role in reading]
        if "result" in named and (plain or (named.count("result") == 1 and named.count("limit") <= 1)):
            yield reading


def _mapped(values: list[Cell], columns: Columns, heading: Heading, own: str) -> Printed | None:
    """Cells by the heading's columns; None where their numbers do not agree."""
    if len(values) != len(columns):
        return None
    found: dict[str, str] = {}
    for cell, (n, role) in zip(values, columns, strict=True):
        if (cell.sort == "pair") != (role == "both"):
            return None
        if role == "both" and (pair := _PAIR.match(cell.text)):
            found |= {"lod": pair["lod"], "loq": pair["loq"]}
        elif role == "result" and "result" not in found:
            if cell.sort == "filler":
                return None
            found |= {"result": cell.text, "units": own or _unit_of(heading, n)}
        elif role == "limit" and cell.sort == "number":
            found["printed_limit"] = cell.text
        elif role in ("lod", "loq") and cell.sort == "number":
            found[role] = cell.text
        elif role in ("lod", "loq") and cell.sort == "word":
            return None  # a word stands in a bound's column: the columns are not what they seem
    bounds = [read_result(found[role]).number for role in ("lod", "loq") if role in found]
    if len(bounds) == 2 and not (None not in bounds and bounds[0] <= bounds[1]):  # type: ignore[operator]
        return None  # nothing is quantified before it is detected: the columns are not what they seem
    return msgspec.convert({"name": "", **found}, Printed)


def _unit_of(heading: Heading, n: int) -> str:
    """The unit of column ``n``: the only one there is, or the one at its place where every column has one."""
    known: list[Unit | None] = [unit(each) for each in heading.units]
    if len(set(known)) == 1:
        return heading.units[0]
    columns = sum(role not in ("status", "units") for role in heading.roles) or len(known)
    return heading.units[n] if len(known) == columns and n < columns else ""
