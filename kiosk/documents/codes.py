"""The store's own printed codes: ticket, label, shelf, badge.

``K`` and a letter, the body, and an ISO 7064 MOD 37,36 check character over all before it. Only ``0-9 A-Z -`` occur, so
that they fit Code 128 and the small alphabet of a QR code. Every single wrong character and every swap of two
neighbours is found by the check character.
"""

import re

from kiosk.model.documents import AnyDocument, Badge, LabelCode, ShelfCode, TicketCode, Unread
from kiosk.model.text import text

_VALUES = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_BODY = re.compile(r"[0-9A-Z](?:[0-9A-Z-]{0,30}[0-9A-Z])?")
_OURS = re.compile(r"K[TLSB][0-9A-Z-]{2,33}")

BROKEN = Unread(
    reason_key="own_code_damaged",
    reason=text("This code is damaged. Scan it again, or print it anew."),
    could_be=("ticket", "label", "shelf", "badge"),
)


def ticket_code(ticket_id: str) -> str:
    return _coded("KT", ticket_id)


def label_code(number: str, print_no: int) -> str:
    """``print_no`` 1 is the first print of this dispense number."""
    return _coded("KL", f"{number}-{print_no}")


def shelf_code(place: str) -> str:
    return _coded("KS", place)


def badge_code(badge: str) -> str:
    return _coded("KB", badge)


def _coded(prefix: str, body: str) -> str:
    """Raises ``ValueError`` for a body that cannot be printed as a code."""
    if not _BODY.fullmatch(body):
        raise ValueError("a code holds capital letters, digits and inner hyphens")
    return f"{prefix}{body}{_check(prefix + body)}"


def looks_ours(value: str) -> bool:
    """Whether this can only be one of our codes, sound or damaged."""
    return _OURS.fullmatch(value) is not None


def read(value: str) -> AnyDocument:
    """The document of one of our codes, or :data:`BROKEN`."""
    prefix, body, check = value[:2], value[2:-1], value[-1:]
    if not _BODY.fullmatch(body) or check != _check(prefix + body):
        return BROKEN
    match prefix:
        case "KT":
            return TicketCode(ticket_id=body)
        case "KS":
            return ShelfCode(place=body)
        case "KB":
            return Badge(code=body)
        case "KL":
            number, _, print_no = body.rpartition("-")
            if number and print_no.isdigit() and not print_no.startswith("0"):
                return LabelCode(number=number, print_no=int(print_no))
    return BROKEN


def _check(value: str) -> str:
    """ISO/IEC 7064 MOD 37,36. The hyphen is no character of that alphabet and does not count."""
    sum_ = 36
    for char in value.replace("-", ""):
        sum_ = (sum_ + _VALUES.index(char)) % 36 or 36
        sum_ = sum_ * 2 % 37
    return _VALUES[(37 - sum_) % 36]
