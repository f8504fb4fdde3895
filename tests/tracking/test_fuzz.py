"""Whatever bytes come back, the store has a noun or one of the named errors; and what it has is whole."""

import asyncio
import copy
import json
from collections.abc import Awaitable, Callable
from decimal import Decimal
from typing import Any

import httpx
from hypothesis import given, settings
from hypothesis import strategies as st

from kiosk.model.clock import ManualClock
from kiosk.model.errors import KioskError
from kiosk.model.people import RegistryEntry
from kiosk.rules.shelf import why_kept
from kiosk.tracking.metrc.client import Metrc
from kiosk.tracking.port import SaleOnRecord, Stock
from kiosk.tracking.registry import HttpRegistry
from tests.tracking.given import PACKAGE, RECEIPT, ROWAN, answering, registry_account, sale

ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
STATUS = st.sampled_from([200, 200, 200, 201, 204, 301, 400, 401, 404, 413, 429, 500, 503])
CARD = {
    "cardNumber": ROWAN,
    "status": "ACTIVE",
    "cardType": "Patient",
    "lastName": "Rivers",
    "dob": "1984-05-17",
    "expirationDate": "2027-01-01",
    "linkedPatients": [],
    "available": {"smoking": 2.5},
    "patientRecommendations": {
        "id": "R",
        "provider": "Dr",
        "effectiveDate": "2026-01-01",
        "expirationDate": "2026-12-31",
        "routes": ["oral"],
        "limits": {"oral": 10},
    },
}


@st.composite
def spoiled(draw: st.DrawFn, sound: Any) -> Any:
    """A sound answer with one value, somewhere inside, replaced by anything or gone."""
    whole = copy.deepcopy(sound)
    at = whole
    while True:
        keys = list(at) if isinstance(at, dict) else list(range(len(at)))
        if not keys:
            return whole
        key = draw(st.sampled_from(keys))
        if isinstance(at[key], dict | list) and at[key] and draw(st.booleans()):
            at = at[key]
            continue
        if isinstance(at, dict) and draw(st.booleans()):
            del at[key]
        else:
            at[key] = draw(ANYTHING)
        return whole


def bytes_like(sound: Any) -> st.SearchStrategy[bytes]:
    whole = json.dumps(sound).encode()
    return st.one_of(
        spoiled(sound).map(lambda value: json.dumps(value).encode()),
        st.integers(0, len(whole)).map(lambda n: whole[:n]),
        ANYTHING.map(lambda value: json.dumps(value).encode()),
        st.binary(max_size=60),
    )


async def answer_or_none(answer: Awaitable[Any]) -> Any:
    """None for one of the named errors; any other is a failure of the test, as is one that names the patient."""
    found = None
    try:
        return await answer
    except KioskError as error:
        found = f"{error} {error.reason}"
    assert ROWAN not in found
    return None


def asked(status: int, body: bytes, ask: Callable[[Metrc], Awaitable[Any]]) -> Any:
    async def run() -> Any:
        async with answering(lambda _: httpx.Response(status, content=body)) as metrc:
            return await answer_or_none(ask(metrc))

    return asyncio.run(run())


@settings(max_examples=150, deadline=None)
@given(status=STATUS, body=bytes_like({"Data": [PACKAGE], "TotalRecords": 1, "Page": 1, "TotalPages": 1}))
def test_any_shelf(status: int, body: bytes) -> None:
    stock = asked(status, body, lambda metrc: metrc.stock())
    assert stock is None or isinstance(stock, Stock)
    for package in stock.packages if stock else ():
        assert len(package.tag) == 24
        assert package.quantity >= 0
        why_kept(package, ManualClock().now().date())  # the rules can judge whatever came through


@settings(max_examples=150, deadline=None)
@given(status=STATUS, body=bytes_like(RECEIPT))
def test_any_receipt(status: int, body: bytes) -> None:
    there = asked(status, body, lambda metrc: metrc.find("D-000001"))
    assert there is None or (isinstance(there, SaleOnRecord) and there.external_number == "D-000001")
    assert there is None or all(isinstance(line.total, Decimal) for line in there.lines)


@settings(max_examples=100, deadline=None)
@given(status=STATUS, body=bytes_like({"Ids": [7], "Warnings": None}))
def test_any_answer_to_a_report(status: int, body: bytes) -> None:
    state_id = asked(status, body, lambda metrc: metrc.report(sale()))
    assert state_id is None or isinstance(state_id, str)


@settings(max_examples=200, deadline=None)
@given(status=STATUS, body=bytes_like(CARD))
def test_any_card(status: int, body: bytes) -> None:
    async def run() -> RegistryEntry | None:
        wire = httpx.MockTransport(lambda _: httpx.Response(status, content=body))
        registry = HttpRegistry(registry_account("https://registry.example"), ManualClock(), transport=wire)
        try:
            return await answer_or_none(registry.look_up(ROWAN))
        finally:
            await registry.close()

    entry = asyncio.run(run())
    assert entry is None or entry.number == ROWAN
    assert entry is None or all(amount >= 0 for amount in (entry.available or {}).values())
