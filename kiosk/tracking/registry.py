"""A patient registry asked over HTTP: one call, shaped like the patient-card services that states run.

``POST {url}/patientcards`` with ``{"cardNumber": "P1A2B3C4"}`` and a bearer key; the number is never in an address.
Dates are ISO 8601, amounts JSON numbers. The answer repeats the number:

    {"cardNumber": "P1A2B3C4", "status": "ACTIVE", "cardType": "Patient", "linkedPatients": [],
     "validFrom": "2026-01-01", "expirationDate": "2026-12-31", "dob": "1980-01-31",
     "firstName": "…", "middleName": "", "lastName": "…", "suffix": "", "available": {"smoking": 1.25},
     "patientRecommendations": {"id": "…", "provider": "…", "effectiveDate": "…", "expirationDate": "…",
        "notes": [], "routes": ["oral"], "limits": {}, "restrictedDosageForms": [], "maxThcMgPerUnit": null,
        "minCbdToThc": null, "waivers": [{"pool": "…", "amount": 3.5, "from": "…", "to": "…", "reference": "…"}]}}

A number the registry does not know is answered with 404 and ``{"cardNumber": …, "status": "NOT_FOUND"}``. A 404 without
that is a wrong address and says nothing about anybody. A pool that ``available`` does not name, or names
without an amount, has no figure.
"""

from datetime import date
from decimal import Decimal

import httpx
import msgspec

from kiosk.model.base import Sealed
from kiosk.model.clock import Clock
from kiosk.model.errors import Refusal, Refused
from kiosk.model.people import Person, Recommendation, RegistryEntry, RegistryStatus, Waiver
from kiosk.model.text import text
from kiosk.tracking.http import Caller, Words, clean
from kiosk.tracking.port import NOT_TAKEN

WORDS = Words(
    silent=text("The patient registry does not answer. Nobody can be checked in until it does."),
    busy=text("The patient registry asks us to wait. Try again in a minute."),
    nonsense=text("The patient registry gave an answer nobody can read. Tell the manager."),
    no_access=text("The patient registry does not let this store in."),
    no_access_way_on=text("A manager checks the store's key for the registry."),
)
Amount = int | Decimal


class _Answered(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """Silent about people like the nouns; passes over fields it does not know."""

    def __repr__(self) -> str:
        return f"<{type(self).__name__}>"


class WaiverAnswer(_Answered, frozen=True, kw_only=True):
    pool: str
    amount: Amount
    from_: date = msgspec.field(name="from")
    to: date
    reference: str


class RecommendationAnswer(_Answered, frozen=True, kw_only=True):
    id: str
    provider: str
    effective_date: date
    expiration_date: date
    notes: tuple[str, ...] = ()
    routes: tuple[str, ...] = ()
    limits: dict[str, Amount | None] = {}
    restricted_dosage_forms: tuple[str, ...] = ()
    max_thc_mg_per_unit: Amount | None = None
    min_cbd_to_thc: Amount | None = None
    waivers: tuple[WaiverAnswer, ...] = ()


class CardAnswer(_Answered, frozen=True, kw_only=True):
    card_number: str
    status: str
    card_type: str = ""
    valid_from: date | None = None
    expiration_date: date | None = None
    first_name: str = ""
    middle_name: str = ""
    last_name: str = ""
    suffix: str = ""
    dob: date | None = None
    linked_patients: tuple[str, ...] = ()
    patient_recommendations: RecommendationAnswer | None = None
    available: dict[str, Amount | None] | None = None
    facts: dict[str, bool] = {}
    visitor: bool = False


class RegistryAccount(Sealed, frozen=True, kw_only=True):
    url: str
    key: str
    seconds: float = 2


class HttpRegistry:
    """Implements :class:`~kiosk.tracking.port.Registry`. Asks once a call, keeps nothing, and repeats nothing.

    Raises ``ValueError`` for an account that cannot be used, otherwise the errors of the port and those alone.
    """

    def __init__(
        self, account: RegistryAccount, clock: Clock, *, transport: httpx.AsyncBaseTransport | None = None
    ) -> None:
        if not account.key.isascii() or not account.key.strip():
            raise ValueError("A registry needs a key")
        self._caller = Caller(
            account.url, WORDS, clock=clock, seconds=account.seconds, bearer=account.key, transport=transport
        )

    async def look_up(self, number: str) -> RegistryEntry:
        answer = await self._caller.exchange("POST", "/patientcards", body=msgspec.json.encode({"cardNumber": number}))
        self._caller.judge(answer)
        if answer.status == 400:
            raise Refused(
                Refusal(
                    rule=NOT_TAKEN,
                    reason=text("The patient registry does not take this number."),
                    way_on=text("Scan the card again."),
                )
            )
        try:
            card = msgspec.convert(self._caller.read(answer), CardAnswer, builtin_types=(Decimal,))
            entry = _entry(card)
        except msgspec.ValidationError:
            raise self._caller.nonsense("an answer of another shape") from None
        except ValueError:
            raise self._caller.nonsense("an amount that is no amount") from None
        if entry.number != number:
            raise self._caller.nonsense("an answer about another number")
        if (answer.status == 404) != (entry.status is RegistryStatus.NOT_FOUND):
            raise self._caller.nonsense(f"status {answer.status} with another word in the body")
        return entry

    async def close(self) -> None:
        await self._caller.close()


def _entry(card: CardAnswer) -> RegistryEntry:
    """Raises ``ValueError`` for an amount that is none."""
    try:
        status = RegistryStatus(card.status.lower())
    except ValueError:
        status = RegistryStatus.UNKNOWN
    named = card.last_name or card.first_name
    return RegistryEntry(
        number=card.card_number,
        status=status,
        person=Person(
            family=clean(card.last_name),
            given=clean(card.first_name),
            middle=clean(card.middle_name),
            suffix=clean(card.suffix),
            born=card.dob,
        )
        if named
        else None,
        valid_from=card.valid_from,
        expires=card.expiration_date,
        role=card.card_type.lower(),
        patients=card.linked_patients,
        recommendation=None if card.patient_recommendations is None else _recommendation(card.patient_recommendations),
        available=None if card.available is None else _amounts(card.available),
        facts=card.facts,
        visitor=card.visitor,
    )


def _recommendation(answer: RecommendationAnswer) -> Recommendation:
    return Recommendation(
        recommendation_id=answer.id,
        physician=clean(answer.provider),
        valid_from=answer.effective_date,
        valid_to=answer.expiration_date,
        notes=tuple(clean(note) for note in answer.notes),
        routes=tuple(route.lower() for route in answer.routes),
        limits=_amounts(answer.limits),
        forms_excluded=tuple(form.lower() for form in answer.restricted_dosage_forms),
        max_thc_mg_per_unit=None if answer.max_thc_mg_per_unit is None else _amount(answer.max_thc_mg_per_unit),
        min_cbd_to_thc=None if answer.min_cbd_to_thc is None else _amount(answer.min_cbd_to_thc),
        waivers=tuple(
            Waiver(
                pool=each.pool,
                amount=_amount(each.amount),
                valid_from=each.from_,
                valid_to=each.to,
                authority=each.reference,
            )
            for each in answer.waivers
        ),
    )


def _amounts(amounts: dict[str, Amount | None]) -> dict[str, Decimal]:
    return {pool: _amount(amount) for pool, amount in amounts.items() if amount is not None}


def _amount(said: Amount) -> Decimal:
    """Below zero is more taken than allowed, so nothing is left."""
    return max(Decimal(said), Decimal(0))
