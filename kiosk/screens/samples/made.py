"""A sample: one picture with a name, made so that each is a new picture."""

from dataclasses import dataclass
from typing import Any

from kiosk.flows.steps import (
    AnyStep,
    Picture,
    Stop,
)
from kiosk.model.errors import Refusal
from kiosk.model.text import Text, text
from kiosk.screens.samples.facts import (
    CANNOT,
    STAFF,
    WELL,
    Role,
)


@dataclass(frozen=True)
class Sample:
    name: str
    picture: Picture

    @property
    def kind(self) -> str:
        return self.picture.step.kind


class Maker:
    """Counts generations, so that each sample is a new picture."""

    def __init__(self, start: int) -> None:
        self._n = start

    def __call__(self, name: str, step: AnyStep, role: Role, **around: Any) -> Sample:
        self._n += 1
        staff = "" if role == "checkin" or step.kind in ("badge", "pin") else STAFF
        picture = Picture(
            generation=self._n,
            role=role,
            terminal={"checkin": "Entrance", "counter": "Counter 1", "vault": "Vault 1"}[role],
            step=step,
            connection=around.pop("connection", WELL),
            staff=around.pop("staff", staff),
            **around,
        )
        return Sample(name, picture)


def stop(differs: str, reason: Text, way_on: Text, wanted: str = "", found: str = "") -> Stop:
    refusal = Refusal(
        rule=f"store.{differs}",
        reason=reason,
        way_on=way_on,
        citation="Store policy: the package is the one that was ordered",
        differs=differs,
        wanted=wanted,
        found=found,
    )
    return Stop(sop="PCK-1.3", title=text("Stop"), refusal=refusal, choices=(CANNOT,))


def wrong_code(this: str, wanted: str) -> Text:
    """As the stage says it."""
    return text("This is {this}. Scan {wanted}.", this=text(this), wanted=text(wanted))
