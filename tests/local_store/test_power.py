"""A working day at one terminal, interrupted at every call to the disk: by the power, and by the disk itself."""

import os
import random
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from kiosk.local_store.disk import Disk
from kiosk.local_store.room import Room
from kiosk.local_store.trouble import NotKept
from kiosk.simulation.disk import MemoryDisk, PowerCut
from tests.local_store.given import DIGEST, KEY, SCAN, SOP, record

Act = Callable[[Room], object]

DAY: tuple[Act, ...] = (
    lambda room: room.answers.open("visit", SOP, SCAN),
    lambda room: room.keep("visit", 0, DIGEST, SCAN, None),
    lambda room: room.keep("visit", 1, DIGEST, b"matches", record(1)),
    lambda room: room.answers.open("pick", "PIK-1 v1", b""),
    lambda room: room.keep("visit", 2, DIGEST, b"touched", None),
    lambda room: room.answers.take_back("visit", 2),
    lambda room: room.answers.begin("visit", 2, DIGEST),
    lambda room: room.db.compact(),
    lambda room: room.keep("visit", 2, DIGEST, b"printed", None),
    lambda room: room.keep("visit", 3, DIGEST, b"kept", record(3)),
    lambda room: room.outbox.acknowledged(1, 1),
    lambda room: room.answers.end("visit"),
    lambda room: room.keep("pick", 0, DIGEST, b"picked", record(0, flow="pick")),
    lambda room: room.db.compact(),
    lambda room: room.outbox.set_epoch(2),
    lambda room: room.answers.end("pick"),
)


def state(room: Room) -> object:
    """All that a terminal can know of its store."""
    kept = {flow[0]: (flow[1:], room.answers.kept(flow[0])) for flow in room.answers.open_flows()}
    outbox = room.outbox
    return kept, [(r.epoch, r.seq, r.key) for r in outbox.unsent(99)], outbox.epoch, outbox.last_seq, outbox.watermark


def opened(folder: Path, disk: Disk) -> Room:
    return Room(folder, KEY, disk)


def states(folder: Path) -> list[object]:
    """What the day looks like after none, one, two... of its acts."""
    room = opened(folder, MemoryDisk())
    found = [state(room)]
    for act in DAY:
        act(room)
        found.append(state(room))
    room.close()
    return found


def found_on(folder: Path, disk: MemoryDisk) -> object:
    room = opened(folder, disk)
    try:
        keys = {name: data for name, data in disk.contents().items() if name.startswith("keys")}
        open_now = len(room.answers.flow_ids())
        assert set(keys) == {"keys"}
        assert sum(data.count(b"KJK1") for data in keys.values()) == 2 * open_now  # no key outlives its flow
        return state(room)
    finally:
        room.lock.release()


@pytest.mark.requirement("PLT-03")
def test_power_cut_anywhere_in_a_day(tmp_path: Path) -> None:
    """Answer, record and number come together or not at all; what was acknowledged is there; every start succeeds."""
    expected = states(tmp_path)
    chance = random.Random(11)
    whole = MemoryDisk()
    day(tmp_path, whole, [])
    cuts = 0
    for cut_at in range(whole.calls):
        for luck in (None, chance, chance):
            disk, done = MemoryDisk(cut_at), list[Act]()
            with pytest.raises(PowerCut):
                day(tmp_path, disk, done)
            cuts += 1
            found = found_on(tmp_path, disk.after_power_cut(luck))
            assert found in (expected[len(done)], expected[min(len(done) + 1, len(DAY))])
            again = disk.after_kill()
            assert found_on(tmp_path, again) in (expected[len(done)], expected[min(len(done) + 1, len(DAY))])
    assert cuts > 200


def day(folder: Path, disk: Disk, done: list[Act]) -> None:
    room = None
    try:
        room = opened(folder, disk)
        for act in DAY:
            act(room)
            done.append(act)
        room.close()
    finally:
        if room is not None:
            room.lock.release()  # a process that is gone holds no lock


def test_a_disk_that_fails_once_anywhere_in_a_day(tmp_path: Path) -> None:
    """The act says that it failed, has changed nothing, and can be done again."""
    expected = states(tmp_path)
    start = MemoryDisk()
    opened(tmp_path, start).lock.release()
    whole = MemoryDisk()
    day(tmp_path, whole, [])
    failures = 0
    for fail_at in range(start.calls + 1, whole.calls + 1):
        disk = MemoryDisk()
        room = opened(tmp_path, disk)
        disk.fail_at = fail_at
        for n, act in enumerate(DAY):
            try:
                act(room)
            except NotKept:
                failures += 1
                ending = n in {11, 15}  # the rows of an ended flow may be gone already: then its key is what is left
                assert state(room) in ((expected[n], expected[n + 1]) if ending else (expected[n],))
                if state(room) == expected[n] or ending:
                    act(room)
            assert state(room) == expected[n + 1]
        room.close()
        room.lock.release()
        for later in (disk.after_kill(), disk.after_power_cut()):
            assert found_on(tmp_path, later) == expected[-1]
    assert failures > 50


CHILD = """
import asyncio, pathlib, sys
from kiosk.local_store.store import TerminalStore
from kiosk.local_store.writer import ThreadWriter
from tests.local_store.given import DIGEST, KEY, record

async def work():
    async with await TerminalStore.open(pathlib.Path(sys.argv[1]), KEY, writer=ThreadWriter(idle=0.001)) as store:
        if not await store.open_flows():
            await store.open_flow("flow-1", "DSP-1 v1", b"")
        n = len(await store.kept("flow-1"))
        while True:
            kept = await store.keep("flow-1", n, DIGEST, b"yes", record(n))
            print(kept.seq, flush=True)
            n += 1
            if n % 40 == 0:
                await store.compact()

asyncio.run(work())
"""


@pytest.mark.process
@pytest.mark.requirement("PLT-03")
def test_a_killed_program_loses_nothing_it_said_was_kept(tmp_path: Path) -> None:
    """SIGKILL while records are written as fast as they can be, again and again on the same folder."""
    folder = tmp_path / "store"
    chance = random.Random(2)
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}
    said = 0
    for _ in range(6):
        with subprocess.Popen(
            [sys.executable, "-c", CHILD, str(folder)], stdout=subprocess.PIPE, env=environment
        ) as child:
            assert child.stdout is not None
            for _ in range(chance.randrange(1, 120)):
                said = int(child.stdout.readline())
            child.send_signal(signal.SIGKILL)
            rest = child.stdout.read()
            said = int(rest.split()[-1]) if rest.endswith(b"\n") and rest.split() else said
        room = Room(folder, KEY, Disk())
        seqs = [kept.seq for kept in room.outbox.unsent(100_000)]
        assert seqs == list(range(1, len(seqs) + 1))
        assert len(seqs) in (said, said + 1)  # one may have been kept and not said
        assert len(room.answers.kept("flow-1")) == len(seqs)
        room.close()
    assert said > 50
