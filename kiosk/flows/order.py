"""DSP-1.5: the order. What is left is seen before it begins (ALT-01); a basket that breaks a rule is not confirmed."""

from msgspec.structs import replace

from kiosk.flows.parts import hub
from kiosk.flows.requests import Chosen, Show
from kiosk.flows.sop import Flow
from kiosk.flows.steps import Banner, Basket, Choice
from kiosk.model.allotments import BasketLine
from kiosk.model.errors import Refusal
from kiosk.model.orders import Order, Visit
from kiosk.model.packages import CannabinoidProfile
from kiosk.model.people import Session
from kiosk.model.questions import AskStanding, ConfirmOrder, Counsel, Offer
from kiosk.model.text import text

SOP = "DSP-1.5"

CONFIRM = Choice(key="confirm", label=text("Send to the vault"), look="go")
LEAVE = Choice(key="leave", label=text("End without an order"), look="quiet")
WANTED: dict[CannabinoidProfile | None, Choice] = {
    None: Choice(key="wanted", label=text("Wanted: any"), look="quiet"),
    CannabinoidProfile.HIGH_CBD: Choice(key="wanted", label=text("Wanted: high CBD"), look="quiet"),
    CannabinoidProfile.BALANCED: Choice(key="wanted", label=text("Wanted: THC and CBD alike"), look="quiet"),
    CannabinoidProfile.HIGH_THC: Choice(key="wanted", label=text("Wanted: high THC"), look="quiet"),
}
"""What the patient wants of THC and CBD; a touch goes on to the next. It holds for the lines that are added then."""
TAKE_NEAREST = Choice(key="nearest", label=text("Take the nearest legal amount"))

Lines = tuple[BasketLine, ...]


def take_order(session: Session, visit: Visit, banner: Banner) -> Flow[Order | None]:
    """Returns the confirmed order, or None when the patient leaves without one."""
    basket: Lines = ()
    wanted: CannabinoidProfile | None = None
    refusal: Refusal | None = None
    nearest: Lines = ()
    while True:
        counsel = yield from _counsel(visit, basket, banner)
        if counsel is None:
            return None
        answer = yield _show(counsel, basket, wanted, refusal, nearest, banner)
        refused, suggested = refusal, nearest
        refusal, nearest = None, ()
        match answer:
            case Chosen(key="leave"):
                return None
            case Chosen(key="nearest") if suggested or refused:
                basket = _as_wanted(suggested, basket)
            case Chosen(key="wanted"):
                wanted = _next(wanted)
            case Chosen(key="confirm") if basket:
                wish = ConfirmOrder(key="", session_id=session.session_id, visit_id=visit.visit_id, basket=basket)
                order = yield from hub(wish, SOP, claims=True, banner=banner)
                if isinstance(order, Order):
                    return order
                refusal = order
            case Chosen(key=key):
                verb, _, product_id = key.partition(":")
                if verb == "add":
                    more = _changed(basket, counsel, product_id, +1, wanted)
                    judged = yield from _counsel(visit, more, banner)
                    if judged is None:
                        return None
                    refusal, nearest = judged.judgement.refusal, judged.judgement.nearest
                    basket = basket if refusal else more
                elif verb == "less":
                    basket = _changed(basket, counsel, product_id, -1, wanted)
                elif verb == "why":
                    refusal = next((o.why_not for o in counsel.offers if o.product_id == product_id), None)


def _counsel(visit: Visit, basket: Lines, banner: Banner) -> Flow[Counsel | None]:
    answer = yield from hub(AskStanding(visit_id=visit.visit_id, basket=basket), SOP, banner=banner)
    if isinstance(answer, Refusal):
        return None
    return answer  # type: ignore[no-any-return]


def _show(
    counsel: Counsel,
    basket: Lines,
    wanted: CannabinoidProfile | None,
    refusal: Refusal | None,
    nearest: Lines,
    banner: Banner,
) -> Show:
    stands = counsel.judgement.refusal
    shown = refusal or stands
    choices = [WANTED[wanted], LEAVE]
    if shown is not None and nearest:
        choices.insert(0, TAKE_NEAREST)
    if basket and stands is None:
        choices.insert(0, CONFIRM)
    return Show(
        step=Basket(
            sop=SOP,
            title=text("Take the order"),
            pools=counsel.standing.pools,
            offers=_offers(counsel, basket, wanted),
            basket=basket,
            refusal=shown,
            nearest=nearest,
            choices=tuple(choices),
        ),
        banner=banner,
        sound="look" if shown else "",
    )


def _changed(basket: Lines, counsel: Counsel, product_id: str, by: int, wanted: CannabinoidProfile | None) -> Lines:
    """The basket with one unit more or less of a product; the route is the product's own. A line keeps the profile
    that was wanted when it began."""
    offer = next((offer for offer in counsel.offers if offer.product_id == product_id), None)
    if offer is None:
        return basket
    had = next((line for line in basket if line.product_id == product_id), None)
    others = tuple(line for line in basket if line.product_id != product_id)
    units = (had.units if had is not None else 0) + by
    if units <= 0:
        return others
    profile = had.wanted if had is not None else wanted
    return (*others, BasketLine(product_id=product_id, units=units, route=offer.route, wanted=profile))


def _offers(counsel: Counsel, basket: Lines, wanted: CannabinoidProfile | None) -> tuple[Offer, ...]:
    """What has the wanted profile, and what is in the basket already."""
    ordered = {line.product_id for line in basket}
    return tuple(
        offer for offer in counsel.offers if wanted is None or wanted in offer.profiles or offer.product_id in ordered
    )


def _as_wanted(lines: Lines, basket: Lines) -> Lines:
    """The rules judge amounts and know no wishes: each line gets back what was wanted of its product."""
    wishes = {line.product_id: line.wanted for line in basket}
    return tuple(replace(line, wanted=wishes.get(line.product_id)) for line in lines)


def _next(wanted: CannabinoidProfile | None) -> CannabinoidProfile | None:
    every = list(WANTED)
    return every[(every.index(wanted) + 1) % len(every)]
