"""Contactless readers behind PC/SC (``pcscd``)."""

import asyncio
import contextlib
import errno
import queue
import threading
from collections.abc import Callable
from typing import Any, TypeVar

T = TypeVar("T")

LOOK = 500
"""Milliseconds of one look at the reader."""
_GONE = "the phone has gone"
_NO_SERVICE = "the service for card readers (pcscd) does not run"
_NO_READER = "there is no such reader"


class PcscSlot:
    """A :class:`~kiosk.hw.mdoc.nfc.Slot`. ``reader`` is the beginning of the reader's name; empty: the first one."""

    def __init__(self, reader: str = "") -> None:
        self.name = f"pcsc:{reader}"
        self._wanted = reader
        self._watch, self._speak = _Worker("reader watch"), _Worker("reader")
        self._watching: Any = None
        self._speaking: Any = None

    async def find(self) -> str:
        return await self._watch.do(self._find)

    async def card(self) -> "_Held":
        reader = await self.find()
        while not await self._watch.do(lambda: self._is_there(reader, there=True)):
            pass
        return _Held(self, reader, *await self._speak.do(lambda: self._connect(reader)))

    async def close(self) -> None:
        self._watch.end(self._give_up_watching)
        self._speak.end(self._give_up_speaking)

    # --- in the workers' threads

    def _find(self) -> str:
        from smartcard import scard  # noqa: PLC0415  only terminals with such a reader need it

        self._watching = self._watching or _context()
        result, readers = scard.SCardListReaders(self._watching, [])
        if result not in (scard.SCARD_S_SUCCESS, scard.SCARD_E_NO_READERS_AVAILABLE):
            self._give_up_watching()  # it belonged to a service that has ended
            raise OSError(errno.ENXIO, _NO_SERVICE)
        found = [name for name in readers if name.startswith(self._wanted)]
        if not found:
            raise OSError(errno.ENODEV, _NO_READER)
        return str(found[0])

    def _is_there(self, reader: str, *, there: bool) -> bool:
        """Waits a moment for a card to be there, or not to be. Raises ``OSError`` when the reader has gone."""
        from smartcard import scard  # noqa: PLC0415

        expected = scard.SCARD_STATE_EMPTY if there else scard.SCARD_STATE_PRESENT
        result, states = scard.SCardGetStatusChange(self._watching, LOOK, [(reader, expected)])
        if result == scard.SCARD_E_TIMEOUT:
            return False
        if result != scard.SCARD_S_SUCCESS or states[0][1] & (
            scard.SCARD_STATE_UNKNOWN | scard.SCARD_STATE_UNAVAILABLE
        ):
            self._give_up_watching()
            raise OSError(errno.ENODEV, _NO_READER)
        return bool(states[0][1] & scard.SCARD_STATE_PRESENT) is there

    def _connect(self, reader: str) -> tuple[Any, int]:
        from smartcard import scard  # noqa: PLC0415

        self._speaking = self._speaking or _context()
        result, handle, protocol = scard.SCardConnect(
            self._speaking, reader, scard.SCARD_SHARE_EXCLUSIVE, scard.SCARD_PROTOCOL_T0 | scard.SCARD_PROTOCOL_T1
        )
        if result != scard.SCARD_S_SUCCESS:
            self._give_up_speaking()
            raise OSError(errno.EIO, _GONE)
        return handle, protocol

    def _give_up_watching(self) -> None:
        _release(self._watching)
        self._watching = None

    def _give_up_speaking(self) -> None:
        _release(self._speaking)
        self._speaking = None

    # --- of a card

    async def say(self, handle: Any, protocol: int, command: bytes) -> bytes:
        def transmit() -> bytes:
            from smartcard import scard  # noqa: PLC0415

            result, answer = scard.SCardTransmit(handle, protocol, list(command))
            if result != scard.SCARD_S_SUCCESS or not answer:
                raise OSError(errno.EIO, _GONE)  # some drivers call it a success when the card went meanwhile
            return bytes(answer)

        return await self._speak.do(transmit)

    async def taken(self, reader: str) -> bool:
        """Looks for a moment whether the card has gone."""
        return await self._watch.do(lambda: self._is_there(reader, there=False))

    def leave(self, handle: Any) -> None:
        def disconnect() -> None:
            from smartcard import scard  # noqa: PLC0415

            scard.SCardDisconnect(handle, scard.SCARD_RESET_CARD)

        self._speak.later(disconnect)


class _Held:
    """A :class:`~kiosk.hw.mdoc.nfc.Card`."""

    def __init__(self, slot: PcscSlot, reader: str, handle: Any, protocol: int) -> None:
        self._slot, self._reader, self._handle, self._protocol = slot, reader, handle, protocol
        self._lost = False
        """It did not answer: it went, though another one may lie there already."""

    async def transmit(self, command: bytes) -> bytes:
        try:
            return await self._slot.say(self._handle, self._protocol, command)
        except OSError:
            self._lost = True
            raise

    async def gone(self) -> None:
        while not self._lost and not await self._slot.taken(self._reader):
            pass

    async def close(self) -> None:
        self._slot.leave(self._handle)


def _context() -> Any:
    from smartcard import scard  # noqa: PLC0415

    result, context = scard.SCardEstablishContext(scard.SCARD_SCOPE_USER)
    if result != scard.SCARD_S_SUCCESS:
        raise OSError(errno.ENXIO, _NO_SERVICE)
    return context


def _release(context: Any) -> None:
    from smartcard import scard  # noqa: PLC0415

    if context is not None:
        scard.SCardReleaseContext(context)


class _Worker:
    """A thread for one PC/SC context: its calls wait where they are made, and one context makes one at a time.

    A daemon: a phone that thinks for a minute does not keep the program from ending.
    """

    def __init__(self, name: str) -> None:
        self._name = name
        self._work: queue.SimpleQueue[Callable[[], None] | None] = queue.SimpleQueue()
        self._thread: threading.Thread | None = None

    async def do(self, work: Callable[[], T]) -> T:
        loop = asyncio.get_running_loop()
        future: asyncio.Future[T] = loop.create_future()

        def deliver(result: T | None, error: BaseException | None) -> None:
            if future.done():
                return  # nobody waits any more
            if error is not None:
                future.set_exception(error)
            else:
                future.set_result(result)  # type: ignore[arg-type]

        def run() -> None:
            result, error = None, None
            try:
                result = work()
            except BaseException as fault:
                error = fault
            with contextlib.suppress(RuntimeError):  # the loop has ended meanwhile
                loop.call_soon_threadsafe(deliver, result, error)

        self.later(run)
        return await future

    def later(self, work: Callable[[], None]) -> None:
        if self._thread is None:
            self._thread = threading.Thread(target=self._loop, name=self._name, daemon=True)
            self._thread.start()
        self._work.put(work)

    def end(self, last: Callable[[], None]) -> None:
        """After ``last`` the thread ends by itself."""
        if self._thread is not None:
            self._work.put(last)
            self._work.put(None)
            self._thread = None

    def _loop(self) -> None:
        while (work := self._work.get()) is not None:
            work()
