"""Keyboards that no setting names: never a scan; one that types like a machine is reported (BadUSB)."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from kiosk.hw.scanner.evdev import StreamSource, key_scanner
from kiosk.hw.scanner.guard import BURST_KEYS, KeyboardGuard, keyboards_beside
from kiosk.hw.scanner.keys import DOWN, EV_KEY, UP
from kiosk.hw.scanner.port import ScannerState, words
from kiosk.hw.scanner.sim import KeyScanner
from kiosk.model.clock import ManualClock, SystemClock
from kiosk.model.documents import Reading

from .samples import TAG, until

READY, FOREIGN = ScannerState.READY, ScannerState.FOREIGN


class Room:
    """A machine with unknown keyboards, and the guard beside it."""

    def __init__(self) -> None:
        self.clock = ManualClock()
        self.keyboards: dict[str, KeyScanner] = {}
        self.states: list[ScannerState] = []
        self.scans: list[Reading] = []
        self.guard = KeyboardGuard(self._look, look_every=0.005)

    def _look(self) -> dict[str, Callable[[], StreamSource]]:
        return {name: keyboard.source for name, keyboard in self.keyboards.items()}

    def plug(self, name: str) -> KeyScanner:
        self.keyboards[name] = KeyScanner(self.clock)
        return self.keyboards[name]

    async def taken_up(self, name: str) -> None:
        await until(lambda: name in self.guard._watched)

    def unplug(self, name: str) -> None:
        self.keyboards.pop(name).unplug()

    async def type(self, keyboard: KeyScanner, keys: int, a_second: float) -> None:
        for _ in range(keys):
            keyboard.send([(EV_KEY, 30, DOWN), (EV_KEY, 30, UP)])
            self.clock.advance(1 / a_second)

    @asynccontextmanager
    async def guarded(self) -> AsyncIterator["Room"]:
        running = asyncio.create_task(self.guard.run(self.scans.append, self.states.append))
        try:
            yield self
        finally:
            running.cancel()
            await asyncio.gather(running, return_exceptions=True)
            for keyboard in self.keyboards.values():
                keyboard.close()


async def test_a_burst_from_an_unknown_keyboard_is_reported_and_is_no_scan(caplog: pytest.LogCaptureFixture) -> None:
    async with Room().guarded() as room:
        stick = room.plug("event7")
        await room.taken_up("event7")
        await stick.scan(TAG)
        await until(lambda: room.states == [READY, FOREIGN])
        assert room.scans == []
        assert "Unplug it" in str(words(FOREIGN))
        assert "types by itself: event7" in caplog.text
        assert TAG.decode() not in caplog.text, "what it typed is not written down"
        room.unplug("event7")
        await until(lambda: room.states == [READY, FOREIGN, READY])


async def test_a_person_is_no_machine() -> None:
    async with Room().guarded() as room:
        keyboard = room.plug("event3")
        await room.taken_up("event3")
        await room.type(keyboard, 60, a_second=14)
        keyboard.send([(EV_KEY, 30, DOWN), *[(EV_KEY, 30, 2)] * 100, (EV_KEY, 30, UP)])
        other = room.plug("event4")
        await room.taken_up("event4")
        await room.type(other, BURST_KEYS, a_second=40)
        await until(lambda: room.states[-1:] == [FOREIGN])
    assert room.states == [READY, FOREIGN]
    assert room.guard._foreign == set()


async def test_a_keyboard_that_another_program_holds_is_let_be() -> None:
    async with Room().guarded() as room:
        keyboard = room.plug("event3")
        held = keyboard.source()
        await until(lambda: room.states == [READY])
        assert room.guard._watched == {}
        held.close()


@pytest.mark.requirement("PLT-04")
async def test_beside_a_scanner_the_unknown_keyboard_adds_nothing_to_its_scans() -> None:
    clock = SystemClock()
    ours = KeyScanner(clock)
    scans: list[Reading] = []
    scanner = key_scanner("vault", ours.source, clock)
    async with Room().guarded() as room:
        running = asyncio.create_task(scanner.run(scans.append, room.states.append))
        stick = room.plug("event7")
        await room.taken_up("event7")
        for half in (TAG[:12], TAG[12:] + b"\r"):
            await stick.scan(b"rm -rf ")
            await ours.scan(half, terminator=b"")
        await until(lambda: [reading.data for reading in scans] == [TAG])
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
    ours.close()


class Device:
    """An input device as the library shows it."""

    nodes: dict[str, tuple[str, set[int]]] = {}

    def __init__(self, path: str) -> None:
        if path not in self.nodes:
            raise PermissionError(13, "denied")
        self.phys, self._keys = self.nodes[path]

    def capabilities(self) -> dict[int, list[int]]:
        return {EV_KEY: sorted(self._keys)}

    def close(self) -> None: ...


def test_only_keyboards_that_no_setting_names_are_looked_at(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "input"
    (folder / "by-id").mkdir(parents=True)
    letters = set(range(16, 51)) | {28}
    shown = {
        "event0": ("usb-1/input0", letters),  # our scanner
        "event1": ("usb-1/input1", letters),  # its second node
        "event2": ("usb-2/input0", letters),  # a stranger
        "event3": ("", {116}),  # the power button
    }
    for node in (*shown, "event4"):
        (folder / node).touch()
    (folder / "by-id" / "usb-Scanner-event-kbd").symlink_to(folder / "event0")
    monkeypatch.setattr(Device, "nodes", {str(folder / node): what for node, what in shown.items()})
    monkeypatch.setattr("evdev.InputDevice", Device)
    look = keyboards_beside([folder / "by-id" / "usb-Scanner-event-kbd"], grab=True, dev=tmp_path)
    assert set(look()) == {str(folder / "event2")}
    assert set(keyboards_beside([], grab=False, dev=tmp_path)()) == {str(folder / f"event{n}") for n in (0, 1, 2)}
