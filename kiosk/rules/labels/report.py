"""What ``kiosk label`` answers: every line with its rule and citation, and what stops the label."""

from datetime import date
from typing import Any

from kiosk.rules.labels.facts import Facts
from kiosk.rules.labels.making import Draft, letters_for, name_of
from kiosk.rules.law import Law
from kiosk.rules.limits import Cited


def report(law: Law, facts: Facts, drafted: Draft) -> dict[str, Any]:
    """The answer as it is printed. ``refused`` is None where the label may be printed."""
    on, template = facts.get("dispense.date"), drafted.template
    said: dict[str, Any] = {
        "state": law.state,
        "dispensed": on.isoformat() if isinstance(on, date) else None,
        "template": None,
        "lines": [
            {
                "n": n,
                "key": line.key,
                "heading": line.heading,
                "value": line.value,
                "text": line.said,
                "prominent": line.prominent,
                "layer": line.layer,
                "rule": line.rule,
                **_source(line.source),
            }
            for n, line in enumerate(drafted.lines, 1)
        ],
        "symbols": [
            {
                "code": each.part.code,
                "says": each.part.says,
                "min_width_mm": float(each.symbol.width_mm),
                "min_height_mm": float(each.symbol.height_mm),
                "size_known": each.part.width_mm is not None,
                "colours": each.part.colours,
                "drawn_from": "the rule's description" if each.part.drawing else "the state's file",
                "layer": each.part.layer,
                "rule": each.rule,
                **_source(each.source),
            }
            for each in drafted.symbols
        ],
        "on_producer_label": [
            {"key": each.key, "rule": each.rule, **_source(each.source)} for each in drafted.elsewhere
        ],
    }
    if template is not None:
        letters = letters_for(law, template)
        said["template"] = {
            "name": name_of(law, template),
            "version": template.version,
            "effective_from": template.effective_from.isoformat(),
            "effective_to": None if template.effective_to is None else template.effective_to.isoformat(),
            **_source(template),
        }
        said["letters"] = {"min_mm": float(letters.min_mm), **_source(letters)}
        said["beside"] = [{"kind": each.kind, "says": each.says, **_source(each)} for each in template.beside]
        said["not_known"] = list(template.absent)
    said["refused"] = _refused(drafted) if drafted.troubles else None
    return said


def _refused(drafted: Draft) -> dict[str, Any]:
    def listed(missing: bool) -> list[dict[str, Any]]:
        return [
            {
                "fact": each.key,
                **({"or": each.or_key} if each.or_key else {}),
                "heading": each.heading,
                "reason": str(each.reason),
                "way_on": str(each.way_on),
                "rule": each.rule,
                **_source(each.source),
            }
            for each in drafted.troubles
            if each.missing is missing
        ]

    return {"missing": listed(True), "wrong": listed(False)}


def _source(source: Cited) -> dict[str, str]:
    said = {"citation": source.citation, "as_of": source.as_of, "confidence": source.confidence}
    return {**said, "note": source.note} if source.note else said
