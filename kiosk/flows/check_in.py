"""PAT-1: a patient checks in. Two scans in either order, no touch, a neutral ticket.

Whatever is wrong looks the same here; the counter is told why (PAT-01, PAT-04, PAT-11).
"""

from collections.abc import Iterator
from typing import Literal

from kiosk.flows.requests import Ask, Chosen, Commit, Print, Scanned, Show, TimedOut
from kiosk.flows.sop import Flow, Sop
from kiosk.flows.steps import Choice, Documents, Ticketed
from kiosk.model.documents import PatientCard, PhoneCode, PhotoId, Unread
from kiosk.model.questions import CheckedIn, CheckIn
from kiosk.model.records import CheckInAbandoned
from kiosk.model.text import Text, text

SECOND_DOCUMENT = 25.0
"""Seconds to find the other document before the first one is forgotten."""

BLANK_AFTER = 2.0
"""Seconds from the last scan to the blank screen (PRV-03)."""

UNREADABLE_MAX = 3
"""So many codes that cannot be read, and a person helps."""

PHONE = 75.0
"""Seconds for a licence on a phone: a little more than the terminal's own patience, which says why none came."""

ASK_A_PERSON = Choice(key="person", label=text("Ask a person"), look="quiet")
HOLD_FLAT = text("Hold the code flat in front of the light.")


def check_in() -> Flow[None]:
    card: PatientCard | None = None
    photo_id: PhotoId | None = None
    phone: PhoneCode | None = None
    phone_refused = ""
    unreadable, person = 0, False
    said: Text | None = None
    while unreadable < UNREADABLE_MAX and not person and (card is None or photo_id is None):
        begun = card is not None or photo_id is not None or unreadable > 0
        answer = yield Show(
            step=_documents(card, photo_id, said) if phone is None else _phone(card),
            accepts=("patient_card", "photo_id", *(("phone",) if photo_id is None else ()), "bank_card", "unknown"),
            time_out=PHONE if phone is not None else SECOND_DOCUMENT if begun else None,
            sound="look" if said is not None else "match" if begun else "",
            phone=phone,
        )
        said = None
        match answer:
            case Scanned(document=PatientCard() as card):
                pass
            case Scanned(document=PhotoId() as photo_id):
                phone = None
            case Scanned(document=PhoneCode() as phone):
                pass
            case Scanned(document=Unread(could_be=("phone",)) as refused):
                phone, phone_refused, said = None, refused.reason_key, refused.reason
                unreadable += 1
            case Scanned():
                said = HOLD_FLAT
                unreadable += 1
            case Chosen(key="person"):
                person = True
            case TimedOut() if phone is not None:
                phone = None
            case _:
                yield Commit(fact=CheckInAbandoned(seen=_seen(card, photo_id), reason="time_out"), sop="PAT-1.1")
                return
    trouble = tuple(_trouble(unreadable, phone_refused if photo_id is None else "", person=person))
    answer = yield Ask(
        question=CheckIn(key="", card=card, photo_id=photo_id, trouble=trouble), sop="PAT-1.2", claims=True
    )
    if not isinstance(answer, CheckedIn):
        yield Commit(fact=CheckInAbandoned(seen="nothing", reason="no_answer"), sop="PAT-1.2")
        yield _ticketed(None)
        return
    yield Print(document=answer.ticket, sop="PAT-1.3")
    yield _ticketed(answer)


def _trouble(unreadable: int, phone_refused: str, *, person: bool) -> Iterator[str]:
    """What the counter is told of it; the patient is told where to go."""
    if person:
        yield "person.asked_for"
    if unreadable == UNREADABLE_MAX:
        yield "document.unreadable"
    if phone_refused:
        yield f"id.{phone_refused}"


def _seen(card: PatientCard | None, photo_id: PhotoId | None) -> Literal["patient_card", "photo_id", "nothing"]:
    if card is not None:
        return "patient_card"
    return "photo_id" if photo_id is not None else "nothing"


def _phone(card: PatientCard | None) -> Documents:
    return Documents(
        sop="PAT-1.1",
        title=text("Hold your phone here and agree on it"),
        hint=text("Or scan the card itself. Nothing is kept after your visit."),
        card=card is not None,
        phone=True,
        choices=(ASK_A_PERSON,),
    )


def _documents(card: PatientCard | None, photo_id: PhotoId | None, said: Text | None) -> Documents:
    match (card is not None, photo_id is not None):
        case (False, False):
            title = text("Scan your card and your photo ID")
        case (True, False):
            title = text("Now your photo ID")
        case _:
            title = text("Now your medical card")
    return Documents(
        sop="PAT-1.1",
        title=title,
        hint=said or text("Either one first."),
        card=card is not None,
        photo_id=photo_id is not None,
        choices=(ASK_A_PERSON,),
    )


def _ticketed(answer: CheckedIn | None) -> Show:
    admitted = answer is not None and answer.admitted
    return Show(
        step=Ticketed(
            sop="PAT-1.3",
            title=text("Take your ticket") if admitted else text("Go to the counter"),
            hint=text("We call this sign.") if admitted else text("A member of staff will help you."),
            ticket=answer.ticket if answer else None,
            admitted=admitted,
        ),
        time_out=BLANK_AFTER,
        from_last_scan=True,
        sound="match",
    )


CHECK_IN = Sop("PAT-1", 1, "Check-in", check_in)
