"""Builds the independent receipt printer (emupos, Apache-2.0) in a virtual environment of its own.

    python tests/hw/emupos/build.py

It lives in ``.cache/emupos`` at the top of the project. It asks for Python 3.13, but only for two spellings, which
are put back into the older form where this Python is older. Building again does nothing while versions and this file
are the same; two builds at once wait for each other.
"""

import fcntl
import hashlib
import os
import re
import shutil
import subprocess
import sys
import venv
from pathlib import Path

HERE = Path(__file__).parent
FOLDER = HERE.parents[2] / ".cache" / "emupos"
REQUIREMENTS = HERE / "requirements.txt"

_ALIAS = re.compile(r"^type (\w+) = ", re.MULTILINE)
_GENERIC = re.compile(r"\bdef (\w+)\[T\]\(")
_FIRST_IMPORT = re.compile(r"^(?=(?:from|import) )", re.MULTILINE)


def build(folder: Path = FOLDER) -> Path:
    """The Python of a finished environment. Raises ``RuntimeError`` with the words of pip when it cannot be made."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    python = folder / "bin" / "python"
    finished = folder / "finished"
    with open(folder.parent / f"{folder.name}.lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if finished.exists() and finished.read_text() == _stamp():
            return python
        shutil.rmtree(folder, ignore_errors=True)
        venv.create(folder, with_pip=True)
        _run(python, "-m", "pip", "install", "--quiet", "--no-deps", "--ignore-requires-python", "-r", REQUIREMENTS)
        if sys.version_info < (3, 12):
            _spell_for_older_python(python)
        finished.write_text(_stamp())
    return python


def _stamp() -> str:
    parts = [Path(__file__).read_bytes(), REQUIREMENTS.read_bytes(), sys.version.encode()]
    return hashlib.sha256(b"\0".join(parts)).hexdigest()


def _spell_for_older_python(python: Path) -> None:
    """``type X = Y`` becomes ``X = Y``; ``def f[T](`` becomes ``def f(`` with a module-wide ``T``."""
    libraries = _run(python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))").strip()
    for path in (Path(libraries) / "emupos").rglob("*.py"):
        source = path.read_text()
        older = _ALIAS.sub(r"\1 = ", source)
        if _GENERIC.search(older):
            variable = "from typing import TypeVar\nT = TypeVar('T')\n"
            older = _FIRST_IMPORT.sub(variable, _GENERIC.sub(r"def \1(", older), count=1)
        if older != source:
            path.write_text(older)


def _run(*command: object) -> str:
    clean = {name: value for name, value in os.environ.items() if name not in ("PYTHONPATH", "PYTHONHOME")}
    done = subprocess.run([str(part) for part in command], capture_output=True, text=True, env=clean, check=False)
    if done.returncode:
        raise RuntimeError(f"{' '.join(str(part) for part in command[1:5])} failed:\n{done.stdout}{done.stderr}")
    return done.stdout


if __name__ == "__main__":
    sys.stdout.write(f"{build()}\n")
