"""A display of our own and one window for all tests of this room: Kivy has one window in a process."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from kiosk.flows.steps import Act
from kiosk.model.clock import ManualClock
from kiosk.screens.panel import COUNTER
from kiosk.screens.samples.facts import NOW
from kiosk.screens.window import KioskWindow


@pytest.fixture(scope="session")
def display() -> Iterator[str]:
    """A virtual screen. Missing is a failure and no reason to skip: skipped screen tests rot unseen."""
    program = shutil.which("Xvfb")
    assert program, "Xvfb is not installed: apt install xvfb"
    reading, writing = os.pipe()
    server = subprocess.Popen(
        [program, "-displayfd", str(writing), "-screen", "0", "1600x1400x24", "-nolisten", "tcp", "+extension", "GLX"],
        pass_fds=(writing,),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    os.close(writing)
    before = os.environ.get("DISPLAY")
    try:
        with os.fdopen(reading) as answer:
            number = answer.readline().strip()
        assert number, "Xvfb did not start"
        os.environ["DISPLAY"] = f":{number}"
        yield f":{number}"
    finally:
        os.environ.pop("DISPLAY", None)
        if before is not None:
            os.environ["DISPLAY"] = before
        server.terminate()
        server.wait(10)


class Bench:
    """The window, what was done at it, and a clock that stands still until it is told to move."""

    def __init__(self, window: KioskWindow, clock: ManualClock, acts: list[Act]) -> None:
        self.window, self.clock, self.acts = window, clock, acts

    @property
    def frame(self):  # type: ignore[no-untyped-def]
        return self.window.frame

    def show(self, picture) -> None:  # type: ignore[no-untyped-def]
        """Shows a picture whatever was shown before, and lets the moment pass in which it is deaf."""
        self.frame.picture = None
        self.follow(picture)

    def follow(self, picture) -> None:  # type: ignore[no-untyped-def]
        """Shows a picture as the next one of the same work. Laid out and ready for touches; no frame is spent on it."""
        self.window.show(picture)
        self.window._take_picture()
        self.clock.advance(1.0)

    def words(self) -> str:
        return "\n".join(part.text for part in self.frame.words())

    def touchable(self) -> list[str]:
        return [target.key for target in self.frame.targets()]


@pytest.fixture(scope="session")
def opened(display: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    before = os.environ.get("XDG_RUNTIME_DIR")
    os.environ["XDG_RUNTIME_DIR"] = str(tmp_path_factory.mktemp("runtime"))
    clock, acts = ManualClock(NOW), []
    window = KioskWindow(COUNTER, "en", acts.append, clock=clock, zone="America/New_York")
    window.open()
    try:
        yield Bench(window, clock, acts)
    finally:
        window.close()
        if before is None:
            os.environ.pop("XDG_RUNTIME_DIR", None)
        else:
            os.environ["XDG_RUNTIME_DIR"] = before


@pytest.fixture
def bench(opened: Bench) -> Iterator[Bench]:
    """The window as if it had just been opened: no picture, the counter's panel, nothing done yet."""
    opened.acts.clear()
    opened.window.use_panel(COUNTER)
    opened.clock.advance(10.0)
    yield opened
    opened.window.use_panel(COUNTER)


@pytest.fixture
def out(tmp_path: Path) -> Path:
    return tmp_path / "pictures"
