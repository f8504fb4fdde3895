"""The few system calls the store makes, in one place, so that a test can make each of them fail, wait or be recorded.

Every method raises ``OSError``. Nothing here decides anything.
"""

import contextlib
import fcntl
import os
from pathlib import Path
from typing import Protocol

from kiosk.local_store.trouble import InUse


class Disk:
    """The real one."""

    def names(self, folder: Path) -> list[str]:
        return sorted(os.listdir(folder))

    def make_folder(self, folder: Path) -> None:
        """Makes the folder, for its owner alone, and makes its name durable in the folder above."""
        if not folder.is_dir():
            folder.mkdir(mode=0o700, parents=True)
            self.sync_folder(folder.parent)

    def read(self, path: Path) -> bytes:
        return path.read_bytes()

    def read_from_medium(self, path: Path) -> bytes:
        """Reads back what was written, and asks the kernel to forget its own copy first."""
        fd = os.open(path, os.O_RDONLY)
        try:
            os.posix_fadvise(fd, 0, 0, os.POSIX_FADV_DONTNEED)
            with os.fdopen(os.dup(fd), "rb") as file:
                return file.read()
        finally:
            os.close(fd)

    def create(self, path: Path) -> int:
        return os.open(path, os.O_CREAT | os.O_TRUNC | os.O_RDWR, 0o600)

    def open(self, path: Path) -> int:
        return os.open(path, os.O_RDWR)

    def write(self, fd: int, data: bytes, at: int) -> None:
        """Writes all of ``data``. A short write goes on, so that the kernel says why it was short."""
        done = os.pwrite(fd, data, at)
        while done < len(data):
            done += os.pwrite(fd, data[done:], at + done)

    def cut(self, fd: int, size: int) -> None:
        os.ftruncate(fd, size)

    def sync(self, fd: int) -> None:
        """Data, and the size if it grew. One device flush where the blocks exist already."""
        os.fdatasync(fd)

    def sync_folder(self, folder: Path) -> None:
        fd = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(fd)
        finally:
            os.close(fd)

    def close(self, fd: int) -> None:
        os.close(fd)

    def rename(self, old: Path, new: Path) -> None:
        os.rename(old, new)

    def link(self, old: Path, new: Path) -> None:
        os.link(old, new)

    def remove(self, path: Path) -> None:
        os.unlink(path)

    def lock(self, folder: Path) -> "Lock":
        """Raises :class:`InUse` where another process has the folder."""
        return FolderLock(folder)


class Lock(Protocol):
    def release(self) -> None: ...


class FolderLock:
    """One process at a time: ``flock`` on a file that holds the holder's process number.

    The lock belongs to the open file and goes with the process, so that a killed one leaves nothing to clean up.
    """

    def __init__(self, folder: Path) -> None:
        """Raises :class:`InUse`, which names the holder."""
        self._fd = os.open(folder / "lock", os.O_CREAT | os.O_RDWR, 0o600)
        try:
            fcntl.flock(self._fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            holder = os.pread(self._fd, 32, 0).decode("ascii", "replace").strip()
            os.close(self._fd)
            raise InUse(holder or "?") from None
        with contextlib.suppress(OSError):  # a full disk must not keep a terminal from reading its records
            os.ftruncate(self._fd, 0)
            os.pwrite(self._fd, f"{os.getpid()}\n".encode(), 0)

    def release(self) -> None:
        if self._fd >= 0:
            os.close(self._fd)
            self._fd = -1
