"""Rehearses a power cut: ends this process as a pulled plug does, at one moment of one step."""

import os
import signal
from typing import Any

from kiosk.flows.runner import Moment


def name_of(request: Any) -> str:
    """A step's name for scripts and accounts: ``"DSP-1.8 commit dispensed"``, ``"DSP-1.7 show label-proof"``."""
    verb = str(request.__struct_config__.tag)
    if verb == "show":
        about = request.step.kind
    else:
        what = getattr(request, "fact", None) or getattr(request, "question", None)
        about = what.__struct_config__.tag if what is not None else ""
    sop = getattr(request, "sop", "") or request.step.sop
    return f"{sop} {verb} {about}".strip()


class PowerCut:
    """An observer. ``step`` is a name as :func:`name_of` gives it, with ``@asked``, ``@done`` or ``@kept`` behind it.

    Without a moment it is ``@done``: the effect has happened, its answer is not yet kept.
    """

    def __init__(self, step: str) -> None:
        self._name, _, moment = step.partition("@")
        self._moment = moment or "done"

    def __call__(self, moment: Moment, n: int, request: Any) -> None:  # noqa: ARG002
        if moment == self._moment and name_of(request) == self._name:
            os.kill(os.getpid(), signal.SIGKILL)
