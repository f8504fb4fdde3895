"""A visit told step by step in a whole store: what a picture says, what a person does, what the ledger keeps."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import httpx

from kiosk.demo.person import Deed, Patient, Picker, Scan, Technician, Touch, Type
from kiosk.demo.shop import Papers, Shop, Station
from kiosk.documents.codes import badge_code, ticket_code
from kiosk.flows import steps
from kiosk.flows.steps import Picture, Step
from kiosk.hub.audit import records_in
from kiosk.model.connection import Condition
from kiosk.model.orders import Concern
from kiosk.model.records import Fact

PATIENCE = 40.0
"""Seconds until what has to come is given up: longer than a silent state is listened to (20 s)."""

LOOK_AGAIN = 2.5

S = TypeVar("S", bound=Step)
F = TypeVar("F", bound=Fact)
Respond = Callable[[Picture], Deed | None]


def but(respond: Respond, *left: type[Step]) -> Respond:
    """This person, who leaves these steps to the story."""
    return lambda picture: None if isinstance(picture.step, left) else respond(picture)


@dataclass
class Store:
    """One open shop. ``seen`` are the distinct steps each role has shown, ``conditions`` what its connection was."""

    shop: Shop
    seen: dict[str, list[Step]] = field(default_factory=dict)
    conditions: dict[str, list[Condition]] = field(default_factory=dict)

    @classmethod
    @contextlib.asynccontextmanager
    async def opened(cls, folder: Path) -> AsyncIterator["Store"]:
        async with Shop.opened(folder, window=False) as shop:
            store = cls(shop)
            for role, station in shop.stations.items():
                store._watch(role, station)
            for role in shop.stations:
                await store.condition(role, Condition.ALL_WELL)
            yield store

    def _watch(self, role: str, station: Station) -> None:
        steps_seen, conditions = self.seen.setdefault(role, []), self.conditions.setdefault(role, [])

        def look(picture: Picture) -> None:
            if not steps_seen or steps_seen[-1] != picture.step:
                steps_seen.append(picture.step)
            if not conditions or conditions[-1] != picture.connection.condition:
                conditions.append(picture.connection.condition)

        station.hand.on_picture = look

    def papers(self, about: str) -> Papers:
        """Of the one patient whose description begins so."""
        (patient,) = [each for each in self.shop.seed.patients if each.about.startswith(about)]
        return self.shop.papers(patient)

    # --- looking

    async def picture(self, role: str, fits: Callable[[Picture], bool]) -> Picture:
        hand = self.shop.stations[role].hand
        try:
            async with asyncio.timeout(PATIENCE):
                while True:
                    now = hand.now
                    if now is not None and fits(now[1]):
                        return now[1]
                    await hand.changed(now, LOOK_AGAIN)
        except TimeoutError:
            shown = {name: each[-1].kind for name, each in self.seen.items() if each}
            raise AssertionError(f"{role} does not come to it; shown last: {shown}") from None

    async def step(self, role: str, kind: type[S], fits: Callable[[S], bool] = lambda _: True) -> S:
        picture = await self.picture(role, lambda each: isinstance(each.step, kind) and fits(each.step))
        assert isinstance(picture.step, kind)
        return picture.step

    async def after(self, role: str, deed: Deed, kind: type[S]) -> S:
        """Does this, and returns the new step it led to, which is of this kind."""
        before = await self.picture(role, lambda _: True)
        await self.do(role, deed)
        shown = await self.picture(
            role, lambda each: each.generation != before.generation and isinstance(each.step, kind)
        )
        assert isinstance(shown.step, kind)
        return shown.step

    async def condition(self, role: str, *wanted: Condition) -> Picture:
        return await self.picture(role, lambda picture: picture.connection.condition in wanted)

    async def facts(self, kind: type[F]) -> list[F]:
        """In the hub's ledger, whole and in order, when every terminal has sent all it kept."""
        for role in self.shop.stations:
            await self.picture(role, lambda picture: not picture.connection.unsent)
        return [each.fact for each in await records_in(self.shop.hub_settings) if isinstance(each.fact, kind)]

    async def fresh(self) -> None:
        """Waits until the kiosk at the entrance is there for the next patient."""
        await self.picture("checkin", lambda each: _fresh(each.step))

    async def asked(self, role: str, step: str) -> None:
        """Waits until this request of a flow is under way; ``step`` as ``kiosk.dying.name_of`` gives it."""
        hand = self.shop.stations[role].hand
        async with asyncio.timeout(PATIENCE):
            while not hand.moments or hand.moments[-1][::2] != ("asked", step):
                await asyncio.sleep(0.02)

    # --- doing

    async def scan(self, role: str, data: bytes | str) -> None:
        await self.shop.stations[role].scanner.scan(data.encode() if isinstance(data, str) else data)

    async def kill(self, role: str) -> None:
        """Its plug is pulled; returns when it is there again."""
        station = self.shop.stations[role]
        assert station.process is not None
        life = station.hand.life
        station.process.kill()
        async with asyncio.timeout(PATIENCE):
            while station.hand.life == life or station.hand.now is None:
                await asyncio.sleep(0.02)

    async def touch(self, role: str, key: str) -> None:
        assert await self.shop.stations[role].hand.do("touch", key)

    async def do(self, role: str, deed: Deed) -> None:
        match deed:
            case Scan(data=data):
                await self.scan(role, data)
            case Touch(key=key):
                await self.shop.stations[role].hand.do("touch", key)
            case Type(digits=digits):
                await self.shop.stations[role].hand.do("type", digits)

    @contextlib.asynccontextmanager
    async def working(self, **people: Respond) -> AsyncIterator[None]:
        """These people work at their terminals, one a role, whatever the connection is, until the block ends."""
        over = asyncio.Event()
        tasks = [asyncio.create_task(self._work(role, respond, over)) for role, respond in people.items()]
        try:
            yield
        finally:
            # Beside cancelling: on Python 3.11 a wait that ends in that very moment swallows it.
            over.set()
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def _work(self, role: str, respond: Respond, over: asyncio.Event) -> None:
        hand = self.shop.stations[role].hand
        while not over.is_set():
            now = hand.now
            deed = respond(now[1]) if now is not None else None
            if now is None or deed is None:
                await hand.changed(now, LOOK_AGAIN)
                continue
            await self.do(role, deed)
            await hand.next_step((now[0], now[1].generation), LOOK_AGAIN)

    # --- people

    def technician(self, patient: Patient, wanted: dict[str, int] | None = None) -> Technician:
        shop = self.shop
        lies_there = shop.stations["counter"].label_lies_there
        return Technician(shop.technician.badge, shop.technician.pin, patient, wanted or shop.wanted, lies_there)

    def picker(self) -> Picker:
        return Picker(self.shop.picker.badge, self.shop.picker.pin)

    async def sign_in(self) -> None:
        staff = self.shop.technician
        await self.step("counter", steps.BadgeWanted)
        await self.scan("counter", badge_code(staff.badge))
        await self.step("counter", steps.PinWanted)
        await self.do("counter", Type(staff.pin))
        await self.step("counter", steps.Queue)

    async def check_in(self, *codes: bytes) -> steps.Ticketed:
        """Scans these, one after the other; returns what the kiosk showed at the end."""
        await self.fresh()
        for code in codes:
            before = await self.picture("checkin", lambda each: isinstance(each.step, steps.Documents))
            await self.scan("checkin", code)
            await self.picture("checkin", lambda each, old=before.generation: each.generation != old)  # type: ignore[misc]
        return await self.step("checkin", steps.Ticketed)

    async def referred(self, ticket_id: str) -> tuple[Concern, ...]:
        """The counter calls the ticket, is told why this needs a person, and refuses."""
        await self.step("counter", steps.Queue)
        await self.picture(
            "counter", lambda each: any(entry.ticket.ticket_id == ticket_id for entry in each.live.queue)
        )
        await self.scan("counter", ticket_code(ticket_id))
        shown = await self.step("counter", steps.Referred, lambda each: each.ticket.ticket_id == ticket_id)
        await self.touch("counter", "refuse")
        await self.step("counter", steps.Queue)
        return shown.concerns

    # --- the state

    async def faults(self, *faults: dict[str, Any]) -> None:
        """From now on just these, each for the requests it concerns; none: all is mended."""
        await self._at_desk("PUT", {"faults": faults})

    async def faults_left(self, most: int) -> None:
        """Waits until all but ``most`` have happened."""
        async with asyncio.timeout(PATIENCE):
            while len(await self._at_desk("GET")) > most:
                await asyncio.sleep(0.1)

    async def _at_desk(self, method: str, body: dict[str, Any] | None = None) -> list[dict[str, Any]]:
        async with httpx.AsyncClient(trust_env=False, timeout=10) as client:
            answer = await client.request(method, f"{self.shop.sandbox_url}/sandbox/faults", json=body)
        found: list[dict[str, Any]] = answer.raise_for_status().json()["faults"]
        return found


def _fresh(step: Step) -> bool:
    return (
        isinstance(step, steps.Documents)
        and not step.card
        and not step.photo_id
        and str(step.hint) == "Either one first."
    )
