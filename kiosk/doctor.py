"""``kiosk doctor``: every device of this terminal, what it is used as, tried, and what is wrong with it in one line.

It needs no hub and touches nothing that a running terminal would miss: a device that another program holds is said to
be in use. Without settings it names what it finds, in the words that the settings want.
"""

import asyncio
import errno
import socket
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from kiosk.hw.drawer import PrinterDrawer
from kiosk.hw.found import Found, found, stable_name
from kiosk.hw.light import KernelLamp
from kiosk.hw.mdoc.address import slot_at
from kiosk.hw.mdoc.bluez import BluezRadio
from kiosk.hw.printer.address import connect_to
from kiosk.hw.printer.driver import EscPosPrinter
from kiosk.hw.printer.picture import IDEOGRAPHS
from kiosk.hw.printer.port import Condition, Paper, Patience
from kiosk.hw.scale.driver import AskedScale
from kiosk.hw.sound import Silence, make_ear
from kiosk.hw.speech import Mute, find_speech
from kiosk.hw.wires import Connect, serial_port
from kiosk.model.base import Noun, to_json
from kiosk.model.clock import SystemClock
from kiosk.model.errors import Ours
from kiosk.model.text import Text, text
from kiosk.phones import issuers
from kiosk.settings import PhonesPart, PrinterPart, ScalePart, ScannerPart, TerminalSettings


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


def report(
    settings: TerminalSettings | None, *, as_json: bool = False, machine: Machine | None = None
) -> tuple[str, bool]:
    """The findings as text or JSON, and whether all is well."""
    findings = asyncio.run(examine(settings, machine or Machine()))
    well = all(finding.well for finding in findings)
    return (_as_json if as_json else _as_text)(findings, well), well


async def examine(settings: TerminalSettings | None, machine: Machine) -> list[Finding]:
    """Tries everything in the settings, then names what is there and not used."""
    there = found(machine.dev, machine.sys)
    if settings is None:
        return [_unused(each) for each in there]
    findings = [_scanner(part, there) for part in settings.scanners]
    if settings.printer is not None:
        findings += await _printer(settings.printer, there)
    if settings.scale is not None:
        findings.append(await _scale(settings.scale, there))
    findings += _sound(settings)
    if settings.lamp:
        findings.append(_lamp(settings.lamp, machine.sys / "class" / "leds"))
    if settings.speech is not None:
        findings.append(_speech())
    if settings.phones is not None:
        findings += await _phones(settings.phones)
    used = _used(settings)
    findings += _named_twice(settings)
    return findings + [_unused(each) for each in there if not {each.name, each.node} & used]


# --- each device ------------------------------------------------------------------------------------------------------


def _scanner(part: ScannerPart, there: list[Found]) -> Finding:
    path = Path(part.path)
    trouble = _trouble(part, path) or _passing(path, there)
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


def _passing(path: Path, there: list[Found]) -> Text | None:
    """That a device that can be used has a name that will not last; None where it lasts."""
    lasting = stable_name(path, there)
    if lasting is None:
        return None
    return text("It works, but its name changes when it is plugged in again: write {name}.", name=lasting)


def _why_not(error: OSError, group: str) -> Text:
    """Why a device does not open. ``group`` is the one whose members may open such."""
    if isinstance(error, socket.gaierror):
        return text("No machine has this name: correct the address, or ask whoever keeps the network.")
    match error.errno:
        case errno.ENOENT | errno.ENODEV | errno.ENXIO:
            return text("It is not there: plug it in, or write another name into the settings.")
        case errno.EACCES | errno.EPERM:
            return text(
                "It may not be opened: install the udev rules, or put the user into the group {group}.", group=group
            )
        case errno.EBUSY | errno.EAGAIN | errno.EADDRINUSE:
            return text("Another program uses it: stop that program, or the terminal that is running.")
        case errno.ECONNREFUSED:
            return text(
                "The machine at this address takes no print jobs at this port: correct the port (9100 is usual), or "
                "end the other program that prints."
            )
        case errno.ETIMEDOUT | errno.EHOSTUNREACH | errno.ENETUNREACH | errno.EHOSTDOWN:
            return _NOBODY
        case None if isinstance(error, TimeoutError):
            return _NOBODY
        case errno.ENOTTY | errno.EISDIR | None:
            return text("It is no device of this kind: correct its name in the settings.")
    return text(
        "It cannot be opened ({why}): unplug it and plug it in again.", why=error.strerror or type(error).__name__
    )


async def _opens(connect: Connect, group: str) -> Text | None:
    """Why it cannot be opened; None when it can, and was."""
    try:
        async with asyncio.timeout(Patience().connect):
            wire = await connect()
    except OSError as error:
        return _why_not(error, group)
    await wire.abort()
    return None


async def _scale(part: ScalePart, there: list[Found]) -> Finding:
    connect = serial_port(Path(part.path), baud=part.baud)
    trouble = await _opens(connect, "dialout")
    if trouble is not None:
        return Finding(device=part.path, used_as="scale", well=False, says=trouble)
    weighed = await AskedScale(part.path, connect, part.protocol).weigh()
    trouble = weighed.words or _passing(Path(part.path), there)
    says = trouble or _WELL
    if trouble is None and weighed.weight is not None:
        says = text("It shows {amount} {unit}.", amount=weighed.weight.amount, unit=weighed.weight.unit)
    return Finding(device=part.path, used_as="scale", well=trouble is None, says=says)


async def _printer(part: PrinterPart, there: list[Found]) -> list[Finding]:
    connect = connect_to(part.url)
    device, says, well = part.url, await _printer_opens(part, connect, there), False
    printer = EscPosPrinter(part.url, connect, paper=Paper(width_dots=part.width_dots), proof=part.proof)
    findings = []
    if says is None:
        state = await printer.state()
        says, well = _PUZZLES.get(state.condition, state.words), state.prints
        if well:
            if not await printer.answers_in_turn():
                well = False
                says = text("It does not say when it has printed: it is not fit for labels. Use another model.")
            device = " ".join(filter(None, [part.url, await printer.identity()]))
            if part.drawer != "none":
                findings.append(await _drawer(printer, part))
            passing = _passing(_path(part.url), there)
            well, says = (False, passing) if well and passing is not None else (well, says)
    findings.insert(0, Finding(device=device, used_as="label printer", well=well, says=says or _WELL))
    if not IDEOGRAPHS.exists():
        says = text("Chinese names cannot be drawn: install the package fonts-droid-fallback.")
        findings.append(Finding(device="fonts", used_as="letters of labels", well=False, says=says))
    return findings


async def _printer_opens(part: PrinterPart, connect: Connect, there: list[Found]) -> Text | None:
    foreign = next((each for each in there if each.name.startswith(part.url) and each.other_language), None)
    if foreign is not None:
        return _other_language(foreign)
    return await _opens(connect, "lp" if part.url.startswith("usb:") else "dialout")


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


async def _phones(part: PhonesPart) -> list[Finding]:
    findings = [_issuers(part.issuers)]
    if part.bluetooth:
        findings.append(await _bluetooth(part.bluetooth))
    if part.contactless:
        findings.append(await _contactless(part.contactless))
    return findings


def _issuers(name: str) -> Finding:
    """Whose licences are taken, and whether all of it is still in force."""
    from kiosk.documents.mdoc.trust import in_force, name_of  # noqa: PLC0415  brings cryptography along

    now = SystemClock().now()
    try:
        trust = issuers(Path(name))
    except Ours as wrong:
        return Finding(device=name, used_as="issuers of licences", well=False, says=wrong.reason)
    ended = [name_of(root) for root in trust.roots if not root.not_valid_before_utc <= now <= root.not_valid_after_utc]
    late = [str(one.next_update_utc and one.next_update_utc.date()) for one in trust.lists if not in_force(one, now)]
    if ended:
        says = text("{names} is not in force: get the authority's new certificate.", names=", ".join(ended))
    elif late:
        says = text("A revocation list ended on {day}: get the new one, or no licence can be checked.", day=late[0])
    else:
        says = text("{n} authorities are trusted, {lists} revocation lists are in force.", n=len(trust.roots),
                    lists=len(trust.lists))  # fmt: skip
    return Finding(device=name, used_as="issuers of licences", well=not (ended or late), says=says)


async def _bluetooth(adapter: str) -> Finding:
    says, well = _WELL, True
    try:
        await BluezRadio(adapter).ready()
    except OSError:
        says, well = text("Bluetooth does not run here: start the service bluetooth and switch the adapter on."), False
    return Finding(device=adapter, used_as="Bluetooth for phones", well=well, says=says)


async def _contactless(address: str) -> Finding:
    slot = slot_at(address)
    try:
        device, well = f"{address} {await slot.find()}", True
        says = text("It is there. Hold a phone to it at the terminal to see it read.")
    except OSError as error:
        device, well = address, False
        says = {
            errno.ENXIO: text("The service for card readers does not run: install pcscd and start it."),
            errno.ENODEV: text("No such reader is connected: plug it in, or write another name into the settings."),
        }.get(error.errno or 0) or _why_not(error, "plugdev")
    finally:
        await slot.close()
    return Finding(device=device, used_as="reader for phones", well=well, says=says)


def _nodes(settings: TerminalSettings) -> list[str]:
    """The devices that the settings name, each as often as it is named, and as it is called now."""
    names = [part.path for part in settings.scanners]
    if settings.scale is not None:
        names.append(settings.scale.path)
    if settings.printer is not None:
        names.append(str(_path(settings.printer.url)))
    return [str(Path(name).resolve()) if name.startswith("/") else name for name in names]


def _path(url: str) -> Path:
    """Of a printer on a serial port; of another nothing that is anywhere."""
    return Path(url.removeprefix("serial://").partition("?")[0])


def _used(settings: TerminalSettings) -> set[str]:
    named = {part.path for part in settings.scanners}
    if settings.printer is not None:
        named.add(settings.printer.url)
    return {*named, *_nodes(settings)}


def _named_twice(settings: TerminalSettings) -> Iterator[Finding]:
    for node, times in Counter(_nodes(settings)).items():
        if times > 1:
            says = text("The settings name it twice, and only one can have it: take one of them out.")
            yield Finding(device=node, used_as="used twice", well=False, says=says)


def _unused(device: Found) -> Finding:
    says = (
        _other_language(device)
        if device.other_language
        else text("No setting names it. It would be: {setting}", setting=device.setting)
    )
    return Finding(device=device.name, used_as="not used", well=True, says=says)


def _other_language(device: Found) -> Text:
    return text(
        "It speaks {language}, and labels need a printer that speaks ESC/POS: set it to that, or use another.",
        language=device.other_language,
    )


_WELL = text("It works.")
_NOBODY = text("Nobody answers at this address: switch it on, and check its cable and the address.")
_PUZZLES = {
    Condition.SILENT: text(
        "It takes a connection and says nothing: shut its cover and put in paper; if that is done, it is no ESC/POS "
        "printer, or another terminal has it."
    ),
    Condition.NONSENSE: text(
        "What it answers is no printer's answer: correct the address or the baud rate, or use an ESC/POS printer."
    ),
    Condition.ABSENT: text("It hangs up at once: another terminal may have it; else switch it off and on."),
}
"""States that mean something else to whoever sets a printer up than to whoever prints."""


# --- the page ---------------------------------------------------------------------------------------------------------


def _as_text(findings: list[Finding], well: bool) -> str:
    if not findings:
        return (
            "No scanner, scale or printer was found on this machine: plug one in. "
            "Printers on the network are named by their address."
        )
    wide = max(len(finding.used_as) for finding in findings)
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
