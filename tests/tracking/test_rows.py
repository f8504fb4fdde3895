"""Packages and laboratory results as METRC may write them: read, held, or named as unread."""

from decimal import Decimal
from typing import Any

import httpx
import msgspec
import pytest

from kiosk.tracking.metrc import mapping
from kiosk.tracking.metrc.rows import LabRow
from tests.tracking.given import FLAGS, ITEM, PACKAGE, TINCTURE, answering, envelope, store

# --- packages


@pytest.mark.parametrize("flag", FLAGS)
async def test_each_of_the_seven_flags_holds_a_package(flag: str) -> None:
    others = {name: False for name in FLAGS if name != flag} | {"IsOnRecall": None}
    async with answering(store([PACKAGE | others | {flag: True}])) as metrc:
        assert (await metrc.stock()).packages[0].holds != ()


async def test_no_flag_on_is_no_hold_and_no_flag_at_all_is_one() -> None:
    async with answering(store([PACKAGE | dict.fromkeys(FLAGS)])) as metrc:
        assert (await metrc.stock()).packages[0].holds == ()
    unsaid = {name: value for name, value in PACKAGE.items() if name not in FLAGS}
    async with answering(store([unsaid])) as metrc:
        assert (await metrc.stock()).packages[0].holds == ("not_stated",)


@pytest.mark.parametrize(
    ("changes", "hold"),
    [
        ({"UnitOfMeasureName": "Grams"}, "not_counted"),
        ({"Quantity": 1.5}, "not_counted"),
        ({"Quantity": -10}, "below_zero"),
        ({"PackageType": "PlantWaste"}, "no_product"),
        ({"PatientLicenseNumber": "P3HM58TR"}, "one_patient"),
        ({"IsTestingSample": True}, "sample"),
        ({"ProductRequiresRemediation": True}, "quarantine"),
    ],
)
async def test_what_is_not_for_everybody_by_the_piece_is_held(changes: dict[str, Any], hold: str) -> None:
    async with answering(store([PACKAGE | changes])) as metrc:
        package = (await metrc.stock()).packages[0]
    assert hold in package.holds
    assert package.quantity >= 0


@pytest.mark.parametrize("state", ["NotSubmitted", "TestingInProgress", "Remediated", "NewWord", 0, 3, None])
async def test_a_testing_state_that_is_no_pass_is_none(state: Any) -> None:
    async with answering(store([PACKAGE | {"LabTestingState": state}])) as metrc:
        assert (await metrc.stock()).packages[0].lab.passed is None


async def test_a_row_that_makes_no_sense_is_named_and_the_others_are_read() -> None:
    rows = [
        PACKAGE,
        PACKAGE | {"Id": 2, "Label": "too short"},
        PACKAGE | {"Id": 3, "Quantity": "NaN"},
        PACKAGE | {"Id": 4, "IsOnHold": "no"},
        PACKAGE | {"Id": 5, "ExpirationDate": "soon"},
        PACKAGE | {"Id": 6, "Item": None},
        {"Id": 7},
    ]
    async with answering(store(rows)) as metrc:
        stock = await metrc.stock()
    assert [package.tag for package in stock.packages] == [TINCTURE]
    assert {(row.state_id, row.tag, row.field) for row in stock.unread} == {
        ("2", "", "Label"),
        ("3", TINCTURE, "Quantity"),
        ("4", TINCTURE, "IsOnHold"),
        ("5", TINCTURE, "date"),
        ("6", TINCTURE, "Item"),
        ("7", "", "Label"),
    }
    assert not any("too short" in str(each) or "soon" in str(each) for each in stock.unread)


async def test_a_package_carries_the_states_own_id_of_it() -> None:
    async with answering(store([PACKAGE])) as metrc:
        assert (await metrc.stock()).packages[0].state_id == "1"


async def test_a_row_without_id_and_tag_names_nobody() -> None:
    async with answering(store([PACKAGE, {"Id": True, "Label": 7}])) as metrc:
        (row,) = (await metrc.stock()).unread
    assert (row.state_id, row.tag) == ("", "")
    assert str(row).startswith("package without an id: ")


async def test_a_category_nobody_has_looked_at_has_no_route() -> None:
    async with answering(store([PACKAGE | {"Item": ITEM | {"ProductCategoryName": "Moon Rocks"}}])) as metrc:
        product = (await metrc.stock()).products[0]
    assert (product.form, product.route) == ("unknown", "")


async def test_a_package_that_moves_to_the_held_ones_while_we_read_is_held() -> None:
    def handler(request: httpx.Request) -> httpx.Response:
        return envelope([] if "inactive" in request.url.path or "labtests" in request.url.path else [PACKAGE])

    async with answering(handler) as metrc:
        assert (await metrc.stock()).packages[0].holds == ("hold",)


async def test_the_year_one_means_no_date() -> None:
    async with answering(store([PACKAGE | {"ExpirationDate": "0001-01-01T00:00:00", "ArchivedDate": ""}])) as metrc:
        package = (await metrc.stock()).packages[0]
    assert (package.expires, package.finished) == (None, False)


# --- laboratory results


def result(name: str, level: Any, **changes: Any) -> LabRow:
    row = {
        "PackageId": 1,
        "LabTestResultId": 10,
        "TestPerformedDate": "2026-01-10",
        "OverallPassed": True,
        "ResultReleased": True,
        "TestTypeName": name,
        "TestResultLevel": Decimal(str(level)),
    }
    return msgspec.convert(row | changes, LabRow, builtin_types=(Decimal,))


def test_units_stand_in_the_names_of_the_tests() -> None:
    lab = mapping.lab(True, [result("Total THC (mg/g) (Flower) [Phase 1]", 214), result("Total CBD (%)", "0.1")])
    assert (lab.thc, lab.cbd, lab.unit) == (Decimal("21.4"), Decimal("0.1"), "%")


def test_the_total_is_taken_before_a_part_and_other_tests_are_not_taken_for_it() -> None:
    rows = [
        result("delta-9 THC (%)", 2),
        result("Total THC (%)", 21),
        result("THCV (%)", 9),
        result("Total CBD (CFU/g)", 5),
        result("Microbiologicals", 1),
    ]
    lab = mapping.lab(True, rows)
    assert (lab.thc, lab.cbd) == (21, None)


def test_the_newest_result_that_is_released_and_not_revoked_counts() -> None:
    rows = [
        result("Total THC (%)", 20, LabTestResultId=1, TestPerformedDate="2026-01-01"),
        result("Total THC (%)", 21, LabTestResultId=2, TestPerformedDate="2026-02-01"),
        result("Total THC (%)", 22, LabTestResultId=3, TestPerformedDate="2026-03-01", RevokedDate="2026-03-02"),
        result("Total THC (%)", 23, LabTestResultId=4, TestPerformedDate="2026-04-01", ResultReleased=False),
    ]
    assert mapping.lab(True, rows).thc == 21
    assert mapping.lab(True, rows[2:]).passed is None
    assert mapping.lab(True, [result("Total THC (%)", 20, LabTestDetailRevokedDate="2026-02-02")]).thc is None


def test_a_result_that_failed_takes_a_passed_state_away() -> None:
    assert mapping.lab(True, [result("Total THC (%)", 20, OverallPassed=False)]).passed is False
    assert mapping.lab(True, []).passed is True
    assert mapping.lab(None, [result("Total THC (%)", 20)]).passed is None


async def test_results_that_make_no_sense_leave_the_package_untested() -> None:
    async with answering(store([PACKAGE], [{"PackageId": 1, "LabTestResultId": "ten"}])) as metrc:
        stock = await metrc.stock()
    assert stock.packages[0].lab.passed is None
    assert stock.unread
