"""The terminal's store: asyncio in front, exactly one thread that writes behind.

Everything that may wait for the disk runs on that thread, so a slow card never stalls the event loop, and no lock is
needed between a flow, the outbox and the tables. A call returns when its effect is durable; when it raises, nothing has
changed.
"""

import asyncio
from collections.abc import Callable
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import Self, TypeVar

from tinydb import where
from tinydb.table import Document

from kiosk.local_store.answers import Kept, OpenFlow
from kiosk.local_store.db import JournalDB
from kiosk.local_store.disk import Disk
from kiosk.local_store.room import Room
from kiosk.local_store.writer import Reply, ThreadWriter, Writer
from kiosk.model.errors import Ours
from kiosk.model.records import Record
from kiosk.model.text import text

__all__ = ["Kept", "OpenFlow", "TerminalStore"]

T = TypeVar("T")


class TerminalStore:
    """Open it with :meth:`open`, best in ``async with await TerminalStore.open(...) as store``. Close it always: its
    thread keeps the process alive until then, so that no record is cut off in the middle by a normal end."""

    def __init__(self, writer: Writer) -> None:
        self._writer = writer
        self._room: Room | None = None
        self._closed = False

    @classmethod
    async def open(
        cls,
        folder: Path,
        key: bytes,
        *,
        disk: Disk | None = None,
        read_only: bool = False,
        writer: Writer | None = None,
    ) -> Self:
        """Opens or makes the store in ``folder``; ``key`` is 32 bytes, see ``keys.load_or_make_key``.

        Raises :class:`InUse`, :class:`WrongKey`, :class:`Damaged` and :class:`NotKept` of
        :mod:`~kiosk.local_store.trouble`. With ``read_only`` a damaged store opens with all that can still be read.
        """
        store = cls(writer or ThreadWriter())
        opened: asyncio.Future[Room] = asyncio.get_running_loop().create_future()
        store._writer.start(partial(Room, folder, key, disk or Disk(), read_only=read_only), Reply(opened))
        try:
            store._room = await asyncio.shield(opened)
        except BaseException:
            store._closed = True
            store._writer.stop()
            raise
        return store

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def close(self) -> None:
        """Marks the end of the journal, gives the folder free and ends the thread. Closing twice is harmless."""
        if self._closed:
            return
        self._closed = True
        ended: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._writer.put(Room.close, Reply(ended))
        try:
            await asyncio.shield(ended)
        finally:
            self._writer.stop()

    async def open_flow(self, flow_id: str, sop: str, args: bytes) -> None:
        """Begins to keep a flow: makes its key, and seals ``sop`` and ``args`` with it."""
        await self._do(lambda room: room.answers.open(flow_id, sop, args))

    async def open_flows(self) -> list[OpenFlow]:
        """Flows that were begun and not ended, oldest first."""
        return await self._do(lambda room: room.answers.open_flows())

    async def begin(self, flow_id: str, n: int, digest: str) -> None:
        """Keeps that step ``n`` was begun, before its effect outside: without an answer nobody knows how it ended."""
        await self._do(lambda room: room.answers.begin(flow_id, n, digest))

    async def keep(
        self, flow_id: str, n: int, digest: str, answer: bytes, record: Record | None = None
    ) -> Record | None:
        """Keeps the answer of step ``n``, and puts ``record`` into the outbox in the same frame: both or neither.

        Returns the record with its epoch and seq. Raises :class:`~kiosk.model.errors.Ours` where the step was answered
        before.
        """

        return await self._do(lambda room: room.keep(flow_id, n, digest, answer, record))

    async def kept(self, flow_id: str) -> list[Kept]:
        """All that was kept of an open flow, in order."""
        return await self._do(lambda room: room.answers.kept(flow_id))

    async def take_back(self, flow_id: str, n: int) -> None:
        """Forgets the answer of step ``n`` and of all steps behind it. A step with a record is never taken back."""
        await self._do(lambda room: room.answers.take_back(flow_id, n))

    async def end_flow(self, flow_id: str) -> None:
        """Forgets a flow and destroys its key: nothing that was kept of it can be read again, here or in any copy."""
        await self._do(lambda room: room.answers.end(flow_id))

    @property
    def epoch(self) -> int:
        return self._state.outbox.epoch

    @property
    def last_seq(self) -> int:
        """Number of the newest record of this epoch, sent or not; 0 before the first."""
        return self._state.outbox.last_seq

    @property
    def watermark(self) -> int:
        """The highest seq of this epoch that the hub has acknowledged."""
        return self._state.outbox.watermark

    @property
    def unsent_count(self) -> int:
        return len(self._state.outbox)

    async def unsent(self, limit: int = 64) -> list[Record]:
        """The oldest unacknowledged records in order, at most ``limit``, all of one epoch."""
        return await self._do(lambda room: room.outbox.unsent(limit))

    async def acknowledged(self, watermark: int, epoch: int | None = None) -> None:
        """The hub has all up to ``watermark`` (inclusive) of ``epoch``; by default the oldest unsent record's epoch.

        Raises :class:`Damaged` where the hub has records that this store does not know of: it is an older copy.
        """

        def leave(room: Room) -> None:
            room.outbox.acknowledged(watermark, room.outbox.sending_epoch() if epoch is None else epoch)

        await self._do(leave)

    async def send_again(self, watermark: int, epoch: int) -> int:
        """The hub has fewer records than it confirmed, as after a backup: those after ``watermark`` wait again.

        Returns how many; 0 where they are not all here any more.
        """
        return await self._do(lambda room: room.outbox.send_again(watermark, epoch))

    async def set_epoch(self, epoch: int) -> None:
        """The hub's word at pairing. Records begin at seq 1 again; those of the old epoch are sent first, unchanged."""
        await self._do(lambda room: room.outbox.set_epoch(epoch))

    async def remember(self, name: str, value: bytes) -> None:
        """Keeps a value of the terminal's own (hub address, cursor). Not for anything about a person: see flows."""

        def put(room: Room) -> None:
            room.memory.upsert({"name": name, "value": value}, where("name") == name)

        await self._do(put)

    async def recall(self, name: str) -> bytes | None:
        def find(room: Room) -> bytes | None:
            found: Document | None = room.memory.get(where("name") == name)
            return None if found is None else bytes(found["value"])

        return await self._do(find)

    async def forget(self, name: str) -> None:
        """Removes it from the present state; segments keep the old value, encrypted, until they are compacted away."""

        def remove(room: Room) -> None:
            if room.memory.contains(where("name") == name):
                room.memory.remove(where("name") == name)

        await self._do(remove)

    @property
    def db(self) -> JournalDB:
        """TinyDB's API, for reading. Writing waits for the disk: it is for :meth:`transact`, and refused elsewhere."""
        return self._state.db

    async def transact(self, work: Callable[[JournalDB], T]) -> T:
        """Runs ``work`` on the writer thread in one transaction. It must not wait for anything."""

        def whole(room: Room) -> T:
            with room.db.transaction():
                return work(room.db)

        return await self._do(whole)

    async def compact(self) -> None:
        """Writes a snapshot, reads it back, drops what is needless. Happens by itself when the terminal is idle."""
        await self._do(lambda room: room.db.compact())

    @property
    def damage(self) -> str:
        """Where a store that was opened with ``read_only`` is damaged; empty where it is not. For the log."""
        return self._state.db.storage.journal.damage

    @property
    def _state(self) -> Room:
        if self._room is None or self._closed:
            raise _closed()
        return self._room

    async def _do(self, work: Callable[[Room], T]) -> T:
        """Runs on the writer thread. A caller that is cancelled does not stop it: what was begun is done whole."""
        if self._closed:
            raise _closed()
        done: asyncio.Future[T] = asyncio.get_running_loop().create_future()
        self._writer.put(work, Reply(done))
        return await done


def _closed() -> Ours:
    return Ours(text("This terminal is being closed."), "the store is closed")
