"""Driver licences and ID cards: the AAMVA PDF417 payload, versions 00 to 11 (standards of 2000 to 2025).

The subfile directory is only a hint: issuers get offsets and lengths wrong. Elements are split at line ends; what is
certain is repaired and said, what is not certain is refused. A barcode states facts; it never proves that a card is
genuine: that is for the person who looks at it.
"""

import re
from collections.abc import Iterable
from datetime import date

from kiosk.model.documents import PhotoId, Unread
from kiosk.model.text import text

LONGEST = 3000
_HEADER = re.compile(rb"(?:ANSI |AAMVA)(\d{6})(\d{2})")
_SUBFILE = re.compile(rb"(?:DL|ID|EN)(?=D[A-Z]{2})")
_ELEMENT = re.compile(rb"D[A-Z]{2}")
_DIRECTORY = re.compile(rb"(?:DL|ID|EN)(\d{4})(\d{4})")
_OTHER_SUBFILE = re.compile(rb"Z[A-Z]Z[A-Z]{2}")
_ISSUERS = {
    "636033": "AL", "636059": "AK", "604427": "AS", "636026": "AZ", "636021": "AR", "636014": "CA", "636020": "CO",
    "636006": "CT", "636011": "DE", "636043": "DC", "636010": "FL", "636055": "GA", "636019": "GU", "636047": "HI",
    "636050": "ID", "636035": "IL", "636037": "IN", "636018": "IA", "636022": "KS", "636046": "KY", "636007": "LA",
    "636041": "ME", "636003": "MD", "636002": "MA", "636032": "MI", "636038": "MN", "636051": "MS", "636030": "MO",
    "636008": "MT", "636054": "NE", "636049": "NV", "636039": "NH", "636036": "NJ", "636009": "NM", "636001": "NY",
    "636004": "NC", "636034": "ND", "604430": "MP", "636023": "OH", "636058": "OK", "636029": "OR", "636025": "PA",
    "604431": "PR", "636052": "RI", "636005": "SC", "636042": "SD", "636053": "TN", "636015": "TX", "636062": "VI",
    "636040": "UT", "636024": "VT", "636000": "VA", "636045": "WA", "636061": "WV", "636031": "WI", "636060": "WY",
    "604432": "AB", "990876": "AB", "636028": "BC", "636048": "MB", "636017": "NB", "636016": "NL", "636013": "NS",
    "604433": "NU", "636012": "ON", "604426": "PE", "604428": "QC", "636044": "SK", "604429": "YT",
}  # fmt: skip
_CANADA = frozenset({"AB", "BC", "MB", "NB", "NL", "NS", "NU", "ON", "PE", "QC", "SK", "YT", "NT"})
_NOTHING = frozenset({"", "NONE", "UNAVL", "UNAVAIL"})


def looks_like(data: bytes) -> bool:
    """Whether this can only be a licence, sound or damaged."""
    return _HEADER.search(data[:64]) is not None or data[:12].lstrip().startswith((b"@", b"ANSI"))


def read(data: bytes) -> PhotoId | Unread:
    """The holder as the barcode states it, or why it is refused."""
    header = _HEADER.search(data[:64])
    if header is None or len(data) > LONGEST:
        return _no("licence_damaged")
    if len(_HEADER.findall(data)) > 1:
        return _no("licence_twice")
    elements, warnings = _elements(data, header.end())
    if elements is None:
        return _no("licence_damaged")
    if int(header[2]) >= 4 and "DDE" not in elements:
        warnings.append("elements_missing")
    if any(_controls(value) for values in elements.values() for value in values):
        return _no("licence_damaged")
    for name in ("DAQ", "DCS", "DBB"):
        if len(set(elements.get(name, ()))) > 1:
            return _no("licence_twice")
    first = {name: values[0] for name, values in elements.items()}
    return _holder(first, header[1].decode(), int(header[2]), warnings)


def _holder(first: dict[str, str], iin: str, version: int, warnings: list[str]) -> PhotoId | Unread:
    issuer = _ISSUERS.get(iin, "") or first.get("DAJ", "")
    family, given, middle, suffix = _name(first)
    number = first.get("DAQ", "")
    if not family or not given or not number or not re.fullmatch(r"[A-Z]{2}", issuer):
        return _no("licence_incomplete")
    canadian = first.get("DCG", "").startswith("CA") or issuer in _CANADA
    year_first = canadian or version <= 1
    return PhotoId(
        family=family,
        given=given,
        middle=middle,
        suffix=suffix,
        born=_date(first.get("DBB", ""), year_first=year_first),
        issued=_date(first.get("DBD", ""), year_first=year_first),
        expires=_date(first.get("DBA", ""), year_first=year_first),
        number=number,
        issuer=issuer,
        standard=f"AAMVA-{version:02d}",
        family_truncated=first.get("DDE") == "T",
        given_truncated=first.get("DDF") == "T",
        warnings=tuple(warnings),
    )


def _name(first: dict[str, str]) -> tuple[str, str, str, str]:
    """Family, given, middle, suffix in any of the four spellings of the standard's editions."""
    family = first.get("DCS") or first.get("DAB", "")
    given, middle = first.get("DAC", ""), first.get("DAD", "")
    suffix = first.get("DCU") or first.get("DAE", "")
    if not given and first.get("DCT"):
        given, _, rest = first["DCT"].replace(",", " ").partition(" ")
        middle = middle or rest.strip()
    if not family and first.get("DAA"):
        parts = [part.strip() for part in first["DAA"].split(",")]
        if len(parts) < 2:
            # One issuer writes "FIRST MIDDLE LAST": which part is which is a guess, and not made.
            return "", "", "", ""
        family, given, middle, suffix = ([*parts, "", ""])[:4]
        if not middle and " " in given:
            given, _, middle = given.partition(" ")
    return (family.rstrip(","), given, middle.replace(",", " ").strip(), suffix)


def _elements(data: bytes, after: int) -> tuple[dict[str, list[str]] | None, list[str]]:
    """Element name to its values in order. None: the payload cannot be split without guessing."""
    start = _SUBFILE.search(data, after)
    begin = start.end() if start else after
    if start is None:
        bare = _ELEMENT.search(data, after)
        if bare is None:
            return None, []
        begin = bare.start()
    body = data[begin:]
    if b"\n" not in body and b"\r" not in body:
        return None, []
    warnings = [] if start else ["subfile_without_type"]
    lines = [line for line in re.split(rb"[\r\n]+", body) if line]
    if not _as_long_as_declared(data, after, lines):
        warnings.append("directory_differs")
    found: dict[str, list[str]] = {}
    for line in lines:
        name, value = line[:3], line[3:]
        if name.startswith((b"DL", b"ID", b"EN")) and _ELEMENT.fullmatch(line[2:5]):
            name, value = line[2:5], line[5:]
        if not _ELEMENT.fullmatch(name) or name in (b"DBK", b"DBM"):
            continue  # jurisdiction data; and social security numbers of the first edition, dropped unread
        text_value = value.decode("latin-1").strip(" ")
        if re.fullmatch(r"\d{8}M", text_value):
            # A scanner that cannot type control characters glues the letter of Ctrl+M to the last element.
            text_value = text_value[:-1]
            warnings.append("carriage_return_typed")
        found.setdefault(name.decode(), []).append("" if text_value.upper() in _NOTHING else text_value)
    return found, warnings


def _as_long_as_declared(data: bytes, after: int, lines: list[bytes]) -> bool:
    """Whether the subfile is exactly as long as the directory says, however its line ends were translated.

    A lost or doubled line end glues two values together or tears one apart: the length is what gives it away. Issuers
    that miscount are known too, so a difference is not refused here: a person looks at the card.
    """
    directory = _DIRECTORY.search(data, after, after + 24)
    if directory is None:
        return False
    length = 2
    for line in lines:
        if _OTHER_SUBFILE.match(line):
            break
        if not _ELEMENT.match(line):
            return False
        length += len(line) + 1
    return length == int(directory[2])


def _date(value: str, *, year_first: bool) -> date | None:
    """MMDDCCYY in the United States since 2003, CCYYMMDD before and in Canada. Impossible one way: the other, if it is
    possible; else unknown."""
    if not re.fullmatch(r"\d{8}", value):
        return None
    orders: Iterable[bool] = (True, False) if year_first else (False, True)
    for first in orders:
        year, month, day = (value[:4], value[4:6], value[6:]) if first else (value[4:], value[:2], value[2:4])
        try:
            found = date(int(year), int(month), int(day))
        except ValueError:
            continue
        if 1890 <= found.year <= 2150:
            return found
    return None


def _controls(value: str) -> bool:
    return any(ord(char) < 0x20 or 0x7F <= ord(char) <= 0x9F for char in value)


_REASONS = {
    "licence_damaged": text("The ID could not be read. Hold the code flat and scan it again."),
    "licence_twice": text("Two IDs came in one scan. Scan one at a time."),
    "licence_incomplete": text("Parts of the ID are missing. Scan it again."),
}


def _no(key: str) -> Unread:
    return Unread(reason_key=key, reason=_REASONS[key], could_be=("photo_id",))
