"""receiptio, a printer client by other people, at our simulated printer: it sees what ours sees.

Needs Node.js with npm, as developers of printer clients have them; the other direction is shown by emupos everywhere.
"""

import asyncio
import fcntl
import os
import shutil
import subprocess
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from kiosk.hw.printer.sim import VirtualPrinter

HERE = Path(__file__).parent / "receiptio"
FOLDER = HERE.parents[2] / ".cache" / "receiptio"

pytestmark = pytest.mark.skipif(shutil.which("npm") is None, reason="receiptio needs npm, which this machine has not")


@pytest.fixture(scope="session")
def receiptio() -> Path:
    """Installed on first use, from its lock file."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    program = FOLDER / "node_modules" / ".bin" / "receiptio"
    with open(FOLDER.parent / "receiptio.lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        wanted = (HERE / "package-lock.json").read_bytes()
        if not program.exists() or (FOLDER / "package-lock.json").read_bytes() != wanted:
            for name in ("package.json", "package-lock.json"):
                shutil.copy(HERE / name, FOLDER / name)
            command = ["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund"]
            done = subprocess.run(command, cwd=FOLDER, capture_output=True, text=True, check=False)
            assert done.returncode == 0, done.stderr
    return program


@pytest.fixture
async def printer() -> AsyncIterator[VirtualPrinter]:
    """On the one port this client knows, at an address of this process alone."""
    process = os.getpid()
    virtual = VirtualPrinter(host=f"127.{process >> 16 & 127 | 64}.{process >> 8 & 255}.{process & 255}", port=9100)
    await virtual.start()
    yield virtual
    await virtual.stop()


async def says(receiptio: Path, printer: VirtualPrinter, *arguments: str, source: str = "") -> str:
    process = await asyncio.create_subprocess_exec(
        *(str(receiptio), "-d", printer.host, "-p", "escpos", *arguments),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    async with asyncio.timeout(60):
        out, _ = await process.communicate(source.encode())
    return out.decode().strip()


@pytest.mark.parametrize(
    ("hurt", "seen"),
    [
        (VirtualPrinter.load_paper, "online"),
        (VirtualPrinter.out_of_paper, "paperempty"),
        (VirtualPrinter.open_cover, "coveropen"),
    ],
    ids=["sound", "paper", "cover"],
)
async def test_it_sees_the_state_that_ours_sees(
    receiptio: Path, printer: VirtualPrinter, hurt: Callable[[VirtualPrinter], None], seen: str
) -> None:
    hurt(printer)
    assert await says(receiptio, printer, "-q") == seen


async def test_it_prints_and_is_told_so(receiptio: Path, printer: VirtualPrinter) -> None:
    assert await says(receiptio, printer, source="A foreign ticket\n") == "success"
    (piece,) = printer.pieces
    assert "A foreign ticket" in piece.text
