"""Reads a JSON question and names the place of whatever is wrong with it."""

import json
import re
from collections.abc import Iterator
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any, BinaryIO
from zoneinfo import ZoneInfo

from kiosk.model.errors import KioskError
from kiosk.model.text import text
from kiosk.rules.pack import printable

LONGEST = 4_000_000
"""Bytes of a question: a history of some ten thousand purchases."""
DEEPEST = 20
"""Objects and lists in each other; a question has some six."""
LARGEST = Decimal(10) ** 12
FINEST = -9
"""Amounts have at most nine decimals."""


class Malformed(KioskError):
    """The question cannot be understood. ``place`` is written like ``history[3].items[0].net_g``."""

    def __init__(self, place: str, fault: str) -> None:
        super().__init__(text("{place}: {fault}.", place=printable(place), fault=printable(fault)))


class Place:
    """A value of the question with the way to it."""

    def __init__(self, path: str, value: Any) -> None:
        self.path = path
        self.value = value

    def fault(self, said: str) -> Malformed:
        return Malformed(self.path or "the question", said)

    def known(self) -> bool:
        return self.value is not None

    def __getitem__(self, key: str) -> "Place":
        return Place(f"{self.path}.{key}" if self.path else key, self.object().get(key))

    def object(self) -> dict[str, Any]:
        if not isinstance(self.value, dict):
            raise self.fault("an object is wanted here" if self.value is not None else "is missing")
        return self.value

    def members(self) -> Iterator[tuple[str, "Place"]]:
        for key in self.object():
            yield key, self[key]

    def each(self) -> "list[Place]":
        if not isinstance(self.value, list):
            raise self.fault("a list is wanted here" if self.value is not None else "is missing")
        return [Place(f"{self.path}[{n}]", each) for n, each in enumerate(self.value)]

    def word(self) -> str:
        if not isinstance(self.value, str) or not self.value.strip():
            raise self.fault("a word is wanted here" if self.value is not None else "is missing")
        return self.value.strip()

    def number(self) -> Decimal:
        """A decimal that is not below zero: a JSON number, or one in text."""
        value = self.value
        if isinstance(value, bool) or not isinstance(value, int | Decimal | str):
            raise self.fault("a number is wanted here" if value is not None else "is missing")
        try:
            number = Decimal(value.strip()) if isinstance(value, str) else Decimal(value)
        except InvalidOperation:
            raise self.fault("this is no number") from None
        if not number.is_finite():
            raise self.fault("this is no number")
        if number < 0:
            raise self.fault("an amount cannot be below zero")
        if number > LARGEST:
            raise self.fault("this is more than anybody can buy")
        if isinstance(exponent := number.normalize().as_tuple().exponent, int) and exponent < FINEST:
            raise self.fault("an amount has at most nine decimals")
        return number

    def whole(self) -> int:
        number = self.number()
        if number != number.to_integral_value():
            raise self.fault("a whole number is wanted here")
        return int(number)

    def moment(self, zone: ZoneInfo) -> "Moment":
        """ISO 8601 with or without an offset (without: local), or a local date."""
        said = self.word()
        try:
            if re.fullmatch(r"\d{4}-\d\d-\d\d", said):
                return Moment(datetime.combine(date.fromisoformat(said), datetime.min.time(), zone), dated=True)
            at = datetime.fromisoformat(said)
            return Moment(at.replace(tzinfo=zone) if at.tzinfo is None else at.astimezone(zone))
        except (ValueError, OverflowError):
            raise self.fault("this is no date and time (ISO 8601)") from None

    def day(self, zone: ZoneInfo) -> date:
        return self.moment(zone).day


class Moment:
    """An instant in the zone of the law; ``dated``: only its date is known."""

    def __init__(self, at: datetime, *, dated: bool = False) -> None:
        self.at = at
        self.dated = dated

    @property
    def day(self) -> date:
        return self.at.date()

    def after(self, other: "Moment") -> bool:
        """What only has a date is not after anything of that date."""
        if self.dated or other.dated:
            return self.day > other.day
        return self.at.timestamp() > other.at.timestamp()


def read(source: BinaryIO) -> Place:
    """The question on ``source``. Raises :class:`Malformed`."""
    data = source.read(LONGEST + 1)
    if len(data) > LONGEST:
        raise Malformed("standard input", f"there are more than {LONGEST} bytes")
    try:
        asked = json.loads(
            data.decode("utf-8"), parse_float=Decimal, parse_constant=_no_number, object_pairs_hook=_once
        )
    except UnicodeDecodeError as fault:
        raise Malformed(f"standard input, byte {fault.start}", "this is not UTF-8") from None
    except json.JSONDecodeError as fault:
        where = f"standard input, line {fault.lineno}, column {fault.colno}"
        raise Malformed(where, f"this is not JSON ({fault.msg})") from None
    except RecursionError:
        raise Malformed("standard input", "objects are nested too deeply") from None
    except (ValueError, InvalidOperation) as fault:
        raise Malformed("standard input", str(fault)) from None
    if _deep(asked):
        raise Malformed("standard input", "objects are nested too deeply")
    question = Place("", asked)
    question.object()
    return question


def _deep(asked: Any) -> bool:
    """Whether objects and lists stand in each other deeper than any question needs."""
    level = [asked]
    for _ in range(DEEPEST):
        inner = [each.values() if isinstance(each, dict) else each for each in level if isinstance(each, dict | list)]
        level = [each for members in inner for each in members]
        if not level:
            return False
    return True


def _no_number(said: str) -> Any:
    raise ValueError(f"{said} is no number")


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made: dict[str, Any] = {}
    for key, value in pairs:
        if key in made:
            raise ValueError(f"the key {key} is there twice")
        made[key] = value
    return made
