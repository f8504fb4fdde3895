"""Cards and licences of invented people, as a scanner would read them. Shares nothing with the decoder."""

from datetime import date

from kiosk.model.people import Person

IIN = {"FL": "636010", "IL": "636035", "OR": "636029", "GA": "636055"}


def patient_card(number: str) -> bytes:
    """The code on a state's medical card: its number."""
    return number.encode("ascii")


def licence(
    person: Person,
    *,
    number: str,
    issued: date,
    expires: date,
    state: str = "FL",
    version: int = 10,
    family_truncated: bool = False,
) -> bytes:
    """A sound AAMVA PDF417 payload with exact offsets and lengths, for versions 1 to 10."""

    def day(value: date) -> str:
        return value.strftime("%Y%m%d") if version == 1 else value.strftime("%m%d%Y")

    assert person.born is not None
    if version == 1:
        parts = [person.family, person.given, person.middle, person.suffix]
        elements = [("DAA", ",".join(parts).rstrip(","))]
    elif version <= 3:
        elements = [("DCS", person.family), ("DCT", ",".join(filter(None, [person.given, person.middle])))]
    else:
        elements = [
            ("DCS", person.family), ("DDE", "T" if family_truncated else "N"), ("DAC", person.given), ("DDF", "N"),
            ("DAD", person.middle or "NONE"), ("DDG", "N"),
        ]  # fmt: skip
    if person.suffix and version > 1:
        elements.append(("DCU", person.suffix))
    elements += [
        ("DAQ", number), ("DBD", day(issued)), ("DBB", day(person.born)), ("DBA", day(expires)), ("DBC", "9"),
        ("DAU", "067 in"), ("DAY", "GRN"), ("DAG", "12 NOWHERE LN"), ("DAI", "PLACETON"), ("DAJ", state),
        ("DAK", "000000000"), ("DCF", f"F{number}"), ("DCG", "USA"),
    ]  # fmt: skip
    body = "DL" + "\n".join(f"{name}{value}" for name, value in elements) + "\r"
    encoded = body.encode("latin-1", "replace")
    head = f"@\n\x1e\rANSI {IIN[state]}{version:02d}" + ("" if version == 1 else "00") + "01"
    offset = len(head) + 10
    return f"{head}DL{offset:04d}{len(encoded):04d}".encode() + encoded
