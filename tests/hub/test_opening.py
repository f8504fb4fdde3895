"""How the hub begins: its keys, its database, and what it says when it cannot."""

import asyncio
import sqlite3

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlcipher3 import dbapi2

from kiosk.hub import ledger
from kiosk.hub.audit import facts_in, records_in
from kiosk.hub.database import PRAGMAS, load_or_make_key
from kiosk.hub.desk import Caller
from kiosk.hub.main import run
from kiosk.hub.schema import metadata
from kiosk.hub.store import opened
from kiosk.model import questions as q
from kiosk.model import records as r
from kiosk.model.clock import ManualClock
from kiosk.model.errors import Unavailable
from kiosk.model.text import text
from kiosk.settings import to_toml
from tests.hub.world import CARD, PHOTO_ID, PIN, TrialRegistry, TrialState, changed, settings, trial

COUNTER = Caller("counter-1", "counter")


def hub(folder):
    return opened(settings(folder), TrialState(), TrialRegistry(), ManualClock(), work=False)


async def refused(folder) -> str:
    """Why a hub does not open this folder."""
    with pytest.raises(Unavailable) as trouble:
        async with hub(folder):
            pass
    assert "\n" not in str(trouble.value.reason)
    return str(trouble.value.reason)


async def test_every_setting_of_the_database_is_what_it_must_be(tmp_path):
    async with trial(tmp_path) as shop:
        found = await shop.hub.database.write(
            lambda c: {name: str(c.exec_driver_sql(f"PRAGMA {name}").scalar()) for name in PRAGMAS}
        )
        assert found == PRAGMAS
        assert (found["journal_mode"], found["synchronous"]) == ("wal", "2")
        assert dbapi2.sqlite_version_info >= (3, 51, 3)


async def test_the_migrations_make_the_schema_the_program_uses(tmp_path):
    async with trial(tmp_path) as shop:

        def differences(connection):
            return compare_metadata(MigrationContext.configure(connection), metadata)

        assert await shop.hub.database.write(differences) == []


async def test_a_hub_has_its_folder_for_itself(tmp_path):
    async with hub(tmp_path):
        assert "Another hub" in await refused(tmp_path)
    async with hub(tmp_path):
        pass


@pytest.mark.parametrize("key", ["database.key", "patients.key"])
@pytest.mark.parametrize("damage", ["missing", "empty", "garbage", "exposed", "another"])
async def test_a_key_that_is_not_the_right_one_is_never_replaced(tmp_path, key, damage):
    """A new key would open an empty store, or count every patient's purchases anew."""
    async with hub(tmp_path):
        pass
    file = tmp_path / key
    good = file.read_text()
    match damage:
        case "missing":
            file.unlink()
        case "empty":
            file.write_text("")
        case "garbage":
            file.write_text("x" * 64)
        case "exposed":
            file.chmod(0o644)
        case "another":
            file.write_text("0" * 64)
    if (key, damage) != ("patients.key", "another"):
        words = await refused(tmp_path)
        assert good not in words
    file.unlink(missing_ok=True)
    assert load_or_make_key(file) != good


async def test_a_database_that_is_not_encrypted_is_not_used(tmp_path):
    async with hub(tmp_path):
        pass
    file = tmp_path / "hub.db"
    file.unlink()
    with sqlite3.connect(file) as plain:
        plain.execute("CREATE TABLE people (name TEXT)")
    plain.close()
    assert "not encrypted" in await refused(tmp_path)


async def test_a_database_of_a_newer_program_is_left_alone(tmp_path):
    async with hub(tmp_path) as first:
        await first.database.write(lambda c: c.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'"))
    assert "newer program" in await refused(tmp_path)


async def test_a_full_disk_is_said_and_nothing_is_half_done(tmp_path):
    async with trial(tmp_path) as shop:
        await shop.tell("counter-1", r.SignedOut(session_id="a", reason="asked"))

        def fill(connection):
            connection.exec_driver_sql(
                f"PRAGMA max_page_count = {connection.exec_driver_sql('PRAGMA page_count').scalar()}"
            )

        await shop.hub.database.write(fill)
        record = shop.record("counter-1", r.SignedOut(session_id="b", reason="x" * 50_000))
        batch = r.Batch(terminal="counter-1", epoch=1, records=(record,))
        assert (await shop.post("counter-1", "/v1/records", batch)).status_code == 500
        assert await shop.hub.database.write(lambda c: len(list(ledger.read(c)))) == 1
        await shop.hub.database.write(lambda c: c.exec_driver_sql("PRAGMA max_page_count = 1000000"))
        assert (await shop.post("counter-1", "/v1/records", batch)).status_code == 200


async def test_a_port_in_use_is_one_clear_line(tmp_path):
    server = await asyncio.start_server(lambda *_: None, "127.0.0.1", 0)
    async with server:
        port = server.sockets[0].getsockname()[1]
        with pytest.raises(Unavailable) as trouble:
            await run(changed(settings(tmp_path), host="127.0.0.1", port=port))
    assert f"127.0.0.1:{port}" in str(trouble.value.reason)


async def test_an_auditor_reads_the_ledger_while_the_hub_runs_and_sees_what_was_changed(tmp_path):
    plain = settings(tmp_path)
    file = tmp_path / "hub.toml"
    file.write_text(to_toml(changed(plain, data_dir=str(tmp_path))), encoding="utf-8")
    async with trial(tmp_path) as shop:
        await shop.tell("counter-1", r.SignedOut(session_id="a", reason="asked"))
        assert await asyncio.to_thread(facts_in, file) == ["signed-out"]

        def tamper(connection):
            connection.exec_driver_sql("DROP TRIGGER records_update")
            connection.exec_driver_sql("UPDATE records SET received = '2020-01-01T00:00:00+00:00'")

        await shop.hub.database.write(tamper)
        with pytest.raises(Unavailable) as trouble:
            await records_in(file)
        assert "row 1" in str(trouble.value.reason)


async def test_many_guesses_at_once_are_counted_like_any_others(tmp_path):
    """Twenty PINs sent together: five are tried, the right one among the rest is not."""
    async with trial(tmp_path) as shop:
        guesses = [q.SignIn(badge="B-t1", pin=f"{n:06}") for n in range(19)] + [q.SignIn(badge="B-t1", pin=PIN)]
        answers = await asyncio.gather(*(shop.hub.desk.answer(COUNTER, guess) for guess in guesses))
        assert [answer.rule for answer in answers] == ["store.sign_in"] * 5 + ["store.sign_in_locked"] * 15


async def test_unknown_badges_leave_nothing_behind(tmp_path):
    async with trial(tmp_path) as shop:
        await shop.ask("counter-1", q.SignIn(badge="P7QX21AB", pin=PIN))
        rows = await shop.hub.database.write(lambda c: repr(c.exec_driver_sql("SELECT * FROM attempts").all()))
        assert "P7QX21AB" not in rows
        assert "counter-1" in rows


async def test_a_session_that_was_forgotten_ends_with_the_shift(tmp_path):
    async with trial(tmp_path) as shop:
        visit = await shop.attended()
        shop.clock.advance(16 * 3600 + 1)
        assert (await shop.ordered(visit)).rule == "store.not_signed_in"


async def test_a_question_holds_its_answer_over_a_restart_byte_for_byte(tmp_path):
    wish = q.CheckIn(key="flow:1", card=CARD, photo_id=PHOTO_ID)
    answers = []
    for _ in range(2):
        async with trial(tmp_path) as shop:
            answers.append((await shop.post("door", "/v1/ask/check-in", wish)).content)
    assert answers[0] == answers[1]


async def test_a_disk_that_is_full_for_a_while_ends_no_part_of_the_hub(tmp_path):
    async with trial(tmp_path) as shop:
        write, full = shop.hub.database.write, asyncio.Event()
        shop.clock.advance(1)

        async def refuse(*_, **__):
            full.set()
            raise Unavailable(text("The disk is full."))

        shop.hub.database.write = refuse
        shop.hub.start()
        await full.wait()
        await asyncio.sleep(0)
        shop.hub.database.write = write
        assert not shop.hub.broken.is_set()
        assert not any(task.done() for task in shop.hub._tasks)


async def test_a_hub_whose_worker_dies_does_not_pretend(tmp_path):
    async with trial(tmp_path) as shop:

        async def die():
            raise ZeroDivisionError

        shop.hub.reporting.run = die
        shop.hub.start()
        async with asyncio.timeout(5):
            await shop.hub.broken.wait()
