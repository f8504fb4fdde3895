"""Reading the ledger from outside: what is in it, and whether it is whole."""

import asyncio
from pathlib import Path

from sqlalchemy import Connection

from kiosk.hub import ledger
from kiosk.hub.database import Database, load_or_make_key
from kiosk.hub.settings import load
from kiosk.model.records import Record


async def records_in(settings_file: Path) -> list[Record]:
    """Every record, oldest first; the hub may be running. Raises ``Ours`` where the chain is broken."""
    settings = load(settings_file)
    key = load_or_make_key(settings.database_key or settings.data_dir / "database.key")
    database = Database(settings.data_dir / "hub.db", key)

    def whole(connection: Connection) -> list[Record]:
        return [] if ledger.broken_at(connection) else list(ledger.read(connection))

    try:
        return await database.write(whole)
    finally:
        await database.close()


def facts_in(settings_file: Path) -> list[str]:
    """Names of the facts in the ledger, in order."""
    return [str(record.fact.__struct_config__.tag) for record in asyncio.run(records_in(settings_file))]
