"""TinyDB's API on the journal: its tables and queries, with writes that are durable, atomic and cheap.

Stock TinyDB writes the whole data base in place for every change: it is O(n), and a power cut or a full disk leaves a
file that no longer parses (tinydb #144, #301, #461, #467). Here one change is one frame, however many tables it
touches, and it is seen only after the sync. What a caller gets is a copy: changing it changes nothing.

    with db.transaction():
        db.table("orders").insert({...})
        db.table("shelf").update({...}, where("tag") == tag)
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, MutableMapping
from contextlib import contextmanager
from typing import Any, cast

from tinydb import TinyDB
from tinydb.queries import QueryLike
from tinydb.table import Document, Table

from kiosk.local_store.storage import Doc, JournalStorage, Rows, copy_of

__all__ = ["Document", "JournalDB", "JournalTable"]


class _Draft(MutableMapping[int, Doc]):
    """What an updater may change: documents are copied at first touch, so that a failing updater leaves no trace."""

    def __init__(self, rows: Rows) -> None:
        self._rows = rows
        self.touched: dict[int, Doc] = {}
        self.gone: set[int] = set()

    def __getitem__(self, doc_id: int) -> Doc:
        if doc_id in self.touched:
            return self.touched[doc_id]
        if doc_id in self.gone:
            raise KeyError(doc_id)
        self.touched[doc_id] = copy_of(self._rows[doc_id])
        return self.touched[doc_id]

    def __setitem__(self, doc_id: int, doc: Doc) -> None:
        self.touched[doc_id] = doc
        self.gone.discard(doc_id)

    def __delitem__(self, doc_id: int) -> None:
        if doc_id not in self:
            raise KeyError(doc_id)
        self.touched.pop(doc_id, None)
        if doc_id in self._rows:
            self.gone.add(doc_id)

    def __contains__(self, doc_id: object) -> bool:
        return doc_id in self.touched or (doc_id in self._rows and doc_id not in self.gone)

    def __iter__(self) -> Iterator[int]:
        yield from [doc_id for doc_id in self._rows if doc_id not in self.gone]
        yield from [doc_id for doc_id in self.touched if doc_id not in self._rows]

    def __len__(self) -> int:
        return sum(1 for _ in self)

    def clear(self) -> None:
        self.touched.clear()
        self.gone = set(self._rows)

    def put(self) -> dict[int, Doc]:
        """What is new or different."""
        return {n: doc for n, doc in self.touched.items() if self._rows.get(n) != doc}


class JournalTable(Table):
    """A TinyDB table whose changes are differences. Safe to read from any thread."""

    def __init__(
        self, storage: JournalStorage, name: str, *, cache_size: int = 10, persist_empty: bool = False
    ) -> None:
        """Unlike TinyDB's own, ``persist_empty`` never empties a table that exists."""
        super().__init__(storage, name, cache_size=cache_size)
        self._store = storage
        if persist_empty and not storage.has(name):
            storage.commit(name, {}, ())

    def _update_table(self, updater: Callable[[dict[int, Mapping[Any, Any]]], None]) -> None:
        with self._store.writing():
            draft = _Draft(self._store.rows(self.name))
            updater(cast("dict[int, Mapping[Any, Any]]", draft))
            put = draft.put()
            if put or draft.gone or not self._store.has(self.name):
                self._store.commit(self.name, put, draft.gone)
        self.clear_cache()

    def update(
        self,
        fields: Mapping[Any, Any] | Callable[[MutableMapping[Any, Any]], None],
        cond: QueryLike | None = None,
        doc_ids: Iterable[int] | None = None,
    ) -> list[int]:
        with self._store.writing():
            if doc_ids is None and cond is not None:
                doc_ids = [n for n, _ in self._matching(cond)]
            return super().update(fields, doc_ids=doc_ids)

    def remove(self, cond: QueryLike | None = None, doc_ids: Iterable[int] | None = None) -> list[int]:
        with self._store.writing():
            if doc_ids is None and cond is not None:
                doc_ids = [n for n, _ in self._matching(cond)]
            return super().remove(doc_ids=doc_ids)

    def upsert(self, document: Mapping[Any, Any], cond: QueryLike | None = None) -> list[int]:
        with self._store.writing():  # update and insert are one act
            return super().upsert(document, cond)

    def insert(self, document: Mapping[Any, Any]) -> int:
        """What terminals do most: the same as TinyDB's, without a draft of the table."""
        if not isinstance(document, Mapping):
            raise ValueError("Document is not a Mapping")
        with self._store.writing():
            if isinstance(document, Document):
                doc_id = document.doc_id
                self._next_id = None
            else:
                doc_id = int(self._get_next_id())  # type: ignore[no-untyped-call]
            if doc_id in self._store.rows(self.name):
                raise ValueError(f"Document with ID {doc_id} already exists")
            self._store.commit(self.name, {doc_id: dict(document)}, ())
        self.clear_cache()
        return doc_id

    def search(self, cond: QueryLike) -> list[Document]:
        cached, version = self._store.cached(self._query_cache, cond)
        if cached is not None:
            return [Document(copy_of(doc), doc.doc_id) for doc in cached]
        found = [Document(copy_of(doc), n) for n, doc in self._matching(cond)]
        if getattr(cond, "is_cacheable", lambda: True)():
            kept = [Document(copy_of(doc), doc.doc_id) for doc in found]
            self._store.cache(self._query_cache, cond, kept, version)
        return found

    def get(
        self,
        cond: QueryLike | None = None,
        doc_id: int | None = None,
        doc_ids: list[int] | None = None,
    ) -> Any:
        """One document or None; with ``doc_ids`` a list of those that exist."""
        rows = self._store.rows(self.name)
        if doc_id is not None:
            doc = rows.get(doc_id)
            return None if doc is None else Document(copy_of(doc), doc_id)
        if doc_ids is not None:
            wanted = set(doc_ids)
            return [Document(copy_of(doc), n) for n, doc in list(rows.items()) if n in wanted]
        if cond is not None:
            for n, doc in self._matching(cond):
                return Document(copy_of(doc), n)
            return None
        raise RuntimeError("You have to pass either cond or doc_id or doc_ids")

    def __len__(self) -> int:
        return len(self._store.rows(self.name))

    def __iter__(self) -> Iterator[Document]:
        for n, doc in list(self._store.rows(self.name).items()):
            yield Document(copy_of(doc), n)

    def _read_table(self) -> dict[str, Mapping[Any, Any]]:
        return cast(
            "dict[str, Mapping[Any, Any]]", self._store.rows(self.name)
        )  # ids are read through int() everywhere

    def _matching(self, cond: QueryLike) -> Iterable[tuple[int, Doc]]:
        """The documents that match, by index where there is one for this query. They are the kept ones: copy them."""
        indexed = self._store.look_up(self.name, cond)
        if indexed is not None:
            return indexed
        return ((n, doc) for n, doc in list(self._store.rows(self.name).items()) if cond(doc))


class JournalDB(TinyDB):
    """``JournalDB(folder, key=..., indexes={"answers": ("flow",)})``: see :class:`JournalStorage` for the arguments."""

    table_class = JournalTable  # type: ignore[assignment]  # TinyDB means any class of this kind
    default_storage_class = JournalStorage  # type: ignore[assignment]

    @property
    def storage(self) -> JournalStorage:
        return cast(JournalStorage, self._storage)

    @contextmanager
    def transaction(self) -> Iterator["JournalDB"]:
        """Everything inside becomes durable together, in one frame, or not at all. May be nested: the outermost counts.

        Inside, the thread sees its own changes; others see them after the sync. Raises
        :class:`~kiosk.local_store.trouble.NotKept` at its end; then nothing has changed.
        """
        try:
            with self.storage.transaction():
                yield self
        finally:
            for table in list(self._tables.values()):
                table.clear_cache()

    def drop_table(self, name: str) -> None:
        with self.storage.writing():
            if self.storage.has(name):
                self.storage.drop(name)
            self._tables.pop(name, None)

    def drop_tables(self) -> None:
        with self.transaction():
            for name in self.tables():
                self.drop_table(name)

    def compact(self) -> None:
        """Writes a snapshot and drops what it makes needless. Raises :class:`~kiosk.local_store.trouble.NotKept`."""
        self.storage.compact()
