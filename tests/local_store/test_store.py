"""The terminal's store as the flows, the link and the terminal use it."""

import asyncio
import os
import subprocess
import sys
import threading
from datetime import timedelta
from pathlib import Path

import msgspec
import pytest
from tinydb import where

from kiosk.local_store.db import JournalDB
from kiosk.local_store.keys import load_or_make_key
from kiosk.local_store.store import TerminalStore
from kiosk.local_store.trouble import Damaged, InUse, NotKept, WrongKey
from kiosk.local_store.writer import ThreadWriter
from kiosk.model.errors import KioskError, Ours, Unavailable
from tests.local_store.disks import RefusingDisk, SlowDisk, flipped
from tests.local_store.given import DIGEST, KEY, SOP, folder_bytes, in_short, record


async def test_records_are_numbered_without_gaps_and_leave_when_acknowledged(folder: Path) -> None:
    async with await TerminalStore.open(folder, KEY) as store:
        await store.open_flow("flow-1", SOP, b"")
        for n in range(5):
            numbered = await store.keep("flow-1", n, DIGEST, b"kept", record(n))
            assert numbered is not None
            assert (numbered.epoch, numbered.seq, numbered.key) == (1, n + 1, f"flow-1:{n}")
        assert await store.keep("flow-1", 5, DIGEST, b"no record") is None
        assert [kept.seq for kept in await store.unsent()] == [1, 2, 3, 4, 5]
        assert [kept.seq for kept in await store.unsent(2)] == [1, 2]
        await store.acknowledged(3)
        await store.acknowledged(2)  # late and harmless
        assert store.unsent_count == 2
    async with await TerminalStore.open(folder, KEY) as store:
        assert [kept.seq for kept in await store.unsent()] == [4, 5]
        await store.acknowledged(5)
        assert (store.unsent_count, store.watermark, store.last_seq) == (0, 5, 5)
        await store.compact()
    async with await TerminalStore.open(folder, KEY) as store:
        numbered = await store.keep("flow-1", 6, DIGEST, b"later", record(6))
        assert numbered is not None
        assert numbered.seq == 6  # a number is never given twice


async def test_a_record_refused_takes_no_number(folder: Path) -> None:
    disk = RefusingDisk()
    async with await TerminalStore.open(folder, KEY, disk=disk) as store:
        await store.open_flow("flow-1", SOP, b"")
        await store.keep("flow-1", 0, DIGEST, b"yes", record(0))
        disk.refuse_sync = True
        with pytest.raises(Unavailable) as trouble:
            await store.keep("flow-1", 1, DIGEST, b"yes", record(1))
        assert str(trouble.value.reason).startswith("This terminal cannot keep records now.")
        assert "{" not in str(trouble.value.reason)
        assert in_short(await store.kept("flow-1")) == [(0, b"yes")]
        assert [kept.seq for kept in await store.unsent()] == [1]
        disk.refuse_sync = False
        numbered = await store.keep("flow-1", 1, DIGEST, b"yes", record(1))
        assert numbered is not None
        assert numbered.seq == 2
    async with await TerminalStore.open(folder, KEY) as store:
        assert [(kept.seq, kept.key) for kept in await store.unsent()] == [(1, "flow-1:0"), (2, "flow-1:1")]


async def test_what_the_hub_confirmed_goes_again_to_a_hub_that_lacks_it(folder: Path) -> None:
    async with await TerminalStore.open(folder, KEY) as store:
        await store.open_flow("flow-1", SOP, b"")
        made = [await store.keep("flow-1", n, DIGEST, b"", record(n)) for n in range(6)]
        await store.acknowledged(5)
        assert [kept.seq for kept in await store.unsent()] == [6]
        await store.compact()
    async with await TerminalStore.open(folder, KEY) as store:
        assert await store.send_again(2, 1) == 3
        assert await store.unsent() == made[2:]
        assert (store.watermark, store.unsent_count) == (2, 4)
        assert await store.send_again(2, 1) == 0
    async with await TerminalStore.open(folder, KEY) as store:
        assert await store.unsent() == made[2:]
        await store.acknowledged(6)
        assert (store.watermark, store.unsent_count, store.last_seq) == (6, 0, 6)
        assert await store.send_again(0, 1) == 6
        assert await store.unsent() == made


async def test_a_confirmed_record_is_kept_for_thirty_days_and_records_of_an_old_epoch_are_told_apart(
    store: TerminalStore,
) -> None:
    await store.open_flow("flow-1", SOP, b"")
    for n, day in enumerate((0, 1, 30, 31)):
        dated = msgspec.structs.replace(record(n), at=record(0).at + timedelta(days=day))
        await store.keep("flow-1", n, DIGEST, b"", dated)
        await store.acknowledged(n + 1)
    assert await store.send_again(0, 1) == 0  # the first is gone, and without it the hub takes no other
    assert await store.send_again(1, 1) == 3
    await store.acknowledged(4)
    await store.set_epoch(2)
    await store.keep("flow-1", 4, DIGEST, b"", record(4))
    assert await store.send_again(0, 2) == 0
    assert await store.send_again(3, 1) == 1
    assert [(kept.epoch, kept.seq) for kept in await store.unsent()] == [(1, 4)]
    assert store.watermark == 0


async def test_a_new_epoch_counts_from_one_and_the_old_records_go_first(store: TerminalStore) -> None:
    await store.open_flow("flow-1", SOP, b"")
    for n in range(2):
        await store.keep("flow-1", n, DIGEST, b"", record(n))
    await store.set_epoch(4)
    await store.set_epoch(4)
    await store.keep("flow-1", 2, DIGEST, b"", record(2))
    assert [(kept.epoch, kept.seq) for kept in await store.unsent()] == [(1, 1), (1, 2)]
    await store.acknowledged(2)
    assert [(kept.epoch, kept.seq) for kept in await store.unsent()] == [(4, 1)]
    with pytest.raises(Ours):
        await store.set_epoch(3)


async def test_a_hub_that_knows_more_than_this_store_means_an_older_copy(store: TerminalStore) -> None:
    await store.open_flow("flow-1", SOP, b"")
    await store.keep("flow-1", 0, DIGEST, b"", record(0))
    with pytest.raises(Damaged):
        await store.acknowledged(2)
    with pytest.raises(Damaged):
        await store.acknowledged(1, epoch=2)
    assert store.unsent_count == 1


async def test_small_things_are_remembered_by_name(folder: Path) -> None:
    async with await TerminalStore.open(folder, KEY) as store:
        assert await store.recall("hub") is None
        await store.remember("hub", b"10.0.0.5:8443")
        await store.remember("hub", b"10.0.0.6:8443")
        await store.remember("cursor", b"17")
        await store.forget("cursor")
        await store.forget("never known")
    async with await TerminalStore.open(folder, KEY) as store:
        assert await store.recall("hub") == b"10.0.0.6:8443"
        assert await store.recall("cursor") is None


async def test_tables_are_read_anywhere_and_written_on_the_writer_thread(store: TerminalStore) -> None:
    def count(db: JournalDB) -> str:
        db.table("counts").insert({"tag": "T1", "n": 3})
        db.table("counts").insert({"tag": "T2", "n": 4})
        return threading.current_thread().name

    assert await store.transact(count) == "store-writer"
    assert store.db.table("counts").get(where("tag") == "T2") == {"tag": "T2", "n": 4}
    with pytest.raises(Ours):
        store.db.table("counts").insert({})


async def test_a_slow_card_never_stalls_the_event_loop(folder: Path) -> None:
    disk = SlowDisk()
    async with await TerminalStore.open(folder, KEY, disk=disk) as store:
        await store.open_flow("flow-1", SOP, b"")
        disk.may_go.clear()
        disk.reached.clear()
        keeping = asyncio.create_task(store.keep("flow-1", 0, DIGEST, b"slow", record(0)))
        while not disk.reached.is_set():
            await asyncio.sleep(0)
        for _ in range(1000):  # the loop turns while the disk stands
            await asyncio.sleep(0)
        assert not keeping.done()
        assert store.unsent_count == 0  # what is not durable is not seen, and looking does not wait
        assert store.db.table("answers").all() == []
        disk.may_go.set()
        numbered = await keeping
        assert numbered is not None
        assert store.unsent_count == 1


async def test_a_caller_who_leaves_does_not_stop_what_was_begun(folder: Path) -> None:
    disk = SlowDisk()
    async with await TerminalStore.open(folder, KEY, disk=disk) as store:
        disk.may_go.clear()
        disk.reached.clear()
        task = asyncio.create_task(store.remember("a", b"1"))
        while not disk.reached.is_set():
            await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        disk.may_go.set()
        assert await store.recall("a") == b"1"


async def test_one_named_thread_that_ends_with_the_store(folder: Path) -> None:
    store = await TerminalStore.open(folder, KEY)
    (thread,) = [thread for thread in threading.enumerate() if thread.name == "store-writer"]
    assert not thread.daemon
    await store.close()
    await store.close()
    assert not thread.is_alive()
    with pytest.raises(Ours):
        await store.recall("a")
    with pytest.raises(Ours):
        _ = store.unsent_count


async def test_the_last_record_gets_its_witness_when_the_terminal_rests(folder: Path) -> None:
    async with await TerminalStore.open(folder, KEY, writer=ThreadWriter(idle=0.001)) as store:
        await store.remember("a", b"1")
        journal = store.db.storage.journal
        async with asyncio.timeout(10):
            while journal.has_loose_end:
                await asyncio.sleep(0.001)
        last = journal.last
        await store.recall("a")
        await store.recall("a")
        assert journal.last == last  # one witness is enough


async def test_the_journal_is_compacted_when_the_terminal_rests_and_nobody_is_served(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("kiosk.local_store.room.COMPACT", 1000)
    async with await TerminalStore.open(folder, KEY, writer=ThreadWriter(idle=0.001)) as store:
        await store.open_flow("flow-1", SOP, b"")
        for n in range(20):
            await store.remember("cursor", b"%d" % n)
        journal = store.db.storage.journal
        async with asyncio.timeout(10):
            while journal.has_loose_end:
                await asyncio.sleep(0.001)
        assert not list(folder.glob("*.snap"))  # a visit is open
        await store.end_flow("flow-1")
        async with asyncio.timeout(10):
            while journal.grown:
                await asyncio.sleep(0.001)
        assert len(list(folder.glob("*.snap"))) == 1
        assert await store.recall("cursor") == b"19"


@pytest.mark.process
async def test_a_second_process_is_refused_and_told_by_whom(folder: Path) -> None:
    async with await TerminalStore.open(folder, KEY):
        with pytest.raises(InUse):
            await TerminalStore.open(folder, KEY)
        code = (
            "import asyncio, sys, pathlib\n"
            "from kiosk.local_store.store import TerminalStore\n"
            "from kiosk.local_store.trouble import InUse\n"
            "try: asyncio.run(TerminalStore.open(pathlib.Path(sys.argv[1]), b'k' * 32))\n"
            "except InUse as trouble: print(trouble.reason)\n"
        )
        run = await asyncio.to_thread(
            subprocess.run, [sys.executable, "-c", code, str(folder)], capture_output=True, text=True, timeout=60
        )
    assert run.stdout.strip() == (
        f"Program {os.getpid()} already uses this terminal's records. Close it, then start again."
    )
    async with await TerminalStore.open(folder, KEY):
        pass


async def test_another_key_is_refused_by_name(folder: Path) -> None:
    async with await TerminalStore.open(folder, KEY) as store:
        await store.remember("a", b"1")
    with pytest.raises(WrongKey):
        await TerminalStore.open(folder, b"x" * 32)
    async with await TerminalStore.open(folder, KEY) as store:
        assert await store.recall("a") == b"1"


async def test_a_damaged_store_opens_for_reading_with_all_that_can_be_read(folder: Path) -> None:
    async with await TerminalStore.open(folder, KEY) as store:
        await store.open_flow("flow-1", SOP, b"")
        for n in range(4):
            await store.keep("flow-1", n, DIGEST, b"yes", record(n))
    (segment,) = folder.glob("*.seg")
    data = segment.read_bytes()
    places = [at for at in range(len(data)) if data.startswith(b"KJF1", at)]
    segment.write_bytes(flipped(data, places[3] + 80))  # numbers, flow, record 1, record 2
    before = folder_bytes(folder)
    with pytest.raises(Damaged):
        await TerminalStore.open(folder, KEY)
    async with await TerminalStore.open(folder, KEY, read_only=True) as store:
        assert "frame 4" in store.damage
        assert [kept.seq for kept in await store.unsent()] == [1, 3, 4]
        with pytest.raises(KioskError):
            await store.remember("a", b"1")
        with pytest.raises(KioskError):
            await store.end_flow("flow-1")
    assert folder_bytes(folder) == before


async def test_a_lost_journal_beside_its_keys_is_noticed(folder: Path) -> None:
    async with await TerminalStore.open(folder, KEY):
        pass
    for segment in folder.glob("*.seg"):
        segment.unlink()
    with pytest.raises(Damaged):
        await TerminalStore.open(folder, KEY)


async def test_a_folder_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(NotKept):
        await TerminalStore.open(tmp_path / "file" / "store", KEY)


def test_a_key_is_made_once_and_is_its_owners_alone(tmp_path: Path) -> None:
    path = tmp_path / "key"
    key = load_or_make_key(path)
    assert len(key) == 32
    assert load_or_make_key(path) == key
    assert path.stat().st_mode & 0o777 == 0o600
    assert [found.name for found in tmp_path.iterdir()] == ["key"]
    path.chmod(0o640)
    with pytest.raises(Ours):
        load_or_make_key(path)
    path.chmod(0o600)
    path.write_bytes(b"short")
    with pytest.raises(Ours):
        load_or_make_key(path)
