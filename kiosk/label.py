"""``kiosk label``: the label of one dispense from a file of facts, line by line with its rules, and as a picture."""

from datetime import date, timedelta
from pathlib import Path
from typing import Any

import msgspec

from kiosk.model.clock import SystemClock, local_date
from kiosk.model.errors import Ours, Refused, Theirs
from kiosk.model.labels import Label
from kiosk.model.text import text
from kiosk.named_file import named_bytes
from kiosk.rules.labels.examples import told
from kiosk.rules.labels.facts import Facts
from kiosk.rules.labels.making import draft, make
from kiosk.rules.labels.reading import LARGEST, read_facts
from kiosk.rules.labels.report import report
from kiosk.rules.labels.wording import cleaned
from kiosk.rules.law import Law
from kiosk.rules.pack import versions

WIDTHS = {58: 384, 80: 576}
"""Millimetres of paper to dots that are printed on it, at 203 dpi."""


def labelled(
    file: str,
    state: str,
    *,
    png: Path | None = None,
    paper_mm: int = 80,
    print_no: int = 1,
    packs: Path | None = None,
    today: date | None = None,
) -> tuple[str, bool]:
    """The answer as JSON, and whether the label may be printed; only then ``png`` is drawn.

    ``file`` ``-`` is standard input. The law is that of the day of dispensing, which may not be after ``today``; None:
    by this machine's clock. Raises :class:`~kiosk.model.errors.KioskError` with one line that names the place.
    """
    laws = versions(state, packs)
    facts = read_facts(named_bytes(file, LARGEST), lambda name: _picture(file, name))
    law = _law_of(laws, facts)
    _not_later(facts, today or local_date(SystemClock().now(), law.zone))
    drafted = draft(law, facts)
    answer = report(law, facts, drafted)
    if not drafted.troubles:
        tag, number = (cleaned(str(facts[key])) for key in ("package.uid", "dispense.serial"))
        label = make(law, facts, number=number, print_no=print_no, tag=tag)
        assert isinstance(label, Label)
        answer["min_letter_mm"], answer["print_no"] = label.min_letter_mm, print_no
        stopped = _drawn(label, WIDTHS[paper_mm], png)
        if stopped is not None:
            answer["refused"] = {"missing": [], "wrong": [stopped]}
        elif png is not None:
            answer["png"] = str(png)
    return msgspec.json.format(msgspec.json.encode(answer), indent=2).decode(), answer["refused"] is None


def example(state: str, name: str, packs: Path | None = None) -> str:
    """The facts of a worked example of the state's newest label, as a file of facts. ``name`` ``""``: the first.

    Raises ``Ours`` where there is none; the line names those that there are.
    """
    templates = [each for law in versions(state, packs) for each in law.labels]
    if not templates:
        raise Ours(text("The rule pack of {state} has no label part.", state=state.upper()))
    newest = max(templates, key=lambda each: each.effective_from)
    for each in newest.examples:
        if name.lower() in each.name.lower():
            return msgspec.json.format(msgspec.json.encode(_nested(told(newest, each))), indent=2).decode()
    names = "; ".join(each.name for each in newest.examples)
    raise Ours(text("No example is called so. There are: {names}.", names=names))


def _law_of(laws: tuple[Law, ...], facts: Facts) -> Law:
    """The version of the day of dispensing; without that day the newest, which then names it as missing."""
    on = facts.get("dispense.date")
    if not isinstance(on, date):
        return laws[-1]
    for law in laws:
        if law.in_force(on):
            return law
    raise Ours(text("There are no rules for {state} on {day}.", state=laws[-1].state, day=on.isoformat()))


def _not_later(facts: Facts, today: date) -> None:
    for key in ("dispense.date", "lab.test_date", "package.date", "harvest.date", "manufacture.date"):
        day = facts.get(key)
        # a store east of its state's capital may have tomorrow already
        if isinstance(day, date) and day > today + timedelta(days=1):
            raise Theirs(text("{place}: {day} lies in the future.", place=key, day=day.isoformat()))


def _drawn(label: Label, width_dots: int, png: Path | None) -> dict[str, str] | None:
    """None: it can be laid out, and was drawn where that was asked for; else what stops it."""
    from kiosk.printing import LabelFileWrong, draw  # noqa: PLC0415  drawing brings a large library

    try:
        draw(label, width_dots, png)
    except Refused as refused:
        why = refused.refusal
        return {"fact": why.differs, "reason": str(why.reason), "way_on": str(why.way_on), "rule": why.rule}
    except LabelFileWrong as fault:
        return {"fact": "dispense.serial", "reason": str(fault.reason), "way_on": "", "rule": "print.codes"}
    return None


def _picture(file: str, name: str) -> bytes:
    """A picture that the facts name, beside their file."""
    folder = Path() if file == "-" else Path(file).parent
    with (folder / name).open("rb") as source:
        return source.read(LARGEST)


def _nested(flat: dict[str, Any]) -> dict[str, Any]:
    made: dict[str, Any] = {}
    for key, value in flat.items():
        group, dot, name = key.partition(".")
        if dot:
            made.setdefault(group, {})[name] = value
        else:
            made[group] = value
    return made
