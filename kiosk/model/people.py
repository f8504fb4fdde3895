"""Patients, caregivers and staff."""

from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Literal

from kiosk.model.base import Noun, Sealed
from kiosk.model.text import Text


class Person(Sealed, frozen=True, kw_only=True):
    family: str
    given: str
    born: date | None
    middle: str = ""
    suffix: str = ""


class RegistryStatus(StrEnum):
    """What a registry says of a number (PAT-06). Only ``active`` proceeds."""

    ACTIVE = "active"
    EXPIRED = "expired"
    SUSPENDED = "suspended"
    REVOKED = "revoked"
    PENDING = "pending"
    DECEASED = "deceased"
    NOT_FOUND = "not_found"
    UNKNOWN = "unknown"
    """The registry did not answer, or answered nonsense. Never a pass."""


class Waiver(Noun, frozen=True, kw_only=True):
    """The state lets one patient have more of a pool, for a time, as its registry says. Never made in the store."""

    pool: str
    amount: Decimal
    valid_from: date
    valid_to: date
    authority: str
    """The state's own reference of the grant."""


class Recommendation(Sealed, frozen=True, kw_only=True):
    """A physician's recommendation. Empty ``routes`` means: no route is allowed, not every route.

    ``limits`` are amounts a pool may not exceed by the physician's order (pool key to amount in the pool's unit);
    ``max_thc_mg_per_unit`` and ``forms_excluded`` refuse single products (ORD-02).
    """

    recommendation_id: str
    physician: str
    valid_from: date
    valid_to: date
    notes: tuple[str, ...] = ()
    routes: tuple[str, ...] = ()
    limits: dict[str, Decimal] = {}
    forms_excluded: tuple[str, ...] = ()
    max_thc_mg_per_unit: Decimal | None = None
    min_cbd_to_thc: Decimal | None = None
    waivers: tuple[Waiver, ...] = ()


class RegistryEntry(Sealed, frozen=True, kw_only=True):
    """What the registry answers about one card. ``patients`` is filled for a caregiver's card: the linked numbers.

    ``facts`` are what it says of the patient that rule packs ask for (``"provisional"``, ``"terminal"``, …);
    ``visitor``: they live in another state.
    """

    number: str
    status: RegistryStatus
    person: Person | None = None
    expires: date | None = None
    valid_from: date | None = None
    role: str = "patient"
    """``"patient"`` or ``"caregiver"``."""
    patients: tuple[str, ...] = ()
    recommendation: Recommendation | None = None
    available: dict[str, Decimal] | None = None
    """Pool key to amount still available by the registry's own book; None where it keeps none."""
    facts: dict[str, bool] = {}
    visitor: bool = False


class Basis(Noun, frozen=True, kw_only=True):
    """On which word of the registry something about a patient was decided, and how old it was (PAT-07).

    ``registry``: it was asked for this very decision. ``last_answer``: it did not answer, and the state's outage rule
    in ``citation`` lets its last answer count; ``said`` tells the counter so. ``as_of`` is an instant before the
    registry was asked for what was used.
    """

    source: Literal["registry", "last_answer"]
    as_of: datetime
    citation: str = ""
    said: Text | None = None


class Profile(Sealed, frozen=True, kw_only=True):
    """The patient as the counter sees them, for one open visit."""

    patient_ref: str
    """Opaque reference of this store; never the card number."""
    person: Person
    card_ending: str
    """Last three characters of the card number."""
    status: RegistryStatus
    card_expires: date | None
    recommendation: Recommendation | None
    caregiver: Person | None = None
    """The person who stands at the counter, where it is not the patient (PAT-13)."""
    caregiver_ref: str = ""
    """Opaque reference of the caregiver, like ``patient_ref``."""
    id_kind: str = ""
    id_issuer: str = ""
    id_proven_by: str = ""
    """The authority that proved a licence on a phone; empty for plastic, which only eyes can prove."""
    minor: bool = False
    facts: dict[str, bool] = {}
    visitor: bool = False


class StaffRole(StrEnum):
    TECHNICIAN = "technician"
    PHARMACIST = "pharmacist"
    CONSULTANT = "consultant"
    MANAGER = "manager"


class Session(Noun, frozen=True, kw_only=True):
    """A named person signed in at one terminal."""

    session_id: str
    staff_id: str
    name: str
    role: StaffRole
    badge: str = ""
    """The badge it was opened with: the same badge lifts the privacy cover."""
