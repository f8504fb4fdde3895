"""One HTTP exchange with a system of the state: bounded in time and size, and every trouble has its name.

Keys and numbers of patients travel in headers, bodies and addresses, so nothing here is logged, and the loggers of the
HTTP library, which would write whole addresses, are kept quiet.
"""

import asyncio
import json
import logging
import re
from dataclasses import dataclass
from decimal import Decimal
from email.utils import parsedate_to_datetime
from typing import Any, Never
from urllib.parse import urlsplit

import httpx

from kiosk.model.clock import Clock
from kiosk.model.errors import Refusal, Refused, Theirs, Unavailable
from kiosk.model.text import Text

MOST_BYTES = 8 * 1024 * 1024
_LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})


@dataclass(frozen=True)
class Words:
    """What a person is told of one system's troubles."""

    silent: Text
    busy: Text
    nonsense: Text
    no_access: Text
    no_access_way_on: Text


@dataclass(frozen=True)
class Answer:
    """``retry_after`` is in seconds; None where the system did not say."""

    status: int
    body: bytes
    retry_after: float | None = None


class Caller:
    """Speaks to one system over one pool of connections.

    ``url`` is ``https``; plain ``http`` only on this very machine, where the sandbox runs. Redirects are not followed:
    a redirected write arrives as a read. ``seconds`` bounds one exchange from the first to the last byte;
    ``transport`` is another wire than a socket. Raises ``ValueError`` for an address that cannot be used.
    """

    def __init__(
        self,
        url: str,
        words: Words,
        *,
        clock: Clock,
        seconds: float,
        auth: httpx.Auth | None = None,
        bearer: str = "",
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        where = urlsplit(url)
        if where.scheme != "https" and not (where.scheme == "http" and where.hostname in _LOOPBACK):
            raise ValueError("The address of a state system has to begin with https://")
        if not where.hostname or where.username or where.query or where.fragment:
            raise ValueError("The address of a state system has to be a host, with a path at most")
        _be_quiet()
        self.words = words
        self._clock = clock
        self._seconds = seconds
        self._client = httpx.AsyncClient(
            base_url=url,
            auth=auth,
            headers={"Accept": "application/json"} | ({"Authorization": f"Bearer {bearer}"} if bearer else {}),
            timeout=seconds,
            follow_redirects=False,
            trust_env=False,
            transport=transport,
        )

    async def exchange(
        self, method: str, path: str, *, query: dict[str, str] | None = None, body: bytes | None = None
    ) -> Answer:
        """Sends once. Raises ``Unavailable`` or ``Theirs`` where no whole answer came."""
        headers = None if body is None else {"Content-Type": "application/json"}
        try:
            async with (
                asyncio.timeout(self._seconds),
                self._client.stream(method, path, params=query, content=body, headers=headers) as response,
            ):
                received = bytearray()
                async for piece in response.aiter_bytes():
                    received += piece
                    if len(received) > MOST_BYTES:
                        raise Theirs(self.words.nonsense, "answer too large")
                return Answer(response.status_code, bytes(received), self._retry_after(response.headers))
        except httpx.DecodingError:
            raise Theirs(self.words.nonsense, "undecodable body") from None
        except (TimeoutError, httpx.TimeoutException):
            raise Unavailable(self.words.silent, "no answer in time") from None
        except httpx.HTTPError as trouble:
            raise Unavailable(self.words.silent, type(trouble).__name__) from None

    async def close(self) -> None:
        await self._client.aclose()

    def judge(self, answer: Answer) -> None:
        """Returns for a 2xx. Raises what any other status means wherever it comes from; 400 and 404 are left to the
        caller, who knows what was asked."""
        status = answer.status
        if 200 <= status < 300 or status in (400, 404):
            return
        if status in (401, 403):
            raise Refused(Refusal(rule="state.access", reason=self.words.no_access, way_on=self.words.no_access_way_on))
        if status == 429:
            raise Unavailable(self.words.busy, "status 429")
        if status == 408 or status >= 500:
            raise Unavailable(self.words.silent, f"status {status}")
        raise self.nonsense(f"status {status}")

    def nonsense(self, detail: str) -> Theirs:
        """To be raised."""
        return Theirs(self.words.nonsense, detail)

    def read(self, answer: Answer) -> Any:
        """The JSON of a body, numbers as ``int`` and ``Decimal``; None for an empty body. Raises ``Theirs``."""
        try:
            return read_json(answer.body)
        except ValueError:
            raise self.nonsense(f"status {answer.status}, body is not JSON") from None

    def _retry_after(self, headers: httpx.Headers) -> float | None:
        said = headers.get("Retry-After", "").strip()
        if said.isascii() and said.isdigit() and len(said) < 7:
            return float(said)
        try:
            return max(0.0, (parsedate_to_datetime(said) - self._clock.now()).total_seconds())
        except (TypeError, ValueError, OverflowError):
            return None


def read_json(body: bytes) -> Any:
    """JSON with exact numbers; None for an empty body. Raises ``ValueError`` for anything else, also for numbers
    beyond 40 characters: a short text such as ``1e999999`` would otherwise fill the memory when it is counted with."""
    if not body.strip():
        return None
    try:
        return json.loads(body.decode("utf-8-sig"), parse_float=_decimal, parse_int=_whole, parse_constant=_constant)
    except RecursionError:
        raise ValueError("nested too deeply") from None


def clean(words: str) -> str:
    """The words on one line, without control characters; nothing is cut off."""
    return " ".join("".join(c if c.isprintable() else " " for c in words).split())


def one_line(said: str, private: tuple[str, ...] = ()) -> str:
    """A message of theirs as it may be shown or logged: clean, short, and without ``private`` values."""
    for value in private:
        if value:
            said = re.sub(re.escape(value), "…", said, flags=re.IGNORECASE)
    return clean(said)[:300]


def _decimal(digits: str) -> Decimal:
    value = Decimal(digits)
    if len(digits) > 40 or abs(value.adjusted()) > 20:
        raise ValueError("number out of range")
    return value


def _whole(digits: str) -> int:
    if len(digits) > 40:
        raise ValueError("number out of range")
    return int(digits)


def _constant(name: str) -> Never:
    raise ValueError(f"{name} is not a number")


def _be_quiet() -> None:
    """httpx logs every address and httpcore every header: with them would go numbers of patients and keys."""
    for name in ("httpx", "httpcore"):
        logging.getLogger(name).setLevel(logging.ERROR)
