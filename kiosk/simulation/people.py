"""The people of a simulated day. They look at pictures, get tired, mix things up, and some want what is not allowed.

They know nothing of flows. Whatever a person does wrong here, the program has to notice.
"""

import asyncio
import random
from collections.abc import Callable
from dataclasses import dataclass, field

from kiosk.demo.person import Deed, Scan, Touch, Type
from kiosk.documents.codes import badge_code, label_code, shelf_code, ticket_code
from kiosk.flows import steps
from kiosk.flows.steps import Act, Picture
from kiosk.model.labels import Label
from kiosk.model.orders import LineState, PickLine, VisitState
from kiosk.model.people import Person
from kiosk.simulation.judge import Judge
from kiosk.simulation.machines import Clock, TerminalMachine
from kiosk.simulation.shop import PIN, Customer, Shop, badge_of

LOOK_AGAIN = 4.0
"""Seconds after which a person whose deed changed nothing does it again."""


@dataclass(frozen=True)
class Habits:
    """Chances of human errors, each time there is an occasion."""

    wrong_package: float = 0.02
    wrong_label: float = 0.02
    wrong_ticket: float = 0.01
    greedy: float = 0.3
    """A patient who asks for as much as there is."""
    twice: float = 0.1
    """A patient who checks in again, to be served at two counters."""
    changes_mind: float = 0.03
    gives_up: float = 0.3
    """When something does not work, the technician cancels instead of trying again."""


@dataclass
class Visitor:
    """A patient in the shop, with a ticket once there is one."""

    customer: Customer
    ticket_id: str = ""
    wants: int = 1
    only: str = ""
    """The one product they want, where they do not take anything."""
    at: str = ""
    """The counter where they stand."""
    gone: bool = False


@dataclass
class Unit:
    """One physical package of a line, with the label stuck on it, once one is."""

    tag: str
    ticket_id: str
    label: Label | None = None


@dataclass
class Floor:
    """The shop's floor: who waits, what lies on the counters, how many of each package are on the shelves."""

    shop: Shop
    judge: Judge
    clock: Clock
    chance: random.Random
    habits: Habits
    visitors: list[Visitor] = field(default_factory=list)
    shelf: dict[str, int] = field(default_factory=dict)
    trays: dict[str, list[Unit]] = field(default_factory=dict)
    """Units on their way or on a counter, by ticket."""
    served: int = 0

    def __post_init__(self) -> None:
        self.shelf = {tag: package.quantity for tag, package in self.shop.packages.items()}

    def maybe(self, likely: float) -> bool:
        return self.chance.random() < likely

    def take(self, tag: str, ticket_id: str) -> bool:
        """A unit leaves the shelf."""
        if self.shelf.get(tag, 0) < 1:
            return False
        self.shelf[tag] -= 1
        self.trays.setdefault(ticket_id, []).append(Unit(tag, ticket_id))
        return True

    def put_back(self, ticket_id: str) -> None:
        """What was picked for a ticket goes back to its shelf."""
        for unit in self.trays.pop(ticket_id, []):
            self.shelf[unit.tag] += 1


@dataclass
class Worker:
    """Somebody at a terminal: looks, thinks, acts, until told that the day is over."""

    floor: Floor
    machine: TerminalMachine

    async def work(self, until: Callable[[], bool]) -> None:
        while not until():
            picture = self.machine.picture
            if picture is None:
                await self._look(LOOK_AGAIN * 2)
                continue
            deed = self._signed_in(picture) or self.respond(picture)
            if deed is None:
                await self._look(LOOK_AGAIN)
                continue
            await asyncio.sleep(0.4 + 2.0 * self.floor.chance.random())
            if self.machine.picture is None or self.machine.picture.generation != picture.generation:
                continue
            self._do(deed, self.machine.picture)
            await self._next_step(picture.generation)

    async def _look(self, longest: float) -> None:
        self.machine.changed.clear()
        try:
            async with asyncio.timeout(longest):
                await self.machine.changed.wait()
        except TimeoutError:
            pass

    async def _next_step(self, generation: int) -> None:
        """Until the deed has led to another step; a deed that seems lost is done again."""
        loop = asyncio.get_running_loop()
        end = loop.time() + LOOK_AGAIN
        while loop.time() < end and self.machine.picture is not None and self.machine.picture.generation == generation:
            await self._look(end - loop.time())

    def _do(self, deed: Deed, picture: Picture) -> None:
        match deed:
            case Scan(data=data):
                self.machine.gun.scan(data)
            case Touch(key=key):
                self.machine.act(Act(generation=picture.generation, chosen=key))
            case Type(digits=digits):
                self.machine.act(Act(generation=picture.generation, typed=digits))

    def respond(self, picture: Picture) -> Deed | None:
        """What this person does before this picture; None: nothing for now."""
        raise NotImplementedError

    def _signed_in(self, picture: Picture) -> Deed | None:
        """What anybody does who works here; None: is signed in."""
        if picture.covered or isinstance(picture.step, steps.BadgeWanted):
            return Scan(badge_code(badge_of(self.machine.name)).encode(), "the badge")
        return Type(PIN) if isinstance(picture.step, steps.PinWanted) else None

    def _notice(self, step: steps.Notice) -> Deed | None:
        keys = [choice.key for choice in step.choices]
        if "cancel" in keys and self.floor.maybe(self.floor.habits.gives_up):
            return Touch("cancel")
        return next((Touch(choice.key) for choice in step.choices if choice.look == "go"), None)


@dataclass
class Doorway(Worker):
    """Patients at the kiosk, one after the other."""

    queue: list[Visitor] = field(default_factory=list)
    now: Visitor | None = None

    def respond(self, picture: Picture) -> Deed | None:
        match picture.step:
            case steps.Ticketed(ticket=ticket):
                if self.now is not None and ticket is not None:
                    self.now.ticket_id = ticket.ticket_id
                    self.floor.visitors.append(self.now)
                self.now = None
            case steps.Documents(card=card, photo_id=photo_id):
                if self.now is None and self.queue and not card and not photo_id:
                    self.now = self.queue.pop(0)
                if self.now is not None:
                    return self._show(self.now.customer, card=card, photo_id=photo_id)
        return None

    def _show(self, customer: Customer, *, card: bool, photo_id: bool) -> Deed:
        """Either document first."""
        if photo_id or (not card and self.floor.maybe(0.5)):
            return Scan(customer.card, "the medical card")
        return Scan(customer.photo_id, "the photo ID")


@dataclass
class Picker(Worker):
    """In the vault. Takes a unit from the shelf when its scan was good."""

    line: PickLine | None = None

    def respond(self, picture: Picture) -> Deed | None:
        step = picture.step
        match step:
            case steps.PickList():
                open_ones = [one for one in picture.live.lines if one.state in (LineState.CONFIRMED, LineState.CLAIMED)]
                return Touch(f"line:{self.floor.chance.choice(open_ones).line_id}") if open_ones else None
            case steps.ShelfWanted(line=line):
                return Scan(shelf_code(line.place).encode(), "the shelf")
            case steps.UnitWanted(line=line):
                return self._unit(line)
            case steps.Stop():
                if self.line is None or self.floor.maybe(0.1):
                    return Touch("cannot")
                return Scan(self.line.tag.encode(), "the package")
            case steps.TakeToCounter(line=line):
                self._carry(line)
                return Touch("done")
            case steps.Notice():
                return self._notice(step)
        return None

    def _unit(self, line: PickLine) -> Deed:
        self.line = line
        if self.floor.maybe(0.005):
            return Touch("cannot")
        if self.floor.maybe(self.floor.habits.wrong_package):
            return Scan(self.floor.chance.choice(list(self.floor.shop.packages)).encode(), "a package")
        return Scan(line.tag.encode(), "the package")

    def _carry(self, line: PickLine) -> None:
        """The units of a line that was picked whole."""
        ticket_id = line.ticket.ticket_id
        have = sum(unit.tag == line.tag for unit in self.floor.trays.get(ticket_id, []))
        for _ in range(line.units - have):
            self.floor.take(line.tag, ticket_id)


@dataclass
class Technician(Worker):
    """At a counter. Calls the next ticket, takes the order, labels, proves, hands over."""

    visitor: Visitor | None = None
    handed: str = ""

    def respond(self, picture: Picture) -> Deed | None:
        step = picture.step
        match step:
            case steps.Notice():
                return self._notice(step)
            case steps.LabelProof():
                return self._prove(step)
            case steps.PrintDoubt():
                return self._doubt(step.number, step.print_no)
            case steps.Stop():
                return self._stopped(step)
            case steps.Queue():
                return self._call(picture)
            case steps.Referred():
                return Touch("same" if any(choice.key == "same" for choice in step.choices) else "refuse")
            case steps.FaceCheck(person=person):
                return Touch("matches" if self.visitor and _looks_like(person, self.visitor.customer) else "differs")
            case steps.Notes():
                return Touch("read")
            case steps.Basket():
                return self._fill(step)
            case steps.AwaitPick():
                return Touch("cancel") if self.floor.maybe(self.floor.habits.changes_mind / 5) else None
            case steps.HandedOver():
                return self._hand_over(step)
        return None

    def _call(self, picture: Picture) -> Deed | None:
        queue = {entry.ticket.ticket_id for entry in picture.live.queue}
        if self.visitor is not None and self.visitor.ticket_id in queue and self.floor.maybe(0.9):
            return Scan(ticket_code(self.visitor.ticket_id).encode(), "the ticket")
        if self.visitor is not None:
            self._leave(self.visitor)
        waiting = {e.ticket.ticket_id for e in picture.live.queue if e.state is not VisitState.OPEN}
        mine = [one for one in self.floor.visitors if one.ticket_id in waiting and not one.gone and not one.at]
        if not mine:
            return None
        self.visitor = self.floor.chance.choice(mine[:2])
        self.visitor.at = self.machine.name
        return Scan(ticket_code(self.visitor.ticket_id).encode(), "the ticket")

    def _leave(self, visitor: Visitor) -> None:
        self.floor.put_back(visitor.ticket_id)
        visitor.gone = True
        self.visitor = None

    def _fill(self, step: steps.Basket) -> Deed:
        have = sum(line.units for line in step.basket)
        keys = {choice.key for choice in step.choices}
        if self.visitor is None or (have == 0 and step.refusal is not None) or self.floor.maybe(0.01):
            return Touch("leave")
        if "nearest" in keys and self.floor.maybe(0.5):
            return Touch("nearest")
        if have and step.refusal is not None and "confirm" not in keys:
            return Touch(f"less:{step.basket[0].product_id}") if self.floor.maybe(0.8) else Touch("leave")
        if have >= self.visitor.wants or (have and self.floor.maybe(0.05)):
            return Touch("confirm")
        liked = [offer for offer in step.offers if self.visitor.only in ("", offer.product_id)]
        offers = [offer for offer in liked if offer.most > 0 or self.floor.maybe(0.05)]
        if not offers:
            return Touch("confirm") if have else Touch("leave")
        return Touch(f"add:{self.floor.chance.choice(offers).product_id}")

    # --- labels

    def _paper(self, number: str, print_no: int) -> Label | None:
        found = [one for one in self.machine.printer.papers if (one.number, one.print_no) == (number, print_no)]
        return found[0] if found else None

    def _doubt(self, number: str, print_no: int) -> Deed:
        if self._paper(number, print_no) is not None:
            return Scan(label_code(number, print_no).encode(), "the label")
        return Touch("nothing")

    def _units(self) -> list[Unit]:
        return self.floor.trays.get(self.visitor.ticket_id, []) if self.visitor else []

    def _prove(self, step: steps.LabelProof) -> Deed | None:
        """Sticks the label on the package it believes to be the right one, and scans what lies before it."""
        paper = self._paper(step.number, step.print_no)
        if paper is None or self.visitor is None:
            return Touch("damaged")
        unit = next((u for u in self._units() if u.label is not None and u.label.number == step.number), None)
        if unit is None:
            bare = [u for u in self._units() if u.label is None]
            right = [u for u in bare if u.tag == step.tag]
            if not right:
                return self._missing(step.tag)
            unit = self.floor.chance.choice(bare) if self.floor.maybe(self.floor.habits.wrong_label) else right[0]
        unit.label = paper
        if not step.package:
            return Scan(unit.tag.encode(), "the package")
        if not step.label:
            return Scan(label_code(unit.label.number, unit.label.print_no).encode(), "the label")
        return self._ticket()

    def _missing(self, tag: str) -> Deed | None:
        """It was picked, and is still on its way; after a while somebody fetches it."""
        assert self.visitor is not None
        if self.floor.maybe(0.7):
            return None
        return None if self.floor.take(tag, self.visitor.ticket_id) else Touch("cancel")

    def _ticket(self) -> Deed:
        assert self.visitor is not None
        others = [one for one in self.floor.visitors if one is not self.visitor and not one.gone]
        if others and self.floor.maybe(self.floor.habits.wrong_ticket):
            return Scan(ticket_code(self.floor.chance.choice(others).ticket_id).encode(), "a ticket")
        return Scan(ticket_code(self.visitor.ticket_id).encode(), "the ticket")

    def _stopped(self, step: steps.Stop) -> Deed:
        """Something was mixed up: the labels come off, and it is done again with care."""
        if step.refusal.differs == "package":
            for unit in self._units():
                label = unit.label
                if label is not None and label.tag != unit.tag:
                    unit.label = None
                    right = next((u for u in self._units() if u.label is None and u.tag == label.tag), None)
                    if right is not None:
                        right.label = label
            return Scan(step.refusal.wanted.encode(), "the package")
        if step.refusal.differs == "patient":
            return self._ticket()
        return Touch(self.floor.chance.choice(step.choices).key)

    def _hand_over(self, step: steps.HandedOver) -> Deed:
        if self.visitor is not None and self.handed != step.visit_id:
            self.handed = step.visit_id
            numbers = {number for line in step.lines for number in line.dispense_numbers}
            units = self._units()
            for unit in [u for u in units if u.label is not None and u.label.number in numbers]:
                units.remove(unit)
                self.floor.judge.hands_over(self.floor.clock.now(), self.visitor.customer, unit.tag, unit.label)
            self.floor.served += 1
        return Touch("next")


def _looks_like(person: Person, customer: Customer) -> bool:
    """The face on the photo, in words."""
    there, here = customer.person, person
    return (there.family.casefold(), there.given.casefold(), there.born) == (
        here.family.casefold(),
        here.given.casefold(),
        here.born,
    )
