"""METRC as the store's tracking system."""

import asyncio
import logging
import re
from collections.abc import Awaitable, Callable, Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any, TypeVar
from urllib.parse import quote

import httpx
import msgspec

from kiosk.model.base import Noun, Sealed
from kiosk.model.clock import Clock
from kiosk.model.errors import KioskError, Refusal, Refused
from kiosk.model.packages import Lab, Package, Product
from kiosk.model.text import text
from kiosk.tracking.http import Caller, one_line
from kiosk.tracking.metrc import mapping
from kiosk.tracking.metrc.pace import Pace
from kiosk.tracking.metrc.rows import FacilityRow, LabRow, PackageRow, ReceiptRow, StatusRow
from kiosk.tracking.metrc.vocabulary import vocabulary
from kiosk.tracking.metrc.wire import EMPTY, WORDS, Wire, instant, windows
from kiosk.tracking.port import NO_ACCESS, Sale, SaleOnRecord, Stock, Unread, wall_time

log = logging.getLogger(__name__)

LABS_KEPT = timedelta(hours=12)
"""How long a package's laboratory values are taken as read, where its testing state stays the same."""
LISTS = ("active", "onhold", "inactive")
"""From the weakest word on a package to the strongest: one that moved while we read counts as where it is now worse."""

T = TypeVar("T")
R = TypeVar("R")


class MetrcAccount(Sealed, frozen=True, kw_only=True):
    """Who speaks, and for which facility. ``vendor_key`` is the maker's and the user name, ``user_key`` the person's
    and the password. ``look_back_days`` is how far the stock is read where no instant is named; ``seconds`` bounds one
    exchange, ``patience`` the wait METRC may ask for."""

    url: str
    vendor_key: str
    user_key: str
    licence: str
    look_back_days: int = 400
    seconds: float = 20
    patience: float = 5
    per_second: float = 5
    in_flight: int = 4


class Window(Noun, frozen=True, kw_only=True):
    """What may still be bought in the last ``days`` days, in ounces; None: METRC does not say."""

    days: Decimal | None
    flower: Decimal | None
    thc: Decimal | None
    concentrate: Decimal | None
    infused: Decimal | None


class PatientStatus(Sealed, frozen=True, kw_only=True):
    """METRC's own view of a patient. All windows hold together: the smallest amount binds."""

    number: str
    active: bool
    expires: date | None
    windows: tuple[Window, ...]


class Metrc:
    """Implements :class:`~kiosk.tracking.port.Tracking`.

    Raises ``ValueError`` for an account that cannot be used, otherwise the errors of the port and those alone.
    """

    def __init__(
        self,
        account: MetrcAccount,
        clock: Clock,
        *,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        if not account.vendor_key or not account.user_key or ":" in account.vendor_key or not account.licence:
            raise ValueError("A METRC account needs a vendor key, a user key and a licence")
        caller = Caller(
            account.url,
            WORDS,
            clock=clock,
            seconds=account.seconds,
            auth=httpx.BasicAuth(account.vendor_key, account.user_key),
            transport=transport,
        )
        pace = Pace(
            clock,
            WORDS.busy,
            per_second=account.per_second,
            in_flight=account.in_flight,
            patience=account.patience,
            sleep=sleep,
        )
        self._wire = Wire(caller, pace, account.licence)
        self._account = account
        self._clock = clock
        self._labs: dict[int, tuple[object, datetime, Lab]] = {}
        self._finds_by_number = False

    async def reachable(self) -> None:
        """Asks for the facilities of these keys, the only call that needs no right, and looks for ours among them."""
        got = await self._wire.get("/facilities/v2", licensed=False)
        rows = self._convert(got, list[FacilityRow], "facilities")
        if self._account.licence not in {row.license.number for row in rows}:
            raise Refused(
                Refusal(
                    rule=NO_ACCESS,
                    reason=text("The keys for the state's tracking system belong to another store."),
                    way_on=WORDS.no_access_way_on,
                )
            )

    async def stock(self, since: datetime | None = None) -> Stock:
        """Reads the three lists of packages in windows of a day, then the laboratory results of what is new.

        A list without a window looks whole and is not, so there always is one. Rows are the same when their ids are;
        the one changed last counts.
        """
        now = self._clock.now()
        spans = list(windows(since or now - timedelta(days=self._account.look_back_days), now))
        unread: list[Unread] = []
        newest: dict[int, tuple[datetime, int, PackageRow]] = {}
        for strength, listed in enumerate(LISTS):
            for rows in await self._each(spans, lambda span, listed=listed: self._span(listed, span)):  # type: ignore[misc]
                for raw in rows:
                    self._take(raw, strength, newest, unread)
        return await self._stock(now, newest, unread)

    async def report(self, sale: Sale) -> str:
        """Posts one receipt. METRC does not know a repeat from a second sale: this sends once and no more."""
        private = (sale.patient_number, sale.caregiver_number)
        answer = await self._wire.post("/sales/v2/receipts", [_receipt(sale)], private=private)
        ids = answer.get("Ids") if isinstance(answer, dict) else None
        if isinstance(answer, dict) and answer.get("Warnings"):
            log.warning("METRC took a receipt with a warning: %s", one_line(str(answer["Warnings"]), private))
        if isinstance(ids, list) and len(ids) == 1 and isinstance(ids[0], int):
            return str(ids[0])
        found = await self.find(sale.external_number)  # written, but the answer does not say under which id
        if found is None:
            raise self._wire.nonsense("a receipt was taken and is not there")
        return found.state_id

    async def find(self, external_number: str) -> SaleOnRecord | None:
        """Looks for a receipt by our own number.

        A 404 says "none" only where the call is known to work here. Until it has found one, a 404 is checked against
        the lists of the last days, for a doubled sale costs a patient what they may buy.
        """
        got = await self._wire.get(f"/sales/v2/receipts/external/{quote(external_number, safe='')}")
        if got is None:
            return None if self._finds_by_number else await self._find_in_lists(external_number)
        if got is EMPTY:
            raise self._wire.nonsense("an empty answer to a receipt's number")
        rows = self._convert(got if isinstance(got, list) else [got], list[ReceiptRow], "receipt")
        row = self._only(rows, external_number)
        if row is None:
            return None
        self._finds_by_number = True
        return await self._whole(row)

    async def patient_status(self, number: str) -> PatientStatus | None:
        """What METRC says of a patient; None where it knows of none. METRC itself may be a minute behind."""
        got = await self._wire.get(f"/patients/v2/statuses/{quote(number, safe='')}")
        if got is None or got == []:
            return None
        rows = self._convert(got if isinstance(got, list) else [got], list[StatusRow], "patient status")
        if any(row.patient_license_number != number for row in rows):
            raise self._wire.nonsense("the status of another number than asked")
        return PatientStatus(
            number=number,
            active=all(row.active for row in rows),
            expires=min((day for row in rows if (day := self._day(row.patient_license_expiration_date))), default=None),
            windows=tuple(
                Window(
                    days=mapping.exact(row.purchase_amount_days),
                    flower=mapping.exact(row.flower_ounces_available),
                    thc=mapping.exact(row.thc_ounces_available),
                    concentrate=mapping.exact(row.concentrate_ounces_available),
                    infused=mapping.exact(row.infused_ounces_available),
                )
                for row in rows
            ),
        )

    async def close(self) -> None:
        await self._wire.close()

    async def _span(self, listed: str, span: tuple[datetime, datetime]) -> list[dict[str, Any]]:
        return await self._wire.rows(f"/packages/v2/{listed}", _window(span))

    def _take(
        self,
        raw: dict[str, Any],
        strength: int,
        newest: dict[int, tuple[datetime, int, PackageRow]],
        unread: list[Unread],
    ) -> None:
        try:
            row = _convert(raw, PackageRow)
            at = mapping.modified(row)
        except (msgspec.ValidationError, mapping.Unreadable) as trouble:
            unread.append(Unread(what="package", field=_field(trouble), state_id=_id(raw), tag=_tag(raw)))
            return
        known = newest.get(row.id)
        if known is None or known[:2] < (at, strength):
            newest[row.id] = (at, strength, row)

    async def _stock(
        self, now: datetime, newest: dict[int, tuple[datetime, int, PackageRow]], unread: list[Unread]
    ) -> Stock:
        ordered = sorted(newest.values(), key=lambda each: each[:2])
        open_rows = [row for _, strength, row in ordered if LISTS[strength] != "inactive"]
        labs = dict(await self._each(open_rows, lambda row: self._lab(row, unread)))
        packages: dict[str, Package] = {}
        products: dict[str, Product] = {}
        for _, strength, row in ordered:
            try:
                lab = labs.get(row.id) or Lab(passed=mapping.state_says(row))
                package = mapping.package(row, lab, listed=LISTS[strength])
                products[package.product_id] = mapping.product(row.item)
            except mapping.Unreadable as trouble:
                field, tag = _field(trouble), _tag({"Label": row.label})
                unread.append(Unread(what="package", field=field, state_id=str(row.id), tag=tag))
            else:
                packages[package.tag] = package
        return Stock(
            packages=tuple(packages[tag] for tag in sorted(packages)),
            products=tuple(products[key] for key in sorted(products)),
            as_of=now,
            unread=tuple(sorted(set(unread), key=str)),
        )

    async def _lab(self, row: PackageRow, unread: list[Unread]) -> tuple[int, Lab]:
        """One call a package, so what was read is kept while the package's testing state stays as it is."""
        now = self._clock.now()
        state = (row.lab_testing_state, row.lab_testing_state_date)
        kept = self._labs.get(row.id)
        if kept is not None and kept[0] == state and now - kept[1] < LABS_KEPT:
            return row.id, kept[2]
        rows = await self._wire.rows("/labtests/v2/results", {"packageId": str(row.id)})
        try:
            tests = [test for test in _convert(rows, list[LabRow]) if test.package_id == row.id]
            lab = mapping.lab(mapping.state_says(row), tests)
        except (msgspec.ValidationError, mapping.Unreadable) as trouble:
            field, tag = _field(trouble), _tag({"Label": row.label})
            unread.append(Unread(what="lab results of package", field=field, state_id=str(row.id), tag=tag))
            return row.id, Lab(passed=None)
        self._labs[row.id] = (state, now, lab)
        return row.id, lab

    async def _find_in_lists(self, external_number: str) -> SaleOnRecord | None:
        now = self._clock.now()
        found: dict[int, ReceiptRow] = {}
        for listed in ("active", "inactive"):
            for span in windows(now - timedelta(days=1), now):
                raw = await self._wire.rows(f"/sales/v2/receipts/{listed}", _window(span))
                rows = self._convert(raw, list[ReceiptRow], "receipts")
                found |= {row.id: row for row in rows if row.external_receipt_number == external_number}
        row = self._only(list(found.values()), external_number)
        return None if row is None else await self._whole(row)

    def _only(self, rows: list[ReceiptRow], external_number: str) -> ReceiptRow | None:
        """The one receipt of our number: a voided one only where no other stands."""
        if any(row.external_receipt_number != external_number for row in rows):
            raise self._wire.nonsense("a receipt of another number than asked")
        standing = [row for row in rows if self._day(row.archived_date) is None] or rows[-1:]
        if len(standing) > 1:
            raise self._wire.nonsense(f"{len(standing)} receipts of one number")
        return standing[0] if standing else None

    async def _whole(self, row: ReceiptRow) -> SaleOnRecord:
        """Lists, and some answers by number, leave a receipt's lines out: they are read by its id."""
        if not row.transactions:
            got = await self._wire.get(f"/sales/v2/receipts/{row.id}")
            whole = self._convert(got, ReceiptRow, "receipt")
            if whole.id != row.id:
                raise self._wire.nonsense("another receipt than asked for")
            row = whole
        try:
            return mapping.sale(row)
        except mapping.Unreadable as trouble:
            raise self._wire.nonsense(f"receipt: {_field(trouble)}") from None

    async def _each(self, these: Sequence[T], read: Callable[[T], Awaitable[R]]) -> list[R]:
        """Reads as many at a time as may be in flight, so that a sale to be looked up never waits behind them all."""
        results: list[R] = []
        width = self._account.in_flight
        for at in range(0, len(these), width):
            try:
                async with asyncio.TaskGroup() as group:
                    tasks = [group.create_task(_as_coroutine(read(each))) for each in these[at : at + width]]
            except* KioskError as troubles:
                first = _first(troubles)
            else:
                results += [task.result() for task in tasks]
                continue
            raise first
        return results

    def _convert(self, got: Any, kind: type[T], what: str) -> T:
        try:
            return _convert(got, kind)
        except msgspec.ValidationError as trouble:
            raise self._wire.nonsense(f"{what}: {_field(trouble)}") from None

    def _day(self, value: str | None) -> date | None:
        try:
            return mapping.day(value)
        except mapping.Unreadable as trouble:
            raise self._wire.nonsense(_field(trouble)) from None


def _convert(got: Any, kind: type[T]) -> T:
    """Amounts have to be numbers: a text such as ``"NaN"`` would pass for a decimal otherwise."""
    return msgspec.convert(got, kind, builtin_types=(Decimal,))


def _receipt(sale: Sale) -> dict[str, Any]:
    sold_at = wall_time(sale.sold_at, sale.zone).isoformat(timespec="milliseconds")
    return {
        "SalesDateTime": sold_at,
        "ExternalReceiptNumber": sale.external_number,
        "SalesCustomerType": vocabulary().customers[sale.customer],
        "PatientLicenseNumber": sale.patient_number,
        "CaregiverLicenseNumber": sale.caregiver_number or None,
        "IdentificationMethod": None,
        "PatientRegistrationLocationId": None,
        "Transactions": [
            {
                "PackageLabel": line.tag,
                "Quantity": line.units,
                "UnitOfMeasure": line.unit,
                "TotalAmount": line.total,
                "UnitThcContent": line.thc_mg,
                "UnitThcContentUnitOfMeasure": None if line.thc_mg is None else "Milligrams",
                "UnitWeight": line.weight_g,
                "UnitWeightUnitOfMeasure": None if line.weight_g is None else "Grams",
            }
            for line in sale.lines
        ],
    }


def _window(span: tuple[datetime, datetime]) -> dict[str, str]:
    return {"lastModifiedStart": instant(span[0]), "lastModifiedEnd": instant(span[1])}


def _id(raw: dict[str, Any]) -> str:
    number = raw.get("Id")
    return str(number) if isinstance(number, int) and not isinstance(number, bool) else ""


def _tag(raw: dict[str, Any]) -> str:
    """The tag of a row that cannot be read otherwise; ``""`` where it is none."""
    label = raw.get("Label")
    return label if isinstance(label, str) and mapping.TAG.fullmatch(label) else ""


def _field(trouble: Exception) -> str:
    """Which field: the validator's message may quote a value, its path does not."""
    if isinstance(trouble, msgspec.ValidationError):
        found = re.search(r"`\$([^`]*)`$", str(trouble)) or re.search(r"field `([^`]*)`", str(trouble))
        return found.group(1).lstrip(".") if found else "shape"
    return str(trouble)


def _first(troubles: BaseExceptionGroup[KioskError]) -> KioskError:
    first = troubles.exceptions[0]
    return _first(first) if isinstance(first, BaseExceptionGroup) else first


async def _as_coroutine(awaitable: Awaitable[R]) -> R:
    return await awaitable
