"""Plays a visit on a whole demo store, unattended: real processes, real bytes, and people who look at the pictures."""

import asyncio
import json
import logging
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from kiosk.demo.account import Account
from kiosk.demo.display import virtual_display
from kiosk.demo.hand import Hand
from kiosk.demo.person import Deed, Patient, Picker, Scan, Technician, Touch, Type
from kiosk.demo.shop import Shop, Station
from kiosk.flows.steps import Picture
from kiosk.model.connection import Condition
from kiosk.model.errors import Unavailable
from kiosk.model.text import text

log = logging.getLogger(__name__)

LOOK_AGAIN = 2.5
"""Seconds after which a person whose deed changed nothing does it again: the scan may have met a power cut."""

VISIT_TIME = 60.0
"""Seconds a whole visit may take before it is given up."""

Respond = Callable[[Picture], Deed | None]


@dataclass
class Player:
    """One person at one terminal: looks, keeps a picture of every new step, and does what it asks for."""

    station: Station
    respond: Respond
    account: Account
    shots: "Shots | None"
    deeds: int = 0
    _shot: set[tuple[int, int]] = field(default_factory=set)

    async def play(self, until: Callable[[], bool]) -> None:
        hand = self.station.hand
        while not until():
            now = hand.now
            if now is None:
                await hand.changed(None, LOOK_AGAIN)
                continue
            await self._keep_picture(hand, now[1])
            well = now[1].connection.condition is Condition.ALL_WELL
            deed = self.respond(now[1]) if well else None
            if until():
                return
            if deed is None:
                await hand.changed(now, LOOK_AGAIN)
                continue
            self.account.did(self.station.name, now[1], deed)
            self.deeds += 1
            await self._do(hand, deed)
            await hand.next_step((now[0], now[1].generation), LOOK_AGAIN)

    async def _do(self, hand: Hand, deed: Deed) -> None:
        match deed:
            case Scan(data=data):
                await self.station.scanner.scan(data)
            case Touch(key=key):
                await hand.do("touch", key)
            case Type(digits=digits):
                await hand.do("type", digits)

    async def _keep_picture(self, hand: Hand, picture: Picture) -> None:
        shown = (hand.life, picture.generation)
        if self.shots is None or shown in self._shot:
            return
        self._shot.add(shown)
        await self.shots.take(hand, self.station.role, picture)


@dataclass
class Shots:
    """Numbered screenshots: ``012-counter-DSP-1.5-basket.png``."""

    folder: Path
    taken: list[str] = field(default_factory=list)
    turn: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def take(self, hand: Hand, role: str, picture: Picture) -> None:
        async with self.turn:
            name = f"{len(self.taken) + 1:03d}-{role}-{picture.step.sop}-{picture.step.kind}.png"
            if await hand.do("screenshot", str(self.folder / name)):
                self.taken.append(name)


async def visit(shop: Shop, account: Account, shots: Shots | None) -> None:
    """One patient, from the door to the confirmed receipt. Raises when it does not come to its end in time."""
    patient = Patient(card=shop.patient.card, photo_id=shop.patient.photo_id)
    counter, vault, checkin = (shop.stations[role] for role in ("counter", "vault", "checkin"))
    technician = Technician(
        badge=shop.technician.badge,
        pin=shop.technician.pin,
        patient=patient,
        wanted=shop.wanted,
        label_lies_there=counter.label_lies_there,
    )
    picker = Picker(badge=shop.picker.badge, pin=shop.picker.pin)
    players = (
        (Player(checkin, patient.respond, account, shots), lambda: patient.finished),
        (Player(counter, technician.respond, account, shots), lambda: technician.finished),
        (Player(vault, picker.respond, account, shots), lambda: technician.finished),
    )
    try:
        async with asyncio.timeout(VISIT_TIME), asyncio.TaskGroup() as people:
            for player, done in players:
                people.create_task(player.play(done))
    except TimeoutError:
        shown = {
            name: str(s.hand.picture.step.title) if s.hand.picture else "dark" for name, s in shop.stations.items()
        }
        raise Unavailable(text("The visit did not come to its end. Shown last: {shown}.", shown=shown)) from None


async def _play_once(out: Path, *, window: bool, die_at: str = "") -> bool:
    """One visit in a store of its own; leaves pictures, label, receipt and account in ``out``. True: all is right."""
    _make_folder(out)
    account = Account()
    async with Shop.opened(out / "store", window=window, die_at=die_at) as shop:
        shots = Shots(out) if window else None
        await visit(shop, account, shots)
        result = await shop.result()
    if die_at and not result.restarts:
        raise Unavailable(text("No terminal came to a step {step}. See --list-steps.", step=die_at))
    _leave(out, result.labels, result.receipts)
    account.write(out / "account.md", result, shots.taken if shots else [], die_at)
    return result.right


def _make_folder(out: Path) -> None:
    out.mkdir(parents=True, exist_ok=True)
    for old in [*out.glob("*.png"), *out.glob("*.json"), *out.glob("*.bin"), *out.glob("*.md")]:
        old.unlink()


def _leave(out: Path, labels: list[tuple[bytes, bytes]], receipts: Sequence[object]) -> None:
    for n, (data, png) in enumerate(labels, start=1):
        (out / f"label-{n}.bin").write_bytes(data)
        (out / f"label-{n}.png").write_bytes(png)
    for n, receipt in enumerate(receipts, start=1):
        (out / f"receipt-{n}.json").write_text(json.dumps(receipt, indent=2) + "\n", encoding="utf-8")


def play(out: Path, *, window: bool, kill_at: str = "", list_steps: bool = False) -> int:
    """The command ``kiosk demo``. Returns the exit code."""

    async def main() -> int:
        if list_steps:
            return await _list_steps(out)
        if kill_at == "each":
            return await _each(out, window=window)
        return await _one(out, window=window, die_at=kill_at)

    with virtual_display(needed=window and not list_steps):
        return asyncio.run(main())


async def _one(out: Path, *, window: bool, die_at: str) -> int:
    right = await _play_once(out, window=window, die_at=die_at)
    sys.stdout.write(f"{'right' if right else 'WRONG'}: see {out / 'account.md'}\n")
    return 0 if right else 1


async def _list_steps(out: Path) -> int:
    for step in await _steps(out / "steps"):
        sys.stdout.write(f"{step}\n")
    return 0


async def _steps(out: Path) -> list[str]:
    """Every step of an undisturbed visit, in the order of its first happening."""
    _make_folder(out)
    async with Shop.opened(out / "store", window=False) as shop:
        await visit(shop, Account(), None)
        seen = [name for station in shop.stations.values() for _, _, name in station.hand.moments]
    return list(dict.fromkeys(seen))


async def _each(out: Path, *, window: bool) -> int:
    """The plug pulled at every step, one visit a step; the first wrong one is said, all are tried."""
    wrong = 0
    steps = await _steps(out / "steps")
    for n, step in enumerate(steps, start=1):
        right = await _play_once(out / f"{n:02d}", window=window, die_at=step)
        sys.stdout.write(f"{'right' if right else 'WRONG'}  {step}\n")
        sys.stdout.flush()
        wrong += not right
    sys.stdout.write(f"{len(steps)} power cuts, {wrong} wrong\n")
    return 1 if wrong else 0
