"""Every kind of step in every interesting condition, as pictures on one page: ``python -m kiosk.screens.gallery OUT``.

For eyes, not for assertions; those are in ``tests/gui``. One window draws a few hundred pictures, one process for
each way up.
"""

import argparse
import html
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import msgspec

from kiosk.model.clock import ManualClock
from kiosk.screens.panel import COUNTER, Panel, panel_for_role
from kiosk.screens.samples import Sample, samples
from kiosk.screens.samples.facts import NOW
from kiosk.screens.words import PSEUDO

VARIANTS: tuple[tuple[str, str, str], ...] = (
    ("standard", "en", "standard"),
    ("spanish", "es", "standard"),
    ("long words", PSEUDO, "standard"),
    ("large letters", "en", "large"),
    ("spanish, large letters", "es", "large"),
    ("high contrast", "en", "contrast"),
)
"""Name, language, theme."""


WAYS = {"portrait": True, "landscape": False}


def panel_for(role: str, theme: str, *, upright: bool) -> Panel:
    panel = panel_for_role(role, upright=upright)
    return replace(panel, large_text=theme == "large", high_contrast=theme == "contrast")


def pictures(language: str, start: int = 0) -> Iterator[Sample]:
    for sample in samples(start):
        yield Sample(sample.name, msgspec.structs.replace(sample.picture, language=language))


def file_name(way: str, variant: str, sample: Sample) -> str:
    return f"{way}-{variant.replace(',', '').replace(' ', '-')}-{sample.name}.png"


def draw(out: Path, way: str, only: str = "") -> list[str]:
    """Draws all samples one way up; returns the names of the pictures. Opens the one window of this process."""
    from kiosk.screens.window import KioskWindow  # noqa: PLC0415 - the page alone needs no window

    window = KioskWindow(COUNTER, "en", lambda _: None, clock=ManualClock(NOW), zone="America/New_York")
    window.open()
    drawn: list[str] = []
    try:
        for variant, language, theme in VARIANTS:
            for sample in pictures(language):
                if only not in sample.name:
                    continue
                window.use_panel(panel_for(sample.picture.role, theme, upright=WAYS[way]))
                name = file_name(way, variant, sample)
                window.show(sample.picture)
                window.screenshot(out / name)
                drawn.append(name)
    finally:
        window.close()
    return drawn


def page(out: Path) -> Path:
    """``index.html``: one row a sample, one column a variant, upright and lying."""
    rows = []
    for sample in samples():
        cells = "".join(
            f'<figure><img loading="lazy" src="{file_name(way, variant, sample)}" height="{400 if upright else 300}">'
            f"<figcaption>{html.escape(variant)}, {way}</figcaption></figure>"
            for way, upright in WAYS.items()
            for variant, _, _ in VARIANTS
        )
        rows.append(
            f'<h2 id="{sample.name}">{html.escape(sample.name)} <small>{sample.kind}</small></h2><div>{cells}</div>'
        )
    links = " ".join(f'<a href="#{sample.name}">{html.escape(sample.name)}</a>' for sample in samples())
    style = (
        "body{font:16px sans-serif;margin:2em;background:#eee}div{display:flex;overflow-x:auto;gap:1em}"
        "figure{margin:0}img{border:1px solid #999;background:#fff}nav a{margin-right:1em}small{color:#555}"
    )
    index = out / "index.html"
    index.write_text(
        f'<!doctype html><meta charset="utf-8"><title>Screens</title><style>{style}</style>'
        f"<h1>Screens</h1><nav>{links}</nav>{''.join(rows)}",
        encoding="utf-8",
    )
    return index


def draw_gallery(out: Path) -> int:
    """Draws everything into ``out/gallery``; returns an exit code. Needs a display."""
    folder = out / "gallery"
    folder.mkdir(parents=True, exist_ok=True)
    drawing = [
        subprocess.Popen([sys.executable, "-m", "kiosk.screens.gallery", str(folder), "--way", way]) for way in WAYS
    ]
    codes = [process.wait() for process in drawing]
    page(folder)
    return max(codes)


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="kiosk.screens.gallery")
    parser.add_argument("out", type=Path)
    parser.add_argument("--way", choices=sorted(WAYS), help="only this way up, straight into OUT")
    parser.add_argument("--only", default="", help="only samples whose name has this in it")
    options = parser.parse_args(arguments)
    if options.way:
        options.out.mkdir(parents=True, exist_ok=True)
        draw(options.out, options.way, options.only)
        return 0
    return draw_gallery(options.out)


if __name__ == "__main__":
    sys.exit(main())
