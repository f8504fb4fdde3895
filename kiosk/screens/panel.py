"""The panels the screens are drawn for: size in pixels, and how many of them make a millimetre.

A finger has a size in millimetres, so everything is laid out in them; what a display says of its own resolution is
often wrong, and is not asked.
"""

from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True)
class Panel:
    """``px_per_mm`` pixels a millimetre; ``fullscreen`` on a real terminal.

    ``left`` and ``top`` place a window that is not full-screen; below zero the desktop does.
    """

    name: str
    width: int
    height: int
    px_per_mm: float
    fullscreen: bool = False
    large_text: bool = False
    high_contrast: bool = False
    left: int = -1
    top: int = -1

    @property
    def portrait(self) -> bool:
        return self.height > self.width

    @property
    def theme(self) -> str:
        """The look this panel starts with."""
        if self.high_contrast:
            return "contrast"
        return "large" if self.large_text else "standard"


class PanelSettings(Protocol):
    """A panel as a settings file describes it."""

    @property
    def width(self) -> int: ...
    @property
    def height(self) -> int: ...
    @property
    def px_per_mm(self) -> float: ...
    @property
    def fullscreen(self) -> bool: ...
    @property
    def large_text(self) -> bool: ...
    @property
    def high_contrast(self) -> bool: ...
    @property
    def left(self) -> int: ...
    @property
    def top(self) -> int: ...


def panel_from(settings: PanelSettings) -> Panel:
    return Panel(
        name=f"{settings.width}x{settings.height}",
        width=settings.width,
        height=settings.height,
        px_per_mm=settings.px_per_mm,
        fullscreen=settings.fullscreen,
        large_text=settings.large_text,
        high_contrast=settings.high_contrast,
        left=settings.left,
        top=settings.top,
    )


HANDHELD = Panel("handheld", 720, 1280, 8.3)
"""7 inches, 1280×720, upright."""
COUNTER = Panel("counter", 1280, 800, 5.9)
"""10.1 inches, 1280×800, lying."""
UPRIGHT = Panel("upright", 720, 1280, 5.9)
"""A 10.1 inch panel standing on its short side: the smallest for a counter or an entrance."""


def panel_for_role(role: str, *, upright: bool) -> Panel:
    """Patients and the counter need 10 inches; the vault's handheld has 7."""
    if not upright:
        return COUNTER
    return HANDHELD if role == "vault" else UPRIGHT


def minimum_mm(role: str) -> float:
    """The smallest touch target: 20 mm for patients, who may not be steady or see well; 15 mm for staff (PLT-07)."""
    return 20.0 if role == "checkin" else 15.0


def primary_mm(role: str) -> float:
    """The one main action: 25 mm for patients; 20 mm in the vault, where gloves are worn; 17 mm at the counter."""
    return {"checkin": 25.0, "vault": 20.0}.get(role, 17.0)


EDGE_MM = 5.0
"""Nothing to touch so close to the bezel."""
GAP_MM = 3.0
"""Between two targets: size matters to a finger, the gap hardly does."""

REACH_MM = 1.4
"""A target takes touches a little outside its drawing; less than half a gap, so that two never overlap."""
