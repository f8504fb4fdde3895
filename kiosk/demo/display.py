"""A virtual screen where there is none: an X server of our own for as long as it is needed."""

import contextlib
import os
import shutil
import subprocess
from collections.abc import Iterator

from kiosk.model.errors import Unavailable
from kiosk.model.text import text

SCREEN = "2600x1300x24"
"""Room for the bench beside a terminal, and for the portrait handheld."""


def display_there() -> bool:
    return bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))


@contextlib.contextmanager
def virtual_display(*, needed: bool) -> Iterator[None]:
    """Sets ``DISPLAY`` to a new virtual screen while the block lasts, if one is needed and none is there."""
    if not needed or display_there():
        yield
        return
    program = shutil.which("Xvfb")
    if program is None:
        raise Unavailable(text("There is no display, and Xvfb is not installed. Run make setup."))
    reading, writing = os.pipe()
    server = subprocess.Popen(
        [program, "-displayfd", str(writing), "-screen", "0", SCREEN, "-nolisten", "tcp", "+extension", "GLX"],
        pass_fds=(writing,),
        stderr=subprocess.DEVNULL,
    )
    os.close(writing)
    try:
        with os.fdopen(reading) as answer:
            number = answer.readline().strip()
        if not number:
            raise Unavailable(text("The virtual display did not start."))
        os.environ["DISPLAY"] = f":{number}"
        yield
    finally:
        os.environ.pop("DISPLAY", None)
        server.terminate()
        server.wait()
