"""Versions of a state's law, whatever it is about: in order, without overlap, each with a name of its own and without
a fault."""

from collections.abc import Callable, Sequence
from datetime import date
from itertools import pairwise
from typing import Protocol, TypeVar


class Dated(Protocol):
    """In force from ``effective_from`` up to and with ``effective_to``."""

    @property
    def version(self) -> str: ...
    @property
    def effective_from(self) -> date: ...
    @property
    def effective_to(self) -> date | None: ...


Law = TypeVar("Law", bound=Dated)


def ordered(packs: Sequence[Law], fault: Callable[[Law], str]) -> tuple[Law, ...]:
    """``packs``, oldest first. ``fault`` says what is wrong with one, or ``""``; the first raises ``ValueError``."""
    ordered_packs = sorted(packs, key=lambda pack: pack.effective_from)
    for pack in ordered_packs:
        if pack.effective_to is not None and pack.effective_to < pack.effective_from:
            raise ValueError(f"version {pack.version}: effective_to is before effective_from")
        if found := fault(pack):
            raise ValueError(f"version {pack.version}: {found}")
    names = [pack.version for pack in ordered_packs]
    if twice := next((name for n, name in enumerate(names) if name in names[:n]), ""):
        raise ValueError(f"two versions are called {twice}")
    for older, newer in pairwise(ordered_packs):
        if older.effective_to is None or older.effective_to >= newer.effective_from:
            raise ValueError(f"versions {older.version} and {newer.version} overlap")
    return tuple(ordered_packs)
