"""A hub to talk to, with a state and a registry that do as they are told."""

import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import msgspec
from litestar.testing import AsyncTestClient

from kiosk.demo import LABEL_FILES
from kiosk.hub.api import make_app
from kiosk.hub.settings import HubSettings, RegistryAccess, StaffEntry, StoreFacts, TerminalEntry, TrackingAccess
from kiosk.hub.staff import Staff
from kiosk.hub.stock import refresh
from kiosk.hub.store import Hub, opened
from kiosk.model import questions as q
from kiosk.model import records as r
from kiosk.model.base import from_json, to_json
from kiosk.model.clock import ManualClock
from kiosk.model.documents import PatientCard, PhotoId
from kiosk.model.errors import KioskError, Refusal
from kiosk.model.packages import Lab, Package, Product
from kiosk.model.people import Person, Recommendation, RegistryEntry, RegistryStatus, StaffRole
from kiosk.tracking.port import Sale, SaleOnRecord, Stock, Unread, wall_time

PIN = "246810"
TODAY = date(2026, 3, 2)
ROBIN = Person(family="Example", given="Robin", born=date(1990, 2, 14))
CARD = PatientCard(number="P7QX21AB", state="FL")
PHOTO_ID = PhotoId(
    family="EXAMPLE", given="ROBIN", born=date(1990, 2, 14), expires=date(2030, 2, 14), number="E1", issuer="FL",
    standard="AAMVA-10",
)  # fmt: skip
RECOMMENDATION = Recommendation(
    recommendation_id="R1",
    physician="Dr Ash Meadow",
    valid_from=date(2026, 1, 1),
    valid_to=date(2026, 12, 31),
    notes=("Start low.",),
    routes=("sublingual", "smoking"),
)
TINCTURE = Product(
    product_id="1", name="Calm 20:1 tincture", form="tincture", route="sublingual", thc_mg=Decimal(15),
    cbd_mg=Decimal(300), net_weight_g=Decimal(30), dose="0.5 ml under the tongue", price=Decimal("45.00"),
)  # fmt: skip
FLOWER = Product(
    product_id="2", name="Calm flower 3.5 g", form="flower", route="smoking", thc_mg=Decimal(600),
    net_weight_g=Decimal("3.5"), dose="as needed", price=Decimal("30.00"),
)  # fmt: skip


def package(tag: str, product: Product, batch: str, quantity: int = 500, **fields: Any) -> Package:
    lab = Lab(
        passed=True, thc=product.thc_mg, cbd=product.cbd_mg, unit="mg", lab="Clear Lab", tested_on=date(2026, 1, 10)
    )
    return Package(
        tag=tag, product_id=product.product_id, batch=batch, harvest="H1", quantity=quantity, place="V-A3-2", lab=lab,
        expires=fields.pop("expires", date(2027, 1, 1)), packaged_on=date(2026, 1, 15), **fields,
    )  # fmt: skip


TAG = "1A4FF0300000B2C000004711"
FLOWER_TAG = "1A4FF0300000B2C000004720"


@dataclass
class TrialState:
    """A tracking system. ``troubles`` are raised one by one, each by one call; ``after`` once the sale is stored."""

    packages: list[Package] = field(
        default_factory=lambda: [package(TAG, TINCTURE, "B1"), package(FLOWER_TAG, FLOWER, "F1")]
    )
    products: list[Product] = field(default_factory=lambda: [TINCTURE, FLOWER])
    sales: dict[str, Sale] = field(default_factory=dict)
    unread: list[Unread] = field(default_factory=list)
    stored_twice: int = 0
    troubles: list[KioskError | None] = field(default_factory=list)
    after: KioskError | None = None
    bend: dict[str, Any] = field(default_factory=dict)
    """Fields the state stores differently from what it was told."""

    async def stock(self, since: datetime | None = None) -> Stock:
        return Stock(
            packages=tuple(self.packages), products=tuple(self.products), as_of=datetime(2026, 3, 2, tzinfo=UTC),
            unread=tuple(self.unread),
        )  # fmt: skip

    async def report(self, sale: Sale) -> str:
        self._trouble()
        if sale.external_number in self.sales:
            self.stored_twice += 1
        self.sales[sale.external_number] = sale
        if self.after is not None:
            trouble, self.after = self.after, None
            raise trouble
        return "1"

    async def find(self, external_number: str) -> SaleOnRecord | None:
        self._trouble()
        sale = self.sales.get(external_number)
        if sale is None:
            return None
        fields: dict[str, Any] = {
            "state_id": "1",
            "external_number": sale.external_number,
            "sold_at": wall_time(sale.sold_at, sale.zone),
            "customer": sale.customer,
            "patient_number": sale.patient_number,
            "caregiver_number": sale.caregiver_number,
            "lines": sale.lines,
        }
        return SaleOnRecord(**{**fields, **self.bend})

    def _trouble(self) -> None:
        trouble = self.troubles.pop(0) if self.troubles else None
        if trouble is not None:
            raise trouble

    async def reachable(self) -> None: ...
    async def close(self) -> None: ...


@dataclass
class TrialRegistry:
    entries: dict[str, RegistryEntry] = field(default_factory=dict)
    trouble: KioskError | None = None
    asked: int = 0

    def __post_init__(self) -> None:
        self.entries.setdefault(CARD.number, entry())

    async def look_up(self, number: str) -> RegistryEntry:
        self.asked += 1
        if self.trouble is not None:
            raise self.trouble
        return self.entries.get(number) or RegistryEntry(number=number, status=RegistryStatus.NOT_FOUND)

    async def close(self) -> None: ...


def entry(**fields: Any) -> RegistryEntry:
    given: dict[str, Any] = {
        "number": CARD.number,
        "status": RegistryStatus.ACTIVE,
        "person": ROBIN,
        "valid_from": date(2025, 1, 1),
        "expires": date(2027, 1, 31),
        "recommendation": RECOMMENDATION,
        "available": {},
    }
    return RegistryEntry(**{**given, **fields})


TERMINALS = {"door": "checkin", "counter-1": "counter", "counter-2": "counter", "vault-1": "vault"}


def settings(folder: Path) -> HubSettings:
    return HubSettings(
        data_dir=folder,
        live=False,
        store=StoreFacts(
            name="Trial Dispensary", licence="MMTC-2026-0001", address="1 Trial St", phone="555-0100", state="FL",
            zone="America/New_York",
        ),
        tracking=TrackingAccess(system="metrc", url="http://127.0.0.1:1", licence="L", vendor_key="v", user_key="u"),
        registry=RegistryAccess(url="http://127.0.0.1:1", key="k"),
        label_files=LABEL_FILES,
        terminals=tuple(TerminalEntry(name=n, role=role, token=f"token-of-{n:>16}") for n, role in TERMINALS.items()),
        staff=tuple(
            StaffEntry(id=who, name=f"Person {who}", role=StaffRole.TECHNICIAN, badge=f"B-{who}", pin=PIN)
            for who in ("t1", "t2", "p1", "p2")
        )
        + tuple(
            StaffEntry(id=who, name=f"Pharmacist {who}", role=StaffRole.PHARMACIST, badge=f"B-{who}", pin=PIN)
            for who in ("ph1", "ph2")
        )
        + (StaffEntry(id="m1", name="Manager m1", role=StaffRole.MANAGER, badge="B-m1", pin=PIN),),
    )  # fmt: skip


class QuickStaff(Staff):
    """The same decisions without the tenth of a second that a real PIN check takes on purpose."""

    def __init__(self, entries: tuple[StaffEntry, ...]) -> None:
        super().__init__(entries)
        self._by_badge = {each.badge: each for each in entries}

    def matches(self, badge: str, pin: str) -> StaffEntry | None:
        return self._by_badge.get(badge) if pin == PIN else None


@dataclass
class Trial:
    hub: Hub
    client: AsyncTestClient[Any]
    state: TrialState
    registry: TrialRegistry
    clock: ManualClock
    sessions: dict[str, str] = field(default_factory=dict)
    seqs: dict[str, int] = field(default_factory=dict)
    keys: int = 0

    async def post(self, terminal: str, path: str, body: Any, token: str = "") -> Any:
        token = token or f"token-of-{terminal:>16}"
        headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
        return await self.client.post(path, content=to_json(body), headers=headers)

    async def ask(self, terminal: str, question: Any) -> Any:
        """The answer or the refusal, as the terminal would read it."""
        answer = await self.post(terminal, f"/v1/ask/{q.tag_of(question)}", question)
        assert answer.status_code in (200, 422), (answer.status_code, answer.text)
        kind = q.ANSWERS[type(question)] if answer.status_code == 200 else Refusal
        return from_json(answer.content, kind)

    def key(self) -> str:
        self.keys += 1
        return f"flow:{self.keys}"

    async def session(self, terminal: str, who: str = "t1") -> str:
        if terminal not in self.sessions:
            answer = await self.ask(terminal, q.SignIn(badge=f"B-{who}", pin=PIN))
            self.sessions[terminal] = answer.session_id
        return self.sessions[terminal]

    def record(self, terminal: str, fact: r.AnyFact, **fields: Any) -> r.Record:
        self.seqs[terminal] = seq = self.seqs.get(terminal, 0) + 1
        return r.Record(
            key=fields.pop("key", f"{terminal}:{seq}"), terminal=terminal, role=TERMINALS[terminal], epoch=1,
            seq=fields.pop("seq", seq), at=self.clock.now(), sop="DSP-1 v1", step="DSP-1.1", staff_id="t1",
            session_id=self.sessions.get(terminal, ""), fact=fact, **fields,
        )  # fmt: skip

    async def tell(self, terminal: str, *facts: r.AnyFact) -> r.Accepted:
        batch = r.Batch(terminal=terminal, epoch=1, records=tuple(self.record(terminal, fact) for fact in facts))
        answer = await self.post(terminal, "/v1/records", batch)
        assert answer.status_code == 200, answer.text
        return from_json(answer.content, r.Accepted)

    # --- whole pieces of a visit

    async def checked_in(self, card: PatientCard | None = CARD, photo_id: PhotoId | None = PHOTO_ID) -> q.CheckedIn:
        return await self.ask("door", q.CheckIn(key=self.key(), card=card, photo_id=photo_id))

    async def opened(self, terminal: str = "counter-1", **by: Any) -> Any:
        by = by or {"ticket_id": (await self.checked_in()).ticket.ticket_id}
        session_id = await self.session(terminal)
        return await self.ask(terminal, q.OpenVisit(key=self.key(), session_id=session_id, **by))

    async def attended(self, terminal: str = "counter-1") -> Any:
        visit = await self.opened(terminal)
        await self.tell(
            terminal,
            r.FaceCompared(visit_id=visit.visit_id, matches=True),
            r.NotesRead(visit_id=visit.visit_id, recommendation_id="R1", digest="d"),
        )
        return visit

    async def ordered(self, visit: Any, *basket: q.BasketLine, terminal: str = "counter-1", key: str = "") -> Any:
        wish = q.ConfirmOrder(
            key=key or self.key(),
            session_id=await self.session(terminal),
            visit_id=visit.visit_id,
            basket=basket or (q.BasketLine(product_id="1", units=1),),
        )
        return await self.ask(terminal, wish)

    async def picked(self, order: Any, terminal: str = "counter-1") -> Any:
        session_id = await self.session("vault-1", "p1")
        for line in order.lines:
            wish = q.ClaimLine(key=self.key(), session_id=session_id, line_id=line.line_id)
            pick = await self.ask("vault-1", wish)
            for n in range(1, line.units + 1):
                check = q.CheckUnit(session_id=session_id, line_id=line.line_id, tag=pick.tag)
                fits = await self.ask("vault-1", check)
                assert isinstance(fits, q.UnitFits), fits
                fact = r.UnitPicked(line_id=line.line_id, tag=pick.tag, item=0, n=n, place=pick.place)
                await self.tell("vault-1", fact)
        return await self.ask(terminal, q.AskOrder(order_id=order.order_id))

    async def proven(self, visit: Any, order: Any, terminal: str = "counter-1") -> tuple[r.DispensedUnit, ...]:
        units = []
        for line in order.lines:
            for tag, number in zip(line.tags, line.dispense_numbers, strict=True):
                await self.tell(
                    terminal,
                    r.LabelIssued(
                        visit_id=visit.visit_id, line_id=line.line_id, number=number, print_no=1, tag=tag,
                        copy_digest="d",
                    ),
                    r.LabelPrinted(number=number, print_no=1, outcome="printed"),
                    r.LabelVerified(visit_id=visit.visit_id, number=number, print_no=1, tag=tag, bound_by="ticket"),
                )  # fmt: skip
                units.append(r.DispensedUnit(line_id=line.line_id, number=number, print_no=1, tag=tag))
        return tuple(units)

    async def permitted(self, visit: Any, order: Any, terminal: str = "counter-1") -> Any:
        wish = q.AskPermit(
            key=self.key(), session_id=await self.session(terminal), visit_id=visit.visit_id, order_id=order.order_id
        )
        return await self.ask(terminal, wish)

    def handed_over(self, visit: Any, order: Any, permit: q.Permit, units: Any, **other: Any) -> r.Dispensed:
        """The fact as the counter's flow makes it."""
        given: dict[str, Any] = {
            "visit_id": visit.visit_id,
            "order_id": order.order_id,
            "permit_id": permit.permit_id,
            "external_number": permit.external_number,
            "units": units,
            "basis": permit.basis,
            "patient_ref": visit.profile.patient_ref,
            "caregiver_ref": visit.profile.caregiver_ref,
        }
        return r.Dispensed(**{**given, **other})

    async def dispensed(self, *basket: q.BasketLine, terminal: str = "counter-1") -> r.Dispensed:
        visit = await self.attended(terminal)
        order = await self.picked(await self.ordered(visit, *basket, terminal=terminal), terminal)
        units = await self.proven(visit, order, terminal)
        permit = await self.permitted(visit, order, terminal)
        fact = self.handed_over(visit, order, permit, units)
        accepted = await self.tell(terminal, fact)
        assert accepted.flagged == {}
        return fact


@contextlib.asynccontextmanager
async def trial(folder: Path, state: TrialState | None = None, **more: Any) -> AsyncIterator[Trial]:
    state, registry = state or TrialState(), more.get("registry") or TrialRegistry()
    clock = more.get("clock") or ManualClock()
    chosen = changed(settings(folder), packs=more.get("packs"), policy=more.get("policy"), live=more.get("live", False))
    chosen = changed(chosen, licences_on_phones=more.get("licences_on_phones", False))
    chosen = changed(chosen, store=changed(chosen.store, **more.get("store", {})))
    access = changed(chosen.registry, seconds=more.get("seconds", chosen.registry.seconds))
    async with opened(changed(chosen, registry=access), state, registry, clock, work=False) as hub:
        hub.desk.staff = QuickStaff(hub.settings.staff)
        await hub.database.write(refresh, await state.stock())
        async with AsyncTestClient(make_app(hub)) as client:
            yield Trial(hub, client, state, registry, clock)


def changed(noun: Any, **fields: Any) -> Any:
    return msgspec.structs.replace(noun, **fields)


CARER_CARD = PatientCard(number="C1AB23CD", state="FL")
CARER = Person(family="Helper", given="Sam", born=date(1980, 5, 5))
CARER_ID = changed(PHOTO_ID, family="HELPER", given="SAM", born=CARER.born, number="E2")
CHILD = Person(family="Example", given="Kit", born=date(2015, 3, 3))
CHILD_CARD = PatientCard(number="P8RY32BC", state="FL")


def family(*patients: str) -> TrialRegistry:
    """A caregiver of two patients, or of those named."""
    carer = entry(
        number=CARER_CARD.number, person=CARER, role="caregiver", recommendation=None, available=None,
        patients=patients or (CARD.number, CHILD_CARD.number),
    )  # fmt: skip
    child = entry(number=CHILD_CARD.number, person=CHILD)
    return TrialRegistry(entries={CARER_CARD.number: carer, CARD.number: entry(), CHILD_CARD.number: child})


def everything(connection: Any) -> str:
    """All that the database holds."""
    tables = connection.exec_driver_sql("SELECT name FROM sqlite_master WHERE type = 'table'").scalars().all()
    return "\n".join(repr(connection.exec_driver_sql(f'SELECT * FROM "{name}"').all()) for name in tables)


def named(words: str) -> bool:
    """Whether anything of the trial's people is in it."""
    told = (CARD.number, ROBIN.family, ROBIN.given, "1990-02-14", PHOTO_ID.family, "Ash Meadow", "Start low")
    return any(word in words for word in told)
