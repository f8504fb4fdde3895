"""``make run``: a whole demo store on this machine, with a bench beside the terminal; without a display, a visit."""

import asyncio
import contextlib
import logging
import sys
import threading
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING

from kiosk.demo.display import display_there
from kiosk.demo.script import play
from kiosk.demo.shop import Shop, Station
from kiosk.documents.codes import badge_code, shelf_code
from kiosk.model.errors import KioskError
from kiosk.tracking.sandbox.seed import SeedPatient

if TYPE_CHECKING:
    from kiosk.demo.bench_window import Thing

log = logging.getLogger(__name__)

PHONE_LIES = 5.0
"""Seconds that a phone is held to the reader."""

ROLES = ("checkin", "counter", "vault")
WORDS = {
    "checkin": "Scan a medical card and the photo ID of the same person, in either order.",
    "counter": "Sign in with a badge and its PIN ({pin}). Then scan a ticket.",
    "vault": "Sign in with another badge and its PIN ({pin}). Then touch a line.",
}


def run_shop(out: Path) -> int:
    """The command ``kiosk shop``. Returns the exit code."""
    if not display_there():
        sys.stdout.write(f"There is no display here: a visit is played by itself, and what it leaves is in {out}/.\n")
        sys.stdout.flush()
        return play(out, window=True)
    return _Bench(out).run()


class _Bench:
    """The store's event loop beside the bench's window."""

    def __init__(self, out: Path) -> None:
        from kiosk.demo.bench_window import BenchWindow  # noqa: PLC0415

        self._out = out
        self._window: BenchWindow = BenchWindow(ROLES, self._touched)
        self._loop = asyncio.new_event_loop()
        self._stop = asyncio.Event()
        self._shop: Shop | None = None
        self._codes: dict[str, bytes] = {}
        self._phones: dict[str, SeedPatient] = {}
        self._failure: BaseException | None = None

    def run(self) -> int:
        thread = threading.Thread(target=self._think, name="store")
        thread.start()
        self._window.run()
        self._loop.call_soon_threadsafe(self._stop.set)
        thread.join()
        if isinstance(self._failure, KioskError):
            raise self._failure
        return 1 if self._failure else 0

    def _think(self) -> None:
        try:
            with asyncio.Runner(loop_factory=lambda: self._loop) as runner:
                runner.run(self._main())
        except BaseException as failure:
            self._failure = failure
            self._window.stop()

    async def _main(self) -> None:
        async with Shop.opened(self._out / "store", window=True, only="checkin") as shop:
            self._shop = shop
            for station in shop.stations.values():
                station.printer.changed = self._paper_changed
            self._refresh()
            await self._stop.wait()

    # --- what lies there

    def _refresh(self) -> None:
        assert self._shop is not None
        role = self._shop.only
        pin = (self._shop.technician if role == "counter" else self._shop.picker).pin
        self._window.show(self._things(), role, WORDS[role].format(pin=pin))

    def _things(self) -> "list[Thing]":
        from kiosk.demo.bench_window import Thing  # noqa: PLC0415

        assert self._shop is not None
        seed = self._shop.seed
        things: list[Thing] = []

        def put(group: str, name: str, code: bytes, about: str = "") -> None:
            key = f"scan:{len(self._codes)}"
            self._codes[key] = code
            things.append(Thing(key, group, name, about))

        self._codes, self._phones = {}, {}
        for station in self._shop.stations.values():
            for piece in station.printer.pieces[-4:]:
                for code in piece.codes:
                    put("On paper", f"{'Ticket' if code.startswith('KT') else 'Code'} {code}", code.encode())
        for person in seed.staff:
            put("Badges", f"{person.name}, {person.role.value}", badge_code(person.badge).encode(), f"PIN {person.pin}")
        for patient in seed.patients:
            papers = self._shop.papers(patient)
            put("Patients", f"Card of {papers.name}", papers.card, papers.about)
            put("Patients", f"Photo ID of {papers.name}", papers.photo_id)
            phone = f"phone:{len(self._phones)}"
            self._phones[phone] = patient
            things.append(Thing(phone, "Patients", f"Phone of {papers.name}", "its licence, held to the reader"))
        for place in seed.shelves:
            put("Shelves", place, shelf_code(place).encode())
        for package in seed.packages:
            name = seed.product(package.product).name
            put("Packages", f"{name}, batch {package.batch}", package.tag.encode(), f"{package.place}  {package.tag}")
        return things

    def _paper_changed(self) -> None:
        assert self._shop is not None
        pieces = [piece for station in self._shop.stations.values() for piece in station.printer.pieces[-4:]]
        pictures = []
        for piece in reversed(pieces):
            buffer = BytesIO()
            piece.image().save(buffer, format="PNG")
            pictures.append(buffer.getvalue())
        self._window.show_paper(pictures)
        self._refresh()

    # --- what is touched

    def _touched(self, key: str) -> None:
        self._loop.call_soon_threadsafe(lambda: asyncio.ensure_future(self._do(key)))

    async def _do(self, key: str) -> None:
        assert self._shop is not None
        station: Station = self._shop.stations[self._shop.only]
        try:
            if key.startswith("role:"):
                await self._shop.switch(key.removeprefix("role:"))
                self._refresh()
            elif key in self._phones:
                await self._hold(self._phones[key])
            elif key in self._codes:
                await station.scanner.scan(self._codes[key])
        except KioskError as error:
            log.warning("%s", error.reason)

    async def _hold(self, patient: SeedPatient) -> None:
        """Long enough to be read; at a terminal without a reader it has no effect."""
        assert self._shop is not None
        with contextlib.suppress(OSError, TimeoutError):
            async with asyncio.timeout(PHONE_LIES):
                await self._shop.hold_phone(patient)
