"""DSP-1.5: what is wanted of THC and CBD is recorded with the line (ORD-03)."""

import pytest

from kiosk.flows.order import WANTED
from kiosk.model import questions as q
from kiosk.model.packages import CannabinoidProfile
from tests.flows.test_serve import OPENED, serve, world
from tests.flows.world import NO, counsel, touch

WANT = ("basket", touch("wanted"))
ADD, CONFIRM, LEAVE = (("basket", touch(key)) for key in ("add:tin-1", "confirm", "leave"))


async def ordered(*answers, **overrides):
    """The baskets that were sent to the hub, and the baskets' pictures."""
    sent = []
    shop = world()
    make = shop.hub._make_order
    refusal = overrides.get("refusal")
    shop.hub.overrides[q.ConfirmOrder] = lambda wish: (sent.append(wish.basket), refusal or make(wish.basket))[1]
    end = [("await-pick", touch("cancel")), LEAVE] if refusal is None and CONFIRM in answers else []
    played = await serve(*OPENED, *answers, *end, world=shop)
    return sent, [request.step for request in played.world.shown if request.step.kind == "basket"]


@pytest.mark.requirement("ORD-03")
async def test_the_wanted_profile_is_shown_and_goes_with_the_line():
    ((line,),), steps = await ordered(WANT, ADD, CONFIRM)
    assert (line.product_id, line.units, line.wanted) == ("tin-1", 1, CannabinoidProfile.HIGH_CBD)
    said = [next(str(choice.label) for choice in step.choices if choice.key == "wanted") for step in steps[:2]]
    assert said == ["Wanted: any", "Wanted: high CBD"]


@pytest.mark.requirement("ORD-03")
async def test_only_products_that_have_it_are_offered_beside_what_is_ordered_already():
    sent, steps = await ordered(*[WANT] * len(WANTED), ADD, *[WANT] * 3, LEAVE)
    shown = [(tuple(offer.product_id for offer in step.offers)) for step in steps]
    assert shown[: len(WANTED)] == [("tin-1",), ("tin-1",), (), ()], "any, high CBD, alike, high THC"
    assert all(offers == ("tin-1",) for offers in shown[len(WANTED) :])
    assert sent == []


async def test_a_line_keeps_what_was_wanted_when_it_began():
    ((line,),), _ = await ordered(ADD, WANT, ADD, CONFIRM)
    assert (line.units, line.wanted) == (2, None)


async def test_the_nearest_legal_amount_is_still_what_was_wanted():
    nearest = (q.BasketLine(product_id="tin-1", units=1),)
    shop = world()

    def judged(wish):
        told = counsel(sum(line.units for line in wish.basket))
        if sum(line.units for line in wish.basket) < 2:
            return told
        judgement = type(told.judgement)(standing=told.standing, refusal=NO, nearest=nearest)
        return type(told)(standing=told.standing, offers=told.offers, judgement=judgement)

    sent = []
    make = shop.hub._make_order
    shop.hub.overrides[q.AskStanding] = judged
    shop.hub.overrides[q.ConfirmOrder] = lambda wish: (sent.append(wish.basket), make(wish.basket))[1]
    take = ("basket", touch("nearest"))
    await serve(*OPENED, WANT, ADD, ADD, take, CONFIRM, ("await-pick", touch("cancel")), LEAVE, world=shop)
    assert [line.wanted for line in sent[0]] == [CannabinoidProfile.HIGH_CBD]
