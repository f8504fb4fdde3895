"""Checks of the paper itself: whose it is, who signed it, how old it is, and what the label claims."""

import calendar
import re
from collections.abc import Iterator, Mapping
from datetime import date
from fractions import Fraction

from kiosk.documents.certificates import analytes
from kiosk.documents.certificates.analytes import compact
from kiosk.documents.certificates.results import lab_word, read_bound
from kiosk.documents.certificates.units import MASS, unit
from kiosk.model.certificates import Certificate, CheckVerdict, Claim, Goods
from kiosk.model.text import text
from kiosk.rules.certificates.limits import CertificatePack
from kiosk.rules.certificates.panels import Sheet
from kiosk.rules.certificates.sums import figure, total


def identity(certificate: Certificate, goods: Goods) -> CheckVerdict:
    """The certificate is that of the goods by their tag, or by their batch where it bears no tag."""
    tags = {compact(tag) for tag in certificate.tags}
    if goods.tag and compact(goods.tag) in tags:
        return CheckVerdict(check="identity", verdict="pass", reason=text("The certificate names the package's tag."))
    if goods.batch and certificate.batch:
        if compact(goods.batch) != compact(certificate.batch):
            return CheckVerdict(
                check="identity",
                verdict="fail",
                reason=text(
                    "The certificate is of batch {found}, the goods are of {wanted}.",
                    found=certificate.batch,
                    wanted=goods.batch,
                ),
            )
        if not (goods.tag and tags) or certificate.form == "metrc":
            return CheckVerdict(
                check="identity", verdict="pass", reason=text("The certificate names the goods' batch.")
            )
    if goods.tag and tags and certificate.form != "metrc":
        return CheckVerdict(
            check="identity",
            verdict="fail",
            reason=text(
                "The certificate is of package {found}, the goods are {wanted}.",
                found=certificate.tags[0],
                wanted=goods.tag,
            ),
        )
    if goods.tag and tags:  # the state's record names the package the sample was taken from, an ancestor of ours
        return CheckVerdict(
            check="identity",
            verdict="unchecked",
            reason=text("The sample was taken from package {found}.", found=certificate.tags[0]),
        )
    return CheckVerdict(
        check="identity", verdict="unchecked", reason=text("The certificate was not compared with any package.")
    )


def product(certificate: Certificate, goods: Goods) -> Iterator[CheckVerdict]:
    """The name on the paper and that on the manifest. One name is written in many ways: where they differ a person
    compares, and nothing follows from it alone."""
    if not goods.product:
        return
    one, other = compact(certificate.product), compact(goods.product)
    same = one != "" and one == other
    said = {"found": certificate.product, "wanted": goods.product}
    yield CheckVerdict(
        check="product",
        verdict="pass" if same else "unchecked",
        reason=text("The certificate names the product as the goods do.")
        if same
        else text("The certificate is of {found}, the goods are called {wanted}: a person has to compare.", **said)
        if one
        else text("The certificate does not name the product."),
    )


def licence_of(certificate: Certificate, pack: CertificatePack) -> str:
    """The laboratory's licence: as the certificate says, or the one number on it that is one in this state."""
    numbers = [
        each for each in certificate.numbers if any(re.fullmatch(rule.pattern, each) for rule in pack.lab_licences)
    ]
    return certificate.lab_licence or (numbers[0] if len(numbers) == 1 else "")


def laboratory(certificate: Certificate, pack: CertificatePack, licensed: frozenset[str] | None) -> CheckVerdict:
    """``licensed``: licence numbers of the state's laboratories; None: no list is at hand."""
    licence = licence_of(certificate, pack)
    if not (certificate.lab or licence):
        return CheckVerdict(check="laboratory", verdict="missing", reason=text("The certificate names no laboratory."))
    if licensed is not None:
        listed = licence != "" and compact(licence) in {compact(each) for each in licensed}
        reason = (
            text("The state's list has laboratory {lab}.", lab=licence)
            if listed
            else text("The state's list does not have laboratory {lab}.", lab=licence or certificate.lab)
        )
        return CheckVerdict(check="laboratory", verdict="pass" if listed else "fail", reason=reason)
    if (
        licence
        and pack.lab_licences
        and not any(re.fullmatch(rule.pattern, licence.upper().strip()) for rule in pack.lab_licences)
    ):
        return CheckVerdict(
            check="laboratory",
            verdict="fail",
            reason=text("{licence} is no laboratory licence of {state}.", licence=licence, state=pack.state),
            citation=pack.lab_licences[0].citation,
        )
    if licence and certificate.form == "metrc":
        return CheckVerdict(
            check="laboratory",
            verdict="pass",
            reason=text("The state's own record names laboratory {lab}.", lab=licence),
        )
    if not licence:
        return CheckVerdict(
            check="laboratory",
            verdict="unchecked",
            reason=text("The licence of {lab} is not on the certificate.", lab=certificate.lab),
        )
    return CheckVerdict(
        check="laboratory",
        verdict="unchecked",
        reason=text("Licence {lab} was not looked up in the state's list.", lab=licence),
    )


def age(certificate: Certificate, pack: CertificatePack, on: date) -> Iterator[CheckVerdict]:
    """In order, not of the future, and not expired on ``on``; the last day still counts."""
    dates = certificate.dates
    if dates.unread:
        yield CheckVerdict(
            check="dates",
            verdict="unreadable",
            reason=text("This date cannot be read: {names}.", names=", ".join(dates.unread)),
        )
    course = [each for each in (dates.collected, dates.received, dates.tested, dates.issued) if each]
    if course != sorted(course):
        yield CheckVerdict(
            check="dates", verdict="unreadable", reason=text("The certificate's dates are out of order.")
        )
    if any(each > on for each in course):
        yield CheckVerdict(check="dates", verdict="fail", reason=text("The certificate is dated in the future."))
    tested = dates.tested or dates.issued
    if tested is None and dates.expires is None and dates.retest is None:
        yield CheckVerdict(
            check="age", verdict="missing", reason=text("The certificate does not say when it was made.")
        )
        return
    lasts = _later(tested, pack.validity.months) if tested and pack.validity else None
    ends = [each for each in (dates.expires, dates.retest, lasts) if each]
    citation = pack.validity.citation if pack.validity else ""
    if not ends:
        yield CheckVerdict(
            check="age", verdict="no_limit", reason=text("The rule pack does not say how long a test is good for.")
        )
    elif on > min(ends):
        yield CheckVerdict(
            check="age",
            verdict="fail",
            reason=text("The certificate expired on {day}.", day=min(ends).isoformat()),
            citation=citation,
        )
    else:
        yield CheckVerdict(
            check="age",
            verdict="pass",
            reason=text("The certificate is good until {day}.", day=min(ends).isoformat()),
            citation=citation,
        )


def _later(day: date, months: int) -> date:
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))


def own_word(certificate: Certificate) -> Iterator[CheckVerdict]:
    """What the laboratory says of the whole batch, where it does not say yes."""
    if lab_word(certificate.lab_status) == "fail":
        yield CheckVerdict(check="lab_status", verdict="fail", reason=text("The laboratory says that the batch fails."))
    elif lab_word(certificate.lab_status) in ("unknown", "untested"):
        yield CheckVerdict(
            check="lab_status",
            verdict="unreadable",
            reason=text("The laboratory's word {word} is not known.", word=certificate.lab_status),
        )


def label(
    certificate: Certificate, goods: Goods, pack: CertificatePack, sheets: Mapping[str, Sheet]
) -> Iterator[CheckVerdict]:
    """|tested − claimed| / claimed within the state's tolerance, for every claim of the label (INT-07)."""
    claims = goods.claims or certificate.claims
    if not claims:
        yield CheckVerdict(
            check="label", verdict="unchecked", reason=text("No label claim was compared with the tested value.")
        )
    for claim in claims:
        yield _claim(claim, pack, sheets.get("cannabinoids"))


def _claim(claim: Claim, pack: CertificatePack, sheet: Sheet | None) -> CheckVerdict:
    key = analytes.analyte(claim.name)
    read = read_bound(claim.value)
    own = (read.unit if read else None) or unit(claim.units)
    if key is None or read is None or read.number is None or read.kind != "measured" or own is None:
        return CheckVerdict(
            check="label",
            verdict="unreadable",
            reason=text("The label's claim of {name} cannot be read.", name=claim.name),
        )
    if pack.tolerance is None:
        return CheckVerdict(
            check="label", verdict="no_limit", reason=text("The rule pack has no tolerance for label claims.")
        )
    rows = sheet.rows.get(key, []) if sheet else []
    found = figure(rows, own.dimension)
    tested = found[0].low if found else total(sheet, key) if own.dimension == MASS else None
    if tested is None:
        return CheckVerdict(
            check="label",
            verdict="missing",
            reason=text("The certificate has no value for the label's {name}.", name=claim.name),
        )
    claimed = read.number * own.factor
    fits = abs(tested - claimed) <= claimed * Fraction(pack.tolerance.percent) / 100
    said = {
        "name": claim.name,
        "claimed": f"{claim.value} {claim.units}".strip(),
        "percent": str(pack.tolerance.percent),
    }
    return CheckVerdict(
        check="label",
        verdict="pass" if fits else "fail",
        reason=text("{name}: the label's {claimed} is within {percent} % of the tested value.", **said)
        if fits
        else text("{name}: the label's {claimed} is more than {percent} % off the tested value.", **said),
        citation=pack.tolerance.citation,
    )


def doses(pack: CertificatePack, wanted: str, sheets: Mapping[str, Sheet]) -> Iterator[CheckVerdict]:
    """THC in one serving and in one package, where the state caps it."""
    rows = sheets["cannabinoids"].rows if "cannabinoids" in sheets else {}
    for dose in pack.doses:
        if not dose.covers.covers(wanted):
            continue
        for most, dimension in ((dose.serving_mg, "mg per serving"), (dose.package_mg, "mg per package")):
            if most is None:
                continue
            found = figure([*rows.get("total_thc", ()), *rows.get("thc", ())], dimension)
            if found is None:
                yield CheckVerdict(
                    check="dose",
                    verdict="unchecked",
                    reason=text("The certificate does not state the THC in {dimension}.", dimension=dimension),
                    citation=dose.citation,
                )
            elif found[0].low > Fraction(most):
                yield CheckVerdict(
                    check="dose",
                    verdict="fail",
                    reason=text(
                        "THC of {found} {dimension} is over the limit of {most}.",
                        found=found[1].result,
                        dimension=dimension,
                        most=most,
                    ),
                    citation=dose.citation,
                )
            else:
                yield CheckVerdict(
                    check="dose",
                    verdict="pass",
                    reason=text(
                        "THC of {found} {dimension} is within the limit of {most}.",
                        found=found[1].result,
                        dimension=dimension,
                        most=most,
                    ),
                    citation=dose.citation,
                )
