"""Nothing leaves the shelf that is held, untested, expired or not what was ordered."""

import random
from datetime import date
from decimal import Decimal

import pytest

from kiosk.model.orders import PickLine, Ticket
from kiosk.model.packages import Package, Product
from kiosk.rules.shelf import why_kept, why_not_for
from tests.rules.given import TODAY, flower, lab, package, tincture

LINE = PickLine(
    line_id="L-1",
    ticket=Ticket(ticket_id="T-1", shape="star", colour="blue", number=7),
    counter="counter-1",
    product=tincture(),
    units=2,
    tag="1A4FF0100000022000000123",
    place="V-A3-2",
    batch="B-117",
    lab=lab(),
)

KEPT = {
    "not_accepted": {"accepted": False},
    "finished": {"finished": True},
    "hold": {"holds": ("recall",)},
    "untested": {"lab": lab(passed=None)},
    "expired": {"expires": date(2026, 3, 1)},
    "empty": {"quantity": 0},
}


@pytest.mark.requirement("PIK-04")
@pytest.mark.parametrize("reason", KEPT)
def test_a_package_that_may_not_leave_says_why(reason: str) -> None:
    refusal = why_kept(package(**KEPT[reason]), TODAY)
    assert refusal is not None
    assert (refusal.differs, refusal.rule) == (reason, f"store.{reason}")
    assert refusal.citation
    assert why_not_for(LINE, package(**KEPT[reason]), tincture(), TODAY) == refusal


@pytest.mark.requirement("PIK-04")
@pytest.mark.parametrize("reason", KEPT)
def test_danger_is_said_before_any_difference_from_the_order(reason: str) -> None:
    wrong = {"product_id": "flower", "batch": "B-9", "lab": lab(thc=Decimal(1), cbd=Decimal(2))}
    refusal = why_not_for(LINE, package(**{**wrong, **KEPT[reason]}), flower(), TODAY)
    assert refusal is not None
    assert refusal.rule == f"store.{reason}"


@pytest.mark.requirement("PIK-04")
@pytest.mark.parametrize("hold", ["recall", "investigation", "quarantine", "a flag nobody has heard of"])
def test_any_hold_keeps_it_and_is_named(hold: str) -> None:
    refusal = why_kept(package(holds=(hold,)), TODAY)
    assert refusal is not None
    assert hold in str(refusal.reason)


def test_a_sound_package_leaves_through_its_last_day() -> None:
    assert why_kept(package(), TODAY) is None
    assert why_kept(package(expires=TODAY), TODAY) is None
    assert why_kept(package(expires=None), TODAY) is None
    failed = why_kept(package(lab=lab(passed=False)), TODAY)
    assert failed is not None
    assert str(failed.reason) == "This package has failed its tests."


@pytest.mark.requirement("PIK-02")
def test_thc_and_cbd_are_the_packages_own_and_may_differ_by_the_tolerance_and_no_more() -> None:
    def differs(**values: object) -> str:
        refusal = why_not_for(LINE, package(lab=lab(**values)), tincture(), TODAY)
        return "" if refusal is None else refusal.differs

    assert differs() == ""
    assert differs(thc=Decimal("328.35")) == ""
    assert differs(thc=Decimal("328.3501")) == "thc"
    assert differs(thc=Decimal("268.65")) == ""
    assert differs(thc=Decimal("268.64")) == "thc"
    assert differs(cbd=Decimal("661.33")) == "cbd"
    assert differs(thc=Decimal("601.20"), cbd=Decimal("298.5")) == "thc"
    assert differs(thc=None) == "thc"
    assert differs(cbd=None) == "cbd"
    assert differs(unit="%") == "thc"


@pytest.mark.requirement("PIK-01", "PIK-02")
def test_a_hundred_planted_swaps_and_none_is_taken() -> None:
    chance = random.Random(20260302)
    for n in range(100):
        field, wrong, holds = _swap(chance, n)
        refusal = why_not_for(LINE, wrong, holds, TODAY)
        assert refusal is not None, field
        assert refusal.differs == field
        assert refusal.wanted != refusal.found
        assert refusal.rule
        assert refusal.citation
        assert str(refusal.way_on)


def _swap(chance: random.Random, n: int) -> tuple[str, Package | None, Product | None]:
    tag = f"1A4FF01000000220{chance.randrange(10**8):08d}"
    off = Decimal(chance.choice(["0.3", "0.85", "1.11", "3"]))
    match n % 6:
        case 0:
            return "product", package(tag=tag, product_id="flower"), flower(name=f"Harbour Flower {n}")
        case 1:
            return (
                "product",
                package(tag=tag, product_id="strong"),
                tincture(product_id="strong", name="Strong Tincture"),
            )
        case 2:
            return "batch", package(tag=tag, batch=f"B-{chance.randrange(200, 999)}"), tincture()
        case 3:
            return "thc", package(tag=tag, lab=lab(thc=lab().thc * off)), tincture()  # type: ignore[operator]
        case 4:
            return "cbd", package(tag=tag, lab=lab(cbd=lab().cbd * off)), tincture()  # type: ignore[operator]
        case _:
            return "unknown", None, None


def test_another_package_of_the_same_batch_fits_the_line() -> None:
    assert why_not_for(LINE, package(tag="1A4FF0100000022000000124", place="V-A3-3"), tincture(), TODAY) is None


def test_the_refusal_names_both_values_and_where_the_right_one_is() -> None:
    refusal = why_not_for(LINE, package(batch="B-118"), tincture(), TODAY)
    assert refusal is not None
    assert (refusal.wanted, refusal.found) == ("B-117", "B-118")
    assert str(refusal.reason) == "Other batch: B-118. Ordered: B-117."
    assert str(refusal.way_on) == "Put it back. Take …000123 from V-A3-2."
