"""When what was bought comes back. Calendar dates only: no hours, no time zones, no daylight-saving time."""

from datetime import date, timedelta

from kiosk.rules.law import AnyWindow, Calendar, Cycle, PerRecommendation, Rolling


class AnchorMissingError(Exception):
    """The window hangs on a recommendation, and there is none."""


def back_on(window: AnyWindow, bought: date, anchor: date | None) -> date | None:
    """The first date on which a purchase of ``bought`` no longer counts; None: it counts as long as it stands.

    ``anchor`` is where cycles begin; raises :class:`AnchorMissingError` where a cycle has none. A purchase from before
    the anchor belongs to an earlier cycle and is free from the anchor on.
    """
    match window:
        case Rolling():
            return bought + timedelta(days=window.release_offset_days or window.days)
        case Calendar():
            return _next_period(window, bought)
        case Cycle():
            if anchor is None:
                raise AnchorMissingError
            return anchor if bought < anchor else _cycle(window, bought, anchor)[1]
        case PerRecommendation():
            return None
        case _:
            return bought


def in_first_cycle(window: AnyWindow, on: date, anchor: date | None) -> bool:
    return isinstance(window, Cycle) and anchor is not None and _cycle(window, on, anchor)[0] <= anchor


def _cycle(window: Cycle, on: date, anchor: date) -> tuple[date, date]:
    """The first date of the cycle that holds ``on``, and the first date of the next one."""
    second = anchor + timedelta(days=window.first_days or window.days)
    if on < second:
        return anchor, second
    start = second + timedelta(days=(on - second).days // window.days * window.days)
    return start, start + timedelta(days=window.days)


def _next_period(window: Calendar, on: date) -> date:
    if window.period == "day":
        return on + timedelta(days=1)
    if window.period == "year":
        return date(on.year + 1, 1, 1)
    return date(on.year + on.month // 12, on.month % 12 + 1, 1)
