"""Sums that cannot be: totals that are not the sum of their parts, shares over the whole, loads over their limit.

Total THC = Δ9-THC + 0.877 × THCA, and CBD likewise (0.877 = 314.469/358.478, the share of the acid that stays when it
loses its carboxyl group). Rounding of the printed figures and 0.5 % of the value are allowed for.
"""

from collections.abc import Iterator, Mapping
from decimal import Decimal
from fractions import Fraction

from kiosk.documents.certificates import analytes
from kiosk.documents.certificates.units import MASS, unit
from kiosk.model.certificates import CheckVerdict, Printed
from kiosk.model.text import text
from kiosk.rules.certificates.limits import CertificatePack
from kiosk.rules.certificates.panels import Sheet
from kiosk.rules.certificates.spans import Span, span
from kiosk.rules.words import plain

ACID = Fraction(877, 1000)
_ROUNDING = Fraction(5, 1000)
_WHOLE = Fraction(1_000_000)
"""µg in a gram."""
_TOTALS = (("total_thc", "thc", "thca", "delta_8_thc"), ("total_cbd", "cbd", "cbda", ""))


def sum_checks(sheets: Mapping[str, Sheet], pack: CertificatePack) -> Iterator[CheckVerdict]:
    """One for every sum that cannot be; one that passes where all can."""
    wrong = [*_totals(sheets), *_groups(sheets), *_shares(sheets)]
    yield from wrong or [CheckVerdict(check="sums", verdict="pass", reason=text("The sums come out."))]
    yield from _loads(sheets, pack)


def figure(rows: list[Printed], dimension: str = MASS) -> tuple[Span, Printed] | None:
    """The first of ``rows`` that is an amount, or nothing found, of this dimension."""
    for row in rows:
        found = span(row)
        if found.fault or found.high is None or (found.unit is not None and found.unit.dimension != dimension):
            continue
        if found.kind in ("measured", "below", "below_loq", "not_detected", "absent") and (
            found.unit or not found.needs_unit
        ):
            return found, row
    return None


def total(sheet: Sheet | None, key: str) -> Fraction | None:
    """A total in µg/g: as printed, or from its neutral form and its acid. None: not on the certificate."""
    rows = sheet.rows if sheet else {}
    if (printed := figure(rows.get(key, []))) and printed[0].kind == "measured":
        return printed[0].low
    for whole, neutral, acid, _ in _TOTALS:
        if whole == key and (one := figure(rows.get(neutral, []))) and (other := figure(rows.get(acid, []))):
            return one[0].low + ACID * other[0].low
    return None


def _totals(sheets: Mapping[str, Sheet]) -> Iterator[CheckVerdict]:
    rows = sheets["cannabinoids"].rows if "cannabinoids" in sheets else {}
    water = figure(sheets["moisture"].rows.get("moisture", [])) if "moisture" in sheets else None
    dry = 1 - water[0].low / _WHOLE if water and 0 < water[0].low < _WHOLE else Fraction(1)
    for whole, neutral, acid, other in _TOTALS:
        printed, one, two = (figure(rows.get(key, [])) for key in (whole, neutral, acid))
        if not (printed and one and two) or printed[0].kind != "measured":
            continue
        beside = figure(rows.get(other, []))
        low = one[0].low + ACID * two[0].low
        high = sum((each[0].high or Fraction(0) for each in (one, beside) if each), Fraction(0)) + (
            ACID + Fraction(1, 1000)
        ) * (two[0].high or 0)
        slack = _ROUNDING * max(low, printed[0].low) + sum(_step(each) for each in (printed, one, two))
        if not any(low / share - slack <= printed[0].low <= high / share + slack for share in (Fraction(1), dry)):
            yield CheckVerdict(
                check="sums",
                verdict="unreadable",
                reason=text(
                    "{total} is printed as {printed}; its parts come to {sum} %.",
                    total=printed[1].name,
                    printed=f"{printed[1].result} {printed[1].units}".strip(),
                    sum=_percent(low),
                ),
            )


def _groups(sheets: Mapping[str, Sheet]) -> Iterator[CheckVerdict]:
    """A total below what its parts come to."""
    table = analytes.table()
    for sheet in sheets.values():
        for key in sheet.rows:
            group = table.groups.get(key)
            if group is None or not group.summed:
                continue
            printed = next((span(row) for row in sheet.rows[key]), None)
            if printed is None or printed.fault or printed.high is None or not printed.unit:
                continue
            parts = [
                each for part in group.members if (each := figure(sheet.rows.get(part, []), printed.unit.dimension))
            ]
            low = sum((each[0].low for each in parts), Fraction(0))
            slack = _ROUNDING * low + sum(map(_step, parts)) + _step((printed, sheet.rows[key][0]))
            if low > printed.high + slack:
                yield CheckVerdict(
                    check="sums",
                    verdict="unreadable",
                    reason=text("{total} is less than its parts come to.", total=sheet.rows[key][0].name),
                )


def _shares(sheets: Mapping[str, Sheet]) -> Iterator[CheckVerdict]:
    """No part is more than the whole, nor are all cannabinoids and terpenes and the water together."""
    together = Fraction(0)
    for panel, sheet in sheets.items():
        for key, rows in sheet.rows.items():
            if panel in ("foreign_matter", "homogeneity") or not (found := figure(rows)):
                continue
            if found[0].low > _WHOLE:
                yield CheckVerdict(
                    check="sums",
                    verdict="unreadable",
                    reason=text("{name} is more than all of it.", name=found[1].name),
                )
            if panel in ("cannabinoids", "moisture") and not key.startswith("total_"):
                together += found[0].low
    if together > _WHOLE * Fraction(102, 100):
        yield CheckVerdict(
            check="sums",
            verdict="unreadable",
            reason=text("Its parts come to {sum} % of the whole.", sum=_percent(together)),
        )


def _loads(sheets: Mapping[str, Sheet], pack: CertificatePack) -> Iterator[CheckVerdict]:
    """What is above the quantitation limit adds up, though each is below its own limit."""
    table = analytes.table()
    for load in pack.loads:
        own = unit(load.unit)
        found = Fraction(0)
        for panel in load.panels:
            for key, rows in sheets[panel].rows.items() if panel in sheets else ():
                held = set(table.holders.get(key, ())) & sheets[panel].rows.keys()
                one = figure(rows) if own and not held and not key.endswith(("_load", "_metals")) else None
                if one and (one[0].loq is None or one[0].low >= one[0].loq):
                    found += one[0].low
        over = own is not None and found > Fraction(load.max) * own.factor
        said = {"sum": _amount(found), "limit": f"{load.max} {load.unit}", "panels": ", ".join(load.panels)}
        yield CheckVerdict(
            check="load",
            verdict="fail" if over else "pass",
            reason=text("All of {panels} together come to {sum} ppm; the limit is {limit}.", **said),
            citation=load.citation,
        )


def _step(found: tuple[Span, Printed]) -> Fraction:
    """One unit of the last printed digit of a measured amount."""
    if found[0].kind != "measured":
        return Fraction(0)
    _, _, decimals = "".join(each for each in found[1].result if each.isdigit() or each == ".").partition(".")
    factor = found[0].unit.factor if found[0].unit else Fraction(1)
    return factor / Fraction(10 ** min(len(decimals), 30))


def _percent(amount: Fraction) -> str:
    return _amount(amount / 10_000)


def _amount(amount: Fraction) -> str:
    return plain(Decimal(round(amount * 10_000)) / 10_000)
