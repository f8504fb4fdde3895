"""Where words stand on a page: lines across, cells in them, and the columns that a table's heading sets.

A heading is a line of words such as "Analyte", "LOD", "Limit (ppm)", "Result", set apart from each other; they may be
stacked over several lines, and two tables may stand side by side.
"""

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from typing import Literal

from kiosk.documents.certificates import analytes
from kiosk.documents.certificates.pdf_text import Word
from kiosk.documents.certificates.results import lab_word, read_result
from kiosk.documents.certificates.units import unit

Role = Literal["name", "lod", "loq", "both", "turned", "limit", "result", "status", "units", "other"]
"""What a column holds. ``both``: LOD / LOQ in one; ``turned``: LOQ / LOD."""

GLUE = 0.16
"""Of the letters' height: words nearer than this are one."""
APART = 0.6
"""Words farther apart stand in different cells."""
_NEAR, _FAR = 5.0, 25.0
_OUT = 12.0
"""How far to the left of their heading names may begin."""
_STACK, _STAGGER, _BESIDE = 1.7, 1.0, 6.0
"""The next line of a heading is no farther; a column whose heading has fewer lines stands between them."""

_PHRASES: dict[Role, str] = {
    "name": "analyte,analytes,compound,compounds,pesticide,pesticides,cannabinoid,cannabinoids,terpene,terpenes,"
    "terpenoid,terpenoids,monoterpenes,sesquiterpenes,solvent,solvents,residual solvent,residual solvents,metal,metals,"
    "heavy metal,heavy metals,element,elements,mycotoxin,mycotoxins,microbe,microbes,microbial,microorganism,organism,"
    "target,test,tests,parameter,contaminant,contaminants,name,component,analysis,test analysis",
    "lod": "lod,mdl,limit of detection,detection limit",
    "loq": "loq,lloq,mrl,rl,limit of quantitation,limit of quantification,reporting limit,quantitation limit",
    "both": "lod/loq",
    "turned": "loq/lod",
    "limit": "limit,limits,action limit,action limits,action level,action levels,action,threshold,level,spec,"
    "specification,state limit,regulatory limit,max limit,maximum limit,pass limit,allowable limit,use limit,"
    "safety limit",
    "result": "result,results,mass,finding,findings,value,amount,amt,conc,conc.,concentration,measured,test result,"
    "test results,level found,sample result",
    "status": "status,pass/fail,p/f,pass/,disposition,remark,assessment,evaluation,conclusion,pass or fail,"
    "result status,compliance",
    "units": "unit,units,uom,unit of measure",
    "other": "mu,uncertainty,measurement uncertainty,±,dilution,dil,dil.,dilution factor,df,weight,rt,method,methods,"
    "instrument,instruments,cas,cas #,cas no.,notes,note,qualifier,qualifiers,comment,comments,date,date tested,"
    "analysis date,sop,test id,sample id,lab id,id,category,classification,visual,graph,rsd,%rsd,key,mg/serving,"
    "relative concentration",
}
_BY_PHRASE = {phrase.replace(" ", ""): role for role, phrases in _PHRASES.items() for phrase in phrases.split(",")}
"""Without blanks: they may be too narrow to be seen."""
_PARTS = {word for phrases in _PHRASES.values() for phrase in phrases.split(",") for word in phrase.split(" ")}
_PARTS = (_PARTS | {"(1:n)", "action"}) - {"of", "or", "pass", "fail", "tested"}
_POWER = re.compile(r"[-−]?\d{1,2}")
_UNIT_IN_BRACKETS = re.compile(r"[(\[]\s*([^()\[\]]{1,24}?)\s*[)\]]")
_AFTER_UNIT = re.compile(r"[,:*†^]+$")


@dataclass(frozen=True, slots=True)
class Cell:
    """Words of one line that stand together."""

    x0: float
    x1: float
    y: float
    size: float
    text: str
    words: tuple[Word, ...] = ()


@dataclass(slots=True)
class Column:
    """``cells``: what is stacked to its heading."""

    cells: list[Cell]
    role: Role = "other"
    unit: str = ""

    @property
    def x0(self) -> float:
        return min(each.x0 for each in self.cells)

    @property
    def x1(self) -> float:
        return max(each.x1 for each in self.cells)

    @property
    def text(self) -> str:
        return " ".join(each.text for each in sorted(self.cells, key=lambda one: (-one.y, one.x0)))


@dataclass(slots=True)
class Table:
    """Columns from left to right, the first the names; rows stand between ``top`` and ``bottom`` (counted from below),
    from ``x0`` to ``x1``."""

    columns: list[Column]
    x0: float
    x1: float
    top: float
    bottom: float = float("-inf")

    @property
    def highest(self) -> float:
        return max(each.y for column in self.columns for each in column.cells)


def powered(page: Sequence[Word]) -> list[Word]:
    """``page`` with the figures that stand small and raised behind another made powers of it: 10 with a 5 above is
    ``10^5``, not 10."""
    by_height = sorted((word for word in page if word.size), key=lambda each: each.y)
    heights = [word.y for word in by_height]
    whole = {id(word): word for word in page}
    for raised in by_height:
        if not _POWER.fullmatch(raised.text):
            continue
        low, high = raised.y - 0.9 * 4 * raised.size, raised.y - 0.15 * raised.size
        for word in by_height[bisect_left(heights, low) : bisect_right(heights, high)]:
            near = -0.1 <= (raised.x0 - word.x1) / word.size <= 0.3
            if near and 0.2 <= (raised.y - word.y) / word.size <= 0.8 and word.text[-1:].isdigit():
                joint = f"{whole[id(word)].text}^{raised.text}"
                whole[id(word)] = Word(word.line, word.x0, raised.x1, word.y, word.size, joint)
                whole.pop(id(raised), None)
                break
    return list(whole.values())


def lines_of(words: Iterable[Word]) -> list[list[Cell]]:
    """Lines from the top down, cells from the left; raised small letters belong to the line below them."""
    lines: list[tuple[float, float, list[Word]]] = []
    for word in sorted((each for each in words if each.size), key=lambda each: -each.y):
        for n in range(len(lines) - 1, max(len(lines) - 4, -1), -1):
            y, size, there = lines[n]
            small = min(size, word.size) < 0.85 * max(size, word.size)
            if abs(y - word.y) <= (0.5 if small else 0.3) * min(size, word.size) and not _covers(there, word):
                there.append(word)
                if word.size > size:
                    lines[n] = (word.y, word.size, there)
                break
        else:
            lines.append((word.y, word.size, [word]))
    return [list(_cells(there)) for _, _, there in sorted(lines, key=lambda each: -each[0])]


def _covers(there: Sequence[Word], word: Word) -> bool:
    return any(each.x0 < word.x1 - 0.5 and word.x0 < each.x1 - 0.5 and each.y != word.y for each in there)


def _cells(words: list[Word]) -> Iterator[Cell]:
    words.sort(key=lambda each: each.x0)
    run: list[Word] = []
    for word in words:
        if run and word.x0 - run[-1].x1 > APART * max(word.size, run[-1].size):
            yield cell(run)
            run = []
        run.append(word)
    if run:
        yield cell(run)


def cell(run: Sequence[Word]) -> Cell:
    """``run`` from left to right, at least one word."""
    said = run[0].text
    for before, word in pairwise(run):
        said += word.text if word.x0 - before.x1 <= GLUE * word.size else f" {word.text}"
    return Cell(run[0].x0, max(each.x1 for each in run), run[0].y, max(each.size for each in run), said, tuple(run))


@lru_cache(maxsize=4096)
def meaning(text: str) -> tuple[Role | None, str]:
    """What a column of this heading holds, and its unit: ``"Action Level (ppb)"`` → ``("limit", "ppb")``."""
    units = [each for each in _UNIT_IN_BRACKETS.findall(text) if unit(each)]
    bare = re.sub(r"\s+", " ", _UNIT_IN_BRACKETS.sub(_not_a_unit, text.casefold())).strip(" ,:*†^.")
    bare = re.sub(r"\s*/\s*", "/", bare)
    if len({unit(each) for each in units}) > 1:
        return None, ""
    if not bare and units:
        return "result", units[0]
    if (role := _BY_PHRASE.get(bare.replace(" ", ""))) is not None:
        return role, units[0] if units else ""
    if unit(bare) is not None:
        return "result", bare
    words = [each.strip(",:") for each in bare.split(" ")]
    for length in range(len(words) - 1, 0, -1):  # "Result mg/g", "mg/g Result"
        for head, tail in ((words[:length], words[length:]), (words[-length:], words[:-length])):
            if (role := _BY_PHRASE.get("".join(head))) is not None and unit(" ".join(tail)) is not None and not units:
                return role, " ".join(tail)
    for length in range(1, len(words)):  # "Potency Result"
        role = _BY_PHRASE.get("".join(words[length:]))
        if (
            role in ("name", "result", "units", "lod", "loq", "limit")
            and analytes.panel(" ".join(words[:length])) is not None
        ):
            return role, units[0] if units else ""
    return ("name", "") if analytes.panel(bare) is not None else (None, "")


def _not_a_unit(found: re.Match[str]) -> str:
    """Brackets that hold a unit, or a ratio, say nothing of the role."""
    return " " if unit(found[1]) is not None or found[1] == "1:n" else found[0]


def _is_part(text: str) -> bool:
    """Every word of it may stand in a heading."""
    if analytes.analyte(text) is not None:
        return False
    if meaning(text)[0] is not None:
        return True
    words = _UNIT_IN_BRACKETS.sub(_not_a_unit, text.casefold()).split()
    return all(_AFTER_UNIT.sub("", each) in _PARTS or unit(each) is not None for each in words)


def tables_in(lines: Sequence[Sequence[Cell]]) -> list[Table]:
    """Every table whose heading is set in columns."""
    every = [each for line in lines for each in line]
    found = [table for band in _bands(lines) for table in _split(_columns(band, every))]
    for table in found:
        below = [
            other.highest
            for other in found
            if other.highest < table.top
            and other.columns[0].x0 < table.columns[-1].x1
            and table.columns[0].x0 < other.columns[-1].x1
        ]
        table.bottom = max(below, default=table.bottom)
    for table in found:
        for other in found:
            if not (table.bottom < other.top and other.bottom < table.top):
                continue
            if other.columns[-1].x1 < table.columns[1].x0:
                table.x0 = max(table.x0, other.columns[-1].x1 + 1)
            elif table.columns[-1].x1 < other.columns[0].x0:
                table.x1 = min(table.x1, other.columns[0].x0 - 1)
    return found


def _bands(lines: Sequence[Sequence[Cell]]) -> Iterator[list[Cell]]:
    """Parts of headings that stand beside or on top of each other."""
    beside: list[list[Cell]] = []
    for line in lines:
        run: list[Cell] = []
        for n, each in enumerate(line):
            if _is_part(each.text) and not any(_beside_value(each, other) for other in line[max(n - 1, 0) : n + 2]):
                run.append(each)
            elif len(run) > 1 and _may_head(each, run[-1]):
                run.append(each)  # a column of which we do not know what it holds
            elif run:
                beside.append(run)
                run = []
        if run:
            beside.append(run)
    while beside:
        band = beside.pop(0)
        joining = True
        while joining:
            joining = False
            for other in beside:
                if any(_stacked(one, each) for one in band for each in other):
                    band += other
                    beside.remove(other)
                    joining = True
                    break
        roles = {meaning(each.text)[0] for each in band if unit(each.text) is None}
        if roles & {"result", "limit", "lod", "loq", "both", "turned"}:
            yield band


def _beside_value(one: Cell, other: Cell) -> bool:
    """A unit between figures is part of a row."""
    far = _FAR if unit(one.text) is not None and not one.text.startswith(("(", "[")) else _NEAR
    near = max(one.x0, other.x0) - min(one.x1, other.x1) < far * one.size
    return one is not other and near and _is_value(other.text)


def _may_head(one: Cell, before: Cell) -> bool:
    words = one.text.casefold().split()
    near = one.x0 - before.x1 < _BESIDE * one.size and len(words) <= 2 and not analytes.panel(words[0])
    return near and not _is_value(one.text) and analytes.analyte(one.text) is None and not re.search(r"\d", one.text)


def _is_value(text: str) -> bool:
    return not _is_part(text) and (read_result(text).kind != "unreadable" or lab_word(text) in ("pass", "fail"))


def _stacked(one: Cell, other: Cell) -> bool:
    over, size = _overlap(one, other), max(one.size, other.size)
    far = abs(one.y - other.y)
    if min(one.size, other.size) < 0.7 * size:
        return False  # a title
    return 0 < far <= _STACK * size if over > 0 else far <= _STAGGER * size and -over <= _BESIDE * size


def _overlap(one: Cell | Column | Word, other: Cell | Column | Word) -> float:
    return min(one.x1, other.x1) - max(one.x0, other.x0)


def _columns(band: list[Cell], every: Sequence[Cell]) -> list[Column]:
    columns: list[Column] = []
    for each in sorted(band, key=lambda one: one.x1 - one.x0):
        best = max(columns, key=lambda one: _overlap(one, each), default=None)
        if best is not None and _overlap(best, each) > 0.3 * min(best.x1 - best.x0, each.x1 - each.x0):
            best.cells.append(each)
        else:
            columns.append(Column([each]))
    columns.sort(key=lambda one: one.x0)
    columns = _with_units_beside(_run_together(columns))
    for column in columns:
        column.role, column.unit = _role(column)
        if column.role == "result" and all(unit(each.text.strip("()[]")) for each in column.cells):
            column.role = "other" if any(_stands_over(each, column, band) for each in every) else "result"
    for one, other in pairwise(columns):
        if _overlap(one, other) > 0.1 * min(one.x1 - one.x0, other.x1 - other.x0):
            one.role, other.role = "other", "other"  # which stands over which figures cannot be told
    return columns


def _stands_over(one: Cell, column: Column, band: list[Cell]) -> bool:
    """A heading in words that we do not know, over a unit: what is below may be anything."""
    top = max(column.cells, key=lambda each: each.y)
    near = 0 < one.y - top.y <= _STACK * max(one.size, top.size) and _overlap(one, column) > 0
    return near and not re.search(r"\d|:$", one.text) and not any(one is each for each in band)


def _role(column: Column) -> tuple[Role, str]:
    """What stands on top may be the title of the table."""
    stacked = sorted(column.cells, key=lambda one: (-one.y, one.x0))
    for n in range(len(stacked)):
        role, said = meaning(" ".join(each.text for each in stacked[n:]))
        if role is not None:
            return role, said
        if not any(analytes.panel(word) for word in stacked[n].text.split(" ")):
            break
    return "other", ""


def _run_together(columns: list[Column]) -> list[Column]:
    """``Action`` and ``Level`` set wide are one heading."""
    whole = columns[:1]
    for column in columns[1:]:
        before, size = whole[-1], column.cells[0].size
        roles = {meaning(each)[0] for each in (before.text, column.text, f"{before.text} {column.text}")}
        if len(roles) == 1 and roles & {"limit", "other"} and column.x0 - before.x1 < 2 * APART * size:
            before.cells += column.cells
        else:
            whole.append(column)
    return whole


def _with_units_beside(columns: list[Column]) -> list[Column]:
    """A unit that stands a line below and a little to the side of its heading belongs to it."""
    for column in [each for each in columns if unit(each.text.strip("()[] ")) is not None]:
        y = column.cells[0].y
        gaps = sorted(
            (max(other.x0 - column.x1, column.x0 - other.x1), n)
            for n, other in enumerate(columns)
            if other is not column and all(each.y != y for each in other.cells) and not meaning(other.text)[1]
        )
        size = max(each.size for each in column.cells)
        if gaps and gaps[0][0] < size and (len(gaps) == 1 or gaps[0][0] < 0.7 * gaps[1][0]):
            columns[gaps[0][1]].cells += column.cells
            columns = [each for each in columns if each is not column]
    return columns


def _split(columns: list[Column]) -> Iterator[Table]:
    """A column of names begins a table; where none is headed, the names stand at the left."""
    size = max(each.size for column in columns for each in column.cells)
    roles = [column.role for column in columns]
    before = None
    while "name" in roles and roles[0] == "other":  # numbers of samples, to the left of the names
        before, columns, roles = columns[0], columns[1:], roles[1:]
    if columns[0].role != "name":
        first = columns[0]
        columns.insert(
            0, Column([Cell(first.x0 - 25 * size, first.x0 - 0.5 * size, first.cells[0].y, size, "")], "name")
        )
    starts = [n for n, each in enumerate(columns) if each.role == "name"]
    for start, end in zip(starts, [*starts[1:], len(columns)], strict=True):
        mine = columns[start:end]
        if not any(each.role in ("result", "status") for each in mine):
            continue
        left = mine[0].x0 - (0.5 if start else _OUT) * size
        if before is not None and not start:
            left = before.x1 + 1
        border = columns[end].x0 - 0.5 * size if end < len(columns) else float("inf")
        top = min(each.y for column in mine for each in column.cells)
        _with_one_unit(mine)
        yield Table(mine, left, min(mine[-1].x1 + 4 * size, border), top)


def _with_one_unit(columns: list[Column]) -> None:
    """Where limit and method's bounds say one unit and the result none, it is the same."""
    said = {column.role: column.unit for column in columns if column.unit}
    bounds = [said[role] for role in ("lod", "loq", "both", "turned") if role in said]
    results = [column for column in columns if column.role == "result"]
    if bounds and "limit" in said and len({unit(each) for each in (*bounds, said["limit"])}) == 1:
        plain = not any(column.unit for column in results) and all(column.role != "units" for column in columns)
        for column in results if plain else ():
            column.unit = said["limit"]


def column_of(one: Cell | Word, columns: Sequence[Column]) -> tuple[int, bool]:
    """The column whose heading is over it, or nearest to it, and whether that is without doubt: what begins, ends or is
    centred with its heading stands under it."""
    over = [_overlap(each, one) for each in columns]
    best = max(range(len(columns)), key=over.__getitem__)
    rest = max((each for n, each in enumerate(over) if n != best), default=float("-inf"))
    enough = 0.25 * min(one.x1 - one.x0, columns[best].x1 - columns[best].x0)
    return best, over[best] > enough and (rest <= 0 or over[best] > 2 * rest)


def joined(said: str) -> str:
    """``0. 1`` is 0.1: type set with gaps."""
    return re.sub(r"(?<=\d) (?=\.\d)|(?<=\d\.) (?=\d)", "", said)
