"""The facts of one dispense, and how the hub collects them from patient, package, certificate and store."""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal

from kiosk.model.base import Noun
from kiosk.model.packages import Package, Product
from kiosk.model.people import Person, Profile


class Level(Noun, frozen=True, kw_only=True):
    """A laboratory value in ``unit``. ``said`` is the laboratory's word where it found no number (``"<LOQ"``);
    ``up_to`` makes it a range."""

    value: Decimal | None = None
    unit: str = ""
    said: str = ""
    up_to: Decimal | None = None
    name: str = ""


class Quantity(Noun, frozen=True, kw_only=True):
    """So many units (``unit`` ``"unit"``, ``"bottle"`` …), or an amount in ``unit``."""

    amount: Decimal
    unit: str


Value = str | bool | int | Decimal | date | Level | Quantity | tuple[str, ...] | tuple[Level, ...] | bytes | None
"""Text, flag, count, amount in the key's unit, date, laboratory value, quantity, words, laboratory values, and a PNG.
None, blank text and a missing key are the same: not known."""
Facts = Mapping[str, Value]
"""Key of the vocabulary to what is known."""

ONE = Quantity(amount=Decimal(1), unit="unit")


def of_unit(
    *, profile: Profile, product: Product, package: Package, route: str, store: Facts, number: str, on: date
) -> dict[str, Value]:
    """What is known about one unit that is dispensed on the local date ``on``.

    Batch, harvest, amount, content, laboratory and dates come from the scanned ``package`` (LBL-02); name, form and
    dose from its ``product``. ``store`` brings ``store.name``, ``store.license``, ``employee.id`` and what else a
    template wants.
    """
    lab, recommendation, caregiver = package.lab, profile.recommendation, profile.caregiver
    unit = "pct" if lab.unit == "%" else "mg"
    return {
        **store,
        "patient.name": full_name(profile.person),
        "patient.dob": profile.person.born,
        "patient.minor": profile.minor,
        "caregiver.name": None if caregiver is None else full_name(caregiver),
        "caregiver.dob": None if caregiver is None else caregiver.born,
        "dispense.by_caregiver": caregiver is not None,
        "provider.name": None if recommendation is None else recommendation.physician,
        "product.name": product.name,
        "product.form": product.form,
        "product.category": product.category,
        "product.route": product.route,
        "product.net_weight_g": package.net_weight_g,
        "dispense.quantity": ONE,
        "dispense.date": on,
        "dispense.serial": number,
        "directions.dose": product.dose,
        "directions.route": route or product.route,
        "batch.number": package.batch,
        "harvest.number": package.harvest,
        "package.uid": package.tag,
        "package.date": package.packaged_on,
        "expiry.date": package.expires,
        "use_by.date": package.expires,
        "producer.expiry": package.expires,
        "lab.name": lab.lab,
        "lab.test_date": lab.tested_on,
        "lab.passed": lab.passed,
        f"potency.thc_{unit}": _level(lab.thc, lab.unit),
        f"potency.cbd_{unit}": _level(lab.cbd, lab.unit),
    }


def full_name(person: Person) -> str:
    """The whole name, given names first; nothing is shortened."""
    return " ".join(part for part in (person.given, person.middle, person.family, person.suffix) if part.strip())


def _level(value: Decimal | None, unit: str) -> Level | None:
    return None if value is None else Level(value=value, unit=unit)
