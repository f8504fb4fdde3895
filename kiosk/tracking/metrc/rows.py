"""METRC's rows, as far as we need them. Unknown fields are passed over and every field may be missing, because METRC
adds and drops fields at any time; a field of the wrong kind makes the whole row unreadable."""

from decimal import Decimal

import msgspec


class Row(msgspec.Struct, frozen=True, kw_only=True, rename="pascal"):
    pass


Word = int | str | None
"""Enumerations are words in one call and numbers in another."""
Amount = int | Decimal
"""Whole amounts come as integers."""


class ItemRow(Row, frozen=True, kw_only=True):
    id: int
    name: str
    product_category_name: str | None = None
    unit_thc_content: Amount | None = None
    unit_thc_content_unit_of_measure_name: str | None = None
    unit_cbd_content: Amount | None = None
    unit_cbd_content_unit_of_measure_name: str | None = None
    unit_weight: Amount | None = None
    unit_weight_unit_of_measure_name: str | None = None
    serving_size: str | None = None


class ProductLabelRow(Row, frozen=True, kw_only=True):
    qr_count: int | None = None
    is_active: bool | None = None


class PackageRow(Row, frozen=True, kw_only=True):
    id: int
    label: str
    quantity: Amount
    unit_of_measure_name: str
    item: ItemRow
    package_type: Word = None
    source_harvest_names: str | None = None
    location_name: str | None = None
    sublocation_name: str | None = None
    patient_license_number: str | None = None
    packaged_date: str | None = None
    expiration_date: str | None = None
    sell_by_date: str | None = None
    use_by_date: str | None = None
    lab_testing_state: Word = None
    lab_testing_state_date: str | None = None
    production_batch_number: str | None = None
    source_production_batch_numbers: str | None = None
    is_trade_sample: bool | None = None
    is_testing_sample: bool | None = None
    is_process_validation_testing_sample: bool | None = None
    product_requires_remediation: bool | None = None
    product_requires_decontamination: bool | None = None
    is_on_retailer_delivery: bool | None = None
    package_for_product_destruction: str | None = None
    is_on_hold: bool | msgspec.UnsetType | None = msgspec.UNSET
    is_on_hold_combined: bool | msgspec.UnsetType | None = msgspec.UNSET
    is_on_investigation: bool | msgspec.UnsetType | None = msgspec.UNSET
    is_on_investigation_hold: bool | msgspec.UnsetType | None = msgspec.UNSET
    is_on_investigation_recall: bool | msgspec.UnsetType | None = msgspec.UNSET
    is_on_recall: bool | msgspec.UnsetType | None = msgspec.UNSET
    is_on_recall_combined: bool | msgspec.UnsetType | None = msgspec.UNSET
    archived_date: str | None = None
    is_finished: bool | None = None
    last_modified: str | None = None
    product_label: ProductLabelRow | None = None


class LabRow(Row, frozen=True, kw_only=True):
    """One test of one package; what belongs to the whole result is repeated in each row."""

    package_id: int
    lab_test_result_id: int
    lab_facility_name: str | None = None
    test_performed_date: str | None = None
    overall_passed: bool | None = None
    revoked_date: str | None = None
    result_released: bool | None = None
    test_type_name: str | None = None
    test_result_level: Amount | None = None
    lab_test_detail_revoked_date: str | None = None


class TransactionRow(Row, frozen=True, kw_only=True):
    """A receipt's line as it is read. It is written under other names."""

    package_label: str
    quantity_sold: Amount
    unit_of_measure_name: str
    total_price: Amount
    unit_thc_content: Amount | None = None
    unit_weight: Amount | None = None


class ReceiptRow(Row, frozen=True, kw_only=True):
    id: int
    sales_date_time: str
    sales_customer_type: str
    external_receipt_number: str | None = None
    patient_license_number: str | None = None
    caregiver_license_number: str | None = None
    total_packages: int | None = None
    transactions: tuple[TransactionRow, ...] | None = None
    is_final: bool | None = None
    archived_date: str | None = None


class StatusRow(Row, frozen=True, kw_only=True):
    """A patient's allowance in one rolling window, in ounces by METRC's four kinds."""

    patient_license_number: str
    active: bool
    flower_ounces_available: Amount | None = None
    thc_ounces_available: Amount | None = None
    concentrate_ounces_available: Amount | None = None
    infused_ounces_available: Amount | None = None
    purchase_amount_days: Amount | None = None
    patient_license_expiration_date: str | None = None


class LicenceRow(Row, frozen=True, kw_only=True):
    number: str


class FacilityRow(Row, frozen=True, kw_only=True):
    license: LicenceRow
    name: str | None = None
