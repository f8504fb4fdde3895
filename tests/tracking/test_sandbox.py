"""The sandbox itself: METRC's manners on the wire, the desk, and a memory that outlives it."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from kiosk.demo import SHOP_FILE
from kiosk.model.clock import SystemClock
from kiosk.model.errors import Unavailable
from kiosk.tracking.sandbox import Sandbox, make, serve, serving
from kiosk.tracking.sandbox.serving import SeedWrong
from tests.tracking.given import LICENCE, RECALLED, ROWAN, TINCTURE

KEYS = ("demo-vendor-key", "demo-user-key")
RECEIPT = {
    "SalesDateTime": "2026-03-02T10:30:00.000Z",
    "ExternalReceiptNumber": "D-1",
    "SalesCustomerType": "Patient",
    "PatientLicenseNumber": ROWAN,
    "Transactions": [{"PackageLabel": TINCTURE, "Quantity": 1, "UnitOfMeasure": "Each", "TotalAmount": 52.0}],
    "NewField": True,
}


@pytest.fixture
async def metrc(url: str) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(base_url=url, auth=KEYS, params={"licenseNumber": LICENCE}, trust_env=False) as client:
        yield client


async def test_wrong_keys_in_any_order_get_an_empty_401(url: str) -> None:
    async with httpx.AsyncClient(base_url=url, trust_env=False) as client:
        for auth in (None, ("demo-user-key", "demo-vendor-key"), ("demo-vendor-key", "")):
            answer = await client.get("/facilities/v2", auth=auth)
            assert (answer.status_code, answer.content) == (401, b"")


async def test_another_licence_is_a_401_and_none_a_400(metrc: httpx.AsyncClient) -> None:
    other = await metrc.get("/packages/v2/active", params={"licenseNumber": "OTHER"})
    assert (other.status_code, other.content) == (401, b"")
    async with httpx.AsyncClient(base_url=metrc.base_url, auth=KEYS, trust_env=False) as bare:
        assert (await bare.get("/packages/v2/active")).status_code == 400


async def test_more_than_a_day_or_more_than_twenty_is_refused(metrc: httpx.AsyncClient) -> None:
    wide = {"lastModifiedStart": "2026-03-01T00:00:00Z", "lastModifiedEnd": "2026-03-02T00:00:01Z"}
    answer = await metrc.get("/packages/v2/active", params=wide)
    assert (answer.status_code, answer.json()) == (400, {"Message": "Last Modified range cannot exceed 24 hours"})
    assert (await metrc.get("/packages/v2/active", params={"pageSize": "21"})).status_code == 400


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"[]", 400),
        (b"{}", 400),
        (b"no json", 400),
        (b'[{"Transactions": 7}]', 400),
        (b"[" + b",".join([b"{}"] * 11) + b"]", 413),
    ],
)
async def test_bodies_metrc_does_not_take(metrc: httpx.AsyncClient, body: bytes, status: int) -> None:
    answer = await metrc.post("/sales/v2/receipts", content=body)
    assert answer.status_code == status
    assert answer.json()["Message"]


async def test_a_receipt_answers_under_other_names_and_lists_leave_its_lines_out(metrc: httpx.AsyncClient) -> None:
    posted = (await metrc.post("/sales/v2/receipts", json=[RECEIPT])).json()
    assert posted == {"Ids": [9001], "Warnings": None}
    one = (await metrc.get("/sales/v2/receipts/9001")).json()
    assert one == (await metrc.get("/sales/v2/receipts/external/D-1")).json()
    assert one["SalesDateTime"] == "2026-03-02T10:30:00.000"  # the zone is dropped, nothing is converted
    line = one["Transactions"][0]
    assert (line["QuantitySold"], line["TotalPrice"], line["UnitOfMeasureName"]) == (1, 52.0, "Each")
    assert "Quantity" not in line
    (listed,) = (await metrc.get("/sales/v2/receipts/active")).json()["Data"]
    assert listed["Transactions"] == []


async def test_one_bad_receipt_of_two_books_neither_and_a_repeat_books_twice(
    metrc: httpx.AsyncClient, sandbox: Sandbox
) -> None:
    held = RECEIPT | {"Transactions": [RECEIPT["Transactions"][0] | {"PackageLabel": RECALLED}]}  # type: ignore[index]
    answer = await metrc.post("/sales/v2/receipts", json=[RECEIPT, held])
    assert (answer.status_code, answer.json()[0]["row"]) == (400, 1)
    assert sandbox.state.kept.receipts == []
    for _ in range(2):
        await metrc.post("/sales/v2/receipts", json=[RECEIPT])
    package = (await metrc.get(f"/packages/v2/{TINCTURE}")).json()
    assert package["Quantity"] == 398


async def test_voiding_gives_the_units_back(metrc: httpx.AsyncClient) -> None:
    await metrc.post("/sales/v2/receipts", json=[RECEIPT])
    gone = await metrc.delete("/sales/v2/receipts/9001")
    assert (gone.status_code, gone.content) == (200, b"")
    assert (await metrc.get(f"/packages/v2/{TINCTURE}")).json()["Quantity"] == 400
    assert (await metrc.get("/sales/v2/receipts/9001")).json()["ArchivedDate"] is not None


async def test_the_desk(url: str, sandbox: Sandbox) -> None:
    async with httpx.AsyncClient(base_url=url, trust_env=False) as desk:
        faults = {"faults": [{"kind": "too_many", "path": "/sales", "count": 2, "retry_after": "7"}]}
        assert (await desk.put("/sandbox/faults", json=faults)).status_code == 200
        answer = await desk.get("/sales/v2/receipts/active")
        assert (answer.status_code, answer.headers["retry-after"]) == (429, "7")
        assert (await desk.get("/sandbox/faults")).json()["faults"][0]["count"] == 1
        assert (await desk.delete("/sandbox/faults")).json() == {"faults": []}
        assert (await desk.get("/sales/v2/receipts/active")).status_code == 401
        bought = {"card": ROWAN, "product": 102, "units": 4}
        assert (await desk.post("/sandbox/elsewhere", json=bought)).status_code == 200
        assert (await desk.put(f"/sandbox/packages/{TINCTURE}", json={"hold": "recall"})).status_code == 200
        assert (await desk.put(f"/sandbox/patients/{ROWAN}", json={"status": "revoked"})).status_code == 200
        assert (await desk.get("/sandbox/receipts")).json() == []
        assert (await desk.get("/sandbox/requests")).json()["GET /sales/v2/receipts/active"] == 2
        for method, path, body in (
            ("PUT", "/sandbox/faults", {"faults": [{"kind": "earthquake"}]}),
            ("PUT", f"/sandbox/patients/{ROWAN}", {"status": "rich"}),
            ("POST", "/sandbox/elsewhere", bought | {"units": "many"}),
        ):
            assert (await desk.request(method, path, json=body)).status_code == 400
        assert (await desk.post("/sandbox/elsewhere", json=bought | {"product": 9})).status_code == 404
    assert sandbox.state.package(TINCTURE).hold == "recall"  # type: ignore[union-attr]


async def test_what_happened_outlives_a_restart(tmp_path: Path) -> None:
    keep = tmp_path / "state.json"
    async with serving(make(SHOP_FILE, SystemClock(), keep)) as url, httpx.AsyncClient(base_url=url) as client:
        await client.post("/sales/v2/receipts", json=[RECEIPT], auth=KEYS, params={"licenseNumber": LICENCE})
        await client.post("/sandbox/elsewhere", json={"card": ROWAN, "product": 102, "units": 4})
        await client.put(f"/sandbox/packages/{RECALLED}", json={"hold": ""})
    again = make(SHOP_FILE, SystemClock(), keep)
    assert [receipt.external for receipt in again.state.kept.receipts] == ["D-1"]
    assert again.state.package(TINCTURE).quantity == 399  # type: ignore[union-attr]
    assert again.state.package(RECALLED).hold == ""  # type: ignore[union-attr]
    assert again.state.available(again.state.seed.patients[0])["smoking"] < 2.1
    assert [file.name for file in tmp_path.iterdir()] == ["state.json"]


@pytest.mark.parametrize("words", ["no toml [", "[store]\nname = 1", 'shelves = ["x"]\nfurther = 1'])
def test_a_seed_that_cannot_be_used_is_one_line(tmp_path: Path, words: str) -> None:
    seed = tmp_path / "seed.toml"
    seed.write_text(words)
    for path in (seed, tmp_path / "not there.toml"):
        with pytest.raises(SeedWrong) as wrong:
            make(path, SystemClock())
        assert "\n" not in str(wrong.value.reason)


async def test_serving_ends_cleanly_when_it_is_cancelled_with_requests_under_way() -> None:
    running = asyncio.create_task(serve(SHOP_FILE))
    await asyncio.sleep(0)
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running


async def test_closing_ends_requests_that_hang(sandbox: Sandbox) -> None:
    """A silent answer would otherwise keep the whole rehearsal waiting."""

    async def hang(client: httpx.AsyncClient) -> Any:
        return await client.get("/facilities/v2")

    async with httpx.AsyncClient(trust_env=False, timeout=30) as client:
        async with serving(sandbox) as url:
            client.base_url = httpx.URL(url)
            await client.put("/sandbox/faults", json={"faults": [{"kind": "silent"}]})
            hanging = asyncio.create_task(hang(client))
            while not sandbox.requests:
                await asyncio.sleep(0)
        with pytest.raises(httpx.HTTPError):
            await hanging


async def test_a_port_that_is_taken_or_none_is_one_line(sandbox: Sandbox, url: str) -> None:
    for port in (httpx.URL(url).port or 0, 99_999):
        with pytest.raises(Unavailable) as taken:
            async with serving(sandbox, port=port):
                pass
        assert str(port) in str(taken.value.reason)
