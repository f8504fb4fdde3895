"""Sets Kivy up before any of it is imported. The only module that does.

Kivy's defaults are for a desk: it would parse our arguments, write logs and settings, open the settings panel on F1,
leave on Escape, and take every touch twice (once from SDL as a mouse, once from the kernel).
"""

import atexit
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


def prepare(panel: Panel, *, frames: int = 60) -> None:
    """Call once, before the first import of ``kivy.core.window``.

    At most ``frames`` a second are drawn; 0 leaves the pace to the caller's own loop.
    """
    home = _home()
    os.environ.update(
        KIVY_NO_ARGS="1",
        KIVY_NO_CONFIG="1",
        KIVY_NO_FILELOG="1",
        KIVY_NO_ENV_CONFIG="1",
        KIVY_LOG_MODE="PYTHON",
        KIVY_HOME=str(home),
        KIVY_IMAGE="sdl2",  # else every image library that is installed is imported
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
