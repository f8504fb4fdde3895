"""The hub's own noes, and what has to be done before an order and before a hand-over."""

from sqlalchemy import Connection, RowMapping

from kiosk.hub import visits
from kiosk.hub.visits import Secret
from kiosk.model.errors import Refusal
from kiosk.model.orders import DecisionWanted, Order
from kiosk.model.text import Text, text

NOT_SIGNED_IN = Refusal(
    rule="store.not_signed_in",
    reason=text("Nobody is signed in here."),
    way_on=text("Scan your badge and type your PIN."),
)
KEY_USED = Refusal(
    rule="store.key_used",
    reason=text("This terminal asked for two things under one number."),
    way_on=text("Start this step again. Tell the manager."),
)
VISIT_OVER = Refusal(
    rule="store.visit_closed",
    reason=text("This visit is over."),
    way_on=text("Check in again for another order."),
)
ORDER_UNKNOWN = Refusal(
    rule="store.order_unknown",
    reason=text("This order is not of this counter."),
    way_on=text("Open the visit by its ticket."),
)
ORDER_OVER = Refusal(
    rule="store.order_over",
    reason=text("This order was handed over or cancelled."),
    way_on=text("Make a new order."),
)
ONE_ORDER = Refusal(
    rule="store.one_order",
    reason=text("This visit has an order already."),
    way_on=text("Cancel it first."),
)
EMPTY_BASKET = Refusal(
    rule="store.basket",
    reason=text("The basket is empty."),
    way_on=text("Take a product from the list."),
)
NOT_PROVEN = Refusal(
    rule="store.proof",
    reason=text("Not every label was scanned with its package and ticket."),
    way_on=text("Cancel the order and start the labels again."),
)
REGISTRY_SILENT = Refusal(
    rule="registry.unknown",
    reason=text("The patient registry does not answer."),
    way_on=text("Try again in a moment. Nothing is handed over before it answers."),
)
NOT_LINKED = Refusal(
    rule="caregiver.not_linked",
    reason=text("The registry does not link this caregiver to this patient."),
    way_on=text("Refuse for this patient."),
)
NOT_PICKED = Refusal(
    rule="store.not_picked",
    reason=text("Not every unit of this order was picked."),
    way_on=text("Cancel the order and start again."),
)
NOT_ACTIVE = Refusal(
    rule="registry.not_active",
    reason=text("The registry does not call this patient active any more."),
    way_on=text("End the visit. The patient asks the state's office."),
)


NOTHING_TO_DECIDE = Refusal(
    rule="store.nothing_to_decide",
    reason=text("This order does not wait for a decision."),
    way_on=text("Take another line."),
)


def not_decided(wanted: DecisionWanted, *, refused: bool) -> Refusal:
    """An order goes no further before a pharmacist has approved it."""
    return Refusal(
        rule=wanted.rule,
        reason=text("The pharmacist has refused this order.") if refused else wanted.says,
        way_on=text("Cancel the order.")
        if refused
        else text("A pharmacist decides first, at the counter or at a handheld."),
        citation=wanted.citation,
        differs="pharmacist",
    )


def no_law(why: Text) -> Refusal:
    """No rule pack may be used today: nothing is asked of anybody, and nothing sold."""
    return Refusal(
        rule="store.no_law",
        reason=why,
        way_on=text("Nothing is sold before the rules are in order. Tell the compliance owner."),
    )


def not_ready(connection: Connection, row: RowMapping, secret: Secret) -> Refusal | None:
    """Face, notes and every concern come before any order, on the hub as on the screen."""
    if not row["face_matches"]:
        return Refusal(
            rule="store.face",
            reason=text("Nobody has compared face and photo in this visit."),
            way_on=text("Open the visit again and compare them."),
        )
    if not row["notes_read"]:
        return Refusal(
            rule="store.notes",
            reason=text("The physician's notes were not read in this visit."),
            way_on=text("Open the visit again and read them."),
        )
    concern = visits.unsettled(connection, row["visit_id"], secret)
    if concern is not None:
        return Refusal(rule=concern.rule, reason=concern.reason, way_on=concern.next_step, citation=concern.citation)
    return None


def not_mine(connection: Connection, order: Order | None, terminal: str) -> Refusal | None:
    """Why a counter may not touch the order: only the one that serves the visit may."""
    row = visits.row_of(connection, order.visit_id) if order is not None else None
    return ORDER_UNKNOWN if row is None or row["served_at"] != terminal else None
