"""What a flow is: a generator with the number and version of the SOP it implements."""

from collections.abc import Callable, Generator
from dataclasses import dataclass
from typing import Any, TypeVar

from kiosk.flows.requests import Request

R = TypeVar("R")

Flow = Generator[Request, Any, R]
"""Yields requests, is sent their answers, returns what it found out."""


@dataclass(frozen=True)
class Sop:
    """One standard operating procedure. ``flow`` takes arguments of these types, which are kept with it."""

    number: str
    version: int
    title: str
    flow: Callable[..., Flow[Any]]
    arguments: tuple[type[Any], ...] = ()

    @property
    def name(self) -> str:
        """``"DSP-1 v1"``: what every record names, and what a kept flow must match to be resumed."""
        return f"{self.number} v{self.version}"
