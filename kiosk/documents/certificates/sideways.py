"""Tables whose analytes stand side by side, with their amounts below: one line for each unit.

  D9-THC   THCA    CBD
% 0.627    21.459  ND
LOD 0.001  0.001   0.001
"""

from collections.abc import Iterator, Sequence

from kiosk.documents.certificates import analytes
from kiosk.documents.certificates.layout import Cell, Column, column_of, joined
from kiosk.documents.certificates.pdf_text import Word
from kiosk.documents.certificates.units import MASS, unit
from kiosk.model.certificates import Printed

_NAMES = 4
"""As many in one line head the columns of a table."""
_BELOW = 5
"""Lines that may belong to it."""


def rows_of(lines: Sequence[Sequence[Cell]]) -> Iterator[tuple[Printed, list[Word]]]:
    """Every analyte with an amount, and the words that it is made of."""
    for n, line in enumerate(lines):
        known = [each for each in line if _is_potency(each.text)]
        if len(known) < _NAMES or 2 * len(known) < len(line):
            continue
        names = [Column(_with_above(each, lines[max(n - 2, 0) : n])) for each in line]
        label = Cell(line[0].x0 - 20 * line[0].size, line[0].x0 - 1, line[0].y, line[0].size, "")
        columns = [Column([label]), *names]
        amounts, lods, units = _below(columns, lines[n + 1 : n + 1 + _BELOW])
        for at, column in enumerate(columns):
            name = next((each for each in (column.text, column.text.replace(" ", "")) if _is_potency(each)), "")
            if not name or at not in amounts:
                continue
            used = [*column.cells, *amounts[at], *lods.get(at, ())]
            result, bound = (" ".join(joined(each.text) for each in cells) for cells in (amounts[at], lods.get(at, [])))
            yield (
                Printed(name=name, result=result, units=units, lod=bound),
                [word for each in used for word in each.words],
            )


def _is_potency(said: str) -> bool:
    key = analytes.analyte(said)
    return key is not None and analytes.table().panels[key] == "cannabinoids"


def _with_above(one: Cell, above: Sequence[Sequence[Cell]]) -> list[Cell]:
    """``TOTAL THC`` over ``(DRY)``."""
    stacked = [one]
    for line in reversed(above):
        stacked += (
            each
            for each in line
            if min(each.x1, one.x1) > max(each.x0, one.x0)
            and each.y - stacked[-1].y < 1.7 * one.size
            and each.x1 - each.x0 < 8 * one.size
            and each.text.isupper()
        )
    return stacked


def _below(
    columns: list[Column], lines: Sequence[Sequence[Cell]]
) -> tuple[dict[int, list[Cell]], dict[int, list[Cell]], str]:
    """The cells of the first line that is labelled with a share, those of the line of detection limits, and the unit.
    Two cells of one column, or one of which the column is not sure, cannot be read afterwards."""
    amounts: dict[int, list[Cell]] = {}
    lods: dict[int, list[Cell]] = {}
    units = ""
    for line in lines:
        label = line[0].text if line and line[0].x1 < columns[1].x0 else ""
        stated = unit(label)
        if not label and amounts:
            break
        into = lods if label.casefold() == "lod" else None
        if not units and stated is not None and stated.dimension == MASS:
            into, units = amounts, label
        for each in line[1:] if into is not None else ():
            at, sure = column_of(each, columns)
            into.setdefault(at, []).extend([each] if sure else [each, each])  # type: ignore[union-attr]
    return amounts, lods, units
