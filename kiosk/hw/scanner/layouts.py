"""Keyboard layouts as data: which character a key position gives on which level.

A key-type scanner sends positions, for the country it is set to. Positions are named by the kernel's key codes
(``linux/input-event-codes.h``), never by key names. A space means: nothing.
"""

from typing import NamedTuple

_POSITIONS = (
    *(41, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13),  # the row of digits
    *(16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27),
    *(30, 31, 32, 33, 34, 35, 36, 37, 38, 39, 40, 43),
    *(86, 44, 45, 46, 47, 48, 49, 50, 51, 52, 53),
)


Rows = tuple[str, ...]
"""One string a row of keys, in the order of :data:`_POSITIONS`."""


class Layout(NamedTuple):
    """``levels`` maps a key code to its characters: plain, with Shift, with AltGr (``""`` where there is none).

    ``dead`` are characters of the first two levels that wait for the next: onto a letter, or alone before a space.
    """

    name: str
    levels: dict[int, tuple[str, str, str]]
    dead: str = ""


def _layout(name: str, plain: Rows, shift: Rows, altgr: Rows = (), dead: str = "") -> Layout:
    third = "".join(altgr).ljust(len(_POSITIONS))
    keys = zip(_POSITIONS, "".join(plain), "".join(shift), third, strict=True)
    none = str.maketrans("", "", " ")
    levels = {code: (a.translate(none), b.translate(none), c.translate(none)) for code, a, b, c in keys}
    return Layout(name, levels, dead)


US = _layout(
    "us",
    ("`1234567890-=", "qwertyuiop[]", "asdfghjkl;'\\", "\\zxcvbnm,./"),
    ("~!@#$%^&*()_+", "QWERTYUIOP{}", 'ASDFGHJKL:"|', "|ZXCVBNM<>?"),
)
UK = _layout(
    "uk",
    ("`1234567890-=", "qwertyuiop[]", "asdfghjkl;'#", "\\zxcvbnm,./"),
    ('¬!"£$%^&*()_+', "QWERTYUIOP{}", "ASDFGHJKL:@~", "|ZXCVBNM<>?"),
    ("¦   €        ",),
)
DE = _layout(
    "de",
    ("^1234567890ß´", "qwertzuiopü+", "asdfghjklöä#", "<yxcvbnm,.-"),
    ('°!"§$%&/()=?`', "QWERTZUIOPÜ*", "ASDFGHJKLÖÄ'", ">YXCVBNM;:_"),
    ("  ²³   {[]}\\ ", "@ €        ~", "            ", "|      µ   "),
    dead="^´`",
)
FR = _layout(
    "fr",
    ("²&é\"'(-è_çà)=", "azertyuiop^$", "qsdfghjklmù*", "<wxcvbn,;:!"),
    (" 1234567890°+", "AZERTYUIOP¨£", "QSDFGHJKLM%µ", ">WXCVBN?./§"),
    ("  ~#{[|`\\^@]}", "  €        ¤"),
    dead="^¨",
)

LAYOUTS = {layout.name: layout for layout in (US, UK, DE, FR)}
