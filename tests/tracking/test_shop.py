"""The demonstration shop: each person in it meets exactly the rule that they are in it for."""

from datetime import date

import pytest

from kiosk.demo import SHOP_FILE
from kiosk.demo.specimens import licence, patient_card
from kiosk.documents.cards import CardFormats
from kiosk.documents.decoding import decode
from kiosk.model.base import to_json
from kiosk.model.clock import SystemClock, local_date
from kiosk.model.documents import PatientCard, PhotoId, Reading
from kiosk.model.people import RegistryEntry
from kiosk.rules.identity import concerns
from kiosk.rules.pack import load as load_pack
from kiosk.tracking.registry import HttpRegistry
from kiosk.tracking.sandbox import Sandbox
from kiosk.tracking.sandbox.seed import SeedPatient, load, moved
from tests.tracking.given import ZONE

TODAY = local_date(SystemClock().now(), ZONE)
SHOP = load(SHOP_FILE, TODAY)
PACK = load_pack("FL", TODAY)
FORMATS = CardFormats(state=PACK.state, patterns=tuple(rule.pattern for rule in PACK.card_rules))

MEETS = {
    "P7QX21AB": set(),
    "P3HM58TR": set(),
    "P9LD40KW": set(),
    "P8SL12MT": set(),
    "P7TW01PA": set(),
    "P7TW02PB": set(),
    "P0WE71SA": set(),
    "P0WE72SB": set(),
    "C2PA44LD": set(),
    "P2BK77ZE": {"family.part_of_double_name"},
    "P6LN40GN": {"family.truncated"},
    "P5TT19QN": {"registry.expired"},
    "P6VC33MD": {"registry.suspended"},
    "P8RJ02XF": {"registry.revoked"},
    "P4GS64UV": {"registry.pending"},
    "P2DC90WX": {"registry.deceased"},
    "P1NY85HC": {"id.expired"},
    "P5MN10RS": {"age.minor"},
}


@pytest.fixture(params=SHOP.patients, ids=lambda patient: patient.card)
def patient(request: pytest.FixtureRequest) -> SeedPatient:
    shown = request.param
    assert isinstance(shown, SeedPatient)
    return shown


def shown_by(patient: SeedPatient) -> tuple[PatientCard, PhotoId]:
    """What the scanner reads from their pockets, decoded."""
    papers = patient.photo_id
    payload = licence(
        patient.on_photo_id,
        number=papers.number,
        issued=papers.issued,
        expires=papers.expires,
        family_truncated=papers.truncated,
    )
    card = decode(Reading(data=patient_card(patient.card), device="test", at=0.0), FORMATS)
    photo_id = decode(Reading(data=payload, device="test", at=0.0, symbology="]L2"), FORMATS)
    assert isinstance(card, PatientCard)
    assert isinstance(photo_id, PhotoId)
    return card, photo_id


async def met(registry: HttpRegistry, card: PatientCard, photo_id: PhotoId) -> set[str]:
    entry = await registry.look_up(card.number)
    linked: RegistryEntry | None = await registry.look_up(entry.patients[0]) if entry.patients else None
    return {each.rule for each in concerns(PACK, card, photo_id, entry, linked, TODAY)}


async def test_each_person_meets_the_rule_they_are_there_for(registry: HttpRegistry, patient: SeedPatient) -> None:
    assert await met(registry, *shown_by(patient)) == MEETS[patient.card]


async def test_the_card_of_one_twin_with_the_id_of_the_other(registry: HttpRegistry) -> None:
    iris, ivy = (next(each for each in SHOP.patients if each.given == name) for name in ("Iris", "Ivy"))
    for card, photo_id in ((iris, ivy), (ivy, iris)):
        assert await met(registry, shown_by(card)[0], shown_by(photo_id)[1])


async def test_the_fathers_card_with_the_sons_id(registry: HttpRegistry) -> None:
    father, son = (next(each for each in SHOP.patients if each.suffix == suffix) for suffix in ("SR", "JR"))
    assert await met(registry, shown_by(father)[0], shown_by(son)[1])


def test_everybody_works_and_stands_somewhere() -> None:
    assert {staff.role for staff in SHOP.staff} >= {"technician", "pharmacist", "manager"}
    assert {terminal.role for terminal in SHOP.terminals} == {"checkin", "counter", "vault", "dock"}
    assert {package.place for package in SHOP.packages} <= set(SHOP.shelves)


def test_nobody_is_shown_by_a_repr(sandbox: Sandbox) -> None:
    said = f"{sandbox.state.seed!r}{sandbox.state.seed.patients!r}{sandbox.state.seed.access!r}"
    assert not any(word in said for word in ("Rivers", "P7QX21AB", "demo-vendor-key"))


@pytest.mark.parametrize("today", [date(2024, 2, 29), date(2026, 12, 31), date(2031, 8, 31)])
def test_the_shop_is_open_on_any_day(today: date) -> None:
    shop = load(SHOP_FILE, today)
    assert all(to_json(package) for package in shop.packages)
    expired = {package.tag[-4:] for package in shop.packages if package.expires and package.expires < today}
    assert expired == {"4791"}


@pytest.mark.parametrize(
    ("span", "day"),
    [
        ("-20d", date(2024, 2, 9)),
        ("+1m", date(2024, 3, 29)),
        ("+12m", date(2025, 2, 28)),
        ("-1y", date(2023, 2, 28)),
        ("2024-02-29", None),
        ("+d", None),
    ],
)
def test_dates_move_along(span: str, day: date | None) -> None:
    assert moved(span, date(2024, 2, 29)) == day
