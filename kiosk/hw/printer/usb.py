"""Printers on USB, through the kernel's own ``usblp`` driver: a plain node, and a tree that says what it is."""

import os
from pathlib import Path

from kiosk.hw.wires import Connect, DescriptorWire, Wire

_OTHERS = ("ZPL", "EPL", "TSPL", "DPL", "CPCL", "PCL", "PJL", "POSTSCRIPT", "STAR", "ESC/P2", "ESCPL", "BROTHER", "BR-")
"""How the languages of label and office printers begin."""


def usb(vendor: int, product: int, serial: str = "", *, sys: Path = Path("/sys"), dev: Path = Path("/dev")) -> Connect:
    """A printer of the kernel's own ``usblp`` driver, found by what it says it is; ``serial`` tells two alike apart.

    Raises ``OSError`` (ENODEV) while it is not plugged in, and where two fit.
    """

    async def connect() -> Wire:
        fd = os.open(_node(vendor, product, serial, sys, dev), os.O_RDWR | os.O_NONBLOCK | os.O_NOCTTY)
        return DescriptorWire(fd, close=lambda: os.close(fd), forget=lambda: None, empty_is_end=False, tells_loss=True)

    return connect


class UsbPrinter:
    """One printer that the kernel knows: its numbers in hexadecimal, its own words, its node."""

    def __init__(self, node: Path, interface: Path) -> None:
        device = interface.parent
        self.node = node
        self.languages = _languages(_word(interface / "ieee1284_id"))
        """Its command languages in its own words (``ESC/POS``, ``ZPL``); none where it does not say."""
        self.vendor, self.product, self.serial = (_word(device / name) for name in ("idVendor", "idProduct", "serial"))
        self.title = " ".join(filter(None, (_word(device / name) for name in ("manufacturer", "product"))))

    @property
    def other_language(self) -> str:
        """What it speaks where that is surely not ESC/POS; empty where it may well be."""
        if any("ESC/POS" in each.upper() or "ESCPOS" in each.upper() for each in self.languages):
            return ""
        return ", ".join(each for each in self.languages if each.upper().startswith(_OTHERS))

    @property
    def url(self) -> str:
        return f"usb://{self.vendor}:{self.product}" + (f"/{self.serial}" if self.serial else "")


def usb_printers(sys: Path = Path("/sys"), dev: Path = Path("/dev")) -> list[UsbPrinter]:
    found = []
    for entry in sorted((sys / "class" / "usbmisc").glob("lp*")):
        # …/usbmisc/lp0/device is the interface; the device above it has the numbers.
        found.append(UsbPrinter(dev / "usb" / entry.name, (entry / "device").resolve()))
    return found


def _node(vendor: int, product: int, serial: str, sys: Path, dev: Path) -> Path:
    wanted = (f"{vendor:04x}", f"{product:04x}")
    fitting = [
        each
        for each in usb_printers(sys, dev)
        if (each.vendor.lower(), each.product.lower()) == wanted and serial in ("", each.serial)
    ]
    if len(fitting) != 1:
        raise OSError(19, "two printers of this kind" if fitting else "no such printer")
    return fitting[0].node


def _languages(identity: str) -> tuple[str, ...]:
    """From an IEEE 1284 device ID: ``MFG:EPSON;CMD:ESC/POS;MDL:TM-T20II;CLS:PRINTER;``."""
    for part in identity.split(";"):
        key, _, value = part.partition(":")
        if key.strip().upper() in ("CMD", "COMMAND SET"):
            return tuple(each.strip() for each in value.split(",") if each.strip())
    return ()


def _word(path: Path) -> str:
    try:
        return path.read_text(errors="replace").strip()
    except OSError:
        return ""
