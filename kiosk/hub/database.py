"""The hub's database: encrypted SQLite, one writer thread, durable when a call returns.

SQLite comes with ``sqlcipher3``: encryption, and a version without the WAL-reset fault (3.51.3 or later). One
connection on one thread does everything, one transaction a call.
"""

import asyncio
import contextlib
import fcntl
import os
import re
import secrets
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Concatenate, ParamSpec, TypeVar

from alembic import command
from alembic.config import Config
from alembic.util import CommandError
from sqlalchemy import Connection, create_engine, event
from sqlalchemy.exc import DatabaseError, OperationalError
from sqlalchemy.pool import StaticPool
from sqlcipher3 import dbapi2

from kiosk.model.errors import Ours, Unavailable
from kiosk.model.text import text

P = ParamSpec("P")
R = TypeVar("R")

PRAGMAS = {
    "journal_mode": "wal",
    "synchronous": "2",
    "foreign_keys": "1",
    "trusted_schema": "0",
    "cell_size_check": "1",
    "busy_timeout": "5000",
    "secure_delete": "1",
    "temp_store": "2",
}
"""Set on the connection and read back. ``synchronous`` 2 is FULL: the only durable setting with WAL. What is deleted
is overwritten, and nothing is ever written to a temporary file, which would not be encrypted."""

PLAIN = b"SQLite format 3\0"
"""How a database begins that is not encrypted."""

OLDEST_SQLITE = (3, 51, 3)
MIGRATIONS = Path(__file__).with_name("migrations")


def load_or_make_key(path: Path, *, may_make: bool = True) -> str:
    """A key of 64 hex digits in a file that only its owner can read.

    ``may_make`` False: data that needs the key is there already, and another key would only make it useless. Raises
    ``Unavailable`` where the key is missing then, damaged, or readable for others.
    """
    if may_make:
        _make_key(path)
    try:
        with path.open("rb") as file:
            exposed = os.fstat(file.fileno()).st_mode & 0o077
            key = file.read(128).strip()
    except OSError as trouble:
        raise Unavailable(
            text("The hub's key {file} cannot be read. Restore it from the backup.", file=path), trouble.strerror or ""
        ) from None
    if exposed:
        raise Unavailable(text("Others can read the hub's key {file}. Set its mode to 600.", file=path))
    if not re.fullmatch(rb"[0-9a-f]{64}", key):
        raise Unavailable(text("The hub's key {file} is damaged. Restore it from the backup.", file=path))
    return key.decode()


def _make_key(path: Path) -> None:
    """All of the file or nothing, also over a power cut: written aside, flushed, then linked to its name."""
    if path.exists():
        return
    aside = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        with os.fdopen(os.open(aside, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "wb") as file:
            file.write(secrets.token_hex(32).encode())
            file.flush()
            os.fsync(file.fileno())
        with contextlib.suppress(FileExistsError):
            os.link(aside, path)  # unlike rename, a link never replaces a key that is already there
        _flush_folder(path.parent)
    except OSError as trouble:
        raise Unavailable(
            text("The hub's key cannot be written to {file}. Make the folder writable for the hub.", file=path),
            trouble.strerror or "",
        ) from None
    finally:
        aside.unlink(missing_ok=True)


def _flush_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@contextlib.contextmanager
def alone(folder: Path) -> Iterator[None]:
    """Only one hub works on a folder: two would each take half of the records. Raises ``Unavailable``."""
    with (folder / "hub.lock").open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise Unavailable(text("Another hub already works with {folder}. Stop it first.", folder=folder)) from None
        yield


class Database:
    """``await database.write(function, …)`` runs ``function(connection, …)`` in one transaction on the one thread."""

    def __init__(self, file: Path, key: str) -> None:
        self._file, self._key = file, key
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="hub-database")
        self._engine = create_engine("sqlite://", creator=self._connect, poolclass=StaticPool, module=dbapi2)
        event.listen(self._engine, "begin", _begin)

    async def open(self) -> None:
        """Migrates to the newest schema. Raises ``Unavailable`` for a wrong key or a file that is no database."""
        await asyncio.get_running_loop().run_in_executor(self._thread, self._open)

    def _open(self) -> None:
        self._must_be_encrypted()
        try:
            with self._engine.connect() as connection:
                config = Config()
                config.set_main_option("script_location", str(MIGRATIONS))
                config.attributes["connection"] = connection
                command.upgrade(config, "head")
                connection.commit()
        except (dbapi2.DatabaseError, DatabaseError) as error:
            raise Unavailable(
                text("The hub's database {file} cannot be opened. Its key may be another's.", file=self._file),
                type(error).__name__,
            ) from None
        except CommandError:
            raise Unavailable(
                text("The hub's database {file} was written by a newer program. Install that.", file=self._file)
            ) from None
        self._must_be_encrypted()

    def _must_be_encrypted(self) -> None:
        """An SQLite without encryption takes a key without a word and writes plain text all the same."""
        if self._file.exists():
            with self._file.open("rb") as file:
                if file.read(len(PLAIN)) == PLAIN:
                    raise Unavailable(text("The hub's database {file} is not encrypted.", file=self._file))

    def _connect(self) -> Any:
        if dbapi2.sqlite_version_info < OLDEST_SQLITE:
            raise Ours(text("This SQLite is too old."), dbapi2.sqlite_version)
        connection = dbapi2.connect(str(self._file), isolation_level=None, check_same_thread=False)
        connection.execute(f"PRAGMA key = \"x'{self._key}'\"")
        if not connection.execute("PRAGMA cipher_version").fetchone():
            raise Ours(text("This SQLite cannot encrypt."), dbapi2.sqlite_version)
        for name, value in PRAGMAS.items():
            connection.execute(f"PRAGMA {name} = {value}")
            if str(connection.execute(f"PRAGMA {name}").fetchone()[0]) != value:
                raise Ours(text("SQLite does not take a setting it must have."), name)
        return connection

    async def write(self, work: Callable[Concatenate[Connection, P], R], *args: P.args, **kwargs: P.kwargs) -> R:
        """All of ``work`` or nothing of it; durable when it returns. Raises ``Unavailable`` when the disk does not take
        it: full, broken or read-only."""

        def whole() -> R:
            try:
                with self._engine.begin() as connection:
                    return work(connection, *args, **kwargs)
            except OperationalError as trouble:
                words = text("The hub cannot write to its disk. Nothing was recorded there; call the manager.")
                raise Unavailable(words, type(trouble.orig).__name__) from None

        return await asyncio.get_running_loop().run_in_executor(self._thread, whole)

    async def empty_log(self) -> bool:
        """Empties the write-ahead log, which still holds what rows were before they were blanked (PAT-12). False: a
        reader or the disk is in the way; try again."""

        def empty() -> bool:
            try:
                with contextlib.closing(self._engine.raw_connection()) as connection:
                    busy, *_ = connection.cursor().execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
            except dbapi2.OperationalError:
                return False
            return not busy

        return await asyncio.get_running_loop().run_in_executor(self._thread, empty)

    async def close(self) -> None:
        await asyncio.get_running_loop().run_in_executor(self._thread, self._engine.dispose)
        self._thread.shutdown()


def _begin(connection: Connection) -> None:
    """The driver begins nothing by itself; IMMEDIATE, because a transaction here is there to write."""
    connection.exec_driver_sql("BEGIN IMMEDIATE")
