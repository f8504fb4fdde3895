"""Where a printer is, written in one line: ``tcp://10.0.0.9:9100``, ``serial:///dev/serial/by-id/…?baud=19200``,
``usb://04b8:0e15`` or ``usb://04b8:0e15/SERIAL``."""

import re
from pathlib import Path
from urllib.parse import parse_qsl, unquote, urlsplit

from kiosk.hw.printer.usb import usb
from kiosk.hw.wires import Connect, serial_port, tcp
from kiosk.model.errors import KioskError
from kiosk.model.text import text

_USB = re.compile(r"usb://([0-9a-fA-F]{4}):([0-9a-fA-F]{4})(?:/([^/?#]+))?")
_BAUDS = (1200, 2400, 4800, 9600, 19200, 38400, 57600, 115200, 230400)
_FLOWS = ("none", "rtscts", "xonxoff")


class AddressWrong(KioskError):
    """This line names no printer; the reason says what one looks like."""


def connect_to(url: str) -> Connect:
    """The way to the printer at ``url``. Opens nothing. Raises :class:`AddressWrong`."""
    try:
        return _connect_to(url)
    except ValueError:
        sentence = text(
            "{url} is no printer's address. Write tcp://HOST:9100, serial:///dev/serial/by-id/NAME or "
            "usb://VENDOR:PRODUCT.",
            url=url,
        )
        raise AddressWrong(sentence) from None


def _connect_to(url: str) -> Connect:
    if found := _USB.fullmatch(url):
        return usb(int(found[1], 16), int(found[2], 16), unquote(found[3] or ""))
    parts = urlsplit(url)
    options = dict(parse_qsl(parts.query, strict_parsing=True)) if parts.query else {}
    if parts.scheme == "tcp" and parts.hostname and not options and parts.path in ("", "/") and not parts.username:
        return tcp(parts.hostname, 9100 if parts.port is None else parts.port)
    if parts.scheme == "serial" and not parts.netloc and Path(parts.path).is_absolute() and len(parts.path) > 1:
        baud, flow = int(options.pop("baud", "9600")), options.pop("flow", "none")
        if baud in _BAUDS and flow in _FLOWS and not options:
            return serial_port(Path(unquote(parts.path)), baud=baud, flow=flow)  # type: ignore[arg-type]
    raise ValueError(url)
