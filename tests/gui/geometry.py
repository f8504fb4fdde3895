"""What must hold of every drawn screen, in readable words: see kiosk-ux rules in ``docs`` for the numbers."""

from collections.abc import Iterator
from typing import Any

from kiosk.screens.panel import EDGE_MM, REACH_MM, minimum_mm

Area = tuple[float, float, float, float]


def faults(frame: Any) -> list[str]:
    """Everything wrong with the picture that is now in the frame; empty is well."""
    return [*_height(frame), *_targets(frame), *_words(frame)]


def _area(part: Any) -> Area:
    return part.x, part.y, part.right, part.top


def _overlap(first: Area, second: Area) -> bool:
    return first[0] < second[2] and second[0] < first[2] and first[1] < second[3] and second[1] < first[3]


def _height(frame: Any) -> Iterator[str]:
    need = frame.need(frame.panel.width)
    if need > frame.panel.height:
        yield f"needs {need:.0f} of {frame.panel.height} pixels at the smallest letters"


def _targets(frame: Any) -> Iterator[str]:
    assert frame.picture is not None
    panel, targets = frame.panel, frame.targets()
    least = minimum_mm(frame.picture.role) * panel.px_per_mm - 1
    edge = EDGE_MM * panel.px_per_mm - 2
    for target in targets:
        if target.width < least or target.height < least:
            size = f"{target.width / panel.px_per_mm:.1f} × {target.height / panel.px_per_mm:.1f} mm"
            yield f"{target.key} is {size}"
        if target.x < edge or target.right > panel.width - edge or target.y < edge or target.top > panel.height - edge:
            yield f"{target.key} is too near to the edge"
    reach = REACH_MM * panel.px_per_mm
    areas = [(t.key, (t.x - reach, t.y - reach, t.right + reach, t.top + reach)) for t in targets]
    for i, (key, area) in enumerate(areas):
        for other, another in areas[i + 1 :]:
            if _overlap(area, another):
                yield f"{key} and {other} overlap"


def _words(frame: Any) -> Iterator[str]:
    drawn = frame.words()
    inks: list[tuple[str, Area]] = []
    for words in drawn:
        wide, high = words.ink_size
        name = f"{words.text[:40]!r}"
        if words.broken:
            yield f"{name} is broken inside a word"
        if wide > words.width + 1 or high > words.height + 2:
            yield f"{name} is {wide:.0f}×{high:.0f} in a box of {words.width:.0f}×{words.height:.0f}"
        if words.x < 0 or words.y < 0 or words.right > frame.panel.width or words.top > frame.panel.height:
            yield f"{name} is outside the window"
        if "…" in words.text[-1:] and not words.text.endswith(" …"):
            yield f"{name} is shortened"
        inks.append((name, _ink_area(words)))
    for i, (name, area) in enumerate(inks):
        for other, another in inks[i + 1 :]:
            if _overlap(area, another):
                yield f"{name} is written over {other}"


def _ink_area(words: Any) -> Area:
    wide, high = words.ink_size
    x = words.x + ((words.width - wide) / 2 if words.across == "center" else 0)
    y = words.top - high if words.down == "top" else words.y + (words.height - high) / 2
    return x + 1, y + 2, x + wide - 1, y + high - 2
