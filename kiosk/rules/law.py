"""What a rule pack can say: the law of one state as dated, cited data.

Every rule carries its citation, the date of the newest source and how sure we are of it. Which fields exist, and what
they mean, is told by the structs below; anything else in a pack file is a fault.
"""

from datetime import date, timedelta
from decimal import Decimal
from typing import Annotated, Literal

import msgspec

from kiosk.model.base import Noun

Confidence = Literal["high", "medium", "low", "background"]
"""``background``: from recollection, not seen in a source; to be confirmed before a store opens."""

Positive = Annotated[int, msgspec.Meta(ge=1)]
Word = Annotated[str, msgspec.Meta(min_length=1)]
Measure = Literal["thc_mg", "net_weight_g", "flower_equivalent_g", "units"]


class Cited(Noun, frozen=True, kw_only=True):
    """Where a rule comes from. ``as_of`` is the year or month of the newest source, ``2023`` or ``2023-01``."""

    citation: Word
    as_of: Annotated[str, msgspec.Meta(pattern=r"^\d{4}(-\d{2})?$")]
    confidence: Confidence
    note: str = ""


class Window(Noun, frozen=True, kw_only=True, tag_field="kind"):
    """Which earlier purchases still count. Days are local calendar dates, never hours."""


class Rolling(Window, frozen=True, kw_only=True, tag="rolling"):
    """A purchase of day D counts on ``days`` dates, D being the first, and is free on D + ``release_offset_days``."""

    days: Positive
    release_offset_days: Positive | None = None
    """None: ``days``."""


class Calendar(Window, frozen=True, kw_only=True, tag="calendar"):
    """All of one calendar day, month or year counts together."""

    period: Literal["day", "month", "year"]


class Cycle(Window, frozen=True, kw_only=True, tag="cycle"):
    """Periods of ``days`` dates back to back from an anchor. Nothing is carried over.

    The very first may be longer, ``first_days``, with a limit of its own, ``first_limit``.
    """

    days: Positive
    anchor: Literal["recommendation", "first_purchase"]
    first_days: Positive | None = None
    first_limit: Decimal | None = None


class Transaction(Window, frozen=True, kw_only=True, tag="transaction"):
    """Nothing is remembered from one sale to the next."""


class PerRecommendation(Window, frozen=True, kw_only=True, tag="recommendation"):
    """Everything dispensed under the current recommendation counts, for as long as it stands."""


AnyWindow = Rolling | Calendar | Cycle | Transaction | PerRecommendation


class Member(Noun, frozen=True, kw_only=True):
    """Which products a pool counts, and how. Empty ``routes`` or ``forms`` match all; the first that fits counts.

    ``per_unit`` is how much of ``measure`` makes one of the pool's unit: 28.35 g an ounce, 1 mg a mg.
    """

    measure: Measure
    routes: tuple[str, ...] = ()
    forms: tuple[str, ...] = ()
    per_unit: Decimal = Decimal(1)


class Pool(Cited, frozen=True, kw_only=True):
    """A counter with a limit, in ``unit``.

    ``limit`` None: the recommendation alone states the amount. Where it states none, ``where_stated`` True leaves the
    pool out, and False makes it unknown, which refuses. ``exempt`` are product categories it does not count.
    ``counts_from`` is the first day whose purchases count. ``round_up_to`` rounds what one product takes in one sale.
    ``waivable`` says that the state may grant more to a person, for a time.
    """

    key: Word
    name: Word
    unit: Word
    window: AnyWindow
    members: Annotated[tuple[Member, ...], msgspec.Meta(min_length=1)]
    limit: Decimal | None = None
    where_stated: bool = False
    exempt: tuple[str, ...] = ()
    counts_from: date | None = None
    round_up_to: Decimal | None = None
    waivable: bool = False


class Uncounted(Cited, frozen=True, kw_only=True):
    """Product categories that use no allotment at all."""

    categories: tuple[str, ...]


class Figure(Cited, frozen=True, kw_only=True):
    """Who owns the authoritative remaining amount.

    ``registry`` and ``tracking``: the state's own figure must be at hand; without it nothing is sold.
    ``store``: the store's own sum. ``transaction``: nothing is remembered.
    """

    owner: Literal["registry", "tracking", "store", "transaction"]


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
    """A kind of photo ID that is accepted: ``standard`` is how the decoder's name of it begins. No issuers: any."""

    kind: Word
    standard: Word
    issuers: tuple[str, ...] = ()


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


class ExampleProduct(Noun, frozen=True, kw_only=True):
    """Amounts are per unit, as on :class:`~kiosk.model.packages.Product`."""

    route: str
    form: str = ""
    category: str = ""
    units: int = 1
    thc_mg: Decimal | None = None
    net_weight_g: Decimal | None = None
    flower_equivalent_g: Decimal | None = None
    product_id: str = ""


class ExamplePurchase(ExampleProduct, frozen=True, kw_only=True):
    on: date
    recommendation_id: str = "example"


class Check(Noun, frozen=True, kw_only=True):
    """On that day: what is ``remaining`` in these pools, and whether the basket fits or which pool refuses it."""

    on: date
    remaining: dict[str, Decimal] = {}
    basket: tuple[ExampleProduct, ...] = ()
    refused_by: str = ""
    """``""``: the basket fits. Otherwise the key of the pool."""


class Example(Noun, frozen=True, kw_only=True):
    """A worked example of the law. It runs as a test, and an auditor can read it."""

    name: Word
    checks: Annotated[tuple[Check, ...], msgspec.Meta(min_length=1)]
    purchases: tuple[ExamplePurchase, ...] = ()
    recommended_from: date
    recommended_to: date
    routes: tuple[str, ...] = ()
    """Empty: every route the pools name."""
    limits: dict[str, Decimal] = {}


class Pack(Noun, frozen=True, kw_only=True):
    """One version of one state's law. In force from ``effective_from`` up to and with ``effective_to``."""

    state: Word
    version: Word
    zone: Word
    """The legal time zone: its calendar dates are what the law counts in."""
    effective_from: date
    effective_to: date | None = None
    figure: Figure
    outage: Outage
    age: AgeRule
    tickets: TicketRule
    label: LabelRule
    card_rules: Annotated[tuple[CardRule, ...], msgspec.Meta(min_length=1)]
    accepted_ids: Annotated[tuple[IdRule, ...], msgspec.Meta(min_length=1)]
    pools: Annotated[tuple[Pool, ...], msgspec.Meta(min_length=1)]
    uncounted: tuple[Uncounted, ...] = ()
    examples: tuple[Example, ...] = ()

    @property
    def name(self) -> str:
        """How a judgement names the pack that made it, for example ``"FL 2022-08-29"``."""
        return f"{self.state} {self.version}"

    @property
    def minimum_age(self) -> int:
        return self.age.minimum

    @property
    def ticket_life(self) -> timedelta:
        return timedelta(minutes=self.tickets.minutes)

    def in_force(self, on: date) -> bool:
        return self.effective_from <= on and (self.effective_to is None or on <= self.effective_to)
