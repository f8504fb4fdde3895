"""Card, photo ID and registry have to agree (PAT-04 to PAT-07, PAT-13): what stands in the way, and who may settle it.

No concern means: admit. Refused without a person's judgement is only what no judgement can change: the registry's
"no" or silence, an expired or missing document, an age, a link that is not there. A difference of names that people
have for honest reasons goes to a technician, who decides and is recorded.
"""

from collections.abc import Iterator, Sequence
from datetime import date

from kiosk.documents.comparison import compare
from kiosk.model.documents import PatientCard, PhotoId
from kiosk.model.orders import Concern
from kiosk.model.people import Person, RegistryEntry, RegistryStatus
from kiosk.rules.identity_words import PERSON, PHONE, concern, doubt
from kiosk.rules.law import AgeRule, IdRule, Pack
from kiosk.rules.recommendations import not_current
from kiosk.rules.refusals import STORE
from kiosk.rules.words import day

ON_PLASTIC, ON_PHONE = "AAMVA", "ISO-18013-5"
"""How a decoder names a driver licence's code, and a licence that a phone has proven."""

_REPAIRED = frozenset({"carriage_return_typed"})
"""Odd ways of a scanner, not of the ID: the decoder mended what was read without guessing."""


def concerns(
    pack: Pack,
    card: PatientCard | None,
    photo_id: PhotoId | None,
    entry: RegistryEntry | None,
    patient: RegistryEntry | None,
    on: date,
    trouble: Sequence[str] = (),
    *,
    phones: bool = False,
) -> tuple[Concern, ...]:
    """Everything that keeps this visit from being admitted on the local date ``on``; empty: admit.

    ``entry`` is the registry's answer for the shown card; None: it did not answer. For a caregiver's card ``patient``
    is the answer for the linked patient. ``trouble`` are keys of what the terminal itself saw (``"id.unreadable"``).
    ``phones``: the store takes licences on phones where the law does not say.
    Documents are valid through their last day.
    """
    trouble = tuple(_told(trouble, card, photo_id))
    found = [
        *(concern(pack, key) for key in trouble),
        *_card(pack, card, on, trouble),
        *_photo_id(pack, photo_id, on, trouble, phones=phones),
        *(_registry(pack, card, entry, on) if card is not None else ()),
    ]
    if entry is not None and entry.status is RegistryStatus.ACTIVE:
        found += _same_person(pack, entry, photo_id)
        found += _age(pack, entry, photo_id, on)
        found += _caregiver(pack, entry, patient, on) if entry.role == "caregiver" else _recommended(entry, on)
    return tuple({each.rule: each for each in found}.values())


def age(born: date, on: date) -> int:
    """Full years on ``on``. Who was born on 29 February grows older on 1 March in common years."""
    return on.year - born.year - ((on.month, on.day) < (born.month, born.day))


def _told(trouble: Sequence[str], card: PatientCard | None, photo_id: PhotoId | None) -> Iterator[str]:
    """The terminal cannot say which document it failed to read: it is the one that is not there."""
    for key in trouble:
        if key != "document.unreadable":
            yield key
            continue
        if card is None:
            yield "card.unreadable"
        if photo_id is None and not any(each.startswith(PHONE) for each in trouble):
            yield "id.unreadable"


def _card(pack: Pack, card: PatientCard | None, on: date, trouble: Sequence[str]) -> Iterator[Concern]:
    if card is None:
        if not any(key.startswith("card.") for key in trouble):
            yield concern(pack, "card.missing")
        return
    if card.state != pack.state:
        yield concern(pack, "card.other_state")
    if card.expires is not None and card.expires < on:
        yield concern(pack, "card.expired", day=day(card.expires))


def _photo_id(
    pack: Pack, photo_id: PhotoId | None, on: date, trouble: Sequence[str], *, phones: bool
) -> Iterator[Concern]:
    if photo_id is None:
        if not any(key.startswith("id.") for key in trouble):
            yield concern(pack, "id.missing")
        return
    yield from _kind(pack, photo_id, phones=phones)
    if photo_id.expires is None:
        yield concern(pack, "id.no_expiry")
    elif photo_id.expires < on:
        yield concern(pack, "id.expired", day=day(photo_id.expires))
    if photo_id.issued is not None and photo_id.issued > on:
        yield concern(pack, "id.not_yet_valid", day=day(photo_id.issued))
    if photo_id.born is None:
        yield concern(pack, "id.no_birth_date")
    for warning in photo_id.warnings:
        if warning not in _REPAIRED:
            yield doubt(pack, warning)


def _kind(pack: Pack, photo_id: PhotoId, *, phones: bool) -> Iterator[Concern]:
    """Whether the law accepts this kind of document, and whether the store does."""
    kinds = [rule.kind for rule in accepting(pack, photo_id, phones=phones)]
    refused = {rule.kind for rule in pack.store.refused_ids}
    if not kinds:
        yield concern(pack, "id.not_accepted", kinds=", ".join(each.kind for each in pack.accepted_ids))
    elif refused.issuperset(kinds):
        left = (each.kind for each in pack.accepted_ids if each.kind not in refused)
        yield concern(pack, f"{STORE}id.not_accepted", kinds=", ".join(left))


def accepting(pack: Pack, photo_id: PhotoId, *, phones: bool) -> Iterator[IdRule]:
    """The rules that accept this photo ID. A licence on a phone is one whose issuer was proven, and it is of the kind
    that it is on plastic."""
    for rule in pack.accepted_ids:
        if rule.issuers and photo_id.issuer not in rule.issuers:
            continue
        if photo_id.standard == ON_PHONE:
            taken = rule.on_phone == "accepted" or (rule.on_phone == "silent" and phones)
            if rule.standard == ON_PLASTIC and taken and photo_id.proven_by:
                yield rule
        elif photo_id.standard.startswith(rule.standard):
            yield rule


def _registry(pack: Pack, card: PatientCard, entry: RegistryEntry | None, on: date) -> Iterator[Concern]:
    if entry is None:
        yield concern(pack, "registry.unknown")
        return
    if entry.number != card.number:
        yield concern(pack, "registry.other_number")
    yield from _standing(pack, entry, on, "registry")
    if entry.status is RegistryStatus.ACTIVE and entry.role not in ("patient", "caregiver"):
        yield concern(pack, "registry.role")


def _standing(pack: Pack, entry: RegistryEntry, on: date, who: str) -> Iterator[Concern]:
    """``who`` is ``"registry"`` for the shown card and ``"patient"`` for the patient behind a caregiver."""
    if entry.status is not RegistryStatus.ACTIVE:
        yield concern(pack, f"{who}.{entry.status}")
        return
    if entry.expires is not None and entry.expires < on:
        yield concern(pack, f"{who}.{RegistryStatus.EXPIRED}")
    if entry.valid_from is not None and entry.valid_from > on:
        yield concern(pack, f"{who}.not_yet_valid", day=day(entry.valid_from))
    if entry.person is None:
        yield concern(pack, f"{who}.no_person")


def _same_person(pack: Pack, entry: RegistryEntry, photo_id: PhotoId | None) -> Iterator[Concern]:
    if entry.person is None or photo_id is None or photo_id.born is None:
        return
    shown = Person(
        family=photo_id.family,
        given=photo_id.given,
        middle=photo_id.middle,
        suffix=photo_id.suffix,
        born=photo_id.born,
    )
    verdict = compare(entry.person, shown, second_truncated=(photo_id.family_truncated, photo_id.given_truncated))
    if verdict.outcome == "match":
        return
    for reason in verdict.reasons or ("person.differs",):
        yield concern(pack, reason, settled_by=PERSON if verdict.outcome == "person" else "")


def _age(pack: Pack, entry: RegistryEntry, photo_id: PhotoId | None, on: date) -> Iterator[Concern]:
    """By the youngest birth date anybody names: two that differ are a concern of their own."""
    named = (
        None if photo_id is None else photo_id.born,
        None if entry.person is None else entry.person.born,
    )
    births = [born for born in named if born is not None]
    if not births:
        return
    years = age(max(births), on)
    for prefix, rule in _age_rules(pack):
        if entry.role == "caregiver":
            if years < rule.caregiver_minimum:
                yield concern(pack, f"{prefix}age.caregiver", years=rule.caregiver_minimum)
                return
        elif years < rule.minimum:
            kind = "minor" if rule.minors_by_caregiver else "under"
            yield concern(pack, f"{prefix}age.{kind}", years=rule.minimum)
            return


def _age_rules(pack: Pack) -> Iterator[tuple[str, AgeRule]]:
    """The law's, and the store's own that may be stricter: named first is whose rule it is."""
    yield "", pack.age
    if pack.store.age is not None:
        yield STORE, pack.store.age


def _caregiver(pack: Pack, entry: RegistryEntry, patient: RegistryEntry | None, on: date) -> Iterator[Concern]:
    if not entry.patients:
        yield concern(pack, "caregiver.nobody")
    elif patient is None:
        yield concern(pack, "patient.unknown")
    elif patient.number not in entry.patients:
        yield concern(pack, "caregiver.not_linked")
    elif patient.role != "patient":
        yield concern(pack, "patient.role")
    else:
        yield from _standing(pack, patient, on, "patient")
        yield from _recommended(patient, on)
        born = None if patient.person is None else patient.person.born
        for prefix, rule in _age_rules(pack):
            if not rule.minors_by_caregiver and born is not None and age(born, on) < rule.minimum:
                yield concern(pack, f"{prefix}age.under", years=rule.minimum)
                return


def _recommended(holder: RegistryEntry, on: date) -> Iterator[Concern]:
    if refusal := not_current(holder.recommendation, on):
        yield Concern(rule=refusal.rule, reason=refusal.reason, next_step=refusal.way_on, citation=refusal.citation)
