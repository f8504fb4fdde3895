"""How settings name a contactless reader: ``pcsc:NAME``, or ``vpcd://HOST:PORT`` for a virtual one."""

from urllib.parse import urlsplit

from kiosk.hw.mdoc.nfc import Slot


def slot_at(address: str) -> Slot:
    """``pcsc:`` alone is the first reader there is, ``pcsc:ACS`` the first whose name begins so. Raises
    ``ValueError`` for what is no such address; opens nothing."""
    kind, _, rest = address.partition(":")
    if kind == "pcsc":
        from kiosk.hw.mdoc.pcsc import PcscSlot  # noqa: PLC0415  only what is used is loaded

        return PcscSlot(rest)
    if kind == "vpcd":
        from kiosk.hw.mdoc.vpcd import PORT, VirtualSlot  # noqa: PLC0415

        parts = urlsplit(address)
        if parts.hostname and not parts.path and not parts.username:
            return VirtualSlot(parts.hostname, PORT if parts.port is None else parts.port)
    raise ValueError("a contactless reader is pcsc:NAME or vpcd://HOST:PORT")
