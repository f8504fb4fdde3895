"""What staff read about each concern: what is the matter, what to do next, and whether a person may settle it.

Nobody may settle what law or registry decide. The comparison of two people, and a decoder's doubts about a photo ID,
come with keys of their own; they are put into words by the field they speak of. Any other key is shown as it is, and
nobody may settle it: what is not understood is never passed.
"""

from typing import NamedTuple

from kiosk.model.orders import Concern
from kiosk.model.text import text
from kiosk.rules.law import Pack
from kiosk.rules.refusals import STORE, shown_as_it_is

PERSON = "person"
_POLICY = "Store policy: identity of the person who is served"


class _Words(NamedTuple):
    reason: str
    next_step: str
    settled_by: str = ""


_AGAIN = "Scan it again, or ask for another one."
_LOOK = "Read both documents by eye. Same person: say so. Not sure: refuse."
_PLASTIC = "Look at the ID itself. Sound and the same person: say so. Not sure: refuse."
_RENEW = "The patient renews the card with the state."
_ASK_STATE = "The patient asks the state's office. Nothing is sold today."

_TABLE: dict[str, _Words] = {
    "person.asked_for": _Words("The patient asks for a person.", "Go to the patient. All well: say so.", PERSON),
    "card.missing": _Words("No patient card was read.", "Ask for the card and check in again."),
    "card.unreadable": _Words("The patient card could not be read.", _AGAIN),
    "card.other_state": _Words("This card is from another state.", "Only this state's card is accepted."),
    "card.expired": _Words("The patient card expired on {day}.", _RENEW),
    "id.missing": _Words("No photo ID was read.", "Ask for the photo ID and check in again."),
    "id.unreadable": _Words(
        "The photo ID could not be read.",
        "Read it by eye: name, birth date and last day of validity. All fit: say so. Not sure: refuse.",
        PERSON,
    ),
    "id.not_accepted": _Words("This kind of photo ID is not accepted.", "Ask for one of these: {kinds}."),
    "id.expired": _Words("The photo ID expired on {day}.", "Ask for another photo ID that is valid."),
    "id.not_yet_valid": _Words("The photo ID is valid only from {day} on.", "Ask for another photo ID that is valid."),
    "id.no_expiry": _Words("The photo ID names no last day.", "Read the last day by eye. Still valid: say so.", PERSON),
    "id.no_birth_date": _Words("The photo ID names no birth date.", "Ask for another photo ID."),
    "directory.length": _Words(
        "The code of the photo ID is longer or shorter than it says.",
        "Compare name, birth date and number with the ID itself. All the same: say so. Not sure: refuse.",
        PERSON,
    ),
    "stripe.unproven": _Words(
        "A stripe does not show when a letter of it was read wrong.",
        "Compare name, birth date and number with the ID itself. All the same: say so. Not sure: refuse.",
        PERSON,
    ),
    "registry.unknown": _Words(
        "The state's registry did not answer.", "Ask it again. Nobody is served before it answers."
    ),
    "registry.not_found": _Words(
        "The state's registry does not know this card.", "Compare the number on the card. " + _ASK_STATE
    ),
    "registry.expired": _Words("The registration has expired.", _RENEW),
    "registry.suspended": _Words("The registration is suspended.", _ASK_STATE),
    "registry.revoked": _Words("The registration is revoked.", "Refuse. The state's office answers questions."),
    "registry.pending": _Words(
        "The registration is not decided yet.", "The patient comes back when the state has decided."
    ),
    "registry.deceased": _Words(
        "The registry says that this patient has died.", "Call the manager. The card is not used."
    ),
    "registry.not_yet_valid": _Words("The registration begins on {day}.", "The patient comes back on that day."),
    "registry.other_number": _Words(
        "The registry answered about another card.", "Scan the card again. Twice the same: call the manager."
    ),
    "registry.no_person": _Words("The registry names nobody for this card.", _ASK_STATE),
    "registry.role": _Words("The registry does not say patient or caregiver.", _ASK_STATE),
    "patient.unknown": _Words(
        "The registry did not answer about the patient.", "Ask it again. Nobody is served before it answers."
    ),
    "patient.not_found": _Words("The registry does not know the caregiver's patient.", _ASK_STATE),
    "patient.expired": _Words("The patient's registration has expired.", _RENEW),
    "patient.suspended": _Words("The patient's registration is suspended.", _ASK_STATE),
    "patient.revoked": _Words(
        "The patient's registration is revoked.", "Refuse. The state's office answers questions."
    ),
    "patient.pending": _Words(
        "The patient's registration is not decided yet.", "They come back when the state has decided."
    ),
    "patient.deceased": _Words(
        "The registry says that the patient has died.", "Call the manager. The card is not used."
    ),
    "patient.not_yet_valid": _Words("The patient's registration begins on {day}.", "They come back on that day."),
    "patient.no_person": _Words("The registry names nobody as the patient.", _ASK_STATE),
    "patient.role": _Words("The registry does not call the other person a patient.", _ASK_STATE),
    "caregiver.nobody": _Words("The registry links this caregiver to no patient.", _ASK_STATE),
    "caregiver.not_linked": _Words(
        "The registry does not link this caregiver to this patient.", "Refuse for this patient."
    ),
    "age.minor": _Words(
        "The patient is under {years}.", "A caregiver who is linked to the patient comes with card and ID."
    ),
    "age.under": _Words("The patient is under {years}.", "Refuse."),
    "age.caregiver": _Words(
        "The caregiver is under {years}.", "Another caregiver who is linked to the patient may come."
    ),
    "person.differs": _Words(
        "Photo ID and registry name different people.", "Refuse. Check that nobody swapped the cards."
    ),
}

_FIELDS: dict[str, str] = {
    "family": "The family names of ID and registry differ.",
    "given": "The given names of ID and registry differ.",
    "middle": "The middle names of ID and registry differ.",
    "suffix": "The name suffixes of ID and registry differ.",
    "born": "The birth dates of ID and registry differ.",
}


PHONE = "id.mobile_"
"""How the keys of a licence on a phone begin that was not taken."""

_PHONES: dict[str, str] = {
    "id.mobile_forged": "The licence on the phone does not carry its issuer's proof.",
    "id.mobile_other_phone": "The licence on the phone was made for another phone.",
    "id.mobile_outdated": "The licence on the phone is out of date.",
    "id.mobile_revoked": "The issuer has taken back the proof of the licence on the phone.",
    "id.mobile_untrusted": "This store does not know the issuer of the licence on the phone.",
}
_NOT_READ = "The licence on the phone could not be read."
_NEVER_THE_SCREEN = (
    "Do not go by what the phone shows. Read the card or passport itself by eye: name, birth date and last day of "
    "validity. All fit: say so. Not sure: refuse."
)


def concern(pack: Pack, rule: str, *, settled_by: str | None = None, **named: object) -> Concern:
    """The concern ``rule`` in words. ``settled_by`` overrules the table, for the comparison of two people."""
    known = rule.removeprefix(STORE)
    words = _TABLE.get(known) or _other(rule, settled_by)
    said = named if known in _TABLE else {"rule": rule, **named}
    reason = text(words.reason, **said)
    return Concern(
        rule=rule,
        reason=shown_as_it_is(reason, of_store=rule.startswith(STORE)),
        next_step=text(words.next_step, **said),
        citation=_citation(pack, rule),
        settled_by=words.settled_by if settled_by is None else settled_by,
    )


def doubt(pack: Pack, rule: str) -> Concern:
    """What a decoder found odd in a photo ID that it could read: a person looks at the plastic."""
    known = _TABLE.get(rule)
    return concern(pack, rule, settled_by=PERSON if known is None else known.settled_by)


def _other(rule: str, settled_by: str | None) -> _Words:
    if rule.startswith(PHONE):
        return _Words(_PHONES.get(rule, _NOT_READ), _NEVER_THE_SCREEN, PERSON)
    field = _FIELDS.get(rule.partition(".")[0])
    if field is not None:
        return _Words(field, _LOOK if settled_by == PERSON else "Refuse. The state's office corrects its registry.")
    if settled_by == PERSON:
        return _Words("The code of the photo ID is not as it should be: {rule}.", _PLASTIC)
    return _Words("This has to be looked at: {rule}.", "Call the manager.")


def _citation(pack: Pack, rule: str) -> str:
    own = pack.store
    if rule.startswith(STORE):
        rules = (own.age,) if rule.startswith(f"{STORE}age") else own.refused_ids
        return "; ".join(dict.fromkeys(each.citation for each in rules if each is not None)) or _POLICY
    match rule.partition(".")[0]:
        case "registry" | "patient" | "caregiver":
            return pack.outage.citation if rule.endswith(".unknown") else pack.figure.citation
        case "age":
            return pack.age.citation
        case "id":
            return pack.accepted_ids[0].citation
        case "card":
            return pack.card_rules[0].citation
        case _:
            return _POLICY
