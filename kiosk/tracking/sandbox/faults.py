"""Faults that can be switched on while the sandbox runs."""

from typing import Literal

import msgspec

Kind = Literal[
    "slow",
    "silent",
    "silent_after",
    "dropped",
    "dropped_after",
    "unauthorized",
    "not_found",
    "too_many",
    "server_error",
    "server_fault",
    "nonsense",
    "nonsense_after",
    "html",
    "empty",
    "down",
]
BEFORE = frozenset(
    {"silent", "dropped", "unauthorized", "not_found", "too_many", "server_error", "server_fault"}
    | {"nonsense", "html", "empty", "down"}
)
"""These answer, or do not, before anything is done. The ``…_after`` ones lose an answer after the work was done."""


class Fault(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """``slow`` waits ``seconds`` and goes on. ``silent`` never answers, ``dropped`` cuts the line, ``down`` does so for
    every path. ``server_fault`` is METRC's 400 for a fault of its own. ``html`` is a web page with ``status``.

    ``path`` is a prefix, ``method`` one verb or any; ``count`` how often it happens, None until it is cleared.
    """

    kind: Kind
    path: str = "/"
    method: str = ""
    count: int | None = None
    seconds: float = 0
    retry_after: str | None = None
    status: int = 200


class FaultList(msgspec.Struct, forbid_unknown_fields=True):
    faults: list[Fault] = []


class Faults:
    def __init__(self) -> None:
        self.switched_on: list[Fault] = []

    def take(self, method: str, path: str) -> Fault | None:
        """The first fault that concerns this request; one that is used up is gone."""
        for fault in self.switched_on:
            if path.startswith(fault.path) and fault.method.upper() in ("", method):
                if fault.count is not None:
                    fault.count -= 1
                    if fault.count <= 0:
                        self.switched_on.remove(fault)
                return fault
        return None
