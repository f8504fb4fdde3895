"""Puts one terminal together: devices, store, link to the hub, and the SOPs of its role. Needs no window.

A terminal is an ``asyncio`` program. Exactly two messages cross to the window, which lives on the main thread: the
picture to draw goes out through ``draw``, what the person did comes in through :meth:`Terminal.act`.
"""

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Any

from kiosk.documents.codes import label_code, ticket_code
from kiosk.flows.check_in import CHECK_IN
from kiosk.flows.pick import PICK
from kiosk.flows.requests import Ask, Commit, Opened, Print, Printed, Request, Show
from kiosk.flows.runner import Author, Back, Moment, Observer, Runner, ShowAnswer
from kiosk.flows.serve import SERVE
from kiosk.flows.sign_in import SIGN_IN
from kiosk.flows.sop import Flow, Sop
from kiosk.flows.steps import Act, Live, Picture
from kiosk.hw.drawer import Drawer
from kiosk.hw.mdoc.port import PhonesState
from kiosk.hw.mdoc.port import words as phones_words
from kiosk.hw.printer.port import Job, Printer, PrinterState
from kiosk.hw.scanner.duplicates import Duplicates
from kiosk.hw.scanner.port import Scanner, ScannerState, words
from kiosk.local_store.link import HubLink
from kiosk.local_store.store import TerminalStore
from kiosk.model.base import from_json, to_json
from kiosk.model.clock import Clock
from kiosk.model.connection import Condition, Connection
from kiosk.model.documents import AnyDocument, PhoneCode, Reading
from kiosk.model.errors import Away, KioskError, Refused
from kiosk.model.orders import Ticket
from kiosk.model.people import Session
from kiosk.model.records import WorkEnded
from kiosk.model.text import Text, text
from kiosk.phones import Phones, Talk
from kiosk.stage import Ear, Role, Stage, named_after

log = logging.getLogger(__name__)

SESSION = "session"
"""Under this name the store keeps who is signed in, so that a power cut does not sign anybody out or in."""

FIND_FIRST = 5.0
"""Seconds a terminal that has just started looks for its hub before a question is answered with *away*."""

SEND_FIRST = 3.0
"""Seconds in which the hub has to take waiting records before it is asked anything."""

PATIENCE = 1.0
"""Seconds after which a wait is named on the screen."""


class Terminal:
    """One terminal in its role. ``observers`` see every request of every flow (rehearsals, fault tests)."""

    def __init__(
        self,
        *,
        name: str,
        role: Role,
        clock: Clock,
        store: TerminalStore,
        connect: Callable[[Callable[[], None], Callable[[Connection], None]], HubLink],
        decode: Callable[[Reading], AnyDocument],
        draw: Callable[[Picture], None],
        ear: Ear,
        scanners: tuple[Scanner, ...] = (),
        printer: Printer | None = None,
        drawer: Drawer | None = None,
        compose: Callable[[Any, str], bytes],
        cover_after: float = 60.0,
        language: str = "en",
        observers: tuple[Observer, ...] = (),
        drawn: Callable[[], Awaitable[object]] | None = None,
        phones: Phones | None = None,
    ) -> None:
        self.name, self.role, self.clock = name, role, clock
        self.store, self.printer, self._drawer = store, printer, drawer
        self._all_sent, self._hub_found = asyncio.Event(), asyncio.Event()
        self._look_until = 0.0
        self.link = connect(self._hub_told, self._connection_changed)
        self._scanners, self._compose = scanners, compose
        self._drawn, self.phones = drawn, phones
        self._observers: tuple[Observer, ...] = (self._wake_link, *observers)
        self._duplicates = Duplicates()
        self._scanner_states: dict[str, ScannerState] = {}
        self._phones_states: dict[str, PhonesState] = {}
        self._printer_words: Text | None = None
        self._spool: asyncio.Queue[tuple[Ticket, str]] = asyncio.Queue()
        self.stage = Stage(
            role=role,
            terminal=name,
            clock=clock,
            decode=decode,
            draw=draw,
            ear=ear,
            connection=self.link.connection,
            cover_after=cover_after,
            language=language,
        )
        self._talk = Talk(phones, self.stage.arrived)

    # --- life

    async def run(self) -> None:
        """Runs until cancelled: devices, the link, and one flow of the role after the other."""
        self._look_until = self.clock.monotonic() + FIND_FIRST
        try:
            async with asyncio.TaskGroup() as tasks:
                for scanner in self._scanners:
                    tasks.create_task(self._listen(scanner), name=f"scanner {scanner.name}")
                if self.phones is not None:
                    tasks.create_task(self.phones.run(self._tapped, self._phones_changed), name="phones")
                if self.printer is not None:
                    tasks.create_task(self._print_tickets(), name="ticket spool")
                    tasks.create_task(self.printer.run(self._printer_changed), name="printer watch")
                tasks.create_task(self._work(), name="work")
                await self._first_picture()
                await self.link.start()
        finally:
            await self._talk.close()
            await self.link.close()

    async def _first_picture(self) -> None:
        """Finding the hub loads large libraries: a person who waits for the first picture does not wait for these."""
        if self._drawn is not None:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(PATIENCE):
                    await self._drawn()

    def act(self, act: Act) -> None:
        """What the person did at the window; on the event loop's thread."""
        self.stage.act(act)

    async def _work(self) -> None:
        await self._take_up()
        while True:
            if self.role == "checkin":
                await self._run(await self._start(CHECK_IN))
                continue
            session = await self._session()
            if session is None:
                signed_in = await self._run(await self._start(SIGN_IN))
                if signed_in is not None:
                    await self.store.remember(SESSION, to_json(signed_in))
                continue
            author = Author(self.name, self.role, session.staff_id, session.session_id)
            if self.role == "counter":
                runner = await self._start(SERVE, session, self._drawer is not None, author=author)
            else:
                runner = await self._start(PICK, session, author=author)
            await self._after(await self._run(runner))

    async def _take_up(self) -> None:
        """Goes on with the work that was open when the power went."""
        await self._session()
        known = {sop.name: sop for sop in (CHECK_IN, SIGN_IN, SERVE, PICK)}
        for kept in await self.store.open_flows():
            sop = known.get(kept.sop)
            if sop is None:
                log.warning("%s was open and is not known to this program: ended", kept.sop)
                await self._end(kept.flow_id, kept.sop, "unknown_version")
                continue
            log.info("%s goes on after a restart", kept.sop)
            runner = Runner.resume(sop, kept.flow_id, kept.args, self.store, self, *self._observers)
            result = await self._run(runner)
            if isinstance(result, Session):
                await self.store.remember(SESSION, to_json(result))
            else:
                await self._after(result)

    async def _start(self, sop: Sop, *arguments: Any, author: Author | None = None) -> Runner:
        author = author or Author(self.name, self.role)
        return await Runner.start(sop, arguments, author, self.store, self, *self._observers)

    async def _run(self, runner: Runner) -> Any:
        """One flow to its end. A fault of ours ends this flow with a record; the terminal goes on."""
        try:
            return await runner.run()
        except KioskError as error:
            log.error("%s ended: %s", runner.sop.name, error)
            await self._end(runner.flow_id, runner.sop.name, type(error).__name__)
            self.stage.say(error.reason)
        except Exception as error:
            log.error("%s ended by a fault of the program: %s", runner.sop.name, type(error).__name__)
            log.debug("the fault", exc_info=True)
            await self._end(runner.flow_id, runner.sop.name, type(error).__name__)
        return None

    async def _end(self, flow_id: str, sop: str, reason: str) -> None:
        """Closes a flow that cannot go on, and keeps that it was so."""
        await self.store.end_flow(flow_id)

        def ended() -> Flow[None]:
            yield Commit(fact=WorkEnded(sop=sop, reason=reason), sop="TRM-1.1")

        await (await self._start(Sop("TRM-1", 1, "Work ended by the terminal", ended))).run()

    async def _session(self) -> Session | None:
        kept = await self.store.recall(SESSION)
        session = from_json(kept, Session) if kept else None
        self.stage.signed_in(session.name if session else "", session.badge if session else "")
        return session

    async def _after(self, result: Any) -> None:
        if result == "signed_out":
            await self.store.forget(SESSION)

    # --- the world of the flows

    async def show(self, request: Show) -> ShowAnswer | Back:
        self._talk.about(request.phone)
        return await self.stage.show(request)

    async def ask(self, request: Ask) -> Any:
        """Records go first: what the hub is asked may rest on what just happened here."""
        with named_after(PATIENCE, self.stage, text("Waiting for the hub …")):
            await self._find_hub()
            if not await self._records_are_sent():
                return Away(who="hub", reason=text("The hub has not yet taken what was recorded here."))
            return await self.link.ask(request.question)

    async def _find_hub(self) -> None:
        """Work that goes on after a power cut asks at once, when the hub is not found yet: that is not *away*."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(max(0.0, self._look_until - self.clock.monotonic())):
                await self._hub_found.wait()

    async def _records_are_sent(self) -> bool:
        if self.store.unsent_count == 0:
            return True
        self._all_sent.clear()
        self.link.wake()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(SEND_FIRST):
                await self._all_sent.wait()
        return self.store.unsent_count == 0

    async def print(self, request: Print, job: str) -> Printed:
        document = request.document
        if isinstance(document, Ticket):
            self._spool.put_nowait((document, job))
            return Printed(outcome="queued")
        if request.step is not None:
            self.stage.show_meanwhile(request.step, request.banner)
        if self.printer is None:
            return Printed(outcome="failed", reason=text("This terminal has no label printer."))
        try:
            data = self._compose(document, label_code(document.number, document.print_no))
        except Refused as refused:
            return Printed(outcome="failed", reason=refused.reason)
        printing = Job(job_id=job, data=data, reprint=document.print_no > 1)
        outcome = await self.printer.print(printing, self._printer_changed)
        return Printed(outcome=outcome.result, reason=outcome.reason, check=outcome.check)

    async def open_drawer(self) -> Opened:
        return Opened(outcome=await self._drawer.open() if self._drawer is not None else "failed")

    def now(self) -> datetime:
        return self.clock.now()

    # --- devices

    async def _listen(self, scanner: Scanner) -> None:
        def changed(state: ScannerState) -> None:
            self._scanner_states[scanner.name] = state
            self._say_devices()

        def deliver(reading: Reading) -> None:
            if not self._duplicates.repeats(reading) and not self.stage.scanned(reading):
                self._duplicates.refused(reading)

        await scanner.run(deliver, changed)

    def _tapped(self, phone: PhoneCode) -> None:
        self.stage.arrived(phone)

    def _phones_changed(self, transport: str, state: PhonesState) -> None:
        self._phones_states[transport] = state
        self._say_devices()

    def _printer_changed(self, state: PrinterState) -> None:
        self._printer_words = state.words
        self._say_devices()

    def _say_devices(self) -> None:
        """One line for the person: what a scanner or the printer needs, if anything."""
        said = [words(state) for state in self._scanner_states.values()]
        said += [phones_words(state) for state in self._phones_states.values()] + [self._printer_words]
        self.stage.set_device_words(next((line for line in said if line is not None), None))

    async def _print_tickets(self) -> None:
        """Tickets may be lost without harm: the sign was on the screen, and the patient's card opens the visit too."""
        assert self.printer is not None
        while True:
            ticket, job = await self._spool.get()
            data = self._compose(ticket, ticket_code(ticket.ticket_id))
            outcome = await self.printer.print(Job(job_id=job, data=data, losable=True), self._printer_changed)
            if outcome.result != "printed":
                log.warning("a ticket was not printed: %s", outcome.reason)

    # --- the hub

    def _hub_told(self) -> None:
        told = self.link.live
        self.stage.set_live(Live(queue=told.queue, lines=told.lines, receipts=told.receipts))

    def _connection_changed(self, connection: Connection) -> None:
        if connection.condition not in (Condition.HUB_AWAY, Condition.BOTH_AWAY):
            self._hub_found.set()
        if connection.unsent == 0:
            self._all_sent.set()
        self.stage.set_connection(connection)

    def _wake_link(self, moment: Moment, _: int, request: Request) -> None:
        if moment == "kept" and isinstance(request, Commit):
            self.link.wake()
