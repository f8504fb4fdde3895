"""A terminal's own copy of what the hub shows its role: queue, lines, receipts, the state's link."""

from collections.abc import Callable
from typing import TypeVar

import msgspec

from kiosk.model.base import Noun
from kiosk.model.changes import Change, Snapshot, StateLink
from kiosk.model.orders import LineState, PickLine, QueueEntry, Receipt, VisitState

T = TypeVar("T")

_GONE_VISITS = frozenset({VisitState.CLOSED, VisitState.EXPIRED})
_GONE_LINES = frozenset({LineState.DISPENSED, LineState.CANCELLED})


class Gap(ValueError):
    """A change is missing, or one says nothing or too much: the copy can no longer be trusted."""


class Live(Noun, frozen=True, kw_only=True):
    """One whole state of the copy; a change makes a new one, so a reader never sees half of it.

    ``state`` None: the hub has not been reached since the terminal was started.
    """

    cursor: int = 0
    state: StateLink | None = None
    queue: tuple[QueueEntry, ...] = ()
    lines: tuple[PickLine, ...] = ()
    receipts: tuple[Receipt, ...] = ()

    def after(self, change: Change) -> "Live":
        """The copy with ``change`` in it. Raises :class:`Gap` when the change before it is missing."""
        if change.cursor != self.cursor + 1:
            raise Gap(f"change {change.cursor} came after {self.cursor}")
        said = [part for part in (change.queue, change.line, change.receipt, change.state) if part is not None]
        if len(said) != 1:
            raise Gap(f"change {change.cursor} carries {len(said)} things")
        live = msgspec.structs.replace(self, cursor=change.cursor)
        if change.queue is not None:
            entry = change.queue
            queue = _put(self.queue, entry, lambda old: old.visit_id == entry.visit_id)
            return msgspec.structs.replace(live, queue=_open_visits(queue))
        if change.line is not None:
            line = change.line
            lines = _put(self.lines, line, lambda old: old.line_id == line.line_id)
            return msgspec.structs.replace(live, lines=_open_lines(lines))
        if change.receipt is not None:
            receipt = change.receipt
            receipts = _put(self.receipts, receipt, lambda old: old.external_number == receipt.external_number)
            return msgspec.structs.replace(live, receipts=receipts)
        return msgspec.structs.replace(live, state=change.state)


def copy_of(snapshot: Snapshot) -> Live:
    return Live(
        cursor=snapshot.cursor,
        state=snapshot.state,
        queue=_open_visits(snapshot.queue),
        lines=_open_lines(snapshot.lines),
        receipts=snapshot.receipts,
    )


def _put(entries: tuple[T, ...], entry: T, same: Callable[[T], bool]) -> tuple[T, ...]:
    """In its old place where it has one: a queue does not jump under a finger."""
    if any(same(old) for old in entries):
        return tuple(entry if same(old) else old for old in entries)
    return (*entries, entry)


def _open_visits(queue: tuple[QueueEntry, ...]) -> tuple[QueueEntry, ...]:
    return tuple(entry for entry in queue if entry.state not in _GONE_VISITS)


def _open_lines(lines: tuple[PickLine, ...]) -> tuple[PickLine, ...]:
    return tuple(line for line in lines if line.state not in _GONE_LINES)
