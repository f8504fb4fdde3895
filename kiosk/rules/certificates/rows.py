"""One row against one limit, and against the laboratory's own word.

Raising an amount never turns a fail into anything milder: a row fails when all its possible amounts are over the limit,
passes when none is, and is unreadable in between.
"""

from fractions import Fraction
from functools import lru_cache

from kiosk.documents.certificates.results import LabWord, lab_word
from kiosk.documents.certificates.units import COUNT, MASS, PRESENCE, Unit, unit
from kiosk.model.certificates import AnalyteVerdict, LimitUsed, Printed, Verdict, worst
from kiosk.model.text import Text, text
from kiosk.rules.certificates.spans import Span, limit_of, span

Ruling = tuple[Verdict, Text]


def held_against(row: Printed, found: Span, limit: LimitUsed) -> Ruling:
    """The verdict of ``row`` under ``limit`` alone."""
    if found.kind == "untested":
        return "missing", text("It was not tested.")
    if found.kind == "said_fail":
        return "fail", text("The laboratory says it fails.")
    if limit.operator == "absent":
        return _absent(row, found)
    if found.fault:
        return "unreadable", found.fault
    if found.kind == "uncountable":
        return "fail", text("There is too much of it to count.")
    if limit.operator == "none_detected":
        return _none_detected(row, found, limit)
    return _amount(row, found, limit)


def _absent(row: Printed, found: Span) -> Ruling:
    """Not in one gram. Fewer than one colony a gram is none in a gram; fewer than ten may be some."""
    if found.kind in ("present", "uncountable"):
        return "fail", text("It was found, and none may be.")
    if found.fault:
        return "unreadable", found.fault
    if found.unit is not None and found.unit.dimension not in (COUNT, PRESENCE):
        return "unreadable", _wrong_unit(row, "CFU/g")
    if found.kind == "said_pass":
        return "pass", text("The laboratory found none in the sample.")
    if found.kind == "absent" or (found.kind == "not_detected" and found.high == 0):
        return "pass", text("It was not found.")
    if found.low > 0 or (found.kind == "above"):
        return "fail", text("It was found, and none may be.")
    if found.unit is None:
        return "unreadable", _wrong_unit(row, "CFU/g")
    if found.high is not None and (found.high == 0 or found.high < 1 or (found.high == 1 and found.open)):
        return "pass", text("It was not found.")
    return "unreadable", text("The method cannot show that there is none in 1 g.")


def _none_detected(row: Printed, found: Span, limit: LimitUsed) -> Ruling:
    if found.unit is not None and found.unit.dimension != MASS:
        return "unreadable", _wrong_unit(row, "ug/g")
    if found.nothing:
        return _unseen(row, found, limit)
    if found.kind in ("present", "below_loq", "above"):
        return "fail", text("It was detected, and none may be.")
    if found.kind == "said_pass":
        return "unreadable", text("The laboratory gives its word, but no value.")
    if found.low > 0 and (found.lod is None or found.low >= found.lod):
        return "fail", text("It was detected, and none may be.")
    if found.kind == "below" and found.lod is not None and found.high is not None and found.high <= found.lod:
        return _unseen(row, found, limit)
    return "unreadable", text("Whether it was detected cannot be told.")


def _unseen(row: Printed, found: Span, limit: LimitUsed) -> Ruling:
    """Nothing detected says only as much as the method can see."""
    if found.unit is None and found.needs_unit:
        return "unreadable", _wrong_unit(row, limit.unit)
    own = unit(limit.unit)
    if own is not None and limit.lod is not None:
        most = Fraction(limit.lod) * own.factor
        sees = detects(found)
        if sees is not None and sees > most and limit.lod_named:
            return "unreadable", text("The method cannot see as little as the limit of {limit}.", limit=_lod(limit))
        if sees is not None and sees > most:
            return "unreadable", text(
                "The law names no detection limit, and this method cannot even see {limit}, the least that it allows "
                "of any analyte of the panel.",
                limit=_lod(limit),
            )
        if sees is None and limit.lod_named:
            return "unreadable", text("The certificate does not state how little the method can see.")
    return "pass", text("It was not detected.")


def detects(found: Span) -> Fraction | None:
    """The least that the method can see: its detection limit, or a bound that is no lower; None: not stated."""
    return found.lod or found.loq or found.high or None


def _lod(limit: LimitUsed) -> str:
    return f"{limit.lod} {limit.unit}"


def _amount(row: Printed, found: Span, limit: LimitUsed) -> Ruling:
    own, most = _measure(limit)
    if own is None or most is None:
        return "no_limit", text("The rule pack has no limit for it.")
    if found.kind == "said_pass":
        if limit.inspected:
            return "pass", text("The laboratory found none in the sample.")
        return "unreadable", text("The laboratory gives its word, but no value.")
    if not _comparable(found, own):
        return "unreadable", _wrong_unit(row, limit.unit)
    if _over(found, most, limit.operator == "below"):
        return "fail", text("{result} is over the limit of {limit}.", result=_said(row), limit=_limit(limit))
    if _within(found, most, limit.operator == "below"):
        return "pass", text("{result} is within the limit of {limit}.", result=_said(row), limit=_limit(limit))
    if found.kind == "present":
        return "unreadable", text("It was found, but not how much.")
    if found.high is None:
        return "unreadable", text("{result} does not show how much there can be.", result=_said(row))
    return "unreadable", text("The method cannot see as little as the limit of {limit}.", limit=_limit(limit))


@lru_cache(maxsize=1024)
def _measure(limit: LimitUsed) -> tuple[Unit | None, Fraction | None]:
    """A limit's unit, and its amount in base units."""
    own = unit(limit.unit)
    return own, None if own is None or limit.amount is None else Fraction(limit.amount) * own.factor


def _comparable(found: Span, own: Unit) -> bool:
    if found.unit is None:
        return not found.needs_unit or own.dimension == "water activity"
    if own.dimension == COUNT and found.unit.dimension == PRESENCE:
        return found.nothing
    return found.unit.dimension == own.dimension


def _over(found: Span, most: Fraction, strict: bool) -> bool:
    above = found.kind == "above" and found.low >= most
    return above or found.low > most or (strict and found.low >= most and found.kind != "present")


def _within(found: Span, most: Fraction, strict: bool) -> bool:
    if found.high is None:
        return False
    return found.high < most or (found.high == most and (found.open or not strict))


def _wrong_unit(row: Printed, wanted: str) -> Text:
    return text("{result} has no unit that fits {wanted}.", result=_said(row), wanted=wanted)


def _said(row: Printed) -> str:
    return f"{row.result} {row.units}".strip()


def _limit(limit: LimitUsed) -> str:
    sign = "< " if limit.operator == "below" else ""
    return f"{sign}{limit.amount} {limit.unit}"


def judged(row: Printed, key: str, limit: LimitUsed, *, decides: bool = True) -> AnalyteVerdict:
    """The verdict of a row that has a limit, with the laboratory's word weighed in: the stricter wins."""
    found = span(row)
    verdict, reason = held_against(row, found, limit)
    return finished(row, key, found, verdict, reason, limit, decides=decides)


def finished(
    row: Printed,
    key: str,
    found: Span,
    verdict: Verdict,
    reason: Text,
    limit: LimitUsed | None,
    *,
    decides: bool = True,
) -> AnalyteVerdict:
    """Weighs in what the certificate itself prints beside the value: the lab's word and its action limit."""
    note = _no_bound(found, verdict) or (_differs(row, found, limit) if limit else None)
    printed = limit_of(row.printed_limit, found.unit)
    if (
        printed
        and verdict != "fail"
        and found.fault is None
        and (found.unit or not found.needs_unit)
        and found.low > printed
    ):
        verdict, reason = (
            "fail",
            text(
                "{result} is over the limit {limit} that the certificate prints.",
                result=_said(row),
                limit=row.printed_limit,
            ),
        )
    word = lab_word(row.lab_status)
    contradiction = _contradiction(word, verdict, row.lab_status)
    if word == "fail" and verdict != "fail":
        verdict, reason = "fail", text("The laboratory says it fails.")
    elif word == "untested" and verdict in ("pass", "no_limit"):
        verdict, reason = "missing", text("It was not tested.")
    elif word == "unknown":
        verdict = worst((verdict, "unreadable"))
        reason = (
            reason if verdict == "fail" else text("The laboratory's word {word} is not known.", word=row.lab_status)
        )
    return AnalyteVerdict(
        name=row.name,
        analyte=key,
        verdict=verdict,
        reason=reason,
        decides=decides and not row.informational,
        printed=row,
        limit=limit,
        contradiction=contradiction,
        note=note,
    )


def _contradiction(word: LabWord, verdict: Verdict, printed: str) -> Text | None:
    if (word == "pass" and verdict in ("fail", "unreadable", "missing")) or (word == "fail" and verdict == "pass"):
        return text("The laboratory says {word}; the rule says {verdict}.", word=printed, verdict=verdict)
    return None


def _no_bound(found: Span, verdict: Verdict) -> Text | None:
    if verdict == "pass" and found.kind == "not_detected" and not found.high:
        return text("The certificate does not state how little the method can see.")
    return None


def _differs(row: Printed, found: Span, limit: LimitUsed) -> Text | None:
    own, most = _measure(limit)
    printed = limit_of(row.printed_limit, found.unit)
    if printed is None or own is None or most is None or (found.unit and found.unit.dimension != own.dimension):
        return None
    if printed != most:
        return text("The certificate prints another limit: {limit}.", limit=row.printed_limit)
    return None
