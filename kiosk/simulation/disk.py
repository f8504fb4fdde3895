"""A medium in memory: what programs see, what is on it, and what a power cut leaves of the difference."""

import errno
import random
from dataclasses import dataclass, field
from pathlib import Path

from kiosk.local_store.disk import Disk, Lock

SECTOR = 512


class PowerCut(BaseException):
    """The machine is off: nothing in the process may catch this and go on."""


@dataclass
class _File:
    """``seen`` is what programs read (the kernel's cache), ``medium`` what is on the medium, ``dirty`` what will be."""

    seen: bytearray = field(default_factory=bytearray)
    medium: bytearray = field(default_factory=bytearray)
    dirty: set[int] = field(default_factory=set)
    """Numbers of sectors that differ."""


class MemoryDisk(Disk):
    """Behaves as ext4 on a device that writes sectors whole, in any order, until it is told to flush.

    The power goes at call number ``cut_at``: a write then reaches the cache and no more. :meth:`after_power_cut` is
    what the next boot finds: any part of what was not synced. :meth:`after_kill` is what a new process finds.
    """

    def __init__(self, cut_at: int | None = None) -> None:
        self.cut_at = cut_at
        self.calls = 0
        self.sync_fails = False
        self.full = False
        """Nothing more can be written."""
        self.fail_at: int | None = None
        """The call with this number fails, once."""
        self._names: dict[Path, _File] = {}
        self._durable_names: dict[Path, _File] = {}
        self._pending_names: list[dict[Path, _File]] = []
        self._open: dict[int, _File] = {}

    def _call(self) -> None:
        self.calls += 1
        if self.cut_at is not None and self.calls > self.cut_at:
            raise PowerCut
        if self.calls == self.fail_at:
            raise OSError(errno.EIO, "this call")

    def after_kill(self) -> "MemoryDisk":
        new = MemoryDisk()
        new._names, new._durable_names, new._pending_names = self._names, self._durable_names, self._pending_names
        return new

    def after_power_cut(self, chance: random.Random | None = None) -> "MemoryDisk":
        """Without ``chance`` nothing that was not synced has survived."""
        new = MemoryDisk()
        states = [self._durable_names, *self._pending_names]
        names = states[chance.randrange(len(states)) if chance else 0]
        for path, file in names.items():
            survived = bytearray(file.medium)
            if chance:
                likely = chance.random()
                for sector in sorted(file.dirty):
                    if chance.random() < likely:
                        _take_sector(file.seen, survived, sector)
            new._names[path] = new._durable_names[path] = _File(survived, bytearray(survived))
        return new

    def contents(self) -> dict[str, bytes]:
        return {path.name: bytes(file.seen) for path, file in self._names.items()}

    def medium(self, path: Path) -> bytearray:
        """The part of the medium that this file has now, whatever becomes of its name."""
        return self._names[path].medium

    def put(self, path: Path, data: bytes) -> None:
        self._names[path] = self._durable_names[path] = _File(bytearray(data), bytearray(data))

    # what the store calls

    def names(self, folder: Path) -> list[str]:
        self._call()
        return sorted(path.name for path in self._names if path.parent == folder)

    def make_folder(self, folder: Path) -> None:
        """Every folder is there."""

    def lock(self, folder: Path) -> Lock:  # noqa: ARG002
        """One machine has one program: nobody else is there."""
        return _NoLock()

    def read(self, path: Path) -> bytes:
        self._call()
        return bytes(self._names[path].seen)

    def read_from_medium(self, path: Path) -> bytes:
        return self.read(path)

    def create(self, path: Path) -> int:
        self._call()
        self._names[path] = _File()
        self._pending_names.append(dict(self._names))
        return self._handle(self._names[path])

    def open(self, path: Path) -> int:
        self._call()
        return self._handle(self._names[path])

    def _handle(self, file: _File) -> int:
        fd = max(self._open, default=100) + 1
        self._open[fd] = file
        return fd

    def write(self, fd: int, data: bytes, at: int) -> None:
        file = self._open[fd]
        if self.full and at + len(data) > len(file.seen):
            raise OSError(errno.ENOSPC, "No space left on device")
        if self.cut_at is None or self.calls < self.cut_at + 1:
            file.seen.extend(bytes(max(0, at + len(data) - len(file.seen))))
            file.seen[at : at + len(data)] = data
            file.dirty.update(range(at // SECTOR, (at + len(data) - 1) // SECTOR + 1))
        self._call()

    def cut(self, fd: int, size: int) -> None:
        self._call()
        file = self._open[fd]
        file.dirty.update(range(size // SECTOR, len(file.seen) // SECTOR + 1))
        del file.seen[size:]

    def sync(self, fd: int) -> None:
        file = self._open[fd]
        if self.sync_fails or self.fail_at == self.calls + 1:
            self.calls += 1
            file.dirty.clear()  # Linux marks the pages clean, and forgets that they never arrived
            raise OSError(errno.EIO, "sync")
        self._call()
        for sector in sorted(file.dirty):
            _take_sector(file.seen, file.medium, sector)
        del file.medium[len(file.seen) :]
        file.dirty.clear()

    def sync_folder(self, folder: Path) -> None:  # noqa: ARG002
        self._call()
        self._durable_names = dict(self._names)
        self._pending_names.clear()

    def close(self, fd: int) -> None:
        del self._open[fd]

    def rename(self, old: Path, new: Path) -> None:
        self._call()
        self._names[new] = self._names.pop(old)
        self._pending_names.append(dict(self._names))

    def link(self, old: Path, new: Path) -> None:
        self._call()
        if new in self._names:
            raise FileExistsError(new)
        self._names[new] = self._names[old]
        self._pending_names.append(dict(self._names))

    def remove(self, path: Path) -> None:
        self._call()
        if path not in self._names:
            raise FileNotFoundError(path)
        del self._names[path]
        self._pending_names.append(dict(self._names))


class _NoLock:
    def release(self) -> None: ...


def _take_sector(source: bytearray, target: bytearray, sector: int) -> None:
    data = source[sector * SECTOR : (sector + 1) * SECTOR]
    target.extend(bytes(max(0, sector * SECTOR + len(data) - len(target))))
    target[sector * SECTOR : sector * SECTOR + len(data)] = data
