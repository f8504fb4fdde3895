"""Text from outside, made safe for a printer.

A product named ``A\\x1bp\\x00\\x19`` would open the cash drawer, and a name with a direction override would read as
another one. Nothing that is not a visible character reaches a printer.
"""

import unicodedata

_SPACES = frozenset({"Zs", "Zl", "Zp"})
_INVISIBLE = frozenset({"Cc", "Cf", "Cn", "Co", "Cs"})


def printable(value: str) -> str:
    """``value`` in NFC and on one line: white space and line ends become one space, other invisible characters go."""
    kept = []
    for char in value:
        category = unicodedata.category(char)
        if char in "\t\n\v\f\r\x85" or category in _SPACES:
            kept.append(" ")
        elif category not in _INVISIBLE:
            kept.append(char)
    return unicodedata.normalize("NFC", " ".join("".join(kept).split()))
