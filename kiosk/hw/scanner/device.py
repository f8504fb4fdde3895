"""The life of a scanner: looked for, opened, read, lost, looked for again. The same for serial and key-type devices."""

import asyncio
import errno
import math
from collections.abc import Callable, Iterable
from typing import Protocol

from kiosk.hw.hotplug import Pause
from kiosk.hw.scanner.framing import Framer, FrameRules
from kiosk.hw.scanner.port import Changed, Deliver, ScannerState
from kiosk.model.clock import Clock
from kiosk.model.documents import Reading


class Wire(Protocol):
    """An open device."""

    dated: bool
    """Whether its times are the kernel's, of arrival; else they are of reading, and late when the loop stalled."""

    def fileno(self) -> int:
        """What to wait on."""

    def read(self) -> Iterable[tuple[float, bytes | None]]:
        """What has come: monotonic time and bytes; None instead of bytes where some were lost.

        Never blocks. Raises ``OSError`` when the device is gone.
        """

    def scan_ended(self) -> None:
        """Silence fell: forget what was held down."""

    def close(self) -> None: ...


_IN_USE = {errno.EBUSY, errno.EAGAIN, errno.EWOULDBLOCK}
_NOT_YET = {errno.EACCES, errno.EPERM}


class DeviceScanner:
    """A :class:`~kiosk.hw.scanner.port.Scanner` over anything that opens as a :class:`Wire`.

    ``open_wire`` resolves a stable name afresh each time: after a re-plug the old node may be somebody else's. It
    raises ``OSError`` while the device is not to be had. ``pause`` waits between two looks: at most so many seconds,
    and less where it knows that something was plugged in.
    """

    def __init__(
        self,
        name: str,
        open_wire: Callable[[], Wire],
        rules: FrameRules,
        clock: Clock,
        *,
        look_every: float = 0.5,
        pause: Pause = asyncio.sleep,
    ) -> None:
        self.name = name
        self._open_wire = open_wire
        self._rules = rules
        self._clock = clock
        self._look_every = look_every
        self._pause = pause

    async def run(self, deliver: Deliver, changed: Changed) -> None:
        state: ScannerState | None = None
        gone = ScannerState.ABSENT

        def tell(new: ScannerState) -> None:
            nonlocal state
            if new is not state:
                state = new
                changed(new)

        while True:
            try:
                wire = self._open_wire()
            except OSError as trouble:
                tell(_state_for(trouble, gone))
                await self._pause(self._look_every)
                continue
            tell(ScannerState.READY)
            try:
                await _Reader(wire, Framer(self.name, self._rules), deliver, self._clock).until_lost()
            finally:
                wire.close()
            gone = ScannerState.LOST
            tell(gone)


class _Reader:
    """One open device, from its opening to its loss."""

    def __init__(self, wire: Wire, framer: Framer, deliver: Deliver, clock: Clock) -> None:
        self._wire = wire
        self._framer = framer
        self._deliver = deliver
        self._clock = clock
        self._loop = asyncio.get_running_loop()
        self._lost: asyncio.Future[None] = self._loop.create_future()
        self._timer: asyncio.TimerHandle | None = None

    async def until_lost(self) -> None:
        descriptor = self._wire.fileno()
        self._loop.add_reader(descriptor, self._guarded, self._arrived)
        try:
            await self._lost
        finally:
            # Before the close: a dead descriptor is always readable, and the loop would spin on it.
            self._loop.remove_reader(descriptor)
            self._disarm()
            self._framer.cut()

    def _guarded(self, work: Callable[[], None]) -> None:
        """An error in a callback would only be logged by the loop, and leave the scanner deaf: it ends the reading."""
        if self._lost.done():
            return
        try:
            work()
        except OSError:
            self._lost.set_result(None)
        except Exception as error:
            self._lost.set_exception(error)

    def _arrived(self) -> None:
        for read_at, data in self._wire.read():
            due, at = self._framer.due, read_at
            if due is not None and not self._wire.dated:
                # Silence is said by its timer, which has not rung: the loop was busy, and this may have come in time.
                at = min(read_at, math.nextafter(due, 0.0))
            if data is None:
                self._framer.spoil(at)
            else:
                self._hand_over(self._framer.feed(data, at))
        self._arm()

    def _silence(self) -> None:
        self._hand_over(self._framer.tick(self._clock.monotonic()))
        if self._framer.due is None:
            self._wire.scan_ended()
        self._arm()

    def _hand_over(self, readings: list[Reading]) -> None:
        for reading in readings:
            self._deliver(reading)

    def _arm(self) -> None:
        self._disarm()
        if (due := self._framer.due) is not None:
            wait = max(0.0, due - self._clock.monotonic())
            self._timer = self._loop.call_later(wait, self._guarded, self._silence)

    def _disarm(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None


def _state_for(trouble: OSError, gone: ScannerState) -> ScannerState:
    if trouble.errno in _IN_USE:
        return ScannerState.IN_USE
    if trouble.errno in _NOT_YET:
        return ScannerState.OPENING
    return gone
