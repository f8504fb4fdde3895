"""Who may decide about an order (ORD-06): said to the person by the flow, and held by the hub."""

from kiosk.model.errors import Refusal
from kiosk.model.people import Session, StaffRole
from kiosk.model.text import text

NOT_A_PHARMACIST = Refusal(
    rule="store.not_a_pharmacist",
    reason=text("Only a pharmacist decides about this order."),
    way_on=text("The pharmacist scans the badge and types the PIN."),
    differs="pharmacist",
)
OWN_ORDER = Refusal(
    rule="store.own_order",
    reason=text("Nobody decides about an order that they took themselves."),
    way_on=text("Another pharmacist decides."),
    differs="pharmacist",
)


def may_not_decide(session: Session, taken_by: str) -> Refusal | None:
    """Why this person decides nothing about an order that ``taken_by`` (staff id) took; None: they may."""
    if session.role is not StaffRole.PHARMACIST:
        return NOT_A_PHARMACIST
    return OWN_ORDER if taken_by == session.staff_id else None
