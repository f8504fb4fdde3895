"""A program that goes wrong says where, and nothing of what it worked on."""

import os
import subprocess
import sys

import pytest

from kiosk.discretion import told

pytestmark = pytest.mark.requirement("PAT-12")

SECRET = "R160440841770"

PROGRAM = """
import asyncio, ctypes, logging, resource, sys, threading
from kiosk.cli import main
import kiosk.cli, kiosk.hub.main, kiosk.hub.settings

SECRET = "R1604" + "40841770"

def fails(*_):
    raise ValueError(f"cannot read {SECRET!r}")

class Odd:
    def __del__(self):
        fails()

async def hub(_):
    thread = threading.Thread(target=fails, name="reader")
    thread.start()
    thread.join()
    Odd()
    loop = asyncio.get_running_loop()
    loop.call_soon(fails, SECRET)
    lost = loop.create_task(asyncio.to_thread(fails))
    await asyncio.wait({lost})
    del lost
    logging.getLogger("kiosk.x").debug("the fault", exc_info=ValueError(SECRET))
    print(resource.getrlimit(resource.RLIMIT_CORE), ctypes.CDLL(None).prctl(3))
    try:
        fails()
    except ValueError:
        raise KeyError(SECRET)

kiosk.hub.main.run, kiosk.hub.settings.load = hub, str
main(["hub", "--settings", "x"])
"""


@pytest.fixture(scope="module")
def ended():
    return subprocess.run(
        [sys.executable, "-c", PROGRAM], capture_output=True, text=True, check=False, timeout=60,
        env={**os.environ, "KIOSK_LOG": "debug"},
    )  # fmt: skip


def test_no_way_a_program_can_fail_quotes_what_it_worked_on(ended):
    assert ended.returncode == 1
    assert SECRET not in ended.stderr + ended.stdout
    for said in (
        "thread reader ends by a fault of its own",
        "a fault nobody waits for",
        "asyncio: Exception in callback fails",
        "asyncio: Task exception was never retrieved",
        "kiosk.x: the fault",
        "this program ends by a fault of its own",
    ):
        assert said in ended.stderr
    assert ended.stderr.count("ValueError\n") >= 6
    assert ended.stderr.count("and then:\nKeyError") + ended.stderr.count("KeyError\n") >= 1


def test_no_core_is_written_to_a_file_or_to_a_program(ended):
    assert ended.stdout == "(0, 0) 0\n"


def test_a_fault_is_told_with_its_places_its_causes_and_its_parts():
    def fails() -> None:
        try:
            raise ExceptionGroup(SECRET, [ValueError(SECRET), KeyError(SECRET)])
        except ExceptionGroup as group:
            raise LookupError(SECRET) from group

    with pytest.raises(LookupError) as caught:
        fails()
    said = told(caught.value)
    assert SECRET not in said
    kinds = [line.strip() for line in said.splitlines() if line.strip() in {
        "ExceptionGroup", "ValueError", "KeyError", "and then:", "LookupError"
    }]  # fmt: skip
    assert kinds == ["ExceptionGroup", "ValueError", "KeyError", "and then:", "LookupError"]
    assert "in fails" in said
    assert __file__ in said
