"""A judgement as JSON for people and programs: sentences in English, every figure as it was printed."""

from datetime import date
from typing import Any

import msgspec

from kiosk.model.base import Noun
from kiosk.model.certificates import AnalyteVerdict, Certificate, Judgement, PanelVerdict
from kiosk.model.text import Text


def report(certificate: Certificate, judgement: Judgement) -> dict[str, Any]:
    """``overall``, ``checks`` and ``panels`` with their verdicts; ``contradictions`` and ``unknown`` by name, with
    what the law's own pack lacks."""
    rows = [row for panel in judgement.panels for row in panel.analytes]
    return {
        "law": judgement.law,
        "type": judgement.product_type,
        "judged_on": judgement.judged_on.isoformat(),
        "certificate": _shown(certificate),
        "overall": {
            "verdict": judgement.verdict,
            "accepted": judgement.accepted,
            "reasons": [str(reason) for reason in judgement.reasons],
        },
        "checks": [_plain(check) for check in judgement.checks],
        "panels": {panel.panel: _panel(panel) for panel in judgement.panels},
        "contradictions": [
            {"name": name, "says": str(says)}
            for name, says in (
                *((panel.panel, panel.contradiction) for panel in judgement.panels),
                *((row.name, row.contradiction) for row in rows),
            )
            if says
        ],
        "unknown": {
            "analytes": [row.name for row in rows if not row.analyte],
            "limits": [row.name for row in rows if row.verdict == "no_limit" and row.decides],
            "unreadable": [row.name for row in rows if row.verdict == "unreadable"],
            "law": list(judgement.lacks),
        },
    }


def _shown(certificate: Certificate) -> dict[str, Any]:
    named = ("form", "state", "lab", "lab_licence", "product", "matrix", "batch", "lab_status")
    return {
        **{name: getattr(certificate, name) for name in named},
        "tags": list(certificate.tags),
        "dates": {
            name: day.isoformat()
            for name, day in msgspec.structs.asdict(certificate.dates).items()
            if isinstance(day, date)
        },
    }


def _panel(panel: PanelVerdict) -> dict[str, Any]:
    return {**_plain(panel), "analytes": [_analyte(row) for row in panel.analytes]}


def _analyte(row: AnalyteVerdict) -> dict[str, Any]:
    printed = row.printed
    return {
        "name": row.name,
        "analyte": row.analyte,
        "verdict": row.verdict,
        "reason": str(row.reason),
        "decides": row.decides,
        "result": printed.result if printed else None,
        "units": printed.units if printed else None,
        "limit": _limit(row),
        "printed_limit": printed.printed_limit if printed else None,
        "lod": printed.lod if printed else None,
        "loq": printed.loq if printed else None,
        "lab_status": printed.lab_status if printed else None,
        "contradiction": str(row.contradiction) if row.contradiction else None,
        "note": str(row.note) if row.note else None,
    }


def _limit(row: AnalyteVerdict) -> dict[str, Any] | None:
    if (limit := row.limit) is None:
        return None
    amount = None if limit.amount is None else str(limit.amount)
    return {**msgspec.structs.asdict(limit), "amount": amount}


def _plain(noun: Noun) -> dict[str, Any]:
    """A noun's own words and figures, without the nouns inside it."""
    return {
        name: str(value) if isinstance(value, Text) else value
        for name, value in msgspec.structs.asdict(noun).items()
        if not isinstance(value, tuple)
    }
