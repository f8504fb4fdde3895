"""A sale is told once, found again by our number, and read back as it was told."""

from datetime import UTC, datetime

import pytest

from kiosk.model.clock import SystemClock
from kiosk.model.errors import KioskError, Refused, Theirs, Unavailable
from kiosk.tracking.metrc.client import Metrc
from kiosk.tracking.port import NO_ACCESS, NOT_TAKEN, differences
from kiosk.tracking.sandbox import Sandbox
from kiosk.tracking.sandbox.state import PackageChange
from tests.tracking.given import (
    CAREGIVER,
    FLOWER,
    MINOR,
    RECALLED,
    ROWAN,
    TINCTURE,
    line,
    metrc_account,
    sale,
    switch_on,
)


async def test_a_sale_is_reported_and_read_back_equal(metrc: Metrc, sandbox: Sandbox) -> None:
    told = sale(lines=(line(units="2", total="104.00"), line(FLOWER, "1", "35.00")))
    state_id = await metrc.report(told)
    there = await metrc.find(told.external_number)
    assert there is not None
    assert there.state_id == state_id
    assert differences(told, there) == ()
    assert len(sandbox.state.kept.receipts) == 1


async def test_the_time_of_sale_is_the_clock_on_the_stores_wall(metrc: Metrc, sandbox: Sandbox) -> None:
    """15:30 in UTC is 10:30 in Florida in winter; an instant of late evening there is the next day in UTC."""
    await metrc.report(sale("D-1"))
    assert sandbox.state.kept.receipts[0].sold_at == "2026-03-02T10:30:12.345"
    await metrc.report(sale("D-2", sold_at=datetime(2026, 7, 2, 3, 0, tzinfo=UTC)))
    assert sandbox.state.kept.receipts[1].sold_at == "2026-07-01T23:00:00.000"


async def test_two_instants_of_the_night_the_clocks_go_back_read_back_equal(metrc: Metrc) -> None:
    for number, hour in (("D-1", 5), ("D-2", 6)):  # 01:30 twice
        told = sale(number, sold_at=datetime(2026, 11, 1, hour, 30, tzinfo=UTC))
        await metrc.report(told)
        there = await metrc.find(number)
        assert there is not None
        assert differences(told, there) == ()


async def test_a_caregivers_sale_has_both_numbers(metrc: Metrc) -> None:
    told = sale(customer="caregiver", patient_number=MINOR, caregiver_number=CAREGIVER)
    await metrc.report(told)
    there = await metrc.find(told.external_number)
    assert there is not None
    assert (there.customer, differences(told, there)) == ("caregiver", ())


async def test_a_number_nobody_reported_is_not_there(metrc: Metrc, sandbox: Sandbox) -> None:
    assert await metrc.find("D-404") is None
    await metrc.report(sale())
    assert await metrc.find("D-000001") is not None
    lists = sandbox.requests["GET /sales/v2/receipts/active"]
    assert await metrc.find("D-404") is None
    assert sandbox.requests["GET /sales/v2/receipts/active"] == lists  # the call is known to work: a 404 is believed


async def test_a_404_is_not_believed_where_the_call_may_not_exist(metrc: Metrc, sandbox: Sandbox) -> None:
    """A state without that call would answer 404 for ever, and every lost answer would become a doubled sale."""
    await metrc.report(sale())
    switch_on(sandbox, "not_found", "/sales/v2/receipts/external")
    there = await metrc.find("D-000001")
    assert there is not None
    assert differences(sale(), there) == ()


@pytest.mark.parametrize("kind", ["silent_after", "dropped_after", "nonsense_after"])
async def test_a_lost_answer_is_no_lost_sale(sandbox: Sandbox, url: str, kind: str) -> None:
    """The sale is stored, the answer is not: the client says that it does not know, and looking finds it."""
    metrc = Metrc(metrc_account(url, seconds=0.5), SystemClock())
    switch_on(sandbox, kind, "/sales", count=1, method="POST")
    with pytest.raises((Unavailable, Theirs)):
        await metrc.report(sale())
    there = await metrc.find("D-000001")
    assert there is not None
    assert differences(sale(), there) == ()
    assert len(sandbox.state.kept.receipts) == 1
    await metrc.close()


@pytest.mark.parametrize("kind", ["silent", "dropped", "too_many", "server_error", "nonsense", "html", "down"])
async def test_a_report_is_never_repeated_by_the_client(sandbox: Sandbox, url: str, kind: str) -> None:
    metrc = Metrc(metrc_account(url, seconds=0.5), SystemClock())
    switch_on(sandbox, kind, "/sales")
    with pytest.raises(KioskError):
        await metrc.report(sale())
    assert sandbox.requests["POST /sales/v2/receipts"] == 1
    assert sandbox.state.kept.receipts == []
    await metrc.close()


async def test_an_answer_without_an_id_is_looked_up(metrc: Metrc, sandbox: Sandbox) -> None:
    """Empty bodies and ``Ids: null`` are METRC's way of saying done."""
    await metrc.report(sale())
    switch_on(sandbox, "empty", "/sales", count=1, method="POST")
    assert await metrc.report(sale()) == "9001"


async def test_a_doubled_receipt_is_noticed(metrc: Metrc, sandbox: Sandbox) -> None:
    """METRC takes one number twice; nothing in the client does so, but a person at its web page may."""
    await metrc.report(sale())
    await metrc.report(sale())
    assert len(sandbox.state.kept.receipts) == 2
    switch_on(sandbox, "not_found", "/sales/v2/receipts/external")
    with pytest.raises(Theirs):
        await metrc.find("D-000001")


async def test_a_voided_receipt_says_so(metrc: Metrc, sandbox: Sandbox) -> None:
    await metrc.report(sale())
    sandbox.state.void(sandbox.state.kept.receipts[0])
    there = await metrc.find("D-000001")
    assert there is not None
    assert differences(sale(), there) == ("voided",)
    stock = await metrc.stock()
    assert next(package for package in stock.packages if package.tag == TINCTURE).quantity == 400


@pytest.mark.parametrize(
    "changes",
    [
        {"lines": (line("1A4FF0300000B2C999999999"),)},
        {"lines": (line(unit="Grams"),)},
        {"lines": (line(units="401"),)},
        {"lines": (line(units="300"), line(units="101"))},
        {"lines": (line(units="0"),)},
        {"lines": (line(RECALLED),)},
        {"lines": ()},
        {"patient_number": "P0000000"},
        {"customer": "caregiver", "caregiver_number": ROWAN},
    ],
)
async def test_what_metrc_refuses_is_refused_and_nothing_is_booked(
    metrc: Metrc, sandbox: Sandbox, changes: dict[str, object]
) -> None:
    with pytest.raises(Refused) as refused:
        await metrc.report(sale(**changes))
    assert refused.value.refusal.rule == NOT_TAKEN
    assert sandbox.state.kept.receipts == []


async def test_a_finished_package_is_refused(metrc: Metrc, sandbox: Sandbox) -> None:
    sandbox.state.change(TINCTURE, PackageChange(finished=True))
    with pytest.raises(Refused) as refused:
        await metrc.report(sale())
    assert "is finished" in str(refused.value.refusal.reason)


async def test_what_the_state_says_of_a_patient_is_not_repeated(metrc: Metrc) -> None:
    """METRC quotes the number it does not know; that number is nobody's business."""
    with pytest.raises(Refused) as refused:
        await metrc.report(sale(patient_number="PX9Y8Z7W"))
    assert "was not found" in str(refused.value.refusal.reason)
    assert "PX9Y8Z7W" not in f"{refused.value} {refused.value.refusal!r} {refused.value.detail}"


@pytest.mark.parametrize("changes", [{"vendor_key": "other"}, {"user_key": "other"}, {"licence": "MMTC-2026-0002"}])
async def test_wrong_keys_are_a_no_to_the_store_and_not_to_the_sale(url: str, changes: dict[str, str]) -> None:
    metrc = Metrc(metrc_account(url, **changes), SystemClock())
    for call in (metrc.reachable(), metrc.report(sale()), metrc.find("D-000001"), metrc.stock()):
        with pytest.raises(Refused) as refused:
            await call
        assert refused.value.refusal.rule == NO_ACCESS
    await metrc.close()


async def test_right_keys_are_let_in(metrc: Metrc) -> None:
    await metrc.reachable()
