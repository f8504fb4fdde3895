"""The printer library, loaded with the first document, and kept from leaving traces.

On import python-escpos 3.1 parses a megabyte of printer descriptions, pickles them, makes a temporary folder whether
it uses it or not, and sets up logging for the whole process. It is given our own description instead, a folder that
is gone afterwards, and no say about logging.
"""

import functools
import json
import logging
import os
import tempfile
import threading
from pathlib import Path
from typing import Any

from kiosk.hw.printer.port import Paper

_OURS = ("ESCPOS_CAPABILITIES_FILE", "ESCPOS_CAPABILITIES_PICKLE_DIR")


def new_document(paper: Paper) -> Any:
    """An empty ``escpos.printer.Dummy`` for this paper. It collects bytes and never touches a device."""
    escpos = _escpos()
    profile = escpos.capabilities.Profile()
    profile.profile_data = _description(paper)
    profile.features = profile.profile_data["features"]
    return escpos.printer.Dummy(profile=profile)


def _description(paper: Paper) -> dict[str, Any]:
    fonts = {"0": {"name": "Font A", "columns": paper.columns}, "1": {"name": "Font B", "columns": paper.columns}}
    return {
        "name": "label printer",
        "codePages": {str(number): codec for codec, number in paper.code_pages},
        "features": {"paperFullCut": True, "bitImageRaster": True, "qrCode": True, "barcodeB": True},
        "fonts": fonts,
        "media": {"dpi": round(paper.dots_per_mm * 25.4), "width": {"pixels": paper.width_dots, "mm": "Unknown"}},
    }


@functools.cache
def _escpos() -> Any:
    encodings = {codec: {"name": codec, "python_encode": codec.lower()} for codec in _CODECS}
    root = logging.getLogger()
    quiet = logging.NullHandler()
    before = {name: os.environ.get(name) for name in _OURS}
    with tempfile.TemporaryDirectory() as folder:
        description = Path(folder) / "capabilities.json"
        description.write_text(json.dumps({"profiles": {"default": _description(Paper())}, "encodings": encodings}))
        os.environ.update(dict(zip(_OURS, (str(description), folder), strict=True)))
        root.addHandler(quiet)
        try:
            with _NoFoldersLeft():
                import escpos.capabilities  # noqa: PLC0415
                import escpos.printer  # noqa: PLC0415
        finally:
            root.removeHandler(quiet)
            for name, value in before.items():
                if value is None:
                    del os.environ[name]
                else:
                    os.environ[name] = value
    return escpos


_CODECS = ("CP437", "CP850", "CP852", "CP858", "CP860", "CP863", "CP865", "CP866", "CP1250", "CP1251", "CP1252")


class _NoFoldersLeft:
    """Removes temporary folders that this thread makes meanwhile, if they stay empty."""

    def __enter__(self) -> None:
        self._made: list[str] = []
        self._original = tempfile.mkdtemp
        thread = threading.get_ident()

        def noted(*args: Any, **kwargs: Any) -> Any:
            folder = self._original(*args, **kwargs)
            if threading.get_ident() == thread:
                self._made.append(folder)
            return folder

        tempfile.mkdtemp = noted

    def __exit__(self, *_: object) -> None:
        tempfile.mkdtemp = self._original
        for folder in self._made:
            if not os.listdir(folder):
                os.rmdir(folder)
