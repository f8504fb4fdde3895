"""Sets Kivy up before any of it is imported. The only module that does.

Kivy's defaults are for a desk: it would parse our arguments, write logs and settings, open the settings panel on F1,
leave on Escape, and take every touch twice (once from SDL as a mouse, once from the kernel).
"""

import atexit
import importlib.util
import os
import shutil
import tempfile
from pathlib import Path

from kiosk.screens.panel import Panel


def _home() -> Path:
    """A folder Kivy may write to, though the disk be read-only: the service's own, the user's, or one for this run."""
    given = os.environ.get("RUNTIME_DIRECTORY") or os.environ.get("XDG_RUNTIME_DIR")
    if given:
        home = Path(given.split(":")[0]) / "kivy"
        home.mkdir(mode=0o700, parents=True, exist_ok=True)
        return home
    home = Path(tempfile.mkdtemp(prefix="kiosk-"))
    atexit.register(shutil.rmtree, home, ignore_errors=True)
    return home


def _data(home: Path) -> Path:
    """Kivy's own data with an empty ``style.kv``.

    Kivy reads the looks of all its widgets when it is imported, a third of the time a bare window takes to open. The
    screens are made of plain widgets and need none of them.
    """
    kivy = importlib.util.find_spec("kivy")
    assert kivy is not None
    assert kivy.origin is not None
    folder = home / "data"
    folder.mkdir(exist_ok=True)
    for item in (Path(kivy.origin).parent / "data").iterdir():
        link = folder / item.name
        if item.name != "style.kv" and not link.exists():
            link.unlink(missing_ok=True)  # left by another version
            link.symlink_to(item)
    (folder / "style.kv").touch()
    return folder


def prepare(panel: Panel, *, frames: int = 60, styled: bool = False) -> None:
    """Call once, before the first import of ``kivy.core.window``.

    At most ``frames`` a second are drawn; 0 leaves the pace to the caller's own loop. ``styled``: with the looks of
    Kivy's own buttons, labels and so on, for a window that uses them.
    """
    home = _home()
    if not styled:
        os.environ["KIVY_DATA_DIR"] = str(_data(home))
    os.environ.update(
        KIVY_NO_ARGS="1",
        KIVY_NO_CONFIG="1",
        KIVY_NO_FILELOG="1",
        KIVY_NO_ENV_CONFIG="1",
        KIVY_LOG_MODE="PYTHON",
        KIVY_HOME=str(home),
        KIVY_IMAGE="sdl2",  # else every image library that is installed is imported
        KIVY_TEXT="sdl2",
        KIVY_WINDOW="sdl2",
        KIVY_METRICS_DENSITY="1",
        KIVY_METRICS_FONTSCALE="1",
        KIVY_DPI=str(round(panel.px_per_mm * 25.4)),
    )
    from kivy.config import Config  # noqa: PLC0415 - not before the environment stands

    for section, key, value in (
        ("graphics", "width", panel.width),
        ("graphics", "height", panel.height),
        ("graphics", "fullscreen", "auto" if panel.fullscreen else 0),
        ("graphics", "borderless", int(panel.fullscreen)),
        ("graphics", "resizable", 0),
        ("graphics", "position", "auto" if panel.left < 0 else "custom"),
        ("graphics", "left", max(0, panel.left)),
        ("graphics", "top", max(0, panel.top)),
        ("graphics", "show_cursor", int(not panel.fullscreen)),
        ("graphics", "allow_screensaver", 0),
        ("graphics", "multisamples", 0),
        ("graphics", "maxfps", frames),
        ("graphics", "verify_gl_main_thread", 1),
        ("kivy", "exit_on_escape", 0),
        ("kivy", "desktop", 0),
        ("kivy", "log_level", "warning"),
    ):
        Config.set(section, key, str(value))
    for key, _ in Config.items("input"):
        Config.remove_option("input", key)
    # One source of touches: SDL's mouse, which every panel drives. A second one would press everything twice.
    Config.set("input", "mouse", "mouse,disable_multitouch")
