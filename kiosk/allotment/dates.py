"""What a date in a record means, by the words of its key: ``expires_on`` and ``valid_through`` are an end."""

import re
from decimal import Decimal
from typing import Any, Literal, cast, get_args

from kiosk.allotment.words import holds, split, words

Known = Literal["born", "asked", "aside", "end", "start"]
Meaning = Known | Literal["stopped", ""]
"""``stopped``: from then on nothing holds; ``asked``: wanted, not granted; ``aside``: says nothing of limits; ``""``:
not understood."""


def is_date(value: Any) -> bool:
    """Whether a value is written as a date, with or without a time: its digits need not be those of a real one."""
    return isinstance(value, str) and re.fullmatch(r"\s*\d{4}-\d\d-\d\d([T ][\d:.,+Zz -]*)?\s*", value) is not None


def meaning_of(key: str) -> Meaning:
    """What a date under ``key`` means. Where a key has two such words the last one says it: ``effective_to``."""
    said = words().dates
    if holds(key, words().stops):
        return "stopped"
    parts = split(key)
    for word in reversed(parts if len(parts) == 1 else [each for each in parts if each != "date"]):
        for meaning in get_args(Known):
            if word in said[meaning]:
                return cast(Known, meaning)
    return ""


def should_be_a_date(key: str, value: Any) -> bool:
    """Whether a key of a date has something else, which is to be told."""
    said = {word for words_of in words().dates.values() for word in words_of} | words().dates["beside"]
    if isinstance(value, str) and re.fullmatch(r"\s*\d+[/.]\d+[/.]\d+.*", value) is not None:
        return meaning_of(key) != ""
    return isinstance(value, str | int | Decimal) and not isinstance(value, bool) and set(split(key)) <= said
