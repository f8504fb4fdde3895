"""What the sandbox's state knows: the seed, and what has happened since. METRC and registry look at this one state."""

import os
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from decimal import ROUND_DOWN, Decimal
from pathlib import Path
from zoneinfo import ZoneInfo

import msgspec

from kiosk.model.base import from_json, to_json
from kiosk.model.clock import Clock, local_date
from kiosk.model.people import RegistryStatus
from kiosk.tracking.sandbox.seed import RegistryPool, Seed, SeedPackage, SeedPatient, SeedProduct


class Line(msgspec.Struct, kw_only=True):
    tag: str
    quantity: Decimal
    unit: str
    total: Decimal
    thc_content: Decimal | None = None
    weight: Decimal | None = None


class Receipt(msgspec.Struct, kw_only=True):
    """``sold_at`` is the facility's wall time as METRC writes it."""

    id: int
    external: str
    sold_at: str
    customer: str
    patient: str
    caregiver: str
    lines: list[Line]
    recorded: datetime
    modified: datetime
    archived: date | None = None


class Elsewhere(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """A purchase in another store. ``on`` None: today."""

    card: str
    product: int
    units: int
    on: date | None = None


class PackageChange(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """Fields that are None stay as they are."""

    hold: str | None = None
    finished: bool | None = None
    quantity: int | None = None
    """The quantity before all sales."""
    state: str | None = None


class Kept(msgspec.Struct, kw_only=True):
    """Everything since the seed: what the file holds."""

    receipts: list[Receipt] = []
    elsewhere: list[Elsewhere] = []
    packages: dict[str, PackageChange] = {}
    changed: dict[str, datetime] = {}
    statuses: dict[str, RegistryStatus] = {}


class State:
    """``keep`` is a file in which what happened outlives a restart; it is replaced as a whole, or not at all."""

    def __init__(self, seed: Seed, clock: Clock, keep: Path | None = None) -> None:
        self.seed = seed
        self.clock = clock
        self._keep = keep
        self._opened = clock.now()
        self.kept = from_json(keep.read_bytes(), Kept) if keep is not None and keep.exists() else Kept()

    @property
    def today(self) -> date:
        return local_date(self.clock.now(), self.seed.store.zone)

    def save(self) -> None:
        if self._keep is None:
            return
        beside = self._keep.with_suffix(".new")
        with beside.open("wb") as file:
            file.write(to_json(self.kept))
            file.flush()
            os.fsync(file.fileno())
        beside.replace(self._keep)

    # --- packages

    def packages(self) -> Iterator[tuple[int, SeedPackage]]:
        """With METRC's number of each, which is not its tag. Quantities are as they are now."""
        for n, package in enumerate(self.seed.packages):
            yield 5001 + n, self._now(package)

    def package(self, tag: str) -> SeedPackage | None:
        return next((package for _, package in self.packages() if package.tag == tag), None)

    def modified(self, number: int, package: SeedPackage) -> datetime:
        """The seed's packages came in within the hour before the sandbox was opened."""
        came_in = self._opened - timedelta(minutes=1 + (number * 7) % 59)
        sold = (receipt.modified for receipt in self.kept.receipts if any(x.tag == package.tag for x in receipt.lines))
        return max(came_in, self.kept.changed.get(package.tag, came_in), *sold)

    def change(self, tag: str, change: PackageChange) -> None:
        known = self.kept.packages.get(tag, PackageChange())
        for name in change.__struct_fields__:
            if (value := getattr(change, name)) is not None:
                setattr(known, name, value)
        self.kept.packages[tag] = known
        self.kept.changed[tag] = self.clock.now()
        self.save()

    def _now(self, package: SeedPackage) -> SeedPackage:
        change = self.kept.packages.get(package.tag, PackageChange())
        start = package.quantity if change.quantity is None else change.quantity
        return msgspec.structs.replace(
            package,
            quantity=int(start - sum(line.quantity for line in self._sold(package.tag))),
            hold=package.hold if change.hold is None else change.hold,
            finished=package.finished if change.finished is None else change.finished,
            state=package.state if change.state is None else change.state,
        )

    def _sold(self, tag: str) -> Iterator[Line]:
        for receipt in self.kept.receipts:
            if receipt.archived is None:
                yield from (line for line in receipt.lines if line.tag == tag)

    # --- receipts

    def add(self, receipts: list[Receipt]) -> list[int]:
        """All or none. METRC does not look whether an external number was used before, and neither does this."""
        for receipt in receipts:
            receipt.id = 9001 + len(self.kept.receipts)
            self.kept.receipts.append(receipt)
        self.save()
        return [receipt.id for receipt in receipts]

    def void(self, receipt: Receipt) -> None:
        receipt.archived = self.today
        receipt.modified = self.clock.now()
        self.save()

    # --- patients

    def status(self, patient: SeedPatient) -> RegistryStatus:
        return self.kept.statuses.get(patient.card, patient.status)

    def available(self, patient: SeedPatient) -> dict[str, Decimal]:
        """What each pool has left by the registry's own book, rounded down to the fourth decimal, never below zero."""
        limits = {} if patient.recommendation is None else patient.recommendation.limits
        left: dict[str, Decimal] = {}
        for pool in self.seed.registry.pools:
            used = sum((self._takes(pool, *bought) for bought in self._bought(patient)), Decimal(0))
            rest = min(pool.limit, limits.get(pool.key, pool.limit)) - used
            left[pool.key] = max(rest, Decimal(0)).quantize(Decimal("0.0001"), ROUND_DOWN)
        return left

    def _bought(self, patient: SeedPatient) -> Iterator[tuple[SeedProduct, Decimal, date]]:
        for seeded in patient.purchases:
            yield self.seed.product(seeded.product), Decimal(seeded.units), seeded.on
        for other in self.kept.elsewhere:
            if other.card == patient.card:
                yield self.seed.product(other.product), Decimal(other.units), other.on or self.today
        for receipt in self.kept.receipts:
            if receipt.archived is None and receipt.patient == patient.card:
                for line in receipt.lines:
                    package = next(each for each in self.seed.packages if each.tag == line.tag)
                    yield self.seed.product(package.product), line.quantity, date.fromisoformat(receipt.sold_at[:10])

    def _takes(self, pool: RegistryPool, product: SeedProduct, units: Decimal, on: date) -> Decimal:
        inside = self.today - timedelta(days=pool.days) < on <= self.today
        if not inside or product.route not in pool.routes or product.category in pool.exempt:
            return Decimal(0)
        measure = product.weight_g if pool.measure == "weight_g" else product.thc_mg
        return units * (measure or Decimal(0)) / pool.per_unit

    def local(self, at: datetime) -> datetime:
        return at.astimezone(ZoneInfo(self.seed.store.zone)).replace(tzinfo=None)
