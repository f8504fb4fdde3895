"""``kiosk rules``: show, check, compare, sign and verify rule packs. Each command says its lines and returns its exit
code."""

import argparse
import asyncio
import tomllib
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

from kiosk.model.errors import Ours
from kiosk.model.text import text
from kiosk.rules.differences import differences
from kiosk.rules.examples import covered, failures
from kiosk.rules.law import Law
from kiosk.rules.manual import index, page
from kiosk.rules.pack import law_of, pack_file, parse, printable, states, versions
from kiosk.rules.policy import Policy, missing, read_policy, unsure, with_policy
from kiosk.rules.schema import faults
from kiosk.rules.sealing import digest, new_key, signed_by
from kiosk.rules.sealing import sign as seal

Say = Callable[[str], None]
ENOUGH = 3
"""Checks that every pool and gate has in its pack."""


def show(arguments: argparse.Namespace, say: Say) -> int:
    if arguments.state:
        say(page(versions(arguments.state, arguments.packs)).rstrip())
        return 0
    if arguments.out is None:
        raise Ours(text("Name a state, or a folder for all of them with --out."))
    arguments.out.mkdir(parents=True, exist_ok=True)
    newest = []
    for state in states(arguments.packs):
        laws = versions(state, arguments.packs)
        newest.append(laws[-1])
        (arguments.out / f"{state.lower()}.md").write_text(page(laws), encoding="utf-8")
    (arguments.out / "README.md").write_text(index(newest), encoding="utf-8")
    return 0


def lint(arguments: argparse.Namespace, say: Say) -> int:
    files: Sequence[Path] = arguments.files or [pack_file(state) for state in states()]
    found = [line for file in files for line in faults_in(file)]
    for line in found:
        say(line)
    say(f"{len(files)} packs, {len(found)} faults")
    return 1 if found else 0


def faults_in(file: Path) -> list[str]:
    """All that is wrong with a pack file, one line each."""
    try:
        source = file.read_text(encoding="utf-8")
        raw = tomllib.loads(source, parse_float=Decimal)
        wrong = faults(raw)
        laws = () if wrong else parse(source)
    except (OSError, ValueError, RecursionError) as fault:
        return [f"{file.name}: {printable(' '.join(str(fault).split()))}"]
    found = [f"{file.name}: {line}" for line in wrong]
    for law in laws:
        found += [f"{file.name}: {line}" for line in failures(law)]
        found += [
            f"{file.name}: {law.version}: {rule} has {n} worked checks, not {ENOUGH}"
            for rule, n in covered(law).items()
            if n < ENOUGH
        ]
    return found


def diff(arguments: argparse.Namespace, say: Say) -> int:
    old, new = (_laws(file) for file in (arguments.old, arguments.new))
    for line in differences(old, new):
        say(line)
    if arguments.store is not None:
        from kiosk.hub.law_change import touched  # noqa: PLC0415

        on = arguments.on or _today()
        before, after = (next((law for law in laws if law.in_force(on)), None) for laws in (old, new))
        for line in asyncio.run(touched(arguments.store, before, after, on)):
            say(line)
    return 0


def sign(arguments: argparse.Namespace, say: Say) -> int:
    if arguments.new_key:
        new_key(arguments.key)
    _laws(arguments.file)
    say(f"{arguments.file.name} is signed with the key {seal(arguments.file, arguments.key)}")
    return 0


def verify(arguments: argparse.Namespace, say: Say) -> int:
    policy = read_policy(arguments.policy)
    law = law_of(arguments.state, arguments.on or _today(), arguments.packs)
    if policy.keys:
        key = signed_by(pack_file(arguments.state, arguments.packs), policy.keys)
        say(f"{law.name} is signed with the key {key}")
    with_policy(law, policy)
    found = list(missing(law, policy))
    for line in found:
        say(line)
    if law.absent:
        found.append(f"{law.name} does not say all a counter needs: {', '.join(law.absent)}.")
        say(found[-1])
    if found:
        say(_to_sign(law, policy))
        return 1
    say(f"{law.name} may be used live: the store has signed for it and for {len(unsure(law))} unsure numbers.")
    return 0


def _to_sign(law: Law, policy: Policy) -> str:
    """What a person who has read the law puts into the policy file."""
    numbers = "".join(f'    "{name}",\n' for name in unsure(law))
    again = " again" if any(each.pack == law.name for each in policy.accepted) else ""
    return (
        f"\nWho has read it signs for it{again} in the policy file:\n\n[[accepted]]\n"
        f'pack = "{law.name}"\ndigest = "{digest(law)}"\nby = "name, office"\non = {_today()}\nnumbers = [\n{numbers}]'
    )


def _laws(file: Path) -> tuple[Law, ...]:
    try:
        return parse(file.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as fault:
        said = printable(" ".join(str(fault).split())).rstrip(".")
        raise Ours(text("The rule pack {file} has a fault: {fault}.", file=file.name, fault=said)) from None


def _today() -> date:
    return datetime.now(UTC).date()
