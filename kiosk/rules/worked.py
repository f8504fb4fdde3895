"""Worked examples of a law, inside its pack: they run as tests, and an auditor can read them."""

from datetime import date
from decimal import Decimal
from typing import Annotated

import msgspec

from kiosk.model.base import Noun
from kiosk.model.people import Waiver
from kiosk.rules.limits import Word


class ExampleProduct(Noun, frozen=True, kw_only=True):
    """Amounts are per unit, as on :class:`~kiosk.model.packages.Product`."""

    route: str = ""
    form: str = ""
    category: str = ""
    units: int = 1
    thc_mg: Decimal | None = None
    net_weight_g: Decimal | None = None
    flower_equivalent_g: Decimal | None = None
    equivalent_oz: Decimal | None = None
    volume_fl_oz: Decimal | None = None
    supply_days: Decimal | None = None
    daily_dose_mg: Decimal | None = None
    thc_pct: Decimal | None = None
    product_id: str = ""


class ExamplePurchase(ExampleProduct, frozen=True, kw_only=True):
    on: date
    recommendation_id: str = "example"
    store: str = ""


class Check(Noun, frozen=True, kw_only=True):
    """On that day: what is ``remaining`` in these pools, and whether the basket fits or which pool refuses it."""

    on: date
    remaining: dict[str, Decimal] = {}
    basket: tuple[ExampleProduct, ...] = ()
    refused_by: str = ""
    """``""``: the basket fits. Otherwise the key of the pool or gate."""
    decided_by: tuple[str, ...] | None = None
    """The rules by which a pharmacist decides about the basket; None: it is not looked at."""


class Example(Noun, frozen=True, kw_only=True):
    """A worked example of the law. It runs as a test, and an auditor can read it."""

    name: Word
    checks: Annotated[tuple[Check, ...], msgspec.Meta(min_length=1)]
    purchases: tuple[ExamplePurchase, ...] = ()
    recommended_from: date = date(2000, 1, 1)
    recommended_to: date = date(2100, 1, 1)
    routes: tuple[str, ...] = ()
    """Empty: every route the pools name."""
    limits: dict[str, Decimal] = {}
    waivers: tuple[Waiver, ...] = ()
    age: int | None = None
    visitor: bool = False
    facts: tuple[str, ...] = ()
    denied: tuple[str, ...] = ()
    by_caregiver: bool = False
    store: str = ""
    """Where the checks' baskets are sold."""
