"""What counts as the same sale, and that a difference is named without saying what it was."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from kiosk.tracking.port import Sale, SaleOnRecord, differences, wall_time
from tests.tracking.given import FLOWER, ZONE, line, sale


def on_record(told: Sale, **changes: Any) -> SaleOnRecord:
    same = {
        "state_id": "9001",
        "external_number": told.external_number,
        "sold_at": wall_time(told.sold_at, told.zone),
        "customer": told.customer,
        "patient_number": told.patient_number,
        "caregiver_number": told.caregiver_number,
        "lines": told.lines,
    }
    return SaleOnRecord(**(same | changes))


def test_the_same_sale_has_no_differences() -> None:
    assert differences(sale(), on_record(sale())) == ()


def test_an_instant_or_the_wall_time_of_the_store_are_the_same() -> None:
    assert differences(sale(), on_record(sale(), sold_at=sale().sold_at)) == ()


def test_a_state_may_store_times_more_coarsely() -> None:
    stored = wall_time(sale().sold_at, ZONE).replace(microsecond=347_000)
    assert differences(sale(), on_record(sale(), sold_at=stored)) == ()


def test_a_state_may_join_and_reorder_lines() -> None:
    told = sale(lines=(line(units="1", total="52.00"), line(FLOWER, "1", "35.00"), line(units="2", total="104.00")))
    joined = (line(FLOWER, "1.0", "35"), line(units="3", total="156"))
    assert differences(told, on_record(told, lines=joined)) == ()


def test_what_the_state_does_not_keep_a_unit_is_not_compared() -> None:
    told = sale(lines=(line(thc_mg=30, weight_g=30),))
    assert differences(told, on_record(told, lines=(line(),))) == ()
    assert differences(told, on_record(told, lines=(line(thc_mg=31),))) == ("thc_mg",)


@pytest.mark.parametrize(
    ("field", "changes"),
    [
        ("external_number", {"external_number": "D-2"}),
        ("customer", {"customer": "caregiver"}),
        ("patient_number", {"patient_number": "P3HM58TR"}),
        ("caregiver_number", {"caregiver_number": "C2PA44LD"}),
        ("sold_at", {"sold_at": datetime(2026, 3, 2, 15, 30, 12, tzinfo=UTC) + timedelta(seconds=2)}),
        ("sold_at", {"sold_at": datetime(2026, 3, 2, 15, 30, 12)}),  # noqa: DTZ001 - UTC taken for wall time
        ("lines", {"lines": (line(FLOWER),)}),
        ("lines", {"lines": ()}),
        ("units", {"lines": (line(units="2"),)}),
        ("total", {"lines": (line(total="51.99"),)}),
        ("unit", {"lines": (line(unit="Grams"),)}),
        ("voided", {"voided": True}),
    ],
)
def test_each_difference_is_named_by_its_field(field: str, changes: dict[str, Any]) -> None:
    assert differences(sale(), on_record(sale(), **changes)) == (field,)
