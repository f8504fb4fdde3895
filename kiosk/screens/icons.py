"""The symbols, as white pictures that are tinted where they are drawn. See ``drawn.py`` for where they come from.

Symbols are never characters: fonts lack them, and a missing glyph is a box.
"""

from functools import cache
from pathlib import Path
from typing import Any

from kivy.core.image import Image

FOLDER = Path(__file__).parent / "pictures"
CORNER = 16
"""Points of ``round.png`` that are corner, on each side."""


@cache
def picture(name: str) -> Any:
    """The texture of a symbol, loaded at its first use and kept: there are some fifty small ones."""
    smooth = name != "round"
    return Image(str(FOLDER / f"{name}.png"), mipmap=smooth, nocache=True).texture
