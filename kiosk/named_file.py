"""The file that a command was given by name; ``-`` is standard input."""

import sys
from pathlib import Path

from kiosk.model.errors import Unavailable
from kiosk.model.text import text
from kiosk.rules.source import printable


def named_bytes(file: str, most: int) -> bytes:
    """At most one byte more than ``most``, so that a larger file is seen to be one. Raises ``Unavailable``."""
    try:
        if file == "-":
            return sys.stdin.buffer.read(most + 1)
        with Path(file).open("rb") as source:
            return source.read(most + 1)
    except (OSError, ValueError) as fault:
        raise Unavailable(text("The file {file} cannot be read.", file=printable(file)), str(fault)) from None
