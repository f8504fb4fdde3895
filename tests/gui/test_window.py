"""The window itself: thread-safe, exact about files, told when a picture is drawn, and gone when it is closed."""

import gc
import subprocess
import sys
import threading
from pathlib import Path

import msgspec
import pytest
from PIL import Image

from kiosk.screens.gallery import draw_gallery, page
from kiosk.screens.panel import HANDHELD
from kiosk.screens.samples import samples
from tests.gui.conftest import Bench

pytestmark = pytest.mark.gui
SAMPLES = {sample.name: sample.picture for sample in samples()}


def test_a_screenshot_has_exactly_the_name_and_size(bench: Bench, out: Path) -> None:
    for panel, name in ((bench.window.panel, "lying.png"), (HANDHELD, "upright.png")):
        bench.window.use_panel(panel)
        bench.show(SAMPLES["shelf"])
        bench.window.screenshot(out / name)
        with Image.open(out / name) as picture:
            assert picture.size == (panel.width, panel.height)
            assert len(picture.getcolors(1 << 20) or ()) > 10
    assert sorted(path.name for path in out.iterdir()) == ["lying.png", "upright.png"]


def test_the_same_picture_twice_gives_the_same_points(bench: Bench, out: Path) -> None:
    bench.show(SAMPLES["face"])
    bench.window.screenshot(out / "1.png")
    bench.show(SAMPLES["notes"])
    bench.show(SAMPLES["face"])
    bench.window.screenshot(out / "2.png")
    assert (out / "1.png").read_bytes() == (out / "2.png").read_bytes()


def test_the_newest_picture_wins_and_its_drawing_is_told(bench: Bench) -> None:
    told: list[int] = []
    bench.window._on_drawn = lambda generation, _: told.append(generation)
    try:
        bench.frame.picture = None
        for name in ("face", "notes", "await-pick"):
            bench.window.show(SAMPLES[name])
        bench.window.step()
    finally:
        bench.window._on_drawn = None
    assert told == [SAMPLES["await-pick"].generation]
    assert bench.frame.picture is SAMPLES["await-pick"]


def test_pictures_touches_and_screenshots_from_another_thread(bench: Bench, out: Path) -> None:
    failed: list[BaseException] = []

    def work() -> None:
        try:
            bench.frame.picture = None
            bench.window.show(SAMPLES["face"])
            bench.window.screenshot(out / "face.png")
            bench.clock.advance(1)
            bench.window.touch("matches")
        except BaseException as fault:
            failed.append(fault)

    worker = threading.Thread(target=work)
    worker.start()
    for _ in range(100_000):
        bench.window.step()
        if not worker.is_alive():
            break
    worker.join(10)
    assert failed == []
    assert [act.chosen for act in bench.acts] == ["matches"]
    assert (out / "face.png").exists()


def test_nothing_is_drawn_while_nothing_changes(bench: Bench) -> None:
    bench.show(SAMPLES["queue"])
    for _ in range(5):
        bench.window.step()
    before = bench.window.frames
    for _ in range(50):
        bench.window.step()
    assert bench.window.frames == before


def test_screens_that_were_left_are_gone(bench: Bench) -> None:
    from kiosk.screens.step import StepScreen  # noqa: PLC0415 - Kivy may be imported only after the window is prepared

    def round_trip() -> int:
        for sample in samples():
            bench.frame.picture = None
            bench.frame.show(sample.picture)
        gc.collect()
        return sum(issubclass(type(thing), StepScreen) for thing in gc.get_objects())

    round_trip()
    assert round_trip() <= 2


SCRIPT = """
import sys, threading
from kiosk.screens.panel import COUNTER
from kiosk.screens.samples import samples
from kiosk.screens.window import KioskWindow

window = KioskWindow(COUNTER, "en", lambda act: None, on_drawn=lambda generation, at: window.stop())
assert "kivy" not in sys.modules
window.show(samples()[0].picture)
window.run()
assert [thread.name for thread in threading.enumerate()] == ["MainThread"]
print("closed")
"""


def test_the_window_opens_draws_and_closes_in_a_process_of_its_own(display: str, tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT],
        capture_output=True,
        text=True,
        timeout=60,
        env=_env(display, tmp_path),
        check=False,
    )
    assert (done.returncode, done.stdout.strip()) == (0, "closed"), done.stderr


def test_the_window_reads_no_arguments_and_writes_no_logs(display: str, tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT, "--size=10x10", "--help"],
        capture_output=True,
        text=True,
        timeout=60,
        env=_env(display, tmp_path),
        check=False,
    )
    assert done.stdout.strip() == "closed", done.stderr
    assert not list(tmp_path.rglob("*.txt"))
    assert not (tmp_path / ".kivy").exists()


def test_the_gallery_has_a_page_with_every_picture(display: str, tmp_path: Path, monkeypatch) -> None:  # type: ignore[no-untyped-def]
    from kiosk.screens import gallery  # noqa: PLC0415 - replaced pieces belong to this test

    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    code = subprocess.run(
        [sys.executable, "-m", "kiosk.screens.gallery", str(tmp_path), "--way", "portrait", "--only", "stop-thc"],
        timeout=120,
        check=False,
    ).returncode
    assert code == 0
    assert len(list(tmp_path.glob("portrait-*-stop-thc.png"))) == len(gallery.VARIANTS)
    index = page(tmp_path).read_text(encoding="utf-8")
    for sample in samples():
        assert f"landscape-standard-{sample.name}.png" in index
    assert callable(draw_gallery)


def _env(display: str, tmp_path: Path) -> dict[str, str]:
    import os  # noqa: PLC0415

    root = str(Path(__file__).parents[2])
    return {
        "DISPLAY": display,
        "PATH": os.environ.get("PATH", ""),
        "HOME": str(tmp_path),
        "XDG_RUNTIME_DIR": str(tmp_path),
        "PYTHONPATH": root,
    }


def test_samples_show_every_kind_of_step(bench: Bench) -> None:
    from kiosk.flows.steps import AnyStep  # noqa: PLC0415

    kinds = {str(kind.__struct_config__.tag) for kind in AnyStep.__args__}
    assert {sample.kind for sample in samples()} == kinds
    assert msgspec.json.encode(samples()[0].picture)


def test_while_nobody_waits_every_kind_of_the_role_is_got_ready_and_no_other(bench: Bench) -> None:
    from kiosk.screens.frame import kinds_for  # noqa: PLC0415
    from kiosk.screens.step import HERE, load_kind  # noqa: PLC0415

    assert set(kinds_for("checkin")) == {"cover", "documents", "ticketed", "notice"}
    assert set(kinds_for("counter")) == {"cover"} | {sample.kind for sample in samples()}
    for kind in kinds_for("counter"):
        assert load_kind(kind).SCREEN
        assert (HERE / f"{kind.replace('-', '_')}.kv").is_file()

    window = bench.window
    window._unready = None
    bench.show(samples()[0].picture)
    wanted = len(kinds_for(samples()[0].picture.role))
    for _ in range(wanted + 3):
        window._get_ready()
    assert window._unready == []
