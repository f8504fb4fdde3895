"""One code held under the scanner is one scan, or one try after another where it is refused.

Presentation scanners read a code again after 0.3 to 1 s, and a hand-held and a fixed scanner may see the same code
at the same moment. But who is told that a code cannot be read holds it there, or shows it again at once: that is meant.
"""

import hashlib
import secrets

from kiosk.model.documents import Reading

SAME_DEVICE = 1.5
"""Seconds since the last sighting within which the same bytes from the same device are the same scan."""
OTHER_DEVICE = 0.1
"""Seconds within which the same bytes from two devices are one scan."""
TRY_AGAIN = 3.0
"""Seconds after which a refused code that is still there counts as another try: time to read why and to hold it
otherwise, and longer than any scanner's burst."""


class Duplicates:
    """Remembers what was seen lately, as keyed digests: what was scanned may be an ID and is not kept."""

    def __init__(self) -> None:
        self._key = secrets.token_bytes(32)
        self._seen: dict[tuple[str, bytes], float] = {}
        self._refused: dict[tuple[str, bytes], float] = {}

    def repeats(self, reading: Reading, *, counting: bool = False) -> bool:
        """Whether this reading is one that was delivered already.

        While ``counting``, two equal codes from one device are two units; from two devices at once they still are one.
        """
        key = device, digest = self._key_of(reading)
        self._seen = {key: at for key, at in self._seen.items() if reading.at - at <= SAME_DEVICE}
        self._refused = {key: at for key, at in self._refused.items() if key in self._seen}
        tries_again = reading.at - self._refused.get(key, reading.at) >= TRY_AGAIN
        if tries_again:
            del self._refused[key]
        same = key in self._seen and not counting and not tries_again
        other = any(
            digest == seen and device != by and abs(reading.at - at) <= OTHER_DEVICE
            for (by, seen), at in self._seen.items()
        )
        self._seen[key] = reading.at
        return same or other

    def refused(self, reading: Reading) -> None:
        """This reading was delivered and did not count: the same code may be tried again."""
        self._refused[self._key_of(reading)] = reading.at

    def _key_of(self, reading: Reading) -> tuple[str, bytes]:
        return reading.device, hashlib.blake2b(reading.data, key=self._key, digest_size=16).digest()
