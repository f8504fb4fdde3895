"""The hub's answers to its terminals' questions.

Every answer is made in two halves: what other systems say is fetched first, then one database transaction checks and
acts. So two terminals can ask at the same moment and never get more than the law allows both of them (ALT-04).
"""

import asyncio
import hashlib
import hmac
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from msgspec.structs import replace
from sqlalchemy import Connection, select

from kiosk.hub import decisions, label_files, lines, orders, staff, visits
from kiosk.hub.books import book_of, counsel, person_of
from kiosk.hub.changes import Feed, News
from kiosk.hub.database import Database
from kiosk.hub.door import Door
from kiosk.hub.labels import facts_of_store, label_of
from kiosk.hub.lines import By
from kiosk.hub.refusals import KEY_USED, NOT_SIGNED_IN, ORDER_OVER, VISIT_OVER, no_law, not_mine
from kiosk.hub.registry import Figure, RegistryDesk, Word
from kiosk.hub.sale import Sale
from kiosk.hub.schema import claims
from kiosk.hub.settings import HubSettings
from kiosk.hub.staff import Staff
from kiosk.hub.visits import Secret
from kiosk.model import questions as q
from kiosk.model.base import from_json, to_json
from kiosk.model.clock import Clock, local_date
from kiosk.model.errors import Refusal, Theirs
from kiosk.model.orders import PickLine, Visit
from kiosk.model.people import Recommendation, Session
from kiosk.model.text import text
from kiosk.rules.law import Pack
from kiosk.rules.library import Library, NoLaw


@dataclass(frozen=True)
class Caller:
    """The terminal that asks, as its token says."""

    terminal: str
    role: str


@dataclass
class Desk:
    settings: HubSettings
    database: Database
    registry: RegistryDesk
    clock: Clock
    feed: Feed
    secret: bytes
    staff: Staff
    library: Library
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
        try:
            return await handler(caller, question)
        except NoLaw as fault:
            return no_law(fault.reason)

    # --- time and law

    def today(self) -> date:
        return local_date(self.clock.now(), self.settings.store.zone)

    def pack(self) -> Pack:
        return self.library.at(self.today())

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
        pack, until = self.pack(), self.registry.until()

        async def look_up(number: str) -> Word:
            return await self.registry.word(number, pack, until)

        door = Door(
            pack=pack,
            today=self.today(),
            zone=self.settings.store.zone,
            now=self.clock.now(),
            key=self.secret,
            phones=self.settings.licences_on_phones,
        )
        secret = await door.examine(wish, look_up)

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
        if fresh or known is None or known.entry is None or known.patient.last:
            known = await self.registry.figure(secret.card_number, secret.caregiver_number, self.pack())
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
            book = book_of(connection, row["patient_ref"], figure.available, figure.patient.as_of)
            known = person_of(secret.profile, self.today())
            book = replace(book, on_last_answer=figure.patient.last, patient=known)
            # without the registry's word this is for looking around only: every decision asks for it again
            recommendation = figure.recommendation if figure.entry is not None else known_of(secret)
            return counsel(connection, self.pack(), book, recommendation, self.today(), wish.basket)

        return await self.database.write(work)

    async def _confirm_order(self, caller: Caller, wish: q.ConfirmOrder) -> Any:
        session = await self._session(caller, wish.session_id)
        if session is None:
            return NOT_SIGNED_IN
        here = await self.database.write(visits.open_here, wish.visit_id, caller.terminal)
        if isinstance(here, Refusal):
            return here
        figure = await self._figure(wish.visit_id, here[1], fresh=True)
        return await self._claim(wish, caller, self._sale(caller, session, figure).confirm, wish)

    def _sale(self, caller: Caller, session: Session, figure: Figure) -> Sale:
        return Sale(
            by=By.session(session, caller.terminal, self.clock.now()),
            figure=figure,
            pack=self.pack(),
            today=self.today(),
            zone=self.settings.store.zone,
        )

    async def _cancel_order(self, caller: Caller, wish: q.CancelOrder) -> Any:
        session = await self._session(caller, wish.session_id)
        if session is None:
            return NOT_SIGNED_IN
        by = By.session(session, caller.terminal, self.clock.now())

        def work(connection: Connection) -> tuple[Any, list[tuple[News, str]]]:
            order = orders.order_of(connection, wish.order_id)
            refusal = not_mine(connection, order, caller.terminal)
            if refusal is None and not orders.is_open(connection, wish.order_id):
                refusal = ORDER_OVER
            if refusal is not None:
                return refusal, []
            moved = orders.cancel(connection, wish.order_id, by)
            return q.Cancelled(order_id=wish.order_id), [(line, caller.terminal) for line in moved]

        return await self._claim(wish, caller, work)

    async def _order(self, caller: Caller, wish: q.AskOrder) -> Any:
        def work(connection: Connection) -> Any:
            order = orders.order_of(connection, wish.order_id)
            return not_mine(connection, order, caller.terminal) or order

        return await self.database.write(work)

    async def _decision(self, caller: Caller, wish: q.AskDecision) -> Any:
        session = await self._session(caller, wish.session_id)
        if session is None:
            return NOT_SIGNED_IN

        def work(connection: Connection) -> Any:
            row = lines.row_of(connection, wish.line_id)
            order = orders.order_of(connection, row["order_id"]) if row is not None else None
            return decisions.to_decide(connection, session, order)

        return await self.database.write(work)

    async def _make_label(self, caller: Caller, wish: q.MakeLabel) -> Any:
        try:
            files = await asyncio.to_thread(label_files.read, self.settings.label_files)
        except Theirs as fault:
            way_on = text("Call a manager.")
            return Refusal(rule="store.label_files", reason=fault.reason, way_on=way_on)
        store = {**facts_of_store(self.settings.store), **files}

        def work(connection: Connection) -> Any:
            here = visits.open_here(connection, wish.visit_id, caller.terminal)
            if isinstance(here, Refusal):
                return here
            return label_of(connection, wish, here[1], store, self.library.at, self.today())

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
        return await self._claim(wish, caller, self._sale(caller, session, figure).permit, wish)

    # --- vault

    async def _claim_line(self, caller: Caller, wish: q.ClaimLine) -> Any:
        session = await self._session(caller, wish.session_id)
        if session is None:
            return NOT_SIGNED_IN
        by = By.session(session, caller.terminal, self.clock.now())

        def work(connection: Connection) -> tuple[Any, list[tuple[News, str]]]:
            line = lines.claim(connection, wish, session, by)
            return line, [(line, line.counter)] if isinstance(line, PickLine) else []

        return await self._claim(wish, caller, work)

    async def _release_line(self, caller: Caller, wish: q.ReleaseLine) -> Any:
        session = await self._session(caller, wish.session_id)
        if session is None:
            return NOT_SIGNED_IN
        by = By.session(session, caller.terminal, self.clock.now())

        def work(connection: Connection) -> tuple[Any, list[tuple[News, str]]]:
            line = lines.release(connection, wish.line_id, session, by)
            return q.Released(line_id=wish.line_id), [(line, line.counter)] if line is not None else []

        return await self._claim(wish, caller, work)

    async def _check_unit(self, caller: Caller, wish: q.CheckUnit) -> Any:
        session = await self._session(caller, wish.session_id)
        if session is None:
            return NOT_SIGNED_IN
        return await self.database.write(lines.check_unit, wish, session, self.today())


def known_of(secret: Secret) -> Recommendation | None:
    """What was known at check-in."""
    return secret.profile.recommendation if secret.profile else None
