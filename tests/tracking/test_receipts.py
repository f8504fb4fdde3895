"""Receipts and patients as METRC may answer them, and its refusals in every shape."""

import json
from decimal import Decimal
from typing import Any

import httpx
import pytest

from kiosk.model.errors import Refused, Theirs, Unavailable
from tests.tracking.given import RECEIPT, ROWAN, TINCTURE, Handler, answering, envelope, line, sale

# --- receipts


def receipts(answer: Any) -> Handler:
    return lambda _: httpx.Response(200, json=answer)


@pytest.mark.parametrize("answer", [RECEIPT, [RECEIPT], [RECEIPT | {"Id": 6, "ArchivedDate": "2026-03-02"}, RECEIPT]])
async def test_a_receipt_by_its_number_comes_alone_or_in_an_array(answer: Any) -> None:
    async with answering(receipts(answer)) as metrc:
        there = await metrc.find("D-000001")
    assert there is not None
    assert (there.state_id, there.lines, there.voided) == ("7", (line(),), False)


@pytest.mark.parametrize(
    "answer",
    [
        RECEIPT | {"ExternalReceiptNumber": "D-000002"},
        [RECEIPT, RECEIPT | {"Id": 8}],
        RECEIPT | {"SalesDateTime": "yesterday"},
        RECEIPT | {"Transactions": [{"PackageLabel": TINCTURE, "Quantity": 1, "TotalAmount": 52}]},
        RECEIPT | {"Id": None},
        "none",
    ],
)
async def test_a_receipt_that_makes_no_sense(answer: Any) -> None:
    async with answering(receipts(answer)) as metrc:
        with pytest.raises(Theirs):
            await metrc.find("D-000001")


async def test_a_receipt_without_lines_is_read_by_its_id() -> None:
    def handler(request: httpx.Request) -> httpx.Response:
        return httpx.Response(200, json=RECEIPT if request.url.path.endswith("/7") else RECEIPT | {"Transactions": []})

    async with answering(handler) as metrc:
        there = await metrc.find("D-000001")
    assert there is not None
    assert there.lines == (line(),)


async def test_a_number_in_an_address_stays_one_part_of_it() -> None:
    seen: list[bytes] = []

    def handler(request: httpx.Request) -> httpx.Response:
        seen.append(request.url.raw_path)
        return httpx.Response(404) if b"external" in request.url.raw_path else envelope([])

    async with answering(handler) as metrc:
        assert await metrc.find("a/b?c#d") is None
    assert seen[0].startswith(b"/sales/v2/receipts/external/a%2Fb%3Fc%23d?licenseNumber=")


async def test_a_receipt_is_written_in_metrcs_words_and_exact_numbers() -> None:
    seen: list[bytes] = []

    def handler(request: httpx.Request) -> httpx.Response:
        seen.append(request.content)
        return httpx.Response(200, json={"Ids": [7], "Warnings": None})

    async with answering(handler) as metrc:
        assert await metrc.report(sale(lines=(line(units="2", total="104.10", thc_mg=Decimal("30.3")),))) == "7"
    assert b'"TotalAmount":104.10' in seen[0]
    assert b'"UnitThcContent":30.3' in seen[0]
    (body,) = json.loads(seen[0])
    assert body["SalesDateTime"] == "2026-03-02T10:30:12.345"
    assert (body["SalesCustomerType"], body["CaregiverLicenseNumber"]) == ("Patient", None)


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b'{"Message":"Quantity is wrong"}', "Quantity is wrong"),
        (b'{"message":"Quantity is wrong"}', "Quantity is wrong"),
        (b'[{"row":0,"message":"Quantity is wrong"},{"row":1,"message":"And so"}]', "Quantity is wrong And so"),
        (b'["Quantity is wrong"]', "Quantity is wrong"),
        (b"Quantity is wrong", "Quantity is wrong"),
        (b'{"Message":"Quantity\\u001b[31m is\\r\\nwrong"}', "Quantity [31m is wrong"),
        (b"<html><body>Bad Request</body></html>", "no reason given"),
        (b"", "no reason given"),
        (b"\xff\xfe", "��"),
    ],
)
async def test_a_refusal_is_read_in_every_shape(body: bytes, said: str) -> None:
    async with answering(lambda _: httpx.Response(400, content=body)) as metrc:
        with pytest.raises(Refused) as refused:
            await metrc.report(sale())
    assert refused.value.refusal.reason.args["said"] == said


@pytest.mark.parametrize(
    ("status", "error"),
    [
        *((status, Refused) for status in (401, 403)),
        *((status, Theirs) for status in (301, 304, 404, 405, 413, 418)),
        *((status, Unavailable) for status in (408, 429, 500, 502, 503)),
    ],
)
async def test_each_status_of_a_write(status: int, error: type[Exception]) -> None:
    async with answering(lambda _: httpx.Response(status)) as metrc:
        with pytest.raises(error):
            await metrc.report(sale())


# --- patients


async def test_available_is_read_and_not_computed_in_every_window() -> None:
    """METRC's own example allows 0 and has bought 0, and 10 ounces are available."""
    row = {"PatientLicenseNumber": ROWAN, "Active": True, "FlowerOuncesAllowed": 0.0, "FlowerOuncesPurchased": 0.0}
    rows = [
        row | {"FlowerOuncesAvailable": available, "PurchaseAmountDays": days}
        for available, days in ((10.0, 1), (120, 31))
    ]
    async with answering(lambda _: httpx.Response(200, json=rows)) as metrc:
        status = await metrc.patient_status(ROWAN)
    assert status is not None
    assert [(window.days, window.flower, window.thc) for window in status.windows] == [(1, 10, None), (31, 120, None)]


async def test_a_patient_metrc_does_not_know_or_mistakes() -> None:
    async with answering(lambda _: httpx.Response(404)) as metrc:
        assert await metrc.patient_status(ROWAN) is None
    async with answering(lambda _: httpx.Response(200, json=[])) as metrc:
        assert await metrc.patient_status(ROWAN) is None
    other = [{"PatientLicenseNumber": "P3HM58TR", "Active": True}]
    async with answering(lambda _: httpx.Response(200, json=other)) as metrc:
        with pytest.raises(Theirs):
            await metrc.patient_status(ROWAN)
