"""Panels: which the law wants, what stands in for what, and the verdict of each."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from fractions import Fraction

import msgspec

from kiosk.documents.certificates import analytes
from kiosk.documents.certificates.analytes import Group
from kiosk.documents.certificates.results import lab_word
from kiosk.documents.certificates.units import unit
from kiosk.model.certificates import (
    SEVERITY,
    AnalyteVerdict,
    Certificate,
    LimitUsed,
    PanelVerdict,
    Printed,
    Verdict,
    worst,
)
from kiosk.model.text import Text, text
from kiosk.rules.certificates.limits import CertificatePack, LimitTable
from kiosk.rules.certificates.rows import finished, held_against, judged
from kiosk.rules.certificates.spans import Span, span

REPORTED = ("cannabinoids", "terpenes")
"""What the product is, not what contaminates it: reported, never limited here."""
_POTENCY = frozenset({"total_thc", "total_cbd", "thc", "thca", "cbd", "cbda"})
UNNAMED = "other"
_NEVER_NOTHING = frozenset({"moisture", "water_activity"})
"""No goods are without any: who finds none has not measured."""


@dataclass(slots=True)
class Sheet:
    """One panel of a certificate: its rows by analyte, and the laboratory's words for the whole."""

    rows: defaultdict[str, list[Printed]] = field(default_factory=lambda: defaultdict(list))
    unknown: list[Printed] = field(default_factory=list)
    lab_words: list[str] = field(default_factory=list)

    @property
    def named(self) -> bool:
        return bool(self.rows or self.unknown)

    def deciding(self, key: str) -> list[Printed]:
        """The rows of ``key`` that count: informational ones never do."""
        return [row for row in self.rows.get(key, ()) if not row.informational]

    def shows_all(self, keys: Iterable[str]) -> bool:
        return all(self.deciding(key) for key in keys)


def sheets(certificate: Certificate) -> dict[str, Sheet]:
    """The rows sorted by the analyte's own panel; a name we do not know stays in the panel it was printed in."""
    found: defaultdict[str, Sheet] = defaultdict(Sheet)
    panels = analytes.table().panels
    for printed in certificate.panels:
        own = analytes.panel(printed.name)
        if printed.lab_status and (own or printed.name):
            found[own or UNNAMED].lab_words.append(printed.lab_status)
        for row in printed.rows:
            key = analytes.analyte(row.name, own)
            if key is None:
                found[own or UNNAMED].unknown.append(row)
            else:
                found[panels[key]].rows[key].append(row)
    return dict(found)


def stricter(one: tuple[PanelVerdict, ...], other: tuple[PanelVerdict, ...]) -> tuple[PanelVerdict, ...]:
    """The panels of both, each as the stricter of the two saw it."""
    found = {each.panel: each for each in one}
    for each in other:
        found[each.panel] = max(found.get(each.panel, each), each, key=_gravity)
    return tuple(found.values())


def decides(panel: PanelVerdict) -> bool:
    """It counts for the certificate: the law wants it, or may, or it is there and does not pass."""
    return panel.required is not False or panel.verdict in ("fail", "unreadable")


def _gravity(panel: PanelVerdict) -> tuple[bool, int]:
    return decides(panel), SEVERITY.index(panel.verdict)


def judge_panels(certificate: Certificate, pack: CertificatePack, product_type: str) -> tuple[PanelVerdict, ...]:
    """Every panel that the certificate has or the law wants, in the pack's order."""
    have = sheets(certificate)
    rules = [rule for rule in pack.required if rule.covers.covers(product_type)]
    wanted = {panel for rule in rules for panel in rule.panels}
    reported = {panel for rule in rules for panel in rule.reported}
    tables: defaultdict[str, list[LimitTable]] = defaultdict(list)
    for table in pack.tables(product_type):
        tables[table.panel].append(table)
    order = dict.fromkeys([*sorted(wanted | reported), *tables, *have])
    verdicts = []
    for panel in order:
        required = (panel in wanted or panel in reported) if rules else None
        bench = _Bench(
            panel, have.get(panel, Sheet()), tables.get(panel, []), required, panel in (*REPORTED, *reported)
        )
        if required or bench.sheet.named or bench.sheet.lab_words:
            verdicts.append(bench.verdict())
    return tuple(verdicts)


@dataclass(frozen=True, slots=True)
class _Bench:
    """One panel under judgement. ``required`` None: the pack does not say which panels these goods need."""

    panel: str
    sheet: Sheet
    tables: list[LimitTable]
    required: bool | None
    reported: bool

    def verdict(self) -> PanelVerdict:
        found = tuple(self._analytes())
        words = [lab_word(each) for each in self.sheet.lab_words]
        verdict, reason = self._sum(found)
        contradiction = None
        if "fail" in words and verdict != "fail":
            if verdict == "pass":
                contradiction = text(
                    "The laboratory says {word}; the rule says {verdict}.", word="fail", verdict=verdict
                )
            verdict, reason = "fail", text("The laboratory says this panel fails.")
        elif (
            "untested" in words
            and verdict in ("pass", "no_limit")
            and (self.required or (self.sheet.named and self.required is None))
        ):
            verdict, reason = "missing", text("The laboratory did not test this panel.")
        elif "unknown" in words and verdict == "pass":
            verdict, reason = (
                "unreadable",
                text("The laboratory's word {word} is not known.", word=self.sheet.lab_words[words.index("unknown")]),
            )
        elif "pass" in words and verdict == "fail":
            contradiction = text("The laboratory says {word}; the rule says {verdict}.", word="pass", verdict=verdict)
        return PanelVerdict(
            panel=self.panel,
            verdict=verdict,
            reason=reason,
            required=self.required,
            lab_status=", ".join(self.sheet.lab_words),
            analytes=found,
            contradiction=contradiction,
        )

    def _sum(self, found: tuple[AnalyteVerdict, ...]) -> tuple[Verdict, Text]:
        deciding = [each for each in found if each.decides]
        if self.required and not self.sheet.named:
            return "missing", text("The law wants this panel, and it is not on the certificate.")
        if deciding:
            verdict = worst([each.verdict for each in deciding])
            if verdict == "pass":
                return verdict, text("Every analyte that the law names passes.")
            name = next(each.name for each in deciding if each.verdict == verdict)
            count = sum(each.verdict == verdict for each in deciding)
            return verdict, text(
                "{count} of its analytes, first {name}: {verdict}.", count=count, name=name, verdict=verdict
            )
        if self.reported:
            return "pass", text("It is reported; the law sets no limit.")
        if self.required is False:
            return "no_limit", text("The law wants nothing of this panel for these goods.")
        return "no_limit", text("The rule pack has no limits for this panel.")

    def _analytes(self) -> Iterator[AnalyteVerdict]:
        limits = {key: table.used(key) for table in self.tables for key in table.analytes()}
        complete = any(table.complete for table in self.tables)
        binding = not complete and not self.reported and self.required is not False
        optional = {key for table in self.tables for key in table.optional}
        for key, rows in self.sheet.rows.items():
            for row in rows:
                found = self._row(row, key, limits, binding)
                spare = key in optional and found.verdict in ("missing", "unreadable")
                yield msgspec.structs.replace(found, decides=False) if spare else found
        for row in self.sheet.unknown:
            yield self._unknown(row, binding)
        if self.reported and not limits:
            yield from self._unreported()
            return
        if self.sheet.named and self.required is not False:
            for key, limit in limits.items():
                if not self.sheet.deciding(key) and key not in optional:
                    yield self._stand_in(key, limit)

    def _row(self, row: Printed, key: str, limits: dict[str, LimitUsed], binding: bool) -> AnalyteVerdict:
        if key in _NEVER_NOTHING and (found := span(row)).nothing:
            reason = text("There is always some of it: {result} is no measurement.", result=row.result)
            return finished(row, key, found, "unreadable", reason, limits.get(key), decides=self.required is not False)
        if key in limits:
            return judged(row, key, limits[key])
        found = span(row)
        if self.reported:
            return self._reported_row(row, key, found)
        for holder in _holders(key):
            if holder in limits:  # one part cannot be more than the whole may be
                return judged(row, key, limits[holder])
        group = analytes.table().groups.get(key)
        if group and (parts := [part for part in group.members if part in limits]):
            return self._whole(row, key, found, group, parts, limits)
        verdict, reason = _without_limit(found, binding)
        return finished(row, key, found, verdict, reason, None, decides=binding or verdict == "fail" or _failed(row))

    def _reported_row(self, row: Printed, key: str, found: Span) -> AnalyteVerdict:
        verdict: Verdict = "no_limit"
        reason = text("It is reported; the law sets no limit.")
        if found.fault or found.kind in ("said_pass", "present", "above", "uncountable"):
            verdict, reason = "unreadable", found.fault or text("The laboratory gives its word, but no value.")
        elif found.kind == "untested":
            verdict, reason = "missing", text("It was not tested.")
        elif found.unit is None and found.needs_unit and self.panel != "water_activity":
            verdict, reason = "unreadable", text("The result has no unit.")
        grave = (
            verdict == "unreadable" and (key in _POTENCY or self.panel not in REPORTED) and self.required is not False
        )
        return finished(row, key, found, verdict, reason, None, decides=grave or _failed(row))

    def _whole(
        self, row: Printed, key: str, found: Span, group: Group, parts: list[str], limits: dict[str, LimitUsed]
    ) -> AnalyteVerdict:
        """A total whose parts have the limits: where it is within the least of them, so are they."""
        rulings = [held_against(row, found, limits[part]) for part in parts]
        if all(verdict == "pass" for verdict, _ in rulings) and _speaks_for_parts(key, found, limits[parts[0]]):
            return finished(row, key, found, "pass", text("No part of it can be over its limit."), limits[parts[0]])
        if group.summed and limits[parts[0]].operator == "absent" and all(verdict == "fail" for verdict, _ in rulings):
            return finished(row, key, found, *rulings[0], limits[parts[0]])
        if self.sheet.shows_all(parts):
            return finished(
                row, key, found, "no_limit", text("Its parts are judged one by one."), None, decides=_failed(row)
            )
        return finished(
            row, key, found, "unreadable", text("Which part of it this is cannot be told."), limits[parts[0]]
        )

    def _unknown(self, row: Printed, binding: bool) -> AnalyteVerdict:
        reason = text("No analyte of this name is known: {name}.", name=row.name)
        return finished(row, "", span(row), "unreadable", reason, None, decides=binding or _failed(row))

    def _unreported(self) -> Iterator[AnalyteVerdict]:
        if not (self.required and self.sheet.named):
            return
        if self.panel == "cannabinoids":
            yield from self._unrecomputable()
        if self.panel in analytes.table().panels and not self.sheet.deciding(self.panel):
            yield _missing(self.panel, None)

    def _unrecomputable(self) -> Iterator[AnalyteVerdict]:
        """What total THC is computed from: a total that is only printed shows nothing."""
        for key in ("thc", "thca"):
            rows = self.sheet.deciding(key)
            if not rows:
                yield _missing(key, None)
            elif not any(_is_amount(span(row)) for row in rows):
                reason = text("Total THC cannot be computed from {result}.", result=rows[0].result)
                yield AnalyteVerdict(name=rows[0].name, analyte=key, verdict="unreadable", reason=reason)

    def _stand_in(self, key: str, limit: LimitUsed) -> AnalyteVerdict:
        """A required analyte that has no row of its own: its parts' sum, or a total it is part of, may speak for it."""
        group = analytes.table().groups.get(key)
        if group and group.summed and any(map(self.sheet.shows_all, group.cores)):
            return self._sum_of(key, group, limit)
        for holder in _holders(key):
            for row in self.sheet.deciding(holder):
                verdict, reason = held_against(row, span(row), limit)
                if verdict == "pass" and _speaks_for_parts(holder, span(row), limit):
                    reason = text("{whole} is within its limit, so it is too.", whole=row.name)
                    return AnalyteVerdict(
                        name=_called(key), analyte=key, verdict="pass", reason=reason, printed=row, limit=limit
                    )
        return _missing(key, limit)

    def _sum_of(self, key: str, group: Group, limit: LimitUsed) -> AnalyteVerdict:
        spans = [
            max((span(row) for row in self.sheet.deciding(part)), key=lambda one: one.low)
            for part in group.members
            if self.sheet.deciding(part)
        ]
        verdict, reason = _added(spans, limit)
        return AnalyteVerdict(name=_called(key), analyte=key, verdict=verdict, reason=reason, limit=limit)


def _speaks_for_parts(whole: str, found: Span, limit: LimitUsed) -> bool:
    """A plate without colonies does not show that one kind is absent from a gram; a test that says so does."""
    return limit.operator != "absent" or analytes.table().groups[whole].summed or found.kind == "absent"


def _added(spans: Iterable[Span], limit: LimitUsed) -> tuple[Verdict, Text]:
    """What is not detected counts as nothing in a sum, what is below the quantitation limit as all of that."""
    own = unit(limit.unit)
    low = high = Fraction(0)
    if own is None or limit.amount is None:
        return "pass", text("Its parts are judged one by one.")
    for one in spans:
        if one.fault or one.kind in ("unreadable", "untested", "said_pass", "said_fail", "present", "uncountable"):
            return "unreadable", text("One of its parts cannot be read.")
        if one.needs_unit and (one.unit is None or one.unit.dimension != own.dimension):
            return "unreadable", text("One of its parts cannot be read.")
        if one.nothing:
            continue
        if one.high is None and one.kind != "above":
            return "unreadable", text("One of its parts cannot be read.")
        low += one.low
        high += one.low if one.high is None else one.high
        if one.high is None:
            high += Fraction(limit.amount) * own.factor
    most = Fraction(limit.amount) * own.factor
    strict = limit.operator == "below"
    said = {"limit": f"{limit.amount} {limit.unit}"}
    if low > most or (strict and low == most):
        return "fail", text("Its parts together are over the limit of {limit}.", **said)
    if high < most or (high == most and not strict):
        return "pass", text("Its parts together are within the limit of {limit}.", **said)
    return "unreadable", text("Whether its parts together are within {limit} cannot be told.", **said)


def _holders(key: str) -> Iterator[str]:
    """The groups ``key`` is part of, then the groups those are part of."""
    for holder in analytes.table().holders.get(key, ()):
        yield holder
        yield from _holders(holder)


def _without_limit(found: Span, binding: bool) -> tuple[Verdict, Text]:
    if found.kind == "said_fail":
        return "fail", text("The laboratory says it fails.")
    if found.kind == "untested":
        return (
            ("missing", text("It was not tested."))
            if binding
            else ("no_limit", text("The rule pack has no limit for it."))
        )
    if found.fault:
        return "unreadable", found.fault
    return "no_limit", text("The rule pack has no limit for it.")


def _is_amount(found: Span) -> bool:
    return (
        found.fault is None
        and found.high is not None
        and found.kind in ("measured", "below", "below_loq", "not_detected", "absent")
        and (found.unit is not None or not found.needs_unit)
    )


def _failed(row: Printed) -> bool:
    return lab_word(row.lab_status) == "fail"


def _missing(key: str, limit: LimitUsed | None) -> AnalyteVerdict:
    return AnalyteVerdict(
        name=_called(key), analyte=key, verdict="missing", reason=text("It is not on the certificate."), limit=limit
    )


def _called(key: str) -> str:
    return key.replace("_", " ")
