"""What of a person's documents is looked for, and how it could be spelled: byte for byte, in every encoding."""

import base64
import gzip
import io
import json
import re
import zipfile
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from urllib.parse import quote, quote_plus

import msgspec
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from kiosk.demo.shop import Papers
from kiosk.tracking.sandbox.seed import SeedPatient

DEEPEST = 4
"""So many wrappings are opened: a picture's text in a zip in a base64 text in a file."""

LEAST = 5
"""Shorter words are everywhere, and say nothing of anybody."""


@dataclass(frozen=True)
class Needle:
    """``what`` names it where it is found; ``plain`` is what must not be there. Letters match in any case."""

    what: str
    plain: bytes


def needles_of(person: SeedPatient, papers: Papers) -> list[Needle]:
    """The raw scans, each element of the licence that tells anything, and who the person is."""
    who, shown, born = person.about, person.photo_id, person.born
    found = {
        "card number": [papers.card.decode()],
        "licence number": [shown.number],
        "family name": [person.family, person.on_photo_id.family],
        "given name": [person.given],
        "birth date": [born.isoformat(), born.strftime("%m%d%Y"), born.strftime("%Y%m%d"), born.strftime("%m/%d/%Y")],
        "element": [line for line in papers.photo_id.decode("latin-1").split("\n")[2:] if len(line) > 7],
    }
    words = [
        Needle(f"{what} of {who}", word.encode())
        for what, each in found.items()
        for word in dict.fromkeys(each)
        if len(word) >= LEAST
    ]
    return [Needle(f"photo ID of {who}", papers.photo_id), *words]


def spellings(plain: bytes) -> set[bytes]:
    """How these bytes look in every encoding that could occur, in lower case."""
    try:
        letters = plain.decode()
    except UnicodeDecodeError:
        letters = plain.decode("latin-1")
    found = {plain}
    for cased in {letters, letters.upper(), letters.lower(), letters.title()}:
        raw = cased.encode()
        found |= {
            raw,
            cased.encode("latin-1", "replace"),
            cased.encode("utf-16-le"),
            cased.encode("utf-16-be"),
            json.dumps(cased)[1:-1].encode(),
            json.dumps(cased, ensure_ascii=False)[1:-1].encode(),
            repr(raw)[2:-1].encode(),
            quote(raw).encode(),
            quote_plus(raw).encode(),
            raw.hex().encode(),
            msgspec.msgpack.encode(cased),
            *_base64(raw),
        }
    return {each.lower() for each in found if each}


def _base64(raw: bytes) -> Iterator[bytes]:
    """Wherever in a longer text these bytes begin, three ways, without the letters their neighbours share."""
    for before in range(3):
        text = base64.b64encode(bytes(before) + raw)
        begin, end = -(-before * 8 // 6), (before + len(raw)) * 8 // 6
        yield text[begin:end]
        yield text[begin:end].translate(bytes.maketrans(b"+/", b"-_"))


class Searcher:
    """Looks for all needles at once. ``found(data)`` gives the names of those that are in the bytes."""

    def __init__(self, needles: list[Needle]) -> None:
        self._by_head: dict[bytes, list[tuple[bytes, str]]] = {}
        for needle in needles:
            for spelling in spellings(needle.plain):
                assert len(spelling) >= LEAST
                self._by_head.setdefault(spelling[:LEAST], []).append((spelling, needle.what))

    def found(self, data: bytes) -> set[str]:
        return {what for each in unwrapped(data) for what in self._in(each.lower())}

    def _in(self, data: bytes) -> Iterator[str]:
        """Thousands of spellings in one walk over the bytes: first which could begin here, then which does."""
        data = re.sub(rb"\0{64,}", bytes(64), data)
        heads = {data[at : at + LEAST] for at in range(len(data) - LEAST + 1)} & self._by_head.keys()
        for head in heads:
            yield from (what for spelling, what in self._by_head[head] if spelling in data)


def unwrapped(data: bytes, depth: int = 0) -> Iterator[bytes]:
    """These bytes, and what is in the streams, archives, pictures and base64 texts in them."""
    data = _without_pixels(data)
    yield data
    if depth == DEEPEST:
        return
    for take in (_streams, _zips, _base64_texts):
        for inner in take(data):
            yield from unwrapped(inner, depth + 1)


def _streams(data: bytes) -> Iterator[bytes]:
    """zlib and gzip streams, whole or cut off."""
    for begin in re.finditer(rb"\x78[\x01\x5e\x9c\xda]|\x1f\x8b\x08", data):
        inflated = _inflated(data[begin.start() :], 15 + 32)
        if inflated:
            yield inflated


def _zips(data: bytes) -> Iterator[bytes]:
    """Members by their own headers, so that half an archive is read as well."""
    for begin in re.finditer(rb"PK\x03\x04", data):
        head = data[begin.start() : begin.start() + 30]
        if len(head) == 30 and int.from_bytes(head[8:10], "little") == 8:
            skip = 30 + int.from_bytes(head[26:28], "little") + int.from_bytes(head[28:30], "little")
            inflated = _inflated(data[begin.start() + skip :], -15)
            if inflated:
                yield inflated


def _without_pixels(data: bytes) -> bytes:
    """What the eye sees in a PNG is not looked at, everything beside it is."""
    kept = []
    for part in re.split(rb"(?=\x89PNG\r\n\x1a\n)", data):
        at = 8 if part.startswith(b"\x89PNG") else len(part)
        kept.append(part[:at])
        while at < len(part):
            end = at + 12 + int.from_bytes(part[at : at + 4], "big")
            if part[at + 4 : at + 8] != b"IDAT":
                kept.append(part[at:end])
            at = end
    return b"".join(kept)


def _base64_texts(data: bytes) -> Iterator[bytes]:
    """Those that hold one of the above; the letters before them may be anybody's."""
    for run in re.finditer(rb"[A-Za-z0-9+/]{24,}|[A-Za-z0-9_-]{24,}", data):
        letters = run.group().translate(bytes.maketrans(b"-_", b"+/"))
        for begin in range(4):
            decoded = base64.b64decode(letters[begin : begin + (len(letters) - begin) // 4 * 4])
            if re.search(rb"\x78[\x01\x5e\x9c\xda]|\x1f\x8b\x08|PK\x03\x04", decoded):
                yield decoded


def _inflated(data: bytes, window: int) -> bytes:
    machine, out = zlib.decompressobj(window), b""
    try:
        for at in range(0, len(data), 4096):
            out += machine.decompress(data[at : at + 4096])
            if machine.eof:
                break
    except zlib.error:
        pass
    return out


def _picture(raw: bytes, *, packed: bool) -> bytes:
    info, buffer = PngInfo(), io.BytesIO()
    info.add_text("Comment", raw.decode("latin-1"), zip=packed)
    Image.new("RGB", (40, 40), "white").save(buffer, format="PNG", pnginfo=info)
    return buffer.getvalue()


def _zipped(raw: bytes) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a", raw)
    return buffer.getvalue()


HIDDEN: dict[str, Callable[[bytes], bytes]] = {
    "as it is": bytes,
    "upper case": bytes.upper,
    "lower case": bytes.lower,
    "utf-16, little end": lambda raw: raw.decode().encode("utf-16-le"),
    "utf-16, big end": lambda raw: raw.decode().encode("utf-16-be"),
    "latin-1": lambda raw: raw.decode().encode("latin-1"),
    "json": lambda raw: json.dumps({"a": raw.decode()}).encode(),
    "repr": lambda raw: repr(raw).encode(),
    "msgpack": lambda raw: msgspec.msgpack.encode({"a": raw.decode(), "b": raw}),
    "url": lambda raw: quote(raw).encode(),
    "form": lambda raw: quote_plus(raw).encode(),
    "hex": lambda raw: raw.hex().encode(),
    "hex, upper case": lambda raw: raw.hex().upper().encode(),
    "base64": base64.b64encode,
    "base64, one byte on": lambda raw: base64.b64encode(b"x" + raw + b"yz"),
    "base64, two bytes on": lambda raw: base64.urlsafe_b64encode(b"xy" + raw + b"z"),
    "zlib": zlib.compress,
    "gzip": gzip.compress,
    "zip": _zipped,
    "picture's text": lambda raw: _picture(raw, packed=False),
    "picture's packed text": lambda raw: _picture(raw, packed=True),
    "gzip in base64": lambda raw: base64.b64encode(gzip.compress(raw)),
    "zlib in zip": lambda raw: _zipped(zlib.compress(raw)),
}
"""Every way something could be hidden, for the proof that it would be found."""
