"""Printers to try things on: ours on every kind of wire, and one that we did not write."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path

from kiosk.hw.printer.compose import compose_label
from kiosk.hw.printer.driver import EscPosPrinter, Proof
from kiosk.hw.printer.mechanism import Mechanism
from kiosk.hw.printer.port import PAPER_80, Condition, Job, Patience, PrinterState
from kiosk.hw.printer.sim import SerialPrinter, VirtualPrinter
from kiosk.hw.printer.usb import usb
from kiosk.hw.wires import Connect, serial_port, tcp
from kiosk.model.labels import Label, LabelField

from .peer import Emupos

TAG = "1A4FF0300000B2C000004711"
ASKED_FIRST = 22
"""Bytes in turn before the first label to a printer that cannot be told to forget: zeros, barrier, who it is."""
UNHURRIED = Patience(busy=0.0, status=10.0, clear=0.3, ask_again=0.05)
"""For the contract, which is about what is said and not how soon: the other program may be slow on a busy machine."""
HURRY = Patience(
    connect=1.0,
    busy=0.1,
    status=0.3,
    clear=0.3,
    settle=0.02,
    chunk=1.0,
    answer=0.4,
    ask_again=0.02,
    stopped=20.0,
    watch=0.02,
)


def job(number: int = 1) -> Job:
    fields = (LabelField(key="patient.name", heading="Patient", value="Marisol Sample-Núñez"),)
    made = Label(number=f"{number:08}", print_no=1, tag=TAG, fields=fields)
    return Job(job_id=f"job-{number}", data=compose_label(made, code=f"KL-{number:08}", paper=PAPER_80))


def driver(where: int | Connect, patience: Patience = HURRY, proof: Proof = "barrier") -> EscPosPrinter:
    connect = tcp("127.0.0.1", where) if isinstance(where, int) else where
    return EscPosPrinter("label", connect, paper=PAPER_80, proof=proof, patience=patience)


Serve = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@asynccontextmanager
async def listening(serve: Serve) -> AsyncIterator[int]:
    """The port at which ``serve`` answers, while the block lasts."""
    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()
        await server.wait_closed()


def conditions(states: list[PrinterState]) -> list[Condition]:
    return [state.condition for state in states]


class Peer:
    """What the contract needs of a printer on the other end, and of the way there."""

    def __init__(
        self,
        connect: Connect,
        fault: Callable[[str, bool], Awaitable[None]],
        papers: Callable[[], Awaitable[list[str]]],
        port: int = 0,
    ) -> None:
        self.connect = connect
        self.fault = fault
        self.papers = papers
        self.port = port


def with_faults(virtual: Mechanism, connect: Connect, port: int = 0) -> Peer:
    async def fault(name: str, on: bool) -> None:
        match name:
            case "paper-out":
                virtual.out_of_paper() if on else virtual.load_paper()
            case "cover-open":
                virtual.open_cover() if on else virtual.close_cover()
            case "offline":
                virtual.go_offline() if on else virtual.go_online()
            case "paper-near-end":
                virtual.near_end = on

    async def papers() -> list[str]:
        return [piece.text for piece in virtual.pieces]

    return Peer(connect, fault, papers, port)


@asynccontextmanager
async def on_the_network(_: Path) -> AsyncIterator[Peer]:
    virtual = VirtualPrinter()
    await virtual.start()
    try:
        yield with_faults(virtual, tcp("127.0.0.1", virtual.port), virtual.port)
    finally:
        await virtual.stop()


@asynccontextmanager
async def on_a_serial_port(folder: Path) -> AsyncIterator[Peer]:
    virtual = SerialPrinter(folder / "printer")
    try:
        yield with_faults(virtual, serial_port(virtual.path, baud=115200))
    finally:
        virtual.close()


@asynccontextmanager
async def on_usb(folder: Path) -> AsyncIterator[Peer]:
    """A pseudo terminal in the place of the kernel's printer node, and the tree in which the kernel describes it."""
    (folder / "dev" / "usb").mkdir(parents=True)
    virtual = SerialPrinter(folder / "dev" / "usb" / "lp0")
    plugged(folder / "sys", "lp0", vendor="04b8", product="0E15", serial="J4XF001")
    try:
        yield with_faults(virtual, usb(0x04B8, 0x0E15, sys=folder / "sys", dev=folder / "dev"))
    finally:
        virtual.close()


def plugged(sys: Path, node: str, *, vendor: str, product: str, serial: str, language: str = "") -> None:
    """One USB printer as the kernel describes it; ``language`` is its command set, where it says one."""
    device = sys / "devices" / f"1-{node}"
    (device / "1.0").mkdir(parents=True)
    for name, value in (("idVendor", vendor), ("idProduct", product), ("serial", serial), ("product", "TM-T20II")):
        (device / name).write_text(value + "\n")
    if language:
        (device / "1.0" / "ieee1284_id").write_text(f"MFG:Somebody;CMD:{language};MDL:X;CLS:PRINTER;\n")
    entry = sys / "class" / "usbmisc" / node
    entry.mkdir(parents=True)
    (entry / "device").symlink_to(device / "1.0")


@asynccontextmanager
async def theirs(emupos: Emupos, folder: Path) -> AsyncIterator[Peer]:
    async with emupos.running(folder) as running:
        yield Peer(tcp("127.0.0.1", running.port), running.fault, running.papers, running.port)
