"""The registry's answer about one card: its standing, its person, what is left; and never about another card."""

import json
from datetime import date
from decimal import Decimal
from typing import Any

import httpx
import pytest

from kiosk.demo import SHOP_FILE
from kiosk.model.clock import ManualClock, SystemClock
from kiosk.model.documents import PatientCard
from kiosk.model.errors import KioskError, Theirs
from kiosk.model.people import RegistryStatus
from kiosk.rules.identity import concerns
from kiosk.rules.pack import load
from kiosk.tracking.metrc.client import Metrc
from kiosk.tracking.registry import HttpRegistry
from kiosk.tracking.sandbox import Sandbox, make, serving
from kiosk.tracking.sandbox.state import Elsewhere
from tests.tracking.given import (
    CAREGIVER,
    CLOSE_TO_LIMIT,
    FLOWER,
    MINOR,
    ROWAN,
    line,
    registry_account,
    sale,
)

CARD: dict[str, Any] = {"cardNumber": ROWAN, "status": "ACTIVE", "cardType": "Patient", "lastName": "Rivers"}


def answering(status: int, body: bytes) -> HttpRegistry:
    wire = httpx.MockTransport(lambda _: httpx.Response(status, content=body))
    return HttpRegistry(registry_account("https://registry.example"), ManualClock(), transport=wire)


async def test_an_active_patient(registry: HttpRegistry) -> None:
    entry = await registry.look_up(ROWAN)
    assert (entry.number, entry.status, entry.role) == (ROWAN, RegistryStatus.ACTIVE, "patient")
    assert entry.person is not None
    assert (entry.person.family, entry.person.given, entry.person.born) == ("Rivers", "Rowan", date(1984, 5, 17))
    assert entry.recommendation is not None
    assert "smoking" in entry.recommendation.routes
    assert len(entry.recommendation.notes) == 3
    assert entry.available is not None
    assert entry.available["smoking"] == Decimal("2.5")


@pytest.mark.requirement("PAT-06")
@pytest.mark.parametrize(
    ("card", "status"),
    [
        ("P7QX21AB", RegistryStatus.ACTIVE),
        ("P5TT19QN", RegistryStatus.EXPIRED),
        ("P6VC33MD", RegistryStatus.SUSPENDED),
        ("P8RJ02XF", RegistryStatus.REVOKED),
        ("P4GS64UV", RegistryStatus.PENDING),
        ("P2DC90WX", RegistryStatus.DECEASED),
        ("P0000000", RegistryStatus.NOT_FOUND),
    ],
)
async def test_every_standing_is_an_answer_of_its_own_and_one_proceeds(
    registry: HttpRegistry, sandbox: Sandbox, card: str, status: RegistryStatus
) -> None:
    entry = await registry.look_up(card)
    assert entry.status is status
    shown, today = PatientCard(number=card, state="FL"), sandbox.state.today
    rules = {each.rule for each in concerns(load("FL", today), shown, None, entry, None, today)} - {"id.missing"}
    assert rules == (set() if status is RegistryStatus.ACTIVE else {f"registry.{status}"})


async def test_a_caregiver_is_linked_to_the_minor(registry: HttpRegistry) -> None:
    entry = await registry.look_up(CAREGIVER)
    assert (entry.role, entry.patients, entry.available) == ("caregiver", (MINOR,), None)


async def test_the_physicians_limits_come_along(registry: HttpRegistry) -> None:
    recommendation = (await registry.look_up("P8SL12MT")).recommendation
    assert recommendation is not None
    assert recommendation.limits == {"smoking": Decimal("1.0")}
    assert recommendation.forms_excluded == ("edible",)


@pytest.mark.requirement("ALT-05")
async def test_a_sale_here_lowers_what_the_registry_has_left(registry: HttpRegistry, metrc: Metrc) -> None:
    before = (await registry.look_up(ROWAN)).available
    now = SystemClock().now()
    await metrc.report(sale(sold_at=now, lines=(line(FLOWER, "4", "140.00"), line(units="2", total="104.00"))))
    after = (await registry.look_up(ROWAN)).available
    assert before is not None
    assert after is not None
    assert before["smoking"] - after["smoking"] == Decimal("0.4939")  # 14 g of 28.35 g, the rest rounded down
    assert before["sublingual"] - after["sublingual"] == 60
    assert before["aggregate"] - after["aggregate"] == 60


@pytest.mark.requirement("ALT-05")
async def test_a_purchase_elsewhere_is_seen_at_the_next_look(registry: HttpRegistry, sandbox: Sandbox) -> None:
    assert (await registry.look_up(ROWAN)).available["oral"] == 14000  # type: ignore[index]
    sandbox.state.kept.elsewhere.append(Elsewhere(card=ROWAN, product=104, units=10))
    assert (await registry.look_up(ROWAN)).available["oral"] == 11000  # type: ignore[index]


async def test_earlier_purchases_count_and_come_back_after_their_window() -> None:
    clock = ManualClock()
    sandbox = make(SHOP_FILE, clock)
    patient = sandbox.state.seed.patient(CLOSE_TO_LIMIT)
    assert patient is not None
    assert sandbox.state.available(patient)["smoking"] == Decimal("0.4012")
    clock.advance(28 * 86400)
    assert sandbox.state.available(patient)["smoking"] == Decimal("0.4012")
    clock.advance(86400)
    assert sandbox.state.available(patient)["smoking"] == Decimal("2.5")


async def test_low_thc_uses_no_milligrams(sandbox: Sandbox, registry: HttpRegistry) -> None:
    sandbox.state.kept.elsewhere.append(Elsewhere(card=ROWAN, product=107, units=5))
    assert (await registry.look_up(ROWAN)).available["sublingual"] == 13300  # type: ignore[index]


async def test_a_status_that_changes_between_two_looks(registry: HttpRegistry, sandbox: Sandbox) -> None:
    assert (await registry.look_up(ROWAN)).status is RegistryStatus.ACTIVE
    sandbox.state.kept.statuses[ROWAN] = RegistryStatus.SUSPENDED
    assert (await registry.look_up(ROWAN)).status is RegistryStatus.SUSPENDED


async def test_a_word_nobody_knows_is_no_pass() -> None:
    registry = answering(200, json.dumps(CARD | {"status": "ACTIVE*"}).encode())
    assert (await registry.look_up(ROWAN)).status is RegistryStatus.UNKNOWN
    await registry.close()


@pytest.mark.requirement("PAT-07")
@pytest.mark.parametrize(
    ("status", "body"),
    [
        (200, CARD | {"cardNumber": "P3HM58TR"}),
        (200, {"status": "ACTIVE"}),
        (200, CARD | {"dob": "not a date"}),
        (200, CARD | {"available": {"smoking": "2.5 oz"}}),
        (200, CARD | {"status": "NOT_FOUND"}),
        (200, [CARD]),
        (404, CARD),
        (404, {"message": "no such page"}),
        (302, CARD),
    ],
)
async def test_an_answer_that_makes_no_sense_is_no_answer(status: int, body: Any) -> None:
    registry = answering(status, json.dumps(body).encode())
    with pytest.raises(Theirs):
        await registry.look_up(ROWAN)
    await registry.close()


async def test_an_amount_without_a_figure_is_not_zero_and_one_below_zero_is() -> None:
    registry = answering(200, json.dumps(CARD | {"available": {"oral": None, "smoking": -0.5}}).encode())
    assert (await registry.look_up(ROWAN)).available == {"smoking": Decimal(0)}
    await registry.close()


async def test_control_characters_can_do_nothing() -> None:
    registry = answering(200, json.dumps(CARD | {"lastName": "Riv\x1b[2Jers\r\n"}).encode())
    person = (await registry.look_up(ROWAN)).person
    assert person is not None
    assert person.family == "Riv [2Jers"
    await registry.close()


async def test_the_wrong_key(sandbox: Sandbox) -> None:
    async with serving(sandbox) as url:
        registry = HttpRegistry(registry_account(url, key="other"), SystemClock())
        with pytest.raises(KioskError) as error:
            await registry.look_up(ROWAN)
        assert error.value.detail == "state.access"
        await registry.close()
