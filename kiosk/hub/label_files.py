"""The store's own facts for its labels, as files in one folder: what a state prescribes and a store has to obtain.

``warning.<code>.txt`` holds the exact words of a prescribed statement, ``symbol.<code>.png`` a state's artwork, other
``.txt`` files a fact of the store by its key; ``producer_label.shows.txt`` lists, one a line, what intake makes sure
that every producer's label shows. Nothing about a patient or a package comes from here (LBL-02).
"""

from pathlib import Path

from kiosk.model.errors import KioskError, Theirs
from kiosk.model.text import text
from kiosk.rules.labels.facts import Value
from kiosk.rules.labels.reading import facts_of
from kiosk.rules.labels.troubles import PICTURE_BYTES
from kiosk.rules.labels.vocabulary import SYMBOL, WARNING, kind_of_fact

OURS = (WARNING, SYMBOL, "store.", "paper.", "adverse_event.", "poison_center.", "producer_label.shows")


def read(folder: Path | None) -> dict[str, Value]:
    """Every fact in the folder; None: there is no folder. Raises ``KioskError`` with one line that names the file."""
    if folder is None:
        return {}
    facts: dict[str, Value] = {}
    try:
        files = sorted(each for each in folder.iterdir() if each.suffix in (".txt", ".png"))
    except OSError as trouble:
        raise _wrong(folder, trouble.strerror or "it cannot be read") from None
    for file in files:
        facts.update(_read(file))
    return facts


def _read(file: Path) -> dict[str, Value]:
    key = file.stem
    if not key.startswith(OURS) or kind_of_fact(key) is None or (file.suffix == ".png") is not key.startswith(SYMBOL):
        raise _wrong(file, "no fact of the store is called so")
    try:
        with file.open("rb") as source:
            content = source.read(PICTURE_BYTES + 1)
        if key.startswith(SYMBOL):
            return {key: content}
        words = content.decode("utf-8")
    except OSError as trouble:
        raise _wrong(file, trouble.strerror or "it cannot be read") from None
    except UnicodeDecodeError:
        raise _wrong(file, "it is no text in UTF-8") from None
    told = [line.strip() for line in words.splitlines() if line.strip()] if kind_of_fact(key) == "keys" else words
    try:
        return facts_of({key: told})
    except Theirs as fault:
        raise _wrong(file, str(fault.reason)) from None


def _wrong(file: Path, why: str) -> KioskError:
    return Theirs(text("The label file {file} cannot be used: {why}.", file=file.name, why=why.rstrip(".")))
