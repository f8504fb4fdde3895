"""Rows of tables that are set in columns: which cell is the result is told by where it stands.

A cell belongs to the heading it stands under. Where that is not sure, where two columns of results disagree, or where a
bound is no bound, the row is kept and cannot be read.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from fractions import Fraction

from kiosk.documents.certificates import analytes, sideways
from kiosk.documents.certificates.layout import (
    Cell,
    Column,
    Role,
    Table,
    cell,
    column_of,
    joined,
    tables_in,
)
from kiosk.documents.certificates.pdf_text import Word
from kiosk.documents.certificates.results import lab_word, read_result
from kiosk.documents.certificates.tables import CONTROL
from kiosk.documents.certificates.units import MASS, Unit, unit
from kiosk.model.certificates import Printed, PrintedPanel

_WRAPPED = 1.45
"""Of the letters' height: how far above or below its values a part of a name may stand."""
_QUALITY = re.compile(r"(?i)recover|expected|spike|blank|control|duplicate")
"""A heading of the laboratory's own control samples."""
_NOT_TESTED = re.compile(r"(?i)not?\s*tested|n\.?t\.?")
_TESTED = re.compile(r"(?i)tested|completed?|reported")
_BOUNDS: dict[Role, tuple[str, ...]] = {
    "lod": ("lod",),
    "loq": ("loq",),
    "both": ("lod", "loq"),
    "turned": ("loq", "lod"),
}
_SAME = Fraction(6, 1000)
_PAIR = re.compile(r"(?P<one>[<>]?[\d. ]+(?:e-?\d+)?) ?/ ?(?P<two>[<>]?[\d. ]+(?:e-?\d+)?)", re.IGNORECASE)


@dataclass(slots=True)
class Row:
    """One line of a table: its words by column. ``torn``: a word of it stands under no heading for sure. ``aside``: the
    laboratory's words that stand under none."""

    y: float
    size: float
    cells: dict[int, list[Word]] = field(default_factory=dict)
    torn: bool = False
    aside: list[Word] = field(default_factory=list)

    def said(self, n: int) -> str:
        return cell(self.cells[n]).text if n in self.cells else ""

    def words(self) -> list[Word]:
        return [*self.aside, *(word for words in self.cells.values() for word in words)]

    @property
    def valued(self) -> bool:
        return any(n for n in self.cells)

    @property
    def heads(self) -> bool:
        """Words alone, in several columns."""
        said = [self.said(n) for n in self.cells if n]
        return len(said) > 1 and not any(map(_is_value, said)) and not any(re.search(r"\d", each) for each in said)


def read(lines: Sequence[Sequence[Cell]]) -> tuple[list[PrintedPanel], frozenset[Word]]:
    """The rows of every table of a page that is set in columns, and the words of them and their headings. ``lines``: as
    :func:`~.layout.lines_of` puts them together."""
    end = max(
        (line[0].y for line in lines if CONTROL.fullmatch(" ".join(each.text for each in line))), default=float("-inf")
    )
    panels: list[PrintedPanel] = []
    taken: set[Word] = set()
    for table in tables_in(lines):
        panel, found = rows_of(table, lines)
        if found:
            taken |= {word for column in table.columns for each in column.cells for word in each.words}
            taken |= {word for _, words in found for word in words}
        if table.top > end and not any(_QUALITY.search(column.text) for column in table.columns):
            panels.append(PrintedPanel(name=panel, rows=tuple(row for row, _ in found)))
    beside = list(sideways.rows_of(lines))
    taken |= {word for _, words in beside for word in words}
    return [*panels, PrintedPanel(name="", rows=tuple(row for row, _ in beside))], frozenset(taken)


def rows_of(table: Table, lines: Sequence[Sequence[Cell]]) -> tuple[str, list[tuple[Printed, list[Word]]]]:
    """The panel, and every row of an analyte that we know, with the words that it is made of."""
    rows = list(_lines_in(table, lines))
    panel, found = "", []
    for n, row in enumerate(rows):
        if not row.valued:
            continue
        key, name, words = _named(rows, n, panel)
        if key is None and row.heads:
            break  # a heading in words that we do not know: what is below it may be in another order
        if key is None:
            continue
        own = analytes.table().panels[key]
        if panel and own != panel:
            break  # another table, whose heading we did not know
        panel = own
        found.append((_printed(table, row, name), [*row.words(), *words]))
    return panel, found


def _lines_in(table: Table, lines: Sequence[Sequence[Cell]]) -> Iterator[Row]:
    for line in lines:
        mine = [
            part
            for each in line
            if table.bottom + 0.3 * each.size < each.y < table.top - 0.3 * each.size
            and (part := _inside(table, each)) is not None
        ]
        if not mine:
            continue
        row = Row(mine[0].y, max(each.size for each in mine))
        for each in mine:
            for n, words, sure in _placed(each, table.columns):
                said = [word for word in words if lab_word(word.text) in ("pass", "fail")]
                if n and (not sure or table.columns[n].role not in ("status", "result")):
                    row.aside += said
                    words = [word for word in words if word not in said]  # noqa: PLW2901
                if words:
                    row.cells.setdefault(n, []).extend(words)
                    row.torn = row.torn or (n > 0 and not sure)
        yield row


def _inside(table: Table, one: Cell) -> Cell | None:
    """What of a cell stands in the table. The words of a name stay together."""
    if table.x0 <= one.x0 and one.x1 <= table.x1:
        return one
    words = [word for word in one.words if table.x0 <= (word.x0 + word.x1) / 2 <= table.x1]
    if words and words[0].x0 < table.columns[1].x0 and words[-1] is one.words[-1]:
        words = list(one.words)
    return cell(words) if words else None


def _placed(one: Cell, columns: list[Column]) -> Iterator[tuple[int, Sequence[Word], bool]]:
    """The columns that a cell stands in, with its words in each, and whether that is sure."""
    over = [n for n, each in enumerate(columns) if min(each.x1, one.x1) > max(each.x0, one.x0)]
    if len(over) < 2:
        n, sure = column_of(one, columns)
        yield n, one.words, sure
        return
    naming = over[0] == 0
    for n, word in enumerate(one.words):
        apart = n and word.x0 - one.words[n - 1].x1 > 0.45 * word.size
        naming = naming and not apart and not _is_value(word.text)
        at, sure = (0, True) if naming else column_of(word, columns)
        yield at, [word], sure


def _is_value(said: str) -> bool:
    return read_result(said).kind != "unreadable" and not said.isalpha()


def _named(rows: list[Row], n: int, panel: str) -> tuple[str | None, str, list[Word]]:
    """The analyte of row ``n``: its name may be spread over the lines above and below that have no values. The longest
    name counts."""
    own = rows[n].cells.get(0, [])
    above = _part(rows, n, n - 1)
    below = _part(rows, n, n + 1)
    known = []
    spread = ([above, own, below], [above, own], [own, below], [own]) if own else ([above, below], [above], [below])
    for parts in spread:
        if all(parts) and (found := _looked_up(parts, panel)):
            known.append((*found, parts))
    if not known:
        return None, "", []
    key, name, parts = known[0]
    return key, name, [word for part in parts if part is not own for word in part]


def _part(rows: list[Row], n: int, other: int) -> list[Word]:
    if not 0 <= other < len(rows) or rows[other].valued:
        return []
    near = abs(rows[other].y - rows[n].y) <= _WRAPPED * rows[n].size
    return rows[other].cells.get(0, []) if near else []


def _looked_up(parts: list[list[Word]], panel: str) -> tuple[str, str] | None:
    said = " ".join(cell(part).text for part in parts).rstrip(":* ")
    for name in (said, said.replace(" ", "")):
        if (key := analytes.analyte(name, panel)) is not None:
            return key, said
    return None


def _printed(table: Table, row: Row, name: str) -> Printed:
    cells = {n: row.said(n) for n in row.cells if n}
    found, status = _found(table, cells, [word.text for word in row.aside])
    own = next((cells[n] for n in _columns(table, cells, "units")), "")
    values = [each for n in found for each in _values(joined(cells[n]), table.columns[n].unit or own)]
    if row.torn or not all(_agree(values[0], other) for other in values[1:]) or not (values or status):
        return _unreadable(name, row, status)
    if not values:
        return Printed(name=name, result=status, lab_status=status)
    result, units = values[0]
    base = read_result(result).unit or unit(units)
    bounds = _bounds(table, cells, base, own)
    if bounds is None:
        return _unreadable(name, row, status)
    limits = _columns(table, cells, "limit")
    limit = limits[0] if len(limits) == 1 else None  # of several, which is meant for these goods is not told
    return Printed(
        name=name,
        result=result,
        units=units,
        printed_limit="" if limit is None else _with_unit(joined(cells[limit]), table.columns[limit].unit, base),
        lod=bounds.get("lod", ""),
        loq=bounds.get("loq", ""),
        lab_status=status,
    )


def _columns(table: Table, cells: dict[int, str], role: Role) -> list[int]:
    return [n for n, column in enumerate(table.columns) if column.role == role and cells.get(n)]


def _found(table: Table, cells: dict[int, str], aside: list[str]) -> tuple[list[int], str]:
    """The columns of the result, and the laboratory's word, which may stand in a column of results as well."""
    found = _columns(table, cells, "result")
    found = [n for n in found if read_result(joined(cells[n])).kind != "untested"] or found[:1]
    words = [n for n in found if lab_word(cells[n]) in ("pass", "fail") or _TESTED.fullmatch(cells[n])]
    said = [*(cells[n] for n in _columns(table, cells, "status")), *aside]
    if len(words) < len(found) or len(words) > 1:
        said += [cells[n] for n in words]
        found = [n for n in found if n not in words]
    status = said[0] if len(set(map(lab_word, said))) == 1 else " ".join(said)
    if lab_word(status) == "untested" and found and not _NOT_TESTED.fullmatch(status):
        status = ""  # "N/A": there is nothing to pass
    return found, status


def _unreadable(name: str, row: Row, status: str) -> Printed:
    said = " ".join(row.said(n) for n in sorted(row.cells) if n)
    failed = next((word for word in said.split() if lab_word(word) == "fail"), "")
    return Printed(name=name, result=f"? {said}", lab_status=status or failed)


def _values(said: str, units: str) -> Iterator[tuple[str, str]]:
    """``832.7 mg/g (83.27 %)`` is one amount in two units."""
    twice = re.fullmatch(r"([^()]+) ?\(([^()]+)\)", said)
    if twice and all(read_result(each.strip()).unit for each in twice.groups()):
        yield from ((each.strip(), "") for each in twice.groups())
    else:
        yield said, units


def _with_unit(said: str, units: str, base: Unit | None) -> str:
    """A bound whose column has another unit than the result says so itself."""
    read = read_result(said)
    return f"{said} {units}" if units and read.number is not None and not read.unit and unit(units) != base else said


def _bounds(table: Table, cells: dict[int, str], base: Unit | None, own: str) -> dict[str, str] | None:
    """``lod`` and ``loq`` as printed; None where they cannot be what their heading says."""
    found: dict[str, str] = {}
    for role, names in _BOUNDS.items():
        for n in _columns(table, cells, role)[:1]:
            pair = _PAIR.fullmatch(cells[n])
            if len(names) == 2 and pair is None and read_result(cells[n]).kind == "untested":
                continue
            if len(names) == 2 and pair is None:
                return None
            figures = [each.replace(" ", "") for each in pair.groups()] if pair else [joined(cells[n])]
            for name, figure in zip(names, figures, strict=True):
                if read_result(figure).kind not in ("measured", "untested", "below"):
                    return None  # a word stands in a bound's column
                found[name] = _with_unit(figure, table.columns[n].unit or own, base)
    lod, loq = (read_result(found.get(name, "")).number for name in ("lod", "loq"))
    return None if lod and loq and lod > loq else found  # nothing is quantified before it is detected


def _agree(one: tuple[str, str], other: tuple[str, str]) -> bool:
    """The same amount in two units, or the same word twice. What is told per package is another figure."""
    reads = [read_result(said) for said, _ in (one, other)]
    units = [read.unit or unit(stated) for read, (_, stated) in zip(reads, (one, other), strict=True)]
    if None in units or units[0] == units[1]:
        return reads[0] == reads[1]
    if any(each is not None and each.dimension != MASS for each in units):
        return units[0] != units[1]
    if reads[0].number is None or reads[1].number is None:
        return reads[0].kind == reads[1].kind
    amounts = [
        Fraction(read.number or 0) * (each.factor if each else 1) for read, each in zip(reads, units, strict=True)
    ]
    slack = sum(_step(said, each) for (said, _), each in zip((one, other), units, strict=True))
    return reads[0].kind == reads[1].kind and abs(amounts[0] - amounts[1]) <= slack + _SAME * max(amounts)


def _step(said: str, stated: Unit | None) -> Fraction:
    figures = re.sub(r"[^\d.]", "", said).partition(".")[2]
    return (stated.factor if stated else Fraction(1)) / Fraction(10 ** min(len(figures), 30))
