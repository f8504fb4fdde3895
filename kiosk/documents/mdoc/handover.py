"""A phone held to a contactless reader says how to go on: static or negotiated handover, message by message.

Sources: ISO/IEC 18013-5, 8.2.2.1; NFC Forum, Connection Handover 1.5 and Tag NDEF Exchange Protocol 1.0; Bluetooth
Core Specification Supplement, part A (advertising data).
"""

import secrets
import uuid
from collections.abc import Iterator

from kiosk.documents.mdoc import engagement, ndef
from kiosk.documents.mdoc.ndef import EXTERNAL, MEDIA, WELL_KNOWN, Record
from kiosk.documents.mdoc.refused import NotProven
from kiosk.model.documents import Contactless, PhoneCode, PhoneLooks, PhoneServes, Way

SERVICE = b"urn:nfc:sn:handover"
ENGAGEMENT = b"iso.org:18013:deviceengagement"
NFC = b"iso.org:18013:nfc"
BLUETOOTH = b"application/vnd.bluetooth.le.oob"
_VERSION = b"\x15"
_TNEP = b"\x10"
_ACTIVE = b"\x01"
_SERVICES, _ROLE = 0x07, 0x1C
_SERVES, _LOOKS, _BOTH_SERVES, _BOTH_LOOKS = range(4)
"""The role of the side that says it: only peripheral, only central, both and which it likes better."""
_MOST_COMMAND, _MOST_ANSWER = 0x01, 0x02


class Engaging:
    """Our side of one handover. ``bluetooth`` and ``contactless`` say what this terminal can do."""

    def __init__(self, *, bluetooth: bool, contactless: Contactless | None = None) -> None:
        self._bluetooth, self._contactless = bluetooth, contactless
        self._service = str(uuid.uuid4())
        self._selected, self._request = False, b""

    def hear(self, message: bytes) -> bytes | PhoneCode:
        """What to say to the phone's message, or what it offers in the end.

        Raises ``NotProven``: ``mobile_damaged``, or ``mobile_unsupported`` for what is no licence at all.
        """
        records = ndef.read(message)
        if _named(records, WELL_KNOWN, b"Hs") is not None:
            return self._offer(message, records)
        if not self._selected and any(_offers_handover(record) for record in records):
            self._selected = True
            return ndef.write([Record(WELL_KNOWN, b"Ts", bytes([len(SERVICE)]) + SERVICE)])
        status = _named(records, WELL_KNOWN, b"Te")
        if self._selected and not self._request and status is not None and status.payload == b"\x00":
            self._request = self._asking()
            return self._request
        raise NotProven("mobile_unsupported")

    def _offer(self, message: bytes, records: list[Record]) -> PhoneCode:
        found = _named(records, EXTERNAL, ENGAGEMENT)
        if found is None:
            raise NotProven("mobile_unsupported")
        carriers = [way for record in records for way in _ways(record, self._service if self._request else "")]
        return engagement.read(found.payload, carriers=carriers, select=message, request=self._request)

    def _asking(self) -> bytes:
        """A Handover Request with every carrier of ours."""
        carriers = []
        if self._bluetooth:
            carriers.append(Record(MEDIA, BLUETOOTH, _advertised(_BOTH_LOOKS, self._service), b"0"))
        if self._contactless is not None:
            carriers.append(Record(EXTERNAL, NFC, b"\x01", b"nfc"))
        chance = Record(WELL_KNOWN, b"cr", secrets.token_bytes(2))
        inner = ndef.write([chance, *(_alternative(carrier.id) for carrier in carriers)])
        return ndef.write([Record(WELL_KNOWN, b"Hr", _VERSION + inner), *carriers])


def select(encoded: bytes, ways: tuple[Way, ...]) -> bytes:
    """A phone's Handover Select: its engagement and its ways, of which two by Bluetooth share one service."""
    carriers = []
    services = {type(way): way.service for way in ways if not isinstance(way, Contactless)}
    if services:
        role = _BOTH_SERVES if len(services) == 2 else _SERVES if PhoneServes in services else _LOOKS
        carriers.append(Record(MEDIA, BLUETOOTH, _advertised(role, next(iter(services.values()))), b"0"))
    carriers += [
        Record(
            EXTERNAL, NFC, b"\x01" + _length(_MOST_COMMAND, way.most_command) + _length(_MOST_ANSWER, way.most_answer),
            b"nfc",
        )
        for way in ways
        if isinstance(way, Contactless)
    ]  # fmt: skip
    inner = ndef.write(_alternative(carrier.id, b"mdoc") for carrier in carriers)
    return ndef.write(
        [Record(WELL_KNOWN, b"Hs", _VERSION + inner), Record(EXTERNAL, ENGAGEMENT, encoded, b"mdoc"), *carriers]
    )


def _alternative(carrier: bytes, *beside: bytes) -> Record:
    """Points at a carrier's record, and at those that belong to it."""
    named = b"".join(bytes([len(one)]) + one for one in beside)
    return Record(WELL_KNOWN, b"ac", _ACTIVE + bytes([len(carrier)]) + carrier + bytes([len(beside)]) + named)


def _named(records: list[Record], family: int, kind: bytes) -> Record | None:
    return next((record for record in records if (record.family, record.kind) == (family, kind)), None)


def _offers_handover(record: Record) -> bool:
    """A Service Parameter record: version, name, and how long the phone may take (of which we give it ours)."""
    named = bytes([len(SERVICE)]) + SERVICE
    return record[:2] == (WELL_KNOWN, b"Tp") and record.payload[:1] == _TNEP and record.payload[1:].startswith(named)


def _ways(record: Record, ours: str) -> Iterator[Way]:
    """``ours`` is the service we named: it counts where the phone names none."""
    if record[:2] == (EXTERNAL, NFC):
        lengths = dict(_lengths(record.payload[1:]))
        yield engagement.contactless(lengths.get(_MOST_COMMAND, 255), lengths.get(_MOST_ANSWER, 256))
    elif record[:2] == (MEDIA, BLUETOOTH):
        data = dict(_pieces(record.payload))
        role = data.get(_ROLE, b"")
        raw = data.get(_SERVICES, b"")
        if len(role) != 1 or role[0] > _BOTH_LOOKS or len(raw) not in (0, 16):
            raise NotProven("mobile_damaged")
        service = str(uuid.UUID(bytes=raw[::-1])) if raw else ours
        if service and role[0] != _LOOKS:
            yield PhoneServes(service=service)
        if service and role[0] != _SERVES:
            yield PhoneLooks(service=service)


def _advertised(role: int, service: str) -> bytes:
    return bytes([2, _ROLE, role, 17, _SERVICES]) + uuid.UUID(service).bytes[::-1]


def _pieces(data: bytes) -> Iterator[tuple[int, bytes]]:
    """Advertising data: length, type, value; the length counts the type."""
    while data:
        size = data[0]
        if size < 1 or size >= len(data):
            raise NotProven("mobile_damaged")
        yield data[1], data[2 : 1 + size]
        data = data[1 + size :]


def _lengths(data: bytes) -> Iterator[tuple[int, int]]:
    """Length, type, number: as the standard has it for the contactless carrier."""
    for kind, value in _pieces(data):
        yield kind, int.from_bytes(value, "big")


def _length(kind: int, value: int) -> bytes:
    number = value.to_bytes((value.bit_length() + 7) // 8 or 1, "big")
    return bytes([1 + len(number), kind]) + number
