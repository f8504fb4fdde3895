"""What a law of purchases is made of: pools with limits, windows in which they hold, and whom and what they concern.

Nothing here names a state. Which fields exist, and what they mean, is told by the structs; anything else in a pack file
is a fault.
"""

from datetime import date
from decimal import Decimal
from typing import Annotated, Literal

import msgspec

from kiosk.model.base import Noun

Confidence = Literal["high", "medium", "low", "background"]
"""``background``: from recollection, not seen in a source; to be confirmed before a store opens."""

Positive = Annotated[int, msgspec.Meta(ge=1, le=36_525)]
"""A hundred years of days are the most."""
Word = Annotated[str, msgspec.Meta(min_length=1)]
Ratio = Annotated[str, msgspec.Meta(pattern=r"^[1-9]\d*/[1-9]\d*$")]
"""An exact fraction as two whole numbers, ``"14/30"``."""
Measure = Literal[
    "thc_mg",
    "net_weight_g",
    "flower_equivalent_g",
    "equivalent_oz",
    "volume_fl_oz",
    "volume_ml",
    "supply_days",
    "units",
    "sales",
]
"""By which figure of a product a pool counts it. ``volume_ml`` is found from the fluid ounces; ``supply_days`` is told,
or the THC divided by the daily dose;
``units`` counts packages, plants or seeds; ``sales`` counts a whole sale once."""


class Cited(Noun, frozen=True, kw_only=True):
    """Where a rule comes from. ``as_of`` is the year or month of the newest source, ``2023`` or ``2023-01``."""

    citation: Word
    as_of: Annotated[str, msgspec.Meta(pattern=r"^\d{4}(-(0[1-9]|1[0-2]))?$")]
    confidence: Confidence
    note: str = ""


class Who(Noun, frozen=True, kw_only=True):
    """Which patients a rule concerns: all of these hold. Empty: everybody.

    Ages are full years on the day of the sale. ``facts`` are true of the patient (``"terminal"``), ``lacks`` are not
    said to be, ``denied`` are said to be false. ``certified_days_*`` is the length of the certification in dates; one
    whose length is not said is not short.
    """

    age_from: int | None = None
    age_below: int | None = None
    visitor: bool | None = None
    facts: tuple[str, ...] = ()
    lacks: tuple[str, ...] = ()
    denied: tuple[str, ...] = ()
    certified_days_from: int | None = None
    certified_days_below: int | None = None


class What(Noun, frozen=True, kw_only=True):
    """Which products a rule concerns: empty matches all. ``kinds`` are words of the shared vocabulary of products.

    ``daily_dose_mg_over``: the THC of a day, told or found from the THC and the days of supply.
    """

    kinds: tuple[str, ...] = ()
    routes: tuple[str, ...] = ()
    forms: tuple[str, ...] = ()
    thc_pct_over: Decimal | None = None
    thc_pct_up_to: Decimal | None = None
    daily_dose_mg_over: Decimal | None = None


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

    The very first may be longer, ``first_days``, with a limit of its own, ``first_limit``. ``either``: from the
    recommendation, or where there is none from the first purchase. ``tail_a_date``: a period that the certification
    ends early has this part of the limit for each of its dates.
    """

    days: Positive
    anchor: Literal["recommendation", "first_purchase", "either"]
    first_days: Positive | None = None
    first_limit: Decimal | None = None
    tail_a_date: Ratio | None = None


class Transaction(Window, frozen=True, kw_only=True, tag="transaction"):
    """Nothing is remembered from one sale to the next."""


class PerRecommendation(Window, frozen=True, kw_only=True, tag="recommendation"):
    """Everything dispensed under the current recommendation counts, for as long as it stands."""


class Supply(Window, frozen=True, kw_only=True, tag="supply"):
    """A supply of ``days`` dates, opened by the first purchase after the one before; the next may be had early.

    It is open to be had on the last ``early_days`` dates, and from the date after what is left came down to
    ``early_left`` of the limit. ``beside``: the next comes beside what is left of this one and runs after it; otherwise
    it takes its place at once.
    """

    days: Positive
    early_days: Positive | None = None
    early_left: Ratio | None = None
    beside: bool = True


class Consumed(Window, frozen=True, kw_only=True, tag="consumed"):
    """What was bought is used up by one a date, from the date of sale on."""


AnyWindow = Rolling | Calendar | Cycle | Transaction | PerRecommendation | Supply | Consumed


class Member(What, frozen=True, kw_only=True):
    """Which products a pool counts, and how; the first that fits counts.

    ``per_unit`` is how much of ``measure`` makes one of the pool's unit: 28.35 g an ounce, 1 mg a mg. ``if_known``: a
    product without a figure that this member asks for is left to the next one that fits, and where there is none to the
    other pools; otherwise it is refused.
    """

    measure: Measure
    per_unit: Decimal = Decimal(1)
    if_known: bool = False


class LimitFor(Noun, frozen=True, kw_only=True):
    """Another limit for some patients. ``amount`` None: none at all."""

    who: Who
    amount: Decimal | None = None


class Pool(Cited, frozen=True, kw_only=True):
    """A counter with a limit, in ``unit``.

    ``limit`` None: the recommendation alone states the amount. Where it states none, ``where_stated`` True leaves the
    pool out, and False makes it unknown, which refuses. What is stated lowers the limit; ``may_raise`` says that it
    may also be more, for those of ``raised_for``. ``stated_as`` is the pool whose stated amount is meant, ``share`` the
    part of the limit that this pool is. ``limits`` are those of some patients, the first that fits; ``who`` are the
    patients it concerns at all.

    ``exempt`` are product categories it does not count. ``counts_from`` is the first day whose purchases count.
    ``round_up_to`` rounds what one product takes in one sale. ``waivable`` says that the state may grant more to a
    person, for a time, of ``waived_days`` dates at most. ``raised_at_most`` is the most that a waiver or the physician
    may make of it. ``per``: counted apart for each product, or for each store.
    """

    key: Word
    name: Word
    unit: Word
    window: AnyWindow
    members: Annotated[tuple[Member, ...], msgspec.Meta(min_length=1)]
    limit: Decimal | None = None
    limits: tuple[LimitFor, ...] = ()
    who: Who = Who()
    where_stated: bool = False
    may_raise: bool = False
    raised_for: Who = Who()
    stated_as: str = ""
    share: Ratio | None = None
    exempt: tuple[str, ...] = ()
    counts_from: date | None = None
    round_up_to: Decimal | None = None
    waivable: bool = False
    waived_days: Positive | None = None
    raised_at_most: Decimal | None = None
    per: Literal["patient", "product", "store"] = "patient"
    of_store: bool = False
    """Store policy beside the law: it can refuse, and never makes anything sellable that the law does not count."""


class Gate(Cited, frozen=True, kw_only=True):
    """Who may not buy what, whatever is left.

    ``in_person``: only where the patient stands there without a caregiver.
    """

    key: Word
    says: Word
    who: Who = Who()
    what: What = What()
    in_person: bool = False


class PharmacistRule(Cited, frozen=True, kw_only=True):
    """Which orders a pharmacist decides before they are handed over: with such a product, for such a patient."""

    key: Word
    says: Word
    who: Who = Who()
    what: What = What()


class Uncounted(Cited, frozen=True, kw_only=True):
    """Product categories that use no allotment at all."""

    categories: tuple[str, ...]


class Figure(Cited, frozen=True, kw_only=True):
    """Who owns the authoritative remaining amount.

    ``registry`` and ``tracking``: the state's own figure must be at hand; without it nothing is sold.
    ``store``: the store's own sum. ``transaction``: nothing is remembered.
    """

    owner: Literal["registry", "tracking", "store", "transaction"]
