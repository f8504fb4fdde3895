"""What the law of purchases asks about a patient, and whether a rule concerns one."""

from datetime import date
from decimal import Decimal

from kiosk.model.base import Sealed
from kiosk.model.people import Recommendation, Waiver
from kiosk.rules.limits import Who

UNDER_AGE = 18
"""Who is not said to be a minor is at least so old; how old is not known."""


class Patient(Sealed, frozen=True, kw_only=True):
    """``age`` in full years on the day that is judged; None: only known to be a minor (fact ``"minor"``) or not.

    ``facts``: what is said to be true or false of them; what is not said is taken as the ordinary: a resident, of age,
    without exception. ``limits`` are the physician's amounts by pool key, in the pool's unit. ``in_person``: no
    caregiver buys for them now.
    """

    age: int | None = None
    facts: dict[str, bool] = {}
    visitor: bool = False
    certified_from: date | None = None
    certified_to: date | None = None
    recommendation_id: str | None = None
    limits: dict[str, Decimal] = {}
    waivers: tuple[Waiver, ...] = ()
    in_person: bool = True


def patient_of(recommendation: Recommendation | None, known: Patient | None) -> Patient:
    """``known`` is what is known of the person apart from the recommendation."""
    known = known or Patient()
    if recommendation is None:
        return known
    return Patient(
        age=known.age,
        facts=known.facts,
        visitor=known.visitor,
        in_person=known.in_person,
        certified_from=recommendation.valid_from,
        certified_to=recommendation.valid_to,
        recommendation_id=recommendation.recommendation_id,
        limits=recommendation.limits,
        waivers=recommendation.waivers,
    )


def concerns(who: Who, patient: Patient) -> bool | None:
    """Whether a rule for ``who`` concerns the patient; None: an age or a date that decides it is not known."""
    said = (
        who.visitor is None or who.visitor is patient.visitor,
        all(patient.facts.get(fact, False) for fact in who.facts),
        not any(patient.facts.get(fact, False) for fact in who.lacks),
        all(patient.facts.get(fact) is False for fact in who.denied),
        _aged(who, patient),
        _certified(who, patient),
    )
    if any(each is False for each in said):
        return False
    return None if None in said else True


def certified_days(patient: Patient) -> int | None:
    """Dates of the certification, first and last included."""
    if patient.certified_from is None or patient.certified_to is None:
        return None
    return (patient.certified_to - patient.certified_from).days + 1


def _aged(who: Who, patient: Patient) -> bool | None:
    if who.age_from is None and who.age_below is None:
        return True
    if patient.age is not None:
        lowest = highest = patient.age
    elif patient.facts.get("minor", False):
        lowest, highest = 0, UNDER_AGE - 1
    else:
        lowest, highest = UNDER_AGE, 200
    least, most = who.age_from or 0, 200 if who.age_below is None else who.age_below - 1
    if highest < least or lowest > most:
        return False
    return True if least <= lowest and highest <= most else None


def _certified(who: Who, patient: Patient) -> bool | None:
    if who.certified_days_from is None and who.certified_days_below is None:
        return True
    days = certified_days(patient)
    if days is None:
        return who.certified_days_below is None
    return (who.certified_days_from is None or days >= who.certified_days_from) and (
        who.certified_days_below is None or days < who.certified_days_below
    )
