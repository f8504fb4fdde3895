"""Who does the store's work: one job after the other, none ever beside another.

The terminal's is a thread. Whoever rehearses a store puts another in its place that keeps the same promise.
"""

import asyncio
import contextlib
import logging
import queue
import threading
from collections.abc import Callable
from typing import Any, Protocol

from kiosk.local_store.room import Room
from kiosk.local_store.trouble import NotKept, ReadOnly

log = logging.getLogger(__name__)

IDLE = 0.05
"""Seconds without work after which the journal is tidied: the last frame gets its witness."""
_STOP = object()

Work = Callable[[Room], Any]


class Reply:
    """Takes a result from where the work is done to the loop that waits for it."""

    def __init__(self, future: "asyncio.Future[Any]") -> None:
        self._future = future
        self._loop = future.get_loop()

    def result(self, value: Any) -> None:
        self._send(self._future.set_result, value)

    def failed(self, error: BaseException) -> None:
        self._send(self._future.set_exception, error)

    def _send(self, setter: Callable[[Any], None], value: Any) -> None:
        def settle() -> None:
            if not self._future.done():  # the caller may have been cancelled
                setter(value)

        with contextlib.suppress(RuntimeError):  # the loop was closed over our heads: nobody waits any more
            self._loop.call_soon_threadsafe(settle)


class Writer(Protocol):
    """Opens the room, does the jobs in the order they came, and tidies when there are none."""

    def start(self, make: Callable[[], Room], opened: Reply) -> None: ...

    def put(self, work: Work, reply: Reply) -> None: ...

    def stop(self) -> None:
        """Returns when all that was put is done and nothing will happen any more."""


class ThreadWriter:
    """A thread of its own: whatever waits for the disk waits here."""

    def __init__(self, idle: float = IDLE) -> None:
        self._idle = idle
        self._jobs: queue.SimpleQueue[Any] = queue.SimpleQueue()
        self._thread: threading.Thread | None = None

    def start(self, make: Callable[[], Room], opened: Reply) -> None:
        self._thread = threading.Thread(target=self._write, args=(make, opened), name="store-writer", daemon=False)
        self._thread.start()

    def put(self, work: Work, reply: Reply) -> None:
        self._jobs.put((work, reply))

    def stop(self) -> None:
        self._jobs.put(_STOP)
        if self._thread is not None:
            self._thread.join()

    def _write(self, make: Callable[[], Room], opened: Reply) -> None:
        try:
            room = make()
        except BaseException as error:
            opened.failed(error)
            return
        opened.result(room)
        try:
            while (job := self._next(room)) is not _STOP:
                work, reply = job
                try:
                    reply.result(work(room))
                except BaseException as error:
                    reply.failed(error)
        finally:
            room.close()

    def _next(self, room: Room) -> Any:
        """The next job. Rests once, when none came for a while."""
        if room.wants_rest:
            try:
                return self._jobs.get(timeout=self._idle)
            except queue.Empty:
                tidy(room)
        return self._jobs.get()


def tidy(room: Room) -> None:
    try:
        room.rest()
    except (NotKept, ReadOnly) as trouble:  # everything is durable already; the next write will say it loudly
        log.warning("The journal could not be tidied: %s", trouble.detail)
