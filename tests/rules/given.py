"""Invented people, products and states for the rules' tests."""

from datetime import date
from decimal import Decimal

from kiosk.model.allotments import Purchase
from kiosk.model.packages import Lab, Package, Product
from kiosk.model.people import Recommendation
from kiosk.rules.law import Pack
from kiosk.rules.pack import load, parse

TODAY = date(2026, 3, 2)
OUNCE = Decimal("28.35")

SOURCE = 'citation = "Invented Code 1"\nas_of = "2025"\nconfidence = "high"\n'

FRAME = f"""
state = "{{state}}"
zone = "{{zone}}"

[[labels]]
version = "1"
effective_from = 1999-01-01
fields = [{{{{ key = "patient.name" }}}}]
citation = "Invented Code 2"
as_of = "2024"
confidence = "medium"

[[labels.examples]]
name = "One name"
lines = ["Patient: Robin"]
stops = ["patient.name"]

[labels.examples.facts]
"patient.name" = "Robin"
"dispense.date" = 2026-03-02
"dispense.serial" = "1"
"package.uid" = "T"

[[labels.examples]]
name = "Another name"
like = "One name"
lines = ["Patient: Sam"]
facts = {{{{ "patient.name" = "Sam" }}}}

[[versions]]
version = "2020-01-01"
effective_from = 2000-01-01

[versions.figure]
owner = "{{owner}}"
{SOURCE}
[versions.outage]
rule = "no_pass"
{SOURCE}
[versions.age]
minimum = 18
caregiver_minimum = 21
{SOURCE}
[versions.tickets]
minutes = 60
{SOURCE}
[[versions.card_rules]]
pattern = "Z[0-9]+"
{SOURCE}
[[versions.accepted_ids]]
kind = "Licence"
standard = "AAMVA"
{SOURCE}
[[versions.uncounted]]
categories = ["device"]
{SOURCE}
{{pools}}
"""

ROLLING = '{ kind = "rolling", days = 14 }'
ROLLING_LATE = '{ kind = "rolling", days = 30, release_offset_days = 31 }'
DAY = '{ kind = "calendar", period = "day" }'
MONTH = '{ kind = "calendar", period = "month" }'
YEAR = '{ kind = "calendar", period = "year" }'
CYCLE = '{ kind = "cycle", days = 45, anchor = "recommendation", first_days = 46 }'
FIRST_PURCHASE = '{ kind = "cycle", days = 30, anchor = "first_purchase" }'
TRANSACTION = '{ kind = "transaction" }'
WHOLE = '{ kind = "recommendation" }'
EVERY_WINDOW = (ROLLING, ROLLING_LATE, DAY, MONTH, YEAR, CYCLE, FIRST_PURCHASE, TRANSACTION, WHOLE)


def pool(key: str = "flower", *, window: str = ROLLING, limit: str = "2.5", rest: str = "", members: str = "") -> str:
    members = members or '[{ measure = "net_weight_g", per_unit = 28.35 }]'
    return (
        f'\n[[versions.pools]]\nkey = "{key}"\nname = "{key.capitalize()}"\nunit = "oz"\nlimit = {limit}\n'
        f"window = {window}\nmembers = {members}\n{rest}\n{SOURCE}"
    )


def source_of(*pools: str, state: str = "ZZ", owner: str = "store", zone: str = "America/New_York") -> str:
    return FRAME.format(state=state, owner=owner, zone=zone, pools="".join(pools))


def law(*pools: str, owner: str = "store") -> Pack:
    """One version of an invented state's law with these pools."""
    return parse(source_of(*pools, owner=owner))[0]


def florida(on: date = TODAY) -> Pack:
    return load("FL", on)


def recommendation(**changes: object) -> Recommendation:
    given: dict[str, object] = {
        "recommendation_id": "R-1",
        "physician": "Dr. Ada Lindqvist",
        "valid_from": date(2000, 1, 1),
        "valid_to": date(2100, 1, 1),
        "routes": ("smoking", "oral", "sublingual", "edible", "inhalation", "topical", "suppository"),
    }
    return Recommendation(**{**given, **changes})  # type: ignore[arg-type]


def flower(grams: str | Decimal | None = "3.5", **changes: object) -> Product:
    given: dict[str, object] = {
        "product_id": "flower",
        "name": "Harbour Flower",
        "form": "flower",
        "route": "smoking",
        "net_weight_g": None if grams is None else Decimal(grams),
    }
    return Product(**{**given, **changes})  # type: ignore[arg-type]


def tincture(thc: str | None = "300", **changes: object) -> Product:
    given: dict[str, object] = {
        "product_id": "tincture",
        "name": "Calm Tincture",
        "form": "tincture",
        "route": "sublingual",
        "thc_mg": None if thc is None else Decimal(thc),
        "cbd_mg": Decimal(600),
        "net_weight_g": Decimal(30),
        "dose": "1 mL twice a day",
    }
    return Product(**{**given, **changes})  # type: ignore[arg-type]


def bought(on: date, product: Product, units: int = 1, **changes: object) -> Purchase:
    given: dict[str, object] = {
        "on": on,
        "product_id": product.product_id,
        "form": product.form,
        "route": product.route,
        "units": units,
        "thc_mg": product.thc_mg,
        "net_weight_g": product.net_weight_g,
        "flower_equivalent_g": product.flower_equivalent_g,
        "category": product.category,
        "recommendation_id": "R-1",
    }
    return Purchase(**{**given, **changes})  # type: ignore[arg-type]


def lab(**changes: object) -> Lab:
    given: dict[str, object] = {
        "passed": True,
        "thc": Decimal("298.5"),
        "cbd": Decimal("601.20"),
        "unit": "mg",
        "lab": "North Pier Laboratory",
        "tested_on": date(2026, 1, 9),
    }
    return Lab(**{**given, **changes})  # type: ignore[arg-type]


def package(**changes: object) -> Package:
    given: dict[str, object] = {
        "tag": "1A4FF0100000022000000123",
        "product_id": "tincture",
        "batch": "B-117",
        "harvest": "H-88",
        "quantity": 12,
        "place": "V-A3-2",
        "lab": lab(),
        "expires": date(2026, 8, 14),
        "packaged_on": date(2026, 1, 20),
        "net_weight_g": Decimal(30),
    }
    return Package(**{**given, **changes})  # type: ignore[arg-type]
