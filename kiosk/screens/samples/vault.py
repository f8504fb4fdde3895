"""The vault: the list, the shelf, the package, and every way it can be the wrong one."""

from collections.abc import Iterator, Sequence

import msgspec

from kiosk.flows.decision import APPROVE, LATER, REFUSE
from kiosk.flows.steps import (
    Choice,
    Decision,
    Live,
    PickList,
    ShelfWanted,
    TakeToCounter,
    UnitWanted,
)
from kiosk.model.orders import (
    DecisionState,
    LineState,
)
from kiosk.model.packages import Lab
from kiosk.model.text import Text, text
from kiosk.screens.samples.facts import (
    CANNOT,
    DECISIONS,
    OTHER_TAG,
    SIGN_OUT,
    TAG,
    order_lines,
    pick_line,
)
from kiosk.screens.samples.made import Maker, Sample, stop, wrong_code


def vault(make: Maker) -> Iterator[Sample]:
    pick_list = PickList(
        sop="PCK-1.1", title=text("To be picked"), hint=text("Touch a line, or scan its shelf."), choices=(SIGN_OUT,)
    )
    claimed = pick_line(3, state=LineState.CLAIMED, claimed_by="Robin Ashgrove")
    yield make("pick-list", pick_list, "vault", live=Live(lines=(pick_line(0), pick_line(1), claimed)))
    waiting = tuple(pick_line(n, decision=state) for n, state in enumerate(list(DecisionState)[1:]))
    yield make("pick-list-decisions", pick_list, "vault", live=Live(lines=waiting))
    yield make(
        "decision-handheld",
        Decision(
            sop="DSP-2.2",
            title=text("Decide about this order"),
            hint=text("{name} decides.", name="Robin Ashgrove"),
            ticket=waiting[0].ticket,
            lines=order_lines(LineState.CONFIRMED, LineState.CONFIRMED),
            wanted=DECISIONS,
            pharmacist="Robin Ashgrove",
            choices=(APPROVE, REFUSE, LATER),
        ),
        "vault",
    )
    yield make("pick-list-empty", pick_list, "vault")
    yield make("pick-list-many", pick_list, "vault", live=Live(lines=tuple(pick_line(n) for n in range(17))))
    line = pick_line(2, units=3)
    yield make(
        "shelf",
        ShelfWanted(
            sop="PCK-1.2", title=text("Go to {place}", place=line.place), line=line, choices=(CANNOT,), can_go_back=True
        ),
        "vault",
    )
    unit = UnitWanted(sop="PCK-1.3", title=text("Scan the package"), line=line, n=2, choices=(CANNOT,))
    yield make("unit", unit, "vault", remark=wrong_code("a shelf code", "a package tag"))
    unknown = pick_line(0, lab=Lab(passed=True, thc=None, cbd=None))
    yield make("unit-unknown", msgspec.structs.replace(unit, line=unknown, n=1), "vault")
    yield make(
        "take",
        TakeToCounter(
            sop="PCK-1.4",
            title=text("Take it to {counter}", counter=line.counter),
            line=line,
            choices=(Choice(key="done", label=text("Next line"), look="go"),),
        ),
        "vault",
    )
    for differs, reason, way_on, wanted, found in _stops():
        yield make(f"stop-{differs}", stop(differs, reason, way_on, wanted, found), "vault")


def _stops() -> Sequence[tuple[str, Text, Text, str, str]]:
    right = text("Put it back. Take {tag} from {place}.", tag="0015", place="V-A3-2")
    return (
        (
            "thc",
            text("{what} differs: {found}. Ordered: {wanted}.", what="THC", found="5 mg", wanted="10 mg"),
            right,
            "10 mg",
            "5 mg",
        ),
        (
            "batch",
            text("Other batch: {found}. Ordered: {wanted}.", found="HL240711B", wanted="HL240117B"),
            right,
            "HL240117B",
            "HL240711B",
        ),
        (
            "product",
            text(
                "Other product: {found}. Ordered: {wanted}.",
                found="Harbor Night tincture, 300 mg",
                wanted="Harbor Light tincture, 300 mg",
            ),
            right,
            "Harbor Light tincture, 300 mg",
            "Harbor Night tincture, 300 mg",
        ),
        ("hold", text("This package is held: {holds}.", holds="recall"), right, "", "recall"),
        ("expired", text("This package expired on {day}.", day="01-Feb-2026"), right, "", "01-Feb-2026"),
        (
            "unknown",
            text("This package is not in the store's stock."),
            text("Put it aside and tell the manager. Scan {tag}.", tag="0015"),
            TAG,
            OTHER_TAG,
        ),
        (
            "shelf",
            text("This is another shelf."),
            text("Go to {place} and scan its code.", place="V-A3-2"),
            "V-A3-2",
            "V-B3-2",
        ),
    )
