"""A second, naive way to count: one day at a time, in whole micrograms. Slow, and hard to get wrong."""

from collections.abc import Iterable
from datetime import date, timedelta

from kiosk.model.allotments import Purchase
from kiosk.rules.limits import Calendar, Cycle, Pool, Rolling, Transaction


def still_counts(pool: Pool, bought: date, on: date, recommended: date, first: date) -> bool:
    window = pool.window
    if isinstance(window, Transaction):
        return False
    if bought > on:
        return True
    if isinstance(window, Rolling):
        back = bought
        for _ in range(window.release_offset_days or window.days):
            back += timedelta(days=1)
        return on < back
    if isinstance(window, Calendar):
        parts = {"day": 3, "month": 2, "year": 1}[window.period]
        return bought.timetuple()[:parts] == on.timetuple()[:parts]
    if isinstance(window, Cycle):
        anchor = recommended if window.anchor == "recommendation" else first
        return _number(window, bought, anchor) == _number(window, on, anchor)
    return True


def _number(window: Cycle, on: date, anchor: date) -> int:
    """Which cycle holds ``on``: 0 before the anchor, then 1, 2, 3 …"""
    day, number, left = anchor, 0, 0
    while day <= on:
        if left == 0:
            number += 1
            left = window.first_days or window.days if number == 1 else window.days
        left -= 1
        day += timedelta(days=1)
    return number


def used_micrograms(pool: Pool, purchases: Iterable[Purchase], on: date, recommended: date) -> int:
    purchases = list(purchases)
    first = min((each.on for each in purchases), default=on)
    total = 0
    for each in purchases:
        if still_counts(pool, each.on, on, recommended, first):
            assert each.net_weight_g is not None
            total += int(each.net_weight_g * 1_000_000) * each.units
    return total
