"""What a certificate pack can say: a state's limits for laboratory results, as dated and cited data.

``packs/coa/<state>.toml`` holds them, one entry a version. What a pack does not name is not known: an analyte without a
figure, or a kind of product without a list of panels, never passes.
"""

import re
import tomllib
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Annotated, Any, Literal

import msgspec

from kiosk.documents.certificates import analytes
from kiosk.documents.certificates.units import unit
from kiosk.model.base import Noun
from kiosk.model.certificates import LimitUsed
from kiosk.model.errors import Ours
from kiosk.model.text import text
from kiosk.rules.certificates.products import ROUTES, TYPES
from kiosk.rules.limits import Cited, Positive, Word
from kiosk.rules.pack import one_line, printable
from kiosk.rules.versions import ordered


class For(Noun, frozen=True, kw_only=True):
    """Which products a rule is for; both empty: all. ``types`` and ``routes`` as in :mod:`.products`."""

    types: tuple[str, ...] = ()
    routes: tuple[str, ...] = ()

    def covers(self, product_type: str) -> bool:
        return not (self.types or self.routes) or product_type in self.types or TYPES[product_type] in self.routes


class Rule(Cited, frozen=True, kw_only=True):
    """A cited rule with the products it is for."""

    covers: For = For()


class Required(Rule, frozen=True, kw_only=True):
    """The panels that goods of these kinds cannot do without. Those ``reported`` have no limit, but must be there."""

    panels: tuple[Word, ...] = ()
    reported: tuple[Word, ...] = ()


class LimitTable(Rule, frozen=True, kw_only=True):
    """Figures of one panel in one ``unit``.

    ``max``: ``at_most`` passes the figure itself, ``below`` does not. ``none_detected``: any detection fails.
    ``lod``: the highest detection limit that the law allows a method by which nothing of those is detected.
    ``absent``: not found in one gram. ``inspected``: judged by eye, so that the laboratory's "pass" is the result.
    ``complete``: these are all that the law names of this panel, so that anything else on a certificate is not
    regulated. ``optional``: judged where present, not wanted where not.
    """

    panel: Word
    unit: Word = "ug/g"
    operator: Literal["at_most", "below"] = "at_most"
    max: dict[str, Decimal] = {}
    none_detected: tuple[str, ...] = ()
    absent: tuple[str, ...] = ()
    optional: tuple[str, ...] = ()
    lod: Decimal | None = None
    inspected: bool = False
    complete: bool = False

    def analytes(self) -> Iterator[str]:
        yield from self.max
        yield from self.none_detected
        yield from self.absent

    def used(self, key: str) -> LimitUsed:
        operator = "absent" if key in self.absent else "none_detected" if key in self.none_detected else self.operator
        return LimitUsed(
            amount=self.max.get(key),
            unit="in 1 g" if operator == "absent" else self.unit,
            operator=operator,
            lod=self._lod() if operator == "none_detected" else None,
            lod_named=operator == "none_detected" and self.lod is not None,
            inspected=self.inspected,
            citation=self.citation,
            as_of=self.as_of,
            confidence=self.confidence,
        )

    def _lod(self) -> Decimal | None:
        """Where the law names none: a method that cannot see the lowest figure of the panel sees too little."""
        return min(self.max.values(), default=None) if self.lod is None else self.lod


class Validity(Cited, frozen=True, kw_only=True):
    """How long a test is good for: ``months`` from its day, or until the day the laboratory printed, the earlier."""

    months: Positive


class Tolerance(Cited, frozen=True, kw_only=True):
    """How far the tested value may lie from what the label claims, either way, the figure itself included."""

    percent: Decimal


class Dose(Rule, frozen=True, kw_only=True):
    """The most THC in one serving and in one package, in mg. None: no figure."""

    serving_mg: Decimal | None = None
    package_mg: Decimal | None = None


class Loads(Cited, frozen=True, kw_only=True):
    """Rows of ``panels`` that are above their quantitation limit may together come to at most ``max`` ``unit``."""

    panels: tuple[Word, ...]
    max: Decimal
    unit: Word = "ug/g"


class LabLicence(Cited, frozen=True, kw_only=True):
    """A regular expression for the whole of a laboratory's licence number in this state."""

    pattern: Word


class Names(Cited, frozen=True, kw_only=True):
    """What the law wants the certificate to name of the goods."""

    fields: tuple[Literal["batch", "tag", "product"], ...]


NO_VERSION = "none"


class CertificatePack(Noun, frozen=True, kw_only=True):
    """One version of one state's limits. In force from ``effective_from`` up to and with ``effective_to``."""

    state: Word
    version: Word
    effective_from: date
    effective_to: date | None = None
    names: tuple[str, ...] = ()
    """How certificates write the state, besides its two letters."""
    limits: tuple[LimitTable, ...] = ()
    required: tuple[Required, ...] = ()
    validity: Validity | None = None
    tolerance: Tolerance | None = None
    doses: tuple[Dose, ...] = ()
    loads: tuple[Loads, ...] = ()
    lab_licences: tuple[LabLicence, ...] = ()
    must_name: Names | None = None
    unknown: tuple[str, ...] = ()
    """What is known to be missing from this pack, in words, for whoever completes it."""

    @property
    def name(self) -> str:
        return f"{self.state} {self.version}"

    def in_force(self, on: date) -> bool:
        return self.effective_from <= on and (self.effective_to is None or on <= self.effective_to)

    def tables(self, product_type: str) -> tuple[LimitTable, ...]:
        return tuple(table for table in self.limits if table.covers.covers(product_type))


def law(state: str, on: date, folder: Path | None = None) -> CertificatePack:
    """As :func:`load`; for a state, or a day, whose limits we do not have, a pack that knows nothing (its ``version``
    is :data:`NO_VERSION`): what is held against it is told, and never passes. Raises
    :class:`~kiosk.model.errors.Ours` for what is no state's two letters, and for a fault in a pack."""
    if re.fullmatch(r"[A-Za-z]{2}", state) and not _source(state, folder).is_file():
        return _nothing(state.upper(), on)
    known = versions(state, folder)
    return next((pack for pack in known if pack.in_force(on)), None) or _nothing(known[0].state, on, known[0].names)


def _nothing(state: str, on: date, names: tuple[str, ...] = ()) -> CertificatePack:
    return CertificatePack(state=state, version=NO_VERSION, effective_from=on, names=names)


def load(state: str, on: date, folder: Path | None = None) -> CertificatePack:
    """The version of ``state`` in force on ``on``. ``folder``: as :func:`kiosk.rules.pack.load`. Raises
    :class:`~kiosk.model.errors.Ours` with one line where there is none, or a fault in it."""
    for pack in versions(state, folder):
        if pack.in_force(on):
            return pack
    raise Ours(text("There are no certificate limits for {state} on {day}.", state=state, day=on.isoformat()))


def versions(state: str, folder: Path | None = None) -> tuple[CertificatePack, ...]:
    """Every version of one state's limits, oldest first. Raises as :func:`load`."""
    source = _source(state, folder)
    if not (state.isascii() and state.isalnum()) or not source.is_file():
        raise Ours(text("There are no certificate limits for {state}.", state=printable(state)))
    try:
        return parse(source.read_text(encoding="utf-8"))
    except (ValueError, OSError) as fault:
        raise Ours(
            text("The rule pack {file} has a fault: {fault}.", file=f"coa/{source.name}", fault=one_line(fault))
        ) from fault


def _source(state: str, folder: Path | None) -> Traversable:
    return (files("kiosk.rules") / "packs" / "coa" if folder is None else folder) / f"{state.lower()}.toml"


class _File(Noun, frozen=True, kw_only=True):
    state: Word
    names: tuple[str, ...] = ()
    versions: Annotated[tuple[dict[str, Any], ...], msgspec.Meta(min_length=1)]


@cache
def parse(source: str) -> tuple[CertificatePack, ...]:
    """Reads a pack file's text. Raises ``ValueError`` with the place and kind of the first fault."""
    whole = msgspec.convert(tomllib.loads(source, parse_float=Decimal), _File)
    packs = [
        msgspec.convert({"state": whole.state, "names": whole.names, **version}, CertificatePack)
        for version in whole.versions
    ]
    return ordered(packs, _fault)


def _fault(pack: CertificatePack) -> str:
    """What the structs cannot see: the first thing in the pack that contradicts itself, or ``""``."""
    scopes = [rule.covers for rule in (*pack.limits, *pack.required, *pack.doses)]
    if unknown := {kind for scope in scopes for kind in scope.types} - TYPES.keys():
        return f"no kind of product is called {min(unknown)}"
    if unknown := {route for scope in scopes for route in scope.routes} - ROUTES:
        return f"no route is called {min(unknown)}"
    panels = {*(table.panel for table in pack.limits), *(panel for load in pack.loads for panel in load.panels)}
    panels |= {panel for rule in pack.required for panel in (*rule.panels, *rule.reported)}
    if unknown := panels - set(analytes.table().panels.values()):
        return f"no panel is called {min(unknown)}"
    if pack.tolerance and not 0 < pack.tolerance.percent <= 100:
        return "the tolerance is no share"
    for table in pack.limits:
        if fault := _table_fault(table):
            return fault
    for kind in TYPES:
        seen: set[str] = set()
        for key in (key for table in pack.tables(kind) for key in table.analytes()):
            if key in seen:
                return f"{key} has two limits for {kind}"
            seen.add(key)
    return ""


def _table_fault(table: LimitTable) -> str:
    panels = analytes.table().panels
    for key in (*table.analytes(), *table.optional):
        if panels.get(key) != table.panel:
            return f"{key} is no analyte of {table.panel}"
    if any(not (amount.is_finite() and amount >= 0) for amount in (*table.max.values(), table.lod or Decimal(0))):
        return f"a limit of {table.panel} is below zero"
    return "" if unit(table.unit) is not None else f"no unit is called {table.unit}"
