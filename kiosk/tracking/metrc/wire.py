"""METRC's manners: keys, licence, lists in two shapes, pages, windows of time, and errors in six shapes."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any, Never

import msgspec

from kiosk.model.errors import Refusal, Refused, Theirs, Unavailable
from kiosk.model.text import Text, text
from kiosk.tracking.http import Answer, Caller, Words, one_line, read_json
from kiosk.tracking.metrc.pace import Pace
from kiosk.tracking.port import NOT_TAKEN

WORDS = Words(
    silent=text("The state's tracking system does not answer. What was done is kept and reported later."),
    busy=text("The state's tracking system asks us to wait. What was done is kept and reported later."),
    nonsense=text("The state's tracking system gave an answer nobody can read. Tell the manager."),
    no_access=text("The state's tracking system does not let this store in."),
    no_access_way_on=text("A manager checks the keys of the store. What was done is kept and reported then."),
)

PAGE = 20
"""The largest page METRC gives."""
WINDOW = timedelta(hours=24)
OVERLAP = timedelta(minutes=5)
"""METRC's own advice against clocks that differ."""
_MOST_PAGES = 2000
_TRIES = 3
_SERVER_FAULTS = (b"Could not load file or assembly",)
"""Seen for weeks as a 400 to good requests: the server is broken, not the request."""


def windows(start: datetime, end: datetime) -> Iterator[tuple[datetime, datetime]]:
    """Spans of at most 24 hours that cover ``start`` to ``end``, each overlapping the one before by five minutes, the
    first one beginning five minutes early. Bounds are whole seconds, the last one after ``end``."""
    at = (start - OVERLAP).replace(microsecond=0)
    end = end.replace(microsecond=0) + timedelta(seconds=1)
    while True:
        until = min(at + WINDOW, end)
        yield at, until
        if until >= end:
            return
        at = until - OVERLAP


def instant(at: datetime) -> str:
    """``2026-03-02T15:00:00Z``: no plus sign, which would have to be escaped."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


class Wire:
    """Sends requests for one facility. ``licence`` goes with every call that belongs to a facility."""

    def __init__(self, caller: Caller, pace: Pace, licence: str) -> None:
        self._caller = caller
        self._pace = pace
        self._licence = licence

    async def get(self, path: str, query: dict[str, str] | None = None, *, licensed: bool = True) -> Any:
        """The JSON of a read; None where METRC knows of nothing there (404), :data:`EMPTY` for an empty body.

        A 404 may also mean that the call is not switched on in this state. What METRC says to a question it does not
        take is not passed on: it may quote whatever the answer would have held.
        """
        answer = await self._read(path, (query or {}) | self._facility(licensed))
        if answer.status == 404:
            return None
        if answer.status == 400:
            self._refuse(answer, text("The state's tracking system did not take a question of ours."))
        got = self._caller.read(answer)
        return EMPTY if got is None else got

    async def rows(self, path: str, query: dict[str, str] | None = None) -> list[dict[str, Any]]:
        """All rows of a list, read to its end. Bare arrays and envelopes are both taken.

        Lists may shift while they are read: where fewer different rows came than were announced, they are read once
        more and what either reading brought counts.
        """
        found: dict[Any, dict[str, Any]] = {}
        for _ in range(2):
            rows, announced = await self._pages(path, query or {})
            for row in rows:
                found[_identity(row)] = row
            if len(found) >= announced:
                break
        return list(found.values())

    async def post(self, path: str, body: Any, *, private: tuple[str, ...] = ()) -> Any:
        """Sends a write once; the JSON of the answer or :data:`EMPTY`. ``private`` are values that METRC's own
        words may repeat and that must not get into a message."""
        encoded = _numbers.encode(body)
        answer = await self._caller.exchange("POST", path, query=self._facility(True), body=encoded)
        if answer.status == 429:
            self._pace.too_fast(answer.retry_after)
        self._caller.judge(answer)
        if answer.status == 400:
            said = spoken(answer.body, private) or "no reason given"
            self._refuse(answer, text("The state's tracking system did not take this: {said}", said=said))
        if answer.status == 404:
            raise self.nonsense("status 404 to a write")
        got = self._caller.read(answer)
        return EMPTY if got is None else got

    def nonsense(self, detail: str) -> Theirs:
        """To be raised."""
        return self._caller.nonsense(detail)

    async def close(self) -> None:
        await self._caller.close()

    def _facility(self, licensed: bool) -> dict[str, str]:
        return {"licenseNumber": self._licence} if licensed else {}

    async def _read(self, path: str, query: dict[str, str]) -> Answer:
        """One read in its turn; asked again after a 429 where the rest is short."""
        for again in range(_TRIES - 1, -1, -1):
            async with self._pace.turn():
                answer = await self._caller.exchange("GET", path, query=query)
                if answer.status != 429:
                    self._pace.fine()
                    self._caller.judge(answer)
                    return answer
                self._pace.too_fast(answer.retry_after)
                if not again:
                    break
        raise Unavailable(WORDS.busy, "status 429")

    async def _pages(self, path: str, query: dict[str, str]) -> tuple[list[dict[str, Any]], int]:
        rows: list[dict[str, Any]] = []
        for page in range(1, _MOST_PAGES + 1):
            paged = query | {"pageNumber": str(page), "pageSize": str(PAGE)}
            got = await self.get(path, paged)
            if got is None and page == 1:
                got = await self.get(path, query)  # some calls answer 404 to paging itself
            if got is None:
                raise self.nonsense("status 404 to a list")
            if isinstance(got, list):
                return rows + self._rows(got), 0
            announced, last = self._take_page(got, page, rows)
            if last:
                return rows, announced
        raise self.nonsense("a list without an end")

    def _take_page(self, got: Any, page: int, rows: list[dict[str, Any]]) -> tuple[int, bool]:
        """An empty list has 0 or 1 pages, depending on the state: only rows and page numbers end the reading."""
        if not isinstance(got, dict) or not isinstance(got.get("Data"), list):
            raise self.nonsense("a list without rows")
        data = self._rows(got["Data"])
        rows += data
        answered = got.get("Page", got.get("CurrentPage", page))
        announced = got.get("TotalRecords", got.get("Total")) or 0
        pages = got.get("TotalPages")
        if answered != page and data:
            raise self.nonsense("another page than asked for")
        if not isinstance(announced, int) or not isinstance(pages, int | None):
            raise self.nonsense("page numbers that are no numbers")
        return announced, not data or (pages is not None and page >= pages)

    def _rows(self, data: list[Any]) -> list[dict[str, Any]]:
        if not all(isinstance(row, dict) for row in data):
            raise self.nonsense("a row that is no row")
        return data

    def _refuse(self, answer: Answer, reason: Text) -> Never:
        if any(fault in answer.body for fault in _SERVER_FAULTS):
            raise Unavailable(WORDS.silent, "status 400 for a fault of the server")
        way_on = text("A manager looks at what was sent, puts it right and sends it again.")
        raise Refused(Refusal(rule=NOT_TAKEN, reason=reason, way_on=way_on))


EMPTY: dict[str, Any] = {}
"""Stands for an empty body: many writes answer with nothing at all."""

_numbers = msgspec.json.Encoder(decimal_format="number")


def _identity(row: dict[str, Any]) -> Any:
    """METRC's lists have no promised order and overlap: rows are the same when their ids are."""
    number = row.get("Id")
    return number if isinstance(number, int) else msgspec.json.encode(row, order="deterministic")


def spoken(body: bytes, private: tuple[str, ...] = ()) -> str:
    """What METRC says in the body of a 400, on one line, without control characters and ``private`` values. Six
    shapes are known: an object with a message, a list of those, a list of texts, plain text, a web page, nothing."""
    try:
        got = read_json(body)
    except ValueError:
        got = body.decode("utf-8", "replace")
        if "<" in got:
            return ""
    return one_line(" ".join(_messages(got)), private)


def _messages(got: Any) -> Iterator[str]:
    match got:
        case str():
            yield got
        case dict():
            lower = {str(name).lower(): value for name, value in got.items()}
            yield from _messages(lower.get("message"))
            yield from _messages(lower.get("validationerrors"))
        case list():
            for each in got[:10]:
                yield from _messages(each)
