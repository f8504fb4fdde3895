"""What stands behind a licence's directory: its own subfiles, each exactly as long as the directory proves.

Source: AAMVA DL/ID Card Design Standard, editions 2000 to 2020, annex D. An issuer's own subfile (``Z…``) is not read;
but nothing else may stand in it or behind it, or a second document came in the same scan.
"""

import re
from operator import attrgetter
from typing import NamedTuple

from kiosk.documents.issuers import Issuer

ELEMENT = re.compile(r"D[A-Z]{2}|PA[A-F]|Z[A-Z][A-Z0-9]")
Z_TOLERANCE = 4
"""Bytes by which an issuer's own subfile may differ from its entry; the standard's own examples are wrong by one."""

_ENTRIES = "((?:(?:DL|ID|EN|Z[A-Z0-9])[0-9]{8})+)"
_LAYOUTS = re.compile("([0-9]{2})([0-9]{2})" + _ENTRIES), re.compile("([0-9]{2})[0-9]{2}([0-9]{2})" + _ENTRIES)
"""Version, number of entries and the entries, without and with the jurisdiction's version between."""
_OLDEST = re.compile("(00)([1-9])" + _ENTRIES)
"""Of cards from before 2000: one digit for the number of entries. The first offset has to agree."""
_AFTER_LETTERS = re.compile(r"[\n\r]|$|[DZP][A-Z][A-Z0-9]")
_OWN = re.compile(r"[\r\n\x00 ]*+(?:Z[^\r\n]*+[\r\n\x00 ]*+)*+")
_WIDTHS = {"DAK": 11, "DAR": 4, "DAS": 10, "DAT": 5}
"""Characters that the edition of 2000 fills up with blanks."""


class Entry(NamedTuple):
    kind: str
    offset: int
    length: int


_offset = attrgetter("offset")


class Directory(NamedTuple):
    version: str
    entries: list[Entry]
    end: int
    start: int
    """Where the subfiles begin, counted from the first byte of the header as offsets are."""


def directory_at(text: str, at: int) -> Directory | None:
    """Version and entries. The jurisdiction's version is absent up to 01, and some 2003 cards leave it out as well."""
    first, second = _LAYOUTS if text[at : at + 2] <= "01" else _LAYOUTS[::-1]
    for layout in (first, second, _OLDEST):
        found = layout.match(text, at)
        if found is None:
            continue
        version, count, listed = found.groups()
        length = 10 * int(count)
        if 0 < length <= len(listed):
            entries = [
                Entry(listed[n : n + 2], int(listed[n + 2 : n + 6]), int(listed[n + 6 : n + 10]))
                for n in range(0, length, 10)
            ]
            end = found.start(3) + length
            if layout is not _OLDEST or entries[0].offset == 15 + end - at:
                return Directory(version, entries, end, 15 + end - at)
    return None


class Body(NamedTuple):
    """Everything behind the directory. Elements end with LF, subfiles with ``terminator``.

    ``plain`` means that LF and CR are still two things, as they were on the card.
    """

    text: str
    terminator: str
    plain: bool

    @classmethod
    def of(cls, text: str, head: str, start: int) -> "Body":
        body = text[start:]
        if "\r" in body and "\n" in body.rstrip("\r\n"):
            return cls(body, "\r", True)
        # Control keys that were ignored: CR came as the letter M, in the head as well (``@``, LF, ``6M``).
        typed = "\x1e" not in head and "6" in head and "\r" not in head + body
        return cls(body.replace("\r", "\n"), "M" if typed else "\n", False)

    def begins(self, kind: str, at: int) -> bool:
        """Type letters and then an element or nothing: ``ZFZFA…`` begins once, not twice."""
        return self.text.startswith(kind, at) and _AFTER_LETTERS.match(self.text, at + 2) is not None

    def piece(self, start: int, length: int, follower: str, padding: str) -> tuple[str, int] | None:
        """The content of a subfile of exactly this length, and where it ends; None where it does not end like one.

        It ends with its terminator, and then comes the next one (``follower``) or nothing. The terminator itself may
        have been lost, if all of them were; one more or one less of anything else is never accepted.
        """
        end = start + length
        content, last, rest = self.text[start : end - 1], self.text[end - 1 : end], self.text[end:]
        if len(content) < 5:
            return None
        if self.plain and last == "\r" and follower:
            return (content, end) if self.begins(follower, end) else None
        if last != self.terminator and (self.plain or last != "\n"):
            lost = not self.plain and content[-1] not in "\n" + ("" if self.terminator == "\n" else self.terminator)
            goes_on = self.begins(follower, end - 1) if follower else end - 1 == len(self.text)
            return (content, end - 1) if lost and goes_on else None
        if not self.plain and content[-1] == "\n":
            return None
        if follower:
            return (content, end) if self.begins(follower, end) else None
        return None if (rest.strip("\r\n " + padding) if self.plain else rest) else (content, end)


def without_pairs(directory: Directory, body: Body) -> Directory:
    """The directory of an issuer who counts two characters at each line end, for a body that has one there."""
    first, *more = directory.entries
    own = re.search(rf"^{more[0].kind}", body.text, re.MULTILINE) if more else None
    ends = body.text.count("\n", 0, own.start() if own is not None else len(body.text))
    return directory._replace(entries=[first._replace(length=first.length - ends), *more])


def is_own(tail: str, padding: str) -> bool:
    """Is this an issuer's own data, element for element, or nothing? Whatever else it is came from another code."""
    return _OWN.fullmatch(tail.rstrip(padding) if padding else tail) is not None


def exact_pieces(body: Body, directory: Directory, by: Issuer | None) -> list[str] | str:
    """The licence's own subfiles without letters and terminator, each exactly as long as its directory proves."""
    entries = directory.entries
    if len(entries) > 1 and all(entry.offset for entry in entries):
        entries = sorted(entries, key=_offset)
    excess = by.dl_length_excess.get(directory.version, 0) if by is not None else 0
    padding = by.padding_after if by is not None else ""
    whole: list[str] = []
    at = 0
    for n, (kind, _, length) in enumerate(entries):
        follower = entries[n + 1].kind if n + 1 < len(entries) else ""
        if kind[0] == "Z" and whole:
            if at + length > len(body.text) + Z_TOLERANCE:
                return "cut_off"
            if n + 1 == len(entries):  # an issuer's own data is not read
                tail = body.text[at:].rstrip("\r\n " + padding)
                return whole if is_own(tail, padding) and len(tail) <= length + Z_TOLERANCE else "two_scans"
        named = body.begins(kind, at)
        if not named and ELEMENT.match(body.text, at) is None:
            return "licence_length" if at + 2 < len(body.text) else "cut_off"
        found = body.piece(at, length - excess, follower, padding)
        if found is None:
            found = _proven_otherwise(body, directory, entries[n:], at, named, padding)
        if found is None:
            return "cut_off" if at + length - excess > len(body.text) + 1 else "licence_length"
        if kind[0] != "Z":
            whole.append(found[0][2 if named else 0 :])
        at = found[1]
    return whole or "licence_layout"


def _proven_otherwise(
    body: Body, directory: Directory, entries: list[Entry], at: int, named: bool, padding: str
) -> tuple[str, int] | None:
    """A subfile whose length entry does not fit, where another number of the directory proves it whole all the same.

    What an issuer counts wrong, it counts wrong in one place; a character that went missing under way contradicts
    every number of the directory at once.
    """
    _, offset, length = entries[0]
    follower = entries[1].kind if len(entries) > 1 else ""
    lengths = []
    if not named:  # where the letters are missing, nobody knows whether the issuer counted them
        lengths.append(length - 2)
    if offset == directory.start + at + 2:  # counted from behind its letters, to the same end
        lengths.append(length + 2)
    if follower and entries[1].offset > directory.start + at:
        lengths.append(entries[1].offset - directory.start - at)
    if directory.version <= "01" and (blanks := _blanks_run_together(body.text)):
        lengths.append(length - blanks)
    for one in lengths:
        if (found := body.piece(at, one, follower, padding)) is not None:
            return found
    return None


def _blanks_run_together(text: str) -> int:
    """How many blanks are missing where each run of them came as one, as in what was copied from a web page."""
    if "  " in text:
        return 0
    filled = [line for line in re.split("[\r\n]", text) if line[:3] in _WIDTHS and line.endswith(" ")]
    return sum(3 + _WIDTHS[line[:3]] - len(line) for line in filled)
