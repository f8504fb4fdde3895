"""What a printer does with the bytes it is sent: a printer without wires, that breaks on request and keeps its paper.

The paper is the proof: :attr:`Mechanism.pieces` is what would lie on the counter.
"""

from collections.abc import Callable
from typing import Literal, Protocol

from kiosk.hw.printer.commands import Command, Token, Tokenizer
from kiosk.hw.printer.paper import Piece, Settings, inked
from kiosk.hw.printer.port import PAPER_80, Paper
from kiosk.hw.printer.realtime import realtime_positions
from kiosk.hw.printer.status import CLEAR, GIVE_UP, MAKER, MODEL, RESUME, SERIAL

Fault = Literal["no_paper", "cover_open", "offline", "cutter", "hot", "broken"]
Answers = Literal["all", "none", "garbage", "no_barrier", "other_job"]
"""``none``: a unit that is deaf to questions. ``no_barrier``: it tells its status, and never that it has printed.
``other_job``: what it says of a job, it says of another."""

_GARBAGE = b"\xff\x80\xc1\x00"
_REAL_TIME = {b"\x10\x04": 3, b"\x10\x05": 3, b"\x10\x14": len(CLEAR)}
_PAPER_SENSOR = (1, 49)
_ERRORS: dict[Fault, int] = {"cutter": 0x08, "broken": 0x20, "hot": 0x40}
_NAMES = {MAKER: b"_VIRTUAL\x00", MODEL: b"_PAPER-80\x00"}


def _asks(job: bytes) -> bool:
    """Whether this is no job but a question that is answered in turn."""
    return job.lstrip(b"\0")[:2] in (b"\x1dr", b"\x1dI")


class Line(Protocol):
    """One connection, as the printer sees it."""

    def say(self, answer: bytes) -> None: ...

    def hang_up(self) -> None: ...


class Mechanism:
    """Faults are attributes and methods, to be switched at any time, in the middle of a job too.

    Byte counts (``after``) count the bytes of jobs that were printed since the call, not the questions about status.
    """

    def __init__(self, paper: Paper = PAPER_80) -> None:
        self.paper = paper
        self.answers: Answers = "all"
        self.knows_clear = True
        """Whether it empties its memory when told; many clones do not."""
        self.knows_enquiry = True
        """Whether it can be told to go on after an error that a hand has mended."""
        self.blocked = False
        """Paper is stuck in the cutter: until somebody takes it out, the printer's error stays."""
        self.serial = "V0001"
        """Its number; empty where it does not say one."""
        self.by_itself = False
        """Whether it tells each change of its state without being asked, as some are set to."""
        self.near_end = False
        self.drawer_open = False
        self.drawer_stuck = False
        """A pulse does not open it."""
        self.pieces: list[Piece] = []
        self.drawer_pulses = 0
        self.unknown: list[bytes] = []
        self.changed: Callable[[], None] = lambda: None
        """Called after every new piece of paper."""
        self.on = True
        self._faults: set[Fault] = set()
        self._due: tuple[int, Callable[[], None]] | None = None
        self._cut_line: tuple[int, bool] | None = None
        self._corrupt: int | None = None
        self._lines: set[Line] = set()
        self._memory: list[tuple[Line, bytes]] = []
        self._tokenizer = Tokenizer()
        self._settings = Settings()
        self._start = Settings()
        self._on_paper: list[Token] = []

    # --- faults -------------------------------------------------------------------------------------------------------

    def out_of_paper(self, after: int = 0) -> None:
        """The roll ends after so many bytes more; the rest waits in memory for :meth:`load_paper`."""
        self._arm(after, lambda: self._faults.add("no_paper"))

    def load_paper(self) -> None:
        """A new roll: what stood on the old one is a torn piece, what waited comes out now."""
        self.tear_off()
        self._mend("no_paper")

    def open_cover(self, after: int = 0) -> None:
        self._arm(after, lambda: self._faults.add("cover_open"))

    def close_cover(self) -> None:
        self._mend("cover_open")

    def go_offline(self, after: int = 0) -> None:
        self._arm(after, lambda: self._faults.add("offline"))

    def go_online(self) -> None:
        self._mend("offline")

    def jam_cutter(self, after: int = 0) -> None:
        """Lasts until a hand has freed the paper *and* the printer is told to go on, or is switched off."""

        def jam() -> None:
            self.blocked = True
            self._faults.add("cutter")

        self._arm(after, jam)

    def free_cutter(self) -> None:
        self.blocked = False

    def overheat(self, after: int = 0) -> None:
        self._arm(after, lambda: self._faults.add("hot"))

    def cool_down(self) -> None:
        self._mend("hot")

    def break_down(self, after: int = 0) -> None:
        """An error that only switching it off ends."""
        self._arm(after, lambda: self._faults.add("broken"))

    def power_off(self, after: int = 0) -> None:
        """Everything in memory is lost; what is on the paper stays on the paper."""
        self._arm(after, self._power_off)

    def power_on(self) -> None:
        self.on = True

    def drop_connection(self, after: int, *, prints: bool) -> None:
        """The next job's connection breaks after so many bytes; what had come is printed, or is not."""
        self._cut_line = (after, prints)

    def tear_off(self) -> None:
        """Somebody takes the paper that sticks out, cut or not."""
        if any(inked(token) for token in self._on_paper):
            self.pieces.append(Piece(tuple(self._on_paper), self._start, self.paper, whole=False))
            self.changed()
        self._on_paper, self._start = [], self._settings

    def corrupt(self, after: int) -> None:
        """Noise on the cable turns over the top bit of the byte after so many of the next job."""
        self._corrupt = after

    @property
    def faults(self) -> frozenset[Fault]:
        return frozenset(self._faults)

    def _arm(self, after: int, happen: Callable[[], None]) -> None:
        def happens() -> None:
            happen()
            self._tell_change()

        if after:
            self._due = (after, happens)
        else:
            happens()

    def _mend(self, fault: Fault) -> None:
        self._faults.discard(fault)
        self._tell_change()
        self._work()

    def _power_off(self) -> None:
        self.on = False
        self._faults -= {"cutter", "hot", "broken"}
        self._forget()
        self.tear_off()
        for line in list(self._lines):
            line.hang_up()

    def _forget(self) -> None:
        """Everything that came and is not on paper yet."""
        self._memory.clear()
        self._tokenizer = Tokenizer()
        self._settings = Settings()

    # --- connections --------------------------------------------------------------------------------------------------

    def connected(self, line: Line) -> None:
        self._lines.add(line)

    def disconnected(self, line: Line) -> None:
        """What it sent stays in the memory, and its answers go nowhere."""
        self._lines.discard(line)

    def receive(self, line: Line, data: bytes) -> bool:
        """Takes bytes of a connection; False hangs up. Real-time commands are obeyed here, wherever they stand."""
        job = self._obey(line, data)
        if self._corrupt is not None and job:
            at, self._corrupt = self._corrupt, None if self._corrupt < len(job) else self._corrupt - len(job)
            job = job[:at] + bytes([job[at] ^ 0x80]) + job[at + 1 :] if at < len(job) else job
        if self._cut_line is not None and job:
            left, prints = self._cut_line
            if len(job) >= left:
                self._cut_line = None
                self._memory += [(line, job[:left])] if prints else []
                self._work()
                return False
            self._cut_line = (left - len(job), prints)
            if not prints and not _asks(job):
                return True
        if job:
            self._memory.append((line, job))
        self._work()
        return self.on

    def _obey(self, line: Line, data: bytes) -> bytes:
        """Returns ``data`` without real-time commands that stand alone; inside a picture they stay part of it too."""
        for at in realtime_positions(data):
            if data[at + 1] == 0x04 and data[at + 2 : at + 3] and 1 <= data[at + 2] <= 4:
                self._say(line, bytes([self._status(data[at + 2])]))
            elif data.startswith(CLEAR, at) and self.knows_clear:
                self._forget()
                self._say(line, b"7%\x00")
            elif data.startswith((RESUME, GIVE_UP), at):
                self._enquired(data.startswith(GIVE_UP, at))
        rest = data
        while size := _REAL_TIME.get(rest[:2]):
            rest = rest[size:]
        return rest if rest else b""

    def _enquired(self, gives_up: bool) -> None:
        """Heard only in an error that a hand can mend; while nobody has, the printer tries and has it again."""
        if self.knows_enquiry and "cutter" in self._faults:
            if gives_up:
                self._forget()
            if not self.blocked:
                self._mend("cutter")

    # --- paper --------------------------------------------------------------------------------------------------------

    def _work(self) -> None:
        """Prints from memory until it is empty or something stops it."""
        while self._memory and not self._faults and self.on:
            line, data = self._memory.pop(0)
            if self._due is not None:
                left, happen = self._due
                if len(data) >= left:
                    self._memory.insert(0, (line, data[left:]))
                    data, self._due = data[:left], None
                    self._print(line, data)
                    happen()
                    continue
                self._due = (left - len(data), happen)
            self._print(line, data)

    def _print(self, line: Line, data: bytes) -> None:
        for token in self._tokenizer.feed(data):
            self._on_paper.append(token)
            self._settings = self._settings.after(token)
            if not isinstance(token, Command):
                self.unknown += [] if inked(token) else [token.raw]
            elif token.name == "GS V":
                self.pieces.append(Piece(tuple(self._on_paper), self._start, self.paper, whole=True))
                self._on_paper, self._start = [], self._settings
                self.changed()
            elif token.name == "ESC p":
                self.drawer_pulses += 1
                self.drawer_open |= not self.drawer_stuck
            else:
                self._answer(line, token)

    def _answer(self, line: Line, asked: Command) -> None:
        """To the questions that are answered in turn."""
        if asked.name == "GS I" and asked.params[0] in _NAMES:
            self._say(line, _NAMES[asked.params[0]])
        elif asked.name == "GS I" and asked.params[0] == SERIAL and self.serial:
            self._say(line, b"_" + self.serial.encode() + b"\x00")
        elif asked.name == "GS a" and asked.params[0]:
            self._say(line, self._automatic_status())
        elif self.answers == "no_barrier":
            return
        elif asked.name == "GS r" and asked.params[0] in _PAPER_SENSOR:
            self._say(line, b"\x03" if self.near_end else b"\x00")
        elif asked.raw.startswith(b"\x1d(H\x06\x0000"):
            mark = b"~~~~" if self.answers == "other_job" else asked.data[2:]
            self._say(line, b'7"' + mark + b"\x00")

    def _say(self, line: Line, answer: bytes) -> None:
        if self.answers != "none" and line in self._lines:
            line.say(_GARBAGE if self.answers == "garbage" else answer)

    def _tell_change(self) -> None:
        if self.by_itself:
            for line in list(self._lines):
                self._say(line, self._automatic_status())

    def _automatic_status(self) -> bytes:
        """The four bytes of ``GS a``."""
        first = 0x10 | 4 * self.drawer_open | 8 * bool(self._faults) | 0x20 * ("cover_open" in self._faults)
        return bytes([first, 8 * ("cutter" in self._faults), 3 * self.near_end | 12 * ("no_paper" in self._faults), 0])

    def _status(self, n: int) -> int:
        """``DLE EOT n`` as measured on an independent emulator, and in the manuals."""
        status = 0x12
        if n == 1 and self._faults:
            status |= 0x08
        if n == 1 and self.drawer_open:
            status |= 0x04
        if n == 2 and "cover_open" in self._faults:
            status |= 0x04
        if n == 2 and "no_paper" in self._faults:
            status |= 0x20
        if n == 2 and self._faults & {"cutter", "hot", "broken"}:
            status |= 0x40
        if n == 3:
            status |= sum(bit for fault, bit in _ERRORS.items() if fault in self._faults)
        if n == 4 and (self.near_end or "no_paper" in self._faults):
            status |= 0x0C
        if n == 4 and "no_paper" in self._faults:
            status |= 0x60
        return status
