"""The frame of an AAMVA licence barcode (PDF417): from bytes to elements, or the key of a reason.

Sources: AAMVA DL/ID Card Design Standard, editions 2000 to 2020, annex D; what issuers and scanners do to it is known
from public bug reports. The rule for all of it: a licence read through damage is either certainly the same licence,
or it is refused. Certainty comes from the directory: it tells the exact length of the licence subfile, so a character
that was lost, doubled or put in by a keyboard scanner does not go unseen. What was done to the whole of a scan is
undone first (``transport``); what happened in one place is not guessed.
"""

import re

from kiosk.documents.closed import closed
from kiosk.documents.identified import Identified
from kiosk.documents.issuers import SAMPLES, Issuer, issuer
from kiosk.documents.licence import Elements, identified, stated_twice, swallows
from kiosk.documents.separators import restored
from kiosk.documents.subfiles import (
    Z_TOLERANCE,
    Body,
    Directory,
    Entry,
    directory_at,
    exact_pieces,
    is_own,
    without_pairs,
)
from kiosk.documents.transport import repaired

_MAGIC = re.compile(r"(?:ANSI |AAMVA)(?=[0-9]{6})")
_CLEAN = re.compile(rb"@\n\x1e\r(?:ANSI |AAMVA)[0-9]{6}")
_LIKE_MAGIC = re.compile(rb"(?:ANSI ?|AAMVA ?)\d{4}|[@\n\r\x1e][ acM6]{0,3}(?:ANSI|AAMVA)", re.IGNORECASE)
_LIKE_ELEMENTS = re.compile(rb"(?:^|[\n\r])(?:DL|ID)?D[A-D][A-Z][^\n\r]*(?=[\n\r])")
_MISTYPED = re.compile(
    rb"""[\s\x1e6M]{0,6}(?:"[^A-Za-z]{0,6}[6aMc^]{0,4}(?:ANSI|AAMVA)"""
    rb"""|[^@\s\x1e6M|\x80-\xff][\x00-\x1f]{2,4}(?:ANSI|AAMVA)|[\s\S]{0,8}(?:QNSI|ABOC) )"""
)
_HEAD = re.compile(r"[\x00-\x1f @6MJac^Ü|?;~]{0,12}")
"""What may be left of the four bytes before the file type: control keys that were typed, in place of any of them."""
_NO_DIRECTORY = re.compile(r"[0-9]{2}(?:DL|ID)[a-z]{4}(?=DL|ID)")
_LINE = r"(?:D[A-Z]{2}|PA[A-F]|Z[A-Z][A-Z0-9])[^\x00-\x1f\x7f-\xa0\xad]*+"
_LINES = re.compile(rf"(?:{_LINE}(?:\n|\Z))++")
_SOUND = re.compile(
    r"@\n\x1e\r(?:ANSI |AAMVA)(?P<iin>[0-9]{6})(?:(?P<old>0[01])|(?P<version>[0-9]{2})[0-9]{2})"
    r"(?:01(?P<kind>DL|ID|EN)(?P<offset>[0-9]{4})(?P<length>[0-9]{4})"
    r"|02(?P<kind2>DL|ID|EN)(?P<offset2>[0-9]{4})(?P<length2>[0-9]{4})(?P<own>Z[A-Z0-9])[0-9]{4}(?P<rest>[0-9]{4}))"
    rf"(?P<subfile>(?:(?P=kind)|(?P=kind2))(?P<lines>{_LINE}(?:\n{_LINE})*+)\r)"
    r"(?P<follower>(?P=own)(?=[\n\r]|\Z|[DZP][A-Z][A-Z0-9])|\Z)"
)
"""A licence as the standard has it, with its own data behind it or nothing. Most are; the rest is read with care."""
_CONTROL = re.compile(r"[\x00-\x09\x0b-\x1f\x7f-\xa0\xad]")
_SOCIAL_SECURITY = ("DBK", "DBM")
_PERSON = frozenset({"DAQ", "DCS", "DCT", "DAA", "DAB", "DAC", "DAD", "DBA", "DBB", "DBD", "DCU", "DAE"})


_STRIPPED = 2
"""Line ends that a program takes off the end of what it was given: some issuers close a subfile with LF and CR."""


def is_compact(data: bytes) -> bool:
    """The compact encoding of ISO/IEC 18013-2."""
    return data.startswith(bytes.fromhex("A0000002480100"))


def is_mistyped(data: bytes) -> bool:
    """A keyboard scanner and the computer disagree about the keyboard's language.

    ``@`` typed as ``"`` is a British or Central European layout, as another character a German one; there Y and Z are
    swapped too, which no later check could see in a name. ``QNSI`` is French, ``ABOC`` Dvorak.
    """
    return _MISTYPED.match(data) is not None


def is_licence(data: bytes) -> bool:
    """Was a licence, whole or not."""
    return is_clean(data) or _LIKE_MAGIC.search(data) is not None or len(_LIKE_ELEMENTS.findall(data)) >= 4


def is_clean(data: bytes) -> bool:
    """Begins exactly as the standard says."""
    return _CLEAN.match(data) is not None


def read(data: bytes) -> Identified | str:
    """The licence's facts, or the key of the reason why not."""
    if is_clean(data) and data.isascii():
        text = data.decode("ascii").rstrip("\x00\x03\x04 ")
        if (sound := _sound(text)) is not None:
            return sound
    return _careful(*repaired(data))


def _careful(text: str, pairs: bool = False) -> Identified | str:
    first = _MAGIC.search(text)
    if first is None:
        return "licence_damaged"
    if (more := len(_MAGIC.findall(text, first.end()))) > 0:
        half, odd = divmod(len(text), 2)
        if odd or text[:half] != text[half:] or more > 1:
            return "two_scans"
        text = text[:half]
    head, body_at = text[: first.start()], first.end()
    if _HEAD.fullmatch(head) is None or not ("@" in head or "\x1e" in head):
        return "licence_damaged"
    iin = text[body_at : body_at + 6]
    if iin in SAMPLES:
        return "licence_sample"
    directory = directory_at(text, body_at + 6)
    if directory is None:
        return _without_directory(text, body_at + 6, iin)
    body = Body.of(text, head, directory.end)
    warnings = ["carriage_return_typed"] if body.terminator == "M" else []
    pieces: list[str] | str
    raw = text[directory.end :]
    if "\n" not in raw.rstrip("\r\n") and raw.count("\r") <= len(directory.entries) + 1:
        pieces = _without_separators(raw.rstrip("\n"), directory)
        warnings.append("separators.restored")
    else:
        pieces = exact_pieces(body, directory, issuer(iin))
        if isinstance(pieces, str) and pairs:
            directory = without_pairs(directory, body)
            pieces = exact_pieces(body, directory, issuer(iin))
        if pieces in ("licence_length", "cut_off") and (lines := _closed(body, head, directory, issuer(iin))):
            pieces = [lines]
            warnings.append("directory.length")
    if isinstance(pieces, str):
        return pieces
    elements = _elements(pieces, directory.version, warnings)
    if isinstance(elements, str):
        return elements
    return identified(elements, iin, directory.version, warnings)


def _closed(body: Body, head: str, directory: Directory, by: Issuer | None) -> str | None:
    first, *more = directory.entries
    if first.kind[0] == "Z" or any(entry.kind[0] != "Z" for entry in more):
        return None
    if not body.plain and "\r" in head and first.length - len(body.text) > _STRIPPED:
        return None  # where carriage returns came through, the one at the end is missing
    padding = by.padding_after if by is not None else ""
    misplaced = first.offset not in (0, directory.start)
    return closed(
        *(body.text, body.terminator, first.length, bool(more), padding), rewritten=not body.plain, misplaced=misplaced
    )


def _sound(text: str) -> Identified | None:
    """The quick way for a licence whose every number is exact; None: to be looked at with care."""
    found = _SOUND.match(text)
    if found is None:
        return None
    iin, old, version, _, offset, length, _, offset2, length2, own, rest, subfile, lines, follower = found.groups()
    start, end = found.span("subfile")
    if start != int(offset or offset2) or len(subfile) != int(length or length2) or follower != (own or ""):
        return None
    if abs(len(text) - end - int(rest or 0)) > Z_TOLERANCE or not is_own(text[end:], ""):
        return None
    if text.find("ANSI ", 9) >= 0 or text.find("AAMVA", 9) >= 0:
        return None
    by = issuer(iin)
    if by is None or by.dl_length_excess:
        return None
    warnings: list[str] = []
    elements = _elements([lines], old or version, warnings)
    if isinstance(elements, str):
        return None
    identity = identified(elements, iin, old or version, warnings)
    return None if isinstance(identity, str) else identity


def _without_directory(text: str, at: int, iin: str) -> Identified | str:
    """Alberta prints letters where the directory's numbers belong. Nothing tells a length then.

    Read only where the card says each name twice and its number has the one shape that its issuer uses: then a
    character lost or put in does not go unseen. Of the address, which has neither, nothing is told.
    """
    version, by = text[at : at + 2], issuer(iin)
    found = _NO_DIRECTORY.match(text, at + 4)
    if by is None or not by.elements or found is None or not version.isdigit():
        return "licence_layout"
    piece = text[found.end() + 2 :].replace("\r", "\n")
    if not piece.endswith("\n"):
        return "cut_off"
    warnings = ["directory.missing"]
    elements = _elements([piece.rstrip("\n")], version, warnings)
    if isinstance(elements, str):
        return elements
    if not stated_twice(elements, by):
        return "licence_layout"
    for key in ("DAG", "DAH", "DAI", "DAK", "DAU"):
        elements.pop(key, None)
    identity = identified(elements, iin, version, warnings)
    return identity if warnings == ["directory.missing"] else "licence_layout"


def _without_separators(text: str, directory: Directory) -> list[str] | str:
    """The licence's own subfile, where all line feeds are gone, and perhaps the carriage returns with them."""
    entries = directory.entries
    kind, _, length = entries[0]
    follower = entries[1].kind if len(entries) > 1 else ""
    whole, mark, rest = text.partition("\r")
    if not mark and follower:
        ends = [found.start() for found in re.finditer(rf"{follower}(?={follower}[A-Z0-9])", text)]
        whole, rest = (text[: ends[0]], text[ends[0] :]) if len(ends) == 1 else ("", "")
    elif not rest.startswith(follower) or (not follower and rest.strip("\r")):
        return "licence_separators"
    if follower and (len(rest) > entries[1].length or not is_own(rest, "")):
        return "two_scans"
    lines = None
    if kind[0] != "Z" and whole.startswith(kind) and len(entries) < 3:
        lines = restored(whole, length - (_ends_twice(rest, entries[1]) if follower else 0), directory.version)
    return "licence_separators" if lines is None else [lines]


def _ends_twice(own: str, entry: Entry) -> bool:
    """Does this issuer end a subfile with LF and CR? Its own one tells, by the signs that went missing in it."""
    text = own.rstrip("\r")
    elements = len(re.findall(entry.kind + "[A-Z0-9]", text[2:]))
    return entry.length - len(text) - (elements - 1) == 2


def _elements(pieces: list[str], version: str, warnings: list[str]) -> Elements | str:
    elements: Elements = {}
    for piece in pieces:
        text = piece.removeprefix("\n").removesuffix("\n")
        if _LINES.fullmatch(text) is None:
            return "control_characters" if _CONTROL.search(text) else "licence_separators"
        lines = text.split("\n")
        # the first value of an element counts, hence backwards and under what earlier pieces said
        found = {line[:3]: line[3:].strip(" ") for line in reversed(lines)} | elements
        if len(found) - len(elements) < len(lines) and (reason := _repeated(lines, found, warnings)):
            return reason
        elements = found
    for piece in pieces:
        if swallows(piece, elements, version):
            return "licence_separators"
    for key in _SOCIAL_SECURITY:
        elements.pop(key, None)
    return elements


def _repeated(lines: list[str], elements: Elements, warnings: list[str]) -> str:
    """The first value of an element counts; a second, different name or number is a second card's."""
    for line in lines:
        value = line[3:].strip(" ")
        if value and elements[line[:3]] != value:
            if line[:3] in _PERSON:
                return "licence_two_cards"
            warnings.append("element.repeated")
    return ""
