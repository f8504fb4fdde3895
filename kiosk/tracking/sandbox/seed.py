"""The seed file of a demonstration store: one TOML file for sandbox, hub settings and rehearsal.

A store that is open on any day needs dates that move along: every date is either fixed (``1984-05-17``) or counted from
the day of the start (``"-20d"``, ``"+8m"``, ``"-15y"``). Sections:

- ``store``, ``access``: name, licence, address; keys of the two state systems.
- ``registry.pools``: what the registry keeps a book of. A pool counts the routes it names, in grams or milligrams of
  THC divided by ``per_unit``, over the last ``days`` dates.
- ``products``, ``packages``: as METRC lists them. ``price`` is the store's and no part of METRC.
- ``patients``: one entry a card, caregivers too; ``photo_id`` is the ID this person carries, where it says something
  else than the registry it says so there; ``purchases`` were made in other stores.
- ``staff``, ``terminals``, ``shelves``: for hub and rehearsal.
"""

import re
import tomllib
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any, Literal

import msgspec

from kiosk.model.people import Person, RegistryStatus, StaffRole

_SPAN = re.compile(r"([+-])([0-9]{1,5})([dmy])")


class Part(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    def __repr__(self) -> str:
        return f"<{type(self).__name__}>"


class Store(Part, frozen=True, kw_only=True):
    name: str
    licence: str
    address: str
    phone: str
    state: str
    zone: str


class Access(Part, frozen=True, kw_only=True):
    vendor_key: str
    user_key: str
    registry_key: str


class RegistryPool(Part, frozen=True, kw_only=True):
    key: str
    routes: tuple[str, ...]
    measure: Literal["weight_g", "thc_mg"]
    limit: Decimal
    days: int
    per_unit: Decimal = Decimal(1)
    exempt: tuple[str, ...] = ()
    """Categories of products it does not count."""


class RegistryBook(Part, frozen=True, kw_only=True):
    pools: tuple[RegistryPool, ...]


class SeedProduct(Part, frozen=True, kw_only=True):
    """``metrc_category`` is METRC's word; ``route`` and ``category`` are how the registry counts it."""

    id: int
    name: str
    metrc_category: str
    route: str
    price: Decimal
    thc_mg: Decimal | None = None
    cbd_mg: Decimal | None = None
    weight_g: Decimal | None = None
    dose: str = ""
    strain: str = ""
    category: str = ""


class SeedPackage(Part, frozen=True, kw_only=True):
    """``thc`` and ``cbd`` are laboratory values in ``unit``: ``"mg"`` a unit, or ``"%"``."""

    tag: str
    product: int
    batch: str
    harvest: str
    quantity: int
    place: str
    packaged: date
    expires: date | None = None
    tested: date | None = None
    state: str = "TestPassed"
    thc: Decimal | None = None
    cbd: Decimal | None = None
    unit: Literal["mg", "%"] = "mg"
    hold: Literal["", "hold", "recall", "investigation"] = ""
    finished: bool = False
    unit_codes: bool = False


class SeedPhotoId(Part, frozen=True, kw_only=True):
    """A driver's licence of the store's state. ``family``, ``given`` … say where it differs from the registry;
    ``truncated`` that its family name is marked as cut off."""

    number: str
    issued: date
    expires: date
    family: str | None = None
    given: str | None = None
    middle: str | None = None
    suffix: str | None = None
    born: date | None = None
    truncated: bool = False


class SeedRecommendation(Part, frozen=True, kw_only=True):
    id: str
    physician: str
    valid_from: date
    valid_to: date
    routes: tuple[str, ...]
    notes: tuple[str, ...] = ()
    limits: dict[str, Decimal] = {}
    forms_excluded: tuple[str, ...] = ()
    max_thc_mg_per_unit: Decimal | None = None
    min_cbd_to_thc: Decimal | None = None


class SeedPurchase(Part, frozen=True, kw_only=True):
    product: int
    units: int
    on: date


class SeedPatient(Part, frozen=True, kw_only=True):
    card: str
    family: str
    given: str
    born: date
    status: RegistryStatus
    valid_from: date
    expires: date
    photo_id: SeedPhotoId
    middle: str = ""
    suffix: str = ""
    role: Literal["patient", "caregiver"] = "patient"
    patients: tuple[str, ...] = ()
    recommendation: SeedRecommendation | None = None
    purchases: tuple[SeedPurchase, ...] = ()
    about: str = ""
    """What this person is in the file for."""

    @property
    def person(self) -> Person:
        """As the registry has them."""
        return Person(family=self.family, given=self.given, middle=self.middle, suffix=self.suffix, born=self.born)

    @property
    def on_photo_id(self) -> Person:
        """As their photo ID has them."""
        shown = self.photo_id
        return Person(
            family=self.family if shown.family is None else shown.family,
            given=self.given if shown.given is None else shown.given,
            middle=self.middle if shown.middle is None else shown.middle,
            suffix=self.suffix if shown.suffix is None else shown.suffix,
            born=shown.born or self.born,
        )


class SeedStaff(Part, frozen=True, kw_only=True):
    id: str
    name: str
    role: StaffRole
    badge: str
    pin: str


class SeedTerminal(Part, frozen=True, kw_only=True):
    name: str
    role: Literal["checkin", "counter", "vault", "dock"]
    token: str


class Seed(Part, frozen=True, kw_only=True):
    store: Store
    access: Access
    registry: RegistryBook
    products: tuple[SeedProduct, ...]
    packages: tuple[SeedPackage, ...]
    patients: tuple[SeedPatient, ...]
    staff: tuple[SeedStaff, ...] = ()
    terminals: tuple[SeedTerminal, ...] = ()
    shelves: tuple[str, ...] = ()

    def product(self, number: int) -> SeedProduct:
        return next(product for product in self.products if product.id == number)

    def patient(self, card: str) -> SeedPatient | None:
        return next((patient for patient in self.patients if patient.card == card), None)


def load(path: Path, today: date) -> Seed:
    """Reads the file with its moving dates counted from ``today``. Raises ``OSError``, ``ValueError`` (not TOML, an
    unknown or missing field, two cards, tags or products alike, a package of no known product)."""
    with path.open("rb") as file:
        raw = tomllib.load(file, parse_float=Decimal)
    seed = msgspec.convert(_dated(raw, today), Seed)
    for what, keys in (
        ("card", [patient.card for patient in seed.patients]),
        ("tag", [package.tag for package in seed.packages]),
        ("product", [product.id for product in seed.products]),
    ):
        if len(set(keys)) != len(keys):
            raise ValueError(f"{path.name}: two entries have one {what}")
    products = {product.id for product in seed.products}
    used = [*(package.product for package in seed.packages)]
    used += [purchase.product for patient in seed.patients for purchase in patient.purchases]
    if not products.issuperset(used):
        raise ValueError(f"{path.name}: a package or purchase of a product that is not there")
    return seed


def moved(span: str, today: date) -> date | None:
    """``"+8m"`` counted from ``today``; None where ``span`` is no such text. A day that the month does not have is
    its last one."""
    match = _SPAN.fullmatch(span)
    if match is None:
        return None
    number = int(match[1] + match[2])
    if match[3] == "d":
        return today + timedelta(days=number)
    months = today.year * 12 + today.month - 1 + number * (12 if match[3] == "y" else 1)
    year, month = divmod(months, 12)
    for day in range(today.day, 27, -1):
        try:
            return date(year, month + 1, day)
        except ValueError:
            continue
    return date(year, month + 1, min(today.day, 27))


def _dated(value: Any, today: date) -> Any:
    if isinstance(value, dict):
        return {name: _dated(each, today) for name, each in value.items()}
    if isinstance(value, list):
        return [_dated(each, today) for each in value]
    if isinstance(value, str):
        return moved(value, today) or value
    return value
