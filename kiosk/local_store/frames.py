"""The bytes of segments, frames and snapshots. Pure: bytes in, bytes out.

A segment is a header, twice, in two sectors of its own, then frames, then zeros (the file is extended with zeros ahead
of the frames, so that a commit changes no file-system metadata and needs one device flush instead of two)::

    header    4s magic | u32 version | u64 first seq | 32 salt | 32 chain | 16 mac | u32 crc32
    frame     4s magic | u32 n | u64 seq | u64 durable | 32 chain | n ciphertext and tag | u32 crc32 | pad to 8
    snapshot  4s magic | u32 version | u64 seq | 32 salt | 32 chain | ciphertext and tag | u32 crc32

* ``chain`` of a frame is BLAKE2b-256 over the frame before it, which holds the chain before that: nothing can be taken
  out, put in or moved unseen. It is stored, so that frames behind a damaged one can still be read.
* ``durable`` is the highest seq known durable when the frame was written: later frames are witnesses for earlier ones.
* The key of a segment is derived from the store's key with a fresh random salt at every open and after every failed
  write, so that (key, nonce) is never used for two plaintexts, even where a torn frame is written again; nonce = seq.
* A frame with an empty payload is a *mark*: it holds nothing and vouches for the frames before it.

The checksum tells accidents without any key; the tag and the chain tell everything else.
"""

import hashlib
import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

VERSION = 1
SECTOR = 512
FRAMES_AT = 2 * SECTOR
"""Offset of the first frame in a segment."""
MOST_PAYLOAD = 16 << 20
GENESIS = hashlib.blake2b(b"kiosk journal", digest_size=32).digest()
"""The chain before the first frame of a journal."""

_SEGMENT, _FRAME, _SNAPSHOT = b"KJS1", b"KJF1", b"KJP1"
_HEADER = struct.Struct("<4sIQ32s32s")
_HEAD = struct.Struct("<4sIQQ32s")
_CRC = struct.Struct("<I")
_NONCE = struct.Struct("<Q4x")
_TAG = 16
_MAC = 16


class Cipher:
    """The keys of one segment or snapshot: ``key`` is the store's (32 bytes), ``salt`` this file's (32 bytes)."""

    def __init__(self, key: bytes, salt: bytes) -> None:
        both = HKDF(hashes.SHA256(), 64, salt, b"kiosk journal v1").derive(key)
        self._aead = ChaCha20Poly1305(both[:32])
        self._mac_key = both[32:]
        self.salt = salt

    def seal(self, seq: int, payload: bytes, head: bytes) -> bytes:
        return self._aead.encrypt(_NONCE.pack(seq), payload, head)

    def open(self, seq: int, sealed: bytes, head: bytes) -> bytes | None:
        """The payload, or None where the tag does not fit."""
        try:
            return self._aead.decrypt(_NONCE.pack(seq), sealed, head)
        except InvalidTag:
            return None

    def mac(self, data: bytes) -> bytes:
        return hashlib.blake2b(data, key=self._mac_key, digest_size=_MAC).digest()


@dataclass(frozen=True)
class Header:
    first: int
    chain: bytes
    cipher: Cipher


class Frame(NamedTuple):
    """A frame whose checksum is right. ``head`` and ``sealed`` are its parts, ``chain`` what the next one must hold."""

    at: int
    end: int
    seq: int
    durable: int
    before: bytes
    head: bytes
    sealed: bytes
    chain: bytes

    @property
    def is_mark(self) -> bool:
        return len(self.sealed) == _TAG


class Gap(NamedTuple):
    """A stretch that is neither a frame nor zeros."""

    at: int


def write_header(first: int, chain: bytes, cipher: Cipher) -> bytes:
    """Both copies: :data:`FRAMES_AT` bytes."""
    fields = _HEADER.pack(_SEGMENT, VERSION, first, cipher.salt, chain)
    body = fields + cipher.mac(fields)
    return (body + _CRC.pack(zlib.crc32(body))).ljust(SECTOR, b"\0") * 2


def read_header(data: bytes, key: bytes) -> Header | str:
    """The header of a segment, from whichever copy is whole, or why there is none: ``"checksum"`` or ``"key"``."""
    why = "checksum"
    for at in (0, SECTOR):
        end = at + _HEADER.size + _MAC
        if len(data) < end + _CRC.size or _CRC.unpack_from(data, end)[0] != zlib.crc32(data[at:end]):
            continue
        magic, version, first, salt, chain = _HEADER.unpack_from(data, at)
        if magic != _SEGMENT or version != VERSION:
            continue
        cipher = Cipher(key, salt)
        if cipher.mac(data[at : at + _HEADER.size]) == data[end - _MAC : end]:
            return Header(first, chain, cipher)
        why = "key"
    return why


def write_frame(cipher: Cipher, seq: int, durable: int, before: bytes, payload: bytes) -> tuple[bytes, bytes]:
    """The frame with its padding, and the chain after it."""
    head = _HEAD.pack(_FRAME, len(payload) + _TAG, seq, durable, before)
    body = head + cipher.seal(seq, payload, head)
    frame = body + _CRC.pack(zlib.crc32(body))
    return frame + bytes(-len(frame) % 8), hashlib.blake2b(frame, digest_size=32).digest()


def read_frame(data: bytes, at: int) -> Frame | None:
    """The frame at this offset, or None where there is none with a right checksum."""
    if at + _HEAD.size > len(data):
        return None
    magic, n, seq, durable, before = _HEAD.unpack_from(data, at)
    body_end = at + _HEAD.size + n
    if magic != _FRAME or not _TAG <= n <= MOST_PAYLOAD + _TAG or body_end + _CRC.size > len(data):
        return None
    if _CRC.unpack_from(data, body_end)[0] != zlib.crc32(memoryview(data)[at:body_end]):
        return None
    end = body_end + _CRC.size
    head, sealed = data[at : at + _HEAD.size], data[at + _HEAD.size : body_end]
    chain = hashlib.blake2b(memoryview(data)[at:end], digest_size=32).digest()
    return Frame(at, end + (-(end - at) % 8), seq, durable, before, head, sealed, chain)


def scan(data: bytes) -> Iterator[Frame | Gap]:
    """Everything in a segment behind its header: frames, and the gaps between them."""
    used = len(data.rstrip(b"\0"))
    at = FRAMES_AT
    while at < used:
        frame = read_frame(data, at)
        if frame is not None:
            yield frame
            at = frame.end
            continue
        yield Gap(at)
        at = data.find(_FRAME, at + 1)
        while at != -1 and at % 8:  # frames are aligned; anything else is somebody's data
            at = data.find(_FRAME, at + 1)
        if at == -1:
            return


def write_snapshot(cipher: Cipher, seq: int, chain: bytes, state: bytes) -> bytes:
    head = _HEADER.pack(_SNAPSHOT, VERSION, seq, cipher.salt, chain)
    body = head + cipher.seal(seq, state, head)
    return body + _CRC.pack(zlib.crc32(body))


@dataclass(frozen=True)
class Snapshot:
    seq: int
    chain: bytes
    state: bytes


def read_snapshot(data: bytes, key: bytes) -> Snapshot | str:
    """A snapshot, or why it cannot be read: ``"checksum"`` or ``"key"``."""
    end = len(data) - _CRC.size
    if end < _HEADER.size + _TAG or _CRC.unpack_from(data, end)[0] != zlib.crc32(memoryview(data)[:end]):
        return "checksum"
    head = data[: _HEADER.size]
    magic, version, seq, salt, chain = _HEADER.unpack(head)
    if magic != _SNAPSHOT or version != VERSION:
        return "checksum"
    state = Cipher(key, salt).open(seq, data[_HEADER.size : end], head)
    return "key" if state is None else Snapshot(seq, chain, state)
