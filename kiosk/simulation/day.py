"""Whole days of one store: people come and go, things break, and at the end of each day it is judged."""

import asyncio
import hashlib
import random
import shutil
import tempfile
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

from kiosk.hub import ledger
from kiosk.hub.reporting import waiting_reports
from kiosk.simulation.chance import seeded
from kiosk.simulation.faults import KINDS, Fault, Kind, Trouble, draw
from kiosk.simulation.judge import Judge, Violation
from kiosk.simulation.loop import CountedLoop, latency
from kiosk.simulation.machines import Clock, HubMachine, TerminalMachine
from kiosk.simulation.net import Network
from kiosk.simulation.people import Doorway, Floor, Habits, Picker, Technician, Visitor, Worker
from kiosk.simulation.shop import Shop, make_shop
from kiosk.simulation.state import State

HOURS = 0.6
"""In which people arrive."""
CLOSING = 3 * 3600.0
"""Seconds after the last arrival in which everybody is served, with everything healed after the first."""
DRAIN = 1800.0
NIGHT = 86400.0


@dataclass(frozen=True)
class Plan:
    """What is simulated. ``faults`` None: drawn from the seed; otherwise exactly these, by day."""

    seed: int
    days: int = 1
    counters: int = 2
    visits: int = 20
    customers: int = 10
    kinds: tuple[Kind, ...] = KINDS
    a_day: float = 6.0
    faults: tuple[tuple[Fault, ...], ...] | None = None
    habits: Habits = field(default_factory=Habits)


@dataclass
class Outcome:
    """``digest`` is over everything that was told in its order: the same seed gives the same one."""

    days: int = 0
    units: int = 0
    visits: int = 0
    records: int = 0
    deaths: int = 0
    falls: int = 0
    """Programs that ended by themselves and were started again."""
    digest: str = ""
    violation: str = ""
    faults: tuple[tuple[Fault, ...], ...] = ()


def simulate(plan: Plan, told: Callable[[str], None] | None = None) -> Outcome:
    """Runs the plan to its end, or to the first violation."""
    loop = CountedLoop()
    folder = Path(tempfile.mkdtemp(prefix="simulated-", dir="/dev/shm" if Path("/dev/shm").is_dir() else None))
    epoch_ns = 1_772_000_000_000_000_000
    try:
        with seeded(str(plan.seed), lambda: epoch_ns + int(loop.time() * 1e9)):
            store = Store(plan, folder, loop, told)
            with asyncio.Runner(loop_factory=lambda: loop) as runner:
                runner.run(store.run())
        return store.outcome
    finally:
        shutil.rmtree(folder, ignore_errors=True)


class Store:
    """Everything of one store, and its days."""

    def __init__(self, plan: Plan, folder: Path, loop: CountedLoop, told: Callable[[str], None] | None) -> None:
        self.plan, self.loop = plan, loop
        self.outcome = Outcome()
        self._told, self._hash = told, hashlib.sha256()
        self.chance = random.Random(f"{plan.seed} people")
        self.luck = random.Random(f"{plan.seed} faults")
        loop.latency = latency(random.Random(f"{plan.seed} disk"), 0.002)
        self.shop: Shop = make_shop(self.chance, counters=plan.counters, customers=plan.customers, days=plan.days)
        start = self.shop.opens - timedelta(hours=1)
        self.clock = Clock(start)
        self.judge = Judge(self.shop)
        self.network = Network(random.Random(f"{plan.seed} network"))
        self.state = State(
            Clock(start), random.Random(f"{plan.seed} state"), dict(self.shop.packages), self.shop.products,
            self.shop.registry,
        )  # fmt: skip
        self.hub = HubMachine(
            folder / "hub", self.shop.settings(folder / "hub"), Clock(start), self.network, self.state
        )
        self.machines = {
            name: TerminalMachine(
                name, role, Clock(start), random.Random(f"{plan.seed} {name}"), self.network, self.judge,
                self.shop.facts.state, self.shop.opens.date(),
            )
            for name, role in self.shop.terminals.items()
        }  # fmt: skip
        self.floor = Floor(self.shop, self.judge, self.clock, self.chance, plan.habits)
        self.trouble = Trouble(self.machines, self.hub, self.network, self.state, self.luck, self.tell)

    def tell(self, line: str) -> None:
        """One line of the run's account; part of its digest."""
        line = f"{self.loop.time():.6f} {line}"
        self._hash.update(line.encode() + b"\n")
        if self._told is not None:
            self._told(line)

    async def run(self) -> None:
        try:
            for day in range(self.plan.days):
                await asyncio.sleep(max(0.0, day * NIGHT + 1800.0 - self.loop.time()))
                await self._day(day)
                self.outcome.days += 1
        except* Violation as broken:
            self.outcome.violation = str(broken.exceptions[0])
            self.tell(f"VIOLATION {self.outcome.violation}")
        self.outcome.units = len(self.judge.handed)
        self.outcome.visits = self.floor.served
        self.outcome.records = len(self.judge.kept)
        self.outcome.deaths = sum(machine.deaths for machine in self.machines.values())
        self.outcome.falls = sum(machine.falls for machine in self.machines.values())
        self.outcome.digest = self._hash.hexdigest()
        for machine in self.machines.values():
            await machine.switch_off()
        await self.hub.power_cut()

    def _faults(self, day: int) -> list[Fault]:
        if self.plan.faults is not None:
            return list(self.plan.faults[day]) if day < len(self.plan.faults) else []
        return draw(self.luck, list(self.machines), HOURS, self.plan.kinds, self.plan.a_day if self.plan.kinds else 0)

    async def _day(self, day: int) -> None:
        await self.hub.switch_on()
        for machine in self.machines.values():
            machine.switch_on()
        faults = self._faults(day)
        self.outcome.faults = (*self.outcome.faults, tuple(faults))
        opened = self.loop.time()
        closed = asyncio.Event()
        workers = self._workers()
        door = next(worker for worker in workers if isinstance(worker, Doorway))
        async with asyncio.TaskGroup() as group:
            for worker in workers:
                group.create_task(worker.work(closed.is_set))
            troubles = group.create_task(self.trouble.play(faults, opened))
            await self._arrivals(door, opened)
            await self._until(lambda: self._all_gone(door), CLOSING / 3)
            troubles.cancel()
            await self.trouble.heal()
            await self._until(lambda: self._all_gone(door), CLOSING)
            closed.set()
        await self._drained()
        self._tell_all(day)
        await self._close()

    def _workers(self) -> list[Worker]:
        kinds = {"checkin": Doorway, "counter": Technician, "vault": Picker}
        return [kinds[machine.role](self.floor, machine) for machine in self.machines.values()]

    async def _arrivals(self, door: Doorway, opened: float) -> None:
        times = sorted(self.chance.random() * HOURS * 3600 for _ in range(self.plan.visits))
        habits = self.plan.habits
        for at in times:
            await asyncio.sleep(max(0.0, opened + 60 + at - self.loop.time()))
            customer = self.chance.choice(self.shop.customers)
            greedy = self.floor.maybe(habits.greedy)
            wants = self.chance.randint(4, 9) if greedy else self.chance.randint(1, 2)
            only = self.chance.choice(self.shop.products).product_id if greedy else ""
            for _ in range(2 if self.floor.maybe(habits.twice) else 1):
                door.queue.append(Visitor(customer, wants=wants, only=only))
            self.tell(f"arrives {customer.number} wants {wants} {only}")

    def _all_gone(self, door: Doorway) -> bool:
        return not door.queue and door.now is None and all(visitor.gone for visitor in self.floor.visitors)

    async def _until(self, true: Callable[[], bool], longest: float) -> bool:
        end = self.loop.time() + longest
        while not true():
            if self.loop.time() >= end:
                return False
            await asyncio.sleep(5.0)
        return True

    async def _drained(self) -> None:
        """Everything that is kept anywhere has reached the hub, and everything sold has reached the state."""

        async def waiting() -> int:
            hub = self.hub.hub
            assert hub is not None
            return len(await hub.database.write(waiting_reports))

        end = self.loop.time() + DRAIN
        while any(machine.unsent() != 0 for machine in self.machines.values()) or await waiting():
            if self.loop.time() >= end:
                for name, machine in self.machines.items():
                    if machine.unsent() is None:
                        raise Violation(f"{name} does not start any more")
                raise Violation("records or reports are still waiting though everything has worked for half an hour")
            await asyncio.sleep(1.0)

    def _tell_all(self, day: int) -> None:
        self.tell(f"day {day} closes: {len(self.judge.handed)} units, {len(self.judge.kept)} records")
        for one in self.judge.handed:
            self.tell(f"handed {one.at.isoformat()} {one.customer.number} {one.tag} {one.number}-{one.print_no}")

    async def _close(self) -> None:
        hub = self.hub.hub
        assert hub is not None
        records = await hub.database.write(lambda connection: list(ledger.read(connection)))
        if await hub.database.write(ledger.broken_at) is not None:
            raise Violation("the ledger's chain is broken")
        self.judge.closes(records, self.state)
        for machine in self.machines.values():
            await machine.switch_off()
        await self.hub.power_cut()
        self.floor.visitors.clear()
        for ticket in list(self.floor.trays):
            self.floor.put_back(ticket)
