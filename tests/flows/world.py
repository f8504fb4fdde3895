"""A world to try flows in: a hub, a printer and people without a wire, a screen or a clock that runs."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from kiosk.flows.requests import Ask, Changed, Chosen, Opened, Print, Printed, Scanned, Show, TimedOut, Typed
from kiosk.flows.runner import Author, Back, Runner, ShowAnswer
from kiosk.flows.sop import Sop
from kiosk.model import questions as q
from kiosk.model.allotments import BasketLine, Judgement, PoolStanding, Standing
from kiosk.model.documents import Badge, LabelCode, PackageTag, PatientCard, PhotoId, ShelfCode, TicketCode
from kiosk.model.errors import Away, Refusal
from kiosk.model.labels import Label, LabelField
from kiosk.model.orders import LineState, Order, OrderLine, PickLine, Ticket, Visit
from kiosk.model.packages import CannabinoidProfile, Lab, Product
from kiosk.model.people import Person, Profile, Recommendation, RegistryStatus, Session, StaffRole
from kiosk.model.records import AnyFact, DrawerOutcome, Record
from kiosk.model.text import text

SESSION = Session(session_id="s1", staff_id="t1", name="Rowan Field", role=StaffRole.TECHNICIAN)
TICKET = Ticket(ticket_id="K7", shape="star", colour="blue", number=7)
OTHER_TICKET = Ticket(ticket_id="K8", shape="circle", colour="orange", number=8)
TAG = "1A4FF0300000B2C000004711"
OTHER_TAG = "1A4FF0300000B2C000004712"
ROBIN = Person(family="Example", given="Robin", born=date(1990, 2, 14))
CARD = PatientCard(number="P7QX21AB", state="FL")
PHOTO_ID = PhotoId(
    family="Example", given="Robin", born=date(1990, 2, 14), expires=date(2030, 2, 14), number="E1", issuer="FL"
)
TINCTURE = Product(
    product_id="tin-1", name="Calm 20:1 tincture", form="tincture", route="sublingual", thc_mg=Decimal(15),
    cbd_mg=Decimal(300),
)  # fmt: skip
PROFILE = Profile(
    patient_ref="p1",
    person=ROBIN,
    card_ending="1AB",
    status=RegistryStatus.ACTIVE,
    card_expires=date(2027, 1, 31),
    recommendation=Recommendation(
        recommendation_id="R1",
        physician="Dr Ash Meadow",
        valid_from=date(2026, 1, 1),
        valid_to=date(2026, 12, 31),
        notes=("Start low.",),
        routes=("sublingual",),
    ),
    id_kind="licence",
    id_issuer="FL",
)
VISIT = Visit(visit_id="v1", ticket=TICKET, profile=PROFILE)
HUB_AWAY = Away(who="hub", reason=text("The hub does not answer."))
NO = Refusal(rule="test.no", reason=text("Not now."), way_on=text("Do something else."))


def counsel(units: int = 0, refusal: Refusal | None = None) -> q.Counsel:
    pool = PoolStanding(
        pool="sublingual", name=text("Sublingual"), unit="mg", limit=Decimal(13300), used=Decimal(15 * units),
        remaining=Decimal(13300 - 15 * units), source="store", citation="rule",
    )  # fmt: skip
    standing = Standing(pools=(pool,), most={"tin-1": 4 - units})
    offer = q.Offer(
        product_id="tin-1", name=TINCTURE.name, form="tincture", route="sublingual", thc="15 mg", cbd="300 mg",
        price="45.00", in_stock=9, most=4 - units, profiles=(CannabinoidProfile.HIGH_CBD,),
    )  # fmt: skip
    return q.Counsel(standing=standing, offers=(offer,), judgement=Judgement(standing=standing, refusal=refusal))


@dataclass
class Hub:
    """Answers questions as the store hub would for one patient with one order. Claims are idempotent by key."""

    order: Order | None = None
    claims: dict[str, Any] = field(default_factory=dict)
    away_for: int = 0
    lost_answers: int = 0
    """So many answers get lost after the hub has acted."""
    orders_made: int = 0
    visit: Visit = VISIT
    asked: list[Any] = field(default_factory=list)
    overrides: dict[type, Callable[[Any], Any]] = field(default_factory=dict)

    def answer(self, question: Any) -> Any:
        self.asked.append(question)
        if self.away_for:
            self.away_for -= 1
            return HUB_AWAY
        key = getattr(question, "key", None)
        if key is not None and key in self.claims:
            return self.claims[key]
        override = self.overrides.get(type(question))
        answer = override(question) if override else self._answer(question)
        if key is not None:
            self.claims[key] = answer
            if self.lost_answers:
                self.lost_answers -= 1
                return HUB_AWAY
        return answer

    def _answer(self, question: Any) -> Any:
        match question:
            case q.CheckIn(trouble=trouble, card=card, photo_id=photo_id):
                return q.CheckedIn(ticket=TICKET, admitted=not trouble and card is not None and photo_id is not None)
            case q.SignIn(pin=pin):
                return SESSION if pin == "246810" else NO
            case q.OpenVisit():
                return self.visit
            case q.AskStanding(basket=basket):
                units = sum(line.units for line in basket)
                return counsel(units) if units <= 2 else counsel(units, NO)
            case q.ConfirmOrder(basket=basket):
                return self._make_order(basket)
            case q.AskOrder():
                assert self.order is not None
                return self.order
            case q.CancelOrder(order_id=order_id):
                assert self.order is not None
                lines = tuple(_changed(line, state=LineState.CANCELLED) for line in self.order.lines)
                self.order = _changed(self.order, lines=lines)
                return q.Cancelled(order_id=order_id)
            case q.MakeLabel(number=number, print_no=print_no, tag=tag):
                name = LabelField(key="patient.name", heading="Patient", value="Robin Example")
                template, on = (
                    ("FL label old", date(2026, 3, 1)) if print_no > 1 else ("FL label new", date(2026, 3, 2))
                )
                return Label(number=number, print_no=print_no, tag=tag, fields=(name,), template=template, on=on)
            case q.MatchCard(visit_id=visit_id, card=card):
                return q.Matched(visit_id=visit_id) if card == CARD else NO
            case q.AskPermit(order_id=order_id):
                return q.Permit(permit_id="ok1", order_id=order_id, external_number="X1")
            case q.ClaimLine():
                return LINE
            case q.CheckUnit(tag=tag, item=item, line_id=line_id):
                return q.UnitFits(line_id=line_id, tag=tag, item=item, n=1) if tag == TAG else NO
            case q.ReleaseLine(line_id=line_id):
                return q.Released(line_id=line_id)
        raise AssertionError(question)

    def _make_order(self, basket: Sequence[BasketLine]) -> Order:
        self.orders_made += 1
        lines = tuple(
            OrderLine(
                line_id=f"l{n}", product=TINCTURE, units=line.units, state=LineState.CONFIRMED, route=line.route,
                dispense_numbers=tuple(f"D{n}{i}" for i in range(line.units)),
            )
            for n, line in enumerate(basket)
        )  # fmt: skip
        self.order = Order(order_id=f"o{self.orders_made}", visit_id="v1", lines=lines)
        return self.order

    def pick_all(self) -> None:
        assert self.order is not None
        lines = tuple(_changed(line, state=LineState.PICKED, tags=(TAG,) * line.units) for line in self.order.lines)
        self.order = _changed(self.order, lines=lines)


def _changed(noun: Any, **fields: Any) -> Any:
    import msgspec  # noqa: PLC0415

    return msgspec.structs.replace(noun, **fields)


LINE = PickLine(
    line_id="l0", ticket=TICKET, counter="counter-1", product=TINCTURE, units=1, tag=TAG, place="V-A3-2", batch="B1",
    lab=Lab(passed=True, thc=Decimal(15), cbd=Decimal(300)),
)  # fmt: skip


class PowerCut(BaseException):
    """The plug is pulled. No ``except`` in the product may survive it."""


@dataclass
class KeptStep:
    n: int
    digest: str
    answer: bytes | None


@dataclass
class MemoryKeeper:
    """What the store keeps, without a disk; records numbered as the store numbers them."""

    flows: dict[str, tuple[str, bytes]] = field(default_factory=dict)
    steps: dict[str, dict[int, KeptStep]] = field(default_factory=dict)
    records: list[Record] = field(default_factory=list)

    async def open_flow(self, flow_id: str, sop: str, args: bytes) -> None:
        self.flows[flow_id] = (sop, args)
        self.steps[flow_id] = {}

    async def kept(self, flow_id: str) -> list[KeptStep]:
        return [self.steps[flow_id][n] for n in sorted(self.steps[flow_id])]

    async def begin(self, flow_id: str, n: int, digest: str) -> None:
        self.steps[flow_id][n] = KeptStep(n, digest, None)

    async def keep(self, flow_id: str, n: int, digest: str, answer: bytes, record: Record | None) -> Record | None:
        self.steps[flow_id][n] = KeptStep(n, digest, answer)
        if record is not None:
            record = _changed(record, epoch=1, seq=len(self.records) + 1)
            self.records.append(record)
        return record

    async def take_back(self, flow_id: str, n: int) -> None:
        for later in [m for m in self.steps[flow_id] if m >= n]:
            del self.steps[flow_id][later]

    async def end_flow(self, flow_id: str) -> None:
        del self.flows[flow_id], self.steps[flow_id]

    @property
    def facts(self) -> list[AnyFact]:
        return [record.fact for record in self.records]

    @property
    def story(self) -> list[str]:
        """The facts' names, in order."""
        return [str(fact.__struct_config__.tag) for fact in self.facts]


Respond = Callable[[Show], ShowAnswer | Back]


@dataclass
class TrialWorld:
    """Carries out requests against :class:`Hub`, a roll of paper, and a person given as a function or as a script."""

    person: Respond
    hub: Hub = field(default_factory=Hub)
    paper: list[tuple[str, int]] = field(default_factory=list)
    tickets: list[Ticket] = field(default_factory=list)
    printer: list[Printed] = field(default_factory=list)
    """Answers of a troubled printer, used up one by one; when empty it prints."""
    drawer: list[DrawerOutcome] = field(default_factory=list)
    """Outcomes of the pulses to come, used up one by one; then each opens it."""
    pulses: list[DrawerOutcome] = field(default_factory=list)
    """What became of each pulse that was wished for."""
    shown: list[Show] = field(default_factory=list)
    at: datetime = datetime(2026, 3, 2, 15, 0, tzinfo=UTC)

    async def show(self, request: Show) -> ShowAnswer | Back:
        self.shown.append(request)
        return self.person(request)

    async def ask(self, request: Ask) -> Any:
        return self.hub.answer(request.question)

    async def print(self, request: Print, job: str) -> Printed:
        if isinstance(request.document, Ticket):
            self.tickets.append(request.document)
            return Printed(outcome="queued")
        outcome = self.printer.pop(0) if self.printer else Printed(outcome="printed")
        if outcome.outcome != "failed":
            self.paper.append((request.document.number, request.document.print_no))
        return outcome

    async def open_drawer(self) -> Opened:
        self.pulses.append(self.drawer.pop(0) if self.drawer else "opened")
        return Opened(outcome=self.pulses[-1])

    def now(self) -> datetime:
        return self.at


def script(*answers: ShowAnswer | Back | tuple[str, ShowAnswer | Back]) -> Respond:
    """A person who does these things one after the other; ``("kind", answer)`` also demands the kind of step."""
    left = list(answers)

    def respond(request: Show) -> ShowAnswer | Back:
        assert left, f"nothing left to do at {request.step.kind}"
        act = left.pop(0)
        if isinstance(act, tuple):
            kind, act = act
            assert request.step.kind == kind, f"expected {kind}, shown {request.step.kind}: {request.step.title}"
        if isinstance(act, Scanned):
            assert act.document.kind in request.accepts, f"{request.step.kind} does not accept {act.document.kind}"
        if isinstance(act, Chosen) and ":" not in act.key:
            keys = [choice.key for choice in request.step.choices]
            assert act.key in keys, f"{request.step.kind} offers {keys}"
        return act

    respond.left = left  # type: ignore[attr-defined]
    return respond


def scan(document: Any) -> Scanned:
    return Scanned(document=document)


def touch(key: str) -> Chosen:
    return Chosen(key=key)


AUTHOR = Author("counter-1", "counter", "t1", "s1")


async def play(
    sop: Sop,
    arguments: tuple[Any, ...],
    *answers: Any,
    world: TrialWorld | None = None,
    keeper: MemoryKeeper | None = None,
) -> Any:
    """Runs a flow to its end with a scripted person; all that was planned must have been used."""
    person = script(*answers)
    world = world or TrialWorld(person)
    world.person = person
    keeper = keeper if keeper is not None else MemoryKeeper()
    runner = await Runner.start(sop, arguments, AUTHOR, keeper, world)
    result = await runner.run()
    assert not person.left, f"never happened: {person.left}"  # type: ignore[attr-defined]
    assert not keeper.flows, "the flow's answers were not destroyed"
    return Played(result, keeper, world)


@dataclass
class Played:
    result: Any
    keeper: MemoryKeeper
    world: TrialWorld

    @property
    def story(self) -> list[str]:
        return self.keeper.story

    @property
    def kinds(self) -> list[str]:
        """Kinds of the steps shown, repeats folded."""
        kinds = [request.step.kind for request in self.world.shown]
        return [kind for n, kind in enumerate(kinds) if n == 0 or kinds[n - 1] != kind]


__all__ = ["Badge", "Changed", "LabelCode", "PackageTag", "ShelfCode", "TicketCode", "TimedOut", "Typed"]
