"""The keys of open flows: destroying is real, and nothing else is ever lost with it."""

from pathlib import Path

import pytest

from kiosk.local_store.flow_keys import SLOT, FlowKeys
from kiosk.local_store.trouble import NotKept, ReadOnly
from kiosk.model.errors import Ours
from kiosk.simulation.disk import MemoryDisk
from tests.local_store.given import KEY

PATH = Path("/journal/keys")


def opened(disk: MemoryDisk) -> FlowKeys:
    return FlowKeys(PATH, KEY, disk=disk)


def test_keys_are_random_and_come_back() -> None:
    disk = MemoryDisk()
    keys = opened(disk)
    made = {f"flow-{n}": keys.add(f"flow-{n}") for n in range(40)}  # more than the file had room for at first
    assert len(set(made.values())) == 40
    again = opened(disk.after_power_cut())
    assert {flow_id: again[flow_id] for flow_id in made} == made
    assert not any(key in disk.contents()["keys"] for key in made.values())


def test_a_destroyed_key_leaves_zeros_in_its_place() -> None:
    disk = MemoryDisk()
    keys = opened(disk)
    keys.add("flow-1")
    keys.add("flow-2")
    medium = disk.medium(PATH)
    assert any(medium[:SLOT])
    keys.destroy("flow-1")
    assert "flow-1" not in keys
    assert not any(medium[:SLOT])
    assert any(medium[SLOT : 2 * SLOT])
    keys.add("flow-3")  # takes the free slot
    assert len(disk.contents()["keys"]) == 32 * SLOT


def test_where_a_slot_cannot_be_overwritten_the_whole_file_is_replaced_and_overwritten() -> None:
    disk = MemoryDisk()
    keys = opened(disk)
    keys.add("flow-1")
    second = keys.add("flow-2")
    medium = disk.medium(PATH)
    disk.sync_fails = True
    with pytest.raises(NotKept):
        keys.destroy("flow-1")
    assert "flow-1" not in keys
    disk.sync_fails = False
    keys.destroy("flow-1")
    assert not any(medium)  # the old file, which has no name any more
    assert list(disk.contents()) == ["keys"]
    again = opened(disk.after_power_cut())
    assert "flow-1" not in again
    assert again["flow-2"] == second


def test_a_key_that_could_not_be_made_is_not_there() -> None:
    disk = MemoryDisk()
    keys = opened(disk)
    disk.sync_fails = True
    with pytest.raises(NotKept):
        keys.add("flow-1")
    assert "flow-1" not in keys
    disk.sync_fails = False
    keys.add("flow-1")
    assert "flow-1" in opened(disk.after_power_cut())


def test_a_flow_has_one_key_and_a_name_that_fits() -> None:
    keys = opened(MemoryDisk())
    keys.add("flow-1")
    for flow_id in ("flow-1", "", "x" * 201):
        with pytest.raises(Ours):
            keys.add(flow_id)


def test_a_file_opened_for_reading_is_left_alone() -> None:
    disk = MemoryDisk()
    opened(disk).add("flow-1")
    before = disk.contents()
    keys = FlowKeys(PATH, KEY, disk=disk, read_only=True)
    assert "flow-1" in keys
    for write in (keys.add, keys.destroy):
        with pytest.raises(ReadOnly):
            write("flow-1" if write == keys.destroy else "flow-2")
    assert disk.contents() == before
