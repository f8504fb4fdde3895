"""The law a running hub goes by: read again when its files change, and the last good one where the new one is not."""

import logging
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from itertools import chain
from pathlib import Path

from kiosk.model.errors import Ours
from kiosk.model.text import text
from kiosk.rules.law import Law, Pack
from kiosk.rules.lint import broken
from kiosk.rules.pack import incomplete, laws_in, no_law, pack_file, source_of
from kiosk.rules.policy import Policy, gone, missing, read_policy, unsure, with_policy
from kiosk.rules.sealing import signature_file, signature_of, signed_by

log = logging.getLogger("kiosk.rules")


@dataclass(frozen=True)
class Sheets:
    """One state's pack as its file and signature were at one moment."""

    name: str
    source: bytes
    signature: bytes
    laws: tuple[Law, ...]


class Unsigned(Ours):
    """The store has not signed for a law that could be used otherwise."""


class NoLaw(Ours):
    """No law may be used now: nothing can be asked, and nothing sold."""


def sheets(state: str, folder: Path | None = None) -> Sheets:
    """Raises ``Ours`` where there is no pack, or a fault in it."""
    file = pack_file(state, folder)
    source = source_of(state, folder)
    return Sheets(file.name, source, signature_of(file), laws_in(source, state))


def usable(pack: Sheets, policy: Policy, day: date, *, live: bool) -> Iterator[str]:
    """Whether the law of ``day`` may be used: sentences about what was found good. The first thing that stands against
    it raises ``Ours``, or ``Unsigned`` where the store's signature alone is wanting."""
    if policy.keys:
        key = signed_by(pack.name, pack.source, pack.signature, policy.keys)
        yield f"{pack.name} is signed with the key {key}"
    law = next((each for each in pack.laws if each.in_force(day)), None)
    if law is None:
        raise no_law(pack.laws[0].state, day)
    if not isinstance(law, Pack):
        raise incomplete(law)
    with_policy(law, policy)
    if live:
        if wrong := broken(pack.source, day):
            raise Ours(text("The rule pack {file} has a fault: {fault}.", file=pack.name, fault=wrong[0]))
        if unsigned := next(chain(missing(law, policy, day), gone(pack.laws, policy, day)), ""):
            raise Unsigned(text("These rules cannot be used live: {fault}", fault=unsigned))
    yield f"The store has signed for {law.name} and for {len(unsure(law))} unsure numbers."


class Library:
    """One state's packs with the store's policy. ``live``: only what the store has signed for is used."""

    def __init__(
        self, state: str, folder: Path | None = None, policy: Path | None = None, *, live: bool = False
    ) -> None:
        self._state = state
        self._folder = folder
        self._policy_file = policy
        self._live = live
        self._sheets: Sheets | None = None
        self._policy: Policy | None = None
        self._current: tuple[object, Pack | None] = (None, None)
        self.fault = ""
        """What is wrong with the files as they are now; ``""``: nothing. The last good ones are in use."""

    def at(self, day: date) -> Pack:
        """The version in force on ``day``, with the store's policy. Raises ``NoLaw`` where there is none that may
        be used."""
        now = self._stamps(), day
        known, pack = self._current
        if pack is None or known != now:
            try:
                pack = self._read(day)
            except Ours as fault:
                raise NoLaw(fault.reason) from None
            self._current = now, pack
        return pack

    def _read(self, day: date) -> Pack:
        """The newest files of which a law can be made; each that is not good is left out for the last good one."""
        faults: list[Ours] = []
        try:
            new_sheets: Sheets | None = sheets(self._state, self._folder)
        except Ours as fault:
            faults.append(fault)
            new_sheets = None
        try:
            new_policy = Policy() if self._policy_file is None else read_policy(self._policy_file)
        except Ours as fault:
            faults.append(fault)
            new_policy = None
        for policy in (new_policy, self._policy):
            for pack in (new_sheets, self._sheets):
                if pack is None or policy is None:
                    continue
                try:
                    return self._taken(pack, policy, day, faults)
                except Ours as fault:
                    faults.append(fault)
            if any(isinstance(fault, Unsigned) for fault in faults):
                break  # the store has taken its signature back: its older policy is no way round
        raise faults[0]

    def _taken(self, pack: Sheets, policy: Policy, day: date, faults: list[Ours]) -> Pack:
        for _ in usable(pack, policy, day, live=self._live):
            pass
        (law,) = (each for each in pack.laws if isinstance(each, Pack) and each.in_force(day))
        said = str(faults[0].reason) if faults else ""
        if said and said != self.fault:
            log.error("the rules were changed and cannot be used, the last good ones stay: %s", said)
        self._sheets, self._policy, self.fault = pack, policy, said
        return with_policy(law, policy)

    def _stamps(self) -> object:
        pack = pack_file(self._state, self._folder)
        files = [pack, signature_file(pack), *([self._policy_file] if self._policy_file is not None else [])]
        return tuple(_stamp(each) for each in files)


def _stamp(file: Path) -> object:
    """What changes with a file, also where somebody sets its date and length back."""
    try:
        is_now = file.stat()
    except OSError:
        return None
    return is_now.st_ino, is_now.st_mtime_ns, is_now.st_ctime_ns, is_now.st_size
