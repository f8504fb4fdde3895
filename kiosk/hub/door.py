"""Check-in: both documents against the registry's word, and what a visit has to know of the people in it."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from kiosk.hub.registry import Word, basis
from kiosk.hub.visits import Secret, reference
from kiosk.model.documents import PhotoId
from kiosk.model.orders import Concern
from kiosk.model.people import Profile, RegistryEntry, RegistryStatus
from kiosk.model.questions import CheckIn
from kiosk.model.text import text
from kiosk.rules.identity import accepting, age, concerns
from kiosk.rules.law import Pack

MOST_LINKED = 20
"""Patients of one caregiver that are looked up; whoever has more is asked for by the patient's own card."""

LookUp = Callable[[str], Awaitable[Word]]
"""The registry's word about a number now. Never a pass by itself (PAT-07)."""


@dataclass(frozen=True)
class Door:
    """The law and the moment of one check-in; ``key`` is the store's for references, ``zone`` its legal time zone.

    ``phones``: the store takes licences on phones.
    """

    pack: Pack
    today: date
    zone: str
    now: datetime
    key: bytes
    phones: bool = False

    async def examine(self, wish: CheckIn, look_up: LookUp) -> Secret:
        """What is known of the people, and what stands in the way. A caregiver of several patients is examined with
        each: the visit is for the one whose card is shown at the counter (PAT-13)."""
        word = await look_up(wish.card.number) if wish.card else None
        entry = word.entry if word is not None else None
        if entry is None or entry.role != "caregiver":
            return self._found(wish, word, None)
        linked = await asyncio.gather(*(look_up(number) for number in entry.patients[:MOST_LINKED]))
        known = [patient for patient in linked if patient.entry is not None]
        if len(linked) < 2 or not known:
            return self._found(wish, word, linked[0] if linked else None)
        choices = tuple(self._found(wish, word, patient) for patient in known)
        return Secret(profile=None, concerns=(), caregiver_number=entry.number, choices=choices)

    def _found(self, wish: CheckIn, shown: Word | None, linked: Word | None) -> Secret:
        """``shown`` is the registry's word on the card that was shown, ``linked`` on the caregiver's patient."""
        entry = shown.entry if shown is not None else None
        other = linked.entry if linked is not None else None
        found = concerns(
            self.pack, wish.card, wish.photo_id, entry, other, self.today, wish.trouble, phones=self.phones
        )
        caregiver = entry if entry is not None and entry.role == "caregiver" else None
        patient = entry if caregiver is None else other
        established = patient is not None and patient.status is RegistryStatus.ACTIVE and patient.person is not None
        if not found and not established:
            found = (_not_established(),)
        return Secret(
            profile=self._profile(patient, caregiver, wish.photo_id) if _decidable(found) else None,
            concerns=found,
            card_number=patient.number if patient is not None else "",
            caregiver_number=caregiver.number if caregiver is not None else "",
            basis=basis(self.pack, self.zone, self.now, shown, linked),
        )

    def _profile(
        self, patient: RegistryEntry | None, caregiver: RegistryEntry | None, photo_id: PhotoId | None
    ) -> Profile | None:
        """Only an active registry entry with a person in it establishes a patient."""
        if patient is None or patient.person is None or patient.status is not RegistryStatus.ACTIVE:
            return None
        born = patient.person.born
        return Profile(
            patient_ref=reference(self.key, patient.number),
            person=patient.person,
            card_ending=patient.number[-3:],
            status=patient.status,
            card_expires=patient.expires,
            recommendation=patient.recommendation,
            caregiver=caregiver.person if caregiver is not None else None,
            caregiver_ref=reference(self.key, caregiver.number) if caregiver is not None else "",
            id_kind=self._kind(photo_id),
            id_issuer=photo_id.issuer if photo_id is not None else "",
            id_proven_by=photo_id.proven_by if photo_id is not None else "",
            minor=born is not None and age(born, self.today) < self.pack.minimum_age,
            facts=patient.facts,
            visitor=patient.visitor,
        )

    def _kind(self, photo_id: PhotoId | None) -> str:
        """The law's word for this kind of photo ID."""
        if photo_id is None:
            return ""
        return next((rule.kind for rule in accepting(self.pack, photo_id, phones=self.phones)), "")


def _decidable(found: Sequence[Concern]) -> bool:
    """Whether this visit can lead to anything: nobody sees a profile for a visit that must be refused."""
    return all(concern.settled_by == "person" for concern in found)


def _not_established() -> Concern:
    return Concern(
        rule="store.not_established",
        reason=text("Nobody could say who this patient is."),
        next_step=text("Check in again with card and photo ID."),
    )
