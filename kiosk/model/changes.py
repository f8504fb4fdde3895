"""What the hub tells its terminals by itself, over the WebSocket ``/v1/changes``.

The first message of a connection is a :class:`Snapshot`, then come :class:`Change` messages; ``cursor`` grows by
exactly one with each change sent on this connection (a terminal that sees a gap throws its copy away and connects
anew). Which topics a terminal gets depends on its role: the check-in terminal gets none but ``state``.
"""

from datetime import datetime

from kiosk.model.base import Noun
from kiosk.model.orders import PickLine, QueueEntry, Receipt


class StateLink(Noun, frozen=True, kw_only=True):
    """Whether the state's systems answer the hub, and since when that is so."""

    up: bool
    since: datetime
    waiting: int = 0
    """Reports not yet confirmed by the state."""


class Snapshot(Noun, frozen=True, kw_only=True, tag="snapshot", tag_field="message"):
    """Everything this role may see. ``queue``: counter. ``lines``: vault (all open), counter (its own)."""

    cursor: int
    state: StateLink
    queue: tuple[QueueEntry, ...] = ()
    lines: tuple[PickLine, ...] = ()
    receipts: tuple[Receipt, ...] = ()
    """Of visits opened at this counter today."""


class Change(Noun, frozen=True, kw_only=True, tag="change", tag_field="message"):
    """Exactly one of the four is set. An entry whose state is final (closed, expired, dispensed…) leaves the view."""

    cursor: int
    queue: QueueEntry | None = None
    line: PickLine | None = None
    receipt: Receipt | None = None
    state: StateLink | None = None


AnyMessage = Snapshot | Change


HUB_SERVICE = "_dispensary-hub._tcp.local."
"""What the hub announces by zeroconf. TXT holds ``v`` (``"1"``), ``id`` (hub id) and ``fp`` (first 16 hex digits of
the fingerprint) and nothing else. All three are hints: anybody in the building can announce anything."""
