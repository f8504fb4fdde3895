"""Invented things the store's tests keep."""

from datetime import UTC, datetime
from pathlib import Path

import msgspec

from kiosk.local_store.answers import Kept
from kiosk.local_store.frames import Cipher, Frame, Header, Snapshot, read_header, read_snapshot, scan
from kiosk.model.records import NotesRead, Record

KEY = b"k" * 32
SOP = "DSP-1 v1"
SCAN = b"@\n\x1e\rANSI 636010100002DL00410278DLDCSSANCHEZ-VALE\nDACMARISOL\nDBB04121987\nDAQS5301234567890"
"""As a licence's barcode is read."""
DIGEST = "9f86d081884c7d659a2feaa0c55ad015"


def record(n: int, *, flow: str = "flow-1") -> Record:
    return Record(
        key=f"{flow}:{n}",
        terminal="counter-1",
        role="counter",
        epoch=0,
        seq=0,
        at=datetime(2026, 3, 2, 15, n % 60, tzinfo=UTC),
        sop=SOP,
        step="DSP-1.3",
        fact=NotesRead(visit_id="visit-1", recommendation_id="rec-1", digest="00" * 32),
    )


def plaintexts(folder: Path, key: bytes) -> list[bytes]:
    """Everything that somebody who has the folder and the store's key can decrypt in segments and snapshots."""
    found = []
    for path in folder.iterdir():
        data = path.read_bytes()
        if path.suffix == ".snap":
            snapshot = read_snapshot(data, key)
            assert isinstance(snapshot, Snapshot)
            found.append(snapshot.state)
        if path.suffix == ".seg":
            header = read_header(data, key)
            assert isinstance(header, Header)
            for item in scan(data):
                assert isinstance(item, Frame)
                payload = header.cipher.open(item.seq, item.sealed, item.head)
                assert payload is not None
                found.append(payload)
    return found


def key_slots(path: Path, key: bytes) -> list[bytes]:
    """Everything that can be unwrapped in a file of flow keys, at any place."""
    data = path.read_bytes()
    found = []
    for at in range(0, len(data), 512):
        length = int.from_bytes(data[at + 36 : at + 38], "little")
        plain = Cipher(key, data[at + 4 : at + 36]).open(0, data[at + 38 : at + 38 + length], b"flow key")
        if plain is not None:
            found.append(plain)
    return found


def sealed_values(payloads: list[bytes]) -> list[bytes]:
    """Every byte string in these payloads, however deep."""

    def walk(value: object) -> list[bytes]:
        match value:
            case bytes():
                return [value]
            case dict():
                return [found for item in value.values() for found in walk(item)]
            case list():
                return [found for item in value for found in walk(item)]
        return []

    return [found for payload in payloads if payload for found in walk(msgspec.msgpack.decode(payload, strict=False))]


def folder_bytes(folder: Path) -> bytes:
    return b"".join(path.read_bytes() for path in sorted(folder.iterdir()) if path.is_file())


def in_short(kept: list[Kept]) -> list[tuple[int, bytes | None]]:
    """Kept steps as number and answer."""
    return [(step.n, step.answer) for step in kept]
