"""A licence whose directory does not fit what was read: is it whole all the same?

Many issuers count wrong, and programs that rewrite line ends change every length: the standard's own printed examples
do not add up. So where LF and CR are no longer told apart, or the directory is wrong about the beginning already, a
licence's own subfile may also be known as whole by how it is closed and by what it holds. Of a letter that went missing
inside a value this says nothing; hence the warning ``directory.length``, on which a person compares name, birth date
and number with the plastic. A scan that nothing rewrote keeps its length, or was damaged.
"""

import re

from kiosk.documents.subfiles import is_own

_CUT = 12
"""Characters by which a licence that nothing follows may be short or long. More were cut off, or are another code's."""
_OWN = re.compile(r"^Z[A-Z]", re.MULTILINE)
_TYPED = re.compile(r"M(?=\Z|Z[A-Z]Z[A-Z][A-Z0-9])")
"""A carriage return that came as a letter, at the end of a subfile."""
_STUCK = re.compile(r"^D(?:AA|AB|AC|AD|AQ|CS|CT|AG|AI).*([A-Za-z])\1{3}", re.MULTILINE)
_RUN_ON = re.compile(r"^DAQ.*[0-9 ]D[A-D][A-Z]", re.MULTILINE)
"""A number that the next element's name has got into."""
_BEGUN = re.compile("D(?:[A-Z](?:[A-Z].*)?)?")
_DATES = re.compile(r"(?=[\s\S]*^DBB *[0-9]{8} *$)(?=[\s\S]*^DBA *[0-9]{8} *$)", re.MULTILINE)
_BEGINS = re.compile(r"(?:(?:DL|ID|EN)\n?)?(?=D[A-Z]{2})")
_WHOLE = (
    *(("DBA",), ("DBB",), ("DBC",), ("DBD",), ("DAQ",), ("DAU", "DAV")),
    *(("DAG", "DAL"), ("DAI", "DAN"), ("DAJ", "DAO"), ("DAK", "DAP")),
)
"""What every edition prints."""


def closed(
    text: str, terminator: str, length: int, follower: bool, padding: str, *, rewritten: bool, misplaced: bool
) -> str | None:
    """The elements of the licence's own subfile, a line each; None where it may have been cut or damaged.

    ``text`` is all behind the directory, lines ending with LF; ``length`` what the directory says of the licence's own
    subfile; ``follower`` whether the directory names an issuer's own subfile behind it; ``rewritten`` whether LF and CR
    are no longer told apart; ``misplaced`` whether the directory is wrong already about where that subfile begins.
    """
    begins = _BEGINS.match(text)
    if begins is None:
        return None
    rewritten = rewritten or (follower and _OWN.search(text.partition("\r")[0]) is not None)
    if not rewritten:
        whole, mark, rest = text.partition("\r")
        if not mark or not misplaced or follower != (_OWN.match(rest) is not None):
            return None
        if not is_own(rest, padding):
            return None
    else:
        if terminator == "M":
            text = _TYPED.sub("\n", text)
        own = _OWN.search(text) if follower else None
        if own is not None and not is_own(text[own.start() :], padding):
            return None
        whole = text[: own.start()] if own else text.rstrip(padding)
        if own is None and len(whole) == len(text) and abs(length - len(text)) > _CUT:
            return None
        if own is None and not whole.endswith("\n"):
            whole, _, begun = whole.rpartition("\n")  # the last element counts only if its own end was read
            if _BEGUN.fullmatch(begun) is None:
                return None
    lines = whole[begins.end() :].strip("\n")
    if _STUCK.search(lines) or _RUN_ON.search(lines) or not _DATES.match(lines) or not _complete(lines):
        return None
    return lines


def _complete(lines: str) -> bool:
    there = {line[:3] for line in lines.split("\n")}
    return all(there.intersection(either) for either in _WHOLE)
