"""Reading the ledger from outside: what is in it, and whether it is whole."""

import asyncio
from pathlib import Path

from sqlalchemy import Connection

from kiosk.hub import ledger
from kiosk.hub.database import Database, load_or_make_key
from kiosk.hub.settings import load
from kiosk.model.errors import Unavailable
from kiosk.model.records import Record
from kiosk.model.text import text


async def records_in(settings_file: Path) -> list[Record]:
    """Every record, oldest first; the hub may be running. Raises ``Unavailable`` where the ledger is not whole."""
    settings = load(settings_file)
    key = load_or_make_key(settings.database_key or settings.data_dir / "database.key", may_make=False)
    database = Database(settings.data_dir / "hub.db", key)

    def whole(connection: Connection) -> list[Record]:
        broken = ledger.broken_at(connection)
        if broken is not None:
            raise Unavailable(text("The ledger is not whole: row {position} was changed.", position=broken))
        return list(ledger.read(connection))

    try:
        return await database.write(whole)
    finally:
        await database.close()


def facts_in(settings_file: Path) -> list[str]:
    """Names of the facts in the ledger, in order."""
    return [str(record.fact.__struct_config__.tag) for record in asyncio.run(records_in(settings_file))]
