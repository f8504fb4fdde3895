"""Receipts as METRC takes them: everything is checked before anything is booked."""

from collections import Counter
from datetime import datetime
from decimal import Decimal
from typing import Any

import msgspec

from kiosk.tracking.http import read_json
from kiosk.tracking.sandbox.reply import Reply, answer, message
from kiosk.tracking.sandbox.state import Line, Receipt, State


class _Body(msgspec.Struct, rename="pascal", kw_only=True):
    """Fields that are not known are passed over without a word, as METRC does."""


Amount = int | Decimal


class LineBody(_Body, kw_only=True):
    package_label: str | None = None
    quantity: Amount | None = None
    unit_of_measure: str | None = None
    total_amount: Amount | None = None
    unit_thc_content: Amount | None = None
    unit_weight: Amount | None = None


class ReceiptBody(_Body, kw_only=True):
    sales_date_time: str | None = None
    external_receipt_number: str | None = None
    sales_customer_type: str | None = None
    patient_license_number: str | None = None
    caregiver_license_number: str | None = None
    transactions: list[LineBody] | None = None


def read_receipts(state: State, body: bytes, most: int) -> list[Receipt] | Reply:
    """The receipts of a POST, or METRC's no. Sales of one request add up against the stock."""
    try:
        got = read_json(body)
    except ValueError:
        return message("The request body is not valid JSON.")
    if not isinstance(got, list):
        return message("The request body must be an array.")
    if not got:
        return message("The request body must not be an empty array")
    if len(got) > most:
        return message("The request content is too large.", 413)
    try:
        bodies = msgspec.convert(got, list[ReceiptBody], builtin_types=(Decimal,))
    except msgspec.ValidationError:
        return message("The request is invalid.")
    taken: Counter[str] = Counter()
    faults: list[dict[str, Any]] = []
    for row, each in enumerate(bodies):
        faults += [{"row": row, "message": words} for words in _faults(state, each, taken)]
    if faults:
        return answer(faults, 400)
    return [_receipt(state, each) for each in bodies]


def _faults(state: State, body: ReceiptBody, taken: Counter[str]) -> list[str]:
    found = [*_customer_faults(state, body)]
    try:
        datetime.fromisoformat(body.sales_date_time or "")
    except ValueError:
        found.append("Sales Date Time was not specified.")
    if not body.transactions:
        found.append("At least one Transaction is required.")
    for line in body.transactions or ():
        if (words := _line_fault(state, line, taken)) is not None:
            found.append(words)
    return found


def _customer_faults(state: State, body: ReceiptBody) -> list[str]:
    if body.sales_customer_type not in ("Patient", "Caregiver"):
        return ["Sales Customer Type is not valid."]
    found = []
    patient = state.seed.patient(body.patient_license_number or "")
    if patient is None or patient.role != "patient":
        found.append(f"Patient License Number {body.patient_license_number} was not found.")
    if body.sales_customer_type == "Caregiver":
        caregiver = state.seed.patient(body.caregiver_license_number or "")
        if caregiver is None or body.patient_license_number not in caregiver.patients:
            found.append(f"Caregiver License Number {body.caregiver_license_number} was not found.")
    return found


def _line_fault(state: State, line: LineBody, taken: Counter[str]) -> str | None:
    label = line.package_label or ""
    package = state.package(label)
    if package is None:
        return f"Package {label} was not found."
    if package.finished:
        return f"Package {label} is finished."
    if package.hold:
        return f"Package {label} is on hold and cannot be sold."
    if line.quantity is None or line.quantity <= 0 or line.quantity != int(line.quantity):
        return f"Quantity of Package {label} is not valid."
    if line.unit_of_measure != "Each":
        return f"Unit of Measure of Package {label} must be Each."
    if line.total_amount is None or line.total_amount < 0:
        return f"Total Amount of Package {label} was not specified."
    taken[label] += int(line.quantity)
    if taken[label] > package.quantity:
        return f"Package {label} does not have enough quantity."
    return None


def _receipt(state: State, body: ReceiptBody) -> Receipt:
    now = state.clock.now()
    sold_at = datetime.fromisoformat(body.sales_date_time or "").replace(tzinfo=None)  # a zone is dropped, not used
    return Receipt(
        id=0,
        external=body.external_receipt_number or "",
        sold_at=sold_at.isoformat(timespec="milliseconds"),
        customer=body.sales_customer_type or "",
        patient=body.patient_license_number or "",
        caregiver=body.caregiver_license_number or "",
        lines=[
            Line(
                tag=line.package_label or "",
                quantity=Decimal(line.quantity or 0),
                unit=line.unit_of_measure or "",
                total=Decimal(line.total_amount or 0),
                thc_content=None if line.unit_thc_content is None else Decimal(line.unit_thc_content),
                weight=None if line.unit_weight is None else Decimal(line.unit_weight),
            )
            for line in body.transactions or ()
        ],
        recorded=now,
        modified=now,
    )
