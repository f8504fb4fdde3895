"""What the person at the terminal sees and does, without a window: the step being shown, scans, touches, time.

The stage answers ``Show`` requests. A scan or touch reaches exactly the step it was meant for: one that began before
the step was shown is dropped and said so; a kind of document the step does not take is named, and the step stays.
It draws nothing: each change goes out as a :class:`~kiosk.flows.steps.Picture`.
"""

import asyncio
import contextlib
import logging
from collections import deque
from collections.abc import Callable
from typing import Any, Literal, Protocol

import msgspec

from kiosk.discretion import told
from kiosk.flows.requests import Changed, Chosen, Scanned, Show, TimedOut, Typed, Until
from kiosk.flows.runner import Back, ShowAnswer, typing_of
from kiosk.flows.steps import Act, AnyStep, Banner, Documents, Live, Picture
from kiosk.model.clock import Clock
from kiosk.model.connection import Connection
from kiosk.model.documents import AnyDocument, Badge, Reading, Unread
from kiosk.model.orders import DecisionState, LineState, ReceiptState
from kiosk.model.text import Text, text

log = logging.getLogger(__name__)

Role = Literal["checkin", "counter", "vault"]

WAITING_SCANS = 8
"""Scans that may arrive between two steps of the same work; more are a fault and are dropped."""

WHAT = {
    "patient_card": text("a medical card"),
    "photo_id": text("a photo ID"),
    "package": text("a package tag"),
    "biotrack": text("a BioTrack number"),
    "unit": text("a unit's code"),
    "gs1": text("a product code"),
    "shelf": text("a shelf code"),
    "badge": text("a badge"),
    "ticket": text("a ticket"),
    "label": text("a label"),
    "manifest": text("a manifest"),
    "command": text("a command code"),
    "bank_card": text("a bank card"),
    "phone": text("a licence on a phone"),
}

TOUCHES = {"queue": ("visit:",), "pick-list": ("line:",), "basket": ("add:", "less:", "why:")}
"""Touches that belong to a kind of step besides its choices."""


class Ear(Protocol):
    """Plays one of the signs; returns at once."""

    def play(self, sign: str) -> None: ...


class Stage:
    """The person's side of one terminal. All methods belong to the event loop's thread."""

    def __init__(
        self,
        *,
        role: Role,
        terminal: str,
        clock: Clock,
        decode: Callable[[Reading], AnyDocument],
        draw: Callable[[Picture], None],
        ear: Ear,
        connection: Connection,
        cover_after: float,
        language: str,
    ) -> None:
        self._role, self._terminal = role, terminal
        self._clock, self._decode, self._draw, self._ear = clock, decode, draw, ear
        self._cover_after = cover_after
        self._home_language = self._language = language
        self._connection = connection
        self._live = Live()
        self._generation = 0
        self._request: Show | None = None
        self._answer: asyncio.Future[ShowAnswer | Back] | None = None
        self._picture: Picture | None = None
        self._steps: deque[tuple[float, str]] = deque(maxlen=64)
        self._waiting: deque[tuple[float, AnyDocument]] = deque()
        self._last_scan = clock.monotonic()
        self._last_act = clock.monotonic()
        self._badge = self._staff = ""
        self._printer: Text | None = None

    # --- what is shown

    async def show(self, request: Show) -> ShowAnswer | Back:
        """Shows the step and returns what ended it."""
        loop = asyncio.get_running_loop()
        self._request, self._answer = request, loop.create_future()
        self._put(request.step, request.banner)
        if request.sound:
            self._ear.play(request.sound)
        self._deliver_waiting()
        self._check_until()
        cover = asyncio.create_task(self._cover_when_idle())
        try:
            return await asyncio.wait_for(self._answer, self._time_left(request))
        except TimeoutError:
            return TimedOut()
        finally:
            cover.cancel()
            self._request = self._answer = None

    def show_meanwhile(self, step: AnyStep, banner: Banner | None) -> None:
        """Shows a step that takes no answer, while something is under way."""
        self._put(step, banner)

    def busy(self, words: Text | None) -> None:
        """Names what is being waited for, on top of the present picture."""
        self._change(busy=words)

    def say(self, remark: Text, sign: str = "look") -> None:
        self._ear.play(sign)
        self._change(remark=remark)

    def signed_in(self, name: str, badge: str) -> None:
        self._staff, self._badge = name, badge

    def set_live(self, live: Live) -> None:
        """The terminal's copy of what the hub tells has changed."""
        self._live = live
        if self._picture is not None and hasattr(self._picture.step, "live"):
            self._change(live=self._live_for(self._picture.step))
        self._check_until()

    def set_connection(self, connection: Connection) -> None:
        self._connection = connection
        self._change(connection=connection)

    def set_device_words(self, words: Text | None) -> None:
        """What a device of this terminal needs, or None."""
        self._printer = words
        self._change(printer=words)

    @property
    def picture(self) -> Picture | None:
        return self._picture

    # --- what the person does

    def scanned(self, reading: Reading) -> bool:
        """One whole scan. Nothing of it is kept here once it is answered.

        False: it did not count, or could not be read, and the person may try the same code again.
        """
        return self._came(self._meaning(reading), reading.at)

    def arrived(self, document: AnyDocument) -> bool:
        """As :meth:`scanned`, for what another device than a scanner has read: a phone and what is on it."""
        return self._came(document, self._clock.monotonic())

    def _came(self, document: AnyDocument, at: float) -> bool:
        self._last_scan = at
        if self._picture is not None and self._picture.covered:
            self._uncover(document)
            return not self._picture.covered
        self._last_act = self._clock.monotonic()
        if self._answer is None or self._answer.done():
            room = len(self._waiting) < WAITING_SCANS
            if room:
                self._waiting.append((at, document))
            return room
        return self._take(at, document) and not isinstance(document, Unread)

    def act(self, act: Act) -> None:
        """A touch. It counts for the picture it was made on, and only if that picture offered it."""
        self._last_act = self._clock.monotonic()
        if act.chosen.startswith("language:"):
            self._language = act.chosen.removeprefix("language:")
            self._change(language=self._language)
            return
        picture, request, answer = self._picture, self._request, self._answer
        if picture is None or request is None or answer is None or answer.done():
            return
        if act.generation != picture.generation or picture.covered:
            return
        if act.chosen == "cover":
            self._change(covered=True)
        elif act.back and request.step.can_go_back:
            answer.set_result("back")
        elif act.typed:
            typing = typing_of(request.step)
            if typing is not None and (wrong := typing.wrong(act.typed)) is not None:
                self.say(wrong)
            elif typing is not None:
                answer.set_result(Typed(digits=act.typed))
        elif act.chosen and self._offers(request.step, act.chosen):
            answer.set_result(Chosen(key=act.chosen))

    # --- inside

    def _meaning(self, reading: Reading) -> AnyDocument:
        """A code that the program stumbles over was not read; the work goes on with another one."""
        try:
            return self._decode(reading)
        except Exception as fault:
            log.error("a code of %d bytes could not be worked on\n%s", len(reading.data), told(fault))
            words = text("The program cannot work on this code. Scan another one, or call the manager.")
            return Unread(reason_key="fault", reason=words, length=len(reading.data))

    def _offers(self, step: AnyStep, key: str) -> bool:
        if any(choice.key == key for choice in step.choices):
            return True
        return key.startswith(TOUCHES.get(step.kind, ("\0",)))

    def _take(self, at: float, document: AnyDocument) -> bool:
        """Whether the scan answered the step."""
        request, answer = self._request, self._answer
        assert request is not None
        assert answer is not None
        if self._sop_at(at) != request.step.sop:
            self.say(text("That scan came too early. Scan again."))
        elif document.kind in request.accepts:
            answer.set_result(Scanned(document=document))
            return True
        elif isinstance(document, Unread):
            self.say(document.reason)
        else:
            wanted = [WHAT[kind] for kind in request.accepts if kind in WHAT]
            this = WHAT.get(document.kind, text("another code"))
            if wanted:
                self.say(text("This is {this}. Scan {wanted}.", this=this, wanted=wanted[0]))
            else:
                self.say(text("This is {this}. Nothing is to be scanned now.", this=this))
        return False

    def _deliver_waiting(self) -> None:
        """Scans that came between two steps: for the same work they count, else they are said to be too early."""
        while self._waiting and self._answer is not None and not self._answer.done():
            self._take(*self._waiting.popleft())

    def _sop_at(self, at: float) -> str:
        """Which step was on the screen when the scan began."""
        shown = [sop for since, sop in self._steps if since <= at]
        return shown[-1] if shown else (self._steps[0][1] if self._steps else "")

    def _check_until(self) -> None:
        request, answer = self._request, self._answer
        if request is None or answer is None or answer.done() or request.until is None:
            return
        if _came_true(request.until, self._live):
            answer.set_result(Changed())

    def _time_left(self, request: Show) -> float | None:
        if request.time_out is None:
            return None
        if not request.from_last_scan:
            return request.time_out
        return max(0.0, self._last_scan + request.time_out - self._clock.monotonic())

    async def _cover_when_idle(self) -> None:
        """Covers patient data when nobody touches or scans for a while (PRV-03)."""
        while self._picture is not None and self._picture.banner is not None and not self._picture.covered:
            left = self._last_act + self._cover_after - self._clock.monotonic()
            if left <= 0:
                self._change(covered=True)
                return
            await asyncio.sleep(left)

    def _uncover(self, document: AnyDocument) -> None:
        if isinstance(document, Badge) and document.code == self._badge:
            self._last_act = self._clock.monotonic()
            self._change(covered=False, remark=None)
        else:
            self.say(text("Covered. The person who works here scans the badge."))

    def _put(self, step: AnyStep, banner: Banner | None) -> None:
        self._generation += 1
        now = self._clock.monotonic()
        if not self._steps or self._steps[-1][1] != step.sop:
            self._steps.append((now, step.sop))
        covered = self._picture is not None and self._picture.covered and banner is not None
        if isinstance(step, Documents) and not (step.card or step.photo_id):
            self._language = self._home_language
        self._picture = Picture(
            generation=self._generation,
            role=self._role,
            terminal=self._terminal,
            step=step,
            connection=self._connection,
            live=self._live_for(step),
            staff=self._staff,
            banner=banner,
            covered=covered,
            language=self._language,
            printer=self._printer,
        )
        self._draw(self._picture)

    def _change(self, **changes: Any) -> None:
        if self._picture is not None:
            self._picture = msgspec.structs.replace(self._picture, **changes)
            self._draw(self._picture)

    def _live_for(self, step: AnyStep) -> Live:
        topics = getattr(step, "live", ())
        return Live(**{topic: getattr(self._live, topic) for topic in topics})


def _came_true(until: Until, live: Live) -> bool:
    if until.lines_picked:
        seen = {line.line_id: line.state for line in live.lines}
        ended = (LineState.PICKED, LineState.CANCELLED)
        if all(seen.get(line_id) in ended for line_id in until.lines_picked):
            return True
    if until.lines_decided:
        decided = {line.line_id for line in live.lines if line.decision is not DecisionState.WAITING}
        gone = {line.line_id for line in live.lines if line.state is LineState.CANCELLED}
        if decided.issuperset(until.lines_decided) or gone.issuperset(until.lines_decided):
            return True
    if until.receipt:
        settled = (ReceiptState.CONFIRMED, ReceiptState.DIFFERS, ReceiptState.REFUSED)
        return any(receipt.visit_id == until.receipt and receipt.state in settled for receipt in live.receipts)
    return False


@contextlib.contextmanager
def named_after(seconds: float, stage: Stage, words: Text) -> Any:
    """While the block lasts longer than ``seconds``, the picture says what is being waited for."""
    handle = asyncio.get_running_loop().call_later(seconds, stage.busy, words)
    try:
        yield
    finally:
        handle.cancel()
