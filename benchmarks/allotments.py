"""Five years of 2,000 purchases judged, in every state's law; JSON on standard output.

Milliseconds are medians of processor time, because another program on the machine is no property of this one. The goal
is 2 ms for a judgement, and that the number of states known makes no difference.
"""

import json
import statistics
import time
from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal

from kiosk.model.allotments import Purchase
from kiosk.model.packages import Product
from kiosk.rules.law import Law
from kiosk.rules.pack import law_of, states
from kiosk.rules.patients import Patient
from kiosk.rules.sales import Book, Item, Sale, merged

GOAL_MS = 2.0
PURCHASES = 2_000
DAYS = 5 * 365
ON = date(2026, 3, 2)
RUNS = 15


def main() -> None:
    known = [law_of(state, ON) for state in states()]
    each = {law.state: median_ms(lambda law=law: judged(law), RUNS) for law in known}
    alone = median_ms(lambda: judged(known[0]), 60)
    for law in known:
        judged(law)
    among = median_ms(lambda: judged(known[0]), 60)
    values = sorted(each.values())
    print(
        json.dumps(
            {
                "purchases": PURCHASES,
                "goal_ms": GOAL_MS,
                "states": len(known),
                "median_ms": round(statistics.median(values), 3),
                "slowest_ms": {state: round(ms, 3) for state, ms in sorted(each.items(), key=lambda p: -p[1])[:3]},
                "with_one_state_known_ms": round(alone, 3),
                "with_all_states_known_ms": round(among, 3),
            }
        )
    )


BOOKS: dict[str, Book] = {}


def judged(law: Law) -> bool:
    """Whether one more package may be sold after five years."""
    if law.state not in BOOKS:
        BOOKS[law.state] = _book(law)
    book = BOOKS[law.state]
    item = Item(product=_product(law), units=1)
    patient = Patient(age=40, certified_from=date(2021, 1, 1), certified_to=date(2027, 1, 1), in_person=False)
    sale = Sale(law, book, patient, ON, [item])
    lines = merged([item])
    return sale.refusal(lines) is None and next(sale.over(lines), None) is None


def _product(law: Law) -> Product:
    member = law.pools[0].members[0]
    return Product(
        product_id="one",
        name="one",
        form=member.forms[0] if member.forms else "",
        route=member.routes[0] if member.routes else "smoking",
        category=member.kinds[0] if member.kinds else "flower",
        net_weight_g=Decimal("3.5"),
        thc_mg=Decimal(100),
        equivalent_oz=Decimal("0.125"),
        volume_fl_oz=Decimal(1),
        supply_days=Decimal(1),
        flower_equivalent_g=Decimal("3.5"),
        thc_pct=Decimal(20),
    )


def _book(law: Law) -> Book:
    product = _product(law)
    return Book(
        purchases=tuple(
            Purchase(
                on=ON - timedelta(days=n * DAYS // PURCHASES),
                product_id=product.product_id,
                form=product.form,
                route=product.route,
                units=1,
                category=product.category,
                order=f"sale {n}",
                net_weight_g=product.net_weight_g,
                thc_mg=product.thc_mg,
                flower_equivalent_g=product.flower_equivalent_g,
                equivalent_oz=product.equivalent_oz,
                volume_fl_oz=product.volume_fl_oz,
                supply_days=product.supply_days,
                thc_pct=product.thc_pct,
            )
            for n in range(PURCHASES)
        ),
        available={},
    )


def median_ms(work: Callable[[], object], runs: int) -> float:
    work()
    taken = []
    for _ in range(runs):
        before = time.process_time()
        work()
        taken.append((time.process_time() - before) * 1000)
    return statistics.median(taken)


if __name__ == "__main__":
    main()
