"""A store in a folder of its own."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from kiosk.local_store.store import TerminalStore
from tests.local_store.given import KEY


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "store"


@pytest.fixture
async def store(folder: Path) -> AsyncIterator[TerminalStore]:
    async with await TerminalStore.open(folder, KEY) as store:
        yield store
