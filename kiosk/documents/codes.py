"""The codes this store prints itself: tickets, labels, shelves, badges, manifests and commands.

A code is a two-letter prefix, a body and one check character: ``KT…`` ticket, ``KL…`` label, ``KS…`` shelf, ``KB…``
badge, ``KM…`` manifest, ``KC…`` command. It uses 0-9, A-Z and ``-`` alone, so that it fits Code 128 and the short
alphanumeric mode of QR, and a keyboard scanner has nothing to garble. The check character is ISO 7064 MOD 37,36 over
everything before it; it finds every single wrong character and nearly every pair of neighbours that changed places. A
``-`` counts like a ``Z`` in it, so that a moved ``-`` is found too.

The codes carry no secret and nothing about a person.
"""

import re
import string
import uuid
from collections.abc import Callable

from kiosk.model.documents import Badge, CommandCode, LabelCode, ManifestCode, ShelfCode, TicketCode

OwnCode = TicketCode | LabelCode | ShelfCode | Badge | ManifestCode | CommandCode

_ALPHABET = string.digits + string.ascii_uppercase
_BODY = re.compile(r"[0-9A-Z](?:[0-9A-Z-]{0,22}[0-9A-Z])?")
_UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
_PACKED_UUID = re.compile(r"[0-9A-Z]{25}")  # 36**25 > 2**128; longer than any plain body
_CODE = re.compile(r"K([TLSBMC])([0-9A-Z-]{1,40})([0-9A-Z])")

_KINDS: dict[str, Callable[[str], OwnCode]] = {
    "T": lambda value: TicketCode(ticket_id=value),
    "S": lambda value: ShelfCode(place=value),
    "B": lambda value: Badge(code=value),
    "M": lambda value: ManifestCode(number=value),
    "C": lambda value: CommandCode(command=value),
}


def ticket_code(ticket_id: str) -> str:
    return _sealed("KT" + _packed(ticket_id))


def label_code(number: str, print_no: int) -> str:
    """``print_no`` is 1 to 99: each print of a label has a code of its own, so that a voided print can be refused."""
    if not 1 <= print_no <= 99:
        raise ValueError("a print number is 1 to 99")
    return _sealed(f"KL{_packed(number)}-{print_no}")


def shelf_code(place: str) -> str:
    return _sealed("KS" + _packed(place))


def badge_code(badge: str) -> str:
    return _sealed("KB" + _packed(badge))


def manifest_code(number: str) -> str:
    return _sealed("KM" + _packed(number))


def command_code(command: str) -> str:
    return _sealed("KC" + _packed(command))


def looks_own(text: str) -> bool:
    """Has the shape of one of our codes, whether or not its check character fits."""
    return _CODE.fullmatch(text) is not None


def read_own(text: str) -> OwnCode | None:
    """The meaning of ``text`` (upper case, trimmed), or None where it is not one of our codes or its check fails."""
    found = _CODE.fullmatch(text)
    if found is None or check_character(text[:-1]) != text[-1]:
        return None
    kind, body = found[1], found[2]
    if kind == "L":
        head, dash, print_no = body.rpartition("-")
        if not dash or re.fullmatch(r"[1-9][0-9]?", print_no) is None:
            return None
        number = _unpacked(head)
        return None if number is None else LabelCode(number=number, print_no=int(print_no))
    value = _unpacked(body)
    if value is None:
        return None
    return _KINDS[kind](value)


def check_character(text: str) -> str:
    """ISO 7064 MOD 37,36 over 0-9, A-Z (and ``-``, which weighs like ``Z``)."""
    product = 36
    for character in text:
        total = (product + (35 if character == "-" else _ALPHABET.index(character))) % 36 or 36
        product = total * 2 % 37
    return _ALPHABET[(37 - product) % 36]


def _sealed(code: str) -> str:
    return code + check_character(code)


def _packed(value: str) -> str:
    """A UUID becomes 25 characters of base 36 (a Code 128 of 36 would not fit the paper), anything else stays."""
    if _UUID.fullmatch(value):
        rest, digits = uuid.UUID(value).int, []
        for _ in range(25):
            rest, digit = divmod(rest, 36)
            digits.append(_ALPHABET[digit])
        return "".join(reversed(digits))
    if _BODY.fullmatch(value) is None:
        raise ValueError("a printed code holds a UUID, or 1 to 24 of 0-9, A-Z and inner '-'")
    return value


def _unpacked(body: str) -> str | None:
    if _PACKED_UUID.fullmatch(body):
        number = int(body, 36)
        return str(uuid.UUID(int=number)) if number < 1 << 128 else None
    return body if _BODY.fullmatch(body) else None
