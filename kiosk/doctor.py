"""``kiosk doctor``: every device of this terminal, what it is used as, tried, and what is wrong with it in one line.

It needs no hub and touches nothing that a running terminal would miss: a device that another program holds is said to
be in use.
"""

import asyncio
import errno
from collections.abc import Iterator
from pathlib import Path

from kiosk.hw.drawer import PrinterDrawer
from kiosk.hw.found import Found, found, stable_name
from kiosk.hw.light import KernelLamp
from kiosk.hw.printer.address import connect_to
from kiosk.hw.printer.driver import EscPosPrinter
from kiosk.hw.printer.picture import IDEOGRAPHS
from kiosk.hw.printer.port import Paper
from kiosk.hw.scale.driver import AskedScale
from kiosk.hw.sound import Silence, make_ear
from kiosk.hw.speech import Mute, find_speech
from kiosk.hw.wires import serial_port
from kiosk.model.base import Noun, to_json
from kiosk.model.clock import SystemClock
from kiosk.model.text import Text, text
from kiosk.settings import PrinterPart, ScalePart, ScannerPart, TerminalSettings


class Finding(Noun, frozen=True, kw_only=True):
    """``says`` is one sentence: that all is well, or what is wrong and what to do."""

    device: str
    used_as: str
    well: bool
    says: Text


class Machine(Noun, frozen=True, kw_only=True):
    """Where this machine keeps its devices."""

    dev: Path = Path("/dev")
    sys: Path = Path("/sys")


def report(settings: TerminalSettings, *, as_json: bool = False, machine: Machine | None = None) -> tuple[str, bool]:
    """The findings as text or JSON, and whether all is well."""
    findings = asyncio.run(examine(settings, machine or Machine()))
    well = all(finding.well for finding in findings)
    return (_as_json if as_json else _as_text)(findings, well), well


async def examine(settings: TerminalSettings, machine: Machine) -> list[Finding]:
    """Tries everything in the settings, then names what is there and not used."""
    there = found(machine.dev, machine.sys)
    findings = [_scanner(part, there) for part in settings.scanners]
    if settings.printer is not None:
        findings += await _printer(settings.printer)
    if settings.scale is not None:
        findings.append(await _scale(settings.scale))
    findings += _sound(settings)
    if settings.lamp:
        findings.append(_lamp(settings.lamp, machine.sys / "class" / "leds"))
    if settings.speech is not None:
        findings.append(_speech())
    used = _used(settings)
    return findings + [_unused(each) for each in there if not {each.name, each.node} & used]


# --- each device ------------------------------------------------------------------------------------------------------


def _scanner(part: ScannerPart, there: list[Found]) -> Finding:
    path = Path(part.path)
    trouble = _trouble(part, path)
    lasting = stable_name(path, there)
    if trouble is None and lasting is not None:
        trouble = text("It works, but its name changes when it is plugged in again: write {name}.", name=lasting)
    says = trouble or text("It is there and free. Scan something at the terminal to see it read.")
    return Finding(device=part.path, used_as=f"{part.kind} scanner", well=trouble is None, says=says)


def _trouble(part: ScannerPart, path: Path) -> Text | None:
    from kiosk.hw.scanner.evdev import DeviceSource  # noqa: PLC0415  as in the terminal: only what is used is loaded
    from kiosk.hw.scanner.serial import SerialWire  # noqa: PLC0415

    try:
        device = SerialWire(path, part.baud, SystemClock()) if part.kind == "serial" else DeviceSource(path)
    except OSError as error:
        return _why_not(error, "input" if part.kind == "keyboard" else "dialout")
    device.close()
    return None


def _why_not(error: OSError, group: str) -> Text:
    match error.errno:
        case errno.ENOENT | errno.ENODEV | errno.ENXIO:
            return text("It is not there: plug it in, or write another name into the settings.")
        case errno.EACCES | errno.EPERM:
            return text(
                "It may not be opened: install the udev rules, or put the user into the group {group}.", group=group
            )
        case errno.EBUSY | errno.EAGAIN:
            return text("Another program uses it: stop that program, or the terminal that is running.")
    return text(
        "It cannot be opened ({why}): unplug it and plug it in again.", why=error.strerror or type(error).__name__
    )


async def _scale(part: ScalePart) -> Finding:
    weighed = await AskedScale(part.path, serial_port(Path(part.path), baud=part.baud), part.protocol).weigh()
    says = (
        text("It shows {amount} {unit}.", amount=weighed.weight.amount, unit=weighed.weight.unit)
        if weighed.weight
        else None
    )
    return Finding(device=part.path, used_as="scale", well=weighed.words is None, says=weighed.words or says or _WELL)


async def _printer(part: PrinterPart) -> list[Finding]:
    printer = EscPosPrinter(part.url, connect_to(part.url), paper=Paper(width_dots=part.width_dots), proof=part.proof)
    state = await printer.state()
    device, says, well = part.url, state.words, state.prints
    if state.prints:
        device = " ".join(filter(None, [part.url, await printer.identity()]))
        if not await printer.answers_in_turn():
            well, says = (
                False,
                text("It does not say when it has printed: it is not fit for labels. Use another model."),
            )
    findings = [Finding(device=device, used_as="label printer", well=well, says=says or _WELL)]
    if part.drawer != "none" and state.prints:
        findings.append(await _drawer(printer, part))
    if not IDEOGRAPHS.exists():
        says = text("Chinese names cannot be drawn: install the package fonts-droid-fallback.")
        findings.append(Finding(device="fonts", used_as="letters of labels", well=False, says=says))
    return findings


async def _drawer(printer: EscPosPrinter, part: PrinterPart) -> Finding:
    level = part.drawer if part.drawer in ("high", "low") else None
    says = {
        None: text("Nobody knows whether it is open: it has no switch."),
        True: text("It is open: shut it, or change high to low in the settings if it is shut."),
        False: text("It is shut."),
    }[await PrinterDrawer(printer, open_level=level).is_open()]
    return Finding(device=f"drawer at {part.url}", used_as="cash drawer", well=True, says=says)


def _sound(settings: TerminalSettings) -> Iterator[Finding]:
    if settings.sound:
        silent = isinstance(make_ear(on=True), Silence)
        says = text("No program plays sounds: install the package alsa-utils.") if silent else _WELL
        yield Finding(device="loudspeaker", used_as="sound", well=not silent, says=says)


def _lamp(name: str, leds: Path) -> Finding:
    """Switched on and off once, so that somebody can see it."""
    lamp = KernelLamp(leds / name)
    says, well = text("It was switched on and off."), True
    try:
        lamp.shine(True)
        lamp.shine(False)
    except OSError as error:
        well = False
        missing = error.errno == errno.ENOENT
        says = (
            text("There is no such lamp: write one of {names} into the settings.", names=_names(leds))
            if missing
            else text("It may not be switched: install the udev rules.")
        )
    return Finding(device=name, used_as="signal lamp", well=well, says=says)


def _names(folder: Path) -> str:
    return ", ".join(sorted(path.name for path in folder.glob("*"))) or "-"


def _speech() -> Finding:
    silent = isinstance(find_speech(), Mute)
    says = text("No program speaks: install the package espeak-ng.") if silent else _WELL
    return Finding(device="headphones", used_as="speech", well=not silent, says=says)


def _used(settings: TerminalSettings) -> set[str]:
    names = {part.path for part in settings.scanners}
    if settings.scale is not None:
        names.add(settings.scale.path)
    if settings.printer is not None:
        names |= {settings.printer.url, settings.printer.url.removeprefix("serial://").partition("?")[0]}
    return names | {str(Path(name).resolve()) for name in names if name.startswith("/")}


def _unused(device: Found) -> Finding:
    return Finding(device=device.name, used_as="not used", well=True, says=text("No setting names it."))


_WELL = text("It works.")


# --- the page ---------------------------------------------------------------------------------------------------------


def _as_text(findings: list[Finding], well: bool) -> str:
    wide = max((len(finding.used_as) for finding in findings), default=0)
    lines = []
    for finding in findings:
        mark = "ok   " if finding.well else "WRONG"
        lines += [f"{mark}  {finding.used_as.ljust(wide)}  {finding.device}", f"       {finding.says}"]
    wrong = sum(not finding.well for finding in findings)
    return "\n".join([*lines, "All is well." if well else f"{wrong} of {len(findings)} need a hand."])


def _as_json(findings: list[Finding], well: bool) -> str:
    plain = [
        {"device": each.device, "used_as": each.used_as, "well": each.well, "says": str(each.says)} for each in findings
    ]
    return to_json({"well": well, "devices": plain}).decode()
