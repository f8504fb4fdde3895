"""Five years of 2,000 purchases judged, in every state's law; JSON on standard output.

The purchases are of thirty products, of every kind the law counts, each read anew as from a database. Milliseconds are
medians of processor time, because another program on the machine is no property of this one. The goal is 2 ms for a
judgement, and that the number of states known makes no difference.
"""

import json
import statistics
import time
from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal

from kiosk.model.allotments import Purchase
from kiosk.model.base import from_json, to_json
from kiosk.model.packages import Product
from kiosk.rules.law import Law
from kiosk.rules.limits import Member
from kiosk.rules.pack import law_of, states
from kiosk.rules.patients import Patient
from kiosk.rules.sales import Book, Item, Sale, merged

GOAL_MS = 2.0
PURCHASES = 2_000
PRODUCTS = 30
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


BOOKS: dict[str, tuple[Book, Item]] = {}


def judged(law: Law) -> bool:
    """Whether one more package may be sold after five years."""
    if law.state not in BOOKS:
        BOOKS[law.state] = _book(law), Item(product=_products(law)[0], units=1)
    book, item = BOOKS[law.state]
    patient = Patient(age=40, certified_from=date(2021, 1, 1), certified_to=date(2027, 1, 1), in_person=False)
    sale = Sale(law, book, patient, ON, [item])
    lines = merged([item])
    return sale.refusal(lines) is None and next(sale.over(lines), None) is None


def _products(law: Law) -> list[Product]:
    members = [member for pool in law.pools for member in pool.members]
    return [_product(members[n % len(members)], n) for n in range(PRODUCTS)]


def _product(member: Member, n: int) -> Product:
    return Product(
        product_id=f"product {n}",
        name=f"product {n}",
        form=member.forms[0] if member.forms else "",
        route=member.routes[0] if member.routes else "smoking",
        category=member.kinds[0] if member.kinds else "flower",
        net_weight_g=Decimal("3.5") + n,
        thc_mg=Decimal(100) + n,
        equivalent_oz=Decimal("0.125") + n,
        volume_fl_oz=Decimal(1) + n,
        supply_days=Decimal(1) + n % 7,
        flower_equivalent_g=Decimal("3.5") + n,
        thc_pct=Decimal(20),
    )


def _book(law: Law) -> Book:
    products = _products(law)
    return Book(
        purchases=tuple(
            _purchase(products[n % PRODUCTS], n, ON - timedelta(days=n * DAYS // PURCHASES)) for n in range(PURCHASES)
        ),
        available={},
    )


def _purchase(product: Product, n: int, on: date) -> Purchase:
    product = from_json(to_json(product), Product)
    return Purchase(
        on=on,
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
