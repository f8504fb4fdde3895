"""Makes the patient label from facts, or says which fact is missing (LBL-01, LBL-02). Nothing is cut or left blank."""

import unicodedata
from collections.abc import Iterator, Mapping
from datetime import date
from decimal import Decimal

from kiosk.model.errors import Refusal
from kiosk.model.labels import Label, LabelField
from kiosk.model.packages import Package, Product
from kiosk.model.people import Person, Profile
from kiosk.model.text import text
from kiosk.rules.law import FieldRule, Pack, Statement
from kiosk.rules.limits import Cited
from kiosk.rules.words import day, plain

Facts = Mapping[str, str | None]
"""Key of the field vocabulary to the value as it is to be printed. Missing, None and blank are the same: not known."""

YES = "yes"

_TURNS = frozenset({"LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI"})
"""Marks that turn the direction of what follows: a name could rewrite the rest of the label with them."""


def facts(
    *,
    profile: Profile,
    product: Product,
    package: Package,
    route: str,
    store: Facts,
    number: str,
    on: date,
) -> dict[str, str | None]:
    """What is known about one unit that is dispensed on the local date ``on``.

    Batch, harvest, content, laboratory and dates come from the scanned ``package``; name, form, dose and weight from
    its ``product``. ``store`` brings ``store.name``, ``store.license``, ``employee.id`` and what else a pack wants.
    """
    lab = package.lab
    recommendation = profile.recommendation
    unit = "pct" if lab.unit == "%" else "mg"
    return {
        **store,
        "patient.name": full_name(profile.person),
        "patient.dob": _day(profile.person.born),
        "caregiver.name": None if profile.caregiver is None else full_name(profile.caregiver),
        "caregiver.dob": None if profile.caregiver is None else _day(profile.caregiver.born),
        "provider.name": None if recommendation is None else recommendation.physician,
        "product.name": product.name,
        "product.form": product.form,
        "product.net_weight_g": _measure(product.net_weight_g, "g"),
        "dispense.quantity": _quantity(product),
        "dispense.date": day(on),
        "dispense.serial": number,
        "directions.dose": product.dose,
        "directions.route": route or product.route,
        "batch.number": package.batch,
        "harvest.number": package.harvest,
        "package.uid": package.tag,
        "package.date": _day(package.packaged_on),
        "expiry.date": _day(package.expires),
        "use_by.date": _day(package.expires),
        "lab.name": lab.lab,
        "lab.test_date": _day(lab.tested_on),
        "lab.passed": YES if lab.passed is True else None,
        f"potency.thc_{unit}": _measure(lab.thc, lab.unit),
        f"potency.cbd_{unit}": _measure(lab.cbd, lab.unit),
    }


def make(pack: Pack, facts: Facts, *, number: str, print_no: int, tag: str) -> Label | Refusal:
    """The label of one unit, complete as the pack wants it, or a refusal that names the missing fact.

    A statement that would not be true, such as that tests were passed, is a missing fact too. Values are printed as
    they are: control characters become blanks or go, nothing is shortened.
    """
    fields: dict[str, LabelField] = {}
    route = _fact(facts, "directions.route")
    for rule, owner in _fields(pack):
        if rule.routes and route not in rule.routes:
            continue
        key, value = _first(facts, rule)
        if value:
            fields.setdefault(key, LabelField(key=key, heading=rule.heading, value=value))
        elif rule.required == "always":
            return _missing(owner, rule.key, rule.heading, rule.citation or _label(pack, owner).citation)
    statements = [(each, owner) for each, owner in _statements(pack) if not each.routes or route in each.routes]
    for statement, owner in statements:
        if statement.requires and _fact(facts, statement.requires) != YES:
            return _missing(owner, statement.requires, statement.words, statement.citation)
    own = pack.store.label
    return Label(
        number=number,
        print_no=print_no,
        tag=tag,
        fields=tuple(fields.values()),
        statements=tuple(statement.words for statement, _ in statements),
        symbols=tuple(dict.fromkeys((*pack.label.symbols, *(own.symbols if own else ())))),
        min_letter_mm=float(max(pack.label.min_letter_mm, own.min_letter_mm if own else 0)),
        template=pack.name,
    )


def _fields(pack: Pack) -> Iterator[tuple[FieldRule, str]]:
    """Every field with whose it is: the law's, then the store's own."""
    yield from ((rule, pack.state) for rule in pack.label.fields)
    yield from ((rule, "store") for rule in (pack.store.label.fields if pack.store.label else ()))


def _statements(pack: Pack) -> Iterator[tuple[Statement, str]]:
    yield from ((each, pack.state) for each in pack.label.statements)
    yield from ((each, "store") for each in (pack.store.label.statements if pack.store.label else ()))


def _label(pack: Pack, owner: str) -> Cited:
    return pack.store.label if owner == "store" and pack.store.label else pack.label


def full_name(person: Person) -> str:
    """The whole name, given names first; nothing is shortened."""
    return " ".join(part for part in (person.given, person.middle, person.family, person.suffix) if part.strip())


def _first(facts: Facts, rule: FieldRule) -> tuple[str, str]:
    value = _fact(facts, rule.key)
    return (rule.key, value) if value or not rule.or_key else (rule.or_key, _fact(facts, rule.or_key))


def _fact(facts: Facts, key: str) -> str:
    value = unicodedata.normalize("NFC", facts.get(key) or "")
    shown = (c for c in value if unicodedata.bidirectional(c) not in _TURNS)
    return " ".join("".join(" " if unicodedata.category(c) in ("Cc", "Zl", "Zp") else c for c in shown).split())


def _missing(owner: str, key: str, heading: str, citation: str) -> Refusal:
    return Refusal(
        rule=f"{owner}.label.{key}",
        reason=text("The label cannot be printed. This fact is missing: {heading}.", heading=heading),
        way_on=text("Have the record of the package, product or patient completed, then print again."),
        citation=citation,
        differs=key,
    )


def _day(value: date | None) -> str | None:
    return None if value is None else day(value)


def _measure(value: Decimal | None, unit: str) -> str | None:
    return None if value is None else f"{plain(value)} {unit}"


def _quantity(product: Product) -> str:
    weight = _measure(product.net_weight_g, "g")
    return f"1 unit, {weight}" if weight else "1 unit"
