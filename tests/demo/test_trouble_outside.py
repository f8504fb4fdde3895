"""Trouble around a whole store: the hub dies and comes back, the state answers anything; nothing is lost or doubled."""

import asyncio

import pytest

from kiosk.demo.person import Deed, Patient
from kiosk.flows import steps
from kiosk.flows.steps import Picture
from kiosk.model.connection import Condition
from kiosk.model.orders import ReceiptState
from kiosk.model.records import Dispensed, UnitPicked
from tests.demo.store import Respond, Store, but

pytestmark = pytest.mark.process

ROLES = ("checkin", "counter", "vault")
NOTICED_IN = 5.0
"""Seconds until every terminal says that the hub is away."""


def when_hub_is_there(respond: Respond) -> Respond:
    """Somebody who reads that nothing can be done without the hub, and waits."""

    def wait(picture: Picture) -> Deed | None:
        away = picture.connection.condition in (Condition.HUB_AWAY, Condition.BOTH_AWAY)
        return None if away else respond(picture)

    return wait


async def hub_dies(store: Store) -> None:
    await store.shop.kill_hub()
    async with asyncio.timeout(NOTICED_IN):
        for role in ROLES:
            told = (await store.condition(role, Condition.HUB_AWAY)).connection
            assert str(told.allowed)


@pytest.mark.requirement("PLT-06", "LBL-08")
async def test_a_hub_that_is_killed_twice_in_a_visit_leaves_one_label_one_receipt_one_record(tmp_path):
    async with Store.opened(tmp_path / "store") as store:
        patient = Patient(store.shop.patient.card, store.shop.patient.photo_id)
        technician, picker = store.technician(patient), store.picker()
        async with store.working(checkin=patient.respond, counter=technician.respond, vault=picker.respond):
            await store.step("counter", steps.AwaitPick)
            await hub_dies(store)
        async with store.working(
            counter=when_hub_is_there(technician.respond), vault=when_hub_is_there(picker.respond)
        ):
            await store.shop.start_hub()
            await store.step("counter", steps.HandedOver)
            await hub_dies(store)
            await store.shop.start_hub()
            await store.picture("counter", lambda _: technician.finished)
        for role in ROLES:
            await store.condition(role, Condition.ALL_WELL)
        assert len(await store.facts(UnitPicked)) == len(await store.facts(Dispensed)) == 1
        assert (await store.shop.result()).right


ANSWERS = (
    ({"kind": "unauthorized"}, {"kind": "too_many"}, {"kind": "server_error"}),
    ({"kind": "too_many", "retry_after": "1"}, {"kind": "nonsense"}, {"kind": "html"}),
)
"""What the state answers in each visit: the last one until somebody mends it."""


@pytest.mark.requirement("PLT-06", "LBL-08")
async def test_a_sale_is_kept_while_the_state_answers_anything_and_is_reported_once_afterwards(tmp_path):
    async with Store.opened(tmp_path / "store") as store:
        for n, (*passing, lasting) in enumerate(ANSWERS, start=1):
            once = [{**each, "path": "/sales", "count": 1} for each in passing]
            await store.faults(*once, {**lasting, "path": "/sales"})
            patient = Patient(store.shop.patient.card, store.shop.patient.photo_id)
            respond = store.technician(patient).respond
            async with store.working(
                checkin=patient.respond, counter=but(respond, steps.HandedOver), vault=store.picker().respond
            ):
                last = await store.step("counter", steps.HandedOver)
            await store.faults_left(1)
            for role in ROLES:
                await store.condition(role, Condition.STATE_AWAY)
            assert len(await store.facts(Dispensed)) == n
            assert len((await store.shop.result()).receipts) == n - 1
            await store.faults()
            await confirmed(store, last.visit_id)
            await store.touch("counter", "next")
            await store.step("counter", steps.Queue)
            for role in ROLES:
                await store.condition(role, Condition.ALL_WELL)
        result = await store.shop.result()
        numbers = {receipt["ExternalReceiptNumber"] for receipt in result.receipts}
        assert len(numbers) == len(result.receipts) == result.dispensed == len(result.labels) == len(ANSWERS)


LOST = ("dropped_after", "nonsense_after", "silent_after")


@pytest.mark.requirement("PLT-06", "LBL-08")
async def test_a_receipt_whose_answer_is_lost_is_found_and_not_sent_again(tmp_path):
    async with Store.opened(tmp_path / "store") as store:
        for lost in LOST:
            store.conditions["counter"].clear()
            await store.faults({"kind": lost, "path": "/sales", "method": "POST", "count": 1})
            patient = Patient(store.shop.patient.card, store.shop.patient.photo_id)
            technician = store.technician(patient)
            async with store.working(checkin=patient.respond, counter=technician.respond, vault=store.picker().respond):
                await store.picture("counter", lambda _, one=technician: one.finished)  # type: ignore[misc]
            assert Condition.STATE_AWAY in store.conditions["counter"]
        result = await store.shop.result()
        assert len(result.receipts) == result.dispensed == len(result.labels) == len(LOST)


async def confirmed(store: Store, visit_id: str) -> None:
    """The counter is told that the state has this receipt, read back and the same in every field."""
    await store.picture(
        "counter",
        lambda each: any(
            receipt.visit_id == visit_id and receipt.state is ReceiptState.CONFIRMED for receipt in each.live.receipts
        ),
    )
