"""What may stand around any step: notices, connections, the cover, waiting."""

from collections.abc import Iterator

import msgspec

from kiosk.flows.steps import (
    Choice,
    Notice,
)
from kiosk.model.text import text
from kiosk.screens.samples.facts import (
    BANNER,
    CONNECTIONS,
    SPENT,
)
from kiosk.screens.samples.made import Maker, Sample, wrong_code


def around(make: Maker) -> Iterator[Sample]:
    again = Choice(key="again", label=text("Try again"), look="go")
    leave = Choice(key="leave", label=text("Leave this"))
    notice = Notice(
        sop="DSP-1.8",
        title=text("No answer"),
        body=text("The hub is not connected. Try again in a moment."),
        tone="trouble",
        hint=text("Nothing is lost. This is tried again by itself."),
        choices=(again, leave),
    )
    for connection in CONNECTIONS:
        yield make(f"notice-{connection.condition.value}", notice, "counter", banner=BANNER, connection=connection)
    yield make(
        "notice-refusal",
        Notice(
            sop="DSP-1.8",
            title=text("This is not possible"),
            body=SPENT.reason,
            tone="warning",
            refusal=SPENT,
            choices=(again, leave),
        ),
        "counter",
        banner=BANNER,
        remark=wrong_code("a package tag", "a ticket"),
        printer=text("The label printer has no paper. Put in a roll."),
    )
    yield make("notice-info", msgspec.structs.replace(notice, tone="info", can_go_back=True), "vault")
    yield make("covered", notice, "counter", banner=BANNER, covered=True)
    yield make(
        "covered-remark",
        notice,
        "counter",
        banner=BANNER,
        covered=True,
        remark=text("Covered. The person who works here scans the badge."),
    )
    yield make("busy", notice, "counter", banner=BANNER, busy=text("Waiting for the hub …"))
