"""NDEF messages (NFC Forum, NDEF 1.0), from whoever sent them: whole records, and nothing behind the last."""

from collections.abc import Iterable
from typing import NamedTuple

from kiosk.documents.mdoc.refused import NotProven

WELL_KNOWN, MEDIA, EXTERNAL = 1, 2, 4
_BEGIN, _END, _CHUNK, _SHORT, _HAS_ID = 0x80, 0x40, 0x20, 0x10, 0x08


class Record(NamedTuple):
    family: int
    """``WELL_KNOWN``, ``MEDIA``, ``EXTERNAL``, or another type name format of the standard."""
    kind: bytes
    payload: bytes = b""
    id: bytes = b""


def read(message: bytes) -> list[Record]:
    """Raises ``NotProven`` (``mobile_damaged``); a record in chunks is none that a phone sends here."""
    records: list[Record] = []
    at, ended = 0, False
    try:
        while not ended:
            flags, kind_size = message[at], message[at + 1]
            if flags & _CHUNK or bool(flags & _BEGIN) != (not records):
                raise NotProven("mobile_damaged")
            at += 2
            size, at = _number(message, at, 1 if flags & _SHORT else 4)
            id_size, at = _number(message, at, 1) if flags & _HAS_ID else (0, at)
            kind, at = _take(message, at, kind_size)
            ident, at = _take(message, at, id_size)
            payload, at = _take(message, at, size)
            records.append(Record(flags & 0x07, kind, payload, ident))
            ended = bool(flags & _END)
    except IndexError as fault:
        raise NotProven("mobile_damaged") from fault
    if at != len(message):
        raise NotProven("mobile_damaged")
    return records


def _take(data: bytes, at: int, size: int) -> tuple[bytes, int]:
    """So many bytes, and where the rest begins."""
    if at + size > len(data):
        raise NotProven("mobile_damaged")
    return data[at : at + size], at + size


def _number(data: bytes, at: int, size: int) -> tuple[int, int]:
    digits, behind = _take(data, at, size)
    return int.from_bytes(digits, "big"), behind


def write(records: Iterable[Record]) -> bytes:
    """What :func:`read` reads."""
    every = list(records)
    parts = []
    for n, record in enumerate(every):
        short = len(record.payload) < 256
        flags = record.family | (_BEGIN if n == 0 else 0) | (_END if n == len(every) - 1 else 0)
        flags |= (_SHORT if short else 0) | (_HAS_ID if record.id else 0)
        parts += [
            bytes([flags, len(record.kind)]),
            len(record.payload).to_bytes(1 if short else 4, "big"),
            bytes([len(record.id)]) if record.id else b"",
            record.kind,
            record.id,
            record.payload,
        ]
    return b"".join(parts)
