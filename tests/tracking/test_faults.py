"""Whatever the state does, the store gets one of four named errors, in time, and never a yes."""

import time

import pytest

from kiosk.model.clock import SystemClock
from kiosk.model.errors import KioskError, Refused, Theirs, Unavailable
from kiosk.model.people import RegistryStatus
from kiosk.tracking.metrc.client import Metrc
from kiosk.tracking.port import NO_ACCESS, NOT_TAKEN
from kiosk.tracking.registry import HttpRegistry
from kiosk.tracking.sandbox import Sandbox, serving
from tests.tracking.given import ROWAN, metrc_account, registry_account, sale, switch_on

EVERY_FAULT = {
    "silent": Unavailable,
    "silent_after": Unavailable,
    "dropped": Unavailable,
    "dropped_after": Unavailable,
    "down": Unavailable,
    "unauthorized": Refused,
    "too_many": Unavailable,
    "server_error": Unavailable,
    "nonsense": Theirs,
    "nonsense_after": Theirs,
    "html": Theirs,
}


@pytest.mark.parametrize(("kind", "error"), EVERY_FAULT.items())
async def test_reading_the_shelf(sandbox: Sandbox, url: str, kind: str, error: type[KioskError]) -> None:
    metrc = Metrc(metrc_account(url, seconds=0.4, patience=0.1), SystemClock())
    switch_on(sandbox, kind, "/packages", retry_after="30" if kind == "too_many" else None)
    with pytest.raises(error):
        await metrc.stock()
    sandbox.faults.switched_on = []
    await metrc.close()


@pytest.mark.parametrize(("kind", "error"), {**EVERY_FAULT, "empty": Theirs, "server_fault": Unavailable}.items())
async def test_looking_for_a_sale(sandbox: Sandbox, url: str, kind: str, error: type[KioskError]) -> None:
    metrc = Metrc(metrc_account(url, seconds=0.4, patience=0.1), SystemClock())
    await metrc.report(sale())
    switch_on(sandbox, kind, "/sales", retry_after="30" if kind == "too_many" else None)
    with pytest.raises(error):
        await metrc.find("D-000001")
    await metrc.close()


@pytest.mark.requirement("PAT-07")
@pytest.mark.parametrize(("kind", "error"), {**EVERY_FAULT, "empty": Theirs, "not_found": Theirs}.items())
async def test_a_registry_in_trouble_never_says_yes(
    sandbox: Sandbox, url: str, kind: str, error: type[KioskError]
) -> None:
    registry = HttpRegistry(registry_account(url, seconds=0.4), SystemClock())
    assert (await registry.look_up(ROWAN)).status is RegistryStatus.ACTIVE
    switch_on(sandbox, kind, "/patientcards")
    with pytest.raises(error):
        await registry.look_up(ROWAN)  # what it said a moment ago is not kept
    await registry.close()


@pytest.mark.requirement("PAT-07")
async def test_a_slow_registry_is_given_up_in_time_and_a_patient_one_waits(sandbox: Sandbox, url: str) -> None:
    hasty, patient = (HttpRegistry(registry_account(url, seconds=limit), SystemClock()) for limit in (0.2, 5))
    switch_on(sandbox, "slow", "/patientcards", seconds=0.6)
    began = time.monotonic()
    with pytest.raises(Unavailable):
        await hasty.look_up(ROWAN)
    assert time.monotonic() - began < 0.6
    assert (await patient.look_up(ROWAN)).status is RegistryStatus.ACTIVE
    await hasty.close()
    await patient.close()


async def test_a_fault_of_the_server_that_looks_like_ours_is_not_taken_for_a_no(metrc: Metrc, sandbox: Sandbox) -> None:
    """For weeks METRC answered 400 to good requests because its database driver did not load."""
    switch_on(sandbox, "server_fault", "/sales", count=1)
    with pytest.raises(Unavailable):
        await metrc.report(sale())


async def test_a_short_429_is_waited_for_and_the_reading_goes_on(metrc: Metrc, sandbox: Sandbox) -> None:
    switch_on(sandbox, "too_many", "/packages", count=1, retry_after="0")
    assert len((await metrc.stock()).packages) == 14


async def test_a_long_429_is_told_at_once_and_holds_for_the_calls_after_it(sandbox: Sandbox, url: str) -> None:
    metrc = Metrc(metrc_account(url, patience=1), SystemClock())
    switch_on(sandbox, "too_many", "/packages", count=1, retry_after="50")
    with pytest.raises(Unavailable):
        await metrc.stock()
    asked = sandbox.requests.total()
    with pytest.raises(Unavailable):
        await metrc.find("D-000001")
    assert sandbox.requests.total() == asked
    await metrc.close()


async def test_nobody_listens(sandbox: Sandbox) -> None:
    async with serving(sandbox) as url:
        pass
    metrc, registry = Metrc(metrc_account(url), SystemClock()), HttpRegistry(registry_account(url), SystemClock())
    for call in (metrc.reachable(), metrc.report(sale()), registry.look_up(ROWAN)):
        with pytest.raises(Unavailable):
            await call
    await metrc.close()
    await registry.close()


async def test_after_the_trouble_everything_works_again(metrc: Metrc, sandbox: Sandbox) -> None:
    for kind in ("dropped", "server_error", "html", "unauthorized"):
        switch_on(sandbox, kind, count=1)
        with pytest.raises(KioskError):
            await metrc.reachable()
        await metrc.reachable()


async def test_a_refusal_says_whether_it_concerns_the_store_or_the_sale(metrc: Metrc, sandbox: Sandbox) -> None:
    switch_on(sandbox, "unauthorized", "/sales", count=1)
    with pytest.raises(Refused) as store:
        await metrc.report(sale())
    with pytest.raises(Refused) as what:
        await metrc.report(sale(lines=()))
    assert (store.value.refusal.rule, what.value.refusal.rule) == (NO_ACCESS, NOT_TAKEN)
