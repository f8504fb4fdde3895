"""Bytes that a printer acts upon wherever they stand, in the middle of a picture too.

``DLE EOT`` asks for a status, ``DLE ENQ`` may clear its memory, ``DLE DC4`` opens the drawer or wipes everything.
Source: Epson ESC/POS command reference, real-time commands.
"""

DLE = 0x10
_SECONDS = frozenset({0x04, 0x05, 0x14})


def realtime_positions(data: bytes) -> list[int]:
    """Where a real-time command begins."""
    found = []
    at = data.find(DLE)
    while 0 <= at < len(data) - 1:
        if data[at + 1] in _SECONDS:
            found.append(at)
        at = data.find(DLE, at + 1)
    return found


def holds_realtime_command(data: bytes) -> bool:
    return any(bytes([DLE, second]) in data for second in _SECONDS)


def calmed(ink: bytes) -> bytes:
    """Packed dots (1 = ink) without real-time commands: where one stands, its first byte gets one more dot.

    The byte 0x10 is a single dot; it becomes two neighbours. Only for pictures of letters and shapes.
    """
    dots = bytearray(ink)
    for n in realtime_positions(ink):
        dots[n] = 0x18
    return bytes(dots)
