"""What the tests of this room begin with."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import httpx

from kiosk.model.clock import ManualClock
from kiosk.tracking.metrc.client import Metrc, MetrcAccount
from kiosk.tracking.port import Sale, SaleLine
from kiosk.tracking.registry import RegistryAccount
from kiosk.tracking.sandbox import Sandbox
from kiosk.tracking.sandbox.faults import Fault

LICENCE = "MMTC-2026-0001"
TINCTURE = "1A4FF0300000B2C000004711"
FLOWER = "1A4FF0300000B2C000004720"
RECALLED = "1A4FF0300000B2C000004790"
ROWAN = "P7QX21AB"
CLOSE_TO_LIMIT = "P3HM58TR"
MINOR, CAREGIVER = "P5MN10RS", "C2PA44LD"
ZONE = "America/New_York"


ITEM = {
    "Id": 101,
    "Name": "Tincture",
    "ProductCategoryName": "Tincture (Each)",
    "ProductCategoryType": 0,
    "UnitThcContent": 30,
    "UnitThcContentUnitOfMeasureName": "Milligrams",
}
PACKAGE = {
    "Id": 1,
    "Label": TINCTURE,
    "PackageType": "Product",
    "Quantity": 12.0,
    "UnitOfMeasureName": "Each",
    "LabTestingState": "TestPassed",
    "IsOnHold": False,
    "LastModified": "2026-03-02T14:00:00+00:00",
    "Item": ITEM,
}
RECEIPT = {
    "Id": 7,
    "ExternalReceiptNumber": "D-000001",
    "SalesDateTime": "2026-03-02T10:30:12.345",
    "SalesCustomerType": "Patient",
    "PatientLicenseNumber": ROWAN,
    "Transactions": [{"PackageLabel": TINCTURE, "QuantitySold": 1, "UnitOfMeasureName": "Each", "TotalPrice": 52.00}],
}
FLAGS = [
    "IsOnHold",
    "IsOnHoldCombined",
    "IsOnInvestigation",
    "IsOnInvestigationHold",
    "IsOnInvestigationRecall",
    "IsOnRecall",
    "IsOnRecallCombined",
]

Handler = Callable[[httpx.Request], httpx.Response]


def metrc_account(url: str, **changes: Any) -> MetrcAccount:
    usual = {"vendor_key": "demo-vendor-key", "user_key": "demo-user-key", "licence": LICENCE}
    fast = {"look_back_days": 1, "per_second": 1000.0, "seconds": 3.0}
    return MetrcAccount(url=url, **(usual | fast | changes))


def registry_account(url: str, **changes: Any) -> RegistryAccount:
    return RegistryAccount(url=url, **({"key": "demo-registry-key", "seconds": 3.0} | changes))


def sale(number: str = "D-000001", **changes: Any) -> Sale:
    usual: dict[str, Any] = {
        "sold_at": datetime(2026, 3, 2, 15, 30, 12, 345_678, tzinfo=UTC),
        "zone": ZONE,
        "customer": "patient",
        "patient_number": ROWAN,
        "lines": (line(),),
    }
    return Sale(external_number=number, **(usual | changes))


def line(tag: str = TINCTURE, units: str = "1", total: str = "52.00", **changes: Any) -> SaleLine:
    return SaleLine(tag=tag, units=Decimal(units), total=Decimal(total), **({"unit": "Each"} | changes))


def switch_on(sandbox: Sandbox, kind: str, path: str = "/", **settings: Any) -> None:
    sandbox.faults.switched_on = [Fault(kind=kind, path=path, **settings)]  # type: ignore[arg-type]


@asynccontextmanager
async def answering(
    handler: Callable[[httpx.Request], httpx.Response], clock: ManualClock | None = None, **changes: Any
) -> AsyncIterator[Metrc]:
    """A METRC client whose wire ends in ``handler``: for answers no sandbox gives. Waiting moves the clock."""
    clock = clock or ManualClock()
    account = metrc_account("https://state.example", **changes)
    client = Metrc(account, clock, sleep=moves(clock), transport=httpx.MockTransport(handler))
    try:
        yield client
    finally:
        await client.close()


def moves(clock: ManualClock) -> Callable[[float], Awaitable[None]]:
    """Waiting that only moves the clock."""

    async def sleep(seconds: float) -> None:
        clock.advance(seconds)

    return sleep


def envelope(rows: list[Any], page: int = 1, pages: int = 1, total: int | None = None) -> httpx.Response:
    return httpx.Response(
        200,
        json={
            "Data": rows,
            "TotalRecords": len(rows) if total is None else total,
            "RecordsOnPage": len(rows),
            "Page": page,
            "TotalPages": pages,
        },
    )


def store(packages: list[Any], results: list[Any] | None = None) -> Handler:
    """Answers the active list with these rows, and everything else with nothing."""

    def handler(request: httpx.Request) -> httpx.Response:
        if request.url.path == "/packages/v2/active":
            return envelope(packages)
        return envelope(results or [] if request.url.path.startswith("/labtests") else [])

    return handler
