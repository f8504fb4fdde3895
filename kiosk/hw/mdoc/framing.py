"""Messages over Bluetooth Low Energy characteristics: parts with one byte in front (ISO/IEC 18013-5, 8.3.3.1.1.6)."""

from collections.abc import Iterator

from kiosk.hw.mdoc.port import PhoneLost

MORE, LAST = 1, 0
LONGEST = 512
"""Bytes of one characteristic's value, whatever the connection would carry (Bluetooth Core, volume 3, part F)."""
MOST = 1 << 20
"""Bytes of one message; a portrait fits, a flood does not."""


def parts(message: bytes, mtu: int) -> Iterator[bytes]:
    """``mtu`` is the connection's: a part is three bytes shorter, of which one says whether more follow."""
    size = min(mtu - 3, LONGEST) - 1
    if size < 1:
        raise ValueError("an MTU is at least 5")
    for start in range(0, max(len(message), 1), size):
        yield bytes([MORE if start + size < len(message) else LAST]) + message[start : start + size]


class Joiner:
    """Puts the parts of one direction together again."""

    def __init__(self) -> None:
        self._buffer = bytearray()

    def feed(self, part: bytes) -> bytes | None:
        """The whole message with its last part, else None. Raises ``PhoneLost`` for a part that is none."""
        if not part or part[0] not in (MORE, LAST) or len(self._buffer) + len(part) > MOST:
            self._buffer.clear()
            raise PhoneLost("mobile_damaged")
        self._buffer += part[1:]
        if part[0] == MORE:
            return None
        message = bytes(self._buffer)
        self._buffer.clear()
        return message
