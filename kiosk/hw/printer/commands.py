"""ESC/POS bytes taken apart into commands: the part of the language that our documents and drivers use.

For the simulator and for pictures of paper. Source: Epson ESC/POS command reference.
"""

from collections.abc import Callable
from typing import NamedTuple


class Words(NamedTuple):
    """Printable bytes."""

    raw: bytes


class Command(NamedTuple):
    name: str
    raw: bytes
    params: bytes = b""
    data: bytes = b""


class Unknown(NamedTuple):
    """A byte that begins no command we know. The simulator keeps them: a document of ours may hold none."""

    raw: bytes


Token = Words | Command | Unknown
_Length = Callable[[bytes, bytes], int | None]
"""From the parameters and what follows them: how many bytes of data there are, None if more has to come first."""


def _none(_params: bytes, _rest: bytes) -> int | None:
    return 0


def _little_endian(params: bytes, _rest: bytes) -> int | None:
    return params[-2] + 256 * params[-1]


def _raster(params: bytes, _rest: bytes) -> int | None:
    return (params[1] + 256 * params[2]) * (params[3] + 256 * params[4])


def _counted(_params: bytes, rest: bytes) -> int | None:
    return 1 + rest[0] if rest else None


def _cut(params: bytes, _rest: bytes) -> int | None:
    return 1 if params[0] in (65, 66, 97, 98) else 0


def _dc4(params: bytes, _rest: bytes) -> int | None:
    return {1: 2, 8: 7}.get(params[0], 0)


_COMMANDS: dict[bytes, tuple[str, int, _Length]] = {
    b"\x00": ("NUL", 0, _none),
    b"\n": ("LF", 0, _none),
    b"\f": ("FF", 0, _none),
    b"\r": ("CR", 0, _none),
    b"\x10\x04": ("DLE EOT", 1, _none),
    b"\x10\x05": ("DLE ENQ", 1, _none),
    b"\x10\x14": ("DLE DC4", 1, _dc4),
    b"\x1b@": ("ESC @", 0, _none),
    b"\x1b!": ("ESC !", 1, _none),
    b"\x1bE": ("ESC E", 1, _none),
    b"\x1bJ": ("ESC J", 1, _none),
    b"\x1bL": ("ESC L", 0, _none),
    b"\x1bM": ("ESC M", 1, _none),
    b"\x1bT": ("ESC T", 1, _none),
    b"\x1bW": ("ESC W", 8, _none),
    b"\x1b ": ("ESC SP", 1, _none),
    b"\x1b$": ("ESC $", 2, _none),
    b"\x1ba": ("ESC a", 1, _none),
    b"\x1bd": ("ESC d", 1, _none),
    b"\x1bp": ("ESC p", 3, _none),
    b"\x1bt": ("ESC t", 1, _none),
    b"\x1c.": ("FS .", 0, _none),
    b"\x1cS": ("FS S", 2, _none),
    b"\x1c(A": ("FS ( A", 2, _little_endian),
    b"\x1d!": ("GS !", 1, _none),
    b"\x1dB": ("GS B", 1, _none),
    b"\x1d$": ("GS $", 2, _none),
    b"\x1dH": ("GS H", 1, _none),
    b"\x1dI": ("GS I", 1, _none),
    b"\x1dP": ("GS P", 2, _none),
    b"\x1dV": ("GS V", 1, _cut),
    b"\x1da": ("GS a", 1, _none),
    b"\x1dh": ("GS h", 1, _none),
    b"\x1dk": ("GS k", 1, _counted),
    b"\x1dr": ("GS r", 1, _none),
    b"\x1dw": ("GS w", 1, _none),
    b"\x1dv0": ("GS v 0", 5, _raster),
    b"\x1d(k": ("GS ( k", 2, _little_endian),
    b"\x1d(H": ("GS ( H", 2, _little_endian),
}
_STARTS = {prefix[:n] for prefix in _COMMANDS for n in range(1, len(prefix))}


class Tokenizer:
    """Takes bytes in any pieces. An unfinished command waits for its rest."""

    def __init__(self) -> None:
        self._pending = b""

    def feed(self, data: bytes) -> list[Token]:
        stream = self._pending + data
        tokens: list[Token] = []
        at = 0
        while at < len(stream):
            token = _next(stream[at:] if at else stream)
            if token is None:
                break
            tokens.append(token)
            at += len(token.raw)
        self._pending = stream[at:]
        return tokens

    def forget(self) -> bytes:
        """Drops what waits for its rest, and returns it."""
        rest, self._pending = self._pending, b""
        return rest


def _next(stream: bytes) -> Token | None:
    if stream[0] >= 0x20:
        size = next((n for n, byte in enumerate(stream) if byte < 0x20), len(stream))
        return Words(stream[:size])
    for size in (1, 2, 3):
        prefix = stream[:size]
        if prefix in _COMMANDS:
            return _command(stream, size)
        if prefix not in _STARTS:
            return Unknown(stream[:1])
    return None


def _command(stream: bytes, size: int) -> Command | None:
    name, count, length = _COMMANDS[stream[:size]]
    begin = size + count
    if len(stream) < begin:
        return None
    params = stream[size:begin]
    needed = length(params, stream[begin : begin + 1])
    if needed is None or len(stream) < begin + needed:
        return None
    return Command(name, stream[: begin + needed], params, stream[begin : begin + needed])
