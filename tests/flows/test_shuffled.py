"""Ten thousand hand-overs with several orders on the table and every code shuffled: none goes wrong (LBL-03)."""

import random

import pytest

from kiosk.flows.label import Unit, prove
from kiosk.flows.requests import Commit, Scanned, Show
from kiosk.flows.steps import Banner
from kiosk.model.documents import LabelCode, PackageTag, TicketCode
from kiosk.model.orders import LineState, OrderLine, Ticket
from kiosk.model.records import LabelVerified
from tests.flows.world import ROBIN, TINCTURE, VISIT, _changed

HAND_OVERS = 10_000


def table(chance: random.Random) -> list[tuple[Unit, Ticket]]:
    """Two to four patients' units lying side by side; some labels were printed twice."""
    lying = []
    for n in range(chance.randint(2, 4)):
        tag = f"1A4FF0300000B2C00000{chance.randrange(10_000):04d}"
        number = f"D{chance.randrange(10**9):09d}"
        line = OrderLine(
            line_id=f"l{n}", product=TINCTURE, units=1, state=LineState.PICKED, route="sublingual", tags=(tag,),
            dispense_numbers=(number,),
        )  # fmt: skip
        unit = Unit(line, tag, number, 1, 1, print_no=chance.choice([1, 1, 2]))
        lying.append((unit, Ticket(ticket_id=f"T{n}{chance.randrange(10**6)}", shape="star", colour="blue", number=n)))
    return lying


@pytest.mark.requirement("LBL-03", "PAT-09")
def test_ten_thousand_shuffled_hand_overs_give_none_wrong():
    chance = random.Random(20261124)
    stopped = proven = 0
    ends: list[str] = []
    for _ in range(HAND_OVERS):
        lying = table(chance)
        unit, ticket = lying[0]
        visit = _changed(VISIT, ticket=ticket)
        banner = Banner(person=ROBIN, card_ending="1AB", ticket=ticket)
        codes = [
            code
            for one, its_ticket in lying
            for code in (
                LabelCode(number=one.number, print_no=one.print_no),
                LabelCode(number=one.number, print_no=3 - one.print_no),
                PackageTag(uid=one.tag),
                TicketCode(ticket_id=its_ticket.ticket_id),
            )
        ]
        flow = prove(visit, unit, banner)
        request = next(flow)
        scans: set[object] = set()
        try:
            while True:
                if isinstance(request, Show):
                    code = chance.choice(codes)
                    scans.add(code)
                    request = flow.send(Scanned(document=code))
                    continue
                assert isinstance(request, Commit)
                if isinstance(request.fact, LabelVerified):
                    fact = request.fact
                    assert (fact.number, fact.print_no, fact.tag) == (unit.number, unit.print_no, unit.tag)
                    assert LabelCode(number=unit.number, print_no=unit.print_no) in scans
                    assert PackageTag(uid=unit.tag) in scans
                    assert TicketCode(ticket_id=ticket.ticket_id) in scans
                    proven += 1
                else:
                    stopped += 1
                request = flow.send(None)
        except StopIteration as end:
            ends.append(end.value)
    assert set(ends) == {"proven"}
    assert proven == HAND_OVERS
    assert stopped > HAND_OVERS
