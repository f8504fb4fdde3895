"""Whoever says that nothing is left has to be able to find it: in every encoding, and in every kind of file."""

import pytest
from sqlalchemy import text as sql

from kiosk.hub.database import Database
from kiosk.hub.database import load_or_make_key as database_key
from kiosk.local_store.keys import load_or_make_key
from kiosk.local_store.store import TerminalStore
from tests.demo.needles import HIDDEN, Needle, Searcher
from tests.demo.remains import keys_in, readable_in

pytestmark = pytest.mark.requirement("PAT-12")

NAME = Needle("name", "Nuñez".encode())
NUMBER = Needle("number", b"R160440841770")
PAYLOAD = Needle("payload", b"@\n\x1e\rANSI 636010100001DL00310278DLDAQR160440841770\nDCSNu\xc3\xb1ez\nDACZoe\r")
SEARCHER = Searcher([NAME, NUMBER, PAYLOAD])


@pytest.mark.parametrize("needle", [NAME, NUMBER, PAYLOAD], ids=lambda needle: needle.what)
@pytest.mark.parametrize("hide", HIDDEN.values(), ids=HIDDEN)
def test_a_needle_is_found_in_every_encoding_among_other_bytes(hide, needle):
    assert needle.what in SEARCHER.found(b"some {words} before" + hide(needle.plain) + b" and behind")


LONG = NUMBER.plain.decode() * 900
"""So long that it overflows pages, and they are free when it is blanked."""


def test_other_people_are_not_found():
    assert SEARCHER.found(b"Nunes R160440841771 @\n\x1e\rANSI 636010100001DL00310278DLDAQ") == set()


def ways(folder, needle=NUMBER):
    found = [each for each in readable_in(folder, keys_in(folder)) if needle.what in SEARCHER.found(each.data)]
    return {each.how for each in found}


def test_in_the_name_and_in_the_bytes_of_any_file(tmp_path):
    (tmp_path / "a" / "deep").mkdir(parents=True)
    (tmp_path / "a" / "deep" / f"crash-{NUMBER.plain.decode()}.txt").touch()
    (tmp_path / "core").write_bytes(bytes(70_000) + NUMBER.plain)
    assert ways(tmp_path) == {"name", "bytes"}


async def test_in_a_terminals_journal_snapshot_and_kept_answers_until_their_key_is_destroyed(tmp_path):
    key = load_or_make_key(tmp_path / "key")
    async with await TerminalStore.open(tmp_path / "store", key) as store:
        await store.open_flow("f1", "PAT-1 v1", NUMBER.plain)
        await store.keep("f1", 1, "digest", b"answer " + NUMBER.plain)
        assert ways(tmp_path) == {"answer"}
        await store.compact()
        assert list(tmp_path.rglob("*.snap"))
        assert ways(tmp_path) == {"answer"}
        await store.end_flow("f1")
        assert ways(tmp_path) == set()
        await store.remember("somebody", NUMBER.plain)
        await store.forget("somebody")
        assert ways(tmp_path) == {"frame"}


async def test_in_the_rows_pages_and_log_of_the_hubs_database_until_they_are_blanked(tmp_path):
    database = Database(tmp_path / "hub.db", database_key(tmp_path / "database.key"))
    await database.open()
    try:
        await database.write(lambda each: each.execute(sql("INSERT INTO marks VALUES ('m', :m)"), {"m": LONG}))
        assert ways(tmp_path) >= {"rows", "log page"}
        await database.empty_log()
        assert ways(tmp_path) == {"rows", "page"}
        await database.write(lambda each: each.execute(sql("UPDATE marks SET at = ''")))
        assert ways(tmp_path) == {"page"}
        await database.write(lambda each: each.execute(sql("UPDATE marks SET at = :m"), {"m": LONG}))
        await database.write(lambda each: each.execute(sql("UPDATE marks SET at = ''")))
        assert ways(tmp_path) == {"page", "log page"}
        assert await database.empty_log()
        assert ways(tmp_path) == set()
    finally:
        await database.close()
