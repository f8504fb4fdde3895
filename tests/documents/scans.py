"""What the tests of this room share: a reading, the state's card shape, one invented person."""

from datetime import date
from typing import Any

from kiosk.demo.specimens import licence
from kiosk.documents.cards import CardFormats
from kiosk.documents.decoding import decode
from kiosk.model.documents import AnyDocument, PhotoId, Reading
from kiosk.model.people import Person

FORMATS = CardFormats(state="FL", patterns=("[CP](?=[A-Z]*[0-9])[A-Z0-9]{7}",))
ROBIN = Person(family="EXAMPLE", given="ROBIN", middle="LEE", suffix="II", born=date(1992, 2, 29))
DATES = {"issued": date(2021, 3, 2), "expires": date(2029, 2, 28)}
FACTS = ("family", "given", "middle", "suffix", "born", "issued", "expires", "number", "issuer")


def read(data: bytes, symbology: str = "", formats: CardFormats = FORMATS, *, complete: bool = True) -> AnyDocument:
    return decode(Reading(data=data, device="s", at=0.0, symbology=symbology, complete=complete), formats)


def robin(version: int = 10, **more: Any) -> bytes:
    return licence_of(ROBIN, version, **more)


def licence_of(person: Person, version: int = 10, **more: Any) -> bytes:
    return licence(person, number="E123456789", version=version, **{**DATES, **more})


def facts(document: PhotoId) -> tuple[Any, ...]:
    return tuple(getattr(document, fact) for fact in FACTS)
