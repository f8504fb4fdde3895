"""Torn write or damage? Nothing durable is ever lost in silence, and nothing is cut off that can still be read."""

from collections.abc import Callable

import pytest

from kiosk.local_store.frames import FRAMES_AT, Frame, scan
from kiosk.local_store.journal import Journal
from kiosk.local_store.trouble import Damaged, ReadOnly, WrongKey
from kiosk.simulation.disk import MemoryDisk
from tests.local_store.disks import flipped
from tests.local_store.journals import (
    FIRST,
    FOLDER,
    SECOND,
    closed_segment,
    opened,
    payload,
    read_or_damage,
    reading,
    records,
    state,
    with_segment,
)


def test_a_flipped_bit_is_harmless_or_reported_and_costs_one_record() -> None:
    segment = closed_segment(12)
    reported = 0
    for at in range(len(segment)):
        disk = with_segment(flipped(segment, at))
        found = read_or_damage(disk)
        if isinstance(found, Damaged):
            reported += 1
            assert found.intact + found.salvaged >= 12  # of twelve records and the mark behind them
            assert isinstance(read_or_damage(disk), Damaged)  # it stays so: nothing was put right in silence
            assert disk.contents()[FIRST] == flipped(segment, at)
        else:
            assert found == records(12), at
    assert reported > len(segment) // 2


def test_the_records_behind_the_damage_can_still_be_read() -> None:
    segment = closed_segment(12)
    sixth = [item for item in scan(segment) if isinstance(item, Frame)][5]
    disk = with_segment(flipped(segment, sixth.at + 70))
    read: list[bytes] = []
    journal = opened(disk, read, read_only=True)
    assert read == [record for n, record in enumerate(records(12)) if n != 5]
    assert "frame 6" in journal.damage
    with pytest.raises(ReadOnly):
        journal.append(b"more")
    with pytest.raises(ReadOnly):
        journal.snapshot(b"")
    journal.close()
    assert disk.contents()["00000000000000000001.seg"] == flipped(segment, sixth.at + 70)


def test_a_segment_cut_short_gives_a_prefix_and_a_missing_one_is_damage() -> None:
    segment = closed_segment(8)
    for length in range(FRAMES_AT, len(segment)):
        found = reading(with_segment(segment[:length]))
        assert found == records(len(found))
    disk = MemoryDisk()
    for n in range(3):
        journal = opened(disk)
        journal.append(payload(n))
        journal.close()
    first, second, third = sorted(disk.contents())
    for missing in (first, second):
        holed = MemoryDisk()
        for name, data in disk.contents().items():
            if name != missing:
                holed.put(FOLDER / name, data)
        with pytest.raises(Damaged):
            reading(holed)
    assert third


@pytest.mark.parametrize("trick", ["drop", "swap", "replay", "foreign"])
def test_frames_cannot_be_moved_without_the_key(trick: str) -> None:
    segment = closed_segment(9)
    frames = [segment[item.at : item.end] for item in scan(segment) if isinstance(item, Frame)]
    other = closed_segment(9)
    theirs = next(other[item.at : item.end] for item in scan(other) if isinstance(item, Frame) and item.seq == 5)
    tricks: dict[str, Callable[[], list[bytes]]] = {
        "drop": lambda: frames[:4] + frames[5:],
        "swap": lambda: [*frames[:4], frames[5], frames[4], *frames[6:]],
        "replay": lambda: [*frames[:6], frames[2], *frames[6:]],
        "foreign": lambda: [*frames[:4], theirs, *frames[5:]],
    }
    with pytest.raises(Damaged):
        reading(with_segment(segment[:FRAMES_AT] + b"".join(tricks[trick]())))


def test_another_key_is_told_from_damage() -> None:
    disk = with_segment(closed_segment(3))
    with pytest.raises(WrongKey):
        Journal(FOLDER, b"x" * 32, lambda _: None, lambda _: None, disk=disk)


def two_segments(third: bytes = b"third", fourth: bytes = b"fourth") -> MemoryDisk:
    """Three frames, and one more in a segment of its own."""
    disk = MemoryDisk()
    opened(disk).append(b"first", b"second", third)
    opened(disk).append(fourth)
    return disk


def test_the_next_segment_stands_in_place_of_what_failed() -> None:
    failed = MemoryDisk()  # the fourth frame reached the medium after all, though its sync failed
    journal = opened(failed)
    journal.append(b"first", b"second", b"third")
    kept = failed.contents()[FIRST]
    journal.append(b"failed")
    later = MemoryDisk()
    later.put(FOLDER / FIRST, kept)
    opened(later).append(b"fourth")
    later.put(FOLDER / FIRST, failed.contents()[FIRST])
    assert reading(later) == [b"first", b"second", b"third", b"fourth"]


def test_a_new_segment_vouches_for_all_before_it() -> None:
    disk = two_segments()
    third = [item for item in scan(disk.contents()[FIRST]) if isinstance(item, Frame)][2]
    disk.put(FOLDER / SECOND, disk.contents()[SECOND][:FRAMES_AT])  # begun, and nothing written to it yet
    assert reading(disk) == [b"first", b"second", b"third"]
    disk.put(FOLDER / FIRST, flipped(disk.contents()[FIRST], third.at + 60))
    assert isinstance(read_or_damage(disk), Damaged)


def test_a_segment_of_another_copy_of_the_store_does_not_fit() -> None:
    disk, copy = two_segments(), two_segments(third=b"another")
    disk.put(FOLDER / SECOND, copy.contents()[SECOND])
    assert isinstance(read_or_damage(disk), Damaged)


def test_a_rotten_snapshot_is_replaced_by_the_one_before_and_the_segments_since() -> None:
    disk = MemoryDisk()
    read: list[bytes] = []
    journal = opened(disk, read)
    for n in range(25):
        journal.append(payload(n))
        read.append(payload(n))
        if n in {9, 19}:
            journal.snapshot(state(read))
    journal.close()
    newest, older = FOLDER / "00000000000000000020.snap", FOLDER / "00000000000000000010.snap"
    disk.put(newest, flipped(disk.contents()[newest.name], 90))
    assert reading(disk) == records(25)
    disk.put(older, flipped(disk.contents()[older.name], 90))
    assert isinstance(read_or_damage(disk), Damaged)
    assert reading(disk, read_only=True) == records(25)[10:]
