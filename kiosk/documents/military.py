"""Military identity cards are recognised so that they are *not* read.

Their barcodes held social security numbers until about 2017, and the services tell holders not to let shops scan
them (18 USC 701). A person looks at the card instead. Nothing but the outline is examined here.
"""

import re

# Common Access Card, front: version, packed person number, designator, packed personnel number, given and family name.
_FRONT = re.compile(rb"[1N][0-9A-V]{6}[A-Z][0-9A-V]{7}[A-Z '.\-]{46}[0-9A-V]{4}.{23,34}", re.DOTALL)
_BACK = re.compile(rb"[0-9A-V]{18}")


def is_military(data: bytes, symbology: str) -> bool:
    text = data.strip(b"\r\n")
    if text.startswith(b"IDUS") and len(text) > 40:
        return True
    if symbology in ("", "]L0", "]L1", "]L2") and len(text) in (88, 89, 99):
        return _FRONT.fullmatch(text) is not None or (symbology != "" and len(text) == 99 and b"\n" not in text)
    return symbology.startswith("]A") and _BACK.fullmatch(text) is not None
