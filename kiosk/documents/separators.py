"""Licences whose line feeds all went missing, as some keyboards swallow them: put back where only one way fits.

Two things have to agree. The directory tells the licence's length on the card, hence how many separators were lost,
hence how many elements there are. And there must be exactly one way to cut the text into that many elements, each with
an identifier of the standard and a value of its form, with no further identifier hidden in a value, not even one that a
character was put into. A character lost besides makes the count wrong.
"""

import re
from collections.abc import Iterator
from itertools import pairwise
from typing import NamedTuple

from kiosk.documents.licence import fits

_OLD = re.compile(r"(?=(D(?:A[A-Z]|B[A-S]|C[A-U]|D[A-P])))")
_IDENTIFIER = re.compile(r"(?=(D(?:A[ABCDGHIJKQUWXYZ]|B[ABCDGNS]|C[A-U]|D[A-P])))")
"""What elements are called from 2003 on; the edition of 2000 had names besides."""
_NEAR = re.compile(r"(?=D.([A-D])([A-Z]))"), re.compile(r"(?=D([A-D]).([A-Z]))")
_ALWAYS = frozenset({"DAQ", "DBA", "DBB", "DBC", "DBD", "DAG", "DAI", "DAJ", "DAK"})
"""What every edition demands: where one is missing, its identifier was damaged."""
_DIGITS_FIRST = frozenset({"DAU", "DAV", "DAW", "DAX", "DBA", "DBB", "DBD"})
_NEEDED = {**dict.fromkeys(("DAM", "DAN", "DAO", "DAP"), "DAL"), **dict.fromkeys(("DAC", "DAD", "DAE", "DAF"), "DAB")}
"""Of the edition of 2000: a residence begins with its street, and the parts of a name with the family name."""
_MOST_IDENTIFIERS = 90
_LONGEST_VALUE = 60


class _Cut(NamedTuple):
    """The best way to cut from one identifier on: elements, in how many ways (2: several), where the next one is."""

    elements: int
    ways: int
    following: int


def restored(subfile: str, length: int, version: str) -> str | None:
    """``subfile`` with its letters, without line feeds and CR; ``length`` is the directory's. None: not certain."""
    identifier = _OLD if version <= "01" else _IDENTIFIER
    text = subfile[2:]
    count = length - len(subfile)
    old = identifier is _OLD
    found = [one.start() for one in identifier.finditer(text)]
    places = [place for place in found if not _in_a_word(text, place, old=old)]
    if not places or places[0] != 0 or not 1 < count <= len(places) <= _MOST_IDENTIFIERS:
        return None
    cuts: dict[int, _Cut] = {}
    for n in range(len(places) - 1, -1, -1):
        if (cut := _best(text, places, n, cuts)) is not None:
            cuts[places[n]] = cut
    if 0 not in cuts or (cuts[0].elements, cuts[0].ways) != (count, 1):
        return None
    used = [0]
    while (following := cuts[used[-1]].following) < len(text):
        used.append(following)
    if any(all(abs(place - one) > 2 for one in used) for place in places):
        return None  # an identifier inside a value: of a name that looks like one, or of a neighbour that was damaged
    lines = [text[start:end] for start, end in pairwise([*used, len(text)])]
    keys = {line[:3] for line in lines}
    near = {key for line in lines for key in _nearly(line[3:], identifier)}
    if any(key not in keys and not (old and _stands_alone(key, text)) for key in near):
        return None
    return "\n".join(lines) if len(keys) == count and keys >= _ALWAYS and keys & {"DAA", "DCS"} else None


def _in_a_word(text: str, at: int, *, old: bool) -> bool:
    """Is this certainly no identifier but a part of a name, as in DAVID, JORDAN, SANDBACH?

    Where one was damaged that a digit should follow, the name before it holds digits now, and does not fit.
    """
    key, following = text[at : at + 3], text[at + 3 : at + 7]
    if key in _DIGITS_FIRST and following[:1].isalpha() and following.upper() != "NONE":
        return True
    return old and _stands_alone(key, text)


def _stands_alone(key: str, text: str) -> bool:
    return _NEEDED.get(key, "") not in text


def _nearly(value: str, identifier: re.Pattern[str]) -> Iterator[str]:
    """Identifiers into which a character was put, as one sees by leaving it out again."""
    for near in _NEAR:
        for found in near.finditer(value):
            if identifier.match(key := "D" + found[1] + found[2]):
                yield key


def _best(text: str, places: list[int], n: int, cuts: dict[int, _Cut]) -> _Cut | None:
    """Of all values the element at ``places[n]`` may have, the one after which most elements follow."""
    start, best = places[n], None
    key = text[start : start + 3]
    ends = [place for place in places[n + 1 :] if start + 3 <= place <= start + 3 + _LONGEST_VALUE and place in cuts]
    if len(text) - start - 3 <= _LONGEST_VALUE:
        ends.append(len(text))
    for end in ends:
        if not fits(key, text[start + 3 : end]):
            continue
        after = cuts[end] if end < len(text) else _Cut(0, 1, end)
        if best is None or after.elements + 1 > best.elements:
            best = _Cut(after.elements + 1, after.ways, end)
        elif after.elements + 1 == best.elements:
            best = _Cut(best.elements, 2, end)
    return best
