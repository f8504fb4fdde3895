"""Colours and sizes of the screens, as tokens: nothing else in this room names a colour or a size.

Three looks: standard, high contrast, large text. Contrast of every pair that is drawn on another is in ``PAIRS`` and
is tested from the tables, without drawing (WCAG 2.2, 1.4.3, 1.4.6, 1.4.11).
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from kiosk.screens.panel import Panel, minimum_mm, primary_mm

Rgba = tuple[float, float, float, float]

STANDARD: Mapping[str, str] = {
    "paper": "#EFF2EF",  # behind everything
    "surface": "#FFFFFF",  # cards and plain buttons
    "sunken": "#E2E8E4",  # empty part of a bar, pressed, passive
    "ink": "#0F1B17",
    "soft": "#46534D",  # secondary words: never lighter
    "hair": "#C9D2CD",  # decoration only, never the border of a control
    "line": "#5F6F67",  # border of a control
    "head": "#0B2B25",
    "on_head": "#FFFFFF",
    "head_soft": "#C4D6CE",
    "banner": "#00538A",
    "on_banner": "#FFFFFF",
    "go": "#005A43",
    "go_pressed": "#003D2D",
    "on_go": "#FFFFFF",
    "go_soft": "#D9EDE4",
    "stop": "#A4161A",
    "stop_deep": "#6E0D11",
    "on_stop": "#FFFFFF",
    "warn": "#FFC20A",
    "on_warn": "#0F1B17",
    "note": "#BFE0F5",
    "on_note": "#0F1B17",
    "mark": "#FFF0BF",
    "on_mark": "#0F1B17",
    "pressed": "#D3DDD7",
    "passive": "#5E6A64",
}

HIGH_CONTRAST: Mapping[str, str] = {
    "paper": "#000000",
    "surface": "#0A0A0A",
    "sunken": "#2E2E2E",
    "ink": "#FFFFFF",
    "soft": "#E6E6E6",
    "hair": "#8C8C8C",
    "line": "#FFFFFF",
    "head": "#000000",
    "on_head": "#FFFFFF",
    "head_soft": "#E6E6E6",
    "banner": "#00304F",
    "on_banner": "#FFFFFF",
    "go": "#FFD83A",
    "go_pressed": "#C9A400",
    "on_go": "#000000",
    "go_soft": "#123D2F",
    "stop": "#7D0A0E",
    "stop_deep": "#400507",
    "on_stop": "#FFFFFF",
    "warn": "#FFC20A",
    "on_warn": "#000000",
    "note": "#9AD4F5",
    "on_note": "#000000",
    "mark": "#FFF0BF",
    "on_mark": "#000000",
    "pressed": "#404040",
    "passive": "#B0B0B0",
}

TICKETS: Mapping[str, str] = {
    "blue": "#0072B2",
    "orange": "#E69F00",
    "sky": "#56B4E9",
    "yellow": "#F0E442",
    "purple": "#CC79A7",
    "green": "#009E73",
}
"""Okabe and Ito's colours: they stay apart for all common kinds of colour vision."""

PAIRS: tuple[tuple[str, str, float], ...] = (
    ("ink", "paper", 7.0),
    ("ink", "surface", 7.0),
    ("ink", "sunken", 7.0),
    ("ink", "pressed", 7.0),
    ("ink", "go_soft", 7.0),
    ("soft", "paper", 7.0),
    ("soft", "surface", 7.0),
    ("line", "paper", 3.0),
    ("line", "surface", 3.0),
    ("on_head", "head", 7.0),
    ("head_soft", "head", 7.0),
    ("on_banner", "banner", 7.0),
    ("on_go", "go", 7.0),
    ("on_go", "go_pressed", 7.0),
    ("go", "paper", 3.0),
    ("go", "surface", 3.0),
    ("go", "sunken", 3.0),
    ("on_stop", "stop", 7.0),
    ("on_stop", "stop_deep", 7.0),
    ("on_warn", "warn", 7.0),
    ("on_note", "note", 7.0),
    ("on_mark", "mark", 7.0),
    ("passive", "sunken", 4.5),
    ("passive", "surface", 4.5),
)
"""Foreground, ground, least contrast."""

STAFF_TYPE: Mapping[str, float] = {
    "note": 3.5,
    "body": 4.4,
    "lead": 5.4,
    "title": 7.6,
    "alarm": 9.0,
    "large": 11.0,
    "giant": 24.0,
    "code": 4.6,
}
"""Height of the letters' box in mm; a capital is 0.71 of it."""

KIOSK_TYPE: Mapping[str, float] = {
    "note": 3.5,  # the line for staff at the foot; nothing a patient needs
    "body": 7.2,
    "lead": 7.8,
    "title": 9.8,
    "alarm": 11.0,
    "large": 13.5,
    "giant": 38.0,
    "code": 7.2,
}
"""A capital of at least 4.8 mm (ADA 2010, 707.7.2), also at the smallest scale."""

STEPS: Mapping[str, float] = {"xs": 1.2, "s": 2.2, "m": 3.4, "l": 5.0, "xl": 8.0}
"""Distances in mm."""


@dataclass(frozen=True)
class Theme:
    name: str
    colours: Mapping[str, str]
    scale: float = 1.0


THEMES: Mapping[str, Theme] = {
    "standard": Theme("standard", STANDARD),
    "contrast": Theme("contrast", HIGH_CONTRAST),
    "large": Theme("large", STANDARD, 1.5),
}


def rgba(colour: str) -> Rgba:
    """``"#0072B2"`` as four numbers from 0 to 1."""
    red, green, blue = (int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5))
    return red, green, blue, 1.0


def contrast(first: str, second: str) -> float:
    """WCAG contrast ratio of two colours, from 1 to 21."""

    def light(colour: str) -> float:
        parts = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in rgba(colour)[:3]]
        return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2]

    high, low = sorted((light(first), light(second)), reverse=True)
    return (high + 0.05) / (low + 0.05)


@dataclass(frozen=True)
class Skin:
    """A theme on a panel in front of somebody: turns tokens into pixels. ``scale`` grows or shrinks letters alone."""

    theme: Theme
    panel: Panel
    role: str
    font: str = "Roboto"
    scale: float = 1.0

    @property
    def scales(self) -> tuple[float, ...]:
        """What to try, largest first: a screen takes the first at which everything fits.

        A patient's letters never get smaller than the law's, so the kiosk has less room to give.
        """
        floor = 0.94 if self.role == "checkin" else 0.8
        tries = (1.5, 1.4, 1.3, 1.2, 1.1, 1.0, 0.94, 0.88, 0.84, 0.8)
        return tuple(scale for scale in tries if floor <= scale <= self.theme.scale)

    def at(self, scale: float) -> "Skin":
        return replace(self, scale=scale)

    def mm(self, length: float) -> float:
        return round(length * self.panel.px_per_mm)

    def step(self, token: str) -> float:
        """A distance: a token of ``STEPS``, or ``""`` for none."""
        return self.mm(STEPS[token]) if token else 0.0

    def letters(self, token: str) -> int:
        sizes = KIOSK_TYPE if self.role == "checkin" else STAFF_TYPE
        return round(sizes[token] * self.panel.px_per_mm * self.scale)

    def colour(self, token: str) -> Rgba:
        return rgba(TICKETS[token[7:]] if token.startswith("ticket.") else self.theme.colours[token])

    @property
    def target(self) -> float:
        return self.mm(minimum_mm(self.role))

    @property
    def primary(self) -> float:
        return self.mm(primary_mm(self.role))
