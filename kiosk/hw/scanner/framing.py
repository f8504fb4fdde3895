"""From chunks of bytes with arrival times to whole scans. No input or output of its own.

A terminator alone cannot end a scan: the barcode of a licence holds CR and LF itself, and a passport's lines are
parted by CR. So a terminator ends a plain code at once, and a document only when its own directory says that
nothing is missing; silence ends everything else.
"""

import re
from collections import Counter

from kiosk.model.base import Noun
from kiosk.model.documents import Reading

_ENDS = b"\r\n"
_PADDING = b"\x00\x02\x03\x7f"  # STX and ETX of ID readers, NUL and DEL of noisy lines
_TRACKS = (b"%", b";", b"+")  # start sentinels of the three tracks, ISO/IEC 7811
_BOM = b"\xef\xbb\xbf"
_AIM = re.compile(rb"\][A-Za-z][0-9A-Za-z]")
_ANSI = re.compile(rb"(?:ANSI |AAMVA)\d{6}\d{2}(?:\d{2})?(\d{2})((?:[A-Z]{2}\d{8})+)")
_ENTRY = re.compile(rb"[A-Z][A-Z0-9](\d{4})(\d{4})")
_SEGMENT_END = re.compile(rb"\n*\r")
_MRZ_LINE = re.compile(rb"[PACIV][A-Z<][A-Z0-9<]{28,42}", re.IGNORECASE)  # keys may come in lower case
_MRZ_LINES = {30: 3, 36: 2, 44: 2}


class FrameRules(Noun, frozen=True, kw_only=True):
    """How one device sends.

    ``quiet`` is the silence in seconds that ends a scan: 0.06 for serial, 0.15 at 9600 baud and less, 0.12 for keys,
    0.25 for keys with a delay between them. ``least`` is the shortest scan in bytes; anything shorter is somebody
    typing. ``aim`` says that the device is set to send AIM identifiers, so that a leading ``]`` is not data.
    ``prefix`` and ``suffix`` are what the device is set to put around each scan, besides or instead of CR and LF.
    ``typed``: it sends keys.
    """

    quiet: float = 0.06
    least: int = 1
    most: int = 4096
    aim: bool = False
    prefix: bytes = b""
    suffix: bytes = b""
    typed: bool = False
    no_read: tuple[bytes, ...] = (b"NR", b"NOREAD", b"NO READ", b"ERROR")


class Framer:
    """Feed it what arrives, ask it again at :attr:`due`. ``dropped`` counts by reason what did not become a scan."""

    def __init__(self, device: str, rules: FrameRules) -> None:
        self._device = device
        self._rules = rules
        self._buffer = bytearray()
        self._first = 0.0
        self._last = 0.0
        self._spoilt = ""
        self.dropped: Counter[str] = Counter()

    @property
    def due(self) -> float | None:
        """Monotonic time at which silence will have ended the open scan; None while none is open."""
        return self._last + self._rules.quiet if self._buffer or self._spoilt else None

    def feed(self, data: bytes, at: float) -> list[Reading]:
        """Takes a chunk that arrived at ``at`` (monotonic seconds) and returns the scans it completed."""
        readings = self.tick(at)
        for byte in data:
            if self._spoilt:
                break
            if byte in _ENDS and not self._open(byte):
                readings += self._end()
                continue
            if not self._buffer:
                self._first = at
            self._buffer.append(byte)
            if byte in _ENDS and self._complete():
                readings += self._end(exact=True)
            elif self._rules.suffix and self._buffer.endswith(self._rules.suffix) and not self._open():
                readings += self._end()
            elif len(self._buffer) > self._rules.most:
                self._spoil("too_long")
        if data:
            self._last = max(self._last, at)
        return readings

    def tick(self, now: float) -> list[Reading]:
        """Ends the open scan if its silence is over."""
        if self.due is None or now < self.due:
            return []
        if self._spoilt:
            self._spoilt = ""
            return [Reading(data=b"", device=self._device, at=self._first, complete=False)]
        return self._end()

    def spoil(self, at: float, reason: str = "overrun") -> None:
        """Bytes were lost under way: nothing of this scan is delivered, not even the rest that still comes."""
        if self.due is None:
            self._first = at
        self._last = max(self._last, at)
        self._spoil(reason)

    def cut(self) -> None:
        """The device went away. An open scan is forgotten: half a code is not a code."""
        if self._buffer or self._spoilt:
            self.dropped["cut"] += 1
        self._spoilt = ""
        self._wipe()

    def _spoil(self, reason: str) -> None:
        if not self._spoilt:
            self.dropped[reason] += 1
        self._spoilt = reason
        self._wipe()

    def _wipe(self) -> None:
        # The buffer held an ID: overwrite it in place before it is given back (a bytearray keeps its memory).
        self._buffer[:] = bytes(len(self._buffer))
        del self._buffer[:]

    def _open(self, terminator: int = 0) -> bool:
        """Whether ``terminator`` may be a part of what is coming in."""
        if self._buffer[1:2] == b"\n" or (len(self._buffer) == 1 and terminator == 0x0A):
            return True  # one character and LF: a licence whose ``@`` came as another keyboard's sign, to be told whole
        head = bytes(self._buffer[:12]).lstrip(_PADDING)
        head = head.removeprefix(self._rules.prefix)
        if head.startswith((b"@", b"]L")) or b"ANSI " in head or b"AAMVA" in head:
            return True
        if head.startswith(_TRACKS) and b"?" in self._buffer:
            return True  # a stripe: some readers send each of its tracks with an end of its own
        if self._rules.aim and _AIM.match(head) and head[3:4] == b"@":
            return True
        return bool(self._buffer) and self._lines_missing() > 0

    def _lines_missing(self) -> int:
        """Lines that a machine readable zone still lacks; 0 for anything else. ICAO 9303: 3 x 30, 2 x 36 or 2 x 44."""
        if len(self._buffer) > 110:
            return 0
        lines = [line for line in re.split(rb"[\r\n]+", bytes(self._buffer).strip(_PADDING)) if line]
        if not lines:
            return 0
        first = _AIM.sub(b"", lines[0], count=1) if self._rules.aim else lines[0]
        if b"<" not in first or not _MRZ_LINE.fullmatch(first):
            return 0
        return max(0, _MRZ_LINES.get(len(first), 0) - len(lines))

    def _complete(self) -> bool:
        """A terminator came inside an open document: was it the last byte the document's own directory announced?

        AAMVA DL/ID Card Design Standard, annex D: offsets count from the first byte of the header, and every subfile
        ends with the segment terminator CR. Both must agree, because printed offsets are sometimes wrong.
        """
        if self._buffer[-1] != 0x0D:
            return False
        data = bytes(self._buffer)
        found = _ANSI.search(data, 0, 200)
        start = data.find(b"@", 0, 12)
        if found is None or start < 0:
            return False
        entries = _ENTRY.findall(found[2])[: int(found[1])]
        if len(entries) != int(found[1]) or not entries:
            return False
        end = start + max(int(offset) + int(length) for offset, length in entries)
        return len(data) >= end and data.count(b"\r", found.end()) >= len(entries)

    def _end(self, *, exact: bool = False) -> list[Reading]:
        """``exact``: it ended by its own directory, and all of it is the document's."""
        data = bytes(self._buffer)
        self._wipe()
        data = data.removeprefix(_BOM).strip(_PADDING).removeprefix(self._rules.prefix)
        body = data if exact else data.rstrip(_ENDS + _PADDING)
        if self._rules.suffix:
            body = body.removesuffix(self._rules.suffix)
        if b"ANSI " in body[:40] and (terminator := _SEGMENT_END.match(data, len(body))):
            body += terminator[0]  # the document's own, up to its CR; what follows is the device's
        if not body:
            return []
        if body in self._rules.no_read:
            self.dropped["no_read"] += 1
            return []
        if len(body) < self._rules.least:
            self.dropped["fragment"] += 1
            return []
        symbology = ""
        if self._rules.aim and (aim := _AIM.match(body)):
            symbology, body = aim[0].decode("ascii"), body[3:]
        typed = self._rules.typed
        return [Reading(data=body, device=self._device, at=self._first, symbology=symbology, typed=typed)]
