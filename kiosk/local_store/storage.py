"""The state behind the tables: in memory for reading, in the journal for keeping.

One frame holds one transaction: for every table it touches, the documents put (id to document) and the ids gone. The
state in memory changes only after the frame is durable, so a failed write changes nothing anywhere.
"""

import threading
from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any

import msgspec
from tinydb.queries import QueryLike
from tinydb.storages import Storage
from tinydb.table import Document
from tinydb.utils import LRUCache

from kiosk.local_store.disk import Disk
from kiosk.local_store.journal import ROOM, SEGMENT, Journal
from kiosk.model.errors import Ours
from kiosk.model.text import text

Doc = dict[Any, Any]
Rows = Mapping[int, Doc]
Index = dict[Any, dict[int, None]]
"""Value of a field to the ids that have it, in order of coming."""

_INDEXED = (str, int, float, bytes)
"""Kinds of values that can be equal to each other and to nothing else that a document may hold."""


class Change(msgspec.Struct, array_like=True, frozen=True):
    """What a frame says of one table. ``dropped`` comes first, then ``gone``, then ``put``."""

    put: dict[int, Any]
    gone: tuple[int, ...] = ()
    dropped: bool = False


class _Staged:
    """What one transaction does to one table. ``raw`` holds the documents of ``put`` as they are written."""

    def __init__(self, *, dropped: bool = False) -> None:
        self.put: dict[int, Doc] = {}
        self.raw: dict[int, msgspec.Raw] = {}
        self.gone: set[int] = set()
        self.dropped = dropped

    def add(self, put: Mapping[int, Mapping[Any, Any]], gone: Iterable[int]) -> None:
        """Raises ``TypeError``, and then has changed nothing, where a document would not come back the same."""
        frozen = [(n, *_frozen(doc)) for n, doc in put.items()]
        for n in gone:
            self.put.pop(n, None)
            self.raw.pop(n, None)
            self.gone.add(n)
        for n, doc, raw in frozen:
            self.put[n], self.raw[n] = doc, raw


_encoder = msgspec.msgpack.Encoder()
_documents = msgspec.msgpack.Decoder()
_changes = msgspec.msgpack.Decoder(dict[str, Change])
_states = msgspec.msgpack.Decoder(dict[str, dict[int, Any]])


def copy_of(doc: Mapping[Any, Any]) -> Doc:
    """A deep copy of a kept document."""
    return _documents.decode(_encoder.encode(doc))  # type: ignore[no-any-return]


def _frozen(doc: Mapping[Any, Any]) -> tuple[Doc, msgspec.Raw]:
    """A document as it will be read back, and its bytes. Raises ``TypeError`` where that is not the same document."""
    try:
        raw = _encoder.encode(doc)
        kept = _documents.decode(raw)
    except (TypeError, ValueError, OverflowError, RecursionError):
        kept = None
    if kept is None or kept != doc:
        # the document is not named: it may be about a person
        raise TypeError("A document is made of dicts, lists, texts, bytes, numbers, True, False and None") from None
    return kept, msgspec.Raw(raw)


class JournalStorage(Storage):
    """TinyDB's storage port on a :class:`Journal`.

    ``indexes`` names fields by table; ``Query().field == value`` is then looked up. Writes come from one thread at a
    time; with :meth:`bind` from this thread only. Reading is free from any thread and never waits for the disk.
    """

    def __init__(
        self,
        folder: Path,
        *,
        key: bytes,
        indexes: Mapping[str, Collection[str]] | None = None,
        disk: Disk | None = None,
        room: int = ROOM,
        segment: int = SEGMENT,
        read_only: bool = False,
    ) -> None:
        self._tables: dict[str, dict[int, Doc]] = {}
        self._indexes: dict[str, dict[str, Index]] = {
            name: {field: {} for field in fields} for name, fields in (indexes or {}).items()
        }
        self._write_lock = threading.RLock()
        self._state_lock = threading.Lock()
        self._version = 0
        self._staged: dict[str, _Staged] | None = None
        self._owner = 0
        self._writer: int | None = None
        self.journal = Journal(
            folder, key, self._restore, self._replay, disk=disk, room=room, segment=segment, read_only=read_only
        )

    def read(self) -> dict[str, dict[str, Any]]:
        """The whole state, as stock tables would see it: for tools; our own tables never ask for it."""
        names = set(self._tables) | set(self._staged or () if self._mine() else ())
        return {name: {str(n): doc for n, doc in self.rows(name).items()} for name in names if self.has(name)}

    def write(self, data: dict[str, dict[str, Any]]) -> None:
        """Makes the state equal to ``data``, in one frame that holds the differences."""
        with self.transaction():
            for name in list(self._tables):
                if name not in data:
                    self.drop(name)
            for name, table in data.items():
                rows = self.rows(name)
                new = {int(n): doc for n, doc in table.items()}
                put = {n: doc for n, doc in new.items() if rows.get(n) != doc}
                self.commit(name, put, set(rows) - set(new))

    def close(self) -> None:
        with self._write_lock:
            self.journal.close()

    def has(self, name: str) -> bool:
        staged = self._staged.get(name) if self._staged is not None and self._mine() else None
        if staged is not None:
            return not staged.dropped or bool(staged.put)
        return name in self._tables

    def rows(self, name: str) -> Rows:
        """A table as this thread may see it. Not to be changed; another thread may put and remove rows meanwhile, so
        take ``list(rows.items())`` to walk over it. The documents themselves never change, they are replaced."""
        with self._state_lock:
            staged = self._staged.get(name) if self._staged is not None and self._mine() else None
            base = self._tables.get(name, {})
            if staged is None:
                return base
            rows = {} if staged.dropped else {n: doc for n, doc in base.items() if n not in staged.gone}
        rows.update(staged.put)
        return rows

    def look_up(self, name: str, cond: QueryLike) -> list[tuple[int, Doc]] | None:
        """Documents that match ``Query().field == value`` for an indexed field; None where no index fits."""
        if self._staged is not None and self._mine() and name in self._staged:
            return None
        form = getattr(cond, "_hash", None)
        if not isinstance(form, tuple) or len(form) != 3 or form[0] != "==" or len(form[1]) != 1:
            return None
        index = self._indexes.get(name, {}).get(form[1][0])
        if index is None or not isinstance(form[2], _INDEXED):
            return None
        with self._state_lock:
            table = self._tables.get(name, {})
            return [(n, table[n]) for n in index.get(form[2], ())]

    def cached(self, cache: "LRUCache[Any, Any]", cond: QueryLike) -> tuple[list[Document] | None, int]:
        """What a query's cache holds for it, and the version of the state it would be for."""
        with self._state_lock:
            return (None if self._staged is not None and self._mine() else cache.get(cond)), self._version

    def cache(self, cache: "LRUCache[Any, Any]", cond: QueryLike, found: list[Document], version: int) -> None:
        """Keeps a result, unless the state has moved on since it was looked for."""
        with self._state_lock:
            if version == self._version and not (self._staged is not None and self._mine()):
                cache[cond] = found

    def bind(self, thread: int) -> None:
        """From now on only this thread may write: a write waits for the disk, and nobody else may."""
        self._writer = thread

    def writing(self) -> AbstractContextManager[Any]:
        """Holds other writers off, for ``with``. Reading goes on."""
        if self._writer is not None and self._writer != threading.get_ident():
            raise Ours(text("This terminal made a mistake. Start this work again."), "write outside the writer thread")
        return self._write_lock

    @contextmanager
    def transaction(self) -> Iterator[None]:
        with self.writing():
            if self._staged is not None:
                yield
                return
            self._owner = threading.get_ident()
            self._staged = {}
            try:
                yield
                if self._staged:
                    self._keep(self._staged)
            finally:
                self._staged = None

    def commit(self, name: str, put: Mapping[int, Doc], gone: Iterable[int]) -> None:
        """Puts and removes documents of one table: at once, or with the transaction that is open."""
        with self.writing():
            if self._staged is None:
                alone = _Staged()
                alone.add(put, gone)
                self._keep({name: alone})
            else:
                self._stage(name).add(put, gone)

    def drop(self, name: str) -> None:
        with self.transaction():
            assert self._staged is not None
            self._staged[name] = _Staged(dropped=True)

    def compact(self) -> None:
        with self.writing():
            self.journal.snapshot(_encoder.encode(self._tables))

    def _mine(self) -> bool:
        return self._owner == threading.get_ident()

    def _stage(self, name: str) -> _Staged:
        assert self._staged is not None
        return self._staged.setdefault(name, _Staged())

    def _keep(self, staged: dict[str, _Staged]) -> None:
        """Durable first, visible second."""
        frame = {name: Change(table.raw, tuple(table.gone), table.dropped) for name, table in staged.items()}
        self.journal.append(_encoder.encode(frame))
        with self._state_lock:
            self._version += 1
            for name, table in staged.items():
                self._apply(name, table.put, table.gone, table.dropped)

    def _apply(self, name: str, put: Mapping[int, Doc], gone: Iterable[int], dropped: bool) -> None:
        """Changes a table in memory. Documents are replaced, never changed: a reader may hold one."""
        if dropped:
            self._tables.pop(name, None)
            for index in self._indexes.get(name, {}).values():
                index.clear()
            if not put:
                return
        table = self._tables.setdefault(name, {})
        indexes = self._indexes.get(name, {})
        for n in gone:
            _unindex(indexes, n, table.pop(n, None))
        for n, doc in put.items():
            _unindex(indexes, n, table.get(n))
            table[n] = doc
            for field, index in indexes.items():
                if isinstance(doc.get(field), _INDEXED):
                    index.setdefault(doc[field], {})[n] = None

    def _replay(self, payload: bytes) -> None:
        for name, change in _changes.decode(payload).items():
            self._apply(name, change.put, change.gone, change.dropped)

    def _restore(self, state: bytes) -> None:
        for name, table in _states.decode(state).items():
            self._apply(name, table, (), False)


def _unindex(indexes: Mapping[str, Index], n: int, doc: Doc | None) -> None:
    if doc is None:
        return
    for field, index in indexes.items():
        value = doc.get(field)
        if isinstance(value, _INDEXED) and value in index:
            index[value].pop(n, None)
            if not index[value]:
                del index[value]
