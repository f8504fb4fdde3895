"""Magnetic stripes of the states' licences that still have them.

Source: AAMVA DL/ID Card Design Standard 2020, annex F. Track 1 holds the name, track 2 number and dates, track 3 is
read where it came. A swipe that lacks one of the first two is refused.

Readers keep the parity of each character to themselves, and most of them the check character behind each track (LRC,
ISO/IEC 7811-2) as well. Where it came and fits, the tracks are proven; where it does not fit, nobody is read. Where it
did not come, a letter that was read wrong changes the name and nothing shows it: ``stripe.unproven``, for a person.
"""

import calendar
import re
from datetime import date
from functools import partial, reduce
from operator import xor

from kiosk.documents.identified import Identified, Particulars
from kiosk.documents.issuers import Issuer, issuer
from kiosk.documents.names import SUFFIXES
from kiosk.model.documents import PhotoId

_SWIPE = re.compile(
    r"\s*%(?P<first>[^%;?\r\n]*)\?(?P<check>[^\r\n])??\s*;(?P<second>[^%;?\r\n]*)\?(?P<check2>[^\s+#!_%])?\s*"
    r"(?:[+#!_%][^?\r\n]{0,90}\??.?\s*)?"
)
"""All of it: a third track begins with another sign on each reader and may have been cut off; nothing else may come."""
_STRIPE = re.compile(rb"\s*(?:%[A-Z]|;[0-9A-Z]|[%;+][Ee]\?)")
_TRACK_2 = re.compile(r"(\d{6})(\d{1,13})=(\d{2})(\d{2})(\d{4})(\d{2})(\d{2})(\d{0,5})=?")
_CITY = re.compile(r"[A-Z][A-Z0-9 .,'/-]*")
_NAME = re.compile(r"[A-Z][A-Z '.-]*")
_TRACK_3 = re.compile(r"(?:[+#!_]|%(?=[0-9]))%?..([A-Z0-9 ]{11}).{16}([129MFX])([0-9]{3})[^%;?\r\n]*\?")
"""Versions (2), postal code (11), class (2), restrictions (10), endorsements (4), sex, height and more."""
_FIRST_YEAR = 1900
_FAILED = re.compile(rb"[%;+#][Ee]\?")


def is_stripe(data: bytes) -> bool:
    return _STRIPE.match(data) is not None and b"?" in data


def tracks(data: bytes) -> list[str]:
    """What stands between the sentinels of each track."""
    return re.findall(r"[%;+]([^%;+?]+)\?", data.decode("latin-1"))


def read(data: bytes) -> Identified | str:
    """The holder, or a reason key."""
    if not data.isascii() or _FAILED.search(data):
        return "stripe_unread"
    text = data.decode("ascii")
    if not re.sub("[\r\n]", "", text).isprintable():
        return "control_characters"
    if len(re.findall("%[A-Z]{2}", text)) > 1 or len(re.findall(r";\d{6}", text)) > 1:
        return "two_scans"
    swipe = _SWIPE.fullmatch(text)
    second = _TRACK_2.fullmatch(swipe["second"]) if swipe is not None else None
    by = issuer(second[1]) if second is not None else None
    if swipe is None or second is None or by is None:
        return "stripe_unread"
    first = swipe["first"]
    names = _names(first)
    number = _number(second[2] + second[8], by.stripe_letters)
    if names is None or number is None or first[:2] != by.jurisdiction or not _checks_fit(swipe):
        return "stripe_unread"
    born, expires = _dates(*second.groups()[2:7])
    family, given, middle, suffix = names
    warnings = []
    if born is None:
        warnings.append("dates.impossible")
    if not (swipe["check"] and swipe["check2"]):
        warnings.append("stripe.unproven")
    document = PhotoId(
        family=family,
        given=given,
        middle=middle,
        suffix=suffix,
        born=born,
        expires=expires,
        number=number,
        issuer=by.jurisdiction,
        standard="AAMVA-stripe",
        warnings=tuple(warnings),
    )
    return Identified(document, partial(_particulars, first, text, by, second[1]))


def _checks_fit(swipe: re.Match[str]) -> bool:
    """The check characters that came: the bits of all characters of a track, its sentinels among them, are even."""
    tracks = (f"%{swipe['first']}?", swipe["check"], 0x20), (f";{swipe['second']}?", swipe["check2"], 0x30)
    for content, check, base in tracks:
        if check and reduce(xor, (ord(char) - base for char in content)) != ord(check) - base:
            return False
    return True


def _particulars(track: str, swipe: str, by: Issuer, iin: str) -> Particulars:
    """Address and city of track 1; postal code, sex and height of track 3, where it was read."""
    city, after = _city(track)
    streets = [part.strip() for part in after.partition("^")[2].rstrip("^ ").split("$")]
    third = _TRACK_3.search(swipe)
    stated = {
        "street1": streets[0],
        "street2": " ".join(streets[1:2]),
        "city": city.strip(),
        "state": by.jurisdiction,
        "postal": third[1].strip() if third else "",
        "country": by.country,
        "sex": {"1": "M", "2": "F", "M": "M", "F": "F"}.get(third[2], "X") if third else "",
        "height": third[3] if third else "",
        "iin": iin,
    }
    return {name: value for name, value in stated.items() if value}


def _city(track: str) -> tuple[str, str]:
    """The city behind the state's two letters, and what follows: it fills 13 characters, or ends with ``^``."""
    city, mark, after = track[2:].partition("^")
    return (city, after) if mark and len(city) <= 13 else (track[2:15], track[15:])


def _names(track: str) -> tuple[str, str, str, str] | None:
    """Family, given, middle name and suffix.

    The name has 35 characters, or fewer with ``^``; its parts are parted by ``$``. An address has to follow it:
    without one an end mark was lost, and something else may be in the name.
    """
    city, after = _city(track)
    name, mark, address = after.partition("^")
    if _CITY.fullmatch(city) is None or not mark or len(name) > 35 or not address.strip("^$ "):
        return None  # a name that fills its field may be cut: the code on the back is better
    parts = [part.strip(" ,") for part in name.split("$")]  # British Columbia has a comma as well
    family, given, third = (*parts, "", "")[:3]
    if len(parts) > 3 or any(_NAME.fullmatch(part) is None for part in (family, given)):
        return None
    given, _, middle = given.partition(" ")
    if third in SUFFIXES or not third:
        return family, given, middle, third
    return (family, given, third, "") if _NAME.fullmatch(third) else None


def _number(digits: str, letters: int) -> str | None:
    """Letters are two digits each, A is 01."""
    found = ""
    for n in range(letters):
        code = int(digits[2 * n : 2 * n + 2] or 0)
        if not 1 <= code <= 26:
            return None
        found += chr(ord("A") + code - 1)
    return found + digits[2 * letters :]


def _dates(yy: str, mm: str, year: str, month: str, day: str) -> tuple[date | None, date | None]:
    """Birth and expiry. Month 77: never; 88: end of the birth month a year later; 99: on the birthday."""
    try:
        if int(year) < _FIRST_YEAR:
            return None, None
        # some cards carry the 99 in the birth date as well; then the month stands with the expiry
        born = date(int(year), int(mm if month == "99" else month), int(day))
        ends = 2000 + int(yy)
        if mm == "77":
            return born, None
        if mm == "88":
            ends, last_month = ends + 1, born.month
        elif mm == "99":
            # born on 29 February: valid through the last of the month in common years
            return born, date(ends, born.month, min(born.day, calendar.monthrange(ends, born.month)[1]))
        else:
            last_month = int(mm)
        return born, date(ends, last_month, calendar.monthrange(ends, last_month)[1])
    except ValueError:
        return None, None
