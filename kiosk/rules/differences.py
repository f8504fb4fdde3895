"""What changed from one pack to another, number by number."""

from collections.abc import Iterator, Sequence
from typing import Any

import msgspec

from kiosk.rules.law import Law
from kiosk.rules.pack import printable

KEYS = ("key", "code", "name", "pattern", "standard", "pool", "version")
"""By the first of these that it has, an entry of a list is known again."""


def differences(old: Sequence[Law], new: Sequence[Law]) -> Iterator[str]:
    """One line for each thing that is not the same: ``FL 2022-08-29 pools.smoking.limit: 2.5 → 2``."""
    before, after = ({law.version: law for law in laws} for laws in (old, new))
    for version in [*before, *(each for each in after if each not in before)]:
        name = (before.get(version) or after[version]).name
        if version not in after:
            yield f"{name}: this version is gone"
        elif version not in before:
            law = after[version]
            yield f"{name}: a new version, in force from {law.effective_from}"
            older = [each for each in after.values() if each.effective_from < law.effective_from]
            if older:
                yield from _lines(name, _flat(max(older, key=lambda each: each.effective_from)), _flat(law))
        else:
            yield from _lines(name, _flat(before[version]), _flat(after[version]))


def _lines(name: str, old: dict[str, str], new: dict[str, str]) -> Iterator[str]:
    for path in [*old, *(each for each in new if each not in old)]:
        if path.partition(".")[0] in ("version", "effective_from", "effective_to", "like", "since", "without"):
            if path in old and path in new and old[path] != new[path] and path == "effective_to":
                yield f"{name} {path}: {old[path]} → {new[path]}"
        elif old.get(path) != new.get(path):
            yield printable(f"{name} {path}: {old.get(path, 'nothing')} → {new.get(path, 'nothing')}")


def _flat(law: Law) -> dict[str, str]:
    return dict(_leaves("", msgspec.to_builtins(law)))


def _leaves(path: str, part: Any) -> Iterator[tuple[str, str]]:
    if isinstance(part, dict):
        for key, each in part.items():
            yield from _leaves(f"{path}.{key}" if path else str(key), each)
    elif isinstance(part, list | tuple):
        for n, each in enumerate(part):
            name = next((str(each[key]) for key in KEYS if isinstance(each, dict) and key in each), str(n + 1))
            yield from _leaves(f"{path}.{name}", each)
    else:
        yield path, "none" if part is None else str(part)
