"""Check-in: both documents against the registry's word, and what a visit has to know of the people in it."""

from collections.abc import Awaitable, Callable, Sequence
from datetime import date

from kiosk.hub.visits import Secret, reference
from kiosk.model.documents import PhotoId
from kiosk.model.orders import Concern
from kiosk.model.people import Profile, RegistryEntry, RegistryStatus
from kiosk.model.questions import CheckIn
from kiosk.model.text import text
from kiosk.rules.identity import age, concerns
from kiosk.rules.law import Pack

MOST_LINKED = 20
"""Patients of one caregiver that are looked up; whoever has more is asked for by the patient's own card."""

LookUp = Callable[[str], Awaitable[RegistryEntry | None]]
"""The registry's answer about a number now; None: it gave none. Never a pass by itself (PAT-07)."""


async def examine(wish: CheckIn, look_up: LookUp, pack: Pack, today: date, key: bytes) -> Secret:
    """What is known of the people, and what stands in the way. A caregiver of several patients is examined with each:
    the visit is for the one whose card is shown at the counter (PAT-13)."""
    entry = await look_up(wish.card.number) if wish.card else None
    if entry is None or entry.role != "caregiver":
        return _found(wish, entry, None, pack, today, key)
    linked = [await look_up(number) for number in entry.patients[:MOST_LINKED]]
    if len(linked) < 2:
        return _found(wish, entry, linked[0] if linked else None, pack, today, key)
    known = [patient for patient in linked if patient is not None]
    choices = tuple(_found(wish, entry, patient, pack, today, key) for patient in known)
    if not choices:
        return _found(wish, entry, None, pack, today, key)
    return Secret(profile=None, concerns=(), caregiver_number=entry.number, choices=choices)


def _found(
    wish: CheckIn, entry: RegistryEntry | None, linked: RegistryEntry | None, pack: Pack, today: date, key: bytes
) -> Secret:
    found = concerns(pack, wish.card, wish.photo_id, entry, linked, today, wish.trouble)
    caregiver = entry if entry is not None and entry.role == "caregiver" else None
    patient = entry if caregiver is None else linked
    established = patient is not None and patient.status is RegistryStatus.ACTIVE and patient.person is not None
    if not found and not established:
        found = (_not_established(),)
    return Secret(
        profile=_profile(patient, caregiver, wish.photo_id, pack, today, key) if _decidable(found) else None,
        concerns=found,
        card_number=patient.number if patient is not None else "",
        caregiver_number=caregiver.number if caregiver is not None else "",
    )


def _decidable(found: Sequence[Concern]) -> bool:
    """Whether this visit can lead to anything: nobody sees a profile for a visit that must be refused."""
    return all(concern.settled_by == "person" for concern in found)


def _profile(
    patient: RegistryEntry | None,
    caregiver: RegistryEntry | None,
    photo_id: PhotoId | None,
    pack: Pack,
    today: date,
    key: bytes,
) -> Profile | None:
    """Only an active registry entry with a person in it establishes a patient."""
    if patient is None or patient.person is None or patient.status is not RegistryStatus.ACTIVE:
        return None
    born = patient.person.born
    return Profile(
        patient_ref=reference(key, patient.number),
        person=patient.person,
        card_ending=patient.number[-3:],
        status=patient.status,
        card_expires=patient.expires,
        recommendation=patient.recommendation,
        caregiver=caregiver.person if caregiver is not None else None,
        id_kind=_kind(photo_id, pack),
        id_issuer=photo_id.issuer if photo_id is not None else "",
        minor=born is not None and age(born, today) < pack.minimum_age,
    )


def _kind(photo_id: PhotoId | None, pack: Pack) -> str:
    """The law's word for this kind of photo ID."""
    if photo_id is None:
        return ""
    return next((rule.kind for rule in pack.accepted_ids if photo_id.standard.startswith(rule.standard)), "")


def _not_established() -> Concern:
    return Concern(
        rule="store.not_established",
        reason=text("Nobody could say who this patient is."),
        next_step=text("Check in again with card and photo ID."),
    )
