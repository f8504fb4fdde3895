"""The hub's answers to its terminals' questions.

Every answer is made in two halves: what other systems say is fetched first, then one database transaction checks and
acts. So two terminals can ask at the same moment and never get more than the law allows both of them (ALT-04).
"""

import asyncio
import hashlib
import hmac
import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, select

from kiosk.hub import orders, staff, visits
from kiosk.hub.books import book_of, counsel, disagreements, items_of
from kiosk.hub.changes import Feed, News
from kiosk.hub.database import Database
from kiosk.hub.door import examine
from kiosk.hub.facts import proven_units
from kiosk.hub.labels import label_of
from kiosk.hub.refusals import (
    EMPTY_BASKET,
    KEY_USED,
    NOT_ACTIVE,
    NOT_PROVEN,
    NOT_SIGNED_IN,
    ONE_ORDER,
    ORDER_OVER,
    ORDER_UNKNOWN,
    REGISTRY_SILENT,
    VISIT_OVER,
    not_mine,
    not_ready,
)
from kiosk.hub.reporting import StateCall, StateWatch
from kiosk.hub.schema import claims, flags
from kiosk.hub.settings import HubSettings
from kiosk.hub.staff import Staff
from kiosk.hub.visits import Secret
from kiosk.model import questions as q
from kiosk.model.base import from_json, to_json
from kiosk.model.clock import Clock, local_date
from kiosk.model.errors import KioskError, Refusal
from kiosk.model.orders import PickLine, QueueEntry, Visit
from kiosk.model.people import Recommendation, RegistryEntry, RegistryStatus, Session
from kiosk.model.text import text
from kiosk.rules.allotments import Item, judge
from kiosk.rules.law import Pack
from kiosk.rules.pack import load
from kiosk.tracking.port import Registry

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Caller:
    """The terminal that asks, as its token says."""

    terminal: str
    role: str


@dataclass(frozen=True)
class Figure:
    """The registry's own word on one patient, and an instant before it was asked. ``entry`` None: it did not answer."""

    entry: RegistryEntry | None
    as_of: datetime

    @property
    def available(self) -> dict[str, Decimal] | None:
        return self.entry.available if self.entry is not None else None

    def recommendation(self, secret: Secret) -> Recommendation | None:
        """The registry's newest word; what was known at check-in where it does not answer. That is for looking
        around only: :meth:`refusal` stands before every decision."""
        if self.entry is not None:
            return self.entry.recommendation if self.entry.status is RegistryStatus.ACTIVE else None
        return secret.profile.recommendation if secret.profile else None

    def refusal(self) -> Refusal | None:
        """Nothing is decided without the registry's answer, or for a patient who is not active any more (PAT-07)."""
        if self.entry is None:
            return REGISTRY_SILENT
        return None if self.entry.status is RegistryStatus.ACTIVE else NOT_ACTIVE


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
    """By visit, as long as it is open."""
    _door: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def answer(self, caller: Caller, question: Any) -> Any:
        """The answer or a ``Refusal``. A claim asked again under its key gets the answer it got before."""
        key = getattr(question, "key", "")
        if key:
            before = await self.database.write(self._answered, caller, question)
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
            before = self._answered(connection, caller, question)
            if before is not None:
                return before, []
            answer, news = work(connection, *args)
            if not isinstance(answer, Refusal):
                connection.execute(
                    claims.insert().values(
                        key=f"{caller.terminal}|{question.key}",
                        digest=self._digest(question),
                        answer=to_json(answer).decode(),
                        at=self.clock.now().isoformat(),
                        visit_id=answer.visit_id if isinstance(answer, Visit) else "",
                    )
                )
            return answer, news

        answer, news = await self.database.write(whole)
        self.feed.tell(news)
        return answer

    def _digest(self, question: Any) -> str:
        """Keyed: the question may hold a card number, and card numbers are few enough to try them all."""
        return hmac.new(self.secret, to_json(question), hashlib.sha256).hexdigest()

    def _answered(self, connection: Connection, caller: Caller, question: Any) -> Any:
        """The answer kept under this question's key; a different question under the same key is refused."""
        mine = claims.c.key == f"{caller.terminal}|{question.key}"
        row = connection.execute(select(claims).where(mine)).first()
        if row is None:
            return None
        if not hmac.compare_digest(row.digest, self._digest(question)):
            return KEY_USED
        return from_json(row.answer, q.ANSWERS[type(question)]) if row.answer else VISIT_OVER

    async def _session(self, caller: Caller, session_id: str) -> Session | None:
        return await self.database.write(staff.session_of, session_id, caller.terminal, self.clock.now())

    # --- check-in

    async def _check_in(self, caller: Caller, wish: q.CheckIn) -> Any:
        pack = self.pack()
        secret = await examine(wish, self._look_up, pack, self.today(), self.secret)

        def work(connection: Connection) -> tuple[Any, list[tuple[News, str]]]:
            made = visits.check_in(connection, secret, self.secret, pack.ticket_life, self.clock.now())
            return q.CheckedIn(ticket=made.ticket, admitted=not secret.referred), [(made, "")]

        return await self._claim(wish, caller, work)

    # --- staff

    async def _sign_in(self, caller: Caller, wish: q.SignIn) -> Any:
        who = (f"badge {wish.badge}" if self.staff.knows(wish.badge) else "", f"terminal {caller.terminal}")
        async with self._door:  # one PIN at a time, so that many guesses at once are counted like any others
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

        def work(connection: Connection) -> tuple[Any, list[tuple[News, str]]]:
            made = visits.opened(connection, wish, session, caller.terminal, self.secret, self.clock.now())
            if isinstance(made, Refusal):
                return made, []
            visit, entry = made
            return visit, [(entry, "")]

        return await self._claim(wish, caller, work)

    async def _figure(self, visit_id: str, secret: Secret, *, fresh: bool) -> Figure:
        """The registry's figure. One reading serves a visit's looking around; a decision reads it again."""
        known = self._figures.get(visit_id)
        if known is None or known.entry is None or fresh:
            as_of = self.clock.now()  # before the question: what the state learns meanwhile may not be in the answer
            known = Figure(await self._look_up(secret.card_number), as_of)
            self._figures[visit_id] = known
        return known

    def forget(self, visit_id: str) -> None:
        """The visit is over."""
        self._figures.pop(visit_id, None)

    async def _standing(self, caller: Caller, wish: q.AskStanding) -> Any:
        here = await self.database.write(visits.open_here, wish.visit_id, caller.terminal)
        if isinstance(here, Refusal):
            return here
        row, secret = here
        figure = await self._figure(wish.visit_id, secret, fresh=False)

        def work(connection: Connection) -> Any:
            book = book_of(connection, row["patient_ref"], figure.available, figure.as_of)
            return counsel(connection, self.pack(), book, figure.recommendation(secret), self.today(), wish.basket)

        return await self.database.write(work)

    async def _confirm_order(self, caller: Caller, wish: q.ConfirmOrder) -> Any:
        session = await self._session(caller, wish.session_id)
        if session is None:
            return NOT_SIGNED_IN
        here = await self.database.write(visits.open_here, wish.visit_id, caller.terminal)
        if isinstance(here, Refusal):
            return here
        figure = await self._figure(wish.visit_id, here[1], fresh=True)

        def work(connection: Connection) -> tuple[Any, list[tuple[News, str]]]:
            here = visits.open_here(connection, wish.visit_id, caller.terminal)
            if isinstance(here, Refusal):
                return here, []
            row, secret = here
            refusal = not_ready(connection, row, secret) or figure.refusal()
            if refusal is not None:
                return refusal, []
            if orders.open_order_of(connection, wish.visit_id) is not None:
                return ONE_ORDER, []
            items = items_of(connection, wish.basket)
            if isinstance(items, Refusal) or not items:
                return items or EMPTY_BASKET, []
            recommendation = figure.recommendation(secret)
            book = book_of(connection, row["patient_ref"], figure.available, figure.as_of)
            judged = judge(self.pack(), book, recommendation, self.today(), items)
            if judged.refusal is not None:
                return judged.refusal, []
            chosen = orders.choose_packages(connection, items, self.today())
            if isinstance(chosen, Refusal):
                return chosen, []
            ticket = from_json(row["entry"], QueueEntry).ticket
            stands_behind = recommendation.recommendation_id if recommendation is not None else ""
            order, lines = orders.make(
                connection, chosen, row, ticket, session, caller.terminal, self.today(), stands_behind
            )
            return order, [(line, caller.terminal) for line in lines]

        return await self._claim(wish, caller, work)

    async def _cancel_order(self, caller: Caller, wish: q.CancelOrder) -> Any:
        if await self._session(caller, wish.session_id) is None:
            return NOT_SIGNED_IN

        def work(connection: Connection) -> tuple[Any, list[tuple[News, str]]]:
            order = orders.order_of(connection, wish.order_id)
            refusal = not_mine(connection, order, caller.terminal)
            if refusal is None and not orders.is_open(connection, wish.order_id):
                refusal = ORDER_OVER
            if refusal is not None:
                return refusal, []
            moved = orders.cancel(connection, wish.order_id)
            return q.Cancelled(order_id=wish.order_id), [(line, caller.terminal) for line in moved]

        return await self._claim(wish, caller, work)

    async def _order(self, caller: Caller, wish: q.AskOrder) -> Any:
        def work(connection: Connection) -> Any:
            order = orders.order_of(connection, wish.order_id)
            return not_mine(connection, order, caller.terminal) or order

        return await self.database.write(work)

    async def _make_label(self, caller: Caller, wish: q.MakeLabel) -> Any:
        def work(connection: Connection) -> Any:
            here = visits.open_here(connection, wish.visit_id, caller.terminal)
            if isinstance(here, Refusal):
                return here
            return label_of(connection, wish, here[1], self.settings.store, self.pack(), self.today())

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
        figure = await self._figure(wish.visit_id, here[1], fresh=True)

        def work(connection: Connection) -> tuple[Any, list[tuple[News, str]]]:
            order = orders.order_of(connection, wish.order_id)
            here = visits.open_here(connection, wish.visit_id, caller.terminal)
            if isinstance(here, Refusal) or order is None or order.visit_id != wish.visit_id:
                return here if isinstance(here, Refusal) else ORDER_UNKNOWN, []
            row, secret = here
            refusal = not_ready(connection, row, secret) or figure.refusal()
            if refusal is None and not orders.is_open(connection, wish.order_id):
                refusal = ORDER_OVER
            if refusal is None and not proven_units(connection, wish.order_id):
                refusal = NOT_PROVEN
            if refusal is not None:
                return refusal, []
            items = [Item(product=line.product, units=line.units, route=line.route) for line in order.lines]
            recommendation, pack = figure.recommendation(secret), self.pack()
            book = book_of(connection, row["patient_ref"], figure.available, figure.as_of, without_order=wish.order_id)
            judged = judge(pack, book, recommendation, self.today(), items)
            for difference in disagreements(pack, book, recommendation, self.today()):
                self._flag(connection, wish.key, difference)
            if judged.refusal is not None:
                self._flag(connection, wish.key, f"the last look before hand-over refused by {judged.refusal.rule}")
                return judged.refusal, []
            return orders.permit(connection, wish.order_id, session), []

        return await self._claim(wish, caller, work)

    def _flag(self, connection: Connection, key: str, reason: str) -> None:
        connection.execute(flags.insert().values(record_key=key, reason=reason, at=self.clock.now().isoformat()))

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
