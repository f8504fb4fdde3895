"""The hub's database: encrypted SQLite, one writer thread, durable when a call returns.

SQLite comes with ``sqlcipher3``: encryption, and a version without the WAL-reset fault (3.51.3 or later). One
connection on one thread does everything, one transaction a call.
"""

import asyncio
import os
import secrets
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Concatenate, ParamSpec, TypeVar

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, create_engine, event
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
}
"""Set on the connection and read back; ``synchronous`` 2 is FULL: the only durable setting with WAL."""

OLDEST_SQLITE = (3, 51, 3)
MIGRATIONS = Path(__file__).with_name("migrations")


def load_or_make_key(path: Path) -> str:
    """The database key, 64 hex digits, in a file that only its owner can read."""
    if not path.exists():
        descriptor = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
        with os.fdopen(descriptor, "w", encoding="ascii") as file:
            file.write(secrets.token_hex(32))
            file.flush()
            os.fsync(file.fileno())
    return path.read_text(encoding="ascii").strip()


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
        try:
            with self._engine.connect() as connection:
                config = Config()
                config.set_main_option("script_location", str(MIGRATIONS))
                config.attributes["connection"] = connection
                command.upgrade(config, "head")
                connection.commit()
        except dbapi2.DatabaseError as error:
            raise Unavailable(text("The hub's database cannot be opened."), type(error).__name__) from None

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
        """All of ``work`` or nothing of it; durable when it returns."""

        def whole() -> R:
            with self._engine.begin() as connection:
                return work(connection, *args, **kwargs)

        return await asyncio.get_running_loop().run_in_executor(self._thread, whole)

    async def close(self) -> None:
        await asyncio.get_running_loop().run_in_executor(self._thread, self._engine.dispose)
        self._thread.shutdown()


def _begin(connection: Connection) -> None:
    """The driver begins nothing by itself; IMMEDIATE, because a transaction here is there to write."""
    connection.exec_driver_sql("BEGIN IMMEDIATE")
