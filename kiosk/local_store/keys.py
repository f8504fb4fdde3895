"""The store's key: 32 random bytes in a file of its owner's alone.

What that protects: a journal, a backup or a card that is copied without the key file. Not a stolen terminal with both:
see the security page for stronger places of the key.
"""

import contextlib
import os
from pathlib import Path

from kiosk.local_store.disk import Disk
from kiosk.model.errors import Ours
from kiosk.model.text import text

KEY = 32


def load_or_make_key(path: Path) -> bytes:
    """The store's key: 32 random bytes in a file that only its owner can read. Made where it is missing.

    Raises :class:`~kiosk.model.errors.Ours` where the file is not a key or others may read it: a key that was
    readable is not a secret any more, so it is not put right in silence.
    """
    if not path.exists():
        _make_key(path)
    fd = os.open(path, os.O_RDONLY)
    try:
        mode = os.fstat(fd).st_mode & 0o777
        key = os.read(fd, KEY + 1)
    finally:
        os.close(fd)
    if mode & 0o077:
        raise Ours(text("Others can read the key file {name}. Make it private, or make a new key.", name=path.name))
    if len(key) != KEY:
        raise Ours(text("The key file {name} is not a key. Put the right one back.", name=path.name))
    return key


def _make_key(path: Path) -> None:
    """Whole or not at all: a power cut, or a second process at the same time, never leaves half a key."""
    new = path.with_name(f"{path.name}.{os.getpid()}.new")
    fd = os.open(new, os.O_CREAT | os.O_TRUNC | os.O_WRONLY, 0o600)
    try:
        os.write(fd, os.urandom(KEY))
        os.fsync(fd)
    finally:
        os.close(fd)
    with contextlib.suppress(FileExistsError):
        os.link(new, path)
    os.unlink(new)
    Disk().sync_folder(path.parent)
