"""From key events to bytes: what a keyboard does for a text field, done for scans and nothing else.

Characters up to 0xFF become their Windows-1252 byte, as serial scanners send them; control characters come as Ctrl
with a key, or by ALT codes.
"""

import unicodedata

from kiosk.hw.scanner.layouts import US, Layout

EV_SYN, EV_KEY = 0, 1
SYN_REPORT, SYN_DROPPED = 0, 3
UP, DOWN = 0, 1

ENTER, TAB, SPACE, CAPS_LOCK = 28, 15, 57, 58
LEFT_CTRL, LEFT_SHIFT, RIGHT_SHIFT, LEFT_ALT, RIGHT_CTRL, RIGHT_ALT = 29, 42, 54, 56, 97, 100
_ALTS = (LEFT_ALT, RIGHT_ALT)
_MODIFIERS = frozenset({LEFT_CTRL, LEFT_SHIFT, RIGHT_SHIFT, LEFT_ALT, RIGHT_CTRL, RIGHT_ALT})

KEYPAD_DIGITS = {71: "7", 72: "8", 73: "9", 75: "4", 76: "5", 77: "6", 79: "1", 80: "2", 81: "3", 82: "0"}
_KEYPAD = KEYPAD_DIGITS | {55: "*", 74: "-", 78: "+", 83: ".", 98: "/", 117: "="}
_FIXED = {SPACE: " ", ENTER: "\r", 96: "\r", TAB: "\t", 14: "\b", 1: "\x1b"}
_TOP_DIGITS = {**{code: str(code - 1) for code in range(2, 11)}, 11: "0"}
_CTRL_DIGITS = {"2": 0x00, "3": 0x1B, "4": 0x1C, "5": 0x1D, "6": 0x1E, "7": 0x1F, "8": 0x7F, "/": 0x1F, " ": 0x00}
_ACCENTS = {"^": "\u0302", "´": "\u0301", "`": "\u0300", "¨": "\u0308"}


class KeyDecoder:
    """One scanner's keyboard. ``caps`` is the state of its Caps Lock lamp when it was opened."""

    def __init__(self, layout: Layout = US, *, caps: bool = False) -> None:
        self._layout = layout
        self._caps = caps
        self._held: set[int] = set()
        self._third_levels = any(third for _, _, third in layout.levels.values())
        self._alt = 0
        self._alt_digits: str | None = None
        self._accent = ""
        self._overrun = False

    def release_all(self) -> None:
        """Forget held modifiers and lost events: between two scans there are none, whatever did not come says."""
        self._overrun = False
        self._held.clear()
        self._alt_digits = None
        self._accent = ""

    def feed(self, kind: int, code: int, value: int) -> bytes | None:
        """The bytes this event gives, often none. None: events were lost, and with them a part of the scan.

        A modifier counts as it is when the other key goes down: some scanners let go of Shift afterwards. Key repeat
        (value 2) never comes from a code; it comes from a lost USB report, perhaps the one that let the key go.
        """
        if kind == EV_SYN:
            return self._synchronise(code)
        if kind != EV_KEY or self._overrun:
            return b""
        if code in _MODIFIERS:
            return self._modifier(code, value)
        if value != DOWN:
            return b""
        if code == CAPS_LOCK:
            self._caps = not self._caps
            return b""
        if (digit := self._alt_digit(code)) and self._alt_digits is not None:
            self._alt_digits += digit
            return b""
        return self._character(code)

    def _synchronise(self, code: int) -> bytes | None:
        """SYN_DROPPED: the kernel's buffer ran over; what follows up to the next report is not whole either."""
        if code == SYN_DROPPED:
            self.release_all()
            self._overrun = True
            return None
        self._overrun = self._overrun and code != SYN_REPORT
        return b""

    def _alt_digit(self, code: int) -> str:
        """A digit of an ALT code, of the keypad or of the top row; not of that where the Alt is the layout's AltGr."""
        if self._alt == RIGHT_ALT and self._third_levels:
            return KEYPAD_DIGITS.get(code, "")
        return KEYPAD_DIGITS.get(code) or _TOP_DIGITS.get(code, "")

    def _modifier(self, code: int, value: int) -> bytes | None:
        if value == DOWN:
            if code in _ALTS and code not in self._held and not self._ctrl:
                self._alt, self._alt_digits = code, ""
            self._held.add(code)
        if value != UP:
            return b""
        self._held.discard(code)
        if code == self._alt and self._alt_digits is not None:
            digits, self._alt_digits = self._alt_digits, None
            return self._alt_code(digits)
        return b""

    @property
    def _ctrl(self) -> bool:
        return not self._held.isdisjoint({LEFT_CTRL, RIGHT_CTRL})

    def _character(self, code: int) -> bytes:
        shift = not self._held.isdisjoint({LEFT_SHIFT, RIGHT_SHIFT})
        altgr = RIGHT_ALT in self._held or (self._ctrl and LEFT_ALT in self._held)
        plain, shifted, third = self._layout.levels.get(code) or (_FIXED.get(code) or _KEYPAD.get(code, ""),) * 2 + (
            "",
        )
        if self._caps and plain.isalpha() and plain.upper() == shifted:
            plain, shifted = shifted, plain
        by_altgr = altgr and third != ""
        char = third if by_altgr else shifted if shift else plain
        # Ctrl+Alt is how some scanners spell AltGr; where it gave a character, that Ctrl is used up.
        ctrl = self._ctrl and not (by_altgr and RIGHT_ALT not in self._held)
        if char == "":
            return b""
        if ctrl:
            return self._control(char)
        return self._accented(char, dead=char in self._layout.dead and not by_altgr)

    @staticmethod
    def _control(char: str) -> bytes:
        if char in _CTRL_DIGITS:
            return bytes([_CTRL_DIGITS[char]])
        upper = char.upper()
        return bytes([ord(upper) & 0x1F]) if len(upper) == 1 and "@" <= upper <= "~" else _encoded(char)

    def _accented(self, char: str, *, dead: bool) -> bytes:
        accent, self._accent = self._accent, ""
        if dead and not accent:
            self._accent = char
            return b""
        if not accent:
            return _encoded(char)
        if char in (" ", accent):
            return _encoded(accent)
        joined = unicodedata.normalize("NFC", char + _ACCENTS[accent])
        return _encoded(joined) if len(joined) == 1 else _encoded(accent + char)

    @staticmethod
    def _alt_code(digits: str) -> bytes | None:
        """Digits typed under ALT: with a leading 0 a Windows-1252 code, without one a code of code page 437."""
        if not digits:
            return b""
        if int(digits) > 0xFF:
            return None
        byte = bytes([int(digits)])
        return byte if digits.startswith("0") and len(digits) > 1 else _encoded(byte.decode("cp437"))


def _encoded(chars: str) -> bytes:
    """Windows-1252, and ``?`` for what it has not: the reader of the document sees that something is missing."""
    return chars.encode("cp1252", "replace")
