"""A whole certificate against the law: every panel, every check, and what follows (INT-05, INT-06, INT-07)."""

from datetime import date

from kiosk.model.certificates import Certificate, CheckVerdict, Goods, Judgement, Verdict, worst
from kiosk.model.errors import Ours
from kiosk.model.text import Text, text
from kiosk.rules.certificates import checks, standing
from kiosk.rules.certificates.limits import NO_VERSION, CertificatePack
from kiosk.rules.certificates.panels import decides, judge_panels, sheets, stricter
from kiosk.rules.certificates.products import product_type
from kiosk.rules.certificates.sums import sum_checks

NOTHING = Goods()
"""No package to compare with."""


def judge(
    certificate: Certificate,
    pack: CertificatePack,
    kind: str,
    on: date,
    goods: Goods = NOTHING,
    licensed: frozenset[str] | None = None,
) -> Judgement:
    """``kind`` is a product type, in any spelling :func:`~.products.product_type` knows; ``on`` the local date of the
    store. The gravest verdict of panels and checks is the certificate's. Raises
    :class:`~kiosk.model.errors.Ours` for a kind we do not know."""
    wanted = product_type(kind)
    if wanted is None:
        raise Ours(text("No kind of product is called {kind}.", kind=kind[:40]))
    found = sheets(certificate)
    panels = judge_panels(certificate, pack, wanted)
    for other in standing.others_said(certificate, wanted):
        panels = stricter(panels, judge_panels(certificate, pack, other))
    done = (
        checks.identity(certificate, goods),
        *checks.product(certificate, goods),
        checks.laboratory(certificate, pack, licensed),
        *standing.purpose(certificate),
        *standing.withdrawn(certificate),
        *standing.detection(panels),
        *standing.kind(certificate, pack, wanted),
        *standing.named(certificate, pack),
        *checks.age(certificate, pack, on),
        *checks.own_word(certificate),
        *sum_checks(found, pack),
        *checks.label(certificate, goods, pack, found),
        *checks.doses(pack, wanted, found),
        *(CheckVerdict(check="reading", verdict="unreadable", reason=doubt) for doubt in certificate.doubts),
        *_knowledge(pack, wanted),
    )
    grave = [each for each in panels if decides(each)]
    verdicts: list[Verdict] = [each.verdict for each in grave]
    verdicts += [each.verdict for each in done if each.verdict != "unchecked"]
    verdict = worst(verdicts if grave else [*verdicts, "missing"])
    return Judgement(
        law=pack.name,
        product_type=wanted,
        judged_on=on,
        verdict=verdict,
        accepted=verdict == "pass" and all(each.verdict == "pass" for each in done),
        reasons=(
            *(_of_panel(each.panel, each.reason) for each in grave if each.verdict != "pass"),
            *(each.reason for each in done if each.verdict != "pass"),
        ),
        checks=done,
        panels=panels,
        lacks=pack.unknown,
    )


def _of_panel(panel: str, reason: Text) -> Text:
    return text("{panel}: {reason}", panel=panel.replace("_", " "), reason=str(reason))


def _knowledge(pack: CertificatePack, wanted: str) -> tuple[CheckVerdict, ...]:
    """Whoever does not know what is required cannot say that all of it is there."""
    if pack.version == NO_VERSION:
        reason = text(
            "It cannot be judged: there are no certificate limits for {state} on {day}.",
            state=pack.state,
            day=pack.effective_from.isoformat(),
        )
        return (CheckVerdict(check="law", verdict="no_limit", reason=reason),)
    if any(rule.covers.covers(wanted) for rule in pack.required):
        return ()
    reason = text("The rule pack does not say which panels {kind} needs.", kind=wanted)
    return (CheckVerdict(check="panels", verdict="no_limit", reason=reason),)
