"""The state as the store meets it: a tracking system and a registry with one book, and moods.

It is the judge as well: what it has on record at the end is compared with what went over the counter.
"""

import asyncio
import random
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime

from msgspec.structs import replace

from kiosk.model.clock import Clock
from kiosk.model.errors import Theirs, Unavailable
from kiosk.model.packages import Package, Product
from kiosk.model.people import RegistryEntry, RegistryStatus
from kiosk.model.text import text
from kiosk.tracking.port import Sale, SaleOnRecord, Stock, wall_time

SILENT = text("The state does not answer.")


@dataclass
class State:
    """``moods`` are what may go wrong now, each with its chance a call: see :data:`MOODS`."""

    clock: Clock
    chance: random.Random
    packages: dict[str, Package]
    products: tuple[Product, ...]
    patients: dict[str, RegistryEntry]
    sales: dict[str, Sale] = field(default_factory=dict)
    twice: list[str] = field(default_factory=list)
    """External numbers that were taken a second time."""
    moods: dict[str, float] = field(default_factory=dict)
    away: bool = False

    def _has(self, mood: str) -> bool:
        return self.chance.random() < self.moods.get(mood, 0.0)

    async def _call(self) -> None:
        await asyncio.sleep(0.02 + 0.08 * self.chance.random() + (1.5 if self._has("slow") else 0.0))
        if self.away or self._has("silent"):
            await asyncio.sleep(1.0)
            raise Unavailable(SILENT)
        if self._has("nonsense"):
            raise Theirs(text("The state's answer cannot be understood."), "simulated")

    async def stock(self, since: datetime | None = None) -> Stock:  # noqa: ARG002
        await self._call()
        sold = Counter[str]()
        for sale in self.sales.values():
            for line in sale.lines:
                sold[line.tag] += int(line.units)
        there = tuple(
            replace(package, quantity=max(0, package.quantity - sold[package.tag]))
            for package in self.packages.values()
        )
        return Stock(packages=there, products=self.products, as_of=self.clock.now().astimezone(UTC))

    async def report(self, sale: Sale) -> str:
        await self._call()
        if sale.external_number in self.sales:
            self.twice.append(sale.external_number)
        if not self._has("forgets"):
            self.sales[sale.external_number] = sale
        if self._has("lost_answer"):
            raise Unavailable(SILENT)
        return f"R-{sale.external_number}"

    async def find(self, external_number: str) -> SaleOnRecord | None:
        await self._call()
        sale = self.sales.get(external_number)
        if sale is None or self._has("stale"):
            return None
        return SaleOnRecord(
            state_id=f"R-{external_number}",
            external_number=external_number,
            sold_at=wall_time(sale.sold_at, sale.zone),
            customer=sale.customer,
            patient_number=sale.patient_number,
            caregiver_number=sale.caregiver_number,
            lines=sale.lines,
        )

    async def look_up(self, number: str) -> RegistryEntry:
        await self._call()
        return self.patients.get(number) or RegistryEntry(number=number, status=RegistryStatus.NOT_FOUND)

    async def reachable(self) -> None:
        await self._call()

    async def close(self) -> None: ...


MOODS = {"slow": 0.05, "silent": 0.03, "nonsense": 0.01, "lost_answer": 0.05, "stale": 0.1}
"""A bad day. Beside these ``forgets``: it says that it took a sale, and stores nothing (see ``docs/proof.md``)."""
