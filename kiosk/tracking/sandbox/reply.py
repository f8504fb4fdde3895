"""What either side of the sandbox answers."""

from dataclasses import dataclass
from typing import Any

import msgspec

_encoder = msgspec.json.Encoder(decimal_format="number")


@dataclass(frozen=True)
class Request:
    method: str
    path: tuple[str, ...]
    """The parts of the path, decoded."""
    query: dict[str, str]
    headers: dict[str, str]
    body: bytes


@dataclass(frozen=True)
class Reply:
    status: int = 200
    body: bytes = b""
    kind: str = "application/json; charset=utf-8"
    retry_after: str | None = None


def answer(content: Any, status: int = 200) -> Reply:
    return Reply(status=status, body=_encoder.encode(content))


def message(words: str, status: int = 400) -> Reply:
    return answer({"Message": words}, status)
