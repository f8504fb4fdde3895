"""Cards and licences of invented people, as a scanner would read them. Shares nothing with the decoder.

Written from the element tables and the frame of the AAMVA DL/ID Card Design Standard, annex D, editions 2000 to 2020.
"""

from collections.abc import Mapping
from datetime import date

from kiosk.model.people import Person

IIN = {
    "FL": "636010", "IL": "636035", "OR": "636029", "GA": "636055", "CT": "636006", "PA": "636025", "ON": "636012",
}  # fmt: skip
CANADIAN = frozenset({"ON"})


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
    changed: Mapping[str, str | None] | None = None,
    own: str = "",
) -> bytes:
    """A sound AAMVA PDF417 payload with exact offsets and lengths, for versions 1 to 10.

    ``changed`` gives elements another value, adds them, or leaves them out (None). ``own`` is the content of the
    jurisdiction's own subfile, such as ``"ZFAfiction"``; without it there is none. Letters are ISO 8859-1.
    """
    elements = {**_names(person, version, family_truncated), **_facts(person, number, issued, expires, state, version)}
    for name, value in (changed or {}).items():
        if value is None:
            elements.pop(name, None)
        else:
            elements[name] = value
    bodies = ["DL" + "\n".join(f"{name}{value}" for name, value in elements.items()) + "\r"]
    if own:
        bodies.append(f"Z{state[0]}{own}\r")
    head = f"@\n\x1e\rANSI {IIN[state]}{version:02d}" + ("" if version == 1 else "00") + f"{len(bodies):02d}"
    offset = len(head) + 10 * len(bodies)
    directory = ""
    for body in bodies:
        directory += f"{body[:2]}{offset:04d}{len(body):04d}"
        offset += len(body)
    return (head + directory + "".join(bodies)).encode("latin-1", "replace")


def _names(person: Person, version: int, family_truncated: bool) -> dict[str, str]:
    """2000: one element for all names. 2003 and 2005: given names together. From 2009 on: each with its own flag."""
    if version == 1:
        return {"DAA": ",".join([person.family, person.given, person.middle, person.suffix]).rstrip(",")}
    suffix = {"DCU": person.suffix} if person.suffix else {}
    if version <= 3:
        given = ",".join(filter(None, [person.given, person.middle]))
        return {"DCS": person.family, "DCT": given, **suffix}
    flags = {"DDE": "T" if family_truncated else "N", "DDF": "N", "DDG": "N"}
    return {"DCS": person.family, "DAC": person.given, "DAD": person.middle or "NONE", **flags, **suffix}


def _facts(person: Person, number: str, issued: date, expires: date, state: str, version: int) -> dict[str, str]:
    year_first = version == 1 or state in CANADIAN

    def day(value: date | None) -> str:
        if value is None:
            return "NONE"
        return value.strftime("%Y%m%d") if year_first else value.strftime("%m%d%Y")

    return {
        "DAQ": number, "DBD": day(issued), "DBB": day(person.born), "DBA": day(expires), "DBC": "9",
        "DAU": "067 in", "DAY": "GRN", "DAG": "12 NOWHERE LN", "DAI": "PLACETON", "DAJ": state,
        "DAK": "000000000", "DCF": f"F{number}", "DCG": "CAN" if state in CANADIAN else "USA",
    }  # fmt: skip
