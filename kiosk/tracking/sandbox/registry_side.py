"""The registry side: a patient-card service over the same state, so that what is sold lowers what is available."""

from typing import Any

import msgspec

from kiosk.model.people import RegistryStatus
from kiosk.tracking.sandbox.reply import Reply, Request, answer
from kiosk.tracking.sandbox.seed import SeedPatient, SeedRecommendation
from kiosk.tracking.sandbox.state import State


class _Ask(msgspec.Struct, rename="camel"):
    card_number: str


class RegistrySide:
    def __init__(self, state: State) -> None:
        self._state = state

    def handle(self, request: Request) -> Reply:
        if request.headers.get("authorization") != f"Bearer {self._state.seed.access.registry_key}":
            return Reply(401)
        if (request.method, request.path) != ("POST", ("patientcards",)):
            return Reply(405)
        try:
            number = msgspec.json.decode(request.body, type=_Ask).card_number
        except msgspec.DecodeError:
            return answer({"message": "cardNumber is required"}, 400)
        patient = self._state.seed.patient(number)
        if patient is None or self._state.status(patient) is RegistryStatus.NOT_FOUND:
            return answer({"cardNumber": number, "status": "NOT_FOUND"}, 404)
        return answer(self._card(patient))

    def _card(self, patient: SeedPatient) -> dict[str, Any]:
        available = None
        if patient.role == "patient":
            available = self._state.available(patient)
        return {
            "cardNumber": patient.card,
            "status": self._state.status(patient).upper(),
            "cardType": patient.role.capitalize(),
            "validFrom": patient.valid_from,
            "expirationDate": patient.expires,
            "firstName": patient.given,
            "middleName": patient.middle,
            "lastName": patient.family,
            "suffix": patient.suffix,
            "dob": patient.born,
            "linkedPatients": patient.patients,
            "patientRecommendations": None
            if patient.recommendation is None
            else _recommendation(patient.recommendation),
            "available": available,
            "asOf": self._state.clock.now(),
        }


def _recommendation(given: SeedRecommendation) -> dict[str, Any]:
    return {
        "id": given.id,
        "provider": given.physician,
        "effectiveDate": given.valid_from,
        "expirationDate": given.valid_to,
        "notes": given.notes,
        "routes": given.routes,
        "limits": given.limits,
        "restrictedDosageForms": given.forms_excluded,
        "maxThcMgPerUnit": given.max_thc_mg_per_unit,
        "minCbdToThc": given.min_cbd_to_thc,
        "waivers": [],
    }
