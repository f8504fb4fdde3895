"""What a record's words and its yes and no mean: standing with the state, age, home, routes, guidelines."""

import re
from dataclasses import dataclass, field
from datetime import date
from zoneinfo import ZoneInfo

from kiosk.allotment.places import Place
from kiosk.allotment.words import ends, holds, words
from kiosk.rules.kinds import plain_word, vocabulary
from kiosk.rules.law import Law


@dataclass
class Record:
    """What is said so far. ``unclear``: places that may limit and were not understood; ``closed``: routes."""

    law: Law
    zone: ZoneInfo
    on: date
    facts: dict[str, bool] = field(default_factory=dict)
    visitor: bool = False
    stopped: str = ""
    closed: tuple[str, ...] = ()
    excluded: tuple[str, ...] = ()
    unclear: list[str] = field(default_factory=list)

    @property
    def state(self) -> str:
        return self.law.state


def read_flag(record: Record, key: str, value: bool, place: Place) -> None:
    """A yes or no. One that is not understood is unclear, whichever it is."""
    key = bare(key)
    if about_guidelines(key):
        read_guidelines(record, key, place if isinstance(place.value, bool) else Place(place.path, value))
        return
    if key.startswith(("no_", "not_")) and key not in words().stops:
        key, value = key.partition("_")[2], not value
    fact = words().facts.get(key, "")
    if fact:
        record.facts[fact] = value
    if not any(read(record, key, value, place) for read in (_of_person, _of_waiver, _of_route, _of_standing)) and not (
        fact or words().patient.get(key) == "silent"
    ):
        record.unclear.append(place.path)


def _of_person(record: Record, key: str, value: bool, _: Place) -> bool:
    """Whether a flag was one of where they live or how old they are."""
    if words().patient.get(key) == "visiting" or holds(key, words().visitor):
        record.visitor |= value
    elif key in words().resident:
        record.visitor |= not value
    elif key in words().adult:
        record.facts["minor"] = not value
    else:
        return False
    return True


def _of_waiver(record: Record, key: str, value: bool, place: Place) -> bool:
    """A waiver is an amount, and one that is only said to be there is unclear."""
    if key in words().facts or not is_waiver(key):
        return False
    if value or words().patient.get(key) != "waiver":
        record.unclear.append(place.path)
    return True


def _of_route(record: Record, key: str, value: bool, _: Place) -> bool:
    route = _route(key)
    if route and not value:
        record.closed += (vocabulary().routes.get(route, ""),)
        record.excluded += (route,) if vocabulary().kinds.get(route) == route else ()
    return bool(route)


def _of_standing(record: Record, key: str, value: bool, _: Place) -> bool:
    stops, needed = holds(key, words().stops), ends(key, words().needed)
    if stops and value:
        record.stopped = key
    elif needed and not value and not stops:
        record.stopped = f"not {key}"
    return stops or needed


def read_word(record: Record, key: str, place: Place) -> None:
    """A word: of a status, a class, a home, or a yes or no. One that is not understood is unclear."""
    said, more = (_word(part) for part in place.word().partition(":")[::2])
    meaning = words().patient.get(key, "")
    if about_guidelines(key):
        read_guidelines(record, key, place)
    elif said in words().yes or said in words().no:
        read_flag(record, key, said in words().yes, place)
    elif more in words().yes or more in words().no:
        read_flag(record, said, more in words().yes, place)
    elif meaning == "visiting":
        record.visitor |= said not in ("none", "resident")
        _of_kind(record, said)
    elif (meaning == "homes" or key.endswith("_state")) and re.fullmatch(r"[A-Za-z]{2}", place.word()):
        record.visitor |= place.word().upper() != record.state
    elif meaning == "homes" and said == plain_word(record.law.place):
        pass
    elif is_waiver(key):
        record.unclear.append(place.path)
    elif holds(said, words().stops):
        record.stopped = next(word for word in words().stops if holds(said, (word,)))
    elif holds(said, words().visitor):
        record.visitor = True
        _of_kind(record, more)
    elif (fact := words().facts.get(said) or words().facts.get(f"{key}_{said}")) is not None:
        record.facts[fact] = True
    elif holds(said, [each for each, fact in words().facts.items() if fact == "minor"]):
        record.facts["minor"] = True
    elif meaning != "diagnoses" and not _harmless(said):
        record.unclear.append(place.path)


def _word(said: str) -> str:
    """A word as the tables spell it; one that is asked rather than said is none of theirs."""
    return plain_word(said) + ("?" if "?" in said else "")


def _of_kind(record: Record, kind: str) -> None:
    """What kind of visitor: the holder of a card of this state is one kind."""
    if words().facts.get(kind) == "state_card":
        record.facts["state_card"] = True


def bare(key: str) -> str:
    """Without the verb: ``is_visitor``, ``has_state_card``."""
    return key.removeprefix("is_").removeprefix("has_")


def about_guidelines(key: str) -> bool:
    return bool(set(key.split("_")) & words().guidelines["about"])


def read_guidelines(record: Record, key: str, place: Place) -> None:
    """Only a clear yes is one, and one no outweighs it."""
    rest = set(key.split("_")) - words().guidelines["about"]
    yes = _clear(place, record.on)
    if rest & words().guidelines["none"]:
        yes = place.value is False
    elif rest - words().guidelines["more"]:
        yes = False if isinstance(place.value, bool) or place.value is None else yes
    record.facts["guidelines"] = yes and record.facts.get("guidelines", True)


def _clear(place: Place, on: date) -> bool:
    value = place.value
    if isinstance(value, bool):
        return value
    if isinstance(value, str):
        if dated := re.match(r"\d{4}-\d\d-\d\d", value):
            return dated[0] <= on.isoformat()
        return plain_word(value) in words().guidelines["yes"] or re.match(r"\s*[0-9.]+\s*[A-Za-z]", value) is not None
    if isinstance(value, list):
        return bool(value) and all(_clear(each, on) for each in place.each())
    if isinstance(value, dict):
        told = (*words().naming, *words().dated, *(k for k, what in words().patient.items() if what == "silent"))
        said = [each for name, each in place.members() if plain_word(name) not in told]
        return bool(said) and all(_clear(each, on) for each in said)
    return value is not None and place.number() > 0


def is_waiver(key: str) -> bool:
    return holds(key, [word for word, what in words().patient.items() if what == "waiver"])


def granted(name: str, place: Place) -> bool | None:
    """What a word or a yes or no beside a waiver says of it; None: not understood."""
    key, value = bare(name), place.value
    if isinstance(value, str):
        said = plain_word(value)
        if said in words().yes or said in words().no:
            value = said in words().yes
        elif holds(said, words().stops):
            return False
        else:
            return True if said in words().needed or said == "granted" else None
    if holds(key, words().stops):
        return not value
    return bool(value) if ends(key, (*words().needed, "granted")) else None


def _route(key: str) -> str:
    for each in words().allowed:
        key = key.removesuffix(f"_{each}")
    return key if key in vocabulary().routes or key in vocabulary().kinds else ""


def _harmless(said: str) -> bool:
    known = {*words().needed, *words().plain, *words().adult, *words().resident}
    return said in known or all(each in known for each in said.split("_"))
