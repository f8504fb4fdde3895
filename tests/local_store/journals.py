"""Journals for tests: their state is simply the list of their payloads."""

from pathlib import Path

from kiosk.local_store.disk import Disk
from kiosk.local_store.journal import Journal
from kiosk.local_store.trouble import Damaged
from kiosk.simulation.disk import MemoryDisk

KEY = b"k" * 32
FOLDER = Path("/journal")
FIRST, SECOND = "00000000000000000001.seg", "00000000000000000004.seg"


def opened(
    disk: Disk, read: list[bytes] | None = None, *, folder: Path = FOLDER, room: int = 4096, **more: object
) -> Journal:
    """Opens a journal whose state is simply the list of its payloads."""
    payloads = read if read is not None else []

    def restore(state: bytes) -> None:
        payloads[:] = state.split(b"|")[1:]

    return Journal(folder, KEY, restore, payloads.append, disk=disk, room=room, **more)  # type: ignore[arg-type]


def state(payloads: list[bytes]) -> bytes:
    return b"".join(b"|" + payload for payload in payloads)


def payload(n: int) -> bytes:
    return b"%d:" % n + b"x" * (n * 37 % 300)


def records(n: int) -> list[bytes]:
    return [payload(i) for i in range(n)]


def reading(disk: Disk, **more: object) -> list[bytes]:
    read: list[bytes] = []
    opened(disk, read, **more)
    return read


def read_or_damage(disk: Disk) -> list[bytes] | Damaged:
    try:
        return reading(disk)
    except Damaged as damage:
        return damage


def with_segment(data: bytes, name: str = "00000000000000000001.seg") -> MemoryDisk:
    disk = MemoryDisk()
    disk.put(FOLDER / name, data)
    return disk


def closed_segment(n: int) -> bytes:
    disk = MemoryDisk()
    journal = opened(disk)
    for record in records(n):
        journal.append(record)
    journal.close()
    return disk.contents()["00000000000000000001.seg"]
