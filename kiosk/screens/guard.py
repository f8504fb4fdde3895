"""Which touches count. One place, because the second half of a double tap must not land on the next screen."""

AFTER_CHANGE = 0.250
"""Seconds a new picture is deaf."""


class Guard:
    """Told of every change and asked before every touch. Times are seconds of a clock that never jumps."""

    def __init__(self) -> None:
        self._changed = float("-inf")
        self._last: dict[str, float] = {}

    def changed(self, now: float) -> None:
        """What can be touched, or where, is another than before."""
        self._changed = now

    def quiet_for(self, key: str, again: float, now: float) -> float:
        """Seconds until a touch on ``key`` would count; 0 when it counts now. ``again``: its own bounce time, in s."""
        since_change = self._changed + AFTER_CHANGE - now
        since_last = self._last.get(key, float("-inf")) + again - now
        return max(0.0, since_change, since_last)

    def took(self, key: str, now: float) -> None:
        """A touch on ``key`` counted."""
        self._last = {key: now}
