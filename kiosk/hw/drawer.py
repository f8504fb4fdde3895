"""The cash drawer at the plug of a receipt printer."""

from typing import Literal, Protocol

from kiosk.hw.printer.driver import EscPosPrinter

Level = Literal["high", "low"]
"""What pin 3 of the plug is while the drawer is open: drawers differ, and no printer knows."""


class Drawer(Protocol):
    async def open(self) -> bool:
        """Sends one pulse; False when it was not sent. Whether it opened says :meth:`is_open`."""

    async def is_open(self) -> bool | None:
        """None when nobody knows."""


class PrinterDrawer:
    """A :class:`Drawer`. ``open_level`` None is a drawer without a switch: nobody knows whether it is open."""

    def __init__(self, printer: EscPosPrinter, *, open_level: Level | None = "high") -> None:
        self._printer, self._open_level = printer, open_level

    async def open(self) -> bool:
        return await self._printer.kick()

    async def is_open(self) -> bool | None:
        high = await self._printer.drawer_pin() if self._open_level is not None else None
        return None if high is None else high == (self._open_level == "high")
