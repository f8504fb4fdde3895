"""METRC's rows made from the sandbox's state, with the names and the nulls that METRC uses."""

from datetime import datetime
from decimal import Decimal
from typing import Any

from kiosk.model.people import RegistryStatus
from kiosk.tracking.sandbox.seed import SeedPackage, SeedPatient, SeedProduct
from kiosk.tracking.sandbox.state import Line, Receipt, State

LAB = "Gulfline Analytical"
LAB_LICENCE = "CMTL-2026-0007"
GRAMS_OF_AN_OUNCE = Decimal("28.35")


def facility(state: State) -> dict[str, Any]:
    store = state.seed.store
    return {
        "FacilityId": 1,
        "HireDate": "0001-01-01",
        "IsOwner": False,
        "IsManager": True,
        "Name": store.name,
        "Alias": None,
        "DisplayName": store.name,
        "CredentialedDate": "2019-08-15",
        "FacilityType": {
            "IsMedical": True,
            "IsRetail": True,
            "CanSellToPatients": True,
            "CanSellToCaregivers": True,
            "CanSellToConsumers": False,
            "AdvancedSales": True,
            "SalesRequirePatientNumber": True,
            "SalesRequireCaregiverNumber": True,
            "SalesRequireCaregiverPatientNumber": True,
        },
        "License": {
            "Number": store.licence,
            "EmployeeLicenseNumber": "EMP-0001",
            "StartDate": "2019-08-15",
            "EndDate": "2029-08-14",
            "LicenseType": "Medical Marijuana Treatment Center",
        },
    }


def package(state: State, number: int, package: SeedPackage) -> dict[str, Any]:
    """A held package has its own flag on and the combined one off, as in METRC's documentation."""
    modified = _instant(state.modified(number, package))
    return {
        "Id": number,
        "Label": package.tag,
        "ExternalId": None,
        "PackageType": "Product",
        "SourceHarvestNames": package.harvest,
        "SourcePackageLabels": None,
        "LocationId": 1,
        "LocationName": "Vault",
        "SublocationId": 1,
        "SublocationName": package.place,
        "Quantity": package.quantity,
        "UnitOfMeasureName": "Each",
        "UnitOfMeasureAbbreviation": "ea",
        "PatientLicenseNumber": None,
        "Note": "",
        "PackagedDate": package.packaged.isoformat(),
        "ExpirationDate": package.expires.isoformat() if package.expires else None,
        "SellByDate": None,
        "UseByDate": None,
        "InitialLabTestingState": package.state,
        "LabTestingState": package.state,
        "LabTestingStateDate": (package.tested or package.packaged).isoformat(),
        "IsProductionBatch": True,
        "ProductionBatchNumber": package.batch,
        "SourceProductionBatchNumbers": "",
        "IsTradeSample": False,
        "IsDonation": False,
        "IsTestingSample": False,
        "ProductRequiresRemediation": False,
        "ReceivedDateTime": modified,
        "IsOnHold": package.hold == "hold",
        "IsOnHoldCombined": False,
        "IsOnInvestigation": package.hold == "investigation",
        "IsOnInvestigationHold": False,
        "IsOnInvestigationRecall": False,
        "IsOnRecall": package.hold == "recall" or None,
        "IsOnRecallCombined": False,
        "ArchivedDate": None,
        "IsFinished": package.finished,
        "FinishedDate": package.packaged.isoformat() if package.finished else None,
        "LastModified": modified,
        "Item": item(state.seed.product(package.product)),
        "ProductLabel": {"QrCount": package.quantity, "IsChildFromParentWithLabel": False, "IsActive": True}
        if package.unit_codes
        else None,
    }


def item(product: SeedProduct) -> dict[str, Any]:
    return {
        "Id": product.id,
        "Name": product.name,
        "ProductCategoryName": product.metrc_category,
        "ProductCategoryType": 0,
        "QuantityType": 0,
        "StrainName": product.strain or None,
        "ItemBrandId": 0,
        "UnitCbdContent": product.cbd_mg,
        "UnitCbdContentUnitOfMeasureName": None if product.cbd_mg is None else "Milligrams",
        "UnitThcContent": product.thc_mg,
        "UnitThcContentUnitOfMeasureName": None if product.thc_mg is None else "Milligrams",
        "UnitWeight": product.weight_g,
        "UnitWeightUnitOfMeasureName": None if product.weight_g is None else "Grams",
        "ServingSize": product.dose,
        "UnitOfMeasureName": "Each",
    }


def lab_results(state: State, number: int, package: SeedPackage) -> list[dict[str, Any]]:
    """One row a test, all of one result; none where nothing was tested."""
    if package.tested is None:
        return []
    unit = "%" if package.unit == "%" else "mg/unit"
    tests: list[tuple[str, Decimal]] = [("Microbiologicals (pass/fail) [Phase 1]", Decimal(0))]
    if package.thc is not None:
        tests.append((f"Total THC ({unit}) [Phase 1]", package.thc))
    if package.cbd is not None:
        tests.append((f"Total CBD ({unit}) [Phase 1]", package.cbd))
    passed = package.state not in ("TestFailed", "RetestFailed")
    return [
        {
            "PackageId": number,
            "LabTestResultId": 70000 + number,
            "LabFacilityLicenseNumber": LAB_LICENCE,
            "LabFacilityName": LAB,
            "SourcePackageLabel": "1A4FF0300000FFF" + str(number).zfill(9),
            "ProductName": state.seed.product(package.product).name,
            "TestPerformedDate": package.tested.isoformat(),
            "OverallPassed": passed,
            "RevokedDate": None,
            "ResultReleased": True,
            "TestTypeName": name,
            "TestPassed": passed,
            "TestResultLevel": level,
            "TestComment": "",
            "TestInformationalOnly": False,
            "LabTestDetailRevokedDate": None,
        }
        for name, level in tests
    ]


def receipt(state: State, each: Receipt) -> dict[str, Any]:
    return {
        "Id": each.id,
        "ReceiptNumber": str(each.id).zfill(10),
        "ExternalReceiptNumber": each.external or None,
        "SalesDateTime": each.sold_at,
        "SalesCustomerType": each.customer,
        "PatientLicenseNumber": each.patient or None,
        "CaregiverLicenseNumber": each.caregiver or None,
        "IdentificationMethod": None,
        "PatientRegistrationLocationId": None,
        "TotalPackages": len({line.tag for line in each.lines}),
        "TotalPrice": sum((line.total for line in each.lines), Decimal(0)),
        "Transactions": [_transaction(state, each, line) for line in each.lines],
        "IsFinal": False,
        "ArchivedDate": each.archived.isoformat() if each.archived else None,
        "RecordedDateTime": _instant(each.recorded),
        "RecordedByUserName": "Store hub",
        "LastModified": _instant(each.modified),
    }


def _transaction(state: State, each: Receipt, line: Line) -> dict[str, Any]:
    number, package = next((n, p) for n, p in state.packages() if p.tag == line.tag)
    product = state.seed.product(package.product)
    return {
        "PackageId": number,
        "PackageLabel": line.tag,
        "ProductName": product.name,
        "ProductCategoryName": product.metrc_category,
        "QuantitySold": line.quantity,
        "UnitOfMeasureName": line.unit,
        "UnitOfMeasureAbbreviation": "ea",
        "UnitThcPercent": None,
        "UnitThcContent": line.thc_content,
        "UnitWeight": line.weight,
        "TotalPrice": line.total,
        "ArchivedDate": each.archived.isoformat() if each.archived else None,
        "RecordedDateTime": _instant(each.recorded),
        "LastModified": _instant(each.modified),
    }


def status(state: State, patient: SeedPatient) -> dict[str, Any]:
    """Allowed and purchased are nought beside a real available, as in METRC's documentation."""
    left = state.available(patient)
    pools = state.seed.registry.pools
    flower = next((pool for pool in pools if pool.measure == "weight_g"), None)
    thc = max((pool for pool in pools if pool.measure == "thc_mg"), key=lambda pool: len(pool.routes), default=None)
    nought = Decimal("0.0")
    names = ("Flower", "Thc", "Concentrate", "Infused")
    row: dict[str, Any] = {
        "PatientLicenseNumber": patient.card,
        "IdentificationMethod": None,
        "RegistrationNumber": None,
        "Active": state.status(patient) is RegistryStatus.ACTIVE,
    }
    row |= {f"{name}Ounces{figure}": nought for name in names for figure in ("Allowed", "Purchased", "Available")}
    if flower is not None:
        row["FlowerOuncesAvailable"] = left[flower.key] * flower.per_unit / GRAMS_OF_AN_OUNCE
    if thc is not None:
        row["ThcOuncesAvailable"] = (left[thc.key] * thc.per_unit / 1000 / GRAMS_OF_AN_OUNCE).quantize(nought)
    return row | {
        "PurchaseAmountDays": Decimal(max((pool.days for pool in pools), default=0)),
        "PatientLicenseExpirationDate": patient.expires.isoformat(),
        "PatientRegistrationStartDate": patient.valid_from.isoformat(),
    }


def _instant(at: datetime) -> str:
    return at.isoformat(timespec="microseconds")
