"""What all nouns have in common: frozen, keyword-only, strict about unknown fields, and silent about people."""

from typing import Any, TypeVar

import msgspec

T = TypeVar("T")


class Noun(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A frozen value. Two nouns with the same fields are equal."""


class Sealed(Noun, frozen=True, kw_only=True):
    """A noun that holds something about a person: its ``repr`` shows nothing, so that no log or traceback can."""

    def __repr__(self) -> str:
        return f"<{type(self).__name__}>"

    def __rich_repr__(self) -> Any:
        """Pretty-printers use this where they find it; it says nothing either."""
        yield from ()


_encoder = msgspec.json.Encoder(decimal_format="string", uuid_format="canonical", order="deterministic")


def to_json(value: Any) -> bytes:
    """The one spelling of nouns on the wire, in the journal and in digests: deterministic JSON, decimals as strings."""
    return _encoder.encode(value)


def from_json(data: bytes | str, kind: type[T]) -> T:
    """Reads what :func:`to_json` wrote. Raises ``msgspec.ValidationError`` (a ``ValueError``) on anything else."""
    return msgspec.json.decode(data, type=kind)
