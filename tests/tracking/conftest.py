"""A sandbox on a real socket, and the clients that speak to it."""

from collections.abc import AsyncIterator

import pytest

from kiosk.demo import SHOP_FILE
from kiosk.model.clock import SystemClock
from kiosk.tracking.metrc.client import Metrc, MetrcAccount
from kiosk.tracking.registry import HttpRegistry
from kiosk.tracking.sandbox import Sandbox, make, serving
from tests.tracking.given import metrc_account, registry_account


@pytest.fixture
def sandbox() -> Sandbox:
    return make(SHOP_FILE, SystemClock())


@pytest.fixture
async def url(sandbox: Sandbox) -> AsyncIterator[str]:
    async with serving(sandbox) as address:
        yield address


@pytest.fixture
def account(url: str) -> MetrcAccount:
    return metrc_account(url)


@pytest.fixture
async def metrc(account: MetrcAccount) -> AsyncIterator[Metrc]:
    client = Metrc(account, SystemClock())
    yield client
    await client.close()


@pytest.fixture
async def registry(url: str) -> AsyncIterator[HttpRegistry]:
    client = HttpRegistry(registry_account(url), SystemClock())
    yield client
    await client.close()
