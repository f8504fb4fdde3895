"""The law a running hub goes by: read again when its file changes, and the last good one where the new one is not."""

import logging
from datetime import date
from pathlib import Path

from kiosk.model.errors import Ours
from kiosk.model.text import text
from kiosk.rules.law import Pack
from kiosk.rules.pack import load, pack_file, versions
from kiosk.rules.policy import Policy, missing, read_policy, with_policy
from kiosk.rules.sealing import signed_by

log = logging.getLogger("kiosk.rules")


class Library:
    """One state's packs with the store's policy. ``live``: only what the store has signed for is used."""

    def __init__(
        self, state: str, folder: Path | None = None, policy: Path | None = None, *, live: bool = False
    ) -> None:
        self._state = state
        self._folder = folder
        self._policy = policy
        self._live = live
        self._seen: object = None
        self._packs: tuple[Pack, ...] = ()
        self._unsigned: dict[str, str] = {}
        self.fault = ""
        """What is wrong with the files as they are now; ``""``: nothing. The last good ones are in use."""

    def at(self, day: date) -> Pack:
        """The version in force on ``day``. Raises ``Ours`` where there is none, and never was a good one."""
        seen = self._stamps()
        if seen != self._seen:
            self._seen = seen
            try:
                self._packs, self.fault = self._read(day), ""
            except Ours as fault:
                self.fault = fault.reason.sentence.format_map(fault.reason.args)
                if not self._packs:
                    self._seen = None
                    raise
                log.error("the rules were changed and cannot be used, the last good ones stay: %s", self.fault)
        for pack in self._packs:
            if pack.in_force(day):
                if self._live and (unsigned := self._unsigned[pack.name]):
                    raise Ours(text("These rules cannot be used live: {fault}", fault=unsigned))
                return pack
        raise Ours(text("There are no rules for {state} on {day}.", state=self._state, day=day.isoformat()))

    def _read(self, day: date) -> tuple[Pack, ...]:
        load(self._state, day, self._folder)
        policy = Policy() if self._policy is None else read_policy(self._policy)
        if policy.keys:
            signed_by(pack_file(self._state, self._folder), policy.keys)
        packs = [each for each in versions(self._state, self._folder) if isinstance(each, Pack)]
        judged = tuple(with_policy(each, policy) for each in packs)
        self._unsigned = {each.name: next(missing(each, policy), "") for each in packs}
        return judged

    def _stamps(self) -> object:
        files = [pack_file(self._state, self._folder), *([self._policy] if self._policy is not None else [])]
        return tuple((each.stat().st_mtime_ns, each.stat().st_size) if each.is_file() else None for each in files)
