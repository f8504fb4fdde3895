"""The text of a PDF, taken out in a process of its own.

A file made to hang, to fill the memory or to crash the library ends that process and nothing else.

    python -m kiosk.documents.certificates.pdf_text < FILE > PAGES      pages as a JSON list of lists of lines
"""

import os
import resource
import subprocess
import sys
from typing import Any

import msgspec

from kiosk.model.errors import KioskError, Theirs, Unavailable
from kiosk.model.text import text

MOST_PAGES = 60
MOST_CHARACTERS = 400_000
SECONDS = 10
MEMORY = 1 << 30

Trouble = str
_DAMAGED, _LONG, _FULL, _LIBRARY = "damaged", "pages", "text", "library"


def pages_of(data: bytes) -> list[list[str]]:
    """The lines of each page. Raises :class:`~kiosk.model.errors.KioskError` with one sentence, within ``SECONDS``."""
    command = [sys.executable, "-m", __name__]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    try:
        done = subprocess.run(command, input=data, capture_output=True, timeout=SECONDS, check=False, env=environment)
    except subprocess.TimeoutExpired as fault:
        raise Theirs(text("The file is no certificate: reading the PDF takes too long.")) from fault
    except OSError as fault:
        raise Unavailable(text("The PDF cannot be read now."), str(fault)) from fault
    try:
        found = msgspec.json.decode(done.stdout, type=list[list[str]] | Trouble)
    except msgspec.DecodeError as fault:
        raise _trouble(_DAMAGED, f"exit {done.returncode}") from fault
    if isinstance(found, str):
        raise _trouble(found)
    return found


def _trouble(kind: Trouble, detail: str = "") -> KioskError:
    if kind == _LIBRARY:
        return Unavailable(text("PDFs cannot be read here: the program's extra 'coa' is not installed."))
    sentences = {
        _LONG: text("The PDF has more than {most} pages: no certificate has.", most=MOST_PAGES),
        _FULL: text("The PDF has more text than any certificate."),
    }
    return Theirs(sentences.get(kind, text("The file is no certificate: the PDF is damaged.")), detail)


def _extracted(data: bytes) -> list[list[str]] | Trouble:
    try:
        import pypdfium2  # noqa: PLC0415  an extra: a store without PDFs does not need it
    except ImportError:
        return _LIBRARY
    pages: list[list[str]] = []
    left = MOST_CHARACTERS
    try:
        document: Any = pypdfium2.PdfDocument(data)
        if len(document) > MOST_PAGES:
            return _LONG
        for page in document:
            words = page.get_textpage().get_text_range()
            if (left := left - len(words)) < 0:
                return _FULL
            pages.append(words.replace("\r", "").split("\n"))
    except (pypdfium2.PdfiumError, ValueError):
        return _DAMAGED
    return pages


def main() -> None:
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
    sys.stdout.buffer.write(msgspec.json.encode(_extracted(sys.stdin.buffer.read())))


if __name__ == "__main__":
    main()
