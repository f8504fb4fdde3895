"""The sandbox's HTTP side: METRC v2, the registry, and the switches of a rehearsal, as a plain ASGI application."""

import asyncio
import base64
import re
from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Any
from urllib.parse import parse_qs, unquote

import msgspec

from kiosk.tracking.http import read_json
from kiosk.tracking.sandbox.faults import BEFORE, Fault, FaultList, Faults
from kiosk.tracking.sandbox.state import Invalid, World

Send = Callable[[dict[str, Any]], Awaitable[None]]
Reply = tuple[int, Any]

PAGE_MAX = 20
OBJECTS_MAX = 10
_encoder = msgspec.json.Encoder(decimal_format="number")


class Dropped(Exception):
    """The line is cut without an answer."""


class Sandbox:
    """``faults`` can be changed at any time, over ``PUT /sandbox/faults`` too."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.faults = Faults()
        self.calls: list[str] = []
        """Method and path of each call that was answered, for tests."""
        access = world.seed.access
        self._basic = "Basic " + base64.b64encode(f"{access.vendor_key}:{access.user_key}".encode()).decode()
        self._bearer = f"Bearer {access.registry_key}"

    async def __call__(self, scope: dict[str, Any], receive: Callable[[], Awaitable[Any]], send: Send) -> None:
        if scope["type"] != "http":
            return
        body = b""
        while True:
            message = await receive()
            body += message.get("body", b"")
            if not message.get("more_body"):
                break
        method, path = str(scope["method"]), str(scope["path"])
        headers = {name.decode().lower(): value.decode() for name, value in scope["headers"]}
        query = {name: values[-1] for name, values in parse_qs(scope["query_string"].decode()).items()}
        fault = None if path.startswith("/sandbox/") else self.faults.take(method, path)
        if fault is not None:
            await asyncio.sleep(fault.seconds)
            if fault.kind in BEFORE:
                await _answer_fault(fault, send)
                return
        try:
            status, answer = self._route(method, path, query, headers, body)
        except Invalid as invalid:
            status, answer = 400, {"Message": str(invalid)}
        except (ValueError, KeyError, TypeError, msgspec.MsgspecError):
            status, answer = 400, {"Message": "The request is invalid."}
        self.calls.append(f"{method} {path}")
        if fault is not None and fault.kind.endswith("_after"):
            await _answer_fault(fault, send)
            return
        data = b"" if answer is None else _encoder.encode(answer)
        await _send(send, status, data, "application/json; charset=utf-8")

    def _route(self, method: str, path: str, query: dict[str, str], headers: dict[str, str], body: bytes) -> Reply:
        if path.startswith("/sandbox/"):
            return self._switches(method, path, body)
        if path == "/patientcards":
            return self._registry(method, headers, body)
        if headers.get("authorization") != self._basic:
            return 401, None
        if path == "/facilities/v2":
            return 200, [{"License": {"Number": self.world.seed.store.licence}, "Name": self.world.seed.store.name}]
        if query.get("licenseNumber") != self.world.seed.store.licence:
            return 401, None
        return self._metrc(method, path, query, body)

    def _metrc(self, method: str, path: str, query: dict[str, str], body: bytes) -> Reply:
        listed = re.fullmatch(r"/packages/v2/(active|onhold|inactive)", path)
        if listed and method == "GET":
            return self._list(self.world.packages(listed[1], *_span(query)), query)
        if path == "/labtests/v2/results" and method == "GET":
            return self._list(self.world.lab_results(int(query["packageId"])), query)
        external = re.fullmatch(r"/sales/v2/receipts/external/(.+)", path)
        if external and method == "GET":
            found = self.world.receipt_by_external(unquote(external[1]))
            return (200, found) if found else (404, None)
        number = re.fullmatch(r"/sales/v2/receipts/(\d+)", path)
        if number and method == "GET":
            found = self.world.receipt(int(number[1]))
            return (200, found) if found else (404, None)
        if path == "/sales/v2/receipts/active" and method == "GET":
            _span(query)
            return self._list(self.world.receipt_rows(), query)
        if path == "/sales/v2/receipts/inactive" and method == "GET":
            return self._list([], query)
        if path == "/sales/v2/receipts" and method == "POST":
            return self._post_receipts(body)
        known = re.fullmatch(r"/(packages|labtests|sales)/v2/.*", path)
        return (405 if known and method != "GET" else 404), None

    def _post_receipts(self, body: bytes) -> Reply:
        receipts = read_json(body)
        if not isinstance(receipts, list) or not receipts:
            raise Invalid("The request body must not be an empty array")
        if len(receipts) > OBJECTS_MAX:
            return 413, {"Message": "Content too large: at most 10 objects"}
        return 200, {"Ids": [self.world.post_receipt(receipt) for receipt in receipts], "Warnings": None}

    def _list(self, rows: list[dict[str, Any]], query: dict[str, str]) -> Reply:
        """METRC's envelope; an empty list has no page at all."""
        size = int(query.get("pageSize", PAGE_MAX))
        page = int(query.get("pageNumber", 1))
        if not 1 <= size <= PAGE_MAX or page < 1:
            raise Invalid("Page Size must be between 1 and 20")
        shown = rows[(page - 1) * size : page * size]
        return 200, {
            "Data": shown,
            "Total": len(rows),
            "TotalRecords": len(rows),
            "PageSize": size if shown else 0,
            "RecordsOnPage": len(shown),
            "Page": page,
            "CurrentPage": page,
            "TotalPages": -(-len(rows) // size),
        }

    def _registry(self, method: str, headers: dict[str, str], body: bytes) -> Reply:
        if headers.get("authorization") != self._bearer:
            return 401, None
        asked = read_json(body)
        if method != "POST" or not isinstance(asked, dict) or not isinstance(asked.get("cardNumber"), str):
            return 400, {"message": "cardNumber is wanted"}
        card = self.world.card(asked["cardNumber"])
        return (404 if card["status"] == "not_found" else 200), card

    def _switches(self, method: str, path: str, body: bytes) -> Reply:
        match method, path:
            case "GET", "/sandbox/receipts":
                return 200, [self.world.receipt(row["Id"]) for row in self.world.receipt_rows()]
            case "GET", "/sandbox/faults":
                return 200, {"faults": [msgspec.to_builtins(fault) for fault in self.faults.switched_on]}
            case "PUT", "/sandbox/faults":
                self.faults.switched_on = msgspec.json.decode(body, type=FaultList).faults
                return 200, {"faults": len(self.faults.switched_on)}
            case "POST", "/sandbox/purchases":
                bought = msgspec.json.decode(body, type=dict[str, Any])
                self.world.buy_elsewhere(str(bought["card"]), int(bought["product"]), int(bought["units"]))
                return 200, {}
        return 404, None


def _span(query: dict[str, str]) -> tuple[datetime | None, datetime | None]:
    """Both bounds or none; more than 24 hours is refused."""
    start = datetime.fromisoformat(query["lastModifiedStart"]) if "lastModifiedStart" in query else None
    end = datetime.fromisoformat(query["lastModifiedEnd"]) if "lastModifiedEnd" in query else None
    if start and end and (end - start).total_seconds() > 86_400:
        raise Invalid("Last Modified range cannot exceed 24 hours")
    return start, end


async def _answer_fault(fault: Fault, send: Send) -> None:
    kind = fault.kind.removesuffix("_after")
    if kind in ("dropped", "down"):
        raise Dropped
    if kind == "silent":
        await asyncio.sleep(3600)
    status, data, words = {
        "unauthorized": (401, b"", "application/json"),
        "not_found": (404, b"", "application/json"),
        "too_many": (429, b"", "application/json"),
        "server_error": (500, b"", "application/json"),
        "server_fault": (400, b'{"Message":"Could not load file or assembly"}', "application/json"),
        "nonsense": (200, b'{"Data": [1, {"Id":', "application/json"),
        "html": (fault.status, b"<html><body>Maintenance</body></html>", "text/html"),
        "empty": (200, b"", "application/json"),
    }[kind]
    more = [(b"retry-after", fault.retry_after.encode())] if fault.retry_after is not None else []
    await _send(send, status, data, words, more)


async def _send(
    send: Send, status: int, data: bytes, words: str, more: list[tuple[bytes, bytes]] | None = None
) -> None:
    headers = [(b"content-type", words.encode()), (b"content-length", str(len(data)).encode()), *(more or [])]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": data})
