"""The symbols, as white pictures that are tinted where they are drawn. See ``drawn.py`` for where they come from.

Symbols are never characters: fonts lack them, and a missing glyph is a box.
"""

from functools import lru_cache
from pathlib import Path
from typing import Any

from kivy.core.image import Image

from kiosk.screens.sizes import LARGE

FOLDER = Path(__file__).parent / "pictures"
CORNER = 16
"""Points of ``round-64.png`` that are corner, on each side."""


def picture(name: str, side: float) -> Any:
    """The texture of a symbol that is shown with ``side`` pixels: the next larger one there is, or the largest."""
    sizes = _sizes(name)
    return _loaded(name, next((size for size in sizes if size >= side), sizes[-1]))


def rounded() -> Any:
    """The texture all boxes with round corners are made of."""
    return _loaded("round", 64)


@lru_cache(maxsize=128)
def _sizes(name: str) -> tuple[int, ...]:
    return tuple(size for size in LARGE if (FOLDER / f"{name}-{size}.png").exists())


@lru_cache(maxsize=64)
def _loaded(name: str, size: int) -> Any:
    return Image(str(FOLDER / f"{name}-{size}.png"), nocache=True).texture
