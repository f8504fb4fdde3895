"""A current recommendation stands behind every product, and its limits on single products are kept (ORD-02, ORD-09).

Amounts over time are pools and judged by :mod:`kiosk.rules.allotments`.
"""

from datetime import date

from kiosk.model.errors import Refusal
from kiosk.model.packages import Product
from kiosk.model.people import Recommendation
from kiosk.model.text import Text, text
from kiosk.rules.words import day, plain

CITATION = "The physician's recommendation on the state's record"


def conflict(recommendation: Recommendation | None, product: Product, route: str, on: date) -> Refusal | None:
    """Why ``product`` may not be sold for ``route`` under this recommendation on the local date ``on``; None: it may.

    ``route`` ``""`` means the product's own. What is not known about a product never passes a limit on it.
    """
    if refusal := not_current(recommendation, on):
        return refusal
    assert recommendation is not None
    wanted = route or product.route
    if wanted not in (product.route, *product.other_routes):
        return _no(
            "product.route",
            text("{product} is not made for this route: {route}.", product=product.name, route=wanted),
            text("Choose its own route: {route}.", route=product.route),
            differs="route",
            wanted=product.route,
            found=wanted,
        )
    if wanted not in recommendation.routes:
        return _no(
            "recommendation.route",
            text(
                "{product} is for this route: {route}. The physician did not recommend it.",
                product=product.name,
                route=wanted,
            ),
            _instead("Choose a product for one of these routes: {routes}.", recommendation.routes),
            differs="route",
            wanted=", ".join(recommendation.routes),
            found=wanted,
        )
    if product.form in recommendation.forms_excluded:
        return _no(
            "recommendation.form",
            text("The physician excludes {form}: {product}.", form=product.form, product=product.name),
            text("Choose another form."),
            differs="form",
            found=product.form,
        )
    return _too_strong(recommendation, product) or _too_little_cbd(recommendation, product)


def not_current(recommendation: Recommendation | None, on: date) -> Refusal | None:
    """Why no recommendation stands behind anything on ``on``; None: one does."""
    if recommendation is None:
        return _no(
            "recommendation.none",
            text("There is no recommendation on record for this patient."),
            text("The patient's physician has to enter one with the state."),
        )
    if on < recommendation.valid_from:
        return _no(
            "recommendation.not_yet",
            text("The recommendation begins on {day}.", day=day(recommendation.valid_from)),
            text("Come back on {day}.", day=day(recommendation.valid_from)),
        )
    if on > recommendation.valid_to:
        return _no(
            "recommendation.ended",
            text("The recommendation ended on {day}.", day=day(recommendation.valid_to)),
            text("The patient's physician has to renew it."),
        )
    return None


def _too_strong(recommendation: Recommendation, product: Product) -> Refusal | None:
    most = recommendation.max_thc_mg_per_unit
    if most is None or (product.thc_mg is not None and product.thc_mg <= most):
        return None
    found = "" if product.thc_mg is None else f"{plain(product.thc_mg)} mg"
    return _no(
        "recommendation.thc_per_unit",
        text(
            "{product} has {thc} THC in one unit. The physician allows {most}.",
            product=product.name,
            thc=found,
            most=f"{plain(most)} mg",
        )
        if found
        else text("The THC of {product} is not known. The physician sets a limit on it.", product=product.name),
        text("Choose a product with at most {most} THC in one unit.", most=f"{plain(most)} mg"),
        differs="thc",
        wanted=f"{plain(most)} mg",
        found=found,
    )


def _too_little_cbd(recommendation: Recommendation, product: Product) -> Refusal | None:
    least = recommendation.min_cbd_to_thc
    if least is None:
        return None
    known = product.cbd_mg is not None and product.thc_mg is not None
    if product.cbd_mg is not None and product.thc_mg is not None and product.cbd_mg >= least * product.thc_mg:
        return None
    found = f"{plain(product.cbd_mg)} mg CBD, {plain(product.thc_mg)} mg THC" if known else ""  # type: ignore[arg-type]
    return _no(
        "recommendation.cbd_to_thc",
        text(
            "{product} has {found}. The physician wants at least {least} times as much CBD as THC.",
            product=product.name,
            found=found,
            least=plain(least),
        )
        if known
        else text(
            "CBD and THC of {product} are not both known. The physician sets a limit on them.", product=product.name
        ),
        text("Choose a product with at least {least} times as much CBD as THC.", least=plain(least)),
        differs="cbd",
        wanted=plain(least),
        found=found,
    )


def _instead(sentence: str, routes: tuple[str, ...]) -> Text:
    if not routes:
        return text("No route is recommended. The patient's physician has to enter one with the state.")
    return text(sentence, routes=", ".join(routes))


def _no(rule: str, reason: Text, way_on: Text, *, differs: str = "", wanted: str = "", found: str = "") -> Refusal:
    return Refusal(
        rule=rule, reason=reason, way_on=way_on, citation=CITATION, differs=differs, wanted=wanted, found=found
    )
