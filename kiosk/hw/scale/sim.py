"""A scale without hardware, on a pseudo terminal: it speaks the bytes of a real one and has its faults."""

import asyncio
import contextlib
import os
import pty
import tty
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path
from typing import Literal

from kiosk.hw.scale.codec import LANGUAGES, Protocol
from kiosk.hw.scale.port import GRAMS, Unit

Answers = Literal["all", "none", "garbage"]


class VirtualScale:
    """``path`` is the stable name to configure. Everything can be changed at any time."""

    def __init__(self, path: Path, protocol: Protocol, *, unit: Unit = "g", step: Decimal = Decimal("0.01")) -> None:
        self.path, self.protocol, self.unit, self.step = path, protocol, unit, step
        self.grams = Decimal(0)
        """What lies on it."""
        self.most = Decimal(3000)
        self.moving = False
        self.answers: Answers = "all"
        self.delay = 0.0
        """Seconds until it answers."""
        self.flips: list[int] = []
        """For the answers to come, one each: the place of the byte whose lowest bit falls over on the cable."""
        self.asked = 0
        self._zero = self._container = Decimal(0)
        self._heard = b""
        self._master = self._slave = -1
        self.plug()

    def plug(self) -> None:
        """Does nothing while plugged. Belongs to the event loop's thread."""
        if self._master >= 0:
            return
        self._master, self._slave = pty.openpty()
        tty.setraw(self._slave)
        os.set_blocking(self._master, False)
        self.path.unlink(missing_ok=True)
        self.path.symlink_to(os.ttyname(self._slave))
        asyncio.get_running_loop().add_reader(self._master, self._arrived)

    def unplug(self) -> None:
        if self._master < 0:
            return
        asyncio.get_running_loop().remove_reader(self._master)
        self.path.unlink(missing_ok=True)
        os.close(self._master)
        os.close(self._slave)
        self._master = self._slave = -1

    close = unplug

    def _arrived(self) -> None:
        with contextlib.suppress(OSError):
            self._heard += os.read(self._master, 256)
        language = LANGUAGES[self.protocol]
        for question in (language.ask, language.zero, language.tare):
            if question in self._heard:
                self._heard = b""
                self.asked += 1
                asyncio.get_running_loop().call_later(self.delay, self._say, self._answer(question))

    def _say(self, answer: bytes) -> None:
        if self.answers == "none":
            return
        if self.answers == "garbage":
            answer = b"\xfe\x81 ?\x9c" + language_end(self.protocol)
        elif self.flips:
            place = self.flips.pop(0)
            answer = answer[:place] + bytes([answer[place] ^ 1]) + answer[place + 1 :]
        with contextlib.suppress(OSError):
            os.write(self._master, answer)

    def _answer(self, question: bytes) -> bytes:
        language = LANGUAGES[self.protocol]
        refused = self.moving and question != language.ask
        if question == language.zero and not refused:
            self._zero, self._container = self.grams, Decimal(0)
        if question == language.tare and not refused:
            self._container = self.grams - self._zero
        return _SPELLINGS[self.protocol](self, question, refused)

    @property
    def shown(self) -> str:
        """The net weight in its unit, rounded to its step."""
        net = (self.grams - self._zero - self._container) / GRAMS[self.unit]
        return f"{(net / self.step).quantize(Decimal(1), ROUND_HALF_UP) * self.step:f}"

    @property
    def over(self) -> bool:
        return self.grams > self.most

    @property
    def under(self) -> bool:
        return self.grams < self._zero


def language_end(protocol: Protocol) -> bytes:
    return LANGUAGES[protocol].end


def _sics(scale: VirtualScale, question: bytes, refused: bool) -> bytes:
    command = question[:1].decode()
    if refused:
        return f"{command} I\r\n".encode()
    if command == "Z":
        return b"Z A\r\n"
    if scale.over or scale.under:
        return f"{command} {'+' if scale.over else '-'}\r\n".encode()
    state = "D" if scale.moving else "S"
    return f"{command} {state} {scale.shown:>10} {scale.unit}\r\n".encode()


def _nci(scale: VirtualScale, question: bytes, refused: bool) -> bytes:
    first, second = 0x30 | scale.moving | (refused << 0), 0x30 | scale.under | scale.over << 1
    status = f"S{first:c}{second:c}"
    if question != LANGUAGES["nci"].ask:
        return f"\n{status}\r\x03".encode()
    field = "^" * 7 if scale.over else f"{scale.shown:>7}{scale.unit.upper()}"
    return f"\n{field}\r\n{status}\r\x03".encode()


def _sma(scale: VirtualScale, question: bytes, refused: bool) -> bytes:
    error = {b"Z": "E", b"T": "T"}.get(question[1:2], " ") if refused else " "
    status = error if refused else "O" if scale.over else "U" if scale.under else " "
    field = "-" * 10 if refused else f"{scale.shown:>10}"
    kind, motion = "N" if scale._container else "G", "M" if scale.moving else " "
    return f"\n{status}1{kind}{motion} {field}{scale.unit:_<3}\r".encode()


_SPELLINGS = {"sics": _sics, "nci": _nci, "sma": _sma}
