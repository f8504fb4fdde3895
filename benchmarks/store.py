"""Figures of the terminal's store, as ratios to what this disk can do at all, measured in the same run.

    python benchmarks/store.py [--dir DIR] [--records N] [--seconds S] [--full]

Prints one JSON object. ``--full`` takes ten times the time and records. Goals (reliability of the store, measured on
x86 with ext4): durable insert at least 0.60 of the limit, cost at many records at most 1.2 of that at 100, one flush a
record, 40,000 records a second recovered.
"""

import argparse
import asyncio
import gc
import json
import os
import statistics
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime
from itertools import cycle
from pathlib import Path
from typing import Any

from kiosk.local_store.db import JournalDB
from kiosk.local_store.disk import Disk
from kiosk.local_store.journal import ROOM
from kiosk.local_store.store import TerminalStore
from kiosk.model.records import Dispensed, DispensedUnit, Record

KEY = bytes(range(32))
ROUNDS = 6
"""The disk's own limit and the figures are taken in turns, so that a slow moment meets all of them."""


def sale(n: int) -> dict[str, Any]:
    """About 500 bytes, as a terminal keeps them."""
    return {
        "seq": n,
        "key": f"0195a0c2-{n & 0xFFFF:04x}-7{n % 4096:03x}-8000-{n:012x}",
        "terminal": "counter-2",
        "at": f"2026-03-02T15:{n % 60:02}:00Z",
        "visit": f"visit-{n:09}",
        "lines": [
            {"tag": f"1A4FF0100000022{(n * 7 + line) % 10**9:09}", "product": f"P-{n % 900:03}", "mg": n * 31 % 28_000}
            for line in range(3)
        ],
        "pools": {"smoking": {"limit": 70_000, "used": n % 70_000}, "other": {"limit": 24_500, "used": n % 24_500}},
        "note": "",
    }


def record(n: int) -> Record:
    units = tuple(
        DispensedUnit(line_id=f"line-{n}-{line}", number=f"R{n:07}", print_no=1, tag=f"1A4FF01000000220000{n:05}")
        for line in range(2)
    )
    fact = Dispensed(
        visit_id=f"visit-{n}", order_id=f"order-{n}", permit_id=f"permit-{n}", external_number=f"X{n:09}", units=units
    )
    return Record(
        key=f"bench:{n}",
        terminal="counter-2",
        role="counter",
        epoch=0,
        seq=0,
        at=datetime(2026, 3, 2, 15, tzinfo=UTC),
        sop="DSP-1 v1",
        step="DSP-1.9",
        fact=fact,
    )


class Raw:
    """What any store must do at least: write into zeros that are there already, and flush once."""

    def __init__(self, path: Path, size: int) -> None:
        self._fd = os.open(path, os.O_CREAT | os.O_RDWR, 0o600)
        self._data, self._at, self._end = os.urandom(size), 0, 0

    def __call__(self) -> None:
        if self._at + len(self._data) > self._end:
            os.pwrite(self._fd, bytes(ROOM), self._end)
            self._end += ROOM
        os.pwrite(self._fd, self._data, self._at)
        os.fdatasync(self._fd)
        self._at += len(self._data)

    def close(self) -> None:
        os.close(self._fd)


class CountingDisk(Disk):
    """Counts what it is asked to do. With ``lazy`` it never flushes: for filling a store quickly."""

    def __init__(self, *, lazy: bool = False) -> None:
        self.lazy = lazy
        self.syncs = 0

    def sync(self, fd: int) -> None:
        self.syncs += 1
        if not self.lazy:
            super().sync(fd)


def timed(act: Callable[[], object], seconds: float) -> list[float]:
    """Seconds each call took."""
    times = []
    end = time.perf_counter() + seconds
    while (start := time.perf_counter()) < end:
        act()
        times.append(time.perf_counter() - start)
    return times


def rate(times: list[float]) -> float:
    return len(times) / sum(times)


def microseconds(times: list[float]) -> dict[str, int]:
    ordered = sorted(times)
    return {
        "p50_us": round(statistics.median(ordered) * 1e6),
        "p99_us": round(ordered[int(len(ordered) * 0.99)] * 1e6),
    }


def insert_against_limit(folder: Path, seconds: float) -> dict[str, Any]:
    disk = CountingDisk()
    db = JournalDB(folder / "insert", key=KEY, disk=disk)
    table = db.table("sales")
    table.insert(sale(0))
    journal = db.storage.journal
    start = journal.grown
    table.insert(sale(1))
    frame = journal.grown - start
    raw = Raw(folder / "raw", frame)
    sales = cycle([sale(n) for n in range(1000)])

    def insert() -> None:
        table.insert(next(sales))

    limits, inserts = list[float](), list[float]()
    syncs = disk.syncs
    for _ in range(ROUNDS):
        limits += timed(raw, seconds / ROUNDS)
        inserts += timed(insert, seconds / ROUNDS)
    flushes = disk.syncs - syncs
    raw.close()
    db.close()
    return {
        "limit_per_s": round(rate(limits)),
        "insert_per_s": round(rate(inserts)),
        "insert_to_limit": round(rate(inserts) / rate(limits), 3),
        "insert": microseconds(inserts),
        "median_to_limit": round(statistics.median(limits) / statistics.median(inserts), 3),
        "frame_bytes": frame,
        "flushes_per_record": round(flushes / len(inserts), 3),
    }


async def keep_against_limit(folder: Path, seconds: float) -> dict[str, Any]:
    """An answer with its record, through asyncio and the writer thread, one after the other as a flow does it."""
    raw = Raw(folder / "raw-keep", 1024)
    limits, keeps, n = list[float](), list[float](), 0
    records = [record(n) for n in range(1000)]
    async with await TerminalStore.open(folder / "keep", KEY) as store:
        await store.open_flow("bench", "DSP-1 v1", b"")
        for _ in range(ROUNDS):
            limits += timed(raw, seconds / ROUNDS)
            end = time.perf_counter() + seconds / ROUNDS
            while (start := time.perf_counter()) < end:
                await store.keep("bench", n, "d" * 64, b"{}", records[n % 1000])
                keeps.append(time.perf_counter() - start)
                n += 1
    raw.close()
    return {"keep_to_limit": round(rate(keeps) / rate(limits), 3), "keep": microseconds(keeps)}


def growth_and_recovery(folder: Path, records: int, seconds: float) -> dict[str, Any]:
    disk = CountingDisk(lazy=True)
    large = JournalDB(folder / "large", key=KEY, disk=disk)
    for start in range(0, records, 1000):
        for n in range(start, min(start + 1000, records)):
            large.insert(sale(n))
    large.close()
    gc.collect()
    started = time.perf_counter()
    large = JournalDB(folder / "large", key=KEY)
    recovered = time.perf_counter() - started
    if len(large) != records:
        raise SystemExit(f"{len(large)} of {records} records were recovered")
    small = JournalDB(folder / "small", key=KEY)
    for n in range(100):
        small.insert(sale(n))
    few, many = list[float](), list[float]()
    doc = sale(records)
    for _ in range(ROUNDS):
        few += timed(lambda: small.insert(doc), seconds / ROUNDS / 2)
        small.remove(doc_ids=[found.doc_id for found in small][100:])
        many += timed(lambda: large.insert(doc), seconds / ROUNDS / 2)
    started = time.perf_counter()
    large.compact()
    compacted = time.perf_counter() - started
    small.close()
    large.close()
    started = time.perf_counter()
    JournalDB(folder / "large", key=KEY).close()
    from_snapshot = time.perf_counter() - started
    return {
        "records": records,
        "insert_many_to_few": round(statistics.median(many) / statistics.median(few), 3),
        "recovered_per_s": round(records / recovered),
        "compact_s": round(compacted, 2),
        "open_from_snapshot_s": round(from_snapshot, 2),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--dir", default=None, help="where to measure (default: the temporary folder)")
    parser.add_argument("--records", type=int, default=100_000)
    parser.add_argument("--seconds", type=float, default=6.0, help="for each of the three measurements")
    parser.add_argument("--full", action="store_true", help="ten times the time and the records")
    options = parser.parse_args()
    scale = 10 if options.full else 1
    with tempfile.TemporaryDirectory(dir=options.dir) as name:
        folder = Path(name)
        for part in ("insert", "large", "small"):
            (folder / part).mkdir()
        figures = insert_against_limit(folder, options.seconds * scale)
        figures |= asyncio.run(keep_against_limit(folder, options.seconds * scale))
        figures |= growth_and_recovery(folder, options.records * scale, options.seconds * scale)
    figures["load"] = round(os.getloadavg()[0], 1)
    print(json.dumps(figures, indent=2))


if __name__ == "__main__":
    main()
