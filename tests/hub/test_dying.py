"""The hub is killed between its commit and its answer: whoever asks again finds one effect, and the same answer."""

import asyncio
import contextlib
import json
import os
import shutil
import signal
import sys
from pathlib import Path

import httpx
import pytest
from sqlalchemy import event
from sqlcipher3 import dbapi2

from kiosk.hub.identity import Identity
from kiosk.hub.reporting import waiting_reports
from kiosk.hub.schema import orders, visits
from kiosk.local_store.finder import Found, pinned_client
from kiosk.model import questions as q
from kiosk.model import records as r
from kiosk.model.base import to_json
from kiosk.model.errors import Refusal, Unavailable
from tests.hub.cutting import EVERYTHING, NOTHING, database_of, effects, fact_of, half_copied, looked_at, torn_files
from tests.hub.world import CARD, PHOTO_ID, TAG, trial

pytestmark = pytest.mark.process

TORTURE = bool(os.environ.get("KIOSK_TORTURE"))
ROOT = Path(__file__).parent.parent.parent


@contextlib.asynccontextmanager
async def hub_process(folder):
    """The running hub and its port."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.hub.dying_hub", str(folder), cwd=ROOT, stdout=asyncio.subprocess.PIPE
    )
    try:
        assert process.stdout is not None
        async with asyncio.timeout(30):
            port = int(await process.stdout.readline())
        yield process, port
    finally:
        with contextlib.suppress(ProcessLookupError):
            process.terminate()
        await process.wait()


async def post(folder, port, terminal, path, body) -> httpx.Response:
    headers = {"Authorization": f"Bearer token-of-{terminal:>16}", "Content-Type": "application/json"}
    found = Found(address=f"127.0.0.1:{port}", fingerprint=Identity.load_or_make(folder / "identity.pem").fingerprint)
    async with pinned_client(found, 10) as client:
        return await client.post(path, content=to_json(body), headers=headers)


async def killed_and_asked_again(folder, terminal, path, body) -> bytes:
    """The answer of the second time; the first time the hub died of it."""
    async with hub_process(folder) as (process, port):
        (folder / "die").touch()
        with pytest.raises(httpx.HTTPError):
            await post(folder, port, terminal, path, body)
        assert await process.wait() == -signal.SIGKILL
    async with hub_process(folder) as (_, port):
        second, third = [await post(folder, port, terminal, path, body) for _ in range(2)]
        assert second.status_code == 200, second.text
        assert second.content == third.content
        return second.content


async def test_a_check_in_makes_one_visit(tmp_path):
    wish = q.CheckIn(key="flow:1", card=CARD, photo_id=PHOTO_ID)
    await killed_and_asked_again(tmp_path, "door", "/v1/ask/check-in", wish)
    async with trial(tmp_path) as shop:
        assert len(await shop.hub.database.write(lambda c: c.execute(visits.select()).all())) == 1


async def test_an_order_is_made_once_and_counts_once(tmp_path):
    async with trial(tmp_path) as shop:
        visit = await shop.attended()
        session_id = await shop.session("counter-1")
    basket = (q.BasketLine(product_id="2", units=12),)
    wish = q.ConfirmOrder(key="flow:order", session_id=session_id, visit_id=visit.visit_id, basket=basket)
    await killed_and_asked_again(tmp_path, "counter-1", "/v1/ask/confirm-order", wish)
    async with trial(tmp_path) as shop:
        assert len(await shop.hub.database.write(lambda c: c.execute(orders.select()).all())) == 1
        shop.keys = 100  # the first ones were used before the hub died
        other = await shop.attended("counter-2")
        over = await shop.ordered(other, q.BasketLine(product_id="2", units=9), terminal="counter-2")
        assert isinstance(over, Refusal)


async def ready_to_hand_over(folder, shop) -> r.Batch:
    """Everything is done but the hand-over; the batch is what the terminal will bring, now and again."""
    visit = await shop.attended()
    order = await shop.picked(await shop.ordered(visit))
    units = await shop.proven(visit, order)
    permit = await shop.permitted(visit, order)
    record = shop.record("counter-1", shop.handed_over(visit, order, permit, units))
    return r.Batch(terminal="counter-1", epoch=1, records=(record,))


@pytest.mark.requirement("LBL-08")
async def test_a_hand_over_is_recorded_counted_and_reported_once(tmp_path):
    async with trial(tmp_path) as shop:
        batch = await ready_to_hand_over(tmp_path, shop)
    await killed_and_asked_again(tmp_path, "counter-1", "/v1/records", batch)
    async with trial(tmp_path) as shop:
        assert await shop.hub.database.write(effects, fact_of(batch)) == EVERYTHING
        (report,) = await shop.hub.database.write(waiting_reports)
        assert [(line.tag, int(line.units)) for line in report.sale.lines] == [(TAG, 1)]


@pytest.mark.requirement("LBL-08")
async def test_the_plug_pulled_at_every_statement_of_the_commit_leaves_all_of_it_or_nothing(tmp_path):
    """A hub ends at each statement in turn, and, under ``make torture``, at every single instruction of the database's
    machine. After each new start there is all or nothing, and after the terminal's retry all of it once."""
    folder = tmp_path / "hub"
    async with trial(folder) as shop:
        batch = await ready_to_hand_over(folder, shop)
    (folder / "batch.json").write_bytes(to_json(batch))
    for instructions, step in ((0, 1), (1, 1) if TORTURE else (1, 97)):
        cuts = await cut(folder, instructions, step)
        found = [one["found"] for one in cuts]
        assert all(first in (NOTHING, EVERYTHING) for first, _, _ in found)
        assert all(after == [EVERYTHING, EVERYTHING] for _, *after in found)
        assert [one["cut"] for one in cuts] == [True] * (len(cuts) - 1) + [False]
        if not instructions:
            assert len(cuts) > 20
            assert found[0][0] == NOTHING
            assert found[-2][0] == EVERYTHING, "the last cut is between the commit and the answer"
            assert NOTHING in (first for first, _, _ in found[-4:]), "and just before it there is nothing"


async def cut(folder, instructions, step) -> list:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.hub.cutting", str(folder), str(instructions), str(step),
        cwd=ROOT, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    said, trouble = await process.communicate()
    assert process.returncode == 0, trouble.decode()[-2000:]
    return [json.loads(line) for line in said.splitlines()]


@pytest.mark.requirement("LBL-08")
@pytest.mark.parametrize("log", ["new", "used before"])
async def test_a_commit_that_is_half_on_the_disk_is_all_of_it_or_nothing(tmp_path, log):
    """The power goes while the commit is written: of what is not flushed any sectors may be on the disk. Only a commit
    that is there to its last sector counts."""
    async with trial(tmp_path) as shop:
        batch = await ready_to_hand_over(tmp_path, shop)
        checkpoint = "TRUNCATE" if log == "new" else "RESTART"
        await asyncio.to_thread(outside, shop, f"PRAGMA wal_checkpoint({checkpoint})")
        base, before = (tmp_path / "hub.db").read_bytes(), (tmp_path / "hub.db-wal").read_bytes()
        assert (log == "new") == (len(before) == 0)
        await shop.hub.take(batch, "counter")
        after = (tmp_path / "hub.db-wal").read_bytes()
        assert (tmp_path / "hub.db").read_bytes() == base, "the commit is in the log alone"
        await asyncio.to_thread(outside, shop, "PRAGMA wal_checkpoint(FULL)")
        copied = (tmp_path / "hub.db").read_bytes()
    key = (tmp_path / "database.key").read_bytes()
    count = {"nothing": 0, "everything": 0}
    for what, torn in torn_files(before, after, every=TORTURE):
        first = await started_anew(tmp_path / "torn", key, batch, base, torn)
        assert first in (NOTHING, EVERYTHING), what
        assert (first == EVERYTHING) == (torn == after), what
        count["everything" if first == EVERYTHING else "nothing"] += 1
    assert count["nothing"] > 40
    assert count["everything"] >= 1
    for half in half_copied(base, copied, every=TORTURE):
        assert await started_anew(tmp_path / "torn", key, batch, half, after) == EVERYTHING


def outside(shop, pragma: str) -> None:
    """On the database's own thread, outside of a transaction."""

    def run() -> None:
        with shop.hub.database._engine.connect() as connection:
            connection.connection.dbapi_connection.execute(pragma).fetchall()

    shop.hub.database._thread.submit(run).result()


async def started_anew(folder, key, batch, base, log) -> list:
    """What a hub finds in these two files; then the terminal brings its record again, and it is there once."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    for name, content in (("hub.db", base), ("hub.db-wal", log), ("database.key", key)):
        (folder / name).write_bytes(content)
    async with database_of(folder) as database:
        first, after = await looked_at(database, batch, retries=1)
        assert after == EVERYTHING
        return first


@pytest.mark.requirement("LBL-08")
async def test_a_disk_that_fails_at_any_statement_takes_nothing_and_the_retry_takes_all(tmp_path):
    async with trial(tmp_path) as shop:
        batch = await ready_to_hand_over(tmp_path, shop)
        engine = shop.hub.database._engine
        fails_at, seen = 0, 0

        def fail(*_):
            nonlocal seen
            seen += 1
            if seen == fails_at:
                raise dbapi2.OperationalError("disk I/O error")

        while True:
            fails_at, seen = fails_at + 1, 0
            event.listen(engine, "before_cursor_execute", fail)
            try:
                await shop.hub.take(batch, "counter")
            except Unavailable:
                pass
            else:
                break
            finally:
                event.remove(engine, "before_cursor_execute", fail)
            assert await shop.hub.database.write(effects, fact_of(batch)) == NOTHING
        assert fails_at > 20
        assert await shop.hub.database.write(effects, fact_of(batch)) == EVERYTHING
