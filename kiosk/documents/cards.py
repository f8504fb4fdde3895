"""State medical cards. There is no common standard: what a card's code looks like is the rule pack's business.

A card's number is an opaque key of the state's registry: taken whole or not at all, never corrected.
"""

import re
from datetime import date

from kiosk.model.base import Noun
from kiosk.model.documents import PatientCard


class CardFormats(Noun, frozen=True, kw_only=True):
    """How the card codes of one state may look, given by its rule pack.

    ``patterns`` are regular expressions for the whole code, upper case. A group ``number`` is the card number (the
    whole code where there is none), a group ``expires`` a date CCYYMMDD. A code that fits none of them is tried again
    without the characters of ``drop``, which stand in a number only for the eye.
    """

    state: str
    patterns: tuple[str, ...] = ()
    drop: str = " -"


def read_card(text: str, formats: CardFormats) -> PatientCard | None:
    code = text.upper()
    bare = code.translate({ord(character): None for character in formats.drop})
    for spelling in dict.fromkeys((code, bare)):
        for pattern in formats.patterns:
            found = re.fullmatch(pattern, spelling)
            if found is not None:
                return _card(found, formats.state)
    return None


def _card(found: re.Match[str], state: str) -> PatientCard | None:
    """None where the code holds a date and the date is none: then the code was not read right."""
    groups = found.groupdict()
    number, expires = groups.get("number") or found[0], groups.get("expires")
    if expires is None:
        return PatientCard(number=number, state=state)
    try:
        on = date(int(expires[:4]), int(expires[4:6]), int(expires[6:]))
    except ValueError:
        return None
    return PatientCard(number=number, state=state, expires=on)
