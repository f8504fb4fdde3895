"""The journal: what it said is durable is there, in order, once, whatever the disk and the power do."""

import random
from pathlib import Path

import pytest

from kiosk.local_store.disk import Disk
from kiosk.local_store.frames import Frame, scan
from kiosk.local_store.trouble import NotKept
from kiosk.model.errors import Ours
from kiosk.simulation.disk import MemoryDisk, PowerCut
from tests.local_store.disks import RefusingDisk
from tests.local_store.journals import (
    opened,
    payload,
    reading,
    records,
    state,
    with_segment,
)


def test_what_was_appended_is_read_back_in_order() -> None:
    disk = MemoryDisk()
    for start in range(0, 9, 3):
        journal = opened(disk)
        for n in range(start, start + 3):
            journal.append(payload(n))
        journal.close()
    assert reading(disk) == records(9)


def test_a_long_journal_goes_on_in_new_segments() -> None:
    disk = MemoryDisk()
    journal = opened(disk, segment=2048)
    for record in records(50):
        journal.append(record)
    assert len([name for name in disk.contents() if name.endswith(".seg")]) > 3
    assert reading(disk.after_power_cut()) == records(50)


@pytest.mark.requirement("PLT-03")
def test_power_cut_at_any_moment_loses_nothing_that_was_acknowledged() -> None:
    """The power goes at every single call to the disk, three boots long, and any unsynced sectors survive it."""

    def work(disk: Disk, known: list[bytes]) -> None:
        read: list[bytes] = []
        journal = opened(disk, read, segment=1500)
        known[:] = read  # what an open journal shows is durable, too
        for n in range(len(read), len(read) + 6):
            journal.append(payload(n))
            known.append(payload(n))
            if n % 4 == 2:
                journal.snapshot(state(known))
        journal.close()

    whole, chance = MemoryDisk(), random.Random(5)
    work(whole, [])
    cuts = 0
    for cut_at in range(whole.calls):
        for luck in (None, chance, chance, chance, chance):
            disk, known = MemoryDisk(cut_at), list[bytes]()
            for _ in range(3):
                try:
                    work(disk, known)
                except PowerCut:
                    cuts += 1
                disk = disk.after_power_cut(luck)
                found = reading(disk)
                assert found in (known, [*known, payload(len(known))])
                known = found
                disk = disk.after_power_cut(luck)
                disk.cut_at = chance.randrange(whole.calls)
    assert cuts > 500


@pytest.mark.requirement("PLT-03")
def test_a_torn_batch_is_a_prefix() -> None:
    """Twelve frames in one write; every prefix of sectors and 2,000 random sets of them."""
    disk = MemoryDisk()
    journal = opened(disk, room=1 << 14)
    for record in records(10):
        journal.append(record)
    name = "00000000000000000001.seg"
    before = disk.contents()[name]
    journal.append(*[payload(n) for n in range(10, 22)])
    after = disk.contents()[name]
    sectors = [at for at in range(0, len(after), 512) if before[at : at + 512] != after[at : at + 512]]
    chance = random.Random(3)
    states = [sectors[:n] for n in range(len(sectors) + 1)]
    states += [[at for at in sectors if chance.random() < 0.7] for _ in range(2000)]
    lengths = set()
    for survived in states:
        data = bytearray(before)
        for at in survived:
            data[at : at + 512] = after[at : at + 512]
        found = reading(with_segment(bytes(data)))
        assert len(found) >= 10
        assert found == records(len(found))
        lengths.add(len(found))
    assert len(lengths) > 3


def test_what_a_killed_process_left_in_the_cache_is_made_durable_before_it_is_used() -> None:
    disk = MemoryDisk()
    opened(disk).append(payload(0))
    disk.cut_at = disk.calls + 1  # the write of the next frame is the last thing this process does
    with pytest.raises(PowerCut):
        opened(disk).append(payload(1))
    disk = disk.after_kill()
    seen = reading(disk)
    assert reading(disk.after_power_cut()) == seen


def test_a_kill_between_write_and_sync_and_then_a_power_cut() -> None:
    disk = MemoryDisk()
    journal = opened(disk)
    journal.append(payload(0))
    disk.cut_at = disk.calls  # written, not synced
    with pytest.raises(PowerCut):
        journal.append(payload(1))
    disk = disk.after_kill()
    read: list[bytes] = []
    journal = opened(disk, read)
    assert read == records(2)
    journal.append(payload(2))
    assert reading(disk.after_power_cut()) == records(3)


def test_sudden_ends_leave_no_room_behind() -> None:
    disk = MemoryDisk()
    for n in range(4):
        opened(disk, room=1 << 16).append(payload(n))  # and is killed
        disk = disk.after_power_cut(random.Random(n))
    assert reading(disk) == records(4)
    assert max(len(data) for data in disk.contents().values()) < 2048


def test_what_was_read_counts_towards_compaction() -> None:
    disk = MemoryDisk()
    journal = opened(disk)
    for record in records(5):
        journal.append(record)
    journal.close()
    assert opened(disk).grown == journal.grown > 5 * 60
    journal = opened(disk)
    journal.snapshot(state(records(5)))
    assert opened(disk).grown == 0


def test_after_a_failed_sync_what_the_cache_says_is_not_believed() -> None:
    """Linux drops the pages of a failed sync as clean: reading them back proves nothing."""
    disk = MemoryDisk()
    journal = opened(disk)
    journal.append(payload(0))
    disk.sync_fails = True
    with pytest.raises(NotKept):
        journal.append(payload(1))
    disk.sync_fails = False
    journal.append(payload(1))
    journal.append(payload(2))
    assert reading(disk.after_power_cut()) == records(3)


def test_nor_is_it_believed_by_the_next_process() -> None:
    disk = MemoryDisk()
    journal = opened(disk)
    journal.append(payload(0))
    disk.sync_fails = True
    disk.cut_at = disk.calls + 1  # killed right after the sync failed, before anything could be put right
    with pytest.raises(PowerCut):
        journal.append(b"y" * 3000)
    disk = disk.after_kill()
    assert reading(disk) == [payload(0), b"y" * 3000]
    assert reading(disk.after_power_cut()) == [payload(0), b"y" * 3000]


@pytest.mark.parametrize("room", range(0, 1300, 61))
def test_a_full_disk_at_any_byte_changes_nothing(tmp_path: Path, room: int) -> None:
    disk = RefusingDisk()
    journal = opened(disk, folder=tmp_path, room=600)
    journal.append(payload(0))
    disk.room = room
    refused = 0
    for n in range(1, 6):
        last = journal.last
        disk.room = room
        try:
            journal.append(payload(n) * 3)
        except NotKept:
            refused += 1
            assert journal.last == last
            disk.room = None
            journal.append(payload(n) * 3)
    disk.room = None
    journal.close()
    assert reading(Disk(), folder=tmp_path) == [payload(0), *[payload(n) * 3 for n in range(1, 6)]]
    assert not list(tmp_path.glob("*.new"))
    assert refused or room > 900


def test_a_descriptor_whose_sync_failed_is_never_synced_again(tmp_path: Path) -> None:
    disk = RefusingDisk()
    journal = opened(disk, folder=tmp_path)
    journal.append(payload(0))
    fd = disk.synced_fds[-1]
    segments = len(list(tmp_path.glob("*.seg")))
    disk.refuse_sync = True
    disk.synced_fds.clear()
    with pytest.raises(NotKept) as trouble:
        journal.append(payload(1))
    assert "cannot keep records now" in str(trouble.value.reason)
    assert disk.synced_fds == [fd]
    disk.refuse_sync = False
    journal.append(payload(1))
    journal.close()
    assert len(list(tmp_path.glob("*.seg"))) == segments + 1
    assert reading(Disk(), folder=tmp_path) == records(2)


def test_a_snapshot_replaces_what_came_before_the_one_before() -> None:
    disk = MemoryDisk()
    read: list[bytes] = []
    journal = opened(disk, read)
    for n in range(30):
        journal.append(payload(n))
        read.append(payload(n))
        if n % 10 == 9:
            journal.snapshot(state(read))
    names = sorted(disk.contents())
    assert names == ["00000000000000000020.snap", "00000000000000000021.seg", "00000000000000000030.snap"]
    assert reading(disk.after_power_cut()) == records(30)
    journal.append(payload(30))
    journal.close()
    assert reading(disk.after_power_cut()) == records(31)


def test_a_snapshot_that_does_not_read_back_deletes_nothing(tmp_path: Path) -> None:
    disk = RefusingDisk()
    read: list[bytes] = []
    journal = opened(disk, read, folder=tmp_path)
    for n in range(4):
        journal.append(payload(n))
        journal.snapshot(state(records(n + 1)))
    names = sorted(path.name for path in tmp_path.iterdir())
    journal.append(payload(4))
    disk.spoil = b"something else"
    with pytest.raises(NotKept):
        journal.snapshot(state(records(5)))
    disk.spoil = None
    assert sorted(path.name for path in tmp_path.glob("*.snap")) == [n for n in names if n.endswith(".snap")]
    journal.close()
    assert reading(Disk(), folder=tmp_path) == records(5)


def test_the_last_record_gets_a_witness_when_there_is_time() -> None:
    disk = MemoryDisk()
    journal = opened(disk)
    journal.append(payload(0))
    assert journal.has_loose_end
    journal.mark()
    assert not journal.has_loose_end
    journal.mark()
    last = [item for item in scan(disk.contents()["00000000000000000001.seg"]) if isinstance(item, Frame)][-1]
    assert (last.seq, last.durable, last.is_mark) == (2, 1, True)


def test_a_record_that_is_too_large_is_refused_and_changes_nothing() -> None:
    disk = MemoryDisk()
    journal = opened(disk)
    with pytest.raises(Ours):
        journal.append(payload(0), bytes((16 << 20) + 1))
    journal.append(payload(0))
    assert reading(disk) == records(1)
