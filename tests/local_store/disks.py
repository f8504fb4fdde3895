"""Disks for tests: one that refuses, one that makes others wait."""

import errno
import threading
from pathlib import Path

from kiosk.local_store.disk import Disk


class RefusingDisk(Disk):
    """A real disk that refuses: writes once ``room`` bytes are used up (disk full), or syncs (worn out)."""

    def __init__(self) -> None:
        self.room: int | None = None
        self.refuse_sync = False
        self.refused_fds: list[int] = []
        self.synced_fds: list[int] = []
        self.spoil: bytes | None = None
        """What :meth:`read_from_medium` finds in place of what was written."""

    def write(self, fd: int, data: bytes, at: int) -> None:
        if self.room is not None:
            part = data[: self.room]
            self.room -= len(part)
            if part:
                super().write(fd, part, at)
            if len(part) < len(data):
                raise OSError(errno.ENOSPC, "No space left on device")
        else:
            super().write(fd, data, at)

    def sync(self, fd: int) -> None:
        self.synced_fds.append(fd)
        if self.refuse_sync:
            self.refused_fds.append(fd)
            raise OSError(errno.EIO, "Input/output error")
        super().sync(fd)

    def read_from_medium(self, path: Path) -> bytes:
        return super().read_from_medium(path) if self.spoil is None else self.spoil


class SlowDisk(Disk):
    """A real disk whose syncs wait until the test lets them through."""

    def __init__(self) -> None:
        self.reached = threading.Event()
        self.may_go = threading.Event()
        self.may_go.set()

    def sync(self, fd: int) -> None:
        self.reached.set()
        if not self.may_go.wait(30):
            raise OSError(errno.EIO, "the test forgot this sync")
        super().sync(fd)


def flipped(data: bytes, at: int) -> bytes:
    """One bit of one byte is wrong."""
    return data[:at] + bytes([data[at] ^ (1 << at % 8)]) + data[at + 1 :]
