"""What a rule pack can say: the law of one state as dated, cited data.

Every rule carries its citation, the date of the newest source and how sure we are of it. The law of purchases is in
:mod:`kiosk.rules.limits`; here are the other parts and the whole. Anything else in a pack file is a fault.
"""

from datetime import date, timedelta
from decimal import Decimal
from typing import Annotated, Literal

import msgspec

from kiosk.model.base import Noun
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


class FieldRule(Noun, frozen=True, kw_only=True):
    """One fact of the label, by its key; ``or_key`` is another fact that does as well (mg instead of per cent).

    ``if_present`` facts are left out where there is none to print. ``routes`` limits the field to products of these.
    """

    key: Word
    heading: Word
    or_key: str = ""
    required: Literal["always", "if_present"] = "always"
    routes: tuple[str, ...] = ()
    citation: str = ""
    """Where it differs from the label rule's own."""


class Statement(Cited, frozen=True, kw_only=True):
    """A sentence the law wants on the label; ``prescribed`` where its very words are the law's.

    ``routes`` limits it to products of these routes. ``requires`` is a fact that must be true ("yes") for the
    sentence to be true.
    """

    code: Word
    words: Word
    prescribed: bool = False
    routes: tuple[str, ...] = ()
    requires: str = ""


class LabelRule(Cited, frozen=True, kw_only=True):
    fields: Annotated[tuple[FieldRule, ...], msgspec.Meta(min_length=1)]
    statements: tuple[Statement, ...] = ()
    symbols: tuple[str, ...] = ()
    min_letter_mm: Decimal = Decimal("1.6")


class RefusedId(Cited, frozen=True, kw_only=True):
    """A kind of photo ID that the law accepts and the store does not."""

    kind: Word


class StoreLabel(Cited, frozen=True, kw_only=True):
    """What the store wants on a label beside the law's own. No letter is smaller than either says."""

    fields: tuple[FieldRule, ...] = ()
    statements: tuple[Statement, ...] = ()
    symbols: tuple[str, ...] = ()
    min_letter_mm: Decimal = Decimal(0)


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
    label: LabelRule | None = None
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

    def in_force(self, on: date) -> bool:
        return self.effective_from <= on and (self.effective_to is None or on <= self.effective_to)


COUNTER = ("outage", "age", "tickets", "label", "card_rules", "accepted_ids")
"""What a law has to say beside the law of purchases before a store can open under it."""


class Pack(Law, frozen=True, kw_only=True):
    """A law that says all a counter needs."""

    outage: Outage
    age: AgeRule
    tickets: TicketRule
    label: LabelRule

    @property
    def minimum_age(self) -> int:
        return self.age.minimum

    @property
    def ticket_life(self) -> timedelta:
        return timedelta(minutes=self.tickets.minutes)
