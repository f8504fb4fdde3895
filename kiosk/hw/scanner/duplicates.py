"""One code held under the scanner is one scan.

Presentation scanners read a code again after 0.3 to 1 s, and a hand-held and a fixed scanner may see the same code
at the same moment.
"""

import hashlib
import secrets

from kiosk.model.documents import Reading

SAME_DEVICE = 1.5
"""Seconds since the last sighting within which the same bytes from the same device are the same scan."""
OTHER_DEVICE = 0.1
"""Seconds within which the same bytes from two devices are one scan."""


class Duplicates:
    """Remembers what was seen lately, as keyed digests: what was scanned may be an ID and is not kept."""

    def __init__(self) -> None:
        self._key = secrets.token_bytes(32)
        self._seen: dict[tuple[str, bytes], float] = {}

    def repeats(self, reading: Reading, *, counting: bool = False) -> bool:
        """Whether this reading is one that was delivered already.

        While ``counting``, two equal codes from one device are two units; from two devices at once they still are one.
        """
        digest = hashlib.blake2b(reading.data, key=self._key, digest_size=16).digest()
        self._seen = {key: at for key, at in self._seen.items() if reading.at - at <= SAME_DEVICE}
        before = self._seen.get((reading.device, digest))
        same = before is not None and not counting
        other = any(
            digest == seen and device != reading.device and abs(reading.at - at) <= OTHER_DEVICE
            for (device, seen), at in self._seen.items()
        )
        self._seen[reading.device, digest] = reading.at
        return same or other
