"""METRC's manners on the wire: keys, pages, windows, pace. The wire ends in the test, so each answer is exact."""

import itertools
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kiosk.model.clock import ManualClock, SystemClock
from kiosk.model.errors import Refused, Theirs
from kiosk.tracking.http import read_json
from kiosk.tracking.metrc.client import Metrc
from kiosk.tracking.metrc.pace import Pace
from kiosk.tracking.metrc.wire import OVERLAP, WINDOW, WORDS, windows
from tests.tracking.given import (
    LICENCE,
    PACKAGE,
    ROWAN,
    answering,
    envelope,
    metrc_account,
    moves,
    sale,
)

# --- keys and addresses


async def test_the_vendors_key_is_the_name_and_the_users_key_the_password() -> None:
    seen: list[httpx.Request] = []

    def handler(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        return httpx.Response(200, json=[{"License": {"Number": LICENCE}}])

    async with answering(handler) as metrc:
        await metrc.reachable()
    assert seen[0].headers["authorization"] == httpx.BasicAuth("demo-vendor-key", "demo-user-key")._auth_header
    assert "licenseNumber" not in seen[0].url.params


@pytest.mark.parametrize(
    "url", ["http://api-xx.metrc.example", "ftp://x", "https://", "https://user:key@x", "api-xx.metrc.example"]
)
def test_keys_go_over_https_alone(url: str) -> None:
    with pytest.raises(ValueError, match="address"):
        Metrc(metrc_account(url), SystemClock())


@pytest.mark.parametrize("changes", [{"vendor_key": ""}, {"user_key": ""}, {"licence": ""}, {"vendor_key": "a:b"}])
def test_an_account_without_its_parts(changes: dict[str, str]) -> None:
    with pytest.raises(ValueError, match="METRC account"):
        Metrc(metrc_account("https://x.example", **changes), SystemClock())


async def test_a_redirect_is_not_followed() -> None:
    """A redirected POST arrives as a GET: the sale would be gone and nobody would know."""
    seen: list[str] = []

    def handler(request: httpx.Request) -> httpx.Response:
        seen.append(request.url.host)
        return httpx.Response(301, headers={"Location": "https://elsewhere.example/"})

    async with answering(handler) as metrc:
        with pytest.raises(Theirs):
            await metrc.report(sale())
    assert seen == ["state.example"]


async def test_keys_of_another_store_are_refused() -> None:
    async with answering(lambda _: httpx.Response(200, json=[{"License": {"Number": "OTHER"}}])) as metrc:
        with pytest.raises(Refused):
            await metrc.reachable()


# --- lists, pages and windows


@settings(max_examples=60)
@given(minutes=st.integers(0, 60 * 24 * 40), at=st.datetimes(datetime(2024, 1, 1), datetime(2027, 1, 1)))  # noqa: DTZ001
def test_windows_cover_everything_and_are_a_day_at_most(minutes: int, at: datetime) -> None:
    end = at.replace(tzinfo=UTC)
    start = end - timedelta(minutes=minutes)
    spans = list(windows(start, end))
    assert spans[0][0] <= start - OVERLAP
    assert spans[-1][1] >= end
    assert all(until - since <= WINDOW for since, until in spans)
    assert all(after[0] <= before[1] - OVERLAP for before, after in itertools.pairwise(spans))


async def test_every_list_is_asked_with_both_bounds_without_a_plus_sign() -> None:
    seen: list[httpx.Request] = []

    def handler(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        return envelope([])

    async with answering(handler, look_back_days=3) as metrc:
        await metrc.stock()
    lists = [request for request in seen if request.url.path.startswith("/packages")]
    assert len(lists) == 3 * 4
    for request in lists:
        for bound in ("lastModifiedStart", "lastModifiedEnd"):
            assert request.url.params[bound].endswith("Z")
        assert "+" not in str(request.url)
        assert request.url.params["pageSize"] == "20"


@pytest.mark.parametrize("pages", [0, 1])
async def test_an_empty_list_has_no_page_or_one(pages: int) -> None:
    async with answering(lambda _: envelope([], pages=pages)) as metrc:
        assert (await metrc.stock()).packages == ()


async def test_a_bare_array_is_a_list_too() -> None:
    def handler(request: httpx.Request) -> httpx.Response:
        return httpx.Response(200, json=[PACKAGE] if request.url.path.endswith("active") else [])

    async with answering(handler) as metrc:
        assert [package.quantity for package in (await metrc.stock()).packages] == [12]


async def test_pages_are_read_to_their_end_even_where_their_number_is_not_said() -> None:
    def handler(request: httpx.Request) -> httpx.Response:
        if not request.url.path.endswith("active"):
            return envelope([])
        page = int(request.url.params["pageNumber"])
        rows = [PACKAGE | {"Id": page, "Label": f"1A4FF030000{page:013d}"}] if page < 4 else []
        return httpx.Response(200, json={"Data": rows, "RecordsOnPage": len(rows), "Page": page})

    async with answering(handler) as metrc:
        assert len((await metrc.stock()).packages) == 3


async def test_a_list_is_not_asked_beyond_its_last_page() -> None:
    asked: list[str] = []

    def handler(request: httpx.Request) -> httpx.Response:
        if not request.url.path.endswith("onhold"):
            return envelope([])
        asked.append(request.url.params["pageNumber"])
        page = int(asked[-1])
        return envelope([PACKAGE | {"Id": page, "Label": f"1A4FF030000{page:013d}"}], page, pages=3, total=3)

    async with answering(handler) as metrc:
        at = ManualClock().now()
        assert len((await metrc.stock(since=at)).packages) == 3
    assert asked == ["1", "2", "3"]


async def test_rows_that_moved_between_pages_are_read_again() -> None:
    """Somebody sold while we read: one row slid onto a page already read."""
    readings = {"n": 0}

    def handler(request: httpx.Request) -> httpx.Response:
        if request.url.path != "/packages/v2/active":
            return envelope([])
        readings["n"] += 1
        ids = (1,) if readings["n"] == 1 else (1, 2)
        return envelope([PACKAGE | {"Id": n, "Label": f"1A4FF030000{n:013d}"} for n in ids], total=2)

    async with answering(handler) as metrc:
        assert len((await metrc.stock()).packages) == 2


async def test_paging_that_is_not_known_is_left_out() -> None:
    def handler(request: httpx.Request) -> httpx.Response:
        if "pageNumber" in request.url.params:
            return httpx.Response(404)
        return httpx.Response(200, json=[PACKAGE] if request.url.path.endswith("active") else [])

    async with answering(handler) as metrc:
        assert len((await metrc.stock()).packages) == 1


@pytest.mark.parametrize(
    "answer",
    [
        {"Data": None},
        {"Data": [1]},
        {},
        "text",
        7,
        {"Data": [], "TotalPages": "many"},
        {"Data": [PACKAGE], "Page": 2, "TotalPages": 3},
    ],
)
async def test_a_list_that_is_none(answer: Any) -> None:
    async with answering(lambda _: httpx.Response(200, json=answer)) as metrc:
        with pytest.raises(Theirs):
            await metrc.stock()


# --- numbers


@pytest.mark.parametrize("body", [b"NaN", b"[Infinity]", b"1e999999999", b"[" * 100_000, b"9" * 50, b"0." + b"1" * 50])
def test_numbers_that_are_none_or_too_large(body: bytes) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - each has words of its own
        read_json(body)


def test_numbers_stay_exact() -> None:
    assert read_json(b"[0.1, 92.04, 1, -2.5e1]") == [Decimal("0.1"), Decimal("92.04"), 1, Decimal(-25)]
    assert read_json(b"  ") is None


# --- pace


async def test_reads_are_spread_over_time() -> None:
    clock = ManualClock()
    pace = Pace(clock, WORDS.busy, per_second=5, in_flight=4, sleep=moves(clock))
    began = clock.monotonic()
    for _ in range(24):
        async with pace.turn():
            pass
    assert clock.monotonic() - began == pytest.approx(4)


async def test_after_a_429_without_a_word_how_long_each_rest_is_longer() -> None:
    clock = ManualClock()
    pace = Pace(clock, WORDS.busy, sleep=moves(clock), patience=1000)
    rests = []
    for _ in range(8):
        pace.too_fast(None)
        rests.append(pace.resting)
        clock.advance(pace.resting)
    assert rests == [1, 2, 4, 8, 16, 32, 60, 60]
    pace.fine()
    pace.too_fast(None)
    assert pace.resting == 1


@pytest.mark.parametrize(("said", "resting"), [("3", 3), ("Mon, 02 Mar 2026 15:00:04 GMT", 4), ("soon", 1), ("-5", 1)])
async def test_how_long_to_rest_is_said_in_seconds_or_as_a_date_or_not_at_all(said: str, resting: float) -> None:
    clock = ManualClock()
    answers = iter([httpx.Response(429, headers={"Retry-After": said}), httpx.Response(404)])
    began = clock.monotonic()
    async with answering(lambda _: next(answers), clock) as metrc:
        assert await metrc.patient_status(ROWAN) is None
    assert clock.monotonic() - began == pytest.approx(resting)
