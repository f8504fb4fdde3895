"""The METRC side: version 2 of the Web API for one facility, with the manners that clients stumble over.

A wrong key, licence or foreign id gets an empty 401; lists are paged by at most 20 and only when asked; a window over
24 hours is refused; a list without one answers with a part, and does not say so; lists of receipts have no lines;
answers and requests use different names; a POST that is repeated sells twice.
"""

import base64
import binascii
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any, Never

from kiosk.tracking.sandbox import metrc_rows
from kiosk.tracking.sandbox.metrc_receipts import read_receipts
from kiosk.tracking.sandbox.reply import Reply, Request, answer, message
from kiosk.tracking.sandbox.state import Receipt, State

MOST_OBJECTS = 10
MOST_ROWS = 20
WINDOW = timedelta(hours=24)

Rows = Callable[[], Iterator[tuple[datetime, dict[str, Any]]]]


class _Answered(Exception):
    def __init__(self, reply: Reply) -> None:
        self.reply = reply


class MetrcSide:
    def __init__(self, state: State) -> None:
        self._state = state

    def handle(self, request: Request) -> Reply:
        try:
            return self._handle(request)
        except _Answered as early:
            return early.reply

    def _handle(self, request: Request) -> Reply:  # noqa: PLR0912 - one branch a call
        if not self._knows(request.headers.get("authorization", "")):
            return Reply(401)
        if (request.method, request.path) == ("GET", ("facilities", "v2")):
            return answer([metrc_rows.facility(self._state)])
        licence = request.query.get("licenseNumber")
        by_id = request.path[-1].isdigit()
        if licence != self._state.seed.store.licence and not (licence is None and by_id):
            return Reply(401) if licence else message("License Number is required.")
        match request.method, request.path:
            case "GET", ("packages", "v2", "active" | "onhold" | "inactive" as which):
                return self._list(request, lambda: self._packages(which))
            case "GET", ("packages", "v2", key):
                return self._package(key)
            case "GET", ("labtests", "v2", "results"):
                return self._lab_results(request)
            case "GET", ("sales", "v2", "receipts", "active" | "inactive" as which):
                return self._list(request, lambda: self._receipts(which))
            case "GET", ("sales", "v2", "receipts", "external", number):
                return self._one_receipt(lambda each: each.external == number)
            case "GET", ("sales", "v2", "receipts", number):
                return self._one_receipt(lambda each: str(each.id) == number)
            case "POST", ("sales", "v2", "receipts"):
                return self._post(request)
            case "DELETE", ("sales", "v2", "receipts", number):
                return self._void(number)
            case "GET", ("sales", "v2", "customertypes"):
                return answer(["Patient", "Caregiver"])
            case "GET", ("patients", "v2", "statuses", number):
                patient = self._state.seed.patient(number)
                return Reply(404) if patient is None else answer([metrc_rows.status(self._state, patient)])
        return Reply(404)

    def _knows(self, header: str) -> bool:
        scheme, _, given = header.partition(" ")
        access = self._state.seed.access
        try:
            keys = base64.b64decode(given, validate=True).decode()
        except (binascii.Error, UnicodeDecodeError):
            return False
        return scheme == "Basic" and keys == f"{access.vendor_key}:{access.user_key}"

    # --- lists

    def _list(self, request: Request, rows: Rows) -> Reply:
        start, end = self._window(request.query)
        inside = [row for modified, row in rows() if start <= modified <= end]
        return self._page(request.query, inside)

    def _window(self, query: dict[str, str]) -> tuple[datetime, datetime]:
        """Without bounds: the last day only, as some states do."""
        try:
            end = _instant(query["lastModifiedEnd"]) if "lastModifiedEnd" in query else self._state.clock.now()
            start = _instant(query["lastModifiedStart"]) if "lastModifiedStart" in query else end - WINDOW
        except ValueError:
            self._say("Last Modified is not a date and time")
        if end - start > WINDOW:
            self._say("Last Modified range cannot exceed 24 hours")
        return start, end

    def _page(self, query: dict[str, str], rows: list[dict[str, Any]]) -> Reply:
        size, page = len(rows), 1
        if "pageNumber" in query or "pageSize" in query:
            try:
                page, size = int(query.get("pageNumber", "1")), int(query.get("pageSize", str(MOST_ROWS)))
            except ValueError:
                self._say("Page Number and Page Size must be numbers")
            if not (page >= 1 and 1 <= size <= MOST_ROWS):
                self._say(f"Page Size must be between 1 and {MOST_ROWS}")
        shown = rows[(page - 1) * size : page * size]
        pages = -(-len(rows) // size) if size else 0
        counts = {"Total": len(rows), "TotalRecords": len(rows), "PageSize": size if rows else 0}
        places = {"RecordsOnPage": len(shown), "Page": page, "CurrentPage": page, "TotalPages": pages}
        return answer({"Data": shown} | counts | places)

    def _packages(self, which: str) -> Iterator[tuple[datetime, dict[str, Any]]]:
        for number, package in self._state.packages():
            lists = "inactive" if package.finished else "onhold" if package.hold else "active"
            if lists == which:
                yield self._state.modified(number, package), metrc_rows.package(self._state, number, package)

    def _package(self, key: str) -> Reply:
        for number, package in self._state.packages():
            if key in (package.tag, str(number)):
                return answer(metrc_rows.package(self._state, number, package))
        return Reply(404)

    def _lab_results(self, request: Request) -> Reply:
        wanted = request.query.get("packageId", "")
        for number, package in self._state.packages():
            if wanted == str(number):
                return self._page(request.query, metrc_rows.lab_results(self._state, number, package))
        return Reply(401) if wanted.isdigit() else message("Package Id is required.")

    # --- receipts

    def _receipts(self, which: str) -> Iterator[tuple[datetime, dict[str, Any]]]:
        for each in self._state.kept.receipts:
            if (each.archived is None) == (which == "active"):
                yield each.modified, metrc_rows.receipt(self._state, each) | {"Transactions": []}

    def _one_receipt(self, wanted: Callable[[Receipt], bool]) -> Reply:
        found = next((each for each in self._state.kept.receipts if wanted(each)), None)
        return Reply(404) if found is None else answer(metrc_rows.receipt(self._state, found))

    def _post(self, request: Request) -> Reply:
        got = read_receipts(self._state, request.body, MOST_OBJECTS)
        if isinstance(got, Reply):
            return got
        return answer({"Ids": self._state.add(got), "Warnings": None})

    def _void(self, number: str) -> Reply:
        found = next((each for each in self._state.kept.receipts if str(each.id) == number), None)
        if found is None:
            return Reply(404)
        self._state.void(found)
        return Reply(200)

    def _say(self, words: str) -> Never:
        raise _Answered(message(words))


def _instant(value: str) -> datetime:
    at = datetime.fromisoformat(value)
    return at if at.tzinfo else at.replace(tzinfo=UTC)
