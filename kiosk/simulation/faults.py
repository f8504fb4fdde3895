"""What goes wrong in a day: drawn from the seed, played at its time, healed before anybody judges."""

import asyncio
import random
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Literal, get_args

from kiosk.simulation.machines import HubMachine, TerminalMachine
from kiosk.simulation.net import Network, Weather
from kiosk.simulation.state import MOODS, State

Kind = Literal[
    "power", "power_in_write", "cable", "hub_dies", "state_away", "moods", "weather", "clock", "printer", "disk_full"
]
KINDS: tuple[Kind, ...] = get_args(Kind)
WEIGHT: dict[Kind, int] = {"power": 4, "power_in_write": 6, "hub_dies": 2, "cable": 2}
"""How often they come, beside the others."""


@dataclass(frozen=True)
class Fault:
    """``at`` and ``lasts`` in seconds, counted from the opening; ``target`` a terminal where the kind has one."""

    at: float
    kind: Kind
    target: str = ""
    lasts: float = 0.0

    def __str__(self) -> str:
        return f"{self.at:.3f}:{self.kind}:{self.target}:{self.lasts:.3f}"


def draw(
    chance: random.Random, terminals: list[str], hours: float, kinds: tuple[Kind, ...], a_day: float
) -> list[Fault]:
    """About ``a_day`` faults of these kinds, in order."""
    count = sum(chance.random() < 0.5 for _ in range(int(a_day * 2)))
    made = []
    for _ in range(count):
        kind = chance.choices(kinds, [WEIGHT.get(kind, 1) for kind in kinds])[0]
        target = chance.choice(terminals)
        lasts = chance.choice((2.0, 20.0, 300.0, 3600.0)) * (0.5 + chance.random())
        made.append(Fault(round(chance.random() * hours * 3600, 3), kind, target, round(lasts, 3)))
    return sorted(made, key=lambda fault: (fault.at, str(fault)))


@dataclass
class Trouble:
    """Plays faults on the machines of a store."""

    machines: dict[str, TerminalMachine]
    hub: HubMachine
    network: Network
    state: State
    chance: random.Random
    told: Callable[[str], None]

    async def play(self, faults: list[Fault], opened: float) -> None:
        loop = asyncio.get_running_loop()
        async with asyncio.TaskGroup() as group:
            for fault in faults:
                await asyncio.sleep(max(0.0, opened + fault.at - loop.time()))
                self.told(f"fault {fault}")
                group.create_task(self._one(fault))

    async def _one(self, fault: Fault) -> None:
        machine = self.machines[fault.target]
        match fault.kind:
            case "power":
                machine.power_cut()
                await asyncio.sleep(min(fault.lasts, 60.0))
                machine.switch_on()
            case "power_in_write":
                machine.disk.cut_at = machine.disk.calls + self.chance.randrange(12)
                await asyncio.sleep(max(60.0, min(fault.lasts, 120.0)))
                machine.disk.cut_at = None
                machine.switch_on()
            case "disk_full":
                machine.disk.full = True
                await asyncio.sleep(min(fault.lasts, 300.0))
                machine.disk.full = False
            case "cable":
                self.network.pull(fault.target)
                await asyncio.sleep(fault.lasts)
                self.network.plug(fault.target)
            case "hub_dies":
                await self.hub.power_cut()
                await asyncio.sleep(min(fault.lasts, 1800.0))
                await self.hub.switch_on()
            case "state_away":
                self.state.away = True
                await asyncio.sleep(fault.lasts)
                self.state.away = False
            case "moods":
                self.state.moods = MOODS
                await asyncio.sleep(fault.lasts)
                self.state.moods = {}
            case "weather":
                self.network.weather = Weather(delay=0.05, lost=0.03, doubled=0.05, late=0.1)
                await asyncio.sleep(fault.lasts)
                self.network.weather = Weather()
            case "printer":
                machine.printer.fails = 0.6
                await asyncio.sleep(fault.lasts)
                machine.printer.fails = 0.0
            case "clock":
                machine.clock.wrong = timedelta(seconds=self.chance.choice((-90000, -600, -5, 5, 600, 90000)))
                await asyncio.sleep(fault.lasts)
                machine.clock.wrong = timedelta()

    async def heal(self) -> None:
        """Everything works again."""
        self.network.cut.clear()
        self.network.weather = Weather()
        self.state.away, self.state.moods = False, {}
        for machine in self.machines.values():
            machine.disk.cut_at, machine.disk.full = None, False
            machine.printer.fails = 0.0
            machine.clock.wrong = timedelta()
            machine.switch_on()
        await self.hub.switch_on()
