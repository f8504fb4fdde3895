"""The two decisions of a visit, each in one transaction: the order, and the last look before the hand-over.

Both rest on the registry's word of this moment; nothing is decided on what it said earlier, but what the state's own
outage rule lets count (PAT-07, ALT-05).
"""

from dataclasses import dataclass
from datetime import date
from typing import Any

from msgspec.structs import replace
from sqlalchemy import Connection, RowMapping

from kiosk.hub import decisions, orders, visits
from kiosk.hub.books import book_of, disagreements, items_of, person_of
from kiosk.hub.changes import News
from kiosk.hub.facts import proven_units
from kiosk.hub.ledger import flag
from kiosk.hub.lines import By
from kiosk.hub.refusals import (
    EMPTY_BASKET,
    NOT_PICKED,
    NOT_PROVEN,
    ONE_ORDER,
    ORDER_OVER,
    ORDER_UNKNOWN,
    not_ready,
)
from kiosk.hub.registry import Figure, basis
from kiosk.hub.visits import Secret
from kiosk.model.base import from_json
from kiosk.model.errors import Refusal
from kiosk.model.orders import DecisionWanted, LineState, Order, QueueEntry
from kiosk.model.people import Basis
from kiosk.model.questions import AskPermit, ConfirmOrder
from kiosk.rules.allotments import Book, Item, judge
from kiosk.rules.law import Pack
from kiosk.rules.patients import patient_of
from kiosk.rules.pharmacist import decisions_wanted
from kiosk.rules.sales import Sale as SaleOf

Told = tuple[Any, list[tuple[News, str]]]
"""The answer, and what the terminals are to hear."""


@dataclass(frozen=True)
class Sale:
    """Who decides, on what, and by which law."""

    by: By
    figure: Figure
    pack: Pack
    today: date
    zone: str

    def confirm(self, connection: Connection, wish: ConfirmOrder) -> Told:
        """The order, or why there is none."""
        here = visits.open_here(connection, wish.visit_id, self.by.terminal)
        if isinstance(here, Refusal):
            return here, []
        row, secret = here
        refusal = not_ready(connection, row, secret) or self.figure.refusal(self.today)
        if refusal is not None:
            return refusal, []
        if orders.open_order_of(connection, wish.visit_id) is not None:
            return ONE_ORDER, []
        items = items_of(connection, wish.basket)
        if isinstance(items, Refusal) or not items:
            return items or EMPTY_BASKET, []
        recommendation = self.figure.recommendation
        judged = judge(self.pack, self._book(connection, row, secret), recommendation, self.today, items)
        if judged.refusal is not None:
            return judged.refusal, []
        chosen = orders.choose_packages(connection, items, self.today)
        if isinstance(chosen, Refusal):
            return chosen, []
        ticket = from_json(row["entry"], QueueEntry).ticket
        stands_behind = recommendation.recommendation_id if recommendation is not None else ""
        wanted = self._wanted(connection, row, secret, items)
        order, lines = orders.make(connection, chosen, row, ticket, self.by, self.today, stands_behind, wanted)
        return order, [(line, self.by.terminal) for line in lines]

    def permit(self, connection: Connection, wish: AskPermit) -> Told:
        """Whether the order may be handed over now, whatever was true when it was made."""
        order = orders.order_of(connection, wish.order_id)
        here = visits.open_here(connection, wish.visit_id, self.by.terminal)
        if isinstance(here, Refusal) or order is None or order.visit_id != wish.visit_id:
            return here if isinstance(here, Refusal) else ORDER_UNKNOWN, []
        row, secret = here
        refusal = (
            not_ready(connection, row, secret) or self.figure.refusal(self.today) or self._not_there(connection, order)
        )
        if refusal is not None:
            return refusal, []
        items = [Item(product=line.product, units=line.units, route=line.route) for line in order.lines]
        recommendation = self.figure.recommendation
        book = self._book(connection, row, secret, without_order=order.order_id)
        judged = judge(self.pack, book, recommendation, self.today, items)
        undecided = decisions.why_undecided(connection, order.order_id, self._wanted(connection, row, secret, items))
        if undecided is not None:
            return undecided, []
        for difference in disagreements(self.pack, book, recommendation, self.today):
            flag(connection, wish.key, difference, self.by.at)
        if judged.refusal is not None:
            reason = f"the last look before hand-over refused by {judged.refusal.rule}"
            flag(connection, wish.key, reason, self.by.at)
            return judged.refusal, []
        rests_on = self._basis()
        if rests_on is not None and rests_on.source == "last_answer":
            reason = f"permitted on the registry's answer of {rests_on.as_of.isoformat()}: {rests_on.citation}"
            flag(connection, wish.key, reason, self.by.at)
        return orders.permit(connection, order.order_id, self.by.staff_id, rests_on), []

    def _not_there(self, connection: Connection, order: Order) -> Refusal | None:
        """Order, picks and proofs are as they have to be, and every package may still leave (PIK-04)."""
        if not orders.is_open(connection, order.order_id):
            return ORDER_OVER
        if (unsafe := orders.why_unsafe_now(connection, order.order_id, self.today)) is not None:
            return unsafe
        if any(line.state is not LineState.PICKED for line in order.lines):
            return NOT_PICKED
        return None if proven_units(connection, order.order_id) else NOT_PROVEN

    def _wanted(
        self, connection: Connection, row: RowMapping, secret: Secret, items: list[Item]
    ) -> tuple[DecisionWanted, ...]:
        """By which rules of today a pharmacist decides about such an order (ORD-06)."""
        book = self._book(connection, row, secret)
        patient = patient_of(self.figure.recommendation, book.patient)
        return decisions_wanted(SaleOf(self.pack, book, patient, self.today, items), items)

    def _book(self, connection: Connection, row: RowMapping, secret: Secret, *, without_order: str = "") -> Book:
        patient = self.figure.patient
        book = book_of(
            connection, row["patient_ref"], self.figure.available, patient.as_of, without_order=without_order
        )
        profile = secret.profile
        if profile is not None and patient.entry is not None:  # what the registry says now, not at the door
            profile = replace(profile, facts=patient.entry.facts, visitor=patient.entry.visitor)
        return replace(book, on_last_answer=patient.last, patient=person_of(profile, self.today))

    def _basis(self) -> Basis | None:
        return basis(self.pack, self.zone, self.by.at, self.figure.patient, self.figure.caregiver)
