"""Makes a failing run small: as few days, faults and visits as still break the same promise."""

from collections.abc import Callable, Iterator
from dataclasses import replace

from kiosk.simulation.day import Outcome, Plan, simulate
from kiosk.simulation.faults import Fault

Faults = tuple[tuple[Fault, ...], ...]


def shrink(plan: Plan, outcome: Outcome, run: Callable[[Plan], Outcome] = simulate, tries: int = 200) -> Plan:
    """The smallest plan found in ``tries`` runs that ends in the same violation; ``outcome`` is the plan's own."""
    best = replace(plan, days=outcome.days + 1, faults=outcome.faults)
    left = tries
    again = True
    while again and left > 0:
        again = False
        for smaller in _smaller(best):
            if left <= 0:
                break
            left -= 1
            if run(smaller).violation == outcome.violation:
                best, again = smaller, True
                break
    return best


def _smaller(plan: Plan) -> Iterator[Plan]:
    """Plans with less in them, the boldest first."""
    faults = plan.faults or ()
    places = [(day, n) for day, of_day in enumerate(faults) for n in range(len(of_day))]
    size = len(places)
    while size:
        for start in range(0, len(places), size):
            gone = set(places[start : start + size])
            yield replace(plan, faults=_without(faults, gone))
        size //= 2
    if plan.visits > 1:
        yield replace(plan, visits=plan.visits // 2)
        yield replace(plan, visits=plan.visits - 1)


def _without(faults: Faults, gone: set[tuple[int, int]]) -> Faults:
    return tuple(
        tuple(fault for n, fault in enumerate(of_day) if (day, n) not in gone) for day, of_day in enumerate(faults)
    )
