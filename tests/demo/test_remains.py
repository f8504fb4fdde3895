"""When a visit is over, nothing of the scanned documents is left anywhere in the store (PAT-12).

One store works through a good visit, unreadable scans, refusals, killed terminals and a killed hub, and faults of the
program that quote what was scanned, all with debug logs. Then every byte it has left is searched, with every key there
is.
"""

import asyncio
import os
import re
import resource
import shutil
import tempfile
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from kiosk.demo.person import Patient
from kiosk.demo.shop import Papers
from kiosk.flows import steps
from kiosk.model.records import Dispensed, VisitClosed, VisitRefused, WorkEnded
from kiosk.tracking.sandbox.seed import SeedPatient
from tests.demo.needles import Searcher, needles_of
from tests.demo.quoting.sitecustomize import FLOW, HUB, TERMINAL
from tests.demo.remains import Keys, keys_in, readable_in
from tests.demo.store import PATIENCE, Store, but

pytestmark = [pytest.mark.process, pytest.mark.requirement("PAT-12")]

QUOTING = Path(__file__).with_name("quoting")
GOOD, ENDED = "Everything is in order.", "The card has ended."

MAY_STAY = {
    (
        "state.json",
        f"card number of {GOOD}",
    ): "the state's own record of the sale, in its own system",
}
"""What may be left, as (file, what), and why. Nothing of a photo ID is ever in it."""

OPEN_VISIT = {"card number", "family name", "given name", "birth date"}
"""What the hub knows of a patient while the visit is open: the registry's entry, for the counter and the receipt."""


@dataclass
class Left:
    """Copies of the store's folder: ``asked`` while both documents are kept at the entrance, ``open`` while the visit
    is open at the counter, ``after`` it, all still running; ``store`` is the folder itself, all stopped. ``temporary``
    is the system's folder for temporary files."""

    folder: Path
    searcher: Searcher
    core_limits: list[tuple[int, int]] = field(default_factory=list)

    def keys(self, name: str) -> Keys:
        return keys_in(self.folder / name)

    def found(self, name: str, keys: Keys) -> dict[tuple[str, str], set[str]]:
        """What is found in a copy, as (file, what) to the ways by which it was read."""
        hits: dict[tuple[str, str], set[str]] = defaultdict(set)
        for each in readable_in(self.folder / name, keys):
            for what in self.searcher.found(each.data):
                hits[each.file, what].add(each.how)
        return hits

    def copy(self, store: Store, name: str) -> None:
        shutil.copytree(store.shop.folder, self.folder / name, symlinks=True)


@pytest.fixture(scope="module")
def left(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Left]:
    folder = tmp_path_factory.mktemp("remains")
    with pytest.MonkeyPatch.context() as patch, tempfile.TemporaryDirectory(prefix="remains") as temporary:
        patch.setenv("KIOSK_LOG", "debug")
        patch.setenv("TMPDIR", temporary)
        patch.setenv("PYTHONPATH", os.pathsep.join([str(QUOTING), *filter(None, [os.environ.get("PYTHONPATH")])]))
        limits = resource.getrlimit(resource.RLIMIT_CORE)
        resource.setrlimit(resource.RLIMIT_CORE, (limits[1], limits[1]))
        try:
            yield asyncio.run(story(folder))
        finally:
            resource.setrlimit(resource.RLIMIT_CORE, limits)


async def story(folder: Path) -> Left:
    async with Store.opened(folder / "store") as store:
        left = Left(folder, Searcher([needle for each in seen(store) for needle in needles_of(*each)]))
        await store.sign_in()
        await unreadable_and_refused(store)
        await faults(store)
        await visit(store, left)
        for pid in store.shop.processes():
            left.core_limits.append(resource.prlimit(pid, resource.RLIMIT_CORE))
        await log_is_emptied(store)
        left.copy(store, "after")
    shutil.copytree(os.environ["TMPDIR"], folder / "temporary")
    return left


def seen(store: Store) -> list[tuple[SeedPatient, Papers]]:
    """Whose documents are scanned in this story."""
    people = [each for each in store.shop.seed.patients if each.about in (GOOD, ENDED)]
    people += [each for each in store.shop.seed.patients if each.photo_id.number in (FLOW, HUB, TERMINAL)]
    return [(each, store.shop.papers(each)) for each in people]


async def unreadable_and_refused(store: Store) -> None:
    good, ended = store.papers(GOOD), store.papers(ENDED)
    await refused(store, good.card, *(good.photo_id[:-n] for n in (60, 90, 120)))
    await refused(store, ended.card, ended.photo_id)


async def refused(store: Store, *codes: bytes) -> None:
    shown = await store.check_in(*codes)
    assert shown.ticket is not None
    assert await store.referred(shown.ticket.ticket_id)


async def faults(store: Store) -> None:
    """The program's own, quoting an ID: in a flow, on the hub, and in the terminal itself, which dies of it."""
    await store.fresh()
    await store.scan("checkin", whose(store, FLOW).photo_id)
    async with asyncio.timeout(PATIENCE):
        while not await store.facts(WorkEnded):
            await asyncio.sleep(0.05)
    shown = await store.check_in(whose(store, HUB).card, whose(store, HUB).photo_id)
    assert shown.ticket is None
    await store.fresh()
    process = store.shop.stations["checkin"].process
    assert process is not None
    await store.scan("checkin", whose(store, TERMINAL).card)
    await store.step("checkin", steps.Documents, lambda step: step.card)
    await store.scan("checkin", whose(store, TERMINAL).photo_id)
    assert await asyncio.wait_for(process.wait(), PATIENCE) == 1
    store.shop.revive("checkin")
    await store.step("checkin", steps.Documents, lambda step: step.card)
    await store.touch("checkin", "person")
    ticketed = await store.step("checkin", steps.Ticketed)
    assert ticketed.ticket is not None
    assert await store.referred(ticketed.ticket.ticket_id)


def whose(store: Store, number: str) -> Papers:
    """Papers of the holder of this licence."""
    (papers,) = [papers for patient, papers in seen(store) if patient.photo_id.number == number]
    return papers


async def visit(store: Store, left: Left) -> None:
    """To the end, though the kiosk dies with both documents kept, and counter and hub with the visit open."""
    good = store.papers(GOOD)
    await store.fresh()
    with store.shop.hub_hanging():
        await store.scan("checkin", good.card)
        await store.step("checkin", steps.Documents, lambda step: step.card)
        await store.scan("checkin", good.photo_id)
        await store.asked("checkin", "PAT-1.2 ask check-in")
        left.copy(store, "asked")
        store.shop.stations["checkin"].process.kill()  # the hub answers again before it is back
    ticketed = await store.step("checkin", steps.Ticketed, lambda step: step.ticket is not None)
    assert ticketed.ticket is not None
    patient = Patient(good.card, good.photo_id, ticket_id=ticketed.ticket.ticket_id)
    technician, picker = store.technician(patient), store.picker()
    async with store.working(counter=but(technician.respond, steps.FaceCheck)):
        await store.step("counter", steps.FaceCheck)
    left.copy(store, "open")
    await store.kill("counter")
    await store.shop.kill_hub()
    await store.shop.start_hub()
    async with store.working(counter=technician.respond, vault=picker.respond):
        await store.picture("counter", lambda _: technician.finished)
    facts = [len(await store.facts(kind)) for kind in (VisitRefused, Dispensed, VisitClosed)]
    assert facts == [3, 1, 4]


async def log_is_emptied(store: Store) -> None:
    log = store.shop.folder / "hub" / "hub.db-wal"
    async with asyncio.timeout(PATIENCE):
        while log.stat().st_size:
            await asyncio.sleep(0.1)


@pytest.mark.parametrize("name", ["after", "store", "temporary"])
def test_nothing_of_the_scanned_documents_is_left_when_the_visits_are_over(left, name):
    assert set(left.found(name, left.keys("store"))) <= set(MAY_STAY)


def test_what_may_stay_does_stay(left):
    assert set(left.found("store", left.keys("store"))) == set(MAY_STAY)


def test_while_documents_are_kept_they_are_found_with_the_keys_of_that_moment(left):
    found = left.found("asked", left.keys("asked"))
    kept = {file: how for (file, what), how in found.items() if what == f"licence number of {GOOD}"}
    assert kept
    assert all(file.startswith("checkin-1/data/store/") for file in kept)
    assert all(how == {"answer"} for how in kept.values())


def test_a_copy_of_a_terminal_from_then_is_noise_when_the_visit_is_over(left):
    for name in ("asked", "open"):
        found = left.found(name, left.keys("store"))
        assert {file for file, _ in found} <= {"hub/hub.db", "hub/hub.db-wal"}


def test_of_an_open_visit_the_hub_knows_the_registrys_word_and_nothing_of_the_photo_id(left):
    found = left.found("open", left.keys("open"))
    hub = {what for file, what in found if file.startswith("hub/")}
    assert {f"{what} of {GOOD}" for what in OPEN_VISIT} == {what for what in hub if what.endswith(GOOD)}
    assert all(what.partition(" of ")[0] in OPEN_VISIT for what in hub)
    assert any(how == "answer" for file, what in found for how in found[file, what] if file.startswith("counter-1/"))


def test_faults_of_the_program_were_met_and_quote_nothing(left):
    logs = {file.name: file.read_text() for file in (left.folder / "store" / "logs").iterdir()}
    assert logs["checkin-1.log"].count("ValueError\n") >= 2
    assert "ended with ValueError" in logs["hub.log"]
    assert not any(re.search(r"cannot work on (?!{quoted})", said) for said in logs.values())


def test_no_program_of_the_store_leaves_a_core(left):
    assert len(left.core_limits) == 5
    assert set(left.core_limits) == {(0, 0)}
