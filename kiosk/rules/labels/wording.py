"""How a fact stands on the label: in full, exact, a date nobody can read two ways."""

import unicodedata
from datetime import date
from decimal import ROUND_HALF_EVEN, Decimal

from kiosk.rules.labels.facts import Level, Quantity, Value
from kiosk.rules.labels.vocabulary import vocabulary
from kiosk.rules.words import day, plain

_INVISIBLE = frozenset({"Cf", "Cn", "Co", "Cs"})
_BREAKS = frozenset({"Cc", "Zl", "Zp"})
NONE = "none"
"""What an empty list says: there are no allergens, and not: nobody knows."""


def cleaned(words: str) -> str:
    """In NFC on one line: control characters and line ends become blanks; what is not seen goes, a mark that turns the
    direction of what follows among it: a name could rewrite the rest of the label with it."""
    kept = (c for c in unicodedata.normalize("NFC", words) if unicodedata.category(c) not in _INVISIBLE)
    return " ".join("".join(" " if unicodedata.category(c) in _BREAKS else c for c in kept).split())


def known(value: Value) -> bool:
    """Whether there is anything to print."""
    return bool(cleaned(value)) if isinstance(value, str) else value is not None and value != b""


def shown(key: str, value: Value, *, units: tuple[str, ...] = (), ounce_g: Decimal = Decimal("28.35")) -> str:
    """``value`` as it is printed. ``units``: a weight in each of these, with ``ounce_g`` grams to the ounce."""
    match value:
        case bool():
            return "yes" if value else "no"
        case str():
            return cleaned(value)
        case date():
            return day(value)
        case Level():
            return level(value)
        case Quantity():
            return quantity(value)
        case tuple():
            return _listed(value)
        case Decimal():
            unit = vocabulary().facts[key].unit
            return " / ".join(_amount(value, unit, each, ounce_g) for each in units or (unit,))
        case _:
            return str(value)


def level(each: Level) -> str:
    """``"22.4 %"``, ``"0.05–0.1 %"``, ``"<LOQ"``, with its name before it where it has one."""
    if each.value is None:
        said = each.said
    else:
        upper = "" if each.up_to is None else f"–{plain(each.up_to)}"
        said = f"{plain(each.value)}{upper} {each.unit}"
    return f"{cleaned(each.name)} {said}".strip()


def quantity(said: Quantity) -> str:
    """``"1 unit"``, ``"2 bottles"``, ``"3.5 g"``."""
    unit = vocabulary().units[said.unit]
    return f"{plain(said.amount)} {unit.words[1] if unit.counts and said.amount != 1 else said.unit}"


def _listed(values: tuple[str, ...] | tuple[Level, ...]) -> str:
    said = [level(each) if isinstance(each, Level) else cleaned(each) for each in values]
    return "; ".join(said) if any(isinstance(each, Level) for each in values) else ", ".join(said) or NONE


def _amount(value: Decimal, unit: str, wanted: str, ounce_g: Decimal) -> str:
    if wanted == unit:
        return f"{plain(value)} {unit}"
    converted = value / ounce_g if wanted == "oz" else value * ounce_g
    # three decimals, and for very little so many that two digits are not zero
    step = Decimal(1).scaleb(min(-3, converted.adjusted() - 1))
    return f"{plain(converted.quantize(step, ROUND_HALF_EVEN))} {wanted}"
