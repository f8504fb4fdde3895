"""``kiosk decode``: scans in as JSON lines, what they mean out as JSON lines, one for each.

A line in is ``{"raw": "…", "symbology": "]L2"}``, each code point a byte, or ``{"events": [[type, code, value], …]}``,
a key-type scanner's events with the marks ``["UNPLUG"]`` and ``["GAP_MS", n]``; ``"layout"`` names its keyboard. The
page on documents says what comes out. Events go through the codec of the driver: same keys, same framing.
"""

import contextlib
import sys
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from importlib.resources import files
from typing import Any, BinaryIO, Protocol

import msgspec

from kiosk.documents import payment
from kiosk.documents.cards import CardFormats
from kiosk.documents.decoding import Examined, examine
from kiosk.documents.privacy import may_be_private
from kiosk.documents.reasons import phone_refused, unread
from kiosk.hw.scanner.replay import BadEvents, Replayed, replay
from kiosk.model.clock import Clock, SystemClock
from kiosk.model.documents import (
    AnyDocument,
    BankCard,
    BioTrackId,
    PatientCard,
    PhoneCode,
    PhotoId,
    ProductCode,
    Reading,
    Unread,
)
from kiosk.rules.pack import versions

Line = dict[str, Any]


class Source(Protocol):
    def read1(self, size: int, /) -> bytes:
        """What has come, at most ``size`` bytes; waits for the first; empty at the end."""


_KINDS = {"unit": "retail_item"}
_STANDARDS = {"package": "METRC", "unit": "METRC-RetailID", "biotrack": "BioTrack"}
PACKS = files("kiosk.rules") / "packs"

_ABSENT = ("", None)
_LOOSE = (PatientCard, BioTrackId, ProductCode)
"""What the rest of a cut scan could be by chance: it does not count when it follows one without a pause."""

_PERSONAL = frozenset({"photo_id", "bank_card", "patient_card"})
_PERSONAL_REASONS = frozenset({"military", "licence_compact", "licence_mobile", "licence_picture"})

_decode = msgspec.json.Decoder().decode
_encode = msgspec.json.Encoder(decimal_format="number").encode


def serve_stdin(state: str) -> None:
    """Answers standard input on standard output. ``state`` narrows the medical cards to one state's.

    Raises :class:`~kiosk.model.errors.Ours` where there are no rules for it.
    """
    with contextlib.suppress(BrokenPipeError), open(sys.stdin.fileno(), "rb", closefd=False) as source:
        serve(source, sys.stdout.buffer, card_formats(state), SystemClock())


def serve(source: Source, sink: BinaryIO, formats: tuple[CardFormats, ...], clock: Clock) -> None:
    """Answers all lines that have come at once, until ``source`` ends."""
    rest = b""
    while chunk := source.read1(1 << 16):
        *lines, rest = (rest + chunk).split(b"\n")
        if lines:
            _write(sink, lines, formats, clock.now().date())
    if rest:
        _write(sink, [rest], formats, clock.now().date())


def _write(sink: BinaryIO, lines: list[bytes], formats: tuple[CardFormats, ...], today: date) -> None:
    sink.write(b"".join(_encode(answer(line, formats, today)) + b"\n" for line in lines))
    sink.flush()


def card_formats(state: str = "") -> tuple[CardFormats, ...]:
    """The medical cards of ``state``, or of every state there are rules for."""
    known = sorted(path.name.removesuffix(".toml") for path in PACKS.iterdir() if path.name.endswith(".toml"))
    return tuple(
        CardFormats(
            state=packs[-1].state,
            patterns=tuple(dict.fromkeys(rule.pattern for pack in packs for rule in pack.card_rules)),
        )
        for packs in map(versions, [state] if state else known)
    )


def answer(line: bytes, formats: tuple[CardFormats, ...], today: date | None = None) -> Line:
    """What one line means. Never raises: a line that is none is refused as ``bad_line``."""
    try:
        asked = _decode(line)
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        return _bad("the line is not JSON")
    if not isinstance(asked, dict) or ("raw" in asked) == ("events" in asked):
        return _bad('a line is an object with either "raw" or "events"')
    symbology = asked.get("symbology")
    if symbology is not None and not isinstance(symbology, str):
        return _bad('"symbology" is a string')
    if "events" in asked:
        return _of_events(asked["events"], asked.get("layout", "us"), symbology or "", formats, today)
    if not isinstance(asked["raw"], str):
        return _bad('"raw" is a string')
    try:
        data = asked["raw"].encode("latin-1")
    except UnicodeError:
        return _bad("a code point above 255 is not a byte", "not_bytes")
    return _told(examine(Reading(data=data, device="line", at=0.0, symbology=symbology or ""), formats, today))


def _of_events(
    events: object, layout: object, symbology: str, formats: tuple[CardFormats, ...], today: date | None
) -> Line:
    """The last scan's meaning; where there were several, all of them in ``scans``, cut ones as well.

    Where one of them may hold what is private, the text of none that was not read is told.
    """
    try:
        scans = list(replay(events, layout, symbology))
    except BadEvents as fault:
        return _bad(str(fault))
    found = [_of_scan(scan, formats, today) for scan in scans]
    private = any(_is_private(scan, one.document) for scan, one in zip(scans, found, strict=True))
    for pieces in _pieces(scans, found):
        whole = "".join(scan.text for scan in scans[pieces])
        if payment.is_bank_card(whole.encode("latin-1")) or payment.is_number(whole):
            found[pieces] = [Examined(unread(scan.reading, "cut_off", "bank_card")) for scan in scans[pieces]]
            private = True
        private = private or may_be_private(whole)
    lines = [
        _told(one) if private and isinstance(one.document, (Unread, BankCard)) else {"text": scan.text, **_told(one)}
        for scan, one in zip(scans, found, strict=True)
    ]
    lines = lines or [_told(Examined(unread(_NOTHING, "empty"))) | {"text": ""}]
    return lines[0] if len(lines) == 1 else {**lines[-1], "scans": lines}


def _of_scan(scan: Replayed, formats: tuple[CardFormats, ...], today: date | None) -> Examined:
    found = examine(scan.reading, formats, today)
    if scan.follows_cut and isinstance(found.document, _LOOSE):
        return Examined(unread(scan.reading, "cut_off"))
    return found


def _pieces(scans: list[Replayed], found: list[Examined]) -> Iterator[slice]:
    """Scans that may be the pieces of one: nothing but pauses between them, and none that proves itself."""
    start = 0
    for n, scan in enumerate(scans):
        loose = isinstance(found[n].document, (Unread, *_LOOSE))
        if not loose or not scan.goes_on or n == len(scans) - 1:
            end = n + loose
            if end - start > 1:
                yield slice(start, end)
            start = n + 1


def _is_private(scan: Replayed, document: AnyDocument) -> bool:
    """A payment card, and what could not be read and may be one, a person's document, or the rest of either."""
    if not isinstance(document, Unread):
        return isinstance(document, BankCard)
    personal = not _PERSONAL.isdisjoint(document.could_be) or document.reason_key in _PERSONAL_REASONS
    return personal or scan.follows_cut or may_be_private(scan.text)


_NOTHING = Reading(data=b"", device="line", at=0.0)


def _bad(detail: str, key: str = "bad_line") -> Line:
    return {"kind": "unknown", "standard": "", "fields": {}, "warnings": [], "refused": {"key": key, "detail": detail}}


def _told(found: Examined) -> Line:
    if isinstance(found.document, PhoneCode):
        found = Examined(phone_refused("licence_mobile"))  # here is no phone to talk to
    document = found.document
    refused = None
    if isinstance(document, Unread):
        refused = {"key": document.reason_key, "detail": str(document.reason)}
    elif isinstance(document, BankCard):
        refused = {"key": "bank_card", "detail": "This is a payment card. Nothing of it was kept."}
    line: Line = {
        "kind": _kind(document),
        "standard": _STANDARDS.get(document.kind) or getattr(document, "standard", ""),
        "fields": {name: value for name, value in _facts(found).items() if value not in _ABSENT},
        "warnings": list(_warnings(document)),
        "refused": refused,
    }
    if isinstance(document, Unread) and document.could_be:
        line["could_be"] = [_KINDS.get(kind, kind) for kind in document.could_be]
    return line


def _kind(document: AnyDocument) -> str:
    if isinstance(document, PhotoId) and not document.standard.startswith(("AAMVA", "ISO")):
        return "passport"
    return _KINDS.get(document.kind, document.kind)


def _warnings(document: AnyDocument) -> Iterator[str]:
    yield from getattr(document, "warnings", ())
    if isinstance(document, PhotoId):
        if document.family_truncated:
            yield "family.truncated"
        if document.given_truncated:
            yield "given.truncated"


def _facts(found: Examined) -> dict[str, Any]:
    document = found.document
    if isinstance(document, PhotoId):
        return {
            "family": document.family,
            "given": f"{document.given} {document.middle}".strip(),
            "first": document.given,
            "middle": document.middle,
            "suffix": document.suffix,
            "dob": _day(document.born),
            "issued": _day(document.issued),
            "expires": _day(document.expires),
            "id_number": document.number,
            **found.particulars(),
        }
    if isinstance(document, PatientCard):
        return {"id_number": document.number, "state": document.state, "expires": _day(document.expires)}
    if isinstance(document, ProductCode):
        return {
            "gtin": document.gtin,
            "sscc": document.sscc,
            "lot": document.lot,
            "serial": document.serial,
            "expires": _day(document.expires),
            "best_before": _day(document.best_before),
            "produced": _day(document.produced),
            "net_weight_g": _number(document.net_weight_g),
            "count": document.count,
        }
    if isinstance(document, Unread):
        return {}
    return {name: getattr(document, name) for name in document.__struct_fields__}


def _day(value: date | None) -> str | None:
    return value.isoformat() if value is not None else None


def _number(value: Decimal | None) -> Decimal | int | None:
    return int(value) if value is not None and value == value.to_integral_value() else value
