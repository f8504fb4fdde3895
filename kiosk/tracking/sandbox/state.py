"""The simulated state: METRC's packages and receipts, and the registry's patients, as one world.

A receipt lowers a package's quantity and, through the registry's book, what its patient may still buy. Everything that
was reported can be kept in a file, so that a restart forgets nothing.
"""

import json
import os
import re
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import ROUND_DOWN, Decimal
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from kiosk.model.clock import Clock
from kiosk.model.people import RegistryStatus
from kiosk.tracking.sandbox.seed import Seed, SeedPackage, SeedPatient, SeedProduct

Row = dict[str, Any]


class Invalid(Exception):
    """METRC's 400 with its words."""


@dataclass
class World:
    seed: Seed
    clock: Clock
    keep: Path | None = None
    receipts: list[Row] = field(default_factory=list)
    elsewhere: list[Row] = field(default_factory=list)
    """Purchases in other stores: card, product, units, on."""
    quantities: dict[str, Decimal] = field(default_factory=dict)
    modified: dict[str, datetime] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.quantities = {package.tag: Decimal(package.quantity) for package in self.seed.packages}
        self.modified = {package.tag: self.clock.now() for package in self.seed.packages}
        for patient in self.seed.patients:
            for bought in patient.purchases:
                self.elsewhere.append(
                    {"card": patient.card, "product": bought.product, "units": bought.units, "on": str(bought.on)}
                )
        if self.keep is not None and self.keep.exists():
            kept = json.loads(self.keep.read_text(encoding="utf-8"), parse_float=Decimal)
            for receipt in kept["receipts"]:
                self._book(receipt)
            self.elsewhere += kept["elsewhere"]

    def _save(self) -> None:
        if self.keep is None:
            return
        given = {patient.card: len(patient.purchases) for patient in self.seed.patients}
        kept = {"receipts": self.receipts, "elsewhere": self.elsewhere[sum(given.values()) :]}
        beside = self.keep.with_suffix(".new")
        beside.write_text(json.dumps(kept, default=_number), encoding="utf-8")
        os.replace(beside, self.keep)

    # --- METRC

    def packages(self, listed: str, start: datetime | None, end: datetime | None) -> list[Row]:
        """``"active"``, ``"onhold"`` or ``"inactive"``, changed between the two instants."""
        found = []
        for package in self.seed.packages:
            where = "inactive" if package.finished else "onhold" if package.hold else "active"
            at = self.modified[package.tag]
            if where == listed and (start is None or at >= start) and (end is None or at <= end):
                found.append(self._package(package))
        return found

    def _package(self, package: SeedPackage) -> Row:
        number = self.number(package.tag)
        hold = package.hold
        return {
            "Id": number,
            "Label": package.tag,
            "PackageType": "Product",
            "SourceHarvestNames": package.harvest,
            "LocationName": package.place.partition("-")[0] or "Vault",
            "SublocationName": package.place,
            "Quantity": self.quantities[package.tag],
            "UnitOfMeasureName": "Each",
            "UnitOfMeasureAbbreviation": "ea",
            "PackagedDate": str(package.packaged),
            "ExpirationDate": str(package.expires) if package.expires else None,
            "SellByDate": None,
            "UseByDate": None,
            "LabTestingState": package.state,
            "LabTestingStateDate": str(package.tested or package.packaged),
            "ProductionBatchNumber": package.batch,
            "IsOnHold": hold == "hold",
            "IsOnHoldCombined": False,
            "IsOnInvestigation": hold == "investigation",
            "IsOnInvestigationHold": False,
            "IsOnInvestigationRecall": False,
            "IsOnRecall": hold == "recall",
            "IsOnRecallCombined": False,
            "ArchivedDate": None,
            "IsFinished": package.finished,
            "LastModified": self.modified[package.tag].isoformat(timespec="seconds"),
            "Item": self._item(self.seed.product(package.product)),
            "ProductLabel": {"QrCount": int(self.quantities[package.tag]), "IsActive": True}
            if package.unit_codes
            else None,
        }

    def _item(self, product: SeedProduct) -> Row:
        return {
            "Id": product.id,
            "Name": product.name,
            "ProductCategoryName": product.metrc_category,
            "ProductCategoryType": "InfusedNonEdible",
            "QuantityType": "CountBased",
            "UnitOfMeasureName": "Each",
            "StrainName": product.strain or None,
            "UnitThcContent": product.thc_mg,
            "UnitThcContentUnitOfMeasureName": None if product.thc_mg is None else "Milligrams",
            "UnitCbdContent": product.cbd_mg,
            "UnitCbdContentUnitOfMeasureName": None if product.cbd_mg is None else "Milligrams",
            "UnitWeight": product.weight_g,
            "UnitWeightUnitOfMeasureName": None if product.weight_g is None else "Grams",
            "ServingSize": product.dose or None,
        }

    def number(self, tag: str) -> int:
        """METRC's numeric id of a package."""
        return 1000 + next(n for n, package in enumerate(self.seed.packages) if package.tag == tag)

    def lab_results(self, package_id: int) -> list[Row]:
        """One row a test, the whole result repeated in each."""
        if not 1000 <= package_id < 1000 + len(self.seed.packages):
            return []
        package = self.seed.packages[package_id - 1000]
        if package.tested is None:
            return []
        unit = package.unit
        levels = [(f"Total THC ({unit})", package.thc), (f"Total CBD ({unit})", package.cbd)]
        return [
            {
                "PackageId": package_id,
                "LabTestResultId": package_id * 10,
                "LabFacilityName": "Clearwater Analytical",
                "SourcePackageLabel": package.tag,
                "TestPerformedDate": str(package.tested),
                "OverallPassed": package.state.endswith("Passed"),
                "RevokedDate": None,
                "ResultReleased": True,
                "TestTypeName": name,
                "TestPassed": True,
                "TestResultLevel": level,
                "LabTestDetailRevokedDate": None,
            }
            for name, level in levels
            if level is not None
        ]

    def post_receipt(self, body: Row) -> int:
        """Validates and books one receipt; its id. Raises :class:`Invalid`."""
        self._validate(body)
        receipt = {"Id": 500 + len(self.receipts) + 1, "RecordedDateTime": self.clock.now().isoformat(), **body}
        self._book(receipt)
        self._save()
        return int(receipt["Id"])

    def _validate(self, body: Row) -> None:
        if not re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,7})?Z?", str(body.get("SalesDateTime"))):
            raise Invalid("Sales Date Time was not specified or is invalid")
        if body.get("SalesCustomerType") not in ("Patient", "Caregiver", "Consumer", "ExternalPatient"):
            raise Invalid("Sales Customer Type is invalid")
        if body["SalesCustomerType"] in ("Patient", "Caregiver") and not body.get("PatientLicenseNumber"):
            raise Invalid("Patient License Number is required")
        lines = body.get("Transactions")
        if not isinstance(lines, list) or not lines:
            raise Invalid("At least one transaction is required")
        known = {package.tag: package for package in self.seed.packages}
        for line in lines:
            package = known.get(str(line.get("PackageLabel")))
            if package is None:
                raise Invalid(f"Package {line.get('PackageLabel')} was not found")
            if package.finished or package.hold:
                raise Invalid(f"Package {package.tag} is finished or on hold")
            if line.get("UnitOfMeasure") != "Each":
                raise Invalid("Unit Of Measure does not match the package")
            quantity = line.get("Quantity")
            if not isinstance(quantity, int | Decimal) or quantity <= 0 or quantity > self.quantities[package.tag]:
                raise Invalid(f"Package {package.tag} does not hold this quantity")
            if not isinstance(line.get("TotalAmount"), int | Decimal):
                raise Invalid("Total Amount was not specified")

    def _book(self, receipt: Row) -> None:
        self.receipts.append(receipt)
        for line in receipt["Transactions"]:
            tag = line["PackageLabel"]
            self.quantities[tag] -= Decimal(str(line["Quantity"]))
            self.modified[tag] = self.clock.now()

    def receipt(self, number: int) -> Row | None:
        return next((self._receipt(one, lines=True) for one in self.receipts if one["Id"] == number), None)

    def receipt_by_external(self, external: str) -> Row | None:
        found = [one for one in self.receipts if one.get("ExternalReceiptNumber") == external]
        return self._receipt(found[0], lines=True) if found else None

    def receipt_rows(self) -> list[Row]:
        """As lists give them: without lines."""
        return [self._receipt(one, lines=False) for one in self.receipts]

    def _receipt(self, one: Row, *, lines: bool) -> Row:
        products = {package.tag: self.seed.product(package.product) for package in self.seed.packages}
        transactions = [
            {
                "PackageId": self.number(line["PackageLabel"]),
                "PackageLabel": line["PackageLabel"],
                "ProductName": products[line["PackageLabel"]].name,
                "QuantitySold": line["Quantity"],
                "UnitOfMeasureName": "Each",
                "TotalPrice": line["TotalAmount"],
                "UnitThcContent": line.get("UnitThcContent"),
                "UnitWeight": line.get("UnitWeight"),
            }
            for line in one["Transactions"]
        ]
        return {
            "Id": one["Id"],
            "ReceiptNumber": f"{one['Id']:010d}",
            "ExternalReceiptNumber": one.get("ExternalReceiptNumber"),
            # A zone is dropped and nothing is converted: that is what METRC does.
            "SalesDateTime": str(one["SalesDateTime"]).removesuffix("Z"),
            "SalesCustomerType": one["SalesCustomerType"],
            "PatientLicenseNumber": one.get("PatientLicenseNumber"),
            "CaregiverLicenseNumber": one.get("CaregiverLicenseNumber"),
            "TotalPackages": len(transactions),
            "TotalPrice": sum((Decimal(str(line["TotalPrice"])) for line in transactions), Decimal(0)),
            "Transactions": transactions if lines else [],
            "IsFinal": False,
            "ArchivedDate": None,
            "RecordedDateTime": one["RecordedDateTime"],
            "LastModified": one["RecordedDateTime"],
        }

    # --- the registry

    def card(self, number: str) -> Row:
        """The registry's answer about one card."""
        patient = self.seed.patient(number)
        if patient is None:
            return {"cardNumber": number, "status": RegistryStatus.NOT_FOUND.value}
        answer: Row = {
            "cardNumber": patient.card,
            "status": patient.status.value,
            "cardType": patient.role,
            "validFrom": str(patient.valid_from),
            "expirationDate": str(patient.expires),
            "firstName": patient.given,
            "middleName": patient.middle,
            "lastName": patient.family,
            "suffix": patient.suffix,
            "dob": str(patient.born),
            "linkedPatients": list(patient.patients),
        }
        if patient.role == "patient":
            answer["available"] = self._available(patient)
        recommendation = patient.recommendation
        if recommendation is not None:
            answer["patientRecommendations"] = {
                "id": recommendation.id,
                "provider": recommendation.physician,
                "effectiveDate": str(recommendation.valid_from),
                "expirationDate": str(recommendation.valid_to),
                "notes": list(recommendation.notes),
                "routes": list(recommendation.routes),
                "limits": recommendation.limits,
                "restrictedDosageForms": list(recommendation.forms_excluded),
                "maxThcMgPerUnit": recommendation.max_thc_mg_per_unit,
                "minCbdToThc": recommendation.min_cbd_to_thc,
            }
        return answer

    def _available(self, patient: SeedPatient) -> dict[str, Decimal]:
        """What the registry's own book leaves of each pool, today in the store's zone."""
        today = self.clock.now().astimezone(ZoneInfo(self.seed.store.zone)).date()
        left = {}
        for pool in self.seed.registry.pools:
            used = Decimal(0)
            for product, units, on in self._bought(patient.card):
                amount = product.weight_g if pool.measure == "weight_g" else product.thc_mg
                counts = product.route in pool.routes and product.category not in pool.exempt
                if counts and amount is not None and on > today - timedelta(days=pool.days):
                    used += units * amount / pool.per_unit
            left[pool.key] = max(Decimal(0), pool.limit - used).quantize(Decimal("0.0001"), ROUND_DOWN)
        return left

    def _bought(self, card: str) -> list[tuple[SeedProduct, Decimal, date]]:
        products = {package.tag: self.seed.product(package.product) for package in self.seed.packages}
        found = [
            (self.seed.product(one["product"]), Decimal(str(one["units"])), date.fromisoformat(one["on"]))
            for one in self.elsewhere
            if one["card"] == card
        ]
        for receipt in self.receipts:
            if receipt.get("PatientLicenseNumber") == card:
                on = date.fromisoformat(str(receipt["SalesDateTime"])[:10])
                for line in receipt["Transactions"]:
                    found.append((products[line["PackageLabel"]], Decimal(str(line["Quantity"])), on))
        return found

    def buy_elsewhere(self, card: str, product: int, units: int) -> None:
        """A purchase in another store, today."""
        today = self.clock.now().astimezone(ZoneInfo(self.seed.store.zone)).date()
        self.elsewhere.append({"card": card, "product": product, "units": units, "on": str(today)})
        self._save()


def _number(value: Any) -> Any:
    if isinstance(value, Decimal):
        return int(value) if value == int(value) else float(value)
    raise TypeError(type(value).__name__)
