"""The hub at its door: who may ask what, what it says of itself, and what it tells without being asked."""

import asyncio
import contextlib
import json
import socket
import sqlite3
import subprocess
import sys

import pytest
from openapi_spec_validator import validate
from sqlalchemy.exc import DatabaseError
from websockets.asyncio.client import connect
from websockets.exceptions import InvalidStatus

from kiosk.hub import ledger
from kiosk.hub.api import make_app, openapi_document
from kiosk.hub.main import Server
from kiosk.hub.schema import records
from kiosk.local_store.tls import pinned
from kiosk.model import questions as q
from kiosk.model import records as r
from kiosk.model.base import from_json
from kiosk.model.changes import Change, Snapshot
from kiosk.model.errors import Refusal
from kiosk.model.orders import LineState, VisitState
from tests.hub.world import TERMINALS, trial


@pytest.fixture
async def shop(tmp_path):
    async with trial(tmp_path) as made:
        yield made


def test_the_document_of_the_api_is_sound_and_complete():
    document = json.loads(openapi_document())
    validate(document)
    for question in q.ANSWERS:
        assert f"/v1/ask/{q.tag_of(question)}" in document["paths"]
    for path in ("/v1/records", "/v1/health"):
        assert path in document["paths"]


async def test_the_document_is_served(shop):
    answer = await shop.client.get("/v1/openapi.json")
    assert answer.status_code == 200
    validate(answer.json())


def test_the_document_can_be_printed():
    done = subprocess.run([sys.executable, "-m", "kiosk", "openapi"], capture_output=True, text=True, check=True)
    assert json.loads(done.stdout)["info"]["title"] == "Dispensary hub"


@pytest.mark.requirement("PLT-02")
@pytest.mark.parametrize("terminal", TERMINALS)
async def test_every_role_asks_what_is_its_own_and_nothing_else(shop, terminal):
    for question, roles in q.ROLES.items():
        answer = await shop.client.post(
            f"/v1/ask/{q.tag_of(question)}",
            content=json.dumps({"ask": q.tag_of(question), **EXAMPLES[q.tag_of(question)]}),
            headers={"Authorization": f"Bearer token-of-{terminal:>16}", "Content-Type": "application/json"},
        )
        allowed = TERMINALS[terminal] in roles
        assert (answer.status_code != 403) == allowed, (q.tag_of(question), answer.status_code)
        assert answer.status_code in (200, 422, 403)


EXAMPLES = {
    "check-in": {"key": "k", "card": None, "photo_id": None},
    "sign-in": {"badge": "b", "pin": "1"},
    "open-visit": {"key": "k", "session_id": "s"},
    "standing": {"visit_id": "v"},
    "confirm-order": {"key": "k", "session_id": "s", "visit_id": "v", "basket": []},
    "cancel-order": {"key": "k", "session_id": "s", "order_id": "o", "reason": "r"},
    "claim-line": {"key": "k", "session_id": "s"},
    "release-line": {"key": "k", "session_id": "s", "line_id": "l", "reason": "r"},
    "check-unit": {"session_id": "s", "line_id": "l", "tag": "t"},
    "order": {"order_id": "o"},
    "decision": {"session_id": "s", "line_id": "l"},
    "make-label": {"visit_id": "v", "line_id": "l", "number": "n", "print_no": 1, "tag": "t"},
    "match-card": {"visit_id": "v", "card": {"kind": "patient_card", "number": "n", "state": "FL"}},
    "permit": {"key": "k", "session_id": "s", "visit_id": "v", "order_id": "o"},
}


@pytest.mark.parametrize("token", ["", "Bearer", "Bearer wrong", "Basic dG9rZW4="])
async def test_an_unknown_terminal_gets_nothing(shop, token):
    headers = {"Authorization": token} if token else {}
    answer = await shop.client.post("/v1/ask/sign-in", json=EXAMPLES["sign-in"], headers=headers)
    assert answer.status_code == 401
    assert set(answer.json()) == {"status", "title"}


@pytest.mark.parametrize(
    "body", [b"", b"{", b"[]", b'{"ask":"sign-in","badge":"b","pin":"1","more":1}', b'{"ask":"order","order_id":"o"}']
)
async def test_nonsense_is_refused_without_anything_of_the_inside(shop, body):
    headers = {"Authorization": f"Bearer token-of-{'counter-1':>16}", "Content-Type": "application/json"}
    answer = await shop.client.post("/v1/ask/sign-in", content=body, headers=headers)
    assert answer.status_code == 400
    assert set(answer.json()) == {"status", "title"}


async def test_a_body_that_is_too_long_is_not_read(shop):
    headers = {"Authorization": f"Bearer token-of-{'counter-1':>16}", "Content-Type": "application/json"}
    answer = await shop.client.post("/v1/ask/sign-in", content=b" " * 300_000, headers=headers)
    assert answer.status_code == 413


async def test_a_terminal_brings_its_own_records_only(shop):
    batch = r.Batch(terminal="counter-1", epoch=1, records=())
    assert (await shop.post("counter-2", "/v1/records", batch)).status_code == 403


async def test_records_again_are_harmless_and_a_gap_is_not_jumped(shop):
    first, second, third = (shop.record("counter-1", r.SignedOut(session_id=str(n), reason="asked")) for n in range(3))

    async def send(*sent):
        answer = await shop.post("counter-1", "/v1/records", r.Batch(terminal="counter-1", epoch=1, records=sent))
        return from_json(answer.content, r.Accepted).watermark

    assert await send(first) == 1
    assert await send(first) == 1
    assert await send(third) == 1
    assert await send(first, second, third) == 3
    assert await shop.hub.database.write(lambda c: len(list(ledger.read(c)))) == 3


async def test_two_machines_with_one_name_are_stopped(shop):
    one = shop.record("counter-1", r.SignedOut(session_id="a", reason="asked"))
    other = shop.record("counter-1", r.SignedOut(session_id="b", reason="asked"), seq=1)
    await shop.post("counter-1", "/v1/records", r.Batch(terminal="counter-1", epoch=1, records=(one,)))
    answer = await shop.post("counter-1", "/v1/records", r.Batch(terminal="counter-1", epoch=1, records=(other,)))
    assert answer.status_code == 422
    assert from_json(answer.content, Refusal).rule == "store.clone"


@pytest.mark.requirement("ARC-04")
async def test_the_ledger_refuses_changes_and_a_changed_row_is_found(shop):
    for n in range(3):
        await shop.tell("counter-1", r.SignedOut(session_id=str(n), reason="asked"))
    for change in (records.update().values(body="{}"), records.delete()):
        with pytest.raises(DatabaseError, match="only grows"):
            await shop.hub.database.write(lambda c, change=change: c.execute(change))

    def tamper(connection):
        connection.exec_driver_sql("DROP TRIGGER records_update")
        connection.exec_driver_sql("UPDATE records SET body = replace(body, 'asked', 'ASKED') WHERE position = 2")
        return ledger.broken_at(connection)

    assert await shop.hub.database.write(ledger.broken_at) is None
    assert await shop.hub.database.write(tamper) == 2


async def test_the_database_is_encrypted_durable_and_recent(shop, tmp_path):
    await shop.dispensed()
    file = tmp_path / "hub.db"
    assert file.read_bytes()[:16] != b"SQLite format 3\x00"
    with pytest.raises(sqlite3.DatabaseError):
        sqlite3.connect(file).execute("SELECT count(*) FROM records").fetchone()

    def settings_of(connection):
        return {
            name: str(connection.exec_driver_sql(f"PRAGMA {name}").scalar())
            for name in ("synchronous", "journal_mode", "foreign_keys")
        }

    assert await shop.hub.database.write(settings_of) == {
        "synchronous": "2", "journal_mode": "wal", "foreign_keys": "1"
    }  # fmt: skip


@pytest.mark.requirement("PAT-10", "PRV-03")
async def test_each_role_is_told_what_it_may_see(tmp_path):
    async with trial(tmp_path) as shop, served(shop.hub) as port:
        heard: dict[str, list[Change]] = {terminal: [] for terminal in TERMINALS}
        raw: dict[str, bytes] = dict.fromkeys(TERMINALS, b"")

        async def listen(terminal, joined):
            headers = {"Authorization": f"Bearer token-of-{terminal:>16}"}
            async with changes_of(shop, port, headers) as socket:
                snapshot = from_json(await socket.recv(), Snapshot)
                assert (snapshot.queue, snapshot.lines) == ((), ())
                joined.set()
                async for data in socket:
                    raw[terminal] += data
                    heard[terminal].append(from_json(data, Change))
                    assert heard[terminal][-1].cursor == len(heard[terminal])

        joined = {terminal: asyncio.Event() for terminal in TERMINALS}
        tasks = [asyncio.create_task(listen(terminal, joined[terminal])) for terminal in TERMINALS]
        await asyncio.gather(*(one.wait() for one in joined.values()))
        visit = await shop.attended("counter-1")
        await shop.ordered(visit)
        await shop.tell("counter-1", r.VisitClosed(visit_id=visit.visit_id, reason="left"))
        async with asyncio.timeout(5):
            while not _over(heard["counter-2"]) or not _gone(heard["vault-1"]):
                await asyncio.sleep(0.01)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
    assert not any(change.queue or change.line or change.receipt for change in heard["door"])
    assert not any(change.line for change in heard["counter-2"]), "lines of another counter"
    assert any(change.line for change in heard["counter-1"])
    assert not any(change.queue or change.receipt for change in heard["vault-1"])
    assert not any(b"Robin" in data or b"Example" in data for data in raw.values())


@pytest.mark.requirement("PAT-10", "ORD-04")
async def test_within_a_second_every_counter_sees_the_patient_and_every_handheld_the_line(tmp_path):
    async with (
        trial(tmp_path) as shop,
        served(shop.hub) as port,
        contextlib.AsyncExitStack() as on,
    ):

        async def listening(terminal):
            headers = {"Authorization": f"Bearer token-of-{terminal:>16}"}
            socket = await on.enter_async_context(changes_of(shop, port, headers))
            from_json(await socket.recv(), Snapshot)
            return socket

        async def told(socket, seen):
            while not seen(from_json(await socket.recv(), Change)):
                pass

        counters = [await listening(terminal) for terminal in ("counter-1", "counter-2")]
        handheld = await listening("vault-1")
        ticket = (await shop.checked_in()).ticket
        async with asyncio.timeout(1):
            await asyncio.gather(*(told(each, lambda change: change.queue.ticket == ticket) for each in counters))
        visit = await shop.opened(ticket_id=ticket.ticket_id)
        await shop.tell(
            "counter-1",
            r.FaceCompared(visit_id=visit.visit_id, matches=True),
            r.NotesRead(visit_id=visit.visit_id, recommendation_id="R1", digest="d"),
        )
        order = await shop.ordered(visit)
        async with asyncio.timeout(1):
            await told(handheld, lambda change: change.line.line_id == order.lines[0].line_id)


@pytest.mark.parametrize("token", ["", "Bearer wrong"])
async def test_an_unknown_terminal_hears_nothing(tmp_path, token):
    async with trial(tmp_path) as shop, served(shop.hub) as port:
        headers = {"Authorization": token} if token else {}
        with pytest.raises(InvalidStatus) as refused:
            async with changes_of(shop, port, headers):
                pass
        assert refused.value.response.status_code in (401, 403)


def changes_of(shop, port, headers):
    tls = pinned([shop.hub.identity.fingerprint])
    return connect(f"wss://127.0.0.1:{port}/v1/changes", ssl=tls, additional_headers=headers)


def _over(changes):
    return any(change.queue is not None and change.queue.state is VisitState.CLOSED for change in changes)


def _gone(changes):
    return any(change.line is not None and change.line.state is LineState.CANCELLED for change in changes)


@contextlib.asynccontextmanager
async def served(hub):
    """The hub on a real socket; gives its port."""
    server = Server(make_app(hub), hub.identity)
    serving = asyncio.create_task(server.serve([socket.create_server(("127.0.0.1", 0))]))
    async with asyncio.timeout(5):
        while not server.started:
            await asyncio.sleep(0.01)
    yield server.servers[0].sockets[0].getsockname()[1]
    server.should_exit = True
    await serving
