"""A licence on a phone in a whole store: real processes, the phone on the check-in terminal's virtual reader."""

import asyncio

import pytest

from kiosk.demo.shop import Shop
from kiosk.flows import steps


@pytest.mark.process
@pytest.mark.requirement("PAT-02", "PAT-03", "PLT-08")
async def test_card_and_phone_check_a_patient_in(tmp_path):
    async with Shop.opened(tmp_path / "store", window=False, only="checkin") as shop, asyncio.timeout(60):
        station = shop.stations["checkin"]

        async def until(kind: type, **fields: object) -> steps.AnyStep:
            while True:
                now = station.hand.now
                step = now[1].step if now is not None else None
                if isinstance(step, kind) and all(getattr(step, name) == value for name, value in fields.items()):
                    return step
                await station.hand.changed(now, 5)

        await until(steps.Documents, card=False)
        await station.scanner.scan(shop.patient.card)
        await until(steps.Documents, card=True)
        phone = asyncio.create_task(shop.hold_phone(shop.seed.patients[0]))
        ticketed = await until(steps.Ticketed)
        phone.cancel()
        assert ticketed.admitted
        assert ticketed.ticket is not None
