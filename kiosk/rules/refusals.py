"""The words of a basket that does not fit: rule, sum, whose figure it is, and the way on."""

from collections.abc import Mapping
from datetime import date
from fractions import Fraction

from kiosk.model.errors import Refusal
from kiosk.model.packages import Product
from kiosk.model.text import Text, text
from kiosk.rules.counting import Count
from kiosk.rules.law import Law
from kiosk.rules.limits import Calendar, Consumed, Cycle, Gate, Pool, Rolling, Supply, Transaction
from kiosk.rules.measuring import measure_words
from kiosk.rules.words import amount, day

STORE = "store."
"""Begins the key of every rule that is the store's own (SOP-05)."""


def rule_name(pack: Law, key: str) -> str:
    """The state's rules have the state before their key, the store's own are called so."""
    return key if key.startswith(STORE) else f"{pack.state}.{key}"


def pool_name(pool: Pool) -> Text:
    """The limit's name for people; the store's own is shown as what it is."""
    return shown_as_it_is(text(pool.name), of_store=pool.of_store)


def shown_as_it_is(words: Text, *, of_store: bool) -> Text:
    """The words of a rule; the store's own rules say so (SOP-05)."""
    return text("Store policy: {rule}", rule=words) if of_store else words


def no_units(product: Product) -> Refusal:
    return Refusal(
        rule="order.units",
        reason=text("The order asks for no unit of {product}.", product=product.name),
        way_on=text("Order one unit or more, or leave the product out."),
    )


def no_figure(pack: Law) -> Refusal:
    return Refusal(
        rule=f"{pack.state}.figure",
        reason=text("The state's figure of what is left is not known."),
        way_on=text("Ask the state again. Nothing is sold before it answers."),
        citation=pack.figure.citation,
    )


def no_pool(pack: Law, product: Product, route: str) -> Refusal:
    return Refusal(
        rule=f"{pack.state}.uncounted",
        reason=text(
            "No rule says how {product} counts: form {form}, route {route}.",
            product=product.name,
            form=product.form,
            route=route or "none",
        ),
        way_on=text("Leave it out. The compliance owner has to look at this product."),
        citation=pack.figure.citation,
        differs="route",
        found=route,
    )


def unknown_product(pack: Law, pool: Pool, product: Product, measure: str) -> Refusal:
    return Refusal(
        rule=rule_name(pack, pool.key),
        reason=text("The {measure} of {product} is not known.", measure=measure_words(measure), product=product.name),
        way_on=text("Leave it out. The product's record has to be completed first."),
        citation=pool.citation,
        differs=measure,
    )


def unknown_pool(pack: Law, pool: Pool, why: Text) -> Refusal:
    return Refusal(
        rule=rule_name(pack, pool.key),
        reason=why,
        way_on=text("Nothing of this limit can be sold before that is known: {pool}.", pool=pool_name(pool)),
        citation=pool.citation,
    )


def gated(pack: Law, gate: Gate) -> Refusal:
    return Refusal(
        rule=rule_name(pack, gate.key),
        reason=shown_as_it_is(text(gate.says), of_store=gate.key.startswith(STORE)),
        way_on=text("This cannot be sold to this patient here today."),
        citation=gate.citation,
        differs="patient",
    )


def over(pack: Law, one: Count, asked: Fraction, nearest: Mapping[str, int]) -> Refusal:
    """``nearest``: product name to units of the nearest legal basket."""
    unit = one.pool.unit
    left = amount(max(one.left(one.on), Fraction(0)), unit)
    outage = pack.outage if one.source() == "outage" else None
    return Refusal(
        rule=f"{pack.state}.outage" if outage else rule_name(pack, one.pool.key),
        reason=text(
            "{pool}: {asked} asked, {left} left.",
            pool=pool_name(one.pool),
            asked=amount(asked, unit, up=True),
            left=left,
        ),
        way_on=_way_on(one, nearest),
        citation=outage.citation if outage else one.pool.citation,
        arithmetic=_arithmetic(one, asked, left),
    )


def _arithmetic(one: Count, asked: Fraction, left: str) -> Text:
    unit = one.pool.unit
    said = {
        "limit": amount(one.limit(one.on), unit),
        "used": amount(one.used(one.on), unit, up=True),
        "left": left,
        "asked": amount(asked, unit, up=True),
    }
    source = one.source()
    if one.careful_left(one.on) < one.left(one.on):
        careful = amount(max(one.careful_left(one.on), Fraction(0)), unit)
        return text(
            "The patient's age is not known. With the smaller limit {left} is left. Asked: {asked}.",
            left=careful,
            asked=said["asked"],
        )
    if source == "outage":
        return text(
            "The registry does not answer. On its last answer {left} may still be sold. Asked: {asked}.", **said
        )
    if source == "registry":
        return text(
            "The state's figure binds: {left} left, with sales it does not know yet taken off. Asked: {asked}.", **said
        )
    if source == "physician":
        return text("The physician's limit is {limit}. {used} used, {left} left. Asked: {asked}.", **said)
    match one.pool.window:
        case Rolling(days=days) | Cycle(days=days):
            return text(
                "The limit is {limit} in {days} days. {used} used, {left} left. Asked: {asked}.", days=days, **said
            )
        case Calendar(period="day"):
            return text("The limit is {limit} a day. {used} used, {left} left. Asked: {asked}.", **said)
        case Calendar(period="month"):
            return text("The limit is {limit} in a calendar month. {used} used, {left} left. Asked: {asked}.", **said)
        case Calendar():
            return text("The limit is {limit} in a calendar year. {used} used, {left} left. Asked: {asked}.", **said)
        case Supply(days=days):
            return text(
                "The limit is {limit} in a supply of {days} days. {used} used, {left} left. Asked: {asked}.",
                days=days,
                **said,
            )
        case Consumed():
            return text(
                "The limit is {limit} at a time, one less a day. {used} used, {left} left. Asked: {asked}.", **said
            )
        case Transaction():
            return text("The limit is {limit} in one sale. Asked: {asked}.", **said)
        case _:
            return text(
                "The limit is {limit} under this recommendation. {used} used, {left} left. Asked: {asked}.", **said
            )


def _way_on(one: Count, nearest: Mapping[str, int]) -> Text:
    basket = ", ".join(f"{units} × {name}" for name, units in nearest.items())
    if (more := _more_on(one)) is None:
        return text("Take this today: {basket}.", basket=basket) if basket else text("Nothing of it fits.")
    said = {"day": day(more[0]), "amount": amount(more[1], one.pool.unit)}
    if basket:
        return text("Take this today: {basket}. From {day} on: {amount}.", basket=basket, **said)
    return text("Nothing of it fits today. From {day} on: {amount}.", **said)


def _more_on(one: Count) -> tuple[date, Fraction] | None:
    """The next date with more than today, as far as the present recommendation reaches."""
    now = max(one.left(one.on), Fraction(0))
    last = one.patient.certified_to or date.max
    for back in one.turns():
        if back <= last and (then := one.left(back)) > now:
            return back, then
    return None
