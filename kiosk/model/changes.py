"""What the hub tells its terminals by itself, over the WebSocket ``/v1/changes``.

The first message of a connection is a :class:`Snapshot`, then come :class:`Change` messages; ``cursor`` grows by
one a change. Which topics a terminal gets depends on its role: the check-in terminal gets none but ``state``.
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


class Hello(Noun, frozen=True, kw_only=True):
    """Body of ``POST /v1/hello``: who are you? ``nonce`` is 32 random bytes in hex."""

    nonce: str


class HelloAnswer(Noun, frozen=True, kw_only=True):
    """The hub proves its key: ``signature`` (hex) is Ed25519 over ``b"dispensary-hub hello v1|" + nonce``.

    ``public_key`` is hex; its SHA-256 (hex) is the fingerprint that terminals pin.
    """

    hub_id: str
    store: str
    public_key: str
    signature: str
    version: str
    time: datetime
