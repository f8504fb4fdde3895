"""What can still be read of a store's folder, by somebody who holds every key that lies in it.

Ciphertext hides nothing from who has the key. So journals, snapshots and kept answers of terminals are opened, frame by
frame and also where they are outlived; of the hub's database every page of the file, used or free, and every page in
its log, beside the rows as a query gives them.
"""

import re
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from sqlcipher3 import dbapi2

from kiosk.local_store.flow_keys import FlowKeys
from kiosk.local_store.frames import Frame, Snapshot, read_header, read_snapshot, scan

PAGE = 4096
RESERVED = 80
"""SQLCipher 4: at the end of each page, 16 bytes of initialization vector and 64 of HMAC."""

WAL_HEAD, WAL_FRAME_HEAD = 32, 24


@dataclass(frozen=True)
class Readable:
    """``how`` says by which way these bytes of the file were read: ``"bytes"``, ``"frame"``, ``"row"`` …"""

    file: str
    how: str
    data: bytes


@dataclass
class Keys:
    """Every key that lies anywhere below a folder: of journals, of databases, of open flows."""

    journals: set[bytes]
    databases: set[bytes]
    flows: list[FlowKeys]


def keys_in(folder: Path) -> Keys:
    files = {file: file.read_bytes() for file in _files(folder)}
    journals = {data for data in files.values() if len(data) == 32}
    hexes = [data.strip() for data in files.values() if len(data) < 80]
    return Keys(
        journals=journals,
        databases={bytes.fromhex(data.decode()) for data in hexes if re.fullmatch(rb"[0-9a-f]{64}", data)},
        flows=[
            FlowKeys(file, key, read_only=True) for file, data in files.items() if b"KJK1" in data for key in journals
        ],
    )


def readable_in(folder: Path, keys: Keys) -> Iterator[Readable]:
    """All of it: names, bytes, and what the keys open."""
    for file in _files(folder):
        name = str(file.relative_to(folder))
        data = file.read_bytes()
        yield Readable(name, "name", name.encode())
        yield Readable(name, "bytes", data)
        for how, opened in _opened(file, data, keys):
            yield Readable(name, how, opened)


def _files(folder: Path) -> list[Path]:
    return sorted(file for file in folder.rglob("*") if file.is_file() and not file.is_symlink())


def _opened(file: Path, data: bytes, keys: Keys) -> Iterator[tuple[str, bytes]]:
    if data[:4] in (b"KJS1", b"KJP1"):
        for payload in _payloads(data, keys):
            yield "frame", payload
            for answer in _answers(payload, keys):
                yield "answer", answer
    for key in keys.databases:
        if data[:4] in (b"\x37\x7f\x06\x82", b"\x37\x7f\x06\x83"):
            yield from (("log page", page) for page in _log_pages(data, key))
        elif len(data) >= PAGE and _is_database(data, key):
            yield from (("page", page) for page in _pages(data, key))
            yield "rows", _rows(file, key)


# --- terminals


def _payloads(data: bytes, keys: Keys) -> Iterator[bytes]:
    for key in keys.journals:
        if data[:4] == b"KJP1":
            snapshot = read_snapshot(data, key)
            if isinstance(snapshot, Snapshot):
                yield snapshot.state
            continue
        header = read_header(data, key)
        if isinstance(header, str):
            continue
        for frame in scan(data):
            payload = header.cipher.open(frame.seq, frame.sealed, frame.head) if isinstance(frame, Frame) else None
            if payload:
                yield payload


def _answers(payload: bytes, keys: Keys) -> Iterator[bytes]:
    """Sealed answers and arguments in a frame or snapshot, wherever in it, opened where their flow's key is there."""
    for row in _rows_with(msgspec.msgpack.decode(payload), "sealed"):
        flow_id, n, sealed = row["flow"], row.get("n", -1), row["sealed"]
        for flows in keys.flows:
            if flow_id not in flows:
                continue
            try:
                yield ChaCha20Poly1305(flows[flow_id]).decrypt(sealed[:12], sealed[12:], f"{flow_id}|{n}".encode())
            except InvalidTag:
                continue


def _rows_with(value: Any, field: str) -> Iterator[dict[str, Any]]:
    if isinstance(value, dict):
        if field in value:
            yield value
        value = list(value.values())
    if isinstance(value, list):
        for each in value:
            yield from _rows_with(each, field)


# --- hub


def _is_database(data: bytes, key: bytes) -> bool:
    """Whether this key makes a first page of the file: page size, and SQLite's fixed fractions."""
    first = _page(data[:PAGE], key, 16)
    return first[16:18] == PAGE.to_bytes(2, "big") and first[21:24] == b"\x40\x20\x20"


def _page(page: bytes, key: bytes, skip: int) -> bytes:
    vector = page[PAGE - RESERVED : PAGE - RESERVED + 16]
    machine = Cipher(algorithms.AES256(key), modes.CBC(vector)).decryptor()
    return bytes(skip) + machine.update(page[skip : PAGE - RESERVED]) + machine.finalize()


def _pages(data: bytes, key: bytes) -> Iterator[bytes]:
    for at in range(0, len(data) - PAGE + 1, PAGE):
        yield _page(data[at : at + PAGE], key, 0 if at else 16)


def _log_pages(data: bytes, key: bytes) -> Iterator[bytes]:
    """Every frame, also those that a checkpoint has outlived and no reader would look at any more."""
    for at in range(WAL_HEAD, len(data) - WAL_FRAME_HEAD - PAGE + 1, WAL_FRAME_HEAD + PAGE):
        number = int.from_bytes(data[at : at + 4], "big")
        page = data[at + WAL_FRAME_HEAD : at + WAL_FRAME_HEAD + PAGE]
        yield _page(page, key, 16 if number == 1 else 0)


def _rows(file: Path, key: bytes) -> bytes:
    """Every row of every table, from a copy with its log: what overflows a page is in one piece here."""
    with TemporaryDirectory() as aside:
        copy = Path(aside) / file.name
        for each in file.parent.glob(f"{file.name}*"):
            (copy.parent / each.name).write_bytes(each.read_bytes())
        with closing(dbapi2.connect(str(copy))) as connection:
            connection.execute(f"PRAGMA key = \"x'{key.hex()}'\"")
            names = [name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
            rows = [row for name in names for row in connection.execute(f'SELECT * FROM "{name}"')]
    return "\n".join(str(cell) for row in rows for cell in row).encode()
