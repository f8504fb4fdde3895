"""Which routes and forms the physician chose for the patient, and which not."""

from kiosk.allotment.papers import Papers
from kiosk.allotment.places import Place
from kiosk.allotment.words import key_word, words
from kiosk.rules.kinds import plain_word, vocabulary


def read_routes(found: Papers, _: str, place: Place) -> None:
    said, denied = _chosen(found, place)
    found.closed += tuple(route_of(each) for each in denied)
    if said:
        found.routes = (*(found.routes or ()), *(route_of(each) for each in said))


def read_forms(found: Papers, _: str, place: Place) -> None:
    said, denied = _chosen(found, place)
    _exclude(found, denied)
    if said:
        found.forms = (*(found.forms or ()), *(_kind(found, each) for each in said))


def read_excluded(found: Papers, _: str, place: Place) -> None:
    said, denied = _chosen(found, place)
    found.unclear += [each.path for each in denied]
    _exclude(found, said)


def _exclude(found: Papers, said: list[Place]) -> None:
    for each in said:
        word = plain_word(each.word())
        found.closed += (vocabulary().routes.get(word, ""),)
        kind = vocabulary().kinds.get(word, "")
        found.excluded += (kind, *vocabulary().exact_of.get(kind, ())) if kind else ()
        if not kind and word not in vocabulary().routes:
            found.unclear.append(each.path)


def _chosen(found: Papers, place: Place) -> tuple[list[Place], list[Place]]:
    """The words of a list, or of an object those that are true and those that are false."""
    if isinstance(place.value, list):
        return place.each(), []
    if isinstance(place.value, str):
        return [Place(place.path, each) for each in place.value.split(",")], []
    said: list[Place] = []
    denied: list[Place] = []
    for name, each in place.members():
        word = key_word(name)
        if isinstance(each.value, bool):
            (said if each.value else denied).append(Place(each.path, name))
        elif words().patient.get(word) in ("routes", "forms") or word in ("allowed", "recommended", "permitted"):
            said += _chosen(found, each)[0]
        elif word in ("excluded", "restricted", "prohibited", "denied"):
            denied += _chosen(found, each)[0]
        elif each.known():
            found.unclear.append(each.path)
    return said, denied


def _kind(found: Papers, place: Place) -> str:
    word = plain_word(place.word())
    if word not in vocabulary().kinds:
        found.unclear.append(place.path)
    return vocabulary().kinds.get(word, "")


def route_of(place: Place) -> str:
    word = plain_word(place.word())
    return vocabulary().routes.get(word) or vocabulary().kinds.get(word, word)
