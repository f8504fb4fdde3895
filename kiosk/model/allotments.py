"""What a patient may still buy, and how that was found."""

from datetime import date, datetime
from decimal import Decimal

from kiosk.model.base import Noun
from kiosk.model.errors import Refusal
from kiosk.model.packages import CannabinoidProfile
from kiosk.model.text import Text


class Purchase(Noun, frozen=True, kw_only=True):
    """One earlier dispensation of one product, as facts: ``units`` of a product on a local calendar date.

    Amounts are those of one unit. ``store`` is the licence of the store that sold it, ``""`` where it is not known.
    """

    on: date
    product_id: str
    form: str
    route: str
    units: int
    thc_mg: Decimal | None
    net_weight_g: Decimal | None
    flower_equivalent_g: Decimal | None = None
    category: str = ""
    order: str = ""
    recommendation_id: str = ""
    equivalent_oz: Decimal | None = None
    volume_fl_oz: Decimal | None = None
    supply_days: Decimal | None = None
    daily_dose_mg: Decimal | None = None
    thc_pct: Decimal | None = None
    store: str = ""


class Return(Noun, frozen=True, kw_only=True):
    """``amount`` comes back at 00:00 local time of ``on``."""

    on: date
    amount: Decimal


class PoolStanding(Noun, frozen=True, kw_only=True):
    """One pool (ALT-01). Amounts in ``unit``; ``remaining`` is rounded down for the eye, the engine counts exactly.

    ``source`` says whose figure binds (``"store"``, ``"registry"``, ``"physician"``, or ``"outage"`` where the registry
    is away and the state limits what is sold on its last answer), ``as_of`` how old it is.
    """

    pool: str
    name: Text
    unit: str
    limit: Decimal
    used: Decimal
    remaining: Decimal
    source: str
    citation: str
    as_of: datetime | None = None
    returns: tuple[Return, ...] = ()
    unknown: Text | None = None
    """Why the figure is not known; ``remaining`` is 0 then, and nothing of this pool can be sold."""


class Standing(Noun, frozen=True, kw_only=True):
    """All pools of one patient at one moment; ``most``: how many units of each product could still be added."""

    pools: tuple[PoolStanding, ...]
    most: dict[str, int] = {}
    pack: str = ""
    """Rule pack and version that judged, for example ``"FL 2022-08-29"``."""


class BasketLine(Noun, frozen=True, kw_only=True):
    """``wanted``: the package has to have this cannabinoid profile; None: any."""

    product_id: str
    units: int
    route: str = ""
    wanted: CannabinoidProfile | None = None


class Judgement(Noun, frozen=True, kw_only=True):
    """``refusal`` None means: the whole basket fits every pool. ``nearest`` is the largest legal basket otherwise."""

    standing: Standing
    refusal: Refusal | None = None
    nearest: tuple[BasketLine, ...] = ()
