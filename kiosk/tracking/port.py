"""What the store wants of a tracking system and of a patient registry, whichever state they belong to.

Every call raises :class:`~kiosk.model.errors.Unavailable` (no answer: too slow, too busy, broken on their side),
:class:`~kiosk.model.errors.Theirs` (an answer that makes no sense) or :class:`~kiosk.model.errors.Refused` (a definite
no). Only ``Refused`` says that a report was not taken. After the other two nobody knows: look with ``find`` first and
report again only what is not there. ``Refused`` by the rule :data:`NO_ACCESS` is a no to the store's keys and not to
the sale: it is looked up and sent again once a manager has put the keys right.
"""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Literal, Protocol
from zoneinfo import ZoneInfo

from kiosk.model.base import Noun, Sealed
from kiosk.model.packages import Package, Product
from kiosk.model.people import RegistryEntry

NO_ACCESS = "state.access"
"""Rule of a refusal that concerns the store's keys or rights."""
NOT_TAKEN = "state.refused"
"""Rule of a refusal that concerns what was sent."""


class SaleLine(Noun, frozen=True, kw_only=True):
    """``units`` of one package, in the package's own ``unit`` (``"Each"``). ``total`` is the whole line's money, after
    discount and before tax. ``thc_mg`` and ``weight_g`` are per unit, for states that want them."""

    tag: str
    units: Decimal
    unit: str
    total: Decimal
    thc_mg: Decimal | None = None
    weight_g: Decimal | None = None


class Sale(Sealed, frozen=True, kw_only=True):
    """One dispensation as the state is told of it.

    ``external_number`` is our own number, unique in this store for ever: the only way to find the sale again when the
    answer was lost. ``sold_at`` is an aware instant and ``zone`` the facility's legal time zone (IANA name).
    """

    external_number: str
    sold_at: datetime
    zone: str
    customer: Literal["patient", "caregiver"]
    patient_number: str
    lines: tuple[SaleLine, ...]
    caregiver_number: str = ""


class SaleOnRecord(Sealed, frozen=True, kw_only=True):
    """The same sale as the state has it. ``sold_at`` without a zone is the facility's wall time."""

    state_id: str
    external_number: str
    sold_at: datetime
    customer: str
    patient_number: str
    lines: tuple[SaleLine, ...]
    caregiver_number: str = ""
    voided: bool = False
    final: bool = False


class Unread(Noun, frozen=True, kw_only=True):
    """A row that made no sense: ``what`` it tells of and the ``field`` that was wrong, never its value.

    ``state_id`` and ``tag`` name the package as far as the row still does. Where both are blank it can be any.
    """

    what: str
    field: str
    state_id: str = ""
    tag: str = ""

    def __str__(self) -> str:
        return f"{self.what} {self.state_id or 'without an id'}: {self.field}"


class Stock(Noun, frozen=True, kw_only=True):
    """What the state holds of this store, read from ``as_of`` on. Finished and held packages are in it, marked.

    Packages of ``unread`` rows are missing here or were read from another list. Something about them has changed and
    nobody knows what: none of them may be sold before it is known.
    """

    packages: tuple[Package, ...]
    products: tuple[Product, ...]
    as_of: datetime
    unread: tuple[Unread, ...] = ()


class Tracking(Protocol):
    async def stock(self, since: datetime | None = None) -> Stock:
        """Everything the state lists, or with ``since`` what changed after that instant and a little before it."""

    async def report(self, sale: Sale) -> str:
        """Tells the state of one sale, once, and gives the state's own id of it. Never repeats by itself."""

    async def find(self, external_number: str) -> SaleOnRecord | None:
        """The sale as the state has it; None only where the state knows of none."""

    async def reachable(self) -> None:
        """Returns when the system answers and lets this store in."""

    async def close(self) -> None: ...


class Registry(Protocol):
    async def look_up(self, number: str) -> RegistryEntry:
        """What the registry says of one number now. A number it does not know has the status ``not_found``."""

    async def close(self) -> None: ...


def wall_time(at: datetime, zone: str) -> datetime:
    """The clock on the facility's wall at the instant ``at``, without a zone. On the night the clocks go back two
    instants have the same wall time: keep the instant as well."""
    return at.astimezone(ZoneInfo(zone)).replace(tzinfo=None)


def differences(sale: Sale, on_record: SaleOnRecord) -> tuple[str, ...]:
    """Names of the fields in which the state's record is not our sale; empty: it is the same. Never any value.

    Lines are compared a package: a state may split or join them. Times within a second are the same, because states
    store them more coarsely than they take them. What the state does not give back per unit is not compared.
    """
    found: list[str] = []
    for field in ("external_number", "customer", "patient_number", "caregiver_number"):
        if getattr(sale, field) != getattr(on_record, field):
            found.append(field)
    if abs(_wall(sale.sold_at, sale.zone) - _wall(on_record.sold_at, sale.zone)) >= timedelta(seconds=1):
        found.append("sold_at")
    found += _lines_differ(sale.lines, on_record.lines)
    if on_record.voided:
        found.append("voided")
    return tuple(found)


def _wall(at: datetime, zone: str) -> datetime:
    return at if at.tzinfo is None else wall_time(at.astimezone(UTC), zone)


def _lines_differ(ours: tuple[SaleLine, ...], theirs: tuple[SaleLine, ...]) -> list[str]:
    if {line.tag for line in ours} != {line.tag for line in theirs}:
        return ["lines"]
    found = []
    if {(line.tag, line.unit) for line in ours} != {(line.tag, line.unit) for line in theirs}:
        found.append("unit")
    for name in ("units", "total"):
        if _sums(ours, name) != _sums(theirs, name):
            found.append(name)
    for name in ("thc_mg", "weight_g"):
        wanted, given = _values(ours, name), _values(theirs, name)
        if any(given[tag] != wanted[tag] for tag in wanted.keys() & given.keys()):
            found.append(name)
    return found


def _sums(lines: tuple[SaleLine, ...], name: str) -> dict[str, Decimal]:
    sums: dict[str, Decimal] = {}
    for line in lines:
        sums[line.tag] = sums.get(line.tag, Decimal(0)) + getattr(line, name)
    return sums


def _values(lines: tuple[SaleLine, ...], name: str) -> dict[str, set[Decimal]]:
    values: dict[str, set[Decimal]] = {}
    for line in lines:
        if (value := getattr(line, name)) is not None:
            values.setdefault(line.tag, set()).add(value)
    return values
