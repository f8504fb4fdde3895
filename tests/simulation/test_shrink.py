"""A failing run is made small, and still fails."""

from kiosk.simulation.day import Outcome, Plan
from kiosk.simulation.faults import Fault
from kiosk.simulation.shrink import shrink


def test_only_what_is_needed_stays():
    guilty = (Fault(at=5.0, kind="cable", target="counter-1", lasts=3.0), Fault(at=9.0, kind="hub_dies", lasts=1.0))
    innocent = tuple(Fault(at=float(n), kind="power", target="door", lasts=1.0) for n in range(20, 60))
    plan = Plan(seed=1, days=4, visits=12, faults=((*innocent, guilty[0]), (guilty[1], *innocent), innocent, innocent))
    runs = 0

    def run(tried: Plan) -> Outcome:
        nonlocal runs
        runs += 1
        there = {fault for of_day in tried.faults or () for fault in of_day}
        broken = there >= set(guilty) and tried.visits >= 3
        return Outcome(days=1, violation="broken" if broken else "", faults=tried.faults or ())

    small = shrink(plan, run(plan), run)
    assert [fault for of_day in small.faults or () for fault in of_day] == list(guilty)
    assert small.visits == 3
    assert small.days == 2
    assert runs < 201
