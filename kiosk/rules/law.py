"""What a rule pack can say: the law of one state as dated, cited data.

Every rule carries its citation, the date of the newest source and how sure we are of it. The law of purchases is in
:mod:`kiosk.rules.limits`; here are the other parts and the whole. Anything else in a pack file is a fault.
"""

from datetime import date, timedelta
from decimal import Decimal
from typing import Annotated, Literal

import msgspec

from kiosk.model.base import Noun
from kiosk.rules.labels.template import StoreLabel, Template
from kiosk.rules.limits import Cited, Figure, Gate, PharmacistRule, Pool, Positive, Uncounted, Word
from kiosk.rules.worked import Example


class Outage(Cited, frozen=True, kw_only=True):
    """What may be done while the registry does not answer (PAT-07).

    ``no_pass``: nothing; nobody is admitted and nothing is sold. ``last_answer``: what the registry last said of the
    patient may be used for ``hours``, and on it at most ``limits`` of a pool, by its key, are sold to the patient. An
    order of the state that ends is a version of the pack that ends.
    """

    rule: Literal["no_pass", "last_answer"]
    hours: Positive | None = None
    limits: dict[str, Decimal] = {}

    @property
    def oldest(self) -> timedelta | None:
        """The greatest age of a last answer that may be used; None: none may."""
        return None if self.rule == "no_pass" or self.hours is None else timedelta(hours=self.hours)


class CardRule(Cited, frozen=True, kw_only=True):
    """One shape of the state's patient card number: a regular expression for the whole of it, upper case."""

    pattern: Word


class IdRule(Cited, frozen=True, kw_only=True):
    """A kind of photo ID that is accepted: ``standard`` is how the decoder's name of it begins. No issuers: any.

    ``on_phone``: what the law says of the same licence on a phone; where it is silent the store decides.
    """

    kind: Word
    standard: Word
    issuers: tuple[str, ...] = ()
    on_phone: Literal["silent", "accepted", "refused"] = "silent"


class AgeRule(Cited, frozen=True, kw_only=True):
    """Full years on the local date. Younger patients are served through a caregiver where ``minors_by_caregiver``."""

    minimum: Positive
    caregiver_minimum: Positive
    minors_by_caregiver: bool = True


class TicketRule(Cited, frozen=True, kw_only=True):
    minutes: Positive


class RefusedId(Cited, frozen=True, kw_only=True):
    """A kind of photo ID that the law accepts and the store does not."""

    kind: Word


class Store(Noun, frozen=True, kw_only=True):
    """What the store wants beside the law, where it cannot stand among the law's own rules and be told apart there."""

    age: AgeRule | None = None
    refused_ids: tuple[RefusedId, ...] = ()
    label: StoreLabel | None = None


class Law(Noun, frozen=True, kw_only=True):
    """One version of one state's law of purchases. In force from ``effective_from`` up to and with ``effective_to``.

    ``like``: this version is the one of that name but for what it says itself; pools and gates go by their keys, and
    ``without`` are those that are gone. ``since``: what is known of the day it came into force, where that is not sure.
    """

    state: Word
    place: str = ""
    """What people call it."""
    version: Word
    zone: Word
    """The legal time zone: its calendar dates are what the law counts in."""
    effective_from: date
    effective_to: date | None = None
    like: str = ""
    without: tuple[str, ...] = ()
    since: str = ""
    ounce_g: Decimal = Decimal("28.35")
    figure: Figure
    pools: Annotated[tuple[Pool, ...], msgspec.Meta(min_length=1)]
    gates: tuple[Gate, ...] = ()
    pharmacist: tuple[PharmacistRule, ...] = ()
    uncounted: tuple[Uncounted, ...] = ()
    examples: tuple[Example, ...] = ()
    outage: Outage | None = None
    age: AgeRule | None = None
    tickets: TicketRule | None = None
    labels: tuple[Template, ...] = ()
    """The label templates that are in force on a day of this version; the file tells them beside its versions."""
    card_rules: tuple[CardRule, ...] = ()
    accepted_ids: tuple[IdRule, ...] = ()
    store: Store = Store()
    """Never in a pack's file: :func:`kiosk.rules.policy.with_policy` fills it."""

    @property
    def name(self) -> str:
        """How a judgement names the pack that made it, for example ``"FL 2022-08-29"``."""
        return f"{self.state} {self.version}"

    @property
    def outage_limits(self) -> dict[str, Decimal]:
        return {} if self.outage is None else self.outage.limits

    @property
    def absent(self) -> tuple[str, ...]:
        """The parts a counter needs that are not known: with such a pack no store opens."""
        return tuple(part for part in COUNTER if not getattr(self, part))

    def label_on(self, on: date) -> Template | None:
        """The label template in force on the local date ``on`` (LBL-07)."""
        return next((each for each in self.labels if each.in_force(on)), None)

    def in_force(self, on: date) -> bool:
        return self.effective_from <= on and (self.effective_to is None or on <= self.effective_to)


COUNTER = ("outage", "age", "tickets", "labels", "card_rules", "accepted_ids")
"""What a law has to say beside the law of purchases before a store can open under it."""


class Pack(Law, frozen=True, kw_only=True):
    """A law that says all a counter needs."""

    outage: Outage
    age: AgeRule
    tickets: TicketRule

    @property
    def minimum_age(self) -> int:
        return self.age.minimum

    @property
    def ticket_life(self) -> timedelta:
        return timedelta(minutes=self.tickets.minutes)
