"""Products and the packages on the shelf."""

from datetime import date
from decimal import Decimal
from enum import StrEnum

from kiosk.model.base import Noun


class CannabinoidProfile(StrEnum):
    """What a patient wants of THC and CBD. Judged by a package's own laboratory values."""

    HIGH_CBD = "high_cbd"
    BALANCED = "balanced"
    HIGH_THC = "high_thc"


class Product(Noun, frozen=True, kw_only=True):
    """What can be ordered. Amounts are per unit (a bottle, a jar, a cartridge). None means: not known, never zero."""

    product_id: str
    name: str
    form: str
    """``"flower"``, ``"tincture"``, ``"vape"``, ``"capsule"``, ``"edible"``, ``"topical"`` …"""
    route: str
    """``"smoking"``, ``"sublingual"``, ``"inhalation"``, ``"oral"``, ``"edible"``, ``"topical"``, ``"suppository"``."""
    thc_mg: Decimal | None = None
    cbd_mg: Decimal | None = None
    net_weight_g: Decimal | None = None
    flower_equivalent_g: Decimal | None = None
    """Weight of the cannabis that was mixed in."""
    equivalent_oz: Decimal | None = None
    """Ounces of flower it counts as, by the state's or the producer's own figure."""
    volume_fl_oz: Decimal | None = None
    supply_days: Decimal | None = None
    daily_dose_mg: Decimal | None = None
    """mg of THC a day, where a supply is counted in days and ``supply_days`` is not told."""
    thc_pct: Decimal | None = None
    dose: str = ""
    category: str = ""
    """Where the law counts it apart: ``"low_thc"``, ``"device"``; ``""`` is an ordinary product."""
    other_routes: tuple[str, ...] = ()
    """Routes it may be sold for besides ``route``."""
    price: Decimal = Decimal(0)


class Lab(Noun, frozen=True, kw_only=True):
    """A package's own laboratory values in ``unit``: ``"%"`` or ``"mg"`` (per unit). None: not reported."""

    passed: bool | None
    thc: Decimal | None = None
    cbd: Decimal | None = None
    unit: str = "mg"
    lab: str = ""
    tested_on: date | None = None


class Package(Noun, frozen=True, kw_only=True):
    """One tagged package of the tracking system. ``quantity`` counts whole units left in it.

    ``holds`` names every flag that keeps it on the shelf (``"recall"``, ``"investigation"``, ``"quarantine"``, …).
    ``unit_codes`` says that each unit carries its own code, so that a unit is scanned and never counted. ``state_id``
    is the tracking system's own id of it.
    """

    tag: str
    product_id: str
    batch: str
    harvest: str
    quantity: int
    place: str
    lab: Lab
    expires: date | None = None
    packaged_on: date | None = None
    accepted: bool = True
    finished: bool = False
    holds: tuple[str, ...] = ()
    unit_codes: bool = False
    state_id: str = ""
    net_weight_g: Decimal | None = None
    """Of one unit, as the tracking system tells it of this package."""
