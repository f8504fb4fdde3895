"""Certificates of analysis (COA): what a laboratory printed, verbatim, and what the law says of it."""

from datetime import date
from decimal import Decimal
from typing import Literal

from kiosk.model.base import Noun
from kiosk.model.text import Text

Verdict = Literal["pass", "no_limit", "missing", "unreadable", "fail"]
"""``missing``: the law wants it and it is not there. ``unreadable``: it is there and does not decide. ``no_limit``: the
rule pack has no figure for it. None of the three is a pass."""

SEVERITY: tuple[Verdict, ...] = ("pass", "no_limit", "missing", "unreadable", "fail")
"""Mildest first."""


def worst(verdicts: "list[Verdict] | tuple[Verdict, ...]") -> Verdict:
    """The gravest of them; of none: ``missing``, because nothing was shown."""
    return max(verdicts, key=SEVERITY.index, default="missing")


class Printed(Noun, frozen=True, kw_only=True):
    """One row of a certificate, every field as printed; ``""`` where there is none.

    ``informational`` rows never decide.
    """

    name: str
    result: str = ""
    units: str = ""
    printed_limit: str = ""
    lod: str = ""
    loq: str = ""
    lab_status: str = ""
    informational: bool = False


class PrintedPanel(Noun, frozen=True, kw_only=True):
    """``name`` as the certificate calls it; ``""`` where the rows came without one."""

    name: str
    lab_status: str = ""
    rows: tuple[Printed, ...] = ()


class Dates(Noun, frozen=True, kw_only=True):
    """Calendar dates as the laboratory wrote them. None: not given. ``unread``: given, but not a date we can read."""

    collected: date | None = None
    received: date | None = None
    tested: date | None = None
    issued: date | None = None
    expires: date | None = None
    retest: date | None = None
    """The goods have to be tested again by then."""
    unread: tuple[str, ...] = ()


class Claim(Noun, frozen=True, kw_only=True):
    """What the package's label says of one analyte: ``Claim(name="Total THC", value="20.1", units="%")``."""

    name: str
    value: str
    units: str = ""


class Certificate(Noun, frozen=True, kw_only=True):
    """Everything that was on the paper. Nothing in it has been judged.

    ``doubts`` are what its reader noticed: pages that are not there, lines it could not take apart.
    """

    form: Literal["record", "metrc", "cannlytics", "pdf"]
    state: str = ""
    lab: str = ""
    lab_licence: str = ""
    numbers: tuple[str, ...] = ()
    """What looks like somebody's licence: of laboratory, grower, distributor."""
    product: str = ""
    matrix: str = ""
    tested_as: tuple[str, ...] = ()
    """The kinds of goods that the tests themselves are for, where the form says so of each."""
    batch: str = ""
    tags: tuple[str, ...] = ()
    lab_status: str = ""
    purposes: tuple[str, ...] = ()
    """What the laboratory was asked for, in its words: a compliance test, research, ..."""
    withdrawn: str = ""
    """What the paper says of having been revoked or superseded; ``""`` where it stands."""
    dates: Dates = Dates()
    panels: tuple[PrintedPanel, ...] = ()
    claims: tuple[Claim, ...] = ()
    doubts: tuple[Text, ...] = ()


class Goods(Noun, frozen=True, kw_only=True):
    """The package the certificate is held against. ``""``: not known, hence not compared."""

    tag: str = ""
    batch: str = ""
    product: str = ""
    claims: tuple[Claim, ...] = ()


class LimitUsed(Noun, frozen=True, kw_only=True):
    """The rule an analyte was held against. ``amount`` None: nothing may be found at all."""

    amount: Decimal | None
    unit: str
    operator: Literal["at_most", "below", "none_detected", "absent"]
    lod: Decimal | None = None
    """Of ``none_detected``: the highest detection limit, in ``unit``, at which "not detected" says enough."""
    lod_named: bool = False
    """The rule itself names ``lod``; else it is the lowest figure that the rule has for this panel."""
    inspected: bool = False
    """Looked at by eye: the laboratory's word is the result."""
    citation: str
    as_of: str
    confidence: str


class AnalyteVerdict(Noun, frozen=True, kw_only=True):
    """``analyte`` is our key for it, ``""`` where the name is not known. ``decides``: counts for panel and certificate.

    ``contradiction``: where the laboratory's own word is another. ``note``: what else a reader should know of it.
    """

    name: str
    analyte: str
    verdict: Verdict
    reason: Text
    decides: bool = True
    printed: Printed | None = None
    limit: LimitUsed | None = None
    contradiction: Text | None = None
    note: Text | None = None


class PanelVerdict(Noun, frozen=True, kw_only=True):
    """``required`` None: the pack does not say."""

    panel: str
    verdict: Verdict
    reason: Text
    required: bool | None
    lab_status: str = ""
    analytes: tuple[AnalyteVerdict, ...] = ()
    contradiction: Text | None = None


class CheckVerdict(Noun, frozen=True, kw_only=True):
    """A check of the paper itself: identity, laboratory, dates, sums, label. ``unchecked``: there was nothing to
    compare it with; the certificate may pass, the goods are not accepted on it."""

    check: str
    verdict: Literal["pass", "no_limit", "missing", "unreadable", "fail", "unchecked"]
    reason: Text
    citation: str = ""


class Judgement(Noun, frozen=True, kw_only=True):
    """``accepted``: the certificate passes and nothing was left unchecked. All else keeps the batch out (INT-06)."""

    law: str
    product_type: str
    judged_on: date
    verdict: Verdict
    accepted: bool
    reasons: tuple[Text, ...]
    checks: tuple[CheckVerdict, ...]
    panels: tuple[PanelVerdict, ...]
    lacks: tuple[str, ...] = ()
    """What the rule pack itself says that it does not know."""
