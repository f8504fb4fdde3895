"""Scans of invented people and things, and a way to wait for a condition."""

import asyncio
from collections.abc import Callable

TAG = b"1A4FF0300000B2C000004711"

_ELEMENTS = b"DLDAQT64235789\nDCSSAMPLE\nDACMARISOL\nDADNONE\nDBB06061986\nDBA12102030\nDBC2\nDAJFL\n\r"
_EXTRA = b"ZFZFAREPLACED 05052015\n\r"


def licence() -> bytes:
    """An AAMVA card as its barcode has it: CR twice and more, LF after every element, a true directory."""
    start = 41
    directory = f"DL{start:04}{len(_ELEMENTS):04}ZF{start + len(_ELEMENTS):04}{len(_EXTRA):04}"
    head = b"@\n\x1e\rANSI 6360101001" + b"02" + directory.encode()
    assert len(head) == start
    return head + _ELEMENTS + _EXTRA


PASSPORT = (
    b"P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<",
    b"L898902C36UTO7408122F1204159ZE184226B<<<<<10",
)


async def until(condition: Callable[[], object], seconds: float = 60.0) -> None:
    """Waits for a condition, and fails when it has not come true in time."""
    deadline = asyncio.get_running_loop().time() + seconds
    while not condition():
        assert asyncio.get_running_loop().time() < deadline, "waited in vain"
        await asyncio.sleep(0.002)
