"""The tables against plain dicts, with restarts, power cuts, full disks and compaction in between."""

import random
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule
from tinydb import where
from tinydb.table import Document

from kiosk.local_store.db import JournalDB
from kiosk.local_store.trouble import NotKept
from kiosk.simulation.disk import MemoryDisk

NAMES = st.sampled_from(["shelf", "orders"])
VALUES = st.integers(0, 5)
FOLDER = Path("/journal")


class Tables(RuleBasedStateMachine):
    @initialize()
    def begin(self) -> None:
        self.disk = MemoryDisk()
        self.model: dict[str, dict[int, dict[str, Any]]] = {}
        self.db = self.open()

    def open(self) -> JournalDB:
        return JournalDB(FOLDER, key=b"k" * 32, disk=self.disk, room=2048, segment=2048, indexes={"shelf": ("v",)})

    def do(self, name: str, change: Any, expected: dict[int, dict[str, Any]]) -> None:
        """Makes the change; where the disk refuses it, the model stays as it is."""
        try:
            change(self.db.table(name))
        except NotKept:
            assert self.disk.sync_fails
        else:
            self.model[name] = expected

    @rule(name=NAMES, n=st.integers(1, 12), v=VALUES)
    def put(self, name: str, n: int, v: int) -> None:
        rows = self.model.get(name, {})
        self.do(name, lambda table: table.upsert(Document({"v": v}, n)), {**rows, n: {**rows.get(n, {}), "v": v}})

    @rule(name=NAMES, old=VALUES, new=VALUES)
    def update(self, name: str, old: int, new: int) -> None:
        rows = {
            n: {**doc, "v": new, "w": [new]} if doc["v"] == old else doc for n, doc in self.model.get(name, {}).items()
        }
        self.do(name, lambda table: table.update({"v": new, "w": [new]}, where("v") == old), rows)

    @rule(name=NAMES, v=VALUES)
    def remove(self, name: str, v: int) -> None:
        rows = {n: doc for n, doc in self.model.get(name, {}).items() if doc["v"] != v}
        self.do(name, lambda table: table.remove(where("v") == v), rows)

    @rule(v=VALUES)
    def both_tables_or_none(self, v: int) -> None:
        try:
            with self.db.transaction():
                for name in ("shelf", "orders"):
                    self.db.table(name).upsert(Document({"v": v}, 1))
        except NotKept:
            assert self.disk.sync_fails
        else:
            for name in ("shelf", "orders"):
                rows = self.model.setdefault(name, {})
                rows[1] = {**rows.get(1, {}), "v": v}

    @rule(name=NAMES)
    def drop(self, name: str) -> None:
        try:
            self.db.drop_table(name)
        except NotKept:
            assert self.disk.sync_fails
        else:
            self.model.pop(name, None)

    @rule()
    def compact(self) -> None:
        try:
            self.db.compact()
        except NotKept:
            assert self.disk.sync_fails

    @rule()
    def the_disk_refuses(self) -> None:
        self.disk.sync_fails = True

    @rule()
    def the_disk_obeys(self) -> None:
        self.disk.sync_fails = False

    @rule(seed=st.one_of(st.none(), st.integers()))
    def power_cut(self, seed: int | None) -> None:
        self.disk = self.disk.after_power_cut(None if seed is None else random.Random(seed))
        self.db = self.open()

    @rule()
    def restart(self) -> None:
        self.disk.sync_fails = False
        self.db.close()
        self.db = self.open()

    @invariant()
    def nothing_differs(self) -> None:
        for name in ("shelf", "orders"):
            table = self.db.table(name)
            rows = self.model.get(name, {})
            assert {doc.doc_id: dict(doc) for doc in table} == rows
            for v in range(6):
                found = {doc.doc_id for doc in table.search(where("v") == v)}
                assert found == {n for n, doc in rows.items() if doc["v"] == v}


Tables.TestCase.settings = settings(
    max_examples=60, stateful_step_count=30, deadline=None, suppress_health_check=list(HealthCheck)
)
test_tables_and_dicts_agree = pytest.mark.requirement("PLT-03")(Tables.TestCase)
