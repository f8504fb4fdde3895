"""High in CBD, high in THC, or both alike: by ratio, exactly, and never by guess (ORD-03)."""

from decimal import Decimal

import pytest
from msgspec.structs import replace as changed

from kiosk.model.packages import CannabinoidProfile as Profile
from kiosk.rules.profiles import profile_of
from kiosk.rules.shelf import why_not_for
from tests.rules.given import TODAY, lab, package, tincture
from tests.rules.test_shelf import LINE


@pytest.mark.requirement("ORD-03")
@pytest.mark.parametrize(
    ("thc", "cbd", "profile"),
    [
        ("15", "300", Profile.HIGH_CBD),
        ("1", "4", Profile.HIGH_CBD),
        ("1", "3.999", Profile.BALANCED),
        ("1", "1", Profile.BALANCED),
        ("3.999", "1", Profile.BALANCED),
        ("4", "1", Profile.HIGH_THC),
        ("0", "20", Profile.HIGH_CBD),
        ("20", "0", Profile.HIGH_THC),
        ("0", "0", None),
        (None, "300", None),
        ("300", None, None),
    ],
)
def test_the_ratio_decides_and_what_is_not_known_has_no_profile(thc, cbd, profile) -> None:
    assert profile_of(*(None if value is None else Decimal(value) for value in (thc, cbd))) is profile


@pytest.mark.requirement("ORD-03")
def test_a_package_within_the_tolerance_and_without_the_wanted_profile_is_not_taken() -> None:
    """THC and CBD may differ by a tenth from the ordered ones; what was wanted has to be true all the same."""
    ordered = lab(thc=Decimal(75), cbd=Decimal(300))
    line = changed(LINE, lab=ordered, wanted=Profile.HIGH_CBD)
    assert why_not_for(line, package(lab=ordered), tincture(), TODAY) is None
    off = package(lab=lab(thc=Decimal(80), cbd=Decimal(300)))
    assert why_not_for(changed(line, wanted=None), off, tincture(), TODAY) is None
    refusal = why_not_for(line, off, tincture(), TODAY)
    assert refusal is not None
    assert (refusal.rule, refusal.wanted, refusal.found) == ("order.profile", "high_cbd", "balanced")
