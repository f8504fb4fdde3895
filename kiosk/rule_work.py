"""``kiosk rules``: show, check, compare, sign and verify rule packs. Each command says its lines and returns its exit
code."""

import argparse
import asyncio
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime
from pathlib import Path

from kiosk.model.errors import Ours
from kiosk.model.text import text
from kiosk.rules.differences import differences
from kiosk.rules.law import Law
from kiosk.rules.library import Unsigned, sheets, usable
from kiosk.rules.lint import faults_in
from kiosk.rules.manual import index, page
from kiosk.rules.pack import pack_file, parse, states, versions
from kiosk.rules.policy import Policy, gone, missing, read_policy, unsure
from kiosk.rules.sealing import digest, new_key
from kiosk.rules.sealing import sign as seal
from kiosk.rules.source import one_line, printable, read_bytes

Say = Callable[[str], None]


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
    found = [line for file in files for line in _faults_of(file)]
    for line in found:
        say(line)
    say(f"{len(files)} packs, {len(found)} faults")
    return 1 if found else 0


def _faults_of(file: Path) -> list[str]:
    try:
        return faults_in(printable(file.name), read_bytes(file), _today())
    except ValueError as fault:
        return [f"{printable(file.name)}: {fault}"]


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
    """What its own worked examples contradict is not signed."""
    if found := _faults_of(arguments.file):
        for line in found:
            say(line)
        return 1
    if arguments.new_key:
        new_key(arguments.key)
    say(f"{arguments.file.name} is signed with the key {seal(arguments.file, arguments.key)}")
    return 0


def verify(arguments: argparse.Namespace, say: Say) -> int:
    """Asks what a live hub asks."""
    on = arguments.on or _today()
    policy = read_policy(arguments.policy)
    pack = sheets(arguments.state, arguments.packs)
    try:
        for line in usable(pack, policy, on, live=True):
            say(line)
    except Unsigned as fault:
        law = next(law for law in pack.laws if law.in_force(on))
        for line in (*missing(law, policy, on), *gone(pack.laws, policy, on)):
            say(line)
        if next(missing(law, policy, on), ""):
            say(_to_sign(law, policy))
        else:
            say(str(fault.reason))
        return 1
    say(f"{pack.name} may be used live.")
    for law in pack.laws:
        if law.effective_from > on and (line := next(missing(law, policy, on), "")):
            say(f"From {law.effective_from} on: {line}")
    return 0


def _to_sign(law: Law, policy: Policy) -> str:
    """What a person who has read the law puts into the policy file."""
    numbers = "".join(f'    "{name}",\n' for name in unsure(law))
    again = " again" if any(each.pack == law.name for each in policy.accepted) else ""
    return (
        f"\nWho has read it signs for it{again} in the policy file:\n\n[[accepted]]\n"
        f'pack = "{law.name}"\neffective_from = {law.effective_from}\ndigest = "{digest(law)}"\n'
        f'by = "name, office"\non = {_today()}\nnumbers = [\n{numbers}]'
    )


def _laws(file: Path) -> tuple[Law, ...]:
    try:
        return parse(read_bytes(file))
    except ValueError as fault:
        name = printable(file.name)
        raise Ours(text("The rule pack {file} has a fault: {fault}.", file=name, fault=one_line(fault))) from None


def _today() -> date:
    return datetime.now(UTC).date()
