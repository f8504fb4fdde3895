"""Runs the worked examples of label templates: the label line by line, and what stops it (LBL-01)."""

from collections import Counter
from collections.abc import Iterator
from typing import Any

from kiosk.model.errors import Theirs
from kiosk.rules.labels.facts import Value
from kiosk.rules.labels.making import Draft, draft, name_of
from kiosk.rules.labels.reading import facts_of, flat
from kiosk.rules.labels.template import LabelExample, Template, letters_of
from kiosk.rules.labels.vocabulary import SYMBOL, WARNING
from kiosk.rules.law import Law

GONE = "-"


def failures(law: Law) -> tuple[str, ...]:
    """One line for everything in an example that does not come out."""
    return tuple(
        f"{name_of(law, template)}: {example.name}: {line}"
        for template in law.labels
        for example in template.examples
        for line in _failures(law, template, example)
    )


def covered(law: Law) -> Counter[str]:
    """How many checks of the examples speak of each part of each template."""
    spoken: Counter[str] = Counter()
    for template in law.labels:
        where = name_of(law, template)
        spoken.update(dict.fromkeys((f"{where} {part}" for part in parts_of(template)), 0))
        for example in template.examples:
            try:
                facts = facts_of_example(template, example)
            except Theirs:
                continue
            spoken.update(f"{where} {part}" for part in _spoken_of(template, example, draft(law, facts)))
    return spoken


def parts_of(template: Template) -> tuple[str, ...]:
    """The parts of a template that need examples, by name."""
    named = [f"field {each.key}" for each in template.fields]
    named += [f"statement {each.code}" for each in template.statements]
    named += [f"symbol {each.code}" for each in template.symbols]
    named += [f"date {each.key}" for each in template.dates]
    named += ["letters"] if template.letters is not None else []
    named += ["covering"] if template.covering is not None else []
    return tuple(dict.fromkeys(named))


def facts_of_example(template: Template, example: LabelExample) -> dict[str, Value]:
    """Raises ``Theirs`` for a fact that cannot be read."""
    return facts_of(told(template, example))


def told(template: Template, example: LabelExample) -> dict[str, Any]:
    """The example's facts as they would stand in a file, each under its whole key."""
    older = next((each for each in template.examples if each.name == example.like), None)
    before = told(template, older) if older is not None else {}
    whole = {**before, **dict(flat("", example.facts))}
    return {key: value for key, value in whole.items() if value != GONE}


def _failures(law: Law, template: Template, example: LabelExample) -> Iterator[str]:
    try:
        facts = facts_of_example(template, example)
    except Theirs as fault:
        yield f"{fault.reason}"
        return
    drafted = draft(law, facts)
    if drafted.template != template:
        yield "it is not dispensed on a day of this template"
        return
    stopped = tuple(each.key for each in drafted.troubles)
    if set(stopped) != set(example.refused):
        yield f"stopped by {_listed(stopped)}, not by {_listed(example.refused)}"
    if not example.refused:
        yield from _differences(drafted, example)
    for key in example.stops:
        less = draft(law, {each: value for each, value in facts.items() if each != key})
        found = [each for each in less.troubles if each.key not in stopped]
        if len(found) != 1 or key not in (found[0].key, found[0].or_key):
            yield f"without {key} it is stopped by {_listed(tuple(each.key for each in found))}"


def _differences(drafted: Draft, example: LabelExample) -> Iterator[str]:
    said, wanted = tuple(line.said for line in drafted.lines), example.lines
    for n in range(max(len(said), len(wanted))):
        one, other = (each[n] if n < len(each) else "nothing" for each in (said, wanted))
        if one != other:
            yield f"line {n + 1} is {one!r}, not {other!r}"
            break
    symbols = tuple(each.symbol.code for each in drafted.symbols)
    if symbols != example.symbols:
        yield f"the symbols are {_listed(symbols)}, not {_listed(example.symbols)}"
    if example.letters_mm is not None and drafted.template is not None:
        least = letters_of(drafted.template).min_mm
        if least != example.letters_mm:
            yield f"letters are {least} mm high, not {example.letters_mm}"


def _spoken_of(template: Template, example: LabelExample, drafted: Draft) -> Iterator[str]:
    if not example.refused:
        keys = [line.key for line in drafted.lines] + [each.key for each in drafted.elsewhere]
        keys += [SYMBOL + each.symbol.code for each in drafted.symbols]
        yield from (part for key in keys for part in _parts(template, key))
    yield from (part for key in (*example.stops, *example.refused) for part in _parts(template, key))
    if example.letters_mm is not None:
        yield "letters"
    if "producer_label.covered" in told(template, example):
        yield "covering"


def _parts(template: Template, key: str) -> Iterator[str]:
    if key.startswith(WARNING):
        yield f"statement {key.removeprefix(WARNING)}"
    elif key.startswith(SYMBOL):
        yield f"symbol {key.removeprefix(SYMBOL)}"
    else:
        yield from {f"field {each.key}" for each in template.fields if key in (each.key, each.or_key)}
        yield from (f"statement {each.code}" for each in template.statements if each.requires == key)
        yield from (f"date {each.key}" for each in template.dates if key in (each.key, each.at_latest))


def _listed(names: tuple[str, ...]) -> str:
    return ", ".join(sorted(names)) or "nothing"
