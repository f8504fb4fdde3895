"""Two counters, one patient: never above the limit, in whatever order things happen (ALT-04)."""

import asyncio
import os
import random

import pytest

from kiosk.hub import orders as hub_orders
from kiosk.hub.books import book_of, items_of
from kiosk.hub.lines import By
from kiosk.hub.schema import purchases
from kiosk.hub.visits import Secret, row_of
from kiosk.model import questions as q
from kiosk.model.base import from_json
from kiosk.model.errors import Refusal
from kiosk.model.orders import Order, QueueEntry
from kiosk.model.records import Dispensed, DispensedUnit
from kiosk.rules.allotments import judge
from tests.hub.world import FLOWER_TAG, trial

PARTS = 10 if os.environ.get("KIOSK_TORTURE") else 1
"""``make torture`` tries all ten thousand; every run tries the first thousand."""

LIMIT = 20
"""Jars of 3.5 g in 2.5 oz."""


@pytest.mark.requirement("ALT-04")
async def test_two_counters_at_the_same_moment_share_the_limit(tmp_path):
    async with trial(tmp_path) as shop:
        visits = [await shop.attended("counter-1")]
        shop.sessions.pop("counter-2", None)
        visits.append(await shop.attended("counter-2"))
        answers = await asyncio.gather(
            *(
                shop.ordered(visit, q.BasketLine(product_id="2", units=12), terminal=terminal)
                for visit, terminal in zip(visits, ("counter-1", "counter-2"), strict=True)
            )
        )
        assert sorted(isinstance(answer, q.Order) for answer in answers) == [False, True]
        (refusal,) = [answer for answer in answers if isinstance(answer, Refusal)]
        assert refusal.citation


@pytest.mark.requirement("ALT-04")
@pytest.mark.parametrize("part", range(PARTS))
async def test_random_interleavings_never_end_above_the_limit(tmp_path, part):
    """The hub's own transactions, in a thousand seeded orders of confirming, cancelling and dispensing a part."""
    async with trial(tmp_path) as shop:
        visits = [await shop.attended("counter-1"), await shop.attended("counter-2")]
        who = By(staff_id="t1", name="Person t1", terminal="counter-1", at=shop.clock.now())
        pack, today = shop.hub.desk.pack(), shop.hub.desk.today()

        def confirm(connection, visit_id, units):
            row = row_of(connection, visit_id)
            items = items_of(connection, (q.BasketLine(product_id="2", units=units),))
            secret = from_json(row["secret"], Secret)
            book = book_of(connection, row["patient_ref"], {}, shop.clock.now())
            if judge(pack, book, secret.profile.recommendation, today, items).refusal is not None:
                return None
            chosen = hub_orders.choose_packages(connection, items, today)
            if isinstance(chosen, Refusal):
                return None
            ticket = from_json(row["entry"], QueueEntry).ticket
            order, _ = hub_orders.make(connection, chosen, row, ticket, who, today, "R1")
            return order.order_id

        def history(connection, seed):
            """One history on a clean book; returns the most that counted at any moment."""
            chance = random.Random(seed)
            connection.execute(purchases.delete())
            open_orders, most = [], 0
            for _ in range(chance.randint(3, 6)):
                if open_orders and chance.random() < 0.35:
                    order_id = open_orders.pop(chance.randrange(len(open_orders)))
                    if chance.random() < 0.5:
                        hub_orders.cancel(connection, order_id, who)
                    else:
                        fact = dispensed(hub_orders.order_of(connection, order_id))
                        hub_orders.dispense(connection, fact, today, who)
                else:
                    visit = chance.choice(visits)
                    order_id = confirm(connection, visit.visit_id, chance.randint(1, 14))
                    if order_id is not None:
                        open_orders.append(order_id)
                counted = connection.execute(
                    purchases.select().where(purchases.c.state.in_(("reserved", "dispensed")))
                ).all()
                most = max(most, sum(row.units for row in counted))
            return most

        def many(connection, seeds):
            return [history(connection, seed) for seed in seeds]

        seen = await shop.hub.database.write(many, range(part * 1000, (part + 1) * 1000))
        assert max(seen) == LIMIT, "some history must reach the limit exactly"


def dispensed(order: Order) -> Dispensed:
    units = tuple(
        DispensedUnit(line_id=line.line_id, number=number, print_no=1, tag=FLOWER_TAG)
        for line in order.lines
        for number in line.dispense_numbers
    )
    return Dispensed(visit_id=order.visit_id, order_id=order.order_id, permit_id="p", external_number="X", units=units)
