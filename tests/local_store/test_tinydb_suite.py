"""TinyDB's own tests pass with the journal under it. They come with TinyDB's source release and are not kept here."""

import importlib.metadata
import os
import re
import shutil
import subprocess
import sys
import tarfile
from pathlib import Path

import pytest

HERE = Path(__file__).parent / "tinydb"
ROOT = Path(__file__).parents[2]
CACHE = ROOT / ".cache" / "tinydb"

ABOUT_TYPES = ("test_table_repr", "test_access_storage", "test_storage_access")
"""These name the class of the storage, which is another one here."""


def source() -> Path:
    """The pinned source release; skips where it cannot be had, except in CI."""
    CACHE.mkdir(parents=True, exist_ok=True)
    there = sorted(CACHE.glob("tinydb-*.tar.gz"))
    if there:
        return there[0]
    done = subprocess.run(
        [
            sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--no-binary", "tinydb",
            "--require-hashes", "--dest", CACHE, "--requirement", HERE / "requirements.lock",
        ],
        capture_output=True, check=False, timeout=240,
    )  # fmt: skip
    there = sorted(CACHE.glob("tinydb-*.tar.gz"))
    if not there and not os.environ.get("CI"):
        pytest.skip("TinyDB's source release cannot be had here")
    assert there, done.stderr.decode()
    return there[0]


def test_tinydb_s_own_tests_pass_on_the_journal(tmp_path: Path) -> None:
    release = source()
    assert importlib.metadata.version("tinydb") in release.name
    with tarfile.open(release) as packed:
        packed.extractall(tmp_path, filter="data")
    (tests,) = tmp_path.glob("tinydb-*/tests")
    shutil.copy(HERE / "journal_conftest.py", tests / "conftest.py")
    places = ("tests/test_tables.py", "tests/test_tinydb.py")
    without = [f"--deselect={place}::{name}" for name in ABOUT_TYPES for place in places]
    how = ["-c", os.devnull, "--rootdir", ".", "-q", "-p", "no:cacheprovider"]
    run = subprocess.run(
        [sys.executable, "-m", "pytest", *how, *without, "tests"], cwd=tests.parent,
        env={**os.environ, "PYTHONPATH": str(ROOT)}, capture_output=True, text=True, check=False, timeout=240,
    )  # fmt: skip
    assert run.returncode == 0, run.stdout[-4000:]
    passed = re.search(r"(\d+) passed", run.stdout)
    assert passed is not None
    assert int(passed[1]) >= 149
