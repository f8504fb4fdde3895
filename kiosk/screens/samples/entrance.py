"""What a patient sees at the entrance, and what everybody who works here sees first."""

from collections.abc import Iterator

import msgspec

from kiosk.flows.steps import (
    BadgeWanted,
    Documents,
    PinWanted,
    Ticketed,
)
from kiosk.model.text import text
from kiosk.screens.samples.facts import (
    CONNECTIONS,
    PERSON,
    TICKETS,
)
from kiosk.screens.samples.made import Maker, Sample, wrong_code


def entrance(make: Maker) -> Iterator[Sample]:
    first = Documents(
        sop="PAT-1.1", title=text("Scan your card and your photo ID"), hint=text("Either one first."), choices=(PERSON,)
    )
    replace = msgspec.structs.replace
    yield make("documents-none", first, "checkin")
    yield make("documents-card", replace(first, title=text("Now your photo ID"), card=True), "checkin")
    yield make("documents-id", replace(first, title=text("Now your medical card"), photo_id=True), "checkin")
    yield make(
        "documents-unreadable",
        replace(first, hint=text("Hold the code flat in front of the light.")),
        "checkin",
        remark=text("The licence was not read whole. Scan the code on its back once more."),
    )
    phone = replace(
        first,
        title=text("Hold your phone here and agree on it"),
        hint=text("Or scan the card itself. Nothing is kept after your visit."),
        phone=True,
    )
    yield make("documents-phone", phone, "checkin")
    yield make("documents-phone-card", replace(phone, card=True), "checkin")
    again = replace(first, title=text("Now your photo ID"), card=True)
    for name, sentence in (
        ("unconfirmed", text("The licence on the phone could not be confirmed. Show the card itself.")),
        ("gone", text("The phone went out of reach. Hold it here and show its code again, or show the card itself.")),
    ):
        yield make(f"documents-phone-{name}", replace(again, hint=sentence), "checkin")
    yield make(
        "documents-both-busy", replace(first, card=True, photo_id=True), "checkin", busy=text("Waiting for the hub …")
    )
    closed = msgspec.structs.replace(
        CONNECTIONS[2], allowed=text("Check-in is closed for the moment. Go to the counter.")
    )
    yield make("documents-hub-away", first, "checkin", connection=closed)
    for ticket in TICKETS[:6]:
        yield make(
            f"ticketed-{ticket.shape}",
            Ticketed(
                sop="PAT-1.3",
                title=text("Take your ticket"),
                hint=text("We call this sign."),
                ticket=ticket,
                admitted=True,
            ),
            "checkin",
        )
    yield make(
        "ticketed-person",
        Ticketed(
            sop="PAT-1.3",
            title=text("Go to the counter"),
            hint=text("A member of staff will help you."),
            ticket=TICKETS[1],
            admitted=False,
        ),
        "checkin",
    )
    yield make(
        "ticketed-no-ticket",
        Ticketed(
            sop="PAT-1.3",
            title=text("Go to the counter"),
            hint=text("A member of staff will help you."),
            ticket=None,
            admitted=False,
        ),
        "checkin",
    )


def sign_in(make: Maker) -> Iterator[Sample]:
    badge = BadgeWanted(sop="SGN-1.1", title=text("Scan your badge"), hint=text("Then type your PIN."))
    yield make("badge", badge, "counter")
    yield make("badge-vault", badge, "vault", remark=wrong_code("a ticket", "a badge"))
    yield make("pin", PinWanted(sop="SGN-1.2", title=text("Type your PIN")), "counter")
    yield make(
        "pin-wrong",
        PinWanted(sop="SGN-1.2", title=text("Type your PIN"), wrong=text("Badge and PIN do not belong together.")),
        "vault",
    )
