"""Which devices this machine has, by the names that stay the same when the cable is plugged in again."""

from pathlib import Path
from typing import Literal

from kiosk.hw.printer.usb import usb_printers
from kiosk.model.base import Noun

Kind = Literal["serial", "keyboard", "printer"]


class Found(Noun, frozen=True, kw_only=True):
    """``name`` is what the settings would say: a stable path, or a printer's address. ``node`` is what it is now."""

    kind: Kind
    name: str
    node: str
    title: str = ""
    """In the device's own words, where it has any."""
    other_language: str = ""
    """A printer's own language, where it says that it is another than ESC/POS."""

    @property
    def setting(self) -> str:
        """The line of the settings that names it."""
        if self.kind == "printer":
            return f'[printer] url = "{self.name}"'
        return f'[[scanners]] kind = "{self.kind}", path = "{self.name}"'


def found(dev: Path = Path("/dev"), sys: Path = Path("/sys")) -> list[Found]:
    """Everything that could be a scanner, a scale or a printer, each once."""
    serial = _named(dev / "serial", "*", "serial", [*dev.glob("ttyUSB*"), *dev.glob("ttyACM*")])
    keyboards = _named(dev / "input", "*-event-kbd", "keyboard", [])
    printers = [
        Found(
            kind="printer",
            name=each.url,
            node=str(each.node),
            title=each.title,
            other_language=each.other_language,
        )
        for each in usb_printers(sys, dev)
    ]
    return [*serial, *keyboards, *printers]


def stable_name(path: Path, among: list[Found]) -> str | None:
    """A lasting name for a node whose number changes (``ttyUSB0``, ``event7``); None where the name lasts already."""
    if path.is_symlink() or not path.name.startswith(("ttyUSB", "ttyACM", "event", "lp")):
        return None
    return next((each.name for each in among if each.node == str(path) and each.name != str(path)), None)


def _named(folder: Path, pattern: str, kind: Kind, bare: list[Path]) -> list[Found]:
    """By what it says it is, else by the plug it is in, else by its number."""
    names: dict[str, str] = {}
    for links in (folder / "by-id", folder / "by-path"):
        for link in sorted(links.glob(pattern)):
            names.setdefault(str(link.resolve()), str(link))
    for node in sorted(bare):
        names.setdefault(str(node), str(node))
    return [Found(kind=kind, name=name, node=node, title=Path(name).name) for node, name in names.items()]
