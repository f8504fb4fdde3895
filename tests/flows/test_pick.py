"""PCK-1 as stories."""

import msgspec
import pytest

from kiosk.flows.pick import PICK
from kiosk.model import questions as q
from kiosk.model.documents import UnitCode
from tests.flows.world import (
    LINE,
    NO,
    OTHER_TAG,
    SESSION,
    TAG,
    Hub,
    PackageTag,
    ShelfCode,
    TimedOut,
    TrialWorld,
    play,
    scan,
    touch,
)

SHELF = scan(ShelfCode(place="V-A3-2"))
PACKAGE = scan(PackageTag(uid=TAG))


async def pick(*answers, world=None):
    return await play(PICK, (SESSION,), *answers, world=world)


async def test_shelf_then_package_picks_the_line():
    played = await pick(("pick-list", touch("line:l0")), ("shelf", SHELF), ("unit", PACKAGE), ("take", touch("done")))
    assert played.result == "picked"
    assert played.story == ["unit-picked"]


async def test_a_line_is_claimed_by_scanning_its_shelf_too():
    played = await pick(("pick-list", SHELF), SHELF, PACKAGE, TimedOut())
    assert played.result == "picked"


@pytest.mark.requirement("PIK-01")
async def test_a_wrong_package_is_refused_by_name_until_the_right_one_comes():
    wrong = scan(PackageTag(uid=OTHER_TAG))
    played = await pick(touch("line:l0"), SHELF, wrong, ("stop", wrong), ("stop", PACKAGE), TimedOut())
    assert played.story == ["scan-stopped", "scan-stopped", "unit-picked"]


async def test_a_wrong_shelf_is_named():
    played = await pick(touch("line:l0"), scan(ShelfCode(place="V-B1-1")), ("stop", SHELF), PACKAGE, TimedOut())
    stop = next(request.step for request in played.world.shown if request.step.kind == "stop")
    assert (stop.refusal.wanted, stop.refusal.found) == ("V-A3-2", "V-B1-1")


@pytest.mark.requirement("PIK-03")
async def test_two_units_need_two_scans():
    two = TrialWorld(lambda _: TimedOut(), Hub(overrides={q.ClaimLine: lambda _: _line(units=2)}))
    played = await pick(touch("line:l0"), SHELF, ("unit", PACKAGE), ("unit", PACKAGE), TimedOut(), world=two)
    assert [fact.n for fact in played.keeper.facts] == [1, 2]


@pytest.mark.requirement("PIK-03")
async def test_one_unit_with_its_own_code_does_not_count_twice():
    two = TrialWorld(lambda _: TimedOut(), Hub(overrides={q.ClaimLine: lambda _: _line(units=2, unit_codes=True)}))
    first, second = (scan(UnitCode(uid=TAG, item=n)) for n in (1, 2))
    played = await pick(touch("line:l0"), SHELF, first, ("unit", first), ("stop", second), TimedOut(), world=two)
    assert [fact.item for fact in played.keeper.facts if hasattr(fact, "item")] == [1, 2]


async def test_a_line_that_cannot_be_picked_is_given_back():
    played = await pick(touch("line:l0"), SHELF, ("unit", touch("cannot")))
    assert played.result == "given_back"
    assert any(isinstance(answer, q.Released) for answer in played.world.hub.claims.values())


async def test_a_line_somebody_else_has_is_explained():
    taken = TrialWorld(lambda _: TimedOut(), Hub(overrides={q.ClaimLine: lambda _: NO}))
    played = await pick(touch("line:l0"), ("notice", touch("back")), ("pick-list", touch("sign_out")), world=taken)
    assert played.result == "signed_out"


def _line(**fields):
    return msgspec.structs.replace(LINE, **fields)
