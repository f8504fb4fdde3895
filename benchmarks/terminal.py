"""A terminal with its window against a bare Kivy window: start-up, memory, idle load, and from a scan to its picture.

    python benchmarks/terminal.py [--starts N] [--scans N] [--idle SECONDS]

Prints one JSON object. Goals: start and memory at most 1.4 of a bare window's; scan to picture at the 95th percentile
at most two frames of 60 Hz over the device's own time (last byte sent to frame closed: the scanner's end mark closes it
at once).
"""

import argparse
import asyncio
import compileall
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import psutil

import kiosk
from kiosk.demo.display import virtual_display
from kiosk.demo.hand import Hand
from kiosk.demo.shop import Shop, Station
from kiosk.documents.codes import badge_code, shelf_code

FRAME = 1 / 60

BARE = """
import os, sys
os.environ.update(KIVY_NO_ARGS="1", KIVY_NO_CONFIG="1", KIVY_NO_FILELOG="1", KIVY_LOG_MODE="PYTHON")
from kivy.config import Config
for name, value in (("width", 1280), ("height", 800), ("multisamples", 0)):
    Config.set("graphics", name, str(value))
from kivy.base import runTouchApp
from kivy.core.window import Window
from kivy.uix.label import Label
def first(*_):
    Window.unbind(on_flip=first)
    print("drawn", flush=True)
Window.bind(on_flip=first)
runTouchApp(Label(text="ready"))
"""


def bare_start() -> tuple[float, float, float]:
    """Seconds to the first frame, resident MB after a second, and share of one core while idle."""
    began = time.monotonic()
    with subprocess.Popen([sys.executable, "-c", BARE], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as process:
        assert process.stdout is not None
        if process.stdout.readline() != b"drawn\n":
            raise SystemExit("the bare window did not open")
        seconds = time.monotonic() - began
        memory, load = _rest(process.pid, 2.0)
        process.terminate()
    return seconds, memory, load


def _rest(pid: int, seconds: float) -> tuple[float, float]:
    process = psutil.Process(pid)
    time.sleep(1.0)
    load = process.cpu_percent(interval=seconds) / 100
    return process.memory_info().rss / 1e6, load


async def _shown(hand: Hand, kind: str, seconds: float = 30.0) -> None:
    async with asyncio.timeout(seconds):
        while hand.picture is None or hand.picture.step.kind != kind or hand.displayed[0] < hand.picture.generation:
            await asyncio.sleep(0.002)


async def terminal_start(station: Station) -> tuple[float, float, float]:
    """The same three of the check-in terminal, started anew beside the running store."""
    before = station.hand.life
    assert station.process is not None
    station.process.kill()
    await station.process.wait()
    began = time.monotonic()
    async with asyncio.timeout(30):
        while station.hand.life == before or station.hand.displayed[1] < began:
            await asyncio.sleep(0.002)
    seconds = station.hand.displayed[1] - began
    memory, load = await asyncio.to_thread(_rest, station.process.pid, 2.0)
    return seconds, memory, load


async def scan_to_picture(station: Station, scans: int) -> list[float]:
    """Frames from the last byte sent to the verdict on the display: a badge, a code of another kind, in turn."""
    hand, found = station.hand, []
    codes = [shelf_code("V-A3-2").encode(), badge_code("B1001").encode()]
    await _shown(hand, "badge")
    for n in range(scans):
        at_badge = hand.picture is not None and hand.picture.step.kind == "badge"
        data = codes[n % 2] if at_badge else codes[1]
        await asyncio.sleep(1.6)  # equal codes within 1.5 s are one scan
        before, shown = hand.picture, hand.displayed
        await station.scanner.scan(data)
        sent = time.monotonic()
        async with asyncio.timeout(10):
            while hand.picture is before or hand.displayed == shown or hand.displayed[1] < sent:
                await asyncio.sleep(0.001)
        found.append((hand.displayed[1] - sent) / FRAME)
    return found


async def measure(arguments: argparse.Namespace, folder: Path) -> dict[str, object]:
    bare, ours = [], []
    async with Shop.opened(folder, window=True, only="checkin") as shop:
        station = shop.stations["checkin"]
        await _shown(station.hand, "documents")
        for _ in range(arguments.starts):  # in turn, so that a busy moment of the machine meets both
            bare.append(await asyncio.to_thread(bare_start))
            ours.append(await terminal_start(station))
        await _shown(station.hand, "documents")
        idle = await asyncio.to_thread(psutil.Process(station.process.pid).cpu_percent, arguments.idle)
        await shop.switch("counter")
        frames = await scan_to_picture(shop.stations["counter"], arguments.scans)
    medians = [statistics.median(column) for column in zip(*bare, strict=True)]
    own = [statistics.median(column) for column in zip(*ours, strict=True)]
    return {
        "start_s": round(own[0], 3),
        "start_bare_s": round(medians[0], 3),
        "start_ratio": round(own[0] / medians[0], 2),
        "memory_mb": round(own[1], 1),
        "memory_bare_mb": round(medians[1], 1),
        "memory_ratio": round(own[1] / medians[1], 2),
        "idle_share_of_one_core": round(idle / 100, 4),
        "idle_bare_share": round(medians[2], 4),
        "scan_to_picture_frames_p50": round(statistics.median(frames), 2),
        "scan_to_picture_frames_p95": round(sorted(frames)[int(len(frames) * 0.95) - 1], 2),
        "scans": len(frames),
        "goals": {"start_ratio": 1.4, "memory_ratio": 1.4, "scan_to_picture_frames_p95": 2},
        "display": "virtual, software rendering" if not os.environ.get("REAL_DISPLAY") else "real",
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--starts", type=int, default=5)
    parser.add_argument("--scans", type=int, default=20)
    parser.add_argument("--idle", type=float, default=5.0)
    arguments = parser.parse_args()
    compileall.compile_dir(Path(kiosk.__file__).parent, quiet=1)  # as an installed program is, and as Kivy is
    with tempfile.TemporaryDirectory() as folder, virtual_display(needed=True):
        print(json.dumps(asyncio.run(measure(arguments, Path(folder) / "store")), indent=2))


if __name__ == "__main__":
    main()
