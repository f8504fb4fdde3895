import importlib.util
from pathlib import Path

import pytest

from .peer import Emupos


@pytest.fixture(scope="session")
def emupos() -> Emupos:
    """The independent printer, built on first use. Not to be had is a failure, not a reason to skip."""
    spec = importlib.util.spec_from_file_location("emupos_build", Path(__file__).parent / "emupos" / "build.py")
    assert spec is not None
    assert spec.loader is not None
    build = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(build)
    return Emupos(build.build())
