"""The order: what is on the shelf and how much of it may still be bought, what is left in each pool, what is ordered.

One touch adds a unit, or asks why a product is blocked. A refusal takes the place of the products until it is read:
one thing at a time. On an upright panel products, basket and pools are three pages of one place.
"""

from decimal import Decimal
from typing import Any

from kivy.properties import BooleanProperty, NumericProperty, StringProperty

from kiosk.flows.steps import Basket, Picture
from kiosk.model.allotments import BasketLine, PoolStanding
from kiosk.model.questions import Offer
from kiosk.model.text import text
from kiosk.screens.layout import Column, Row
from kiosk.screens.nouns import FORMS, ROUTES, SOURCES, word_for
from kiosk.screens.pieces import Why
from kiosk.screens.rail import Rail
from kiosk.screens.step import StepScreen, filled
from kiosk.screens.targets import Press, Target
from kiosk.screens.theme import Skin
from kiosk.screens.words import amount, told

TIGHTEST = 3
"""So many pools are always in sight on a lying panel: those with the least left."""


class OfferRow(Target):
    name: Any = StringProperty("")
    facts: Any = StringProperty("")
    most: Any = StringProperty("")
    sign: Any = StringProperty("plus")
    faint: Any = BooleanProperty(False)


class OrderedRow(Row):
    units: Any = StringProperty("")
    name: Any = StringProperty("")
    product_id: Any = StringProperty("")


class PoolRow(Column):
    name: Any = StringProperty("")
    left: Any = StringProperty("")
    more: Any = StringProperty("")
    part: Any = NumericProperty(0)
    unknown: Any = BooleanProperty(False)
    brief: Any = BooleanProperty(False)


class BasketScreen(StepScreen):
    """Lying: the products at the left, the order and what to do with it at the right."""

    wide = True
    nothing_ordered: Any = StringProperty("")
    ordered_name: Any = StringProperty("")
    nearest_name: Any = StringProperty("")
    nearest: Any = StringProperty("")
    close_name: Any = StringProperty("")
    all_pools: Any = StringProperty("")
    refused: Any = BooleanProperty(False)

    def __init__(self) -> None:
        self.tab = "offers"
        self._generation = -1
        self._tabs: dict[str, Press] = {}
        super().__init__()

    def on_kv_post(self, base_widget: Any) -> None:
        for name in ("offers", "ordered", "pools"):
            self._tabs[name] = Press(key=f"tab:{name}", local=True, kind="body", share=1)
            self.ids.tabs.add_widget(self._tabs[name])

    def fill(self, picture: Picture, step: Basket) -> None:
        say = self.say
        offers = {offer.product_id: offer for offer in step.offers}
        count = sum(line.units for line in step.basket)
        if picture.generation != self._generation:
            self._generation = picture.generation
            self.refused = step.refusal is not None
        self._tabs["offers"].text = say(text("Products"))
        self._tabs["ordered"].text = say(text("Order: {n}", n=count))
        self._tabs["pools"].text = say(text("What is left"))
        self.ordered_name = say(text("Order"))
        self.nothing_ordered = "" if step.basket else say(text("Nothing ordered yet."))
        self.close_name = say(text("Show the products"))
        self.all_pools = say(text("What is left"))
        filled(self.ids.offers, [self._offer(offer) for offer in step.offers])
        filled(self.ids.ordered, [self._ordered(line, offers) for line in step.basket])
        pools = sorted(step.pools, key=_part)
        filled(self.ids.pools, [self._pool(pool) for pool in pools])
        filled(self.ids.tightest, [self._pool(pool, brief=True) for pool in pools[:TIGHTEST]])
        if step.refusal is not None:
            why: Why = self.ids.why
            why.tell(self.language, step.refusal)
        self.nearest_name = say(text("Nearest legal order")) if step.nearest else ""
        self.nearest = "\n".join(self._line_words(line, offers) for line in step.nearest)

    def _line_words(self, line: BasketLine, offers: dict[str, Offer]) -> str:
        offer = offers.get(line.product_id)
        return self.say(text("{n} of {product}", n=line.units, product=offer.name if offer else line.product_id))

    def _offer(self, offer: Offer) -> OfferRow:
        open_ = offer.most > 0
        form = self.say(word_for(FORMS, offer.form))
        route = self.say(word_for(ROUTES, offer.route))
        facts = [] if form.casefold() in offer.name.casefold() else [form]
        facts += [] if route == form else [route]
        facts += [f"{name} {told(value)}" for name, value in (("THC", offer.thc), ("CBD", offer.cbd)) if value]
        return OfferRow(
            key=f"{'add' if open_ else 'why'}:{offer.product_id}",
            name=offer.name,
            facts="  ·  ".join(fact.replace(" ", "\u00a0") for fact in facts),
            most=self.say(text("up to {n}", n=offer.most)) if open_ else self.say(text("Why not?")),
            sign="plus" if open_ else "blocked",
            faint=not open_,
            look="plain" if open_ else "faint",
        )

    def _ordered(self, line: BasketLine, offers: dict[str, Offer]) -> OrderedRow:
        offer = offers.get(line.product_id)
        return OrderedRow(
            units=str(line.units), name=offer.name if offer else line.product_id, product_id=line.product_id
        )

    def _pool(self, pool: PoolStanding, *, brief: bool = False) -> PoolRow:
        if pool.unknown is not None:
            left, more = self.say(text("Not known")), self.say(pool.unknown)
        else:
            left = self.say(
                text(
                    "{left} left of {limit}",
                    left=amount(pool.remaining, pool.unit),
                    limit=amount(pool.limit, pool.unit),
                )
            )
            more = self._more(pool)
        return PoolRow(
            name=self.say(pool.name),
            left=left,
            more="" if brief else more,
            brief=brief,
            part=float(_part(pool)),
            unknown=pool.unknown is not None,
        )

    def _more(self, pool: PoolStanding) -> str:
        said = [self.say(word_for(SOURCES, pool.source))]
        if pool.as_of is not None:
            said.append(self.say(text("as of {time}", time=self.language.moment(pool.as_of, self.clock))))
        if pool.returns:
            back = pool.returns[0]
            said.append(
                self.say(
                    text(
                        "{amount} come back on {day}",
                        amount=amount(back.amount, pool.unit),
                        day=self.language.day(back.on),
                    )
                )
            )
        return " · ".join(said)

    def dress(self, skin: Skin) -> None:
        upright = skin.panel.portrait
        tab = "offers" if not upright and self.tab == "ordered" else self.tab
        self.ids.tabs.shown = upright and not self.refused
        for name, press in self._tabs.items():
            press.look = "chosen" if name == tab else "plain"
        self.ids.refusal.shown = self.refused
        self.ids.offers.shown = tab == "offers" and not self.refused
        self.ids.pools.shown = tab == "pools" and not self.refused
        self.ids.tightest.shown = tab == "offers" and not self.refused and not upright
        self.ids.return_.shown = tab == "pools" and not self.refused and not upright
        self.ids.left.shown = self.refused or not upright or tab != "ordered"
        self.ids.right.shown = not upright or (tab == "ordered" and not self.refused)
        self.ids.right.stretch = 1
        self.ids.rail.shown = not upright
        super().dress(skin)

    def rail(self, upright: bool) -> Rail | None:
        return None if upright else self.ids.rail

    def turn(self, key: str) -> None:
        if key == "refusal:close":
            self.refused = False
        elif key.startswith("tab:"):
            self.tab = key.removeprefix("tab:")
        else:
            super().turn(key)

    def reveal(self, key: str) -> None:
        if key.startswith(("add:", "why:", "less:")):
            tab = "ordered" if key.startswith("less:") else "offers"
            if self.refused or self.tab != tab:
                self.refused, self.tab = False, tab
                self.again()
        super().reveal(key)


def _part(pool: PoolStanding) -> Decimal:
    if pool.unknown is not None or pool.limit <= 0:
        return Decimal(0)
    return max(Decimal(0), pool.remaining / pool.limit)


SCREEN = BasketScreen
