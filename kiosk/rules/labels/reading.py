"""A file of facts read: one dispense as JSON, every fault told with its place.

Keys are those of the vocabulary, written with a dot (``"patient.name"``) or as objects in objects, or both.
"""

import base64
import binascii
import difflib
import json
import re
from collections.abc import Callable, Iterator
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any

from kiosk.model.errors import Theirs
from kiosk.model.text import Text, text
from kiosk.rules.labels.facts import Level, Quantity, Value
from kiosk.rules.labels.vocabulary import SYMBOL, Fact, Kind, kind_of_fact, vocabulary

LARGEST = 256 * 1024
"""Bytes of a file of facts, the artwork in it included."""
_NUMBER = re.compile(r"-?\d{1,12}(?:\.\d{1,9})?")
_AMOUNT = re.compile(r"(?P<number>-?\d{1,12}(?:\.\d{1,9})?)\s*(?P<unit>[^\d\s].*)?")
_RANGE = re.compile(
    r"(?P<low>\d{1,9}(?:\.\d{1,9})?)\s*(?:-|–|to)\s*(?P<high>\d{1,9}(?:\.\d{1,9})?)\s*(?P<unit>[^\d\s].*)?"
)
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
_DATA = "data:image/png;base64,"
_FLAGS = {"yes": True, "no": False, "true": True, "false": False}
Files = Callable[[str], bytes]
"""Reads a file that a fact names. Raises ``OSError``."""


class _Odd(Exception):
    """A value that cannot be read, and why."""

    def __init__(self, why: Text) -> None:
        super().__init__(str(why.sentence))
        self.why = why


def read_facts(source: bytes, files: Files | None = None) -> dict[str, Value]:
    """The facts of one dispense. ``files`` reads the artwork a fact names; None: there are none to be had.

    Raises :class:`~kiosk.model.errors.Theirs` with one sentence that names the place.
    """
    if len(source) > LARGEST:
        raise Theirs(text("The facts are larger than {kilobytes} KB.", kilobytes=LARGEST // 1024))
    try:
        raw = json.loads(
            source.decode("utf-8-sig"),
            parse_float=Decimal,
            parse_constant=_no_constant,
            object_pairs_hook=_once,
        )
    except _Odd as fault:
        raise Theirs(text("The facts cannot be read: {why}", why=fault.why)) from None
    except json.JSONDecodeError as fault:
        place = text("line {line}, column {column}", line=fault.lineno, column=fault.colno)
        raise Theirs(text("The facts are no JSON from {place} on.", place=place)) from None
    except (ValueError, RecursionError):
        raise Theirs(text("The facts are no JSON in UTF-8.")) from None
    return facts_of(raw, files)


def facts_of(raw: Any, files: Files | None = None) -> dict[str, Value]:
    """As :func:`read_facts`, for what was read already. Raises ``Theirs``."""
    if not isinstance(raw, dict):
        raise Theirs(text("The facts are no JSON object."))
    facts: dict[str, Value] = {}
    for key, value in flat("", raw):
        try:
            if key in facts:
                raise _Odd(text("It is told twice."))
            facts[key] = _value(key, value, files)
        except _Odd as fault:
            raise Theirs(text("{place}: {why}", place=key[:80], why=fault.why)) from None
    return facts


def flat(place: str, raw: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    """Every fact under its whole key, however it was nested."""
    for name, value in raw.items():
        key = f"{place}.{name}" if place else str(name)
        if isinstance(value, dict) and kind_of_fact(key) is None:
            yield from flat(key, value)
        else:
            yield key, value


def _value(key: str, raw: Any, files: Files | None) -> Value:
    kind = kind_of_fact(key)
    if kind is None:
        raise _Odd(_no_such(key))
    if raw is None:
        return None
    if key.startswith(SYMBOL):
        return _picture(raw, files)
    fact = vocabulary().facts.get(key, Fact(says=key))
    return _READERS[kind](raw, fact)


def _no_such(key: str) -> Text:
    close = difflib.get_close_matches(key, vocabulary().facts, n=1)
    if close:
        return text("No fact is called so. Is {key} meant?", key=close[0])
    return text("No fact is called so.")


def _text(raw: Any) -> str:
    if isinstance(raw, int) and not isinstance(raw, bool):
        return str(raw)
    if not isinstance(raw, str):
        raise _Odd(text("A text is wanted."))
    return raw


def _flag(raw: Any) -> bool | None:
    if isinstance(raw, bool):
        return raw
    said = raw.strip().lower() if isinstance(raw, str) else "?"
    if said not in (*_FLAGS, "", "unknown"):
        raise _Odd(text("Yes or no is wanted."))
    return _FLAGS.get(said)


def _date(raw: Any) -> date | None:
    if isinstance(raw, str) and not raw.strip():
        return None
    try:
        read = raw if type(raw) is date else date.fromisoformat(raw) if _DAY.fullmatch(raw) else None
    except (TypeError, ValueError):
        read = None
    if read is None or not 1900 <= read.year <= 2100:
        raise _Odd(text("A date is wanted, as YYYY-MM-DD."))
    return read


def _count(raw: Any) -> int:
    number = _number(raw)
    if number is None or number != number.to_integral_value() or number < 1:
        raise _Odd(text("A whole number from 1 on is wanted."))
    return int(number)


def _amount(raw: Any, unit: str) -> Decimal:
    number = _in_unit(raw, unit)
    if number <= 0:
        raise _Odd(text("An amount over zero is wanted."))
    return number


def _level(raw: Any, unit: str) -> Level | None:
    finding = vocabulary().finding(raw) if isinstance(raw, str) else None
    if finding is not None:
        return Level(said=finding) if finding else None
    number = _in_unit(raw, unit)
    if number < 0 or (unit == "%" and number > 100):
        raise _Odd(text("A value from 0 on is wanted, and of per cent at most 100."))
    return Level(value=number, unit=unit)


def _in_unit(raw: Any, unit: str) -> Decimal:
    """A number, or a text with the number and this very unit."""
    number = _number(raw)
    if number is not None:
        return number
    said = _AMOUNT.fullmatch(raw.strip()) if isinstance(raw, str) else None
    if said is None or said["unit"] is None:
        raise _Odd(text("A number in {unit} is wanted.", unit=unit))
    if vocabulary().unit(said["unit"]) != unit:
        raise _Odd(text("It is told in {other}, and wanted in {unit}.", other=said["unit"][:20], unit=unit))
    return Decimal(said["number"])


def _number(raw: Any) -> Decimal | None:
    if isinstance(raw, bool) or not isinstance(raw, int | Decimal | str):
        return None
    try:
        said = raw.strip() if isinstance(raw, str) else f"{Decimal(raw):f}"
    except (InvalidOperation, ValueError):
        return None
    return Decimal(said) if _NUMBER.fullmatch(said) else None


def _levels(raw: Any) -> tuple[Level, ...] | None:
    """``{"THCA": "21.3 %", "CBG": "<LOQ"}``, or a list of ``{"name", "value", "unit"}``."""
    if isinstance(raw, dict):
        named = [(str(name), value, None) for name, value in raw.items()]
    elif isinstance(raw, list | tuple) and all(isinstance(each, dict) for each in raw):
        named = [(str(each.get("name", "")), each.get("value"), each.get("unit")) for each in raw]
    else:
        raise _Odd(text("Named values are wanted, such as {example}.", example='{"THCA": "21.3 %"}'))
    found = [_named_level(name, value, unit) for name, value, unit in named]
    return tuple(each for each in found if each is not None) or None


def _named_level(name: str, raw: Any, unit: Any) -> Level | None:
    if not name.strip():
        raise _Odd(text("A value has no name."))
    finding = vocabulary().finding(raw) if isinstance(raw, str) else None
    if finding is not None:
        return Level(name=name, said=finding) if finding else None
    said = f"{raw if isinstance(raw, str) else _number(raw)} {unit or ''}".strip()
    span, one = _RANGE.fullmatch(said), _AMOUNT.fullmatch(said)
    match = span or one
    printed = vocabulary().unit(match["unit"]) if match is not None and match["unit"] else ""
    if match is None or printed not in ("%", "mg", "mg/g", "mg/mL"):
        raise _Odd(text("{name}: a number in %, mg, mg/g or mg/mL is wanted.", name=name[:40]))
    low = Decimal(match["low"] if span is not None else match["number"])
    high = Decimal(span["high"]) if span is not None else None
    if low < 0 or (high is not None and high < low) or (printed == "%" and (high or low) > 100):
        raise _Odd(text("A value from 0 on is wanted, and of per cent at most 100."))
    return Level(name=name, value=low, up_to=high, unit=printed)


def _quantity(raw: Any) -> Quantity | None:
    """A number of units, ``"3.5 g"``, or ``{"amount": 3.5, "unit": "g"}``."""
    if isinstance(raw, dict):
        if set(raw) != {"amount", "unit"} or not isinstance(raw["unit"], str):
            raise _Odd(text("A number of units is wanted, or an amount with its unit such as 3.5 g."))
        raw = f"{_number(raw['amount'])} {raw['unit']}"
    if isinstance(raw, str) and not raw.strip():
        return None
    number = _number(raw)
    said = _AMOUNT.fullmatch(raw.strip()) if isinstance(raw, str) else None
    unit = "unit" if number is not None else vocabulary().unit(said["unit"] or "") if said is not None else ""
    amount = number if number is not None else Decimal(said["number"]) if said is not None else None
    if amount is None or unit in ("", "%", "mg/g", "mg/mL"):
        raise _Odd(text("A number of units is wanted, or an amount with its unit such as 3.5 g."))
    whole = amount == amount.to_integral_value()
    if amount <= 0 or (vocabulary().units[unit].counts and not whole):
        raise _Odd(text("An amount over zero is wanted, and of units a whole number."))
    return Quantity(amount=amount, unit=unit)


def _words(raw: Any, *, may_be_none: bool) -> tuple[str, ...] | None:
    listed = [raw] if isinstance(raw, str) else raw
    if not isinstance(listed, list | tuple) or not all(isinstance(each, str) for each in listed):
        raise _Odd(text("A list of words is wanted."))
    if may_be_none and (isinstance(raw, list | tuple) and not raw):
        return ()
    return tuple(each for each in listed if each.strip()) or None


def _keys(raw: Any) -> tuple[str, ...]:
    if not isinstance(raw, list | tuple) or not all(isinstance(each, str) for each in raw):
        raise _Odd(text("A list of keys of facts is wanted."))
    for each in raw:
        if kind_of_fact(each) is None:
            raise _Odd(text("{key}: {why}", key=each[:80], why=_no_such(each)))
    return tuple(raw)


def _picture(raw: Any, files: Files | None) -> bytes:
    """A PNG: the name of its file, or its bytes as ``data:image/png;base64,…``."""
    if isinstance(raw, str) and raw.startswith(_DATA):
        try:
            return base64.b64decode(raw.removeprefix(_DATA), validate=True)
        except binascii.Error:
            raise _Odd(text("The picture is no PNG in base64.")) from None
    if not isinstance(raw, str) or files is None:
        raise _Odd(text("The name of a PNG file is wanted."))
    try:
        return files(raw) if raw.strip() else b""
    except (OSError, ValueError):
        raise _Odd(text("The picture's file cannot be read.")) from None


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise _Odd(text("{key} is told twice.", key=twice[:80]))
    return made


def _no_constant(name: str) -> Any:
    raise _Odd(text("{word} is no number.", word=name))


_READERS: dict[Kind, Callable[[Any, Fact], Value]] = {
    "text": lambda raw, _: _text(raw),
    "flag": lambda raw, _: _flag(raw),
    "date": lambda raw, _: _date(raw),
    "count": lambda raw, _: _count(raw),
    "amount": lambda raw, fact: _amount(raw, fact.unit),
    "level": lambda raw, fact: _level(raw, fact.unit),
    "levels": lambda raw, _: _levels(raw),
    "quantity": lambda raw, _: _quantity(raw),
    "words": lambda raw, fact: _words(raw, may_be_none=fact.may_be_none),
    "keys": lambda raw, _: _keys(raw),
}
