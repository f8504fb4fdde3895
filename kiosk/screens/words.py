"""Sentences, dates and amounts as people read them. English is the key; other languages are catalogues.

Dates have the month as a word and amounts their unit at a fixed distance, so that neither can be misread (NHS Common
User Interface; ISMP 2019): 0.5 and never .5, 5 and never 5.0, 1,000 with its comma, a no-break space before the unit.
"""

import re
from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from pathlib import Path
from zoneinfo import ZoneInfo

from kiosk.model.clock import Clock
from kiosk.model.people import Person
from kiosk.model.text import Text, text

LOCALE = Path(__file__).parent.parent / "locale"
LANGUAGES: Mapping[str, str] = {"en": "English", "es": "Español"}
"""By their own names, in the order they are offered."""
PSEUDO = "xx"
"""A made-up language for the gallery: every letter with an accent, two fifths longer, between brackets."""

MONTHS = (
    text("Jan"),
    text("Feb"),
    text("Mar"),
    text("Apr"),
    text("May"),
    text("Jun"),
    text("Jul"),
    text("Aug"),
    text("Sep"),
    text("Oct"),
    text("Nov"),
    text("Dec"),
)
NO_BREAK = "\u00a0"
_UNIT = re.compile(r"(?<=\d) (?=(?:mg|g|oz|ml|mL|mcg|%|pieces?|days?|units?)\b|%)")
_ACCENTED = str.maketrans("aceinouyACEINOUY", "àçéîñöûýÀÇÉÎÑÖÛÝ")


class Language:
    """Turns :class:`Text` into words of one language. A sentence that is not in the catalogue is shown in English."""

    def __init__(self, code: str = "en", zone: str | None = None, sentences: Mapping[str, str] | None = None) -> None:
        """``zone`` is the store's time zone; None takes the machine's."""
        self.code = code
        self._zone = ZoneInfo(zone) if zone else None
        self._sentences = sentences if sentences is not None else catalogue(code)

    def say(self, words: Text | None) -> str:
        if words is None:
            return ""
        sentence = self._sentences.get(words.sentence, words.sentence)
        if self.code == PSEUDO:
            sentence = stretched(sentence)
        args = {name: self.say(each) if isinstance(each, Text) else each for name, each in words.args.items()}
        return keep_units(sentence.format_map(args))

    def month(self, number: int) -> str:
        return self.say(MONTHS[number - 1])

    def day(self, day: date | None) -> str:
        """``14-Aug-1980``; ``Not known`` and never a blank."""
        if day is None:
            return self.say(text("Not known"))
        return f"{day.day:02d}-{self.month(day.month)}-{day.year:04d}"

    def moment(self, at: datetime, clock: Clock) -> str:
        """``10:42``, with the day where it is not today."""
        there = at.astimezone(self._zone)
        today = clock.now().astimezone(self._zone).date()
        spoken = f"{there.hour:02d}:{there.minute:02d}"
        return spoken if there.date() == today else f"{self.day(there.date())} {spoken}"


def catalogue(code: str) -> dict[str, str]:
    """The translations of a language; empty for English, and for a language there is no catalogue of."""
    path = LOCALE / code / "LC_MESSAGES" / "kiosk.po"
    if code not in LANGUAGES or not path.exists():
        return {}
    import polib  # noqa: PLC0415 - an English terminal never needs it

    entries = polib.pofile(str(path))
    return {entry.msgid: entry.msgstr for entry in entries if entry.msgstr and not entry.obsolete}


def stretched(sentence: str) -> str:
    """The pseudo language of one sentence: places stay as they are, the rest grows by 40 %."""
    pieces = re.split(r"(\{[^}]*\})", sentence)
    spoken = "".join(piece if piece.startswith("{") else piece.translate(_ACCENTED) for piece in pieces)
    extra = round(0.4 * sum(len(piece) for piece in pieces if not piece.startswith("{"))) - 2
    filler = " ".join(["lo", "rem", "ipsum", "do", "lor", "sit", "amet", "con", "sec", "tetur"]) * 8
    return f"[{spoken} {filler[: max(0, extra - 1)].strip()}]".replace(" ]", "]")


def keep_units(sentence: str) -> str:
    """A number and its unit never stand on two lines."""
    return _UNIT.sub(NO_BREAK, sentence)


def amount(value: Decimal | str | int | None, unit: str = "") -> str:
    """``0.5 oz``, ``1,000 mg``. An unknown amount is said to be unknown by the caller; here it is ``–``."""
    if value is None:
        return "–"
    number = Decimal(value)
    spoken = f"{number.normalize():,f}" if number else "0"
    if "." in spoken:
        spoken = spoken.rstrip("0").rstrip(".")
    return f"{spoken}{NO_BREAK}{unit}" if unit else spoken


def told(value: str) -> str:
    """An amount that comes as words (``"3300.0 mg"``), written like all others; other words stay as they are."""
    number, _, unit = value.partition(" ")
    try:
        return amount(Decimal(number), unit)
    except InvalidOperation:
        return value


def name_of(person: Person) -> str:
    """``FAMILY, Given Middle Suffix``."""
    given = " ".join(part for part in (person.given, person.middle, person.suffix) if part)
    return f"{person.family.upper()}, {given}" if given else person.family.upper()


def groups(code: str, size: int = 4) -> str:
    """A long code in groups of four from the left, so that it can be compared by eye."""
    bare = code.strip()
    if len(bare) <= size + 2 or any(mark in bare for mark in " -/"):
        return bare
    return " ".join(bare[i : i + size] for i in range(0, len(bare), size))


def difference(wanted: str, found: str) -> tuple[list[tuple[str, bool]], list[tuple[str, bool]]]:
    """Both values cut into words (or groups of four), with those marked that the other has not at that place."""
    first, second = keep_units(groups(wanted)).split(" "), keep_units(groups(found)).split(" ")
    marks = [(a != b) for a, b in zip(first, second, strict=False)]
    tail = abs(len(first) - len(second))

    def marked(words: list[str]) -> list[tuple[str, bool]]:
        flags = [*marks, *([True] * tail)]
        return [(word, flags[i]) for i, word in enumerate(words) if word]

    return marked(first), marked(second)
