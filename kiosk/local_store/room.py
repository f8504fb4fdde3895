"""All that one terminal keeps, put together for the thread that writes: lock, journal, flow keys, tables."""

import contextlib
import threading
from pathlib import Path

from kiosk.local_store import answers
from kiosk.local_store.answers import Answers
from kiosk.local_store.db import JournalDB
from kiosk.local_store.disk import Disk
from kiosk.local_store.flow_keys import FlowKeys
from kiosk.local_store.outbox import Outbox
from kiosk.local_store.trouble import Damaged, NotKept
from kiosk.model.records import Record

COMPACT = 8 << 20
"""Journal bytes since the last snapshot from which it is compacted when idle and no flow is open."""
COMPACT_ANYWAY = 64 << 20
"""The same, open flows or not."""


class Room:
    """Made, used and closed by one thread."""

    def __init__(self, folder: Path, key: bytes, disk: Disk, *, read_only: bool = False) -> None:
        """Raises what :meth:`~kiosk.local_store.store.TerminalStore.open` raises."""
        try:
            disk.make_folder(folder)
            self.lock = disk.lock(folder)
        except OSError as cause:
            raise NotKept(cause) from cause
        with contextlib.ExitStack() as undo:
            undo.callback(self.lock.release)
            had_keys = "keys" in disk.names(folder)
            indexes = {**answers.INDEXES, "memory": ("name",)}
            self.db = JournalDB(folder, key=key, indexes=indexes, disk=disk, read_only=read_only)
            undo.callback(self.db.close)
            self.db.storage.bind(threading.get_ident())
            self.outbox = Outbox(self.db)
            if self.outbox.is_new:
                if had_keys or read_only:
                    raise Damaged(
                        "there is no journal beside the keys of its flows" if had_keys else "there is no journal"
                    )
                self.outbox.set_up()
            self.keys = FlowKeys(folder / "keys", key, disk=disk, read_only=read_only)
            undo.callback(self.keys.close)
            self.answers = Answers(self.db, self.keys)
            self._check_keys(read_only)
            self.memory = self.db.table("memory")
            self._undo = undo.pop_all()

    def _check_keys(self, read_only: bool) -> None:
        flow_ids = self.answers.flow_ids()
        lost = [flow_id for flow_id in flow_ids if flow_id not in self.keys]
        if not read_only:
            if lost:
                raise Damaged(f"the keys of {len(lost)} open flows are gone")
            self.keys.keep_only(flow_ids)

    @property
    def wants_rest(self) -> bool:
        """There is something to tidy when nobody wants anything."""
        return not self.db.storage.journal.read_only and (self.db.storage.journal.has_loose_end or self._is_large())

    def rest(self) -> None:
        """Gives the last frame its witness, and compacts a journal that has grown. Raises :class:`NotKept`."""
        self.db.storage.journal.mark()
        if self._is_large():
            self.db.compact()

    def _is_large(self) -> bool:
        grown = self.db.storage.journal.grown
        return grown > COMPACT_ANYWAY or (grown > COMPACT and not self.answers.flow_ids())

    def keep(self, flow_id: str, n: int, digest: str, answer: bytes, record: Record | None) -> Record | None:
        """The answer and the record in one frame: both or neither. Returns the record as it was numbered."""
        with self.db.transaction():
            self.answers.keep(flow_id, n, digest, answer, recorded=record is not None)
            return None if record is None else self.outbox.add(record)

    def close(self) -> None:
        self._undo.close()
