"""The part of a pack's page in the manual that tells its labels."""

from collections.abc import Iterator, Sequence

from kiosk.rules.labels.examples import told
from kiosk.rules.labels.template import ANY, LabelExample, Part, Statement, SymbolRule, Template, letters_of, source_of
from kiosk.rules.labels.vocabulary import heading_of
from kiosk.rules.limits import Cited, What
from kiosk.rules.words import plain

LAYERS = {"P": "producer", "D": "dispensary", "S": "patient"}


def pages(state: str, templates: Sequence[Template]) -> Iterator[str]:
    """Markdown, newest template first."""
    for template in reversed(templates):
        yield from _template(state, template)
        yield ""


def _template(state: str, template: Template) -> Iterator[str]:
    until = "" if template.effective_to is None else f" to {template.effective_to}"
    yield f"## {state} label {template.version}: dispensed from {template.effective_from}{until}"
    yield ""
    if template.since:
        yield f"In force since: {template.since}"
        yield ""
    yield f"{_cited(template)} Where a line names no source of its own, this is it."
    yield ""
    if template.covers != ANY:
        yield f"Known only for: {_what(template.covers)}. No label is printed for anything else."
        yield ""
    yield "| line | fact | needed | for | on whose label | citation | as of | confidence |"
    yield "|---|---|---|---|---|---|---|---|"
    for field in template.fields:
        key = f"`{field.key}`" + (f" or `{field.or_key}`" if field.or_key else "")
        heading = (field.heading or heading_of(field.key)) + (", large" if field.prominent else "")
        heading += f", in {' and '.join(field.units)}" if field.units else ""
        needed = {"always": "yes", "if_present": "where there is one", "caregiver": "with a caregiver"}[field.required]
        yield _row(heading, key, needed, *_common(template, field))
    for statement in template.statements:
        yield _row(*_said(statement), *_common(template, statement))
    for symbol in template.symbols:
        yield _row(*_drawn(symbol), *_common(template, symbol))
    yield ""
    letters = letters_of(template)
    yield f"No capital is lower than {plain(letters.min_mm)} mm. {_cited(letters)}"
    yield ""
    rules = list(_rules(template))
    if rules:
        yield from rules
        yield ""
    yield "Worked examples of this label (they run as tests):"
    yield ""
    for example in template.examples:
        yield from _example(template, example)


def _said(statement: Statement) -> tuple[str, str, str]:
    words = f"“{statement.words}”" if statement.words else f"the rule's own words: {statement.sense}"
    needed = "yes" if not statement.requires else f"only if true: `{statement.requires}`"
    return words + (", prescribed" if statement.prescribed and statement.words else ""), _fact(statement), needed


def _fact(statement: Statement) -> str:
    return "" if statement.words else f"`warning.{statement.code}`"


def _drawn(symbol: SymbolRule) -> tuple[str, str, str]:
    size = "no least size is known"
    if symbol.width_mm is not None and symbol.height_mm is not None:
        size = f"at least {plain(symbol.width_mm)} mm by {plain(symbol.height_mm)} mm"
    colours = f", {symbol.colours}" if symbol.colours else ""
    whose = "" if symbol.drawing else f"`symbol.{symbol.code}`: the store has the state's file"
    return f"symbol: {symbol.says}, {size}{colours}", whose, "yes"


def _common(template: Template, part: Part) -> tuple[str, str, str, str, str]:
    source = source_of(template, part)
    own = source.citation if part.citation else ""
    return _for(part), LAYERS[part.layer], own, part.as_of, source.confidence if part.confidence else ""


def _for(part: Part) -> str:
    said = [] if part.what == ANY else [_what(part.what)]
    said += [] if part.but is None else [f"not {_what(part.but)}"]
    said += [f"unless said no: `{part.only_if}`"] if part.only_if else []
    said += [f"unless said yes: `{part.not_if}`"] if part.not_if else []
    return "; ".join(said) or "all"


def _what(what: What) -> str:
    return " / ".join(", ".join(part) for part in (what.kinds, what.routes) if part)


def _rules(template: Template) -> Iterator[str]:
    for limit in template.dates:
        yield f"- `{limit.key}` is not later than `{limit.at_latest}`. {_cited(limit)}"
    if template.covering is not None:
        what = {
            "repeat": "What the sticker covers of the producer's label, it says again.",
            "never": "The sticker covers nothing of the producer's label.",
        }[template.covering.rule]
        yield f"- {what} {_cited(template.covering)}"
    for beside in template.beside:
        yield f"- Goes with it ({beside.kind}): {beside.says} {_cited(beside)}"
    for absent in template.absent:
        yield f"- Not known: {absent}"
    for part in (*template.fields, *template.statements, *template.symbols):
        if part.note:
            yield f"- `{getattr(part, 'key', '') or getattr(part, 'code', '')}`: {part.note}"


def _example(template: Template, example: LabelExample) -> Iterator[str]:
    if example.refused:
        yield f"- {example.name}: stopped by {', '.join(f'`{key}`' for key in example.refused)}."
        return
    yield f"- {example.name}."
    facts = told(template, example)
    shows = facts.get("producer_label.shows", ())
    yield f"  - {' · '.join(example.lines)}"
    if example.symbols:
        yield f"  - with the symbols {', '.join(example.symbols)}"
    if shows:
        yield f"  - the producer's label shows {', '.join(f'`{key}`' for key in shows)}"
    if example.stops:
        yield f"  - stopped without any of {', '.join(f'`{key}`' for key in example.stops)}"


def _cited(source: Cited) -> str:
    note = f" {source.note}" if source.note else ""
    return f"{source.citation}, {source.as_of}, {source.confidence}.{note}"


def _row(*cells: str) -> str:
    return "| " + " | ".join(cell.replace("|", "/") for cell in cells) + " |"
