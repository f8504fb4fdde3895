"""Payment cards, recognised so that nothing of them is kept: swiped, typed, printed or cut, with or without sentinels.

Source: ISO/IEC 7812 (numbers and their check digit), ISO/IEC 7813 and 4909 (tracks). A number counts by its issuer's
prefix and check digit. Where the outline can only be that of a card, a badly read number counts as well.
"""

import re
from collections.abc import Iterator

from kiosk.documents.issuers import SAMPLES, issuer

_PREFIX = re.compile(
    "4|5[1-5]|222[1-9]|22[3-9]|2[3-6]|27[01]|2720|3[47]|30[0-5]|3[689]|352[89]|35[3-8]|6011|62|64[4-9]|65"
)
"""Visa, Mastercard, American Express, Diners, JCB, Discover, UnionPay. BioTrack's own numbers often begin 603."""
_DIGITS = re.compile("[0-9]{13,19}")
_GROUPS = re.compile("[0-9]+(?:[ -][0-9]+)*")
_OUTLINE = re.compile(r"%[Bb][0-9][0-9 -]{11}|(?:^|\?)[ \t]{0,8}[Bb][0-9 -]{12,26}\^", re.MULTILINE)
_TRACK_2 = re.compile(r"(?:;|^[^0-9A-Za-z]{0,3})([0-9]{12,19})=|\A;([0-9]{6,19})\Z", re.MULTILINE)
"""Whole as far as its separator, or cut in its number."""
_STARTS = re.compile(
    r"^[^0-9A-Za-z]{0,4}[Bb]?(?=[0-9])"  # alone, or behind something that is neither digit nor letter
    r"|[%;+!#_][Bb]?(?=[0-9])"  # behind a start sentinel, and on track 3 behind two digits more
    r"|^.{1,3}?(?=[0-9][0-9 -]{12,25}[=^])",  # behind a check character of the track before
    re.MULTILINE,
)
_GOES_ON = re.compile(r"[^0-9A-Za-z]|[Dd][0-9]{4}|$")
"""What may follow a card's number: a separator (``D`` on a chip), an end sentinel, or nothing."""
_LATE = re.compile("[%;+!#]0[0-9]")


def is_number(text: str) -> bool:
    """13 to 19 digits that a payment card may bear; other things may bear them as well."""
    return _DIGITS.fullmatch(text) is not None and _PREFIX.match(text) is not None and _checks(text)


def is_bank_card(data: bytes) -> bool:
    """Can only be a payment card. Bare digits alone are no such thing: see :func:`is_number`."""
    text = data.decode("latin-1").replace("\r", "\n").strip("\x00\x02\x03\x7f \t\n")
    if _OUTLINE.search(text) or any(not _of_a_licence(found[1] or found[2]) for found in _TRACK_2.finditer(text)):
        return True
    return _DIGITS.fullmatch(text) is None and any(_number_at(text, start) for start in _starts(text))


def _starts(text: str) -> Iterator[int]:
    """Where a number may begin; on track 3 two digits of its format come first."""
    for found in _STARTS.finditer(text):
        yield found.end()
        if late := _LATE.match(text, found.start()):
            yield late.end()


def _number_at(text: str, start: int) -> bool:
    run = _GROUPS.match(text, start)
    ends = [start + group.end() for group in re.finditer("[0-9]+", run[0])] if run is not None else []
    return any(is_number(re.sub("[ -]", "", text[start:end])) and _GOES_ON.match(text, end) for end in ends)


def _of_a_licence(digits: str) -> bool:
    return digits[:6] in SAMPLES or issuer(digits[:6]) is not None


def _checks(digits: str) -> bool:
    """The check digit of ISO/IEC 7812 (Luhn): every second digit from the right is doubled, nines cast out."""
    return sum(int(d) if n % 2 == 0 else (2 * int(d) - 9 * (d > "4")) for n, d in enumerate(digits[::-1])) % 10 == 0
