"""What the physician recommends is checked, not only shown."""

from datetime import date
from decimal import Decimal

import pytest

from kiosk.rules.recommendations import conflict
from tests.rules.given import TODAY, flower, recommendation, tincture

CONFLICTS = {
    "recommendation.none": (None, tincture()),
    "recommendation.not_yet": (recommendation(valid_from=date(2026, 3, 3)), tincture()),
    "recommendation.ended": (recommendation(valid_to=date(2026, 3, 1)), tincture()),
    "recommendation.route": (recommendation(routes=("oral",)), tincture()),
    "recommendation.form": (recommendation(forms_excluded=("tincture",)), tincture()),
    "recommendation.thc_per_unit": (recommendation(max_thc_mg_per_unit=Decimal("299.9")), tincture()),
    "recommendation.cbd_to_thc": (recommendation(min_cbd_to_thc=Decimal("2.01")), tincture()),
}


@pytest.mark.requirement("ORD-02")
@pytest.mark.parametrize("rule", CONFLICTS)
def test_a_conflict_is_refused_by_name(rule: str) -> None:
    doctor, product = CONFLICTS[rule]
    refusal = conflict(doctor, product, "", TODAY)
    assert refusal is not None
    assert refusal.rule == rule
    assert refusal.citation
    if doctor is not None and doctor.valid_from <= TODAY <= doctor.valid_to:
        assert product.name in str(refusal.reason)


def test_a_product_that_keeps_every_limit_exactly_is_free() -> None:
    doctor = recommendation(
        valid_from=TODAY,
        valid_to=TODAY,
        routes=("sublingual",),
        forms_excluded=("flower",),
        max_thc_mg_per_unit=Decimal(300),
        min_cbd_to_thc=Decimal(2),
    )
    assert conflict(doctor, tincture(), "sublingual", TODAY) is None
    assert conflict(doctor, flower(), "smoking", TODAY) is not None


@pytest.mark.requirement("ORD-02")
def test_what_is_not_known_of_a_product_never_passes_a_limit_on_it() -> None:
    for doctor in (recommendation(max_thc_mg_per_unit=Decimal(300)), recommendation(min_cbd_to_thc=Decimal(1))):
        assert conflict(doctor, tincture(None), "", TODAY) is not None
    assert conflict(recommendation(min_cbd_to_thc=Decimal(1)), tincture(cbd_mg=None), "", TODAY) is not None
    assert conflict(recommendation(), tincture(None), "", TODAY) is None


def test_no_route_means_none_and_not_every_one() -> None:
    refusal = conflict(recommendation(routes=()), tincture(), "", TODAY)
    assert refusal is not None
    assert "No route is recommended." in str(refusal.way_on)
