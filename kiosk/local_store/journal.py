"""A durable journal of payloads in one folder: append, recover, snapshot.

The order of every write: frame, sync, and only then does the caller hear of it. An error in a write or a sync changes
nothing for the caller, and the segment it happened in is closed for ever: the journal goes on in a new one and never
syncs the old descriptor again, because after a failed sync Linux counts the pages as clean (Rebello et al., ATC '20).

Folder::

    00000000000000000001.seg    segment, named by its first seq
    00000000000000012345.snap   state as of seq 12345; two generations are kept
    *.new                       under way, without meaning until it is renamed
"""

import contextlib
import gc
import logging
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from itertools import pairwise
from pathlib import Path

from kiosk.local_store.disk import Disk
from kiosk.local_store.frames import (
    FRAMES_AT,
    MOST_PAYLOAD,
    Cipher,
    Snapshot,
    read_snapshot,
    write_frame,
    write_header,
    write_snapshot,
)
from kiosk.local_store.recovery import Piece, Recovered, recover
from kiosk.local_store.trouble import Damaged, NotKept, ReadOnly, WrongKey
from kiosk.model.errors import Ours
from kiosk.model.text import text

log = logging.getLogger(__name__)

ROOM = 1 << 20
"""Zeros written ahead of the frames, in bytes."""
SEGMENT = 8 << 20
"""A segment that has grown to this is followed by a new one, so that compaction can drop whole files."""


@contextlib.contextmanager
def _collector_paused() -> Iterator[None]:
    """Reading back makes many objects that stay and no cycles; walking over them again and again took half the time."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


@dataclass
class _Segment:
    """The one being written: where the next frame goes, and where the zeros ahead end."""

    fd: int
    cipher: Cipher
    at: int
    room: int


class Journal:
    """Appends payloads. One thread at a time; the caller holds the folder's lock.

    ``restore`` is given the state of a snapshot, ``apply`` every payload behind it, in order.
    """

    def __init__(
        self,
        folder: Path,
        key: bytes,
        restore: Callable[[bytes], None],
        apply: Callable[[bytes], None],
        *,
        disk: Disk | None = None,
        room: int = ROOM,
        segment: int = SEGMENT,
        read_only: bool = False,
    ) -> None:
        """Opens and recovers. Raises :class:`Damaged`, :class:`WrongKey`, and :class:`NotKept` where the disk fails.

        With ``read_only`` damage does not raise: the frames behind it are applied as far as they can be read, and
        ``damage`` says where it is.
        """
        self._folder, self._key = folder, key
        self._disk = disk or Disk()
        self._room, self._most = room, segment
        self.read_only = read_only
        self._open: _Segment | None = None
        try:
            with _collector_paused():
                found = self._recover(restore, apply)
            if not read_only:
                self._settle(found)
        except OSError as cause:
            raise NotKept(cause) from cause
        self.last, self._chain = found.last, found.chain
        self._snapshot = found.snapshot
        self._marked = found.marked
        self.torn = found.torn
        """A write that was under way at the last power cut was dropped. Nobody had been told it was done."""
        self.damage = found.damage
        self.salvaged = len(found.salvaged)
        self.grown = found.grown
        """Bytes of frames since the last snapshot."""

    @property
    def has_loose_end(self) -> bool:
        """The last frame has no witness yet: :meth:`mark` gives it one."""
        return not self._marked

    def append(self, *payloads: bytes) -> int:
        """Makes payloads durable, all or none, and returns the seq of the last. Raises :class:`NotKept`."""
        if self.read_only:
            raise ReadOnly
        try:
            segment = self._open or self._begin()
        except OSError as cause:
            raise NotKept(cause) from cause
        last, chain, frames = self.last, self._chain, []
        for payload in payloads:
            if len(payload) > MOST_PAYLOAD:
                raise Ours(text("This record is too large to be kept."), f"more than {MOST_PAYLOAD} bytes")
            last += 1
            frame, chain = write_frame(segment.cipher, last, self.last, chain, payload)
            frames.append(frame)
        data = b"".join(frames)
        try:
            if segment.at + len(data) > segment.room:
                self._extend(segment, len(data))
            self._disk.write(segment.fd, data, segment.at)
            self._disk.sync(segment.fd)
        except BaseException as cause:
            self._abandon(segment, len(data))
            if isinstance(cause, OSError):
                raise NotKept(cause) from cause
            raise
        segment.at += len(data)
        self.grown += len(data)
        self.last, self._chain = last, chain
        self._marked = payloads == (b"",)
        if segment.at >= self._most:
            self._finish()
        return last

    def mark(self) -> None:
        """Vouches for the last frame by one behind it, so that rot in it is told from a torn write. When idle."""
        if not self._marked:
            self.append(b"")

    def snapshot(self, state: bytes) -> None:
        """Keeps ``state`` as that of the last seq, reads it back, then drops what two snapshots no longer need.

        Raises :class:`NotKept`; then nothing was dropped.
        """
        if self.read_only:
            raise ReadOnly
        if self.last == self._snapshot:
            return
        path = self._folder / f"{self.last:020d}.snap"
        try:
            self._write_snapshot(path, state)
            self._finish()
            self._prune(self._snapshot)
        except OSError as cause:
            raise NotKept(cause) from cause
        self._snapshot = self.last
        self.grown = 0

    def close(self) -> None:
        """Marks the end and gives the room ahead back. Everything is durable already, so nothing here can fail."""
        if not self.read_only:
            with contextlib.suppress(NotKept):
                self.mark()
        self._finish()

    def _recover(self, restore: Callable[[bytes], None], apply: Callable[[bytes], None]) -> Recovered:
        names = self._disk.names(self._folder)
        snapshots, segments = self._pieces(names, ".snap"), self._pieces(names, ".seg")
        found = recover(self._key, snapshots[::-1], segments, restore, apply)
        if found.wrong_key:
            raise WrongKey(found.damage)
        if found.rotten_snapshots:
            log.warning("%d snapshots cannot be read; older files hold the same", found.rotten_snapshots)
        if not found.damage:
            return found
        if not self.read_only:
            raise Damaged(found.damage, intact=found.last, salvaged=len(found.salvaged))
        for _, payload in found.salvaged:
            if payload:
                apply(payload)
        return found

    def _pieces(self, names: list[str], ending: str) -> list[Piece]:
        return [
            Piece(int(name.removesuffix(ending)), partial(self._disk.read, self._folder / name))
            for name in names
            if name.endswith(ending) and name.removesuffix(ending).isdecimal()
        ]

    def _settle(self, found: Recovered) -> None:
        """Makes durable what was only seen so far, and clears away what a sudden end left behind."""
        names = self._disk.names(self._folder)
        for name in names:
            if name.endswith((".seg.new", ".snap.new")):
                self._disk.remove(self._folder / name)
        if found.tail is None and found.spare <= 0:
            return
        fd = self._disk.open(self._path(self._pieces(names, ".seg")[-1].number))
        try:
            if found.tail is not None:
                self._disk.write(fd, found.tail.data, found.tail.at)
            if found.spare > 0:
                self._disk.cut(fd, found.used)
            self._disk.sync(fd)
        finally:
            self._disk.close(fd)

    def _path(self, first: int) -> Path:
        return self._folder / f"{first:020d}.seg"

    def _begin(self) -> _Segment:
        """A new segment. Its header is durable before its name exists.

        One of the same name may be there: it was begun for a frame that failed, and holds nothing that was ever
        acknowledged.
        """
        cipher = Cipher(self._key, os.urandom(32))
        path = self._path(self.last + 1)
        new = path.with_name(path.name + ".new")
        fd = self._disk.create(new)
        try:
            self._disk.write(fd, write_header(self.last + 1, self._chain, cipher) + bytes(self._room), 0)
            self._disk.sync(fd)
            self._disk.rename(new, path)
            self._disk.sync_folder(self._folder)
        except BaseException:
            with contextlib.suppress(OSError):
                self._disk.close(fd)
            with contextlib.suppress(OSError):
                self._disk.remove(new)
            raise
        self._open = _Segment(fd, cipher, FRAMES_AT, FRAMES_AT + self._room)
        return self._open

    def _extend(self, segment: _Segment, need: int) -> None:
        more = max(self._room, need)
        self._disk.write(segment.fd, bytes(more), segment.room)
        segment.room += more

    def _abandon(self, segment: _Segment, length: int) -> None:
        """Leaves a segment for good, and tries to take the failed frames out of it.

        What certainly keeps them from coming back is the next segment, which stands in their place. So there is a loose
        end now, and :meth:`mark` begins it where no append does.
        """
        self._open = None
        self._marked = False
        with contextlib.suppress(OSError):
            self._disk.write(segment.fd, bytes(length), segment.at)
        with contextlib.suppress(OSError):
            self._disk.close(segment.fd)

    def _finish(self) -> None:
        """Closes the segment and gives back the zeros ahead; where that fails they stay, and mean nothing."""
        if self._open is not None:
            segment, self._open = self._open, None
            with contextlib.suppress(OSError):
                self._disk.cut(segment.fd, segment.at)
            with contextlib.suppress(OSError):
                self._disk.close(segment.fd)

    def _write_snapshot(self, path: Path, state: bytes) -> None:
        new = path.with_name(path.name + ".new")
        fd = self._disk.create(new)
        try:
            try:
                data = write_snapshot(Cipher(self._key, os.urandom(32)), self.last, self._chain, state)
                self._disk.write(fd, data, 0)
                self._disk.sync(fd)
            finally:
                self._disk.close(fd)
            read = read_snapshot(self._disk.read_from_medium(new), self._key)
            if read != Snapshot(self.last, self._chain, state):
                raise OSError("the snapshot does not read back as it was written")
        except BaseException:
            with contextlib.suppress(OSError):
                self._disk.remove(new)
            raise
        self._disk.rename(new, path)
        self._disk.sync_folder(self._folder)

    def _prune(self, previous: int) -> None:
        """Drops snapshots before ``previous``, and the segments that it holds all of. Oldest first."""
        names = self._disk.names(self._folder)
        for piece in self._pieces(names, ".snap"):
            if piece.number < previous:
                self._disk.remove(self._folder / f"{piece.number:020d}.snap")
        segments = self._pieces(names, ".seg")
        for piece, following in pairwise(segments):
            if following.number <= previous + 1:
                self._disk.remove(self._path(piece.number))
