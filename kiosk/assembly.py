"""Puts a terminal together from its settings, and runs it until it is told to stop.

Brings most of the program along: where there is a window, its thread imports this while the window opens.
"""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from functools import cache, partial
from pathlib import Path

from msgspec import structs

from kiosk.flows.runner import Observer
from kiosk.flows.steps import Picture
from kiosk.hw.drawer import Drawer, PrinterDrawer
from kiosk.hw.hotplug import Hotplug
from kiosk.hw.light import LEDS, KernelLamp, Light, Signs
from kiosk.hw.mdoc.address import slot_at
from kiosk.hw.mdoc.ble import BluetoothClient
from kiosk.hw.mdoc.bluez import BluezRadio
from kiosk.hw.mdoc.nfc import ContactlessReader
from kiosk.hw.mdoc.port import Engaging, Transport
from kiosk.hw.printer.address import connect_to
from kiosk.hw.printer.driver import EscPosPrinter
from kiosk.hw.printer.port import Paper
from kiosk.hw.scanner.framing import FrameRules
from kiosk.hw.scanner.port import Scanner
from kiosk.hw.sound import Sound, make_ear
from kiosk.local_store.finder import Found, HubAddress
from kiosk.local_store.keys import load_or_make_key
from kiosk.local_store.link import HubLink
from kiosk.local_store.store import TerminalStore
from kiosk.model.clock import Clock, SystemClock
from kiosk.model.connection import Connection
from kiosk.model.documents import AnyDocument, Contactless, Reading
from kiosk.model.labels import Label
from kiosk.model.orders import Ticket
from kiosk.phones import Phones, issuers
from kiosk.remote import Remote
from kiosk.settings import ScannerPart, TerminalSettings
from kiosk.terminal import Terminal

LONGEST = Contactless(most_command=0xFFFF, most_answer=0x10000)
"""What a contactless reader with extended lengths can."""

HUB_SEEN = "hub address"
"""Under this name the store keeps where the hub was seen last: it is tried first."""


async def run_until(
    stop: asyncio.Event,
    settings: TerminalSettings,
    draw: Callable[[Picture], None],
    ready: Callable[[Terminal], None],
    remote: Remote | None = None,
    observers: tuple[Observer, ...] = (),
    drawn: Callable[[], Awaitable[object]] | None = None,
) -> None:
    """Runs a terminal until ``stop`` is set, then closes all it has opened.

    ``drawn`` ends when the first picture is on the display: until then only what it needs is loaded.
    """
    clock = SystemClock()
    folder = Path(settings.data)
    hotplug = Hotplug()
    meaning = Meaning(settings.state, clock, Path(settings.packs) if settings.packs else None)
    store = await TerminalStore.open(folder / "store", load_or_make_key(folder / "key"))
    try:
        last = (await store.recall(HUB_SEEN) or b"").decode()
        terminal = _assemble(settings, clock, store, last, draw, observers, drawn, hotplug, meaning)
        ready(terminal)
        if remote is not None and settings.rehearsal is not None:
            await remote.start(Path(settings.rehearsal.socket))
        running = asyncio.create_task(terminal.run())
        stopping = asyncio.create_task(stop.wait())
        loading = asyncio.create_task(_load(meaning, terminal.phones, drawn))
        await asyncio.wait({running, stopping, loading}, return_when=asyncio.FIRST_COMPLETED)
        for task in (stopping, running, loading):
            task.cancel()
        for task in (loading, running):
            with contextlib.suppress(asyncio.CancelledError):
                await task
    finally:
        if remote is not None:
            await remote.close()
        hotplug.close()
        await store.close()


def _assemble(
    settings: TerminalSettings,
    clock: Clock,
    store: TerminalStore,
    last: str,
    draw: Callable[[Picture], None],
    observers: tuple[Observer, ...],
    drawn: Callable[[], Awaitable[object]] | None,
    hotplug: Hotplug,
    meaning: "Meaning",
) -> Terminal:
    address = HubAddress(
        pins=(settings.hub.fingerprint,), static=settings.hub.address, last=last, interfaces=settings.hub.interfaces
    )
    paper = Paper(width_dots=settings.printer.width_dots) if settings.printer else Paper()
    printer = _printer(settings, paper)

    async def remember(found: Found) -> None:
        await store.remember(HUB_SEEN, found.address.encode())

    def connect(on_change: Callable[[], None], on_connection: Callable[[Connection], None]) -> HubLink:
        return HubLink(
            terminal=settings.name,
            role=settings.role,
            token=settings.hub.token,
            hub=address,
            outbox=store,
            clock=clock,
            on_change=on_change,
            on_connection=on_connection,
            on_found=remember,
        )

    return Terminal(
        name=settings.name,
        role=settings.role,
        clock=clock,
        store=store,
        connect=connect,
        decode=meaning,
        draw=_narrated(settings, draw),
        ear=_ear(settings),
        scanners=_scanners(settings, clock, hotplug),
        printer=printer,
        drawer=_drawer(settings, printer),
        compose=partial(_compose, paper),
        cover_after=settings.cover_after,
        language=settings.language,
        observers=observers,
        drawn=drawn,
        phones=_phones(settings, clock, hotplug),
    )


def _phones(settings: TerminalSettings, clock: Clock, hotplug: Hotplug) -> Phones | None:
    part = settings.phones
    if part is None:
        return None
    transports: list[Transport] = []
    if part.bluetooth:
        transports.append(BluetoothClient(BluezRadio(part.bluetooth), pause=hotplug.pause))
    if part.contactless:
        limits = LONGEST if part.extended else Contactless()
        engaging = partial(_engaging, limits)
        slot = slot_at(part.contactless)
        transports.append(ContactlessReader(slot, engaging, limits=limits, pause=hotplug.pause))
    return Phones(transports, partial(issuers, Path(part.issuers)), clock.now, patience=part.patience)


def _engaging(limits: Contactless) -> Engaging:
    from kiosk.documents.mdoc import handover  # noqa: PLC0415  brings cryptography along

    return handover.Engaging(bluetooth=False, contactless=limits)


def _drawer(settings: TerminalSettings, printer: EscPosPrinter | None) -> Drawer | None:
    if printer is None or settings.printer is None or settings.printer.drawer == "none":
        return None
    level = settings.printer.drawer
    return PrinterDrawer(printer, open_level=None if level == "no_switch" else level)


def _printer(settings: TerminalSettings, paper: Paper) -> EscPosPrinter | None:
    part = settings.printer
    return EscPosPrinter(part.url, connect_to(part.url), paper=paper, proof=part.proof) if part else None


def _ear(settings: TerminalSettings) -> Sound:
    sound = make_ear(on=settings.sound)
    return Signs(sound, Light(KernelLamp(LEDS / settings.lamp))) if settings.lamp else sound


def _narrated(settings: TerminalSettings, draw: Callable[[Picture], None]) -> Callable[[Picture], None]:
    if settings.speech is None:
        return draw
    from kiosk.hw.speech import find_speech  # noqa: PLC0415
    from kiosk.narrator import Narrator  # noqa: PLC0415
    from kiosk.screens.words import Language  # noqa: PLC0415

    languages = cache(Language)
    narrator = Narrator(find_speech(settings.speech.device), lambda words, code: languages(code).say(words))

    def both(picture: Picture) -> None:
        draw(picture)
        narrator.drawn(picture)

    return both


def _scanners(settings: TerminalSettings, clock: Clock, hotplug: Hotplug) -> tuple[Scanner, ...]:
    scanners = [_scanner(part, clock, hotplug) for part in settings.scanners]
    if settings.keyboards != "leave":
        from kiosk.hw.scanner.guard import KeyboardGuard, keyboards_beside  # noqa: PLC0415

        ours = [Path(part.path) for part in settings.scanners if part.kind == "keyboard"]
        look = keyboards_beside(ours, grab=settings.keyboards == "guard")
        scanners.append(KeyboardGuard(look, pause=hotplug.pause))
    return tuple(scanners)


def _scanner(part: ScannerPart, clock: Clock, hotplug: Hotplug) -> Scanner:
    path = Path(part.path)

    def as_set(rules: FrameRules) -> FrameRules:
        return structs.replace(rules, prefix=part.prefix.encode(), suffix=part.suffix.encode(), aim=part.aim)

    if part.kind == "serial":
        from kiosk.hw.scanner.serial import SLOW, serial_scanner  # noqa: PLC0415

        rules = as_set(FrameRules(quiet=0.15 if part.baud <= SLOW else 0.06))
        return serial_scanner(
            path.name, path, clock, baud=part.baud, character=part.character, rules=rules, pause=hotplug.pause
        )
    from kiosk.hw.scanner.evdev import KEY_RULES, DeviceSource, key_scanner  # noqa: PLC0415
    from kiosk.hw.scanner.layouts import LAYOUTS  # noqa: PLC0415

    source = partial(DeviceSource, path)
    return key_scanner(
        path.name, source, clock, layout=LAYOUTS[part.layout], rules=as_set(KEY_RULES), pause=hotplug.pause
    )


class Meaning:
    """What a scan means in one state: a large room, loaded after the first picture or with the first scan."""

    def __init__(self, state: str, clock: Clock, packs: Path | None = None) -> None:
        self._state, self._clock, self._packs = state, clock, packs
        self._decode: Callable[..., AnyDocument] | None = None

    def load(self) -> Callable[..., AnyDocument]:
        """Raises ``Ours`` where the state has no rule pack, or one that cannot be read."""
        if self._decode is None:
            from kiosk.documents.cards import CardFormats  # noqa: PLC0415
            from kiosk.documents.decoding import decode  # noqa: PLC0415
            from kiosk.rules.pack import load  # noqa: PLC0415

            pack = load(self._state, self._clock.now().date(), self._packs)
            formats = CardFormats(state=pack.state, patterns=tuple(rule.pattern for rule in pack.card_rules))
            self._decode = partial(decode, formats=formats)
        return self._decode

    def __call__(self, reading: Reading) -> AnyDocument:
        return self.load()(reading, today=self._clock.now().date())


async def _load(meaning: Meaning, phones: Phones | None, drawn: Callable[[], Awaitable[object]] | None) -> None:
    """Ends by a fault alone: a terminal that cannot know what a card is, or whom to trust, does not work on."""
    if drawn is not None:
        await drawn()
    meaning.load()
    if phones is not None:
        phones.load()
    await asyncio.Event().wait()


def _compose(paper: Paper, document: Label | Ticket, code: str) -> bytes:
    """The composer brings a large library along: it is loaded with the first print, not at the start."""
    from kiosk.hw.printer.compose import compose_label, compose_ticket  # noqa: PLC0415

    if isinstance(document, Label):
        return compose_label(document, code=code, paper=paper)
    return compose_ticket(document, code=code, paper=paper)
