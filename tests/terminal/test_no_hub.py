"""A whole terminal without its hub, in every role: whatever is scanned and touched, nothing is picked (PIK-04)."""

import asyncio
import contextlib

import pytest

from kiosk.flows.steps import Act
from kiosk.local_store.finder import HubAddress, NotFound
from kiosk.local_store.link import HubLink, Pace
from kiosk.local_store.store import TerminalStore
from kiosk.model.base import to_json
from kiosk.model.clock import SystemClock
from kiosk.model.connection import Condition
from kiosk.model.documents import Badge, PackageTag, PatientCard, Reading, ShelfCode, TicketCode, UnitCode
from kiosk.model.people import Session, StaffRole
from kiosk.model.questions import ClaimLine
from kiosk.model.records import Dispensed, LabelIssued, UnitPicked
from kiosk.model.text import text
from kiosk.terminal import SESSION, Terminal
from tests.flows.world import LINE, PHOTO_ID, TAG

THINGS = {
    b"package": PackageTag(uid=TAG),
    b"unit": UnitCode(uid=TAG, item=3),
    b"shelf": ShelfCode(place="V-A3-2"),
    b"ticket": TicketCode(ticket_id="K7"),
    b"card": PatientCard(number="P7QX21AB", state="FL"),
    b"id": PHOTO_ID,
    b"badge": Badge(code="B-p1"),
}
SIGNED_IN = Session(session_id="s", staff_id="p1", name="Person p1", role=StaffRole.TECHNICIAN, badge="B-p1")


class Quiet:
    def play(self, sign):
        pass


async def nowhere(_):
    return NotFound(why="nobody", reason=text("No hub was found."))


class ClaimedBefore(HubLink):
    """The hub gave a line out and was gone."""

    async def ask(self, question):
        return LINE if isinstance(question, ClaimLine) else await super().ask(question)


@pytest.mark.requirement("PIK-04")
@pytest.mark.parametrize(
    ("role", "link"),
    [("checkin", HubLink), ("counter", HubLink), ("vault", HubLink), ("vault", ClaimedBefore)],
    ids=["entrance", "counter", "vault", "vault with a line in hand"],
)
async def test_without_the_hub_no_role_picks_labels_or_hands_over_anything(tmp_path, role, link):
    pictures = []
    drawn = asyncio.Event()

    def draw(picture):
        pictures.append(picture)
        drawn.set()

    async with await TerminalStore.open(tmp_path, b"k" * 32) as store:
        await store.remember(SESSION, to_json(SIGNED_IN))

        def connect(on_change, on_connection):
            return link(
                terminal="t", role=role, token="t" * 16, hub=HubAddress(), outbox=store, clock=SystemClock(),
                on_change=on_change, on_connection=on_connection, find=nowhere, pace=Pace(find_most=0.05),
            )  # fmt: skip

        terminal = Terminal(
            name="t", role=role, clock=SystemClock(), store=store, connect=connect,
            decode=lambda reading: THINGS[reading.data], draw=draw, ear=Quiet(), compose=lambda *_: b"",
        )  # fmt: skip
        running = asyncio.create_task(terminal.run())
        kinds = set()
        async with asyncio.timeout(30):
            while not pictures:
                await drawn.wait()
            for data in (b"shelf", b"shelf", *THINGS, *THINGS):
                await scanned(terminal, pictures, drawn, data, kinds)
        running.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await running
        facts = [record.fact for record in await store.unsent()]
    assert pictures[-1].connection.condition is Condition.HUB_AWAY
    assert not [fact for fact in facts if isinstance(fact, UnitPicked | LabelIssued | Dispensed)]
    assert ("notice" in kinds) == (role != "checkin"), "the terminal did ask, and was not answered"
    in_hand = {"shelf", "unit"} if link is ClaimedBefore else set()
    assert in_hand <= kinds <= {"documents", "ticketed", "queue", "pick-list", "notice"} | in_hand


async def scanned(terminal, pictures, drawn, data, kinds) -> None:
    """One scan, then every question is left, until the terminal is at its beginning again."""
    drawn.clear()
    terminal.stage.scanned(Reading(data=data, device="s", at=terminal.clock.monotonic()))
    await drawn.wait()
    while True:
        picture = pictures[-1]
        kinds.add(picture.step.kind)
        keys = [choice.key for choice in picture.step.choices]
        if "leave" not in keys:
            return
        drawn.clear()
        terminal.act(Act(generation=picture.generation, chosen="leave"))
        await drawn.wait()
