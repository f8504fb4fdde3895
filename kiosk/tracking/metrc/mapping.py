"""METRC's rows become nouns of the house. What is not known stays unknown, and whatever is doubtful is held."""

import re
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal

from msgspec import UNSET

from kiosk.model.packages import Lab, Package, Product
from kiosk.tracking.http import clean
from kiosk.tracking.metrc.rows import Amount, ItemRow, LabRow, PackageRow, ReceiptRow, TransactionRow
from kiosk.tracking.metrc.vocabulary import vocabulary
from kiosk.tracking.port import SaleLine, SaleOnRecord

TAG = re.compile(r"[0-9A-F]{24}")
COUNTED = "Each"
_NAMED = re.compile(r"^\s*(?P<name>[^(\[]+?)\s*\((?P<unit>[^)]+)\)")


class Unreadable(ValueError):
    """A row has a value that makes no sense; the message names the field and not the value."""


def package(row: PackageRow, lab: Lab, *, listed: str) -> Package:
    """``listed`` is the list the row came from: ``"active"``, ``"onhold"`` or ``"inactive"``. Raises ``Unreadable``."""
    if not TAG.fullmatch(row.label):
        raise Unreadable("Label")
    dates = [day(row.expiration_date), day(row.use_by_date), day(row.sell_by_date)]
    return Package(
        tag=row.label,
        product_id=str(row.item.id),
        batch=clean(row.production_batch_number or row.source_production_batch_numbers or ""),
        harvest=clean(row.source_harvest_names or ""),
        quantity=max(0, int(row.quantity)),
        place=clean(row.sublocation_name or row.location_name or ""),
        lab=lab,
        expires=min((each for each in dates if each is not None), default=None),
        packaged_on=day(row.packaged_date),
        accepted=True,  # METRC lists a package in this store only after somebody received it there
        finished=listed == "inactive" or bool(row.is_finished) or day(row.archived_date) is not None,
        holds=tuple(sorted(set(_holds(row, listed)))),
        unit_codes=row.product_label is not None
        and bool(row.product_label.qr_count)
        and row.product_label.is_active is not False,
        state_id=str(row.id),
        net_weight_g=_grams(row.item.unit_weight, row.item.unit_weight_unit_of_measure_name),
    )


def _holds(row: PackageRow, listed: str) -> Iterator[str]:
    """All seven flags count: METRC's own example of a held package has the combined one off. A package of which it
    says nothing at all is held, as is one that is not sold by the piece, or is no product for any patient."""
    flags = {
        "hold": (row.is_on_hold, row.is_on_hold_combined),
        "investigation": (row.is_on_investigation, row.is_on_investigation_hold),
        "recall": (row.is_on_recall, row.is_on_recall_combined, row.is_on_investigation_recall),
    }
    if all(flag is UNSET for each in flags.values() for flag in each):
        yield "not_stated"
    named = [name for name, each in flags.items() if any(flag is True for flag in each)]
    yield from named
    if listed == "onhold" and not named:
        yield "hold"
    if row.unit_of_measure_name != COUNTED or row.quantity != int(row.quantity):
        yield "not_counted"
    if row.quantity < 0:
        yield "below_zero"
    if row.package_type not in (None, 0, "Product"):
        yield "no_product"
    if row.patient_license_number:
        yield "one_patient"
    if row.is_trade_sample or row.is_testing_sample or row.is_process_validation_testing_sample:
        yield "sample"
    if row.product_requires_remediation or row.product_requires_decontamination or row.package_for_product_destruction:
        yield "quarantine"
    if row.is_on_retailer_delivery:
        yield "on_delivery"


def product(item: ItemRow) -> Product:
    """Amounts a unit. METRC knows no selling price: it is the store's. Raises ``Unreadable``."""
    name = clean(item.name)
    if not name:
        raise Unreadable("Item.Name")
    kind = vocabulary().category(item.product_category_name)
    return Product(
        product_id=str(item.id),
        name=name,
        form=kind.form,
        route=kind.route,
        category=kind.category,
        thc_mg=_milligrams(item.unit_thc_content, item.unit_thc_content_unit_of_measure_name),
        cbd_mg=_milligrams(item.unit_cbd_content, item.unit_cbd_content_unit_of_measure_name),
        net_weight_g=_grams(item.unit_weight, item.unit_weight_unit_of_measure_name),
        dose=clean(item.serving_size or ""),
    )


def _grams(amount: Amount | None, unit: str | None) -> Decimal | None:
    factor = vocabulary().grams.get((unit or "").strip().lower())
    if amount is None or factor is None or amount < 0:
        return None
    return plain(amount * factor)


def _milligrams(amount: Amount | None, unit: str | None) -> Decimal | None:
    grams = _grams(amount, unit)
    return None if grams is None else plain(grams * 1000)


def state_says(row: PackageRow) -> bool | None:
    """Whether the tests were passed, by the package's own state; None where it is another one or a number."""
    states = vocabulary().states
    if row.lab_testing_state in states.passed:
        return True
    return False if row.lab_testing_state in states.failed else None


def lab(says: bool | None, rows: Sequence[LabRow]) -> Lab:
    """A package's laboratory values. ``says`` is its testing state. There are several results after a retest: the
    newest counts that was released and not revoked. A result that contradicts a passed state takes it away."""
    current = [row for row in rows if row.result_released is not False and not day(row.revoked_date)]
    if not current:
        return Lab(passed=None if rows else says)
    newest = max(current, key=lambda row: (day(row.test_performed_date) or date.min, row.lab_test_result_id))
    of_it = [row for row in current if row.lab_test_result_id == newest.lab_test_result_id]
    passed = says if newest.overall_passed is not False else False
    values = {"thc": _levels(of_it, vocabulary().lab.thc), "cbd": _levels(of_it, vocabulary().lab.cbd)}
    unit = max(("mg", "%"), key=lambda each: sum(each in found for found in values.values()))
    return Lab(
        passed=passed,
        thc=values["thc"].get(unit),
        cbd=values["cbd"].get(unit),
        unit=unit,
        lab=clean(newest.lab_facility_name or ""),
        tested_on=day(newest.test_performed_date),
    )


def _levels(rows: Iterable[LabRow], names: Sequence[str]) -> dict[str, Decimal]:
    """Unit to level of the best-named test: the unit stands in the test's name, ``"Total THC (mg/g) (Flower)"``."""
    words = vocabulary().lab
    found: dict[str, tuple[int, Decimal]] = {}
    for row in rows:
        level, match = row.test_result_level, _NAMED.match(row.test_type_name or "")
        if match is None or level is None or level < 0 or day(row.lab_test_detail_revoked_date):
            continue
        name, unit = match["name"].lower(), match["unit"].strip().lower()
        if name not in names:
            continue
        if unit in words.permille:
            unit, level = "%", Decimal(level) / 10
        elif unit in words.percent:
            unit = "%"
        elif unit in words.mg:
            unit = "mg"
        else:
            continue
        rank = names.index(name)
        if unit not in found or rank < found[unit][0]:
            found[unit] = rank, plain(Decimal(level))
    return {unit: level for unit, (_, level) in found.items()}


def sale(row: ReceiptRow) -> SaleOnRecord:
    """Raises ``Unreadable``."""
    customers = {theirs.lower(): ours for ours, theirs in vocabulary().customers.items()}
    try:
        sold_at = datetime.fromisoformat(row.sales_date_time)
    except ValueError:
        raise Unreadable("SalesDateTime") from None
    return SaleOnRecord(
        state_id=str(row.id),
        external_number=row.external_receipt_number or "",
        sold_at=sold_at.replace(tzinfo=None),  # METRC keeps wall time and does not convert what says otherwise
        customer=customers.get(row.sales_customer_type.lower(), row.sales_customer_type),
        patient_number=row.patient_license_number or "",
        caregiver_number=row.caregiver_license_number or "",
        lines=tuple(_line(each) for each in row.transactions or ()),
        voided=day(row.archived_date) is not None,
        final=bool(row.is_final),
    )


def _line(row: TransactionRow) -> SaleLine:
    return SaleLine(
        tag=row.package_label,
        units=Decimal(row.quantity_sold),
        unit=row.unit_of_measure_name,
        total=Decimal(row.total_price),
        thc_mg=exact(row.unit_thc_content),
        weight_g=exact(row.unit_weight),
    )


def exact(amount: Amount | None) -> Decimal | None:
    return None if amount is None else Decimal(amount)


def plain(amount: Decimal) -> Decimal:
    """The same amount without trailing zeros and without an exponent."""
    return Decimal(f"{amount.normalize():f}")


def day(value: str | None) -> date | None:
    """A date, also out of an instant's text. The year 1 is METRC's way of saying that there is none. Raises
    ``Unreadable``."""
    if not value:
        return None
    try:
        read = date.fromisoformat(value[:10])
    except ValueError:
        raise Unreadable("date") from None
    return None if read.year == 1 else read


def modified(row: PackageRow) -> datetime:
    """When METRC last changed it. Raises ``Unreadable``."""
    try:
        at = datetime.fromisoformat(row.last_modified or "0001-01-01T00:00:00+00:00")
    except ValueError:
        raise Unreadable("LastModified") from None
    return at if at.tzinfo else at.replace(tzinfo=UTC)
