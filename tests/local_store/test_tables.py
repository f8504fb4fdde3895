"""TinyDB's API on the journal: what TinyDB's documentation promises, and what it does not."""

import threading
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from tinydb import Query, TinyDB, where
from tinydb.operations import add, decrement, delete, increment, set
from tinydb.storages import MemoryStorage
from tinydb.table import Document

from kiosk.local_store.db import JournalDB
from kiosk.local_store.frames import Frame, scan
from kiosk.local_store.trouble import NotKept
from kiosk.model.errors import Ours
from tests.local_store.disks import RefusingDisk

KEY = b"k" * 32


def opened(folder: Path, **more: Any) -> JournalDB:
    return JournalDB(folder, key=KEY, room=4096, indexes={"_default": ("tag",)}, **more)


@pytest.fixture
def db(tmp_path: Path) -> Iterator[JournalDB]:
    db = opened(tmp_path)
    db.insert_multiple({"tag": f"T{n}", "n": n, "deep": {"list": [n]}} for n in range(5))
    yield db
    db.close()


def again(db: JournalDB, folder: Path) -> JournalDB:
    db.close()
    return opened(folder)


def frames(folder: Path) -> int:
    segments = [path.read_bytes() for path in sorted(folder.glob("*.seg"))]
    return sum(1 for data in segments for item in scan(data) if isinstance(item, Frame) and not item.is_mark)


def test_inserting(db: JournalDB) -> None:
    assert db.insert({"tag": "new"}) == 6
    assert db.insert_multiple([{"tag": "a"}, {"tag": "b"}]) == [7, 8]
    assert db.insert(Document({"tag": "at 20"}, 20)) == 20
    assert db.insert({"tag": "after"}) == 21
    with pytest.raises(ValueError, match="already exists"):
        db.insert(Document({"tag": "twice"}, 20))
    with pytest.raises(ValueError, match="Mapping"):
        db.insert([1])  # type: ignore[arg-type]
    assert len(db) == 10


def test_finding(db: JournalDB) -> None:
    q = Query()
    assert [doc["n"] for doc in db.search(q.n > 2)] == [3, 4]
    assert [doc["n"] for doc in db.search((q.n == 1) | (q.tag == "T4"))] == [1, 4]
    assert db.search(q.deep.list.any([3]))[0].doc_id == 4
    assert db.get(q.tag == "T2")["n"] == 2
    assert db.get(q.tag == "nowhere") is None
    assert db.get(doc_id=3)["n"] == 2
    assert db.get(doc_id=99) is None
    assert [doc.doc_id for doc in db.get(doc_ids=[2, 4, 99])] == [2, 4]
    assert db.contains(q.n == 4)
    assert not db.contains(doc_id=17)
    assert db.count(q.n < 3) == 3
    assert [doc.doc_id for doc in db] == [doc.doc_id for doc in db.all()] == [1, 2, 3, 4, 5]
    with pytest.raises(RuntimeError):
        db.get()


def test_changing(db: JournalDB) -> None:
    assert db.update({"seen": True}, where("n") < 2) == [1, 2]
    assert db.update({"seen": False}, doc_ids=[3, 77]) == [3]
    assert db.update({"all": 1}) == [1, 2, 3, 4, 5]
    assert db.update(increment("n"), where("tag") == "T0") == [1]
    db.update(decrement("n"), doc_ids=[5])
    db.update(add("n", 10), doc_ids=[2])
    db.update(set("tag", "named"), doc_ids=[3])
    db.update(delete("all"), doc_ids=[4])
    db.update_multiple([({"m": 1}, where("n") == 3), ({"m": 2}, where("tag") == "named")])
    assert [doc["n"] for doc in db] == [1, 11, 2, 3, 3]
    assert [doc.get("m") for doc in db] == [None, None, 2, 1, 1]
    assert "all" not in db.get(doc_id=4)
    assert db.upsert({"tag": "named", "n": 0}, where("tag") == "named") == [3]
    assert db.upsert({"tag": "brand new"}, where("tag") == "brand new") == [6]
    assert db.upsert(Document({"tag": "placed"}, 30)) == [30]
    assert db.upsert(Document({"n": 1}, 30)) == [30]
    assert db.get(doc_id=30) == {"tag": "placed", "n": 1}


def test_removing(db: JournalDB) -> None:
    assert db.remove(where("tag") == "T1") == [2]
    assert db.remove(doc_ids=[3, 99]) == [3]
    assert len(db) == 3
    with pytest.raises(RuntimeError):
        db.remove()
    db.truncate()
    assert len(db) == 0
    assert db.insert({"first": True}) == 1


def test_tables(db: JournalDB, tmp_path: Path) -> None:
    shelf = db.table("shelf")
    assert db.table("shelf") is shelf
    shelf.insert({"place": "A1"})
    assert db.tables() == {"_default", "shelf"}
    db.table("empty", persist_empty=True)
    db = again(db, tmp_path)
    assert db.tables() == {"_default", "shelf", "empty"}
    db.table("shelf", persist_empty=True)
    assert len(db.table("shelf")) == 1  # TinyDB's own empties it here
    db.drop_table("shelf")
    db.drop_table("never was")
    assert db.tables() == {"_default", "empty"}
    db.drop_tables()
    assert not db.tables()
    assert len(again(db, tmp_path)) == 0


def test_everything_is_there_after_opening_again(db: JournalDB, tmp_path: Path) -> None:
    db.update({"n": 40}, where("tag") == "T4")
    db.remove(where("tag") == "T3")
    before = db.all()
    db = again(db, tmp_path)
    assert db.all() == before
    assert [doc.doc_id for doc in db] == [1, 2, 3, 5]
    db.compact()
    db.insert({"tag": "later"})
    assert len(again(db, tmp_path)) == 5


def test_one_change_is_one_frame(db: JournalDB, tmp_path: Path) -> None:
    start = frames(tmp_path)
    db.insert({"tag": "x"})
    assert frames(tmp_path) == start + 1
    db.update({"n": 0})
    assert frames(tmp_path) == start + 2
    db.update({"n": 0})  # nothing differs
    assert frames(tmp_path) == start + 2
    with db.transaction():
        db.table("orders").insert({"line": 1})
        db.table("shelf").insert({"line": 1})
        with db.transaction():
            db.table("audit").insert({"line": 1})
    assert frames(tmp_path) == start + 3


def test_a_transaction_sees_itself_and_leaves_nothing_when_it_fails(db: JournalDB, tmp_path: Path) -> None:
    def fail_half_way() -> None:
        with db.transaction():
            db.insert({"tag": "T9"})
            db.update({"n": 100}, where("tag") == "T1")
            db.remove(where("tag") == "T0")
            assert db.search(where("n") == 100)[0]["tag"] == "T1"
            assert db.get(where("tag") == "T9") is not None
            assert len(db) == 5
            db.drop_table("_default")
            assert len(db) == 0
            raise KeyError

    with pytest.raises(KeyError):
        fail_half_way()
    assert [doc["n"] for doc in db] == [0, 1, 2, 3, 4]
    assert db.search(where("n") == 100) == []
    assert [doc["n"] for doc in again(db, tmp_path)] == [0, 1, 2, 3, 4]


def test_others_see_a_transaction_after_it_is_durable(db: JournalDB) -> None:
    seen: list[int] = []

    def look() -> None:
        thread = threading.Thread(target=lambda: seen.append(len(db)))
        thread.start()
        thread.join()

    with db.transaction():
        db.insert({"tag": "x"})
        look()
    look()
    assert seen == [5, 6]


def test_what_is_handed_out_is_a_copy(db: JournalDB) -> None:
    before = [dict(doc) for doc in db]
    inserted = {"tag": "mine", "deep": {"list": []}}
    db.insert(inserted)
    inserted["deep"]["list"].append(1)  # type: ignore[index]
    cond = where("n") >= 0
    for found in (db.search(cond), db.search(cond), db.all(), [db.get(doc_id=1)], list(db), db.get(doc_ids=[1, 2])):
        for doc in found:
            doc["deep"]["list"].append("spoiled")
            doc["n"] = -1
    assert [dict(doc) for doc in db] == [*before, {"tag": "mine", "deep": {"list": []}}]
    assert [doc["n"] for doc in db.search(cond)] == [0, 1, 2, 3, 4]


def test_an_updater_that_fails_half_way_changes_nothing(db: JournalDB) -> None:
    def updater(doc: Any) -> None:
        doc["deep"]["list"].clear()
        if doc["n"] == 2:
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        db.update(updater)
    assert [doc["deep"]["list"] for doc in db] == [[0], [1], [2], [3], [4]]


@pytest.mark.parametrize(
    "value",
    [float("nan"), 1 << 70, "\ud800", object(), {1, 2}, (1, 2), {"deep": [object()]}],
    ids=["nan", "long", "surrogate", "object", "set", "tuple", "deep"],
)
def test_what_would_not_come_back_the_same_is_refused(db: JournalDB, tmp_path: Path, value: object) -> None:
    with pytest.raises(TypeError, match="A document is made of") as trouble:
        db.insert({"secret": "Robin", "value": value})
    assert "Robin" not in str(trouble.value)
    assert len(again(db, tmp_path)) == 5


@pytest.mark.parametrize(
    "value", ["x" * (1 << 20), {str(n): n for n in range(10_000)}, b"\0\xff", None, -1.5, True, ""]
)
def test_what_can_be_kept_comes_back_the_same(db: JournalDB, tmp_path: Path, value: object) -> None:
    n = db.insert({"value": value})
    assert again(db, tmp_path).get(doc_id=n) == {"value": value}


def test_a_mapping_that_is_no_dict_is_a_document(db: JournalDB) -> None:
    class Own(Mapping[str, int]):
        def __getitem__(self, key: str) -> int:
            return {"a": 1}[key]

        def __iter__(self) -> Iterator[str]:
            return iter(["a"])

        def __len__(self) -> int:
            return 1

    assert db.get(doc_id=db.insert(Own())) == {"a": 1}


def test_an_index_and_a_walk_find_the_same(db: JournalDB) -> None:
    db.insert_multiple([{"tag": 1}, {"tag": True}, {"tag": 1.0}, {"tag": None}, {"tag": ["T1"]}, {}, {"tag": "T1"}])
    db.update({"tag": "moved"}, where("tag") == "T2")
    db.remove(where("tag") == "T3")
    stock = TinyDB(storage=MemoryStorage)
    for doc in db:
        stock.insert(Document(dict(doc), doc.doc_id))
    for value in (1, True, 1.0, None, ["T1"], "T1", "T2", "T3", "moved", "T4", b"x"):
        found = [doc.doc_id for doc in db.search(where("tag") == value)]
        assert sorted(found) == [doc.doc_id for doc in stock.search(where("tag") == value)], value


def change_two_tables(db: JournalDB) -> None:
    with db.transaction():
        db.update({"tag": "changed"})
        db.table("other").insert({})


def test_a_failed_write_is_told_and_changes_nothing(tmp_path: Path) -> None:
    disk = RefusingDisk()
    db = opened(tmp_path, disk=disk)
    db.insert({"tag": "first"})
    disk.refuse_sync = True
    with pytest.raises(NotKept):
        db.insert({"tag": "second"})
    with pytest.raises(NotKept):
        change_two_tables(db)
    assert [doc["tag"] for doc in db] == ["first"]
    assert db.search(where("tag") == "second") == []
    assert db.tables() == {"_default"}
    disk.refuse_sync = False
    db.insert({"tag": "third"})
    assert [doc["tag"] for doc in again(db, tmp_path)] == ["first", "third"]


def test_whole_data_bases_can_be_written_as_stock_tinydb_does(db: JournalDB, tmp_path: Path) -> None:
    whole = db.storage.read()
    whole["_default"]["2"] = {"tag": "other"}
    del whole["_default"]["5"]
    whole["more"] = {"7": {"x": 1}}
    db.storage.write(whole)
    db = again(db, tmp_path)
    assert db.storage.read() == whole
    assert db.search(where("tag") == "other")[0].doc_id == 2


def test_two_threads_lose_no_update(db: JournalDB) -> None:
    def work() -> None:
        for _ in range(200):
            db.update(increment("n"), doc_ids=[1])
            db.insert({"tag": "t"})
            db.search(where("tag") == "t")
            db.search(where("n") > 3)

    threads = [threading.Thread(target=work) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert db.get(doc_id=1)["n"] == 400
    assert len(db) == 405
    assert len(db.search(where("tag") == "t")) == 400


def test_a_result_that_was_overtaken_is_not_remembered(db: JournalDB) -> None:
    overtaken: list[bool] = []

    def overtake(n: int) -> bool:
        if not overtaken:
            overtaken.append(True)
            thread = threading.Thread(target=lambda: db.insert({"tag": "late", "n": 9}))
            thread.start()
            thread.join()
        return n > 3

    cond = where("n").test(overtake)
    assert [doc["n"] for doc in db.search(cond)] == [4]
    assert [doc["n"] for doc in db.search(cond)] == [4, 9]


def test_only_the_bound_thread_writes(db: JournalDB) -> None:
    db.storage.bind(-1)
    assert len(db.search(where("n") > 2)) == 2
    with pytest.raises(Ours):
        db.insert({})
