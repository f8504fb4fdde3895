"""The feed: what each connected terminal is told by itself, by its role."""

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass, field

from kiosk.model.changes import Change, Snapshot, StateLink
from kiosk.model.orders import PickLine, QueueEntry, Receipt

SLOWEST = 256
"""Changes that may wait for one terminal; a slower one is cut off and connects anew."""

News = QueueEntry | PickLine | Receipt | StateLink


@dataclass(eq=False)
class Listener:
    """One terminal's connection. ``messages`` ends with None when it was too slow."""

    terminal: str
    role: str
    messages: "asyncio.Queue[Change | None]" = field(default_factory=asyncio.Queue)
    cursor: int = 0

    def begin(self) -> None:
        """Counting begins here: what was told before is in the snapshot."""
        self.cursor = 0
        while not self.messages.empty():
            self.messages.get_nowait()

    def may_see(self, news: News, counter: str) -> bool:
        """Deny by default. ``counter`` is the terminal a line or receipt belongs to."""
        match news:
            case StateLink():
                return True
            case QueueEntry():
                return self.role == "counter"
            case PickLine():
                return self.role == "vault" or (self.role == "counter" and counter == self.terminal)
            case Receipt():
                return self.role == "counter" and counter == self.terminal
        return False


class Feed:
    """Belongs to the event loop's thread."""

    def __init__(self) -> None:
        self._listeners: dict[Listener, None] = {}  # in the order they came

    def join(self, listener: Listener) -> None:
        self._listeners[listener] = None

    def leave(self, listener: Listener) -> None:
        self._listeners.pop(listener, None)

    def tell(self, news: Iterable[tuple[News, str]]) -> None:
        for one, counter in news:
            for listener in list(self._listeners):
                if listener.may_see(one, counter):
                    self._send(listener, one)

    def _send(self, listener: Listener, news: News) -> None:
        if listener.messages.qsize() >= SLOWEST:
            listener.messages.put_nowait(None)
            self._listeners.pop(listener, None)
            return
        listener.cursor += 1
        match news:
            case QueueEntry():
                change = Change(cursor=listener.cursor, queue=news)
            case PickLine():
                change = Change(cursor=listener.cursor, line=news)
            case Receipt():
                change = Change(cursor=listener.cursor, receipt=news)
            case StateLink():
                change = Change(cursor=listener.cursor, state=news)
        listener.messages.put_nowait(change)


def seen_by(
    listener: Listener,
    link: StateLink,
    queue: tuple[QueueEntry, ...],
    receipts: tuple[Receipt, ...],
    lines: Iterable[tuple[PickLine, str]],
) -> Snapshot:
    """What this terminal may see of everything; ``lines`` come with the counter they belong to, ``receipts`` are its
    own."""
    counter = listener.role == "counter"
    return Snapshot(
        cursor=listener.cursor,
        state=link,
        queue=queue if counter else (),
        lines=tuple(line for line, owner in lines if listener.may_see(line, owner)),
        receipts=receipts if counter else (),
    )
