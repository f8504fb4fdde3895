"""TinyDB's own tests, with the journal under every data base they make of the storage in memory."""

import contextlib
import itertools
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import tinydb
from tinydb.middlewares import CachingMiddleware
from tinydb.storages import MemoryStorage

from kiosk.local_store.db import JournalDB

_folders = itertools.count()


def _opened(folder: Path) -> JournalDB:
    folder.mkdir()
    return JournalDB(folder, key=b"k" * 32)


@pytest.fixture
def folder() -> Iterator[Path]:
    with tempfile.TemporaryDirectory() as name:
        yield Path(name)


@pytest.fixture
def db(folder: Path) -> Iterator[JournalDB]:
    with contextlib.closing(_opened(folder / "db")) as made:
        made.insert_multiple({"int": 1, "char": letter} for letter in "abc")
        yield made


@pytest.fixture
def storage() -> Any:
    return CachingMiddleware(MemoryStorage)()


@pytest.fixture(autouse=True)
def journal_in_memory_s_place(
    folder: Path, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> Iterator[None]:
    made: list[JournalDB] = []

    def make(*args: Any, **kwargs: Any) -> Any:
        if args or kwargs != {"storage": MemoryStorage}:
            return tinydb.TinyDB(*args, **kwargs)
        made.append(_opened(folder / f"more-{next(_folders)}"))
        return made[-1]

    if hasattr(request.module, "TinyDB"):
        monkeypatch.setattr(request.module, "TinyDB", make)
    yield
    for one in made:
        one.close()
