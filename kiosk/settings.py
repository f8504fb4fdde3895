"""A terminal's settings: one TOML file, checked as a whole before anything starts."""

from pathlib import Path
from typing import Any, Literal, TypeVar

import msgspec

from kiosk.hw.mdoc.address import slot_at
from kiosk.hw.printer.address import AddressWrong, connect_to
from kiosk.model.errors import KioskError
from kiosk.model.text import text

S = TypeVar("S")

MOST_PATIENCE = 60.0


class Part(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One table of the file; a field nobody knows is a mistake, not a wish."""


class HubPart(Part, frozen=True, kw_only=True):
    """How the hub is found. ``fingerprint`` pins its key (SHA-256, hex); ``address`` is the fall-back ``host:port``."""

    token: str
    fingerprint: str = ""
    address: str = ""
    interfaces: tuple[str, ...] = ()
    """IP addresses to look on; empty means all."""

    def __repr__(self) -> str:
        return "<HubPart>"


class ScannerPart(Part, frozen=True, kw_only=True):
    """``path`` is a stable device name: ``/dev/serial/by-id/…`` or ``/dev/input/by-id/…-event-kbd``.

    ``prefix`` and ``suffix`` are what the scanner is set to put around a scan besides CR and LF; ``aim`` that it sends
    AIM identifiers. ``baud`` and ``character`` (data bits, parity, stop bits) matter on RS-232 alone.
    """

    kind: Literal["serial", "keyboard"]
    path: str
    baud: int = 115200
    character: Literal["8N1", "8N2", "7E1", "7O1", "8E1"] = "8N1"
    layout: Literal["us", "uk", "de"] = "us"
    prefix: str = ""
    suffix: str = ""
    aim: bool = False

    def __post_init__(self) -> None:
        if not (self.prefix + self.suffix).isascii():
            raise ValueError("prefix and suffix are ASCII")


class PrinterPart(Part, frozen=True, kw_only=True):
    """``url`` as in ``kiosk/hw/printer/address.py``. ``proof`` is what says that a label is on paper: the answer in
    turn that nearly every printer gives, or the job's own mark (``GS ( H``, Epson and Citizen). ``drawer`` is what its
    switch says while the cash drawer at the printer's plug is open."""

    url: str
    width_dots: Literal[384, 512, 576] = 576
    proof: Literal["barrier", "process_id"] = "barrier"
    drawer: Literal["none", "high", "low", "no_switch"] = "none"

    def __post_init__(self) -> None:
        try:
            connect_to(self.url)
        except AddressWrong as wrong:
            raise ValueError(str(wrong.reason)) from None


class ScalePart(Part, frozen=True, kw_only=True):
    """``path`` is a stable device name; the protocol is set at the scale."""

    path: str
    protocol: Literal["sics", "nci", "sma"]
    baud: int = 9600


class SpeechPart(Part, frozen=True, kw_only=True):
    """The terminal speaks. ``device`` is the sound device of its headphone jack (``"plughw:1,0"``); else the usual."""

    device: str = ""


class PhonesPart(Part, frozen=True, kw_only=True):
    """Licences on phones are taken as photo IDs. Without this table none is.

    ``issuers`` is a PEM file, or a folder of such, with the roots of the authorities that the store trusts and their
    revocation lists. ``bluetooth`` is an adapter (``hci0``). ``contactless`` is a reader as in
    ``kiosk/hw/mdoc/address.py``; ``extended``: it can do commands with extended lengths. ``patience``: seconds from the
    phone's code to its answer.
    """

    issuers: str
    bluetooth: str = ""
    contactless: str = ""
    extended: bool = False
    patience: float = 60.0

    def __post_init__(self) -> None:
        if self.contactless:
            slot_at(self.contactless)
        elif not self.bluetooth:
            raise ValueError("a phone is reached by Bluetooth or a contactless reader")
        if not 5 <= self.patience <= MOST_PATIENCE:
            raise ValueError(f"a phone's holder is waited for between 5 and {MOST_PATIENCE:.0f} seconds")


class PanelPart(Part, frozen=True, kw_only=True):
    """``px_per_mm`` decides how large a finger's target is drawn."""

    width: int = 1280
    height: int = 800
    px_per_mm: float = 5.9
    fullscreen: bool = True
    large_text: bool = False
    high_contrast: bool = False
    left: int = -1
    top: int = -1
    """Where a window that is not full-screen stands; below zero the desktop decides."""


class RehearsalPart(Part, frozen=True, kw_only=True):
    """For rehearsals only: a Unix socket through which a script sees and touches the terminal."""

    socket: str


class TerminalSettings(Part, frozen=True, kw_only=True):
    """``state`` is the store's, ``packs`` another folder of rule packs, as the hub has it; ``data`` is the folder of
    the terminal's store."""

    name: str
    role: Literal["checkin", "counter", "vault"]
    state: str
    packs: str = ""
    data: str
    hub: HubPart
    language: str = "en"
    scanners: tuple[ScannerPart, ...] = ()
    printer: PrinterPart | None = None
    scale: ScalePart | None = None
    panel: PanelPart = PanelPart()
    cover_after: float = 60.0
    """Seconds without a touch or scan until patient data is covered."""
    sound: bool = True
    lamp: str = ""
    """A signal lamp: the name of an LED in ``/sys/class/leds``."""
    speech: SpeechPart | None = None
    phones: PhonesPart | None = None
    keyboards: Literal["leave", "watch", "guard"] = "watch"
    """Keyboards that are no scanner of this terminal: let be; watched for one that types like a machine; or held back
    from the window and the console too, as on a terminal that stands among the public."""
    rehearsal: RehearsalPart | None = None


class SettingsWrong(KioskError):
    """The file cannot be used; ``str(reason)`` is one line that says where and what is wanted."""


def read(path: Path, kind: type[S]) -> S:
    """Reads one settings file. Raises :class:`SettingsWrong`."""
    try:
        data = path.read_bytes()
    except OSError as error:
        raise SettingsWrong(text("{file}: {why}.", file=path, why=error.strerror or "cannot be read")) from None
    try:
        return msgspec.toml.decode(data, type=kind)
    except msgspec.ValidationError as error:
        raise SettingsWrong(text("{file}: {why}.", file=path, why=error)) from None
    except (ValueError, UnicodeDecodeError) as error:
        raise SettingsWrong(text("{file} is not TOML: {why}.", file=path, why=error)) from None


def to_toml(value: Any) -> str:
    """Writes settings as TOML (tables and arrays of tables of plain values): what :func:`read` reads."""
    plain = msgspec.to_builtins(value, enc_hook=str)
    return "\n".join(_table("", plain)) + "\n"


def _table(name: str, table: dict[str, Any]) -> list[str]:
    lines = [f"[{name}]"] if name else []
    later: list[str] = []
    for key, value in table.items():
        path = f"{name}.{key}" if name else key
        if value is None:
            continue
        if isinstance(value, dict):
            later += ["", *_table(path, value)]
        elif isinstance(value, list | tuple) and value and isinstance(value[0], dict):
            for entry in value:
                later += ["", f"[[{path}]]", *_table(path, entry)[1:]]
        else:
            lines.append(f"{key} = {_value(value)}")
    return lines + later


def _value(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return repr(value)
    if isinstance(value, list | tuple):
        return f"[{', '.join(_value(entry) for entry in value)}]"
    return msgspec.json.encode(str(value)).decode()
