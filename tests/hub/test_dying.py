"""The hub is killed between its commit and its answer: whoever asks again finds one effect, and the same answer."""

import asyncio
import contextlib
import signal
import sys
from pathlib import Path

import httpx
import pytest

from kiosk.hub import ledger
from kiosk.hub.reporting import waiting_reports
from kiosk.hub.schema import orders, visits
from kiosk.model import questions as q
from kiosk.model import records as r
from kiosk.model.base import to_json
from kiosk.model.errors import Refusal
from tests.hub.world import CARD, PHOTO_ID, TAG, trial

pytestmark = pytest.mark.process

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


async def post(port, terminal, path, body) -> httpx.Response:
    headers = {"Authorization": f"Bearer token-of-{terminal:>16}", "Content-Type": "application/json"}
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", trust_env=False, timeout=10) as client:
        return await client.post(path, content=to_json(body), headers=headers)


async def killed_and_asked_again(folder, terminal, path, body) -> bytes:
    """The answer of the second time; the first time the hub died of it."""
    async with hub_process(folder) as (process, port):
        (folder / "die").touch()
        with pytest.raises(httpx.HTTPError):
            await post(port, terminal, path, body)
        assert await process.wait() == -signal.SIGKILL
    async with hub_process(folder) as (_, port):
        second, third = [await post(port, terminal, path, body) for _ in range(2)]
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


@pytest.mark.requirement("LBL-08")
async def test_a_hand_over_is_recorded_counted_and_reported_once(tmp_path):
    async with trial(tmp_path) as shop:
        visit = await shop.attended()
        order = await shop.picked(await shop.ordered(visit))
        units = await shop.proven(visit, order)
        permit = await shop.permitted(visit, order)
        fact = shop.handed_over(visit, order, permit, units)
        batch = r.Batch(terminal="counter-1", epoch=1, records=(shop.record("counter-1", fact),))
    await killed_and_asked_again(tmp_path, "counter-1", "/v1/records", batch)
    async with trial(tmp_path) as shop:
        facts = [each.fact for each in await shop.hub.database.write(lambda c: list(ledger.read(c)))]
        assert facts.count(fact) == 1
        (report,) = await shop.hub.database.write(waiting_reports)
        assert [(line.tag, int(line.units)) for line in report.sale.lines] == [(TAG, 1)]
