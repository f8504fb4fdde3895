"""What a process leaves behind when it goes wrong: kinds and places, never contents (PAT-12).

The message of an error may quote what was worked on, and a core dump holds all of it. So logs and tracebacks give an
error's type and the lines of our own text it came through, and the kernel is told to write no core.
"""

import ctypes
import logging
import resource
import sys
import threading
import traceback
from types import TracebackType
from typing import Any

log = logging.getLogger(__name__)

_PR_SET_DUMPABLE = 4


def leave_nothing() -> None:
    """For the whole process, once, before it works on anything: no core dump, and no fault that quotes."""
    keep_no_core()
    sys.excepthook = _ended
    threading.excepthook = _thread_ended
    sys.unraisablehook = _unraisable


def keep_no_core() -> None:
    """The limit alone does not do: it does not count where the kernel pipes the core to a program (``core(5)``)."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0) != 0:
        log.warning("this system may still write core dumps: error %d", ctypes.get_errno())


def told(error: BaseException) -> str:
    """The fault without its message: the lines it came through and its type, after those of what it came from."""
    return "\n".join(_told(error, set()))


def _told(error: BaseException, seen: set[int]) -> list[str]:
    seen.add(id(error))
    lines = []
    before = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    if before is not None and id(before) not in seen:
        lines += [*_told(before, seen), "and then:"]
    lines += [line.rstrip("\n") for line in traceback.format_tb(error.__traceback__)]
    lines.append(type(error).__qualname__)
    if isinstance(error, BaseExceptionGroup):
        parts = [part for part in error.exceptions if id(part) not in seen]
        lines += [f"  {line}" for part in parts for line in _told(part, seen)]
    return lines


class Formatter(logging.Formatter):
    """Formats records as usual, and errors without their messages."""

    def format(self, record: logging.LogRecord) -> str:
        if record.name == "asyncio":
            # What it says of a task or call-back ends with their repr, and that with the error's.
            said = record.getMessage().splitlines()[0].partition("(")[0]
            record = logging.makeLogRecord({**record.__dict__, "msg": said, "args": None})
        return super().format(record)

    def formatException(self, ei: Any) -> str:
        return told(ei[1]) if ei[1] is not None else ""


def _ended(kind: type[BaseException], error: BaseException, _: TracebackType | None) -> None:
    if issubclass(kind, KeyboardInterrupt):
        return
    log.critical("this program ends by a fault of its own\n%s", told(error))


def _thread_ended(fault: threading.ExceptHookArgs) -> None:
    if fault.exc_value is not None:
        name = fault.thread.name if fault.thread is not None else "?"
        log.critical("thread %s ends by a fault of its own\n%s", name, told(fault.exc_value))


def _unraisable(fault: "sys.UnraisableHookArgs") -> None:
    if fault.exc_value is not None:
        log.error("a fault nobody waits for\n%s", told(fault.exc_value))
