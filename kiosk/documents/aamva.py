"""The frame of an AAMVA licence barcode (PDF417): from bytes to elements, or the key of a reason.

Sources: AAMVA DL/ID Card Design Standard, editions 2000 to 2020, annex D; what issuers and scanners do to it is known
from public bug reports. The rule for all of it: a licence read through damage is either certainly the same licence,
or it is refused. Certainty comes from the directory: it tells the exact length of the licence subfile, so a character
that was lost, doubled or put in by a keyboard scanner does not go unseen. Systematic replacements that keep the length
(``|`` for line feed, a letter M for carriage return, ``6`` for the record separator) are
undone; the rest is not guessed.
"""

import re
from typing import NamedTuple

from kiosk.documents.issuers import SAMPLES, Issuer, issuer
from kiosk.documents.licence import Elements, photo_id
from kiosk.model.documents import PhotoId

_MAGIC = re.compile(r"(?:ANSI |AAMVA)(?=[0-9]{6})")
_LIKE_MAGIC = re.compile(rb"(?:ANSI ?|AAMVA ?)\d{4}|[@\n\r\x1e][ acM6]{0,3}(?:ANSI|AAMVA)", re.IGNORECASE)
_LIKE_ELEMENTS = re.compile(rb"(?:^|[\n\r])(?:DL|ID)?D[A-D][A-Z][^\n\r]*(?=[\n\r])")
_HEAD = re.compile(r"[\n\r\x1e\x1c\x1d @6MJac^Ü|\t]{0,12}")
_ENTRY = re.compile(r"(DL|ID|EN|Z[A-Z0-9])([0-9]{4})([0-9]{4})")
_ELEMENT = re.compile(r"(D[A-Z]{2}|PA[A-F]|Z[A-Z][A-Z0-9])(.*)", re.DOTALL)
_AFTER_LETTERS = re.compile(r"[\n\r]|$|[DZP][A-Z][A-Z0-9]")
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")
_SOCIAL_SECURITY = frozenset({"DBK", "DBM"})
_PERSON = frozenset({"DAQ", "DCS", "DCT", "DAA", "DAB", "DAC", "DAD", "DBB", "DCU", "DAE"})
_Z_TOLERANCE = 4
"""Bytes by which an issuer's own subfile may fall short of its entry; the standard's own examples are wrong by one."""


class _Entry(NamedTuple):
    kind: str
    offset: int
    length: int


class _Directory(NamedTuple):
    version: str
    entries: list[_Entry]
    end: int


class _Body(NamedTuple):
    """Everything behind the directory. Elements end with LF, subfiles with ``terminator``.

    ``plain`` means that LF and CR are still two things, as they were on the card.
    """

    text: str
    terminator: str
    plain: bool

    @classmethod
    def of(cls, text: str, head: str, start: int) -> "_Body":
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
        if last != self.terminator and (self.plain or last != "\n"):
            lost = not self.plain and content[-1] not in "\n" + ("" if self.terminator == "\n" else self.terminator)
            goes_on = self.begins(follower, end - 1) if follower else end - 1 == len(self.text)
            return (content, end - 1) if lost and goes_on else None
        if not self.plain and content[-1] == "\n":
            return None
        if follower:
            return (content, end) if self.begins(follower, end) else None
        return None if (rest.strip("\r\n " + padding) if self.plain else rest) else (content, end)


def is_compact(data: bytes) -> bool:
    """The compact encoding of ISO/IEC 18013-2."""
    return data.startswith(bytes.fromhex("A0000002480100"))


def is_mistyped(data: bytes) -> bool:
    """A keyboard scanner and the computer disagree about the keyboard's language.

    ``@`` typed as ``"`` is a British or Central European layout; in the latter Y and Z are swapped too, which no
    later check could see in a name. ``QNSI`` is French, ``ABOC`` Dvorak.
    """
    return (
        re.match(rb"""[\s\x1e6M]{0,6}(?:"[^A-Za-z]{0,6}[6aMc^]{0,4}(?:ANSI|AAMVA)|[\s\S]{0,8}(?:QNSI|ABOC) )""", data)
        is not None
    )


def is_licence(data: bytes) -> bool:
    """Was a licence, whole or not."""
    return _LIKE_MAGIC.search(data) is not None or len(_LIKE_ELEMENTS.findall(data)) >= 4


def read(data: bytes) -> PhotoId | str:
    """The licence's facts, or the key of the reason why not."""
    text = _repaired(data)
    heads = list(_MAGIC.finditer(text))
    if not heads:
        return "licence_damaged"
    if len(heads) > 1:
        half, odd = divmod(len(text), 2)
        if odd or text[:half] != text[half:] or len(heads) != 2:
            return "two_scans"
        text = text[:half]
    head, body_at = text[: heads[0].start()], heads[0].end()
    if _HEAD.fullmatch(head) is None or not ("@" in head or "\x1e" in head):
        return "licence_damaged"
    iin = text[body_at : body_at + 6]
    if iin in SAMPLES:
        return "licence_sample"
    directory = _directory(text, body_at + 6)
    if directory is None:
        return "licence_layout"
    body = _Body.of(text, head, directory.end)
    if "\n" not in body.text.strip("\r\n"):
        return "licence_separators"
    pieces = _pieces(body, directory, issuer(iin))
    if isinstance(pieces, str):
        return pieces
    warnings = ["carriage_return_typed"] if body.terminator == "M" else []
    elements = _elements(pieces, warnings)
    if isinstance(elements, str):
        return elements
    return photo_id(elements, iin, directory.version, warnings)


def _repaired(data: bytes) -> str:
    """Text in the standard's own characters; undoes only what a transport does to the whole of a scan."""
    text = data.decode("latin-1").lstrip(" \x00\x02").rstrip("\x00\x03\x04 ")
    if not data.isascii():
        try:
            text = data.decode("utf-8").encode("latin-1").decode("latin-1").lstrip(" \x00\x02").rstrip("\x00\x03\x04 ")
        except UnicodeError:
            text = re.sub(r"[\x80-\x9f]+([\n\r\x1c-\x1e])[\x80-\x9f]*", r"\1", text)
    if re.match(r"[^A-Za-z]{0,12}(?:ansi |aamva)\d{6}", text):
        text = text.swapcase()
    if re.match(r"@\^J", text):
        text = text.replace("^^", "\x1e").replace("^J", "\n").replace("^M", "\r")
    if text.count("\r\n") >= 3 and text.count("\r\n") == text.count("\n"):
        text = text.replace("\r\n", "\n")
    found = _MAGIC.search(text)
    if found is not None and "\n" not in text[found.end() :].rstrip("\r\n"):
        for substitute in "|\t":
            if text.count(substitute, found.end()) >= 5:
                text = text[: found.end()] + text[found.end() :].replace(substitute, "\n")
                break
    return text


def _directory(text: str, at: int) -> _Directory | None:
    """Version and entries. The jurisdiction's version is absent up to 01, and some 2003 cards leave it out as well."""
    version = text[at : at + 2]
    if re.fullmatch(r"[0-9]{2}", version) is None:
        return None
    without, with_it = at + 2, at + 4
    for start in (without, with_it) if version <= "01" else (with_it, without):
        count = text[start : start + 2]
        if re.fullmatch(r"[0-9]{2}", count) is None or count == "00":
            continue
        entries: list[_Entry] = []
        position = start + 2
        while len(entries) < int(count) and (found := _ENTRY.match(text, position)) is not None:
            entries.append(_Entry(found[1], int(found[2]), int(found[3])))
            position = found.end()
        if len(entries) == int(count):
            return _Directory(version, entries, position)
    return None


def _pieces(body: _Body, directory: _Directory, by: Issuer | None) -> list[str] | str:
    """The licence's own subfiles without letters and terminator, each exactly as long as its entry says."""
    entries = directory.entries
    if all(entry.offset for entry in entries):
        entries = sorted(entries, key=lambda entry: entry.offset)
    excess = by.dl_length_excess.get(directory.version, 0) if by is not None else 0
    padding = by.padding_after if by is not None else ""
    pieces: list[str] = []
    at = 0
    for n, (kind, _, length) in enumerate(entries):
        follower = entries[n + 1].kind if n + 1 < len(entries) else ""
        if kind.startswith("Z") and pieces:
            if at + length > len(body.text) + _Z_TOLERANCE:
                return "cut_off"
            if n + 1 == len(entries):
                break  # the licence itself is whole already, and an issuer's own data is not read
        named = body.begins(kind, at)
        if not named and _ELEMENT.match(body.text, at) is None:
            return "licence_length" if at + 2 < len(body.text) else "cut_off"
        # where the letters are missing, nobody knows whether the issuer counted them
        lengths = (length - excess,) if named else (length - excess, length - excess - 2)
        found = next(filter(None, (body.piece(at, one, follower, padding) for one in lengths)), None)
        if found is None:
            return "cut_off" if at + lengths[0] > len(body.text) + 1 else "licence_length"
        if not kind.startswith("Z"):
            pieces.append(found[0][2 if named else 0 :])
        at = found[1]
    return pieces or "licence_layout"


def _elements(pieces: list[str], warnings: list[str]) -> Elements | str:
    elements: Elements = {}
    for line in (line for piece in pieces for line in piece.removeprefix("\n").removesuffix("\n").split("\n")):
        found = _ELEMENT.fullmatch(line)
        if found is None:
            return "licence_separators"
        key, value = found[1], found[2].strip(" ")
        if _CONTROL.search(value):
            return "control_characters"
        if key in _SOCIAL_SECURITY:
            continue
        first = elements.setdefault(key, value)
        if first != value and value:
            if key in _PERSON:
                return "licence_two_cards"
            warnings.append("element.repeated")
    return elements
