"""The keys of open flows, in a small file of their own, where destroying a key is real.

In the append-only journal an old frame would keep a key for ever. Here each key has a slot that is overwritten in place
and synced when the flow ends: the answers sealed with it are noise from then on, in every segment, snapshot and backup,
even for somebody who has the store's key.

What that is worth on a medium: ext4 in its usual mode (``data=ordered``) overwrites the same blocks, so that the key is
gone from what any program can read. A flash card's controller may keep the old page until it recycles it, out of reach
of programs though not of a laboratory; it is then still wrapped with the store's key. File systems that copy on write
(btrfs, ZFS), ``data=journal``, snapshots of the disk and swap keep copies: do not use them for a terminal.

A slot is two sectors with a copy each, so that one rotten sector loses no open visit::

    4s magic | 32 salt | u16 n | n flow id and key, sealed | u32 crc32 | zeros

The wrapping key of a slot is derived from the store's key with the slot's own random salt.
"""

import contextlib
import os
import struct
import zlib
from collections.abc import Iterable
from pathlib import Path

from kiosk.local_store.disk import Disk
from kiosk.local_store.frames import SECTOR, Cipher
from kiosk.local_store.trouble import NotKept, ReadOnly
from kiosk.model.errors import Ours
from kiosk.model.text import text

KEY = 32
SLOT = 2 * SECTOR
_SLOTS_AHEAD = 32
_MAGIC = b"KJK1"
_HEAD = struct.Struct("<4s32sH")
_CRC = struct.Struct("<I")
_MOST_NAME = 200


class FlowKeys:
    """The file ``keys``. One thread at a time; the caller holds the folder's lock."""

    def __init__(self, path: Path, key: bytes, *, disk: Disk | None = None, read_only: bool = False) -> None:
        """Opens or makes the file. Raises :class:`NotKept`."""
        self._path, self._key = path, key
        self._disk = disk or Disk()
        self._read_only = read_only
        self._fd: int | None = None
        self._slots: dict[str, int] = {}
        self._keys: dict[str, bytes] = {}
        self._size = 0
        self.unreadable = 0
        """Slots that hold something which is no key: rot, or a write cut off before its flow was open."""
        try:
            self._load()
        except OSError as cause:
            raise NotKept(cause) from cause

    def __contains__(self, flow_id: object) -> bool:
        return flow_id in self._keys

    def __getitem__(self, flow_id: str) -> bytes:
        return self._keys[flow_id]

    def add(self, flow_id: str) -> bytes:
        """Makes a random key (32 bytes) for a flow, durable when this returns. Raises :class:`NotKept`."""
        name = flow_id.encode()
        if flow_id in self._keys or not 0 < len(name) <= _MOST_NAME:
            raise Ours(text("This work cannot be begun twice. Start again."), "flow id in use or too long")
        taken = set(self._slots.values())
        number = next(n for n in range(len(taken) + 1) if n not in taken)
        key = os.urandom(KEY)
        self._slots[flow_id], self._keys[flow_id] = number, key
        try:
            self._write(number, self._slot(name, key))
        except BaseException:
            del self._slots[flow_id], self._keys[flow_id]
            raise
        return key

    def destroy(self, flow_id: str) -> None:
        """Overwrites a key; durable when this returns. A flow without a key is destroyed already.

        Raises :class:`NotKept` where the medium refuses. The key is unusable in this process then, and overwriting is
        tried again with the next key that is made or destroyed, and at the next open.
        """
        self._keys.pop(flow_id, None)
        number = self._slots.get(flow_id, 0)
        if flow_id in self._slots or self._fd is None:
            self._write(number, bytes(SLOT))
        self._slots.pop(flow_id, None)

    def keep_only(self, flow_ids: Iterable[str]) -> None:
        """Destroys every key of another flow, and every slot that cannot be read. Raises :class:`NotKept`."""
        for flow_id in set(self._slots) - set(flow_ids):
            self.destroy(flow_id)
        if self.unreadable:
            self.close()
            self._write(0, b"")  # a new file, made of the keys alone
            self.unreadable = 0

    def close(self) -> None:
        if self._fd is not None:
            with contextlib.suppress(OSError):
                self._disk.close(self._fd)
            self._fd = None

    def _load(self) -> None:
        if not self._read_only:
            self._shred_leftovers()
        if self._path.name not in self._disk.names(self._path.parent):
            if not self._read_only:
                self._rebuild_file()
            return
        data = self._disk.read(self._path)
        self._size = len(data) - len(data) % SLOT
        for number in range(self._size // SLOT):
            slot = data[number * SLOT : (number + 1) * SLOT]
            found = self._read_slot(slot[:SECTOR]) or self._read_slot(slot[SECTOR:])
            if found is not None:
                self._slots[found[0]], self._keys[found[0]] = number, found[1]
            elif any(slot):
                self.unreadable += 1
        if not self._read_only:
            self._fd = self._disk.open(self._path)

    def _slot(self, name: bytes, key: bytes) -> bytes:
        salt = os.urandom(32)
        sealed = Cipher(self._key, salt).seal(0, key + name, b"flow key")
        body = _HEAD.pack(_MAGIC, salt, len(sealed)) + sealed
        return (body + _CRC.pack(zlib.crc32(body))).ljust(SECTOR, b"\0") * 2

    def _read_slot(self, sector: bytes) -> tuple[str, bytes] | None:
        magic, salt, n = _HEAD.unpack_from(sector)
        end = _HEAD.size + n
        if magic != _MAGIC or end + _CRC.size > SECTOR:
            return None
        if _CRC.unpack_from(sector, end)[0] != zlib.crc32(sector[:end]):
            return None
        opened = Cipher(self._key, salt).open(0, sector[_HEAD.size : end], b"flow key")
        return None if opened is None else (opened[KEY:].decode(), opened[:KEY])

    def _write(self, number: int, slot: bytes) -> None:
        if self._read_only:
            raise ReadOnly
        at = number * SLOT
        try:
            if self._fd is None:
                self._rebuild_file()  # holds the slot already: it is made of what should be in it
                return
            if at >= self._size:
                self._disk.write(self._fd, bytes(_SLOTS_AHEAD * SLOT), self._size)
                self._size += _SLOTS_AHEAD * SLOT
            self._disk.write(self._fd, slot, at)
            self._disk.sync(self._fd)
        except OSError as cause:
            self.close()  # nobody knows now what is on the medium: the next write makes a new file
            raise NotKept(cause) from cause

    def _rebuild_file(self) -> None:
        """Writes the keys there should be into a new file, puts it in place, and overwrites the old one.

        The old file keeps a name until it is overwritten, so that a power cut in between leaves it to the next open.
        """
        self.close()
        self._shred_leftovers()
        old, new = self._name(".old"), self._name(".new")
        self._slots = {
            flow_id: n for n, flow_id in enumerate(flow_id for flow_id in self._slots if flow_id in self._keys)
        }
        slots = [self._slot(flow_id.encode(), self._keys[flow_id]) for flow_id in self._slots]
        data = b"".join(slots) + bytes(_SLOTS_AHEAD * SLOT)
        fd = self._disk.create(new)
        try:
            self._disk.write(fd, data, 0)
            self._disk.sync(fd)
            replaces = self._path.name in self._disk.names(self._path.parent)
            if replaces:
                self._disk.link(self._path, old)
            self._disk.rename(new, self._path)
            self._disk.sync_folder(self._path.parent)
        except BaseException:
            with contextlib.suppress(OSError):
                self._disk.close(fd)
            with contextlib.suppress(OSError):
                self._shred(new)
            raise
        self._fd, self._size = fd, len(data)
        if replaces:
            with contextlib.suppress(OSError):  # a medium that refuses here is asked again before the next rebuilding
                self._shred(old)

    def _name(self, ending: str) -> Path:
        return self._path.with_name(self._path.name + ending)

    def _shred_leftovers(self) -> None:
        names = self._disk.names(self._path.parent)
        for leftover in (self._name(".old"), self._name(".new")):
            if leftover.name in names:
                self._shred(leftover)

    def _shred(self, path: Path) -> None:
        fd = self._disk.open(path)
        try:
            self._disk.write(fd, bytes(len(self._disk.read(path))), 0)
            self._disk.sync(fd)
        finally:
            self._disk.close(fd)
        self._disk.remove(path)
        self._disk.sync_folder(path.parent)
