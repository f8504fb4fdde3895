"""What stops a label: a fact, a file or a rule that is missing, each with the rule that wants it and the way on."""

from datetime import date

from kiosk.model.base import Noun
from kiosk.model.errors import Refusal
from kiosk.model.text import Text, text
from kiosk.rules.labels.template import Statement, SymbolRule, Template
from kiosk.rules.labels.vocabulary import SYMBOL, WARNING, heading_of
from kiosk.rules.limits import Cited

HOUSE = Cited(citation="Store policy: a label says nothing that cannot be", as_of="2026", confidence="high")
PICTURE_BYTES = 32 * 1024
"""A state's symbol in black and white is a fiftieth of that; it travels with every label."""


class Trouble(Noun, frozen=True, kw_only=True):
    """``key`` is the fact, ``or_key`` another one that does as well, ``heading`` what people call it. ``missing``:
    nobody knows it; else it cannot be."""

    key: str
    heading: str
    reason: Text
    way_on: Text
    rule: str
    source: Cited
    missing: bool = False
    or_key: str = ""


def refusal(stopped: tuple[Trouble, ...]) -> Refusal:
    """The first trouble as a refusal; where facts are missing, it names them all."""
    first, all_missing = stopped[0], [each for each in stopped if each.missing]
    reason = first.reason
    if first.missing and len(all_missing) > 1:
        reason = text(
            "The label cannot be printed. These facts are missing: {headings}.",
            headings=", ".join(each.heading for each in all_missing),
        )
    return Refusal(
        rule=first.rule, reason=reason, way_on=first.way_on, citation=first.source.citation, differs=first.key
    )


def missing(owner: str, key: str, source: Cited, heading: str = "", or_key: str = "") -> Trouble:
    heading = heading or heading_of(key)
    return Trouble(
        key=key,
        heading=heading,
        reason=text("The label cannot be printed. This fact is missing: {heading}.", heading=heading),
        way_on=text("Have the record of the package, product or patient completed, then print again."),
        rule=rule_name(owner, key),
        source=source,
        missing=True,
        or_key=or_key,
    )


def wrong(owner: str, key: str, reason: Text, source: Cited = HOUSE) -> Trouble:
    """A fact that cannot be, or may not be."""
    return Trouble(
        key=key,
        heading=heading_of(key),
        reason=reason,
        way_on=text("Have the record of the package, product or patient completed, then print again."),
        rule=rule_name(owner, key),
        source=source,
    )


def no_template(owner: str, on: date) -> Trouble:
    reason = text(
        "The rule pack of {state} has no label part for {day}. No dispensing label is printed.",
        state=owner,
        day=on.isoformat(),
    )
    return _of_pack(owner, "label", reason, HOUSE)


def not_covered(owner: str, template: Template, kind: str) -> Trouble:
    if not kind:
        return missing(owner, "product.form", template)
    reason = text(
        "The rule pack of {state} has no label part for this kind of product: {kind}.", state=owner, kind=kind
    )
    return _of_pack(owner, "product.form", reason, template)


def _of_pack(owner: str, key: str, reason: Text, source: Cited) -> Trouble:
    return Trouble(
        key=key,
        heading=heading_of(key),
        reason=reason,
        way_on=text("Have the label part of the rule pack completed."),
        rule=f"{owner}.label",
        source=source,
    )


def no_words(owner: str, statement: Statement, source: Cited) -> Trouble:
    key = WARNING + statement.code
    return Trouble(
        key=key,
        heading=statement.sense,
        reason=text(
            "The label cannot be printed. The rule's own words are missing: {sense}.",
            sense=statement.sense.rstrip("."),
        ),
        way_on=text(
            "Take them from {citation} into the store's label files, as {key}.txt.", citation=source.citation, key=key
        ),
        rule=rule_name(owner, key),
        source=source,
        missing=True,
    )


def no_artwork(owner: str, symbol: SymbolRule, source: Cited, *, unfit: bool) -> Trouble:
    """``unfit``: there is a file, and it is no picture that could be printed."""
    key = SYMBOL + symbol.code
    if unfit:
        reason = text(
            "The state's own drawing is no PNG file of at most {kilobytes} KB: {symbol}.",
            kilobytes=PICTURE_BYTES // 1024,
            symbol=symbol.says,
        )
    else:
        reason = text("The label cannot be printed. The state's own drawing is missing: {symbol}.", symbol=symbol.says)
    return Trouble(
        key=key,
        heading=symbol.says,
        reason=reason,
        way_on=text("Put the state's file into the store's label files, as {key}.png.", key=key),
        rule=rule_name(owner, key),
        source=source,
        missing=not unfit,
    )


def wrong_paper(owner: str, symbol: SymbolRule, source: Cited) -> Trouble:
    return Trouble(
        key="paper.colour",
        heading=heading_of("paper.colour"),
        reason=text(
            "{symbol} has to stand on paper of this colour: {colour}.", symbol=symbol.says, colour=symbol.paper
        ),
        way_on=text("Put in such a roll, or use packages that show it."),
        rule=rule_name(owner, SYMBOL + symbol.code),
        source=source,
    )


def rule_name(owner: str, key: str) -> str:
    """``owner`` is the state whose law it is, or ``"store"``."""
    return f"{owner}.label.{key}"
