import msgspec

from kiosk.flows.sign_in import SIGN_IN
from tests.flows.world import SESSION, Badge, Hub, TimedOut, TrialWorld, Typed, play, scan, touch

BADGE = scan(Badge(code="B100"))


async def test_badge_and_pin_sign_a_named_person_in():
    played = await play(SIGN_IN, (), ("badge", BADGE), ("pin", Typed(digits="246810")))
    assert played.result == msgspec.structs.replace(SESSION, badge="B100")


async def test_a_wrong_pin_is_said_and_can_be_typed_again():
    played = await play(SIGN_IN, (), BADGE, Typed(digits="111111"), ("pin", Typed(digits="246810")))
    assert played.world.shown[-1].step.wrong is not None


async def test_an_unfinished_sign_in_goes_back_to_the_badge():
    played = await play(SIGN_IN, (), BADGE, TimedOut(), ("badge", BADGE), Typed(digits="246810"))
    assert played.kinds == ["badge", "pin", "badge", "pin"]


async def test_another_badge_during_the_pin_belongs_to_the_pin_that_follows():
    played = await play(SIGN_IN, (), BADGE, scan(Badge(code="B200")), Typed(digits="246810"))
    assert played.result.badge == "B200"


async def test_without_the_hub_nobody_is_signed_in_and_it_is_tried_again():
    world = TrialWorld(lambda _: TimedOut(), Hub(away_for=2))
    await play(SIGN_IN, (), BADGE, Typed(digits="246810"), ("notice", touch("again")), TimedOut(), world=world)
