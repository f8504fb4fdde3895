"""CBOR as ISO/IEC 18013-5 uses it, from whoever sent it: shallow, without repeated keys, and nothing behind the end."""

import io
from datetime import date, datetime
from typing import Any, TypeVar

import cbor2

from kiosk.documents.mdoc.refused import NotProven

T = TypeVar("T")

_DEPTH = 16
_DATE_TIME, _EMBEDDED, _FULL_DATE = 0, 24, 1004
_NEVER = (1, 2, 3, 4, 5, 25, 28, 29, 30, 35, 36, 37, 43000, 100, 256, 258, 260, 261, 55799)
"""Tags that no such document has and that a decoder would make objects of: references into itself, patterns, sets."""


def read(data: bytes) -> object:
    """The one value that ``data`` holds. Raises ``NotProven`` (``mobile_damaged``)."""
    source = io.BytesIO(data)
    try:
        value: object = cbor2.load(
            source, max_depth=_DEPTH, allow_duplicate_keys=False, semantic_decoders=dict.fromkeys(_NEVER, _refuse)
        )
    except (cbor2.CBORError, ValueError, OverflowError, RecursionError, TypeError, MemoryError) as fault:
        raise NotProven("mobile_damaged") from fault
    if source.tell() != len(data):
        raise NotProven("mobile_damaged")
    return value


def _refuse(_value: Any, _immutable: bool) -> Any:
    raise ValueError("a tag that does not belong here")


def write(value: object) -> bytes:
    return cbor2.dumps(value)


def embed(encoded: bytes) -> cbor2.CBORTag:
    """Encoded CBOR as a byte string that says what it is (tag 24)."""
    return cbor2.CBORTag(_EMBEDDED, encoded)


def embedded(value: object) -> bytes:
    """What :func:`embed` wrapped. Raises ``NotProven``."""
    if isinstance(value, cbor2.CBORTag) and value.tag == _EMBEDDED and isinstance(value.value, bytes):
        return value.value
    raise NotProven("mobile_damaged")


def a(kind: type[T], value: object) -> T:
    """``value``, which has to be of this kind; a truth value is no number. Raises ``NotProven``."""
    if not isinstance(value, kind) or (isinstance(value, bool) and kind is not bool):
        raise NotProven("mobile_damaged")
    return value


def field(kind: type[T], mapping: object, key: object) -> T:
    """The entry of a map. Raises ``NotProven`` where it is missing or of another kind."""
    return a(kind, a(dict, mapping).get(key))


def full_date(day: date) -> cbor2.CBORTag:
    return cbor2.CBORTag(_FULL_DATE, day.isoformat())


def date_time(at: datetime) -> cbor2.CBORTag:
    return cbor2.CBORTag(_DATE_TIME, at.strftime("%Y-%m-%dT%H:%M:%SZ"))
