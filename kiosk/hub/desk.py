"""The hub's answers to its terminals' questions.

Every answer is made in two halves: what other systems say is fetched first, then one database transaction checks and
acts. So two terminals can ask at the same moment and never get more than the law allows both of them (ALT-04).
"""

import asyncio
import hashlib
import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, select

from kiosk.hub import orders, staff, visits
from kiosk.hub.books import book_of, counsel, items_of
from kiosk.hub.changes import Feed, News
from kiosk.hub.database import Database
from kiosk.hub.facts import proven_units
from kiosk.hub.reporting import StateCall, StateWatch
from kiosk.hub.schema import claims, flags, permits
from kiosk.hub.settings import HubSettings
from kiosk.hub.staff import Staff
from kiosk.hub.stock import package_of, product_of
from kiosk.hub.visits import Secret
from kiosk.model import questions as q
from kiosk.model.base import from_json, to_json
from kiosk.model.clock import Clock, local_date
from kiosk.model.errors import KioskError, Refusal
from kiosk.model.ids import new_id
from kiosk.model.orders import LineState, Order, PickLine, QueueEntry
from kiosk.model.people import Profile, RegistryEntry, RegistryStatus, Session
from kiosk.model.text import text
from kiosk.rules import labels
from kiosk.rules.allotments import Item, judge
from kiosk.rules.identity import age, concerns
from kiosk.rules.law import Pack
from kiosk.rules.pack import load
from kiosk.tracking.port import Registry

log = logging.getLogger(__name__)

NOT_SIGNED_IN = Refusal(
    rule="store.not_signed_in",
    reason=text("Nobody is signed in here."),
    way_on=text("Scan your badge and type your PIN."),
)


@dataclass(frozen=True)
class Caller:
    """The terminal that asks, as its token says."""

    terminal: str
    role: str


@dataclass
class Figure:
    """The registry's own figure for one patient, and when it was read. None: it did not answer."""

    entry: RegistryEntry | None
    as_of: datetime


@dataclass
class Desk:
    settings: HubSettings
    database: Database
    registry: Registry
    clock: Clock
    feed: Feed
    watch: StateWatch
    secret: bytes
    staff: Staff
    packs: Path | None = None
    _figures: dict[str, Figure] = field(default_factory=dict)

    async def answer(self, caller: Caller, question: Any) -> Any:
        """The answer or a ``Refusal``. A claim asked again under its key gets the answer it got before."""
        key = getattr(question, "key", "")
        if key:
            before = await self.database.write(_answered, caller, key, question)
            if before is not None:
                return before
        handler: Callable[[Caller, Any], Any] = getattr(self, "_" + q.tag_of(question).replace("-", "_"))
        return await handler(caller, question)

    # --- time and law

    def today(self) -> date:
        return local_date(self.clock.now(), self.settings.store.zone)

    def pack(self) -> Pack:
        return load(self.settings.store.state, self.today(), self.packs)

    async def _look_up(self, number: str) -> RegistryEntry | None:
        """The registry's answer now; None when there is none. Never a pass by itself (PAT-07)."""
        try:
            entry = await self.registry.look_up(number)
        except KioskError as error:
            log.warning("the registry gives no answer: %s", error.reason)
            self.watch.failed(StateCall.REGISTRY)
            return None
        self.watch.answered(StateCall.REGISTRY)
        return entry if entry.number == number else None

    async def _claim(
        self, question: Any, caller: Caller, work: Callable[..., tuple[Any, list[tuple[News, str]]]], *args: Any
    ) -> Any:
        """Acts and keeps the answer under the question's key in one transaction; then tells the terminals."""

        def whole(connection: Connection) -> tuple[Any, list[tuple[News, str]]]:
            before = _answered(connection, caller, question.key, question)
            if before is not None:
                return before, []
            answer, news = work(connection, *args)
            if not isinstance(answer, Refusal):
                connection.execute(
                    claims.insert().values(
                        key=f"{caller.terminal}|{question.key}",
                        digest=_digest(question),
                        answer=to_json(answer).decode(),
                        at=self.clock.now().isoformat(),
                    )
                )
            return answer, news

        answer, news = await self.database.write(whole)
        self.feed.tell(news)
        return answer

    async def _session(self, caller: Caller, session_id: str) -> Session | None:
        return await self.database.write(staff.session_of, session_id, caller.terminal)

    # --- check-in

    async def _check_in(self, caller: Caller, wish: q.CheckIn) -> Any:
        entry = await self._look_up(wish.card.number) if wish.card else None
        patient = entry
        if entry is not None and entry.role == "caregiver":
            patient = await self._look_up(entry.patients[0]) if entry.patients else None
        linked = patient if entry is not None and entry.role == "caregiver" else None
        pack, today = self.pack(), self.today()
        found = concerns(pack, wish.card, wish.photo_id, entry, linked, today, wish.trouble)
        secret = Secret(
            profile=self._profile(wish, entry, patient, today, pack),
            concerns=found,
            card_number=patient.number if patient else "",
            caregiver_number=entry.number if linked is not None and entry is not None else "",
        )

        def work(connection: Connection) -> tuple[Any, list[tuple[News, str]]]:
            made = visits.check_in(
                connection,
                secret,
                visits.reference(self.secret, secret.card_number),
                visits.reference(self.secret, secret.caregiver_number),
                pack.ticket_life,
                self.clock.now(),
            )
            return q.CheckedIn(ticket=made.ticket, admitted=not found), [(made, "")]

        return await self._claim(wish, caller, work)

    def _profile(
        self,
        wish: q.CheckIn,
        entry: RegistryEntry | None,
        patient: RegistryEntry | None,
        today: date,
        pack: Pack,
    ) -> Profile | None:
        """Only an active registry entry with a person in it establishes a patient."""
        if entry is None or patient is None or patient.person is None or patient.status is not RegistryStatus.ACTIVE:
            return None
        stands_there = entry.person if entry.role == "caregiver" else None
        born = patient.person.born
        return Profile(
            patient_ref=visits.reference(self.secret, patient.number),
            person=patient.person,
            card_ending=patient.number[-3:],
            status=patient.status,
            card_expires=patient.expires,
            recommendation=patient.recommendation,
            caregiver=stands_there,
            id_kind="passport" if wish.photo_id and wish.photo_id.standard.startswith("ICAO") else "licence",
            id_issuer=wish.photo_id.issuer if wish.photo_id else "",
            minor=born is not None and age(born, today) < pack.minimum_age,
        )

    # --- staff

    async def _sign_in(self, caller: Caller, wish: q.SignIn) -> Any:
        who = (f"badge {wish.badge}", f"terminal {caller.terminal}")
        refusal = await self.database.write(staff.locked, who, self.clock.now())
        if refusal is not None:
            return refusal
        entry = await asyncio.to_thread(self.staff.matches, wish.badge, wish.pin)
        if entry is None:
            await self.database.write(staff.failed, who, self.clock.now())
            return staff.WRONG
        return await self.database.write(staff.signed_in, entry, caller.terminal, who, self.clock.now())

    # --- counter

    async def _open_visit(self, caller: Caller, wish: q.OpenVisit) -> Any:
        session = await self._session(caller, wish.session_id)
        if session is None:
            return NOT_SIGNED_IN
        card_ref = visits.reference(self.secret, wish.card.number) if wish.card else ""

        def work(connection: Connection) -> tuple[Any, list[tuple[News, str]]]:
            row = visits.find(connection, wish, card_ref)
            made = visits.opened(connection, row, session, caller.terminal, self.clock.now())
            if isinstance(made, Refusal):
                return made, []
            visit, entry = made
            return visit, [(entry, "")]

        return await self._claim(wish, caller, work)

    async def _figure(self, secret: Secret, *, fresh: bool) -> Figure:
        """The registry's figure. One reading serves a visit's looking around; a decision reads it again."""
        known = self._figures.get(secret.card_number)
        if known is None or known.entry is None or fresh:
            known = Figure(await self._look_up(secret.card_number), self.clock.now())
            self._figures[secret.card_number] = known
        return known

    async def _standing(self, caller: Caller, wish: q.AskStanding) -> Any:
        here = await self.database.write(visits.open_here, wish.visit_id, caller.terminal)
        if isinstance(here, Refusal):
            return here
        row, secret = here
        figure = await self._figure(secret, fresh=False)
        recommendation = _recommendation(secret, figure)

        def work(connection: Connection) -> Any:
            available = figure.entry.available if figure.entry else None
            book = book_of(connection, row["patient_ref"], available, figure.as_of)
            return counsel(connection, self.pack(), book, recommendation, self.today(), wish.basket)

        return await self.database.write(work)

    async def _confirm_order(self, caller: Caller, wish: q.ConfirmOrder) -> Any:
        if await self._session(caller, wish.session_id) is None:
            return NOT_SIGNED_IN
        here = await self.database.write(visits.open_here, wish.visit_id, caller.terminal)
        if isinstance(here, Refusal):
            return here
        row, secret = here
        refusal = _not_ready(row, secret)
        if refusal is not None:
            return refusal
        figure = await self._figure(secret, fresh=True)

        def work(connection: Connection) -> tuple[Any, list[tuple[News, str]]]:
            if orders.open_order_of(connection, wish.visit_id) is not None:
                return _one_order(), []
            items = items_of(connection, wish.basket)
            if isinstance(items, Refusal):
                return items, []
            available = figure.entry.available if figure.entry else None
            book = book_of(connection, row["patient_ref"], available, figure.as_of)
            judged = judge(self.pack(), book, _recommendation(secret, figure), self.today(), items)
            if judged.refusal is not None or not items:
                return judged.refusal or _empty(), []
            chosen = orders.choose_packages(connection, items, self.today())
            if isinstance(chosen, Refusal):
                return chosen, []
            ticket = from_json(row["entry"], QueueEntry).ticket
            order, lines = orders.make(connection, chosen, row, ticket, caller.terminal, self.today())
            return order, [(line, caller.terminal) for line in lines]

        return await self._claim(wish, caller, work)

    async def _cancel_order(self, caller: Caller, wish: q.CancelOrder) -> Any:
        if await self._session(caller, wish.session_id) is None:
            return NOT_SIGNED_IN

        def work(connection: Connection) -> tuple[Any, list[tuple[News, str]]]:
            order = orders.order_of(connection, wish.order_id)
            refusal = _not_mine(connection, order, caller)
            if refusal is not None:
                return refusal, []
            moved = orders.move_order(connection, wish.order_id, LineState.CANCELLED)
            return q.Cancelled(order_id=wish.order_id), [(line, caller.terminal) for line in moved]

        return await self._claim(wish, caller, work)

    async def _order(self, caller: Caller, wish: q.AskOrder) -> Any:
        def work(connection: Connection) -> Any:
            order = orders.order_of(connection, wish.order_id)
            return _not_mine(connection, order, caller) or order

        return await self.database.write(work)

    async def _make_label(self, caller: Caller, wish: q.MakeLabel) -> Any:
        def work(connection: Connection) -> Any:
            here = visits.open_here(connection, wish.visit_id, caller.terminal)
            if isinstance(here, Refusal):
                return here
            _, secret = here
            line_row = orders.row_of(connection, wish.line_id)
            package = package_of(connection, wish.tag)
            product = product_of(connection, package.product_id) if package else None
            if (
                line_row is None
                or line_row["visit_id"] != wish.visit_id
                or wish.number not in line_row["numbers"].split()
            ):
                return _no_label(text("This unit belongs to no order of this visit."))
            if package is None or product is None or secret.profile is None:
                return _no_label(text("The package of this unit is not known any more."))
            store = self.settings.store
            facts = labels.facts(
                profile=secret.profile,
                product=product,
                package=package,
                route=line_row["route"],
                store={
                    "store.name": store.name,
                    "store.license": store.licence,
                    "store.address": store.address,
                    "store.phone": store.phone,
                },
                number=wish.number,
                on=self.today(),
            )
            return labels.make(self.pack(), facts, number=wish.number, print_no=wish.print_no, tag=wish.tag)

        return await self.database.write(work)

    async def _match_card(self, _: Caller, wish: q.MatchCard) -> Any:
        ref = visits.reference(self.secret, wish.card.number)

        def work(connection: Connection) -> Any:
            row = visits.row_of(connection, wish.visit_id)
            if row is not None and ref in (row["patient_ref"], row["caregiver_ref"]):
                return q.Matched(visit_id=wish.visit_id)
            return Refusal(
                rule="store.patient",
                reason=text("This card belongs to somebody else."),
                way_on=text("Scan the card or ticket of the patient in front of you."),
                differs="patient",
            )

        return await self.database.write(work)

    async def _permit(self, caller: Caller, wish: q.AskPermit) -> Any:
        session = await self._session(caller, wish.session_id)
        if session is None:
            return NOT_SIGNED_IN
        here = await self.database.write(visits.open_here, wish.visit_id, caller.terminal)
        if isinstance(here, Refusal):
            return here
        row, secret = here
        figure = await self._figure(secret, fresh=True)

        def work(connection: Connection) -> tuple[Any, list[tuple[News, str]]]:
            order = orders.order_of(connection, wish.order_id)
            refusal = _not_mine(connection, order, caller) or _not_ready(row, secret)
            if refusal is None and not proven_units(connection, wish.order_id):
                refusal = _not_proven()
            if refusal is not None:
                return refusal, []
            assert order is not None
            items = [Item(product=line.product, units=line.units, route=line.route) for line in order.lines]
            available = figure.entry.available if figure.entry else None
            book = book_of(connection, row["patient_ref"], available, figure.as_of, without_order=wish.order_id)
            judged = judge(self.pack(), book, _recommendation(secret, figure), self.today(), items)
            if judged.refusal is not None:
                connection.execute(
                    flags.insert().values(
                        record_key=wish.key,
                        reason=f"the last look before hand-over refused by {judged.refusal.rule}",
                        at=self.clock.now().isoformat(),
                    )
                )
                return judged.refusal, []
            permit = q.Permit(
                permit_id=new_id(), order_id=wish.order_id, external_number=f"{row['ticket_id']}-{visits.code(6)}"
            )
            connection.execute(
                permits.insert().values(
                    permit_id=permit.permit_id,
                    order_id=permit.order_id,
                    external_number=permit.external_number,
                    staff_id=session.staff_id,
                )
            )
            return permit, []

        return await self._claim(wish, caller, work)

    # --- vault

    async def _claim_line(self, caller: Caller, wish: q.ClaimLine) -> Any:
        session = await self._session(caller, wish.session_id)
        if session is None:
            return NOT_SIGNED_IN

        def work(connection: Connection) -> tuple[Any, list[tuple[News, str]]]:
            line = orders.claim(connection, wish, session)
            return line, [(line, line.counter)] if isinstance(line, PickLine) else []

        return await self._claim(wish, caller, work)

    async def _release_line(self, caller: Caller, wish: q.ReleaseLine) -> Any:
        session = await self._session(caller, wish.session_id)
        if session is None:
            return NOT_SIGNED_IN

        def work(connection: Connection) -> tuple[Any, list[tuple[News, str]]]:
            line = orders.release(connection, wish.line_id, session)
            return q.Released(line_id=wish.line_id), [(line, line.counter)] if line is not None else []

        return await self._claim(wish, caller, work)

    async def _check_unit(self, caller: Caller, wish: q.CheckUnit) -> Any:
        session = await self._session(caller, wish.session_id)
        if session is None:
            return NOT_SIGNED_IN
        return await self.database.write(orders.check_unit, wish, session, self.today())


def _digest(question: Any) -> str:

    return hashlib.sha256(to_json(question)).hexdigest()


def _answered(connection: Connection, caller: Caller, key: str, question: Any) -> Any:
    """The answer kept under this key; a different question under the same key is refused."""
    row = connection.execute(select(claims).where(claims.c.key == f"{caller.terminal}|{key}")).first()
    if row is None:
        return None
    if row.digest != _digest(question):
        return Refusal(
            rule="store.key_used",
            reason=text("This terminal asked for two things under one number."),
            way_on=text("Start this step again. Tell the manager."),
        )
    return from_json(row.answer, q.ANSWERS[type(question)])


def _recommendation(secret: Secret, figure: Figure) -> Any:
    """The registry's newest word on the recommendation; what was known at check-in where it is silent."""
    if figure.entry is not None and figure.entry.status is not RegistryStatus.ACTIVE:
        return None
    newest = figure.entry.recommendation if figure.entry else None
    return newest or (secret.profile.recommendation if secret.profile else None)


def _not_ready(row: Any, secret: Secret) -> Refusal | None:
    """Face and notes come before any order, on the hub as on the screen."""
    if not row["face_matches"]:
        return Refusal(
            rule="store.face",
            reason=text("Nobody has compared face and photo in this visit."),
            way_on=text("Open the visit again and compare them."),
        )
    if not row["notes_read"]:
        return Refusal(
            rule="store.notes",
            reason=text("The physician's notes were not read in this visit."),
            way_on=text("Open the visit again and read them."),
        )
    nobody = [concern for concern in secret.concerns if concern.settled_by != "person"]
    if nobody:
        return Refusal(
            rule=nobody[0].rule, reason=nobody[0].reason, way_on=nobody[0].next_step, citation=nobody[0].citation
        )
    return None


def _not_mine(connection: Connection, order: Order | None, caller: Caller) -> Refusal | None:
    row = visits.row_of(connection, order.visit_id) if order is not None else None
    if row is None or row["served_at"] != caller.terminal:
        return Refusal(
            rule="store.order_unknown",
            reason=text("This order is not of this counter."),
            way_on=text("Open the visit by its ticket."),
        )
    return None


def _one_order() -> Refusal:
    return Refusal(
        rule="store.one_order",
        reason=text("This visit has an order already."),
        way_on=text("Cancel it first."),
    )


def _empty() -> Refusal:
    return Refusal(
        rule="store.basket", reason=text("The basket is empty."), way_on=text("Take a product from the list.")
    )


def _not_proven() -> Refusal:
    return Refusal(
        rule="store.proof",
        reason=text("Not every label was scanned with its package and ticket."),
        way_on=text("Cancel the order and start the labels again."),
    )


def _no_label(reason: Any) -> Refusal:
    return Refusal(rule="store.label", reason=reason, way_on=text("Cancel the order and pick again."))
