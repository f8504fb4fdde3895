"""Commands to a phone held to a contactless reader, and its answers: bytes, lengths and chains. No input or output.

Sources: ISO/IEC 7816-4 (commands), ISO/IEC 18013-5, 8.3.3.1.2 (messages in ENVELOPE), NFC Forum Type 4 Tag 1.2 (NDEF).
What is said is a generator: it yields commands and is sent the answers.
"""

from collections.abc import Generator, Iterator
from typing import NamedTuple, TypeVar

from kiosk.hw.mdoc.framing import MOST
from kiosk.hw.mdoc.port import PhoneLost
from kiosk.model.documents import Contactless

T = TypeVar("T")

LICENCES = bytes.fromhex("A0000002480400")
"""The application of mobile licences."""
TAG = bytes.fromhex("D2760000850101")
"""The application that holds an NDEF message."""
SELECT, ENVELOPE, GET_RESPONSE, READ, UPDATE = 0xA4, 0xC3, 0xC0, 0xB0, 0xD6
BY_NAME, BY_FILE = 0x0400, 0x000C
CHAINED = 0x10
DONE, NOT_FOUND = 0x9000, 0x6A82
_CAPABILITIES = 0xE103
_WRAPPED = 0x53
_SHORT = 255
LONGEST_TAG = 4096
"""Bytes of an NDEF message; engagements are shorter."""


class Command(NamedTuple):
    """``most`` is how many bytes of answer are wanted, 0 for none, at most 65,536."""

    instruction: int
    parameters: int = 0
    data: bytes = b""
    most: int = 0
    chained: bool = False

    def encoded(self) -> bytes:
        """Short where it fits, else with extended lengths."""
        head = bytes([CHAINED if self.chained else 0, self.instruction]) + self.parameters.to_bytes(2, "big")
        if len(self.data) <= _SHORT and self.most <= _SHORT + 1:
            data = bytes([len(self.data)]) + self.data if self.data else b""
            return head + data + (bytes([self.most & 0xFF]) if self.most else b"")
        data = len(self.data).to_bytes(2, "big") + self.data if self.data else b""
        return head + b"\0" + data + ((self.most & 0xFFFF).to_bytes(2, "big") if self.most else b"")

    @classmethod
    def read(cls, encoded: bytes) -> "Command":
        """What :meth:`encoded` wrote. Raises ``ValueError``."""
        head, body = encoded[:4], encoded[4:]
        if len(head) < 4 or head[0] not in (0, CHAINED):
            raise ValueError("no command of this class")
        data, most = _lengths(body)
        return cls(head[1], int.from_bytes(head[2:], "big"), data, most, head[0] == CHAINED)


def _lengths(body: bytes) -> tuple[bytes, int]:
    """The data in a command's body, and how many bytes it wants."""
    if not body:
        return b"", 0
    wide = 2 if body[0] == 0 and len(body) > 1 else 1
    start = 1 if wide == 2 else 0
    first, rest = int.from_bytes(body[start : start + wide], "big"), body[start + wide :]
    everything = 1 << 8 * wide
    if len(body) < start + wide or (rest and (first == 0 or len(rest) not in (first, first + wide))):
        raise ValueError("its lengths do not fit")
    if not rest:
        return b"", first or everything
    last = rest[first:]
    return rest[:first], (int.from_bytes(last, "big") or everything) if last else 0


class Answer(NamedTuple):
    data: bytes
    status: int

    def encoded(self) -> bytes:
        return self.data + self.status.to_bytes(2, "big")

    @classmethod
    def read(cls, encoded: bytes) -> "Answer":
        """Raises ``PhoneLost`` for what is none."""
        if len(encoded) < 2:
            raise PhoneLost("mobile_damaged")
        return cls(encoded[:-2], int.from_bytes(encoded[-2:], "big"))


Saying = Generator[Command, Answer, T]


def choose(application: bytes) -> Saying[bool]:
    """Whether the phone has it and has turned to it."""
    answer = yield Command(SELECT, BY_NAME, application, 256)
    return answer.status == DONE


def say(message: bytes, limits: Contactless) -> Saying[bytes]:
    """One message in as many commands as it needs, and the phone's message in answer to it, ``b""`` for none.

    ``limits`` are the lengths that phone and reader both can. Raises ``PhoneLost``.
    """
    rest = wrapped(message)
    while len(rest) > limits.most_command:
        part, rest = rest[: limits.most_command], rest[limits.most_command :]
        answer = yield Command(ENVELOPE, 0, part, 0, chained=True)
        _done(answer)
    answer = yield Command(ENVELOPE, 0, rest, limits.most_answer)
    heard = bytearray(answer.data)
    while answer.status >> 8 == 0x61:
        more = answer.status & 0xFF
        answer = yield Command(GET_RESPONSE, 0, b"", more or limits.most_answer)
        heard += answer.data
        if not answer.data or len(heard) > MOST:
            raise PhoneLost("mobile_damaged")
    _done(answer)
    return unwrapped(bytes(heard)) if heard else b""


def read_tag() -> Saying[int | None]:
    """Turns to the phone's NDEF file; the most bytes of one read or write of it. None: there is no such file."""
    if not (yield from choose(TAG)):
        return None
    answer = yield Command(SELECT, BY_FILE, _CAPABILITIES.to_bytes(2, "big"))
    if answer.status != DONE:
        return None
    answer = yield Command(READ, 0, b"", 15)
    found = answer.data
    if answer.status != DONE or len(found) < 15 or found[7:9] != b"\x04\x06":
        return None
    most = min(int.from_bytes(found[3:5], "big"), int.from_bytes(found[5:7], "big"), _SHORT)
    answer = yield Command(SELECT, BY_FILE, found[9:11])
    return most if answer.status == DONE and most > 2 else None


def read_message(most: int) -> Saying[bytes]:
    """The NDEF message there is now, ``b""`` while the phone still works on one. Raises ``PhoneLost``."""
    answer = yield Command(READ, 0, b"", 2)
    size = int.from_bytes(_done(answer), "big")
    if size > LONGEST_TAG:
        raise PhoneLost("mobile_damaged")
    heard = b""
    while len(heard) < size:
        answer = yield Command(READ, 2 + len(heard), b"", min(most, size - len(heard)))
        if not _done(answer):
            raise PhoneLost("mobile_damaged")
        heard += answer.data
    return heard[:size]


def write_message(message: bytes, most: int) -> Saying[None]:
    """Puts a message in the place of the phone's; its length comes last, so that the phone sees it whole."""
    yield from _write(0, b"\0\0")
    for at in range(0, len(message), most):
        yield from _write(2 + at, message[at : at + most])
    yield from _write(0, len(message).to_bytes(2, "big"))


def _write(at: int, data: bytes) -> Saying[None]:
    answer = yield Command(UPDATE, at, data)
    _done(answer)


def _done(answer: Answer) -> bytes:
    if answer.status != DONE:
        raise PhoneLost("mobile_damaged")
    return answer.data


def wrapped(message: bytes) -> bytes:
    """A data object '53' (BER-TLV)."""
    size = len(message)
    wide = 0 if size < 0x80 else (size.bit_length() + 7) // 8
    return bytes([_WRAPPED]) + (bytes([0x80 | wide]) if wide else b"") + size.to_bytes(wide or 1, "big") + message


def unwrapped(data: bytes) -> bytes:
    """What :func:`wrapped` wrapped. Raises ``PhoneLost``."""
    wide = data[1] & 0x7F if len(data) > 1 and data[1] & 0x80 else 0
    start = 2 + wide
    size = int.from_bytes(data[2:start] if wide else data[1:2], "big")
    if data[:1] != bytes([_WRAPPED]) or (data[1:2] and data[1] & 0x80 and not 1 <= wide <= 3):
        raise PhoneLost("mobile_damaged")
    if len(data) != start + size:
        raise PhoneLost("mobile_damaged")
    return data[start:]


def in_parts(data: bytes, most: int) -> Iterator[Answer]:
    """A phone's answer as a chain: each part's status says how much is left (for phones, not for us)."""
    rest = data
    while len(rest) > most:
        part, rest = rest[:most], rest[most:]
        yield Answer(part, 0x6100 | (len(rest) if len(rest) <= _SHORT else 0))
    yield Answer(rest, DONE)
