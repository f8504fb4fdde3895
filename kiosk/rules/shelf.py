"""What may leave the shelf, and for which line (PIK-01, PIK-02, PIK-04)."""

from datetime import date
from decimal import Decimal

from kiosk.model.errors import Refusal
from kiosk.model.orders import PickLine
from kiosk.model.packages import Lab, Package, Product
from kiosk.model.text import Text, text
from kiosk.rules.profiles import profile_of
from kiosk.rules.words import day, plain

POLICY = "Store policy: what may leave the shelf"
ORDERED = "Store policy: the package is the one that was ordered"


def why_kept(package: Package, on: date) -> Refusal | None:
    """Why this package may not leave the shelf on the local date ``on``; None: it may."""
    if (unsafe := why_unsafe(package, on)) is not None:
        return unsafe
    if package.quantity < 1:
        return _kept(
            "empty", text("No unit is left in this package."), text("Count it again, or take another package.")
        )
    return None


def why_unsafe(package: Package, on: date) -> Refusal | None:
    """Why nothing of this package may reach a patient on the local date ``on``, wherever it is; None: it may (PIK-04).

    A package may leave through its last day of use. Not tested, or tested and not known how, never leaves.
    """
    back = text("Put it back and take another package.")
    if not package.accepted:
        return _kept("not_accepted", text("This package was not taken in yet."), text("Take it to the dock."))
    if package.finished:
        return _kept("finished", text("This package is closed in the state's system."), text("Tell the manager."))
    if package.holds:
        holds = ", ".join(sorted(package.holds))
        return _kept("hold", text("This package is held: {holds}.", holds=holds), back, found=holds)
    if package.lab.passed is not True:
        said = (
            "This package has failed its tests." if package.lab.passed is False else "This package has no test result."
        )
        return _kept("untested", text(said), back)
    if package.expires is not None and on > package.expires:
        return _kept(
            "expired",
            text("This package expired on {day}.", day=day(package.expires)),
            back,
            found=day(package.expires),
        )
    return None


def why_not_for(line: PickLine, package: Package | None, product: Product | None, on: date) -> Refusal | None:
    """Why the scanned ``package`` may not go to ``line``; None: it fits. ``product`` is what the package holds.

    What keeps a package from everybody is said before what differs from the order: who is told "other batch" looks
    for the right one, and puts a recalled one back as if it were sound.

    THC and CBD are the package's own laboratory values; they may differ from the ordered ones by the line's relative
    tolerance, exactly that much included. A value missing on one side only does not fit.
    """
    if package is None or product is None:
        return Refusal(
            rule="store.unknown_package",
            reason=text("This package is not in the store's stock."),
            way_on=text("Put it aside and tell the manager. Scan {tag}.", tag=_end(line.tag)),
            citation=POLICY,
            differs="unknown",
            wanted=line.tag,
        )
    if (kept := why_kept(package, on)) is not None:
        return kept
    if package.product_id != line.product.product_id:
        return _differs(
            "product",
            text("Other product: {found}. Ordered: {wanted}.", found=product.name, wanted=line.product.name),
            line,
            line.product.name,
            product.name,
        )
    if package.batch != line.batch:
        return _differs(
            "batch",
            text("Other batch: {found}. Ordered: {wanted}.", found=package.batch, wanted=line.batch),
            line,
            line.batch,
            package.batch,
        )
    for what, wanted, found in (("thc", line.lab.thc, package.lab.thc), ("cbd", line.lab.cbd, package.lab.cbd)):
        if not _close(wanted, found, Decimal(line.tolerance)) or package.lab.unit != line.lab.unit:
            ordered, scanned = potency(wanted, line.lab), potency(found, package.lab)
            return _differs(
                what,
                text("{what} differs: {found}. Ordered: {wanted}.", what=what.upper(), found=scanned, wanted=ordered),
                line,
                ordered,
                scanned,
            )
    found_profile = profile_of(package.lab.thc, package.lab.cbd)
    if line.wanted is not None and found_profile is not line.wanted:
        return _differs(
            "profile",
            text("This package does not have the THC and CBD that were asked for."),
            line,
            line.wanted.value,
            found_profile.value if found_profile is not None else "",
        )
    return None


def potency(value: Decimal | None, lab: Lab) -> str:
    """A laboratory value as people read it: ``"18.4 %"``, ``"300 mg"``, or that there is none."""
    return "no value" if value is None else f"{plain(value)} {lab.unit}"


def _close(wanted: Decimal | None, found: Decimal | None, tolerance: Decimal) -> bool:
    if wanted is None or found is None:
        return wanted is found
    return abs(found - wanted) <= tolerance * abs(wanted)


def _kept(differs: str, reason: Text, way_on: Text, *, found: str = "") -> Refusal:
    return Refusal(rule=f"store.{differs}", reason=reason, way_on=way_on, citation=POLICY, differs=differs, found=found)


def _differs(differs: str, reason: Text, line: PickLine, wanted: str, found: str) -> Refusal:
    return Refusal(
        rule=f"order.{differs}",
        reason=reason,
        way_on=text("Put it back. Take {tag} from {place}.", tag=_end(line.tag), place=line.place),
        citation=ORDERED,
        differs=differs,
        wanted=wanted,
        found=found,
    )


def _end(tag: str) -> str:
    """The last characters of a tag: enough to tell packages on one shelf apart by eye."""
    return f"…{tag[-6:]}"
