"""Whether the paper is the one that the law asks for: of this state and kind of goods, a compliance test, in force."""

import re
from collections.abc import Iterator

from kiosk.documents.certificates.analytes import compact
from kiosk.model.certificates import Certificate, CheckVerdict, PanelVerdict
from kiosk.model.text import text
from kiosk.rules.certificates.checks import licence_of
from kiosk.rules.certificates.limits import CertificatePack
from kiosk.rules.certificates.products import TYPES, product_type, says_nothing, tested_with
from kiosk.rules.certificates.rows import detects
from kiosk.rules.certificates.spans import span

_NO_COMPLIANCE = re.compile(
    r"(?i)\b(?:r\s*(?:&|and|\+|/|n)\s*d|rnd|research|development|q\.?[ac]|quality\s+(?:assurance|control)|information(?:al)?"
    r"|non[- ]?complian(?:ce|t)|not\b.*\bcomplian(?:ce|t)|pre[- ]?(?:harvest|compliance)|preliminary|(?:in[- ])?process"
    r"|proficiency|draft|trial)\b"
)
_COMPLIANCE = re.compile(r"(?i)\bcomplian(?:ce|t)\b|\bregulatory\b|\bmandatory\b|\bstate[- ]required\b")

_RESEARCH = re.compile(r"(?i)\br\s?&\s?d\b")
"""In the name of the goods only this: other words may be a strain's."""


def purpose(certificate: Certificate) -> Iterator[CheckVerdict]:
    """A compliance test, as far as the paper says what it is; research and quality assurance are none."""
    named = [certificate.product] if _RESEARCH.search(certificate.product) else []
    for said in (*certificate.purposes, certificate.matrix, *named):
        if _NO_COMPLIANCE.search(said):
            yield CheckVerdict(
                check="purpose",
                verdict="fail",
                reason=text("The certificate is of no compliance test: {found}.", found=said),
            )
            return
    for said in certificate.purposes:
        kind_said = product_type(said)
        same = said == certificate.matrix or (kind_said is not None and kind_said == product_type(certificate.matrix))
        if not (same or _COMPLIANCE.search(said)):
            yield CheckVerdict(
                check="purpose",
                verdict="unchecked",
                reason=text("Whether this is a compliance test is not known: {found}.", found=said),
            )


def withdrawn(certificate: Certificate) -> Iterator[CheckVerdict]:
    """Revoked or superseded, by its own word."""
    if certificate.withdrawn:
        yield CheckVerdict(
            check="standing",
            verdict="fail",
            reason=text("The certificate no longer stands: {found}.", found=certificate.withdrawn),
        )


def detection(panels: tuple[PanelVerdict, ...]) -> Iterator[CheckVerdict]:
    """Where nothing at all may be detected, how little the method sees is half of the result. The state's own records
    have no place for it: they alone do not show it either."""
    silent = [
        row.name
        for panel in panels
        for row in panel.analytes
        if row.verdict == "pass"
        and row.decides
        and row.printed
        and row.limit
        and row.limit.operator == "none_detected"
        and detects(span(row.printed)) is None
    ]
    if silent:
        yield CheckVerdict(
            check="detection",
            verdict="unchecked",
            reason=text(
                "{count} analytes that may not be detected have no detection limit on the certificate, first {name}.",
                count=len(silent),
                name=silent[0],
            ),
        )


def kind(certificate: Certificate, pack: CertificatePack, wanted: str) -> Iterator[CheckVerdict]:
    """Of this state, and of this kind of goods."""
    if certificate.state and compact(certificate.state) not in {compact(each) for each in (pack.state, *pack.names)}:
        yield CheckVerdict(
            check="state",
            verdict="fail",
            reason=text(
                "The certificate is of {found}, the goods are sold in {wanted}.",
                found=certificate.state,
                wanted=pack.state,
            ),
        )
    elif not certificate.state and not _licensed_here(certificate, pack):
        yield CheckVerdict(
            check="state", verdict="unchecked", reason=text("The certificate does not say which state's it is.")
        )
    others = others_said(certificate, wanted)
    if others:
        alike = all(_alike(pack, other, wanted) for other in others)
        yield CheckVerdict(
            check="kind",
            verdict="unchecked" if alike else "fail",
            reason=text(
                "The certificate is of {found}, the goods are {wanted}.", found=_called(certificate), wanted=wanted
            ),
        )
    elif product_type(certificate.matrix) == wanted:
        return
    elif says_nothing(certificate.matrix) or any(map(product_type, certificate.tested_as)):
        yield CheckVerdict(
            check="kind", verdict="unchecked", reason=text("The certificate does not say what kind of goods it is of.")
        )
    else:
        yield CheckVerdict(
            check="kind",
            verdict="unreadable",
            reason=text("No kind of product is called {kind}.", kind=certificate.matrix[:40]),
        )


def others_said(certificate: Certificate, wanted: str) -> tuple[str, ...]:
    """The kinds of goods that the certificate says it is of, other than ``wanted``."""
    said = [product_type(certificate.matrix)]
    said += [kind for each in certificate.tested_as if (kind := product_type(each)) and not tested_with(kind, wanted)]
    return tuple(sorted({kind for kind in said if kind and kind != wanted}))


def _called(certificate: Certificate) -> str:
    return ", ".join(filter(None, (certificate.matrix, *certificate.tested_as)))


def named(certificate: Certificate, pack: CertificatePack) -> Iterator[CheckVerdict]:
    """What the law wants it to name of the goods. A PDF may name it where we did not find it: a person looks."""
    if pack.must_name is None:
        return
    there = {"batch": certificate.batch, "tag": "".join(certificate.tags), "product": certificate.product}
    if lacks := [field for field in pack.must_name.fields if not there[field]]:
        yield CheckVerdict(
            check="names",
            verdict="unchecked",
            reason=text("The law wants it to name this of the goods: {names}.", names=", ".join(lacks)),
            citation=pack.must_name.citation,
        )


def _licensed_here(certificate: Certificate, pack: CertificatePack) -> bool:
    """Forms that have no place for a state show it by the laboratory's licence."""
    licence = licence_of(certificate, pack).upper().strip()
    return certificate.form != "record" and any(re.fullmatch(rule.pattern, licence) for rule in pack.lab_licences)


def _alike(pack: CertificatePack, one: str, other: str) -> bool:
    """The law asks the same of both kinds, as of flower and of pre-rolls made of it."""
    rules = (*pack.required, *pack.limits, *pack.doses)
    return TYPES[one] == TYPES[other] and all(rule.covers.covers(one) == rule.covers.covers(other) for rule in rules)
