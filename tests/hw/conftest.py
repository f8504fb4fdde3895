import importlib.util
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from kiosk.hw.printer.sim import VirtualPrinter

from .peer import Emupos
from .printers import Peer, on_a_serial_port, on_the_network, on_usb, theirs


@pytest.fixture(scope="session")
def emupos() -> Emupos:
    """The independent printer, built on first use. Not to be had is a failure, not a reason to skip."""
    spec = importlib.util.spec_from_file_location("emupos_build", Path(__file__).parent / "emupos" / "build.py")
    assert spec is not None
    assert spec.loader is not None
    build = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(build)
    return Emupos(build.build())


@pytest.fixture
async def printer() -> AsyncIterator[VirtualPrinter]:
    virtual = VirtualPrinter()
    await virtual.start()
    yield virtual
    await virtual.stop()


OURS = {"simulator": on_the_network, "serial": on_a_serial_port, "usb": on_usb}


@pytest.fixture(params=[*OURS, "emupos"])
async def peer(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Peer]:
    if request.param in OURS:
        async with OURS[request.param](tmp_path) as here:
            yield here
    else:
        async with theirs(request.getfixturevalue("emupos"), tmp_path) as there:
            yield there
