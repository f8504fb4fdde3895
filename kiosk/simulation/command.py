"""``kiosk simulate``: store days by the seed, and what became of each store in one line."""

import logging
import os
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace

from kiosk.model.errors import Unavailable
from kiosk.model.text import text
from kiosk.simulation.day import Outcome, Plan, simulate
from kiosk.simulation.faults import KINDS, Fault, Kind
from kiosk.simulation.shrink import shrink


def kinds_of(words: str) -> tuple[Kind, ...]:
    """``all``, ``none``, or kinds with commas between. Raises ``Unavailable`` for one that is none."""
    if words == "all":
        return KINDS
    named = [word for word in words.split(",") if word not in ("", "none")]
    if unknown := [word for word in named if word not in KINDS]:
        known = ", ".join(("all", "none", *KINDS))
        raise Unavailable(text("{word} is no kind of fault. There are: {known}.", word=unknown[0], known=known))
    return tuple(kind for kind in KINDS if kind in named)


def serve(plan: Plan, *, stores: int, jobs: int, account: bool) -> int:
    """Runs ``stores`` plans with seeds from the plan's on; 0 where every promise was kept."""
    logging.disable(logging.ERROR)
    if account:
        outcome = simulate(plan, _say)
        _say(_line(plan, outcome))
        return 1 if outcome.violation else 0
    began, days, visits, units, wrong = time.monotonic(), 0, 0, 0, 0
    for each, outcome in _outcomes(plan, stores, jobs):
        _say(_line(each, outcome))
        days += outcome.days
        visits += outcome.visits
        units += outcome.units
        if outcome.violation:
            wrong += 1
            _explain(each, outcome)
    minutes = (time.monotonic() - began) / 60
    _say(f"{days} days, {visits} hand-overs of {units} units, {wrong} wrong; {days / minutes:.0f} days a minute")
    return 1 if wrong else 0


def _outcomes(plan: Plan, stores: int, jobs: int) -> Iterator[tuple[Plan, Outcome]]:
    plans = [replace(plan, seed=plan.seed + n) for n in range(stores)]
    if jobs == 1 or stores == 1:
        yield from ((each, simulate(each)) for each in plans)
        return
    with ProcessPoolExecutor(min(jobs, stores)) as pool:
        yield from zip(plans, pool.map(simulate, plans), strict=True)


def _line(plan: Plan, outcome: Outcome) -> str:
    end = outcome.violation or "right"
    return (
        f"seed {plan.seed}: {outcome.days} days, {outcome.visits} hand-overs of {outcome.units} units, "
        f"{outcome.records} records, {outcome.deaths} power cuts, {outcome.falls} restarts, "
        f"{outcome.digest[:16]}: {end}"
    )


def _explain(plan: Plan, outcome: Outcome) -> None:
    small = shrink(plan, outcome)
    _say(f"  the smallest that breaks it: {small.days} days, {small.visits} visits a day")
    for day, faults in enumerate(small.faults or ()):
        for fault in faults:
            _say(f"    day {day}: {_told(fault)}")


def _told(fault: Fault) -> str:
    where = f" at {fault.target}" if fault.target else ""
    return f"{fault.at:.3f} s after opening {fault.kind}{where}, for {fault.lasts:.0f} s"


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def cores() -> int:
    return len(os.sched_getaffinity(0))
