"""Pieces several SOPs are made of."""

from typing import Any

from kiosk.flows.requests import Ask, Chosen, Commit, Show
from kiosk.flows.sop import Flow
from kiosk.flows.steps import Banner, Choice, Notice
from kiosk.model.errors import Away, Refusal
from kiosk.model.records import ScanStopped
from kiosk.model.text import text

RETRY_AFTER = 10.0
"""Seconds after which a question to an absent hub is put again by itself."""


def hub(question: Any, sop: str, *, claims: bool = False, banner: Banner | None = None) -> Flow[Any]:
    """Asks until there is an answer. Returns the answer, a :class:`Refusal`, or None when the person gave up."""
    while True:
        answer = yield Ask(question=question, sop=sop, claims=claims)
        if not isinstance(answer, Away):
            return answer
        then = yield Show(
            step=Notice(
                sop=sop,
                title=text("No answer"),
                body=answer.reason,
                tone="trouble",
                hint=text("Nothing is lost. This is tried again by itself."),
                choices=(
                    Choice(key="again", label=text("Try again"), look="go"),
                    Choice(key="leave", label=text("Leave this")),
                ),
            ),
            time_out=RETRY_AFTER,
            banner=banner,
            sound="look",
        )
        if then == Chosen(key="leave"):
            return None


def explain(refusal: Refusal, sop: str, *choices: Choice, banner: Banner | None = None) -> Flow[str]:
    """Shows a refusal that a person has to answer; returns the key of the choice."""
    answer = yield Show(
        step=Notice(
            sop=sop,
            title=text("This is not possible"),
            body=refusal.reason,
            tone="warning",
            refusal=refusal,
            choices=choices,
        ),
        banner=banner,
        sound="look",
    )
    return answer.key if isinstance(answer, Chosen) else ""


def stopped(about: str, refusal: Refusal, sop: str) -> Flow[None]:
    """Keeps that a wrong thing was scanned: which rule stopped it and what differed, not what it was."""
    yield Commit(fact=ScanStopped(about=about, rule=refusal.rule, differs=refusal.differs), sop=sop)
