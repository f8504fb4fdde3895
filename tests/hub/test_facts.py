"""Facts are never refused: whatever does not fit is kept, shown to a manager, and stops nobody."""

from datetime import timedelta
from decimal import Decimal

from sqlalchemy import select

from kiosk.hub import ledger
from kiosk.hub.reporting import waiting_reports
from kiosk.hub.schema import clones, flags, purchases, records
from kiosk.hub.stock import left_in, package_of
from kiosk.model import questions as q
from kiosk.model import records as r
from kiosk.model.allotments import Purchase
from kiosk.model.base import from_json, to_json
from kiosk.model.errors import Refusal
from kiosk.model.orders import LineState
from tests.hub.world import TAG, TINCTURE, TrialState, changed, package, trial


async def claimed(shop, units: int = 2):
    """An order in the vault, its line in somebody's hands."""
    visit = await shop.attended()
    order = await shop.ordered(visit, q.BasketLine(product_id="1", units=units))
    session_id = await shop.session("vault-1", "p1")
    line_id = order.lines[0].line_id
    await shop.ask("vault-1", q.ClaimLine(key=shop.key(), session_id=session_id, line_id=line_id))
    return visit, order, line_id


def unit_picked(line_id: str, n: int, tag: str = TAG) -> r.UnitPicked:
    return r.UnitPicked(line_id=line_id, tag=tag, item=0, n=n, place="V-A3-2")


async def test_the_same_unit_told_twice_is_kept_flagged_and_counted_once(tmp_path):
    async with trial(tmp_path) as shop:
        _, order, line_id = await claimed(shop)
        accepted = await shop.tell("vault-1", unit_picked(line_id, 1), unit_picked(line_id, 1), unit_picked(line_id, 7))
        assert accepted.watermark == 3
        assert list(accepted.flagged) == ["vault-1:2", "vault-1:3"]
        now = await shop.ask("counter-1", q.AskOrder(order_id=order.order_id))
        assert (now.lines[0].state, len(now.lines[0].tags)) == (LineState.CLAIMED, 1)
        assert (await shop.tell("vault-1", unit_picked(line_id, 2))).flagged == {}


async def test_a_fact_about_nothing_known_does_not_hold_up_the_next(tmp_path):
    async with trial(tmp_path) as shop:
        await shop.session("counter-1")
        strange = (
            r.FaceCompared(visit_id="x", matches=True),
            r.NotesRead(visit_id="x", recommendation_id="R", digest="d"),
            r.ConcernSettled(visit_id="x", rule="r", decision="same_person"),
            unit_picked("x", 1),
            r.LabelVoided(number="x", print_no=1, reason="damaged"),
            r.LabelVerified(visit_id="x", number="x", print_no=1, tag="t", bound_by="ticket"),
            r.Dispensed(visit_id="x", order_id="x", permit_id="x", external_number="x", units=()),
            r.VisitClosed(visit_id="x", reason="left"),
        )
        accepted = await shop.tell("counter-1", *strange)
        assert accepted.watermark == len(strange)
        assert len(accepted.flagged) == len(strange)


async def test_consequences_that_fail_leave_the_record_and_nothing_else(tmp_path):
    async with trial(tmp_path) as shop:
        fact = r.SignedOut(session_id="s", reason="asked")

        def fail(connection, record):
            connection.execute(flags.insert().values(record_key="half done", reason="", at=""))
            raise LookupError

        def take(connection):
            batch = r.Batch(terminal="counter-1", epoch=1, records=(shop.record("counter-1", fact),))
            return ledger.take(connection, batch, "counter", shop.clock.now(), fail)

        accepted = await shop.hub.database.write(take)
        assert accepted.watermark == 1
        assert list(accepted.flagged) == ["counter-1:1"]
        kept = await shop.hub.database.write(lambda c: c.execute(select(flags.c.record_key)).scalars().all())
        assert kept == ["counter-1:1"]


async def test_a_repeat_tells_again_what_was_flagged(tmp_path):
    async with trial(tmp_path) as shop:
        batch = r.Batch(terminal="vault-1", epoch=1, records=(shop.record("vault-1", unit_picked("x", 1)),))
        first, second = [await shop.post("vault-1", "/v1/records", batch) for _ in range(2)]
        assert first.content == second.content
        assert from_json(first.content, r.Accepted).flagged


async def test_a_clone_is_refused_flagged_and_kept_apart_once(tmp_path):
    async with trial(tmp_path) as shop:
        one = shop.record("counter-1", r.SignedOut(session_id="a", reason="asked"))
        other = shop.record("counter-1", r.SignedOut(session_id="b", reason="asked"), key="other", seq=1)
        same_key = shop.record("counter-1", r.SignedOut(session_id="c", reason="asked"), key=one.key, seq=2)

        async def send(*sent):
            return await shop.post("counter-1", "/v1/records", r.Batch(terminal="counter-1", epoch=1, records=sent))

        assert (await send(one)).status_code == 200
        for clone in (other, other, same_key):
            assert from_json((await send(clone)).content, Refusal).rule == "store.clone"
        kept = await shop.hub.database.write(lambda c: c.execute(select(clones.c.body)).scalars().all())
        assert kept == [to_json(other).decode(), to_json(same_key).decode()]
        assert await shop.hub.database.write(lambda c: len(list(ledger.read(c)))) == 1


async def test_a_terminal_brings_at_most_64_records_and_only_in_its_own_role(tmp_path):
    async with trial(tmp_path) as shop:
        facts = [shop.record("counter-1", r.SignedOut(session_id=str(n), reason="asked")) for n in range(65)]
        for sent in (facts, [changed(facts[0], role="vault")], [changed(facts[0], terminal="counter-2")]):
            batch = r.Batch(terminal="counter-1", epoch=1, records=tuple(sent))
            assert (await shop.post("counter-1", "/v1/records", batch)).status_code == 422
        assert await shop.hub.database.write(lambda c: list(ledger.read(c))) == []


async def test_every_column_of_the_ledger_is_held_by_the_chain(tmp_path):
    async with trial(tmp_path) as shop:
        await shop.tell("counter-1", *(r.SignedOut(session_id=str(n), reason="asked") for n in range(3)))

        def tamper(connection, column):
            connection.exec_driver_sql("DROP TRIGGER IF EXISTS records_update")
            before = connection.execute(select(records.c[column]).where(records.c.position == 2)).scalar_one()
            value = before + 100 if isinstance(before, int) else f"{before}0"
            where = records.c.position == (value if column == "position" else 2)
            connection.execute(records.update().where(records.c.position == 2).values({column: value}))
            broken = ledger.broken_at(connection)
            connection.execute(records.update().where(where).values({column: before}))
            return broken

        for column in records.columns.keys():  # noqa: SIM118  (a collection of columns, not a mapping)
            assert await shop.hub.database.write(tamper, column) is not None, column
        assert await shop.hub.database.write(ledger.broken_at) is None


async def test_nobody_unnamed_compares_a_face(tmp_path):
    async with trial(tmp_path) as shop:
        visit = await shop.opened()
        face = r.FaceCompared(visit_id=visit.visit_id, matches=True)
        unnamed = shop.record("counter-1", face)
        for record in (changed(unnamed, staff_id=""), changed(unnamed, key="k2", seq=2, session_id="made up")):
            batch = r.Batch(terminal="counter-1", epoch=1, records=(record,))
            answer = from_json((await shop.post("counter-1", "/v1/records", batch)).content, r.Accepted)
            assert record.key in answer.flagged
        assert (await shop.ordered(visit)).rule == "store.face"


async def test_a_visit_is_closed_by_the_counter_that_serves_it(tmp_path):
    async with trial(tmp_path) as shop:
        visit = await shop.attended()
        accepted = await shop.tell("counter-2", r.VisitClosed(visit_id=visit.visit_id, reason="left"))
        assert accepted.flagged
        assert isinstance(await shop.ordered(visit), q.Order)


# --- what a hand-over does


async def test_what_left_counts_and_not_what_was_planned(tmp_path):
    """Two units were ordered and one was handed over: one counts, one is free again, the state is told of one."""
    async with trial(tmp_path) as shop:
        before = await shop.hub.database.write(lambda c: left_in(c, package_of(c, TAG)))
        visit = await shop.attended()
        order = await shop.picked(await shop.ordered(visit, q.BasketLine(product_id="1", units=2)))
        units = await shop.proven(visit, order)
        permit = await shop.permitted(visit, order)
        fact = shop.handed_over(visit, order, permit, units[:1])
        assert "other units" in next(iter((await shop.tell("counter-1", fact)).flagged.values()))
        assert await shop.hub.database.write(lambda c: left_in(c, package_of(c, TAG))) == before - 1
        (report,) = await shop.hub.database.write(waiting_reports)
        assert [line.units for line in report.sale.lines] == [Decimal(1)]
        (row,) = await shop.hub.database.write(lambda c: c.execute(select(purchases)).all())
        assert (row.state, row.units, from_json(row.body, Purchase).units) == ("dispensed", 1, 1)


async def test_a_package_that_is_not_the_planned_one_leaves_the_stock_it_came_from(tmp_path):
    """Two packages of one batch both fit the line; the shelf loses the unit of the one that was scanned."""
    twin = package("B" * 24, TINCTURE, "B1", expires=None)
    async with trial(tmp_path, TrialState(packages=[package(TAG, TINCTURE, "B1"), twin])) as shop:
        _, _, line_id = await claimed(shop, units=1)
        await shop.tell("vault-1", unit_picked(line_id, 1, twin.tag))
        left = {
            tag: await shop.hub.database.write(lambda c, tag=tag: left_in(c, package_of(c, tag)))
            for tag in (TAG, twin.tag)
        }
        assert left == {TAG: 500, twin.tag: 499}


async def test_an_order_is_handed_over_once(tmp_path):
    async with trial(tmp_path) as shop:
        fact = await shop.dispensed()
        session_id = await shop.session("counter-1")
        permit = q.AskPermit(key=shop.key(), session_id=session_id, visit_id=fact.visit_id, order_id=fact.order_id)
        cancel = q.CancelOrder(key=shop.key(), session_id=session_id, order_id=fact.order_id, reason="late")
        assert (await shop.ask("counter-1", permit)).rule == "store.order_over"
        assert (await shop.ask("counter-1", cancel)).rule == "store.order_over"
        again = await shop.tell("counter-1", fact)
        assert "second time" in next(iter(again.flagged.values()))
        assert len(await shop.hub.database.write(waiting_reports)) == 1
        order = await shop.ask("counter-1", q.AskOrder(order_id=fact.order_id))
        assert [line.state for line in order.lines] == [LineState.DISPENSED]


async def test_an_order_has_one_permit_however_often_it_is_asked_for(tmp_path):
    async with trial(tmp_path) as shop:
        visit = await shop.attended()
        order = await shop.picked(await shop.ordered(visit))
        await shop.proven(visit, order)
        assert await shop.permitted(visit, order) == await shop.permitted(visit, order)


async def test_a_permit_is_for_the_order_of_its_own_visit(tmp_path):
    async with trial(tmp_path) as shop:
        first, second = await shop.attended(), await shop.attended()
        order = await shop.picked(await shop.ordered(first))
        await shop.proven(first, order)
        assert (await shop.permitted(second, order)).rule == "store.order_unknown"


async def test_an_order_at_midnight_counts_on_the_day_it_is_handed_over(tmp_path):
    async with trial(tmp_path) as shop:
        visit = await shop.attended()
        order = await shop.picked(await shop.ordered(visit))
        units = await shop.proven(visit, order)
        permit = await shop.permitted(visit, order)
        shop.clock.advance(timedelta(hours=14).total_seconds())
        fact = shop.handed_over(visit, order, permit, units)
        await shop.tell("counter-1", fact)
        (body,) = await shop.hub.database.write(lambda c: c.execute(select(purchases.c.body)).scalars().all())
        assert from_json(body, Purchase).on == shop.hub.desk.today()
