"""What really happened, and whether it was right. Knows no rule pack, no ledger and no screen.

A hand-over is a thing with a label that goes to a person. Everything else (records, the hub's ledger, the state's
book) has to say the same.
"""

from collections import Counter
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from kiosk.model.labels import Label
from kiosk.model.packages import Product
from kiosk.model.records import Dispensed, Record
from kiosk.simulation.shop import Customer, Limit, Shop
from kiosk.simulation.state import State


class Violation(AssertionError):
    """A promise was broken: which one, and how."""


@dataclass(frozen=True)
class HandOver:
    at: datetime
    customer: Customer
    product: Product
    tag: str
    number: str
    print_no: int


@dataclass
class Judge:
    shop: Shop
    handed: list[HandOver] = field(default_factory=list)
    kept: dict[str, Record] = field(default_factory=dict)
    """By key: what a terminal said was durable."""

    # --- while it happens

    def hands_over(self, at: datetime, customer: Customer, tag: str, label: Label | None) -> None:
        """A package with what is stuck on it goes to a person. Raises :class:`Violation`."""
        package = self.shop.packages[tag]
        if label is None:
            raise Violation(f"a package of {tag} was handed over without a label")
        if label.tag != tag:
            raise Violation(f"the label of {label.tag} was on package {tag}")
        words = {field.key: field.value for field in label.fields}
        name = f"{customer.person.given} {customer.person.family}"
        if name not in words.get("patient.name", ""):
            raise Violation("a label bore another patient's name")
        if any(one.number == label.number for one in self.handed):
            raise Violation(f"dispense number {label.number} went over the counter twice")
        product = self.shop.product(package.product_id)
        self.handed.append(HandOver(at, customer, product, tag, label.number, label.print_no))
        if sum(one.tag == tag for one in self.handed) > package.quantity:
            raise Violation(f"more units of {tag} were handed over than it ever held")
        for limit in self.shop.limits:
            self._within(limit, customer, at)

    def _within(self, limit: Limit, customer: Customer, at: datetime) -> None:
        today = self._day(at)
        counted = [
            limit.amount(one.product)
            for one in self.handed
            if one.customer is customer and limit.counts(one.product)
            and today - self._day(one.at) < timedelta(days=limit.days)
        ]  # fmt: skip
        if sum(counted, Decimal(0)) > limit.most:
            raise Violation(f"a patient has {sum(counted)} of {limit.most} for {limit.route or 'all routes'}")

    def _day(self, at: datetime) -> date:
        return at.astimezone(ZoneInfo(self.shop.facts.zone)).date()

    def keeps(self, record: Record) -> None:
        """A terminal said that this record is durable."""
        if self.kept.setdefault(record.key, record) != record:
            raise Violation(f"{record.terminal} kept two records under one key")

    # --- when all is healed and drained

    def closes(self, ledger: list[Record], state: State) -> None:
        """Raises :class:`Violation` where ledger, state and what really happened differ."""
        self._nothing_lost_or_doubled(ledger)
        facts = [record.fact for record in ledger if isinstance(record.fact, Dispensed)]
        self._dispensed(facts)
        self._reported(facts, state)

    def _nothing_lost_or_doubled(self, ledger: list[Record]) -> None:
        by_key = {record.key: record for record in ledger}
        if len(by_key) < len(ledger):
            raise Violation(f"{len(ledger) - len(by_key)} records stand in the ledger twice")
        if lost := [record for key, record in self.kept.items() if key not in by_key]:
            raise Violation(f"{len(lost)} records were kept and are not in the ledger, first of {lost[0].terminal}")
        if any(by_key[key] != record for key, record in self.kept.items()):
            raise Violation("the ledger holds another record than was kept")
        places = Counter((record.terminal, record.epoch, record.seq) for record in ledger)
        if any(times > 1 for times in places.values()):
            raise Violation("two records have one number")

    def _dispensed(self, facts: list[Dispensed]) -> None:
        units = Counter(unit.number for fact in facts for unit in fact.units)
        if any(times > 1 for times in units.values()):
            raise Violation("a unit was dispensed twice on record")
        handed = {one.number: one for one in self.handed}
        if ghosts := units.keys() - handed.keys():
            raise Violation(f"{len(ghosts)} units are on record that nobody was given")
        if missing := handed.keys() - units.keys():
            raise Violation(f"{len(missing)} units were handed over and are not on record")
        for fact in facts:
            for unit in fact.units:
                given = handed[unit.number]
                if (given.tag, given.print_no) != (unit.tag, unit.print_no):
                    raise Violation("the record names another package or print than went over the counter")

    def _reported(self, facts: list[Dispensed], state: State) -> None:
        if state.twice:
            raise Violation(f"{len(state.twice)} sales were told to the state twice")
        ours = {fact.external_number: Counter(unit.tag for unit in fact.units) for fact in facts}
        theirs = {
            number: Counter({line.tag: int(line.units) for line in sale.lines}) for number, sale in state.sales.items()
        }
        if ours != theirs:
            raise Violation(f"the state has {len(theirs)} sales, the ledger {len(ours)}, and they are not the same")
        by_number = {one.number: one.customer.number for one in self.handed}
        for fact in facts:
            told = state.sales[fact.external_number].patient_number
            if any(by_number[unit.number] != told for unit in fact.units):
                raise Violation("the state was told of another patient")
