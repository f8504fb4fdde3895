"""The state is told once, and its own record is read back: whatever happens on the way."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from sqlalchemy import select

from kiosk.hub.changes import Listener
from kiosk.hub.reporting import SHOWN_AFTER, StateCall, waiting_reports
from kiosk.hub.schema import receipts
from kiosk.hub.stock import left_in, package_of
from kiosk.model.errors import Refusal, Refused, Theirs, Unavailable
from kiosk.model.questions import BasketLine
from kiosk.model.records import VisitClosed
from kiosk.model.text import text
from kiosk.tracking.port import NO_ACCESS, NOT_TAKEN
from tests.hub.world import TAG, trial

AWAY = Unavailable(text("The state's system does not answer."))
NONSENSE = Theirs(text("The state's system answers nonsense."))


def refused(rule: str) -> Refused:
    return Refused(Refusal(rule=rule, reason=text("No."), way_on=text("Ask a manager.")))


@pytest.fixture
async def shop(tmp_path):
    async with trial(tmp_path) as made:
        yield made


async def send(shop) -> list[str]:
    """One round of the worker; returns what the receipts are then."""
    await shop.hub.reporting.send(await shop.hub.database.write(waiting_reports))
    snapshot = await shop.hub.join(_listener())
    return [receipt.state.value for receipt in snapshot.receipts]


def _listener():
    return Listener("counter-1", "counter")


async def test_a_sale_is_sent_and_confirmed_by_reading_it_back(shop):
    await shop.dispensed()
    assert await send(shop) == ["confirmed"]
    assert shop.hub.watch.link.up


@pytest.mark.parametrize("trouble", [AWAY, NONSENSE, refused(NO_ACCESS)], ids=["away or 429 or 500", "nonsense", "401"])
@pytest.mark.parametrize("calls_before", [0, 1, 2], ids=["looking", "sending", "reading back"])
async def test_trouble_at_any_call_loses_nothing_and_doubles_nothing(shop, trouble, calls_before):
    await shop.dispensed()
    shop.state.troubles = [None] * calls_before + [trouble]
    (state,) = await send(shop)
    assert state in ("waiting", "sent")
    assert not shop.hub.watch.link.up
    shop.clock.advance(SHOWN_AFTER.total_seconds())
    assert await send(shop) == ["confirmed"]
    assert shop.hub.watch.link.up
    assert len(shop.state.sales) == 1
    assert shop.state.stored_twice == 0


async def test_other_answers_of_the_state_do_not_hide_that_reports_fail(shop):
    await shop.dispensed()
    shop.state.troubles = [AWAY]
    await send(shop)
    shop.hub.watch.answered(StateCall.STOCK)
    shop.hub.watch.answered(StateCall.REGISTRY)
    assert not shop.hub.watch.link.up
    assert await send(shop) == ["confirmed"]
    assert shop.hub.watch.link.up


async def test_an_answer_lost_after_the_state_stored_it_is_found_and_not_sent_again(shop):
    await shop.dispensed()
    shop.state.after = AWAY
    assert await send(shop) == ["sent"]
    assert await send(shop) == ["confirmed"]
    assert shop.state.stored_twice == 0


@pytest.mark.parametrize(
    ("field", "value"),
    [("patient_number", "P0000000"), ("sold_at", datetime(2026, 3, 2, 3, tzinfo=UTC)), ("voided", True), ("lines", ())],
)
async def test_a_state_that_stored_something_else_is_shown(shop, field, value):
    await shop.dispensed()
    shop.state.bend = {field: value}
    assert await send(shop) == ["differs"]
    snapshot = await shop.hub.join(_listener())
    assert field in str(snapshot.receipts[0].detail)


async def test_a_definite_no_is_kept_with_its_reason_and_not_repeated(shop):
    await shop.dispensed()
    shop.state.troubles = [None, refused(NOT_TAKEN)]
    assert await send(shop) == ["refused"]
    assert await shop.hub.database.write(waiting_reports) == []


async def test_a_receipt_the_state_is_slow_to_show_is_waited_for_and_never_sent_again(shop):
    """Taken, but not there for a minute: that is no difference and no reason for a second receipt."""
    await shop.dispensed()
    find, shop.state.find = shop.state.find, nothing
    for _ in range(4):
        assert await send(shop) == ["sent"]
        shop.clock.advance(SHOWN_AFTER.total_seconds() * 2)
    shop.state.find = find
    assert await send(shop) == ["confirmed"]
    assert shop.state.stored_twice == 0


async def test_an_answer_that_is_lost_is_waited_for_before_a_second_sending(shop):
    """The state has taken it and shows it late; a look at once finds nothing and must not lead to a second one."""
    await shop.dispensed()
    shop.state.after = AWAY
    find, shop.state.find = shop.state.find, nothing
    assert await send(shop) == ["sent"]
    shop.clock.advance(SHOWN_AFTER.total_seconds() - 1)
    assert await send(shop) == ["sent"]
    shop.state.find = find
    assert await send(shop) == ["confirmed"]
    assert shop.state.stored_twice == 0


async def test_one_senseless_answer_does_not_hold_up_the_others(shop):
    for _ in range(2):
        fact = await shop.dispensed()
        await shop.tell("counter-1", VisitClosed(visit_id=fact.visit_id, reason="dispensed"))
    shop.state.troubles = [NONSENSE]
    assert sorted(await send(shop)) == ["confirmed", "waiting"]
    assert not shop.hub.watch.link.up
    assert sorted(await send(shop)) == ["confirmed", "confirmed"]
    assert shop.hub.watch.link.up


async def test_a_state_that_did_not_let_us_in_is_asked_again_at_once_when_it_does(shop):
    """Whoever is not let in has told nothing: there is nothing to wait for."""
    await shop.dispensed()
    shop.state.troubles = [None, refused(NO_ACCESS)]
    await send(shop)
    assert await send(shop) == ["confirmed"]


async def test_reports_wait_on_the_disk_and_go_on_after_a_restart(tmp_path):
    async with trial(tmp_path) as shop:
        await shop.dispensed()
        shop.state.after = AWAY
        await send(shop)
    async with trial(tmp_path, shop.state, clock=shop.clock) as again:
        assert await send(again) == ["confirmed"]
        assert again.state.stored_twice == 0


async def test_what_the_state_was_told_is_dropped_when_it_has_confirmed_it(shop):
    await shop.dispensed()
    await send(shop)
    assert await shop.hub.database.write(lambda c: c.execute(select(receipts.c.sale)).scalars().all()) == [""]


async def nothing(number: str) -> None:
    return None


async def test_confirmed_units_leave_the_shelf_once(shop):
    def left(connection):
        return left_in(connection, package_of(connection, TAG))

    before = await shop.hub.database.write(left)
    await shop.dispensed()
    assert await shop.hub.database.write(left) == before - 1
    await send(shop)
    assert await shop.hub.database.write(left) == before - 1


async def test_the_sale_says_when_it_happened_not_when_it_was_sent(shop):
    await shop.dispensed()
    at = shop.clock.now()
    shop.clock.advance(timedelta(hours=5).total_seconds())
    await send(shop)
    (sale,) = shop.state.sales.values()
    assert sale.sold_at == at.astimezone(UTC).replace(microsecond=at.microsecond // 1000 * 1000)


async def test_several_units_of_one_package_are_one_line_with_their_sum(shop):
    await shop.dispensed(BasketLine(product_id="1", units=3))
    await send(shop)
    (sale,) = shop.state.sales.values()
    (line,) = sale.lines
    assert (line.units, line.total) == (Decimal(3), Decimal("135.00"))
