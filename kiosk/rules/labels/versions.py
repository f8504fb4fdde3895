"""The label templates of a pack file: each whole, in order, without overlap and without a fault."""

from collections.abc import Iterator, Sequence
from typing import Any

from kiosk.rules.labels.faults import fault_of
from kiosk.rules.labels.template import Template
from kiosk.rules.source import made
from kiosk.rules.versions import ordered

OWN = ("examples", "without", "since", "effective_to")
"""What a version does not take over from the one it is like."""


def templates(raw: Sequence[dict[str, Any]]) -> tuple[Template, ...]:
    """Oldest first. Raises ``ValueError`` with the place of the first fault."""
    try:
        return ordered([_read(each) for each in _whole(raw)], fault_of)
    except ValueError as fault:
        raise ValueError(f"labels: {fault}") from None


def _read(raw: dict[str, Any]) -> Template:
    try:
        template: Template = made(raw, Template)
    except ValueError as fault:
        raise ValueError(f"version {raw.get('version')}: {fault}") from None
    return template


def _whole(raw: Sequence[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    known: dict[str, dict[str, Any]] = {}
    for version in raw:
        name = version.get("like", "")
        if name and name not in known:
            raise ValueError(f"version {version.get('version')} is like {name}, which does not stand before it")
        before = {part: each for part, each in known.get(name, {}).items() if part not in OWN}
        made = {**before, **version}
        gone = version.get("without", [])
        for part in ("statements", "symbols"):
            if name and part in before:
                made[part] = _replaced(before[part], version.get(part, []), gone)
        known[str(version.get("version"))] = made
        yield made


def _replaced(old: list[Any], new: list[Any], gone: list[Any]) -> list[Any]:
    mine = {each.get("code") if isinstance(each, dict) else None: each for each in new}
    return [*(mine.pop(each.get("code"), each) for each in old if each.get("code") not in gone), *mine.values()]
