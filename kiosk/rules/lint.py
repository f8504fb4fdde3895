"""All that is wrong with a pack file, one line each: what ``kiosk rules lint`` says, and what a live store asks."""

from datetime import date
from functools import lru_cache

from kiosk.rules.examples import covered, failures
from kiosk.rules.faults import ahead_of
from kiosk.rules.labels import examples as labels
from kiosk.rules.pack import parse
from kiosk.rules.schema import faults
from kiosk.rules.source import one_line, table_of

ENOUGH = 3
"""Worked checks that every pool, every gate and every rule of what is not counted has in its pack."""
MOST = 20
"""Lines about one file: who made so many mistakes made one."""


def faults_in(name: str, source: bytes, today: date) -> list[str]:
    """``name`` is the file's."""
    try:
        found = faults(table_of(source))
        if not found:
            (state, *_) = {law.state for law in parse(source)}
            if name.removesuffix(".toml").upper() != state:
                found.append(f"these are the rules of {state}")
            found += broken(source, today)
    except ValueError as fault:
        found = [one_line(fault)]
    more = [f"and {len(found) - MOST} more"] if len(found) > MOST else []
    return [f"{name}: {line}" for line in (*found[:MOST], *more)]


def broken(source: bytes, today: date) -> list[str]:
    """What is wrong with a pack that can be read: sources that nobody can have read yet, and worked examples that do
    not come out or are too few."""
    ahead = (ahead_of(law, today) for law in parse(source))
    return [*filter(None, ahead), *_by_its_examples(source)]


@lru_cache(maxsize=64)
def _by_its_examples(source: bytes) -> tuple[str, ...]:
    """The same file is worked through once."""
    found: list[str] = []
    for law in parse(source):
        found += (*failures(law), *labels.failures(law))
        checks = [(f"version {law.version}: {rule}", n) for rule, n in covered(law).items()]
        checks += labels.covered(law).items()
        found += [f"{rule} has {n} worked checks, not {ENOUGH}" for rule, n in checks if n < ENOUGH]
    return tuple(dict.fromkeys(found))
