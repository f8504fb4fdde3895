"""The closed vocabulary of a flow: what it may yield, and what it is answered.

=================  ====================================================  =================================
request            means                                                 answers
=================  ====================================================  =================================
``Show``           show a step, wait for what it accepts                 Scanned, Chosen, Typed, TimedOut, Changed
``Ask``            put a question to the hub                             the question's answer, Refusal, Away
``Commit``         make a fact durable, then go on                       Kept
``Print``          put one document on paper                             Printed
``OpenDrawer``     open the cash drawer, once                            Opened
``Tell``           what time is it                                       Told
=================  ====================================================  =================================

One answer, *back*, never reaches a flow: the runner takes back the last answer of a person instead.
"""

from datetime import datetime
from typing import Any, Literal

from kiosk.flows.steps import AnyStep, Banner
from kiosk.model.base import Noun, Sealed
from kiosk.model.documents import AnyDocument, PhoneCode
from kiosk.model.labels import Label
from kiosk.model.orders import Ticket
from kiosk.model.records import AnyFact, DrawerOutcome
from kiosk.model.text import Text


class Until(Noun, frozen=True, kw_only=True):
    """A step ends by itself when the live copy shows this: these lines picked, these lines decided about by a
    pharmacist, or this visit's receipt settled."""

    lines_picked: tuple[str, ...] = ()
    lines_decided: tuple[str, ...] = ()
    receipt: str = ""


class Show(Sealed, frozen=True, kw_only=True, tag="show", tag_field="request"):
    """``accepts`` are the document kinds the step takes; other scans are answered with a remark and stay here.

    ``time_out`` in seconds ends the step by itself; counted from the showing, or from the last scan of the flow where
    ``from_last_scan`` is set. ``idle_cover`` False keeps the privacy cover away (queue, kiosk). ``phone`` is asked for
    its licence as long as steps name it; what comes of that, a photo ID or a reason, is scanned like any document.
    """

    step: AnyStep
    accepts: tuple[str, ...] = ()
    time_out: float | None = None
    from_last_scan: bool = False
    until: Until | None = None
    banner: Banner | None = None
    sound: Literal["", "match", "look", "stop"] = ""
    phone: PhoneCode | None = None


class Ask(Sealed, frozen=True, kw_only=True, tag="ask", tag_field="request"):
    """``question`` is one of ``kiosk.model.questions``; its ``key``, where it has one, is filled in by the runner.

    ``claims`` marks a question that changes something: *back* does not go behind it.
    """

    question: Any
    sop: str
    claims: bool = False


class Commit(Sealed, frozen=True, kw_only=True, tag="commit", tag_field="request"):
    fact: AnyFact
    sop: str


class Print(Sealed, frozen=True, kw_only=True, tag="print", tag_field="request"):
    """One document, one job. ``step`` is shown meanwhile."""

    document: Label | Ticket
    sop: str
    step: AnyStep | None = None
    banner: Banner | None = None


class OpenDrawer(Noun, frozen=True, kw_only=True, tag="open-drawer", tag_field="request"):
    """One pulse. Only where the flow was told that this terminal has a drawer."""

    sop: str


class Tell(Noun, frozen=True, kw_only=True, tag="tell", tag_field="request"):
    sop: str


Request = Show | Ask | Commit | Print | OpenDrawer | Tell


class Scanned(Sealed, frozen=True, kw_only=True, tag="scanned", tag_field="answer"):
    document: AnyDocument


class Chosen(Noun, frozen=True, kw_only=True, tag="chosen", tag_field="answer"):
    key: str


class Typed(Sealed, frozen=True, kw_only=True, tag="typed", tag_field="answer"):
    digits: str


class TimedOut(Noun, frozen=True, kw_only=True, tag="timed-out", tag_field="answer"):
    pass


class Changed(Noun, frozen=True, kw_only=True, tag="changed", tag_field="answer"):
    """The ``until`` of the step came true."""


class Kept(Noun, frozen=True, kw_only=True, tag="kept", tag_field="answer"):
    """Durable here; ``key`` is the record's."""

    key: str


class Printed(Noun, frozen=True, kw_only=True, tag="printed", tag_field="answer"):
    """``unknown``: bytes may have left and nobody saw the paper. ``failed``: not one byte was taken, see ``reason``.

    ``queued``: a ticket was given to the spool. Tickets may be lost without harm, labels may not. ``check``: printed,
    but the printer stopped in the middle and went on: the label may be in two pieces.
    """

    outcome: Literal["printed", "failed", "unknown", "queued"]
    reason: Text | None = None
    check: bool = False


class Opened(Noun, frozen=True, kw_only=True, tag="opened", tag_field="answer"):
    """What became of the pulse: see :class:`~kiosk.model.records.DrawerOpened`."""

    outcome: DrawerOutcome


class Told(Noun, frozen=True, kw_only=True, tag="told", tag_field="answer"):
    at: datetime
