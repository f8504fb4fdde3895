"""Keys and numbers of patients are in requests and answers, and nowhere else."""

import logging

import httpx
import pytest

from kiosk.model.clock import ManualClock, SystemClock
from kiosk.model.errors import KioskError
from kiosk.tracking.metrc.client import Metrc
from kiosk.tracking.registry import HttpRegistry
from kiosk.tracking.sandbox import Sandbox
from tests.tracking.given import CAREGIVER, MINOR, ROWAN, answering, metrc_account, registry_account, sale, switch_on

SECRETS = (ROWAN, MINOR, CAREGIVER, "demo-vendor-key", "demo-user-key", "demo-registry-key", "ZGVtby", "Rivers", "1984")


@pytest.mark.requirement("PAT-12")
async def test_nothing_of_a_person_or_a_key_gets_into_a_log(
    sandbox: Sandbox, url: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    metrc = Metrc(metrc_account(url, patience=0.1), SystemClock())
    registry = HttpRegistry(registry_account(url), SystemClock())
    await metrc.report(sale())
    await metrc.find("D-000001")
    await metrc.patient_status(ROWAN)
    await registry.look_up(ROWAN)
    for kind in ("nonsense", "html", "server_error", "unauthorized", "dropped", "server_fault", "empty", "too_many"):
        for call in (
            lambda: metrc.report(sale(customer="caregiver", patient_number=MINOR, caregiver_number=CAREGIVER)),
            lambda: metrc.patient_status(ROWAN),
            lambda: registry.look_up(ROWAN),
        ):
            switch_on(sandbox, kind, count=1)
            try:
                await call()
            except KioskError as error:
                said = f"{error} {error!r} {error.detail} {error.reason} {error.__cause__}"
                assert not any(secret in said for secret in SECRETS)
    await metrc.close()
    await registry.close()
    assert not any(secret in caplog.text for secret in SECRETS)


async def test_a_warning_of_the_state_is_logged_without_the_patients_number(caplog: pytest.LogCaptureFixture) -> None:
    answer = {"Ids": [7], "Warnings": [f"Patient {ROWAN.lower()} is close to the limit"]}
    async with answering(lambda _: httpx.Response(200, json=answer)) as metrc:
        assert await metrc.report(sale()) == "7"
    assert "is close to the limit" in caplog.text
    assert ROWAN not in caplog.text.upper()


def test_nothing_is_shown_by_a_repr() -> None:
    account = metrc_account("https://x.example")
    shown = [account, registry_account("https://x.example"), sale(), Metrc(account, ManualClock())]
    assert not any(secret in repr(each) for each in shown for secret in SECRETS)
