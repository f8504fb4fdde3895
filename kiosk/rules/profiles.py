"""Which cannabinoid profile a product or package has (ORD-03).

Chemotypes are told apart by the ratio of THC to CBD alone (Small and Beckstead 1973: THC, mixed, CBD). Where one ends
and the next begins is the store's word to its patients.
"""

from decimal import Decimal

from kiosk.model.packages import CannabinoidProfile

POLICY = "Store policy: the cannabinoid profile that was asked for"
TIMES = 4
"""At least so many times as much of one as of the other is "high"."""


def profile_of(thc: Decimal | None, cbd: Decimal | None) -> CannabinoidProfile | None:
    """The profile of two amounts in one unit; None where one is not known, or there is nothing of either."""
    if thc is None or cbd is None or not (thc or cbd):
        return None
    if cbd >= TIMES * thc:
        return CannabinoidProfile.HIGH_CBD
    return CannabinoidProfile.HIGH_THC if thc >= TIMES * cbd else CannabinoidProfile.BALANCED
