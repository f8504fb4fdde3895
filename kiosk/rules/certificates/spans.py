"""What one printed row says as a span of possible amounts, exact and in its dimension's base unit."""

from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache

from kiosk.documents.certificates.results import Kind, Read, read_bound, read_result
from kiosk.documents.certificates.units import ACTIVITY, Unit, no_unit, unit
from kiosk.model.certificates import Printed
from kiosk.model.text import Text, text


@dataclass(frozen=True, slots=True)
class Span:
    """The amount is at least ``low`` and at most ``high`` (None: without end; ``open``: less than ``high``).

    ``kind`` is how it was printed. ``unit`` None: no unit was printed. ``fault``: why it cannot be compared at all.
    ``lod`` and ``loq`` are the method's limits, None where not stated.
    """

    kind: Kind
    low: Fraction = Fraction(0)
    high: Fraction | None = None
    open: bool = False
    unit: Unit | None = None
    lod: Fraction | None = None
    loq: Fraction | None = None
    fault: Text | None = None

    @property
    def nothing(self) -> bool:
        """Nothing was found, as far as the method can see."""
        return self.kind in ("not_detected", "absent") or (self.kind == "measured" and self.low == 0)

    @property
    def needs_unit(self) -> bool:
        """A word for nothing is nothing in any unit; a figure without one is no figure, a nought as well."""
        return self.kind not in ("not_detected", "absent")


@lru_cache(maxsize=1024)
def span(row: Printed) -> Span:
    """Any row gives one; where it says nothing certain, ``fault`` says why."""
    read = read_result(row.result)
    stated, fault = _unit(row, read)
    lod, loq = _bound(row.lod, stated), _bound(row.loq, stated)
    number = read.number
    if number and stated and stated.factor != 1:
        number *= stated.factor
    low, high, is_open = Fraction(0), None, False
    match read.kind:
        case "measured":  # below what the method can see or quantify, the figure is no better than that
            low = number or Fraction(0)
            high = max([low, *(bound for bound in (lod, loq) if bound)])
        case "below":
            high, is_open = number, not read.inclusive
        case "above":
            low = number or Fraction(0)
        case "not_detected" | "absent":
            known = next((each for each in (number, lod, loq) if each), None)
            high, is_open = known or Fraction(0), known is not None
        case "below_loq":
            high, is_open = number or loq, True
        case "unreadable":
            fault = text("The result {result} cannot be read.", result=row.result)
    return Span(read.kind, low, high, is_open, stated, lod, loq, fault)


def _unit(row: Printed, read: Read) -> tuple[Unit | None, Text | None]:
    column = unit(row.units)
    if column is None and not no_unit(row.units):
        return None, text("The unit {unit} is not known.", unit=row.units)
    if read.unit and column and read.unit != column and not column.dimension == ACTIVITY == read.unit.dimension:
        return None, text("The row has two units: {one} and {other}.", one=read.unit.name, other=column.name)
    return read.unit or column, None


def _bound(printed: str, stated: Unit | None) -> Fraction | None:
    """0 and words mean "not stated"; a bound in a unit that cannot be compared as well."""
    found = read_bound(printed)
    if found is None or not found.number:
        return None
    own = found.unit or stated
    if own is None:
        return found.number
    if stated is not None and own.dimension != stated.dimension:
        return None
    return found.number if own.factor == 1 else found.number * own.factor


def limit_of(printed: str, stated: Unit | None) -> Fraction | None:
    """A printed action limit in base units, None where none can be read."""
    return _bound(printed.replace("NMT", "<").replace("≤", "<"), stated)
