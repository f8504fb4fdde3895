"""A whole demo store on this machine: the state's sandbox, the hub, three terminals, their scanners and printers.

Programs run as processes of their own, exactly as in a real store; scanners and printers are simulators that speak the
devices' bytes over a pty and a TCP port. A terminal that dies by a pulled plug is started again at once.
"""

import asyncio
import contextlib
import logging
import os
import shutil
import signal
import socket
import sys
import tempfile
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from datetime import date
from io import BytesIO
from pathlib import Path
from typing import Any

import httpx
from cryptography.hazmat.primitives.serialization import Encoding

from kiosk.demo import SHOP_FILE
from kiosk.demo.hand import Hand
from kiosk.demo.hub_settings import settings_of
from kiosk.demo.specimens import licence, patient_card
from kiosk.demo.wallet import CONTACTLESS, Authority, Wallet
from kiosk.documents.codes import label_code
from kiosk.hub.audit import facts_in
from kiosk.hub.identity import Identity
from kiosk.hw.mdoc.sim import ContactlessPhone
from kiosk.hw.mdoc.vpcd import VirtualCard
from kiosk.hw.printer.sim import VirtualPrinter
from kiosk.hw.scanner.sim import VirtualScanner
from kiosk.local_store.tls import pinned
from kiosk.model.clock import SystemClock, local_date
from kiosk.model.errors import Unavailable
from kiosk.model.text import text
from kiosk.settings import (
    HubPart,
    PanelPart,
    PhonesPart,
    PrinterPart,
    RehearsalPart,
    ScannerPart,
    TerminalSettings,
    to_toml,
)
from kiosk.tracking.sandbox.seed import Seed, SeedPatient, SeedStaff, load

log = logging.getLogger(__name__)

START_TIME = 30.0
"""Seconds a program may take until it answers."""

PANELS = {
    "checkin": PanelPart(width=1280, height=800, px_per_mm=5.9, fullscreen=False, left=0, top=0),
    "counter": PanelPart(width=1280, height=800, px_per_mm=5.9, fullscreen=False, left=0, top=0),
    "vault": PanelPart(width=720, height=1280, px_per_mm=8.3, fullscreen=False, left=0, top=0),
}


@dataclass(frozen=True)
class Papers:
    """What a patient carries, as a scanner reads it."""

    name: str
    about: str
    card: bytes
    photo_id: bytes


@dataclass
class Station:
    """One terminal's place: its settings, devices, process, and the script's hand on it."""

    settings: TerminalSettings
    scanner: VirtualScanner
    printer: VirtualPrinter
    hand: Hand
    files: Path
    process: asyncio.subprocess.Process | None = None
    restarts: int = 0

    @property
    def name(self) -> str:
        return self.settings.name

    @property
    def role(self) -> str:
        return self.settings.role

    def label_lies_there(self, number: str, print_no: int) -> bool:
        """Whether this very print is on a whole piece of paper."""
        code = label_code(number, print_no)
        return any(piece.whole and code in piece.codes for piece in self.printer.pieces)


@dataclass
class Result:
    """What is left of a visit. ``labels`` are bytes and picture (PNG) of each piece of paper the counter printed."""

    labels: list[tuple[bytes, bytes]]
    label_text: list[str]
    receipts: list[dict[str, Any]]
    dispensed: int
    restarts: int

    @property
    def right(self) -> bool:
        return len(self.labels) == len(self.receipts) == self.dispensed == 1


@dataclass
class Shop:
    """The running store. Make it with :meth:`opened`."""

    folder: Path
    window: bool
    seed: Seed
    only: str = ""
    stations: dict[str, Station] = field(default_factory=dict)
    sandbox_url: str = ""
    hub_settings: Path = Path()
    fingerprint: str = ""
    """The hub's key's."""
    authority: Authority = field(default_factory=lambda: Authority(at=SystemClock().now()))
    """Issues the licences on phones that this store trusts."""
    _reader_port: int = 0
    _hub_process: asyncio.subprocess.Process | None = None
    _hub_port: int = 0
    _tasks: set[asyncio.Task[None]] = field(default_factory=set)
    _processes: list[asyncio.subprocess.Process] = field(default_factory=list)
    _closing: bool = False
    _switched: asyncio.Event = field(default_factory=asyncio.Event)

    @classmethod
    @contextlib.asynccontextmanager
    async def opened(cls, folder: Path, *, window: bool, die_at: str = "", only: str = "") -> AsyncIterator["Shop"]:
        """Starts everything and ends everything.

        ``die_at``: whichever terminal comes to that step first dies there. ``only``: one terminal at a time runs, this
        one first, and :meth:`switch` changes to another.
        """
        shop = cls(_new_folder(folder), window, load(SHOP_FILE, _today()), only)
        # Unix sockets have short names; the store's folder may have a long one.
        sockets = Path(tempfile.mkdtemp(prefix="kiosk-"))
        try:
            await shop._start(sockets, die_at)
            yield shop
        finally:
            await shop._stop()
            shutil.rmtree(sockets, ignore_errors=True)

    # --- what people need

    def papers(self, patient: SeedPatient) -> Papers:
        shown = patient.photo_id
        payload = licence(
            patient.on_photo_id,
            number=shown.number,
            issued=shown.issued,
            expires=shown.expires,
            state=self.seed.store.state,
            family_truncated=shown.truncated,
        )
        name = f"{patient.given} {patient.family}"
        return Papers(name, patient.about, patient_card(patient.card), payload)

    async def hold_phone(self, patient: SeedPatient) -> None:
        """The patient's licence, on a phone that lies on the check-in terminal's reader until this is cancelled."""
        shown = patient.photo_id
        wallet = Wallet(
            patient.on_photo_id,
            self.authority,
            number=shown.number,
            issued=shown.issued,
            expires=shown.expires,
            methods=(CONTACTLESS,),
        )
        phone = ContactlessPhone(wallet.hear, wallet.held)
        await VirtualCard(phone.answer).insert(port=self._reader_port)

    @property
    def patient(self) -> Papers:
        """The one with whom everything is in order."""
        return self.papers(self.seed.patients[0])

    @property
    def technician(self) -> SeedStaff:
        return self.seed.staff[0]

    @property
    def picker(self) -> SeedStaff:
        return self.seed.staff[1]

    @property
    def wanted(self) -> dict[str, int]:
        """The order of the visit: one unit of the first product on the list."""
        return {str(self.seed.products[0].id): 1}

    async def result(self) -> Result:
        """Read when the visit is over: from the paper, from the state, and from the hub's ledger."""
        counter = self.stations["counter"]
        pieces = [piece for piece in counter.printer.pieces if piece.whole]
        async with httpx.AsyncClient(trust_env=False, timeout=10) as client:
            receipts = (await client.get(f"{self.sandbox_url}/sandbox/receipts")).json()
        return Result(
            labels=[(piece.data, _png(piece.image())) for piece in pieces],
            label_text=[piece.text for piece in pieces],
            receipts=receipts,
            dispensed=await self._dispensed(),
            restarts=sum(station.restarts for station in self.stations.values()),
        )

    async def _dispensed(self) -> int:
        return sum(fact == "dispensed" for fact in await asyncio.to_thread(facts_in, self.hub_settings))

    # --- starting and stopping

    async def _start(self, sockets: Path, die_at: str) -> None:
        port = _free_port()
        self.sandbox_url = f"http://127.0.0.1:{port}"
        keep = self.folder / "state.json"
        await self._run("sandbox", "sandbox", "metrc", "--port", str(port), "--keep", str(keep))
        await _answers(f"{self.sandbox_url}/sandbox/receipts")
        self._hub_port = _free_port()
        self.fingerprint = Identity.load_or_make(self.folder / "hub-identity.pem").fingerprint
        self.hub_settings = self.folder / "hub.toml"
        self.hub_settings.write_text(
            to_toml(settings_of(self.seed, self.sandbox_url, self._hub_port)), encoding="utf-8"
        )
        await self.start_hub()
        for entry in self.seed.terminals:
            if entry.role in PANELS and entry.role not in self.stations:
                station = await self._station(entry.name, entry.role, entry.token, sockets)
                self.stations[entry.role] = station
        for station in self.stations.values():
            self._spawn(station.hand.follow())
            self._spawn(self._keep_alive(station, die_at))

    async def _station(self, name: str, role: Any, token: str, sockets: Path) -> Station:
        place = self.folder / name
        place.mkdir()
        printer = VirtualPrinter()
        await printer.start()
        scanner = VirtualScanner(place / "scanner")
        settings = TerminalSettings(
            name=name,
            role=role,
            state=self.seed.store.state,
            data=str(place / "data"),
            hub=HubPart(token=token, fingerprint=self.fingerprint, interfaces=("127.0.0.1",)),
            scanners=(ScannerPart(kind="serial", path=str(scanner.path)),),
            printer=PrinterPart(url=f"tcp://127.0.0.1:{printer.port}"),
            panel=PANELS[role],
            sound=False,
            rehearsal=RehearsalPart(socket=str(sockets / name)),
            phones=self._phones(place) if role == "checkin" else None,
        )
        (place / "terminal.toml").write_text(to_toml(settings), encoding="utf-8")
        return Station(settings, scanner, printer, Hand(sockets / name), place)

    def _phones(self, place: Path) -> PhonesPart:
        """A virtual reader, and the one authority whose licences are taken."""
        issuers = place / "issuers.pem"
        issuers.write_bytes(self.authority.root.public_bytes(Encoding.PEM))
        self._reader_port = _free_port()
        return PhonesPart(issuers=str(issuers), contactless=f"vpcd://127.0.0.1:{self._reader_port}")

    async def _keep_alive(self, station: Station, die_at: str) -> None:
        """Starts the terminal, and again whenever the plug was pulled; any other end is a fault and ends the store."""
        while not self._closing:
            if self.only and self.only != station.role:
                await self._switched.wait()
                continue
            options = ["--settings", str(station.files / "terminal.toml")]
            options += [] if self.window else ["--no-window"]
            options += ["--die-at", die_at] if die_at and not station.restarts else []
            station.process = await self._run(station.name, "run", *options)
            code = await station.process.wait()
            if self._closing:
                return
            if self.only and self.only != station.role:
                continue
            if code != -signal.SIGKILL:
                raise Unavailable(text("{name} ended by itself. Its log says why.", name=station.name), str(code))
            station.restarts += 1

    async def start_hub(self) -> None:
        """Starts the hub, for the first time or again on its old port; returns when it answers."""
        self._hub_process = await self._run("hub", "hub", "--settings", str(self.hub_settings))
        await _answers(f"https://127.0.0.1:{self._hub_port}/v1/health", verify=pinned([self.fingerprint]))

    def processes(self) -> list[int]:
        """Ids of the programs that run now."""
        return [process.pid for process in self._processes if process.returncode is None]

    async def kill_hub(self) -> None:
        """The hub's plug is pulled: SIGKILL, in the middle of whatever it does."""
        if self._hub_process is not None:
            self._hub_process.kill()
            await self._hub_process.wait()

    @contextlib.contextmanager
    def hub_hanging(self) -> Iterator[None]:
        """The hub is there and does nothing at all while the block lasts."""
        assert self._hub_process is not None
        self._hub_process.send_signal(signal.SIGSTOP)
        try:
            yield
        finally:
            self._hub_process.send_signal(signal.SIGCONT)

    def revive(self, role: str) -> None:
        """Starts a terminal again that ended by a fault, as its service would."""
        self._spawn(self._keep_alive(self.stations[role], ""))

    async def switch(self, role: str) -> None:
        """Ends the terminal that runs and starts this one; the work of both goes on where it stood."""
        before = self.stations[self.only]
        self.only = role
        if before.process is not None:
            before.process.terminate()
            await before.process.wait()
        self._switched.set()
        self._switched.clear()

    async def _run(self, name: str, *arguments: str) -> asyncio.subprocess.Process:
        logs = self.folder / "logs"
        logs.mkdir(exist_ok=True)
        with (logs / f"{name}.log").open("ab") as log_file:
            process = await asyncio.create_subprocess_exec(
                sys.executable, "-m", "kiosk", *arguments, stdout=log_file, stderr=log_file, cwd=self.folder
            )
        self._processes.append(process)
        return process

    def _spawn(self, coroutine: Any) -> None:
        task = asyncio.create_task(coroutine)
        self._tasks.add(task)
        task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and task.exception() is not None:
            log.error("%s", task.exception())

    async def _stop(self) -> None:
        self._closing = True
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        for process in self._processes:
            with contextlib.suppress(ProcessLookupError):
                process.terminate()
        for process in self._processes:
            try:
                await asyncio.wait_for(process.wait(), 10)
            except TimeoutError:
                process.kill()
                await process.wait()
        for station in self.stations.values():
            station.scanner.close()
            await station.printer.stop()


async def _answers(url: str, **more: Any) -> None:
    """Waits until a program answers. Raises ``Unavailable`` after :data:`START_TIME` seconds."""
    async with httpx.AsyncClient(trust_env=False, timeout=2, **more) as client:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(START_TIME):
                while True:
                    with contextlib.suppress(httpx.HTTPError):
                        if (await client.get(url)).is_success:
                            return
                    await asyncio.sleep(0.05)
    raise Unavailable(text("A program of the demo store did not start. Its log says why."), url)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _png(image: Any) -> bytes:
    buffer = BytesIO()
    image.save(buffer, format="PNG")
    return buffer.getvalue()


def _new_folder(folder: Path) -> Path:
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    return folder.absolute()


def _today() -> date:
    return local_date(SystemClock().now(), os.environ.get("TZ") or "UTC")
