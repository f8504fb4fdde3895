"""The cash drawer at the plug of a receipt printer."""

from typing import Literal, Protocol

from kiosk.hw.printer.driver import EscPosPrinter
from kiosk.model.records import DrawerOutcome

Level = Literal["high", "low"]
"""What pin 3 of the plug is while the drawer is open: drawers differ, and no printer knows."""


class Drawer(Protocol):
    async def open(self) -> DrawerOutcome:
        """Sends one pulse, and looks whether it opened. Never raises, and never sends a second pulse by itself."""

    async def is_open(self) -> bool | None:
        """None when nobody knows."""


class PrinterDrawer:
    """A :class:`Drawer`. ``open_level`` None is a drawer without a switch: nobody knows whether it is open."""

    def __init__(self, printer: EscPosPrinter, *, open_level: Level | None = "high") -> None:
        self._printer, self._open_level = printer, open_level

    async def open(self) -> DrawerOutcome:
        pulse = await self._printer.kick()
        if pulse == "failed":
            return pulse
        opened = await self.is_open()
        if opened:
            return "opened"
        return pulse if opened is None or pulse == "unknown" else "shut"

    async def is_open(self) -> bool | None:
        high = await self._printer.drawer_pin() if self._open_level is not None else None
        return None if high is None else high == (self._open_level == "high")
