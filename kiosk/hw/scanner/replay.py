"""A recorded trace of key events becomes scans, by the driver's own codec and framing.

A trace is a list of ``[type, code, value]`` as the kernel numbers them (``linux/input-event-codes.h``), and marks:
``["GAP_MS", n]``, n milliseconds in which no key moved, and ``["UNPLUG"]``, the scanner lost and found again.
"""

from collections.abc import Iterator
from typing import NamedTuple

from msgspec import structs

from kiosk.hw.scanner.framing import Framer, FrameRules
from kiosk.hw.scanner.keys import DOWN, EV_KEY, KeyDecoder
from kiosk.hw.scanner.layouts import LAYOUTS
from kiosk.model.documents import Reading

RULES = FrameRules(quiet=0.25, least=1, typed=True)
"""The most patient of the key-type settings: a trace does not say how fast its scanner is."""

_LONGEST_GAP = 86_400_000
_MOST_EVENTS = 200_000


class BadEvents(ValueError):
    """The trace is none. The message says what is wrong and holds nothing of it."""


class Replayed(NamedTuple):
    reading: Reading
    text: str
    """What was typed, each byte a code point; empty for a scan that was cut."""
    follows_cut: bool
    """No silence lies between this scan and the loss of one before it: it may be that one's rest."""
    goes_on: bool = False
    """Silence ended it, and no key: what comes next may be its rest."""


def replay(events: object, layout: object = "us", symbology: str = "") -> Iterator[Replayed]:
    """Every scan of the trace in order, a cut one as a reading that is not complete. Raises :class:`BadEvents`.

    The end of the trace is a silence.
    """
    if not isinstance(events, list) or len(events) > _MOST_EVENTS:
        raise BadEvents('"events" is a list')
    if not isinstance(layout, str) or layout not in LAYOUTS:
        raise BadEvents(f'"layout" is one of {", ".join(LAYOUTS)}')
    return _Trace(layout, symbology).scans([_checked(event) for event in events])


def _checked(event: object) -> tuple[str, int, int, int]:
    match event:
        case ["UNPLUG"]:
            return "unplug", 0, 0, 0
        case ["GAP_MS", int() | float() as n] if not isinstance(n, bool) and 0 <= n <= _LONGEST_GAP:
            return "gap", round(n), 0, 0
        case [int() as kind, int() as code, int() as value] if not any(isinstance(one, bool) for one in event):
            return "key", kind, code, value
    raise BadEvents('an event is [type, code, value], ["GAP_MS", n] or ["UNPLUG"]')


class _Trace:
    def __init__(self, layout: str, symbology: str) -> None:
        self._layout = LAYOUTS[layout]
        self._symbology = symbology
        self._at = 0.0
        self._after_cut = False
        self._pressed = False  # since the last scan ended
        self._plug()

    def _plug(self) -> None:
        self._keys = KeyDecoder(self._layout)
        self._framer = Framer("trace", RULES)

    def scans(self, events: list[tuple[str, int, int, int]]) -> Iterator[Replayed]:
        for mark, kind, code, value in events:
            if mark == "key":
                self._pressed = self._pressed or (kind == EV_KEY and value == DOWN)
                data = self._keys.feed(kind, code, value)
                if data is None:
                    self._framer.spoil(self._at)
                elif data:
                    yield from self._whole(self._framer.feed(data, self._at))
                    self._pressed = self._framer.due is not None
            elif mark == "gap":
                yield from self._silence(kind / 1000)
            else:
                if self._pressed:
                    self._after_cut = True
                    yield self._cut()
                self._framer.cut()
                self._plug()
        yield from self._silence(2 * RULES.quiet)

    def _silence(self, seconds: float) -> Iterator[Replayed]:
        self._at += seconds
        yield from (scan._replace(goes_on=True) for scan in self._whole(self._framer.tick(self._at)))
        if self._framer.due is None:
            self._pressed = False
            self._keys.release_all()
            self._after_cut = self._after_cut and seconds < RULES.quiet

    def _whole(self, readings: list[Reading]) -> Iterator[Replayed]:
        for reading in readings:
            if not reading.complete:
                yield self._cut()
                continue
            named = structs.replace(reading, symbology=self._symbology)
            yield Replayed(named, reading.data.decode("latin-1"), self._after_cut)

    def _cut(self) -> Replayed:
        return Replayed(Reading(data=b"", device="trace", at=self._at, complete=False), "", False)
