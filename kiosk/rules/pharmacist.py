"""Which orders a pharmacist decides before they are handed over (ORD-06)."""

from collections.abc import Sequence

from kiosk.model.allotments import Purchase
from kiosk.model.orders import DecisionWanted
from kiosk.model.text import text
from kiosk.rules.kinds import kind_of
from kiosk.rules.limits import PharmacistRule, What
from kiosk.rules.measuring import fits, has_figures, share_of
from kiosk.rules.patients import Patient, concerns
from kiosk.rules.refusals import STORE, rule_name, shown_as_it_is
from kiosk.rules.sales import Item, Sale


def decisions_wanted(sale: Sale, items: Sequence[Item]) -> tuple[DecisionWanted, ...]:
    """The rules of the sale's law by which a pharmacist decides about an order of these items; none: nobody has to.

    What is not known of a patient or product does not spare the decision.
    """
    return tuple(
        DecisionWanted(
            rule=rule_name(sale.law, rule.key),
            says=shown_as_it_is(text(rule.says), of_store=rule.key.startswith(STORE)),
            citation=rule.citation,
        )
        for rule in sale.law.pharmacist
        if _concerned(rule, sale.patient) and any(_meant(rule, sale, item) for item in items)
    )


def _concerned(rule: PharmacistRule, patient: Patient) -> bool:
    return concerns(rule.who, patient) is not False


def _meant(rule: PharmacistRule, sale: Sale, item: Item) -> bool:
    product = item.product
    if not sale.counted(product):
        return False
    kind = kind_of(product.category, product.form)
    sold = sale.as_purchase(item)
    return fits(rule.what, kind=kind, route=item.route or product.route, form=product.form) and (
        has_figures(rule.what, sold) or _unknown(rule.what, sold)
    )


def _unknown(what: What, sold: Purchase) -> bool:
    """Whether a figure that decides it is not known of the product."""
    by_share = what.thc_pct_over is not None or what.thc_pct_up_to is not None
    by_dose = what.daily_dose_mg_over is not None
    dose_known = sold.daily_dose_mg is not None or (sold.thc_mg is not None and sold.supply_days is not None)
    return (by_share and share_of(sold) is None) or (by_dose and not dose_known)
